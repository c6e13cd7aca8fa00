/* SPDX-License-Identifier: Apache-2.0 */
/* What every variant of Ed25519 does alike: rows become encodings, scalars and hashes; decoded
 * points become reasons. */
#include <string.h>

#include "../field/words.h"
#include "../hash/hash.h"
#include "ed25519.h"

/* Row i of the chunk is row `first + i` of the job; false for a bad index or offset. */
static bool read_row(pa_ed25519_chunk *chunk, const pa_verify_job *job, uint64_t first, uint64_t i)
{
    pa_bytes key, signature;
    const void *prepared;
    if (!pa_verify_key(&key, &prepared, job, sizeof(pa_ed25519_prepared), first + i) ||
        !pa_rows_get(&signature, job->signatures, first + i)) {
        return false;
    }
    chunk->key[i] = prepared != NULL ? prepared : &chunk->keys[i];
    if (key.size != 32 || signature.size != 64) {
        chunk->reasons[i] = PYACCEL_REASON_LENGTH;
        memset(chunk->encoded[i], 0, sizeof chunk->encoded[i]);
        return true;
    }
    uint8_t s[32];
    chunk->reasons[i] = PYACCEL_REASON_NONE;
    memcpy(chunk->encoded[i], signature.data, 32);
    memcpy(chunk->encoded[i] + 32, key.data, 32);
    memcpy(s, signature.data + 32, 32);
    chunk->in_range[i] = pa_ed25519_scalar_decode(&chunk->s[i], s);
    return true;
}

pyaccel_status pa_ed25519_chunk_read(pa_ed25519_chunk *chunk, uint8_t digests[PA_ED25519_CHUNK][64],
                                     const pa_verify_job *job, uint64_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        if (!read_row(chunk, job, first, i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
    }
    const pyaccel_rows segments[2] = {
        {.data = chunk->encoded[0], .data_size = n * 64, .width = 64, .stride = 64},
        pa_rows_from(job->messages, first),
    };
    return pa_sha512_lanes(digests[0], NULL, segments, 2, 0, n);
}

/* What the rules ask beside the equation, by PYACCEL_RULE_*.
 *
 * The libraries behind openssl, dalek-strict and libsodium encode [S]B - [k]A and compare that to
 * R as bytes. Encoding gives the one canonical encoding of a point (y < p, no sign on x = 0), and
 * this decodes to the point again: the bytes are equal exactly when R is canonical and
 * [S]B - [k]A = R. An R that does not decode, has y >= p or a sign on x = 0 equals nothing that
 * comes out; it is PYACCEL_REASON_ENCODING, as under rfc8032, whatever else is wrong after it. So
 * a kernel may as well compare bytes under every exact rule, and decode R of the rows that failed
 * alone, for their reason. */
static const struct {
    uint32_t key, r; /* PA_ED25519_*: of the encodings of A and of R */
    bool small_order;
} rules[] = {
    [PYACCEL_RULE_ZIP215] = {PA_ED25519_DECODES, PA_ED25519_DECODES, true},
    [PYACCEL_RULE_RFC8032] = {PA_ED25519_CANONICAL, PA_ED25519_CANONICAL, true},
    [PYACCEL_RULE_OPENSSL] = {PA_ED25519_DECODES, PA_ED25519_CANONICAL, true},
    [PYACCEL_RULE_DALEK_STRICT] = {PA_ED25519_DECODES, PA_ED25519_CANONICAL, false},
    [PYACCEL_RULE_LIBSODIUM] = {PA_ED25519_CANONICAL, PA_ED25519_CANONICAL, false},
};

bool pa_ed25519_small_order(const uint8_t encoding[32])
{
    /* Words of y, least significant first. Order 4, 1, 2 and 8: 0, 1, -1, the two roots of
     * d y^4 + 2 y^2 = 1; then 0 and 1 once more as y >= p, where no other of them has room. */
    static const uint64_t ys[7][4] = {
        {0, 0, 0, 0},
        {1, 0, 0, 0},
        {0xffffffffffffffec, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff},
        {0xb027b2c28f95e826, 0xf098eff289f4c345, 0x3933c6d305acdfd5, 0x05fc536d880238b1},
        {0x4fd84d3d706a17c7, 0x0f67100d760b3cba, 0xc6cc392cfa53202a, 0x7a03ac9277fdc74e},
        {0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff},
        {0xffffffffffffffee, 0xffffffffffffffff, 0xffffffffffffffff, 0x7fffffffffffffff},
    };
    uint64_t y[4];
    pa_words_from_le(y, encoding);
    y[3] &= INT64_MAX;
    for (size_t i = 0; i < sizeof ys / sizeof *ys; i++) {
        if (memcmp(y, ys[i], sizeof y) == 0) {
            return true;
        }
    }
    return false;
}

unsigned int pa_ed25519_chunk_judge(unsigned int live[PA_ED25519_CHUNK], pa_ed25519_chunk *chunk,
                                    uint32_t rule, uint64_t n)
{
    const bool strict = !rules[rule].small_order;
    unsigned int count = 0;
    for (unsigned int i = 0; i < n; i++) {
        if (chunk->reasons[i] != PYACCEL_REASON_NONE) {
            continue;
        }
        const uint8_t *r = chunk->encoded[i], *key = r + 32;
        if ((chunk->key[i]->encoding & rules[rule].key) == 0 ||
            (strict && pa_ed25519_small_order(key))) {
            chunk->reasons[i] = PYACCEL_REASON_KEY;
        } else if ((chunk->r[i].encoding & rules[rule].r) == 0 ||
                   (strict && pa_ed25519_small_order(r))) {
            chunk->reasons[i] = PYACCEL_REASON_ENCODING;
        } else if (!chunk->in_range[i]) {
            chunk->reasons[i] = PYACCEL_REASON_RANGE;
        } else {
            live[count++] = i;
        }
    }
    return count;
}
