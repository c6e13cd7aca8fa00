/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without libFuzzer: every seed of a file, then a bounded number of random
 * changes of them.
 *
 *     driver SEEDS [ROUNDS [RANDOM_SEED]]
 *
 * SEEDS holds one input a line in hex; '#' starts a comment. The run is the same for the same
 * arguments. A failed check aborts, after which the input can be found by running the target under
 * a debugger. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_MAX 1024
#define SEEDS_MAX 512

typedef struct {
    uint8_t bytes[INPUT_MAX];
    size_t size;
} input;

static uint64_t random_state;

/* xorshift64*: enough to vary inputs, and the same on every machine. */
static uint64_t random_below(uint64_t bound)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * 0x2545f4914f6cdd1dull >> 16) % bound;
}

static int hex_value(int c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, tolower(c)) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* Reads one line of hex up to a comment; false when it holds anything else. */
static int parse_line(const char *line, input *out)
{
    out->size = 0;
    int high = -1;
    for (; *line && *line != '#'; line++) {
        if (isspace((unsigned char)*line)) {
            continue;
        }
        const int value = hex_value((unsigned char)*line);
        if (value < 0 || out->size == INPUT_MAX) {
            return 0;
        }
        if (high < 0) {
            high = value;
        } else {
            out->bytes[out->size++] = (uint8_t)(high << 4 | value);
            high = -1;
        }
    }
    return high < 0;
}

/* Changes one thing: a bit, a byte, a byte near a boundary, the length, a piece copied over
 * another. */
static void mutate(input *in)
{
    static const uint8_t corners[] = {0x00, 0x01, 0x02, 0x1f, 0x20, 0x21,
                                      0x30, 0x7f, 0x80, 0x81, 0x84, 0xff};
    const uint64_t kind = random_below(6);
    if (in->size == 0 || (kind == 3 && in->size < INPUT_MAX)) {
        const size_t at = (size_t)random_below(in->size + 1);
        memmove(in->bytes + at + 1, in->bytes + at, in->size - at);
        in->bytes[at] = corners[random_below(sizeof corners)];
        in->size++;
        return;
    }
    const size_t at = (size_t)random_below(in->size);
    switch (kind) {
    case 0:
        in->bytes[at] ^= (uint8_t)(1u << random_below(8));
        break;
    case 1:
        in->bytes[at] = (uint8_t)random_below(256);
        break;
    case 2:
        in->bytes[at] = corners[random_below(sizeof corners)];
        break;
    case 4:
        memmove(in->bytes + at, in->bytes + at + 1, in->size - at - 1);
        in->size--;
        break;
    default: {
        const size_t from = (size_t)random_below(in->size);
        const size_t room = in->size - (from > at ? from : at);
        memmove(in->bytes + at, in->bytes + from, (size_t)random_below(room + 1));
        break;
    }
    }
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: %s SEEDS [ROUNDS [RANDOM_SEED]]\n", argv[0]);
        return 2;
    }
    const unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 200000;
    random_state = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
    if (random_state == 0) {
        random_state = 1;
    }

    FILE *file = fopen(argv[1], "r");
    if (!file) {
        perror(argv[1]);
        return 2;
    }
    static input seeds[SEEDS_MAX];
    static char line[4 * INPUT_MAX];
    size_t count = 0;
    while (count < SEEDS_MAX && fgets(line, sizeof line, file)) {
        if (line[0] == '#') {
            continue;
        }
        if (!parse_line(line, &seeds[count])) {
            fprintf(stderr, "%s: seed %zu is not hex of at most %d bytes\n", argv[1], count,
                    INPUT_MAX);
            fclose(file);
            return 2;
        }
        LLVMFuzzerTestOneInput(seeds[count].bytes, seeds[count].size);
        count++;
    }
    fclose(file);
    if (count == 0) {
        fprintf(stderr, "%s: no seeds\n", argv[1]);
        return 2;
    }
    for (unsigned long round = 0; round < rounds; round++) {
        input changed = seeds[random_below(count)];
        for (uint64_t changes = 1 + random_below(4); changes > 0; changes--) {
            mutate(&changed);
        }
        LLVMFuzzerTestOneInput(changed.bytes, changed.size);
    }
    printf("%zu seeds, %lu changed inputs: no property broken\n", count, rounds);
    return 0;
}
