/* SPDX-License-Identifier: Apache-2.0 */
/* BLAKE2 and BLAKE3 through pyaccel_hash_many: published digests, and parameters out of range. */
#include <stdbool.h>

#include "check.h"
#include "hash_rows.h"

static const char *const specs[] = {"portable", "avx2", "avx512", "avx512-emulated"};

typedef struct {
    uint32_t algorithm;
    uint32_t key_size; /* bytes 0, 1, 2, ...; 0: no key */
    uint32_t size;     /* of the message, likewise */
    const char *digest;
} answer;

/* The authors' testvectors/blake2-kat.json: around the ends of blocks, and the empty message. */
static const answer answers[] = {
    {PYACCEL_HASH_BLAKE2B_512, 0, 0,
     "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419"
     "d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 1,
     "2fa3f686df876995167e7c2e5d74c4c7b6e48f8068fe0e44208344d480f7904c"
     "36963e44115fe3eb2a3ac8694c28bcb4f5a0f3276f2e79487d8219057a506e4b"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 127,
     "b6292669ccd38d5f01caae96ba272c76a879a45743afa0725d83b9ebb26665b7"
     "31f1848c52f11972b6644f554c064fa90780dbbbf3a89d4fc31f67df3e5857ef"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 128,
     "2319e3789c47e2daa5fe807f61bec2a1a6537fa03f19ff32e87eecbfd64b7e0e"
     "8ccff439ac333b040f19b0c4ddd11a61e24ac1fe0f10a039806c5dcc0da3d115"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 129,
     "f59711d44a031d5f97a9413c065d1e614c417ede998590325f49bad2fd444d3e"
     "4418be19aec4e11449ac1a57207898bc57d76a1bcf3566292c20c683a5c4648f"},
    {PYACCEL_HASH_BLAKE2B_512, 0, 255,
     "5b21c5fd8868367612474fa2e70e9cfa2201ffeee8fafab5797ad58fefa17c9b"
     "5b107da4a3db6320baaf2c8617d5a51df914ae88da3867c2d41f0cc14fa67928"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 0,
     "10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786"
     "b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 1,
     "961f6dd1e4dd30f63901690c512e78e4b45e4742ed197c3c5e45c549fd25f2e4"
     "187b0bc9fe30492b16b0d0bc4ef9b0f34c7003fac09a5ef1532e69430234cebd"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 127,
     "76d2d819c92bce55fa8e092ab1bf9b9eab237a25267986cacf2b8ee14d214d73"
     "0dc9a5aa2d7b596e86a1fd8fa0804c77402d2fcd45083688b218b1cdfa0dcbcb"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 128,
     "72065ee4dd91c2d8509fa1fc28a37c7fc9fa7d5b3f8ad3d0d7a25626b57b1b44"
     "788d4caf806290425f9890a3a2a35a905ab4b37acfd0da6e4517b2525c9651e4"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 129,
     "64475dfe7600d7171bea0b394e27c9b00d8e74dd1e416a79473682ad3dfdbb70"
     "6631558055cfc8a40e07bd015a4540dcdea15883cbbf31412df1de1cd4152b91"},
    {PYACCEL_HASH_BLAKE2B_512, 64, 255,
     "142709d62e28fcccd0af97fad0f8465b971e82201dc51070faa0372aa43e9248"
     "4be1c1e73ba10906d5d1853db6a4106e0a7bf9800d373d6dee2d46d62ef2a461"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 0,
     "69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 1,
     "e34d74dbaf4ff4c6abd871cc220451d2ea2648846c7757fbaac82fe51ad64bea"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 63,
     "e57cb79487dd57902432b250733813bd96a84efce59f650fac26e6696aefafc3"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 64,
     "56f34e8b96557e90c1f24b52d0c89d51086acf1b00f634cf1dde9233b8eaaa3e"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 65,
     "1b53ee94aaf34e4b159d48de352c7f0661d0a40edff95a0b1639b4090e974472"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 129,
     "5bd169e67c82c2c2e98ef7008bdf261f2ddf30b1c00f9e7f275bb3e8a28dc9a2"},
    {PYACCEL_HASH_BLAKE2S_256, 0, 255,
     "f03f5789d3336b80d002d59fdf918bdb775b00956ed5528e86aa994acb38fe2d"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 0,
     "48a8997da407876b3d79c0d92325ad3b89cbb754d86ab71aee047ad345fd2c49"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 1,
     "40d15fee7c328830166ac3f918650f807e7e01e177258cdc0a39b11f598066f1"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 63,
     "c65382513f07460da39833cb666c5ed82e61b9e998f4b0c4287cee56c3cc9bcd"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 64,
     "8975b0577fd35566d750b362b0897a26c399136df07bababbde6203ff2954ed4"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 65,
     "21fe0ceb0052be7fb0f004187cacd7de67fa6eb0938d927677f2398c132317a8"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 129,
     "46a73a8dd3e70f59d3942c01df599def783c9da82fd83222cd662b53dce7dbdf"},
    {PYACCEL_HASH_BLAKE2S_256, 32, 255,
     "3fb735061abc519dfe979e54c1ee5bfad0a9d858b3315bad34bde999efd724dd"},
};

static uint8_t bytes[256];

static pyaccel_hash_options keyed(uint64_t size)
{
    return (pyaccel_hash_options){
        .struct_size = sizeof(pyaccel_hash_options), .key = size ? bytes : NULL, .key_size = size};
}

/* Each answer alone, and as every second of 20 ragged rows on two threads. */
static void test_answers(void)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        const answer *a = &answers[i];
        uint8_t expected[MAX_DIGEST], digests[20 * MAX_DIGEST];
        uint64_t offsets[21] = {0};
        pyaccel_hash_options options = keyed(a->key_size);
        uint64_t d = from_hex(expected, a->digest);
        CHECK(pyaccel_hash_digest_size(a->algorithm) == d);
        pyaccel_rows rows = fixed_rows(bytes, 1, a->size, 0);
        CHECK(pyaccel_hash_many(digests, d, a->algorithm, &rows, 1, &options) == PYACCEL_OK);
        CHECK(memcmp(digests, expected, d) == 0);
        static uint8_t text[20 * 256];
        for (uint32_t r = 0; r < 20; r++) {
            uint32_t size = r % 2 ? a->size : 7 * r;
            memcpy(text + offsets[r], bytes, size);
            offsets[r + 1] = offsets[r] + size;
        }
        rows = (pyaccel_rows){
            .data = text, .data_size = offsets[20], .offsets = offsets, .offset_bits = 64};
        options.threads = 2;
        CHECK(pyaccel_hash_many(digests, 20 * d, a->algorithm, &rows, 20, &options) == PYACCEL_OK);
        for (uint32_t r = 1; r < 20; r += 2) {
            CHECK(memcmp(digests + r * d, expected, d) == 0);
        }
        offsets[7] = UINT64_MAX;
        CHECK(pyaccel_hash_many(digests, 20 * d, a->algorithm, &rows, 20, &options) ==
              PYACCEL_INVALID_ARGUMENT);
        CHECK(all_bytes(digests, 0, 20 * d));
    }
}

static void refuse(uint32_t algorithm, const pyaccel_hash_options *options)
{
    uint8_t out[4 * MAX_DIGEST];
    const pyaccel_rows rows = fixed_rows(bytes, 4, 16, 16);
    uint64_t d = pyaccel_hash_digest_size(algorithm);
    memset(out, 0xaa, sizeof out);
    CHECK(pyaccel_hash_many(out, 4 * d, algorithm, &rows, 4, options) == PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(out, 0, 4 * d) && all_bytes(out + 4 * d, 0xaa, sizeof out - 4 * d));
}

static void test_parameters(void)
{
    static const struct {
        uint32_t algorithm;
        uint64_t most;
    } all[] = {
        {PYACCEL_HASH_BLAKE2B_256, 64},
        {PYACCEL_HASH_BLAKE2B_512, 64},
        {PYACCEL_HASH_BLAKE2S_256, 32},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        uint32_t algorithm = all[i].algorithm;
        uint8_t out[4 * MAX_DIGEST];
        const pyaccel_rows rows = fixed_rows(bytes, 4, 16, 16);
        for (uint64_t size = 0; size <= all[i].most; size++) {
            pyaccel_hash_options options = keyed(size);
            CHECK(pyaccel_hash_many(out, sizeof out, algorithm, &rows, 4, &options) == PYACCEL_OK);
        }
        pyaccel_hash_options bad = keyed(all[i].most + 1);
        refuse(algorithm, &bad);
        bad = keyed(UINT64_MAX);
        refuse(algorithm, &bad);
        bad = keyed(0);
        bad.key = bytes; /* a key of no byte */
        refuse(algorithm, &bad);
        bad = keyed(1);
        bad.key = NULL;
        refuse(algorithm, &bad);
        bad = keyed(1);
        bad.context = bytes;
        refuse(algorithm, &bad);
        bad = keyed(1);
        bad.context_size = 1;
        refuse(algorithm, &bad);
        bad = keyed(1);
        bad.digest_size = 20;
        refuse(algorithm, &bad);
        bad.digest_size = pyaccel_hash_digest_size(algorithm);
        CHECK(pyaccel_hash_many(out, sizeof out, algorithm, &rows, 4, &bad) == PYACCEL_OK);
    }
}

/* ---- BLAKE3: the authors' test_vectors/test_vectors.json ------------------------------------------------ */

typedef enum { HASH, KEYED, DERIVED } blake3_mode;

static const struct {
    blake3_mode mode;
    uint32_t size; /* of the message: 0, 1, ... 250, 0, 1, ... */
    const char *digest;
} blake3_answers[] = {
    {HASH, 0,
     "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
     "e00f03e7b69af26b7faaf09fcd333050338ddfe085b8cc869ca98b206c08243a"
     "26f5487789e8f660afe6c99ef9e0c52b92e7393024a80459cf91f476f9ffdbda"
     "7001c22e159b402631f277ca96f2defdf1078282314e763699a31c5363165421"
     "cce14d"},
    {HASH, 1,
     "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"
     "c3a6cb8bf623e20cdb535f8d1a5ffb86342d9c0b64aca3bce1d31f60adfa137b"
     "358ad4d79f97b47c3d5e79f179df87a3b9776ef8325f8329886ba42f07fb138b"
     "b502f4081cbcec3195c5871e6c23e2cc97d3c69a613eba131e5f1351f3f1da78"
     "6545e5"},
    {HASH, 63,
     "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b"
     "1197012b1e7d9af4d7cb7bdd1f3bb49a90a9b5dec3ea2bbc6eaebce77f4e470c"
     "bf4687093b5352f04e4a4570fba233164e6acc36900e35d185886a827f7ea9bd"
     "c1e5c3ce88b095a200e62c10c043b3e9bc6cb9b6ac4dfa51794b02ace9f98779"
     "040755"},
    {HASH, 64,
     "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"
     "fc9cc56cb831ffe33ea8e7e1d1df09b26efd2767670066aa82d023b1dfe8ab1b"
     "2b7fbb5b97592d46ffe3e05a6a9b592e2949c74160e4674301bc3f97e04903f8"
     "c6cf95b863174c33228924cdef7ae47559b10b294acd660666c4538833582b43"
     "f82d74"},
    {HASH, 65,
     "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"
     "0e16e0a4749d6811dd1d6d1265c29729b1b75a9ac346cf93f0e1d7296dfcfd43"
     "13b3a227faaaaf7757cc95b4e87a49be3b8a270a12020233509b1c3632b3485e"
     "ef309d0abc4a4a696c9decc6e90454b53b000f456a3f10079072baaf7a981653"
     "221f2c"},
    {HASH, 1024,
     "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"
     "1cf8107265ecdaf8505b95d8fcec83a98a6a96ea5109d2c179c47a387ffbb404"
     "756f6eeae7883b446b70ebb144527c2075ab8ab204c0086bb22b7c93d465efc5"
     "7f8d917f0b385c6df265e77003b85102967486ed57db5c5ca170ba441427ed9a"
     "fa684e"},
    {HASH, 1025,
     "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"
     "f4c4a22b4b399155358a994e52bf255de60035742ec71bd08ac275a1b51cc6bf"
     "e332b0ef84b409108cda080e6269ed4b3e2c3f7d722aa4cdc98d16deb554e562"
     "7be8f955c98e1d5f9565a9194cad0c4285f93700062d9595adb992ae68ff1280"
     "0ab67a"},
    {HASH, 16384,
     "f875d6646de28985646f34ee13be9a576fd515f76b5b0a26bb324735041ddde4"
     "9d764c270176e53e97bdffa58d549073f2c660be0e81293767ed4e4929f9ad34"
     "bbb39a529334c57c4a381ffd2a6d4bfdbf1482651b172aa883cc13408fa67758"
     "a3e47503f93f87720a3177325f7823251b85275f64636a8f1d599c2e49722f42"
     "e93893"},
    {HASH, 31744,
     "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"
     "860cc51f2b0c28a7b77304bd55fe73af663c02d3f52ea053ba43431ca5bab7bf"
     "ea2f5e9d7121770d88f70ae9649ea713087d1914f7f312147e247f87eb2d4ffe"
     "f0ac978bf7b6579d57d533355aa20b8b77b13fd09748728a5cc327a8ec470f40"
     "13226f"},
    {HASH, 102400,
     "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"
     "e01c59dab908c04c3342b816941a26d69c2605ebee5ec5291cc55e15b76146e6"
     "745f0601156c3596cb75065a9c57f35585a52e1ac70f69131c23d611ce11ee4a"
     "b1ec2c009012d236648e77be9295dd0426f29b764d65de58eb7d01dd42248204"
     "f45f8e"},
    {KEYED, 0,
     "92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26"
     "b18171a2f22a4b94822c701f107153dba24918c4bae4d2945c20ece13387627d"
     "3b73cbf97b797d5e59948c7ef788f54372df45e45e4293c7dc18c1d41144a975"
     "8be58960856be1eabbe22c2653190de560ca3b2ac4aa692a9210694254c371e8"
     "51bc8f"},
    {KEYED, 1,
     "6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b"
     "6568c0490609413006fbd428eb3fd14e7756d90f73a4725fad147f7bf70fd61c"
     "4e0cf7074885e92b0e3f125978b4154986d4fb202a3f331a3fb6cf349a3a70e4"
     "9990f98fe4289761c8602c4e6ab1138d31d3b62218078b2f3ba9a88e1d08d0dd"
     "4cea11"},
    {KEYED, 63,
     "bb1eb5d4afa793c1ebdd9fb08def6c36d10096986ae0cfe148cd101170ce37ae"
     "a05a63d74a840aecd514f654f080e51ac50fd617d22610d91780fe6b07a26b08"
     "47abb38291058c97474ef6ddd190d30fc318185c09ca1589d2024f0a6f16d45f"
     "11678377483fa5c005b2a107cb9943e5da634e7046855eaa888663de55d64713"
     "71d55d"},
    {KEYED, 64,
     "ba8ced36f327700d213f120b1a207a3b8c04330528586f414d09f2f7d9ccb7e6"
     "8244c26010afc3f762615bbac552a1ca909e67c83e2fd5478cf46b9e811efccc"
     "93f77a21b17a152ebaca1695733fdb086e23cd0eb48c41c034d52523fc21236e"
     "5d8c9255306e48d52ba40b4dac24256460d56573d1312319afcf3ed39d72d0bf"
     "c69acb"},
    {KEYED, 65,
     "c0a4edefa2d2accb9277c371ac12fcdbb52988a86edc54f0716e1591b4326e72"
     "d5e795f46a596b02d3d4bfb43abad1e5d19211152722ec1f20fef2cd413e3c22"
     "f2fc5da3d73041275be6ede3517b3b9f0fc67ade5956a672b8b75d96cb43294b"
     "9041497de92637ed3f2439225e683910cb3ae923374449ca788fb0f9bea92731"
     "bc26ad"},
    {KEYED, 1024,
     "75c46f6f3d9eb4f55ecaaee480db732e6c2105546f1e675003687c31719c7ba4"
     "a78bc838c72852d4f49c864acb7adafe2478e824afe51c8919d06168414c265f"
     "298a8094b1ad813a9b8614acabac321f24ce61c5a5346eb519520d38ecc43e89"
     "b5000236df0597243e4d2493fd626730e2ba17ac4d8824d09d1a4a8f57b82277"
     "78e2de"},
    {KEYED, 1025,
     "357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69"
     "362396b77fdc0d2634a552970843722066c3c15902ae5097e00ff53f1e116f1c"
     "d5352720113a837ab2452cafbde4d54085d9cf5d21ca613071551b25d52e69d6"
     "c81123872b6f19cd3bc1333edf0c52b94de23ba772cf82636cff4542540a7738"
     "d5b930"},
    {KEYED, 16384,
     "9e9fc4eb7cf081ea7c47d1807790ed211bfec56aa25bb7037784c13c4b707b0d"
     "f9e601b101e4cf63a404dfe50f2e1865bb12edc8fca166579ce0c70dba5a5c0f"
     "c960ad6f3772183416a00bd29d4c6e651ea7620bb100c9449858bf14e1ddc9ec"
     "d35725581ca5b9160de04060045993d972571c3e8f71e9d0496bfa744656861b"
     "169d65"},
    {KEYED, 31744,
     "efa53b389ab67c593dba624d898d0f7353ab99e4ac9d42302ee64cbf9939a419"
     "3a7258db2d9cd32a7a3ecfce46144114b15c2fcb68a618a976bd74515d47be08"
     "b628be420b5e830fade7c080e351a076fbc38641ad80c736c8a18fe3c66ce12f"
     "95c61c2462a9770d60d0f77115bbcd3782b593016a4e728d4c06cee4505cb0c0"
     "8a42ec"},
    {KEYED, 102400,
     "1c35d1a5811083fd7119f5d5d1ba027b4d01c0c6c49fb6ff2cf75393ea5db4a7"
     "f9dbdd3e1d81dcbca3ba241bb18760f207710b751846faaeb9dff8262710999a"
     "59b2aa1aca298a032d94eacfadf1aa192418eb54808db23b56e34213266aa084"
     "99a16b354f018fc4967d05f8b9d2ad87a7278337be9693fc638a3bfdbe314574"
     "ee6fc4"},
    {DERIVED, 0,
     "2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d"
     "905630c8be290dfcf3e6842f13bddd573c098c3f17361f1f206b8cad9d088aa4"
     "a3f746752c6b0ce6a83b0da81d59649257cdf8eb3e9f7d4998e41021fac119de"
     "efb896224ac99f860011f73609e6e0e4540f93b273e56547dfd3aa1a035ba668"
     "9d89a0"},
    {DERIVED, 1,
     "b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c"
     "5827b91bf889b6b97c5477f535361caefca0b5d8c4746441c576171119331589"
     "50670f9aa8a05d791daae10ac683cbef8faf897c84e6114a59d2173c3f417023"
     "a35d6983f2c7dfa57e7fc559ad751dbfb9ffab39c2ef8c4aafebc9ae973a64f0"
     "c76551"},
    {DERIVED, 63,
     "b6451e30b953c206e34644c6803724e9d2725e0893039cfc49584f991f451af3"
     "b89e8ff572d3da4f4022199b9563b9d70ebb616efff0763e9abec71b550f1371"
     "e233319c4c4e74da936ba8e5bbb29a598e007a0bbfa929c99738ca2cc098d591"
     "34d11ff300c39f82e2fce9f7f0fa266459503f64ab9913befc65fddc474f6dc1"
     "c67669"},
    {DERIVED, 64,
     "a5c4a7053fa86b64746d4bb688d06ad1f02a18fce9afd3e818fefaa7126bf73e"
     "9b9493a9befebe0bf0c9509fb3105cfa0e262cde141aa8e3f2c2f77890bb64a4"
     "cca96922a21ead111f6338ad5244f2c15c44cb595443ac2ac294231e31be4a43"
     "07d0a91e874d36fc9852aeb1265c09b6e0cda7c37ef686fbbcab97e8ff66718b"
     "e048bb"},
    {DERIVED, 65,
     "51fd05c3c1cfbc8ed67d139ad76f5cf8236cd2acd26627a30c104dfd9d3ff8a8"
     "2b02e8bd36d8498a75ad8c8e9b15eb386970283d6dd42c8ae7911cc592887fdb"
     "e26a0a5f0bf821cd92986c60b2502c9be3f98a9c133a7e8045ea867e0828c725"
     "2e739321f7c2d65daee4468eb4429efae469a42763f1f94977435d10dccae3e3"
     "dce88d"},
    {DERIVED, 1024,
     "7356cd7720d5b66b6d0697eb3177d9f8d73a4a5c5e968896eb6a689684302706"
     "6c23b601d3ddfb391e90d5c8eccdef4ae2a264bce9e612ba15e2bc9d654af148"
     "1b2e75dbabe615974f1070bba84d56853265a34330b4766f8e75edd1f4a16504"
     "76c10802f22b64bd3919d246ba20a17558bc51c199efdec67e80a227251808d8"
     "ce5bad"},
    {DERIVED, 1025,
     "effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb"
     "5d31013a167509e9066273ab6e2123bc835b408b067d88f96addb550d96b6852"
     "dad38e320b9d940f86db74d398c770f462118b35d2724efa13da97194491d96d"
     "d37c3c09cbef665953f2ee85ec83d88b88d11547a6f911c8217cca46defa2751"
     "e7f3ad"},
    {DERIVED, 16384,
     "160e18b5878cd0df1c3af85eb25a0db5344d43a6fbd7a8ef4ed98d0714c3f7e1"
     "60dc0b1f09caa35f2f417b9ef309dfe5ebd67f4c9507995a531374d099cf8ae3"
     "17542e885ec6f589378864d3ea98716b3bbb65ef4ab5e0ab5bb298a501f19a41"
     "ec19af84a5e6b428ecd813b1a47ed91c9657c3fba11c406bc316768b58f6802c"
     "9e9b57"},
    {DERIVED, 31744,
     "39772aef80e0ebe60596361e45b061e8f417429d529171b6764468c22928e28e"
     "9759adeb797a3fbf771b1bcea30150a020e317982bf0d6e7d14dd9f064bc1102"
     "5c25f31e81bd78a921db0174f03dd481d30e93fd8e90f8b2fee209f849f2d2a5"
     "2f31719a490fb0ba7aea1e09814ee912eba111a9fde9d5c274185f7bae8ba85d"
     "300a2b"},
    {DERIVED, 102400,
     "4652cff7a3f385a6103b5c260fc1593e13c778dbe608efb092fe7ee69df6e9c6"
     "d83a3e041bc3a48df2879f4a0a3ed40e7c961c73eff740f3117a0504c2dff478"
     "6d44fb17f1549eb0ba585e40ec29bf7732f0b7e286ff8acddc4cb1e23b87ff5d"
     "824a986458dcc6a04ac83969b80637562953df51ed1a7e90a7926924d2763778"
     "be8560"},
};

static pyaccel_hash_options blake3_options(blake3_mode mode, uint64_t digest_size)
{
    static const char key[] = "whats the Elvish word for friend";
    static const char context[] = "BLAKE3 2019-12-27 16:29:52 test vectors context";
    pyaccel_hash_options options = {.struct_size = sizeof options, .digest_size = digest_size};
    if (mode == KEYED) {
        options.key = (const uint8_t *)key;
        options.key_size = 32;
    }
    if (mode == DERIVED) {
        options.context = (const uint8_t *)context;
        options.context_size = sizeof context - 1;
    }
    return options;
}

/* Every digest size up to the file's; nothing is written past it. */
static void test_blake3_answers(void)
{
    static uint8_t message[102400];
    for (uint32_t i = 0; i < sizeof message; i++) {
        message[i] = (uint8_t)(i % 251);
    }
    for (size_t i = 0; i < sizeof blake3_answers / sizeof *blake3_answers; i++) {
        uint8_t expected[131], found[3 * 131 + 1];
        CHECK(from_hex(expected, blake3_answers[i].digest) == 131);
        const pyaccel_rows rows = fixed_rows(message, 3, blake3_answers[i].size, 0);
        uint64_t step = blake3_answers[i].size > 2000 ? 33 : 1;
        for (uint64_t d = 131; d > step; d -= step) {
            const pyaccel_hash_options options = blake3_options(blake3_answers[i].mode, d);
            memset(found, 0xaa, sizeof found);
            CHECK(pyaccel_hash_many(found, 3 * d, PYACCEL_HASH_BLAKE3, &rows, 3, &options) ==
                  PYACCEL_OK);
            CHECK(memcmp(found, expected, d) == 0 && memcmp(found + 2 * d, expected, d) == 0);
            CHECK(found[3 * d] == 0xaa);
        }
    }
    CHECK(pyaccel_hash_digest_size(PYACCEL_HASH_BLAKE3) == 32);
}

static void test_blake3_parameters(void)
{
    pyaccel_hash_options bad = blake3_options(KEYED, 32);
    bad.key_size = 31;
    refuse(PYACCEL_HASH_BLAKE3, &bad);
    bad.key_size = 33;
    refuse(PYACCEL_HASH_BLAKE3, &bad);
    bad.key_size = 0;
    refuse(PYACCEL_HASH_BLAKE3, &bad);
    bad.key_size = 32;
    bad.key = NULL;
    refuse(PYACCEL_HASH_BLAKE3, &bad);
    bad = blake3_options(KEYED, 32);
    bad.context = bytes; /* a key and a context, though an empty one */
    refuse(PYACCEL_HASH_BLAKE3, &bad);
    bad = blake3_options(HASH, 32);
    bad.context_size = 1;
    refuse(PYACCEL_HASH_BLAKE3, &bad);
    bad = blake3_options(HASH, (uint64_t)1 << 32);
    uint8_t out[8];
    const pyaccel_rows rows = fixed_rows(bytes, 1, 16, 16);
    memset(out, 0xaa, sizeof out);
    CHECK(pyaccel_hash_many(out, sizeof out, PYACCEL_HASH_BLAKE3, &rows, 1, &bad) ==
          PYACCEL_INVALID_ARGUMENT);
    CHECK(all_bytes(out, 0, sizeof out));
}

int main(void)
{
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)i;
    }
    for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
        bool here = pyaccel_cpu_select(specs[i]) == PYACCEL_OK;
        printf("%s: %s\n", specs[i], here ? "tested" : "can't run here");
        if (here) {
            test_answers();
            test_parameters();
            test_blake3_answers();
            test_blake3_parameters();
        }
    }
    return finish();
}
