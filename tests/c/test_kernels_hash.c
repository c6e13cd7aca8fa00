/* SPDX-License-Identifier: Apache-2.0 */
/* kernels/hash/sha256.cl as C, on the messages of FIPS 180-4's examples (published by NIST with their digests) and on
 * the header of Bitcoin's first block. */
#include "kernels.h"

#include "../../kernels/hash/sha256.cl"

static const struct {
    const char *message, *digest;
} examples[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "qrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};
#define EXAMPLES (sizeof examples / sizeof examples[0])

static const char million_a[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
static const char genesis[] =
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b2"
    "7ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c";
static const char genesis_id[] = "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f";

/* All examples as one batch of offsets, the first row at byte `first`: every alignment. */
static void offsets(size_t first)
{
    ulong *at = exactly((EXAMPLES + 1) * sizeof *at);
    at[0] = first;
    for (size_t i = 0; i < EXAMPLES; i++) {
        at[i + 1] = at[i] + strlen(examples[i].message);
    }
    uchar *data = exactly(at[EXAMPLES]);
    for (size_t i = 0; i < EXAMPLES; i++) {
        memcpy(data + at[i], examples[i].message, strlen(examples[i].message));
    }
    uint *digests = exactly(EXAMPLES * 32);
    LAUNCH((uint)EXAMPLES,
           hash_sha256_offsets(digests, (const uint *)(const void *)data, at, 1, (uint)EXAMPLES));
    for (size_t i = 0; i < EXAMPLES; i++) {
        CHECK(is_hex(digests + 8 * i, examples[i].digest, 0));
    }
    free(digests);
    free(data);
    free(at);
}

/* Each example thrice, `gap` bytes between the rows, and once for all rows. */
static void fixed(size_t gap)
{
    for (size_t i = 0; i < EXAMPLES; i++) {
        const size_t width = strlen(examples[i].message), stride = width + gap;
        uchar *data = exactly(2 * stride + width);
        uint *digests = exactly(3 * 32);
        for (size_t row = 0; row < 3; row++) {
            memcpy(data + row * stride, examples[i].message, width);
        }
        for (int one_for_all = 0; one_for_all < 2; one_for_all++) {
            memset(digests, 0, 3 * 32);
            LAUNCH(3u, hash_sha256_fixed(digests, (const uint *)(const void *)data, width,
                                         one_for_all ? 0 : stride, 1, 3));
            for (size_t row = 0; row < 3; row++) {
                CHECK(is_hex(digests + 8 * row, examples[i].digest, 0));
            }
        }
        free(digests);
        free(data);
    }
}

static void one_row(const uchar *message, size_t size, uint passes, const char *digest,
                    int reversed)
{
    uchar *data = exactly(size);
    uint *out = exactly(32);
    memcpy(data, message, size);
    LAUNCH(1u, hash_sha256_fixed(out, (const uint *)(const void *)data, size, size, passes, 1));
    CHECK(is_hex(out, digest, reversed));
    free(out);
    free(data);
}

int main(void)
{
    for (size_t first = 0; first < 8; first++) {
        offsets(first);
    }
    for (size_t gap = 0; gap < 5; gap++) {
        fixed(gap);
    }
    uchar *long_message = exactly(1000000);
    memset(long_message, 'a', 1000000);
    one_row(long_message, 1000000, 1, million_a, 0);
    free(long_message);
    uchar header[80];
    from_hex(header, genesis);
    one_row(header, sizeof header, 2, genesis_id, 1);
    return finish();
}
