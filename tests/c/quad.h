/* SPDX-License-Identifier: Apache-2.0 */
/* A field in four lanes, each by the field of one lane whose header is included before: what
 * formulas and lanes code mean when LANES is not 1, on any CPU. FE_MUL_MAG is 1, the strictest.
 * Interface: csrc/field/field.h, but for the chains of powers, which the includer compiles anew. */
#ifndef PA_TEST_QUAD_H
#define PA_TEST_QUAD_H

#define QUAD 4

typedef struct {
    fe lane[QUAD];
    int magnitude;
} quad;

static inline mask quad_mask_not(mask a)
{
    return a ^ ((1u << QUAD) - 1u);
}

static inline mask quad_mask_from_bits(unsigned int bits)
{
    return bits & ((1u << QUAD) - 1u);
}

#define QUAD_EACH(statement)                                                                       \
    for (int i = 0; i < QUAD; i++) {                                                               \
        statement;                                                                                 \
    }

static inline void quad_set(quad *r, int magnitude)
{
    FE_ASSERT(magnitude <= FE_MAX_MAG);
    r->magnitude = magnitude;
}

static inline void quad_set_int(quad *r, unsigned int k)
{
    QUAD_EACH(fe_set_int(&r->lane[i], k))
    quad_set(r, 1);
}

static inline void quad_set_words(quad *r, uint64_t w0, uint64_t w1, uint64_t w2, uint64_t w3)
{
    QUAD_EACH(fe_set_words(&r->lane[i], w0, w1, w2, w3))
    quad_set(r, 1);
}

static inline void quad_add(quad *r, const quad *a, const quad *b)
{
    QUAD_EACH(fe_add(&r->lane[i], &a->lane[i], &b->lane[i]))
    quad_set(r, a->magnitude + b->magnitude);
}

static inline void quad_sub(quad *r, const quad *a, const quad *b, int m)
{
    FE_ASSERT(b->magnitude <= m);
    QUAD_EACH(fe_sub(&r->lane[i], &a->lane[i], &b->lane[i], m))
    quad_set(r, a->magnitude + m + 1);
}

static inline void quad_neg(quad *r, const quad *a, int m)
{
    FE_ASSERT(a->magnitude <= m);
    QUAD_EACH(fe_neg(&r->lane[i], &a->lane[i], m))
    quad_set(r, m + 1);
}

static inline void quad_mul_small(quad *r, const quad *a, unsigned int k)
{
    QUAD_EACH(fe_mul_small(&r->lane[i], &a->lane[i], k))
    quad_set(r, (int)k * a->magnitude);
}

static inline void quad_carry(quad *r, const quad *a)
{
    QUAD_EACH(fe_carry(&r->lane[i], &a->lane[i]))
    quad_set(r, 1);
}

static inline void quad_mul(quad *r, const quad *a, const quad *b)
{
    FE_ASSERT(a->magnitude == 1 && b->magnitude == 1);
    QUAD_EACH(fe_mul(&r->lane[i], &a->lane[i], &b->lane[i]))
    quad_set(r, 1);
}

static inline void quad_sqr(quad *r, const quad *a)
{
    FE_ASSERT(a->magnitude == 1);
    QUAD_EACH(fe_sqr(&r->lane[i], &a->lane[i]))
    quad_set(r, 1);
}

static inline void quad_sqr_n(quad *r, const quad *a, int n)
{
    FE_ASSERT(a->magnitude == 1);
    QUAD_EACH(fe_sqr_n(&r->lane[i], &a->lane[i], n))
    quad_set(r, 1);
}

static inline mask quad_is_zero(const quad *a)
{
    mask m = 0;
    QUAD_EACH(m |= fe_is_zero(&a->lane[i]) << i)
    return m;
}

static inline mask quad_is_odd(const quad *a)
{
    mask m = 0;
    QUAD_EACH(m |= fe_is_odd(&a->lane[i]) << i)
    return m;
}

static inline mask quad_equal(const quad *a, const quad *b)
{
    mask m = 0;
    QUAD_EACH(m |= fe_equal(&a->lane[i], &b->lane[i]) << i)
    return m;
}

static inline void quad_select(quad *r, mask m, const quad *a, const quad *b)
{
    int magnitude = a->magnitude > b->magnitude ? a->magnitude : b->magnitude;
    QUAD_EACH(fe_select(&r->lane[i], m >> i & 1u, &a->lane[i], &b->lane[i]))
    quad_set(r, magnitude);
}

static inline void quad_from_rows(quad *r, const unsigned char *const rows[QUAD], mask *ok)
{
    mask one;
    *ok = 0;
    QUAD_EACH(fe_from_rows(&r->lane[i], &rows[i], &one); *ok |= one << i)
    quad_set(r, 1);
}

static inline void quad_to_rows(unsigned char *const rows[QUAD], const quad *a)
{
    QUAD_EACH(fe_to_rows(&rows[i], &a->lane[i]))
}

static inline mask quad_row_bit(const unsigned char *const rows[QUAD], int byte, int bit)
{
    mask m = 0;
    QUAD_EACH(m |= mask_row_bit(&rows[i], byte, bit) << i)
    return m;
}

static inline void quad_gather(quad *r, const row *const rows[QUAD])
{
    QUAD_EACH(fe_gather(&r->lane[i], &rows[i]))
    quad_set(r, 1);
}

static inline void quad_scatter(row *const rows[QUAD], const quad *a)
{
    QUAD_EACH(fe_scatter(&rows[i], &a->lane[i]))
}

static inline void quad_broadcast(quad *r, const uint64_t *words)
{
    QUAD_EACH(fe_broadcast(&r->lane[i], words))
    quad_set(r, 1);
}

static inline void quad_spread(quad *r, const quad *a, int from)
{
    const quad before = *a;
    QUAD_EACH(r->lane[i] = before.lane[from])
    quad_set(r, before.magnitude);
}

static inline void quad_load_four(quad *a, quad *b, quad *c, quad *d,
                                  const uint64_t *const from[QUAD])
{
    QUAD_EACH(fe_load_four(&a->lane[i], &b->lane[i], &c->lane[i], &d->lane[i], &from[i]))
    quad_set(a, 1);
    quad_set(b, 1);
    quad_set(c, 1);
    quad_set(d, 1);
}

static inline void quad_store_four(uint64_t *const to[QUAD], const quad *a, const quad *b,
                                   const quad *c, const quad *d)
{
    FE_ASSERT(a->magnitude == 1 && b->magnitude == 1 && c->magnitude == 1 && d->magnitude == 1);
    QUAD_EACH(fe_store_four(&to[i], &a->lane[i], &b->lane[i], &c->lane[i], &d->lane[i]))
}

/* From here on the names of the interface mean four lanes. */
#undef LANES
#undef FE_MUL_MAG
#define LANES QUAD
#define FE_MUL_MAG 1
#define fe quad
#define mask_not quad_mask_not
#define mask_from_bits quad_mask_from_bits
#define mask_row_bit quad_row_bit
#define fe_set_int quad_set_int
#define fe_set_words quad_set_words
#define fe_add quad_add
#define fe_sub quad_sub
#define fe_neg quad_neg
#define fe_mul_small quad_mul_small
#define fe_carry quad_carry
#define fe_mul quad_mul
#define fe_sqr quad_sqr
#define fe_sqr_n quad_sqr_n
#define fe_is_zero quad_is_zero
#define fe_is_odd quad_is_odd
#define fe_equal quad_equal
#define fe_select quad_select
#define fe_from_rows quad_from_rows
#define fe_to_rows quad_to_rows
#define fe_gather quad_gather
#define fe_scatter quad_scatter
#define fe_inv quad_inv
#define fe_broadcast quad_broadcast
#define fe_spread quad_spread
#define fe_load_four quad_load_four
#define fe_store_four quad_store_four
#define fe_root_power quad_root_power

#endif
