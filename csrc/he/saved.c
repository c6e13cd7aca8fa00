/* SPDX-License-Identifier: Apache-2.0 */
/* Header of a saved object: magic (8 bytes), version (2), kind (1), flags (1), 0 (4), size of the whole (8), context id (32), the
 * first 16 bytes of SHA-256(all that || sums of the body), body. */
#include "saved.h"

#include <string.h>

#include "../core/bytes.h"
#include "pack.h"
#include "pyaccel/hash.h"

/* A line end in it shows a transfer that took the bytes for text. */
static const uint8_t magic[8] = {'P', 'Y', 'A', 'C', 'H', 'E', '\r', '\n'};

#define AT_VERSION 8u
#define AT_KIND 10u
#define AT_FLAGS 11u
#define AT_RESERVED 12u
#define AT_SUM 56u
#define SUM_BYTES (PA_HE_SAVED_HEAD - AT_SUM)

static pyaccel_status digest_of(uint8_t digest[32], const uint8_t head[PA_HE_SAVED_HEAD],
                                const uint8_t *body, uint64_t size)
{
    uint8_t message[AT_SUM + PA_HE_SUMS_BYTES];
    memcpy(message, head, AT_SUM);
    pa_he_sums(message + AT_SUM, body, size);
    const pyaccel_rows row = {.data = message,
                              .data_size = sizeof message,
                              .width = sizeof message,
                              .stride = sizeof message};
    return pyaccel_hash_many(digest, 32, PYACCEL_HASH_SHA256, &row, 1, NULL);
}

/* ---- writing -------------------------------------------------------------------------------- */

bool pa_he_saved_room(pyaccel_status *status, const uint8_t *out, uint64_t *size, uint64_t need)
{
    *status = PYACCEL_INVALID_ARGUMENT;
    if (size == NULL || need == UINT64_MAX) {
        return false;
    }
    const uint64_t room = *size;
    *size = need;
    if (out == NULL) {
        *status = PYACCEL_OK;
        return false;
    }
    return room >= need;
}

pyaccel_status pa_he_saved_finish(uint8_t *out, uint64_t size, uint32_t kind, uint32_t flags,
                                  const pyaccel_he_context *context, pyaccel_status status)
{
    uint8_t digest[32];
    memcpy(out, magic, sizeof magic);
    out[AT_VERSION] = PA_HE_SAVED_VERSION;
    out[AT_VERSION + 1] = 0;
    out[AT_KIND] = (uint8_t)kind;
    out[AT_FLAGS] = (uint8_t)flags;
    pa_store_le32(out + AT_RESERVED, 0);
    pa_store_le64(out + PA_HE_SAVED_SIZE, size);
    memcpy(out + PA_HE_SAVED_ID, context->id, 32);
    if (status == PYACCEL_OK) {
        status = digest_of(digest, out, out + PA_HE_SAVED_HEAD, size - PA_HE_SAVED_HEAD);
    }
    if (status != PYACCEL_OK) {
        pa_wipe(out, size);
        return status;
    }
    memcpy(out + AT_SUM, digest, SUM_BYTES);
    return PYACCEL_OK;
}

/* ---- reading -------------------------------------------------------------------------------- */

pyaccel_status pa_he_blame(pyaccel_he_problem *problem, uint32_t reason, uint64_t offset,
                           uint64_t found, uint64_t wanted)
{
    if (problem != NULL) {
        *problem = (pyaccel_he_problem){
            .reason = reason, .offset = offset, .found = found, .wanted = wanted};
    }
    return PYACCEL_INVALID_ARGUMENT;
}

/* All that needs no look at the body; wanted: kind, 0: any. */
static pyaccel_status check_head(pyaccel_he_saved_info *info, pyaccel_he_problem *problem,
                                 uint32_t wanted, const uint8_t *data, uint64_t size)
{
    memset(info, 0, sizeof *info);
    if (data == NULL && size != 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const uint64_t known = size < sizeof magic ? size : sizeof magic;
    if (known > 0 && memcmp(data, magic, known) != 0) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_MAGIC, 0, 0, 0);
    }
    if (size < PA_HE_SAVED_HEAD) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_CUT, size, size, PA_HE_SAVED_HEAD);
    }
    const uint32_t version = data[AT_VERSION] | (uint32_t)data[AT_VERSION + 1] << 8;
    const uint32_t kind = data[AT_KIND], flags = data[AT_FLAGS];
    const uint64_t said = pa_load_le64(data + PA_HE_SAVED_SIZE);
    if (version != PA_HE_SAVED_VERSION) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_VERSION, AT_VERSION, version,
                           PA_HE_SAVED_VERSION);
    }
    if (said < PA_HE_SAVED_HEAD) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, PA_HE_SAVED_SIZE, said,
                           PA_HE_SAVED_HEAD);
    }
    if (size != said) {
        return pa_he_blame(problem,
                           size < said ? PYACCEL_HE_PROBLEM_CUT : PYACCEL_HE_PROBLEM_TRAILING,
                           size < said ? size : said, size, said);
    }
    if (kind < PYACCEL_HE_SAVED_PARAMETERS || kind > PYACCEL_HE_SAVED_CIPHERTEXTS ||
        (wanted != 0 && kind != wanted)) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_KIND, AT_KIND, kind, wanted);
    }
    const bool keys =
        kind == PYACCEL_HE_SAVED_PUBLIC_KEY || kind == PYACCEL_HE_SAVED_EVALUATION_KEYS;
    if (keys ? flags != PA_HE_SAVED_SEEDED
             : flags > (kind == PYACCEL_HE_SAVED_CIPHERTEXTS ? PA_HE_SAVED_SEEDED : 0)) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, AT_FLAGS, flags, keys);
    }
    if (pa_load_le32(data + AT_RESERVED) != 0) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_FIELD, AT_RESERVED,
                           pa_load_le32(data + AT_RESERVED), 0);
    }
    info->kind = kind;
    info->version = version;
    info->seeded = flags & PA_HE_SAVED_SEEDED;
    info->size = said;
    memcpy(info->id, data + PA_HE_SAVED_ID, sizeof info->id);
    return PYACCEL_OK;
}

pyaccel_status pyaccel_he_saved_get(pyaccel_he_saved_info *info, pyaccel_he_problem *problem,
                                    const uint8_t *data, uint64_t size)
{
    (void)pa_he_blame(problem, 0, 0, 0, 0);
    return info == NULL ? PYACCEL_INVALID_ARGUMENT : check_head(info, problem, 0, data, size);
}

pyaccel_status pa_he_saved_open(pa_he_saved *saved, pyaccel_he_problem *problem, uint32_t kind,
                                const pyaccel_he_context *context, const uint8_t *data,
                                uint64_t size)
{
    pyaccel_he_saved_info info;
    uint8_t digest[32];
    (void)pa_he_blame(problem, 0, 0, 0, 0);
    pyaccel_status status = check_head(&info, problem, kind, data, size);
    if (status != PYACCEL_OK) {
        return status;
    }
    status = digest_of(digest, data, data + PA_HE_SAVED_HEAD, size - PA_HE_SAVED_HEAD);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (memcmp(digest, data + AT_SUM, SUM_BYTES) != 0) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_ALTERED, AT_SUM, 0, 0);
    }
    if (context != NULL && memcmp(info.id, context->id, sizeof info.id) != 0) {
        return pa_he_blame(problem, PYACCEL_HE_PROBLEM_CONTEXT, PA_HE_SAVED_ID, 0, 0);
    }
    *saved = (pa_he_saved){
        .body = data + PA_HE_SAVED_HEAD, .size = size - PA_HE_SAVED_HEAD, .flags = info.seeded};
    memcpy(saved->id, info.id, sizeof saved->id);
    return PYACCEL_OK;
}

/* ---- rows ----------------------------------------------------------------------------------- */

const uint32_t *pa_he_saved_order(const pyaccel_he_context *context)
{
    size_t j = 0;
    while (j < context->degree && context->order[j] == j) {
        j++;
    }
    return j == context->degree ? NULL : context->order;
}

uint64_t pa_he_saved_rows_bytes(const pyaccel_he_context *context, uint32_t rows)
{
    uint64_t bytes = 0;
    for (uint32_t r = 0; r < rows; r++) {
        bytes += pa_he_packed_bytes(context->degree, context->ntt[r].modulus.bits);
    }
    return bytes;
}

void pa_he_saved_rows_put(uint8_t *out, const pa_he_word *words, uint32_t rows,
                          const pyaccel_he_context *context, const uint32_t *order,
                          uint64_t *scratch)
{
    for (uint32_t r = 0; r < rows; r++, words += context->stride) {
        const pa_he_modulus *modulus = &context->ntt[r].modulus;
        context->kernels->export(scratch, words, context->degree, modulus);
        pa_he_pack(out, scratch, order, context->degree, modulus->bits);
        out += pa_he_packed_bytes(context->degree, modulus->bits);
    }
}

pyaccel_status pa_he_saved_rows_get(pa_he_word *words, const uint8_t *in, uint32_t rows,
                                    const pyaccel_he_context *context, const uint32_t *order,
                                    uint64_t *scratch, uint64_t at, pyaccel_he_problem *problem)
{
    for (uint32_t r = 0; r < rows; r++, words += context->stride) {
        const pa_he_modulus *modulus = &context->ntt[r].modulus;
        const size_t good =
            pa_he_unpack(scratch, in, order, context->degree, modulus->bits, modulus->q);
        if (good < context->degree) {
            return pa_he_blame(problem, PYACCEL_HE_PROBLEM_RESIDUE, at + good * modulus->bits / 8,
                               scratch[order == NULL ? good : order[good]], modulus->q);
        }
        context->kernels->import(words, scratch, context->degree, modulus);
        const size_t bytes = pa_he_packed_bytes(context->degree, modulus->bits);
        in += bytes;
        at += bytes;
    }
    return PYACCEL_OK;
}
