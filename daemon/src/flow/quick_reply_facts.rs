//! Quick replies as facts for the assistant: which ones it is told, in which words, and which ones an answer leans on.
//!
//! Every customer's answer has the same facts. So a quick reply is told with the shop's own values filled in, and one that
//! needs a value of the person is not told at all: a name that somebody gave themselves must not become a word of the shop,
//! `{% if city %}` must not tell all what holds for some, and facts that change with the person could not be cached.

use mychatflow_data::ids::QuickReplyId;
use mychatflow_data::model::quick_reply::{BUSINESS, QuickReply, QuickReplyState};
use serde_json::{Map, Value};

use super::clean::clean_line;
use super::sources::sources;
use super::template;

/// A quick reply as the assistant is told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuickReplyFact {
    /// Which one.
    pub id: QuickReplyId,
    /// What it is called.
    pub label: String,
    /// Its words, filled in.
    pub text: String,
}

/// What every quick reply of a shop can be filled with, whoever gets it.
#[must_use]
pub fn shop_values(business: &str) -> Map<String, Value> {
    Map::from_iter([(BUSINESS.to_owned(), Value::String(clean_line(business)))])
}

/// The quick replies that the assistant is told, in their own order.
#[must_use]
pub fn facts(replies: &[QuickReply], business: &str) -> Vec<QuickReplyFact> {
    let values = shop_values(business);
    replies.iter().filter_map(|reply| fact(reply, &values)).collect()
}

/// A quick reply as the assistant is told it; nothing where it is not told.
#[must_use]
pub fn fact(reply: &QuickReply, values: &Map<String, Value>) -> Option<QuickReplyFact> {
    if reply.state != QuickReplyState::Active {
        return None;
    }
    let text = words(&reply.text, values)?;
    Some(QuickReplyFact { id: reply.id, label: reply.label.clone(), text })
}

/// Must something be read as a template to tell them?
#[must_use]
pub fn has_places(replies: &[QuickReply]) -> bool {
    replies.iter().any(|reply| reply.text.contains('{'))
}

/// The words of a quick reply for everybody; `None` when there are none.
fn words(text: &str, values: &Map<String, Value>) -> Option<String> {
    // Most have no places at all. They may also be longer than anything that is sent: a list of prices, say.
    if !text.contains('{') {
        return Some(text.to_owned());
    }
    if !template::variables(text).iter().all(|name| values.contains_key(name)) {
        return None;
    }
    let (text, missing) = template::fill(text, values);
    missing.is_empty().then_some(text)
}

/// The quick replies that an answer leans on.
#[must_use]
pub fn cited(answer: &str, facts: &[QuickReplyFact]) -> Vec<QuickReplyId> {
    let facts: Vec<(QuickReplyId, &str)> = facts.iter().map(|fact| (fact.id, fact.text.as_str())).collect();
    sources(answer, &facts)
}

#[cfg(test)]
mod tests {
    use mychatflow_data::time::Timestamp;

    use super::*;

    fn reply(label: &str, text: &str, state: QuickReplyState) -> QuickReply {
        let at = Timestamp::from_millis(0);
        QuickReply {
            id: QuickReplyId::new(),
            label: label.to_owned(),
            text: text.to_owned(),
            created_at: at,
            updated_at: at,
            category: None,
            state,
            uses: 0,
            citations: 0,
            used_at: None,
        }
    }

    #[test]
    fn only_what_holds_for_everybody_is_told() {
        use QuickReplyState::{Active, Aside};
        for (text, state, told) in [
            ("8 to 18", Active, Some("8 to 18")),
            ("{{ business }} opens at 8", Active, Some("Corner Shop opens at 8")),
            ("{% if business %}8 to 18{% endif %}", Active, Some("8 to 18")),
            ("8 to 18", Aside, None),
            ("Hi {{ name }}, 8 to 18", Active, None),
            ("Hi {{ name|default('you') }}, 8 to 18", Active, None),
            ("{% if city == 'Bonn' %}free{% else %}5 €{% endif %}", Active, None),
            // As a version before templates may have stored it.
            ("torn {{ business", Active, None),
        ] {
            let replies = [reply("hours", text, state)];
            let facts = facts(&replies, "Corner\nShop");
            let texts: Vec<&str> = facts.iter().map(|fact| fact.text.as_str()).collect();
            assert_eq!(texts, Vec::from_iter(told), "{text}");
        }
    }

    #[test]
    fn a_long_list_of_prices_is_told_whole() {
        let prices = "A loaf is 4 €.\n".repeat(1_000);
        let facts = facts(&[reply("prices", &prices, QuickReplyState::Active)], "Corner Shop");
        assert_eq!(facts[0].text, prices);
    }

    #[test]
    fn an_answer_leans_on_the_words_as_they_were_told() {
        use QuickReplyState::Active;
        let replies = [
            reply("hours", "{{ business }} opens from 8 to 18", Active),
            reply("parking", "There is a car park behind the house", Active),
        ];
        let facts = facts(&replies, "Corner Shop");
        assert_eq!(cited("Corner Shop opens early", &facts), [replies[0].id]);
        assert_eq!(cited("A colleague will look into it", &facts), []);
    }
}
