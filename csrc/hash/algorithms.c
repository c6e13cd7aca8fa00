/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms: initial values, padding, digests. FIPS 180-4, FIPS 202, RIPEMD-160, GB/T 32905. */
#include <string.h>

#include "../core/bytes.h"
#include "algorithm.h"
#include "blake2.h"
#include "blake3.h"
#include "hmac.h"
#include "poseidon2.h"

/* First bits of the fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3 and 5.3.5). */
#define SHA256_INITIAL                                                                             \
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19

#define SHA256_SHAPE(digest, ...)                                                                  \
    .single = PA_FAMILY_SHA256, .lanes = PA_FAMILY_SHA256_LANES, .block_size = 64,                 \
    .length_size = 8, .state_words = 8, .digest_size = (digest), .big_endian = true,               \
    .pad_first = 0x80, .initial.word = {__VA_ARGS__}

static const pa_hash_algorithm sha256 = {SHA256_SHAPE(32, SHA256_INITIAL)};

/* FIPS 180-4, 5.3.2. */
static const pa_hash_algorithm sha224 = {SHA256_SHAPE(28, 0xc1059ed8, 0x367cd507, 0x3070dd17,
                                                      0xf70e5939, 0xffc00b31, 0x68581511,
                                                      0x64f98fa7, 0xbefa4fa4)};

static const pa_hash_algorithm ripemd160 = {
    .single = PA_FAMILY_RIPEMD160,
    .lanes = PA_FAMILY_RIPEMD160_LANES,
    .block_size = 64,
    .length_size = 8,
    .state_words = 5,
    .digest_size = 20,
    .pad_first = 0x80,
    .initial.word = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
};

static const pa_hash_algorithm sm3 = {
    .single = PA_FAMILY_SM3,
    .lanes = PA_FAMILY_SM3_LANES,
    .block_size = 64,
    .length_size = 8,
    .state_words = 8,
    .digest_size = 32,
    .big_endian = true,
    .pad_first = 0x80,
    .initial.word = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa,
                     0xe38dee4d, 0xb0fb0e4e},
};

static const pa_hash_algorithm sha256d = {SHA256_SHAPE(32, SHA256_INITIAL), .twice = true};
static const pa_hash_algorithm hash160 = {SHA256_SHAPE(32, SHA256_INITIAL), .then = &ripemd160};

#define SHA512_SHAPE(digest, ...)                                                                  \
    .single = PA_FAMILY_SHA512, .lanes = PA_FAMILY_SHA512_LANES, .block_size = 128,                \
    .length_size = 16, .state_words = 8, .digest_size = (digest), .wide = true,                    \
    .big_endian = true, .pad_first = 0x80, .initial.wide = {__VA_ARGS__}

static const pa_hash_algorithm sha512 = {
    SHA512_SHAPE(64, 0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                 0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179)};

/* FIPS 180-4, 5.3.4 and 5.3.6.2. */
static const pa_hash_algorithm sha384 = {
    SHA512_SHAPE(48, 0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
                 0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4)};
static const pa_hash_algorithm sha512_256 = {
    SHA512_SHAPE(32, 0x22312194fc2bf72c, 0x9f555fa3c84c64c2, 0x2393b86b6f53b151, 0x963877195940eabd,
                 0x96283ee2a88effe3, 0xbe5e1e2553863992, 0x2b0199fc2c85b8aa, 0x0eb72ddc81c52ca2)};

/* A sponge over Keccak-f[1600] (FIPS 202, 4): the rate stands behind the state, for the kernels. pad_first holds the
 * suffix that tells the functions apart and the first bit of the padding. */
#define KECCAK(rate, suffix, digest)                                                               \
    .single = PA_FAMILY_KECCAK, .lanes = PA_FAMILY_KECCAK_LANES, .block_size = (rate),             \
    .inverse = UINT64_MAX / (rate) + 1, .state_words = PA_KECCAK_WORDS, .digest_size = (digest),   \
    .wide = true, .pad_first = (suffix), .pad_last = 0x80, .initial.wide[PA_KECCAK_RATE] = (rate)

static const pa_hash_algorithm keccak256 = {KECCAK(136, 0x01, 32)};
static const pa_hash_algorithm sha3_224 = {KECCAK(144, 0x06, 28)};
static const pa_hash_algorithm sha3_256 = {KECCAK(136, 0x06, 32)};
static const pa_hash_algorithm sha3_384 = {KECCAK(104, 0x06, 48)};
static const pa_hash_algorithm sha3_512 = {KECCAK(72, 0x06, 64)};
static const pa_hash_algorithm shake128 = {KECCAK(168, 0x1f, 32), .variable = true};
static const pa_hash_algorithm shake256 = {KECCAK(136, 0x1f, 64), .variable = true};

/* BLAKE2: RFC 7693, 2.6. Initial values of SHA-512 and SHA-256. */
#define BLAKE2B_SHAPE                                                                              \
    .single = PA_FAMILY_BLAKE2B, .lanes = PA_FAMILY_BLAKE2B_LANES, .block_size = 128,              \
    .state_words = 8, .wide = true, .engine = &pa_blake2_engine,                                   \
    .initial.wide = {                                                                              \
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,            \
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179}

static const pa_hash_algorithm blake2b_256 = {BLAKE2B_SHAPE, .digest_size = 32};
static const pa_hash_algorithm blake2b_512 = {BLAKE2B_SHAPE, .digest_size = 64};

static const pa_hash_algorithm blake2s_256 = {
    .single = PA_FAMILY_BLAKE2S,
    .lanes = PA_FAMILY_BLAKE2S_LANES,
    .block_size = 64,
    .state_words = 8,
    .digest_size = 32,
    .engine = &pa_blake2_engine,
    .initial.word = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                     0x1f83d9ab, 0x5be0cd19},
};

/* Specification, table 1: SHA-256's initial value. */
static const pa_hash_algorithm blake3 = {
    .single = PA_FAMILY_BLAKE3,
    .lanes = PA_FAMILY_BLAKE3_LANES,
    .block_size = PA_BLAKE3_BLOCK,
    .state_words = 8,
    .digest_size = 32,
    .variable = true,
    .engine = &pa_blake3_engine,
    .initial.word = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                     0x1f83d9ab, 0x5be0cd19},
};

/* Blocks and digests are those of the hash. */
#define HMAC(family, id, block, digest)                                                            \
    {.single = (family),                                                                           \
     .lanes = family##_LANES,                                                                      \
     .block_size = (block),                                                                        \
     .state_words = 8,                                                                             \
     .digest_size = (digest),                                                                      \
     .engine = &pa_hmac_engine,                                                                    \
     .keyed_hash = (id)}

static const pa_hash_algorithm hmac_sha256 = HMAC(PA_FAMILY_SHA256, PYACCEL_HASH_SHA256, 64, 32);
static const pa_hash_algorithm hmac_sha512 = HMAC(PA_FAMILY_SHA512, PYACCEL_HASH_SHA512, 128, 64);
static const pa_hash_algorithm hmac_sm3 = HMAC(PA_FAMILY_SM3, PYACCEL_HASH_SM3, 64, 32);

const pa_hash_algorithm *pa_hash_algorithm_get(uint32_t id)
{
    switch (id) {
    case PYACCEL_HASH_SHA256:
        return &sha256;
    case PYACCEL_HASH_SHA256D:
        return &sha256d;
    case PYACCEL_HASH_SHA512:
        return &sha512;
    case PYACCEL_HASH_KECCAK256:
        return &keccak256;
    case PYACCEL_HASH_RIPEMD160:
        return &ripemd160;
    case PYACCEL_HASH_HASH160:
        return &hash160;
    case PYACCEL_HASH_SM3:
        return &sm3;
    case PYACCEL_HASH_SHA224:
        return &sha224;
    case PYACCEL_HASH_SHA384:
        return &sha384;
    case PYACCEL_HASH_SHA512_256:
        return &sha512_256;
    case PYACCEL_HASH_SHA3_224:
        return &sha3_224;
    case PYACCEL_HASH_SHA3_256:
        return &sha3_256;
    case PYACCEL_HASH_SHA3_384:
        return &sha3_384;
    case PYACCEL_HASH_SHA3_512:
        return &sha3_512;
    case PYACCEL_HASH_SHAKE128:
        return &shake128;
    case PYACCEL_HASH_SHAKE256:
        return &shake256;
    case PYACCEL_HASH_BLAKE2B_256:
        return &blake2b_256;
    case PYACCEL_HASH_BLAKE2B_512:
        return &blake2b_512;
    case PYACCEL_HASH_BLAKE2S_256:
        return &blake2s_256;
    case PYACCEL_HASH_BLAKE3:
        return &blake3;
    case PYACCEL_HASH_HMAC_SHA256:
        return &hmac_sha256;
    case PYACCEL_HASH_HMAC_SHA512:
        return &hmac_sha512;
    case PYACCEL_HASH_HMAC_SM3:
        return &hmac_sm3;
    default:
        return pa_poseidon2_algorithm(id);
    }
}

uint64_t pa_hash_digest_bytes(const pa_hash_algorithm *algorithm, uint64_t wanted)
{
    const pa_hash_algorithm *last = algorithm->then ? algorithm->then : algorithm;
    if (wanted == 0 || wanted == last->digest_size) {
        return last->digest_size;
    }
    return last->variable && wanted <= UINT32_MAX ? wanted : 0;
}

uint64_t pyaccel_hash_digest_size(uint32_t algorithm)
{
    const pa_hash_algorithm *found = pa_hash_algorithm_get(algorithm);
    return found ? pa_hash_digest_bytes(found, 0) : 0;
}

bool pa_hash_options_valid(const pa_hash_algorithm *algorithm, const pyaccel_hash_options *options)
{
    if (!PA_OPTIONS_VALID(options)) {
        return false;
    }
    if (algorithm->engine != NULL) {
        return algorithm->engine->options_valid(algorithm, options);
    }
    return options->key == NULL && options->key_size == 0 && options->context == NULL &&
           options->context_size == 0;
}

/* At least one bit is appended, then the length: a whole byte, since messages are whole bytes. */
uint32_t pa_hash_pad(const pa_hash_algorithm *algorithm, uint8_t *tail, uint32_t used,
                     uint64_t total)
{
    const uint32_t blocks = (uint32_t)pa_hash_block_count(algorithm, used);
    pa_hash_pad_blocks(algorithm, tail, used, blocks, total);
    return blocks;
}

void pa_hash_start(const pa_hash_algorithm *algorithm, pa_hash_state *state,
                   const pa_midstate *midstate)
{
    *state = algorithm->initial;
    if (midstate == NULL) {
        return;
    }
    for (uint32_t i = 0; i < 8 && i < algorithm->state_words; i++) {
        if (algorithm->wide) {
            state->wide[i] = midstate->state[i];
        } else {
            state->word[i] = (uint32_t)midstate->state[i];
        }
    }
}

void pa_hash_store_words(const pa_hash_algorithm *algorithm, uint8_t *digest, uint64_t size,
                         const pa_hash_state *state)
{
    const uint32_t word_size = algorithm->wide ? 8 : 4;
    const uint32_t words = (uint32_t)(size / word_size), rest = (uint32_t)(size % word_size);
    uint8_t last[8];
    /* A loop each, without a branch in it: of a short message all this is a good part of the time. */
#define STORE(store, of)                                                                           \
    for (uint32_t i = 0; i < words; i++) {                                                         \
        store(digest + i * word_size, state->of[i]);                                               \
    }                                                                                              \
    if (rest > 0) {                                                                                \
        store(last, state->of[words]);                                                             \
        pa_hash_copy(digest + words * word_size, last, rest);                                      \
    }
    if (algorithm->wide && algorithm->big_endian) {
        STORE(pa_store_be64, wide)
    } else if (algorithm->wide) {
        STORE(pa_store_le64, wide)
    } else if (algorithm->big_endian) {
        STORE(pa_store_be32, word)
    } else {
        STORE(pa_store_le32, word)
    }
#undef STORE
}

void pa_hash_stream_start(const pa_hash_algorithm *algorithm, pa_hash_stream *stream,
                          const pa_midstate *midstate)
{
    pa_hash_start(algorithm, &stream->state, midstate);
    stream->total = midstate ? midstate->bytes : 0;
    stream->used = 0;
}

/* Whole blocks where they lie, the rest through the buffer. */
void pa_hash_stream_absorb(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                           pa_hash_stream *stream, const uint8_t *data, uint64_t size)
{
    const uint32_t block = algorithm->block_size;
    stream->total += size;
    if (stream->used > 0) {
        uint32_t space = block - stream->used;
        uint32_t take = size < space ? (uint32_t)size : space;
        if (take > 0) {
            memcpy(stream->buffer + stream->used, data, take);
        }
        stream->used += take;
        if (stream->used < block) {
            return;
        }
        kernel->blocks(&stream->state, stream->buffer, 1);
        data += take;
        size -= take;
    }
    if (size >= block) {
        kernel->blocks(&stream->state, data, size / block);
        data += size - size % block;
    }
    stream->used = (uint32_t)(size % block);
    if (stream->used > 0) {
        memcpy(stream->buffer, data, stream->used);
    }
}

/* The digest from a state whose last block is absorbed; digests longer than a block are squeezed: absorbing zeros is the
 * permutation alone. */
static void finish(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                   pa_hash_state *state, uint8_t *digest, uint64_t size)
{
    static const uint8_t zeros[PA_HASH_MAX_BLOCK];
    const uint32_t block = algorithm->block_size;
    for (; size > block; size -= block, digest += block) {
        pa_hash_store_words(algorithm, digest, block, state);
        kernel->blocks(state, zeros, 1);
    }
    pa_hash_store_words(algorithm, digest, size, state);
}

void pa_hash_stream_finish(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                           pa_hash_stream *stream, uint8_t *digest, uint64_t size)
{
    memset(stream->buffer + stream->used, 0, 2 * algorithm->block_size - stream->used);
    kernel->blocks(&stream->state, stream->buffer,
                   pa_hash_pad(algorithm, stream->buffer, stream->used, stream->total));
    finish(algorithm, kernel, &stream->state, digest, size);
}

void pa_hash_data(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                  const pa_midstate *midstate, uint8_t *digest, uint64_t digest_size,
                  const uint8_t *data, uint64_t size)
{
    const uint32_t block = algorithm->block_size;
    const uint64_t whole = pa_hash_quotient(algorithm, size), used = size - whole * block;
    const uint64_t staged = pa_hash_block_count(algorithm, used);
    const uint64_t total = (midstate != NULL ? midstate->bytes : 0) + size;
    pa_hash_state state;
    uint8_t tail[2 * PA_HASH_MAX_BLOCK];
    pa_hash_start(algorithm, &state, midstate);
    if (whole > 0) {
        kernel->blocks(&state, data, whole);
    }
    memset(tail, 0, staged * block);
    if (used > 0) {
        memcpy(tail, data + whole * block, used);
    }
    pa_hash_pad_blocks(algorithm, tail, used, staged, total);
    kernel->blocks(&state, tail, staged);
    finish(algorithm, kernel, &state, digest, digest_size);
    if (midstate != NULL) {
        pa_wipe(&state, sizeof state);
        pa_wipe(tail, sizeof tail);
    }
}

/* Hashes one message of several parts. */
static void hash_parts(const pa_hash_job *job, uint8_t *digest, const pa_bytes *parts)
{
    pa_hash_stream stream;
    pa_hash_stream_start(job->algorithm, &stream, job->midstate);
    for (uint32_t i = 0; i < job->segment_count; i++) {
        pa_hash_stream_absorb(job->algorithm, job->single, &stream, parts[i].data, parts[i].size);
    }
    pa_hash_stream_finish(job->algorithm, job->single, &stream, digest, job->digest_size);
    if (job->midstate != NULL) {
        pa_wipe(&stream, sizeof stream);
    }
}

void pa_hash_one(const pa_hash_job *job, uint8_t *digest, const pa_bytes *parts)
{
    const pa_hash_algorithm *algorithm = job->algorithm;
    if (job->segment_count == 1) {
        pa_hash_data(algorithm, job->single, job->midstate, digest, job->digest_size, parts->data,
                     parts->size);
    } else {
        hash_parts(job, digest, parts);
    }
    if (algorithm->twice) {
        uint8_t inner[PA_HASH_MAX_DIGEST];
        memcpy(inner, digest, job->digest_size);
        pa_hash_data(algorithm, job->single, NULL, digest, job->digest_size, inner,
                     job->digest_size);
    }
}
