/* SPDX-License-Identifier: Apache-2.0 */
/* Base conversion in AVX-512 IFMA: a few vectors of coefficients at a time, whose y_i stay in cache for all out primes, summed
 * by halves of 52 bits, and reduced once for each out prime. */
#include "ntt_avx512ifma.h"

/* Vectors at a time: 64 primes take 16 KiB of stack; eight sums hide the multiplier's latency. */
#define VECTORS 4u
/* y_i m / 2^52 < p / 4: so many terms, what was there, which is kept below 2p, and carries stay below 2^52. */
#define CHUNK 7u
/* v from 2^52 on, 2^56 at most, is multiplied by halves. */
#define V_BITS 26

/* prepared: of conversion, per prime of the in base, and per prime of the out base. */
typedef struct {
    pa_he_word wide_v;
    pa_he_word reserved[7];
} common;

typedef struct {
    pa_he_word pre, pre_quotient;
} in_prime;

typedef struct {
    pa_he_word carry, carry_quotient; /* 2^52 modulo p */
    pa_he_word upper_overflow;        /* overflow 2^V_BITS modulo p */
    pa_he_word minus_q;               /* -q_0 modulo p, 1 .. p */
} out_prime;

size_t PA_HE(conversion_bytes)(const pa_he_conversion *conversion)
{
    const size_t bytes = sizeof(common) + conversion->in_count * sizeof(in_prime) +
                         conversion->out_count * sizeof(out_prime);
    return (bytes + 63) / 64 * 64;
}

void PA_HE(conversion_fill)(const pa_he_conversion *conversion)
{
    common *head = conversion->prepared;
    in_prime *in = (in_prime *)(head + 1);
    out_prime *out = (out_prime *)(in + conversion->in_count);
    unsigned __int128 v = conversion->rounding;
    for (uint32_t i = 0; i < conversion->in_count; i++) {
        const uint64_t q = conversion->in[i]->modulus.q;
        in[i] = (in_prime){conversion->pre[i], shoup(conversion->pre[i], q)};
        v += q;
    }
    for (uint32_t j = 0; j < conversion->out_count; j++) {
        const pa_he_modulus *m = &conversion->out[j]->modulus;
        const uint64_t carry = (1ull << 52) % m->q;
        out[j] = (out_prime){
            .carry = carry,
            .carry_quotient = shoup(carry, m->q),
            .upper_overflow = pa_he_mul_mod(conversion->overflow[j], (1ull << V_BITS) % m->q, m),
            .minus_q = m->q - conversion->in[0]->modulus.q % m->q,
        };
    }
    *head = (common){.wide_v = v >> conversion->shift >> 52 != 0};
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

/* out_j of `vectors` vectors from element e on. */
INLINE void convert_at(size_t e, unsigned vectors, pa_he_word *const *out,
                       const pa_he_word *const *in, const pa_he_word *const *own,
                       const pa_he_conversion *c)
{
    const common *head = c->prepared;
    const in_prime *in_primes = (const in_prime *)(head + 1);
    const out_prime *out_primes = (const out_prime *)(in_primes + c->in_count);
    const vec shift = all(c->shift), v_mask = all((1ull << V_BITS) - 1);
    vec y[PA_HE_MAX_PRIMES][VECTORS], v[VECTORS], upper_v[VECTORS];
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
        v[k] = _mm512_srlv_epi64(v[k], shift);
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

/* Nothing is left to reduce where q / 2 is a residue of p. */
void PA_HE(lift_row)(pa_he_word *out, const pa_he_word *in, uint64_t q, uint64_t to, size_t n)
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
    const out_prime *out_primes = (const out_prime *)(in_primes + 1);
    if (c->pre[0] == 1) { /* a lift */
        for (uint32_t j = 0; j < c->out_count; j++) {
            PA_HE(lift_row)(out[j], in, c->in[0]->modulus.q, c->out[j]->modulus.q, n);
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
    size_t e = 0;
    for (; e + VECTORS * LANES <= n; e += VECTORS * LANES) {
        convert_at(e, VECTORS, out, in, own, conversion);
    }
    for (; e < n; e += LANES) {
        convert_at(e, 1, out, in, own, conversion);
    }
}
