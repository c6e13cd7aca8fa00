/* SPDX-License-Identifier: Apache-2.0 */
/* Consistency proofs, RFC 9162 2.1.4.2. */
#include <string.h>

#include "tree.h"

/* Folds one proof node into both roots; before: *last > 0. */
static pyaccel_status fold(const pa_merkle *merkle, uint8_t *old_node, uint8_t *new_node,
                           const uint8_t *sibling, uint64_t *index, uint64_t *last)
{
    uint8_t pairs[2][2 * NODE];
    uint8_t parents[2][NODE];
    bool right = *index % 2 || *index == *last; /* the sibling stands to the left of both */
    for (unsigned i = 0; i < 2; i++) {
        const uint8_t *node = i ? new_node : old_node;
        memcpy(pairs[i], right ? sibling : node, NODE);
        memcpy(pairs[i] + NODE, right ? node : sibling, NODE);
    }
    pyaccel_status status = pa_merkle_pairs(merkle, parents[0], pairs[0], 2);
    if (right) {
        memcpy(old_node, parents[0], NODE);
        while (*index % 2 == 0 && *index != 0) {
            *index >>= 1;
            *last >>= 1;
        }
    }
    memcpy(new_node, parents[1], NODE);
    *index >>= 1;
    *last >>= 1;
    return status;
}

/* The walk of RFC 9162 2.1.4.2 for 0 < old_size < new_size. */
static pyaccel_status walk_consistency(const pa_merkle *merkle, uint8_t *verdict,
                                       const uint8_t *old_root, const uint8_t *new_root,
                                       uint64_t old_size, uint64_t new_size, const uint8_t *proof,
                                       uint64_t proof_size)
{
    uint8_t old_node[NODE], new_node[NODE];
    uint64_t index = old_size - 1, last = new_size - 1;
    bool power_of_two = (old_size & (old_size - 1)) == 0;
    if (proof_size == 0) {
        return PYACCEL_OK;
    }
    memcpy(old_node, power_of_two ? old_root : proof, NODE);
    memcpy(new_node, old_node, NODE);
    while (index % 2) {
        index >>= 1;
        last >>= 1;
    }
    for (uint64_t done = power_of_two ? 0 : NODE; done < proof_size; done += NODE) {
        if (last == 0) {
            return PYACCEL_OK;
        }
        pyaccel_status status = fold(merkle, old_node, new_node, proof + done, &index, &last);
        if (status != PYACCEL_OK) {
            return status;
        }
    }
    *verdict =
        last == 0 && memcmp(old_node, old_root, NODE) == 0 && memcmp(new_node, new_root, NODE) == 0;
    return PYACCEL_OK;
}

pyaccel_status pyaccel_merkle_verify_consistency(uint8_t *verdict, uint32_t form,
                                                 const uint8_t *old_root, const uint8_t *new_root,
                                                 uint64_t old_size, uint64_t new_size,
                                                 const uint8_t *proof, uint64_t proof_size,
                                                 const pyaccel_merkle_options *options)
{
    pa_merkle merkle;
    if (verdict == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *verdict = 0;
    if (old_root == NULL || new_root == NULL || (proof == NULL && proof_size > 0)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    pyaccel_status status = pa_merkle_start(&merkle, form, options);
    if (status != PYACCEL_OK) {
        return status;
    }
    if (!merkle.form->consistency) {
        return PYACCEL_UNSUPPORTED;
    }
    if (old_size > new_size || proof_size % NODE != 0) {
        return PYACCEL_OK;
    }
    if (old_size == 0 || old_size == new_size) {
        uint8_t empty[NODE];
        status = pa_merkle_finish(&merkle, empty, NULL, 0);
        *verdict = status == PYACCEL_OK && proof_size == 0 &&
                   (old_size != new_size || memcmp(old_root, new_root, NODE) == 0) &&
                   (old_size != 0 || memcmp(old_root, empty, NODE) == 0);
        return status;
    }
    return walk_consistency(&merkle, verdict, old_root, new_root, old_size, new_size, proof,
                            proof_size);
}
