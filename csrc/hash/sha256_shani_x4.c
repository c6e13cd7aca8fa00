/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 with the SHA extensions, four messages side by side: where SHA256RNDS2 goes once a cycle (Zen 3, Zen 4).
 *
 * Floor of a 64-byte message: 64 SHA256RNDS2 at one a cycle; with SHA256MSG1, SHA256MSG2, shuffles and additions about 81
 * cycles by the ports (16 rounds of one stream with a quarter of the rest: 13.8 cycles measured). Reached on Zen 3 (3.24
 * GHz), cycles a message, kernel alone: one stream 210, two 138, four 110, of which the block takes 69 and the padding block,
 * whose schedule all share, 39 to 42; through pyaccel_hash_many 112 at best.
 * Zen 4, messages of 512 bytes: lines that a later block or group reads, fetched a block at a time, 4 % less time in the third-level
 * cache and 18 % out of memory, rows of 1 to 1024 bytes 6 and 11 % (1 % more for messages of 64 bytes).
 * Tried and lost, or won by less than the machine's noise: gcc at -O2 and clang 14; statements of assembler at 3 to 6
 * streams in two orders (five: 96 once, not repeated); whole blocks of assembler with the schedule in memory at 3 to 5 streams
 * in six orders (four: 104.5), and with its newest words in a register at 2 to 4 streams in four orders. */
#define STREAMS 4
#define KERNEL pa_sha256_lanes_shani_x4

#include "sha256_shani.h"
