/* SPDX-License-Identifier: Apache-2.0 */
/* One lane: what the kernels of BLAKE2 and BLAKE3 need where a word is an integer. Defined by the includer: lane_word,
 * LOAD and STORE of its little-endian bytes. */
#ifndef PA_HASH_BLAKE_PORTABLE_H
#define PA_HASH_BLAKE_PORTABLE_H

#include "../core/bytes.h"

typedef lane_word word;
#define LANES 1
#define BROADCAST(x) (x)
#define LOAD_LANES(p) (*(p))
#define LOAD_BLOCK(m, data, at)                                                                    \
    for (unsigned i = 0; i < 16; i++) {                                                            \
        (m)[i] = LOAD((data)[0] + (at) + i * sizeof(word));                                        \
    }
#define STORE_STATES(out, h)                                                                       \
    for (unsigned i = 0; i < 8; i++) {                                                             \
        STORE((out) + i * sizeof(word), (h)[i]);                                                   \
    }

#endif
