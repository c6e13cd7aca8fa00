/* SPDX-License-Identifier: Apache-2.0 */
/* What a device must get right before it is used at all: the words of platform.h. */
#include "../platform.h"

CONSTANT ulong check_odd[2] = {0x9e3779b97f4a7c15ul, 0xd6e8feb86659fd93ul};

/* out[i] = high half of (i + 1) * c0 * c1, xor its low bits rotated and byte-swapped; *met = 1.
 * Shapes: out n words of 64 bits; met one word, cleared by the host.
 * NDRange: n rounded up to the local size, local size 64; 16 registers.
 * Formula: x = (i + 1) * c0 mod 2^64; out = mul_hi(x, c1) ^ (swap(rotr32(x mod 2^32, 7)) << 16), mod 2^64. */
KERNEL void check_platform(GLOBAL ulong *out, GLOBAL uint *met, uint n)
{
    const uint i = global_id();
    if (i >= n)
        return;
    const ulong x = ((ulong)i + 1) * check_odd[0];
    const uint turned = rotate_right((uint)x, 7u);
    const uint swapped = big_endian(turned);
    out[i] = multiply_high(x, check_odd[1]) ^ ((ulong)swapped << 16);
    atomic_set(met);
}
