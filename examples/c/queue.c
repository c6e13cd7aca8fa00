/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of a node verify one signature at a time; a queue makes batches of them, and a cache knows those that come again. The
 * signature is that of RFC 8032, 7.1, test 2. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include <pyaccel.h>

#define THREADS 8
#define ROWS 100

static const uint8_t public_key[32] = {
    0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
    0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
};
static const uint8_t message[1] = {0x72};
static const uint8_t signature[64] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
};

static pyaccel_queue *queue;
static atomic_uint valid;

static pyaccel_queue_row row_of(const uint8_t *text, uint64_t size)
{
    return (pyaccel_queue_row){
        .struct_size = sizeof(pyaccel_queue_row),
        .scheme = PYACCEL_SCHEME_ED25519,
        .rule = PYACCEL_RULE_RFC8032,
        .public_key = public_key,
        .public_key_size = sizeof public_key,
        .message = text,
        .message_size = size,
        .signature = signature,
        .signature_size = sizeof signature,
        .wait = 1, /* for room, where the queue is full */
    };
}

/* The form that waits: each call comes back with its verdict. */
static void *verify_rows(void *unused)
{
    (void)unused;
    for (int i = 0; i < ROWS; i++) {
        const pyaccel_queue_row row = row_of(message, i % 4 == 3 ? 0 : sizeof message);
        uint8_t verdict;
        if (pyaccel_queue_verify(queue, &verdict, NULL, &row) == PYACCEL_OK) {
            atomic_fetch_add(&valid, verdict);
        }
    }
    return NULL;
}

/* The form with a callback, which a thread of the queue calls. */
static void on_answer(void *user, uint64_t ticket, pyaccel_status status, uint32_t verdict,
                      uint32_t reason)
{
    (void)ticket, (void)status, (void)reason;
    atomic_fetch_add((atomic_uint *)user, verdict);
}

int main(void)
{
    pyaccel_cache *cache;
    pyaccel_status status = pyaccel_cache_new(&cache, NULL);
    if (status == PYACCEL_OK) {
        const pyaccel_queue_options options = {.struct_size = sizeof options,
                                               .max_delay = 200, /* microseconds */
                                               .max_batch = 64,
                                               .threads = 2,
                                               .cache = cache};
        status = pyaccel_queue_new(&queue, &options);
    }
    if (status != PYACCEL_OK) {
        return fprintf(stderr, "%s\n", pyaccel_status_text(status)), 1;
    }
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, verify_rows, NULL);
    }
    atomic_uint called_back = 0;
    for (int i = 0; i < ROWS; i++) {
        const pyaccel_queue_row row = row_of(message, sizeof message);
        pyaccel_queue_submit(queue, NULL, &row, on_answer, &called_back);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    pyaccel_queue_close(queue, 0); /* all that waits is answered first */
    pyaccel_queue_statistics counted;
    pyaccel_queue_statistics_get(&counted, queue);
    printf("valid: %u of %d, %u of %d by callbacks; %llu batches, the largest of %llu\n", valid,
           THREADS * ROWS, called_back, ROWS, (unsigned long long)counted.batches,
           (unsigned long long)counted.largest);
    pyaccel_queue_free(queue);
    pyaccel_cache_free(cache);
    return !(valid == THREADS * ROWS * 3 / 4 && called_back == ROWS);
}
