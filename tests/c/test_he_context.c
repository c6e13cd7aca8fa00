/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: which primes parameters give, what is refused, Galois elements, and division by dropped primes. */
#include "he/choose.h"
#include "he_world.h"

/* ---- primes ------------------------------------------------------------------------------------- */

static bool is_prime(uint64_t n)
{
    for (uint64_t d = 2; d * d <= n; d++) {
        if (n % d == 0) {
            return false;
        }
    }
    return n > 1;
}

static bool among(uint64_t q, const uint64_t *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] == q) {
            return true;
        }
    }
    return false;
}

/* q is the first prime below 2^bits, or nearest to it, that is 1 modulo 2N and not among those taken. */
static void check_prime(uint64_t q, unsigned bits, bool near, uint64_t degree,
                        const uint64_t *taken, size_t count)
{
    const uint64_t top = (uint64_t)1 << bits;
    CHECK(q % (2 * degree) == 1 && is_prime(q) && !among(q, taken, count));
    CHECK(near || (q < top && q >= top / 2));
    const uint64_t distance = q > top ? q - top : top - q;
    for (uint64_t d = 0; d < distance; d++) {
        const uint64_t below = top - d, above = top + d;
        if (below % (2 * degree) == 1) {
            CHECK(!is_prime(below) || among(below, taken, count));
        }
        if (near && above % (2 * degree) == 1) {
            CHECK(!is_prime(above) || among(above, taken, count));
        }
    }
}

static void test_primes(void)
{
    /* 51 bits are two primes of 26 and 25; P as large as the largest digit, split alike */
    pyaccel_he_context *context = context_of((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_CKKS, .degree = 32, WITH_MODULI(51, 27, 27), .digits = 2});
    pyaccel_he_context_info info;
    CHECK(pyaccel_he_context_get(&info, context) == PYACCEL_OK);
    CHECK(info.prime_count == 4 && info.special_count == 2 && info.levels == 3 && info.slots == 16);
    CHECK(info.level_end[0] == 2 && info.level_end[1] == 3 && info.level_end[2] == 4);
    CHECK(info.digit_count == 2 && context->digit_end[0] == 2 && context->digit_end[1] == 4);
    const unsigned bits[] = {26, 25, 27, 27, 27, 27}; /* 54 of the second digit */
    uint64_t taken[6];
    double sum = 0;
    for (uint32_t k = 0; k < 6; k++) {
        const uint32_t i = (k + 4) % 6; /* the special ones first */
        check_prime(info.primes[i], bits[i], i == 2 || i == 3, 32, taken, k);
        taken[k] = info.primes[i];
        sum += (double)bits[i];
    }
    CHECK(info.modulus_bits > sum - 0.1 && info.modulus_bits < sum + 0.1);
    pyaccel_he_context_free(context);

    /* a digit each; t is never one of Q's primes */
    uint64_t t;
    CHECK(pa_he_primes_below(&t, 1, 22, 4, NULL, 0) == 1);
    context = context_of((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_BFV, .degree = 16, WITH_MODULI(22, 22, 23), .plain_modulus = t});
    CHECK(pyaccel_he_context_get(&info, context) == PYACCEL_OK);
    CHECK(info.digit_count == 3 && info.special_count == 1 && info.slots == 16 &&
          info.plain_modulus == t);
    const uint64_t before[] = {t, info.primes[3], info.primes[0], info.primes[1]};
    check_prime(info.primes[3], 23, false, 16, before, 1);
    check_prime(info.primes[0], 22, false, 16, before, 2);
    check_prime(info.primes[1], 22, false, 16, before, 3);
    check_prime(info.primes[2], 23, false, 16, before, 4);
    pyaccel_he_context_free(context);
}

static void test_id(void)
{
    const pyaccel_he_parameters one = {
        .scheme = PYACCEL_HE_BGV, .degree = 16, WITH_MODULI(30, 30), .plain_modulus = 65537};
    pyaccel_he_parameters same = one, other = one;
    same.special_bits = 30; /* what it comes to anyway */
    same.digits = 2;
    other.plain_modulus = 97;
    pyaccel_he_context *contexts[3] = {context_of(one), context_of(same), context_of(other)};
    pyaccel_he_context_info info[3];
    for (int i = 0; i < 3; i++) {
        CHECK(pyaccel_he_context_get(&info[i], contexts[i]) == PYACCEL_OK);
        pyaccel_he_context_free(contexts[i]);
    }
    CHECK(memcmp(info[0].id, info[1].id, 32) == 0 && memcmp(info[0].id, info[2].id, 32) != 0);
    CHECK(strcmp(info[0].variant, info[1].variant) == 0 && info[0].variant[0] != '\0');
}

/* ---- bad arguments ------------------------------------------------------------------------------ */

static void refused(pyaccel_he_parameters parameters)
{
    pyaccel_he_context *context = (pyaccel_he_context *)&parameters;
    CHECK(pyaccel_he_context_new(&context, &parameters) == PYACCEL_INVALID_ARGUMENT);
    CHECK(context == NULL);
}

static void test_refusals(void)
{
    const pyaccel_he_parameters good = {.struct_size = sizeof good,
                                        .scheme = PYACCEL_HE_BFV,
                                        .degree = 4096,
                                        WITH_MODULI(36, 36),
                                        .standard = PYACCEL_HE_STANDARD_2018,
                                        .security = 128,
                                        .plain_modulus = 65537};
    pyaccel_he_context *context;
    CHECK(pyaccel_he_context_new(&context, &good) == PYACCEL_OK);
    pyaccel_he_context_free(context);
    CHECK(pyaccel_he_context_new(NULL, &good) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_context_new(&context, NULL) == PYACCEL_INVALID_ARGUMENT && context == NULL);
#define REFUSED(field, value)                                                                      \
    do {                                                                                           \
        pyaccel_he_parameters bad = good;                                                          \
        bad.field = value;                                                                         \
        refused(bad);                                                                              \
    } while (0)
    REFUSED(struct_size, sizeof good - 8);
    REFUSED(reserved, 1);
    REFUSED(scheme, 0);
    REFUSED(scheme, 4);
    REFUSED(scheme, PYACCEL_HE_CKKS); /* with a t and no scale */
    REFUSED(degree, 4);
    REFUSED(degree, 4095);
    REFUSED(degree, 1u << 18);
    REFUSED(moduli_count, 0);
    REFUSED(moduli_count, PYACCEL_HE_MOST_MODULI + 1);
    REFUSED(moduli_bits[1], 19);
    REFUSED(moduli_bits[1], 101);
    REFUSED(special_bits, 19);
    REFUSED(special_bits, 601);
    REFUSED(digits, 3);
    REFUSED(standard, 0);
    REFUSED(standard, 4);
    REFUSED(standard, PYACCEL_HE_STANDARD_NONE); /* with a security */
    REFUSED(security, 0);
    REFUSED(security, 129);
    REFUSED(plain_modulus, 0);
    REFUSED(plain_modulus, 1);
    REFUSED(plain_modulus, ((uint64_t)1 << 40) + 1);
    REFUSED(scale, 1024);
    REFUSED(special_bits, 38); /* 110 bits: the bound is 109 */
    pyaccel_he_parameters other = good;
    other.standard = PYACCEL_HE_STANDARD_2024; /* 106 */
    refused(other);
    other = good;
    other.special_bits = 37;
    CHECK(pyaccel_he_context_new(&context, &other) == PYACCEL_OK);
    pyaccel_he_context_free(context);
    other = good;
    other.standard = PYACCEL_HE_STANDARD_NONE;
    other.security = 0;
    other.degree = 1u << 17;
    other.moduli_bits[0] = 20; /* there are few primes of 20 bits that are 1 modulo 2^18 */
    other.moduli_count = 20;
    for (int i = 1; i < 20; i++) {
        other.moduli_bits[i] = 20;
    }
    refused(other);
    /* t is the product of a prime of Q and another number */
    other = good;
    pyaccel_he_context_info info;
    other.moduli_bits[0] = 30;
    CHECK(pyaccel_he_context_new(&context, &other) == PYACCEL_OK);
    CHECK(pyaccel_he_context_get(&info, context) == PYACCEL_OK);
    pyaccel_he_context_free(context);
    other.plain_modulus = 3 * info.primes[0];
    refused(other);
    /* CKKS */
    other = (pyaccel_he_parameters){.struct_size = sizeof other,
                                    .scheme = PYACCEL_HE_CKKS,
                                    .degree = 8,
                                    WITH_MODULI(40),
                                    .standard = PYACCEL_HE_STANDARD_NONE,
                                    .scale = 0x1p9};
    refused(other);
    other.scale = 0x1p91;
    refused(other);
    other.scale = 0x1p20;
    other.plain_modulus = 17;
    refused(other);
    pyaccel_he_context_info nothing;
    CHECK(pyaccel_he_context_get(&nothing, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_he_context_get(NULL, NULL) == PYACCEL_INVALID_ARGUMENT);
    pyaccel_he_context_free(NULL);
}

static void test_bounds(void)
{
    CHECK(pyaccel_he_bound(PYACCEL_HE_STANDARD_2024, 128, 8192) == 214);
    CHECK(pyaccel_he_bound(PYACCEL_HE_STANDARD_2018, 128, 8192) == 218);
    CHECK(pyaccel_he_bound(PYACCEL_HE_STANDARD_2024, 256, 131072) == 1866);
    CHECK(pyaccel_he_bound(PYACCEL_HE_STANDARD_2024, 192, 1024) == 0);
    CHECK(pyaccel_he_bound(PYACCEL_HE_STANDARD_2018, 128, 65536) == 0);
    CHECK(pyaccel_he_bound(PYACCEL_HE_STANDARD_NONE, 128, 8192) == 0);
    CHECK(pyaccel_he_bound(PYACCEL_HE_STANDARD_2024, 128, 8191) == 0);
    CHECK(pyaccel_he_bound(PYACCEL_HE_STANDARD_2024, 128, 512) == 0);
}

/* ---- Galois elements -------------------------------------------------------------------------- */

static void test_elements(void)
{
    for (uint32_t degree = 8; degree <= 64; degree *= 2) {
        uint32_t element = 1;
        for (int64_t k = 0; k < degree / 2; k++) {
            CHECK(pyaccel_he_element(degree, k) == element);
            CHECK(pyaccel_he_element(degree, k - degree / 2) == element);
            const unsigned log_degree = (unsigned)__builtin_ctz(degree);
            CHECK(pa_he_element_inverse(element, log_degree) * element % (2 * degree) == 1);
            CHECK(pa_he_element_inverse(element, log_degree) < 2 * degree);
            element = element * 5 % (2 * degree);
        }
        CHECK(element == 1);
    }
    CHECK(pyaccel_he_element(7, 1) == 0 && pyaccel_he_element(0, 1) == 0);
}

static void test_permutations(void)
{
    for (uint32_t degree = 8; degree <= 64; degree *= 2) {
        pyaccel_he_context *context = context_of((pyaccel_he_parameters){
            .scheme = PYACCEL_HE_CKKS, .degree = degree, WITH_MODULI(40, 30)});
        pa_he_word *in = rows_of(context, 2), *out = rows_of(context, 2);
        pa_he_word *table = aligned_alloc(
            64, (context->kernels->permute_words(context->log_degree) * 8 + 63) / 64 * 64);
        uint32_t source[MOST_N];
        const poly a = poly_random(context);
        put_rows(context, in, &a, 0, 2, true);
        for (uint32_t g = 1; g < 2 * degree; g += 2) {
            pa_he_permutation(table, source, context, g);
            for (uint32_t p = 0; p < 2; p++) {
                context->kernels->permute(out + p * context->stride, in + p * context->stride,
                                          table, degree);
            }
            const poly turned = poly_turn(context, &a, g),
                       found = get_rows(context, out, 0, 2, true);
            CHECK(same_rows(context, &turned, &found, 0, 2));
        }
        free(in);
        free(out);
        free(table);
        pyaccel_he_context_free(context);
    }
}

/* ---- division ----------------------------------------------------------------------------------- */

/* [a]_m in (-m / 2, m / 2] */
static integer centre(integer a, integer m)
{
    integer r = a % m;
    r = r < 0 ? r + m : r;
    return 2 * r > m ? r - m : r;
}

static void check_division(const pyaccel_he_context *context, uint32_t level, uint32_t by)
{
    const uint32_t end = context->level_end[level],
                   left = by == PA_HE_BY_P ? end : context->level_end[level - 1];
    uint32_t in[MOST_PRIMES], in_count = 0;
    for (uint32_t p = left; p < end; p++) {
        in[in_count++] = p;
    }
    for (uint32_t p = context->q_count; by != PA_HE_BY_LAST && p < all_primes(context); p++) {
        in[in_count++] = p;
    }
    natural divisor = 1;
    for (uint32_t i = 0; i < in_count; i++) {
        divisor *= prime_of(context, in[i]);
    }
    const uint64_t t = context->scheme == PYACCEL_HE_BGV ? context->plain_modulus : 0;

    pa_he_word *x[2], *out[2], *added[2];
    poly values[2], sums[2];
    for (int k = 0; k < 2; k++) {
        x[k] = rows_of(context, left + in_count);
        out[k] = rows_of(context, left);
        added[k] = rows_of(context, left);
        values[k] = poly_random(context);
        sums[k] = poly_random(context);
        for (uint32_t p = 0; p < in_count; p++) { /* a multiple of d, and residues at the bounds */
            memset(sums[k].r[in[p]], 0, sizeof sums[k].r[in[p]]);
            values[k].r[in[p]][0] = 0;
            values[k].r[in[p]][1] = prime_of(context, in[p]) - 1;
            values[k].r[in[p]][2] = 1;
        }
        if (in_count == 1) {
            values[k].r[in[0]][3] = (uint64_t)(divisor / 2);
            values[k].r[in[0]][4] = (uint64_t)(divisor / 2) + 1;
        }
        put_rows(context, added[k], &sums[k], 0, left, false);
    }
    for (int with = 0; with < 2; with++) {
        for (int k = 0; k < 2; k++) {
            put_rows(context, x[k], &values[k], 0, left, true);
            for (uint32_t i = 0; i < in_count; i++) {
                put_row(context, x[k] + (left + i) * context->stride, values[k].r[in[i]], in[i],
                        true);
            }
        }
        for (uint32_t i = 0; i < in_count; i++) {
            pa_he_word *const rows[2] = {x[0] + (left + i) * context->stride,
                                         x[1] + (left + i) * context->stride};
            context->kernels->inverse(rows, 2, &context->ntt[in[i]]);
        }
        const pa_he_word *const kept[2] = {x[0], x[1]}, *const tail[2] = {
                                                            x[0] + left * context->stride,
                                                            x[1] + left * context->stride};
        pa_he_divide(context, level, by, 2, out, kept, tail,
                     with ? (const pa_he_word *const *)added : NULL);
        for (int k = 0; k < 2; k++) {
            const poly found = get_rows(context, out[k], 0, left, true);
            poly expected = {0};
            for (size_t i = 0; i < context->degree; i++) {
                const integer delta = integer_of(context, &values[k], i, in, in_count);
                const integer u =
                    t == 0 ? 0
                           : centre(centre(delta, t) * (integer)invmod((uint64_t)(divisor % t), t),
                                    t); /* delta - d u is 0 modulo t */
                for (uint32_t p = 0; p < left; p++) {
                    const uint64_t q = prime_of(context, p);
                    integer a = (integer)values[k].r[p][i] - residue(delta, q);
                    a += mulmod((uint64_t)(divisor % q), residue(u, q), q);
                    a += with ? (integer)sums[k].r[p][i] : 0;
                    expected.r[p][i] = mulmod(residue(a, q), invmod((uint64_t)(divisor % q), q), q);
                }
            }
            CHECK(same_rows(context, &expected, &found, 0, left));
        }
    }
    for (int k = 0; k < 2; k++) {
        free(x[k]);
        free(out[k]);
        free(added[k]);
    }
}

static void check_divisions(pyaccel_he_parameters parameters)
{
    pyaccel_he_context *context = context_of(parameters);
    for (uint32_t level = 0; level < context->level_count; level++) {
        check_division(context, level, PA_HE_BY_P);
        if (level > 0) {
            check_division(context, level, PA_HE_BY_LAST);
            check_division(context, level, PA_HE_BY_BOTH);
        }
    }
    pyaccel_he_context_free(context);
}

static void test_division(void)
{
    const uint64_t plain[] = {2, 3, 16, 257, 65537, 1000003, ((uint64_t)1 << 40) - 87};
    check_divisions((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_CKKS, .degree = 8, WITH_MODULI(50, 40, 30), .special_bits = 50});
    check_divisions((pyaccel_he_parameters){
        .scheme = PYACCEL_HE_CKKS, .degree = 64, WITH_MODULI(30, 58, 20), .special_bits = 56});
    check_divisions((pyaccel_he_parameters){.scheme = PYACCEL_HE_BFV,
                                            .degree = 16,
                                            WITH_MODULI(41, 33),
                                            .special_bits = 60,
                                            .plain_modulus = 17});
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        check_divisions((pyaccel_he_parameters){.scheme = PYACCEL_HE_BGV,
                                                .degree = 16,
                                                WITH_MODULI(30, 22, 52),
                                                .special_bits = i % 2 ? 37 : 60,
                                                .plain_modulus = plain[i]});
    }
}

int main(void)
{
    test_primes();
    test_id();
    test_refusals();
    test_bounds();
    test_elements();
    each_variant(test_permutations);
    each_variant(test_division);
    return finish();
}
