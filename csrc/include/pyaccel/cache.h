/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded cache of signatures that were found valid, for nodes that see the same ones two and three times. */
#ifndef PYACCEL_CACHE_H
#define PYACCEL_CACHE_H

#include "pyaccel/verify.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What is kept of a valid row is its tag: 32 bytes of BLAKE3, keyed by 256 bits that each cache draws from the operating system,
 * of everything that a verdict depends on: scheme, rule, message hash, formats (0 as what it stands for), identity (NULL as the
 * default one), key, message and signature, each with its size in front. A row is known when a tag is equal in all its bytes. Rows
 * that are not valid are never kept. Rows whose key, identity and signature have more than 512 bytes together are
 * verified every time.
 *
 * Tags stand in sets of eight; in a full one the first goes that was not found since it was last passed over. All calls but
 * pyaccel_cache_free are thread-safe; where two threads want the same few sets, one may take its row for unknown and leave it out.
 * A child of a fork has the cache as it was. */

#define PYACCEL_CACHE_TAG_SIZE 32 /* bytes of a tag */

/* All 0 but struct_size: the defaults. */
typedef struct {
    size_t struct_size; /* sizeof(pyaccel_cache_options)                                          */
    uint64_t memory;    /* bytes that the cache takes, at least 32 KiB; 0: 16 MiB. 33 a row       */
    uint64_t reserved;  /* 0                                                                      */
} pyaccel_cache_options;

/* Counted since the cache was made, but for the last three. */
typedef struct {
    uint64_t hits;
    uint64_t misses;
    uint64_t insertions;
    uint64_t evictions;
    uint64_t entries;  /* rows that are known now */
    uint64_t capacity; /* rows at most            */
    uint64_t memory;   /* bytes                   */
} pyaccel_cache_statistics;

/* *cache = an empty cache (NULL on any status but OK). options may be NULL.
 * Returns OK; INVALID_ARGUMENT; OUT_OF_MEMORY; BAD_ENVIRONMENT; INTERNAL: the operating system gave no random bytes. */
PYACCEL_API pyaccel_status pyaccel_cache_new(pyaccel_cache **cache, const pyaccel_cache_options *options);

/* No other thread may use it any more. NULL is ignored. */
PYACCEL_API void pyaccel_cache_free(pyaccel_cache *cache);

/* Forgets every row. NULL is ignored. */
PYACCEL_API void pyaccel_cache_clear(pyaccel_cache *cache);

/* Fills *statistics; INVALID_ARGUMENT for NULL (*statistics is then zeroed). */
PYACCEL_API pyaccel_status pyaccel_cache_statistics_get(pyaccel_cache_statistics *statistics, pyaccel_cache *cache);

/* For rows that something else verifies; pyaccel_verify_many with options.cache does all of it by itself.
 * found[i] = 1 where row i is known to be valid, else 0; tags[i * 32 ..] = its tag, for pyaccel_cache_insert (zeros: not kept).
 *   found, tags   n and 32 n bytes, apart from the inputs
 *   the rest      as in pyaccel_verify_many; of options, reasons, progress and cache are not looked at
 * Returns OK; INVALID_ARGUMENT; UNSUPPORTED; OUT_OF_MEMORY; BAD_ENVIRONMENT: found and tags are then zeroed. */
PYACCEL_API pyaccel_status pyaccel_cache_look_up(uint8_t *found, uint8_t *tags, pyaccel_cache *cache, uint32_t scheme,
                                                 const pyaccel_rows *public_keys, const pyaccel_rows *messages,
                                                 const pyaccel_rows *signatures, uint64_t n,
                                                 const pyaccel_verify_options *options);

/* Keeps the tags of rows whose verdict is 1 (any other value: 0). verdicts must be those of the very rows of the tags.
 * Returns OK; INVALID_ARGUMENT for NULL. */
PYACCEL_API pyaccel_status pyaccel_cache_insert(pyaccel_cache *cache, const uint8_t *tags, const uint8_t *verdicts,
                                                uint64_t n);

#ifdef __cplusplus
}
#endif

#endif
