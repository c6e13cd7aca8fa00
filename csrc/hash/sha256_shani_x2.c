/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 with the SHA extensions, two messages side by side: all that a unit of one SHA256RNDS2 in two cycles takes (Zen 5). */
#define STREAMS 2
#define KERNEL pa_sha256_lanes_shani_x2

#include "sha256_shani.h"
