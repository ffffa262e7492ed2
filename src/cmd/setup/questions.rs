//! What the assistant must know of a shop: at most ten questions, each with the place where its answer is kept.

use std::collections::BTreeSet;

use mychatflow_data::model::setting::SettingKey;

/// Where an answer is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerPlace {
    /// A setting of the shop.
    Setting(SettingKey),
    /// A quick reply with this label.
    QuickReply(&'static str),
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The words.
    pub text: &'static str,
    /// An answer, as it might be.
    pub example: &'static str,
    /// Where the answer goes.
    pub place: AnswerPlace,
}

/// All of them, in the order in which they are asked.
pub const QUESTIONS: [Question; 10] = [
    Question {
        text: "What is the shop, and what does it sell?",
        example: "A bakery in the old town: bread, cakes, coffee.",
        place: AnswerPlace::Setting(SettingKey::BusinessProfile),
    },
    Question {
        text: "When is it open? The assistant answers only then; without hours it answers at any time.",
        example: "Mon-Fri 8-18, Sat 8-13, Sun closed",
        place: AnswerPlace::Setting(SettingKey::BusinessHours),
    },
    Question {
        text: "Where is it, and how do people find it?",
        example: "3 Quay Street, beside the station. Parking behind the house.",
        place: AnswerPlace::QuickReply("Address"),
    },
    Question {
        text: "What do the things cost that people ask about most?",
        example: "Sourdough 4.20, croissant 1.80, a birthday cake from 28.",
        place: AnswerPlace::QuickReply("Prices"),
    },
    Question {
        text: "How can people pay?",
        example: "Cash, card, phone. No cheques.",
        place: AnswerPlace::QuickReply("Payment"),
    },
    Question {
        text: "Do you deliver or ship? Where to, how fast, for how much?",
        example: "In town on the same day for 5, free from 40.",
        place: AnswerPlace::QuickReply("Delivery"),
    },
    Question {
        text: "How do people order, book or reserve?",
        example: "By message until noon of the day before.",
        place: AnswerPlace::QuickReply("Orders"),
    },
    Question {
        text: "What about returns and cancellations?",
        example: "Cakes can be cancelled free of charge two days before.",
        place: AnswerPlace::QuickReply("Returns"),
    },
    Question {
        text: "How else can people reach you? Phone, e-mail, web.",
        example: "hello@bakery.example, +44 20 7946 0000",
        place: AnswerPlace::QuickReply("Contact"),
    },
    Question {
        text: "What else is asked again and again, and what do you answer?",
        example: "Is there anything without gluten? No.",
        place: AnswerPlace::QuickReply("Good to know"),
    },
];

/// What a shop has answered already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownAnswers {
    /// Settings that are set.
    pub settings: Vec<SettingKey>,
    /// Labels of its quick replies, in small letters.
    pub labels: BTreeSet<String>,
}

impl KnownAnswers {
    /// Has it answered this one?
    pub fn has(&self, question: &Question) -> bool {
        match question.place {
            AnswerPlace::Setting(key) => self.settings.contains(&key),
            AnswerPlace::QuickReply(label) => self.labels.contains(&label.to_lowercase()),
        }
    }

    /// The questions that are open.
    pub fn open(&self) -> Vec<&'static Question> {
        QUESTIONS.iter().filter(|question| !self.has(question)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_a_place_of_its_own() {
        let places: BTreeSet<String> = QUESTIONS.iter().map(|question| format!("{:?}", question.place)).collect();
        assert_eq!(places.len(), QUESTIONS.len());
    }

    #[test]
    fn what_is_answered_is_not_asked_again() {
        assert_eq!(KnownAnswers::default().open().len(), QUESTIONS.len());
        let known = KnownAnswers {
            settings: vec![SettingKey::BusinessProfile],
            labels: ["prices", "something else"].map(str::to_owned).into(),
        };
        let open = known.open();
        assert_eq!(open.len(), QUESTIONS.len() - 2);
        assert!(open.iter().all(|question| question.place != AnswerPlace::QuickReply("Prices")));
    }
}
