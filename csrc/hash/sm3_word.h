/* SPDX-License-Identifier: Apache-2.0 */
/* Rounds of SM3 where a word is an integer: one message. */
#ifndef PA_HASH_SM3_WORD_H
#define PA_HASH_SM3_WORD_H

#include "../core/bytes.h"
#include "kernel.h"

typedef uint32_t word;
#define ROTATE pa_rotl32
#define ROTATE_8_MORE(x, n) ROTATE(x, (n) + 8)
#define XOR3(x, y, z) ((x) ^ (y) ^ (z))
#define CHOOSE(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define MAJORITY(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define ADD(x, y) ((x) + (y))
#define XOR(x, y) ((x) ^ (y))
#define EVERY(x) (x)

#include "sm3_rounds.h"

#endif
