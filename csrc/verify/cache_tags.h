/* SPDX-License-Identifier: Apache-2.0 */
/* Between the tags of rows (cache_tags.c) and where they are kept (cache.c). */
#ifndef PA_VERIFY_CACHE_TAGS_H
#define PA_VERIFY_CACHE_TAGS_H

#include "pyaccel/cache.h"

#include <stdbool.h>

/* Keys of BLAKE3: of tags, and of long messages that stand in them as digests. */
typedef struct {
    uint8_t tag[32], message[32];
} pa_cache_keys;

const pa_cache_keys *pa_cache_keys_of(const pyaccel_cache *cache);

/* One tag: asked for soon, known, to be kept. A tag of zeros is never kept. */
void pa_cache_prefetch(const pyaccel_cache *cache, const uint8_t *tag);
bool pa_cache_find(pyaccel_cache *cache, const uint8_t *tag);
void pa_cache_keep(pyaccel_cache *cache, const uint8_t *tag);

#endif
