/* SPDX-License-Identifier: Apache-2.0 */
/* Queues over a fork: all locks are held meanwhile, and the child begins with empty queues without threads. */
#include <time.h>

#include "queue.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pyaccel_queue *queues; /* under lock */
static pthread_once_t once = PTHREAD_ONCE_INIT;

void pa_queue_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static void before_fork(void)
{
    pthread_mutex_lock(&lock);
    for (pyaccel_queue *queue = queues; queue != NULL; queue = queue->following) {
        pthread_mutex_lock(&queue->lock);
    }
}

static void after_fork_parent(void)
{
    for (pyaccel_queue *queue = queues; queue != NULL; queue = queue->following) {
        pthread_mutex_unlock(&queue->lock);
    }
    pthread_mutex_unlock(&lock);
}

/* Batches in work are left as they are, since this very thread may be calling back for one. */
static void restart(pyaccel_queue *queue)
{
    pthread_mutex_init(&queue->lock, NULL);
    pa_queue_condition(&queue->work);
    pa_queue_condition(&queue->timer);
    pa_queue_condition(&queue->room);
    pa_queue_forget(queue);
    queue->rows = queue->statistics.bytes = 0;
    queue->idle = queue->running = queue->inside = queue->wanting_room = 0;
    queue->gathering = queue->crowd = 0;
    for (uint32_t i = 0; i < queue->threads; i++) {
        queue->groups[i] = (pa_queue_group){0};
    }
    queue->timekeeper = false;
    queue->closed = queue->closing;
    queue->worker_count = 0;
    queue->generation++;
}

static void after_fork_child(void)
{
    pthread_mutex_init(&lock, NULL);
    for (pyaccel_queue *queue = queues; queue != NULL; queue = queue->following) {
        restart(queue);
    }
}

/* As start of core/threads.c: glibc may run a pthread_once anew in a child. */
static void start(void)
{
    static bool registered;
    if (!registered) {
        pthread_atfork(before_fork, after_fork_parent, after_fork_child);
        registered = true;
    }
}

void pa_queue_register(pyaccel_queue *queue)
{
    pthread_once(&once, start);
    pthread_mutex_lock(&lock);
    queue->following = queues;
    queues = queue;
    pthread_mutex_unlock(&lock);
}

void pa_queue_unregister(pyaccel_queue *queue)
{
    pthread_mutex_lock(&lock);
    pyaccel_queue **link = &queues;
    while (*link != queue) {
        link = &(*link)->following;
    }
    *link = queue->following;
    pthread_mutex_unlock(&lock);
}
