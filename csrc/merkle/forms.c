/* SPDX-License-Identifier: Apache-2.0 */
/* The forms, and what each of them takes. */
#include "../hash/hash.h"
#include "tree.h"

#define ALGORITHM(name) (UINT64_C(1) << PYACCEL_HASH_##name)

/* RFC 9162, 2.1: HASH is the log's own; here those with digests of 32 bytes that no length extension or truncation of
 * another algorithm here brings into being. */
#define LOG_ALGORITHMS                                                                             \
    (ALGORITHM(SHA256) | ALGORITHM(SHA512_256) | ALGORITHM(SHA3_256) | ALGORITHM(KECCAK256) |      \
     ALGORITHM(SM3) | ALGORITHM(BLAKE2B_256) | ALGORITHM(BLAKE2S_256) | ALGORITHM(BLAKE3))

const pa_merkle_form *pa_merkle_form_get(uint32_t form)
{
    static const pa_merkle_form forms[] = {
        [PYACCEL_MERKLE_BITCOIN] = {.leaf = PA_LEAF_NODE,
                                    .odd = PA_ODD_TWICE,
                                    .own = PYACCEL_HASH_SHA256D,
                                    .algorithms = ALGORITHM(SHA256D),
                                    .most = UINT64_MAX},
        [PYACCEL_MERKLE_RFC6962] = {.leaf = PA_LEAF_PREFIXED,
                                    .odd = PA_ODD_PROMOTED,
                                    .prefixed = true,
                                    .empty = true,
                                    .consistency = true,
                                    .own = PYACCEL_HASH_SHA256,
                                    .algorithms = LOG_ALGORITHMS,
                                    .most = UINT64_MAX},
        [PYACCEL_MERKLE_COMETBFT] = {.leaf = PA_LEAF_PREFIXED,
                                     .odd = PA_ODD_PROMOTED,
                                     .prefixed = true,
                                     .empty = true,
                                     .own = PYACCEL_HASH_SHA256,
                                     .algorithms = ALGORITHM(SHA256),
                                     .most = INT64_MAX},
        [PYACCEL_MERKLE_SSZ] = {.leaf = PA_LEAF_NODE,
                                .odd = PA_ODD_ZERO,
                                .empty = true,
                                .own = PYACCEL_HASH_SHA256,
                                .algorithms = ALGORITHM(SHA256),
                                .most = UINT64_C(1) << 63},
        [PYACCEL_MERKLE_OPENZEPPELIN_STANDARD] = {.leaf = PA_LEAF_TWICE,
                                                  .odd = PA_ODD_HEAP,
                                                  .sorted_pairs = true,
                                                  .own = PYACCEL_HASH_KECCAK256,
                                                  .algorithms = ALGORITHM(KECCAK256),
                                                  .most = UINT64_C(1) << 62},
        [PYACCEL_MERKLE_OPENZEPPELIN_SIMPLE] = {.leaf = PA_LEAF_NODE,
                                                .odd = PA_ODD_HEAP,
                                                .sorted_pairs = true,
                                                .own = PYACCEL_HASH_KECCAK256,
                                                .algorithms = ALGORITHM(KECCAK256) |
                                                              ALGORITHM(SHA256) | ALGORITHM(SM3),
                                                .most = UINT64_C(1) << 62},
    };
    return form > 0 && form < sizeof forms / sizeof *forms ? &forms[form] : NULL;
}

static bool options_fit(const pa_merkle_form *form, const pyaccel_merkle_options *options)
{
    const bool ssz = form->odd == PA_ODD_ZERO, heap = form->odd == PA_ODD_HEAP;
    return (options->limit == 0 || (ssz && options->limit <= form->most)) &&
           options->mix_in_length <= (ssz ? PYACCEL_MERKLE_MIX_IN_LENGTH : 0) &&
           (options->length == 0 || options->mix_in_length == PYACCEL_MERKLE_MIX_IN_LENGTH) &&
           options->unsorted <= (heap ? 1u : 0u) && options->reserved_2 == 0 &&
           options->keep_layers <= (heap ? 0u : PYACCEL_MERKLE_MOST_KEEP_LAYERS) &&
           (options->positions == NULL || heap);
}

pyaccel_status pa_merkle_start(pa_merkle *merkle, uint32_t form,
                               const pyaccel_merkle_options *options)
{
    return options != NULL && PA_OPTIONS_VALID(options) && options->positions != NULL
               ? PYACCEL_INVALID_ARGUMENT
               : pa_merkle_start_layers(merkle, form, options);
}

pyaccel_status pa_merkle_start_layers(pa_merkle *merkle, uint32_t form,
                                      const pyaccel_merkle_options *options)
{
    static const pyaccel_merkle_options defaults = {.struct_size = sizeof defaults};
    const pa_merkle_form *found = pa_merkle_form_get(form);
    if (options == NULL) {
        options = &defaults;
    }
    if (found == NULL || !PA_OPTIONS_VALID(options) || !options_fit(found, options)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const uint32_t algorithm = options->algorithm ? options->algorithm : found->own;
    if (algorithm >= 64 || (found->algorithms >> algorithm & 1) == 0) {
        return pyaccel_hash_digest_size(algorithm) ? PYACCEL_UNSUPPORTED : PYACCEL_INVALID_ARGUMENT;
    }
    *merkle = (pa_merkle){
        .form = found,
        .algorithm = algorithm,
        .threads = options->threads,
        .mix_in_length = options->mix_in_length,
        .keep_layers = options->keep_layers,
        .unsorted = options->unsorted != 0,
        .limit = options->limit,
        .length = options->length,
        .old_leaves = options->old_leaves,
        .positions = options->positions,
    };
    return pa_bind();
}

pyaccel_status pa_merkle_size_allowed(const pa_merkle *merkle, uint64_t n)
{
    const uint64_t most = merkle->limit ? merkle->limit : merkle->form->most;
    return n <= most && (n > 0 || merkle->form->empty) ? PYACCEL_OK : PYACCEL_INVALID_ARGUMENT;
}
