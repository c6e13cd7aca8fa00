/* SPDX-License-Identifier: Apache-2.0 */
/* A tree that is kept: made, appended to, updated. Each step makes a new tree; only new or dirty nodes are hashed. */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "kept.h"

/* Leaves whose nodes are climbed together where layers are left out. */
#define GROUP_LEAVES UINT64_C(4096)

static pyaccel_merkle_tree *allocate(const pa_merkle *merkle, uint64_t n)
{
    pyaccel_merkle_tree *tree = calloc(1, sizeof *tree);
    if (tree != NULL) {
        tree->merkle = *merkle;
        tree->merkle.old_leaves = NULL;
        tree->merkle.positions = NULL;
        tree->n = n;
    }
    return tree;
}

void pyaccel_merkle_tree_free(pyaccel_merkle_tree *tree)
{
    if (tree != NULL) {
        pa_pages_free(&tree->pages);
        free(tree->heap);
        free(tree->positions);
        free(tree);
    }
}

/* Hands a tree over, its root made, or frees it. */
static pyaccel_status give(pyaccel_merkle_tree **tree, pyaccel_merkle_tree *made,
                           pyaccel_status status)
{
    if (status == PYACCEL_OK && (made->n > 0 || made->merkle.form->empty)) {
        const uint8_t *top = made->heap ? made->heap + (2 * made->n - 2) * NODE : NULL;
        if (made->pages.top != NULL) {
            const unsigned base = made->pages.base;
            top = pa_pages_node(&made->pages, base + pa_merkle_height(made->pages.n), 0);
        }
        status = pa_merkle_finish(&made->merkle, made->root, top, made->n);
    }
    if (status == PYACCEL_OK) {
        *tree = made;
    } else {
        pyaccel_merkle_tree_free(made);
    }
    return status;
}

/* ---- in layers ------------------------------------------------------------------------------- */

typedef struct {
    const pa_merkle *merkle;
    const pyaccel_rows *old_leaves, *leaves;
    uint64_t old_n, n;
} base_source;

/* Leaf nodes [first, first + count), those of the old tree and the new ones. */
static pyaccel_status leaf_nodes(const base_source *source, uint8_t *nodes, uint64_t first,
                                 uint64_t count)
{
    pyaccel_status status = PYACCEL_OK;
    if (first < source->old_n) {
        const uint64_t some = source->old_n - first < count ? source->old_n - first : count;
        status = pa_merkle_leaves(source->merkle, nodes, source->old_leaves, first, some);
        nodes += some * NODE;
        first += some;
        count -= some;
    }
    return status == PYACCEL_OK ? pa_merkle_leaves(source->merkle, nodes, source->leaves,
                                                   first - source->old_n, count)
                                : status;
}

static pyaccel_status base_nodes(void *context, uint8_t *nodes, uint64_t first, uint64_t count)
{
    const base_source *source = context;
    const unsigned keep = source->merkle->keep_layers;
    if (keep == 0) {
        return leaf_nodes(source, nodes, first, count);
    }
    const uint64_t group = GROUP_LEAVES >> keep ? GROUP_LEAVES >> keep : 1;
    const uint64_t widest = source->n < group << keep ? source->n : group << keep;
    uint8_t *space = malloc((widest + (widest + 1) / 2) * NODE);
    if (space == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    pyaccel_status status = PYACCEL_OK;
    while (count > 0 && status == PYACCEL_OK) {
        const uint64_t some = count < group ? count : group, begin = first << keep;
        const uint64_t leaves = source->n - begin < some << keep ? source->n - begin : some << keep;
        uint8_t *here = space, *spare = space + widest * NODE;
        status = leaf_nodes(source, here, begin, leaves);
        if (status == PYACCEL_OK) {
            status = pa_merkle_climb(source->merkle, here, &here, &spare, leaves, 0,
                                     pa_block_height(keep, source->n), NULL);
        }
        memcpy(nodes, here, some * NODE);
        nodes += some * NODE;
        first += some;
        count -= some;
    }
    free(space);
    return status;
}

/* INVALID_ARGUMENT unless old_leaves give the last block of the old tree, which is not full. */
static pyaccel_status check_last_block(const pyaccel_merkle_tree *old, const pyaccel_rows *leaves)
{
    const uint64_t block = old->n >> old->merkle.keep_layers;
    pa_view view;
    uint8_t node[NODE];
    pyaccel_status status = pa_view_start(&view, old, leaves);
    if (status == PYACCEL_OK) {
        status = pa_view_node(&view, node, 0, block << old->merkle.keep_layers);
    }
    pa_view_end(&view);
    return status;
}

static pyaccel_status extend_layers(pyaccel_merkle_tree *made, const pa_merkle *merkle,
                                    const pyaccel_merkle_tree *old, const pyaccel_rows *leaves)
{
    const unsigned keep = merkle->keep_layers;
    const uint64_t old_n = old ? old->n : 0;
    base_source source = {merkle, merkle->old_leaves, leaves, old_n, made->n};
    if (old_n >> keep << keep != old_n && made->n > old_n) {
        pyaccel_status status = check_last_block(old, merkle->old_leaves);
        if (status != PYACCEL_OK) {
            return status;
        }
    }
    if (old != NULL && made->n == old_n) {
        made->pages = pa_pages_share(&old->pages);
        return PYACCEL_OK;
    }
    const uint64_t base_n = made->n == 0 ? 0 : ((made->n - 1) >> keep) + 1;
    return pa_pages_extend(merkle, &made->pages, old ? &old->pages : NULL, old_n >> keep, keep,
                           base_n, base_nodes, &source);
}

/* ---- heaps ----------------------------------------------------------------------------------- */

/* Room for a heap; positions only where leaves are sorted. */
static pyaccel_status allocate_heap(pyaccel_merkle_tree *made)
{
    if (made->n == 0) {
        return PYACCEL_OK;
    }
    if (made->n > SIZE_MAX / (2 * NODE) || made->n > UINT32_MAX) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->heap = malloc((2 * made->n - 1) * NODE);
    made->positions = made->merkle.unsorted ? NULL : malloc(made->n * sizeof *made->positions);
    return made->heap == NULL || (made->positions == NULL && !made->merkle.unsorted)
               ? PYACCEL_OUT_OF_MEMORY
               : PYACCEL_OK;
}

/* Sorts nodes, which are in the caller's order, into the heap. */
static pyaccel_status place_nodes(pyaccel_merkle_tree *made, const uint8_t *nodes)
{
    if (made->positions == NULL) {
        memcpy(made->heap, nodes, made->n * NODE);
        return PYACCEL_OK;
    }
    uint64_t *order = malloc(made->n * sizeof *order);
    pyaccel_status status =
        order == NULL ? PYACCEL_OUT_OF_MEMORY : pa_merkle_sort(order, nodes, made->n);
    for (uint64_t i = 0; i < made->n && status == PYACCEL_OK; i++) {
        memcpy(made->heap + i * NODE, nodes + order[i] * NODE, NODE);
        made->positions[order[i]] = (uint32_t)i;
    }
    free(order);
    return status;
}

/* The heap over nodes, which are freed before parents are made: a third of all memory. */
static pyaccel_status fill_heap(pyaccel_merkle_tree *made, const pa_merkle *merkle, uint8_t *nodes)
{
    const pyaccel_status status = place_nodes(made, nodes);
    free(nodes);
    return status == PYACCEL_OK ? pa_heap_fill(merkle, made->heap, made->n) : status;
}

/* The old tree's leaf nodes in the caller's order. */
static void old_leaf_nodes(uint8_t *nodes, const pyaccel_merkle_tree *old)
{
    for (uint64_t i = 0; i < old->n; i++) {
        memcpy(nodes + i * NODE, old->heap + pa_kept_position(old, i) * NODE, NODE);
    }
}

static pyaccel_status extend_heap(pyaccel_merkle_tree *made, const pa_merkle *merkle,
                                  const pyaccel_merkle_tree *old, const pyaccel_rows *leaves)
{
    const uint64_t old_n = old ? old->n : 0;
    pyaccel_status status = allocate_heap(made);
    if (status != PYACCEL_OK || made->n == 0) {
        return status;
    }
    uint8_t *nodes = malloc(made->n * NODE);
    if (nodes == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    if (old != NULL) {
        old_leaf_nodes(nodes, old);
    }
    status = pa_merkle_leaves_parallel(merkle, nodes + old_n * NODE, leaves, made->n - old_n);
    if (status != PYACCEL_OK) {
        free(nodes);
        return status;
    }
    return fill_heap(made, merkle, nodes);
}

/* ---- new, append ----------------------------------------------------------------------------- */

/* *tree = old (NULL: an empty tree) with n rows appended. */
static pyaccel_status extend(pyaccel_merkle_tree **tree, const pa_merkle *merkle,
                             const pyaccel_merkle_tree *old, const pyaccel_rows *leaves, uint64_t n)
{
    const uint64_t old_n = old ? old->n : 0;
    if (!pa_rows_valid(leaves, n) || n > UINT64_MAX - old_n ||
        (old_n + n > 0 && pa_merkle_size_allowed(merkle, old_n + n) != PYACCEL_OK)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_merkle_tree *made = allocate(merkle, old_n + n);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    return give(tree, made,
                merkle->form->odd == PA_ODD_HEAP ? extend_heap(made, merkle, old, leaves)
                                                 : extend_layers(made, merkle, old, leaves));
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

/* The old tree's settings, and what of the options is for this call. */
static pyaccel_status start_from(pa_merkle *merkle, const pyaccel_merkle_tree *old,
                                 const pyaccel_merkle_options *options)
{
    *merkle = old->merkle;
    if (options == NULL) {
        merkle->threads = 0;
        return pa_bind();
    }
    if (!PA_OPTIONS_VALID(options) || options->reserved_2 != 0 || options->positions != NULL ||
        (options->length != 0 && (merkle->mix_in_length != PYACCEL_MERKLE_MIX_IN_LENGTH ||
                                  options->mix_in_length != PYACCEL_MERKLE_MIX_IN_LENGTH))) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    merkle->threads = options->threads;
    merkle->old_leaves = options->old_leaves;
    if (options->mix_in_length == PYACCEL_MERKLE_MIX_IN_LENGTH) {
        merkle->length = options->length;
    }
    return pa_bind();
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
    pyaccel_status status = start_from(&merkle, old, options);
    return status == PYACCEL_OK ? extend(tree, &merkle, old, leaves, n) : status;
}

/* ---- of layers ------------------------------------------------------------------------------- */

static pyaccel_status import_heap(pyaccel_merkle_tree *made, const uint8_t *nodes,
                                  const uint64_t *positions)
{
    pyaccel_status status = allocate_heap(made);
    if (status != PYACCEL_OK || made->n == 0) {
        return status;
    }
    memcpy(made->heap, nodes, (2 * made->n - 1) * NODE);
    for (uint64_t i = 0; i < made->n && made->positions != NULL; i++) {
        const uint64_t position = positions[i];
        if (position >= made->n) {
            return PYACCEL_INVALID_ARGUMENT;
        }
        made->positions[i] = (uint32_t)position;
    }
    return PYACCEL_OK;
}

pyaccel_status pyaccel_merkle_tree_of_layers(pyaccel_merkle_tree **tree, uint32_t form,
                                             const uint8_t *nodes, uint64_t nodes_size, uint64_t n,
                                             const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    if (tree == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *tree = NULL;
    pyaccel_status status = pa_merkle_start_layers(&merkle, form, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    const bool heap = merkle.form->odd == PA_ODD_HEAP;
    const bool sorted = heap && !merkle.unsorted;
    if (nodes_size / NODE < pyaccel_merkle_layers_count(form, n) || (n > 0 && nodes == NULL) ||
        merkle.keep_layers != 0 || (n > 0 && sorted && merkle.positions == NULL) ||
        (n > 0 && pa_merkle_size_allowed(&merkle, n) != PYACCEL_OK)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_merkle_tree *made = allocate(&merkle, n);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    return give(tree, made,
                heap ? import_heap(made, nodes, merkle.positions)
                     : pa_pages_import(&made->pages, nodes, n));
}

/* ---- update ---------------------------------------------------------------------------------- */

typedef struct {
    uint64_t index, row;
} change;

static int compare_changes(const void *a, const void *b)
{
    const change *x = a, *y = b;
    return x->index != y->index ? (x->index > y->index) - (x->index < y->index)
                                : (x->row > y->row) - (x->row < y->row);
}

/* Sorts by index and leaves the last change of each; returns how many there are. */
static uint64_t last_changes(change *changes, uint64_t n)
{
    uint64_t kept = 0;
    qsort(changes, n, sizeof *changes, compare_changes);
    for (uint64_t i = 0; i < n; i++) {
        if (i + 1 == n || changes[i + 1].index != changes[i].index) {
            changes[kept++] = changes[i];
        }
    }
    return kept;
}

/* What an update works on: rows' leaf nodes, and the changes in ascending order. */
typedef struct {
    const pa_merkle *merkle;
    const pyaccel_merkle_tree *old;
    const uint8_t *nodes; /* leaf node of each row */
    change *changes;
    uint64_t count;
    uint64_t *positions; /* count: base nodes that change; filled here */
    uint8_t *base;       /* count: what they become; filled here       */
} dirty_leaves;

/* Base nodes of blocks with changed leaves, which are checked first. Returns their number in dirty->count. */
static pyaccel_status update_blocks(dirty_leaves *dirty)
{
    const pyaccel_merkle_tree *old = dirty->old;
    const unsigned keep = old->merkle.keep_layers;
    pa_view view;
    uint8_t node[NODE];
    uint64_t blocks = 0;
    pyaccel_status status = pa_view_start(&view, old, dirty->merkle->old_leaves);
    for (uint64_t i = 0; i < dirty->count && status == PYACCEL_OK;) {
        const uint64_t block = dirty->changes[i].index >> keep, begin = block << keep;
        const uint64_t leaves = pa_block_leaves(keep, old->n, block);
        status = pa_view_node(&view, node, 0, begin);
        if (status != PYACCEL_OK) {
            break;
        }
        for (; i < dirty->count && dirty->changes[i].index >> keep == block; i++) {
            memcpy(view.space + (dirty->changes[i].index - begin) * NODE,
                   dirty->nodes + dirty->changes[i].row * NODE, NODE);
        }
        uint8_t *here = view.space, *spare = view.space + leaves * NODE;
        status = pa_merkle_climb(&old->merkle, here, &here, &spare, leaves, 0,
                                 pa_block_height(keep, old->n), NULL);
        view.block = UINT64_MAX; /* it no longer holds the tree's nodes */
        memcpy(dirty->base + blocks * NODE, here, NODE);
        dirty->positions[blocks++] = block;
    }
    pa_view_end(&view);
    dirty->count = blocks;
    return status;
}

static pyaccel_status update_layers(pyaccel_merkle_tree *made, dirty_leaves *dirty)
{
    pyaccel_status status = PYACCEL_OK;
    if (dirty->merkle->keep_layers > 0) {
        status = update_blocks(dirty);
    } else {
        for (uint64_t i = 0; i < dirty->count; i++) {
            dirty->positions[i] = dirty->changes[i].index;
            memcpy(dirty->base + i * NODE, dirty->nodes + dirty->changes[i].row * NODE, NODE);
        }
    }
    return status == PYACCEL_OK ? pa_pages_update(dirty->merkle, &made->pages, &dirty->old->pages,
                                                  dirty->positions, dirty->base, dirty->count)
                                : status;
}

/* Parents of changed nodes at A[positions[..]], ascending, of one height: their pairs are hashed and their own positions
 * put in their place. */
static pyaccel_status rise_in_heap(pyaccel_merkle_tree *made, const dirty_leaves *dirty,
                                   uint64_t *count, uint8_t *space)
{
    uint64_t parents = 0, *positions = dirty->positions;
    uint8_t *hashed = space + 2 * *count * NODE;
    for (uint64_t i = 0; i < *count; i++) {
        const uint64_t m = positions[i] / 2;
        if (parents == 0 || positions[parents - 1] != made->n + m) {
            memcpy(space + 2 * parents * NODE, made->heap + 2 * m * NODE, 2 * NODE);
            positions[parents++] = made->n + m;
        }
    }
    pyaccel_status status = pa_merkle_pairs_parallel(dirty->merkle, hashed, space, parents);
    for (uint64_t i = 0; i < parents; i++) {
        memcpy(made->heap + positions[i] * NODE, hashed + i * NODE, NODE);
    }
    *count = parents;
    return status;
}

/* Unsorted: dirty paths alone. The deepest leaves come first in A and first in the order of their parents, so that what is
 * dirty stays ascending when their parents join the other leaves behind these. */
static pyaccel_status update_paths(pyaccel_merkle_tree *made, const dirty_leaves *dirty)
{
    const pa_heap_shape shape = pa_heap_shape_of(made->n);
    uint64_t *positions = dirty->positions, deep = 0, count = dirty->count;
    uint8_t *space = malloc(3 * count * NODE);
    uint64_t *others = malloc(count * sizeof *others);
    pyaccel_status status = space == NULL || others == NULL ? PYACCEL_OUT_OF_MEMORY : PYACCEL_OK;
    if (status == PYACCEL_OK) {
        for (uint64_t i = 0; i < count; i++) {
            deep += positions[i] < shape.deep;
        }
        const uint64_t shallow = count - deep;
        memcpy(others, positions + deep, shallow * sizeof *others);
        count = deep;
        if (deep > 0) {
            status = rise_in_heap(made, dirty, &count, space);
        }
        /* Leaves stand before parents in A. */
        memmove(positions + shallow, positions, count * sizeof *positions);
        memcpy(positions, others, shallow * sizeof *positions);
        count += shallow;
        while (status == PYACCEL_OK && positions[0] < 2 * made->n - 2) {
            status = rise_in_heap(made, dirty, &count, space);
        }
    }
    free(space);
    free(others);
    return status;
}

static pyaccel_status update_heap(pyaccel_merkle_tree *made, const dirty_leaves *dirty)
{
    const pyaccel_merkle_tree *old = dirty->old;
    pyaccel_status status = allocate_heap(made);
    if (status != PYACCEL_OK || made->n == 0) {
        return status;
    }
    if (made->positions == NULL) {
        memcpy(made->heap, old->heap, (2 * made->n - 1) * NODE);
        for (uint64_t i = 0; i < dirty->count; i++) {
            dirty->positions[i] = dirty->changes[i].index;
            memcpy(made->heap + dirty->positions[i] * NODE,
                   dirty->nodes + dirty->changes[i].row * NODE, NODE);
        }
        return dirty->count > 0 ? update_paths(made, dirty) : PYACCEL_OK;
    }
    uint8_t *nodes = malloc(made->n * NODE);
    if (nodes == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    old_leaf_nodes(nodes, old);
    for (uint64_t i = 0; i < dirty->count; i++) {
        memcpy(nodes + dirty->changes[i].index * NODE, dirty->nodes + dirty->changes[i].row * NODE,
               NODE);
    }
    return fill_heap(made, dirty->merkle, nodes);
}

/* Copies the indices, each read once and checked, hashes the leaves and updates. */
static pyaccel_status update(pyaccel_merkle_tree **tree, const pa_merkle *merkle,
                             const pyaccel_merkle_tree *old, const uint64_t *indices,
                             const pyaccel_rows *leaves, uint64_t n)
{
    const uint64_t row_bytes = sizeof(change) + sizeof(uint64_t) + 2 * NODE;
    uint8_t *space = n < SIZE_MAX / row_bytes ? malloc(n * row_bytes + 1) : NULL;
    pyaccel_merkle_tree *made = space ? allocate(merkle, old->n) : NULL;
    if (made == NULL) {
        free(space);
        return PYACCEL_OUT_OF_MEMORY;
    }
    change *changes = (change *)(void *)space;
    uint64_t *positions = (uint64_t *)(void *)(changes + n);
    uint8_t *nodes = (uint8_t *)(positions + n);
    pyaccel_status status = pa_merkle_leaves_parallel(merkle, nodes, leaves, n);
    for (uint64_t i = 0; i < n && status == PYACCEL_OK; i++) {
        changes[i] = (change){indices[i], i};
        if (changes[i].index >= old->n) {
            status = PYACCEL_INVALID_ARGUMENT;
        }
    }
    if (status == PYACCEL_OK) {
        dirty_leaves dirty = {
            merkle, old, nodes, changes, last_changes(changes, n), positions, nodes + n * NODE};
        status = merkle->form->odd == PA_ODD_HEAP ? update_heap(made, &dirty)
                                                  : update_layers(made, &dirty);
    }
    free(space);
    return give(tree, made, status);
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
    pyaccel_status status = start_from(&merkle, old, options);
    return status == PYACCEL_OK ? update(tree, &merkle, old, indices, leaves, n) : status;
}

/* ---- what it says of itself ------------------------------------------------------------------ */

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
    if (root_size < NODE || tree == NULL || (tree->n == 0 && !tree->merkle.form->empty)) {
        memset(root, 0, root_size < NODE ? root_size : NODE);
        return PYACCEL_INVALID_ARGUMENT;
    }
    memcpy(root, tree->root, NODE);
    return PYACCEL_OK;
}
