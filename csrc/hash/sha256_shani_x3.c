/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 with the SHA extensions, three messages side by side: what is left of a few long ones (Zen 3). */
#define STREAMS 3
#define KERNEL pa_sha256_lanes_shani_x3

#include "sha256_shani.h"
