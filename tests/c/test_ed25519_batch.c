/* SPDX-License-Identifier: Apache-2.0 */
/* ed25519_batch.h over one lane or four (QUAD_LANES): whatever is mixed in a batch, every row gets
 * the verdict and the reason that it has alone; and rows that all hold are proved by their sum. */
#define PA_DEBUG_BOUNDS 1
#ifdef QUAD_LANES
#include "fe25519_quad.h"
#define ED25519_FIRST_BATCH 256
#else
#include "field/fe25519_portable.h"
#endif
#define ED25519_LANES_MIN 2
#define ED25519_SINGLE pa_ed25519_single_portable
#define ED25519_BATCH_MIN 5
static unsigned int straus_rows = 48;
#define ED25519_STRAUS_ROWS straus_rows

#include "verify/ed25519_lanes.h"

/* Where the coefficients of these tests come from. */
static enum { DRAWN, NOTHING, EXTREME } entropy;
static unsigned int sums;
static bool draw(pa_ed25519_coefficient *z, pa_ed25519_transcript *transcript, uint64_t n);
#define ED25519_COEFFICIENTS draw

#include "verify/ed25519_batch.h"

#include "check.h"
#include "ed25519_cases.h"
#include "ed25519_signer.h"
#include "random.h"

static bool draw(pa_ed25519_coefficient *z, pa_ed25519_transcript *transcript, uint64_t n)
{
    static const pa_ed25519_coefficient extremes[6] = {
        {{1, 0}},
        {{UINT64_MAX, UINT64_MAX}},
        {{0, UINT64_C(1) << 63}},
        {{UINT64_MAX, INT64_MAX}},
        {{2, 0}},
        {{0x8080808080808080, 0x7f7f7f7f7f7f7f7f}},
    };
    sums += entropy != NOTHING;
    for (uint64_t i = 0; i < n && entropy == EXTREME; i++) {
        z[i] = extremes[i % 6];
    }
    return entropy == DRAWN ? pa_ed25519_coefficients(z, transcript, n) : entropy == EXTREME;
}

/* ---- digits --------------------------------------------------------------------------------- */

static ed25519_scratch scratch;

/* The digits of the first term add up to the half and the bit before it, modulo 2^128. */
static void check_digits(const uint64_t half[2], unsigned int before, const ed25519_cut *cut)
{
    uint64_t sum[2] = {0, 0};
    ed25519_digits(&scratch, 0, 0, cut, half, before);
    for (int lane = 0; lane < LANES; lane++) {
        for (int j = 0; j < cut->groups; j++) {
            const int at = ED25519_HALF * lane + cut->at[j], width = ed25519_width(cut, j);
            const uint64_t digit = scratch.index[0][j][lane];
            const uint64_t low = digit << at % 64;
            const uint64_t high = at % 64 + width > 64 ? digit >> (64 - at % 64) : 0;
            uint64_t term[2] = {at < 64 ? low : 0, at < 64 ? high : low};
            CHECK(digit <= 1u << (width - 1) && width <= ED25519_WIDEST);
            if (scratch.negative[0][j] >> lane & 1) {
                term[1] = ~term[1] + (term[0] == 0);
                term[0] = -term[0];
            }
            sum[0] += term[0];
            sum[1] += term[1] + (sum[0] < term[0]);
        }
    }
    CHECK(sum[0] == half[0] + before && sum[1] == half[1] + (sum[0] < before));
}

static void check_all_digits(void)
{
    ed25519_cut cut = {.groups = 0};
    int seen = 0;
    for (unsigned int terms = 1; terms < 1u << 20; terms *= 2) {
        const int before = cut.groups;
        ed25519_cut_half(&cut, terms);
        CHECK(cut.groups <= before || terms == 1);
        seen += cut.groups != before;
        CHECK(cut.at[0] == 0 && cut.at[cut.groups] == ED25519_HALF);
        for (int round = 0; round < 300; round++) {
            uint64_t half[2] = {random_word(), random_word()};
            if (round < 128) {
                half[0] = round < 64 ? UINT64_C(1) << round : 0;
                half[1] = round < 64 ? 0 : UINT64_C(1) << (round - 64);
            } else if (round < 256) {
                half[0] = round < 192 ? (UINT64_C(1) << (round - 128)) - 1 : UINT64_MAX;
                half[1] = round < 192 ? 0 : (UINT64_C(1) << (round - 192)) - 1;
            } else if (round < 258) {
                half[0] = half[1] = round == 256 ? UINT64_MAX : 0x8080808080808080;
            }
            check_digits(half, 0, &cut);
            check_digits(half, 1, &cut);
        }
    }
    CHECK(seen >= 3);
}

/* ---- batches -------------------------------------------------------------------------------- */

#define ROWS 2300
static signed_row good[ROWS];

typedef struct {
    uint8_t bytes[3][80 * ROWS];
    uint64_t offsets[3][ROWS + 1];
    uint64_t n;
    pyaccel_rows keys, messages, signatures;
} rows_of_test;
static rows_of_test test;

static void add_bytes(pyaccel_rows *rows, int column, const uint8_t *from, uint64_t size)
{
    put(rows, test.bytes[column], test.offsets[column], test.n, from, size);
}

static void add_row(const signed_row *from)
{
    add_bytes(&test.keys, 0, from->key, 32);
    add_bytes(&test.messages, 1, from->message, 16);
    add_bytes(&test.signatures, 2, from->signature, 64);
    test.n++;
}

static void add_known(const ed25519_case *c)
{
    add_bytes(&test.keys, 0, c->key, c->key_size);
    add_bytes(&test.messages, 1, c->message, c->message_size);
    add_bytes(&test.signatures, 2, c->signature, c->signature_size);
    test.n++;
}

/* Row i of the test. */
static uint8_t *signature_at(uint64_t i)
{
    return test.bytes[2] + test.offsets[2][i];
}

/* Runs the rows as one range; every row as it is alone. Returns how many hold. */
static uint64_t check_rows(const uint8_t *prepared, uint64_t prepared_count)
{
    static uint8_t verdicts[ROWS], reasons[ROWS], alone_verdicts[ROWS], alone_reasons[ROWS];
    const pa_verify_job job = {.public_keys = &test.keys,
                               .key_count = test.n,
                               .prepared = prepared,
                               .prepared_count = prepared_count,
                               .messages = &test.messages,
                               .signatures = &test.signatures,
                               .rule = PYACCEL_RULE_ZIP215,
                               .key_format = PYACCEL_KEY_FORMAT_AUTO,
                               .signature_format = PYACCEL_SIGNATURE_FORMAT_RAW};
    uint64_t held = 0;
    CHECK(ed25519_scratch_size(&job, test.n) == (prepared_count < test.n ? sizeof scratch : 0));
    memset(&scratch, 0xa5, sizeof scratch);
    CHECK(ed25519_verify_rows(verdicts, reasons, &job, 0, test.n, &scratch) == PYACCEL_OK);
    for (uint64_t i = 0; i < test.n; i++) {
        CHECK(pa_ed25519_portable.verify_range(alone_verdicts, alone_reasons, &job, i, i + 1,
                                               NULL) == PYACCEL_OK);
        CHECK(verdicts[i] == alone_verdicts[i] && reasons[i] == alone_reasons[i]);
        held += verdicts[i];
    }
    return held;
}

/* Whether the sum of the rows is 0; all of them in one batch. */
static bool sum_holds(void)
{
    unsigned int open;
    const unsigned int chunks = (unsigned int)((test.n - 1) / PA_ED25519_CHUNK + 1);
    const pa_verify_job job = {.public_keys = &test.keys,
                               .key_count = test.n,
                               .messages = &test.messages,
                               .signatures = &test.signatures,
                               .rule = PYACCEL_RULE_ZIP215};
    CHECK(ed25519_batch_read(&scratch, &open, &job, 0, (unsigned int)test.n) == PYACCEL_OK);
    CHECK(ed25519_batch_terms(&scratch, chunks));
    return ed25519_batch_holds(&scratch, chunks, open);
}

static void begin_rows(uint64_t first, uint64_t n)
{
    test.n = 0;
    for (uint64_t i = 0; i < n; i++) {
        add_row(&good[(first + i) % ROWS]);
    }
}

/* Row i no longer holds: its message, S or R is another row's. */
static void spoil(uint64_t i, int how)
{
    const uint64_t other = (i + 1) % test.n;
    if (how == 0) {
        test.bytes[1][test.offsets[1][i]] ^= 1;
    } else if (how == 1) {
        memcpy(signature_at(i) + 32, signature_at(other) + 32, 32);
    } else {
        memcpy(signature_at(i), signature_at(other), 32);
    }
}

/* Keys: new ones, but rows 100 .. 199 of one key, 200 .. 299 of twelve. Keys of every third row
 * have a part of small order, and so have Rs. */
static void make_good(void)
{
    signer s;
    int torsion = 0;
    signer_start(&s);
    for (int i = 0; i < ROWS; i++) {
        const int same = (i > 100 && i < 200) || (i > 200 && i < 300 && i % 9 != 0);
        if (!same) {
            torsion = i % 3 == 0 ? i / 3 % 8 : 0;
        }
        signer_sign(&good[i], &s, !same, torsion, i % 3 == 0 ? i / 24 % 8 : 0);
    }
}

static void check_good(void)
{
    static const uint64_t sizes[] = {5, 6, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129, 200};
    for (int round = 0; round < 4; round++) { /* all by multiples, all by buckets */
        entropy = round % 2 == 0 ? DRAWN : EXTREME;
        straus_rows = round < 2 ? ROWS : 0;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
            begin_rows(7 * i, sizes[i]);
            CHECK(sum_holds());
            CHECK(check_rows(NULL, 0) == test.n);
        }
        begin_rows(0, PA_ED25519_BATCH);
        CHECK(sum_holds());
        begin_rows(100, 100); /* one key */
        CHECK(sum_holds() && scratch.wide == 2);
        begin_rows(198, 96);
        CHECK(sum_holds() && scratch.wide == 13);
    }
    entropy = DRAWN;
    straus_rows = 48;
    test.n = 0;
    for (int i = 0; i < 70; i++) { /* one row, often */
        add_row(&good[3]);
    }
    CHECK(sum_holds() && scratch.wide == 2);
    CHECK(check_rows(NULL, 0) == test.n);
}

static void check_spoilt(void)
{
    for (uint64_t i = 0; i < 20; i++) {
        begin_rows(11 * i, 20);
        spoil(i, (int)(i % 3));
        straus_rows = i % 2 == 0 ? 48 : 0;
        CHECK(!sum_holds());
        CHECK(check_rows(NULL, 0) == 19);
    }
    straus_rows = 48;
    for (uint64_t i = 0; i < 130; i += 43) {
        begin_rows(80, 130);
        spoil(i, (int)(i % 3));
        CHECK(check_rows(NULL, 0) == 129);
    }
    for (int how = 0; how < 3; how++) {
        begin_rows(5, 70);
        for (uint64_t i = 0; i < 70; i++) {
            spoil(i, how);
        }
        CHECK(check_rows(NULL, 0) == 0);
    }
    /* Two errors that cancel each other where all coefficients are equal. */
    begin_rows(0, 64);
    signature_at(1)[32] ^= 1;
    signature_at(2)[32] ^= 1;
    if (((signature_at(1)[32] ^ signature_at(2)[32]) & 1) == 0) {
        signature_at(2)[32] ^= 1;
        signature_at(5)[32] ^= 1;
    }
    CHECK(!sum_holds());
}

/* Of several batches in a range, those after a bad one go row by row, until one is good. */
static void check_ranges(void)
{
    begin_rows(0, 2 * PA_ED25519_BATCH + 200);
    sums = 0;
    CHECK(check_rows(NULL, 0) == test.n && sums == 3);
    spoil(100, 0);
    sums = 0;
    CHECK(check_rows(NULL, 0) == test.n - 1 && sums == 2);
    spoil(1100, 0);
    sums = 0;
    CHECK(check_rows(NULL, 0) == test.n - 2 && sums == 1);
}

/* Rows that are left out, those of small and mixed order, and all at once. */
static void check_known(void)
{
    test.n = 0;
    for (uint64_t i = 0; i < case_count; i++) {
        if (cases[i].want[PYACCEL_RULE_ZIP215] == PYACCEL_REASON_NONE && test.n < 300) {
            add_known(&cases[i]);
        }
    }
    CHECK(test.n > 250 && sum_holds());
    CHECK(check_rows(NULL, 0) == test.n);
    for (uint64_t i = 0; i < 40; i++) {
        add_row(&good[i]);
    }
    spoil(test.n - 1, 0);
    CHECK(!sum_holds());
    CHECK(check_rows(NULL, 0) == test.n - 1);
    test.n = 0;
    for (uint64_t i = 0; i < case_count && test.n < 700; i++) { /* all that hold, and left-outs */
        const uint8_t want = cases[i].want[PYACCEL_RULE_ZIP215];
        if (want != REFUSED && want != PYACCEL_REASON_EQUATION) {
            add_known(&cases[i]);
        }
    }
    CHECK(sum_holds());
    check_rows(NULL, 0);
}

/* All known rows at once, with the verdicts that do not come from here. */
static void check_all_known(void)
{
    static ed25519_batch batch;
    static uint8_t verdicts[CASES], reasons[CASES];
    make_batch(&batch, 0, case_count);
    const pa_verify_job job = {.public_keys = &batch.keys,
                               .key_count = case_count,
                               .messages = &batch.messages,
                               .signatures = &batch.signatures,
                               .rule = PYACCEL_RULE_ZIP215};
    CHECK(ed25519_verify_rows(verdicts, reasons, &job, 0, case_count, &scratch) == PYACCEL_OK);
    for (uint64_t i = 0; i < case_count; i++) {
        CHECK(as_expected(&cases[i], PYACCEL_RULE_ZIP215, verdicts[i], reasons[i]));
    }
}

static void check_no_entropy(void)
{
    entropy = NOTHING;
    begin_rows(30, 100);
    CHECK(check_rows(NULL, 0) == 100);
    spoil(17, 1);
    CHECK(check_rows(NULL, 0) == 99);
    entropy = DRAWN;
}

static void check_prepared(void)
{
    static pa_ed25519_prepared prepared[200];
    begin_rows(60, 200);
    ed25519_prepare((uint8_t *)prepared, &test.keys, 0, test.n, PYACCEL_KEY_FORMAT_AUTO);
    CHECK(check_rows((const uint8_t *)prepared, 150) == 200);
    spoil(160, 2);
    CHECK(check_rows((const uint8_t *)prepared, 200) == 199);
}

/* The library's variants, through the call that everybody makes. */
static void check_variants(void)
{
    static uint8_t verdicts[ROWS], wanted[ROWS];
    const pyaccel_verify_options options = {.struct_size = sizeof options,
                                            .rule = PYACCEL_RULE_ZIP215};
    const char *names = pyaccel_cpu_names();
    /* Rows, and which of them are spoilt: none, one, some. Sums by multiples, and by buckets. */
    static const struct {
        uint64_t rows;
        int spoilt;
    } runs[] = {{1100, 0}, {700, 1}, {700, 2}, {5, 0},  {8, 0},  {9, 0},
                {9, 1},    {13, 0},  {24, 0},  {24, 2}, {33, 1}, {48, 0},
                {48, 1},   {49, 0},  {49, 1},  {57, 0}, {90, 0}, {90, 1}};
    for (size_t at = 0; at < sizeof runs / sizeof *runs; at++) {
        const int spoilt = runs[at].spoilt;
        begin_rows(500, runs[at].rows); /* distinct keys */
        memset(wanted, 1, sizeof wanted);
        for (uint64_t i = 0; i < test.n; i++) {
            if (spoilt == 1 ? i == 333 % test.n : spoilt == 2 && i % 7 < 3) {
                spoil(i, 0);
                wanted[i] = 0;
            }
        }
        for (const char *name = names; *name != '\0';) {
            char spec[64] = {0};
            const size_t size = strcspn(name, " ");
            memcpy(spec, name, size < sizeof spec ? size : sizeof spec - 1);
            name += size + strspn(name + size, " ");
            if (pyaccel_cpu_select(spec) != PYACCEL_OK) {
                continue; /* a feature */
            }
            CHECK(pyaccel_verify_many(verdicts, PYACCEL_SCHEME_ED25519, &test.keys, &test.messages,
                                      &test.signatures, test.n, &options) == PYACCEL_OK);
            CHECK(memcmp(verdicts, wanted, test.n) == 0);
        }
    }
    CHECK(pyaccel_cpu_select("") == PYACCEL_OK);
}

int main(void)
{
    CHECK(pa_bind() == PYACCEL_OK);
    make_cases();
    make_good();
    check_all_digits();
    check_good();
    check_spoilt();
    check_ranges();
    check_known();
    check_all_known();
    check_no_entropy();
    check_prepared();
    check_variants();
    return finish();
}
