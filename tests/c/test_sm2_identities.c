/* SPDX-License-Identifier: Apache-2.0 */
/* SM2 with messages and identities: the default, one for all rows, one a row; pairs of a key and an identity that come again, and
 * pairs that are nearly the same. */
#include <string.h>

#include "weierstrass_rows.h"

/* e = SM3(SM3(bits of ID || ID || a || b || G || key) || message), from hashes of single messages. */
static number sm2_digest(const uint8_t *identity, uint64_t size, const signed_row *row,
                         const uint8_t *message, uint64_t message_size)
{
    static uint8_t text[2 + 8191 + 6 * B];
    const number *const numbers[] = {&curve_a, &curve_b, &generator.x, &generator.y};
    uint8_t *at = text + 2, za[32], e[32], together[32 + 64];
    text[0] = (uint8_t)(8 * size >> 8);
    text[1] = (uint8_t)(8 * size);
    memcpy(at, identity, size);
    at += size;
    for (int i = 0; i < 4; i++, at += B) {
        number_to_bytes(at, numbers[i]);
    }
    memcpy(at, row->key + 1, 2 * B);
    at += 2 * B;
    CHECK(pyaccel_hash_one(za, sizeof za, PYACCEL_HASH_SM3, text, (uint64_t)(at - text), NULL) ==
          PYACCEL_OK);
    memcpy(together, za, 32);
    memcpy(together + 32, message, message_size);
    CHECK(pyaccel_hash_one(e, sizeof e, PYACCEL_HASH_SM3, together, 32 + message_size, NULL) ==
          PYACCEL_OK);
    const number value = number_from_bytes(e);
    return number_mod(&value, &group_order);
}

/* A row that is valid for a message under an identity: s and t are chosen, r = e + x is what t - s then is, so s moves. */
static signed_row sm2_sign(const number *d, const uint8_t *identity, uint64_t size,
                           const uint8_t *message, uint64_t message_size)
{
    const number one = number_of(1), k = random_number(&group_order);
    const point q = point_mul(d, &generator), commitment = point_mul(&k, &generator);
    signed_row row;
    put_key(&row, &q);
    const number e = sm2_digest(identity, size, &row, message, message_size);
    const number r = mod_add(&e, &commitment.x, &group_order);
    number by = mod_add(d, &one, &group_order), s = mod_mul(&r, d, &group_order);
    by = mod_inverse(&by, &group_order);
    s = mod_sub(&k, &s, &group_order);
    s = mod_mul(&s, &by, &group_order);
    put_signature(&row, &r, &s);
    return row;
}

#define SIGNED 300

/* Rows of few keys, each with an identity and a message of its own, or all with one; keys prepared or not. */
static void test_identities(void)
{
    static signed_row signed_rows[SIGNED];
    static uint8_t identities[64 * 40 + 8192], messages[SIGNED][64];
    static uint32_t identity_offsets[SIGNED + 1], message_offsets[SIGNED + 1];
    static uint8_t ragged[SIGNED * 64];
    static const char common[] = "1234567812345678";
    number logarithms[4];
    uint32_t key_index[SIGNED];
    uint8_t verdicts[SIGNED], reasons[SIGNED];
    for (int i = 0; i < 4; i++) {
        logarithms[i] = random_number(&group_order);
    }
    random_bytes(identities, sizeof identities);
    for (int kind = 0; kind < 3;
         kind++) { /* the default, one of another length, one for each row */
        for (int i = 0; i < SIGNED; i++) {
            const bool new = i < 24; /* signing takes long: the others are these again */
            const uint64_t message_size = (uint64_t)(i % 24) * 2;
            if (new) {
                random_bytes(messages[i], sizeof messages[i]);
                const uint64_t size = kind == 0 ? 16 : kind == 1 ? 8191 : (uint64_t)i * 2;
                signed_rows[i] =
                    sm2_sign(&logarithms[i % 4], kind == 0 ? (const uint8_t *)common : identities,
                             size, messages[i], message_size);
            } else {
                signed_rows[i] = signed_rows[i % 24];
            }
            key_index[i] = (uint32_t)(i % 4);
            message_offsets[i + 1] = message_offsets[i] + (uint32_t)message_size;
            memcpy(ragged + message_offsets[i], messages[i % 24], message_size);
        }
        /* All identities begin alike, so that the rows of one can overlap. */
        static uint8_t own[SIGNED * 64];
        for (int i = 0; i < SIGNED; i++) {
            const uint32_t size = (uint32_t)(i % 24) * 2;
            memcpy(own + identity_offsets[i], identities, size);
            identity_offsets[i + 1] = identity_offsets[i] + size;
        }
        const pyaccel_rows keys = fixed_rows(signed_rows->key + 1, SIGNED, 64, sizeof *signed_rows);
        const pyaccel_rows few = fixed_rows(signed_rows->key + 1, 4, 64, sizeof *signed_rows);
        const pyaccel_rows texts = ragged_rows(ragged, message_offsets, SIGNED);
        const pyaccel_rows signatures =
            fixed_rows(signed_rows->signature, SIGNED, 64, sizeof *signed_rows);
        const pyaccel_rows default_identity = fixed_rows(common, SIGNED, 16, 0),
                           long_identity = fixed_rows(identities, SIGNED, 8191, 0),
                           each = ragged_rows(own, identity_offsets, SIGNED);
        const pyaccel_rows *const identity[] = {&default_identity, &long_identity, &each};
        pyaccel_prepared_keys *prepared = NULL;
        CHECK(pyaccel_prepared_keys_new(&prepared, SCHEME, &few, 4, NULL) == PYACCEL_OK);
        for (int way = 0; way < 3; way++) { /* keys as they are, by index, prepared */
            for (int given = -1; given < 3; given++) {
                pyaccel_verify_options options = options_of(ANY_RULE);
                options.message_hash = 0;
                options.reasons = reasons;
                options.identity = given < 0 ? NULL : identity[given];
                if (way > 0) {
                    options.key_index = key_index;
                    options.prepared = way == 2 ? prepared : NULL;
                    options.key_count = way == 1 ? 4 : 0;
                }
                CHECK(pyaccel_verify_many(verdicts, SCHEME,
                                          way == 0   ? &keys
                                          : way == 1 ? &few
                                                     : NULL,
                                          &texts, &signatures, SIGNED, &options) == PYACCEL_OK);
                const bool right = (given < 0 ? 0 : given) == kind;
                int as_expected = 0;
                for (int i = 0; i < SIGNED; i++) {
                    as_expected +=
                        verdicts[i] == right &&
                        reasons[i] == (right ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION);
                }
                CHECK(as_expected == SIGNED);
            }
        }
        pyaccel_prepared_keys_free(prepared);
    }
    /* One row's identity is too long, and that row alone is refused. */
    uint32_t offsets[4] = {0, 16, 16 + 8192, 16 + 8192 + 16};
    static uint8_t three[16 + 8192 + 16];
    memcpy(three, common, 16);
    memcpy(three + 16 + 8192, common, 16);
    signed_row same[3];
    for (int i = 0; i < 3; i++) {
        same[i] = sm2_sign(&logarithms[0], (const uint8_t *)common, 16, messages[0], 5);
    }
    const pyaccel_rows keys = fixed_rows(same->key, 3, sizeof same->key, sizeof *same),
                       texts = fixed_rows(messages[0], 3, 5, 0),
                       signatures = fixed_rows(same->signature, 3, 64, sizeof *same),
                       identity = ragged_rows(three, offsets, 3);
    pyaccel_verify_options options = options_of(ANY_RULE);
    options.message_hash = 0;
    options.reasons = reasons;
    options.identity = &identity;
    CHECK(pyaccel_verify_many(verdicts, SCHEME, &keys, &texts, &signatures, 3, &options) ==
          PYACCEL_OK);
    CHECK(verdicts[0] == 1 && verdicts[1] == 0 && verdicts[2] == 1);
    CHECK(reasons[1] == PYACCEL_REASON_LENGTH);
}

#define PAIRS 48

/* One pair of a key and an identity, with a row that is valid under it. */
typedef struct {
    uint64_t size;
    const uint8_t *identity;
    signed_row row;
} signed_pair;

static const uint8_t text[] = "the text of all";

/* Verdicts of SIGNED rows, row i under key and signature of pair signer[i] and under the identity of pair named[i]; keys as they
 * are, by index, and prepared. */
static void check_pairs(const signed_pair *pairs, const uint8_t *signer, const uint8_t *named)
{
    static signed_row rows[SIGNED];
    static uint8_t identities[SIGNED * 8191];
    static uint32_t offsets[SIGNED + 1], key_index[SIGNED];
    uint8_t verdicts[SIGNED], reasons[SIGNED];
    for (int i = 0; i < SIGNED; i++) {
        const signed_pair *pair = &pairs[named[i]];
        rows[i] = pairs[signer[i]].row;
        key_index[i] = (uint32_t)signer[i];
        memcpy(identities + offsets[i], pair->identity, pair->size);
        offsets[i + 1] = offsets[i] + (uint32_t)pair->size;
    }
    const pyaccel_rows keys = fixed_rows(rows->key + 1, SIGNED, 64, sizeof *rows),
                       few = fixed_rows(pairs->row.key + 1, PAIRS, 64, sizeof *pairs),
                       texts = fixed_rows(text, SIGNED, sizeof text, 0),
                       signatures = fixed_rows(rows->signature, SIGNED, 64, sizeof *rows),
                       identity = ragged_rows(identities, offsets, SIGNED);
    pyaccel_prepared_keys *prepared = NULL;
    CHECK(pyaccel_prepared_keys_new(&prepared, SCHEME, &few, PAIRS, NULL) == PYACCEL_OK);
    for (int way = 0; way < 3; way++) {
        pyaccel_verify_options options = options_of(ANY_RULE);
        options.message_hash = 0;
        options.reasons = reasons;
        options.identity = &identity;
        options.key_index = way > 0 ? key_index : NULL;
        options.key_count = way == 1 ? PAIRS : 0;
        options.prepared = way == 2 ? prepared : NULL;
        const pyaccel_rows *const given[] = {&keys, &few, NULL};
        CHECK(pyaccel_verify_many(verdicts, SCHEME, given[way], &texts, &signatures, SIGNED,
                                  &options) == PYACCEL_OK);
        int wrong = 0;
        for (int i = 0; i < SIGNED; i++) {
            const signed_pair *own = &pairs[signer[i]], *other = &pairs[named[i]];
            const bool right =
                own->size == other->size && memcmp(own->identity, other->identity, own->size) == 0;
            wrong += verdicts[i] != right ||
                     reasons[i] != (right ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION);
        }
        CHECK(wrong == 0);
    }
    pyaccel_prepared_keys_free(prepared);
}

/* Three keys under identities that begin alike, end alike, or are the default; each pair in many rows. */
static void test_pairs(void)
{
    static signed_pair pairs[PAIRS];
    static uint8_t bytes[8191], nearly[24][200];
    static const uint64_t sizes[] = {0, 1, 2, 7, 8, 9, 16, 127, 128, 129, 1000, 8191};
    uint8_t signer[SIGNED], named[SIGNED];
    number logarithms[3];
    for (int i = 0; i < 3; i++) {
        logarithms[i] = random_number(&group_order);
    }
    random_bytes(bytes, sizeof bytes);
    for (int i = 0; i < PAIRS; i++) {
        signed_pair *pair = &pairs[i];
        int key = i % 3;
        if (i <
            22) { /* prefixes of one text; the first eleven of them fill 8 KiB and more with the last alone */
            pair->size = sizes[i / 2];
            pair->identity = bytes;
        } else if (i < 24) {
            pair->size = i == 22 ? 8191 : 16;
            pair->identity = i == 22 ? bytes : (const uint8_t *)"1234567812345678";
        } else { /* one key, and ends so long that are the same that all such pairs are looked for in one place */
            memcpy(nearly[i - 24], bytes, sizeof *nearly);
            nearly[i - 24][0] = (uint8_t)i;
            pair->size = sizeof *nearly;
            pair->identity = nearly[i - 24];
            key = 0;
        }
        pair->row = sm2_sign(&logarithms[key], pair->identity, pair->size, text, sizeof text);
    }
    /* Short ones; with the longest; those that nearly are the same; all. */
    static const int first[] = {0, 0, 23, 0}, last[] = {20, 23, PAIRS, PAIRS};
    for (int kind = 0; kind < 4; kind++) {
        const int among = last[kind] - first[kind];
        for (int i = 0; i < SIGNED; i++) {
            signer[i] = (uint8_t)(first[kind] + i * 7 % among);
        }
        check_pairs(pairs, signer, signer);
        for (int i = 0; i < SIGNED; i++) { /* every third row under the identity of the next */
            named[i] = i % 3 ? signer[i] : signer[(i + 1) % SIGNED];
        }
        check_pairs(pairs, signer, named);
        for (int i = 0; i < SIGNED; i++) { /* runs of one pair, longer than a chunk */
            named[i] = signer[i] = signer[i / 200];
        }
        check_pairs(pairs, signer, named);
    }
}

/* Identities of one size that overlap in memory: each begins a byte behind the one before. */
static void test_overlapping(void)
{
    static uint8_t bytes[SIGNED + 16];
    static signed_row rows[SIGNED];
    const number d = random_number(&group_order);
    uint8_t verdicts[SIGNED];
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)i;
    }
    for (int i = 4; i < SIGNED + 16; i++) {
        bytes[i] = bytes[i - 4];
    }
    for (int i = 0; i < SIGNED; i++) {
        rows[i] = i < 4 ? sm2_sign(&d, bytes + i, 16, text, sizeof text) : rows[i % 4];
    }
    const pyaccel_rows keys = fixed_rows(rows->key + 1, SIGNED, 64, 0),
                       texts = fixed_rows(text, SIGNED, sizeof text, 0),
                       signatures = fixed_rows(rows->signature, SIGNED, 64, sizeof *rows);
    for (uint64_t stride = 1; stride <= 2; stride++) { /* two: every second identity of the four */
        const uint64_t n = SIGNED / stride;
        const pyaccel_rows identity = fixed_rows(bytes, n, 16, stride);
        pyaccel_verify_options options = options_of(ANY_RULE);
        options.message_hash = 0;
        options.identity = &identity;
        CHECK(pyaccel_verify_many(verdicts, SCHEME, &keys, &texts, &signatures, n, &options) ==
              PYACCEL_OK);
        int wrong = 0;
        for (uint64_t i = 0; i < n; i++) {
            wrong += verdicts[i] != (i % 4 == i * stride % 4);
        }
        CHECK(wrong == 0);
    }
}

int main(void)
{
    test_identities();
    test_pairs();
    test_overlapping();
    return finish();
}
