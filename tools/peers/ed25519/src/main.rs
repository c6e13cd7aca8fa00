// SPDX-License-Identifier: Apache-2.0
// Verdicts of Ed25519 crates, one by one: a line KEY MESSAGE SIGNATURE in hex in, a line with 1 (valid) or 0 of each of the
// verifiers named in the arguments out. Without arguments: their names, and the crates that Cargo.toml pins.
use std::io::{BufRead, Write};

type Verifier = fn(&[u8; 32], &[u8], &[u8; 64]) -> bool;

fn dalek_strict(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    ed25519_dalek::VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok()
    })
}

fn dalek_plain(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    use ed25519_dalek::Verifier;
    ed25519_dalek::VerifyingKey::from_bytes(key)
        .is_ok_and(|key| key.verify(message, &ed25519_dalek::Signature::from_bytes(signature)).is_ok())
}

fn dalek_3_strict(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    ed25519_dalek_3::VerifyingKey::from_bytes(key).is_ok_and(|key| {
        key.verify_strict(message, &ed25519_dalek_3::Signature::from_bytes(signature)).is_ok()
    })
}

fn zebra(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    ed25519_zebra::VerificationKey::try_from(*key)
        .is_ok_and(|key| key.verify(&ed25519_zebra::Signature::from(*signature), message).is_ok())
}

fn consensus(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    ed25519_consensus::VerificationKey::try_from(*key)
        .is_ok_and(|key| key.verify(&ed25519_consensus::Signature::from(*signature), message).is_ok())
}

const VERIFIERS: [(&str, &str, Verifier); 5] = [
    ("dalek-strict", "ed25519-dalek 2.2.0, verify_strict", dalek_strict),
    ("dalek", "ed25519-dalek 2.2.0, verify", dalek_plain),
    ("dalek-3-strict", "ed25519-dalek 3.0.0, verify_strict", dalek_3_strict),
    ("zebra", "ed25519-zebra 5.0.0", zebra),
    ("consensus", "ed25519-consensus 2.1.0", consensus),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).expect("hex")).collect()
}

fn main() -> std::io::Result<()> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if wanted.is_empty() {
        for (name, version, _) in VERIFIERS {
            writeln!(out, "{name}\t{version}")?;
        }
        return Ok(());
    }
    let verifiers: Vec<Verifier> = wanted
        .iter()
        .map(|name| VERIFIERS.iter().find(|row| row.0 == name).expect("a verifier's name").2)
        .collect();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let fields: Vec<Vec<u8>> = line.split(' ').map(bytes).collect();
        let verdict = |verify: &Verifier| match (fields[0].as_slice().try_into(), fields[2].as_slice().try_into()) {
            (Ok(key), Ok(signature)) => verify(key, &fields[1], signature),
            _ => false,
        };
        let verdicts: String = verifiers.iter().map(|v| if verdict(v) { '1' } else { '0' }).collect();
        writeln!(out, "{verdicts}")?;
    }
    Ok(())
}
