/* SPDX-License-Identifier: Apache-2.0 */
/* Negacyclic number-theoretic transforms of many rows: up to three layers a launch, eight words of a row in registers.
 *
 * Forward: coefficients to A[j] = a(psi^(2 bitrev(j) + 1)) (Cooley-Tukey), values below 4q between layers (Harvey, 2014); inverse:
 * back (Gentleman-Sande), values below 2q. Layer m = 1, 2, 4 .. N / 2 takes twiddle m + i in block i: psi^bitrev(m + i), and for the
 * inverse its reciprocal; twiddles: a prime's N pairs (w, floor(w 2^64 / q)) one after the other, the forward ones, then as many for
 * the inverse, whose pair 0 is 1 / N.
 * index: for each row that is transformed its number in `rows` and that of its prime.
 * n: rows times N / 2^layers. */
#include "../platform.h"
#include "modular.h"

/* Where a work item's words lie, of a step over the layers m .. m 2^(layers - 1). */
typedef struct {
    GLOBAL ulong *words; /* the first one */
    uint step, block;    /* from one to the next; i of layer m */
    uint prime;
} he_place;

DEVICE_FUNCTION he_place he_place_of(GLOBAL ulong *rows, GLOBAL const uint *index, uint item, uint log_degree, uint m,
                                     uint layers)
{
    const uint items = 1u << (log_degree - layers), row = item / items, in_row = item % items;
    he_place place;
    place.step = (1u << (log_degree - layers)) / m;
    place.block = in_row / place.step;
    place.words = rows + ((ulong)index[2u * row] << log_degree) + ((ulong)place.block * place.step << layers) +
                  in_row % place.step;
    place.prime = index[2u * row + 1u];
    return place;
}

DEVICE_FUNCTION GLOBAL const ulong *he_twiddles(GLOBAL const ulong *twiddles, uint prime, uint log_degree, uint inverse)
{
    return twiddles + (((ulong)prime * 2u + inverse) << (log_degree + 1u));
}

#define HE_FORWARD(x, y, twiddle)                                                                                      \
    do {                                                                                                               \
        const ulong he_u = he_once((x), 2u * q);                                                                       \
        const ulong he_v = he_mul_lazy((y), (twiddle)[0], (twiddle)[1], q);                                            \
        (x) = he_u + he_v;                                                                                             \
        (y) = he_u + 2u * q - he_v;                                                                                    \
    } while (0)

#define HE_INVERSE(x, y, twiddle)                                                                                      \
    do {                                                                                                               \
        const ulong he_u = (x);                                                                                        \
        const ulong he_v = (y);                                                                                        \
        (x) = he_once(he_u + he_v, 2u * q);                                                                            \
        (y) = he_mul_lazy(he_u + 2u * q - he_v, (twiddle)[0], (twiddle)[1], q);                                        \
    } while (0)

#define HE_NTT_ARGUMENTS                                                                                               \
    GLOBAL ulong *rows, GLOBAL const uint *index, GLOBAL const ulong *constants, GLOBAL const ulong *twiddles,         \
        uint log_degree, uint m, uint last, uint n

/* Layers m .. m 2^(layers - 1) of each row; `last`: reduces to [0, q). */
#define HE_NTT_FORWARD(layers)                                                                                         \
    do {                                                                                                               \
        const uint item = global_id();                                                                                 \
        if (item >= n) {                                                                                               \
            return;                                                                                                    \
        }                                                                                                              \
        const he_place at = he_place_of(rows, index, item, log_degree, m, layers);                                     \
        const ulong q = constants[at.prime * HE_CONSTANTS + HE_Q];                                                     \
        GLOBAL const ulong *table = he_twiddles(twiddles, at.prime, log_degree, 0u);                                   \
        ulong x[1u << (layers)];                                                                                       \
        UNROLL for (uint k = 0; k < 1u << (layers); k++)                                                               \
        {                                                                                                              \
            x[k] = at.words[(ulong)k * at.step];                                                                       \
        }                                                                                                              \
        UNROLL for (uint layer = 0; layer < (layers); layer++)                                                         \
        {                                                                                                              \
            UNROLL for (uint k = 0; k < 1u << ((layers) - 1u); k++)                                                    \
            {                                                                                                          \
                const uint apart = 1u << ((layers) - 1u - layer);                                                      \
                const uint part = k / apart, low = part * 2u * apart + k % apart;                                      \
                GLOBAL const ulong *w = table + 2u * ((m << layer) + (at.block << layer) + part);                      \
                HE_FORWARD(x[low], x[low + apart], w);                                                                 \
            }                                                                                                          \
        }                                                                                                              \
        UNROLL for (uint k = 0; k < 1u << (layers); k++)                                                               \
        {                                                                                                              \
            at.words[(ulong)k * at.step] = last ? he_once(he_once(x[k], 2u * q), q) : x[k];                            \
        }                                                                                                              \
    } while (0)

/* One layer.
 * NDRange: n rounded up to the local size, local size 64, 32 registers. */
KERNEL void he_ntt_forward_1(HE_NTT_ARGUMENTS)
{
    HE_NTT_FORWARD(1u);
}

/* Two layers.
 * NDRange: n rounded up to the local size, local size 64, 40 registers. */
KERNEL void he_ntt_forward_2(HE_NTT_ARGUMENTS)
{
    HE_NTT_FORWARD(2u);
}

/* Three layers.
 * NDRange: n rounded up to the local size, local size 64, 64 registers. */
KERNEL void he_ntt_forward_3(HE_NTT_ARGUMENTS)
{
    HE_NTT_FORWARD(3u);
}

/* Layers m 2^(layers - 1) down to m of each row; `last`: divides by N and reduces to [0, q). */
#define HE_NTT_INVERSE(layers)                                                                                         \
    do {                                                                                                               \
        const uint item = global_id();                                                                                 \
        if (item >= n) {                                                                                               \
            return;                                                                                                    \
        }                                                                                                              \
        const he_place at = he_place_of(rows, index, item, log_degree, m, layers);                                     \
        const ulong q = constants[at.prime * HE_CONSTANTS + HE_Q];                                                     \
        GLOBAL const ulong *table = he_twiddles(twiddles, at.prime, log_degree, 1u);                                   \
        ulong x[1u << (layers)];                                                                                       \
        UNROLL for (uint k = 0; k < 1u << (layers); k++)                                                               \
        {                                                                                                              \
            x[k] = at.words[(ulong)k * at.step];                                                                       \
        }                                                                                                              \
        UNROLL for (uint up = 0; up < (layers); up++)                                                                  \
        {                                                                                                              \
            UNROLL for (uint k = 0; k < 1u << ((layers) - 1u); k++)                                                    \
            {                                                                                                          \
                const uint layer = (layers) - 1u - up, apart = 1u << up;                                               \
                const uint part = k / apart, low = part * 2u * apart + k % apart;                                      \
                GLOBAL const ulong *w = table + 2u * ((m << layer) + (at.block << layer) + part);                      \
                HE_INVERSE(x[low], x[low + apart], w);                                                                 \
            }                                                                                                          \
        }                                                                                                              \
        UNROLL for (uint k = 0; k < 1u << (layers); k++)                                                               \
        {                                                                                                              \
            at.words[(ulong)k * at.step] = last ? he_once(he_mul_lazy(x[k], table[0], table[1], q), q) : x[k];         \
        }                                                                                                              \
    } while (0)

/* One layer.
 * NDRange: n rounded up to the local size, local size 64, 32 registers. */
KERNEL void he_ntt_inverse_1(HE_NTT_ARGUMENTS)
{
    HE_NTT_INVERSE(1u);
}

/* Two layers.
 * NDRange: n rounded up to the local size, local size 64, 40 registers. */
KERNEL void he_ntt_inverse_2(HE_NTT_ARGUMENTS)
{
    HE_NTT_INVERSE(2u);
}

/* Three layers.
 * NDRange: n rounded up to the local size, local size 64, 64 registers. */
KERNEL void he_ntt_inverse_3(HE_NTT_ARGUMENTS)
{
    HE_NTT_INVERSE(3u);
}
