//! Random numbers that come out the same for the same seed.

use std::sync::atomic::{AtomicU64, Ordering};

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// SplitMix64 behind an atomic: shared by all tasks without a lock.
#[derive(Debug)]
pub(crate) struct Seed(AtomicU64);

impl Seed {
    pub(crate) fn new(seed: u64) -> Seed {
        Seed(AtomicU64::new(seed))
    }

    pub(crate) fn next(&self) -> u64 {
        let mut z = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub(crate) fn below(&self, end: u64) -> u64 {
        if end == 0 { 0 } else { self.next() % end }
    }

    /// A number in [0, 1).
    pub(crate) fn fraction(&self) -> f64 {
        let top = u32::try_from(self.next() >> 32).unwrap_or_default();
        f64::from(top) / 4_294_967_296.0
    }

    /// `digits` upper-case hex digits.
    pub(crate) fn hex(&self, digits: usize) -> String {
        let mut out = String::with_capacity(digits + 16);
        while out.len() < digits {
            out.push_str(&format!("{:016X}", self.next()));
        }
        out.truncate(digits);
        out
    }

    /// `length` characters of the base64 alphabet.
    pub(crate) fn base64(&self, length: usize) -> String {
        (0..length).map(|_| char::from(BASE64[(self.next() % 64) as usize])).collect()
    }

    /// A lower-case ULID whose time part is `ms`.
    pub(crate) fn ulid(&self, ms: i64) -> String {
        let time = u128::try_from(ms).unwrap_or_default() << 80;
        let noise = (u128::from(self.next()) << 64 | u128::from(self.next())) & ((1 << 80) - 1);
        let all = time | noise;
        (0..26).rev().map(|n| char::from(CROCKFORD[((all >> (n * 5)) & 31) as usize])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers() {
        let (one, two) = (Seed::new(7), Seed::new(7));
        assert_eq!((one.next(), one.hex(20)), (two.next(), two.hex(20)));
        assert_ne!(Seed::new(7).next(), Seed::new(8).next());
    }

    #[test]
    fn a_ulid_begins_with_its_time() {
        let ulid = Seed::new(1).ulid(1_795_393_214_568);
        assert_eq!(ulid.len(), 26);
        assert!(ulid.starts_with("01m82wcp38"), "{ulid}");
    }
}
