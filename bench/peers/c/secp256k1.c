/* SPDX-License-Identifier: Apache-2.0 */
/* The few functions of libsecp256k1 that are timed. Its opaque types have sizes that its headers promise. */
#define _GNU_SOURCE
#include "secp256k1.h"

#include <dlfcn.h>
#include <string.h>

#define CONTEXT_NONE 1u
#define UNCOMPRESSED (1u << 1)

typedef struct {
    uint8_t data[64];
} opaque64;
typedef struct {
    uint8_t data[65];
} opaque65;

struct libsecp {
    void *context;
    int (*key_parse)(const void *, opaque64 *, const uint8_t *, size_t);
    int (*key_serialize)(const void *, uint8_t *, size_t *, const opaque64 *, unsigned);
    int (*parse)(const void *, opaque64 *, const uint8_t *);
    int (*verify)(const void *, const opaque64 *, const uint8_t *, const opaque64 *);
    /* NULL where the library was built without the module. */
    int (*recoverable_parse)(const void *, opaque65 *, const uint8_t *, int);
    int (*recover)(const void *, opaque64 *, const opaque65 *, const uint8_t *);
    int (*xonly_parse)(const void *, opaque64 *, const uint8_t *);
    int (*schnorr_verify)(const void *, const uint8_t *, const uint8_t *, size_t, const opaque64 *);
};

static int find(void *function, void *library, const char *name)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

const libsecp *libsecp_open(void)
{
    /* Sonames of 0.2 and of what came after; their functions are the same. */
    static const char *const names[] = {"libsecp256k1.so.6", "libsecp256k1.so.5",
                                        "libsecp256k1.so.2", "libsecp256k1.so.1",
                                        "libsecp256k1.so"};
    static libsecp l;
    void *library = NULL, *(*create)(unsigned);
    for (size_t i = 0; i < sizeof names / sizeof *names && library == NULL; i++) {
        library = dlopen(names[i], RTLD_NOW);
    }
    if (library == NULL || !find(&create, library, "secp256k1_context_create") ||
        !find(&l.key_parse, library, "secp256k1_ec_pubkey_parse") ||
        !find(&l.key_serialize, library, "secp256k1_ec_pubkey_serialize") ||
        !find(&l.parse, library, "secp256k1_ecdsa_signature_parse_compact") ||
        !find(&l.verify, library, "secp256k1_ecdsa_verify")) {
        return NULL;
    }
    find(&l.recoverable_parse, library, "secp256k1_ecdsa_recoverable_signature_parse_compact");
    find(&l.recover, library, "secp256k1_ecdsa_recover");
    find(&l.xonly_parse, library, "secp256k1_xonly_pubkey_parse");
    find(&l.schnorr_verify, library, "secp256k1_schnorrsig_verify");
    l.context = create(CONTEXT_NONE);
    return l.context == NULL ? NULL : &l;
}

void libsecp_ecdsa(const libsecp *l, uint8_t *out, const uint8_t *rows, size_t width, size_t n,
                   size_t key_size)
{
    for (size_t i = 0; i < n; i++, rows += width) {
        opaque64 key, signature;
        out[i] = l->key_parse(l->context, &key, rows, key_size) &&
                 l->parse(l->context, &signature, rows + key_size) &&
                 l->verify(l->context, &signature, rows + key_size + 64, &key);
    }
}

int libsecp_recover(const libsecp *l, uint8_t *out, const uint8_t *rows, size_t width, size_t n)
{
    if (l->recoverable_parse == NULL || l->recover == NULL) {
        return 0;
    }
    for (size_t i = 0; i < n; i++, rows += width, out += 64) {
        opaque65 signature;
        opaque64 key;
        uint8_t bytes[65] = {0};
        size_t size = sizeof bytes;
        if (l->recoverable_parse(l->context, &signature, rows, rows[64]) &&
            l->recover(l->context, &key, &signature, rows + 65)) {
            l->key_serialize(l->context, bytes, &size, &key, UNCOMPRESSED);
        }
        memcpy(out, bytes + 1, 64);
    }
    return 1;
}

int libsecp_bip340(const libsecp *l, uint8_t *out, const uint8_t *rows, size_t width, size_t n)
{
    if (l->xonly_parse == NULL || l->schnorr_verify == NULL) {
        return 0;
    }
    for (size_t i = 0; i < n; i++, rows += width) {
        opaque64 key;
        out[i] = l->xonly_parse(l->context, &key, rows) &&
                 l->schnorr_verify(l->context, rows + 32, rows + 96, width - 96, &key);
    }
    return 1;
}
