/* SPDX-License-Identifier: Apache-2.0 */
/* Low subtrees of Merkle trees, each in one lane: nodes between leaves and top stay words in registers, neither transposed to
 * bytes nor back. Where the quickest kernel of such messages has none, layers are hashed as any rows are. */
#include "uniform.h"

#define NODE 32u

uint64_t pa_hash_subtrees(uint32_t id, uint8_t *digests, const uint8_t *nodes, uint64_t n,
                          bool sorted_pairs)
{
    const pa_hash_algorithm *algorithm = pa_hash_algorithm_get(id);
    const uint64_t apart = NODE << PA_HASH_SUBTREE_HEIGHT, pair = 2 * NODE;
    const pa_hash_menu *menu = pa_hash_menu_get(algorithm);
    const uint32_t item = pa_hash_plan_of(menu, algorithm, pair)->steady;
    const struct pa_hash_lanes *kernel = menu->kernels[item];
    pa_hash_shape shape;
    if (kernel == NULL || kernel->subtrees == NULL || n < kernel->lanes ||
        !pa_hash_in_place(&shape, menu, algorithm, 0, pair, NODE)) {
        return 0;
    }
    shape.sorted_pairs = sorted_pairs;
    const uint64_t whole = n / kernel->lanes * kernel->lanes;
    for (uint64_t done = 0; done < whole; done += kernel->lanes) {
        const uint8_t *data[PA_HASH_MAX_LANES];
        for (uint32_t l = 0; l < kernel->lanes; l++) {
            data[l] = nodes + (done + l) * apart;
        }
        shape.next = done + kernel->lanes < whole ? kernel->lanes * apart : 0;
        kernel->subtrees(digests + done * NODE, &shape, data, PA_HASH_SUBTREE_HEIGHT);
    }
    pa_count_variant(menu->variants[item]);
    return whole;
}
