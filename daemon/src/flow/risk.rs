//! How likely a campaign is to get its number into trouble, and what to do about it, in words.

use std::time::Duration;

use mychatflow_data::model::campaign::Risk;
use mychatflow_data::model::governor::Limits;
use mychatflow_data::model::instance::Verdict;
use mychatflow_data::model::new_chats::NewChatCapping;

use super::foreign_placeholders::placeholder_warnings;

// WhatsApp tells nobody its rules. These are where people report trouble, and what WAHA's guide warns of.

/// So many new people out of nothing get numbers restricted (Baileys#2800).
const NEWCOMERS_HIGH: i64 = 100;
const NEWCOMERS_MEDIUM: i64 = 30;
/// A number is new for so long.
const YOUNG: Duration = Duration::from_secs(7 * 24 * 3600);
/// So few are no campaign.
const FEW: i64 = 20;
/// The same words to so many are a pattern.
const SAME_WORDS: i64 = 50;
/// Without caps so many go out in one go (waha#1717).
const UNCAPPED: i64 = 100;
/// Fewer chats tell nothing of how people answer.
const CHATS_MIN: i64 = 20;
/// In a chat history where fewer answer, in per cent, people do not want to hear from the number.
const ANSWERED_PERCENT: i64 = 20;
/// People who asked for silence lately, and in per cent of what was sent.
const OPT_OUTS_MIN: i64 = 3;
const OPT_OUTS_PERCENT: i64 = 2;
/// So many things to look at are together a high risk.
const TOGETHER: usize = 3;
/// Links that hide where they lead.
const SHORTENERS: &[&str] =
    &["bit.ly/", "tinyurl.com/", "t.co/", "goo.gl/", "is.gd/", "ow.ly/", "cutt.ly/", "rb.gy/", "shorturl.at/", "t.ly/"];

/// What the risk is made of.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'f> {
    /// Those who get it.
    pub audience: i64,
    /// Of them, people with whom nothing was ever written.
    pub newcomers: i64,
    /// Every text of it.
    pub texts: &'f [&'f str],
    /// The pace allowed.
    pub limits: Limits,
    /// What we think of the number.
    pub verdict: Verdict,
    /// How long it has been paired; `None` when it never was.
    pub age: Option<Duration>,
    /// Chats in which we wrote.
    pub chats: i64,
    /// Those of them in which the customer wrote, too.
    pub answered: i64,
    /// Messages of campaigns lately.
    pub sent_lately: i64,
    /// People who asked for silence lately.
    pub opted_out_lately: i64,
    /// What WhatsApp says of the new chats that the number may start, and how many are left.
    pub new_chats: Option<(&'f NewChatCapping, i64)>,
}

/// One thing to look at.
type Found = Option<(Risk, String)>;

fn medium(text: impl Into<String>) -> Found {
    Some((Risk::Medium, text.into()))
}

fn high(text: impl Into<String>) -> Found {
    Some((Risk::High, text.into()))
}

fn number(facts: &Facts<'_>) -> Found {
    match facts.verdict {
        Verdict::Restricted => high("WhatsApp restricts this number now: wait until that is over"),
        Verdict::Suspect => high("what this number sends may not arrive: find out why first, see instance show"),
        Verdict::Dead => medium("the number is not connected: nothing goes out before it is"),
        Verdict::Healthy | Verdict::Quiet => None,
    }
}

fn newcomers(facts: &Facts<'_>) -> Found {
    let Facts { audience, newcomers, .. } = *facts;
    let share = newcomers * 100 / audience.max(1);
    let told = format!("{newcomers} of {audience} people never heard from you: begin with those who know you");
    if facts.limits.new_people_per_day.is_none() && newcomers >= NEWCOMERS_MEDIUM {
        return high(format!("{told}, and set campaign.new_people_per_day"));
    }
    match (newcomers, share) {
        (NEWCOMERS_HIGH.., 50..) => high(told),
        (NEWCOMERS_MEDIUM.., 20..) | (NEWCOMERS_HIGH.., _) => medium(told),
        _ => None,
    }
}

fn new_chats(facts: &Facts<'_>) -> Found {
    let (told, left) = facts.new_chats?;
    match (left, facts.newcomers) {
        (_, 0) => None,
        (0, _) => high(format!("WhatsApp lets this number start no more new chats ({told}): new people wait")),
        (left, newcomers) if left < newcomers => {
            medium(format!("WhatsApp lets this number start {left} more new chats ({told}): the other new people wait"))
        }
        _ => None,
    }
}

fn age(facts: &Facts<'_>) -> Found {
    let young = facts.age.is_none_or(|age| age < YOUNG);
    match (young && facts.audience > FEW, facts.newcomers > FEW) {
        (true, true) => {
            high("the number was paired less than a week ago: let it chat for a while before it sends in bulk")
        }
        (true, false) => medium("the number was paired less than a week ago: begin with a small list"),
        (false, _) => None,
    }
}

fn pace(facts: &Facts<'_>) -> Found {
    if facts.limits.gap.is_none() && facts.audience > FEW {
        return high("there is no gap between messages: set campaign.gap_s, 30 to 60 seconds is what people do");
    }
    let capped = facts.limits.per_hour.is_some() && facts.limits.per_day.is_some();
    if capped || facts.audience <= UNCAPPED {
        None
    } else {
        medium("there is no cap: set campaign.per_hour and per_day")
    }
}

fn placeholders(facts: &Facts<'_>) -> Found {
    let warnings = placeholder_warnings(facts.texts.iter().copied());
    if warnings.is_empty() { None } else { high(warnings.join("; ")) }
}

fn links(facts: &Facts<'_>) -> Found {
    let texts = || facts.texts.iter().map(|text| text.to_lowercase());
    let short = |text: &str| {
        SHORTENERS.iter().any(|host| {
            let mut found = text.match_indices(host);
            found.any(|(at, _)| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-'))
        })
    };
    if texts().any(|text| short(&text)) {
        return medium("the text has a link that hides where it leads: write the real one");
    }
    if texts().any(|text| text.contains("http://")) {
        return medium("the text has a link without https: such links look like fraud");
    }
    None
}

fn words(facts: &Facts<'_>) -> Found {
    let same = facts.texts.len() == 1 && facts.texts.iter().all(|text| !text.contains("{{") && !text.contains("{%"));
    (same && facts.audience >= SAME_WORDS)
        .then(|| (Risk::Medium, "everybody gets the same words: use {{ name }}, or a second text".to_owned()))
}

fn answers(facts: &Facts<'_>) -> Found {
    let few = facts.chats >= CHATS_MIN && facts.answered * 100 < facts.chats * ANSWERED_PERCENT;
    let Facts { answered, chats, .. } = *facts;
    few.then(|| (Risk::Medium, format!("in {answered} of {chats} chats people wrote back: write to those who do")))
}

fn silence(facts: &Facts<'_>) -> Found {
    let Facts { opted_out_lately, sent_lately, .. } = *facts;
    let many = opted_out_lately >= OPT_OUTS_MIN && opted_out_lately * 100 >= sent_lately * OPT_OUTS_PERCENT;
    let told =
        format!("{opted_out_lately} people asked for silence in the last 30 days: write less often, and to fewer");
    many.then_some((Risk::Medium, told))
}

/// The risk, and what to do about it: what weighs most first.
#[must_use]
pub fn risk(facts: &Facts<'_>) -> (Risk, Vec<String>) {
    let rules = [number, newcomers, new_chats, age, pace, placeholders, links, words, answers, silence];
    let mut found: Vec<(Risk, String)> = rules.iter().filter_map(|rule| rule(facts)).collect();
    found.sort_by_key(|(risk, _)| *risk != Risk::High);
    let risk = match found.first() {
        None => Risk::Low,
        Some((Risk::High, _)) => Risk::High,
        Some(_) if found.len() >= TOGETHER => Risk::High,
        Some(_) => Risk::Medium,
    };
    (risk, found.into_iter().map(|(_, advice)| advice).collect())
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn usual() -> Facts<'static> {
        Facts {
            audience: 80,
            newcomers: 5,
            texts: &["Hi {{ name }}, see https://shop.example"],
            limits: Limits {
                gap: Some((Duration::from_secs(30), Duration::from_secs(60))),
                per_hour: NonZeroU32::new(40),
                per_day: NonZeroU32::new(200),
                new_people_per_day: NonZeroU32::new(30),
            },
            verdict: Verdict::Healthy,
            age: Some(Duration::from_secs(90 * 24 * 3600)),
            chats: 200,
            answered: 150,
            sent_lately: 400,
            opted_out_lately: 2,
            new_chats: None,
        }
    }

    #[test]
    fn each_fact_has_its_weight_and_its_word() {
        let day = Duration::from_secs(24 * 3600);
        use Risk::{High, Low, Medium};
        for (facts, expected, told) in [
            (usual(), Low, ""),
            (Facts { verdict: Verdict::Quiet, ..usual() }, Low, ""),
            (Facts { verdict: Verdict::Restricted, ..usual() }, High, "WhatsApp restricts this number"),
            (Facts { verdict: Verdict::Suspect, ..usual() }, High, "may not arrive"),
            (Facts { verdict: Verdict::Dead, ..usual() }, Medium, "is not connected"),
            (Facts { newcomers: 29, ..usual() }, Low, ""),
            (Facts { newcomers: 30, ..usual() }, Medium, "30 of 80 people never heard from you"),
            (Facts { audience: 150, newcomers: 100, ..usual() }, High, "100 of 150 people"),
            (Facts { audience: 2_000, newcomers: 100, ..usual() }, Medium, "100 of 2000 people"),
            (
                Facts { newcomers: 30, limits: Limits { new_people_per_day: None, ..usual().limits }, ..usual() },
                High,
                "set campaign.new_people_per_day",
            ),
            (Facts { age: Some(day), ..usual() }, Medium, "begin with a small list"),
            (Facts { age: Some(day), newcomers: 21, ..usual() }, High, "let it chat for a while"),
            (Facts { age: Some(day), audience: 20, ..usual() }, Low, ""),
            (Facts { limits: Limits { gap: None, ..usual().limits }, ..usual() }, High, "no gap between messages"),
            (Facts { limits: Limits { gap: None, ..usual().limits }, audience: 20, ..usual() }, Low, ""),
            (
                Facts { limits: Limits { per_day: None, ..usual().limits }, audience: 101, ..usual() },
                Medium,
                "there is no cap",
            ),
            (Facts { texts: &["{{ name }}: https://bit.ly/x"], ..usual() }, Medium, "hides where it leads"),
            (Facts { texts: &["{{ name }}: https://rabbit.ly/x"], ..usual() }, Low, ""),
            (Facts { texts: &["{{ name }}: HTTP://shop.example"], ..usual() }, Medium, "without https"),
            (Facts { texts: &["Hello!"], ..usual() }, Medium, "the same words"),
            (Facts { texts: &["Hello!"], audience: 49, ..usual() }, Low, ""),
            (Facts { texts: &["Hello!", "Good day!"], ..usual() }, Low, ""),
            (Facts { answered: 39, ..usual() }, Medium, "in 39 of 200 chats"),
            (Facts { chats: 19, answered: 0, ..usual() }, Low, ""),
            (Facts { opted_out_lately: 8, ..usual() }, Medium, "8 people asked for silence"),
            // Three things to look at are as bad as one that is.
            (Facts { texts: &["http://shop.example"], answered: 0, ..usual() }, High, "without https"),
        ] {
            let (risk, advice) = risk(&facts);
            assert_eq!(risk, expected, "{facts:?} {advice:?}");
            assert_eq!(advice.is_empty(), expected == Low, "{advice:?}");
            assert!(advice.first().is_none_or(|first| first.contains(told)), "{advice:?}");
        }
    }
}
