/* SPDX-License-Identifier: Apache-2.0 */
/* A family of kernels/hash as C, on examples that others published with their digests. KERNEL_FAMILY names it: its files
 * share names, so that each is a program of its own. */
#include "kernels.h"

#define SHA256 1
#define SHA512 2
#define SM3 3
#define RIPEMD160 4
#define KECCAK 5
#define BLAKE2B 6
#define BLAKE2S 7
#define BLAKE3 8

/* FIPS 180-4's examples, published by NIST with their digests. */
#define EXAMPLE_448 "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define EXAMPLE_896                                                                                \
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmno" \
    "pqrsmnopqrstnopqrstu"

#if KERNEL_FAMILY == SHA256
#include "../../kernels/hash/sha256.cl"
#define CALL(algorithm) hash_sha256(out, ROWS_OF_CASE, NO_KEY, algorithm, n)
#elif KERNEL_FAMILY == SHA512
#include "../../kernels/hash/sha512.cl"
#define CALL(algorithm) hash_sha512(out, ROWS_OF_CASE, NO_KEY, algorithm, n)
#elif KERNEL_FAMILY == SM3
#include "../../kernels/hash/sm3.cl"
#define CALL(algorithm) hash_sm3(out, ROWS_OF_CASE, NO_KEY, algorithm, n)
#elif KERNEL_FAMILY == RIPEMD160
#include "../../kernels/hash/ripemd160.cl"
#define CALL(algorithm)                                                                            \
    algorithm ? hash_hash160(out, ROWS_OF_CASE, n) : hash_ripemd160(out, ROWS_OF_CASE, n)
#elif KERNEL_FAMILY == KECCAK
#include "../../kernels/hash/keccak.cl"
#define CALL(algorithm)                                                                            \
    hash_keccak(out, ROWS_OF_CASE, (algorithm) >> 8, (algorithm) & 0xff, digest_size, n)
#elif KERNEL_FAMILY == BLAKE2B
#include "../../kernels/hash/blake2b.cl"
#define CALL(algorithm) hash_blake2b(out, ROWS_OF_CASE, key, algorithm, (uint)digest_size, n)
#elif KERNEL_FAMILY == BLAKE2S
#include "../../kernels/hash/blake2s.cl"
#define CALL(algorithm) hash_blake2s(out, ROWS_OF_CASE, key, algorithm, (uint)digest_size, n)
#else
#include "../../kernels/hash/blake3.cl"
#define CALL(algorithm) hash_blake3(out, ROWS_OF_CASE, key, algorithm, digest_size, n)
#endif
#define ROWS_OF_CASE                                                                               \
    rows->words, rows->size, rows->tail, rows->offsets, rows->width, rows->stride, 0
#define NO_KEY NULL

typedef struct {
    uint
        algorithm; /* SHA-2, SM3: kind; RIPEMD-160: 1 HASH160; Keccak: rate << 8 | suffix; BLAKE2: bytes of key */
    const char *message, *digest;
} published;

static const published cases[] = {
#if KERNEL_FAMILY == SHA256
    /* sha256: FIPS 180-4 examples, NIST. */
    {0, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {0, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {0, EXAMPLE_448, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    /* sha224: FIPS 180-4 examples, NIST. */
    {1, "abc", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {1, EXAMPLE_448, "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"},
#elif KERNEL_FAMILY == SHA512
    /* sha512: FIPS 180-4 examples, NIST. */
    {0, "abc",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a8"
     "36ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {0, EXAMPLE_896,
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4"
     "331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
    /* sha384: FIPS 180-4 examples, NIST. */
    {1, "abc",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc23"
     "58baeca134c825a7"},
    {1, EXAMPLE_896,
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db9"
     "66c3e9fa91746039"},
    /* sha512-256: FIPS 180-4 examples, NIST. */
    {2, "abc", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
    {2, EXAMPLE_896, "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"},
#elif KERNEL_FAMILY == SM3
    /* sm3: GB/T 32905-2016, appendix A. */
    {0, "abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
    {0, "abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd",
     "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
#elif KERNEL_FAMILY == RIPEMD160
    /* ripemd160: Dobbertin, Bosselaers, Preneel 1996, appendix B. */
    {0, "", "9c1185a5c5e9fc54612808977ee8f548b2258d31"},
    {0, "abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
    {0, EXAMPLE_448, "12a053384a9c0c88e405a06c27dcf49ada62eb2b"},
    /* hash160: BIP-173 example key. */
    {1,
     "\x02"
     "y\xbe"
     "f~\xf9\xdc\xbb\xac"
     "U\xa0"
     "b\x95\xce\x87\x0b\x07\x02\x9b\xfc\xdb-\xce(\xd9"
     "Y\xf2\x81["
     "\x16\xf8\x17\x98",
     "751e76e8199196d454941c45d1b3a323f1433bd6"},
#elif KERNEL_FAMILY == KECCAK
    /* keccak256: Ethereum yellow paper: KEC of nothing and of RLP(()). */
    {136 << 8 | 0x01, "", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
    {136 << 8 | 0x01, "\x80", "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"},
    /* sha3-224: NIST, SHA-3 examples with values. */
    {144 << 8 | 0x06, "", "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7"},
    {144 << 8 | 0x06, "abc", "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"},
    /* sha3-256: NIST, SHA-3 examples with values. */
    {136 << 8 | 0x06, "", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
    {136 << 8 | 0x06, "abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    /* sha3-384: NIST, SHA-3 examples with values. */
    {104 << 8 | 0x06, "",
     "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47"
     "fb6bd1e058d5f004"},
    {104 << 8 | 0x06, "abc",
     "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f5"
     "39f1edf228376d25"},
    /* sha3-512: NIST, SHA-3 examples with values. */
    {72 << 8 | 0x06, "",
     "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c"
     "11e3e9402c3ac558f500199d95b6d3e301758586281dcd26"},
    {72 << 8 | 0x06, "abc",
     "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c9"
     "1a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
    /* shake128: NIST, SHA-3 examples with values. */
    {168 << 8 | 0x1f, "", "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"},
    /* shake256: NIST, SHA-3 examples with values. */
    {136 << 8 | 0x1f, "",
     "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762fd75dc4ddd8c0f200"
     "cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be"},
#elif KERNEL_FAMILY == BLAKE2B
    /* blake2b-256: Python's hashlib. */
    {0, "", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
    {0, "abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"},
    /* blake2b-512: BLAKE2 reference, testvectors/blake2-kat.json. */
    {0, "",
     "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee5853"
     "13896444934eb04b903a685b1448b755d56f701afe9be2ce"},
    /* BLAKE2 reference, testvectors/blake2-kat.json, key 00 01 .. 3f. */
    {64, "",
     "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786b5e996e8f0f4eb98"
     "1fc214b005f42d2ff4233499391653df7aefcbc13fc51568"},
#elif KERNEL_FAMILY == BLAKE2S
    /* blake2s-256: BLAKE2 reference, testvectors/blake2-kat.json. */
    {0, "", "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"},
    /* BLAKE2 reference, testvectors/blake2-kat.json, key 00 01 .. 1f. */
    {32, "", "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"},
#else
    /* blake3: BLAKE3 reference, test_vectors/test_vectors.json. */
    {0, "", "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
    /* The same, keyed. */
    {16, "", "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26"},
#endif
};
#define CASES (sizeof cases / sizeof cases[0])

/* Rows in memory that ends where they end, as a kernel takes them. */
typedef struct {
    uint *words; /* starts on a boundary of 16 bytes, as on a device */
    ulong size;
    uint tail;
    ulong *offsets;
    ulong width, stride;
} case_rows;

static uint key[32];

static void check(const published *one, const case_rows *rows, uint n)
{
    const size_t digest_size = strlen(one->digest) / 2;
    uint *out = exactly(n * digest_size);
    LAUNCH(n, CALL(one->algorithm));
    for (size_t i = 0; i < n; i++) {
        CHECK(is_hex((const uchar *)out + i * digest_size, one->digest, 0));
    }
    free(out);
}

/* The last bytes of the rows, where they are no whole word, away from them: a kernel that reads that word as one is seen. */
static case_rows rows_of(const uchar *bytes, size_t size, ulong width, ulong stride)
{
    case_rows rows = {exactly(size / 4 * 4), size, 0, NULL, width, stride};
    memcpy(rows.words, bytes, size / 4 * 4);
    for (size_t k = 0; k < size % 4; k++) {
        rows.tail |= (uint)bytes[size / 4 * 4 + k] << 8 * k;
    }
    return rows;
}

/* Three rows, each `gap` bytes after the one before it, the first at byte `first`; by width and by offsets. */
static void placed(const published *one, size_t first, size_t gap)
{
    const size_t width = strlen(one->message), stride = width + gap;
    uchar bytes[1024];
    memset(bytes, 0xa5, sizeof bytes);
    for (size_t i = 0; i < 3; i++) {
        memcpy(bytes + first + i * stride, one->message, width);
    }
    case_rows rows = rows_of(bytes + first, 2 * stride + width, width, stride);
    check(one, &rows, 3);
    rows.stride = 0;
    check(one, &rows, 3);
    free(rows.words);
    rows = rows_of(bytes, first + width, VARIED, 0);
    rows.offsets = exactly(2 * sizeof *rows.offsets);
    rows.offsets[0] = first;
    rows.offsets[1] = first + width;
    check(one, &rows, 1);
    free(rows.offsets);
    free(rows.words);
}

#if KERNEL_FAMILY == SHA256
static void one_row(const uchar *bytes, size_t size, uint kind, const char *digest, int reversed)
{
    uint *out = exactly(32);
    const case_rows given = rows_of(bytes, size, size, size), *rows = &given;
    const uint n = 1;
    LAUNCH(n, CALL(kind));
    CHECK(is_hex(out, digest, reversed));
    free(given.words);
    free(out);
}

/* FIPS 180-4's long example, the header of Bitcoin's first block, and test case 6 of RFC 4231: a key longer than a block. */
static void more_of_sha256(void)
{
    uchar *long_message = exactly(1000000), header[80], hmac_key[131];
    memset(long_message, 'a', 1000000);
    one_row(long_message, 1000000, 0,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", 0);
    free(long_message);
    from_hex(header, "0100000000000000000000000000000000000000000000000000000000000000000000003ba3"
                     "edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d"
                     "1dac2b7c");
    one_row(header, sizeof header, 2,
            "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f", 1);

    memset(hmac_key, 0xaa, sizeof hmac_key);
    const char *text = "Test Using Larger Than Block-Size Key - Hash Key First";
    const case_rows keys = rows_of(hmac_key, sizeof hmac_key, sizeof hmac_key, 0);
    const case_rows messages = rows_of((const uchar *)text, strlen(text), strlen(text), 0);
    uint *states = exactly(64), *out = exactly(32);
    const case_rows *rows = &keys;
    LAUNCH(1u, hash_hmac_sha256_states(states, ROWS_OF_CASE, 1));
    rows = &messages;
    LAUNCH(1u, hash_sha256(out, ROWS_OF_CASE, states, 3, 1));
    CHECK(is_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", 0));
    free(out);
    free(states);
    free(messages.words);
    free(keys.words);
}
#endif

int main(void)
{
    for (uint i = 0; i < sizeof key; i++) {
        ((uchar *)key)[i] = (uchar)i;
    }
#if KERNEL_FAMILY == BLAKE3
    memcpy(key, "whats the Elvish word for friend", 32);
#endif
    for (size_t i = 0; i < CASES; i++) {
        const uint key_size =
            KERNEL_FAMILY == BLAKE2B || KERNEL_FAMILY == BLAKE2S ? cases[i].algorithm : 0;
        if (key_size != 0) {
            memset((uchar *)key + key_size, 0, sizeof key - key_size);
        }
        for (size_t at = 0; at < 5; at++) {
            placed(&cases[i], at, 0);
            placed(&cases[i], 0, at);
        }
    }
#if KERNEL_FAMILY == SHA256
    more_of_sha256();
#endif
    return finish();
}
