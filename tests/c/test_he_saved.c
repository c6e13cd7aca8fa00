/* SPDX-License-Identifier: Apache-2.0 */
/* Saved contexts: there and back, every cut, every bit changed, and what a reader says of each. */
#include "he/saved.h"
#include "he_world.h"

static uint8_t bytes[400];

static pyaccel_he_context *load(pyaccel_he_problem *problem, uint64_t size)
{
    uint8_t *exact =
        malloc(size == 0 ? 1 : size); /* so that a sanitizer sees the first byte too many */
    pyaccel_he_context *context = (pyaccel_he_context *)bytes;
    memcpy(exact, bytes, size);
    const pyaccel_status status = pyaccel_he_context_load(&context, problem, exact, size);
    CHECK((status == PYACCEL_OK) == (context != NULL));
    CHECK(status == PYACCEL_OK ? problem->reason == 0
                               : status == PYACCEL_INVALID_ARGUMENT && problem->reason != 0);
    free(exact);
    return context;
}

static void check_refused(uint64_t size, uint32_t reason, uint64_t offset)
{
    pyaccel_he_problem problem;
    CHECK(load(&problem, size) == NULL);
    CHECK(problem.reason == reason && problem.offset == offset);
}

/* Sums that are right for bytes that are not. */
static void seal_again(uint64_t size)
{
    pyaccel_he_context stand_in;
    memcpy(stand_in.id, bytes + 24, sizeof stand_in.id);
    CHECK(pa_he_saved_finish(bytes, size, bytes[10], bytes[11], &stand_in, PYACCEL_OK) ==
          PYACCEL_OK);
}

static void test_context(void)
{
    pyaccel_he_context *context = context_of((pyaccel_he_parameters){.scheme = PYACCEL_HE_CKKS,
                                                                     .degree = 32,
                                                                     WITH_MODULI(51, 27, 27),
                                                                     .digits = 2,
                                                                     .scale = 1e9});
    pyaccel_he_parameters parameters, again;
    pyaccel_he_context_info info;
    CHECK(pyaccel_he_parameters_get(&parameters, context) == PYACCEL_OK);
    CHECK(parameters.special_bits == 54 && parameters.digits == 2);

    uint64_t size = 7;
    CHECK(pyaccel_he_context_save(bytes, &size, context) == PYACCEL_INVALID_ARGUMENT);
    CHECK(size == 72 + 48 + 3 * 4 && bytes[0] == 0);
    CHECK(pyaccel_he_context_save(NULL, &size, context) == PYACCEL_OK);
    const uint64_t whole = size;
    memset(bytes, 0xa5, sizeof bytes);
    CHECK(pyaccel_he_context_save(bytes, &size, context) == PYACCEL_OK);
    CHECK(size == whole && bytes[whole] == 0xa5);

    pyaccel_he_problem problem;
    pyaccel_he_context *made = load(&problem, whole);
    CHECK(made != NULL);
    CHECK(pyaccel_he_parameters_get(&again, made) == PYACCEL_OK);
    CHECK(memcmp(&parameters, &again, sizeof again) == 0);
    CHECK(pyaccel_he_context_get(&info, made) == PYACCEL_OK);
    CHECK(memcmp(info.id, bytes + 24, 32) == 0);
    pyaccel_he_context_free(made);

    pyaccel_he_saved_info head;
    CHECK(pyaccel_he_saved_get(&head, &problem, bytes, whole) == PYACCEL_OK);
    CHECK(head.kind == PYACCEL_HE_SAVED_PARAMETERS && head.version == 1 && head.size == whole);

    for (uint64_t cut = 0; cut < whole; cut++) {
        check_refused(cut, PYACCEL_HE_PROBLEM_CUT, cut);
    }
    check_refused(whole + 1, PYACCEL_HE_PROBLEM_TRAILING, whole);
    static const struct {
        uint32_t end, reason, offset;
    } fields[] = {{8, PYACCEL_HE_PROBLEM_MAGIC, 0},       {10, PYACCEL_HE_PROBLEM_VERSION, 8},
                  {11, PYACCEL_HE_PROBLEM_KIND, 10},      {12, PYACCEL_HE_PROBLEM_FIELD, 11},
                  {16, PYACCEL_HE_PROBLEM_FIELD, 12},     {24, 0, 0},
                  {10000, PYACCEL_HE_PROBLEM_ALTERED, 56}};
    for (uint32_t at = 0, field = 0; at < whole; at++) {
        field += at == fields[field].end;
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[at] ^= (uint8_t)(1u << bit);
            if (fields[field].reason == 0) {
                CHECK(load(&problem, whole) == NULL);
            } else {
                check_refused(whole, fields[field].reason, fields[field].offset);
            }
            bytes[at] ^= (uint8_t)(1u << bit);
        }
    }

    /* Sums that fit: another id, a reserved word, a count of moduli that the length belies, a degree that is none. */
    bytes[24] ^= 1;
    seal_again(whole);
    check_refused(whole, PYACCEL_HE_PROBLEM_CONTEXT, 24);
    bytes[24] ^= 1;
    bytes[72 + 28] = 1;
    seal_again(whole);
    check_refused(whole, PYACCEL_HE_PROBLEM_FIELD, 72);
    bytes[72 + 28] = 0;
    bytes[72 + 24] = 2;
    seal_again(whole);
    check_refused(whole, PYACCEL_HE_PROBLEM_FIELD, 72 + 24);
    bytes[72 + 24] = 3;
    bytes[72 + 4] = 33;
    seal_again(whole);
    check_refused(whole, PYACCEL_HE_PROBLEM_FIELD, 72);
    pyaccel_he_context_free(context);
}

int main(void)
{
    test_context();
    return finish();
}
