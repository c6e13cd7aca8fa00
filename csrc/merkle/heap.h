/* SPDX-License-Identifier: Apache-2.0 */
/* Trees that are heaps, as OpenZeppelin's: the order of their leaves, and their nodes in one array.
 *
 * A[0 .. n) are the leaf nodes, A[n + m] = parent(A[2m], A[2m + 1]), A[2n - 2] is the root. */
#ifndef PA_MERKLE_HEAP_H
#define PA_MERKLE_HEAP_H

#include "tree.h"

/* Leaf nodes in the order in which they stand in the tree. */
typedef struct {
    const pyaccel_rows *leaves; /* unsorted: where they are made from, as they are needed */
    uint8_t *nodes;             /* sorted: all of them, in the caller's order */
    uint64_t *order;            /* sorted: which of them stands where */
} pa_heap_order;

/* Makes and sorts the leaf nodes where the settings ask for it. Ends with pa_heap_order_end, whatever it returns. */
pyaccel_status pa_heap_order_start(pa_heap_order *order, const pa_merkle *merkle,
                                   const pyaccel_rows *leaves, uint64_t n);
void pa_heap_order_end(pa_heap_order *order);

/* nodes = A[first .. first + count), first + count <= n. */
pyaccel_status pa_heap_leaves(const pa_merkle *merkle, const pa_heap_order *order, uint8_t *nodes,
                              uint64_t first, uint64_t count);

/* nodes = [first, first + count) of the row over which the tree of n leaves is perfect (pa_heap_shape_of). */
pyaccel_status pa_heap_row(const pa_merkle *merkle, const pa_heap_order *order, uint64_t n,
                           uint8_t *nodes, uint64_t first, uint64_t count);

/* nodes = A, of which the first n are there. */
pyaccel_status pa_heap_fill(const pa_merkle *merkle, uint8_t *nodes, uint64_t n);

/* nodes = A over these leaves; positions[i] (may be NULL) = where leaf i stands. */
pyaccel_status pa_heap_make(const pa_merkle *merkle, uint8_t *nodes, uint64_t *positions,
                            const pyaccel_rows *leaves, uint64_t n);

#endif
