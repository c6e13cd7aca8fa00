/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one size in lanes: what is made ready once, for as many batches as come. */
#ifndef PA_HASH_UNIFORM_H
#define PA_HASH_UNIFORM_H

#include "algorithm.h"

/* Bytes of a row that are copied to its staging. */
typedef struct {
    const uint8_t *data; /* row 0 */
    uint64_t left;       /* bytes that lie there, rows of other ranges too */
    uint64_t stride;
    uint32_t size;
    uint32_t to;
} pa_hash_piece;

typedef struct {
    const pa_hash_job *job;
    const pa_hash_plan *plan;
    pa_hash_shape shape;
    /* For kernels that take ends where they lie; ends is 0 where there are none. */
    pa_hash_shape in_place;
    const uint8_t *rows; /* whole blocks of row 0 */
    uint64_t left;       /* bytes that lie there, rows of other ranges too */
    uint64_t stride;
    pa_hash_piece pieces[PA_HASH_MAX_SEGMENTS];
    uint32_t piece_count;
    uint32_t room;  /* bytes of a lane's staging */
    uint32_t lanes; /* that are staged at once   */
    bool twofold;   /* there is room for two groups */
    _Alignas(64) uint8_t pattern[PA_HASH_STAGED];
    pa_hash_scratch scratch;
} pa_hash_uniform_space;

/* True where the menu's kernels take messages of `size` bytes, one segment each, from where they lie: whole blocks, and padding
 * that is shared or that they make. *shape = what they want then, the algorithm's initial state in it.
 *   absorbed  bytes in the midstate before them */
bool pa_hash_in_place(pa_hash_shape *shape, const pa_hash_menu *menu,
                      const pa_hash_algorithm *algorithm, uint64_t absorbed, uint64_t size,
                      uint64_t digest_size);

/* lane[l] = row l. Lanes without a row of their own repeat the last row; count > 0. */
void pa_hash_point(const uint8_t **lane, const uint8_t *row, uint64_t stride, uint32_t count,
                   uint32_t lanes);

/* to[i] = pair i of those at `pairs`, 32 bytes twice, the lesser half first. */
void pa_hash_sort_pairs(uint8_t *to, const uint8_t *pairs, uint32_t count);

/* Makes batches of at most `most` rows ready; a menu without lanes needs nothing. */
void pa_hash_uniform_start(pa_hash_uniform_space *space, const pa_hash_job *job, uint64_t most);

/* From now on the one segment that is not the same for all rows is this one, of the same width and stride, and every byte of
 * it is in what is staged or none is. */
void pa_hash_uniform_move(pa_hash_uniform_space *space, const pyaccel_rows *rows);

/* Digests of rows [first, first + n). */
void pa_hash_uniform_run(pa_hash_uniform_space *space, uint8_t *digests, uint64_t first,
                         uint64_t n);

/* Nodes of Merkle trees over two others each, batch after batch: a tree is a few small ones. */
typedef struct {
    const pa_hash_algorithm *algorithm;
    const pa_hash_menu *menu;
    uint32_t used;
    /* Kernels take pairs where they lie, and nothing but their shape is made ready. */
    bool in_place;
    const pa_hash_plan *plan;
    pa_hash_shape shape;
    /* Elsewhere, a job like any other. */
    pa_hash_job job;
    pyaccel_rows segments[2]; /* the prefix, where there is one, and the two nodes */
    pa_hash_uniform_space space;
} pa_hash_pairs;

/* Parents of at most `most` pairs at a time: H(prefix || left || right), prefix one byte or NULL; with `sorted`, which takes
 * no prefix, the lesser of the two comes first.
 *   algorithm  one with digests of 32 bytes that pa_hash_segments takes, and none after it; with `sorted` as
 *              pa_hash_sorted_pairs
 * Ends with pa_hash_pairs_end, which counts what ran; must not be moved. */
void pa_hash_pairs_start(pa_hash_pairs *pairs, uint32_t algorithm, const uint8_t *prefix,
                         bool sorted, uint64_t most);
void pa_hash_pairs_end(const pa_hash_pairs *pairs);

/* parents + 32 i = the parent of the two nodes at nodes + 64 i, i < n; they must not overlap. */
void pa_hash_pairs_run(pa_hash_pairs *pairs, uint8_t *parents, const uint8_t *nodes, uint64_t n);

#endif
