/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser that follows Go's asn1.Unmarshal takes, case by case, and strict DER of 48 bytes. Verdicts of Go itself over
 * many more encodings stand in tests/vectors. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "verify/verify.h"

#define SMALL3 "\0\0\0"
#define ONES3 "\xff\xff\xff"
#define DER(text) sizeof(text) - 1, text

/* Integers of three bytes. */
typedef struct {
    const char *what;
    size_t size;
    const char *der;
    const char *raw; /* NULL: refused */
} der_case;

static const der_case cases[] = {
    {"smallest", DER("\x30\x06\x02\x01\x01\x02\x01\x7f"), "\0\0\1\0\0\x7f"},
    {"padded as they need it", DER("\x30\x09\x02\x02\0\x80\x02\x03\0\xff\xff"),
     "\0\0\x80\0\xff\xff"},
    {"zeros", DER("\x30\x06\x02\x01\0\x02\x01\0"), SMALL3 SMALL3},
    {"too large", DER("\x30\x09\x02\x04\x01\2\3\4\x02\x01\1"), ONES3 "\0\0\1"},
    {"all that fits", DER("\x30\x0a\x02\x04\0\xff\xfe\xfd\x02\x02\1\2"), "\xff\xfe\xfd\0\1\2"},
    {"negative", DER("\x30\x06\x02\x01\x80\x02\x01\x7f"), ONES3 "\0\0\x7f"},
    {"negative of two bytes", DER("\x30\x07\x02\x01\1\x02\x02\xff\x7f"), "\0\0\1" ONES3},
    {"minus 1", DER("\x30\x06\x02\x01\xff\x02\x01\x7f"), ONES3 "\0\0\x7f"},
    {"bytes behind the sequence", DER("\x30\x06\x02\x01\1\x02\x01\2\x05"), "\0\0\1\0\0\2"},
    {"bytes behind s", DER("\x30\x07\x02\x01\1\x02\x01\2\x05"), "\0\0\1\0\0\2"},
    {"a third integer", DER("\x30\x09\x02\x01\1\x02\x01\2\x02\x01\3"), "\0\0\1\0\0\2"},
    {"needless padding", DER("\x30\x07\x02\x02\0\x7f\x02\x01\1"), NULL},
    {"needless padding of s", DER("\x30\x07\x02\x01\1\x02\x02\0\1"), NULL},
    {"needless padding of a negative", DER("\x30\x07\x02\x02\xff\x80\x02\x01\1"), NULL},
    {"zero of two bytes", DER("\x30\x07\x02\x02\0\0\x02\x01\1"), NULL},
    {"empty r", DER("\x30\x05\x02\0\x02\x01\1"), NULL},
    {"empty s", DER("\x30\x05\x02\x01\1\x02\0"), NULL},
    {"nothing", DER(""), NULL},
    {"a tag", DER("\x30"), NULL},
    {"empty sequence", DER("\x30\0"), NULL},
    {"no s", DER("\x30\x03\x02\x01\1"), NULL},
    {"s behind the sequence", DER("\x30\x03\x02\x01\1\x02\x01\2"), NULL},
    {"s half in the sequence", DER("\x30\x05\x02\x01\1\x02\x01\2"), NULL},
    {"sequence past the end", DER("\x30\x07\x02\x01\1\x02\x01\2"), NULL},
    {"r past the end", DER("\x30\x06\x02\x05\1\x02\x01\2"), NULL},
    {"not constructed", DER("\x10\x06\x02\x01\1\x02\x01\2"), NULL},
    {"a set", DER("\x31\x06\x02\x01\1\x02\x01\2"), NULL},
    {"a context's sequence", DER("\xb0\x06\x02\x01\1\x02\x01\2"), NULL},
    {"a tag of two bytes", DER("\x3f\x10\x06\x02\x01\1\x02\x01\2"), NULL},
    {"a constructed integer", DER("\x30\x06\x22\x01\1\x02\x01\2"), NULL},
    {"an octet string", DER("\x30\x06\x02\x01\1\x04\x01\2"), NULL},
    {"short length in long form", DER("\x30\x81\x06\x02\x01\1\x02\x01\2"), NULL},
    {"length of r in long form", DER("\x30\x07\x02\x81\x01\1\x02\x01\2"), NULL},
    {"indefinite length", DER("\x30\x80\x02\x01\1\x02\x01\2\0\0"), NULL},
    {"length cut off", DER("\x30\x81"), NULL},
    {"length of 126 bytes", DER("\x30\xfe\1\1\1\1\1\1\1\1\1\1\1\1\1\1"), NULL},
};

static void check(const der_case *c)
{
    uint8_t raw[6], *exact = malloc(c->size + 1);
    CHECK(exact != NULL);
    if (exact != NULL) {
        memcpy(exact + 1, c->der, c->size);
        const bool taken = pa_der_parse_go(raw, 3, exact + 1, c->size);
        const bool right =
            taken == (c->raw != NULL) && (!taken || memcmp(raw, c->raw, sizeof raw) == 0);
        if (!right) {
            fprintf(stderr, "case: %s\n", c->what);
        }
        CHECK(right);
    }
    free(exact);
}

/* 30 <length> 02 01 01 02 01 02, and `fill` zero bytes, in a sequence of 6 + fill, whose length has `octets` bytes. */
static void check_length(uint32_t fill, int octets, bool expected)
{
    uint8_t raw[64], *der = calloc(1, 8 + (size_t)octets + fill);
    CHECK(der != NULL);
    if (der == NULL) {
        return;
    }
    const uint32_t length = 6 + fill;
    uint8_t *at = der;
    *at++ = 0x30;
    *at++ = (uint8_t)(0x80 | octets);
    for (int i = octets - 1; i >= 0; i--) {
        *at++ = (uint8_t)(i < 4 ? length >> 8 * i : 0);
    }
    memcpy(at, "\x02\x01\x01\x02\x01\x02", 6);
    CHECK(pa_der_parse_go(raw, 32, der, 2 + (uint64_t)octets + length) == expected);
    CHECK(!pa_der_parse(raw, 32, der, 2 + (uint64_t)octets + length));
    free(der);
}

/* Numbers of 48 bytes: 104 bytes at most. */
static void check_wide(void)
{
    uint8_t der[105] = {0x30, 102, 0x02, 49, 0}, raw[96], go[96];
    memset(der + 5, 0xf1, 48);
    memcpy(der + 53, (uint8_t[]){0x02, 49, 0}, 3);
    memset(der + 56, 0xa2, 48);
    CHECK(pa_der_parse(raw, 48, der, 104) && pa_der_parse_go(go, 48, der, 104));
    CHECK(memcmp(raw, der + 5, 48) == 0 && memcmp(raw + 48, der + 56, 48) == 0);
    CHECK(memcmp(raw, go, 96) == 0);
    CHECK(!pa_der_parse(raw, 48, der, 105) && pa_der_parse_go(go, 48, der, 105));
    der[1] = 103;
    CHECK(!pa_der_parse(raw, 48, der, 105) && pa_der_parse_go(go, 48, der, 105));
    der[1] = 102;
    CHECK(!pa_der_parse(raw, 32, der, 104));
    CHECK(pa_der_parse_go(raw, 32, der, 104));
    for (int i = 0; i < 64; i++) {
        CHECK(raw[i] == 0xff); /* both too large */
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check(&cases[i]);
    }
    check_length(121, 1, false);
    check_length(122, 1, true);
    check_length(249, 1, true);
    check_length(122, 2, false);
    check_length(250, 2, true);
    check_length(250, 3, false);
    check_length(1 << 16, 3, true);
    check_length(1 << 16, 4, false);
    check_length((1 << 24) - 6, 4, true);
    check_length(1 << 24, 5, false);
    check_wide();
    return finish();
}
