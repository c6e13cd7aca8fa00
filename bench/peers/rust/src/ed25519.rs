// SPDX-License-Identifier: Apache-2.0
//! Ed25519 verification by well-known crates, from bytes to verdicts.
//!
//! A row is key (32 bytes), signature (64) and message. A verdict is a byte, 1 or 0; a batch gives all its rows one.
//! Nothing is kept between passes: keys and signatures are parsed within each.

use commonware_codec::{Copying, DecodeExt};
use commonware_cryptography::{BatchEntry, BatchVerifier};
use commonware_cryptography_curve25519::signing as commonware;
use commonware_parallel::Sequential;
use ed25519_dalek as dalek;
use ed25519_zebra as zebra;
use rand::rngs::ThreadRng;

pub const KEY_AND_SIGNATURE: usize = 96;

struct Row<'a> {
    key: &'a [u8; 32],
    signature: &'a [u8; 64],
    message: &'a [u8],
}

fn rows(data: &[u8], width: usize) -> impl Iterator<Item = Row<'_>> {
    data.chunks_exact(width).map(|row| Row {
        key: row[..32].try_into().unwrap(),
        signature: row[32..96].try_into().unwrap(),
        message: &row[96..],
    })
}

fn dalek_one(row: Row, strict: bool) -> bool {
    use dalek::Verifier;
    let signature = dalek::Signature::from_bytes(row.signature);
    dalek::VerifyingKey::from_bytes(row.key).is_ok_and(|key| {
        let verdict =
            if strict { key.verify_strict(row.message, &signature) } else { key.verify(row.message, &signature) };
        verdict.is_ok()
    })
}

fn dalek_batch(data: &[u8], width: usize) -> bool {
    let messages: Vec<&[u8]> = rows(data, width).map(|row| row.message).collect();
    let signatures: Vec<_> = rows(data, width).map(|row| dalek::Signature::from_bytes(row.signature)).collect();
    let keys: Result<Vec<_>, _> = rows(data, width).map(|row| dalek::VerifyingKey::from_bytes(row.key)).collect();
    keys.is_ok_and(|keys| dalek::verify_batch(&messages, &signatures, &keys).is_ok())
}

fn zebra_batch(data: &[u8], width: usize) -> bool {
    let mut batch = zebra::batch::Verifier::new();
    for row in rows(data, width) {
        let signature = zebra::Signature::from_bytes(row.signature);
        batch.queue((zebra::VerificationKeyBytes::from(*row.key), signature, row.message));
    }
    batch.verify(ThreadRng::default()).is_ok()
}

/// What its namespaces sign is a length, the namespace and the message: the first byte of a row's message, 0, is the
/// length of an empty one.
fn commonware_batch(data: &[u8], width: usize) -> bool {
    let items: Option<Vec<_>> = rows(data, width)
        .map(|row| {
            let key = commonware::VerifyingKey::decode(Copying(row.key)).ok()?;
            let signature = commonware::Signature::decode(Copying(row.signature)).ok()?;
            (row.message.first() == Some(&0)).then(|| (key, signature, &row.message[1..]))
        })
        .collect();
    items.is_some_and(|items| {
        commonware::VerifyingKey::verify_batch(
            &mut ThreadRng::default(),
            &items,
            |_, (key, signature, message)| BatchEntry { namespace: b"", message, public_key: key, signature },
            &Sequential,
        )
    })
}

/// Verdicts of all rows; None: no such work.
pub fn run(work: &str, data: &[u8], width: usize, out: &mut Vec<u8>) -> Option<()> {
    let batch: fn(&[u8], usize) -> bool = match work {
        "dalek-batch" => dalek_batch,
        "zebra-batch" => zebra_batch,
        "commonware-batch" => commonware_batch,
        "dalek" | "dalek-strict" => {
            out.clear();
            out.extend(rows(data, width).map(|row| u8::from(dalek_one(row, work == "dalek-strict"))));
            return Some(());
        }
        _ => return None,
    };
    let verdict = u8::from(batch(data, width));
    out.clear();
    out.resize(data.len() / width, verdict);
    Some(())
}
