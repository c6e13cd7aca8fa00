/* SPDX-License-Identifier: Apache-2.0 */
/* Words from and to bytes of a fixed order, and rotations; any alignment, any endianness. */
#ifndef PA_CORE_BYTES_H
#define PA_CORE_BYTES_H

#include <stdint.h>

__extension__ typedef unsigned __int128 pa_u128;

static inline uint32_t pa_load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t pa_load_be64(const uint8_t *p)
{
    return (uint64_t)pa_load_be32(p) << 32 | pa_load_be32(p + 4);
}

static inline uint32_t pa_load_le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t pa_load_le64(const uint8_t *p)
{
    return (uint64_t)pa_load_le32(p + 4) << 32 | pa_load_le32(p);
}

static inline void pa_store_be32(uint8_t *p, uint32_t x)
{
    p[0] = (uint8_t)(x >> 24);
    p[1] = (uint8_t)(x >> 16);
    p[2] = (uint8_t)(x >> 8);
    p[3] = (uint8_t)x;
}

static inline void pa_store_be64(uint8_t *p, uint64_t x)
{
    pa_store_be32(p, (uint32_t)(x >> 32));
    pa_store_be32(p + 4, (uint32_t)x);
}

static inline void pa_store_le32(uint8_t *p, uint32_t x)
{
    p[0] = (uint8_t)x;
    p[1] = (uint8_t)(x >> 8);
    p[2] = (uint8_t)(x >> 16);
    p[3] = (uint8_t)(x >> 24);
}

static inline void pa_store_le64(uint8_t *p, uint64_t x)
{
    pa_store_le32(p, (uint32_t)x);
    pa_store_le32(p + 4, (uint32_t)(x >> 32));
}

/* Before: 0 < n < the width. */
static inline uint32_t pa_rotr32(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static inline uint32_t pa_rotl32(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static inline uint64_t pa_rotr64(uint64_t x, unsigned n)
{
    return x >> n | x << (64 - n);
}

static inline uint64_t pa_rotl64(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

#endif
