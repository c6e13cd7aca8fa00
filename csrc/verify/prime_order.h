/* SPDX-License-Identifier: Apache-2.0 */
/* Integers modulo n, the order of a group of prime order of 256 or 384 bits, and their digits for sums of multiples. Variable
 * time throughout. */
#ifndef PA_VERIFY_PRIME_ORDER_H
#define PA_VERIFY_PRIME_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#define PA_ORDER_WORDS 6
#define PA_ORDER_BYTES (8 * PA_ORDER_WORDS)

/* 0 <= value < n, 64-bit limbs, least significant first; 0 above the order's words. */
typedef struct {
    uint64_t limb[PA_ORDER_WORDS];
} pa_scalar;

/* An order n, 2^(64 words - 1) < n < 2^(64 words). */
typedef struct {
    int words;                                      /* 4 or 6 */
    uint64_t n[PA_ORDER_WORDS];                     /* least significant first, as the others */
    uint64_t square[PA_ORDER_WORDS];                /* 2^(128 words) mod n */
    uint64_t inverse;                               /* -1 / n mod 2^64 */
    void (*invert)(uint64_t *r, const uint64_t *a); /* r = 1 / a mod n, a not 0 */
} pa_prime_order;

extern const pa_prime_order pa_p256_group, pa_sm2_group, pa_p384_group;

/* Bytes of a scalar. */
static inline int pa_order_bytes(const pa_prime_order *order)
{
    return 8 * order->words;
}

/* *out = the number of `size` big-endian bytes, no more than the order has, mod n; true when it was below n already. */
bool pa_scalar_from_bytes(pa_scalar *out, const uint8_t *bytes, uint64_t size,
                          const pa_prime_order *order);

/* bytes = a, as many as the order has, big-endian. */
void pa_scalar_to_bytes(uint8_t *bytes, const pa_scalar *a, const pa_prime_order *order);

/* bytes = a + n likewise; false, and bytes as they were, when that does not fit. */
bool pa_scalar_add_order(uint8_t *bytes, const pa_scalar *a, const pa_prime_order *order);

bool pa_scalar_is_zero(const pa_scalar *a);

/* a > (n - 1) / 2 */
bool pa_scalar_is_high(const pa_scalar *a, const pa_prime_order *order);

/* *out = a + b mod n, a - b mod n; out may be a or b. */
void pa_scalar_add(pa_scalar *out, const pa_scalar *a, const pa_scalar *b,
                   const pa_prime_order *order);
void pa_scalar_sub(pa_scalar *out, const pa_scalar *a, const pa_scalar *b,
                   const pa_prime_order *order);

/* u1[i] /= d[i], u2[i] /= d[i] modulo n, i < count; no d[i] is 0. One inversion for PA_SCALAR_DIVIDE rows. */
#define PA_SCALAR_DIVIDE 128
void pa_scalar_divide(pa_scalar *u1, pa_scalar *u2, const pa_scalar *d, int count,
                      const pa_prime_order *order);

/* digits[0 .. count): a = sum 2^(w j) (2 digits[j] - (2^w - 1)) mod n, w = width, so that no digit is 0 or even.
 * Before: 64 words <= w count, w <= 16. */
void pa_scalar_digits(uint16_t *digits, int count, int width, const pa_scalar *a,
                      const pa_prime_order *order);

/* digits[i step], sum digits[i step] 2^i = a: each zero or odd with |digit| < 2^(width - 1), and among any width neighbours at
 * most one that is not zero (non-adjacent form). Only those are written. Returns 1 + the index i of the highest one, at most
 * PA_ORDER_RECODED. 2 <= width <= 15. */
#define PA_ORDER_RECODED(words) (64 * (words) + 1)
int pa_scalar_recode(int16_t *digits, int step, const pa_scalar *a, int width);

/* ---- for rows in lanes ---------------------------------------------------------------------- */

/* u1 and u2 in digits that are all odd (weierstrass_sums.h), kept as pa_scalar_digits does:
 *   u2 = sum 2^(5 j) key[j], digits of 5 bits,
 *   u1 = sum 2^(10 j) base[j], digits of 10 bits. */
#define PA_ORDER_SUMS_WIDTH 5
#define PA_ORDER_SUMS_DIGITS(words) ((words) == 4 ? 52 : 77)
#define PA_ORDER_SUMS_BASE_DIGITS(words) ((words) == 4 ? 26 : 39)
typedef struct {
    uint16_t key[77], base[39];
} pa_order_sums_digits;

void pa_order_sums_digits_of(pa_order_sums_digits *digits, const pa_scalar *u1, const pa_scalar *u2,
                             const pa_prime_order *order);

/* The same for keys that were prepared (weierstrass_prepared.h): those of u1 have 8 bits. */
typedef struct {
    uint16_t key[77], base[48];
} pa_order_prepared_digits;

void pa_order_prepared_digits_of(pa_order_prepared_digits *digits, const pa_scalar *u1,
                                 const pa_scalar *u2, const pa_prime_order *order);

#endif
