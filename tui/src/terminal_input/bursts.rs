//! Keys that come all at once. Where a terminal does not mark what is pasted, its lines come as keys: an Enter with more
//! text right behind it ends a line of a text and sends nothing.

use std::time::{Duration, Instant};

use crate::key::{Key, KeyCode};
use crate::msg::{LineBreak, Msg};

/// Keys that are closer together than this are one burst: nobody types so fast.
const GAP: Duration = Duration::from_millis(25);
/// How long an Enter at the end of a burst waits for what may follow.
const HOLD: Duration = Duration::from_millis(25);

/// So many characters in one piece are put in as one.
const MANY: usize = 32;

const ENTER: Key = Key::new(KeyCode::Enter);
/// The second half of a line break, as some terminals send it.
const LINE_FEED: Key = Key { ctrl: true, ..Key::char('j') };

/// How many lines a burst has had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum BurstLines {
    #[default]
    One,
    Several,
}

/// Tells an Enter that is meant from one that was pasted.
#[derive(Debug, Default)]
pub struct Bursts {
    /// When the last key came.
    last_at: Option<Instant>,
    /// An Enter that waits for what follows, and until when.
    held_until: Option<Instant>,
    lines: BurstLines,
}

impl Bursts {
    /// Takes what came together at one time. An Enter at its end may be kept back for a moment.
    pub fn take(&mut self, msgs: Vec<Msg>, at: Instant) -> Vec<Msg> {
        let joined = self.last_at.is_some_and(|last| at.saturating_duration_since(last) <= GAP);
        let mut taken = Vec::with_capacity(msgs.len() + 1);
        if !joined {
            taken.extend(self.release());
            self.lines = BurstLines::One;
        }
        let alone = !joined && msgs.len() == 1;
        for msg in msgs {
            let key = match &msg {
                Msg::Key(key) => Some(*key),
                _ => None,
            };
            if self.held_until.is_some() {
                match key {
                    Some(LINE_FEED) => continue,
                    Some(key) if is_text(key) => {
                        self.held_until = None;
                        self.lines = BurstLines::Several;
                        taken.push(Msg::LineBreak(LineBreak::Inner));
                    }
                    _ => taken.extend(self.release()),
                }
            }
            if let Some(key) = key {
                self.last_at = Some(at);
                if !is_text(key) {
                    // Whatever was pasted ends here.
                    self.lines = BurstLines::One;
                }
            }
            if key == Some(ENTER) && !alone {
                self.held_until = Some(at + HOLD);
            } else {
                taken.push(msg);
            }
        }
        in_pieces(taken)
    }

    /// When an Enter that waits has waited long enough.
    #[must_use]
    pub const fn due_at(&self) -> Option<Instant> {
        self.held_until
    }

    /// Nothing followed: the Enter at the end of one line is meant. At the end of several it belongs to the text, if they
    /// are one.
    pub fn release(&mut self) -> Option<Msg> {
        self.held_until.take().map(|_| match self.lines {
            BurstLines::One => Msg::Key(ENTER),
            BurstLines::Several => Msg::LineBreak(LineBreak::Last),
        })
    }
}

/// Joins the characters of a long text.
fn in_pieces(msgs: Vec<Msg>) -> Vec<Msg> {
    let char = |msg: &Msg| match msg {
        Msg::Key(key) if key.code == KeyCode::Tab => Some('\t'),
        Msg::Key(key) => key.typed(),
        Msg::LineBreak(LineBreak::Inner) => Some('\n'),
        _ => None,
    };
    let mut joined = Vec::new();
    let mut run: Vec<Msg> = Vec::new();
    let end = |run: &mut Vec<Msg>, joined: &mut Vec<Msg>| {
        if run.len() < MANY {
            joined.append(run);
        } else {
            joined.push(Msg::Burst(run.drain(..).filter_map(|msg| char(&msg)).collect()));
        }
    };
    for msg in msgs {
        if char(&msg).is_some() {
            run.push(msg);
        } else {
            end(&mut run, &mut joined);
            joined.push(msg);
        }
    }
    end(&mut run, &mut joined);
    joined
}

/// Can a key be part of a text that is pasted?
fn is_text(key: Key) -> bool {
    key.typed().is_some() || [ENTER, LINE_FEED, Key::new(KeyCode::Tab)].contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::sequence;

    /// Bursts with the milliseconds at which they come, and what they mean: `¶` is a line break.
    fn meant(bursts: &[(u64, &str)]) -> String {
        let start = Instant::now();
        let mut all = Bursts::default();
        let mut taken = Vec::new();
        for (at, keys) in bursts {
            let at = start + Duration::from_millis(*at);
            if all.due_at().is_some_and(|due| due < at) {
                taken.extend(all.release());
            }
            let msgs = sequence(keys).unwrap().into_iter().map(Msg::Key).collect();
            taken.extend(all.take(msgs, at));
        }
        taken.extend(all.release());
        let word = |msg: Msg| match msg {
            Msg::LineBreak(LineBreak::Inner) => "¶".to_owned(),
            Msg::LineBreak(LineBreak::Last) => "¶.".to_owned(),
            Msg::Key(key) => key.typed().map_or_else(|| format!("<{key}>"), String::from),
            other => format!("{other:?}"),
        };
        taken.into_iter().map(word).collect()
    }

    #[test]
    fn an_enter_with_more_behind_it_is_a_line_break() {
        for (bursts, expected) in [
            (vec![(0, "a<enter>b<enter>c")], "a¶b¶c"),
            (vec![(0, "a<enter>b<enter>c<enter>")], "a¶b¶c¶."),
            (vec![(0, "a<enter><ctrl-j>b<enter><ctrl-j>")], "a¶b¶."),
            (vec![(0, "<enter>a")], "¶a"),
            (vec![(0, "a<enter><enter>b")], "a¶¶b"),
            // A slow line cuts it anywhere.
            (vec![(0, "a"), (9, "<enter>"), (18, "b"), (27, "<enter>")], "a¶b¶."),
            (vec![(0, "a<enter>"), (20, "b")], "a¶b"),
            (vec![(0, "a"), (20, "<enter>b")], "a¶b"),
        ] {
            assert_eq!(meant(&bursts), expected, "{bursts:?}");
        }
    }

    #[test]
    fn an_enter_that_is_meant_stays_one() {
        for (bursts, expected) in [
            (vec![(0, "<enter>")], "<enter>"),
            (vec![(0, "a<enter>")], "a<enter>"),
            (vec![(0, "a<enter><ctrl-j>")], "a<enter>"),
            (vec![(0, "a<enter>"), (60, "b<enter>")], "a<enter>b<enter>"),
            (vec![(0, "a"), (60, "<enter>"), (120, "b")], "a<enter>b"),
            // What follows is no text.
            (vec![(0, "a<enter><esc>")], "a<enter><esc>"),
            (vec![(0, "a<enter><down>b")], "a<enter><down>b"),
            (vec![(0, "a<alt-enter>b<enter>")], "a<alt-enter>b<enter>"),
            // Several lines, and later one of its own.
            (vec![(0, "a<enter>b<enter>"), (90, "<enter>")], "a¶b¶.<enter>"),
            (vec![(0, "a<enter>b"), (90, "c<enter>")], "a¶bc<enter>"),
            (vec![(0, "a<enter>b<enter>"), (5, "<esc>"), (9, "i"), (12, "<enter>")], "a¶b¶.<esc>i<enter>"),
        ] {
            assert_eq!(meant(&bursts), expected, "{bursts:?}");
        }
    }

    #[test]
    fn a_long_text_is_one_piece() {
        let text = "ninety-nine bottles of bread on the wall";
        let keys = format!("<down>{text}<enter>{text}<enter><esc>short<enter>");
        let msgs = sequence(&keys).unwrap().into_iter().map(Msg::Key).collect();
        let taken = Bursts::default().take(msgs, Instant::now());
        assert!(matches!(&taken[1], Msg::Burst(burst) if *burst == format!("{text}\n{text}")), "{taken:?}");
        assert!(matches!(&taken[2], Msg::LineBreak(LineBreak::Last)), "{taken:?}");
        assert!(taken[3..].iter().all(|msg| matches!(msg, Msg::Key(_))), "{taken:?}");
    }

    #[test]
    fn an_enter_alone_does_not_wait() {
        let mut bursts = Bursts::default();
        let taken = bursts.take(vec![Msg::Key(ENTER)], Instant::now());
        assert!(matches!(taken.as_slice(), [Msg::Key(ENTER)]));
        assert_eq!(bursts.due_at(), None);
    }
}
