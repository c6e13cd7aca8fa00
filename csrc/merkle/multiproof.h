/* SPDX-License-Identifier: Apache-2.0 */
/* Multiproofs over generalized indices: which nodes they hold. */
#ifndef PA_MERKLE_MULTIPROOF_H
#define PA_MERKLE_MULTIPROOF_H

#include "tree.h"

/* A node by its generalized index, and where its bytes stand. */
typedef struct {
    uint64_t index, place;
} pa_numbered;

/* Sorts by descending index. */
void pa_numbered_sort(pa_numbered *nodes, uint64_t n);

/* Height over the root: 0 for index 1. Before: index > 0. */
static inline unsigned pa_numbered_depth(uint64_t index)
{
    return 63u - (unsigned)__builtin_clzll(index);
}

#endif
