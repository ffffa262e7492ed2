//! Who writes to the demo's shop, what and when.
//!
//! All numbers are from ranges that telephone authorities keep for fiction.

use std::time::Duration;

use crate::seed::Seed;
pub use crate::shop::{SHOP_NAME, Shop, shop};
use crate::waha::{Content, Customer, Direction, Number, PhoneError, Presence, Server};

/// A group that the shop is in, and where nobody wants to hear from an assistant.
pub const GROUP: &str = "120363000000000001@g.us";

/// Somebody who bought bread here before the assistant came.
#[derive(Clone, Debug, PartialEq)]
pub struct Regular {
    /// The person.
    pub customer: Customer,
    /// The name in the shop's address book.
    pub name: &'static str,
    /// What was written, and how many hours before the demo.
    pub history: Vec<(Direction, &'static str, u32)>,
}

/// People with a history: nobody should surprise them with an assistant.
pub fn regulars() -> Vec<Regular> {
    vec![
        Regular {
            customer: Customer::new("+44 7700 900120", "Mum"),
            name: "Mum",
            history: vec![(Direction::In, "Are you coming on Sunday?", 52), (Direction::Out, "Yes, with cake!", 51)],
        },
        Regular {
            customer: Customer::new("+44 7700 900121", "Flour mill"),
            name: "Flour mill (supplier)",
            history: vec![
                (Direction::In, "Delivery on Thursday at six, as always?", 30),
                (Direction::Out, "Yes please, ten sacks.", 29),
            ],
        },
    ]
}

impl Regular {
    /// Writes contact and history into WAHA, as they were before the pairing. No webhook tells of them.
    pub async fn settle(&self, waha: &Server, session: &str, now_s: i64) -> Result<(), PhoneError> {
        waha.add_contact(session, &self.customer, self.name).await?;
        for (direction, text, hours) in &self.history {
            let at_s = now_s - i64::from(*hours) * 3600;
            waha.add_history(session, &self.customer, *direction, text, at_s).await?;
        }
        Ok(())
    }
}

/// Something that happens on somebody's phone.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Writes to the shop.
    Says(Customer, String),
    /// Sends something that is not text.
    Sends(Customer, Content),
    /// Is seen typing, or not any more.
    Types(Customer, Presence),
    /// Writes into the group [`GROUP`].
    SaysInGroup(Customer, String),
    /// Reacts to the shop's last message in the chat; nothing happens while there is none.
    Reacts(Customer, &'static str),
    /// The owner answers this customer on the phone.
    OwnerWrites(Customer, String),
    /// WAHA delivers this customer's last message again, byte for byte.
    Redelivers(Customer),
}

impl Act {
    /// Does it. Returns the id of the message, where there is one.
    pub async fn perform(&self, waha: &Server, session: &str) -> Result<Option<String>, PhoneError> {
        Ok(match self {
            Act::Says(who, text) => Some(waha.customer_says(session, who, text).await?),
            Act::Sends(who, content) => Some(waha.customer_sends(session, who, content.clone()).await?),
            Act::Types(who, presence) => {
                waha.customer_types(session, who, *presence).await?;
                None
            }
            Act::SaysInGroup(who, text) => Some(waha.group_says(session, GROUP, who, text).await?),
            Act::Reacts(who, emoji) => match waha.last_out(session, &who.chat_id()) {
                Some(id) => Some(waha.react(session, who, &id, emoji).await?),
                None => None,
            },
            Act::OwnerWrites(to, text) => Some(waha.owner_types_on_phone(session, &to.chat_id(), text).await?),
            Act::Redelivers(who) => {
                let last = waha.last_in(session, &who.chat_id());
                if let Some(id) = &last {
                    waha.redeliver(id).await?;
                }
                last
            }
        })
    }

    /// The chat it happens in.
    pub fn chat_id(&self) -> String {
        match self {
            Act::SaysInGroup(..) => GROUP.to_owned(),
            Act::Says(who, _)
            | Act::Sends(who, _)
            | Act::Types(who, _)
            | Act::Reacts(who, _)
            | Act::OwnerWrites(who, _)
            | Act::Redelivers(who) => who.chat_id(),
        }
    }
}

/// What the shop should do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// An answer from the facts.
    Answer,
    /// A few polite words, and then a person.
    Handoff,
    /// Nothing: not a question, not for us, or part of something longer.
    Nothing,
}

/// One step of the demo.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    /// How long after the step before.
    pub after: Duration,
    /// What happens.
    pub act: Act,
    /// What should come of it.
    pub expect: Expect,
}

/// The demo, the same for the same seed. About a minute and a half; play it faster by dividing the pauses.
///
/// Everything that makes a chat hard is in it once: a burst, a hidden number, a group, a message delivered
/// twice, an owner who answers on the phone, and a question the facts don't answer.
pub fn script(seed: u64) -> Vec<Beat> {
    let dice = Seed::new(seed);
    let ana = Customer::new("+44 7700 900101", "Ana");
    let ben = Customer::new("+44 7700 900102", "Ben");
    let lucia = Customer::new("+44 7700 900103", "Lucía");
    let jonas = Customer::new("+44 7700 900104", "Jonas");
    let claire = Customer::new("+1 202 555 0105", "Claire 🌻");
    let rui = Customer::new("+1 202 555 0106", "Rui");
    let cleo = Customer::hidden("+44 7700 900107", "70000000000107", Number::Shown, "Cleo");
    let giulia = Customer::new("+1 202 555 0108", "Giulia");
    let tom = Customer::new("+44 7700 900109", "Tom");

    let opening = [
        "Hi! Are you open on Sunday?",
        "Good morning, are you open today?",
        "Hello, until when are you open on Saturday?",
    ];
    let unanswerable = [
        "Do you hire students for the summer?",
        "Could you sponsor our school's football shirts?",
        "Do you give baking classes for kids?",
    ];
    let pick = |lines: [&str; 3]| lines[dice.below(3) as usize].to_owned();
    let says = |who: &Customer, text: &str| Act::Says(who.clone(), text.to_owned());

    let mut beats: Vec<(u64, Act, Expect)> = vec![
        (1_000, Act::Types(ana.clone(), Presence::Typing), Expect::Nothing),
        (1_500, Act::Says(ana.clone(), pick(opening)), Expect::Answer),
        (4_000, says(&lucia, "Hola, ¿hacen envíos a domicilio?"), Expect::Answer),
        // A burst: three lines that want one answer.
        (3_000, says(&ben, "hey"), Expect::Nothing),
        (900, says(&ben, "how much is the sourdough"), Expect::Nothing),
        (1_200, says(&ben, "and can I pay by card?"), Expect::Answer),
        (4_000, says(&jonas, "Moin, was kostet eine Geburtstagstorte?"), Expect::Answer),
        (3_500, says(&claire, "Do you have croissants left? 🥐🙏🏽"), Expect::Answer),
        // The same delivery again: WAHA does that when an answer gets lost.
        (1_500, Act::Redelivers(claire.clone()), Expect::Nothing),
        (3_000, Act::SaysInGroup(tom.clone(), "Who brings cake on Friday?".to_owned()), Expect::Nothing),
        (3_500, says(&cleo, "Where are you exactly?"), Expect::Answer),
        (4_000, says(&rui, "Olá, vocês têm pão sem glúten?"), Expect::Answer),
        (4_000, Act::Says(tom.clone(), pick(unanswerable)), Expect::Handoff),
        (5_000, says(&giulia, "Buongiorno, ci sono parcheggi?"), Expect::Answer),
        // The owner takes over: the assistant has to keep out of this chat.
        (5_000, Act::OwnerWrites(tom.clone(), "Hi Tom, Marta here. Let me look into it!".to_owned()), Expect::Nothing),
        (3_000, says(&tom, "Thank you Marta, are you open today?"), Expect::Nothing),
        (3_000, says(&ana, "Perfect, thanks!"), Expect::Nothing),
        (2_000, Act::Reacts(lucia.clone(), "❤️"), Expect::Nothing),
        (
            3_000,
            Act::Sends(
                jonas.clone(),
                Content::Image { caption: Some("So etwas als Torte, was kostet das?".to_owned()) },
            ),
            Expect::Answer,
        ),
        (4_000, says(&ben, "I'd rather talk to a human about my order"), Expect::Handoff),
    ];
    // The same people, a little earlier or later each time.
    for (pause, _, _) in &mut beats {
        *pause = *pause * (85 + dice.below(31)) / 100;
    }
    beats.into_iter().map(|(pause, act, expect)| Beat { after: Duration::from_millis(pause), act, expect }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_the_same_for_the_same_seed() {
        assert_eq!(script(4), script(4));
        assert_ne!(script(4), script(5));
        let length: Duration = script(4).iter().map(|beat| beat.after).sum();
        assert!(length < Duration::from_secs(90), "{length:?}");
    }
}
