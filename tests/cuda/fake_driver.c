/* SPDX-License-Identifier: Apache-2.0 */
/* NVIDIA's driver API without a GPU: the thirty functions that pyaccel/backends/cuda*.py call, under the library's own name, so
 * that NVIDIA's binding loads it and passes every argument as it would pass it to the driver.
 *
 * Kernels are C (tests/cuda_support.py compiles kernels/ through platform.h) and run one work item after the other. What the
 * API leaves open is decided as badly as it allows: work runs only when something waits for it, page-locked memory is read
 * and written then and not before, new memory is filled with 0xa5, and each block has a fence behind it that is looked at
 * after each kernel. A pointer that no block of the current context holds is an illegal address, which ends the context, as
 * on a GPU. fake_fail() makes any function fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    NOT_FOUND = 500,
    ILLEGAL_ADDRESS = 700
};
enum {
    DEVICES = 2,
    DEPTH = 16,
    PARAMETERS = 32,
    HOOKS = 16,
    NAMES = 64,
    FENCE = 64,
    POISON = 0xa5,
    IS_POINTER = 0x100,
    FLIPPED_BIT = -1
};
static const uint64_t total_memory = (uint64_t)256 << 20;

typedef struct block {
    struct block *next;
    uint8_t *start;
    uint64_t size;
    bool locked; /* host memory */
} block;

typedef struct step {
    struct step *next;
    enum { COPY, LAUNCH, RECORD, WAIT } what;
    void *to;         /* RECORD, WAIT: the event */
    const void *from; /* COPY: what is read when the step runs, unless `held` is */
    uint64_t size;
    uint8_t *held;
    void (*run)(void **, uint32_t);
    uint32_t items;
    uint64_t values[PARAMETERS];
    bool flipped; /* one bit of what was copied is turned over */
} step;

typedef struct stream {
    struct stream *next;
    step *first, **last;
} stream;

typedef struct {
    int device;
    int lost; /* the status that every call gives from now on, or 0 */
    bool destroyed;
    block *blocks;
    stream *streams;
} context;

typedef struct {
    context *of;
    stream *in; /* where it was recorded last */
    bool pending;
} event;

typedef struct {
    char name[48];
    int skip, status;
    bool sticky;
} hook;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Thread_local context *stack[DEPTH];
static _Thread_local int depth;
static pid_t started;
static hook hooks[HOOKS];
static struct {
    const char *name;
    uint64_t calls;
} counts[NAMES];
static int visible, contexts, launches;
static uint64_t used[DEVICES], blocks_made;

/* ---- what tests ask ---- */

/* How many devices there are: none at first. */
void fake_show(int devices)
{
    visible = devices;
}

/* Call number skip + 1 of a function, from now on, gives a status; a sticky one ends the context. FLIPPED_BIT: the copy gives
 * wrong bytes. */
void fake_fail(const char *name, int skip, int status, int sticky)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < HOOKS; i++) {
        if (hooks[i].name[0] == 0) {
            snprintf(hooks[i].name, sizeof hooks[i].name, "%s", name);
            hooks[i].skip = skip;
            hooks[i].status = status;
            hooks[i].sticky = sticky != 0;
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

/* How often a function was called, of those that a hook may make fail. */
uint64_t fake_calls(const char *name)
{
    for (int i = 0; i < NAMES && counts[i].name != NULL; i++) {
        if (strcmp(counts[i].name, name) == 0) {
            return counts[i].calls;
        }
    }
    return 0;
}

void fake_heal(void)
{
    memset(hooks, 0, sizeof hooks);
}

int fake_contexts(void)
{
    return contexts;
}

int fake_depth(void)
{
    return depth;
}

int fake_launches(void)
{
    return launches;
}

uint64_t fake_blocks_made(void)
{
    return blocks_made;
}

uint64_t fake_used(int device)
{
    return used[device];
}

/* ---- inside ---- */

static context *current(void)
{
    return depth > 0 ? stack[depth - 1] : NULL;
}

/* The status that a hook has for this call, or 0. */
static int hooked(const char *name)
{
    for (int i = 0; i < NAMES; i++) {
        if (counts[i].name == NULL || strcmp(counts[i].name, name) == 0) {
            counts[i].name = name;
            counts[i].calls++;
            break;
        }
    }
    for (int i = 0; i < HOOKS; i++) {
        if (strcmp(hooks[i].name, name) == 0 && hooks[i].skip-- == 0) {
            const hook found = hooks[i];
            hooks[i].name[0] = 0;
            if (found.sticky && current() != NULL) {
                current()->lost = found.status;
            }
            return found.status;
        }
    }
    return 0;
}

/* The block of a context that holds so many bytes from here. */
static block *holding(const context *c, uint64_t address, uint64_t size)
{
    for (block *b = c->blocks; b != NULL; b = b->next) {
        const uint64_t start = (uint64_t)(uintptr_t)b->start;
        if (address >= start && address + size <= start + b->size) {
            return b;
        }
    }
    return NULL;
}

static bool fences_stand(const context *c)
{
    for (const block *b = c->blocks; b != NULL; b = b->next) {
        for (uint64_t i = 0; i < FENCE; i++) {
            if (b->start[b->size + i] != POISON) {
                return false;
            }
        }
    }
    return true;
}

static void drain(context *c, stream *q, const event *until);

static void run(context *c, step *s)
{
    void *parameters[PARAMETERS];
    switch (s->what) {
    case COPY:
        memmove(s->to, s->held != NULL ? s->held : s->from, s->size);
        if (s->flipped) {
            ((uint8_t *)s->to)[s->size / 2] ^= 1;
        }
        break;
    case LAUNCH:
        for (int i = 0; i < PARAMETERS; i++) {
            parameters[i] = &s->values[i];
        }
        s->run(parameters, s->items);
        if (!fences_stand(c)) {
            c->lost = ILLEGAL_ADDRESS;
        }
        break;
    case RECORD:
        ((event *)s->to)->pending = false;
        break;
    case WAIT: {
        const event *e = s->to;
        if (e->pending) {
            drain(c, e->in, e);
        }
        break;
    }
    }
}

static void freed(step *s)
{
    free(s->held);
    free(s);
}

/* Runs what was enqueued in a stream, until an event is met, or all; of other streams only what it waits for. */
static void drain(context *c, stream *q, const event *until)
{
    while (q->first != NULL && c->lost == 0 && (until == NULL || until->pending)) {
        step *s = q->first;
        q->first = s->next;
        if (q->first == NULL) {
            q->last = &q->first;
        }
        run(c, s);
        freed(s);
    }
}

static void drain_all(context *c)
{
    for (stream *q = c->streams; q != NULL; q = q->next) {
        drain(c, q, NULL);
    }
}

/* The stream of this context, or NULL. */
static stream *found(const context *c, const void *handle)
{
    stream *q = c->streams;
    while (q != NULL && q != handle) {
        q = q->next;
    }
    return q;
}

static step *enqueued(stream *q, int what)
{
    step *s = calloc(1, sizeof *s);
    s->what = what;
    *q->last = s;
    q->last = &s->next;
    return s;
}

static int begin(const char *name, context **c)
{
    if (started != getpid()) {
        return NOT_INITIALIZED;
    }
    const int status = hooked(name);
    if (status != 0 && status != FLIPPED_BIT) {
        return status;
    }
    *c = current();
    if (*c == NULL || (*c)->destroyed) {
        return INVALID_CONTEXT;
    }
    return (*c)->lost != 0 ? (*c)->lost : status;
}

#define ENTER                                                                                      \
    context *c = NULL;                                                                             \
    pthread_mutex_lock(&lock);                                                                     \
    int status = begin(__func__, &c);                                                              \
    const bool flipped = status == FLIPPED_BIT;                                                    \
    if (status != SUCCESS && !flipped) {                                                           \
        goto leave;                                                                                \
    }                                                                                              \
    status = SUCCESS
#define LEAVE                                                                                      \
    leave:                                                                                         \
    pthread_mutex_unlock(&lock);                                                                   \
    return status
#define REQUIRE(condition, otherwise)                                                              \
    if (!(condition)) {                                                                            \
        status = (otherwise);                                                                      \
        goto leave;                                                                                \
    }
#define MAPPED(condition)                                                                          \
    if (!(condition)) {                                                                            \
        status = c->lost = ILLEGAL_ADDRESS;                                                        \
        goto leave;                                                                                \
    }
/* As ENTER, of a call with the stream q that handle means. */
#define ON_STREAM(condition)                                                                       \
    ENTER;                                                                                         \
    stream *q = found(c, handle);                                                                  \
    REQUIRE(q != NULL && (condition), INVALID_VALUE)

/* ---- the API, in the forms of CUDA 12 and 13 ---- */

int cuInit(unsigned flags)
{
    started = getpid();
    const int status = hooked(__func__);
    return flags == 0 ? status : INVALID_VALUE;
}

/* NVRTC looks for this one where a driver is loaded. */
int cuGetExportTable(const void **table, const void *which)
{
    (void)which;
    *table = NULL;
    return NOT_FOUND;
}

int cuDriverGetVersion(int *version)
{
    const int status = hooked(__func__);
    *version = status != 0 ? status : 13000; /* here a hook's status is the version */
    return SUCCESS;
}

int cuGetErrorName(int error, const char **text)
{
    switch (error) {
    case OUT_OF_MEMORY:
        *text = "CUDA_ERROR_OUT_OF_MEMORY";
        return SUCCESS;
    case ILLEGAL_ADDRESS:
        *text = "CUDA_ERROR_ILLEGAL_ADDRESS";
        return SUCCESS;
    default:
        *text = NULL;
        return INVALID_VALUE;
    }
}

int cuGetErrorString(int error, const char **text)
{
    return cuGetErrorName(error, text);
}

int cuDeviceGetCount(int *count)
{
    *count = visible;
    return hooked(__func__);
}

int cuDeviceGet(int *device, int ordinal)
{
    *device = ordinal;
    const int status = hooked(__func__);
    return ordinal < DEVICES ? status : INVALID_DEVICE;
}

int cuDeviceGetName(char *name, int length, int device)
{
    snprintf(name, (size_t)length, "Fake  GPU %d ", device);
    return SUCCESS;
}

int cuDeviceTotalMem(size_t *bytes, int device)
{
    *bytes = total_memory;
    return device < DEVICES ? SUCCESS : INVALID_DEVICE;
}

int cuDeviceGetAttribute(int *value, int attribute, int device)
{
    enum { MULTIPROCESSORS = 16, INTEGRATED = 18, MAJOR = 75, MINOR = 76 };
    switch (attribute) {
    case MULTIPROCESSORS:
        *value = 132;
        break;
    case INTEGRATED:
        *value = 0;
        break;
    case MAJOR:
        *value = 9;
        break;
    case MINOR:
        *value = 0;
        break;
    default:
        return INVALID_VALUE;
    }
    return device < DEVICES ? SUCCESS : INVALID_DEVICE;
}

static int create(context **made, const char *name, int device)
{
    pthread_mutex_lock(&lock);
    int status = started != getpid() ? NOT_INITIALIZED : hooked(name);
    if (status == SUCCESS) {
        context *c = calloc(1, sizeof *c);
        c->device = device;
        stack[depth++] = *made = c;
        contexts++;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

int cuCtxCreate_v2(context **made, unsigned flags, int device)
{
    (void)flags;
    return create(made, "cuCtxCreate", device);
}

int cuCtxCreate_v4(context **made, void *parameters, unsigned flags, int device)
{
    (void)parameters;
    return cuCtxCreate_v2(made, flags, device);
}

int cuCtxDestroy(context *c)
{
    pthread_mutex_lock(&lock);
    const int status = hooked(__func__);
    while (c->blocks != NULL) {
        block *b = c->blocks;
        c->blocks = b->next;
        if (!b->locked) {
            used[c->device] -= b->size;
        }
        free(b->start);
        free(b);
    }
    for (stream *q = c->streams; q != NULL; q = q->next) {
        while (q->first != NULL) {
            step *s = q->first;
            q->first = s->next;
            freed(s);
        }
        q->last = &q->first;
    }
    contexts -= !c->destroyed;
    c->destroyed = true;
    if (current() == c) {
        depth--;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

int cuCtxPushCurrent(context *c)
{
    pthread_mutex_lock(&lock);
    const int status = started != getpid()              ? NOT_INITIALIZED
                       : c->destroyed || depth == DEPTH ? INVALID_CONTEXT
                                                        : hooked(__func__);
    if (status == SUCCESS) {
        stack[depth++] = c;
    }
    pthread_mutex_unlock(&lock);
    return status;
}

int cuCtxPopCurrent(context **c)
{
    if (depth == 0) {
        return INVALID_CONTEXT;
    }
    *c = stack[--depth];
    return SUCCESS;
}

int cuStreamCreate(stream **made, unsigned flags)
{
    ENTER;
    REQUIRE(flags == 1, INVALID_VALUE);
    stream *q = calloc(1, sizeof *q);
    q->last = &q->first;
    q->next = c->streams;
    *made = c->streams = q;
    LEAVE;
}

int cuStreamSynchronize(void *handle)
{
    ON_STREAM(true);
    drain(c, q, NULL);
    status = c->lost;
    LEAVE;
}

int cuStreamWaitEvent(void *handle, event *e, unsigned flags)
{
    ON_STREAM(e->of == c && flags == 0);
    enqueued(q, WAIT)->to = e;
    LEAVE;
}

int cuEventCreate(event **made, unsigned flags)
{
    (void)flags;
    ENTER;
    *made = calloc(1, sizeof **made);
    (*made)->of = c;
    LEAVE;
}

int cuEventRecord(event *e, void *handle)
{
    ON_STREAM(e->of == c);
    if (e->pending) { /* recorded anew: the last one counts */
        drain(c, e->in, e);
    }
    e->pending = true;
    e->in = q;
    enqueued(q, RECORD)->to = e;
    LEAVE;
}

int cuEventSynchronize(event *e)
{
    ENTER;
    if (e->pending) {
        drain(c, e->in, e);
    }
    status = c->lost;
    LEAVE;
}

int cuEventElapsedTime(float *milliseconds, event *start, event *end)
{
    ENTER;
    REQUIRE(!start->pending && !end->pending, INVALID_VALUE);
    *milliseconds = 0.25F;
    LEAVE;
}

static block *made(context *c, size_t size, bool locked)
{
    block *b = calloc(1, sizeof *b);
    b->start = aligned_alloc(256, (size + FENCE + 255) / 256 * 256);
    b->size = size;
    b->locked = locked;
    memset(b->start, POISON, size + FENCE);
    b->next = c->blocks;
    c->blocks = b;
    return b;
}

int cuMemAlloc(uint64_t *address, size_t size)
{
    ENTER;
    REQUIRE(size > 0, INVALID_VALUE);
    REQUIRE(used[c->device] + size <= total_memory, OUT_OF_MEMORY);
    used[c->device] += size;
    blocks_made++;
    *address = (uint64_t)(uintptr_t)made(c, size, false)->start;
    LEAVE;
}

int cuMemHostAlloc(void **address, size_t size, unsigned flags)
{
    (void)flags;
    ENTER;
    *address = made(c, size, true)->start;
    LEAVE;
}

int cuMemFree(uint64_t address)
{
    ENTER;
    drain_all(c); /* the driver waits for the device here */
    block **place = &c->blocks;
    while (*place != NULL && (uint64_t)(uintptr_t)(*place)->start != address) {
        place = &(*place)->next;
    }
    REQUIRE(*place != NULL && !(*place)->locked, INVALID_VALUE);
    block *b = *place;
    *place = b->next;
    used[c->device] -= b->size;
    free(b->start);
    free(b);
    LEAVE;
}

/* Whether so many bytes from address on are memory of the device. */
static bool on_device(const context *c, uint64_t address, size_t size)
{
    const block *b = holding(c, address, size);
    return b != NULL && !b->locked;
}

/* A copy to come. */
static step *copying(stream *q, void *to, const void *from, size_t size)
{
    step *s = enqueued(q, COPY);
    s->to = to;
    s->from = from;
    s->size = size;
    return s;
}

int cuMemcpyHtoDAsync(uint64_t to, const void *from, size_t size, void *handle)
{
    ON_STREAM(size > 0);
    MAPPED(on_device(c, to, size));
    step *s = copying(q, (void *)(uintptr_t)to, from, size);
    s->flipped = flipped;
    if (holding(c, (uint64_t)(uintptr_t)from, size) ==
        NULL) { /* pageable: the driver has a copy when it returns */
        s->held = malloc(size);
        memcpy(s->held, from, size);
    }
    LEAVE;
}

int cuMemsetD8Async(uint64_t to, uint8_t byte, size_t size, void *handle)
{
    ON_STREAM(size > 0);
    MAPPED(on_device(c, to, size));
    step *s = copying(q, (void *)(uintptr_t)to, NULL, size);
    s->from = s->held = malloc(size);
    memset(s->held, byte, size);
    LEAVE;
}

int cuMemcpyDtoHAsync(void *to, uint64_t from, size_t size, void *handle)
{
    ON_STREAM(size > 0);
    MAPPED(on_device(c, from, size));
    copying(q, to, (const void *)(uintptr_t)from, size)->flipped = flipped;
    if (holding(c, (uint64_t)(uintptr_t)to, size) == NULL) { /* pageable: done when it returns */
        drain(c, q, NULL);
    }
    status = c->lost;
    LEAVE;
}

int cuMemcpyDtoDAsync(uint64_t to, uint64_t from, size_t size, void *handle)
{
    ON_STREAM(size > 0);
    MAPPED(on_device(c, to, size) && on_device(c, from, size));
    copying(q, (void *)(uintptr_t)to, (const void *)(uintptr_t)from, size);
    LEAVE;
}

/* An image is "FAKE", its size in 8 bytes, and a shared object. */
int cuModuleLoadData(void **module, const uint8_t *image)
{
    ENTER;
    REQUIRE(memcmp(image, "FAKE", 4) == 0, INVALID_IMAGE);
    uint64_t size;
    memcpy(&size, image + 4, sizeof size);
    char path[] =
        "/tmp/pyaccel-fake-module-XXXXXX"; /* a new name each: a name that is loaded is not loaded again */
    const int file = mkstemp(path);
    const bool whole = write(file, image + 12, size) == (ssize_t)size;
    *module = whole ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;
    close(file);
    unlink(path);
    REQUIRE(*module != NULL, INVALID_IMAGE);
    LEAVE;
}

typedef struct {
    void (*run)(void **, uint32_t);
    const uint32_t *sizes; /* of the parameters, with IS_POINTER; 0 ends them */
} function;

int cuModuleGetFunction(function **found, void *module, const char *name)
{
    char symbol[160];
    ENTER;
    function *f = calloc(1, sizeof *f);
    snprintf(symbol, sizeof symbol, "fake_run_%s", name);
    *(void **)&f->run = dlsym(module, symbol);
    snprintf(symbol, sizeof symbol, "fake_sizes_%s", name);
    f->sizes = dlsym(module, symbol);
    *found = f;
    REQUIRE(f->run != NULL && f->sizes != NULL, NOT_FOUND);
    LEAVE;
}

int cuLaunchKernel(const function *f, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                   void *handle, void **parameters, void **extra)
{
    ON_STREAM(extra == NULL && shared == 0);
    REQUIRE(grid_x > 0 && grid_x <= INT32_MAX && grid_y == 1 && grid_z == 1, INVALID_VALUE);
    REQUIRE(block_x == 64 && block_y == 1 && block_z == 1, INVALID_VALUE);
    for (int i = 0; f->sizes[i] != 0; i++) {
        if (f->sizes[i] & IS_POINTER) {
            MAPPED(on_device(c, *(const uint64_t *)parameters[i], 1));
        }
    }
    step *s = enqueued(q, LAUNCH);
    for (int i = 0; f->sizes[i] != 0; i++) {
        memcpy(&s->values[i], parameters[i], f->sizes[i] & ~(uint32_t)IS_POINTER);
    }
    s->run = f->run;
    s->items = grid_x * block_x;
    launches++;
    LEAVE;
}

/* The binding asks for each function by the name without a version, and the version of CUDA that it was made for. */
int cuGetProcAddress_v2(const char *name, void **found, int version, uint64_t flags, int *how)
{
    char symbol[128];
    void *self = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_NOLOAD);
    (void)flags;
    static const char *const suffixes[] = {"", "_v2"};
    *found = NULL;
    if (strcmp(name, "cuCtxCreate") == 0) {
        *(int (**)(void))found =
            version >= 12050 ? (int (*)(void))cuCtxCreate_v4 : (int (*)(void))cuCtxCreate_v2;
    }
    for (size_t i = 0; i < 2 && *found == NULL; i++) {
        snprintf(symbol, sizeof symbol, "%s%s", name, suffixes[i]);
        *found = dlsym(self, symbol);
    }
    if (how != NULL) {
        *how = *found == NULL;
    }
    return *found == NULL ? NOT_FOUND : SUCCESS;
}
