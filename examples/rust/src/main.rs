// SPDX-License-Identifier: Apache-2.0
//! Verifies a batch of Ed25519 signatures (RFC 8032, 7.1, tests 1 to 3) under a named rule, the last over another message.
//!
//!     PKG_CONFIG_PATH=PREFIX/lib/pkgconfig cargo run
use std::ffi::{c_char, c_void, CStr};
use std::mem::size_of;
use std::ptr::{null, null_mut};

/* What pyaccel/core.h and pyaccel/verify.h declare. */
#[repr(C)]
struct Rows {
    data: *const u8,
    data_size: u64,
    offsets: *const c_void,
    offset_bits: u32,
    reserved: u32,
    width: u64,
    stride: u64,
}

#[repr(C)]
struct VerifyOptions {
    struct_size: usize,
    rule: u32,
    message_hash: u32,
    key_format: u32,
    signature_format: u32,
    identity: *const Rows,
    prepared: *const c_void,
    key_index: *const u32,
    key_count: u64,
    reasons: *mut u8,
    threads: u32,
    reserved: u32,
    progress: Option<extern "C" fn(*mut c_void, u64, u64) -> i32>,
    user: *mut c_void,
    cache: *mut c_void,
}

const OK: u32 = 0;
const SCHEME_ED25519: u32 = 1;
const RULE_DALEK_STRICT: u32 = 4;

extern "C" {
    fn pyaccel_verify_many(
        verdicts: *mut u8,
        scheme: u32,
        public_keys: *const Rows,
        messages: *const Rows,
        signatures: *const Rows,
        n: u64,
        options: *const VerifyOptions,
    ) -> u32;
    fn pyaccel_status_text(status: u32) -> *const c_char;
}

/// Rows of one width that lie one after the other.
fn fixed(data: &[u8], width: u64) -> Rows {
    let data_size = data.len() as u64;
    Rows {
        data: data.as_ptr(),
        data_size,
        offsets: null(),
        offset_bits: 0,
        reserved: 0,
        width,
        stride: width,
    }
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
        .collect()
}

fn main() {
    let keys = bytes(concat!(
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    ));
    let signatures = bytes(concat!(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ));
    /* "", "r", and one byte of the third message's two: rows of several lengths have offsets. */
    let text = [0x72u8, 0xaf];
    let offsets = [0u32, 0, 1, 2];
    let messages = Rows {
        offsets: offsets.as_ptr().cast(),
        offset_bits: 32,
        stride: 0,
        ..fixed(&text, 0)
    };

    let options = VerifyOptions {
        struct_size: size_of::<VerifyOptions>(),
        rule: RULE_DALEK_STRICT,
        message_hash: 0,
        key_format: 0,
        signature_format: 0,
        identity: null(),
        prepared: null(),
        key_index: null(),
        key_count: 0,
        reasons: null_mut(),
        threads: 0,
        reserved: 0,
        progress: None,
        user: null_mut(),
        cache: null_mut(),
    };
    let mut verdicts = [0u8; 3];
    /* SAFETY: every pointer is of three rows that outlive the call, and the layouts are the header's. */
    let status = unsafe {
        pyaccel_verify_many(
            verdicts.as_mut_ptr(),
            SCHEME_ED25519,
            &fixed(&keys, 32),
            &messages,
            &fixed(&signatures, 64),
            3,
            &options,
        )
    };
    if status != OK {
        /* SAFETY: the text is a constant of the library. */
        let text = unsafe { CStr::from_ptr(pyaccel_status_text(status)) };
        eprintln!("{}", text.to_string_lossy());
        std::process::exit(1);
    }
    println!("verdicts: {verdicts:?}");
}
