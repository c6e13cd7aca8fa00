// SPDX-License-Identifier: Apache-2.0
// Verifies a batch of Ed25519 signatures (RFC 8032, 7.1, tests 1 to 3) under a named rule, the last over another message.
// The keys are made ready once, as of validators who sign again and again.
//
//     c++ -std=c++17 main.cpp $(pkg-config --cflags --libs pyaccel) -o verify && ./verify
#include <array>
#include <cstdint>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <pyaccel.h>

namespace
{

void check(pyaccel_status status)
{
    if (status != PYACCEL_OK) {
        throw std::runtime_error(pyaccel_status_text(status));
    }
}

std::vector<std::uint8_t> bytes(const std::string &hex)
{
    std::vector<std::uint8_t> result;
    for (std::size_t at = 0; at < hex.size(); at += 2) {
        result.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(at, 2), nullptr, 16)));
    }
    return result;
}

// Rows of one width that lie one after the other. They are read during the call alone.
pyaccel_rows fixed(const std::vector<std::uint8_t> &data, std::uint64_t width)
{
    pyaccel_rows rows{};
    rows.data = data.data();
    rows.data_size = data.size();
    rows.width = rows.stride = width;
    return rows;
}

struct FreeKeys {
    void operator()(pyaccel_prepared_keys *keys) const
    {
        pyaccel_prepared_keys_free(keys);
    }
};
using PreparedKeys = std::unique_ptr<pyaccel_prepared_keys, FreeKeys>;

PreparedKeys prepared(const std::vector<std::uint8_t> &keys)
{
    const pyaccel_rows rows = fixed(keys, 32);
    pyaccel_prepared_keys *handle = nullptr;
    check(pyaccel_prepared_keys_new(&handle, PYACCEL_SCHEME_ED25519, &rows, keys.size() / 32,
                                    nullptr));
    return PreparedKeys(handle);
}

void verify()
{
    const PreparedKeys keys =
        prepared(bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
                       "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
                       "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"));
    const std::vector<std::uint8_t> signatures =
        bytes("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
              "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
              "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
              "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
              "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
              "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
    // "", "r", and one byte of the third message's two: rows of several lengths have offsets.
    const std::array<std::uint8_t, 2> text{0x72, 0xaf};
    const std::array<std::uint32_t, 4> offsets{0, 0, 1, 2};
    pyaccel_rows messages{};
    messages.data = text.data();
    messages.data_size = text.size();
    messages.offsets = offsets.data();
    messages.offset_bits = 32;

    pyaccel_verify_options options{};
    options.struct_size = sizeof options;
    options.rule = PYACCEL_RULE_DALEK_STRICT;
    options.prepared = keys.get();
    std::array<std::uint8_t, 3> verdicts{};
    const pyaccel_rows rows = fixed(signatures, 64);
    check(pyaccel_verify_many(verdicts.data(), PYACCEL_SCHEME_ED25519, nullptr, &messages, &rows,
                              verdicts.size(), &options));
    std::cout << "verdicts:";
    for (const std::uint8_t verdict : verdicts) {
        std::cout << ' ' << int{verdict};
    }
    std::cout << '\n';
}

} // namespace

int main()
try {
    verify();
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
