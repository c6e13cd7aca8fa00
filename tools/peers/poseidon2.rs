// SPDX-License-Identifier: Apache-2.0
// Known answers of Poseidon2 by zkhash 0.2.0 and Plonky3 0.8.0, for tests/vectors/poseidon/poseidon2_rust.json, and their
// speed: `poseidon2_peer` prints the answers, `poseidon2_peer time` nanoseconds a permutation on one core.
// Cargo: zkhash =0.2.0, ark-ff 0.4, p3-baby-bear, p3-field and p3-symmetric =0.8.0, rand 0.10, rand_xoshiro 0.8.
use ark_ff::{BigInteger, PrimeField as ArkField};
use p3_baby_bear::{
    default_babybear_poseidon2_16, default_babybear_poseidon2_24, BabyBear, Poseidon2BabyBear,
};
use p3_field::{Field, PrimeCharacteristicRing, PrimeField32};
use p3_symmetric::{Permutation, PseudoCompressionFunction, TruncatedPermutation};
use rand::SeedableRng;
use rand_xoshiro::Xoroshiro128Plus;
use std::time::Instant;
use zkhash::merkle_tree::merkle_tree_fp::MerkleTreeHash;
use zkhash::poseidon2::poseidon2::Poseidon2;
use zkhash::poseidon2::{
    poseidon2_instance_babybear::*, poseidon2_instance_bls12::*, poseidon2_instance_bn256::*,
    poseidon2_instance_goldilocks::*, poseidon2_instance_pallas::*, poseidon2_instance_vesta::*,
};

struct SplitMix(u64);
impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        z ^ (z >> 31)
    }
}

fn hex(bytes: impl Iterator<Item = u8>) -> String {
    bytes.map(|b| format!("{b:02x}")).collect()
}

fn show(name: &str, rows: Vec<(String, String)>) {
    let rows: Vec<String> = rows.iter().map(|(a, b)| format!("[\"{a}\", \"{b}\"]")).collect();
    println!("\"{name}\": [\n{}\n],", rows.join(",\n"));
}

fn ark_bytes<F: ArkField>(values: &[F]) -> String {
    let size = ((F::MODULUS_BIT_SIZE as usize) + 7) / 8;
    hex(values.iter().flat_map(|x| {
        let mut bytes = x.into_bigint().to_bytes_le();
        bytes.resize(size.max(if size > 8 { 32 } else { size }), 0);
        bytes
    }))
}

/// Rows: zeros, p - 1 everywhere, then eight at random.
fn ark_rows<F: ArkField>(t: usize, seed: u64) -> Vec<Vec<F>> {
    let mut random = SplitMix(seed);
    let mut rows = vec![vec![F::zero(); t], vec![-F::one(); t]];
    for _ in 0..8 {
        rows.push(
            (0..t)
                .map(|_| {
                    let bytes: Vec<u8> = (0..5).flat_map(|_| random.next().to_le_bytes()).collect();
                    F::from_le_bytes_mod_order(&bytes)
                })
                .collect(),
        );
    }
    rows
}

fn zkhash_set<F: ArkField>(name: &str, hash: Poseidon2<F>, time: bool) {
    let t = hash.get_t();
    if time {
        let mut state = ark_rows::<F>(t, 1)[2].clone();
        let rounds = 4000;
        let mut best = f64::MAX;
        for _ in 0..7 {
            let start = Instant::now();
            for _ in 0..rounds {
                state = hash.permutation(&state);
            }
            best = best.min(start.elapsed().as_secs_f64() / rounds as f64);
        }
        println!("zkhash {name}: {:.0} ns", best * 1e9);
        std::hint::black_box(&state);
        return;
    }
    let rows = ark_rows::<F>(t, t as u64);
    show(name, rows.iter().map(|x| (ark_bytes(x), ark_bytes(&hash.permutation(x)))).collect());
    if t == 3 {
        show(
            &format!("{name}-compress"),
            rows.iter().map(|x| (ark_bytes(&x[..2]), ark_bytes(&[hash.compress(&[&x[0], &x[1]])]))).collect(),
        );
    }
}

fn bear_bytes(values: &[BabyBear]) -> String {
    hex(values.iter().flat_map(|x| x.as_canonical_u32().to_le_bytes()))
}

type Packed = <BabyBear as Field>::Packing;

fn plonky3_set<const T: usize>(
    name: &str,
    hash: impl Permutation<[BabyBear; T]> + Permutation<[Packed; T]>,
    time: bool,
) {
    if time {
        let mut state = [Packed::ONE; T];
        let rounds = 20000;
        let lanes = std::mem::size_of::<Packed>() / 4;
        let mut best = f64::MAX;
        for _ in 0..7 {
            let start = Instant::now();
            for _ in 0..rounds {
                hash.permute_mut(&mut state);
            }
            best = best.min(start.elapsed().as_secs_f64() / (rounds * lanes) as f64);
        }
        println!("plonky3 {name}, {lanes} lanes: {:.1} ns", best * 1e9);
        std::hint::black_box(&state);
        return;
    }
    let mut random = SplitMix(T as u64);
    let mut rows = vec![[BabyBear::ZERO; T], [-BabyBear::ONE; T]];
    for _ in 0..8 {
        rows.push(core::array::from_fn(|_| BabyBear::from_u64(random.next())));
    }
    show(name, rows.iter().map(|x| (bear_bytes(x), bear_bytes(&hash.permute(*x)))).collect());
}

fn plonky3_compress(name: &str, hash: Poseidon2BabyBear<16>) {
    let compress = TruncatedPermutation::<_, 2, 8, 16>::new(hash);
    let mut random = SplitMix(99);
    let mut answers = vec![];
    for _ in 0..8 {
        let halves: [[BabyBear; 8]; 2] =
            core::array::from_fn(|_| core::array::from_fn(|_| BabyBear::from_u64(random.next())));
        answers.push((bear_bytes(&halves.concat()), bear_bytes(&compress.compress(halves))));
    }
    show(&format!("{name}-compress"), answers);
}

fn main() {
    let time = std::env::args().nth(1).as_deref() == Some("time");
    if !time {
        println!("{{");
    }
    zkhash_set("poseidon2-bn254-t3", Poseidon2::new(&POSEIDON2_BN256_PARAMS), time);
    zkhash_set("poseidon2-bls12-381-t2", Poseidon2::new(&POSEIDON2_BLS_2_PARAMS), time);
    zkhash_set("poseidon2-bls12-381-t3", Poseidon2::new(&POSEIDON2_BLS_3_PARAMS), time);
    zkhash_set("poseidon2-bls12-381-t4", Poseidon2::new(&POSEIDON2_BLS_4_PARAMS), time);
    zkhash_set("poseidon2-pallas-t3", Poseidon2::new(&POSEIDON2_PALLAS_3_PARAMS), time);
    zkhash_set("poseidon2-vesta-t3", Poseidon2::new(&POSEIDON2_VESTA_PARAMS), time);
    zkhash_set("poseidon2-goldilocks-t8-horizenlabs", Poseidon2::new(&POSEIDON2_GOLDILOCKS_8_PARAMS), time);
    zkhash_set("poseidon2-goldilocks-t12-horizenlabs", Poseidon2::new(&POSEIDON2_GOLDILOCKS_12_PARAMS), time);
    zkhash_set("poseidon2-babybear-t16-horizenlabs", Poseidon2::new(&POSEIDON2_BABYBEAR_16_PARAMS), time);
    zkhash_set("poseidon2-babybear-t24-horizenlabs", Poseidon2::new(&POSEIDON2_BABYBEAR_24_PARAMS), time);
    let seed = || Xoroshiro128Plus::seed_from_u64(1);
    plonky3_set("poseidon2-babybear-t16-plonky3", default_babybear_poseidon2_16(), time);
    plonky3_set("poseidon2-babybear-t24-plonky3", default_babybear_poseidon2_24(), time);
    if time {
        return;
    }
    plonky3_set("poseidon2-babybear-t16-plonky3-seed1", Poseidon2BabyBear::<16>::new_from_rng_128(&mut seed()), time);
    plonky3_set("poseidon2-babybear-t24-plonky3-seed1", Poseidon2BabyBear::<24>::new_from_rng_128(&mut seed()), time);
    plonky3_compress("poseidon2-babybear-t16-plonky3", default_babybear_poseidon2_16());
    plonky3_compress("poseidon2-babybear-t16-plonky3-seed1", Poseidon2BabyBear::<16>::new_from_rng_128(&mut seed()));
    println!("\"\": []\n}}");
}
