/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of a kept tree, also of layers that it does without. */
#include <stdlib.h>
#include <string.h>

#include "kept.h"

uint64_t pa_block_bytes(const pa_merkle *merkle, uint64_t n)
{
    const uint64_t most = UINT64_C(1) << merkle->keep_layers;
    const uint64_t leaves = n < most ? n : most;
    return (2 * leaves + PA_MERKLE_HEIGHTS) * NODE;
}

pyaccel_status pa_block_layers(const pa_merkle *merkle, uint8_t *space, const uint8_t **top,
                               const pyaccel_rows *leaves, uint64_t n, uint64_t block)
{
    const unsigned keep = merkle->keep_layers, height = pa_block_height(keep, n);
    uint64_t count = pa_block_leaves(keep, n, block);
    pyaccel_status status = pa_merkle_leaves(merkle, space, leaves, block << keep, count);
    for (unsigned k = 0; k < height && status == PYACCEL_OK; k++) {
        status = pa_merkle_parents(merkle, space + count * NODE, space, count, k);
        space += count * NODE;
        count = (count + 1) / 2;
    }
    *top = space;
    return status;
}

pyaccel_status pa_view_start(pa_view *view, const pyaccel_merkle_tree *tree,
                             const pyaccel_rows *leaves)
{
    *view = (pa_view){.tree = tree, .leaves = leaves, .block = UINT64_MAX};
    return leaves == NULL || pa_rows_valid(leaves, tree->n) ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
}

void pa_view_end(pa_view *view)
{
    free(view->space);
}

static pyaccel_status load_block(pa_view *view, uint64_t block)
{
    const pyaccel_merkle_tree *tree = view->tree;
    const uint8_t *top;
    if (view->leaves == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    if (view->space == NULL) {
        view->space = malloc(pa_block_bytes(&tree->merkle, tree->n));
        if (view->space == NULL) {
            return PYACCEL_OUT_OF_MEMORY;
        }
    }
    view->block = UINT64_MAX;
    pyaccel_status status =
        pa_block_layers(&tree->merkle, view->space, &top, view->leaves, tree->n, block);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (memcmp(top, pa_pages_node(&tree->pages, tree->merkle.keep_layers, block), NODE) != 0) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    view->block = block;
    return PYACCEL_OK;
}

pyaccel_status pa_view_node(pa_view *view, uint8_t *node, unsigned height, uint64_t index)
{
    const pyaccel_merkle_tree *tree = view->tree;
    const unsigned keep = tree->merkle.keep_layers;
    if (height >= keep) {
        memcpy(node, pa_pages_node(&tree->pages, height, index), NODE);
        return PYACCEL_OK;
    }
    const uint64_t block = index >> (keep - height);
    if (view->block != block) {
        pyaccel_status status = load_block(view, block);
        if (status != PYACCEL_OK) {
            return status;
        }
    }
    const uint8_t *layer = view->space;
    uint64_t count = pa_block_leaves(keep, tree->n, block);
    for (unsigned k = 0; k < height; k++) {
        layer += count * NODE;
        count = (count + 1) / 2;
    }
    memcpy(node, layer + (index - (block << (keep - height))) * NODE, NODE);
    return PYACCEL_OK;
}
