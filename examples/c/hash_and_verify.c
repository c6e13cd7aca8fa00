/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes two messages in one call, and verifies one Ed25519 signature (RFC 8032, 7.1, test 2). */
#include <stdio.h>

#include <pyaccel.h>

static const uint8_t public_key[32] = {
    0x3d, 0x40, 0x17, 0xc3, 0xe8, 0x43, 0x89, 0x5a, 0x92, 0xb7, 0x0a, 0xa7, 0x4d, 0x1b, 0x7e, 0xbc,
    0x9c, 0x98, 0x2c, 0xcf, 0x2e, 0xc4, 0x96, 0x8c, 0xc0, 0xcd, 0x55, 0xf1, 0x2a, 0xf4, 0x66, 0x0c,
};
static const uint8_t message[1] = {0x72};
static const uint8_t signature[64] = {
    0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f, 0x64, 0x25, 0x40,
    0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76, 0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda,
    0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99, 0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c,
    0x38, 0x7b, 0x2e, 0xae, 0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
};

int main(void)
{
    /* Rows of three bytes, one after the other: "abc", "def". */
    static const uint8_t text[] = "abcdef";
    const pyaccel_rows texts = {.data = text, .data_size = 6, .width = 3, .stride = 3};
    uint8_t digests[2][32];
    pyaccel_status status =
        pyaccel_hash_many(digests[0], sizeof digests, PYACCEL_HASH_SHA256, &texts, 2, NULL);
    if (status != PYACCEL_OK) {
        return fprintf(stderr, "%s\n", pyaccel_status_text(status)), 1;
    }
    printf("sha256(\"abc\") = %02x%02x%02x%02x...\n", digests[0][0], digests[0][1], digests[0][2],
           digests[0][3]);

    const pyaccel_rows keys = {.data = public_key, .data_size = 32, .width = 32};
    const pyaccel_rows messages = {.data = message, .data_size = 1, .width = 1};
    const pyaccel_rows signatures = {.data = signature, .data_size = 64, .width = 64};
    const pyaccel_verify_options options = {.struct_size = sizeof options,
                                            .rule = PYACCEL_RULE_RFC8032};
    uint8_t verdict;
    status = pyaccel_verify_many(&verdict, PYACCEL_SCHEME_ED25519, &keys, &messages, &signatures, 1,
                                 &options);
    printf("signature: %s, %s\n", pyaccel_status_text(status), verdict ? "valid" : "invalid");
    return !(status == PYACCEL_OK && verdict);
}
