//! Who writes once the demo's script is over: new people and those who wrote before, for as long as somebody watches.

use std::time::Duration;

use crate::customers::{Act, Beat, Expect, script};
use crate::seed::Seed;
use crate::waha::{Customer, Presence};

/// The shortest and the longest pause between two people.
const PAUSE_MS: (u64, u64) = (6_000, 15_000);
/// How long somebody is seen typing.
const TYPING_MS: (u64, u64) = (1_200, 2_600);
/// From so many strangers on, half of those who write have written before.
const REGULARS_FROM: usize = 4;
/// The first of the numbers that are kept for fiction and no one else in the demo has.
const FIRST_NUMBER: u32 = 200;
/// How many of those there are.
const NUMBERS: u32 = 300;

/// What somebody is called, and what they ask first and then.
struct Voice {
    names: &'static [&'static str],
    firsts: &'static [&'static str],
    others: &'static [&'static str],
    thanks: &'static [&'static str],
}

/// One for each language that the made-up model speaks.
const VOICES: &[Voice] = &[
    Voice {
        names: &["Emma", "Noah", "Priya", "Oliver", "Grace", "Kofi", "Maya", "Liam 🚲", "Zoë", "Femi", "Iris", "Jack"],
        firsts: &[
            "Hi, are you open today?",
            "Hello! How much is a cappuccino?",
            "Hi there, do you deliver?",
            "Good morning! Can I pay by card?",
            "Hello, where can I park?",
            "Hi! What does a birthday cake cost?",
            "Do you have anything vegan? 🌱",
            "Hello, how much is a loaf of sourdough?",
        ],
        others: &[
            "And until when are you open on Saturday?",
            "What do croissants cost?",
            "Where are you exactly?",
            "Is there any gluten-free bread?",
            "Can you put candles on it and write a poem?",
        ],
        thanks: &["Thanks!", "Perfect, thanks!", "Great, thank you 🙂"],
    },
    Voice {
        names: &["Lena", "Mehmet", "Sophie", "Karl-Heinz", "Jule"],
        firsts: &[
            "Hallo, habt ihr heute offen?",
            "Moin! Was kostet ein Sauerteigbrot?",
            "Guten Tag, liefern Sie auch?",
            "Hallo, kann man bei euch mit Karte zahlen?",
        ],
        others: &["Und wo kann ich parken?", "Was kostet ein Cappuccino?"],
        thanks: &["Danke!", "Super, danke!"],
    },
    Voice {
        names: &["Sofía", "Mateo", "Íñigo"],
        firsts: &["Hola, ¿están abiertos el domingo?", "Buenas, ¿cuánto cuesta una tarta de cumpleaños?"],
        others: &["¿Puedo pagar con tarjeta?", "¿Y dónde están?"],
        thanks: &["¡Gracias!"],
    },
    Voice {
        names: &["Chloé", "Amadou"],
        firsts: &["Bonjour, vous êtes ouverts dimanche ?", "Bonjour ! Combien coûte un croissant ?"],
        others: &["Je peux payer par carte ?"],
        thanks: &["Merci !"],
    },
    Voice {
        names: &["João", "Beatriz"],
        firsts: &["Olá, estão abertos hoje?", "Oi, quanto custa um pão?"],
        others: &["Onde fica?"],
        thanks: &["Obrigado!"],
    },
    Voice {
        names: &["Chiara", "Matteo"],
        firsts: &["Ciao, siete aperti domenica?", "Buongiorno, quanto costa un cappuccino?"],
        others: &["Dove siete?"],
        thanks: &["Grazie!"],
    },
];

/// What people write to a person who has answered them.
const TO_A_PERSON: &[&str] =
    &["Thanks!", "Oh, a real person! Thank you 🙏", "Perfect, thanks!", "Great, see you then."];

/// What people write back to one text to many.
const TO_A_CAMPAIGN: &[&str] =
    &["Good to know, thanks!", "Are you open on Sunday, too?", "🙏", "Lovely! How much is a birthday cake?"];
/// Who of those that got it has had enough, counted from one.
const HAS_ENOUGH: usize = 4;

/// The script for somebody who watches and takes part: nobody answers in the owner's place.
pub fn opening(seed: u64) -> Vec<Beat> {
    let mut beats = script(seed);
    if let Some(at) = beats.iter().position(|beat| matches!(beat.act, Act::OwnerWrites(..))) {
        // What the customer says to that goes with it.
        beats.drain(at..(at + 2).min(beats.len()));
    }
    beats
}

/// Somebody of the crowd.
#[derive(Clone, Debug)]
struct Stranger {
    customer: Customer,
    voice: usize,
}

/// People without end, the same for the same seed.
#[derive(Debug)]
pub struct Crowd {
    dice: Seed,
    met: Vec<Stranger>,
    /// Who wrote last: they want an answer first.
    last: Option<usize>,
}

impl Crowd {
    /// Nobody has written yet.
    pub fn new(seed: u64) -> Self {
        Self { dice: Seed::new(seed ^ 0x5EED), met: Vec::new(), last: None }
    }

    /// What somebody does next: typing, then a line.
    pub fn next_beats(&mut self) -> [Beat; 2] {
        let regular = self.met.len() >= REGULARS_FROM && self.dice.below(2) == 0;
        let known = if regular { self.regular() } else { None };
        let (who, line, expect) = match known {
            Some(at) => {
                let voice = &VOICES[self.met[at].voice];
                if self.dice.below(3) == 0 {
                    (at, self.one_of(voice.thanks), Expect::Nothing)
                } else {
                    (at, self.one_of(voice.others), Expect::Answer)
                }
            }
            None => {
                let at = self.meet();
                (at, self.one_of(VOICES[self.met[at].voice].firsts), Expect::Answer)
            }
        };
        self.last = Some(who);
        let customer = self.met[who].customer.clone();
        let (pause, typing) = (self.between(PAUSE_MS), self.between(TYPING_MS));
        [
            Beat {
                after: pause.saturating_sub(typing),
                act: Act::Types(customer.clone(), Presence::Typing),
                expect: Expect::Nothing,
            },
            Beat { after: typing, act: Act::Says(customer, line.to_owned()), expect },
        ]
    }

    /// What a customer writes to a person, and after how long. The first time always, later sometimes nothing.
    pub fn thanks(&mut self, thanked: usize) -> Option<(Duration, &'static str)> {
        if thanked > 0 && self.dice.below(3) == 0 {
            return None;
        }
        Some((self.between((2_500, 4_500)), self.one_of(TO_A_PERSON)))
    }

    /// What somebody writes back to a campaign, and after how long: the first one always, later two in three are silent.
    /// One of them has had enough.
    pub fn reply_to_campaign(&mut self, before: usize) -> Option<(Duration, &'static str)> {
        let after = self.between((3_000, 7_000));
        match before + 1 {
            1 => Some((after, TO_A_CAMPAIGN[0])),
            HAS_ENOUGH => Some((after, "STOP")),
            _ if self.dice.below(3) > 0 => None,
            _ => Some((after, self.one_of(TO_A_CAMPAIGN))),
        }
    }

    fn meet(&mut self) -> usize {
        // English is what most of those who look at a demo read.
        let voice = if self.dice.below(5) < 3 { 0 } else { self.below(VOICES.len()) };
        let nth = u32::try_from(self.met.len()).unwrap_or(u32::MAX);
        let names = VOICES[voice].names;
        let taken = |name: &str| self.met.iter().filter(|one| one.customer.name.starts_with(name)).count();
        let from = self.below(names.len());
        let free = (0..names.len()).map(|step| names[(from + step) % names.len()]).find(|name| taken(name) == 0);
        let name = free.map_or_else(|| format!("{} {}", names[from], taken(names[from]) + 1), str::to_owned);
        let phone = format!("+44 7700 900{:03}", FIRST_NUMBER + nth % NUMBERS);
        self.met.push(Stranger { customer: Customer::new(&phone, &name), voice });
        self.met.len() - 1
    }

    /// Somebody who wrote before, but not just now.
    fn regular(&mut self) -> Option<usize> {
        let at = self.below(self.met.len());
        (Some(at) != self.last).then_some(at)
    }

    fn one_of(&self, lines: &'static [&'static str]) -> &'static str {
        lines[self.below(lines.len())]
    }

    fn below(&self, end: usize) -> usize {
        usize::try_from(self.dice.below(end as u64)).unwrap_or_default()
    }

    fn between(&self, (least, most): (u64, u64)) -> Duration {
        Duration::from_millis(least + self.dice.below(most - least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crowd_is_the_same_for_the_same_seed_and_never_hurries() {
        let beats = |seed| {
            let mut crowd = Crowd::new(seed);
            (0..200).flat_map(|_| crowd.next_beats()).collect::<Vec<_>>()
        };
        assert_eq!(beats(3), beats(3));
        assert_ne!(beats(3), beats(4));
        for two in beats(3).chunks(2) {
            let pause: Duration = two.iter().map(|beat| beat.after).sum();
            assert!(pause >= Duration::from_secs(6) && pause <= Duration::from_secs(15), "{pause:?}");
            assert_eq!(two[0].act.chat_id(), two[1].act.chat_id());
        }
    }

    #[test]
    fn no_two_of_the_crowd_are_mistaken_for_each_other() {
        let mut crowd = Crowd::new(1);
        for _ in 0..NUMBERS {
            crowd.meet();
        }
        let mut names: Vec<_> = crowd.met.iter().map(|one| one.customer.name.clone()).collect();
        let mut phones: Vec<_> = crowd.met.iter().map(|one| one.customer.phone.clone()).collect();
        for list in [&mut names, &mut phones] {
            list.sort();
            list.dedup();
            assert_eq!(list.len(), NUMBERS as usize);
        }
    }

    #[test]
    fn whoever_watches_answers_themselves() {
        let beats = opening(1);
        assert!(beats.iter().all(|beat| !matches!(beat.act, Act::OwnerWrites(..))));
        assert!(beats.iter().any(|beat| beat.expect == Expect::Handoff));
        assert_eq!(beats.len() + 2, script(1).len());
    }
}
