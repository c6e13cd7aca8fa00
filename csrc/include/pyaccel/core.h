/* SPDX-License-Identifier: Apache-2.0 */
/* What every family shares: status, rows, progress, version, CPU variants. */
#ifndef PYACCEL_CORE_H
#define PYACCEL_CORE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set on every public function; only these symbols leave the shared library. */
#ifndef PYACCEL_API
#if defined(__GNUC__)
#define PYACCEL_API __attribute__((visibility("default")))
#else
#define PYACCEL_API
#endif
#endif

/* Version of this ABI: raised when a symbol or a field is added, never otherwise; a program compiled
 * against ABI v runs with any library whose pyaccel_abi_version() >= v. */
#define PYACCEL_ABI_VERSION 1

/* What a call answers. 0 is success; values are never reused. */
typedef uint32_t pyaccel_status;
#define PYACCEL_OK 0
#define PYACCEL_INVALID_ARGUMENT 1 /* null pointer, unknown enumeration, bad size, offset or index, overlap */
#define PYACCEL_UNSUPPORTED 2      /* known here, but not in this build or not for this scheme           */
#define PYACCEL_OUT_OF_MEMORY 3    /* an allocation failed                                               */
#define PYACCEL_CANCELLED 4        /* the progress callback asked to stop, or a queued row was taken back */
#define PYACCEL_BAD_ENVIRONMENT 5  /* PYACCEL_CPU or PYACCEL_THREADS holds a value that is not possible  */
#define PYACCEL_INTERNAL 6         /* a self-check failed; a defect of pyaccel or of the machine         */
#define PYACCEL_OVERLOADED 7       /* a queue is full                                                    */
#define PYACCEL_TIMED_OUT 8        /* a row waited in a queue for longer than it was to                  */
#define PYACCEL_CLOSED 9           /* the queue takes no rows any more, or discarded this one            */

/* n byte strings, the only way data comes in; never copied unless a device needs it elsewhere.
 * With offsets (n + 1 of them, of offset_bits 32 or 64: Arrow's layout): row i is
 *   data[offsets[i] .. offsets[i + 1]), offsets never decreasing, the last <= data_size; width and stride 0.
 * Without (offsets NULL, offset_bits 0): row i is the width bytes at data + i * stride; stride 0 means that
 *   one value serves all rows; every row lies within data_size.
 * data may be NULL where no byte is read (n = 0, or all rows empty). reserved is 0.
 * Offsets are native-endian; each is read once, checked, and the checked value used. */
typedef struct {
    const uint8_t *data;
    uint64_t data_size;
    const void *offsets;
    uint32_t offset_bits;
    uint32_t reserved;
    uint64_t width;
    uint64_t stride;
} pyaccel_rows;

/* Called now and then from the calling thread with rows done so far, never after the call returned.
 * A return other than 0 stops the call, which answers PYACCEL_CANCELLED with its outputs closed. */
typedef int (*pyaccel_progress)(void *user, uint64_t done, uint64_t total);

/* Returns PYACCEL_ABI_VERSION of the library. Thread-safe. */
PYACCEL_API uint32_t pyaccel_abi_version(void);

/* Returns the library's version, "0.1.0". Static storage. */
PYACCEL_API const char *pyaccel_version(void);

/* Returns a short English text of a status, never NULL. Static storage. */
PYACCEL_API const char *pyaccel_status_text(pyaccel_status status);

/* Joins the worker threads, if any were started. Later calls start them anew. Must not run while
 * another thread is inside a pyaccel call; threads of queues are, and are joined by pyaccel_queue_close. */
PYACCEL_API void pyaccel_shutdown(void);

/* ---- CPU levels and variants -------------------------------------------------------------------------
 * Levels: portable, avx2, avx512, avx512ifma; features beside them: shani, adx, gfni (portable has none).
 * A spec is level[,-feature...], as in the environment variable PYACCEL_CPU; empty or NULL: all this CPU has.
 * A family whose name ends in -lanes binds every variant that can run, and each batch goes to those that take it in the
 * least time, as measured on this core at first use. For tests and measurements a spec may go on with family=variant, which
 * then serves every row of that family alone ("avx2,sha256-lanes=shani-x2"), and -family, a family of lanes, whose rows are
 * then served one by one ("avx2,-sha256-lanes").
 * Builds for tests also know avx512-emulated and avx512ifma-emulated. */

/* Rebinds every family to the best variants within spec. For tests and benchmarks: must not run while
 * another thread is inside a pyaccel call.
 * Returns OK; INVALID_ARGUMENT (a name that does not exist); UNSUPPORTED (this CPU or build lacks it, or level and features
 * exclude it): the binding in force then stays. */
PYACCEL_API pyaccel_status pyaccel_cpu_select(const char *spec);

/* Names that this CPU and this build can run, separated by blanks: "portable avx2 avx512 shani adx".
 * Static storage. */
PYACCEL_API const char *pyaccel_cpu_names(void);

/* The spec in force ("avx512ifma", "avx2,-shani"); when PYACCEL_CPU or PYACCEL_THREADS is not possible, a
 * sentence that says why and lists what is. Thread-local storage, valid until the thread's next call of it. */
PYACCEL_API const char *pyaccel_cpu_spec(void);

/* One row per variant that this build holds, index 0 .. pyaccel_variant_count() - 1: the family it serves
 * ("sha256-lanes"), its name ("avx512"), whether it is bound (one of a family, or several of lanes), whether this CPU can run it, and how
 * often it ran (batches, counted since the start of the process). */
typedef struct {
    const char *family;
    const char *variant;
    uint32_t bound;
    uint32_t runnable;
    uint64_t calls;
} pyaccel_variant;

PYACCEL_API uint32_t pyaccel_variant_count(void);

/* Fills *out; INVALID_ARGUMENT when index is past the end (then *out is zeroed). Thread-safe. */
PYACCEL_API pyaccel_status pyaccel_variant_get(pyaccel_variant *out, uint32_t index);

/* Measures, for about 5 ms on the calling thread: *clock_hz, the core's clock from a chain of dependent
 * multiplications (0 where this build has no such chain), and *vector_rate, 256-bit additions a second (64-bit
 * multiplications on the portable level). So that a figure can say at what machine moment it was taken, and whether
 * two threads have a core each. INVALID_ARGUMENT for NULL; BAD_ENVIRONMENT. Thread-safe. */
PYACCEL_API pyaccel_status pyaccel_probe(double *clock_hz, double *vector_rate);

#ifdef __cplusplus
}
#endif

#endif
