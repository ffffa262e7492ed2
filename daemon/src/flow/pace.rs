//! How long a person would type an answer.

use std::time::Duration;

const THINK_MS: u64 = 700;
const CHARACTER_MS: u64 = 35;
const TYPING_MS_MIN: u64 = 1_200;
const TYPING_MS_MAX: u64 = 9_000;

/// How long to type `text`, with a jitter of a quarter either way that hangs on `seed` alone.
#[must_use]
pub fn typing(text: &str, seed: u64) -> Duration {
    let characters = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
    let plain = characters.saturating_mul(CHARACTER_MS).saturating_add(THINK_MS).clamp(TYPING_MS_MIN, TYPING_MS_MAX);
    let spread = plain / 2;
    Duration::from_millis(plain - plain / 4 + seed % (spread + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longer_answers_take_longer_within_bounds() {
        let (short, long) = (typing("ok", 7), typing(&"word ".repeat(40), 7));
        assert!(short < long);
        for seed in 0..5_000 {
            let typed = typing(&"word ".repeat(400), seed).as_millis();
            assert!((6_750..=11_250).contains(&typed), "{typed}");
        }
    }
}
