/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on rows of residues: element by element, products of ciphertexts and of digits with keys, automorphisms, base conversion.
 * n: the number of out words, where nothing else is said. */
#include "../platform.h"
#include "modular.h"

/* In place of a row's number: a row of zeros. */
#define HE_NO_ROW 0xffffffffu

/* out = a + b (operation 0), a - b (1) or a b (2): row r of row rows[2 r] of a and row rows[2 r + 1] of b, which may lie anywhere, may
 * serve several, or be HE_NO_ROW. Row r has the prime primes[r].
 * NDRange: n rounded up to the local size, local size 64, 28 registers. */
KERNEL void he_elements(GLOBAL ulong *out, GLOBAL const ulong *a, GLOBAL const ulong *b, GLOBAL const uint *rows,
                        GLOBAL const uint *primes, GLOBAL const ulong *constants, uint log_degree, uint operation,
                        uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const uint row = i >> log_degree, in_row = i & ((1u << log_degree) - 1u);
    const uint a_row = rows[2u * row], b_row = rows[2u * row + 1u];
    const he_prime p = he_prime_of(constants, primes[row]);
    const ulong x = a_row == HE_NO_ROW ? 0u : a[((ulong)a_row << log_degree) + in_row];
    const ulong y = b_row == HE_NO_ROW ? 0u : b[((ulong)b_row << log_degree) + in_row];
    out[i] = operation == 0u ? he_add(x, y, p.q) : operation == 1u ? he_sub(x, y, p.q) : he_mul(x, y, p);
}

/* Sums of batches: polynomials of `count` items of `rows` rows, the items of each polynomial added up. primes: of an item's rows.
 * n: words of out.
 * NDRange: n rounded up to the local size, local size 64, 24 registers. */
KERNEL void he_sum(GLOBAL ulong *out, GLOBAL const ulong *in, GLOBAL const uint *primes, GLOBAL const ulong *constants,
                   uint log_degree, uint rows, uint count, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const uint row = i >> log_degree, r = row % rows;
    const ulong q = constants[primes[r] * HE_CONSTANTS + HE_Q];
    GLOBAL const ulong *x =
        in + (((ulong)(row / rows) * count * rows + r) << log_degree) + (i & ((1u << log_degree) - 1u));
    ulong sum = 0;
    for (uint k = 0; k < count; k++) {
        sum = he_add(sum, x[((ulong)k * rows) << log_degree], q);
    }
    out[i] = sum;
}

/* out = (a - b) c: what a division by dropped primes ends with. Items of `kept` rows; those of a lie a_rows rows apart.
 * c[2 r], c[2 r + 1]: the constant of row r of an item, and floor(c 2^64 / q); primes: of those rows.
 * NDRange: n rounded up to the local size, local size 64, 24 registers. */
KERNEL void he_scaled_difference(GLOBAL ulong *out, GLOBAL const ulong *a, GLOBAL const ulong *b, GLOBAL const ulong *c,
                                 GLOBAL const uint *primes, GLOBAL const ulong *constants, uint log_degree, uint kept,
                                 uint a_rows, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const uint row = i >> log_degree, r = row % kept, in_row = i & ((1u << log_degree) - 1u);
    const ulong q = constants[primes[r] * HE_CONSTANTS + HE_Q];
    const ulong x = a[((ulong)(row / kept * a_rows + r) << log_degree) + in_row];
    out[i] = he_once(he_mul_lazy(he_sub(x, b[i], q), c[2u * r], c[2u * r + 1u], q), q);
}

/* out += a c: items of `rows` rows of a, those of out lie out_rows rows apart; constants as above. n: words of a.
 * NDRange: n rounded up to the local size, local size 64, 24 registers. */
KERNEL void he_add_scaled(GLOBAL ulong *out, GLOBAL const ulong *a, GLOBAL const ulong *c, GLOBAL const uint *primes,
                          GLOBAL const ulong *constants, uint log_degree, uint rows, uint out_rows, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const uint row = i >> log_degree, r = row % rows, in_row = i & ((1u << log_degree) - 1u);
    const ulong q = constants[primes[r] * HE_CONSTANTS + HE_Q];
    GLOBAL ulong *to = out + ((ulong)(row / rows * out_rows + r) << log_degree) + in_row;
    *to = he_add(*to, he_once(he_mul_lazy(a[i], c[2u * r], c[2u * r + 1u], q), q), q);
}

/* (out_0, out_1, out_2) = (a_0 b_0, a_0 b_1 + a_1 b_0, a_1 b_1): polynomials of `rows` rows one after the other. n: words of one
 * polynomial.
 * NDRange: n rounded up to the local size, local size 64, 40 registers. */
KERNEL void he_tensor(GLOBAL ulong *out, GLOBAL const ulong *a, GLOBAL const ulong *b, GLOBAL const uint *primes,
                      GLOBAL const ulong *constants, uint log_degree, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const he_prime p = he_prime_of(constants, primes[i >> log_degree]);
    const ulong a0 = a[i], a1 = a[(ulong)i + n], b0 = b[i], b1 = b[(ulong)i + n];
    out[i] = he_mul(a0, b0, p);
    out[(ulong)i + n] = he_add(he_mul(a0, b1, p), he_mul(a1, b0, p), p.q);
    out[2u * (ulong)n + i] = he_mul(a1, b1, p);
}

/* (out_0, out_1) = sum over d of digit d times key pair d: the inner product of key switching.
 *   digits  digit_count times `rows` rows: digit d modulo each prime
 *   keys    digit_count pairs of polynomials of key_rows rows; row r of the level is key row primes[r]
 * n: words of one polynomial of `rows` rows.
 * NDRange: n rounded up to the local size, local size 64, 40 registers. */
KERNEL void he_inner_product(GLOBAL ulong *out, GLOBAL const ulong *digits, GLOBAL const ulong *keys,
                             GLOBAL const uint *primes, GLOBAL const ulong *constants, uint log_degree,
                             uint digit_count, uint key_rows, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const uint prime = primes[i >> log_degree];
    const he_prime p = he_prime_of(constants, prime);
    const ulong in_row = i & ((1u << log_degree) - 1u);
    ulong sum0 = 0, sum1 = 0;
    for (uint d = 0; d < digit_count; d++) {
        const ulong x = digits[(ulong)d * n + i];
        const ulong key = (((ulong)d * 2u * key_rows + prime) << log_degree) + in_row;
        sum0 = he_add(sum0, he_mul(x, keys[key], p), p.q);
        sum1 = he_add(sum1, he_mul(x, keys[key + ((ulong)key_rows << log_degree)], p), p.q);
    }
    out[i] = sum0;
    out[(ulong)i + n] = sum1;
}

/* The low `bits` bits of x in reverse. */
DEVICE_FUNCTION uint he_reversed(uint x, uint bits)
{
    x = (x & 0x55555555u) << 1 | (x >> 1 & 0x55555555u);
    x = (x & 0x33333333u) << 2 | (x >> 2 & 0x33333333u);
    x = (x & 0x0f0f0f0fu) << 4 | (x >> 4 & 0x0f0f0f0fu);
    return swap_bytes(x) >> (32u - bits);
}

/* out = in under X -> X^element, rows in NTT form: A[j] = a(psi^e), e = 2 bitrev(j) + 1, is that of `in` at element e mod 2N.
 *
 * NDRange: n rounded up to the local size, local size 64, 20 registers. */
KERNEL void he_automorphism(GLOBAL ulong *out, GLOBAL const ulong *in, uint element, uint log_degree, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const uint mask = (2u << log_degree) - 1u, j = i & (mask >> 1);
    const uint e = element * (2u * he_reversed(j, log_degree) + 1u) & mask;
    out[i] = in[(i - j) + he_reversed(e >> 1, log_degree)];
}

/* Base conversion, as csrc/he/kernels.h defines it (there: pa_he_conversion), of rows in coefficient form:
 *   y_i = x_i pre_i mod q_i, v = (sum_i floor(y_i fraction_i / 2^52) + rounding) >> shift,
 *   out_j = sum_i y_i matrix[j][i] + v overflow[j] mod p_j; centred (one prime): v = y > (q - 1) / 2.
 *   in      item t: in_count rows of item_rows rows from row in_first on
 *   numbers in_count triples (pre_i, floor(pre_i 2^64 / q_i), fraction_i), then for each out row in_count matrix entries and its
 *           overflow, each a pair (c, floor(c 2^64 / p_j)), so that what is multiplied need not be below p_j
 *   in_primes, primes: of the in_count and the out_count rows; out_first: the row where `out` is written from
 * n: items times out_count rows of words.
 * NDRange: n rounded up to the local size, local size 64, 48 registers. */
KERNEL void he_convert(GLOBAL ulong *out, GLOBAL const ulong *in, GLOBAL const ulong *numbers,
                       GLOBAL const uint *in_primes, GLOBAL const uint *primes, GLOBAL const ulong *constants,
                       uint log_degree, uint in_count, uint in_first, uint item_rows, uint out_count, uint out_first,
                       uint shift, ulong rounding, uint centred, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const uint row = i >> log_degree, item = row / out_count, j = row % out_count;
    const ulong p = constants[primes[j] * HE_CONSTANTS + HE_Q];
    GLOBAL const ulong *x = in + (((ulong)item * item_rows + in_first) << log_degree) + (i & ((1u << log_degree) - 1u));
    GLOBAL const ulong *entry = numbers + 3u * in_count + 2u * j * (in_count + 1u);
    ulong sum = 0, v = rounding;
    for (uint k = 0; k < in_count; k++) {
        const ulong q = constants[in_primes[k] * HE_CONSTANTS + HE_Q];
        GLOBAL const ulong *of = numbers + 3u * k;
        const ulong y = he_once(he_mul_lazy(x[(ulong)k << log_degree], of[0], of[1], q), q);
        v = centred ? (ulong)(y > (q - 1u) / 2u) : v + (multiply_high(y, of[2]) << 12 | (y * of[2]) >> 52);
        sum = he_add(sum, he_once(he_mul_lazy(y, entry[2u * k], entry[2u * k + 1u], p), p), p);
    }
    v = centred ? v : v >> shift;
    const ulong last = he_mul_lazy(v, entry[2u * in_count], entry[2u * in_count + 1u], p);
    out[((ulong)out_first << log_degree) + i] = he_add(sum, he_once(last, p), p);
}
