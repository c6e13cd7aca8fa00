/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, ciphertexts and operations on them by their definitions (docs/he.md), over he_world.h. */
#ifndef PA_TEST_HE_REFERENCE_OPERATIONS_H
#define PA_TEST_HE_REFERENCE_OPERATIONS_H

#include "he/evaluate.h"
#include "he_world.h"

/* A ciphertext: parts over the primes of its level. */
typedef struct {
    poly part[3];
    uint32_t size, level;
    uint64_t factor;
} cipher;

/* [a]_m in (-m / 2, m / 2] */
static inline integer centre(integer a, integer m)
{
    integer r = a % m;
    r = r < 0 ? r + m : r;
    return 2 * r > m ? r - m : r;
}

static inline uint32_t range(uint32_t *list, uint32_t first, uint32_t end)
{
    for (uint32_t p = first; p < end; p++) {
        list[p - first] = p;
    }
    return end - first;
}

static inline uint64_t bgv_modulus(const pyaccel_he_context *context)
{
    return context->scheme == PYACCEL_HE_BGV ? context->plain_modulus : 0;
}

/* ---- division, key switching ------------------------------------------------------------------- */

/* a / D rounded, over the first `left` primes; D the product of the primes listed. */
static inline poly divided(const pyaccel_he_context *context, const poly *a,
                           const uint32_t *dropped, uint32_t count, uint32_t left)
{
    const uint64_t t = bgv_modulus(context);
    natural d = 1;
    for (uint32_t i = 0; i < count; i++) {
        d *= prime_of(context, dropped[i]);
    }
    poly out = {0};
    for (size_t i = 0; i < context->degree; i++) {
        const integer delta = integer_of(context, a, i, dropped, count);
        const integer u =
            t == 0 ? 0 : centre(centre(delta, t) * (integer)invmod((uint64_t)(d % t), t), t);
        for (uint32_t p = 0; p < left; p++) {
            const uint64_t q = prime_of(context, p);
            integer x = (integer)a->r[p][i] - residue(delta, q);
            x += mulmod((uint64_t)(d % q), residue(u, q), q);
            out.r[p][i] = mulmod(residue(x, q), invmod((uint64_t)(d % q), q), q);
        }
    }
    return out;
}

/* P, of a key from `from` to `to`, for each digit (b, a). */
typedef struct {
    poly b[MOST_PRIMES], a[MOST_PRIMES];
} reference_key;

static inline poly small_poly(const pyaccel_he_context *context, int64_t bound)
{
    int64_t coefficients[MOST_N];
    for (size_t i = 0; i < context->degree; i++) {
        coefficients[i] = (int64_t)((random_word() >> 8) % (uint64_t)(2 * bound + 1)) - bound;
    }
    return poly_of(context, coefficients);
}

static inline reference_key key_of(const pyaccel_he_context *context, const poly *from,
                                   const poly *to)
{
    const uint64_t t = bgv_modulus(context);
    const natural special = product_of(context, context->q_count, all_primes(context));
    reference_key key = {0};
    for (uint32_t d = 0, first = 0; d < context->digit_count; first = context->digit_end[d++]) {
        key.a[d] = poly_random(context);
        const poly e = small_poly(context, 3), masked = poly_mul(context, &key.a[d], to);
        key.b[d] = poly_add(context, &(poly){0}, &e, t == 0 ? 1 : (integer)t);
        key.b[d] = poly_add(context, &key.b[d], &masked, -1);
        for (uint32_t p = first; p < context->digit_end[d]; p++) {
            const uint64_t q = prime_of(context, p), g = (uint64_t)(special % q);
            for (size_t i = 0; i < context->degree; i++) {
                key.b[d].r[p][i] = (key.b[d].r[p][i] + mulmod(g, from->r[p][i], q)) % q;
            }
        }
    }
    return key;
}

/* sum over digits of x, over Q_l, lifted to all primes, times (b, a). */
static inline void switched(const pyaccel_he_context *context, poly out[2], const poly *x,
                            uint32_t level, const reference_key *key)
{
    const uint32_t end = context->level_end[level];
    out[0] = out[1] = (poly){0};
    for (uint32_t d = 0, first = 0; first < end; first = context->digit_end[d++]) {
        uint32_t primes[MOST_PRIMES];
        const uint32_t last = context->digit_end[d] < end ? context->digit_end[d] : end,
                       count = range(primes, first, last);
        poly lifted = {0};
        for (size_t i = 0; i < context->degree; i++) {
            const integer value = integer_of(context, x, i, primes, count);
            for (uint32_t p = 0; p < all_primes(context); p++) {
                lifted.r[p][i] = residue(value, prime_of(context, p));
            }
        }
        const poly b = poly_mul(context, &lifted, &key->b[d]),
                   a = poly_mul(context, &lifted, &key->a[d]);
        out[0] = poly_add(context, &out[0], &b, 1);
        out[1] = poly_add(context, &out[1], &a, 1);
    }
}

/* ---- operations ----------------------------------------------------------------------------------- */

static inline uint32_t special_primes(const pyaccel_he_context *context, uint32_t *list)
{
    return range(list, context->q_count, all_primes(context));
}

/* (c0, c1) + x switched, divided by P and, `rescale`, by the level's last modulus. */
static inline cipher with_switched(const pyaccel_he_context *context, const poly *c0,
                                   const poly *c1, const poly *x, uint32_t level,
                                   const reference_key *key, bool rescale)
{
    poly sums[2];
    uint32_t dropped[MOST_PRIMES];
    const uint32_t end = context->level_end[level],
                   left = rescale ? context->level_end[level - 1] : end;
    uint32_t count = range(dropped, left, end);
    count += special_primes(context, dropped + count);
    const integer special = (integer)product_of(context, context->q_count, all_primes(context));
    switched(context, sums, x, level, key);
    cipher out = {.size = 2, .level = rescale ? level - 1 : level, .factor = 1};
    for (int k = 0; k < 2; k++) {
        const poly *c = k == 0 ? c0 : c1;
        /* P c is 0 modulo P, whose rows of c hold nothing */
        poly clean = *c;
        for (uint32_t p = end; p < all_primes(context); p++) {
            memset(clean.r[p], 0, sizeof clean.r[p]);
        }
        sums[k] = poly_add(context, &sums[k], &clean, special);
        out.part[k] = divided(context, &sums[k], dropped, count, left);
    }
    return out;
}

static inline cipher rescaled(const pyaccel_he_context *context, const cipher *a)
{
    uint32_t dropped[MOST_PRIMES];
    const uint32_t left = context->level_end[a->level - 1],
                   count = range(dropped, left, context->level_end[a->level]);
    cipher out = {.size = a->size, .level = a->level - 1, .factor = a->factor};
    for (uint32_t k = 0; k < a->size; k++) {
        out.part[k] = divided(context, &a->part[k], dropped, count, left);
    }
    const uint64_t t = bgv_modulus(context);
    if (t != 0) {
        const natural d = product_of(context, left, context->level_end[a->level]);
        out.factor = mulmod(a->factor, invmod((uint64_t)(d % t), t), t);
    }
    return out;
}

/* round(t d / Q) of exact products d; Q below 2^60, N at most 16. */
static inline cipher product_bfv(const pyaccel_he_context *context, const cipher *a,
                                 const cipher *b)
{
    const size_t n = context->degree;
    const uint32_t end = context->level_end[a->level];
    uint32_t primes[MOST_PRIMES];
    const uint32_t count = range(primes, 0, end);
    const integer q = (integer)product_of(context, 0, end), t = (integer)context->plain_modulus;
    cipher out = {.size = 3, .level = a->level, .factor = 1};
    integer products[3][MOST_N] = {0};
    for (int x = 0; x < 2; x++) {
        for (int y = 0; y < 2; y++) {
            for (size_t i = 0; i < n; i++) {
                for (size_t j = 0; j < n; j++) {
                    const integer d = integer_of(context, &a->part[x], i, primes, count) *
                                      integer_of(context, &b->part[y], j, primes, count);
                    products[x + y][(i + j) % n] += i + j < n ? d : -d;
                }
            }
        }
    }
    for (int k = 0; k < 3; k++) {
        for (size_t i = 0; i < n; i++) {
            const integer d = products[k][i], low = centre(d, q), rest = centre(t * low, q);
            const integer value = t * ((d - low) / q) + (t * low - rest) / q;
            for (uint32_t p = 0; p < end; p++) {
                out.part[k].r[p][i] = residue(value, prime_of(context, p));
            }
        }
    }
    return out;
}

static inline cipher product(const pyaccel_he_context *context, const cipher *a, const cipher *b)
{
    if (context->scheme == PYACCEL_HE_BFV) {
        return product_bfv(context, a, b);
    }
    const uint64_t t = bgv_modulus(context);
    cipher out = {.size = 3, .level = a->level, .factor = 1};
    out.factor = t == 0 ? 1 : mulmod(a->factor, b->factor, t);
    for (int x = 0; x < 2; x++) {
        for (int y = 0; y < 2; y++) {
            const poly d = poly_mul(context, &a->part[x], &b->part[y]);
            out.part[x + y] = poly_add(context, &out.part[x + y], &d, 1);
        }
    }
    return out;
}

/* ---- handles -------------------------------------------------------------------------------------- */

static inline pyaccel_he_ciphertexts *batch_of(const pyaccel_he_context *context,
                                               const cipher *items, uint64_t count)
{
    pyaccel_he_ciphertexts *batch =
        pa_he_ciphertexts_make(context, count, items[0].size, items[0].level);
    batch->scale = context->scheme == PYACCEL_HE_CKKS ? context->scale : 1;
    batch->factor = items[0].factor;
    for (uint64_t i = 0; i < count; i++) {
        for (uint32_t k = 0; k < items[i].size; k++) {
            put_rows(context, pa_he_part(batch, i, k), &items[i].part[k], 0, batch->rows, true);
        }
    }
    return batch;
}

static inline bool batch_is(const pyaccel_he_ciphertexts *batch, uint64_t i, const cipher *expected)
{
    const pyaccel_he_context *context = batch->context;
    bool same = batch->size == expected->size && batch->level == expected->level &&
                batch->factor == expected->factor && i < batch->count &&
                batch->rows == context->level_end[batch->level];
    for (uint32_t k = 0; same && k < batch->size; k++) {
        const poly found = get_rows(context, pa_he_part(batch, i, k), 0, batch->rows, true);
        same = same_rows(context, &found, &expected->part[k], 0, batch->rows);
    }
    return same;
}

/* Keys of these elements (0: relinearization), ascending; reference[e] is that of elements[e]. */
static inline pyaccel_he_evaluation_keys *keys_of(const pyaccel_he_context *context, const poly *s,
                                                  const uint32_t *elements, uint32_t count,
                                                  reference_key *reference)
{
    pyaccel_he_evaluation_keys *keys = calloc(1, sizeof *keys);
    keys->context = pa_he_hold(context);
    keys->count = count;
    keys->keys = calloc(count, sizeof *keys->keys);
    const uint32_t all = all_primes(context);
    for (uint32_t e = 0; e < count; e++) {
        pa_he_switching_key *key = &keys->keys[e];
        const poly square = poly_mul(context, s, s),
                   turned = poly_turn(context, s,
                                      pa_he_element_inverse(elements[e] | 1, context->log_degree));
        reference[e] = elements[e] == 0 ? key_of(context, &square, s) : key_of(context, s, &turned);
        key->element = elements[e];
        key->words = rows_of(context, 2 * context->digit_count * all);
        for (uint32_t d = 0; d < context->digit_count; d++) {
            pa_he_word *words = key->words + (size_t)d * 2 * all * context->stride;
            put_rows(context, words, &reference[e].b[d], 0, all, true);
            put_rows(context, words + all * context->stride, &reference[e].a[d], 0, all, true);
        }
        if (elements[e] != 0) {
            uint32_t source[MOST_N];
            key->permute = rows_of(context, 1);
            pa_he_permutation(key->permute, source, context, elements[e]);
        }
    }
    return keys;
}

static inline void keys_free(pyaccel_he_evaluation_keys *keys)
{
    for (uint32_t e = 0; e < keys->count; e++) {
        free(keys->keys[e].words);
        free(keys->keys[e].permute);
    }
    pyaccel_he_context_free(keys->context);
    free(keys->keys);
    free(keys);
}

#endif
