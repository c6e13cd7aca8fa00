/* SPDX-License-Identifier: Apache-2.0 */
/* PYACCEL_CPU and pyaccel_cpu_select: every name, alone and with features removed, and every way to be wrong. */
#include <string.h>

#include "child.h"
#include "core/internal.h"
#include "pyaccel.h"

/* True when name is one of the blank-separated names of this machine. */
static bool runs_here(const char *name)
{
    size_t size = strlen(name);
    for (const char *at = pyaccel_cpu_names(); (at = strstr(at, name)) != NULL; at += size) {
        if ((at == pyaccel_cpu_names() || at[-1] == ' ') && (at[size] == '\0' || at[size] == ' ')) {
            return true;
        }
    }
    return false;
}

static bool spec_is(const char *spec)
{
    return strcmp(pyaccel_cpu_spec(), spec) == 0;
}

/* What a feature that is removed by name does to the spec: nothing where it never was. */
static const char *shown(const char *with, const char *without, const char *feature)
{
    return runs_here(feature) ? with : without;
}

static void check_best(void)
{
    CHECK(pa_bind() == PYACCEL_OK);
    CHECK(spec_is(runs_here("avx512ifma") ? "avx512ifma"
                  : runs_here("avx512")   ? "avx512"
                  : runs_here("avx2")     ? "avx2"
                                          : "portable"));
}

static void check_portable(void)
{
    CHECK(pa_bind() == PYACCEL_OK && spec_is("portable"));
    pyaccel_variant row;
    for (uint32_t i = 0; pyaccel_variant_get(&row, i) == PYACCEL_OK; i++) {
        CHECK(row.bound == (strcmp(row.variant, "portable") == 0));
    }
}

static void check_avx2_without_shani(void)
{
    if (!runs_here("avx2")) {
        CHECK(pa_bind() == PYACCEL_BAD_ENVIRONMENT);
        return;
    }
    CHECK(pa_bind() == PYACCEL_OK && spec_is(shown("avx2,-shani", "avx2", "shani")));
    pyaccel_variant row;
    for (uint32_t i = 0; pyaccel_variant_get(&row, i) == PYACCEL_OK; i++) {
        CHECK(!row.bound ||
              (strcmp(row.variant, "shani") != 0 && strstr(row.variant, "avx512") == NULL));
    }
}

/* True when all of size bytes are value. */
static bool all(const uint8_t *bytes, size_t size, uint8_t value)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

/* Calls that would be right otherwise: each says BAD_ENVIRONMENT and closes its outputs. */
static void check_every_call_refused(void)
{
    static const uint8_t data[64] = {1};
    const pyaccel_rows row = {.data = data, .data_size = 64, .width = 32};
    const pyaccel_rows long_row = {.data = data, .data_size = 64, .width = 64};
    const uint64_t index = 0, size = 1;
    uint8_t out[64];

    memset(out, 0xa5, sizeof out);
    CHECK(pyaccel_hash_many(out, 32, PYACCEL_HASH_SHA256, &row, 1, NULL) ==
          PYACCEL_BAD_ENVIRONMENT);
    CHECK(all(out, 32, 0) && all(out + 32, 32, 0xa5));

    memset(out, 0xa5, sizeof out);
    uint32_t mutated = 7;
    CHECK(pyaccel_merkle_root(out, 32, &mutated, PYACCEL_MERKLE_BITCOIN, &row, 1, NULL) ==
          PYACCEL_BAD_ENVIRONMENT);
    CHECK(all(out, 32, 0) && all(out + 32, 32, 0xa5) && mutated == 1);

    memset(out, 0xa5, sizeof out);
    CHECK(pyaccel_merkle_layers(out, 32, PYACCEL_MERKLE_BITCOIN, &row, 1, NULL) ==
          PYACCEL_BAD_ENVIRONMENT);
    CHECK(all(out, 32, 0) && all(out + 32, 32, 0xa5));

    const pyaccel_rows no_proof = {0};
    out[0] = 0xa5;
    CHECK(pyaccel_merkle_verify_many(out, 1, PYACCEL_MERKLE_BITCOIN, &row, &row, &index, &no_proof,
                                     &size, 1, 1, NULL) == PYACCEL_BAD_ENVIRONMENT);
    CHECK(out[0] == 0);

    out[0] = 0xa5;
    CHECK(pyaccel_merkle_verify_consistency(out, PYACCEL_MERKLE_RFC6962, data, data, 1, 1, NULL, 0,
                                            NULL) == PYACCEL_BAD_ENVIRONMENT);
    CHECK(out[0] == 0);

    pyaccel_merkle_tree *tree = (pyaccel_merkle_tree *)out;
    CHECK(pyaccel_merkle_tree_new(&tree, PYACCEL_MERKLE_BITCOIN, &row, 1, NULL) ==
          PYACCEL_BAD_ENVIRONMENT);
    CHECK(tree == NULL);

    pyaccel_prepared_keys *keys = (pyaccel_prepared_keys *)out;
    CHECK(pyaccel_prepared_keys_new(&keys, PYACCEL_SCHEME_ED25519, &row, 1, NULL) ==
          PYACCEL_BAD_ENVIRONMENT);
    CHECK(keys == NULL);

    uint8_t reason = 0xa5;
    const pyaccel_verify_options options = {
        .struct_size = sizeof options, .rule = PYACCEL_RULE_ZIP215, .reasons = &reason};
    out[0] = 0xa5;
    CHECK(pyaccel_verify_many(out, PYACCEL_SCHEME_ED25519, &row, &row, &long_row, 1, &options) ==
          PYACCEL_BAD_ENVIRONMENT);
    CHECK(out[0] == 0 && reason == 0);

    double clock = 1, rate = 1;
    CHECK(pyaccel_probe(&clock, &rate) == PYACCEL_BAD_ENVIRONMENT);
}

static void check_refused(void)
{
    check_every_call_refused();
    CHECK(pa_bind() == PYACCEL_BAD_ENVIRONMENT);
    CHECK(strstr(pyaccel_cpu_spec(), "PYACCEL_CPU=") != NULL);
    CHECK(strstr(pyaccel_cpu_spec(), pyaccel_cpu_names()) != NULL);
    CHECK(pa_bind() == PYACCEL_BAD_ENVIRONMENT);
    /* Another mistake changes nothing; a good choice mends it. */
    CHECK(pyaccel_cpu_select("nonsense") == PYACCEL_INVALID_ARGUMENT &&
          pa_bind() == PYACCEL_BAD_ENVIRONMENT);
    CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
    CHECK(pa_bind() == PYACCEL_OK && spec_is("portable"));
}

static void check_long_name(void)
{
    check_refused();
    CHECK(pyaccel_cpu_select("nonsense") == PYACCEL_INVALID_ARGUMENT && spec_is("portable"));
}

/* Of this family one variant is bound. */
static void check_alone(const char *family, const char *variant)
{
    pyaccel_variant row;
    for (uint32_t i = 0; pyaccel_variant_get(&row, i) == PYACCEL_OK; i++) {
        if (strcmp(row.family, family) == 0) {
            CHECK(row.bound == (strcmp(row.variant, variant) == 0));
        }
    }
}

static void check_select(void)
{
    static const char *const levels[] = {
        "portable", "avx2", "avx512", "avx512ifma", "avx512-emulated", "avx512ifma-emulated"};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
        pyaccel_status status = pyaccel_cpu_select(levels[i]);
        CHECK(status == (runs_here(levels[i]) ? PYACCEL_OK : PYACCEL_UNSUPPORTED));
        CHECK(spec_is(status == PYACCEL_OK ? levels[i] : "portable"));
    }
    CHECK(pyaccel_cpu_select("portable,-shani") == PYACCEL_OK && spec_is("portable"));
    if (runs_here("avx2")) {
        CHECK(pyaccel_cpu_select("avx2,-gfni,-shani,-gfni") == PYACCEL_OK);
        CHECK(spec_is(shown(shown("avx2,-shani,-gfni", "avx2,-shani", "gfni"),
                            shown("avx2,-gfni", "avx2", "gfni"), "shani")));
    }
    /* Families by name: one variant of them, or none of a menu. */
    CHECK(pyaccel_cpu_select("portable,sha256=portable") == PYACCEL_OK &&
          spec_is("portable,sha256=portable"));
    CHECK(pyaccel_cpu_select("portable,-sm3-lanes,-keccak-lanes") == PYACCEL_OK &&
          spec_is("portable,-keccak-lanes,-sm3-lanes"));
    if (runs_here("avx2")) {
        CHECK(pyaccel_cpu_select("portable,sm3-lanes=avx2") == PYACCEL_UNSUPPORTED);
        CHECK(pyaccel_cpu_select("avx2,sm3-lanes=avx2,sha256=portable") == PYACCEL_OK &&
              spec_is("avx2,sha256=portable,sm3-lanes=avx2"));
        check_alone("sm3-lanes", "avx2");
        check_alone("sha256", "portable");
    }
    if (runs_here("avx2") && runs_here("shani")) {
        CHECK(pyaccel_cpu_select("avx2,-shani,sha256-lanes=shani-x4") == PYACCEL_UNSUPPORTED);
        CHECK(pyaccel_cpu_select("avx2,sha256-lanes=shani-x2") == PYACCEL_OK);
        check_alone("sha256-lanes", "shani-x2");
    }
    CHECK(pyaccel_cpu_select(NULL) == PYACCEL_OK);
    check_best();
    CHECK(pyaccel_cpu_select("portable") == PYACCEL_OK);
    CHECK(pyaccel_cpu_select("") == PYACCEL_OK);
    check_best();

    static const char *const wrong[] = {",",
                                        "avx",
                                        "avx2 ",
                                        " avx2",
                                        "AVX2",
                                        "avx2,",
                                        "avx2,-",
                                        "avx2shani",
                                        "avx2,shani",
                                        "avx2,-shani,",
                                        "avx2,,-shani",
                                        "shani",
                                        "-shani",
                                        "avx2,-sha",
                                        "avx2,-avx2",
                                        "avx2;-shani",
                                        "avx2,-shani ",
                                        "avx512-",
                                        "native",
                                        "portabl",
                                        "portable0",
                                        "avx2,-shanixx",
                                        "emulated",
                                        "avx2-emulated",
                                        "portable,sha256=none",
                                        "portable,sha256=",
                                        "portable,=portable",
                                        "portable,sha=portable",
                                        "portable,sha256=portable,sha256=portable",
                                        "portable,-sha256",
                                        "portable,sha256",
                                        "portable,-sm3-lanes,sm3-lanes=avx2",
                                        "portable,sha256-lanes=portable",
                                        "sha256=portable"};
    char before[64];
    snprintf(before, sizeof before, "%.63s", pyaccel_cpu_spec());
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        CHECK(pyaccel_cpu_select(wrong[i]) == PYACCEL_INVALID_ARGUMENT);
        CHECK(spec_is(before));
    }
}

/* The longest spec there is: a variant of every family by name. What is in force is all of it, and is a spec again. */
static void check_longest(void)
{
    char spec[2048] = "", in_force[2048];
    const char *level = runs_here("avx512-emulated") ? "avx512-emulated" : "portable";
    CHECK(pyaccel_cpu_select(level) == PYACCEL_OK);
    strcpy(spec, level);
    pyaccel_variant row, other;
    for (uint32_t i = 0; i < pyaccel_variant_count(); i++) {
        bool longest = true;
        CHECK(pyaccel_variant_get(&row, i) == PYACCEL_OK);
        for (uint32_t k = 0; k < pyaccel_variant_count(); k++) {
            CHECK(pyaccel_variant_get(&other, k) == PYACCEL_OK);
            const size_t size = strlen(other.variant), own = strlen(row.variant);
            longest = longest && (!other.bound || strcmp(other.family, row.family) != 0 ||
                                  size < own || (size == own && k >= i));
        }
        if (row.bound && longest) {
            const size_t used = strlen(spec);
            snprintf(spec + used, sizeof spec - used, ",%s=%s", row.family, row.variant);
        }
    }
    CHECK(pyaccel_cpu_select(spec) == PYACCEL_OK);
    snprintf(in_force, sizeof in_force, "%s", pyaccel_cpu_spec());
    CHECK(strlen(in_force) == strlen(spec));
    CHECK(pyaccel_cpu_select(in_force) == PYACCEL_OK && spec_is(in_force));
    CHECK(pyaccel_cpu_select(NULL) == PYACCEL_OK);
}

/* In every binding a family has at most one variant, or a menu of them where it is one of lanes, the counter that moves is the bound one's, and rows
 * that this CPU can't run are never bound. */
static void check_variants(void)
{
    static const char *const specs[] = {
        "portable", "avx2", "avx512", "avx512ifma", "avx512-emulated", "avx512ifma-emulated"};
    CHECK(pyaccel_variant_count() > 0);
    for (size_t s = 0; s < sizeof specs / sizeof *specs; s++) {
        if (pyaccel_cpu_select(specs[s]) != PYACCEL_OK) {
            continue;
        }
        for (uint32_t i = 0; i < pyaccel_variant_count(); i++) {
            pyaccel_variant a, b;
            CHECK(pyaccel_variant_get(&a, i) == PYACCEL_OK && (!a.bound || a.runnable));
            CHECK(a.family != NULL && a.variant != NULL);
            for (uint32_t k = 0; k < i; k++) {
                CHECK(pyaccel_variant_get(&b, k) == PYACCEL_OK);
                CHECK(strcmp(a.family, b.family) != 0 ||
                      (strcmp(a.variant, b.variant) != 0 &&
                       (!(a.bound && b.bound) || strstr(a.family, "-lanes") != NULL)));
            }
        }
        for (pa_family family = 0; family < PA_FAMILY_COUNT; family++) {
            uint64_t moved = 0;
            for (uint32_t i = 0; i < pyaccel_variant_count(); i++) {
                pyaccel_variant before, after, again;
                CHECK(pyaccel_variant_get(&before, i) == PYACCEL_OK);
                pa_count(family);
                CHECK(pyaccel_variant_get(&after, i) == PYACCEL_OK);
                CHECK(pyaccel_variant_get(&again, i) == PYACCEL_OK && again.calls == after.calls);
                CHECK(after.calls == before.calls ||
                      (after.bound && after.calls == before.calls + 1));
                moved += after.calls - before.calls;
            }
            CHECK(moved == (pa_bound(family) == NULL ? 0 : 1));
        }
    }
    pyaccel_variant past = {"x", "x", 1, 1, 1};
    CHECK(pyaccel_variant_get(&past, pyaccel_variant_count()) == PYACCEL_INVALID_ARGUMENT);
    CHECK(past.family == NULL && past.variant == NULL && past.bound == 0 && past.runnable == 0 &&
          past.calls == 0);
    CHECK(pyaccel_variant_get(NULL, 0) == PYACCEL_INVALID_ARGUMENT);
}

int main(void)
{
    unsetenv("PYACCEL_CPU");
    unsetenv("PYACCEL_THREADS");
    in_child(NULL, NULL, check_best);
    in_child("PYACCEL_CPU", "", check_best);
    in_child("PYACCEL_CPU", "portable", check_portable);
    in_child("PYACCEL_CPU", "portable,-adx", check_portable);
    in_child("PYACCEL_CPU", "avx2,-shani", check_avx2_without_shani);
    in_child("PYACCEL_CPU", "avx3", check_refused);
    in_child("PYACCEL_CPU", "avx2,shani", check_refused);
    in_child("PYACCEL_CPU", "%s%n", check_refused);
    char long_name[4096];
    memset(long_name, 'x', sizeof long_name);
    long_name[sizeof long_name - 1] = '\0';
    in_child("PYACCEL_CPU", long_name, check_long_name);
    in_child("PYACCEL_THREADS", "0", check_every_call_refused);
    in_child(NULL, NULL, check_select);
    in_child(NULL, NULL, check_longest);
    in_child(NULL, NULL, check_variants);
    return finish();
}
