//! What will happen, and when: a list that hangs on the seed alone. Nothing here looks at a clock.

use std::collections::BTreeSet;

use clap::ValueEnum;

use crate::dice::Dice;

/// A sort of things that happen. Customers who write are always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    /// People who write several messages in a row, some of them at the very moment at which the answer begins.
    Bursts,
    /// People who write from their number and from the id that hides it.
    Twins,
    /// Customers take a message back.
    Deletions,
    /// Customers change a message.
    Edits,
    /// A picture that was sent before the answer and is delivered after it.
    LatePictures,
    /// The owner answers on the phone, under the customer's number.
    Phone,
    /// The owner answers on the phone, under the id that hides the number.
    PhoneByLid,
    /// Another program writes through the same number.
    Programs,
    /// A person answers in the console.
    Console,
    /// A person silences the assistant, for a while or until they let it speak again.
    Pauses,
    /// A customer asks for a person.
    Handoffs,
    /// Somebody does not want to be written to.
    OptOuts,
    /// Groups, stories and channels.
    Groups,
    /// WAHA tells of a message again, as something new.
    Repeats,
    /// Webhooks come out of order and late, so that an answer may be out before a question that was written before it
    /// is known.
    LateWebhooks,
    /// `kill -9`, and a new start a while later.
    Kills,
    /// The disk as it was at one instant, without what was in memory.
    PowerCuts,
    /// WAHA errs, lies about what it sent, is slow, is not ready.
    Waha,
    /// WAHA sends nothing and says nothing: what became of it is only known half a minute later.
    Silences,
    /// WAHA is away, crashes, or loses WhatsApp for a while.
    Outages,
    /// Gemini errs, refuses, says nonsense, is slow or away.
    Gemini,
    /// Gemini's quota of the day is used up, until the daemon is started again.
    Quota,
    /// Answers that are too long for one message.
    LongAnswers,
    /// Credits run out, and are granted again.
    Credits,
    /// Campaigns go out.
    Campaigns,
    /// The machine's clock jumps by an hour and back.
    Clock,
    /// The machine's clock jumps over the end of the month and back.
    Months,
}

impl Kind {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Bursts,
        Self::Twins,
        Self::Deletions,
        Self::Edits,
        Self::LatePictures,
        Self::Phone,
        Self::PhoneByLid,
        Self::Programs,
        Self::Console,
        Self::Pauses,
        Self::Handoffs,
        Self::OptOuts,
        Self::Groups,
        Self::Repeats,
        Self::LateWebhooks,
        Self::Kills,
        Self::PowerCuts,
        Self::Waha,
        Self::Silences,
        Self::Outages,
        Self::Gemini,
        Self::Quota,
        Self::LongAnswers,
        Self::Credits,
        Self::Campaigns,
        Self::Clock,
        Self::Months,
    ];
}

/// Which of a person's two addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// The phone number.
    Number,
    /// The id that hides it.
    Lid,
}

/// What somebody writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// A question.
    Question,
    /// One whose answer is too long for one message.
    Everything,
    /// A wish for a person.
    Person,
}

/// What goes wrong with WAHA or Gemini until it is calm again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spell {
    /// WAHA answers this status to everything and does nothing.
    Status(u16),
    /// The number is not ready to send.
    NotReady,
    /// WAHA sends, and answers 500.
    SentBut500,
    /// WAHA sends, and cuts the connection.
    SentButCut,
    /// WAHA sends, and says nothing.
    SentButSilent,
    /// WAHA answers late.
    Slow(u64),
    /// WAHA does nothing and cuts the connection.
    Cut,
    /// WAHA does nothing and says nothing.
    Silent,
    /// WAHA knows no session of that name when something is to be sent.
    SessionGone,
    /// Gemini answers by this sample.
    Model(&'static str),
    /// Gemini answers by this sample, with a `Retry-After` of a second.
    ModelRetry(&'static str),
    /// Gemini writes prose where JSON was asked for.
    ModelProse,
    /// Gemini takes so many milliseconds.
    ModelSlow(u64),
    /// Gemini cuts the connection.
    ModelCut,
    /// Gemini says nothing.
    ModelSilent,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A customer writes.
    Writes { who: usize, mark: usize, by: Address, words: Words },
    /// A customer's picture is delivered, so many seconds after it was sent.
    Pictures { who: usize, mark: usize, by: Address, late_s: i64 },
    /// A customer gives their last message other words.
    Edits { who: usize, mark: usize },
    /// A customer takes their last message back.
    Deletes { who: usize },
    /// WAHA tells of a customer's last message once more.
    Repeats { who: usize },
    /// The owner writes on the phone.
    Phone { who: usize, mark: usize, by: Address },
    /// Another program writes.
    Program { who: usize, mark: usize, by: Address },
    /// A person writes in the console.
    Console { who: usize, mark: usize },
    /// A person silences the assistant; without a span for long.
    Pauses { who: usize, for_s: Option<u64> },
    /// A person lets the assistant speak again.
    Resumes { who: usize },
    /// The owner notes that somebody wants no messages.
    OptsOut { who: usize },
    /// Somebody writes where no assistant has a voice: in a group, a story, a channel.
    Elsewhere { who: usize, mark: usize },
    /// `kill -9`.
    Kill,
    /// The daemon starts, where it does not run.
    Start,
    /// The power goes, and comes back at once.
    PowerCut,
    /// Something goes wrong from now on.
    Worsens(Spell),
    /// Nothing but the usual goes wrong.
    Calms,
    /// WAHA refuses connections.
    WahaAway,
    /// It takes them again.
    WahaBack,
    /// WAHA crashes and comes back.
    WahaCrash,
    /// WAHA loses WhatsApp and finds it again.
    Network,
    /// Gemini refuses connections.
    GeminiAway,
    /// It takes them again.
    GeminiBack,
    /// The clock is so many seconds from the truth.
    Clock { by_s: i64 },
    /// Credits are granted.
    Grant { amount: u32 },
    /// A campaign goes out to these people.
    Campaign { number: usize, listed: Vec<usize> },
}

/// An action, and when it is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Milliseconds after the start.
    pub at_ms: u64,
    /// What.
    pub action: Action,
}

/// How long it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// So many milliseconds.
    Span(u64),
    /// So many actions, a little more to end what has begun.
    Actions(usize),
}

/// The addresses that a person writes from.
pub fn addresses(who: usize, kinds: &BTreeSet<Kind>) -> &'static [Address] {
    match who % 4 {
        1 if kinds.contains(&Kind::Twins) => &[Address::Number, Address::Lid],
        2 if kinds.contains(&Kind::Twins) => &[Address::Lid],
        _ => &[Address::Number],
    }
}

/// People who are talking to the shop at once.
const TALKING: usize = 8;
/// Milliseconds between two stories, at most.
const GAP_MS: usize = 700;
/// From six answers in ten minutes on the daemon suspects a loop; few people come so far in so many stories.
const QUESTIONS_MAX: usize = 3;
/// People on the list of a campaign.
const LISTED: usize = 12;

struct Planner<'k> {
    dice: Dice,
    kinds: &'k BTreeSet<Kind>,
    due: Vec<Due>,
    marks: usize,
    met: usize,
    talking: Vec<(usize, usize)>,
    campaigns: usize,
}

/// Everything that will happen, in its order.
pub fn plan(seed: u64, length: Length, kinds: &BTreeSet<Kind>) -> Vec<Due> {
    let mut planner =
        Planner { dice: Dice::new(seed), kinds, due: Vec::new(), marks: 0, met: 0, talking: Vec::new(), campaigns: 0 };
    let mut at_ms = 0;
    while match length {
        Length::Span(span) => at_ms < span,
        Length::Actions(count) => planner.due.len() < count,
    } {
        planner.story(at_ms);
        planner.misfortunes(at_ms);
        at_ms += planner.between(100, GAP_MS);
    }
    let mut due = planner.due;
    due.sort_by_key(|due| due.at_ms);
    due
}

impl Planner<'_> {
    fn add(&mut self, at_ms: u64, action: Action) {
        self.due.push(Due { at_ms, action });
    }

    fn between(&mut self, least: usize, most: usize) -> u64 {
        (least + self.dice.roll(most - least)) as u64
    }

    fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// One time in so many, where that kind of thing happens at all. The dice fall in any case.
    fn once_in(&mut self, times: usize, kind: Kind) -> bool {
        self.dice.roll(times) == 0 && self.has(kind)
    }

    fn mark(&mut self) -> usize {
        self.marks += 1;
        self.marks
    }

    /// Somebody who is talking to the shop, or comes now.
    fn somebody(&mut self) -> usize {
        let place = self.dice.roll(TALKING);
        if place >= self.talking.len() {
            self.talking.push((self.met, QUESTIONS_MAX));
            self.met += 1;
            return self.met - 1;
        }
        let (who, left) = self.talking[place];
        self.talking[place].1 = left.saturating_sub(1);
        if left <= 1 {
            self.talking.swap_remove(place);
        }
        who
    }

    fn address(&mut self, who: usize) -> Address {
        self.dice.pick(addresses(who, self.kinds))
    }

    fn question(&mut self, at_ms: u64, who: usize) {
        let (mark, by) = (self.mark(), self.address(who));
        let words = if self.once_in(25, Kind::LongAnswers) { Words::Everything } else { Words::Question };
        self.add(at_ms, Action::Writes { who, mark, by, words });
    }

    /// A question, or several in a row.
    fn burst(&mut self, at_ms: u64, who: usize) {
        self.question(at_ms, who);
        let mut at_ms = at_ms;
        while self.once_in(3, Kind::Bursts) {
            at_ms += self.between(20, 600);
            self.question(at_ms, who);
        }
    }

    /// What somebody does, and what comes of it.
    fn story(&mut self, at_ms: u64) {
        let who = self.somebody();
        self.burst(at_ms, who);
        let soon = at_ms + self.between(1, 1_500);
        let later = soon + self.between(800, 3_000);
        let last = later + self.between(800, 3_000);
        match self.dice.roll(20) {
            0 | 1 if self.has(Kind::Deletions) => {
                self.add(soon, Action::Deletes { who });
                self.question(later, who);
            }
            2 | 3 if self.has(Kind::Edits) => {
                let mark = self.mark();
                self.add(soon, Action::Edits { who, mark });
            }
            4 | 5 if self.has(Kind::LatePictures) => {
                let (mark, by) = (self.mark(), self.address(who));
                let late_s = 1 + self.dice.roll(3) as i64;
                self.add(later, Action::Pictures { who, mark, by, late_s });
            }
            6 | 7 if self.has(Kind::Phone) || self.has(Kind::PhoneByLid) => {
                let mark = self.mark();
                let by = self.owners_address(who);
                self.add(soon, Action::Phone { who, mark, by });
                self.overruled(later, last, who);
            }
            8 if self.has(Kind::Programs) => {
                let (mark, by) = (self.mark(), self.address(who));
                self.add(soon, Action::Program { who, mark, by });
                self.overruled(later, last, who);
            }
            9 | 10 if self.has(Kind::Console) => {
                let mark = self.mark();
                self.add(soon, Action::Console { who, mark });
                self.overruled(later, last, who);
            }
            11 | 12 if self.has(Kind::Pauses) => {
                let for_s = (self.dice.roll(2) == 0).then_some(2);
                self.add(soon, Action::Pauses { who, for_s });
                self.overruled(later, last, who);
            }
            13 if self.has(Kind::Handoffs) => {
                let (mark, by) = (self.mark(), self.address(who));
                self.add(soon, Action::Writes { who, mark, by, words: Words::Person });
                self.overruled(later, last, who);
            }
            14 if self.has(Kind::OptOuts) => {
                self.add(soon, Action::OptsOut { who });
                self.question(later, who);
            }
            15 if self.has(Kind::Groups) => {
                let mark = self.mark();
                self.add(soon, Action::Elsewhere { who, mark });
            }
            16 | 17 if self.has(Kind::Repeats) => self.add(later, Action::Repeats { who }),
            _ => {}
        }
    }

    /// The owner's phone shows one chat for both addresses of a person, and WhatsApp may tell of either.
    fn owners_address(&mut self, who: usize) -> Address {
        let hidden = who % 4 == 1 || who % 4 == 2;
        let lid = self.has(Kind::Twins) && hidden && self.has(Kind::PhoneByLid);
        match (lid, self.has(Kind::Phone)) {
            (true, true) => self.dice.pick(&[Address::Number, Address::Lid]),
            (true, false) => Address::Lid,
            (false, _) => Address::Number,
        }
    }

    /// The customer writes on while a person has the chat; sometimes the assistant gets it back.
    fn overruled(&mut self, later: u64, last: u64, who: usize) {
        self.question(later, who);
        if self.dice.roll(2) == 0 {
            self.add(last, Action::Resumes { who });
            let after = last + self.between(50, 1_000);
            self.question(after, who);
        }
    }

    fn misfortunes(&mut self, at_ms: u64) {
        if self.once_in(20, Kind::Kills) {
            let from = at_ms + self.between(0, GAP_MS);
            let until = from + self.between(1, 1_500);
            self.add(from, Action::Kill);
            self.add(until, Action::Start);
        }
        if self.once_in(40, Kind::PowerCuts) {
            self.add(at_ms, Action::PowerCut);
        }
        let waha = [
            Spell::Status(500),
            Spell::Status(503),
            Spell::Status(429),
            Spell::NotReady,
            Spell::SentBut500,
            Spell::SentButCut,
            Spell::SentButSilent,
            Spell::Slow(800),
            Spell::Slow(2_500),
            Spell::SessionGone,
        ];
        self.spell(at_ms, 15, Kind::Waha, &waha);
        self.spell(at_ms, 80, Kind::Silences, &[Spell::Cut, Spell::Silent]);
        let model = [
            Spell::Model("429_no_details"),
            Spell::ModelRetry("429_per_minute_retryinfo"),
            Spell::ModelRetry("429_no_details"),
            Spell::Model("500_internal"),
            Spell::Model("502_html"),
            Spell::Model("503_overloaded"),
            Spell::Model("504_deadline"),
            Spell::Model("200_safety_candidate"),
            Spell::Model("200_prompt_blocked"),
            Spell::Model("200_stop_no_parts"),
            Spell::Model("200_truncated_answer"),
            Spell::ModelProse,
            Spell::ModelSlow(300),
            Spell::ModelSlow(1_200),
            Spell::ModelCut,
            Spell::ModelSilent,
        ];
        self.spell(at_ms, 12, Kind::Gemini, &model);
        self.spell(at_ms, 200, Kind::Quota, &[Spell::Model("429_per_day")]);
        self.away(at_ms);
        if self.once_in(25, Kind::Credits) {
            let amount = 5 + u32::try_from(self.dice.roll(20)).unwrap_or(0);
            self.add(at_ms, Action::Grant { amount });
        }
        if self.once_in(50, Kind::Campaigns) {
            self.campaigns += 1;
            // Some have written, some write now, some have never written.
            let from = self.met.saturating_sub(LISTED / 2);
            self.add(at_ms, Action::Campaign { number: self.campaigns, listed: (from..from + LISTED).collect() });
        }
        for (kind, jumps) in [
            (Kind::Clock, &[3_600, -3_600, 300, -300][..]),
            (Kind::Months, &[30 * 86_400, 45 * 86_400, -30 * 86_400][..]),
        ] {
            if self.once_in(40, kind) {
                let by_s = self.dice.pick(jumps);
                let back = at_ms + self.between(1_000, 4_000);
                self.add(at_ms, Action::Clock { by_s });
                self.add(back, Action::Clock { by_s: 0 });
            }
        }
    }

    fn spell(&mut self, at_ms: u64, times: usize, kind: Kind, of: &[Spell]) {
        if self.once_in(times, kind) {
            let spell = self.dice.pick(of);
            let until = at_ms + self.between(100, 2_000);
            self.add(at_ms, Action::Worsens(spell));
            self.add(until, Action::Calms);
        }
    }

    fn away(&mut self, at_ms: u64) {
        if self.once_in(40, Kind::Outages) {
            let until = at_ms + self.between(100, 2_500);
            match self.dice.roll(3) {
                0 => {
                    self.add(at_ms, Action::WahaAway);
                    self.add(until, Action::WahaBack);
                }
                1 => self.add(at_ms, Action::WahaCrash),
                _ => self.add(at_ms, Action::Network),
            }
        }
        if self.once_in(80, Kind::Gemini) {
            let until = at_ms + self.between(100, 2_500);
            self.add(at_ms, Action::GeminiAway);
            self.add(until, Action::GeminiBack);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn everything() -> BTreeSet<Kind> {
        Kind::ALL.iter().copied().collect()
    }

    #[test]
    fn the_same_seed_plans_the_same() {
        let of = |seed| plan(seed, Length::Actions(500), &everything());
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
        let due = of(3);
        assert!(due.len() >= 500 && due.is_sorted_by_key(|due| due.at_ms));
    }

    #[test]
    fn every_kind_of_action_comes_up_and_what_is_left_out_does_not() {
        let word = |due: &Due| format!("{:?}", due.action).split([' ', '(', '{']).next().unwrap_or_default().to_owned();
        let of =
            |kinds: &BTreeSet<Kind>| plan(1, Length::Span(600_000), kinds).iter().map(word).collect::<BTreeSet<_>>();
        assert_eq!(of(&BTreeSet::new()), BTreeSet::from(["Writes".to_owned()]));
        assert_eq!(of(&everything()).len(), 26, "{:?}", of(&everything()));
        assert!(plan(1, Length::Span(600_000), &everything()).len() > 1_500);
    }

    #[test]
    fn nobody_asks_without_end() {
        let mut asked = std::collections::BTreeMap::<usize, usize>::new();
        for due in plan(1, Length::Span(600_000), &BTreeSet::new()) {
            if let Action::Writes { who, .. } = due.action {
                *asked.entry(who).or_default() += 1;
            }
        }
        assert!(asked.len() > 50 && asked.values().all(|count| *count < 40), "{asked:?}");
    }
}
