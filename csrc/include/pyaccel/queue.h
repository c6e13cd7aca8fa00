/* SPDX-License-Identifier: Apache-2.0 */
/* A queue that makes batches of signatures that come one by one from many threads, to be verified or to recover keys from. */
#ifndef PYACCEL_QUEUE_H
#define PYACCEL_QUEUE_H

#include "pyaccel/cache.h"
#include "pyaccel/recover.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What waits in a queue is put together with rows that have the same scheme, rule, formats, message hash and priority, and
 * verified as one batch by pyaccel_verify_many, so that a row's verdict is what that call says of it alone; recoveries of the
 * same rule, result and priority likewise by pyaccel_recover_many. Rows are copied when they come. All calls but
 * pyaccel_queue_free are thread-safe.
 *
 * A batch begins as soon as one of these holds and one of `threads` is free; of several that may begin, the one of the
 * highest priority, of these the oldest:
 *   it has max_batch rows; its oldest row has waited max_delay; pyaccel_queue_flush or _close was called after it came;
 *   all its rows are of callers that wait for their verdicts, and hardly one of those that were there lately is missing.
 * With max_delay 0 a batch is thus what came while the threads were busy, and a lone caller never waits for company. Rows of
 * callers that wait are put together by the CPU that they run on, up to `threads` batches beside each other.
 *
 * After a fork, queues work in the child with threads of its own; what waited belongs to the parent, and the child never
 * answers it. pyaccel_shutdown does not join a queue's threads: close queues before it. */
typedef struct pyaccel_queue pyaccel_queue;

#define PYACCEL_QUEUE_PRIORITIES 8 /* priorities are 0 .. 7; the highest goes first, always */

/* All 0 but struct_size: the defaults. */
typedef struct {
    size_t struct_size;   /* sizeof(pyaccel_queue_options)                                                         */
    uint64_t max_bytes;   /* bytes of all rows that wait or are in work; 0: 64 MiB. The queue takes twice as much, 200
                            bytes a row, and 4 MiB a thread at most                                                                 */
    uint32_t max_queue;   /* rows that wait or are in work, 1 .. 2^24; 0: 65,536                                   */
    uint32_t max_batch;   /* rows of a batch, 1 .. 65,536; 0: 256; never more than max_queue                       */
    uint32_t max_delay;   /* microseconds that a row waits for company at most, while threads are free; 0: none    */
    uint32_t threads;     /* batches at work at once, 1 .. 1,024; 0: PYACCEL_THREADS, else 1                       */
    uint64_t reserved;    /* 0                                                                                     */
    pyaccel_cache *cache; /* NULL, or one that outlives the queue: as in pyaccel_verify_options                   */
} pyaccel_queue_options;

/* One signature. Names as in pyaccel_verify_options; sizes in bytes. */
typedef struct {
    size_t struct_size;        /* sizeof(pyaccel_queue_row)                                     */
    uint32_t scheme;           /* PYACCEL_SCHEME_*                                              */
    uint32_t rule;             /* PYACCEL_RULE_*                                                */
    uint32_t message_hash;     /* PYACCEL_MESSAGE_HASH_*; 0: the scheme's own                   */
    uint32_t key_format;       /* PYACCEL_KEY_FORMAT_*; 0: auto                                 */
    uint32_t signature_format; /* PYACCEL_SIGNATURE_FORMAT_*; 0: raw                            */
    uint32_t priority;         /* 0 .. PYACCEL_QUEUE_PRIORITIES - 1                             */
    const uint8_t *public_key; /* a pointer may be NULL where its size is 0                     */
    uint64_t public_key_size;
    const uint8_t *message;
    uint64_t message_size;
    const uint8_t *signature;
    uint64_t signature_size;
    const uint8_t *identity; /* of SM2 alone; NULL: 1234567812345678; of more than 8,191 bytes: verdict 0 */
    uint64_t identity_size;  /* 0 where identity is NULL                                      */
    uint64_t time_out;       /* microseconds; a row whose batch has not begun by then is TIMED_OUT; 0: none */
    uint32_t wait;           /* 1: where the queue is full, wait for room; 0: OVERLOADED      */
    uint32_t reserved;       /* 0                                                             */
} pyaccel_queue_row;

/* One signature to recover the public key from, or its Ethereum address. Names as in pyaccel_recover_options and
 * pyaccel_queue_row. */
typedef struct {
    size_t struct_size;    /* sizeof(pyaccel_queue_recovery)                       */
    uint32_t rule;         /* PYACCEL_RECOVER_*                                    */
    uint32_t addresses;    /* 0: a key of 64 bytes; 1: an Ethereum address of 20   */
    uint32_t priority;     /* 0 .. PYACCEL_QUEUE_PRIORITIES - 1                    */
    uint32_t wait;         /* as in pyaccel_queue_row                              */
    const uint8_t *digest; /* 32 bytes; another size: verdict 0                    */
    uint64_t digest_size;
    const uint8_t *signature; /* r || s || v, 65 bytes; another size: verdict 0       */
    uint64_t signature_size;
    uint64_t time_out; /* as in pyaccel_queue_row                              */
    uint64_t reserved; /* 0                                                    */
} pyaccel_queue_recovery;

/* The answer to one row, given once.
 *   user     as submitted
 *   ticket   the row's
 *   status   OK; TIMED_OUT; CANCELLED (by pyaccel_queue_cancel); CLOSED (discarded); or what pyaccel_verify_many answered
 *   verdict  1: valid; 0: not, or any status but OK
 *   reason   PYACCEL_REASON_* of a 0; NONE on any status but OK
 * Called from threads of the queue, several at once, all signals blocked, with at least 1 MiB of stack, in no order. It may submit,
 * cancel, flush and fork; it may not close or free the queue or wait for an answer of it (INVALID_ARGUMENT), and there
 * `wait` of a row counts as 0. While it runs, its thread verifies nothing. */
typedef void (*pyaccel_queue_callback)(void *user, uint64_t ticket, pyaccel_status status, uint32_t verdict,
                                       uint32_t reason);

/* The answer to one recovery, given once; as pyaccel_queue_callback, but
 *   key      64 bytes, or an address's 20, to be read before it returns; zeros where the verdict is 0
 *   verdict  1: there is a key; 0: none, or any status but OK
 *   status   what pyaccel_recover_many answered, in place of pyaccel_verify_many */
typedef void (*pyaccel_queue_recovered)(void *user, uint64_t ticket, pyaccel_status status, const uint8_t *key,
                                        uint32_t verdict, uint32_t reason);

/* Rows counted since the queue was made, but for the first two and the last two. */
typedef struct {
    uint64_t rows;  /* that wait or are in work now; cancelled and timed-out ones until their batch is gone */
    uint64_t bytes; /* of them                                                                     */
    uint64_t accepted;
    uint64_t refused;   /* OVERLOADED                                                              */
    uint64_t timed_out; /* after they were accepted                                                */
    uint64_t cancelled; /* or discarded                                                            */
    uint64_t verified;  /* or recovered from                                                       */
    uint64_t known;     /* to the cache when pyaccel_queue_verify was called, and never accepted   */
    uint64_t batches;   /* that were verified or recovered from                                    */
    uint64_t largest;   /* rows of the largest of them                                             */
} pyaccel_queue_statistics;

/* *queue = a queue (NULL on any status but OK). Its threads start with the first row. options may be NULL.
 * Returns OK; INVALID_ARGUMENT; OUT_OF_MEMORY; BAD_ENVIRONMENT. */
PYACCEL_API pyaccel_status pyaccel_queue_new(pyaccel_queue **queue, const pyaccel_queue_options *options);

/* Takes no rows any more (CLOSED), and returns when every row was answered and the threads are gone: where discard is 0, after
 * verifying what waits, at once and without waiting for company; else what has not begun is answered CLOSED. A second call waits for
 * the first. Returns OK; INVALID_ARGUMENT: NULL, or from a callback of the queue. */
PYACCEL_API pyaccel_status pyaccel_queue_close(pyaccel_queue *queue, uint32_t discard);

/* Closes the queue, without discarding, unless it is closed, and frees it; no other thread may use it any more. NULL is ignored.
 * Returns OK; INVALID_ARGUMENT: from a callback of the queue, which then goes on. */
PYACCEL_API pyaccel_status pyaccel_queue_free(pyaccel_queue *queue);

/* Queues a row; its bytes are copied before the call returns.
 *   ticket    NULL, or where the row's number goes, from 1 on, before the callback is called (0 on any status but OK)
 *   callback  not NULL; called once if the call returns OK, and may be before it returns; never on another status
 * Returns OK; INVALID_ARGUMENT (also a row of more than max_bytes); UNSUPPORTED; OVERLOADED; CLOSED; TIMED_OUT, after
 * waiting for room; OUT_OF_MEMORY; BAD_ENVIRONMENT. Does not wait unless row->wait is 1. */
PYACCEL_API pyaccel_status pyaccel_queue_submit(pyaccel_queue *queue, uint64_t *ticket, const pyaccel_queue_row *row,
                                                pyaccel_queue_callback callback, void *user);

/* Queues a row and waits for its verdict. The calling thread runs the batch itself where that can begin with its row and
 * nobody but such callers has rows in it.
 *   verdict  1: valid; 0: not, or any status but OK
 *   reason   NULL, or where PYACCEL_REASON_* goes
 * Returns OK; as pyaccel_queue_submit and pyaccel_queue_callback otherwise; INVALID_ARGUMENT also from a callback of the queue. */
PYACCEL_API pyaccel_status pyaccel_queue_verify(pyaccel_queue *queue, uint8_t *verdict, uint8_t *reason,
                                                const pyaccel_queue_row *row);

/* As pyaccel_queue_submit, of a recovery. */
PYACCEL_API pyaccel_status pyaccel_queue_submit_recovery(pyaccel_queue *queue, uint64_t *ticket,
                                                         const pyaccel_queue_recovery *row,
                                                         pyaccel_queue_recovered callback, void *user);

/* As pyaccel_queue_verify, of a recovery.
 *   key       where the key of 64 bytes or the address of 20 goes, apart from the inputs; the first 64 bytes there, or
 *             key_size, are zeroed before, and stay so where the verdict is 0
 *   key_size  bytes there; fewer than go there are INVALID_ARGUMENT */
PYACCEL_API pyaccel_status pyaccel_queue_recover(pyaccel_queue *queue, uint8_t *key, uint64_t key_size,
                                                 uint8_t *verdict, uint8_t *reason, const pyaccel_queue_recovery *row);

/* Takes back a row that was submitted and has not begun: its callback is called with CANCELLED, by a thread of the queue.
 * Returns OK; INVALID_ARGUMENT: no such row waits (any more). */
PYACCEL_API pyaccel_status pyaccel_queue_cancel(pyaccel_queue *queue, uint64_t ticket);

/* Lets all that waits begin without waiting for company, and returns at once. Returns OK; INVALID_ARGUMENT for NULL. */
PYACCEL_API pyaccel_status pyaccel_queue_flush(pyaccel_queue *queue);

/* Fills *statistics; INVALID_ARGUMENT for NULL (*statistics is then zeroed). */
PYACCEL_API pyaccel_status pyaccel_queue_statistics_get(pyaccel_queue_statistics *statistics, pyaccel_queue *queue);

#ifdef __cplusplus
}
#endif

#endif
