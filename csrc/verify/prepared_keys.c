/* SPDX-License-Identifier: Apache-2.0 */
/* Keys decoded once and used often: an immutable handle of the original bytes, and of as many
 * entries as memory allows. */
#include "prepared_keys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DEFAULT_MEMORY ((uint64_t)64 << 20)
#define ENTRY_ALIGNMENT 64
#define HUGE_PAGE ((uint64_t)2 << 20)
/* Decoding a key and making its table takes some 10 microseconds or more: ranges that are worth a
 * thread. */
#define GRAIN 64

/* Fills offsets; false when an offset of the caller's is bad or the sum does not fit. */
static bool measure(struct pyaccel_prepared_keys *keys, const pyaccel_rows *rows)
{
    uint64_t total = 0;
    for (uint64_t i = 0; i < keys->count; i++) {
        pa_bytes key;
        keys->offsets[i] = total;
        if (!pa_rows_get(&key, rows, i) || key.size > SIZE_MAX - total) {
            return false;
        }
        total += key.size;
    }
    keys->offsets[keys->count] = total;
    return true;
}

/* Copies what was measured; a row that has another size by now, since callers may write, is
 * refused. */
static bool copy(struct pyaccel_prepared_keys *keys, const pyaccel_rows *rows)
{
    for (uint64_t i = 0; i < keys->count; i++) {
        pa_bytes key;
        if (!pa_rows_get(&key, rows, i) || key.size != keys->offsets[i + 1] - keys->offsets[i]) {
            return false;
        }
        if (key.size > 0) {
            memcpy(keys->bytes + keys->offsets[i], key.data, (size_t)key.size);
        }
    }
    return true;
}

/* Memory for entries. Much of it is asked for in huge pages: rows touch it everywhere, and one
 * page of 4 KiB that is not known to the CPU costs more than what is then read of it. */
static uint8_t *entries_memory(uint64_t size)
{
    size = size == 0 ? ENTRY_ALIGNMENT : size;
    if (size < HUGE_PAGE) {
        return aligned_alloc(ENTRY_ALIGNMENT, (size_t)size);
    }
    uint8_t *memory = aligned_alloc(HUGE_PAGE, (size_t)(size + -size % HUGE_PAGE));
#ifdef MADV_HUGEPAGE
    if (memory != NULL) {
        madvise(memory, (size_t)size, MADV_HUGEPAGE);
    }
#endif
    return memory;
}

static pyaccel_status prepare_range(void *context, uint64_t first, uint64_t last)
{
    const struct pyaccel_prepared_keys *keys = context;
    keys->kernel->prepare(keys->entries, &keys->rows, first, last, keys->key_format);
    return PYACCEL_OK;
}

static pyaccel_status check(uint32_t scheme, const pyaccel_rows *rows, uint64_t n,
                            const pyaccel_prepare_options *options)
{
    const pyaccel_status scheme_status = pa_verify_scheme_status(scheme);
    if (scheme_status != PYACCEL_OK) {
        return scheme_status;
    }
    if (!PA_OPTIONS_VALID(options) || !pa_rows_valid(rows, n)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    return pa_verify_key_format_status(scheme, options->key_format);
}

/* Everything behind the handle; what was allocated when it fails is freed by the caller. */
static pyaccel_status build(struct pyaccel_prepared_keys *keys, const pyaccel_rows *rows,
                            const pyaccel_prepare_options *options)
{
    const uint64_t memory = options->memory == 0 ? DEFAULT_MEMORY : options->memory;
    const uint64_t fitting = memory / keys->kernel->prepared_size;
    keys->prepared_count = keys->count < fitting ? keys->count : fitting;

    if (keys->count > SIZE_MAX / sizeof *keys->offsets - 1) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    const uint64_t offsets_size = (keys->count + 1) * sizeof *keys->offsets;
    keys->offsets = malloc((size_t)offsets_size);
    if (keys->offsets == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    if (!measure(keys, rows)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    const uint64_t bytes_size = keys->offsets[keys->count];
    const uint64_t entries_size = keys->prepared_count * keys->kernel->prepared_size;
    keys->bytes = malloc(bytes_size == 0 ? 1 : (size_t)bytes_size);
    keys->entries = entries_memory(entries_size);
    if (keys->bytes == NULL || keys->entries == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    if (!copy(keys, rows)) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    keys->rows = (pyaccel_rows){
        .data = keys->bytes, .data_size = bytes_size, .offsets = keys->offsets, .offset_bits = 64};
    keys->memory = sizeof *keys + offsets_size + bytes_size + entries_size;
    keys->key_format = options->key_format == 0 ? PYACCEL_KEY_FORMAT_AUTO : options->key_format;
    return pa_parallel(options->threads, keys->prepared_count, GRAIN, prepare_range, keys, NULL,
                       NULL);
}

pyaccel_status pyaccel_prepared_keys_new(pyaccel_prepared_keys **keys, uint32_t scheme,
                                         const pyaccel_rows *public_keys, uint64_t n,
                                         const pyaccel_prepare_options *options)
{
    const pyaccel_prepare_options defaults = {.struct_size = sizeof defaults};
    if (keys == NULL) {
        return PYACCEL_INVALID_ARGUMENT;
    }
    *keys = NULL;
    if (options == NULL) {
        options = &defaults;
    }
    pyaccel_status status = pa_bind();
    if (status == PYACCEL_OK) {
        status = check(scheme, public_keys, n, options);
    }
    if (status != PYACCEL_OK) {
        return status;
    }
    pa_family family;
    const struct pa_verify_kernel *kernel = pa_verify_kernel_of(scheme, &family);
    if (kernel == NULL) {
        return PYACCEL_UNSUPPORTED;
    }
    struct pyaccel_prepared_keys *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    made->kernel = kernel;
    made->count = n;
    status = build(made, public_keys, options);
    if (status != PYACCEL_OK) {
        pyaccel_prepared_keys_free(made);
        return status;
    }
    *keys = made;
    return PYACCEL_OK;
}

void pyaccel_prepared_keys_free(pyaccel_prepared_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    free(keys->entries);
    free(keys->bytes);
    free(keys->offsets);
    free(keys);
}

uint64_t pyaccel_prepared_keys_count(const pyaccel_prepared_keys *keys)
{
    return keys == NULL ? 0 : keys->count;
}

uint64_t pyaccel_prepared_keys_memory(const pyaccel_prepared_keys *keys)
{
    return keys == NULL ? 0 : keys->memory;
}
