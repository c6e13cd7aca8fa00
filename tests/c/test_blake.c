/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2 through pyaccel_hash_many: published digests with and without a key, and parameters out of range. */
#include "check.h"
#include "hash_rows.h"

typedef struct {
    uint32_t algorithm;
    uint32_t key_size; /* bytes 0, 1, 2, ...; 0: no key */
    uint32_t size;     /* of the message, likewise */
    const char *digest;
} answer;

/* The authors' testvectors/blake2-kat.json: around the ends of blocks, and the empty message. */
static const answer answers[] = {
    {PYACCEL_HASH_BLAKE2B_512, 0, 0,
     "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
     "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 1,
     "2fa3f686df876995167e7c2e5d74c4c7b6e48f8068fe0e44208344d480f7904c"
     "36963e44115fe3eb2a3ac8694c28bcb4f5a0f3276f2e79487d8219057a506e4b"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 127,
     "b6292669ccd38d5f01caae96ba272c76a879a45743afa0725d83b9ebb26665b7"
     "31f1848c52f11972b6644f554c064fa90780dbbbf3a89d4fc31f67df3e5857ef"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 128,
     "2319e3789c47e2daa5fe807f61bec2a1a6537fa03f19ff32e87eecbfd64b7e0e"
     "8ccff439ac333b040f19b0c4ddd11a61e24ac1fe0f10a039806c5dcc0da3d115"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 129,
     "f59711d44a031d5f97a9413c065d1e614c417ede998590325f49bad2fd444d3e"
     "4418be19aec4e11449ac1a57207898bc57d76a1bcf3566292c20c683a5c4648f"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 255,
     "5b21c5fd8868367612474fa2e70e9cfa2201ffeee8fafab5797ad58fefa17c9b"
     "5b107da4a3db6320baaf2c8617d5a51df914ae88da3867c2d41f0cc14fa67928"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 0,
     "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
     "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 1,
     "961f6dd1e4dd30f63901690c512e78e4b45e4742ed197c3c5e45c549fd25f2e4"
     "187b0bc9fe30492b16b0d0bc4ef9b0f34c7003fac09a5ef1532e69430234cebd"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 127,
     "76d2d819c92bce55fa8e092ab1bf9b9eab237a25267986cacf2b8ee14d214d73"
     "0dc9a5aa2d7b596e86a1fd8fa0804c77402d2fcd45083688b218b1cdfa0dcbcb"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 128,
     "72065ee4dd91c2d8509fa1fc28a37c7fc9fa7d5b3f8ad3d0d7a25626b57b1b44"
     "788d4caf806290425f9890a3a2a35a905ab4b37acfd0da6e4517b2525c9651e4"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 129,
     "64475dfe7600d7171bea0b394e27c9b00d8e74dd1e416a79473682ad3dfdbb70"
     "6631558055cfc8a40e07bd015a4540dcdea15883cbbf31412df1de1cd4152b91"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 255,
     "142709d62e28fcccd0af97fad0f8465b971e82201dc51070faa0372aa43e9248"
     "4be1c1e73ba10906d5d1853db6a4106e0a7bf9800d373d6dee2d46d62ef2a461"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 0,
     "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 1,
     "e34d74dbaf4ff4c6abd871cc220451d2ea2648846c7757fbaac82fe51ad64bea"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 63,
     "e57cb79487dd57902432b250733813bd96a84efce59f650fac26e6696aefafc3"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 64,
     "56f34e8b96557e90c1f24b52d0c89d51086acf1b00f634cf1dde9233b8eaaa3e"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 65,
     "1b53ee94aaf34e4b159d48de352c7f0661d0a40edff95a0b1639b4090e974472"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 129,
     "5bd169e67c82c2c2e98ef7008bdf261f2ddf30b1c00f9e7f275bb3e8a28dc9a2"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 255,
     "f03f5789d3336b80d002d59fdf918bdb775b00956ed5528e86aa994acb38fe2d"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 0,
     "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 1,
     "40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 63,
     "c65382513f07460da39833cb666c5ed82e61b9e998f4b0c4287cee56c3cc9bcd"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 64,
     "8975b0577fd35566d750b362b0897a26c399136df07bababbde6203ff2954ed4"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 65,
     "21fe0ceb0052be7fb0f004187cacd7de67fa6eb0938d927677f2398c132317a8"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 129,
     "46a73a8dd3e70f59d3942c01df599def783c9da82fd83222cd662b53dce7dbdf"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 255,
     "3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd"},
};

static uint8_t bytes[256];

static pyaccel_hash_options keyed(uint64_t size)
{
    return (pyaccel_hash_options){
        .struct_size = sizeof(pyaccel_hash_options), .key = size ? bytes : NULL, .key_size = size};
}

/* Each answer alone, and as every second of 20 ragged rows on two threads. */
static void test_answers(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const answer *a = &answers[i];
        uint8_t expected[MAX_DIGEST], digests[20 * MAX_DIGEST];
        uint64_t offsets[21] = {0};
        pyaccel_hash_options options = keyed(a->key_size);
        uint64_t d = from_hex(expected, a->digest);
        CHECK(pyaccel_hash_digest_size(a->algorithm) == d);
        pyaccel_rows rows = fixed_rows(bytes, 1, a->size, 0);
        CHECK(pyaccel_hash_many(digests, d, a->algorithm, &rows, 1, &options) == PYACCEL_OK);
        CHECK(memcmp(digests, expected, d) == 0);
        static uint8_t text[20 * 256];
        for (uint32_t r = 0; r < 20; r++) {
            uint32_t size = r % 2 ? a->size : 7 * r;
            memcpy(text + offsets[r], bytes, size);
            offsets[r + 1] = offsets[r] + size;
        }
        rows = (pyaccel_rows){
            .data = text, .data_size = offsets[20], .offsets = offsets, .offset_bits = 64};
        options.threads = 2;
        CHECK(pyaccel_hash_many(digests, 20 * d, a->algorithm, &rows, 20, &options) == PYACCEL_OK);
        for (uint32_t r = 1; r < 20; r += 2) {
            CHECK(memcmp(digests + r * d, expected, d) == 0);
        }
        offsets[7] = UINT64_MAX;
        CHECK(pyaccel_hash_many(digests, 20 * d, a->algorithm, &rows, 20, &options) ==
              PYACCEL_INVALID_ARGUMENT);
        CHECK(all_bytes(digests, 0, 20 * d));
    }
}

static void refuse(uint32_t algorithm, const pyaccel_hash_options *options)
{
    uint8_t out[4 * MAX_DIGEST];
    const pyaccel_rows rows = fixed_rows(bytes, 4, 16, 16);
    uint64_t d = pyaccel_hash_digest_size(algorithm);
    memset(out, 0xaa, sizeof out);
    CHECK(pyaccel_hash_many(out, 4 * d, algorithm, &rows, 4, options) == PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(out, 0, 4 * d) && all_bytes(out + 4 * d, 0xaa, sizeof out - 4 * d));
}

static void test_parameters(void)
{
    static const struct {
        uint32_t algorithm;
        uint64_t most;
    } all[] = {
        {PYACCEL_HASH_BLAKE2B_256, 64},
        {PYACCEL_HASH_BLAKE2B_512, 64},
        {PYACCEL_HASH_BLAKE2S_256, 32},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint32_t algorithm = all[i].algorithm;
        uint8_t out[4 * MAX_DIGEST];
        const pyaccel_rows rows = fixed_rows(bytes, 4, 16, 16);
        for (uint64_t size = 0; size <= all[i].most; size++) {
            pyaccel_hash_options options = keyed(size);
            CHECK(pyaccel_hash_many(out, sizeof out, algorithm, &rows, 4, &options) == PYACCEL_OK);
        }
        pyaccel_hash_options bad = keyed(all[i].most + 1);
        refuse(algorithm, &bad);
        bad = keyed(UINT64_MAX);
        refuse(algorithm, &bad);
        bad = keyed(0);
        bad.key = bytes; /* a key of no byte */
        refuse(algorithm, &bad);
        bad = keyed(1);
        bad.key = NULL;
        refuse(algorithm, &bad);
        bad = keyed(1);
        bad.context = bytes;
        refuse(algorithm, &bad);
        bad = keyed(1);
        bad.context_size = 1;
        refuse(algorithm, &bad);
        bad = keyed(1);
        bad.digest_size = 20;
        refuse(algorithm, &bad);
        bad.digest_size = pyaccel_hash_digest_size(algorithm);
        CHECK(pyaccel_hash_many(out, sizeof out, algorithm, &rows, 4, &bad) == PYACCEL_OK);
    }
}

int main(void)
{
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    test_answers();
    test_parameters();
    return finish();
}
