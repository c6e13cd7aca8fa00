/* SPDX-License-Identifier: Apache-2.0 */
/* The algorithms: initial values, padding, digests. FIPS 180-4, Keccak submission, RIPEMD-160, GB/T 32905. */
#include <string.h>

#include "../core/bytes.h"
#include "algorithm.h"

/* First bits of the fractional parts of the square roots of the first 8 primes (FIPS 180-4, 5.3.3 and 5.3.5). */
#define SHA256_SHAPE                                                                               \
    .single = PA_FAMILY_SHA256, .lanes = PA_FAMILY_SHA256_LANES, .block_size = 64,                 \
    .length_size = 8, .state_words = 8, .digest_words = 8, .big_endian = true, .pad_first = 0x80,  \
    .initial.word = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,                               \
                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}

static const pa_hash_algorithm sha256 = {SHA256_SHAPE};

static const pa_hash_algorithm ripemd160 = {
    .single = PA_FAMILY_RIPEMD160,
    .lanes = PA_FAMILY_COUNT,
    .block_size = 64,
    .length_size = 8,
    .state_words = 5,
    .digest_words = 5,
    .pad_first = 0x80,
    .initial.word = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0},
};

static const pa_hash_algorithm sm3 = {
    .single = PA_FAMILY_SM3,
    .lanes = PA_FAMILY_COUNT,
    .block_size = 64,
    .length_size = 8,
    .state_words = 8,
    .digest_words = 8,
    .big_endian = true,
    .pad_first = 0x80,
    .initial.word = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa,
                     0xe38dee4d, 0xb0fb0e4e},
};

static const pa_hash_algorithm sha256d = {SHA256_SHAPE, .second = &sha256};
static const pa_hash_algorithm hash160 = {SHA256_SHAPE, .second = &ripemd160};

static const pa_hash_algorithm sha512 = {
    .single = PA_FAMILY_SHA512,
    .lanes = PA_FAMILY_COUNT,
    .block_size = 128,
    .length_size = 16,
    .state_words = 8,
    .digest_words = 8,
    .wide = true,
    .big_endian = true,
    .pad_first = 0x80,
    .initial.wide = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                     0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b,
                     0x5be0cd19137e2179},
};

static const pa_hash_algorithm keccak256 = {
    .single = PA_FAMILY_KECCAK256,
    .lanes = PA_FAMILY_COUNT,
    .block_size = 136,
    .state_words = 25,
    .digest_words = 4,
    .wide = true,
    .pad_first = 0x01,
    .pad_last = 0x80,
};

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
    default:
        return NULL;
    }
}

uint64_t pa_hash_digest_bytes(const pa_hash_algorithm *algorithm)
{
    return pa_hash_stage_bytes(algorithm->second ? algorithm->second : algorithm);
}

uint64_t pyaccel_hash_digest_size(uint32_t algorithm)
{
    const pa_hash_algorithm *found = pa_hash_algorithm_get(algorithm);
    return found ? pa_hash_digest_bytes(found) : 0;
}

/* At least one bit is appended, then the length: a whole byte, since messages are whole bytes. */
uint64_t pa_hash_block_count(const pa_hash_algorithm *algorithm, uint64_t total)
{
    return (total + algorithm->length_size) / algorithm->block_size + 1;
}

uint32_t pa_hash_pad(const pa_hash_algorithm *algorithm, uint8_t *tail, uint32_t used,
                     uint64_t total)
{
    uint32_t blocks = (uint32_t)pa_hash_block_count(algorithm, used);
    uint8_t *end = tail + blocks * algorithm->block_size;
    tail[used] |= algorithm->pad_first;
    end[-1] |= algorithm->pad_last;
    if (algorithm->length_size == 0) {
        return blocks;
    }
    if (algorithm->big_endian) {
        pa_store_be64(end - 8, total << 3);
    } else {
        pa_store_le64(end - algorithm->length_size, total << 3);
    }
    if (algorithm->length_size == 16) {
        pa_store_be64(end - 16, total >> 61);
    }
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

static void store_digest(const pa_hash_algorithm *algorithm, uint8_t *digest,
                         const pa_hash_state *state)
{
    for (uint32_t i = 0; i < algorithm->digest_words; i++) {
        if (algorithm->wide && algorithm->big_endian) {
            pa_store_be64(digest + 8 * i, state->wide[i]);
        } else if (algorithm->wide) {
            pa_store_le64(digest + 8 * i, state->wide[i]);
        } else if (algorithm->big_endian) {
            pa_store_be32(digest + 4 * i, state->word[i]);
        } else {
            pa_store_le32(digest + 4 * i, state->word[i]);
        }
    }
}

/* Hashes one message of several parts: whole blocks where they lie, the rest through a buffer of two blocks. */
static void hash_stage(const pa_hash_algorithm *algorithm, const struct pa_hash_single *kernel,
                       uint8_t *digest, const pa_midstate *midstate, const pa_bytes *parts,
                       uint32_t part_count)
{
    pa_hash_state state;
    uint8_t buffer[2 * PA_HASH_MAX_BLOCK];
    uint32_t block = algorithm->block_size;
    uint32_t used = 0;
    uint64_t total = midstate ? midstate->bytes : 0;
    pa_hash_start(algorithm, &state, midstate);
    for (uint32_t i = 0; i < part_count; i++) {
        const uint8_t *data = parts[i].data;
        uint64_t size = parts[i].size;
        total += size;
        if (used > 0) {
            uint32_t take = size < block - used ? (uint32_t)size : block - used;
            if (take > 0) {
                memcpy(buffer + used, data, take);
            }
            used += take;
            if (used < block) {
                continue;
            }
            kernel->blocks(&state, buffer, 1);
            data += take;
            size -= take;
        }
        if (size >= block) {
            kernel->blocks(&state, data, size / block);
            data += size - size % block;
        }
        used = (uint32_t)(size % block);
        if (used > 0) {
            memcpy(buffer, data, used);
        }
    }
    memset(buffer + used, 0, 2 * block - used);
    kernel->blocks(&state, buffer, pa_hash_pad(algorithm, buffer, used, total));
    store_digest(algorithm, digest, &state);
}

void pa_hash_one(const pa_hash_job *job, uint8_t *digest, const pa_bytes *parts)
{
    const pa_hash_algorithm *algorithm = job->algorithm;
    if (algorithm->second == NULL) {
        hash_stage(algorithm, job->single, digest, job->midstate, parts, job->segment_count);
        return;
    }
    uint8_t inner[PA_HASH_MAX_DIGEST];
    hash_stage(algorithm, job->single, inner, job->midstate, parts, job->segment_count);
    pa_bytes row = {inner, pa_hash_stage_bytes(algorithm)};
    hash_stage(algorithm->second, job->second, digest, NULL, &row, 1);
}
