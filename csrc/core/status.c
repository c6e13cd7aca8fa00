/* SPDX-License-Identifier: Apache-2.0 */
/* Versions and the words for a status. */
#include "internal.h"

uint32_t pyaccel_abi_version(void)
{
    return PYACCEL_ABI_VERSION;
}

const char *pyaccel_version(void)
{
    return PYACCEL_VERSION;
}

const char *pyaccel_status_text(pyaccel_status status)
{
    switch (status) {
    case PYACCEL_OK:
        return "ok";
    case PYACCEL_INVALID_ARGUMENT:
        return "invalid argument: null pointer, unknown enumeration, bad size, offset or index, "
               "buffers that overlap, or options that exclude one another";
    case PYACCEL_UNSUPPORTED:
        return "unsupported: known, but not in this build or not for this scheme";
    case PYACCEL_OUT_OF_MEMORY:
        return "out of memory";
    case PYACCEL_CANCELLED:
        return "cancelled: by the progress callback, or taken back from a queue";
    case PYACCEL_BAD_ENVIRONMENT:
        return "PYACCEL_CPU or PYACCEL_THREADS holds a value that is not possible; "
               "pyaccel_cpu_spec() says why";
    case PYACCEL_INTERNAL:
        return "internal error: a self-check failed";
    case PYACCEL_OVERLOADED:
        return "overloaded: the queue is full; submit again later, or with wait";
    case PYACCEL_TIMED_OUT:
        return "timed out in a queue before its batch began";
    case PYACCEL_CLOSED:
        return "closed: the queue takes no rows any more";
    default:
        return "unknown status";
    }
}
