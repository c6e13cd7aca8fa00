/* SPDX-License-Identifier: Apache-2.0 */
/* The digits (windows.h) of u1 G + u2 Q on a curve of 32 ROW_WORDS bits without an endomorphism: each number in one piece, as it
 * is where it is odd, else with the order added. */
#ifndef PYACCEL_KERNEL_WEIERSTRASS_DIGITS_H
#define PYACCEL_KERNEL_WEIERSTRASS_DIGITS_H

#include "windows.h"

#define KEY_WINDOW 4u
#define BASE_WINDOW 12u
/* 264 bits in all, or 396 on curves of 384 bits: DIGIT_TOP of them in the last word. */
#define BASE_DIGITS (ROW_WORDS * 32 / 12 + 1)
#define KEY_DIGITS (3 * BASE_DIGITS)
#define DIGIT_TOP (12 * BASE_DIGITS - 32 * ROW_WORDS)
/* Where K of u2 and of u1 start among a row's words, and how many of them there are. */
#define KEY_SCALAR 0u
#define BASE_SCALAR (ROW_WORDS + 1)
#define DIGIT_WORDS (2 * (ROW_WORDS + 1))

#endif
