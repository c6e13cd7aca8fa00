/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target: under every rule, every variant says of every row what a slow verifier of its own says, for any mixture of rows,
 * in batches of any size, from key bytes and from prepared keys.
 *
 * Input: rule, variant, rows in the batch, distinct rows and prepared keys; then 8 bytes a distinct row: A, R, S, size of the
 * message, its byte, where to edit, how to edit, lengths. Points are [scalar]B + T with T of small order, in any encoding; S
 * fits them unless it is asked not to, so that many rows are valid under one rule at least. */
#include <stdio.h>
#include <stdlib.h>

#include "../c/ed25519_reference.h"
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
#define TORSION_8                                                                                  \
    "\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0"                             \
    "\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1\x38\x02\x88\x6d\x53\xfc\x05"

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

/* Scalars of A and of R: the first stands for points of small order. */
static number scalars[2][4];
static uint8_t encodings[2][4][8][32];
static char specs[MOST_SPECS][64];
static unsigned int spec_count;

static void make_points(void)
{
    const number zero = {{0}}, one = number_of(1);
    const point base = point_base(), identity = point_identity();
    bool canonical;
    point torsion;
    REQUIRE(point_decode(&torsion, (const uint8_t *)TORSION_8, &canonical));
    for (int of = 0; of < 2; of++) {
        for (int i = 0; i < 4; i++) {
            /* Powers of a number, so large ones as well. */
            const number *before = i == 0 ? &zero : &scalars[of][i - 1];
            const number factor = {{0x9e3779b97f4a7c15, 0x243f6a8885a308d3, 0, 7}};
            const number more = number_of((uint64_t)i + (uint64_t)of);
            scalars[of][i] = i == 0 ? zero : scalar_mul_add(&factor, before, &more);
            point p = point_sum(&scalars[of][i], &base, &one, &identity);
            for (int j = 0; j < 8; j++) {
                point_encode(encodings[of][i][j], &p);
                p = point_add(&p, &torsion);
            }
        }
    }
}

/* A spec for each variant of Ed25519 that can run here. */
static void find_specs(void)
{
    static const char *const levels[] = {"avx512ifma", "avx2", "portable", "avx512ifma-emulated"};
    pyaccel_variant row;
    for (uint32_t i = 0; pyaccel_variant_get(&row, i) == PYACCEL_OK; i++) {
        for (size_t level = 0; level < 4 && strcmp(row.family, "ed25519") == 0; level++) {
            char *spec = specs[spec_count];
            snprintf(spec, sizeof *specs, "%s,ed25519=%s", levels[level], row.variant);
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
    uint8_t key[48], signature[80], message[256];
    uint64_t key_size, signature_size, size;
} signed_row;

/* The point that a byte names; with the top bits set in another encoding, where it has one or not. */
static void put_point(uint8_t bytes[32], const uint8_t from[4][8][32], uint8_t named)
{
    memcpy(bytes, from[named / 8 % 4][named % 8], 32);
    if (named & 0x40) {
        bytes[31] ^= 0x80;
    }
    if (named & 0x80) {
        const number p = field_prime;
        number y = number_from_bytes(bytes);
        const uint64_t sign = y.word[3] & ~(uint64_t)INT64_MAX;
        y.word[3] &= INT64_MAX;
        y = number_add(&y, &p); /* the same y where there is room for it, else any */
        y.word[3] = (y.word[3] & INT64_MAX) | sign;
        number_to_bytes(bytes, &y);
    }
}

static void put_row(signed_row *row, reader *in)
{
    const uint8_t a = next_byte(in), r = next_byte(in), kind = next_byte(in);
    row->size = next_byte(in);
    memset(row->message, next_byte(in), sizeof row->message);
    const uint8_t where = next_byte(in), how = next_byte(in), lengths = next_byte(in);
    put_point(row->key, encodings[0], a);
    put_point(row->signature, encodings[1], r);
    row->key_size = 32;
    row->signature_size = 64;

    const number k = reference_challenge(row->signature, row->key, row->message, row->size);
    number s = scalar_mul_add(&k, &scalars[0][a / 8 % 4], &scalars[1][r / 8 % 4]);
    if (kind & 1) {
        s = number_add(&s, &scalar_order);
    }
    if (kind & 2) {
        const number other = number_of(kind);
        s = number_add(&s, &other);
    }
    if (kind & 4) {
        s = number_of(kind / 8u);
    }
    number_to_bytes(row->signature + 32, &s);
    if (where < 96) {
        uint8_t *byte = where < 32 ? row->key + where : row->signature + (where - 32);
        *byte ^= how;
    }
    if (lengths & 0x80) {
        row->key_size = lengths % 48u;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t rules[] = {PYACCEL_RULE_ZIP215, PYACCEL_RULE_RFC8032,
                                     PYACCEL_RULE_OPENSSL, PYACCEL_RULE_DALEK_STRICT,
                                     PYACCEL_RULE_LIBSODIUM};
    static signed_row rows[DISTINCT];
    uint8_t want[DISTINCT], verdicts[MOST_ROWS], reasons[MOST_ROWS];
    packed_rows keys = {0}, messages = {0}, signatures = {0};
    reader in = {data, size};
    if (spec_count == 0) {
        make_points();
        find_specs();
    }
    const uint32_t rule = rules[next_byte(&in) % 5];
    REQUIRE(pyaccel_cpu_select(specs[next_byte(&in) % spec_count]) == PYACCEL_OK);
    const uint8_t many = next_byte(&in), few = next_byte(&in);
    const uint64_t n = many < 200 ? 1u + many % 20u : 20u + many % 61u,
                   distinct = 1u + few % DISTINCT;
    for (uint64_t i = 0; i < distinct; i++) {
        signed_row *row = &rows[i];
        put_row(row, &in);
        want[i] = reference_reason(rule, row->key, row->key_size, row->message, row->size,
                                   row->signature, row->signature_size);
    }
    for (uint64_t i = 0; i < n; i++) {
        const signed_row *row = &rows[i % distinct];
        append(&keys, i, row->key, row->key_size);
        append(&messages, i, row->message, row->size);
        append(&signatures, i, row->signature, row->signature_size);
    }
    const pyaccel_rows key_rows = exact(&keys, n), message_rows = exact(&messages, n),
                       signature_rows = exact(&signatures, n);
    pyaccel_verify_options options = {
        .struct_size = sizeof options, .rule = rule, .reasons = reasons};
    pyaccel_prepared_keys *prepared = NULL;
    if (few & 0x80) {
        const pyaccel_prepare_options preparation = {.struct_size = sizeof preparation,
                                                     .memory = few & 0x40 ? 100000u : 0u};
        REQUIRE(pyaccel_prepared_keys_new(&prepared, PYACCEL_SCHEME_ED25519, &key_rows, n,
                                          &preparation) == PYACCEL_OK);
        options.prepared = prepared;
    }
    memset(verdicts, 7, sizeof verdicts);
    REQUIRE(pyaccel_verify_many(verdicts, PYACCEL_SCHEME_ED25519,
                                prepared == NULL ? &key_rows : NULL, &message_rows, &signature_rows,
                                n, &options) == PYACCEL_OK);
    for (uint64_t i = 0; i < n; i++) {
        REQUIRE(reasons[i] == want[i % distinct]);
        REQUIRE(verdicts[i] == (reasons[i] == PYACCEL_REASON_NONE));
    }
    pyaccel_prepared_keys_free(prepared);
    free(keys.bytes);
    free(messages.bytes);
    free(signatures.bytes);
    return 0;
}
