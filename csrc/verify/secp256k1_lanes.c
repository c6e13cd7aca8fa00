/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA on secp256k1 for many rows: what is the same for every row, LANES rows or one inversion
 * for many at a time.
 *
 * A range is cut into groups that fit a thread's stack. Per group: messages are hashed, keys
 * decoded and their tables built in lanes, all s inverted at once; then each row runs the ladder
 * of secp256k1_single.c. */
#include <string.h>

#include "../field/secp256k1_portable.h"

#include "../curve/secp256k1_constants.h"
#include "../curve/secp256k1_formulas.h"
#include "../hash/hash.h"
#include "secp256k1.h"

/* Rows that share the two inversions; about 60 KiB of stack. */
#define GROUP 32

_Static_assert(GROUP % LANES == 0, "keys are decoded by full lanes");
_Static_assert(sizeof(pa_secp256k1_key) % 64 == 0, "entries of prepared keys are 64-byte aligned");

/* ---- keys ----------------------------------------------------------------------------------- */

/* Where the coordinates of an encoded key stand. */
typedef struct {
    const uint8_t *x, *y; /* y NULL: lift x */
    bool odd;             /* wanted of a lifted y */
    bool hybrid;
} key_encoding;

/* Decodes as no point: 0 is no abscissa with y = 0, as 7 is not 0. */
static const uint8_t no_coordinate[32];

/* Tells key formats apart by length and prefix. Returns PYACCEL_REASON_NONE, _LENGTH or _KEY. */
static uint32_t parse_key(key_encoding *encoding, const pa_bytes *key)
{
    const uint8_t *bytes = key->data;
    *encoding = (key_encoding){no_coordinate, no_coordinate, false, false};
    switch (key->size) {
    case 33:
        if (bytes[0] != 0x02 && bytes[0] != 0x03) {
            return PYACCEL_REASON_KEY;
        }
        *encoding = (key_encoding){bytes + 1, NULL, bytes[0] & 1, false};
        return PYACCEL_REASON_NONE;
    case 64:
        *encoding = (key_encoding){bytes, bytes + 32, false, false};
        return PYACCEL_REASON_NONE;
    case 65: {
        const bool hybrid = bytes[0] == 0x06 || bytes[0] == 0x07;
        if (bytes[0] != 0x04 && !(hybrid && ((bytes[0] ^ bytes[64]) & 1) == 0)) {
            return PYACCEL_REASON_KEY;
        }
        *encoding = (key_encoding){bytes + 1, bytes + 33, false, hybrid};
        return PYACCEL_REASON_NONE;
    }
    default:
        return PYACCEL_REASON_LENGTH;
    }
}

/* decode_lanes
 * p = the points of LANES encodings; returned: lanes that are points of the curve, coordinates
 * below the prime. */
static mask decode_lanes(curve_affine *p, const key_encoding encodings[LANES])
{
    const unsigned char *x[LANES], *y[LANES];
    unsigned int lift_bits = 0, odd_bits = 0;
    for (int lane = 0; lane < LANES; lane++) {
        const key_encoding *encoding = &encodings[lane];
        x[lane] = encoding->x;
        y[lane] = encoding->y == NULL ? no_coordinate : encoding->y;
        lift_bits |= (unsigned int)(encoding->y == NULL) << lane;
        odd_bits |= (unsigned int)encoding->odd << lane;
    }
    mask x_below, y_below;
    fe_from_rows(&p->x, x, &x_below);
    fe_from_rows(&p->y, y, &y_below);
    mask valid = mask_and(y_below, curve_holds(p));
    if (lift_bits != 0) {
        const mask lifts = mask_from_bits(lift_bits);
        curve_affine lifted;
        const mask exists = curve_lift_x(&lifted, &p->x, mask_from_bits(odd_bits));
        fe_select(&p->y, lifts, &lifted.y, &p->y);
        valid = mask_or(mask_and(lifts, exists), mask_and(mask_not(lifts), valid));
    }
    return mask_and(valid, x_below);
}

/* prepare_keys
 * entries[i] = key i decoded, its table, its validity; count <= GROUP. One inversion serves all:
 * the running products of all Z are inverted at the end and walked back. Lanes without a key
 * stand in with G, whose Z are not 0 either. */
static void prepare_keys(pa_secp256k1_key *entries, const pa_bytes *keys, int count)
{
    curve_jacobian multiples[GROUP / LANES][CURVE_TABLE_SIZE];
    fe products[GROUP / LANES], running[GROUP / LANES], inverse;
    const int groups = (count + LANES - 1) / LANES;
    for (int g = 0; g < groups; g++) {
        key_encoding encodings[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            const int i = g * LANES + lane;
            const pa_bytes nothing = {NULL, 0};
            const uint32_t reason = parse_key(&encodings[lane], i < count ? &keys[i] : &nothing);
            if (i < count) {
                memset(&entries[i], 0, sizeof entries[i]);
                entries[i].reason = reason;
                entries[i].hybrid = encodings[lane].hybrid;
            }
        }
        curve_affine p, generator;
        const mask valid = decode_lanes(&p, encodings);
        for (int i = g * LANES; i < (g + 1) * LANES && i < count; i++) {
            if (entries[i].reason == PYACCEL_REASON_NONE &&
                !(mask_bits(valid) >> (i % LANES) & 1)) {
                entries[i].reason = PYACCEL_REASON_KEY;
            }
        }
        curve_generator(&generator.x, &generator.y);
        fe_select(&p.x, valid, &p.x, &generator.x);
        fe_select(&p.y, valid, &p.y, &generator.y);
        curve_odd_multiples(multiples[g], &p);
        curve_z_product(&products[g], multiples[g]);
        if (g == 0) {
            running[0] = products[0];
        } else {
            fe_mul(&running[g], &running[g - 1], &products[g]);
        }
    }
    fe_inv(&inverse, &running[groups - 1]);
    for (int g = groups - 1; g >= 0; g--) {
        row spare[PA_SECP256K1_KEY_ROWS], *tables[LANES];
        fe own = inverse;
        if (g > 0) {
            fe_mul(&own, &inverse, &running[g - 1]);
            fe_mul(&inverse, &inverse, &products[g]);
        }
        for (int lane = 0; lane < LANES; lane++) {
            const int i = g * LANES + lane;
            tables[lane] = i < count ? entries[i].table : spare;
        }
        curve_store_table(tables, multiples[g], &own);
    }
}

static void prepare(void *prepared, const uint8_t *key, uint64_t size, uint32_t key_format)
{
    (void)key_format; /* auto is the only one so far */
    const pa_bytes bytes = {key, size};
    const fe_state state = fe_begin();
    prepare_keys(prepared, &bytes, 1);
    fe_end(state);
}

/* ---- messages and signatures ---------------------------------------------------------------- */

/* Digests of rows [first, first + count); well_sized[i] false where a ready digest has not 32
 * bytes. */
static pyaccel_status digest_messages(uint8_t digests[][32], bool *well_sized,
                                      const pa_verify_job *job, uint64_t first, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        well_sized[i] = true;
    }
    switch (job->message_hash) {
    case PYACCEL_MESSAGE_HASH_SHA256:
        return pa_sha256_lanes(digests[0], NULL, job->messages, 1, first, count);
    case PYACCEL_MESSAGE_HASH_SHA256D:
        return pa_sha256d_lanes(digests[0], NULL, job->messages, 1, first, count);
    case PYACCEL_MESSAGE_HASH_KECCAK256:
        return pa_keccak256_lanes(digests[0], NULL, job->messages, 1, first, count);
    case PYACCEL_MESSAGE_HASH_NONE:
        for (uint64_t i = 0; i < count; i++) {
            pa_bytes digest;
            if (!pa_rows_get(&digest, job->messages, first + i)) {
                return PYACCEL_INVALID_ARGUMENT;
            }
            well_sized[i] = digest.size == 32;
            if (well_sized[i]) {
                memcpy(digests[i], digest.data, 32);
            }
        }
        return PYACCEL_OK;
    default:
        return PYACCEL_INTERNAL;
    }
}

/* r and s of one signature. Returns PYACCEL_REASON_NONE, _LENGTH, _ENCODING or _RANGE. */
static uint32_t parse_signature(pa_secp256k1_scalar *r, pa_secp256k1_scalar *s,
                                const pa_bytes *signature, const pa_verify_job *job)
{
    uint8_t raw[64];
    switch (job->signature_format) {
    case PYACCEL_SIGNATURE_FORMAT_DER:
        if (!pa_der_parse(raw, signature->data, signature->size)) {
            return PYACCEL_REASON_ENCODING;
        }
        break;
    case PYACCEL_SIGNATURE_FORMAT_DER_LAX:
        if (!pa_der_parse_lax(raw, signature->data, signature->size)) {
            return PYACCEL_REASON_ENCODING;
        }
        break;
    default:
        if (signature->size != 64) {
            return PYACCEL_REASON_LENGTH;
        }
        memcpy(raw, signature->data, 64);
    }
    const bool r_below = pa_secp256k1_scalar_from_bytes(r, raw);
    const bool s_below = pa_secp256k1_scalar_from_bytes(s, raw + 32);
    if (!r_below || !s_below || pa_secp256k1_scalar_is_zero(r) || pa_secp256k1_scalar_is_zero(s)) {
        return PYACCEL_REASON_RANGE;
    }
    if (job->rule == PYACCEL_RULE_LOW_S && pa_secp256k1_scalar_is_high(s)) {
        return PYACCEL_REASON_RANGE;
    }
    return PYACCEL_REASON_NONE;
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* What is known of a row before its equation is looked at. */
typedef struct {
    const pa_secp256k1_key *key;
    uint32_t signature_reason;
    pa_secp256k1_scalar r, s;
} row_state;

/* PYACCEL_REASON_NONE, or the first reason in the order of verify.h that keeps the equation out
 * of question. */
static uint32_t early_reason(const row_state *state, bool digest_sized, uint32_t rule)
{
    const uint32_t key = state->key->reason;
    if (key == PYACCEL_REASON_LENGTH || state->signature_reason == PYACCEL_REASON_LENGTH ||
        !digest_sized) {
        return PYACCEL_REASON_LENGTH;
    }
    if (key != PYACCEL_REASON_NONE || (state->key->hybrid && rule != PYACCEL_RULE_BITCOIN_CORE)) {
        return PYACCEL_REASON_KEY;
    }
    return state->signature_reason;
}

static pyaccel_status verify_group(uint8_t *verdicts, uint8_t *reasons, const pa_verify_job *job,
                                   uint64_t first, int count)
{
    uint8_t digests[GROUP][32];
    bool digest_sized[GROUP];
    row_state states[GROUP];
    pa_secp256k1_key decoded[GROUP];
    pa_bytes unprepared[GROUP];
    int unprepared_count = 0;

    const pyaccel_status status =
        digest_messages(digests, digest_sized, job, first, (uint64_t)count);
    if (status != PYACCEL_OK) {
        return status;
    }
    for (int i = 0; i < count; i++) {
        pa_bytes key, signature;
        const void *prepared;
        if (!pa_verify_key(&key, &prepared, job, sizeof(pa_secp256k1_key), first + (uint64_t)i) ||
            !pa_rows_get(&signature, job->signatures, first + (uint64_t)i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        states[i].key = prepared;
        if (prepared == NULL) {
            states[i].key = &decoded[unprepared_count];
            unprepared[unprepared_count++] = key;
        }
        states[i].signature_reason = parse_signature(&states[i].r, &states[i].s, &signature, job);
    }
    if (unprepared_count > 0) {
        prepare_keys(decoded, unprepared, unprepared_count);
    }

    pa_secp256k1_scalar inverses[GROUP], scratch[GROUP];
    int open[GROUP], open_count = 0;
    for (int i = 0; i < count; i++) {
        const uint32_t reason = early_reason(&states[i], digest_sized[i], job->rule);
        verdicts[i] = 0;
        reasons[i] = (uint8_t)reason;
        if (reason == PYACCEL_REASON_NONE) {
            inverses[open_count] = states[i].s;
            open[open_count++] = i;
        }
    }
    pa_secp256k1_scalar_invert_many(inverses, scratch, (uint64_t)open_count);
    for (int k = 0; k < open_count; k++) {
        const int i = open[k];
        pa_secp256k1_scalar u1, u2;
        pa_secp256k1_scalar_from_bytes(&u1, digests[i]);
        pa_secp256k1_scalar_mul(&u1, &u1, &inverses[k]);
        pa_secp256k1_scalar_mul(&u2, &states[i].r, &inverses[k]);
        const bool valid = pa_secp256k1_verify_single(states[i].key->table, &u1, &u2, &states[i].r);
        verdicts[i] = valid;
        reasons[i] = valid ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION;
    }
    return PYACCEL_OK;
}

static pyaccel_status verify_range(uint8_t *verdicts, uint8_t *reasons, const pa_verify_job *job,
                                   uint64_t first, uint64_t last)
{
    pyaccel_status status = PYACCEL_OK;
    const fe_state state = fe_begin();
    for (uint64_t at = first; at < last && status == PYACCEL_OK; at += GROUP) {
        const int count = last - at < GROUP ? (int)(last - at) : GROUP;
        status = verify_group(verdicts + at, reasons + at, job, at, count);
    }
    fe_end(state);
    return status;
}

const struct pa_verify_kernel pa_secp256k1_portable = {
    .scheme = PYACCEL_SCHEME_SECP256K1_ECDSA,
    .prepared_size = sizeof(pa_secp256k1_key),
    .prepare = prepare,
    .verify_range = verify_range,
};
