/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_hash_many: published digests, and every way to call it wrongly. */
#include <stdlib.h>

#include "check.h"
#include "hash_rows.h"

/* ---- published digests ---------------------------------------------------------------------------------- */

typedef struct {
    uint32_t algorithm;
    const char *message;
    uint32_t repeat;
    const char *digest;
} answer;

#define TWO_BLOCKS "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
#define TWO_WIDE_BLOCKS                                                                            \
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmno"                             \
    "ijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"

/* SHA-2: FIPS 180-4's examples. RIPEMD-160: the paper's test values. Keccak-256: Ethereum's yellow paper (empty string) and
 * the Solidity documentation (abc). SM3: GB/T 32905-2016, appendix A. SHA-3 and SHAKE: NIST's examples with values. sha256d,
 * hash160: Bitcoin's protocol documentation (hello). */
static const answer answers[] = {
    {PYACCEL_HASH_SHA256, "", 1,
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {PYACCEL_HASH_SHA256, "abc", 1,
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {PYACCEL_HASH_SHA256, TWO_BLOCKS, 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {PYACCEL_HASH_SHA256, "a", 1000000,
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    {PYACCEL_HASH_SHA256D, "hello", 1,
     "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50"},
    {PYACCEL_HASH_SHA512, "", 1,
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
     "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {PYACCEL_HASH_SHA512, "abc", 1,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {PYACCEL_HASH_SHA512, TWO_WIDE_BLOCKS, 1,
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
     "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
    {PYACCEL_HASH_SHA512, "a", 1000000,
     "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
     "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"},
    {PYACCEL_HASH_SHA224, "abc", 1, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
    {PYACCEL_HASH_SHA224, TWO_BLOCKS, 1,
     "75388b16512776cc5dba5da1fd890150b0c6455cb4f58b1952522525"},
    {PYACCEL_HASH_SHA384, "abc", 1,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {PYACCEL_HASH_SHA384, TWO_WIDE_BLOCKS, 1,
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
     "fcc7c71a557e2db966c3e9fa91746039"},
    {PYACCEL_HASH_SHA512_256, "abc", 1,
     "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
    {PYACCEL_HASH_SHA512_256, TWO_WIDE_BLOCKS, 1,
     "3928e184fb8690f840da3988121d31be65cb9d3ef83ee6146feac861e19b563a"},
    {PYACCEL_HASH_KECCAK256, "", 1,
     "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"},
    {PYACCEL_HASH_KECCAK256, "abc", 1,
     "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"},
    {PYACCEL_HASH_SHA3_224, "", 1, "6b4e03423667dbb73b6e15454f0eb1abd4597f9a1b078e3f5b5a6bc7"},
    {PYACCEL_HASH_SHA3_224, "abc", 1, "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf"},
    {PYACCEL_HASH_SHA3_256, "", 1,
     "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"},
    {PYACCEL_HASH_SHA3_256, "abc", 1,
     "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
    {PYACCEL_HASH_SHA3_384, "", 1,
     "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2a"
     "c3713831264adb47fb6bd1e058d5f004"},
    {PYACCEL_HASH_SHA3_384, "abc", 1,
     "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b2"
     "98d88cea927ac7f539f1edf228376d25"},
    {PYACCEL_HASH_SHA3_512, "", 1,
     "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a6"
     "15b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e301758586281dcd26"},
    {PYACCEL_HASH_SHA3_512, "abc", 1,
     "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
     "10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
    {PYACCEL_HASH_SHAKE128, "", 1,
     "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26"},
    {PYACCEL_HASH_SHAKE256, "", 1,
     "46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f"
     "d75dc4ddd8c0f200cb05019d67b592f6fc821c49479ab48640292eacb3b7c4be"},
    {PYACCEL_HASH_RIPEMD160, "", 1, "9c1185a5c5e9fc54612808977ee8f548b2258d31"},
    {PYACCEL_HASH_RIPEMD160, "a", 1, "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"},
    {PYACCEL_HASH_RIPEMD160, "abc", 1, "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"},
    {PYACCEL_HASH_RIPEMD160, "message digest", 1, "5d0689ef49d2fae572b881b123a85ffa21595f36"},
    {PYACCEL_HASH_RIPEMD160, "abcdefghijklmnopqrstuvwxyz", 1,
     "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"},
    {PYACCEL_HASH_RIPEMD160, TWO_BLOCKS, 1, "12a053384a9c0c88e405a06c27dcf49ada62eb2b"},
    {PYACCEL_HASH_RIPEMD160, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 1,
     "b0e20b6e3116640286ed3a87a5713079b21f5189"},
    {PYACCEL_HASH_RIPEMD160, "1234567890", 8, "9b752e45573d4b39f4dbd3323cab82bf63326bfb"},
    {PYACCEL_HASH_RIPEMD160, "a", 1000000, "52783243c1697bdbe16d37f97f68f08325dc1528"},
    {PYACCEL_HASH_HASH160, "hello", 1, "b6a9c8c230722b7c748331a8b450f05566dc7d0f"},
    {PYACCEL_HASH_SM3, "abc", 1,
     "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
    {PYACCEL_HASH_SM3, "abcd", 16,
     "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
};

/* Alone, and as each of 40 equal rows. */
static void test_answers(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const answer *a = &answers[i];
        uint64_t piece = strlen(a->message), size = piece * a->repeat;
        uint8_t *message = malloc(size + 1);
        uint8_t expected[MAX_DIGEST], digests[40 * MAX_DIGEST];
        for (uint32_t r = 0; r < a->repeat; r++) {
            memcpy(message + r * piece, a->message, piece);
        }
        uint64_t d = from_hex(expected, a->digest);
        uint64_t n = a->repeat > 8 ? 1 : 40;
        CHECK(pyaccel_hash_digest_size(a->algorithm) == d);
        pyaccel_rows rows = fixed_rows(message, 1, size, 0);
        CHECK(pyaccel_hash_many(digests, sizeof digests, a->algorithm, &rows, n, NULL) ==
              PYACCEL_OK);
        for (uint64_t r = 0; r < n; r++) {
            CHECK(memcmp(digests + r * d, expected, d) == 0);
        }
        free(message);
    }
}

/* ---- wrong calls ---------------------------------------------------------------------------------------- */

static uint8_t text[40 * 64];
static uint8_t out[40 * 32 + 8];

/* One call that must be refused: the digests are closed, and nothing beyond them is touched. */
static void refuse(uint64_t capacity, uint64_t closed, uint32_t algorithm, const pyaccel_rows *rows,
                   uint64_t n, const pyaccel_hash_options *options)
{
    memset(out, 0xaa, sizeof out);
    CHECK(pyaccel_hash_many(out, capacity, algorithm, rows, n, options) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(out, 0, closed) && all_bytes(out + closed, 0xaa, sizeof out - closed));
}

static void test_arguments(void)
{
    pyaccel_rows rows = fixed_rows(text, 40, 64, 64);
    refuse(40 * 32, 40 * 32, PYACCEL_HASH_SHA256, NULL, 40, NULL);
    refuse(40 * 32, 40 * 32, 0, &rows, 40, NULL);
    refuse(40 * 32, 40 * 32, 1000, &rows, 40, NULL);
    refuse(40 * 32 - 1, 40 * 32 - 1, PYACCEL_HASH_SHA256, &rows, 40, NULL);
    refuse(0, 0, PYACCEL_HASH_SHA256, &rows, 40, NULL);
    refuse(40 * 32, 40 * 32, PYACCEL_HASH_SHA256, &rows, UINT64_MAX, NULL);
    refuse(39 * 32, 39 * 32, PYACCEL_HASH_SHA256, &rows, UINT64_MAX / 32 + 2,
           NULL); /* n * 32 wraps */
    CHECK(pyaccel_hash_many(NULL, 40 * 32, PYACCEL_HASH_SHA256, &rows, 40, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_hash_digest_size(0) == 0 && pyaccel_hash_digest_size(1000) == 0);

    pyaccel_rows bad = rows;
    bad.data_size--;
    refuse(40 * 32, 40 * 32, PYACCEL_HASH_SHA256, &bad, 40, NULL);
    bad = rows;
    bad.reserved = 1;
    refuse(40 * 32, 40 * 32, PYACCEL_HASH_SHA256, &bad, 40, NULL);
    bad = rows;
    bad.data = NULL;
    refuse(40 * 32, 40 * 32, PYACCEL_HASH_SHA256, &bad, 40, NULL);
    /* Digests over the messages, from either side. */
    bad = fixed_rows(out + 16, 10, 32, 32);
    refuse(10 * 32, 10 * 32, PYACCEL_HASH_SHA256, &bad, 10, NULL);
    bad = fixed_rows(out, 10, 32, 32);
    CHECK(pyaccel_hash_many(out + 319, 320, PYACCEL_HASH_SHA256, &bad, 10, NULL) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_hash_many(out + 320, 320, PYACCEL_HASH_SHA256, &bad, 10, NULL) == PYACCEL_OK);
}

static void test_options(void)
{
    const pyaccel_rows rows = fixed_rows(text, 40, 64, 64);
    const pyaccel_hash_options good = {.struct_size = sizeof good, .digest_size = 32, .threads = 2};
    CHECK(pyaccel_hash_many(out, sizeof out, PYACCEL_HASH_SHA256, &rows, 40, &good) == PYACCEL_OK);
    pyaccel_hash_options bad[8];
    for (unsigned i = 0; i < 8; i++) {
        bad[i] = good;
    }
    bad[0].struct_size = 0;
    bad[1].struct_size++;
    bad[2].reserved = 1;
    bad[3].key = text;
    bad[4].key_size = 1;
    bad[5].context = text;
    bad[6].context_size = 1;
    bad[7].digest_size = 31;
    for (unsigned i = 0; i < 8; i++) {
        refuse(40 * 32, 40 * 32, PYACCEL_HASH_SHA256, &rows, 40, &bad[i]);
    }
}

/* SHAKE in sizes around its block: every shorter digest begins a longer one; and sizes that there are not. */
static void test_digest_sizes(void)
{
    static const uint32_t shakes[] = {PYACCEL_HASH_SHAKE128, PYACCEL_HASH_SHAKE256};
    static uint8_t longest[40 * 600], shorter[40 * 600];
    const pyaccel_rows rows = fixed_rows(text, 40, 64, 64);
    for (unsigned a = 0; a < 2; a++) {
        pyaccel_hash_options options = {.struct_size = sizeof options, .digest_size = 600};
        CHECK(pyaccel_hash_many(longest, sizeof longest, shakes[a], &rows, 40, &options) ==
              PYACCEL_OK);
        for (uint64_t d = 1; d < 600; d++) {
            options.digest_size = d;
            shorter[40 * d] = 0xaa;
            CHECK(pyaccel_hash_many(shorter, 40 * d, shakes[a], &rows, 40, &options) == PYACCEL_OK);
            for (uint64_t i = 0; i < 40; i++) {
                CHECK(memcmp(shorter + i * d, longest + i * 600, d) == 0);
            }
            CHECK(shorter[40 * d] == 0xaa);
        }
        /* A failed call closes as many bytes as it was to fill. */
        options.digest_size = 7;
        refuse(40 * 32, 40 * 7, shakes[a], NULL, 40, &options);
        refuse(39 * 7, 39 * 7, shakes[a], &rows, 40, &options);
        options.digest_size = (uint64_t)UINT32_MAX + 1;
        refuse(40 * 32, 40 * 32, shakes[a], &rows, 40, &options);
        options.digest_size = UINT64_MAX;
        refuse(40 * 32, 40 * 32, shakes[a], &rows, 40, &options);
    }
}

/* Offsets that run backwards, or past the end, at each place; with few rows and with full lanes. */
static void test_offsets(void)
{
    uint32_t offsets[41];
    for (uint32_t n = 1; n <= 40; n += 13) {
        for (uint32_t place = 0; place <= n; place++) {
            for (uint32_t i = 0; i <= n; i++) {
                offsets[i] = 10 * i;
            }
            pyaccel_rows rows = ragged_rows(text, offsets, n);
            CHECK(pyaccel_hash_many(out, sizeof out, PYACCEL_HASH_SHA256, &rows, n, NULL) ==
                  PYACCEL_OK);
            offsets[place] = UINT32_MAX;
            refuse(n * 32, n * 32, PYACCEL_HASH_SHA256, &rows, n, NULL);
            offsets[place] = 0;
            if (place > 1) {
                refuse(n * 32, n * 32, PYACCEL_HASH_SHA256, &rows, n, NULL);
            }
        }
    }
}

static void test_nothing(void)
{
    const pyaccel_rows empty = {.width = 0};
    for (size_t a = 0; a < ALGORITHMS; a++) {
        memset(out, 0xaa, sizeof out);
        CHECK(pyaccel_hash_many(NULL, 0, algorithms[a], &empty, 0, NULL) == PYACCEL_OK);
        CHECK(pyaccel_hash_many(out, sizeof out, algorithms[a], &empty, 0, NULL) == PYACCEL_OK);
        CHECK(all_bytes(out, 0xaa, sizeof out));
    }
    /* Empty rows need no data. */
    uint8_t expected[32];
    from_hex(expected, answers[0].digest);
    CHECK(pyaccel_hash_many(out, sizeof out, PYACCEL_HASH_SHA256, &empty, 40, NULL) == PYACCEL_OK);
    CHECK(memcmp(out, expected, 32) == 0 && memcmp(out + 39 * 32, expected, 32) == 0);
    /* They overlap nothing, whatever data and stride say. */
    const pyaccel_rows anywhere = {.data = out, .stride = UINT64_MAX / 2};
    memset(out, 0xaa, sizeof out);
    CHECK(pyaccel_hash_many(out, sizeof out, PYACCEL_HASH_SHA256, &anywhere, 40, NULL) ==
          PYACCEL_OK);
    CHECK(memcmp(out, expected, 32) == 0 && memcmp(out + 39 * 32, expected, 32) == 0);
}

/* Strides of rows of no byte that come to UINT64_MAX bytes for some number of lanes. What that would have a kernel read besides,
 * sanitizers see. */
static void test_strides_of_nothing(void)
{
    enum { N = 40 };
    static const uint64_t divisors[] = {1, 3, 5, 15, 17};
    static const uint32_t blake[] = {PYACCEL_HASH_BLAKE2B_512, PYACCEL_HASH_BLAKE2S_256,
                                     PYACCEL_HASH_BLAKE3};
    static uint8_t expected[N * MAX_DIGEST], found[N * MAX_DIGEST];
    for (size_t a = 0; a < ALGORITHMS + sizeof blake / sizeof *blake; a++) {
        const uint32_t algorithm = a < ALGORITHMS ? algorithms[a] : blake[a - ALGORITHMS];
        const uint64_t d = pyaccel_hash_digest_size(algorithm);
        const pyaccel_rows empty = {.width = 0};
        CHECK(pyaccel_hash_many(expected, sizeof expected, algorithm, &empty, N, NULL) ==
              PYACCEL_OK);
        for (size_t i = 0; i < sizeof divisors / sizeof *divisors; i++) {
            const pyaccel_rows rows = {.data_size = UINT64_MAX, .stride = UINT64_MAX / divisors[i]};
            for (uint64_t n = 1; n <= N; n++) {
                memset(found, 0xaa, sizeof found);
                CHECK(pyaccel_hash_many(found, sizeof found, algorithm, &rows, n, NULL) ==
                      PYACCEL_OK);
                CHECK(memcmp(found, expected, n * d) == 0);
            }
        }
    }
}

/* ---- progress and threads ------------------------------------------------------------------------------- */

#define MANY 20000u

typedef struct {
    uint64_t calls, last, stop_at;
} watcher;

static int watch(void *user, uint64_t done, uint64_t total)
{
    watcher *w = user;
    CHECK(done >= w->last && done <= total && total == MANY);
    w->last = done;
    return ++w->calls == w->stop_at;
}

static void test_progress(void)
{
    uint8_t *messages = malloc(MANY * 40), *one = malloc(MANY * 32), *many = malloc(MANY * 32);
    random_bytes(messages, MANY * 40);
    const pyaccel_rows rows = fixed_rows(messages, MANY, 40, 40);
    watcher watching = {0, 0, 0};
    pyaccel_hash_options options = {
        .struct_size = sizeof options, .progress = watch, .user = &watching};
    CHECK(pyaccel_hash_many(one, MANY * 32, PYACCEL_HASH_SHA256, &rows, MANY, NULL) == PYACCEL_OK);
    CHECK(pyaccel_hash_many(many, MANY * 32, PYACCEL_HASH_SHA256, &rows, MANY, &options) ==
          PYACCEL_OK);
    CHECK(watching.calls > 1 && watching.last == MANY && memcmp(one, many, MANY * 32) == 0);

    memset(many, 0xaa, MANY * 32);
    options.threads = 3;
    watching = (watcher){0, 0, 0};
    CHECK(pyaccel_hash_many(many, MANY * 32, PYACCEL_HASH_SHA256, &rows, MANY, &options) ==
          PYACCEL_OK);
    CHECK(watching.last == MANY && memcmp(one, many, MANY * 32) == 0);

    watching = (watcher){0, 0, 1};
    CHECK(pyaccel_hash_many(many, MANY * 32, PYACCEL_HASH_SHA256, &rows, MANY, &options) ==
          PYACCEL_CANCELLED);
    CHECK(all_bytes(many, 0, MANY * 32));
    free(messages);
    free(one);
    free(many);
}

int main(void)
{
    random_bytes(text, sizeof text);
    test_answers();
    test_arguments();
    test_options();
    test_digest_sizes();
    test_offsets();
    test_nothing();
    test_strides_of_nothing();
    test_progress();
    return finish();
}
