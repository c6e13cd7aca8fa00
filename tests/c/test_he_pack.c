/* SPDX-License-Identifier: Apache-2.0 */
/* Packed rows against bits taken one by one; bounds; nothing written beyond; sums that see what was altered. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "he/pack.h"
#include "random.h"

#define MOST 384u

static unsigned bit_of(const uint8_t *bytes, size_t at)
{
    return (unsigned)(bytes[at / 8] >> at % 8) & 1;
}

static void check_row(size_t n, unsigned bits, bool ordered)
{
    uint64_t in[MOST], out[MOST];
    uint32_t order[MOST];
    const size_t size = pa_he_packed_bytes(n, bits);
    uint8_t *bytes = malloc(size + 1); /* exact but for a guard */
    const uint64_t bound = (UINT64_C(1) << bits) - (bits > 1 ? 1 : 0);
    for (size_t i = 0; i < n; i++) {
        in[i] = i % 3 == 0 ? bound - 1 : random_word() % bound;
        order[i] =
            (uint32_t)((i * 5 + 3) % n); /* a permutation: n is a power of two, or 3 times one */
    }
    const uint32_t *used = ordered ? order : NULL;
    bytes[size] = 0xa5;
    pa_he_pack(bytes, in, used, n, bits);
    CHECK(bytes[size] == 0xa5);
    for (size_t i = 0; i < n; i++) {
        uint64_t value = 0;
        for (unsigned bit = 0; bit < bits; bit++) {
            value |= (uint64_t)bit_of(bytes, i * bits + bit) << bit;
        }
        CHECK(value == in[ordered ? order[i] : i]);
    }
    CHECK(pa_he_unpack(out, bytes, used, n, bits, bound) == n);
    CHECK(memcmp(in, out, n * sizeof *in) == 0);

    /* One number at the bound, then another before it. */
    for (int round = 0; round < 2 && bits > 1; round++) {
        const size_t at = n - 1 - (size_t)round * 7;
        in[ordered ? order[at] : at] = bound;
        pa_he_pack(bytes, in, used, n, bits);
        CHECK(pa_he_unpack(out, bytes, used, n, bits, bound) == at);
        CHECK(memcmp(in, out, n * sizeof *in) == 0);
    }
    free(bytes);
}

static void test_sums(void)
{
    uint8_t bytes[150], sums[PA_HE_SUMS_BYTES], other[PA_HE_SUMS_BYTES];
    static const uint8_t zeros[PA_HE_SUMS_BYTES];
    random_bytes(bytes, sizeof bytes);
    pa_he_sums(sums, bytes, 0);
    CHECK(memcmp(sums, zeros, sizeof sums) == 0);
    for (size_t size = 1; size <= sizeof bytes; size++) {
        pa_he_sums(sums, bytes, size);
        uint64_t a = 0, b = 0; /* of lane 3 */
        for (size_t at = 12; at < size; at += 32) {
            uint64_t word = 0;
            for (size_t i = 0; i < 4 && at + i < size; i++) {
                word |= (uint64_t)bytes[at + i] << 8 * i;
            }
            a += word;
            b += a;
        }
        b += size % 32 != 0 && size % 32 <= 12 ? a : 0; /* the last word is of the padding */
        uint64_t got[2];
        for (int i = 0; i < 2; i++) {
            got[i] = 0;
            for (int byte = 7; byte >= 0; byte--) {
                got[i] = got[i] << 8 | sums[48 + 8 * i + byte];
            }
        }
        CHECK(got[0] == a && got[1] == b);
        for (size_t bit = 0; bit < 8 * size; bit++) {
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
            pa_he_sums(other, bytes, size);
            CHECK(memcmp(sums, other, sizeof sums) != 0);
            bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

int main(void)
{
    for (unsigned bits = 1; bits <= PA_HE_MOST_PACK_BITS; bits++) {
        for (size_t n = 8; n <= MOST; n *= n == 64 ? 3 : 2) {
            check_row(n, bits, false);
            check_row(n, bits, true);
        }
    }
    test_sums();
    return finish();
}
