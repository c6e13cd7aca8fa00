// SPDX-License-Identifier: Apache-2.0
//! Hash functions and Ed25519 of well-known crates, timed on demand: one line of standard input, one line of answer.
//!
//!     load PATH WIDTH      ok N                 rows of WIDTH bytes from a file
//!     sum WORK             hex                  SHA-256 of the outputs of all rows, one after the other
//!     time WORK REPEATS    nanoseconds          of REPEATS passes over the rows
//!
//! The outputs' memory is allocated before the clock starts.

mod ed25519;

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

use blake3::platform::Platform;
use blake3::IncrementCounter;
use sha2::Digest;

type Variant = unsafe extern "C" fn(*mut u8, *const u8, u64);

// Of the hashtree that the crate hashtree-rs builds; the crate itself names only the dispatched one.
#[cfg(target_arch = "x86_64")]
extern "C" {
    fn hashtree_sha256_shani_x2(out: *mut u8, blocks: *const u8, count: u64);
    fn hashtree_sha256_avx2_x8(out: *mut u8, blocks: *const u8, count: u64);
    fn hashtree_sha256_avx512_x16(out: *mut u8, blocks: *const u8, count: u64);
}

unsafe extern "C" fn hashtree_dispatched(out: *mut u8, blocks: *const u8, count: u64) {
    let (n, out, blocks) = unsafe {
        let n = count as usize;
        (n, std::slice::from_raw_parts_mut(out, 32 * n), std::slice::from_raw_parts(blocks, 64 * n))
    };
    hashtree_rs::hash(out, blocks, n);
}

#[cfg(target_arch = "x86_64")]
fn variant(name: &str) -> Option<Variant> {
    match name {
        "auto" => Some(hashtree_dispatched),
        "shani_x2" if std::is_x86_feature_detected!("sha") => Some(hashtree_sha256_shani_x2),
        "avx2_x8" if std::is_x86_feature_detected!("avx2") => Some(hashtree_sha256_avx2_x8),
        "avx512_x16" if std::is_x86_feature_detected!("avx512vl") => Some(hashtree_sha256_avx512_x16),
        _ => None,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn variant(name: &str) -> Option<Variant> {
    (name == "auto").then_some(hashtree_dispatched as Variant)
}

#[derive(Default)]
struct Rows {
    data: Vec<u8>,
    width: usize,
}

impl Rows {
    fn count(&self) -> usize {
        self.data.len() / self.width
    }
}

fn each<D: Digest>(rows: &Rows, out: &mut Vec<u8>) {
    out.clear();
    for row in rows.data.chunks_exact(rows.width) {
        out.extend_from_slice(&D::digest(row));
    }
}

fn hash160(rows: &Rows, out: &mut Vec<u8>) {
    out.clear();
    for row in rows.data.chunks_exact(rows.width) {
        out.extend_from_slice(&ripemd::Ripemd160::digest(sha2::Sha256::digest(row)));
    }
}

fn blake3_each(rows: &Rows, out: &mut Vec<u8>) {
    out.clear();
    for row in rows.data.chunks_exact(rows.width) {
        out.extend_from_slice(blake3::hash(row).as_bytes());
    }
}

/// The crate's own lanes over messages of one block each: chaining values of root blocks are digests.
fn blake3_many(rows: &Rows, out: &mut Vec<u8>) {
    const IV: [u32; 8] = [
        0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
    ];
    const CHUNK_START_END_ROOT: u8 = 1 | 2 | 8;
    let (blocks, _) = rows.data.as_chunks::<64>();
    let platform = Platform::detect();
    out.resize(32 * blocks.len(), 0);
    for (some, digests) in blocks.chunks(256).zip(out.chunks_mut(256 * 32)) {
        let mut inputs = [&blocks[0]; 256];
        for (input, block) in inputs.iter_mut().zip(some) {
            *input = block;
        }
        let inputs = &inputs[..some.len()];
        platform.hash_many(inputs, &IV, 0, IncrementCounter::No, 0, CHUNK_START_END_ROOT, 0, digests);
    }
}

/// Jobs of the crates' own lanes; as many at a time as fill them often.
fn blake2b_many(rows: &Rows, out: &mut Vec<u8>) {
    use blake2b_simd::many::{hash_many, HashManyJob};
    let params = blake2b_simd::Params::new();
    out.clear();
    for some in rows.data.chunks(64 * rows.width) {
        let mut jobs: Vec<HashManyJob> =
            some.chunks_exact(rows.width).map(|row| HashManyJob::new(&params, row)).collect();
        hash_many(jobs.iter_mut());
        for job in &jobs {
            out.extend_from_slice(job.to_hash().as_bytes());
        }
    }
}

fn blake2s_many(rows: &Rows, out: &mut Vec<u8>) {
    use blake2s_simd::many::{hash_many, HashManyJob};
    let params = blake2s_simd::Params::new();
    out.clear();
    for some in rows.data.chunks(64 * rows.width) {
        let mut jobs: Vec<HashManyJob> =
            some.chunks_exact(rows.width).map(|row| HashManyJob::new(&params, row)).collect();
        hash_many(jobs.iter_mut());
        for job in &jobs {
            out.extend_from_slice(job.to_hash().as_bytes());
        }
    }
}

fn nodes(function: Variant, rows: &Rows, out: &mut Vec<u8>) {
    out.resize(32 * rows.count(), 0);
    unsafe { function(out.as_mut_ptr(), rows.data.as_ptr(), rows.count() as u64) }
}

/// The root over 32-byte leaves, layer by layer; their number is a power of two.
fn root(function: Variant, rows: &Rows, out: &mut Vec<u8>) {
    let mut count = rows.count() / 2;
    out.resize(32 * count, 0);
    unsafe {
        function(out.as_mut_ptr(), rows.data.as_ptr(), count as u64);
        while count > 1 {
            count /= 2;
            // In place: a digest is written where its block, or one before it, was read.
            function(out.as_mut_ptr(), out.as_ptr(), count as u64);
        }
    }
    out.truncate(32);
}

fn run(work: &str, rows: &Rows, out: &mut Vec<u8>) -> Result<(), String> {
    match work.split_once(':') {
        None => match work {
            "sha256" => each::<sha2::Sha256>(rows, out),
            "sha512" => each::<sha2::Sha512>(rows, out),
            "sha3-256" => each::<sha3::Sha3_256>(rows, out),
            "keccak256" => each::<sha3::Keccak256>(rows, out),
            "sm3" => each::<sm3::Sm3>(rows, out),
            "blake2b-512" => each::<blake2::Blake2b512>(rows, out),
            "ripemd160" => each::<ripemd::Ripemd160>(rows, out),
            "hash160" => hash160(rows, out),
            "blake3" => blake3_each(rows, out),
            "blake2b-many" => blake2b_many(rows, out),
            "blake2s-many" => blake2s_many(rows, out),
            "blake3-many" if rows.width == 64 => blake3_many(rows, out),
            _ => return Err(format!("no work {work}")),
        },
        Some(("ed25519", name)) if rows.width >= ed25519::KEY_AND_SIGNATURE => {
            ed25519::run(name, &rows.data, rows.width, out).ok_or(format!("no work {work}"))?;
        }
        Some((kind, name)) => {
            let function = variant(name).ok_or(format!("no variant {name} on this CPU"))?;
            match kind {
                "hashtree" if rows.width == 64 => nodes(function, rows, out),
                "hashtree-root" if rows.width == 32 => root(function, rows, out),
                _ => return Err(format!("no work {work}")),
            }
        }
    }
    Ok(())
}

fn answer(request: &str, rows: &mut Rows, out: &mut Vec<u8>) -> Result<String, String> {
    let words: Vec<&str> = request.split_whitespace().collect();
    match words[..] {
        ["load", path, width] => {
            rows.data = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
            rows.width = width.parse().map_err(|_| format!("width {width}"))?;
            Ok(format!("ok {}", rows.count()))
        }
        ["sum", work] => {
            run(work, rows, out)?;
            Ok(sha2::Sha256::digest(&out[..]).iter().map(|byte| format!("{byte:02x}")).collect())
        }
        ["time", work, repeats] => {
            let repeats: u32 = repeats.parse().map_err(|_| format!("repeats {repeats}"))?;
            let start = Instant::now();
            for _ in 0..repeats {
                run(work, black_box(rows), out)?;
                black_box(&out);
            }
            Ok(start.elapsed().as_nanos().to_string())
        }
        _ => Err(format!("no request {request}")),
    }
}

fn main() {
    hashtree_rs::init();
    let (mut rows, mut out) = (Rows::default(), Vec::new());
    for line in std::io::stdin().lock().lines() {
        let reply = answer(&line.unwrap(), &mut rows, &mut out).unwrap_or_else(|error| format!("error {error}"));
        println!("{reply}");
        std::io::stdout().flush().unwrap();
    }
}
