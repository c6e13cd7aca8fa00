/* SPDX-License-Identifier: Apache-2.0 */
/* Base conversion of every HE variant against its definition, and the definition against what it is for. */
#include "he_reference.h"

#define N 40u
#define LOG_DEGREE 4u

typedef struct {
    const pa_he_kernels *kernels;
    pa_he_conversion c;
    pa_he_ntt *in[PA_HE_MAX_PRIMES], *out[PA_HE_MAX_PRIMES];
    uint64_t pre[PA_HE_MAX_PRIMES], fraction[PA_HE_MAX_PRIMES], overflow[PA_HE_MAX_PRIMES],
        own[PA_HE_MAX_PRIMES], matrix[PA_HE_MAX_PRIMES * PA_HE_MAX_PRIMES];
    uint64_t *x[PA_HE_MAX_PRIMES], *mine[PA_HE_MAX_PRIMES];
} problem;

static uint64_t residue(uint64_t q)
{
    uint64_t r;
    ref_pattern(&r, 1, q, 7);
    return r;
}

/* Bases of primes of these sizes; constants are left zero, values at random. */
static problem *problem_new(const pa_he_kernels *kernels, uint32_t in_count, unsigned in_bits,
                            uint32_t out_count, unsigned out_bits)
{
    problem *p = ref_memory(sizeof *p);
    memset(p, 0, sizeof *p);
    p->kernels = kernels;
    uint64_t in[PA_HE_MAX_PRIMES], out[PA_HE_MAX_PRIMES];
    CHECK(pa_he_primes_below(in, in_count, in_bits, LOG_DEGREE, NULL, 0) == in_count);
    CHECK(pa_he_primes_below(out, out_count, out_bits, LOG_DEGREE, in, in_count) == out_count);
    for (uint32_t i = 0; i < in_count; i++) {
        p->in[i] = ring_new(kernels, in[i], LOG_DEGREE);
        p->x[i] = REF_ROW(N);
        ref_pattern(p->x[i], N, in[i], 7);
        ref_pattern(p->x[i], N / 2, in[i], 6);
        p->x[i][0] = 0;
        p->x[i][1] = in[i] - 1;
        p->x[i][2] = 1;
    }
    for (uint32_t j = 0; j < out_count; j++) {
        p->out[j] = ring_new(kernels, out[j], LOG_DEGREE);
        p->mine[j] = REF_ROW(N);
        ref_pattern(p->mine[j], N, out[j], 7 - j % 2);
    }
    p->c = (pa_he_conversion){
        .in_count = in_count,
        .out_count = out_count,
        .in = (const pa_he_ntt *const *)p->in,
        .out = (const pa_he_ntt *const *)p->out,
        .pre = p->pre,
        .fraction = p->fraction,
        .matrix = p->matrix,
        .overflow = p->overflow,
    };
    return p;
}

static void problem_free(problem *p)
{
    for (uint32_t i = 0; i < p->c.in_count; i++) {
        ring_free(p->in[i]);
        free(p->x[i]);
    }
    for (uint32_t j = 0; j < p->c.out_count; j++) {
        ring_free(p->out[j]);
        free(p->mine[j]);
    }
    free(p);
}

static void expected_of(const problem *p, uint64_t *out, uint32_t j)
{
    const pa_he_conversion *c = &p->c;
    const uint64_t q = p->out[j]->modulus.q;
    for (size_t e = 0; e < N; e++) {
        wide v = c->rounding;
        uint64_t y[PA_HE_MAX_PRIMES];
        for (uint32_t i = 0; i < c->in_count; i++) {
            y[i] = ref_mul(p->x[i][e], c->pre[i], p->in[i]->modulus.q);
            v += (wide)y[i] * c->fraction[i] >> 52;
        }
        v >>= c->shift;
        if (c->in_count == 1 && c->centred) {
            const uint64_t from = p->in[0]->modulus.q;
            out[e] = y[0] > (from - 1) / 2 ? (q - (from - y[0]) % q) % q : y[0] % q;
            continue;
        }
        uint64_t sum = ref_mul((uint64_t)(v % q), c->overflow[j], q);
        for (uint32_t i = 0; i < c->in_count; i++) {
            sum = (uint64_t)(((wide)y[i] * c->matrix[j * c->in_count + i] + sum) % q);
        }
        if (c->own != NULL) {
            sum = (uint64_t)(((wide)p->mine[j][e] * c->own[j] + sum) % q);
        }
        out[e] = sum;
    }
}

static void check_problem(problem *p)
{
    const pa_he_kernels *k = p->kernels;
    const uint32_t in_count = p->c.in_count, out_count = p->c.out_count;
    p->c.prepared = ref_memory(k->conversion_bytes(&p->c));
    k->conversion_fill(&p->c);
    pa_he_word *in[PA_HE_MAX_PRIMES], *out[PA_HE_MAX_PRIMES], *mine[PA_HE_MAX_PRIMES];
    uint64_t *expected = REF_ROW(N);
    for (unsigned form = 0; form < FORMS; form++) {
        for (uint32_t i = 0; i < in_count; i++) {
            in[i] = REF_ROW(N + 8 * i);
            ref_import(k, in[i], p->x[i], N, &p->in[i]->modulus, form);
        }
        for (uint32_t j = 0; j < out_count; j++) {
            out[j] = REF_ROW(N + 8 * j);
            mine[j] = REF_ROW(N);
            ref_import(k, mine[j], p->mine[j], N, &p->out[j]->modulus, form);
        }
        const bool owned = p->c.own != NULL;
        k->convert(out, (const pa_he_word *const *)in,
                   owned ? (const pa_he_word *const *)mine : NULL, &p->c, N);
        if (owned) { /* in place too */
            k->convert(mine, (const pa_he_word *const *)in, (const pa_he_word *const *)mine, &p->c,
                       N);
        }
        for (uint32_t j = 0; j < out_count; j++) {
            expected_of(p, expected, j);
            CHECK(ref_is(k, out[j], expected, N, &p->out[j]->modulus));
            CHECK(!owned || ref_is(k, mine[j], expected, N, &p->out[j]->modulus));
            free(out[j]);
            free(mine[j]);
        }
        for (uint32_t i = 0; i < in_count; i++) { /* read only */
            CHECK(ref_is(k, in[i], p->x[i], N, &p->in[i]->modulus));
            free(in[i]);
        }
    }
    free(expected);
    free(p->c.prepared);
    p->c.prepared = NULL;
}

/* Any constants, at random or the largest. */
static void check_any(problem *p, unsigned shift, bool most, bool owned)
{
    pa_he_conversion *c = &p->c;
    c->shift = shift;
    c->rounding = shift == 0 ? (most ? UINT64_C(1) << 51 : 0) : UINT64_C(1) << (shift - 1);
    c->own = owned ? p->own : NULL;
    for (uint32_t i = 0; i < c->in_count; i++) {
        const uint64_t q = p->in[i]->modulus.q;
        p->pre[i] = most ? q - 1 : residue(q);
        p->fraction[i] = most ? (UINT64_C(1) << 52) - 1 : random_word() >> 12;
    }
    for (uint32_t j = 0; j < c->out_count; j++) {
        const uint64_t q = p->out[j]->modulus.q;
        p->overflow[j] = most ? q - 1 : j % 2 != 0 ? 1 : residue(q);
        p->own[j] = most ? q - 1 : residue(q);
        for (uint32_t i = 0; i < c->in_count; i++) {
            p->matrix[j * c->in_count + i] = most ? q - 1 : residue(q);
        }
    }
    check_problem(p);
}

/* Constants of the lift near the centre, as kernels.h has them. */
static void set_lift(problem *p)
{
    pa_he_conversion *c = &p->c;
    const uint32_t count = c->in_count;
    uint64_t least = UINT64_MAX;
    for (uint32_t i = 0; i < count; i++) {
        least = p->in[i]->modulus.q < least ? p->in[i]->modulus.q : least;
    }
    for (c->shift = 0; least >> (c->shift + 1) != 0; c->shift++) {
    }
    c->rounding = UINT64_C(1) << (c->shift - 1);
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t q = p->in[i]->modulus.q;
        uint64_t others = 1;
        for (uint32_t k = 0; k < count; k++) {
            others = k == i ? others : ref_mul(others, p->in[k]->modulus.q % q, q);
        }
        p->pre[i] = ref_pow(others, q - 2, q);
        p->fraction[i] = (uint64_t)(((wide)1 << (52 + c->shift)) / q);
    }
    for (uint32_t j = 0; j < c->out_count; j++) {
        const uint64_t q = p->out[j]->modulus.q;
        uint64_t all = 1;
        for (uint32_t i = 0; i < count; i++) {
            uint64_t others = 1;
            for (uint32_t k = 0; k < count; k++) {
                others = k == i ? others : ref_mul(others, p->in[k]->modulus.q % q, q);
            }
            p->matrix[j * count + i] = others;
            all = ref_mul(all, p->in[i]->modulus.q % q, q);
        }
        p->overflow[j] = (q - all) % q;
    }
}

/* Q = q_0 q_1 below 2^122, numbers from -Q/2 to Q/2 but the outermost of 2^-40: they come out as they are. */
static void check_meaning(problem *p)
{
    const wide q0 = p->in[0]->modulus.q, q1 = p->in[1]->modulus.q, all = q0 * q1;
    wide x[N];
    for (size_t e = 0; e < N; e++) {
        x[e] = ((wide)random_word() << 64 | random_word()) % all;
        x[e] = e == 0 ? 0 : e == 1 ? 1 : e == 2 ? all - 1 : x[e];
        x[e] = e == 3 ? all / 2 - (all >> 16) : e == 4 ? all / 2 + (all >> 16) : x[e];
        p->x[0][e] = (uint64_t)(x[e] % q0);
        p->x[1][e] = (uint64_t)(x[e] % q1);
    }
    uint64_t expected[N];
    for (uint32_t j = 0; j < p->c.out_count; j++) {
        const uint64_t q = p->out[j]->modulus.q;
        expected_of(p, expected, j);
        for (size_t e = 0; e < N; e++) {
            const uint64_t lifted =
                x[e] > all / 2 ? (q - (uint64_t)((all - x[e]) % q)) % q : (uint64_t)(x[e] % q);
            CHECK(expected[e] == lifted);
        }
    }
}

static void check_variant(const pa_he_kernels *kernels)
{
    static const struct {
        uint32_t in, out;
    } shapes[] = {{1, 1},  {1, 5},  {2, 3},  {3, 8},  {4, 1}, {5, 5},
                  {7, 13}, {16, 9}, {33, 4}, {64, 3}, {3, 64}};
    for (size_t i = 0; i < REF_SIZES && ref_sizes[i] <= kernels->max_bits; i++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            const unsigned bits = ref_sizes[i], other = ref_sizes[(i + s) % (i + 1)];
            problem *p = problem_new(kernels, shapes[s].in, bits, shapes[s].out, other);
            for (unsigned kind = 0; kind < 4; kind++) {
                check_any(p, 0, kind % 2 != 0, kind / 2 != 0);
                check_any(p, bits - 1, kind % 2 != 0, kind / 2 != 0);
            }
            p->c.own = NULL;
            set_lift(p);
            check_problem(p);
            if (shapes[s].in == 1) {
                p->c.centred = 1;
                p->pre[0] = 1;
                check_problem(p);
                p->pre[0] = residue(p->in[0]->modulus.q);
                check_problem(p);
            }
            if (shapes[s].in == 2) {
                check_meaning(p);
                check_problem(p);
            }
            problem_free(p);
            p = problem_new(kernels, shapes[s].in, other, shapes[s].out, bits);
            check_any(p, 0, true, true);
            set_lift(p);
            check_problem(p);
            problem_free(p);
        }
    }
}

int main(void)
{
    ref_each_variant(check_variant);
    return finish();
}
