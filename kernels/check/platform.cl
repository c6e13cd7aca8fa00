/* SPDX-License-Identifier: Apache-2.0 */
/* What a device must get right before it is used at all: the words of platform.h. */
#include "../platform.h"

CONSTANT ulong check_odd[2] = {0x9e3779b97f4a7c15ul, 0xd6e8feb86659fd93ul};

/* products[i] = high half of x c1 xor its turned low half, words[i] = the turned low half in big-endian order, *met = 1.
 * Shapes: products n words of 64 bits, words n of 32; met one word, cleared by the host.
 * NDRange: n rounded up to the local size, local size 64, 24 registers.
 * Formula: x = (i + 1) c0 mod 2^64, turned = rotr32(x mod 2^32, 7); products = mul_hi(x, c1) ^ turned << 16. */
KERNEL void check_platform(GLOBAL ulong *products, GLOBAL uint *words, GLOBAL uint *met, uint n)
{
    const uint i = global_id();
    if (i >= n) {
        return;
    }
    const ulong x = ((ulong)i + 1) * check_odd[0];
    const uint turned = rotate_right((uint)x, 7u);
    products[i] = multiply_high(x, check_odd[1]) ^ (ulong)turned << 16;
    words[i] = big_endian(turned);
    atomic_set(met);
}
