/* SPDX-License-Identifier: Apache-2.0 */
/* What strict DER (BIP-66) and Bitcoin's lax parser take, case by case, and every way to cut or
 * change one byte. */
#include <string.h>

#include "check.h"
#include "verify/verify.h"

#define R31                                                                                        \
    "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"                             \
    "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
#define HIGH "\xf1" R31 /* 32 bytes, negative as it stands */
#define LOW "\x71" R31

enum { NEITHER, LAX, BOTH };

typedef struct {
    const char *what;
    int taken;
    size_t size;
    const char *der;
    const char *r, *s; /* 32 bytes each, where taken */
} der_case;

#define DER(text) sizeof(text) - 1, text
#define ZERO "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define SMALL(byte) "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" byte
#define TOO_LARGE                                                                                  \
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"                             \
    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"

static const der_case cases[] = {
    {"both positive", BOTH, DER("\x30\x44\x02\x20" LOW "\x02\x20" LOW), LOW, LOW},
    {"both padded", BOTH, DER("\x30\x46\x02\x21\0" HIGH "\x02\x21\0" HIGH), HIGH, HIGH},
    {"smallest", BOTH, DER("\x30\x06\x02\x01\x01\x02\x01\x7f"), SMALL("\x01"), SMALL("\x7f")},
    {"zeros", BOTH, DER("\x30\x06\x02\x01\0\x02\x01\0"), ZERO, ZERO},
    {"one byte that needs its padding", BOTH, DER("\x30\x07\x02\x02\0\x80\x02\x01\x01"),
     SMALL("\x80"), SMALL("\x01")},
    {"33 bytes that count", BOTH, DER("\x30\x45\x02\x21\x01" LOW "\x02\x20" LOW), TOO_LARGE, LOW},
    {"s too large", BOTH, DER("\x30\x45\x02\x20" LOW "\x02\x21\x01" LOW), LOW, TOO_LARGE},
    {"72 bytes, r of 34", BOTH, DER("\x30\x46\x02\x22\x01\x01" LOW "\x02\x20" LOW), TOO_LARGE, LOW},
    {"73 bytes", LAX, DER("\x30\x47\x02\x23\x01\x01\x01" LOW "\x02\x20" LOW), TOO_LARGE, LOW},
    {"negative r", LAX, DER("\x30\x44\x02\x20" HIGH "\x02\x20" LOW), HIGH, LOW},
    {"negative s", LAX, DER("\x30\x44\x02\x20" LOW "\x02\x20" HIGH), LOW, HIGH},
    {"needless padding of r", LAX, DER("\x30\x45\x02\x21\0" LOW "\x02\x20" LOW), LOW, LOW},
    {"needless padding of s", LAX, DER("\x30\x07\x02\x01\x01\x02\x02\0\x01"), SMALL("\x01"),
     SMALL("\x01")},
    {"zero of two bytes", LAX, DER("\x30\x07\x02\x02\0\0\x02\x01\x01"), ZERO, SMALL("\x01")},
    {"much padding", LAX, DER("\x30\x4c\x02\x28\0\0\0\0\0\0\0\0" LOW "\x02\x20" LOW), LOW, LOW},
    {"empty r", LAX, DER("\x30\x05\x02\0\x02\x01\x01"), ZERO, SMALL("\x01")},
    {"empty s", LAX, DER("\x30\x05\x02\x01\x01\x02\0"), SMALL("\x01"), ZERO},
    {"sequence length too small", LAX, DER("\x30\x05\x02\x01\x01\x02\x01\x7f"), SMALL("\x01"),
     SMALL("\x7f")},
    {"sequence length too large", LAX, DER("\x30\x70\x02\x01\x01\x02\x01\x7f"), SMALL("\x01"),
     SMALL("\x7f")},
    {"sequence length in long form", LAX, DER("\x30\x81\x06\x02\x01\x01\x02\x01\x7f"),
     SMALL("\x01"), SMALL("\x7f")},
    {"sequence length of nonsense", LAX, DER("\x30\x83\xff\xff\xff\x02\x01\x01\x02\x01\x7f"),
     SMALL("\x01"), SMALL("\x7f")},
    {"sequence of indefinite length", LAX, DER("\x30\x80\x02\x01\x01\x02\x01\x7f"), SMALL("\x01"),
     SMALL("\x7f")},
    {"length of r in long form", LAX, DER("\x30\x07\x02\x81\x01\x01\x02\x01\x7f"), SMALL("\x01"),
     SMALL("\x7f")},
    {"length of s in long form", LAX, DER("\x30\x07\x02\x01\x01\x02\x81\x01\x7f"), SMALL("\x01"),
     SMALL("\x7f")},
    {"length with leading zeros", LAX, DER("\x30\x0b\x02\x85\0\0\0\0\x01\x01\x02\x01\x7f"),
     SMALL("\x01"), SMALL("\x7f")},
    {"length of three octets", LAX, DER("\x30\x09\x02\x83\0\0\x01\x01\x02\x01\x7f"), SMALL("\x01"),
     SMALL("\x7f")},
    {"bytes behind", LAX, DER("\x30\x06\x02\x01\x01\x02\x01\x7f\x01"), SMALL("\x01"),
     SMALL("\x7f")},
    {"bytes behind, counted", LAX, DER("\x30\x07\x02\x01\x01\x02\x01\x7f\x01"), SMALL("\x01"),
     SMALL("\x7f")},
    {"nothing", NEITHER, DER(""), NULL, NULL},
    {"no sequence", NEITHER, DER("\x31\x06\x02\x01\x01\x02\x01\x7f"), NULL, NULL},
    {"r no integer", NEITHER, DER("\x30\x06\x03\x01\x01\x02\x01\x7f"), NULL, NULL},
    {"s no integer", NEITHER, DER("\x30\x06\x02\x01\x01\x03\x01\x7f"), NULL, NULL},
    {"r longer than the rest", NEITHER, DER("\x30\x06\x02\x05\x01\x02\x01\x7f"), NULL, NULL},
    {"s longer than the rest", NEITHER, DER("\x30\x06\x02\x01\x01\x02\x02\x7f"), NULL, NULL},
    {"no s", NEITHER, DER("\x30\x03\x02\x01\x01"), NULL, NULL},
    {"sequence length past the end", NEITHER, DER("\x30\x8a\x02\x01\x01\x02\x01\x7f"), NULL, NULL},
    {"length of four octets that count", NEITHER,
     DER("\x30\x0a\x02\x84\x01\0\0\x01\x01\x02\x01\x7f"), NULL, NULL},
    {"length octets past the end", NEITHER, DER("\x30\x06\x02\x01\x01\x02\x84\x7f"), NULL, NULL},
    {"length of 2^24 - 1", NEITHER, DER("\x30\x09\x02\x83\xff\xff\xff\x01\x02\x01\x7f"), NULL,
     NULL},
};

static void check_case(const der_case *c)
{
    uint8_t raw[64];
    const uint8_t *der = c->size ? (const uint8_t *)c->der : NULL;
    const bool strict = pa_der_parse(raw, 32, der, c->size);
    int right = strict == (c->taken == BOTH);
    if (strict) {
        right &= memcmp(raw, c->r, 32) == 0 && memcmp(raw + 32, c->s, 32) == 0;
    }
    const bool lax = pa_der_parse_lax(raw, der, c->size);
    right &= lax == (c->taken != NEITHER);
    if (lax && c->r != NULL) {
        right &= memcmp(raw, c->r, 32) == 0 && memcmp(raw + 32, c->s, 32) == 0;
    }
    if (!right) {
        fprintf(stderr, "case: %s\n", c->what);
    }
    CHECK(right);
}

/* Strict DER is one encoding per pair: no change of a tag, a length or the size of it is accepted.
 */
static void check_neighbours(const der_case *c)
{
    uint8_t der[80], raw[64];
    const size_t s_tag = 4u + (uint8_t)c->der[3];
    const size_t frame[] = {0, 1, 2, 3, s_tag, s_tag + 1};
    for (size_t size = 0; size < c->size; size++) {
        CHECK(!pa_der_parse(raw, 32, (const uint8_t *)c->der, size));
        CHECK(!pa_der_parse_lax(raw, (const uint8_t *)c->der, size));
    }
    for (size_t i = 0; i < sizeof frame / sizeof *frame; i++) {
        for (int value = 0; value < 256; value++) {
            memcpy(der, c->der, c->size);
            if (der[frame[i]] != value) {
                der[frame[i]] = (uint8_t)value;
                CHECK(!pa_der_parse(raw, 32, der, c->size));
            }
        }
    }
}

int main(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_case(&cases[i]);
    }
    for (int i = 0; i < 3; i++) {
        check_neighbours(&cases[i]);
    }
    return finish();
}
