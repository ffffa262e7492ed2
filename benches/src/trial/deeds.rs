//! What is done to a campaign while it runs, and when. Hangs on the seed alone.

use std::time::Duration;

use super::people::Person;
use super::{Plan, people};
use crate::dice::Dice;

/// Where a kill hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Anywhere.
    Any,
    /// WhatsApp has messages of which no answer, echo or ack has told the daemon.
    Untold,
    /// Messages are claimed, and none of them is out.
    Claimed,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// `kill -9` of the daemon, and a new one in its place.
    Kill(Moment),
    /// WAHA refuses connections for a while.
    Outage(Duration),
    /// WAHA answers every call with 503 for a while.
    Refusals(Duration),
    /// WAHA crashes and comes back.
    Crash,
    /// The phone loses its network and finds it again.
    Network,
    /// The owner pauses the campaign, and resumes it a while later.
    Pause(Duration),
    /// A daemon is started by mistake.
    SecondDaemon,
    /// Somebody writes.
    Says(Person, &'static str),
    /// The owner notes that somebody asked for silence.
    OptOut(Person),
}

/// A deed, and how many messages WAHA has sent when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub sent: usize,
    pub deed: Deed,
}

/// Single words that mean silence.
const STOPS: [&str; 3] = ["STOP", "stop", "Stopp"];
/// What people write otherwise.
const WORDS: [&str; 4] = [
    "Thanks, see you on Saturday!",
    "How much is the sourdough?",
    "please stop by tomorrow",
    "Do you have anything vegan?",
];

/// Everything that will be done, in its order.
pub fn deeds(plan: &Plan) -> Vec<Due> {
    let Plan { recipients, kills, seed, .. } = *plan;
    let mut dice = Dice::new(seed);
    let mut due = Vec::new();
    let mut many = |count: usize, dice: &mut Dice, make: &mut dyn FnMut(&mut Dice, usize) -> Deed| {
        for number in 0..count {
            let deed = make(dice, number);
            due.push(Due { sent: recipients / 50 + dice.roll(recipients * 9 / 10), deed });
        }
    };
    let span = |dice: &mut Dice, from_ms: usize, to_ms: usize| {
        Duration::from_millis((from_ms + dice.roll(to_ms - from_ms)) as u64)
    };
    let third = kills.div_ceil(3);
    let moments = [Moment::Untold, Moment::Claimed, Moment::Any, Moment::Any, Moment::Any];
    many(kills, &mut dice, &mut |_, number| Deed::Kill(moments[number % moments.len()]));
    many(third, &mut dice, &mut |dice, _| Deed::Outage(span(dice, 100, 2_500)));
    many(third, &mut dice, &mut |dice, _| Deed::Refusals(span(dice, 100, 2_500)));
    many(third.div_ceil(3), &mut dice, &mut |_, _| Deed::Crash);
    many(third.div_ceil(3), &mut dice, &mut |_, _| Deed::Network);
    many(third, &mut dice, &mut |dice, _| Deed::Pause(span(dice, 100, 3_000)));
    many(third, &mut dice, &mut |_, _| Deed::SecondDaemon);
    // Everybody writes or opts out once at most, so that every answer has one question.
    let mut places: Vec<usize> = (0..recipients).collect();
    let mut anybody = |dice: &mut Dice| Person::Listed(places.swap_remove(dice.roll(places.len())));
    many(recipients / 100, &mut dice, &mut |dice, _| Deed::Says(anybody(dice), dice.pick(&WORDS)));
    many(recipients / 200, &mut dice, &mut |dice, _| Deed::Says(anybody(dice), dice.pick(&STOPS)));
    many(recipients / 200, &mut dice, &mut |dice, _| Deed::OptOut(anybody(dice)));
    many(recipients / 100, &mut dice, &mut |dice, number| Deed::Says(Person::Stranger(number), dice.pick(&WORDS)));
    due.sort_by_key(|due| due.sent);
    due
}

/// The fewest people that a trial makes sense with.
pub const RECIPIENTS_MIN: usize = 200;

/// Can such a trial be made?
pub fn fits(plan: &Plan) -> bool {
    (RECIPIENTS_MIN..=people::LISTED_MAX).contains(&plan.recipients)
}
