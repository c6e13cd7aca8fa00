/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel: hashing, Merkle trees, signature verification and homomorphic encryption in batches. Umbrella of the
 * public C ABI.
 *
 * Every call: needs no global set-up, is reentrant and thread-safe, never aborts, runs on the caller's
 * thread unless options.threads or PYACCEL_THREADS asks for more, and returns a pyaccel_status.
 * Fail closed: on any status but PYACCEL_OK every verdict is 0 and every digest is zeroed. */
#ifndef PYACCEL_H
#define PYACCEL_H

#include "pyaccel/core.h"
#include "pyaccel/hash.h"
#include "pyaccel/he.h"
#include "pyaccel/merkle.h"
#include "pyaccel/recover.h"
#include "pyaccel/seal.h"
#include "pyaccel/verify.h"

/* What these are made of stands above. */
#include "pyaccel/cache.h"
#include "pyaccel/queue.h"

#endif
