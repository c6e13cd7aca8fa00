/* SPDX-License-Identifier: Apache-2.0 */
/* Integers modulo n, the order of secp256k1's group, and their recoding for the ladder. Variable
 * time throughout. */
#ifndef PA_VERIFY_SECP256K1_SCALAR_H
#define PA_VERIFY_SECP256K1_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

/* 0 <= value < n, 64-bit limbs, least significant first. */
typedef struct {
    uint64_t limb[4];
} pa_secp256k1_scalar;

/* (-1)^negative * magnitude, magnitude < 2^128. */
typedef struct {
    uint64_t limb[2];
    bool negative;
} pa_secp256k1_half;

/* *out = 32 big-endian bytes mod n; true when they were below n already. */
bool pa_secp256k1_scalar_from_bytes(pa_secp256k1_scalar *out, const uint8_t bytes[32]);

/* bytes = a, 32 bytes big-endian. */
void pa_secp256k1_scalar_to_bytes(uint8_t bytes[32], const pa_secp256k1_scalar *a);

/* bytes = a + n, 32 bytes big-endian; false, and bytes as they were, when that does not fit. */
bool pa_secp256k1_scalar_add_order(uint8_t bytes[32], const pa_secp256k1_scalar *a);

bool pa_secp256k1_scalar_is_zero(const pa_secp256k1_scalar *a);

/* a > (n - 1) / 2 */
bool pa_secp256k1_scalar_is_high(const pa_secp256k1_scalar *a);

/* *out = -a mod n; out may be a. */
void pa_secp256k1_scalar_negate(pa_secp256k1_scalar *out, const pa_secp256k1_scalar *a);

/* *out = a + b mod n; out may be a or b. */
void pa_secp256k1_scalar_add(pa_secp256k1_scalar *out, const pa_secp256k1_scalar *a,
                             const pa_secp256k1_scalar *b);

/* *out = (z[0] + z[1] lambda) a mod n, both words of z two's complement; out may be a. */
void pa_secp256k1_scalar_weigh(pa_secp256k1_scalar *out, const uint64_t z[2],
                               const pa_secp256k1_scalar *a);

/* *out = a b mod n; out may be a or b. */
void pa_secp256k1_scalar_mul(pa_secp256k1_scalar *out, const pa_secp256k1_scalar *a,
                             const pa_secp256k1_scalar *b);

/* Replaces each of count scalars, none of them 0, by its inverse mod n: one inversion and 3
 * (count - 1) multiplications. scratch holds count scalars. */
void pa_secp256k1_scalar_invert_many(pa_secp256k1_scalar *values, pa_secp256k1_scalar *scratch,
                                     uint64_t count);

/* a = low + 2^128 high. */
void pa_secp256k1_scalar_split_bits(pa_secp256k1_half *low, pa_secp256k1_half *high,
                                    const pa_secp256k1_scalar *a);

/* a = first + second lambda mod n, lambda the eigenvalue of (x, y) -> (beta x, y). */
void pa_secp256k1_scalar_split_lambda(pa_secp256k1_half *first, pa_secp256k1_half *second,
                                      const pa_secp256k1_scalar *a);

/* Digits of a value below 2^128 in non-adjacent form of any width: one more than bits. */
#define PA_SECP256K1_DIGITS 129

/* digits[i step], sum digits[i step] 2^i = a: each zero or odd with |digit| < 2^(width - 1), and among any
 * width neighbours at most one that is not zero. Only those are written. Returns 1 + the index i of
 * the highest one. 2 <= width <= 12. */
int pa_secp256k1_recode(int16_t *digits, int step, const pa_secp256k1_half *a, int width);

/* ---- for rows in lanes ---------------------------------------------------------------------- */

/* u1 and u2 in digits that are all odd (weierstrass_sums.h). A digit is kept as e >= 0 and stands for 2 e - (2^w - 1):
 *   u2 = sum 2^(5 j) (first[j] + second[j] lambda) mod n, digits of w = 5 bits,
 *   u1 = sum 2^(10 j) (base[j] + 2^128 base[13 + j]) mod n, digits of w = 10 bits;
 * zeros behind them. */
#define PA_SECP256K1_SUMS_WIDTH 5
#define PA_SECP256K1_SUMS_DIGITS 26
typedef struct {
    uint8_t first[32], second[32];
    uint16_t base[32];
} pa_secp256k1_sums_digits;

void pa_secp256k1_sums_digits_of(pa_secp256k1_sums_digits *digits, const pa_secp256k1_scalar *u1,
                                 const pa_secp256k1_scalar *u2);

/* The same for keys that were prepared (weierstrass_prepared.h): those of u1 have 8 bits, u1 = sum 2^(8 j) base[j] mod n. */
typedef struct {
    uint8_t first[32], second[32], base[32];
} pa_secp256k1_prepared_digits;

/* What a variant does in its own way, with the same results; numbers below n.
 *   divide           u1[i] /= d[i], u2[i] /= d[i] modulo n, i < count; no d[i] is 0
 *   digits           *digits[i] = those of u1[i] and u2[i], i < count
 *   prepared_digits  the same of that kind */
typedef struct {
    void (*divide)(pa_secp256k1_scalar *u1, pa_secp256k1_scalar *u2, const pa_secp256k1_scalar *d,
                   int count);
    void (*digits)(pa_secp256k1_sums_digits *const *digits, const pa_secp256k1_scalar *u1,
                   const pa_secp256k1_scalar *u2, int count);
    void (*prepared_digits)(pa_secp256k1_prepared_digits *const *digits,
                            const pa_secp256k1_scalar *u1, const pa_secp256k1_scalar *u2,
                            int count);
} pa_secp256k1_scalars;
extern const pa_secp256k1_scalars pa_secp256k1_scalars_portable;
extern const pa_secp256k1_scalars pa_secp256k1_scalars_avx2, pa_secp256k1_scalars_avx512ifma;
extern const pa_secp256k1_scalars pa_secp256k1_scalars_avx512ifma_emulated;

#endif
