//! The demo's first minute: what to say next, from what the person has done.

use std::time::Duration;

use mychatflow_data::model::interaction::Author;
use mychatflow_data::time::Timestamp;

use super::{Cx, pairing};
use crate::state::chats::Pane;
use crate::state::overlay::Overlay;
use crate::state::{Guide, Screen, State};

/// How long each of the last two words stays.
const LAST_WORDS: Duration = Duration::from_secs(60);

/// What the guide goes by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Signs {
    /// A number is there, and has no phone yet.
    unpaired: bool,
    /// A number works, and nothing lies over the screen.
    paired: bool,
    /// A chat is being read.
    reading: bool,
    /// The person wrote in it.
    wrote: bool,
    /// The word was said long enough.
    told: bool,
}

/// What is said next.
const fn next(guide: Guide, signs: Signs) -> Guide {
    match guide {
        Guide::Begin if signs.unpaired => Guide::Scan,
        Guide::Begin | Guide::Scan if signs.paired => Guide::Watch,
        Guide::Watch if signs.reading => Guide::Answer,
        Guide::Answer if signs.wrote => Guide::More,
        Guide::More if signs.told => Guide::Beside,
        Guide::Beside if signs.told => Guide::Done,
        same => same,
    }
}

/// Goes on where it is time to.
pub fn step(state: &mut State, cx: &mut Cx<'_>) {
    if !state.guide.is_speaking() {
        return;
    }
    let to = next(state.guide, signs(state, cx.now));
    if to == state.guide {
        return;
    }
    if (state.guide, to) == (Guide::Begin, Guide::Scan)
        && state.overlays.is_empty()
        && let Some(number) = state.numbers.rows.items().first()
    {
        let (id, name) = (number.id, number.name.clone());
        pairing::open(state, id, &name, cx);
    }
    state.guide = to;
    state.guide_at = cx.now;
}

/// Says no more.
pub fn dismiss(state: &mut State) {
    if state.guide.is_speaking() {
        state.guide = Guide::Done;
    }
}

/// When it goes on by itself.
#[must_use]
pub fn ends_at(state: &State) -> Option<Timestamp> {
    matches!(state.guide, Guide::More | Guide::Beside).then(|| state.guide_at + LAST_WORDS)
}

fn signs(state: &State, now: Timestamp) -> Signs {
    let numbers = state.numbers.rows.items();
    let works = state.has_working_number();
    let mine = |thread: &crate::state::thread::Thread| thread.items.iter().any(|item| item.author == Author::Human);
    let pairs = |overlay: &Overlay| matches!(overlay, Overlay::Pairing(_) | Overlay::Triage(_));
    Signs {
        unpaired: !numbers.is_empty() && !works,
        paired: works && !state.overlays.iter().any(pairs),
        reading: state.screen == Screen::Chats && state.chats.thread.is_some() && state.chats.focus != Pane::List,
        wrote: state.chats.thread.as_ref().is_some_and(mine),
        told: now >= state.guide_at + LAST_WORDS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_waits_for_its_deed() {
        const NONE: Signs = Signs { unpaired: false, paired: false, reading: false, wrote: false, told: false };
        let unpaired = Signs { unpaired: true, ..NONE };
        let paired = Signs { paired: true, ..NONE };
        let reading = Signs { reading: true, ..paired };
        let wrote = Signs { wrote: true, ..reading };
        let told = Signs { told: true, ..wrote };
        use Guide::{Answer, Begin, Beside, Done, More, Off, Scan, Watch};
        for (guide, signs, expected) in [
            (Off, told, Off),
            (Begin, NONE, Begin),
            (Begin, unpaired, Scan),
            (Begin, paired, Watch),
            (Scan, unpaired, Scan),
            (Scan, paired, Watch),
            (Watch, paired, Watch),
            (Watch, reading, Answer),
            (Answer, reading, Answer),
            (Answer, wrote, More),
            // Unpaired again: the story goes on all the same.
            (Answer, unpaired, Answer),
            (More, wrote, More),
            (More, told, Beside),
            (Beside, wrote, Beside),
            (Beside, told, Done),
            (Done, told, Done),
        ] {
            assert_eq!(next(guide, signs), expected, "{guide:?} {signs:?}");
        }
    }
}
