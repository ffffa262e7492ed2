//! Several texts of one campaign, to compare: who gets which of them, and whether a difference means anything.

use super::campaign::CampaignCounts;
use crate::ids::RecipientId;

/// The most texts that one campaign has, the first one counted.
pub const TEXTS_MAX: usize = 5;

/// Fewer people than this who got a text tell nothing about it.
const PEOPLE_MIN: i64 = 30;
/// So many on each side of each text are needed for the comparison to hold.
const EACH_SIDE_MIN: f64 = 5.0;

/// What people call a text: `A` is the first.
#[must_use]
pub fn label(variant: usize) -> String {
    u8::try_from(variant).ok().filter(|at| *at < 26).map_or_else(|| "?".to_owned(), |at| char::from(b'A' + at).into())
}

/// The text that people call so.
#[must_use]
pub fn of_label(text: &str) -> Option<usize> {
    (0..TEXTS_MAX).find(|variant| label(*variant).eq_ignore_ascii_case(text.trim()))
}

/// Which of so many texts a recipient gets: the same one whenever it is asked, and each text for as many people.
#[must_use]
pub fn draw(recipient: RecipientId, texts: usize) -> usize {
    let bytes = recipient.bytes();
    (usize::from(u16::from_be_bytes([bytes[14], bytes[15]])) * texts.max(1)) >> 16
}

/// The last two bytes of an id from which on [`draw`] gives this text or a later one; three where none does.
#[must_use]
pub fn begins(variant: usize, texts: usize) -> Vec<u8> {
    match u16::try_from((variant << 16).div_ceil(texts.max(1))) {
        Ok(first) if variant < texts => first.to_be_bytes().to_vec(),
        _ => vec![0xff; 3],
    }
}

/// How a text did: so many people got it, and with so many it had the effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arm {
    /// People who got it.
    pub people: i64,
    /// Of them, those with whom it had the effect.
    pub hits: i64,
}

/// What a comparison tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing yet.
    TooFew,
    /// No text is better as far as can be told.
    Alike,
    /// This one is better than each of the others.
    Better(usize),
}

impl Verdict {
    /// The same in words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::TooFew => "too few to tell".to_owned(),
            Self::Alike => "no difference that means anything".to_owned(),
            Self::Better(variant) => format!("{} is better", label(variant)),
        }
    }
}

/// Is the best text better than the second best, or is that chance? A test of two proportions, at 5 % over all pairs.
#[must_use]
pub fn compare(arms: &[Arm]) -> Verdict {
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 people are on a list")]
    let share = |hits: i64, people: i64| hits as f64 / people as f64;
    if arms.len() < 2 || arms.iter().any(|arm| arm.people < PEOPLE_MIN) {
        return Verdict::TooFew;
    }
    let mut order: Vec<usize> = (0..arms.len()).collect();
    order.sort_by(|a, b| share(arms[*b].hits, arms[*b].people).total_cmp(&share(arms[*a].hits, arms[*a].people)));
    let (best, second) = (arms[order[0]], arms[order[1]]);
    let pooled = share(best.hits + second.hits, best.people + second.people);
    #[expect(clippy::cast_precision_loss, reason = "fewer than 2^52 people are on a list")]
    let (first, other) = (best.people as f64, second.people as f64);
    if first.min(other) * pooled.min(1.0 - pooled) < EACH_SIDE_MIN {
        return Verdict::TooFew;
    }
    let spread = (pooled * (1.0 - pooled) * (1.0 / first + 1.0 / other)).sqrt();
    let distance = (share(best.hits, best.people) - share(second.hits, second.people)) / spread;
    // The more texts, the more often the best one is so by chance: 5 % over 1, 3, 6 and 10 pairs.
    let needed = match arms.len() {
        2 => 1.960,
        3 => 2.394,
        4 => 2.638,
        _ => 2.807,
    };
    if distance >= needed { Verdict::Better(order[0]) } else { Verdict::Alike }
}

/// Those on a device of whom it arrived, seen or not.
#[must_use]
pub const fn delivered(counts: &CampaignCounts) -> Arm {
    Arm { people: counts.gone_out(), hits: counts.delivered + counts.read + counts.replied }
}

/// Those who saw it.
#[must_use]
pub const fn read(counts: &CampaignCounts) -> Arm {
    Arm { people: counts.gone_out(), hits: counts.read + counts.replied }
}

/// Those who wrote back.
#[must_use]
pub const fn replied(counts: &CampaignCounts) -> Arm {
    Arm { people: counts.gone_out(), hits: counts.replied }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(last: u16) -> RecipientId {
        let mut bytes = [7; 16];
        bytes[14..].copy_from_slice(&last.to_be_bytes());
        RecipientId::from_bytes(bytes)
    }

    #[test]
    fn each_text_is_for_as_many_people_and_always_for_the_same() {
        for texts in 1..=TEXTS_MAX {
            let mut people = vec![0u32; texts];
            for last in 0..=u16::MAX {
                let drawn = draw(id(last), texts);
                people[drawn] += 1;
                let tail = last.to_be_bytes();
                let by_bounds = (1..TEXTS_MAX).filter(|variant| tail[..] >= begins(*variant, texts)[..]).count();
                assert_eq!(drawn, by_bounds, "{last} of {texts}");
            }
            let (least, most) = (people.iter().min(), people.iter().max());
            assert!(most.unwrap() - least.unwrap() <= 1, "{people:?}");
        }
    }

    #[test]
    fn labels_are_letters() {
        assert_eq!((label(0), label(4), label(99)), ("A".into(), "E".into(), "?".into()));
        for (text, variant) in [("A", Some(0)), (" b ", Some(1)), ("E", Some(4)), ("F", None), ("AB", None), ("", None)]
        {
            assert_eq!(of_label(text), variant, "{text}");
        }
    }

    #[test]
    fn a_difference_is_told_only_where_it_means_anything() {
        use Verdict::{Alike, Better, TooFew};
        for (arms, verdict) in [
            (vec![], TooFew),
            (vec![(100, 50)], TooFew),
            (vec![(10, 0), (10, 10)], TooFew),
            (vec![(1000, 0), (1000, 3)], TooFew),
            (vec![(1000, 1000), (1000, 1000)], TooFew),
            (vec![(100, 20), (100, 25)], Alike),
            (vec![(100, 20), (100, 40)], Better(1)),
            (vec![(100, 40), (100, 20)], Better(0)),
            (vec![(5000, 500), (5000, 570)], Better(1)),
            (vec![(5000, 500), (5000, 540)], Alike),
            (vec![(500, 50), (500, 75), (500, 40)], Alike),
            (vec![(500, 50), (500, 85), (500, 40)], Better(1)),
            (vec![(500, 50), (500, 85), (9, 1)], TooFew),
        ] {
            let arms: Vec<Arm> = arms.into_iter().map(|(people, hits)| Arm { people, hits }).collect();
            assert_eq!(compare(&arms), verdict, "{arms:?}");
        }
        assert_eq!(Better(1).words(), "B is better");
    }
}
