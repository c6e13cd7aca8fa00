/* SPDX-License-Identifier: Apache-2.0 */
/* pa_parallel: every row exactly once, errors, cancelling, signals, forks, nesting, PYACCEL_THREADS. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "child.h"
#include "core/internal.h"

#define MOST_ROWS 10000

typedef struct {
    _Atomic uint32_t times[MOST_ROWS]; /* how often row i was worked on     */
    _Atomic uint32_t ranges, odd;      /* odd: ranges of an unexpected form */
    uint64_t n, step, fail_at;
    pthread_t caller;
    _Atomic uint32_t elsewhere; /* ranges run on another thread     */
    _Atomic bool wait;          /* ranges end only when this clears */
} work;

static pyaccel_status do_range(void *context, uint64_t first, uint64_t last)
{
    work *w = context;
    w->ranges++;
    if (first % w->step != 0 || first >= last || last > w->n ||
        (last != w->n && last - first != w->step)) {
        w->odd++;
    }
    if (!pthread_equal(pthread_self(), w->caller)) {
        w->elsewhere++;
        sigset_t blocked;
        pthread_sigmask(SIG_SETMASK, NULL, &blocked);
        if (!sigismember(&blocked, SIGINT) || !sigismember(&blocked, SIGTERM) ||
            !sigismember(&blocked, SIGALRM)) {
            w->odd++;
        }
        w->wait = false;
    } else if (w->wait) {
        /* Gives a worker the time to join: at most a second. */
        for (int i = 0; i < 1000 && w->wait; i++) {
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
        }
    }
    for (uint64_t i = first; i < last; i++) {
        w->times[i]++;
        if (i == w->fail_at) {
            return PYACCEL_OUT_OF_MEMORY;
        }
    }
    return PYACCEL_OK;
}

static work *fresh(uint64_t n, uint64_t step)
{
    static work w;
    memset(&w, 0, sizeof w);
    w.n = n;
    w.step = step;
    w.fail_at = UINT64_MAX;
    w.caller = pthread_self();
    return &w;
}

static void check_cover(void)
{
    static const uint64_t sizes[] = {1, 2, 63, 64, 65, 127, 128, 1000, 9999, MOST_ROWS};
    static const uint64_t grains[] = {1, 40, 64, 65, 1000, MOST_ROWS, UINT64_MAX};
    for (uint32_t threads = 1; threads <= 5; threads++) {
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            for (size_t g = 0; g < sizeof grains / sizeof *grains; g++) {
                uint64_t n = sizes[s], grain = grains[g];
                work *w = fresh(n, grain >= n ? n : grain);
                CHECK(pa_parallel(threads, n, grain, do_range, w, NULL, NULL) == PYACCEL_OK);
                bool once = true;
                for (uint64_t i = 0; i < MOST_ROWS; i++) {
                    once = once && w->times[i] == (i < n);
                }
                CHECK(once && w->odd == 0);
                CHECK(threads > 1 || w->elsewhere == 0);
            }
        }
    }
    work *w = fresh(0, 0);
    CHECK(pa_parallel(4, 0, 64, do_range, w, NULL, NULL) == PYACCEL_OK && w->ranges == 0);
    pyaccel_shutdown();
    pyaccel_shutdown();
}

/* With a caller that waits for a worker, one comes. */
static bool helped(uint32_t threads)
{
    work *w = fresh(MOST_ROWS, 64);
    w->wait = true;
    bool ok =
        pa_parallel(threads, MOST_ROWS, 64, do_range, w, NULL, NULL) == PYACCEL_OK && w->odd == 0;
    return ok && w->elsewhere > 0;
}

static void check_helpers(void)
{
    CHECK(helped(2));
    pyaccel_shutdown();
    CHECK(helped(3)); /* made anew */
    CHECK(helped(UINT32_MAX));
    pyaccel_shutdown();
}

typedef struct {
    uint64_t last, stop_at;
    uint32_t calls;
    bool wrong;
    pthread_t caller;
} watch;

static int on_progress(void *user, uint64_t done, uint64_t total)
{
    watch *p = user;
    p->wrong = p->wrong || done < p->last || done > total || total != MOST_ROWS || done == 0 ||
               !pthread_equal(pthread_self(), p->caller);
    p->last = done;
    p->calls++;
    return done >= p->stop_at;
}

static void check_progress(void)
{
    for (uint32_t threads = 1; threads <= 3; threads++) {
        watch p = {.stop_at = UINT64_MAX, .caller = pthread_self()};
        CHECK(pa_parallel(threads, MOST_ROWS, 64, do_range, fresh(MOST_ROWS, 64), on_progress,
                          &p) == PYACCEL_OK);
        CHECK(!p.wrong && p.last == MOST_ROWS && p.calls >= 1);

        work *w = fresh(MOST_ROWS, 64);
        p = (watch){.stop_at = 1, .caller = pthread_self()};
        CHECK(pa_parallel(threads, MOST_ROWS, 64, do_range, w, on_progress, &p) ==
              PYACCEL_CANCELLED);
        CHECK(!p.wrong && p.calls == 1);
        CHECK(threads > 1 || w->ranges == 1);

        p = (watch){.stop_at = MOST_ROWS, .caller = pthread_self()}; /* at the very end, too */
        CHECK(pa_parallel(threads, MOST_ROWS, 64, do_range, fresh(MOST_ROWS, 64), on_progress,
                          &p) == PYACCEL_CANCELLED);

        w = fresh(MOST_ROWS, 64);
        w->fail_at = 130;
        CHECK(pa_parallel(threads, MOST_ROWS, 64, do_range, w, NULL, NULL) ==
              PYACCEL_OUT_OF_MEMORY);
        CHECK(threads > 1 || w->ranges == 3);
    }
}

static pyaccel_status nested_range(void *context, uint64_t first, uint64_t last)
{
    _Atomic uint64_t *sum = context;
    work *inner = calloc(1, sizeof *inner);
    if (inner == NULL) {
        return PYACCEL_OUT_OF_MEMORY;
    }
    inner->n = 1000;
    inner->step = 64;
    inner->fail_at = UINT64_MAX;
    inner->caller = pthread_self();
    pyaccel_status status = pa_parallel(3, 1000, 64, do_range, inner, NULL, NULL);
    *sum += inner->odd == 0 ? last - first : 0;
    free(inner);
    return status;
}

static void *call_nested(void *sum)
{
    CHECK(pa_parallel(3, 640, 64, nested_range, sum, NULL, NULL) == PYACCEL_OK);
    return NULL;
}

/* Several callers at once, whose ranges call again. */
static void check_reentrant(void)
{
    _Atomic uint64_t sums[4] = {0};
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_create(&threads[i], NULL, call_nested, &sums[i]) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0 && sums[i] == 640);
    }
}

static void check_after_fork(void)
{
    CHECK(helped(3));
    pyaccel_shutdown();
}

static int fork_in_callback(void *user, uint64_t done, uint64_t total)
{
    (void)total;
    pid_t *child = user;
    if (done > 0 && *child == -1) {
        *child = fork();
    }
    return 0;
}

/* A child that goes on inside a call has lost the rows of the workers: it must say so, and not hang. */
static void check_fork_inside(void)
{
    pid_t child = -1;
    work *w = fresh(MOST_ROWS, 64);
    w->wait = true;
    pyaccel_status status = pa_parallel(2, MOST_ROWS, 64, do_range, w, fork_in_callback, &child);
    if (child == 0) {
        bool complete = true;
        for (uint64_t i = 0; i < MOST_ROWS; i++) {
            complete = complete && w->times[i] == 1;
        }
        _exit(!(status == PYACCEL_INTERNAL || (status == PYACCEL_OK && complete)) || !helped(2));
    }
    CHECK(status == PYACCEL_OK);
    int code = -1;
    CHECK(child > 0 && waitpid(child, &code, 0) == child && WIFEXITED(code) &&
          WEXITSTATUS(code) == 0);
}

/* What a helper that is inside holds while the caller forks. */
typedef struct {
    pthread_t caller;
    pthread_mutex_t lock;
    atomic_bool held, forked;
    pid_t child;
} held_lock;

static pyaccel_status do_locked(void *context, uint64_t first, uint64_t last)
{
    held_lock *h = context;
    (void)first;
    (void)last;
    if (h->child == 0) {
        _exit(1); /* here the lock would be waited for forever */
    }
    const bool caller = pthread_equal(pthread_self(), h->caller) != 0;
    if (!caller) {
        pthread_mutex_lock(&h->lock);
        h->held = true;
    }
    while (caller ? !h->held : !h->forked) {
        usleep(100);
    }
    if (!caller) {
        pthread_mutex_unlock(&h->lock);
    }
    return PYACCEL_OK;
}

static int fork_while_held(void *user, uint64_t done, uint64_t total)
{
    held_lock *h = user;
    (void)done;
    (void)total;
    if (h->child == -1) {
        h->child = fork();
        h->forked = true;
    }
    return 0;
}

/* Nor may the child take another range, as helpers that are gone may hold what that waits for. */
static void check_fork_while_held(void)
{
    held_lock h = {.caller = pthread_self(), .lock = PTHREAD_MUTEX_INITIALIZER, .child = -1};
    const pyaccel_status status = pa_parallel(2, MOST_ROWS, 64, do_locked, &h, fork_while_held, &h);
    if (h.child == 0) {
        _exit(status != PYACCEL_INTERNAL);
    }
    CHECK(status == PYACCEL_OK);
    int code = -1;
    CHECK(h.child > 0 && waitpid(h.child, &code, 0) == h.child && WIFEXITED(code) &&
          WEXITSTATUS(code) == 0);
}

static void check_environment_3(void)
{
    CHECK(pa_bind() == PYACCEL_OK && helped(0));
}

static void check_environment_none(void)
{
    work *w = fresh(MOST_ROWS, 64);
    CHECK(pa_parallel(0, MOST_ROWS, 64, do_range, w, NULL, NULL) == PYACCEL_OK &&
          w->elsewhere == 0);
}

static void check_environment_refused(void)
{
    work *w = fresh(MOST_ROWS, 64);
    CHECK(pa_bind() == PYACCEL_BAD_ENVIRONMENT);
    CHECK(pa_parallel(2, MOST_ROWS, 64, do_range, w, NULL, NULL) == PYACCEL_BAD_ENVIRONMENT &&
          w->ranges == 0);
    CHECK(strstr(pyaccel_cpu_spec(), "PYACCEL_THREADS=") != NULL);
}

/* Forks with workers alive, which qemu's user emulation itself does not survive: "without-forks" leaves them
 * out, and says so. */
static void check_forks(void)
{
    in_child(NULL, NULL, check_fork_inside);
    in_child(NULL, NULL, check_fork_while_held);
    check_helpers();
    CHECK(helped(2)); /* this pool's workers are gone in the children below */
    in_child(NULL, NULL, check_after_fork);
    in_child(NULL, NULL, check_cover);
    CHECK(helped(2)); /* and still there in the parent */
    pyaccel_shutdown();
}

int main(int argc, char **argv)
{
    unsetenv("PYACCEL_CPU");
    unsetenv("PYACCEL_THREADS");
    in_child(NULL, NULL, check_cover);
    in_child(NULL, NULL, check_helpers);
    in_child(NULL, NULL, check_progress);
    in_child(NULL, NULL, check_reentrant);
    in_child(NULL, NULL, check_environment_none);
    in_child("PYACCEL_THREADS", "", check_environment_none);
    in_child("PYACCEL_THREADS", "1", check_environment_none);
    in_child("PYACCEL_THREADS", "3", check_environment_3);
    in_child("PYACCEL_THREADS", "1024", check_environment_3);
    static const char *const wrong[] = {
        "0", "-1", "1025", "x", "3x", " 3", "3 ", "99999999999999999999", "+3", "1.5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        in_child("PYACCEL_THREADS", wrong[i], check_environment_refused);
    }
    if (argc > 1 && strcmp(argv[1], "without-forks") == 0) {
        puts("left out: forks with workers alive");
    } else {
        check_forks();
    }
    return finish();
}
