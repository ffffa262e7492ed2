//! What is to be done until a new shop's first customer is answered, in order.

use serde::{Deserialize, Serialize};

use super::words;

words! {
    /// A step on the way to the first answer.
    FirstStep {
        /// Gemini's key is in the config.
        Model => "model",
        /// The assistant has been told something about the shop.
        Facts => "facts",
        /// A WhatsApp number is paired.
        Number => "number",
        /// The people from before the pairing are reviewed.
        People => "people",
        /// The assistant has answered a customer.
        Answer => "answer",
    }
}

/// A step, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstStepDocument {
    /// Which.
    pub step: FirstStep,
    /// Is it done?
    pub done: bool,
    /// What it is, in words for people.
    pub text: String,
    /// The command, or the deed, that does it.
    pub next: String,
}

/// What the steps are judged by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FirstStepFacts {
    /// Is there a key for Gemini?
    pub has_model: bool,
    /// Is there a profile or a quick reply?
    pub has_facts: bool,
    /// The first number that is not paired yet; without one, whether there is a number is in `is_paired`.
    pub unpaired: Option<String>,
    /// Was any number ever paired?
    pub is_paired: bool,
    /// How many people from before the pairing wait for a word, where they are asked about.
    pub unreviewed: i64,
    /// How many answers wait for a yes.
    pub drafts: i64,
    /// Has an answer ever gone out?
    pub has_answered: bool,
}

/// All steps in order; none once all are done.
#[must_use]
pub fn first_steps(facts: &FirstStepFacts) -> Vec<FirstStepDocument> {
    let step = |step, done, text: String, next: String| FirstStepDocument { step, done, text, next };
    let number = match &facts.unpaired {
        Some(name) => format!("mychatflow instance pair '{}'", name.replace('\'', "'\\''")),
        None => "mychatflow setup, or: mychatflow instance add NAME".to_owned(),
    };
    let people = match facts.unreviewed {
        0 => "Say who the people from before the pairing are".to_owned(),
        1 => "Say who 1 person from before the pairing is".to_owned(),
        count => format!("Say who {count} people from before the pairing are"),
    };
    let answer = match facts.drafts {
        0 => "Write to the shop's number from another phone",
        _ => "An answer waits for your yes: mychatflow chat list --state needs_you, then: mychatflow chat approve CHAT",
    };
    let all = vec![
        step(
            FirstStep::Model,
            facts.has_model,
            "Give the assistant a key for Gemini".to_owned(),
            "mychatflow setup".to_owned(),
        ),
        step(
            FirstStep::Facts,
            facts.has_facts,
            "Tell the assistant about the shop".to_owned(),
            "mychatflow setup asks ten questions".to_owned(),
        ),
        step(FirstStep::Number, facts.is_paired, "Pair a WhatsApp number".to_owned(), number),
        step(
            FirstStep::People,
            facts.is_paired && facts.unreviewed == 0,
            people,
            "mychatflow contact list --review unreviewed, then: mychatflow contact tag NAME --review customer"
                .to_owned(),
        ),
        step(FirstStep::Answer, facts.has_answered, "Answer the first customer".to_owned(), answer.to_owned()),
    ];
    if all.iter().all(|step| step.done) { Vec::new() } else { all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_done_by_its_own_evidence() {
        let done = FirstStepFacts {
            has_model: true,
            has_facts: true,
            unpaired: None,
            is_paired: true,
            unreviewed: 0,
            drafts: 0,
            has_answered: true,
        };
        let open = |facts: FirstStepFacts| -> Vec<FirstStep> {
            first_steps(&facts).into_iter().filter(|step| !step.done).map(|step| step.step).collect()
        };
        use FirstStep::{Answer, Facts, Model, Number, People};
        for (facts, expected) in [
            (done.clone(), vec![]),
            (FirstStepFacts::default(), vec![Model, Facts, Number, People, Answer]),
            (FirstStepFacts { has_model: false, ..done.clone() }, vec![Model]),
            (FirstStepFacts { has_facts: false, ..done.clone() }, vec![Facts]),
            (FirstStepFacts { is_paired: false, ..done.clone() }, vec![Number, People]),
            (FirstStepFacts { unreviewed: 2, ..done.clone() }, vec![People]),
            (FirstStepFacts { has_answered: false, ..done.clone() }, vec![Answer]),
            // Another number that is being paired is no first step.
            (FirstStepFacts { unpaired: Some("second".to_owned()), ..done.clone() }, vec![]),
        ] {
            assert_eq!(open(facts.clone()), expected, "{facts:?}");
        }
        assert_eq!(first_steps(&done), vec![], "a shop that is done has no list");
    }
}
