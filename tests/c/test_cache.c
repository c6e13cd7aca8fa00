/* SPDX-License-Identifier: Apache-2.0 */
/* pyaccel_cache_*: what is known is known for the very same row alone; verdicts and reasons are those without a cache. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "ed25519_cases.h"
#include "pyaccel.h"
#include "random.h"
#include "rows.h"

#define ED25519 PYACCEL_SCHEME_ED25519
#define TAG PYACCEL_CACHE_TAG_SIZE

static pyaccel_cache *cache_of(uint64_t memory)
{
    const pyaccel_cache_options options = {.struct_size = sizeof options, .memory = memory};
    pyaccel_cache *cache = NULL;
    CHECK(pyaccel_cache_new(&cache, &options) == PYACCEL_OK && cache != NULL);
    return cache;
}

static pyaccel_cache_statistics counts(pyaccel_cache *cache)
{
    pyaccel_cache_statistics counted;
    CHECK(pyaccel_cache_statistics_get(&counted, cache) == PYACCEL_OK);
    return counted;
}

/* ---- verdicts ----------------------------------------------------------------------------------- */

static ed25519_batch batch;

static uint64_t verify_cases(pyaccel_verify_options options, uint64_t first, uint64_t count,
                             const pyaccel_rows *keys, bool with_reasons)
{
    uint8_t verdicts[CASES], reasons[CASES];
    memset(verdicts, 7, sizeof verdicts);
    memset(reasons, 7, sizeof reasons);
    options.reasons = with_reasons ? reasons : NULL;
    CHECK(pyaccel_verify_many(verdicts, ED25519, keys, &batch.messages, &batch.signatures, count,
                              &options) == PYACCEL_OK);
    uint64_t valid = 0, wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        const ed25519_case *c = &cases[(first + i) % case_count];
        const uint8_t want = c->want[options.rule];
        wrong += with_reasons ? !as_expected(c, options.rule, verdicts[i], reasons[i])
                              : verdicts[i] != (want == PYACCEL_REASON_NONE);
        valid += verdicts[i];
    }
    CHECK(wrong == 0 && (count == CASES || (verdicts[count] == 7 && reasons[count] == 7)));
    return valid;
}

/* Every case under every rule through one cache: first, again, and in other company. */
static void check_verdicts(void)
{
    pyaccel_cache *cache = cache_of(0);
    uint64_t valid = 0, looked_up = 0;
    make_batch(&batch, 0, case_count);
    for (size_t r = 0; r < RULES; r++) {
        const pyaccel_verify_options options = {
            .struct_size = sizeof options, .rule = rules[r], .cache = cache};
        const uint64_t of_rule = verify_cases(options, 0, case_count, &batch.keys, r % 2 == 0);
        CHECK(counts(cache).hits == 0);
        valid += of_rule;
        looked_up += case_count;
        CHECK(of_rule > 3);
    }
    CHECK(counts(cache).insertions == valid && counts(cache).entries == valid);
    CHECK(counts(cache).misses == looked_up && counts(cache).evictions == 0);
    for (size_t r = 0; r < RULES; r++) {
        pyaccel_verify_options options = {
            .struct_size = sizeof options, .rule = rules[r], .cache = cache};
        static const uint64_t sizes[] = {1, 2, 3, 64, 700};
        make_batch(&batch, 0, case_count);
        const uint64_t before = counts(cache).hits;
        const uint64_t of_rule = verify_cases(options, 0, case_count, &batch.keys, true);
        CHECK(counts(cache).hits == before + of_rule);
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            make_batch(&batch, 17 * s, sizes[s]);
            options.threads = s % 2 == 0 ? 1 : 2;
            verify_cases(options, 17 * s, sizes[s], &batch.keys, s % 2 == 0);
        }
        /* Keys that are pointed at, and prepared ones: the same rows. */
        uint32_t index[CASES];
        for (uint32_t i = 0; i < case_count; i++) {
            index[i] = i;
        }
        make_batch(&batch, 0, case_count);
        pyaccel_prepared_keys *prepared;
        CHECK(pyaccel_prepared_keys_new(&prepared, ED25519, &batch.keys, case_count, NULL) ==
              PYACCEL_OK);
        const uint64_t hits = counts(cache).hits;
        options.threads = 1;
        options.key_index = index;
        options.key_count = case_count;
        verify_cases(options, 0, case_count, &batch.keys, true);
        options.key_count = 0;
        options.prepared = prepared;
        verify_cases(options, 0, case_count, NULL, true);
        options.key_index = NULL;
        verify_cases(options, 0, case_count, NULL, true);
        CHECK(counts(cache).hits == hits + 3 * of_rule);
        pyaccel_prepared_keys_free(prepared);
    }
    CHECK(counts(cache).insertions == valid);
    pyaccel_cache_clear(cache);
    CHECK(counts(cache).entries == 0);
    const pyaccel_verify_options options = {
        .struct_size = sizeof options, .rule = PYACCEL_RULE_ZIP215, .cache = cache};
    const uint64_t hits = counts(cache).hits;
    const uint64_t again = verify_cases(options, 0, case_count, &batch.keys, true);
    CHECK(counts(cache).hits == hits && counts(cache).entries == again);
    pyaccel_cache_free(cache);
}

/* More rows than a block, known ones and bad ones on both sides of its end; a progress callback of the whole. */
typedef struct {
    uint64_t calls, last, total, stop_at;
    bool wrong;
} watch;

static int on_progress(void *user, uint64_t done, uint64_t total)
{
    watch *w = user;
    w->wrong = w->wrong || done < w->last || done > total;
    w->last = done;
    w->total = total;
    w->calls++;
    return done >= w->stop_at;
}

static void check_blocks(void)
{
    enum { N = 140000 };
    uint8_t *verdicts = malloc(N), *reasons = malloc(N);
    uint32_t *index = calloc(N, sizeof *index);
    const ed25519_case *c = &cases[1];
    uint8_t keys_bytes[64];
    memcpy(keys_bytes, c->key, 32);
    memcpy(keys_bytes + 32, cases[2].key, 32);
    const pyaccel_rows keys = fixed_rows(keys_bytes, 2, 32, 32);
    const pyaccel_rows message = fixed_rows(c->message, 1, c->message_size, 0);
    const pyaccel_rows signature = fixed_rows(c->signature, 1, 64, 0);
    pyaccel_cache *cache = cache_of(0);
    watch seen = {.stop_at = UINT64_MAX};
    pyaccel_verify_options options = {.struct_size = sizeof options,
                                      .rule = PYACCEL_RULE_RFC8032,
                                      .cache = cache,
                                      .key_index = index,
                                      .key_count = 2,
                                      .reasons = reasons,
                                      .progress = on_progress,
                                      .user = &seen};
    CHECK(pyaccel_verify_many(verdicts, ED25519, &keys, &message, &signature, 1, &options) ==
          PYACCEL_OK);
    CHECK(verdicts[0] == 1 && seen.total == 1);
    static const uint32_t bad[] = {0, 5, 65535, 65536, 65537, 131071, 131072, N - 1};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        index[bad[i]] = 1;
    }
    seen = (watch){.stop_at = UINT64_MAX};
    CHECK(pyaccel_verify_many(verdicts, ED25519, &keys, &message, &signature, N, &options) ==
          PYACCEL_OK);
    CHECK(seen.calls > 0 && !seen.wrong && seen.last == N && seen.total == N);
    uint64_t wrong = 0, found = 0;
    for (uint32_t i = 0; i < N; i++) {
        wrong += verdicts[i] != (index[i] == 0) ||
                 reasons[i] != (index[i] == 0 ? PYACCEL_REASON_NONE : PYACCEL_REASON_EQUATION);
        found += index[i] == 0;
    }
    CHECK(wrong == 0 && counts(cache).hits == found && counts(cache).entries == 1);
    seen = (watch){.stop_at = 70000};
    CHECK(pyaccel_verify_many(verdicts, ED25519, &keys, &message, &signature, N, &options) ==
          PYACCEL_CANCELLED);
    index[N - 1] = 2;
    options.progress = NULL;
    CHECK(pyaccel_verify_many(verdicts, ED25519, &keys, &message, &signature, N, &options) ==
          PYACCEL_INVALID_ARGUMENT);
    for (uint32_t i = 0; i < N; i++) {
        wrong += verdicts[i] != 0 || reasons[i] != 0;
    }
    CHECK(wrong == 0);
    pyaccel_cache_free(cache);
    free(verdicts);
    free(reasons);
    free(index);
}

/* ---- which rows are the same ------------------------------------------------------------------------ */

/* One row of anything: look-ups care for names and bytes alone. */
typedef struct {
    uint32_t scheme;
    pyaccel_verify_options options;
    const char *identity; /* or NULL */
    const char *bytes;    /* key, message and signature, one behind the other */
    uint64_t key, message, signature;
} any_row;

static uint8_t look_up(pyaccel_cache *cache, const any_row *row, bool keep)
{
    const uint8_t *bytes = (const uint8_t *)row->bytes;
    const pyaccel_rows key = fixed_rows(bytes, 1, row->key, 0);
    const pyaccel_rows message = fixed_rows(bytes + row->key, 1, row->message, 0);
    const pyaccel_rows signature =
        fixed_rows(bytes + row->key + row->message, 1, row->signature, 0);
    pyaccel_verify_options options = row->options;
    pyaccel_rows identity;
    if (row->identity != NULL) {
        identity = fixed_rows(row->identity, 1, strlen(row->identity), 0);
        options.identity = &identity;
    }
    uint8_t found = 7, tag[TAG];
    options.struct_size = sizeof options;
    CHECK(pyaccel_cache_look_up(&found, tag, cache, row->scheme, &key, &message, &signature, 1,
                                &options) == PYACCEL_OK);
    if (keep) {
        const uint8_t verdict = 1;
        CHECK(pyaccel_cache_insert(cache, tag, &verdict, 1) == PYACCEL_OK);
    }
    return found;
}

#define EDGE 3000
static char text[EDGE];

static void check_changes(void)
{
    for (int i = 0; i < EDGE; i++) {
        text[i] = (char)('a' + i % 23);
    }
    any_row base = {.scheme = PYACCEL_SCHEME_P256_ECDSA,
                    .options = {.rule = PYACCEL_RULE_ANY},
                    .bytes = text,
                    .key = 65,
                    .message = 40,
                    .signature = 64};
    const any_row sm2 = {.scheme = PYACCEL_SCHEME_SM2,
                         .options = {.rule = PYACCEL_RULE_GBT32918},
                         .bytes = text,
                         .key = 65,
                         .message = 40,
                         .signature = 64};
    any_row row;
/* One row is kept, another looked up in the same cache. */
#define AGAINST(of, expected, change)                                                              \
    do {                                                                                           \
        pyaccel_cache *cache = cache_of(32768);                                                    \
        row = of;                                                                                  \
        CHECK(look_up(cache, &row, true) == 0);                                                    \
        CHECK(look_up(cache, &row, false) == 1);                                                   \
        change;                                                                                    \
        CHECK(look_up(cache, &row, false) == (expected));                                          \
        pyaccel_cache_free(cache);                                                                 \
    } while (0)
#define SAME(of, change) AGAINST(of, 1, change)
#define OTHER(of, change) AGAINST(of, 0, change)
    SAME(base, row.options.message_hash = PYACCEL_MESSAGE_HASH_SHA256);
    SAME(base, row.options.key_format = PYACCEL_KEY_FORMAT_AUTO);
    SAME(base, row.options.signature_format = PYACCEL_SIGNATURE_FORMAT_RAW);
    SAME(base, row.options.threads = 2);
    SAME(sm2, row.identity = "1234567812345678");
    OTHER(base, row.scheme = PYACCEL_SCHEME_SECP256K1_ECDSA);
    OTHER(base, row.scheme = PYACCEL_SCHEME_P384_ECDSA);
    OTHER(base, row.options.rule = PYACCEL_RULE_LOW_S);
    OTHER(base, row.options.rule = PYACCEL_RULE_FABRIC);
    OTHER(base, row.options.message_hash = PYACCEL_MESSAGE_HASH_NONE);
    OTHER(base, row.options.message_hash = PYACCEL_MESSAGE_HASH_SHA384);
    OTHER(base, row.options.key_format = PYACCEL_KEY_FORMAT_SPKI);
    OTHER(base, row.options.signature_format = PYACCEL_SIGNATURE_FORMAT_DER);
    OTHER(sm2, row.identity = "1234567812345679");
    OTHER(sm2, row.identity = "");
    OTHER(sm2, row.identity = "123456781234567");
    OTHER(sm2, row.options.message_hash = PYACCEL_MESSAGE_HASH_NONE);
    /* A byte that goes from one part to the next, and other bytes. */
    OTHER(base, row.key++; row.message--);
    OTHER(base, row.key--; row.message++);
    OTHER(base, row.message++; row.signature--);
    OTHER(base, row.message--; row.signature++);
    OTHER(base, row.key++; row.message--; row.bytes++);
    OTHER(base, row.key = 0; row.message += 65);
    OTHER(base, row.message++);
    OTHER(base, row.signature--);
    OTHER(base, row.bytes++);
    OTHER(sm2, row.identity = "b"; row.key--); /* the key's last letter is no identity's first */
    any_row named = sm2;
    named.identity = "AB";
    char moved[EDGE];
    memcpy(moved, text, sizeof moved);
    moved[64] = 'A'; /* key || identity is the same string */
    OTHER(named, row.bytes = moved; row.identity = "B");
    /* Every bit of every part. */
    for (uint64_t bit = 0; bit < 8 * (65 + 40 + 64); bit++) {
        OTHER(base, memcpy(moved, text, sizeof moved); moved[bit / 8] ^= (char)(1 << bit % 8);
              row.bytes = moved);
    }
    /* Messages around the size from which on they are hashed by themselves, and around what a row may have. */
    for (uint64_t size = 1020; size < 1030; size++) {
        base.message = size;
        OTHER(base, row.message++);
        OTHER(base, row.message--; row.signature++);
        OTHER(base, row.message++; row.key--);
        OTHER(base, memcpy(moved, text, sizeof moved); moved[65 + size - 1] ^= 1;
              row.bytes = moved);
        OTHER(base, memcpy(moved, text, sizeof moved); moved[65] ^= 1; row.bytes = moved);
        OTHER(base, memcpy(moved, text, sizeof moved); moved[65 + size + 63] ^= 1;
              row.bytes = moved);
    }
    pyaccel_cache *cache = cache_of(0);
    row = base;
    row.signature = 512 - 65;
    CHECK(look_up(cache, &row, true) == 0 && look_up(cache, &row, false) == 1);
    row.signature++;
    CHECK(look_up(cache, &row, true) == 0 && look_up(cache, &row, false) == 0);
    CHECK(counts(cache).entries == 1);
    pyaccel_cache_free(cache);

    pyaccel_cache *one = cache_of(0), *two = cache_of(0); /* keys of their own */
    uint8_t tags[2][TAG], found;
    const pyaccel_rows part = fixed_rows(text, 1, 64, 0);
    const pyaccel_verify_options options = {.struct_size = sizeof options, .rule = 1};
    CHECK(pyaccel_cache_look_up(&found, tags[0], one, ED25519, &part, &part, &part, 1, &options) ==
          PYACCEL_OK);
    CHECK(pyaccel_cache_look_up(&found, tags[1], two, ED25519, &part, &part, &part, 1, &options) ==
          PYACCEL_OK);
    CHECK(memcmp(tags[0], tags[1], TAG) != 0);
    pyaccel_cache_free(one);
    pyaccel_cache_free(two);
}

/* ---- what is kept --------------------------------------------------------------------------------- */

static uint64_t find_numbers(pyaccel_cache *cache, uint32_t first, uint64_t n, uint8_t *tags)
{
    uint32_t *numbers = malloc(n * sizeof *numbers);
    uint8_t *found = malloc(n);
    for (uint32_t i = 0; i < n; i++) {
        numbers[i] = first + i;
    }
    const pyaccel_rows message = fixed_rows(numbers, n, 4, 4), part = fixed_rows(text, n, 64, 0);
    const pyaccel_verify_options options = {.struct_size = sizeof options, .rule = 1};
    CHECK(pyaccel_cache_look_up(found, tags, cache, ED25519, &part, &message, &part, n, &options) ==
          PYACCEL_OK);
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++) {
        count += found[i];
    }
    free(numbers);
    free(found);
    return count;
}

static void check_kept(void)
{
    enum { N = 4096 };
    static uint8_t tags[N * TAG], verdicts[N];
    pyaccel_cache *cache = cache_of(100000);
    const pyaccel_cache_statistics fresh = counts(cache);
    CHECK(fresh.memory <= 100000 && fresh.capacity * 33 <= fresh.memory && fresh.capacity > 2000);
    CHECK(fresh.entries == 0 && fresh.hits == 0 && fresh.misses == 0);
    CHECK(find_numbers(cache, 0, N, tags) == 0);
    static const uint8_t not_valid[] = {0, 2, 3, 127, 128, 254, 255};
    for (size_t i = 0; i < sizeof not_valid; i++) {
        memset(verdicts, not_valid[i], sizeof verdicts);
        CHECK(pyaccel_cache_insert(cache, tags, verdicts, N) == PYACCEL_OK);
    }
    CHECK(counts(cache).insertions == 0 && find_numbers(cache, 0, N, tags) == 0);
    memset(verdicts, 1, sizeof verdicts);
    CHECK(pyaccel_cache_insert(cache, tags, verdicts, 500) == PYACCEL_OK);
    CHECK(pyaccel_cache_insert(cache, tags, verdicts, 500) == PYACCEL_OK);
    CHECK(counts(cache).entries == counts(cache).insertions - counts(cache).evictions);
    CHECK(counts(cache).insertions == 500 && find_numbers(cache, 0, 500, tags) > 490);
    CHECK(find_numbers(cache, 500, N - 500, tags) == 0);
    const uint8_t no_tag[TAG] = {0};
    CHECK(pyaccel_cache_insert(cache, no_tag, verdicts, 1) == PYACCEL_OK);
    CHECK(counts(cache).insertions == 500);
    /* Far more than there is room for; rows that are asked for again and again outlive those that are not. */
    for (uint32_t round = 1; round <= 20; round++) {
        find_numbers(cache, 0, 200, tags);
        CHECK(pyaccel_cache_insert(cache, tags, verdicts, 200) == PYACCEL_OK);
        find_numbers(cache, 0, 200, tags);
        find_numbers(cache, 1000 * round, 500, tags);
        CHECK(pyaccel_cache_insert(cache, tags, verdicts, 500) == PYACCEL_OK);
    }
    CHECK(find_numbers(cache, 0, 200, tags) > 190);
    CHECK(find_numbers(cache, 1000, 500, tags) < 250);
    const pyaccel_cache_statistics full = counts(cache);
    CHECK(full.evictions > 0 && full.entries <= full.capacity && full.memory == fresh.memory);
    CHECK(full.entries == full.insertions - full.evictions);
    pyaccel_cache_clear(cache);
    CHECK(find_numbers(cache, 0, 200, tags) == 0 && counts(cache).entries == 0);
    CHECK(pyaccel_cache_insert(cache, tags, verdicts, 200) == PYACCEL_OK);
    CHECK(find_numbers(cache, 0, 200, tags) == 200 && counts(cache).entries == 200);
    pyaccel_cache_free(cache);
}

/* ---- threads, forks, arguments ----------------------------------------------------------------------- */

typedef struct {
    pyaccel_cache *cache;
    uint64_t first, wrong;
} share;

static void *verify_share(void *of)
{
    share *s = of;
    static _Thread_local ed25519_batch mine;
    for (uint64_t round = 0; round < 6; round++) {
        const uint64_t first = s->first + 150 * round, count = 200;
        make_batch(&mine, first, count);
        uint8_t verdicts[200], reasons[200];
        const pyaccel_verify_options options = {.struct_size = sizeof options,
                                                .rule = rules[round % RULES],
                                                .cache = s->cache,
                                                .reasons = reasons};
        s->wrong += pyaccel_verify_many(verdicts, ED25519, &mine.keys, &mine.messages,
                                        &mine.signatures, count, &options) != PYACCEL_OK;
        for (uint64_t i = 0; i < count; i++) {
            s->wrong += !as_expected(&cases[(first + i) % case_count], options.rule, verdicts[i],
                                     reasons[i]);
        }
        if (round == 3) {
            pyaccel_cache_clear(s->cache);
        }
        s->wrong += counts(s->cache).entries > counts(s->cache).capacity;
    }
    return NULL;
}

static void check_threads(void)
{
    enum { THREADS = 8 };
    pyaccel_cache *cache = cache_of(32768); /* full at once */
    pthread_t threads[THREADS];
    share shares[THREADS];
    for (uint64_t i = 0; i < THREADS; i++) {
        shares[i] = (share){.cache = cache, .first = 61 * i};
        CHECK(pthread_create(&threads[i], NULL, verify_share, &shares[i]) == 0);
    }
    for (uint64_t i = 0; i < THREADS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0 && shares[i].wrong == 0);
    }
    pyaccel_cache_free(cache);
}

static pyaccel_cache *inherited;

static void use_inherited(void)
{
    uint8_t tags[64 * TAG], verdicts[64];
    memset(verdicts, 1, sizeof verdicts);
    CHECK(find_numbers(inherited, 0, 64, tags) == 64 && find_numbers(inherited, 64, 64, tags) == 0);
    CHECK(pyaccel_cache_insert(inherited, tags, verdicts, 64) == PYACCEL_OK);
    CHECK(find_numbers(inherited, 64, 64, tags) == 64);
}

static void check_forks(void)
{
    uint8_t tags[64 * TAG], verdicts[64];
    memset(verdicts, 1, sizeof verdicts);
    inherited = cache_of(0);
    find_numbers(inherited, 0, 64, tags);
    CHECK(pyaccel_cache_insert(inherited, tags, verdicts, 64) == PYACCEL_OK);
    in_child(NULL, NULL, use_inherited);
    CHECK(find_numbers(inherited, 64, 64, tags) == 0);
    pyaccel_cache_free(inherited);
}

/* Forks while other threads hold this stripe or that: the child may have lost one, and never hangs. */
static _Atomic bool stop_hammering;

static void *hammer(void *unused)
{
    (void)unused;
    uint8_t tags[64 * TAG], ones[64];
    memset(ones, 1, sizeof ones);
    for (uint32_t i = 0; !stop_hammering; i++) {
        find_numbers(inherited, 1000 + 64 * (i % 50), 64, tags);
        CHECK(pyaccel_cache_insert(inherited, tags, ones, 64) == PYACCEL_OK);
    }
    return NULL;
}

static void use_busy(void)
{
    uint8_t tags[600 * TAG], ones[600];
    memset(ones, 1, sizeof ones);
    find_numbers(inherited, 9000, 600, tags);
    CHECK(pyaccel_cache_insert(inherited, tags, ones, 600) == PYACCEL_OK);
    CHECK(find_numbers(inherited, 9000, 600, tags) > 500);
    pyaccel_cache_clear(inherited);
    CHECK(find_numbers(inherited, 9000, 600, tags) == 0);
}

static void check_busy_forks(void)
{
    enum { HAMMERS = 3 };
    pthread_t threads[HAMMERS];
    inherited = cache_of(0);
    for (int i = 0; i < HAMMERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, hammer, NULL) == 0);
    }
    for (int i = 0; i < 20; i++) {
        in_child(NULL, NULL, use_busy);
    }
    stop_hammering = true;
    for (int i = 0; i < HAMMERS; i++) {
        CHECK(pthread_join(threads[i], NULL) == 0);
    }
    pyaccel_cache_free(inherited);
}

static void check_arguments(void)
{
    pyaccel_cache_options options = {.struct_size = sizeof options};
    pyaccel_cache *cache = NULL;
    CHECK(pyaccel_cache_new(NULL, NULL) == PYACCEL_INVALID_ARGUMENT);
#define REFUSED_WITH(change)                                                                       \
    do {                                                                                           \
        options = (pyaccel_cache_options){.struct_size = sizeof options};                          \
        change;                                                                                    \
        cache = (pyaccel_cache *)(void *)&options;                                                 \
        CHECK(pyaccel_cache_new(&cache, &options) == PYACCEL_INVALID_ARGUMENT && cache == NULL);   \
    } while (0)
    REFUSED_WITH(options.struct_size++);
    REFUSED_WITH(options.reserved = 1);
    REFUSED_WITH(options.memory = 32767);
    REFUSED_WITH(options.memory = UINT64_MAX);
#undef REFUSED_WITH
    pyaccel_cache_free(NULL);
    pyaccel_cache_clear(NULL);
    pyaccel_cache_statistics counted = {.hits = 7};
    CHECK(pyaccel_cache_statistics_get(NULL, cache) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_cache_statistics_get(&counted, NULL) == PYACCEL_INVALID_ARGUMENT);
    CHECK(counted.hits == 0);
    cache = cache_of(0);
    uint8_t found[3], tags[2 * TAG], verdict = 1;
    CHECK(pyaccel_cache_insert(NULL, tags, &verdict, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_cache_insert(cache, NULL, &verdict, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_cache_insert(cache, tags, NULL, 1) == PYACCEL_INVALID_ARGUMENT);
    CHECK(pyaccel_cache_insert(cache, NULL, NULL, 0) == PYACCEL_OK);
    pyaccel_rows part = fixed_rows(text, 2, 64, 0);
    pyaccel_verify_options of = {.struct_size = sizeof of, .rule = PYACCEL_RULE_ZIP215};
    const uint32_t backwards[3] = {0, 5, 4};
    const pyaccel_rows bad = {
        .data = (const uint8_t *)text, .data_size = 9, .offsets = backwards, .offset_bits = 32};
#define LOOK_UP(expected, found_at, tags_at, cache_at, scheme, message, options_at)                \
    do {                                                                                           \
        memset(found, 7, sizeof found);                                                            \
        memset(tags, 7, sizeof tags);                                                              \
        CHECK(pyaccel_cache_look_up(found_at, tags_at, cache_at, scheme, &part, message, &part, 2, \
                                    options_at) == (expected));                                    \
        CHECK((expected) == PYACCEL_OK || (found[0] | found[1]) == 0 || (found_at) == NULL);       \
        CHECK(found[2] == 7);                                                                      \
    } while (0)
    LOOK_UP(PYACCEL_OK, found, tags, cache, ED25519, &part, &of);
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, NULL, tags, cache, ED25519, &part, &of);
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, found, NULL, cache, ED25519, &part, &of);
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, found, tags, NULL, ED25519, &part, &of);
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, found, tags, cache, 99, &part, &of);
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, found, tags, cache, ED25519, NULL, &of);
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, found, tags, cache, ED25519, &bad, &of);
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, found, tags, cache, ED25519, &part, NULL);
    of.rule = PYACCEL_RULE_LOW_S;
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, found, tags, cache, ED25519, &part, &of);
    of.rule = PYACCEL_RULE_ZIP215;
    const pyaccel_rows over = {.data = tags, .data_size = 64, .width = 64};
    LOOK_UP(PYACCEL_INVALID_ARGUMENT, found, tags, cache, ED25519, &over, &of);
    CHECK(counts(cache).entries == 0);
    pyaccel_cache_free(cache);
}

/* A queue with a cache: what one row taught it, the next has at once. */
static void check_queue(void)
{
    pyaccel_cache *cache = cache_of(0);
    const pyaccel_queue_options options = {
        .struct_size = sizeof options, .threads = 1, .cache = cache};
    pyaccel_queue *queue;
    CHECK(pyaccel_queue_new(&queue, &options) == PYACCEL_OK);
    for (uint64_t round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < case_count; i += 3) {
            const ed25519_case *c = &cases[i];
            const pyaccel_queue_row row = {.struct_size = sizeof row,
                                           .scheme = ED25519,
                                           .rule = rules[i % RULES],
                                           .public_key = c->key,
                                           .public_key_size = c->key_size,
                                           .message = c->message,
                                           .message_size = c->message_size,
                                           .signature = c->signature,
                                           .signature_size = c->signature_size};
            uint8_t verdict = 7, reason = 7;
            CHECK(pyaccel_queue_verify(queue, &verdict, &reason, &row) == PYACCEL_OK);
            CHECK(as_expected(c, row.rule, verdict, reason));
        }
    }
    pyaccel_queue_statistics counted;
    CHECK(pyaccel_queue_statistics_get(&counted, queue) == PYACCEL_OK);
    CHECK(counted.known == counts(cache).insertions && counted.known > 10);
    CHECK(counted.verified + counted.known == 2 * ((case_count + 2) / 3));
    CHECK(pyaccel_queue_free(queue) == PYACCEL_OK);
    pyaccel_cache_free(cache);
}

int main(int argc, char **argv)
{
    make_cases();
    check_forks_unless_told(argc, argv, check_forks, check_busy_forks);
    check_arguments();
    check_changes();
    check_kept();
    check_verdicts();
    check_blocks();
    check_threads();
    check_queue();
    return finish();
}
