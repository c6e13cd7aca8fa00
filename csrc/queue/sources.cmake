# SPDX-License-Identifier: Apache-2.0
pa_sources(portable queue/batch.c queue/crowd.c queue/fork.c queue/queue.c queue/workers.c)
