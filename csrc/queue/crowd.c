/* SPDX-License-Identifier: Apache-2.0 */
/* Callers that wait for their verdicts: where all that there are have put their rows, a batch need not wait for company.
 *
 * A caller puts its next row only after its last one was answered, so that a batch of max_batch rows never comes about where there
 * are fewer callers, and where there are as many, one thread verifies all while the others have nothing to do. So callers are
 * counted, in a group for each of the queue's threads, and a group's batch begins as soon as hardly one of them is missing. A
 * caller belongs to the group of its CPU: who wakes on a CPU finds the batch of that CPU, one of its callers runs it there, and
 * wakes others that slept there. */
#include <sched.h>

#include "queue.h"

uint32_t pa_queue_group_here(pyaccel_queue *queue)
{
#if defined(__linux__)
    const int number = queue->threads == 1 ? 0 : sched_getcpu();
#else
    const int number = 0;
#endif
    uint16_t *group = &queue->group_of[number < 0 ? 0 : number % PA_QUEUE_CPUS];
    if (*group == 0) {
        /* As they are seen: the process may have even numbers alone. */
        *group = (uint16_t)(queue->cpus++ % queue->threads + 1);
    }
    return *group - 1u;
}

/* True where so many of a crowd wait that the others are not worth waiting for. Two at least are a crowd. Where batches run side by
 * side, some may be missing: they fill the next one meanwhile. Where they do not, those would wait for it as well. */
static bool hardly_missing(const pyaccel_queue *queue, uint32_t waiting, uint32_t crowd,
                           uint32_t part)
{
    return crowd > 1 && waiting >= crowd - (queue->threads > 1 ? crowd / part : 0);
}

bool pa_queue_join(pyaccel_queue *queue, pa_queue_batch *batch)
{
    atomic_fetch_add(&queue->groups[batch->kind.group].callers, 1);
    atomic_fetch_add(&batch->holders, 1);
    batch->waiters++;
    queue->gathering++;
    /* Of the group, or of all of them, whose batches may be small then. */
    if (!hardly_missing(queue, batch->count, queue->groups[batch->kind.group].crowd, 8) &&
        !hardly_missing(queue, queue->gathering, queue->crowd, 4)) {
        return false;
    }
    for (pa_queue_batch *each = queue->forming.first; each != NULL; each = each->next) {
        each->due = each->callbacks == 0 ? 0 : each->due;
    }
    return true;
}

void pa_queue_learn(pyaccel_queue *queue, const pa_queue_batch *batch)
{
    pa_queue_group *group = &queue->groups[batch->kind.group];
    const uint32_t callers = group->callers;
    if (batch->callbacks > 0) {
        return;
    }
    queue->crowd -= group->crowd;
    if (callers > group->crowd) {
        group->crowd = callers;
    } else if (batch->count < group->crowd) {
        /* Fewer came than were waited for; slowly, as some may only be late. */
        group->crowd -= (group->crowd - callers + 7) / 8;
    }
    queue->crowd += group->crowd;
}
