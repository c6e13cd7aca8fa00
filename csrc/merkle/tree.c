/* SPDX-License-Identifier: Apache-2.0 */
/* A tree that is kept: made, appended to, updated. Each step makes a new tree; only new or dirty nodes are hashed. */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

static pyaccel_merkle_tree *allocate(uint32_t form, uint64_t n)
{
    uint64_t count = pyaccel_merkle_node_count(n);
    if (count > (SIZE_MAX - sizeof(pyaccel_merkle_tree)) / NODE) {
        return NULL;
    }
    pyaccel_merkle_tree *tree = malloc(sizeof *tree + (size_t)count * NODE);
    if (tree != NULL) {
        tree->form = form;
        tree->n = n;
    }
    return tree;
}

/* *tree = old (NULL: an empty tree) with n rows appended. */
static pyaccel_status extend(pyaccel_merkle_tree **tree, const pa_merkle *merkle,
                             const pyaccel_merkle_tree *old, const pyaccel_rows *leaves, uint64_t n)
{
    uint64_t old_n = old ? old->n : 0;
    if (!pa_rows_valid(leaves, n) || n > UINT64_MAX - old_n) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_merkle_tree *made = allocate(merkle->form, old_n + n);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = PYACCEL_OK;
    if (made->n > 0) {
        status =
            pa_merkle_extend(merkle, made->nodes, made->n, old ? old->nodes : NULL, old_n, leaves);
    }
    if (status == PYACCEL_OK) {
        *tree = made;
    } else {
        free(made);
    }
    return status;
}

pyaccel_status pyaccel_merkle_tree_new(pyaccel_merkle_tree **tree, uint32_t form,
                                       const pyaccel_rows *leaves, uint64_t n,
                                       const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    if (tree == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *tree = NULL;
    pyaccel_status status = pa_merkle_start(&merkle, form, options);
    return status == PYACCEL_OK ? extend(tree, &merkle, NULL, leaves, n) : status;
}

pyaccel_status pyaccel_merkle_tree_append(pyaccel_merkle_tree **tree,
                                          const pyaccel_merkle_tree *old,
                                          const pyaccel_rows *leaves, uint64_t n,
                                          const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    if (tree == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *tree = NULL;
    if (old == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_merkle_start(&merkle, old->form, options);
    return status == PYACCEL_OK ? extend(tree, &merkle, old, leaves, n) : status;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Positions that an update touches, ascending and unique, and room for their pairs. */
typedef struct {
    uint64_t *positions;
    uint8_t *pairs;
    uint8_t *parents;
    uint64_t count;
} dirty_nodes;

/* Halves the positions to those of the parents. */
static void rise(dirty_nodes *dirty)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < dirty->count; i++) {
        uint64_t parent = dirty->positions[i] / 2;
        if (kept == 0 || dirty->positions[kept - 1] != parent) {
            dirty->positions[kept++] = parent;
        }
    }
    dirty->count = kept;
}

/* Hashes the parents at dirty->positions anew; nodes is the layer below, of `count` nodes. */
static pyaccel_status rehash_layer(const pa_merkle *merkle, dirty_nodes *dirty, uint8_t *parents,
                                   const uint8_t *nodes, uint64_t count)
{
    uint64_t pairs = dirty->count;
    uint64_t last = dirty->positions[pairs - 1];
    const uint8_t *alone = 2 * last + 1 == count ? nodes + 2 * last * NODE : NULL;
    bool promoted = alone != NULL && merkle->form == PYACCEL_MERKLE_RFC6962;
    if (promoted) {
        memcpy(parents + last * NODE, alone, NODE);
        pairs--;
    }
    for (uint64_t i = 0; i < pairs; i++) {
        const uint8_t *left = nodes + 2 * dirty->positions[i] * NODE;
        memcpy(dirty->pairs + 2 * i * NODE, left, NODE);
        memcpy(dirty->pairs + (2 * i + 1) * NODE, left == alone ? left : left + NODE, NODE);
    }
    pyaccel_status status = pa_merkle_pairs_parallel(merkle, dirty->parents, dirty->pairs, pairs);
    for (uint64_t i = 0; i < pairs; i++) {
        memcpy(parents + dirty->positions[i] * NODE, dirty->parents + i * NODE, NODE);
    }
    return status;
}

/* Replaces the leaves at dirty->positions in a tree that is still the old one's copy. */
static pyaccel_status update(pyaccel_merkle_tree *tree, const pa_merkle *merkle, dirty_nodes *dirty,
                             const pyaccel_rows *leaves)
{
    pyaccel_status status = pa_merkle_leaves(merkle, dirty->parents, leaves, 0, dirty->count);
    if (status != PYACCEL_OK) {
        return status;
    }
    for (uint64_t i = 0; i < dirty->count; i++) {
        memcpy(tree->nodes + dirty->positions[i] * NODE, dirty->parents + i * NODE, NODE);
    }
    qsort(dirty->positions, dirty->count, sizeof *dirty->positions, compare);
    uint8_t *nodes = tree->nodes;
    for (unsigned k = 0; k < pa_merkle_height(tree->n) && status == PYACCEL_OK; k++) {
        uint64_t count = pa_merkle_layer_size(tree->n, k);
        uint8_t *parents = nodes + count * NODE;
        rise(dirty);
        status = rehash_layer(merkle, dirty, parents, nodes, count);
        nodes = parents;
    }
    return status;
}

/* Copies the tree and the indices, each read once and checked, and updates the copy. */
static pyaccel_status copy_and_update(pyaccel_merkle_tree **tree, const pa_merkle *merkle,
                                      const pyaccel_merkle_tree *old, const uint64_t *indices,
                                      const pyaccel_rows *leaves, uint64_t n)
{
    const uint64_t row_bytes = sizeof(uint64_t) + 3 * NODE;
    pyaccel_merkle_tree *made = allocate(old->form, old->n);
    uint8_t *space = n < SIZE_MAX / row_bytes ? malloc(n * row_bytes + 1) : NULL;
    pyaccel_status status = made == NULL || space == NULL ? PYACCEL_OUT_OF_MEMORY : PYACCEL_OK;
    if (status == PYACCEL_OK) {
        uint8_t *pairs = space + n * sizeof(uint64_t);
        dirty_nodes dirty = {(uint64_t *)(void *)space, pairs, pairs + n * 2 * NODE, n};
        for (uint64_t i = 0; i < n; i++) {
            dirty.positions[i] = indices[i];
            if (dirty.positions[i] >= old->n) {
                status = PYACCEL_INVALID_ARGUMENT;
            }
        }
        memcpy(made->nodes, old->nodes, pyaccel_merkle_node_count(old->n) * NODE);
        if (status == PYACCEL_OK && n > 0) {
            status = update(made, merkle, &dirty, leaves);
        }
    }
    free(space);
    if (status == PYACCEL_OK) {
        *tree = made;
    } else {
        free(made);
    }
    return status;
}

pyaccel_status pyaccel_merkle_tree_update(pyaccel_merkle_tree **tree,
                                          const pyaccel_merkle_tree *old, const uint64_t *indices,
                                          const pyaccel_rows *leaves, uint64_t n,
                                          const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    if (tree == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *tree = NULL;
    if (old == NULL || (indices == NULL && n > 0) || !pa_rows_valid(leaves, n)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_merkle_start(&merkle, old->form, options);
    return status == PYACCEL_OK ? copy_and_update(tree, &merkle, old, indices, leaves, n) : status;
}

void pyaccel_merkle_tree_free(pyaccel_merkle_tree *tree)
{
    free(tree);
}

uint64_t pyaccel_merkle_tree_size(const pyaccel_merkle_tree *tree)
{
    return tree ? tree->n : 0;
}

pyaccel_status pyaccel_merkle_tree_root(uint8_t *root, uint64_t root_size,
                                        const pyaccel_merkle_tree *tree)
{
    if (root == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (root_size < NODE || tree == NULL ||
        (tree->n == 0 && tree->form == PYACCEL_MERKLE_BITCOIN)) {
        memset(root, 0, root_size < NODE ? root_size : NODE);
        return PYACCEL_INVALID_ARGUMENT;
    }
    uint64_t count = pyaccel_merkle_node_count(tree->n);
    memcpy(root, count == 0 ? pa_merkle_empty_root : tree->nodes + (count - 1) * NODE, NODE);
    return PYACCEL_OK;
}
