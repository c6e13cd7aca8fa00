/* SPDX-License-Identifier: Apache-2.0 */
/* The queue room inside libpyaccel: batches that form, and who takes them. */
#ifndef PA_QUEUE_H
#define PA_QUEUE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "../core/internal.h"
#include "pyaccel/queue.h"

/* Nanoseconds of CLOCK_MONOTONIC; a time that never comes. */
#define PA_NEVER UINT64_MAX

/* Bytes of a recovered key and of an address. */
enum { PA_QUEUE_POINT = 64, PA_QUEUE_ADDRESS = 20 };

/* What rows of one batch have in common. Of recoveries scheme, message_hash and the formats are 0. */
typedef struct {
    uint32_t scheme, rule, message_hash, key_format, signature_format, priority;
    uint32_t has_identity; /* else all have the default; identities themselves are a row's own */
    uint32_t recovered;    /* bytes of a key that is recovered; 0: verified */
    uint32_t group;        /* of callers (crowd.c); 0 for rows with a callback */
} pa_queue_class;

/* What pyaccel_verify_many takes of a class; identities: rows of it that have one. */
static inline pyaccel_verify_options pa_queue_verify_options(const pa_queue_class *kind,
                                                             const pyaccel_rows *identities)
{
    return (pyaccel_verify_options){
        .struct_size = sizeof(pyaccel_verify_options),
        .rule = kind->rule,
        .message_hash = kind->message_hash,
        .key_format = kind->key_format,
        .signature_format = kind->signature_format,
        .identity = kind->has_identity ? identities : NULL,
        .threads = 1,
    };
}

/* What pyaccel_recover_many takes of a class of recoveries. */
static inline pyaccel_recover_options pa_queue_recover_options(const pa_queue_class *kind)
{
    return (pyaccel_recover_options){
        .struct_size = sizeof(pyaccel_recover_options),
        .rule = kind->rule,
        .addresses = kind->recovered == PA_QUEUE_ADDRESS,
        .threads = 1,
    };
}

/* Rows of bytes one behind the other: offsets[i + 1] is where row i ends. */
typedef struct {
    uint8_t *bytes;
    uint64_t capacity;
    uint64_t *offsets; /* max_batch + 1 of them */
} pa_queue_column;

/* Digests of recoveries are messages. */
enum { PA_QUEUE_KEY, PA_QUEUE_MESSAGE, PA_QUEUE_SIGNATURE, PA_QUEUE_IDENTITY, PA_QUEUE_COLUMNS };

/* Who wants to know of one row. */
typedef struct {
    pyaccel_queue_callback callback;   /* one of them is NULL; both: a thread waits in ... */
    pyaccel_queue_recovered recovered; /* ... pyaccel_queue_verify or _recover */
    void *user;
    uint64_t ticket;
    uint64_t deadline; /* 0: answered with `status` by the next sweep */
    pyaccel_status status;
    bool answered;
} pa_queue_entry;

static inline bool pa_queue_calls(const pa_queue_entry *entry)
{
    return entry->callback != NULL || entry->recovered != NULL;
}

typedef struct pa_queue_batch {
    struct pa_queue_batch *next;
    pa_queue_class kind;
    uint32_t count;     /* rows                                                        */
    uint32_t live;      /* rows not answered yet                                       */
    uint32_t callbacks; /* rows that have one                                          */
    uint32_t waiters;   /* rows whose callers wait, or waited                          */
    bool begun;         /* taken out to be verified                                    */
    uint64_t bytes;     /* of all rows                                                 */
    uint64_t due;       /* when it begins though it is not full                        */
    uint64_t earliest;  /* deadline of any row not answered                            */
    pyaccel_status status;
    /* Waiters that have not left, and one for the queue until it is done. */
    _Atomic uint32_t holders;
    /* Of `done`, and of what waiters see of their entries. Waiters do not take the queue's lock to wake by: that of 64 threads
     * would be a queue of its own. */
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool done; /* verified, or nothing left to verify */
    pa_queue_column columns[PA_QUEUE_COLUMNS];
    pa_queue_entry *entries;
    uint8_t *verdicts;
    uint8_t *reasons;
    uint8_t *keys; /* recovered, kind.recovered bytes each */
} pa_queue_batch;

typedef struct {
    pa_queue_batch *first, **end;
} pa_queue_list;

/* Callers whose rows come together (crowd.c). */
typedef struct {
    _Atomic uint32_t callers; /* inside, with a row that was put */
    uint32_t crowd;           /* most callers seen at once, lately */
} pa_queue_group;

/* CPUs that are told apart. */
#define PA_QUEUE_CPUS 1024

struct pyaccel_queue {
    pyaccel_cache *cache; /* or NULL */
    uint64_t max_bytes;
    uint64_t max_delay; /* nanoseconds */
    uint32_t max_queue, max_batch, threads;

    pthread_mutex_t lock;  /* of all below */
    pthread_cond_t work;   /* idle threads but the timekeeper */
    pthread_cond_t timer;  /* the timekeeper: the idle thread that wakes when something is due */
    pthread_cond_t room;   /* who waits for room, or for the queue to be closed */
    pa_queue_list forming; /* that have not begun, oldest first: one a class at most, and ... */
    pa_queue_list full[PYACCEL_QUEUE_PRIORITIES]; /* ... those of max_batch rows */
    /* Taken out, and held by anybody; in the child of a fork also what was so then, and is never finished. */
    pa_queue_list working;
    pa_queue_batch *spare; /* empty ones to use again */
    uint64_t earliest;     /* deadline of any row that has not begun */
    uint64_t tickets;      /* given so far */
    uint64_t rows;         /* that wait or are in work */
    uint32_t spares, idle, running, inside, wanting_room;
    bool timekeeper, closing, closed;
    pa_queue_group *groups;           /* `threads` of them */
    uint16_t group_of[PA_QUEUE_CPUS]; /* and 1; 0: not seen yet */
    uint32_t cpus;                    /* seen */
    uint32_t gathering;               /* rows of callers that have not begun */
    uint32_t crowd;                   /* of all groups together */
    uint64_t timer_until;
    uint64_t generation; /* raised in the child of a fork, where the threads are gone */
    pthread_t *workers;
    uint32_t worker_count;
    pyaccel_queue_statistics statistics; /* but `rows` */
    struct pyaccel_queue *following;     /* in the list of all queues (fork.c) */
};

/* ---- batches (batch.c), all under the queue's lock unless it says otherwise -------------------- */

/* The batch that rows of this kind join, made where there is none; NULL when there is no memory. */
pa_queue_batch *pa_queue_forming(pyaccel_queue *queue, const pa_queue_class *kind);

/* Appends a row to a batch that forms; false, and nothing changed, when there is no memory. */
bool pa_queue_append(pyaccel_queue *queue, pa_queue_batch *batch, const pyaccel_queue_row *row,
                     const pa_queue_entry *entry);

/* Takes a batch out of those that have not begun, to be verified or to be given up. */
void pa_queue_unlink(pyaccel_queue *queue, pa_queue_batch *batch);

/* Makes all that has not begun spare, unanswered. Does not allocate or free. */
void pa_queue_forget(pyaccel_queue *queue);

/* Empty lists of batches. */
void pa_queue_clear(pyaccel_queue *queue);

/* Verifies every row of a batch in work, or recovers its keys; without the lock. */
void pa_queue_verify_batch(pa_queue_batch *batch, pyaccel_cache *cache);

/* The batch is over: its rows make room. */
void pa_queue_release(pyaccel_queue *queue, pa_queue_batch *batch);

/* Wakes who waits at a batch that is over; with the lock or without it. */
void pa_queue_finish(pa_queue_batch *batch);

/* One holder less. True for the last one, who recycles the batch: it is kept for use, or freed. */
bool pa_queue_let_go(pa_queue_batch *batch);
void pa_queue_recycle(pyaccel_queue *queue, pa_queue_batch *batch);

/* Memory of all batches, of which none waits. */
void pa_queue_free_batches(pyaccel_queue *queue);

/* ---- callers (crowd.c), under the queue's lock ------------------------------------------------- */

/* The group of the calling thread: that of its CPU. */
uint32_t pa_queue_group_here(pyaccel_queue *queue);

/* A caller has put its row, as the last one of the batch. True where nobody is left whom batches of callers would wait for: they
 * are due then. */
bool pa_queue_join(pyaccel_queue *queue, pa_queue_batch *batch);

/* Learns from a batch that begins how many callers there are. */
void pa_queue_learn(pyaccel_queue *queue, const pa_queue_batch *batch);

/* ---- threads (workers.c) ----------------------------------------------------------------------- */

uint64_t pa_queue_now(void);

/* pthread_cond_timedwait until a time of pa_queue_now, or for ever. */
void pa_queue_wait(pthread_cond_t *condition, pthread_mutex_t *lock, uint64_t until);

/* Starts the threads where there are none; false when not one could be made. */
bool pa_queue_start(pyaccel_queue *queue);

/* Wakes whoever takes a batch that may begin now, or looks at the clock at `time` and after. */
void pa_queue_wake(pyaccel_queue *queue);
void pa_queue_wake_at(pyaccel_queue *queue, uint64_t time);

/* Runs a batch that was taken out, and leaves its verdicts in it; unlocks meanwhile. False in the child of a fork within a
 * callback, which nothing of the queue may be touched in any more. */
bool pa_queue_run(pyaccel_queue *queue, pa_queue_batch *batch);

/* The queue whose callback this thread is in, or NULL. */
const pyaccel_queue *pa_queue_calling(void);

/* ---- forks (fork.c) ---------------------------------------------------------------------------- */

void pa_queue_register(pyaccel_queue *queue);
void pa_queue_unregister(pyaccel_queue *queue);

/* Conditions of a queue, by the clock of pa_queue_now. */
void pa_queue_condition(pthread_cond_t *condition);

#endif
