/* SPDX-License-Identifier: Apache-2.0 */
/* Base conversion in AVX-512 IFMA: a few vectors of coefficients at a time, whose y_i stay in cache for all out primes.
 *
 * Lifts, whose v is below 8: the sum of y_i m, each less p times floor(y_i m' / 2^52), m' = floor(m 2^52 / p), and of the
 * v-th of eight multiples of the overflow: two vpmadd52 a term and one more, where sums of halves of 52 bits take two a term
 * and six more. From two primes to three (mod-down of a product, N = 8192, Zen 4): 13.5 us became 8.5 us a polynomial.
 * All else is summed by halves of 52 bits and reduced once for each out prime. */
#include "ntt_avx512ifma.h"

/* Vectors at a time: 64 primes take 16 KiB of stack; eight sums hide the multiplier's latency. */
#define VECTORS 4u
/* y_i m / 2^52 < p / 4: so many terms, what was there, which is kept below 2p, and carries stay below 2^52. */
#define CHUNK 7u
/* v from 2^52 on, 2^56 at most, is multiplied by halves. */
#define V_BITS 26

/* What a term leaves is below p (1 + y / 2^52) < 1.25 p, and a multiple of the overflow below p: so many terms, and so many more
 * each time the sum was brought below 2p, stay below 4p, p < 2^50, or below 8p, p < 2^49: modulo 2^52. */
#define LIFT_BITS 49u
/* From so many terms on halves are no slower. */
#define LIFT_MOST 6u

/* prepared: of conversion, per prime of the in base, per prime of the out base; then of lifts out_count times in_count quotients
 * of the matrix. */
typedef struct {
    pa_he_word wide_v, lifting;
    pa_he_word reserved[6];
} common;

typedef struct {
    pa_he_word pre, pre_quotient;
} in_prime;

typedef struct {
    pa_he_word carry, carry_quotient; /* 2^52 modulo p */
    pa_he_word upper_overflow;        /* overflow 2^V_BITS modulo p */
    pa_he_word minus_q;               /* -q_0 modulo p, 1 .. p */
    pa_he_word reserved[4];
    pa_he_word multiples[LANES]; /* of the overflow, modulo p */
} out_prime;

/* In a place that is aligned as out_prime's vectors are. */
static size_t in_primes_bytes(const pa_he_conversion *conversion)
{
    return (conversion->in_count * sizeof(in_prime) + 63) / 64 * 64;
}

static out_prime *out_primes_of(const pa_he_conversion *conversion)
{
    return (out_prime *)(void *)((char *)conversion->prepared + sizeof(common) +
                                 in_primes_bytes(conversion));
}

size_t PA_HE(conversion_bytes)(const pa_he_conversion *conversion)
{
    const size_t bytes = sizeof(common) + in_primes_bytes(conversion) +
                         conversion->out_count * sizeof(out_prime) +
                         (size_t)conversion->out_count * conversion->in_count * sizeof(pa_he_word);
    return (bytes + 63) / 64 * 64;
}

void PA_HE(conversion_fill)(const pa_he_conversion *conversion)
{
    common *head = conversion->prepared;
    in_prime *in = (in_prime *)(head + 1);
    out_prime *out = out_primes_of(conversion);
    pa_he_word *quotients = (pa_he_word *)(out + conversion->out_count);
    unsigned __int128 v = conversion->rounding;
    for (uint32_t i = 0; i < conversion->in_count; i++) {
        const uint64_t q = conversion->in[i]->modulus.q;
        in[i] = (in_prime){conversion->pre[i], shoup(conversion->pre[i], q)};
        v += (unsigned __int128)q * conversion->fraction[i] >> 52;
    }
    v >>= conversion->shift;
    for (uint32_t j = 0; j < conversion->out_count; j++) {
        const pa_he_modulus *m = &conversion->out[j]->modulus;
        const uint64_t carry = (1ull << 52) % m->q;
        out[j] = (out_prime){
            .carry = carry,
            .carry_quotient = shoup(carry, m->q),
            .upper_overflow = pa_he_mul_mod(conversion->overflow[j], (1ull << V_BITS) % m->q, m),
            .minus_q = m->q - conversion->in[0]->modulus.q % m->q,
        };
        for (unsigned k = 0; k < LANES; k++) {
            out[j].multiples[k] = pa_he_mul_mod(conversion->overflow[j], k % m->q, m);
        }
        for (uint32_t i = 0; i < conversion->in_count; i++, quotients++) {
            *quotients = shoup(conversion->matrix[j * conversion->in_count + i], m->q);
        }
    }
    *head = (common){.wide_v = v >> 52 != 0,
                     .lifting =
                         v < LANES && conversion->in_count <= LIFT_MOST && conversion->own == NULL};
}

/* y_i of vectors from element e on. */
INLINE void residues_of(vec *y, unsigned vectors, const pa_he_word *in, size_t e,
                        const in_prime *constant, const prime *q)
{
    const vec pre = all(constant->pre), quotient = all(constant->pre_quotient);
    UNROLL for (unsigned k = 0; k < vectors; k++)
    {
        y[k] = less(clean(times(load(in + e + k * LANES), pre, quotient, q)), q->q);
    }
}

/* y_i and v of `vectors` vectors from element e on. */
INLINE void terms_of(vec (*y)[VECTORS], vec *v, size_t e, unsigned vectors,
                     const pa_he_word *const *in, const pa_he_conversion *c)
{
    const in_prime *in_primes = (const in_prime *)((const common *)c->prepared + 1);
    UNROLL for (unsigned k = 0; k < vectors; k++)
    {
        v[k] = all(c->rounding);
    }
    for (uint32_t i = 0; i < c->in_count; i++) {
        const prime q = prime_of(c->in[i]->modulus.q);
        residues_of(y[i], vectors, in[i], e, in_primes + i, &q);
        UNROLL for (unsigned k = 0; k < vectors; k++)
        {
            v[k] = high(v[k], y[i][k], all(c->fraction[i]));
        }
    }
    UNROLL for (unsigned k = 0; k < vectors; k++)
    {
        v[k] = _mm512_srlv_epi64(v[k], all(c->shift));
    }
}

/* ---- lifts -------------------------------------------------------------------------------------------------------- */

/* Elements whose y_i lie on the stack, or v: in the first-level cache. */
#define LIFT_BLOCK 256u

/* y_i of up to LIFT_BLOCK elements of a lift, in place too; those of y_0 have v above their 52 bits, where the multiplier does
 * not look. */
static void lift_terms(pa_he_word *const *y, const pa_he_word *const *in, const pa_he_conversion *c,
                       size_t n)
{
    const in_prime *in_primes = (const in_prime *)((const common *)c->prepared + 1);
    const vec shift = all(c->shift);
    vec v[LIFT_BLOCK / LANES];
    for (size_t k = 0; k < n / LANES; k++) {
        v[k] = all(c->rounding);
    }
    for (uint32_t i = c->in_count; i-- > 0;) {
        const prime q = prime_of(c->in[i]->modulus.q);
        const vec pre = all(in_primes[i].pre), quotient = all(in_primes[i].pre_quotient),
                  fraction = all(c->fraction[i]);
        for (size_t k = 0; k < n / LANES; k++) {
            const vec x = less(clean(times(load(in[i] + k * LANES), pre, quotient, &q)), q.q);
            v[k] = high(v[k], x, fraction);
            store(y[i] + k * LANES, x);
        }
    }
    for (size_t k = 0; k < n / LANES; k++) {
        const vec above = _mm512_slli_epi64(_mm512_srlv_epi64(v[k], shift), 52);
        store(y[0] + k * LANES, _mm512_or_si512(load(y[0] + k * LANES), above));
    }
}

/* out_j of n elements of a lift from `terms` primes; wide: p has more than LIFT_BITS bits. */
INLINE void lift_sum(pa_he_word *out, const pa_he_word *const *y, const pa_he_conversion *c,
                     uint32_t j, size_t n, unsigned terms, bool wide)
{
    const out_prime *out_primes = out_primes_of(c);
    const pa_he_word *quotients =
        (const pa_he_word *)(out_primes + c->out_count) + (size_t)j * terms;
    const uint64_t *matrix = c->matrix + (size_t)j * terms, q = c->out[j]->modulus.q;
    const prime p = prime_of(q);
    const vec q4 = all(4 * q), multiples = load(out_primes[j].multiples);
    vec m[LIFT_MOST], quotient[LIFT_MOST];
    UNROLL for (unsigned i = 0; i < terms; i++)
    {
        m[i] = all(matrix[i]);
        quotient[i] = all(quotients[i]);
    }
    for (size_t e = 0; e < n; e += LANES) {
        vec x = load(y[0] + e), floor = p.zero,
            sum = _mm512_permutexvar_epi64(_mm512_srli_epi64(x, 52), multiples);
        unsigned room = wide ? 2 : 5;
        UNROLL for (unsigned i = 0; i < terms; i++)
        {
            if (room == 0) {
                sum = less(clean(low(sum, floor, p.minus_q)), q4);
                sum = less(sum, p.q2);
                floor = p.zero;
                room = wide ? 1 : 4;
            }
            x = i == 0 ? x : load(y[i] + e);
            sum = low(sum, x, m[i]);
            floor = high(floor, x, quotient[i]);
            room--;
        }
        sum = clean(low(sum, floor, p.minus_q));
        sum = terms < 3 ? sum : less(sum, q4);
        store(out + e, less(less(sum, p.q2), p.q));
    }
}

/* Likewise from any number of primes, by halves. */
static void sum_many(pa_he_word *out, const pa_he_word *const *y, const pa_he_conversion *c,
                     uint32_t j, size_t n)
{
    const out_prime *constant = out_primes_of(c) + j;
    const uint64_t *matrix = c->matrix + (size_t)j * c->in_count;
    const prime p = prime_of(c->out[j]->modulus.q);
    const vec overflow = all(c->overflow[j]), carry = all(constant->carry),
              carry_quotient = all(constant->carry_quotient);
    for (size_t e = 0; e < n; e += LANES) {
        const vec v = _mm512_srli_epi64(load(y[0] + e), 52);
        vec lower = low(p.zero, v, overflow), upper = high(p.zero, v, overflow);
        for (uint32_t i = 0; i < c->in_count;) {
            const uint32_t end = c->in_count - i < CHUNK ? c->in_count : i + CHUNK;
            for (; i < end; i++) {
                const vec x = load(y[i] + e), m = all(matrix[i]);
                lower = low(lower, x, m);
                upper = high(upper, x, m);
            }
            upper = i < c->in_count ? less(upper, p.q2) : upper;
        }
        store(out + e, reduce_wide(upper, lower, carry, carry_quotient, &p));
    }
}

static void sum_row(pa_he_word *out, const pa_he_word *const *y, const pa_he_conversion *c,
                    uint32_t j, size_t n)
{
    const bool wide = c->out[j]->modulus.bits > LIFT_BITS;
    switch (c->in_count > LIFT_MOST ? 0 : c->in_count + (wide ? LIFT_MOST : 0)) {
#define LIFT(terms)                                                                                \
    case terms:                                                                                    \
        lift_sum(out, y, c, j, n, terms, false);                                                   \
        break;                                                                                     \
    case terms + LIFT_MOST:                                                                        \
        lift_sum(out, y, c, j, n, terms, true);                                                    \
        break;
        LIFT(1)
        LIFT(2)
        LIFT(3)
        LIFT(4)
        LIFT(5)
        LIFT(6)
#undef LIFT
    default:
        sum_many(out, y, c, j, n);
    }
}

static void lift(pa_he_word *const *out, const pa_he_word *const *in, const pa_he_conversion *c,
                 size_t n)
{
    pa_he_word terms[LIFT_MOST][LIFT_BLOCK] __attribute__((aligned(64)));
    pa_he_word *const y[LIFT_MOST] = {terms[0], terms[1], terms[2], terms[3], terms[4], terms[5]};
    for (size_t e = 0; e < n; e += LIFT_BLOCK) {
        const size_t size = n - e < LIFT_BLOCK ? n - e : LIFT_BLOCK;
        const pa_he_word *from[LIFT_MOST];
        for (uint32_t i = 0; i < c->in_count; i++) {
            from[i] = in[i] + e;
        }
        lift_terms(y, from, c, size);
        for (uint32_t j = 0; j < c->out_count; j++) {
            /* An outcome of a batch is in no cache: 1 to 2 % of a product. */
            for (size_t k = e + LIFT_BLOCK; k < e + 2 * LIFT_BLOCK && k < n; k += LANES) {
                __builtin_prefetch(out[j] + k, 1, 2);
            }
            sum_row(out[j] + e, (const pa_he_word *const *)y, c, j, size);
        }
    }
}

/* ---- any conversion ----------------------------------------------------------------------------------------------- */

/* out_j of `vectors` vectors from element e on. */
INLINE void convert_at(size_t e, unsigned vectors, pa_he_word *const *out,
                       const pa_he_word *const *in, const pa_he_word *const *own,
                       const pa_he_conversion *c)
{
    const common *head = c->prepared;
    const out_prime *out_primes = out_primes_of(c);
    const vec v_mask = all((1ull << V_BITS) - 1);
    vec y[PA_HE_MAX_PRIMES][VECTORS], v[VECTORS], upper_v[VECTORS];
    terms_of(y, v, e, vectors, in, c);
    UNROLL for (unsigned k = 0; k < vectors; k++)
    {
        upper_v[k] = _mm512_srli_epi64(v[k], V_BITS);
        v[k] = head->wide_v != 0 ? _mm512_and_si512(v[k], v_mask) : v[k];
    }
    for (uint32_t j = 0; j < c->out_count; j++) {
        const prime p = prime_of(c->out[j]->modulus.q);
        const uint64_t *matrix = c->matrix + (size_t)j * c->in_count;
        const vec overflow = all(c->overflow[j]);
        vec lower[VECTORS], upper[VECTORS];
        UNROLL for (unsigned k = 0; k < vectors; k++)
        {
            lower[k] = low(p.zero, v[k], overflow);
            upper[k] = high(p.zero, v[k], overflow);
        }
        if (head->wide_v != 0) {
            UNROLL for (unsigned k = 0; k < vectors; k++)
            {
                lower[k] = low(lower[k], upper_v[k], all(out_primes[j].upper_overflow));
                upper[k] = high(upper[k], upper_v[k], all(out_primes[j].upper_overflow));
            }
        }
        if (own != NULL) {
            UNROLL for (unsigned k = 0; k < vectors; k++)
            {
                const vec x = load(own[j] + e + k * LANES);
                lower[k] = low(lower[k], x, all(c->own[j]));
                upper[k] = high(upper[k], x, all(c->own[j]));
            }
        }
        for (uint32_t i = 0; i < c->in_count;) {
            const uint32_t end = c->in_count - i < CHUNK ? c->in_count : i + CHUNK;
            for (; i < end; i++) {
                const vec m = all(matrix[i]);
                UNROLL for (unsigned k = 0; k < vectors; k++)
                {
                    lower[k] = low(lower[k], y[i][k], m);
                    upper[k] = high(upper[k], y[i][k], m);
                }
            }
            if (i < c->in_count) {
                UNROLL for (unsigned k = 0; k < vectors; k++)
                {
                    upper[k] = less(upper[k], p.q2);
                }
            }
        }
        UNROLL for (unsigned k = 0; k < vectors; k++)
        {
            store(out[j] + e + k * LANES, reduce_wide(upper[k], lower[k], all(out_primes[j].carry),
                                                      all(out_primes[j].carry_quotient), &p));
        }
    }
}

/* The residues modulo `to` of those of q nearest to 0. Nothing is left to reduce where q / 2 is a residue. */
static void lift_centred(pa_he_word *out, const pa_he_word *in, uint64_t q, uint64_t to, size_t n)
{
    const prime p = prime_of(to);
    const bool reduced = (q - 1) / 2 < to;
    const vec half = all((q - 1) / 2), moved = all(reduced ? to - q : to - q % to);
    for (size_t i = 0; i < n; i += LANES) {
        const vec y = load(in + i);
        const vec x = _mm512_mask_add_epi64(y, _mm512_cmplt_epu64_mask(half, y), y, moved);
        store(out + i, reduced ? x : less(clean(reduce(x, &p)), p.q));
    }
}

/* One prime, exactly centred: y, less q_0 where it lies in the upper half. */
static void convert_centred(pa_he_word *const *out, const pa_he_word *in, const pa_he_conversion *c,
                            size_t n)
{
    const common *head = c->prepared;
    const in_prime *in_primes = (const in_prime *)(head + 1);
    const out_prime *out_primes = out_primes_of(c);
    if (c->pre[0] == 1) { /* a lift */
        for (uint32_t j = 0; j < c->out_count; j++) {
            lift_centred(out[j], in, c->in[0]->modulus.q, c->out[j]->modulus.q, n);
        }
        return;
    }
    const prime q = prime_of(c->in[0]->modulus.q);
    const vec half = all((c->in[0]->modulus.q - 1) / 2);
    size_t size = LANES * VECTORS;
    for (size_t e = 0; e < n; e += size) {
        vec y[VECTORS];
        size = n - e < LANES * VECTORS ? LANES : LANES * VECTORS;
        const unsigned vectors = (unsigned)(size / LANES);
        if (vectors == VECTORS) {
            residues_of(y, VECTORS, in, e, in_primes, &q);
        } else {
            residues_of(y, 1, in, e, in_primes, &q);
        }
        for (uint32_t j = 0; j < c->out_count; j++) {
            const prime p = prime_of(c->out[j]->modulus.q);
            const vec minus_q = all(out_primes[j].minus_q);
            for (unsigned k = 0; k < vectors; k++) {
                const vec x =
                    _mm512_mask_add_epi64(y[k], _mm512_cmplt_epu64_mask(half, y[k]), y[k], minus_q);
                store(out[j] + e + k * LANES, less(clean(reduce(x, &p)), p.q));
            }
        }
    }
}

void PA_HE(convert)(pa_he_word *const *out, const pa_he_word *const *in,
                    const pa_he_word *const *own, const pa_he_conversion *conversion, size_t n)
{
    if (conversion->in_count == 1 && conversion->centred) {
        convert_centred(out, in[0], conversion, n);
        return;
    }
    if (((const common *)conversion->prepared)->lifting != 0) {
        lift(out, in, conversion, n);
        return;
    }
    size_t e = 0;
    for (; e + VECTORS * LANES <= n; e += VECTORS * LANES) {
        convert_at(e, VECTORS, out, in, own, conversion);
    }
    for (; e < n; e += LANES) {
        convert_at(e, 1, out, in, own, conversion);
    }
}

void PA_HE(lift_begin)(pa_he_word *const *rows, pa_he_word *excess, const pa_he_conversion *lift,
                       size_t n)
{
    (void)excess;
    if (lift->in_count == 1) {
        return;
    }
    for (size_t e = 0; e < n; e += LIFT_BLOCK) {
        pa_he_word *y[PA_HE_MAX_PRIMES];
        for (uint32_t i = 0; i < lift->in_count; i++) {
            y[i] = rows[i] + e;
        }
        lift_terms(y, (const pa_he_word *const *)y, lift, n - e < LIFT_BLOCK ? n - e : LIFT_BLOCK);
    }
}

void PA_HE(lift_row)(pa_he_word *out, const pa_he_lift *lift, size_t n)
{
    const pa_he_conversion *c = lift->conversion;
    if (c->in_count == 1) {
        lift_centred(out, lift->terms[0], c->in[0]->modulus.q, c->out[lift->out]->modulus.q, n);
    } else {
        sum_row(out, lift->terms, c, lift->out, n);
    }
}
