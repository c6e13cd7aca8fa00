/* SPDX-License-Identifier: Apache-2.0 */
/* The field interface: what <field>_<variant>.h defines and *_formulas.h may use. Include one
 * field per translation unit, then the formulas. A field header includes this file first.
 *
 * Every operation works on LANES independent values at once and never branches on their values.
 *
 * Types
 *   fe      LANES elements, lazily reduced; assignable; passed by pointer, outputs first, any aliasing allowed
 *   mask    LANES truth values; passed by value
 *   row     one packed element in memory (four 64-bit words, least significant first, any value below 2^256; of 384 bits,
 *           where ROW_WORDS is 6: six; the toy field: one unsigned int); tables are arrays of rows
 *   fe_state  what fe_begin saved
 * Constants
 *   LANES       elements in an fe
 *   FE_BYTES    bytes of an encoded element (32; toy: 1), in the byte order of the field's standard
 *   FE_BITS     low bits of an encoding that hold the number (255 for 2^255-19: the top bit is the caller's)
 *   FE_MUL_MAG  largest magnitude that a factor may have: at least 1; the strictest variants have 1
 *   FE_BESIDE_MAG  factors may also have magnitudes m and n where m n is at most this: FE_MUL_MAG unless a field says more
 *   FE_MAX_MAG  largest magnitude of any value: at least 32
 *
 * Magnitude: how far a value is from reduced, a bound known at compile time. Formulas must be
 * right for any FE_MUL_MAG >= 1, so they say fe_norm(x, m) before x of magnitude m becomes a
 * factor: it carries where the variant needs that and costs nothing elsewhere. With
 * PA_DEBUG_BOUNDS every bound below is asserted.
 *
 *   void fe_set_int(fe *r, unsigned int k)                  k in every lane, k <= 0xffff        -> magnitude 1
 *   void fe_set_words(fe *r, w0, w1, w2, w3)                sum of w_i 2^(64 i) in every lane, six of them where a
 *                                                           row has six; not the toy field                         -> 1
 *   void fe_add(fe *r, const fe *a, const fe *b)            a + b                               -> mag a + mag b
 *   void fe_sub(fe *r, const fe *a, const fe *b, int m)     a - b, where mag b <= m             -> mag a + m + 1
 *   void fe_neg(fe *r, const fe *a, int m)                  -a, where mag a <= m                -> m + 1
 *   void fe_mul_small(fe *r, const fe *a, unsigned int k)   k a, 1 <= k, k mag a <= FE_MAX_MAG  -> k mag a
 *   void fe_carry(fe *r, const fe *a)                       a                                   -> 1
 *   void fe_mul(fe *r, const fe *a, const fe *b)            a b, both mags <= FE_MUL_MAG        -> 1
 *   void fe_sqr(fe *r, const fe *a)                         a^2, mag a <= FE_MUL_MAG            -> 1
 *   void fe_sqr_n(fe *r, const fe *a, int n)                a^(2^n), n >= 1, mag as fe_sqr      -> 1
 *   void fe_inv(fe *r, const fe *a)                         1 / a, and 0 for 0; mag as fe_mul   -> 1
 *   void fe_root_power(fe *r, const fe *a)                  a^((p - 5) / 8) where p = 5 mod 8, a^((p + 1) / 4) where
 *                                                           p = 3 mod 4; mag as fe_mul          -> 1
 *   mask fe_is_zero(const fe *a)  fe_equal(const fe *a, const fe *b)     modulo p, any magnitude
 *   mask fe_is_odd(const fe *a)                                         of the number in [0, p), any magnitude
 *   void fe_select(fe *r, mask m, const fe *a, const fe *b)             m ? a : b        -> the larger magnitude
 *   void fe_norm(fe *x, int m)                              x stays as it is, ready to be a factor; mag x <= m
 *   void fe_norm_beside(fe *x, int m, int n)                likewise, but beside factors of magnitude n alone
 *   mask mask_and(mask a, mask b)  mask_or(mask a, mask b)  mask_not(mask a)
 *   int mask_any(mask a)                                    nonzero when any lane is true
 *   unsigned int mask_bits(mask a)                          bit i = lane i
 *   mask mask_from_bits(unsigned int bits)                  the inverse; bits past LANES are ignored
 *
 * Products before their carries: sums and differences of them are carried once, as factors, where
 * a field gains by that (it then defines FE_HAS_RAW and fe_raw; elsewhere an fe_raw is an fe).
 *   void fe_raw_mul(fe_raw *r, const fe *a, const fe *b)    a b, as fe_mul                    -> 1
 *   void fe_raw_sqr(fe_raw *r, const fe *a)                 a^2, as fe_sqr                    -> 1
 *   void fe_raw_from(fe_raw *r, const fe *a)                a                                 -> mag a
 *   void fe_raw_add(fe_raw *r, const fe_raw *a, const fe_raw *b)           a + b            -> mag a + mag b
 *   void fe_raw_sub(fe_raw *r, const fe_raw *a, const fe_raw *b, int m)    a - b, mag b <= m -> mag a + m + 1
 *   void fe_reduce(fe *r, const fe_raw *a, int m)           a, ready to be a factor; mag a <= m <= 8
 *
 * The same with a small number k, 1 <= k <= 4, taken along where that is cheap, and values that are to be factors and nothing
 * else (FE_HAS_FACTORS, or the plain steps; not where only FE_HAS_RAW is defined).
 *   void fe_mul_times(fe *r, const fe *a, const fe *b, unsigned int k)     k a b, as fe_mul           -> 1
 *   void fe_sqr_times(fe *r, const fe *a, unsigned int k)                  k a^2, as fe_sqr           -> 1
 *   void fe_raw_carry(fe *r, const fe_raw *a, int m, unsigned int k)       k a; mag a <= m, k m <= 8  -> 1
 *   void fe_mul_factor, fe_sqr_factor, fe_raw_factor                       as these three             -> a factor
 *   void fe_add_norm(fe *r, const fe *a, const fe *b)                      a + b, both of magnitude 1 -> a factor
 *   void fe_sub_norm(fe *r, const fe *a, const fe *b)                      a - b, likewise            -> a factor
 *   void fe_sub_beside(fe *r, const fe *a, const fe *b, int n)     a - b, as fe_sub_norm         -> a factor beside magnitude n
 *   void fe_raw_beside(fe *r, const fe_raw *a, int m, unsigned int k, int n)     k a, as fe_raw_factor           -> likewise
 *   mask fe_factor_is_zero(const fe *a)                     of any such factor
 *   void fe_settle(fe *r, const fe *a)                      a, a factor of fe_reduce or of the three  -> FE_SETTLED_MAG, 1 or 2
 *
 * Forms. A field may keep numbers in a form of its own, x 2^FE_FORM_BITS mod p (Montgomery's); it then defines FE_HAS_FORM and
 * the three; elsewhere they are copies. fe_set_int, fe_set_words, fe_from_rows, fe_to_rows and fe_is_odd take and give the true
 * numbers; fe_gather, fe_scatter and what has lanes apart move elements as they are.
 *   void fe_enter(fe *r, const fe *a)                       a a number as fe_gather took it from a row of plain numbers;
 *                                                           r = the element that is that number; mag a 1          -> 1
 *   void fe_leave(fe *r, const fe *a)                       the inverse: what fe_scatter then stores is the plain
 *                                                           number; mag a <= FE_MUL_MAG                           -> 1
 *   void fe_from_table(fe *r, const fe *a)                  a as fe_gather took it from a generated table of the field's
 *                                                           curve, of x 2^260 mod p in fields with a form (P-384: x 2^384);
 *                                                           r = the element x; mag a 1                        -> FE_TABLE_MAG, 1 or 2
 *
 * Memory. FE_SPACE is the address space of all rows and bytes (empty in C, __global in OpenCL
 * unless defined before); pointers to fe and mask are private.
 *   void fe_from_rows(fe *r, FE_SPACE const unsigned char *const rows[LANES], mask *ok)
 *       lane i = number in the low FE_BITS bits of rows[i][0 .. FE_BYTES), modulo p; ok: it was below p   -> 1
 *   void fe_to_rows(FE_SPACE unsigned char *const rows[LANES], const fe *a)
 *       canonical, bits past FE_BITS zero; any magnitude
 *   mask mask_row_bit(FE_SPACE const unsigned char *const rows[LANES], int byte, int bit)
 *       that bit of rows[i][byte]
 *   void fe_gather(fe *r, FE_SPACE const row *const rows[LANES])       lane i = *rows[i]                  -> 1
 *   void fe_scatter(FE_SPACE row *const rows[LANES], const fe *a)      *rows[i] = lane i in [0, p), any mag
 *   void fe_scatter_any(row *const rows[LANES], const fe *a)           the same modulo p, below 2^256; a of magnitude 1
 *
 * Lanes apart, for methods of buckets, in C alone.
 *   FE_LANE_WORDS                                                      64-bit words of one lane of an element, unpacked
 *   void fe_load_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *const from[LANES])
 *       lane i of the four = the 4 FE_LANE_WORDS words at from[i], which fe_store_four left                -> 1
 *   void fe_store_four(uint64_t *const to[LANES], const fe *a, const fe *b, const fe *c, const fe *d)
 *       the inverse; all of magnitude 1
 *   void fe_broadcast(fe *r, const uint64_t *words)                    every lane = one lane, its words       -> 1
 *   void fe_spread(fe *r, const fe *a, int i)                          lanes 4 k .. 4 k + 3 = lane 4 k + i, i < 4;
 *                                                                      not where there is one lane            -> mag a
 *
 * Tables that all lanes look into, in C alone, where a field is quicker by its own (FE_HAS_TABLES; LANES = 8).
 *   void fe_table_four(uint64_t *const tables[LANES], const fe entries[8][4])
 *       tables[i] = lane i of the 8 times four elements, of magnitude 1, in 32 FE_LANE_WORDS words; 64-byte aligned
 *   void fe_pick_four(fe *a, fe *b, fe *c, fe *d, const uint64_t *table, const uint8_t index[LANES], const unsigned int zero[4])
 *       lane i of the four = entry index[i] of one table, 1 .. 8, or the small numbers zero[] where it is 0   -> 1
 *
 * Words in lanes, for numbers of another modulus that go along, in C alone, where a field has them (FE_HAS_WORDS; one group).
 *   fe_word     LANES words of 64 bits; fe_word_all(k): k in each; fe_word_add, _sub, _and, _or, _xor (a, b); fe_word_shr,
 *               fe_word_shl (a, constant)
 *   fe_factor   LANES numbers below 2^52, ready to be multiplied: fe_factor_of(word), fe_factor_all(k)
 *   fe_word fe_word_add_low(fe_word sum, fe_factor x, fe_factor y)     sum + (x y mod 2^52), between fe_begin and fe_end
 *   fe_word fe_word_add_high(fe_word sum, fe_factor x, fe_factor y)    sum + floor(x y / 2^52), likewise
 *   void fe_words_load(fe_word word[4], const void *const rows[LANES])  word[j] = word j of each lane's 32 bytes
 *   void fe_words_store(void *const rows[LANES], const fe_word word[4]) the inverse
 *
 *   fe_state fe_begin(void)  void fe_end(fe_state)          around every batch: set and restore what the arithmetic
 *                                                           needs of the thread (the rounding mode of FMA variants)
 *
 * Rules for *_formulas.h, which also compile as OpenCL C 1.2: integers are int, unsigned int and
 * unsigned char, no stdint names, size_t, __int128, function pointers, recursion, variable-length
 * or static arrays; loop bounds are constants; tables are read through fe_gather alone; functions
 * are FE_FN (kernels say what that is); curve constants come from functions or macros that the
 * including file defines, so that the toy field can bring its own. */
#ifndef PA_FIELD_H
#define PA_FIELD_H

/* Run times define the first, compilers by themselves the second. */
#if defined(__OPENCL_VERSION__) || defined(__OPENCL_C_VERSION__)
#define FE_OPENCL 1
#else
#define FE_OPENCL 0
#endif

#ifndef FE_SPACE
#if FE_OPENCL
#define FE_SPACE __global
#else
#define FE_SPACE
#endif
#endif

/* Written out: indices of limbs are then constants, and limbs stay in registers. */
#ifdef __clang__
#define FE_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FE_UNROLL _Pragma("GCC unroll 10")
#endif

#ifndef FE_FN
#define FE_FN static inline

/* Everything that a function calls is inlined in it: for the loops that most of the time goes to,
 * where operands would otherwise go through memory. Not where the field itself is emulated, nor
 * with checks, of bounds or by sanitizers, which make minutes of compilation of it. */
#if defined(PA_EMULATION_YMM_PAIRS_H) || defined(PA_DEBUG_BOUNDS) || defined(__SANITIZE_ADDRESS__)
#define FE_FLAT
#else
#define FE_FLAT __attribute__((flatten))
#endif
#endif

#if defined(PA_DEBUG_BOUNDS) && !FE_OPENCL
/* Asked for by name, so also in builds that leave other assertions out. */
#undef NDEBUG
#include <assert.h>
#define FE_ASSERT(condition) assert(condition)
#else
#define FE_ASSERT(condition) ((void)0)
#endif

/* A macro, so that the comparison of two constants vanishes in every compiler and mode. */
#define fe_norm(x, magnitude)                                                                      \
    do {                                                                                           \
        if ((magnitude) > FE_MUL_MAG) {                                                            \
            fe_carry((x), (x));                                                                    \
        }                                                                                          \
    } while (0)

#ifndef FE_BESIDE_MAG
#define FE_BESIDE_MAG FE_MUL_MAG
#endif
#define fe_norm_beside(x, magnitude, other)                                                        \
    do {                                                                                           \
        if ((magnitude) > FE_MUL_MAG && (magnitude) * (other) > FE_BESIDE_MAG) {                   \
            fe_carry((x), (x));                                                                    \
        }                                                                                          \
    } while (0)

#ifndef FE_HAS_RAW
#define fe_raw fe
#define fe_raw_mul fe_mul
#define fe_raw_sqr fe_sqr
#define fe_raw_from(r, a) (*(r) = *(a))
#define fe_raw_add fe_add
#define fe_raw_sub fe_sub
#define fe_reduce(r, a, magnitude)                                                                 \
    do {                                                                                           \
        if ((magnitude) > FE_MUL_MAG) {                                                            \
            fe_carry((r), (a));                                                                    \
        } else {                                                                                   \
            *(r) = *(a);                                                                           \
        }                                                                                          \
    } while (0)
#endif

#if !defined(FE_HAS_FACTORS) && !defined(FE_HAS_RAW)
#define fe_mul_times(r, a, b, k)                                                                   \
    do {                                                                                           \
        fe_mul((r), (a), (b));                                                                     \
        if ((k) > 1) {                                                                             \
            fe_mul_small((r), (r), (k));                                                           \
            fe_carry((r), (r));                                                                    \
        }                                                                                          \
    } while (0)
#define fe_sqr_times(r, a, k)                                                                      \
    do {                                                                                           \
        fe_sqr((r), (a));                                                                          \
        if ((k) > 1) {                                                                             \
            fe_mul_small((r), (r), (k));                                                           \
            fe_carry((r), (r));                                                                    \
        }                                                                                          \
    } while (0)
#define fe_raw_carry(r, a, magnitude, k)                                                           \
    do {                                                                                           \
        if ((k) > 1) {                                                                             \
            fe_mul_small((r), (a), (k));                                                           \
            fe_carry((r), (r));                                                                    \
        } else {                                                                                   \
            fe_carry((r), (a));                                                                    \
        }                                                                                          \
    } while (0)
#define fe_mul_factor(r, a, b, k)                                                                  \
    do {                                                                                           \
        fe_mul((r), (a), (b));                                                                     \
        if ((k) > 1) {                                                                             \
            fe_mul_small((r), (r), (k));                                                           \
            fe_norm((r), (k));                                                                     \
        }                                                                                          \
    } while (0)
#define fe_sqr_factor(r, a, k)                                                                     \
    do {                                                                                           \
        fe_sqr((r), (a));                                                                          \
        if ((k) > 1) {                                                                             \
            fe_mul_small((r), (r), (k));                                                           \
            fe_norm((r), (k));                                                                     \
        }                                                                                          \
    } while (0)
#define fe_raw_factor(r, a, magnitude, k)                                                          \
    do {                                                                                           \
        if ((k) > 1) {                                                                             \
            fe_mul_small((r), (a), (k));                                                           \
            fe_norm((r), (magnitude) * (k));                                                       \
        } else {                                                                                   \
            fe_reduce((r), (a), (magnitude));                                                      \
        }                                                                                          \
    } while (0)
#define fe_add_norm(r, a, b)                                                                       \
    do {                                                                                           \
        fe_add((r), (a), (b));                                                                     \
        fe_norm((r), 2);                                                                           \
    } while (0)
#define fe_sub_norm(r, a, b)                                                                       \
    do {                                                                                           \
        fe_sub((r), (a), (b), 1);                                                                  \
        fe_norm((r), 3);                                                                           \
    } while (0)
#define fe_sub_beside(r, a, b, other)                                                              \
    do {                                                                                           \
        fe_sub((r), (a), (b), 1);                                                                  \
        fe_norm_beside((r), 3, (other));                                                           \
    } while (0)
#define fe_raw_beside(r, a, magnitude, k, other)                                                   \
    do {                                                                                           \
        if ((k) > 1) {                                                                             \
            fe_mul_small((r), (a), (k));                                                           \
        } else {                                                                                   \
            *(r) = *(a);                                                                           \
        }                                                                                          \
        fe_norm_beside((r), (magnitude) * (int)(k), (other));                                      \
    } while (0)
#define FE_SETTLED_MAG (FE_MUL_MAG == 2 ? 2 : 1)
#define fe_settle(r, a)                                                                            \
    do {                                                                                           \
        if (FE_SETTLED_MAG == FE_MUL_MAG) {                                                        \
            *(r) = *(a);                                                                           \
        } else {                                                                                   \
            fe_carry((r), (a));                                                                    \
        }                                                                                          \
    } while (0)
#define fe_factor_is_zero fe_is_zero
#else
#define FE_SETTLED_MAG 1
#define fe_sub_beside(r, a, b, other) fe_sub_norm((r), (a), (b))
#define fe_raw_beside(r, a, magnitude, k, other) fe_raw_factor((r), (a), (magnitude), (k))
#endif

#ifndef FE_HAS_FORM
#define fe_enter(r, a) (*(r) = *(a))
#define fe_leave(r, a) (*(r) = *(a))
#define fe_from_table(r, a) (*(r) = *(a))
#endif
#ifndef FE_TABLE_MAG
#define FE_TABLE_MAG 1
#endif

#ifndef FE_HAS_SCATTER_ANY
#define fe_scatter_any fe_scatter
#endif

#endif
