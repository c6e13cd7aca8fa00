/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: under every rule and in every format, every variant says of every row what a slow verifier of its own says, for
 * any mixture of rows, in batches of any size, from key bytes and from prepared keys; and recovers the same keys.
 *
 * Input: rule (of ECDSA, BIP-340, recovery), format and message hash, variant, rows in the batch, distinct rows and prepared keys; then 8 bytes a distinct row:
 * key, nonce, kind, size of the message, its byte, where to edit, how to edit, lengths. Secrets and nonces are few and such that
 * sums of points collide; a row is signed for them unless its kind asks for something else, so that many are valid. */
#include <stdio.h>
#include <stdlib.h>

#include "../c/secp256k1_reference.h"
#include "fuzz.h"
#include "pyaccel.h"

/* A check that stays in release builds. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

#define DISTINCT 4u
#define MOST_ROWS 80u
#define MOST_SPECS 16u
#define SECRETS 16u

typedef struct {
    const uint8_t *data;
    size_t size;
} reader;

static uint8_t next_byte(reader *in)
{
    if (in->size == 0) {
        return 0;
    }
    in->size--;
    return *in->data++;
}

/* ---- points and variants, made once --------------------------------------------------------- */

static number secrets[SECRETS];
static point points[SECRETS];
/* A point whose abscissa lies in [n, p), so that r + n is looked at. */
static point beyond;
static char specs[MOST_SPECS][64];
static unsigned int spec_count;

/* Small ones and their opposites, powers of two where tables begin and end, lambda and its square, what is like random. */
static void make_points(void)
{
    static const uint64_t lambda[4] = {0xdf02967c1b23bd72, 0x122e22ea20816678, 0xa5261c028812645a,
                                       0x5363ad4cc05c30e0};
    const number zero = {{0}}, by_lambda = number_from_words(lambda);
    secrets[0] = number_of(1);
    secrets[1] = number_of(2);
    secrets[2] = number_of(3);
    secrets[3] = number_of(31);
    secrets[4].word[4] = 1; /* 2^128 */
    secrets[5].word[4] = 4; /* 2^130 */
    secrets[6] = by_lambda;
    secrets[7] = (number){{0x9e3779b9, 0x7f4a7c15, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344,
                           0xa4093822, 0x299f31d0}};
    for (unsigned int i = 0; i < 8; i++) {
        secrets[8 + i] = mod_neg(&secrets[i], &group_order);
    }
    secrets[14] = fold_mul(&by_lambda, &by_lambda, &group_order);
    for (unsigned int i = 0; i < SECRETS; i++) {
        points[i] = reference_sum(&secrets[i], &zero, &generator);
    }
    number x = group_order;
    const number one = number_of(1);
    do {
        uint32_t carry;
        x = number_add(&x, &one, &carry);
        beyond = point_lift(&x);
    } while (beyond.infinite);
}

/* A spec for each variant that can run here. */
static void find_specs(void)
{
    static const char *const levels[] = {"avx512ifma", "avx2", "portable", "avx512ifma-emulated"};
    pyaccel_variant row;
    for (uint32_t i = 0; pyaccel_variant_get(&row, i) == PYACCEL_OK; i++) {
        const bool ours = strcmp(row.family, "secp256k1") == 0 || strcmp(row.family, "bip340") == 0;
        for (size_t level = 0; level < 4 && ours; level++) {
            char *spec = specs[spec_count];
            snprintf(spec, sizeof *specs, "%s,%s=%s", levels[level], row.family, row.variant);
            if (spec_count < MOST_SPECS && pyaccel_cpu_select(spec) == PYACCEL_OK) {
                spec_count++;
                break;
            }
        }
    }
    REQUIRE(spec_count > 0);
}

/* ---- rows ----------------------------------------------------------------------------------- */

typedef struct {
    uint8_t key[80], signature[96], message[256], digest[32];
    uint64_t key_size, signature_size, size, digest_size;
} signed_row;

/* A key in the form that a number names. */
static void put_key(signed_row *row, const point *q, unsigned int form)
{
    const uint8_t odd = q->y.word[0] & 1;
    static const uint8_t prefixes[4] = {2, 4, 4, 6};
    row->key_size = form == 0 ? 33 : form == 2 ? 64 : 65;
    uint8_t *at = row->key;
    if (form != 2) {
        *at++ = form == 0 || form == 3 ? (uint8_t)(prefixes[form] + odd) : prefixes[form];
    }
    number_to_bytes(at, &q->x);
    number_to_bytes(at + 32, &q->y);
}

static uint8_t *put_integer(uint8_t *out, const number *value)
{
    uint8_t bytes[33] = {0};
    unsigned int skip = 0;
    number_to_bytes(bytes + 1, value);
    while (skip < 32 && bytes[skip] == 0 && bytes[skip + 1] < 0x80) {
        skip++;
    }
    *out++ = 2;
    *out++ = (uint8_t)(33 - skip);
    memcpy(out, bytes + skip, 33 - skip);
    return out + 33 - skip;
}

static void put_signature(signed_row *row, const number *r, const number *s, uint32_t format)
{
    if (format == PYACCEL_SIGNATURE_FORMAT_RAW) {
        number_to_bytes(row->signature, r);
        number_to_bytes(row->signature + 32, s);
        row->signature_size = 64;
        return;
    }
    const uint8_t *end = put_integer(put_integer(row->signature + 2, r), s);
    row->signature[0] = 0x30;
    row->signature_size = (uint64_t)(end - row->signature);
    row->signature[1] = (uint8_t)(row->signature_size - 2);
}

static void put_row(signed_row *row, reader *in, uint32_t format, uint32_t hash)
{
    static const uint32_t algorithms[] = {PYACCEL_HASH_SHA256, PYACCEL_HASH_SHA256D,
                                          PYACCEL_HASH_KECCAK256};
    const uint8_t a = next_byte(in), k = next_byte(in), kind = next_byte(in);
    const uint8_t size = next_byte(in);
    memset(row, 0, sizeof *row);
    memset(row->message, next_byte(in), sizeof row->message);
    const uint8_t where = next_byte(in), how = next_byte(in), lengths = next_byte(in);
    const number *secret = &secrets[a % SECRETS], *nonce = &secrets[k % SECRETS];
    number r = number_mod(&points[k % SECRETS].x, &group_order), s, z;
    point q = points[a % SECRETS];
    row->size = hash == PYACCEL_MESSAGE_HASH_NONE ? 32 : size;
    row->digest_size = 32;
    if (hash == PYACCEL_MESSAGE_HASH_NONE && kind & 1) {
        /* The digest that makes u1 a small number, or one that lambda maps: u2 is one of the secrets. */
        const number *u2 = nonce, *u1 = &secrets[size % SECRETS];
        const number zero = {{0}}, inverse = mod_inverse(u2, &group_order);
        if (kind & 2) {
            q = kind & 4 ? point_neg(&beyond) : beyond;
            q = reference_sum(&zero, &inverse, &q);
            r = number_sub(&beyond.x, &group_order);
            s = fold_mul(&r, &inverse, &group_order);
            z = zero;
        } else {
            const point sum = reference_sum(u1, u2, &q);
            r = sum.infinite ? number_of(1) : number_mod(&sum.x, &group_order);
            s = fold_mul(&r, &inverse, &group_order);
            z = fold_mul(u1, &s, &group_order);
        }
        number_to_bytes(row->message, &z);
        memcpy(row->digest, row->message, 32);
    } else {
        if (hash == PYACCEL_MESSAGE_HASH_NONE) {
            memcpy(row->digest, row->message, 32);
        } else {
            REQUIRE(pyaccel_hash_one(row->digest, 32,
                                     algorithms[hash - PYACCEL_MESSAGE_HASH_SHA256], row->message,
                                     row->size, NULL) == PYACCEL_OK);
        }
        z = number_from_bytes(row->digest);
        z = number_mod(&z, &group_order);
        const number inverse = mod_inverse(nonce, &group_order);
        s = fold_mul(&r, secret, &group_order);
        s = mod_add(&s, &z, &group_order);
        s = fold_mul(&s, &inverse, &group_order);
    }
    if (kind & 8) {
        s = mod_neg(&s, &group_order);
    }
    if (kind & 16) {
        uint32_t carry;
        number *of = kind & 32 ? &r : &s;
        *of = kind & 64 ? number_of(kind / 128u) : number_add(of, &group_order, &carry);
    }
    put_key(row, &q, a / 16u % 4);
    put_signature(row, &r, &s, format);
    if (where < 192) {
        uint8_t *byte = where < 65    ? row->key + where
                        : where < 160 ? row->signature + (where - 65)
                                      : row->message + (where - 160);
        *byte ^= how;
        if (hash == PYACCEL_MESSAGE_HASH_NONE) {
            memcpy(row->digest, row->message, 32);
        } else if (where >= 160) {
            REQUIRE(pyaccel_hash_one(row->digest, 32,
                                     algorithms[hash - PYACCEL_MESSAGE_HASH_SHA256], row->message,
                                     row->size, NULL) == PYACCEL_OK);
        }
    }
    if (lengths & 0x80) {
        row->key_size = lengths % 80u;
    }
    if (lengths & 0x40) {
        row->signature_size = lengths % 64u + 16;
    }
    if (lengths & 0x20 && hash == PYACCEL_MESSAGE_HASH_NONE) {
        row->size = row->digest_size = lengths % 40u;
    }
}

/* Of the secret and its opposite the one whose point has an even y. */
static number even_secret(unsigned int i)
{
    return points[i].y.word[0] & 1 ? mod_neg(&secrets[i], &group_order) : secrets[i];
}

static void put_bip340(signed_row *row, reader *in)
{
    const uint8_t a = next_byte(in), k = next_byte(in), kind = next_byte(in);
    memset(row, 0, sizeof *row);
    row->size = next_byte(in);
    memset(row->message, next_byte(in), sizeof row->message);
    const uint8_t where = next_byte(in), how = next_byte(in), lengths = next_byte(in);
    const number zero = {{0}}, d = even_secret(a % SECRETS);
    number nonce = even_secret(k % SECRETS);
    row->key_size = 32;
    row->signature_size = 64;
    number_to_bytes(row->key, &points[a % SECRETS].x);
    number_to_bytes(row->signature, kind & 4 ? &beyond.x : &points[k % SECRETS].x);
    if (kind & 1) {
        nonce = mod_neg(&nonce, &group_order); /* R with an odd y */
    }
    if (kind & 2) {
        nonce = zero; /* R at infinity */
    }
    number s = reference_challenge(row->signature, row->key, row->message, row->size);
    s = fold_mul(&s, &d, &group_order);
    s = mod_add(&s, &nonce, &group_order);
    if (kind & 8) {
        s = mod_neg(&s, &group_order);
    }
    number_to_bytes(row->signature + 32, &s);
    if (kind & 16) {
        /* The same modulo p or n where there is room for it, else any. */
        uint8_t *at = kind & 32 ? row->key : kind & 64 ? row->signature : row->signature + 32;
        uint32_t carry;
        const number from = number_from_bytes(at),
                     to = number_add(&from, kind & 96 ? &prime : &group_order, &carry);
        number_to_bytes(at, &to);
    }
    if (where < 128) {
        uint8_t *byte = where < 32   ? row->key + where
                        : where < 96 ? row->signature + (where - 32)
                                     : row->message + (where - 96);
        *byte ^= how;
    }
    if (lengths & 0x80) {
        row->key_size = lengths % 80u;
    }
    if (lengths & 0x40) {
        row->signature_size = lengths % 64u + 16;
    }
}

/* Rows with offsets in a block of exactly their size, so that AddressSanitizer sees the first byte too many. */
typedef struct {
    uint8_t *bytes;
    uint64_t offsets[MOST_ROWS + 1];
} packed_rows;

static void append(packed_rows *rows, uint64_t i, const uint8_t *bytes, uint64_t size)
{
    uint8_t *longer = realloc(rows->bytes, rows->offsets[i] + size + 1);
    REQUIRE(longer != NULL);
    rows->bytes = longer;
    memcpy(longer + rows->offsets[i], bytes, size);
    rows->offsets[i + 1] = rows->offsets[i] + size;
}

static pyaccel_rows exact(packed_rows *rows, uint64_t n)
{
    uint8_t *fit = malloc(rows->offsets[n] > 0 ? rows->offsets[n] : 1);
    REQUIRE(fit != NULL);
    memcpy(fit, rows->bytes, rows->offsets[n]);
    free(rows->bytes);
    rows->bytes = fit;
    return (pyaccel_rows){
        .data = fit, .data_size = rows->offsets[n], .offsets = rows->offsets, .offset_bits = 64};
}

/* A row of ECDSA with v behind its signature: the id that fits, or what was asked for. */
static void put_recoverable(signed_row *row, reader *in)
{
    const reader before = *in;
    put_row(row, in, PYACCEL_SIGNATURE_FORMAT_RAW, PYACCEL_MESSAGE_HASH_NONE);
    const uint8_t nonce = before.size > 1 ? before.data[1] : 0,
                  kind = before.size > 2 ? before.data[2] : 0;
    uint8_t v = points[nonce % SECRETS].y.word[0] & 1;
    v = kind & 1 ? nonce : v ^ (uint8_t)(kind >> 3 & 1);
    row->signature[64] = kind & 2 && !(kind & 1) ? (uint8_t)(v + 27) : v;
    row->signature_size += 1;
}

/* recover_many of n rows that repeat `distinct` of them, in the memory of one call. */
static void check_recovery(const signed_row *rows, uint64_t distinct, uint64_t n, uint32_t rule,
                           const pyaccel_rows *digests, const pyaccel_rows *signatures)
{
    uint8_t want[DISTINCT][64], want_reason[DISTINCT], found[MOST_ROWS * 64], verdicts[MOST_ROWS],
        reasons[MOST_ROWS];
    for (uint64_t i = 0; i < distinct; i++) {
        want_reason[i] = reference_recover(want[i], rule, rows[i].message, rows[i].size,
                                           rows[i].signature, rows[i].signature_size);
    }
    const pyaccel_recover_options options = {
        .struct_size = sizeof options, .rule = rule, .reasons = reasons};
    memset(found, 7, sizeof found);
    REQUIRE(pyaccel_recover_many(found, n * 64, verdicts, digests, signatures, NULL, n, &options) ==
            PYACCEL_OK);
    for (uint64_t i = 0; i < n; i++) {
        REQUIRE(reasons[i] == want_reason[i % distinct]);
        REQUIRE(verdicts[i] == (reasons[i] == PYACCEL_REASON_NONE));
        REQUIRE(memcmp(found + 64 * i, want[i % distinct], 64) == 0);
    }
}

/* verify_many of the same, its keys prepared where `few` says so. */
static void check_verdicts(const uint8_t want[DISTINCT], uint64_t distinct, uint64_t n,
                           uint32_t scheme, const pyaccel_rows *keys, const pyaccel_rows *messages,
                           const pyaccel_rows *signatures, const pyaccel_verify_options *how,
                           uint8_t few)
{
    uint8_t verdicts[MOST_ROWS], reasons[MOST_ROWS];
    pyaccel_verify_options options = *how;
    pyaccel_prepared_keys *prepared = NULL;
    options.reasons = reasons;
    if (few & 0x80) {
        const pyaccel_prepare_options preparation = {.struct_size = sizeof preparation,
                                                     .memory = few & 0x40 ? 100000u : 0u};
        REQUIRE(pyaccel_prepared_keys_new(&prepared, scheme, keys, n, &preparation) == PYACCEL_OK);
        options.prepared = prepared;
    }
    memset(verdicts, 7, sizeof verdicts);
    REQUIRE(pyaccel_verify_many(verdicts, scheme, prepared == NULL ? keys : NULL, messages,
                                signatures, n, &options) == PYACCEL_OK);
    for (uint64_t i = 0; i < n; i++) {
        REQUIRE(reasons[i] == want[i % distinct]);
        REQUIRE(verdicts[i] == (reasons[i] == PYACCEL_REASON_NONE));
    }
    pyaccel_prepared_keys_free(prepared);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t rules[] = {PYACCEL_RULE_ANY, PYACCEL_RULE_LOW_S,
                                     PYACCEL_RULE_BITCOIN_CORE, PYACCEL_RULE_BIP340};
    static signed_row rows[DISTINCT];
    uint8_t want[DISTINCT];
    packed_rows keys = {0}, messages = {0}, signatures = {0};
    reader in = {data, size};
    if (spec_count == 0) {
        make_points();
        find_specs();
    }
    const uint8_t rule_byte = next_byte(&in) % 5;
    const bool recovery = rule_byte == 4;
    const uint32_t rule = rules[rule_byte % 4];
    const bool bip340 = rule == PYACCEL_RULE_BIP340;
    const uint32_t scheme = bip340 ? PYACCEL_SCHEME_BIP340 : PYACCEL_SCHEME_SECP256K1_ECDSA;
    const uint8_t form = next_byte(&in);
    const uint32_t format = bip340 ? 0 : PYACCEL_SIGNATURE_FORMAT_RAW + form % 3u,
                   hash = bip340 ? 0 : PYACCEL_MESSAGE_HASH_NONE + form / 4u % 4;
    REQUIRE(pyaccel_cpu_select(specs[next_byte(&in) % spec_count]) == PYACCEL_OK);
    const uint8_t many = next_byte(&in), few = next_byte(&in);
    const uint64_t n = many < 200 ? 1u + many % 20u : 20u + many % 61u,
                   distinct = 1u + few % DISTINCT;
    for (uint64_t i = 0; i < distinct; i++) {
        signed_row *row = &rows[i];
        if (bip340) {
            put_bip340(row, &in);
            want[i] = reference_bip340_reason(row->key, row->key_size, row->message, row->size,
                                              row->signature, row->signature_size);
            continue;
        }
        if (recovery) {
            put_recoverable(row, &in);
            continue;
        }
        put_row(row, &in, format, hash);
        want[i] = reference_reason(rule, format, row->key, row->key_size, row->digest,
                                   row->digest_size, row->signature, row->signature_size);
    }
    for (uint64_t i = 0; i < n; i++) {
        const signed_row *row = &rows[i % distinct];
        append(&keys, i, row->key, row->key_size);
        append(&messages, i, row->message, row->size);
        append(&signatures, i, row->signature, row->signature_size);
    }
    const pyaccel_rows key_rows = exact(&keys, n), message_rows = exact(&messages, n),
                       signature_rows = exact(&signatures, n);
    if (recovery) {
        check_recovery(rows, distinct, n, PYACCEL_RECOVER_SECP256K1 + form % 3u, &message_rows,
                       &signature_rows);
    } else {
        check_verdicts(want, distinct, n, scheme, &key_rows, &message_rows, &signature_rows,
                       &(pyaccel_verify_options){.struct_size = sizeof(pyaccel_verify_options),
                                                 .rule = rule,
                                                 .message_hash = hash,
                                                 .signature_format = format},
                       few);
    }
    free(keys.bytes);
    free(messages.bytes);
    free(signatures.bytes);
    return 0;
}
