/* SPDX-License-Identifier: Apache-2.0 */
/* What a hash kernel is: compression of whole blocks, for one message or for one lane each. */
#ifndef PA_HASH_KERNEL_H
#define PA_HASH_KERNEL_H

#include "hash.h"

/* Chaining value of one message: 32-bit words (SHA-256, RIPEMD-160, SM3) or 64-bit ones (SHA-512, Keccak). Behind a
 * Keccak state stands the rate in bytes, since one kernel serves several. */
#define PA_KECCAK_RATE 25
#define PA_KECCAK_WORDS 26
typedef union {
    uint32_t word[8];
    uint64_t wide[PA_KECCAK_WORDS];
} pa_hash_state;

/* Families of single messages: PA_FAMILY_SHA256, _SHA512, ... */
struct pa_hash_single {
    /* state = compression of `count` blocks at data (any alignment) into state. */
    void (*blocks)(pa_hash_state *state, const uint8_t *data, uint64_t count);
    uint32_t cost; /* cycles a block, rounded: what the choice between single and lanes compares */
};

#define PA_HASH_MAX_LANES 48
#define PA_HASH_MAX_DIGEST 64    /* bytes */
#define PA_HASH_MAX_SCHEDULE 128 /* words of a block that lanes share */

/* step(0) ... step(3), step(7) or step(15): rounds written out, so that words which rotate by index stay in registers. */
#define PA_FOUR(step) step(0) step(1) step(2) step(3)
#define PA_EIGHT(step) PA_FOUR(step) step(4) step(5) step(6) step(7)
#define PA_SIXTEEN(step)                                                                           \
    PA_EIGHT(step) step(8) step(9) step(10) step(11) step(12) step(13) step(14) step(15)

/* What is brought into the cache while a block is hashed: the block of lane l at lane[l] + at. A line at a time between the
 * rounds: as many lines at once as a group has lanes are more than a core waits for, and what comes after them stands still
 * (Zen 4, a million messages of 64 bytes, two streams: 5 % of SHA-256's time, 7 % of SM3's, 12 % of BLAKE3's). */
typedef struct {
    const uint8_t *const *lane;
    uint64_t at;
} pa_hash_ahead;

/* Nothing to bring: lines that are soon there, as many as a block of BLAKE2b. */
static inline pa_hash_ahead pa_hash_no_more(void)
{
#define EIGHT_LANES line, line, line, line, line, line, line, line
    static const uint8_t line[128] = {0};
    static const uint8_t *const lanes[PA_HASH_MAX_LANES] = {EIGHT_LANES, EIGHT_LANES, EIGHT_LANES,
                                                            EIGHT_LANES, EIGHT_LANES, EIGHT_LANES};
#undef EIGHT_LANES
    return (pa_hash_ahead){lanes, 0};
}

/* In place of bytes to the next message: behind the lanes' messages, at data[lanes + l], stands memory that is read later. */
#define PA_HASH_FAR UINT64_MAX

/* While block b of `count`, `block` bytes each, at data is hashed: a later one of the same messages or, `next` bytes further, of
 * those that come after them (0: none do); as many lanes are more streams than the hardware foresees. PA_HASH_FAR: with the
 * first block a block at data[lanes + l] for lane l, and with each one after that what lies as many bytes further as a block of
 * all lanes has. */
static inline pa_hash_ahead pa_hash_blocks_ahead(const uint8_t *const *data, uint64_t b,
                                                 uint64_t count, uint64_t lanes, uint64_t block,
                                                 uint64_t next)
{
    if (next == PA_HASH_FAR) {
        return (pa_hash_ahead){data + lanes, b * lanes * block};
    }
    const uint64_t then = b + (count < 2 ? count : 2);
    if (then < count) {
        return (pa_hash_ahead){data, then * block};
    }
    return next > 0 ? (pa_hash_ahead){data, next + (then - count) * block} : pa_hash_no_more();
}

/* What a group of messages of one size is made of, for every lane alike. */
typedef struct {
    const pa_hash_state *initial;
    const pa_hash_state *again; /* initial state of the hash of the digest; NULL: once */
    const uint32_t *schedule;   /* of the last block, which all lanes share; NULL: no such block */
    uint64_t whole;             /* blocks where the message lies */
    uint64_t staged;            /* blocks after those, elsewhere */
    /* Bytes after the whole ones, where no block is staged and the kernel pads, or has `ends_unit`. */
    uint64_t rest;
    /* With `ends_unit`, blocks after the whole ones in place of staged ones: those of `ending` (aligned to 64 bytes), but
     * for `rest` bytes of each lane after the first `before` ones, which follow its whole blocks. */
    uint64_t ends;
    uint64_t before;
    const uint8_t *ending;
    uint8_t pad_first, pad_last; /* as the algorithm has them */
    uint64_t digest_size;        /* bytes of a digest, as the caller wants it */
    uint64_t next;               /* as pa_hash_blocks_ahead has it */
    /* The last lanes, whose digests nobody wants: of kernels with `leaves`; with `idle_unit`, a multiple of that. */
    uint32_t idle;
    /* In place of digests the states, word by word as `blocks` has them: of kernels with `states`. */
    bool states;
    /* Messages are two halves of 32 bytes, of which the lesser comes first: of kernels with `sorts`. */
    bool sorted_pairs;
} pa_hash_shape;

/* The ends of messages: rests[l] bytes at from[l], at most room, and zeros after them, to to + l * apart .. + room, for
 * l < count. `apart` and the space behind `to` are multiples of 64 bytes; what is behind the rests is not read. */
typedef void pa_hash_stage_fn(uint8_t *to, uint64_t apart, const uint8_t *const *from,
                              const uint32_t *rests, uint32_t count, uint64_t room);
pa_hash_stage_fn pa_hash_stage_avx512, pa_hash_stage_avx512_emulated;

/* Families PA_FAMILY_..._LANES: `lanes` messages at once, as lanes of vectors or as streams side by side. Words are the
 * algorithm's, of 32 or 64 bits, and stored word by word: word w of lane l stands at [w * lanes + l]; where by_lane is set,
 * a lane's words follow each other. States are aligned to 64 bytes. */
struct pa_hash_lanes {
    /* Lane l absorbs count blocks at data[l] (any alignment; pointers may be equal). */
    void (*blocks)(void *state, const uint8_t *const *data, uint64_t count);
    /* schedule = what `shared` wants for this block. NULL where a block that all lanes share costs what any does. */
    void (*schedule)(uint32_t schedule[PA_HASH_MAX_SCHEDULE], const uint8_t *block);
    /* Every lane absorbs the block of that schedule. NULL with `schedule`. */
    void (*shared)(void *state, const uint32_t *schedule);
    /* Lane l absorbs one block given as 16 native words, laid out as the state is. NULL where no algorithm hashes
     * its own digest again. */
    void (*words)(void *state, const void *words);
    /* digests[l * stored .. (l + 1) * stored) = first words of lane l, as bytes of a digest. */
    void (*store)(uint8_t *digests, const void *state);
    /* All of these for one group without a stop in memory: digests as `store` writes them, or of shape->digest_size bytes
     * where that is `shorter`, of messages of shape->whole blocks at data[l], shape->staged blocks at tails[l] and the
     * shared block. NULL: only piece by piece. */
    void (*messages)(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                     const uint8_t *const *tails);
    /* digests[l * stored ...] = the node `height` above the 2^height nodes of 32 bytes that lie one after the other at data[l],
     * nodes being hashes of two, of messages of this shape; 0 < height <= PA_HASH_SUBTREE_HEIGHT. Of nodes in between no byte
     * is written, and no lane's goes to another one. NULL: none. */
    void (*subtrees)(uint8_t *digests, const pa_hash_shape *shape, const uint8_t *const *data,
                     unsigned height);
    /* digests[l * stored ...] = the hash of the 32 bytes of a digest whose words, big-endian ones, stand in `state` as a kernel
     * with `states` and as many lanes leaves them. NULL: none follows such a kernel. */
    void (*after)(uint8_t *digests, const void *state, const pa_hash_state *initial);
    pa_hash_stage_fn *stage; /* NULL: lane by lane (mixed.c) */
    /* Bytes, a power of two: `messages` takes shape->ends where `before` and `rest` are multiples of this; 0: never. */
    uint32_t ends_unit;
    /* `messages` leaves out idle lanes, so many at a time, a power of two below `lanes`, which is a multiple of it; 0: never.
     * Their pointers aren't read, and they take no time. It `leaves` then, and digests are of `stored` bytes at most. */
    uint32_t idle_unit;
    /* `messages` brings what it reads, and what the next group will (shape->next), into the cache. */
    bool fetches;
    uint32_t lanes;
    /* Bytes, at least the longest digest that the lanes make, at most PA_HASH_MAX_DIGEST. */
    uint32_t stored;
    uint32_t shorter; /* bytes, below `stored`: a digest size that `messages` writes too; 0: none */
    uint32_t pads; /* bytes: `messages` pads a rest that is a multiple of this itself; 0: never */
    /* Cycles a block of all lanes together, where nothing better is known (plan.h). */
    uint32_t cost;
    bool by_lane;
    /* Worth its lanes where a message is one whole block and the shared one alone; never with PA_HASH_FAR. */
    bool brief;
    bool states; /* `messages` takes shape->states, of idle lanes too; it `leaves` then */
    bool sorts;  /* `messages` takes shape->sorted_pairs */
    bool leaves; /* `messages` leaves out digests of shape->idle lanes */
};

/* Lanes that `messages` takes where `count` have a row of their own. */
static inline uint32_t pa_hash_lanes_taken(const struct pa_hash_lanes *kernel, uint32_t count)
{
    const uint32_t unit = kernel->idle_unit;
    return unit == 0 ? kernel->lanes : (count + unit - 1) & ~(unit - 1);
}

extern const uint32_t pa_sha256_constants[64];
extern const uint64_t pa_sha512_constants[80];

/* schedule[t] = W_t + K_t of one block, FIPS 180-4, 6.2.2. */
void pa_sha256_schedule(uint32_t schedule[PA_HASH_MAX_SCHEDULE], const uint8_t *block);

extern const struct pa_hash_single pa_sha256_portable;
extern const struct pa_hash_single pa_sha256_shani;
extern const struct pa_hash_lanes pa_sha256_lanes_shani_x1;
extern const struct pa_hash_lanes pa_sha256_lanes_shani_x2;
extern const struct pa_hash_lanes pa_sha256_lanes_shani_x3;
extern const struct pa_hash_lanes pa_sha256_lanes_shani_x4;
extern const struct pa_hash_lanes pa_sha256_lanes_shani_x32;
extern const struct pa_hash_lanes pa_sha256_lanes_shani_avx512_x32;
extern const struct pa_hash_lanes pa_sha256_lanes_avx2;
extern const struct pa_hash_lanes pa_sha256_lanes_avx512;
extern const struct pa_hash_lanes pa_sha256_lanes_avx512_emulated;
extern const struct pa_hash_lanes pa_sha256_lanes_x32_avx512;
extern const struct pa_hash_lanes pa_sha256_lanes_x32_avx512_emulated;
extern const struct pa_hash_single pa_sha512_portable;
extern const struct pa_hash_single pa_sha512_avx2;
extern const struct pa_hash_single pa_sha512_avx512;
extern const struct pa_hash_lanes pa_sha512_lanes_avx2;
extern const struct pa_hash_lanes pa_sha512_lanes_avx512;
extern const struct pa_hash_lanes pa_sha512_lanes_avx512_emulated;
extern const struct pa_hash_lanes pa_sha512_lanes_x16_avx512;
extern const struct pa_hash_lanes pa_sha512_lanes_x16_avx512_emulated;

/* Iota of Keccak-f[1600], FIPS 202, 3.2.5. */
extern const uint64_t pa_keccak_constants[24];

extern const struct pa_hash_single pa_keccak_portable;
extern const struct pa_hash_single pa_keccak_avx2;
extern const struct pa_hash_lanes pa_keccak_lanes_avx2;
extern const struct pa_hash_lanes pa_keccak_lanes_avx512;
extern const struct pa_hash_lanes pa_keccak_lanes_avx512_emulated;
extern const struct pa_hash_single pa_ripemd160_portable;
extern const struct pa_hash_lanes pa_ripemd160_lanes_avx2;
extern const struct pa_hash_lanes pa_ripemd160_lanes_avx512;
extern const struct pa_hash_lanes pa_ripemd160_lanes_avx512_emulated;
extern const struct pa_hash_lanes pa_ripemd160_lanes_x32_avx512;
extern const struct pa_hash_lanes pa_ripemd160_lanes_x32_avx512_emulated;
extern const struct pa_hash_single pa_sm3_portable;
extern const struct pa_hash_single pa_sm3_avx2;
extern const struct pa_hash_lanes pa_sm3_lanes_avx2;
extern const struct pa_hash_lanes pa_sm3_lanes_avx512;
extern const struct pa_hash_lanes pa_sm3_lanes_avx512_emulated;
extern const struct pa_hash_lanes pa_sm3_lanes_x32_avx512;
extern const struct pa_hash_lanes pa_sm3_lanes_x32_avx512_emulated;
extern const struct pa_hash_lanes pa_sm3_lanes_x48_avx512;
extern const struct pa_hash_lanes pa_sm3_lanes_x48_avx512_emulated;

#endif
