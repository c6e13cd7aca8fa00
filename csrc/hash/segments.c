/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of rows made of segments: which rows go through lanes and which one by one. */
#include <string.h>

#include "algorithm.h"

/* Rows of different lengths are read in chunks and ordered by block count, so that a group of lanes ends together;
 * a chunk of c segments a row holds CHUNK_PARTS / c rows, which bounds the stack. */
#define CHUNK_PARTS 1024

typedef struct {
    pa_bytes parts[CHUNK_PARTS];
    uint64_t blocks[CHUNK_PARTS];
    uint16_t order[CHUNK_PARTS];
    uint16_t spare[CHUNK_PARTS];
} mixed_rows;

/* Parts of one row. Fixed rows were checked as a whole by pa_rows_valid. */
static inline bool row_parts(const pa_hash_job *job, pa_bytes *parts, const pyaccel_rows *segments,
                             uint64_t i)
{
    for (uint32_t s = 0; s < job->segment_count; s++) {
        if (segments[s].offset_bits != 0) {
            if (!pa_rows_get(&parts[s], &segments[s], i)) {
                return false;
            }
        } else {
            parts[s].size = segments[s].width;
            parts[s].data =
                segments[s].width > 0 ? segments[s].data + i * segments[s].stride : NULL;
        }
    }
    return true;
}

/* True when lanes take less time than single messages for rows of `blocks` blocks in all, the longest of `longest`. */
static bool lanes_pay(const pa_hash_job *job, uint64_t blocks, uint64_t longest)
{
    return job->lanes != NULL && blocks / longest >= job->lanes->cost / job->single->cost + 1;
}

/* Bytes of every message of a group, or PA_HASH_SIZES_DIFFER. */
static uint64_t common_size(const pa_hash_job *job, const pa_bytes *const *parts, uint32_t count)
{
    uint64_t size = pa_hash_message_bytes(job, parts[0]);
    for (uint32_t l = 1; l < count; l++) {
        if (pa_hash_message_bytes(job, parts[l]) != size) {
            return PA_HASH_SIZES_DIFFER;
        }
    }
    return size;
}

/* order = row numbers by descending block count, stable: radix sort, 8 bits a pass. */
static void sort_rows(mixed_rows *rows, uint32_t count)
{
    uint64_t longest = 0;
    for (uint32_t i = 0; i < count; i++) {
        rows->order[i] = (uint16_t)i;
        longest |= rows->blocks[i];
    }
    for (unsigned shift = 0; shift < 64 && longest >> shift > 0; shift += 8) {
        uint32_t start[257] = {0};
        for (uint32_t i = 0; i < count; i++) {
            start[256 - (rows->blocks[i] >> shift & 255)]++;
        }
        for (uint32_t v = 1; v < 257; v++) {
            start[v] += start[v - 1];
        }
        for (uint32_t i = 0; i < count; i++) {
            uint16_t row = rows->order[i];
            rows->spare[start[255 - (rows->blocks[row] >> shift & 255)]++] = row;
        }
        memcpy(rows->order, rows->spare, count * sizeof rows->order[0]);
    }
}

/* Rows of lengths that may differ. Descending order: a row too long for the others of its group goes alone. */
__attribute__((noinline)) static pyaccel_status
hash_mixed(const pa_hash_job *job, uint8_t *digests, uint64_t digest_size,
           const pyaccel_rows *segments, uint64_t first, uint64_t n, uint32_t *used)
{
    mixed_rows rows;
    pa_hash_scratch scratch;
    uint64_t chunk = CHUNK_PARTS / job->segment_count;
    pa_hash_scratch_start(&scratch, job);
    for (uint64_t done = 0; done < n; done += chunk) {
        uint32_t count = (uint32_t)(n - done < chunk ? n - done : chunk);
        uint8_t *out = digests + done * digest_size;
        for (uint32_t i = 0; i < count; i++) {
            pa_bytes *parts = rows.parts + i * job->segment_count;
            if (!row_parts(job, parts, segments, first + done + i)) {
                return PYACCEL_INVALID_ARGUMENT;
            }
            rows.blocks[i] = pa_hash_block_count(job->algorithm, pa_hash_message_bytes(job, parts));
        }
        sort_rows(&rows, count);
        for (uint32_t i = 0; i < count;) {
            const pa_bytes *parts[PA_HASH_MAX_LANES];
            uint32_t members = count - i < job->lanes->lanes ? count - i : job->lanes->lanes;
            uint64_t blocks = 0;
            for (uint32_t l = 0; l < members; l++) {
                parts[l] = rows.parts + rows.order[i + l] * job->segment_count;
                blocks += rows.blocks[rows.order[i + l]];
            }
            if (lanes_pay(job, blocks, rows.blocks[rows.order[i]])) {
                pa_hash_group(job, out, rows.order + i, &scratch, parts, members,
                              common_size(job, parts, members));
                *used |= 2;
                i += members;
            } else {
                pa_hash_one(job, out + rows.order[i] * digest_size, parts[0]);
                *used |= 1;
                i++;
            }
        }
    }
    return PYACCEL_OK;
}

/* Rows of one length: groups of neighbours. Returns how many rows were hashed; the rest does not fill lanes. */
__attribute__((noinline)) static uint64_t hash_fixed_groups(const pa_hash_job *job,
                                                            uint8_t *digests, uint64_t digest_size,
                                                            const pyaccel_rows *segments,
                                                            uint64_t first, uint64_t n)
{
    pa_hash_scratch scratch;
    uint64_t done = 0;
    pa_hash_scratch_start(&scratch, job);
    while (done < n) {
        pa_bytes parts[PA_HASH_MAX_LANES * PA_HASH_MAX_SEGMENTS];
        const pa_bytes *group[PA_HASH_MAX_LANES];
        uint32_t members = n - done < job->lanes->lanes ? (uint32_t)(n - done) : job->lanes->lanes;
        if (!lanes_pay(job, members, 1)) {
            break;
        }
        for (uint32_t l = 0; l < members; l++) {
            group[l] = parts + l * job->segment_count;
            row_parts(job, parts + l * job->segment_count, segments, first + done + l);
        }
        pa_hash_group(job, digests + done * digest_size, NULL, &scratch, group, members,
                      pa_hash_message_bytes(job, parts));
        done += members;
    }
    return done;
}

static pyaccel_status hash_singles(const pa_hash_job *job, uint8_t *digests, uint64_t digest_size,
                                   const pyaccel_rows *segments, uint64_t first, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        pa_bytes parts[PA_HASH_MAX_SEGMENTS];
        if (!row_parts(job, parts, segments, first + i)) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        pa_hash_one(job, digests + i * digest_size, parts);
    }
    return PYACCEL_OK;
}

/* One algorithm before `then`. *used: bit 0 single messages, bit 1 lanes, or-ed. */
static pyaccel_status hash_stage(const pa_hash_algorithm *algorithm, uint8_t *digests,
                                 uint64_t digest_size, const pa_midstate *midstate,
                                 const pyaccel_rows *segments, uint32_t segment_count,
                                 uint64_t first, uint64_t n, uint32_t *used)
{
    const pa_hash_job job = {
        .algorithm = algorithm,
        .single = pa_bound(algorithm->single),
        .lanes = algorithm->lanes < PA_FAMILY_COUNT ? pa_bound(algorithm->lanes) : NULL,
        .midstate = midstate,
        .absorbed = midstate ? midstate->bytes : 0,
        .digest_size = digest_size,
        .segment_count = segment_count,
    };
    uint64_t done = 0;
    if (lanes_pay(&job, n, 1)) {
        bool fixed = true;
        for (uint32_t s = 0; s < segment_count; s++) {
            fixed = fixed && segments[s].offset_bits == 0;
        }
        if (!fixed) {
            return hash_mixed(&job, digests, digest_size, segments, first, n, used);
        }
        done = hash_fixed_groups(&job, digests, digest_size, segments, first, n);
        *used |= 2;
    }
    if (done == n) {
        return PYACCEL_OK;
    }
    *used |= 1;
    return hash_singles(&job, digests + done * digest_size, digest_size, segments, first + done,
                        n - done);
}

static void count_used(const pa_hash_algorithm *algorithm, uint32_t used)
{
    if (used & 1) {
        pa_count(algorithm->single);
    }
    if (used & 2) {
        pa_count(algorithm->lanes);
    }
}

/* Rows whose inner digests are kept between two algorithms. */
#define STAGE_ROWS 256

/* Two algorithms one after the other, so that each has the lanes that pay for it. */
__attribute__((noinline)) static pyaccel_status
hash_in_stages(const pa_hash_algorithm *algorithm, uint8_t *digests, uint64_t digest_size,
               const pa_midstate *midstate, const pyaccel_rows *segments, uint32_t segment_count,
               uint64_t first, uint64_t n)
{
    uint8_t inner[STAGE_ROWS * 32];
    uint64_t inner_size = algorithm->digest_size;
    const pyaccel_rows rows = {
        .data = inner, .data_size = sizeof inner, .width = inner_size, .stride = inner_size};
    uint32_t used = 0, then_used = 0;
    pyaccel_status status = PYACCEL_OK;
    for (uint64_t done = 0; status == PYACCEL_OK && done < n; done += STAGE_ROWS) {
        uint64_t count = n - done < STAGE_ROWS ? n - done : STAGE_ROWS;
        status = hash_stage(algorithm, inner, inner_size, midstate, segments, segment_count,
                            first + done, count, &used);
        if (status == PYACCEL_OK) {
            status = hash_stage(algorithm->then, digests + done * digest_size, digest_size, NULL,
                                &rows, 1, 0, count, &then_used);
        }
    }
    count_used(algorithm, used);
    count_used(algorithm->then, then_used);
    return status;
}

pyaccel_status pa_hash_segments(uint32_t id, uint8_t *digests, uint64_t digest_size,
                                const pa_midstate *midstate, const pyaccel_rows *segments,
                                uint32_t segment_count, uint64_t first, uint64_t n)
{
    const pa_hash_algorithm *algorithm = pa_hash_algorithm_get(id);
    /* A midstate holds 8 words, which is less than a Keccak state. */
    if (algorithm->engine != NULL || segment_count > PA_HASH_MAX_SEGMENTS ||
        (midstate != NULL && algorithm->state_words > 8)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (algorithm->then != NULL) {
        return hash_in_stages(algorithm, digests, digest_size, midstate, segments, segment_count,
                              first, n);
    }
    uint32_t used = 0;
    pyaccel_status status = hash_stage(algorithm, digests, digest_size, midstate, segments,
                                       segment_count, first, n, &used);
    count_used(algorithm, used);
    return status;
}

/* The functions of hash.h for one algorithm each. */
#define SEGMENTS_FUNCTION(name, id)                                                                \
    pyaccel_status name(uint8_t *digests, const pa_midstate *midstate,                             \
                        const pyaccel_rows *segments, uint32_t segment_count, uint64_t first,      \
                        uint64_t n)                                                                \
    {                                                                                              \
        return pa_hash_segments(id, digests, pyaccel_hash_digest_size(id), midstate, segments,     \
                                segment_count, first, n);                                          \
    }

SEGMENTS_FUNCTION(pa_sha256_lanes, PYACCEL_HASH_SHA256)
SEGMENTS_FUNCTION(pa_sha256d_lanes, PYACCEL_HASH_SHA256D)
SEGMENTS_FUNCTION(pa_sha512_lanes, PYACCEL_HASH_SHA512)
SEGMENTS_FUNCTION(pa_keccak256_lanes, PYACCEL_HASH_KECCAK256)
