/* SPDX-License-Identifier: Apache-2.0 */
/* Streams and the numbers drawn from them: RFC 8439's vectors, every variant against the distributions' plain definitions, and
 * their mean, variance and support. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "he/chacha20.h"
#include "he/sampler.h"
#include "he/sampling.h"
#include "hex.h"
#include "random.h"
#include "tables/he_gaussian.h"

#define N 16384u
static uint8_t seed[32];

/* ---- ChaCha20 ---------------------------------------------------------------------------------- */

/* RFC 8439, 2.3.2 and A.1. */
static const struct {
    const char *key, *nonce;
    uint32_t counter;
    const char *block;
} published[] = {
    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "000000090000004a00000000",
     1,
     "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
     "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     0,
     "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
     "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     1,
     "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
     "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
    {"0000000000000000000000000000000000000000000000000000000000000001", "000000000000000000000000",
     1,
     "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
     "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
    {"00ff000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000",
     2,
     "72d54dfbf12ec44b362692df94137f328fea8da73990265ec1bbbea1ae9af0ca"
     "13b25aa26cb4a648cb9b9d1be65b2c0924a66c54d545ec1b7374f4872e99f096"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000002",
     0,
     "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
     "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d"},
};

static pa_chacha20_state published_state(size_t i)
{
    uint8_t key[32], nonce[12];
    uint32_t words[3];
    pa_chacha20_state state;
    from_hex(key, published[i].key);
    from_hex(nonce, published[i].nonce);
    for (unsigned w = 0; w < 3; w++) {
        words[w] = nonce[4 * w] | (uint32_t)nonce[4 * w + 1] << 8 |
                   (uint32_t)nonce[4 * w + 2] << 16 | (uint32_t)nonce[4 * w + 3] << 24;
    }
    pa_chacha20_begin(&state, key, words);
    CHECK(state.word[PA_CHACHA20_COUNTER] == 0);
    state.word[PA_CHACHA20_COUNTER] = published[i].counter;
    return state;
}

/* In every lane, and whatever the count, over the end of the counter too. */
static void check_blocks(const struct pa_chacha20 *chacha20)
{
    static uint8_t out[40 * PA_CHACHA20_BLOCK + 1], expected[40 * PA_CHACHA20_BLOCK];
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        pa_chacha20_state state = published_state(i);
        from_hex(expected, published[i].block);
        for (uint32_t lane = 0; lane < 20; lane++) {
            state.word[PA_CHACHA20_COUNTER] = published[i].counter - lane;
            chacha20->blocks(out, &state, lane + 1);
            CHECK(memcmp(out + lane * PA_CHACHA20_BLOCK, expected, PA_CHACHA20_BLOCK) == 0);
        }
    }
    pa_chacha20_state state = published_state(0);
    state.word[PA_CHACHA20_COUNTER] = 0xfffffff0;
    pa_chacha20_portable.blocks(expected, &state, 40);
    for (size_t count = 0; count <= 40; count++) {
        memset(out, 0xa5, sizeof out);
        chacha20->blocks(out, &state, count);
        CHECK(memcmp(out, expected, count * PA_CHACHA20_BLOCK) == 0);
        CHECK(out[count * PA_CHACHA20_BLOCK] == 0xa5);
    }
}

/* ---- distributions, from their definitions ----------------------------------------------------- */

static uint8_t stream_bytes[N * 8 * 6];

/* The first `blocks` blocks of a stream, by the nonce's bytes. */
static void fill_stream(const pa_he_stream *stream, size_t blocks)
{
    const uint32_t nonce[3] = {stream->purpose, stream->item,
                               (uint32_t)stream->row * 65536 + stream->digit};
    pa_chacha20_state state;
    CHECK(blocks * PA_CHACHA20_BLOCK <= sizeof stream_bytes);
    pa_chacha20_begin(&state, stream->seed, nonce);
    pa_chacha20_portable.blocks(stream_bytes, &state, blocks);
}

static uint64_t stream_word(size_t i)
{
    uint64_t word = 0;
    for (unsigned b = 8; b > 0; b--) {
        word = word << 8 | stream_bytes[8 * i + b - 1];
    }
    return word;
}

static void check_uniform(const pa_he_source *source)
{
    static const uint64_t primes[] = {1048583, 1099511627791, 1125899906842597, 1125899906842679,
                                      2305843009213693951};
    static uint64_t out[N + 1];
    const pa_he_stream stream = {
        .seed = seed, .purpose = PA_HE_SEEDED_UNIFORM, .item = 3, .row = 5};
    fill_stream(&stream, sizeof stream_bytes / PA_CHACHA20_BLOCK);
    for (size_t p = 0; p < sizeof primes / sizeof *primes; p++) {
        const pa_he_modulus modulus = {.q = primes[p],
                                       .bits = 64 - (unsigned)__builtin_clzll(primes[p])};
        for (size_t n = 8; n <= N; n *= n < 512 ? 2 : 32) {
            out[n] = 7;
            pa_he_uniform(out, n, &modulus, &stream, source);
            size_t at = 0, wrong = 0;
            double sum = 0;
            for (size_t i = 0; i < n; i++) {
                uint64_t word;
                do {
                    word = stream_word(at++) & ((UINT64_C(1) << modulus.bits) - 1);
                } while (word >= modulus.q);
                wrong += out[i] != word;
                sum += (double)word / (double)modulus.q;
            }
            CHECK(wrong == 0 && out[n] == 7);
            CHECK(fabs(sum / (double)n - 0.5) < 6 / sqrt(12.0 * (double)n));
        }
    }
}

/* Mean and variance of n numbers within six standard errors (kurtosis below 3), support within +-most. */
static void check_moments(const int32_t *x, size_t n, double variance, int32_t most)
{
    double sum = 0, squares = 0;
    int32_t largest = 0, least = 0;
    for (size_t i = 0; i < n; i++) {
        sum += x[i];
        squares += (double)x[i] * x[i];
        largest = x[i] > largest ? x[i] : largest;
        least = x[i] < least ? x[i] : least;
    }
    CHECK(fabs(sum / (double)n) < 6 * sqrt(variance / (double)n));
    CHECK(fabs(squares / (double)n - variance) < 6 * variance * sqrt(2 / (double)n));
    CHECK(largest <= most && least >= -most);
}

static void check_ternary(const pa_he_source *source)
{
    static int32_t out[N + 1];
    for (uint32_t item = 0; item < 8; item++) {
        const pa_he_stream stream = {
            .seed = seed, .purpose = PA_HE_ENCRYPT_TERNARY, .item = item, .digit = 1};
        fill_stream(&stream, 2 * N / PA_CHACHA20_BLOCK);
        for (size_t n = 8; n <= N; n *= n < 512 ? 2 : 32) {
            out[n] = 7;
            pa_he_ternary(out, n, &stream, source);
            size_t at = 0, wrong = 0;
            for (size_t i = 0; i < n; i++) {
                while (stream_bytes[at] == 255) {
                    at++;
                }
                wrong += out[i] != stream_bytes[at++] % 3 - 1;
            }
            CHECK(wrong == 0 && out[n] == 7);
        }
        check_moments(out, N, 2.0 / 3, 1);
    }
}

static void check_error(const pa_he_source *source)
{
    static int32_t out[N + 1];
    for (uint32_t item = 0; item < 8; item++) {
        const pa_he_stream stream = {.seed = seed, .purpose = PA_HE_ENCRYPT_ERROR_0, .item = item};
        fill_stream(&stream, N * 8 / PA_CHACHA20_BLOCK);
        for (size_t n = 8; n <= N; n *= n < 512 ? 2 : 32) {
            out[n] = 77;
            pa_he_error(out, n, &stream, source);
            size_t wrong = 0;
            for (size_t i = 0; i < n; i++) {
                int32_t value = 0;
                for (unsigned b = 0; b < 42; b++) {
                    const int32_t bit = (int32_t)(stream_word(i) >> b & 1);
                    value += b < 21 ? bit : -bit;
                }
                wrong += out[i] != value;
            }
            CHECK(wrong == 0 && out[n] == 77);
        }
        check_moments(out, N, 10.5, 21);
    }
}

/* The table by libm: 1e-13 of each tail that doubles can tell. */
static void check_tails(void)
{
    double total = 1;
    for (int x = 60; x > 0; x--) {
        total += 2 * exp(-x * x / 24.0);
    }
    for (int k = 0; k < PA_HE_GAUSSIAN_TAILS; k++) {
        double tail = 0;
        for (int x = 60; x > k; x--) {
            tail += 2 * exp(-x * x / 24.0);
        }
        tail = ldexp(tail / total, 63);
        CHECK(fabs((double)pa_he_gaussian_tails[k] - tail) < 1 + 1e-12 * tail);
    }
}

__extension__ typedef __int128 integer;

static void check_gaussian(const pa_he_source *source)
{
    static int64_t low[N + 1], high[N + 1];
    static const unsigned sizes[] = {
        2, 3, 7, PA_HE_FLOOD_SPLIT + 1, PA_HE_FLOOD_SPLIT + 2, PA_HE_MOST_FLOOD_BITS};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const unsigned bits = sizes[s];
        const size_t n = bits > 7 ? 512 : N;
        const pa_he_stream stream = {.seed = seed, .purpose = PA_HE_FLOOD, .item = bits};
        fill_stream(&stream, (bits - 1) * n * 8 / PA_CHACHA20_BLOCK);
        low[n] = high[n] = 7;
        pa_he_gaussian(low, high, n, bits, &stream, source);
        double sum = 0, squares = 0, largest = 0;
        size_t wrong = 0;
        for (size_t i = 0; i < n; i++) {
            integer value = 0;
            for (unsigned j = 0; j + 1 < bits; j++) {
                const uint64_t word = stream_word(j * n + i);
                int64_t size = 0;
                while (size < PA_HE_GAUSSIAN_TAILS && word >> 1 < pa_he_gaussian_tails[size]) {
                    size++;
                }
                value += (word & 1 ? -size : size) * ((integer)1 << j);
            }
            wrong += low[i] + high[i] * ((integer)1 << PA_HE_FLOOD_SPLIT) != value;
            wrong += bits <= PA_HE_FLOOD_SPLIT + 1 && high[i] != 0;
            const double scaled = ldexp((double)value, -(int)bits);
            sum += scaled;
            squares += scaled * scaled;
            largest = fmax(largest, fabs(scaled));
        }
        const double variance = 1 - ldexp(1, 2 - 2 * (int)bits);
        CHECK(wrong == 0 && low[n] == 7 && high[n] == 7);
        CHECK(fabs(sum / (double)n) < 6 * sqrt(variance / (double)n));
        CHECK(fabs(squares / (double)n - variance) < 6 * variance * sqrt(2 / (double)n));
        CHECK(largest > 2 && largest < 6);
    }
}

/* ---- seeds ------------------------------------------------------------------------------------- */

static void check_draw(void)
{
    pyaccel_he_options options = {.struct_size = sizeof options, .insecure_test_seed = seed};
    const uint32_t nonce[3] = {0};
    uint8_t block[PA_CHACHA20_BLOCK];
    pa_chacha20_state state;
    pa_he_seeds seeds, others;
    pa_chacha20_begin(&state, seed, nonce);
    pa_chacha20_portable.blocks(block, &state, 1);
    CHECK(pa_he_draw(&seeds, &options) == PYACCEL_OK);
    CHECK(memcmp(seeds.published, block, 32) == 0 && memcmp(seeds.secret, block + 32, 32) == 0);
    options.insecure_test_seed = NULL;
    CHECK(pa_he_draw(&seeds, &options) == PYACCEL_OK);
    CHECK(pa_he_draw(&others, NULL) == PYACCEL_OK);
    CHECK(memcmp(&seeds, &others, sizeof seeds) != 0);
    CHECK(memcmp(seeds.published, block, 32) != 0);
}

int main(void)
{
    static const char *const specs[] = {"portable", "avx2", "avx512-emulated", "avx512", ""};
    random_bytes(seed, sizeof seed);
    check_tails();
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        if (pyaccel_cpu_select(specs[i]) != PYACCEL_OK) {
            printf("%s: not here\n", specs[i]);
            continue;
        }
        const pa_he_source source = pa_he_source_bound();
        check_blocks(source.chacha20);
        check_uniform(&source);
        check_ternary(&source);
        check_error(&source);
        check_gaussian(&source);
        check_draw();
    }
    return finish();
}
