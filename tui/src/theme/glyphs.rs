//! The signs that the console draws with, for terminals with UTF-8 and without.

use ratatui::symbols::border;

/// The signs that the console draws with. Each is as wide as its field says, one column where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// The border of a pane.
    pub border: border::Set<'static>,
    /// The border of the pane that has the keys: another shape, so that it shows without colour.
    pub border_focused: border::Set<'static>,
    /// Live, on, in reach.
    pub dot: &'static str,
    /// Off, out of reach.
    pub dot_empty: &'static str,
    /// Unread messages.
    pub unread: &'static str,
    /// Not sent yet.
    pub sending: &'static str,
    /// Waits for its time.
    pub clock: &'static str,
    /// Sent.
    pub sent: &'static str,
    /// Delivered; two columns.
    pub delivered: &'static str,
    /// Read; two columns, and another shape than [`Glyphs::delivered`], so that it shows without colour.
    pub read: &'static str,
    /// Held back for a person.
    pub held: &'static str,
    /// Failed.
    pub failed: &'static str,
    /// Nobody knows.
    pub unknown: &'static str,
    /// Points at something, and opens it.
    pub arrow: &'static str,
    /// Open, of something that folds.
    pub arrow_down: &'static str,
    /// More.
    pub up: &'static str,
    /// Less.
    pub down: &'static str,
    /// Left out; one column, or three in ASCII.
    pub ellipsis: &'static str,
    /// Stands before a chosen row.
    pub selected: &'static str,
    /// Before a choice that is on.
    pub check_on: &'static str,
    /// Before a choice that is off.
    pub check_off: &'static str,
    /// Columns of a chart, from an eighth to full.
    pub bars: [&'static str; 8],
    /// The second series of a chart.
    pub bar_other: &'static str,
    /// Rows of a meter, from an eighth to full.
    pub meter: [&'static str; 8],
    /// The rest of a meter.
    pub meter_empty: &'static str,
    /// The peak of a chart.
    pub peak: &'static str,
    /// A placeholder.
    pub skeleton: &'static str,
    /// The groove of a scrollbar.
    pub rail: &'static str,
    /// What moves in it.
    pub rail_thumb: &'static str,
    /// The pictures of something that runs.
    pub spinner: &'static [&'static str],
    /// Between two facts of a line.
    pub separator: &'static str,
    /// A line across.
    pub rule: &'static str,
    /// A line down.
    pub pipe: &'static str,
    /// Before what is typed.
    pub prompt: &'static str,
    /// The screens.
    pub screens: ScreenGlyphs,
}

/// The signs of the screens in the sidebar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the name is the screen's")]
pub struct ScreenGlyphs {
    pub dashboard: &'static str,
    pub chats: &'static str,
    pub campaigns: &'static str,
    pub numbers: &'static str,
    pub contacts: &'static str,
    pub quick_replies: &'static str,
    pub credits: &'static str,
    pub queue: &'static str,
    pub settings: &'static str,
}

impl Glyphs {
    /// For terminals with UTF-8. No emoji among them: their width differs from terminal to terminal.
    #[must_use]
    pub const fn unicode() -> Self {
        Self {
            border: border::ROUNDED,
            border_focused: border::THICK,
            dot: "●",
            dot_empty: "○",
            unread: "●",
            sending: "…",
            clock: "◷",
            sent: "✓",
            delivered: "✓✓",
            read: "✓◉",
            held: "⚠",
            failed: "✗",
            unknown: "?",
            arrow: "▸",
            arrow_down: "▾",
            up: "↑",
            down: "↓",
            ellipsis: "…",
            selected: "▏",
            check_on: "◉",
            check_off: "○",
            bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            bar_other: "▒",
            meter: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
            meter_empty: "░",
            peak: "▾",
            skeleton: "░",
            rail: "│",
            rail_thumb: "█",
            spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
            separator: "·",
            rule: "─",
            pipe: "│",
            prompt: "›",
            screens: ScreenGlyphs {
                dashboard: "◆",
                chats: "❝",
                campaigns: "➤",
                numbers: "☏",
                contacts: "☻",
                quick_replies: "↯",
                credits: "¤",
                queue: "≡",
                settings: "✱",
            },
        }
    }

    /// For terminals without, and for eyes and readers that want letters.
    #[must_use]
    pub const fn ascii() -> Self {
        Self {
            border: ascii_border("-", "|", "+"),
            border_focused: ascii_border("=", "|", "#"),
            dot: "*",
            dot_empty: "o",
            unread: "*",
            sending: ".",
            clock: "@",
            sent: "v",
            delivered: "vv",
            read: "VV",
            held: "!",
            failed: "x",
            unknown: "?",
            arrow: ">",
            arrow_down: "v",
            up: "^",
            down: "v",
            ellipsis: "...",
            selected: ">",
            check_on: "x",
            check_off: "o",
            bars: [".", ".", ":", "-", "=", "+", "*", "#"],
            bar_other: "%",
            meter: [".", ".", ":", ":", "=", "=", "=", "#"],
            meter_empty: "-",
            peak: "v",
            skeleton: "-",
            rail: "|",
            rail_thumb: "#",
            spinner: &["|", "/", "-", "\\"],
            separator: "-",
            rule: "-",
            pipe: "|",
            prompt: ">",
            screens: ScreenGlyphs {
                dashboard: "D",
                chats: "C",
                campaigns: "P",
                numbers: "N",
                contacts: "A",
                quick_replies: "R",
                credits: "$",
                queue: "Q",
                settings: "S",
            },
        }
    }

    /// The glyphs for a locale: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set must name UTF-8.
    #[must_use]
    pub fn pick(lc_all: Option<&str>, lc_ctype: Option<&str>, lang: Option<&str>) -> Self {
        let locale = [lc_all, lc_ctype, lang].into_iter().flatten().find(|value| !value.is_empty()).unwrap_or("");
        let locale = locale.to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Self::unicode() } else { Self::ascii() }
    }

    /// The ring of something that runs, at its `step`th picture.
    #[must_use]
    pub fn spinner_at(&self, step: usize) -> &'static str {
        self.spinner[step % self.spinner.len()]
    }
}

/// In which bytes the terminal takes characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextEncoding {
    /// UTF-8, or what nobody has said.
    #[default]
    Utf8,
    /// Another one: only ASCII arrives as it was meant, and the bytes of other characters may command the terminal.
    Ascii,
}

impl TextEncoding {
    /// The encoding of a locale: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set. `C` says nothing of the
    /// terminal: such is the locale of services and containers, whatever they are shown in.
    #[must_use]
    pub fn pick(lc_all: Option<&str>, lc_ctype: Option<&str>, lang: Option<&str>) -> Self {
        let locale = [lc_all, lc_ctype, lang].into_iter().flatten().find(|value| !value.is_empty()).unwrap_or("");
        let unsaid = ["", "C", "POSIX"].contains(&locale);
        if unsaid || Glyphs::pick(Some(locale), None, None) == Glyphs::unicode() { Self::Utf8 } else { Self::Ascii }
    }

    /// What a cell may show in this encoding.
    #[must_use]
    pub fn shown(self, symbol: &str) -> &str {
        match (self, symbol) {
            (Self::Utf8, symbol) => symbol,
            (Self::Ascii, symbol) if symbol.is_ascii() => symbol,
            (Self::Ascii, "\u{a0}") => " ",
            (Self::Ascii, "‘" | "’" | "‚" | "´") => "'",
            (Self::Ascii, "“" | "”" | "„" | "«" | "»") => "\"",
            (Self::Ascii, "–" | "—" | "−") => "-",
            (Self::Ascii, "•" | "·") => "*",
            (Self::Ascii, "…") => ".",
            (Self::Ascii, _) => "?",
        }
    }
}

const fn ascii_border(across: &'static str, down: &'static str, corner: &'static str) -> border::Set<'static> {
    border::Set {
        top_left: corner,
        top_right: corner,
        bottom_left: corner,
        bottom_right: corner,
        vertical_left: down,
        vertical_right: down,
        horizontal_top: across,
        horizontal_bottom: across,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    #[test]
    fn the_locale_chooses_the_glyphs() {
        assert_eq!(Glyphs::pick(None, None, Some("en_US.UTF-8")), Glyphs::unicode());
        assert_eq!(Glyphs::pick(Some(""), Some("C.utf8"), None), Glyphs::unicode());
        assert_eq!(Glyphs::pick(Some("C"), None, Some("en_US.UTF-8")), Glyphs::ascii());
        assert_eq!(Glyphs::pick(None, None, None), Glyphs::ascii());
    }

    #[test]
    fn glyphs_are_as_wide_as_they_say() {
        for (glyphs, ellipsis) in [(Glyphs::unicode(), 1), (Glyphs::ascii(), 3)] {
            let Glyphs { border, border_focused, screens, .. } = glyphs;
            let mut ones: Vec<&str> = Vec::new();
            for set in [border, border_focused] {
                ones.extend([set.top_left, set.top_right, set.bottom_left, set.bottom_right]);
                ones.extend([set.vertical_left, set.vertical_right, set.horizontal_top, set.horizontal_bottom]);
            }
            ones.extend([glyphs.dot, glyphs.dot_empty, glyphs.unread, glyphs.sending, glyphs.clock, glyphs.sent]);
            ones.extend([glyphs.held, glyphs.failed, glyphs.unknown, glyphs.arrow, glyphs.arrow_down, glyphs.up]);
            ones.extend([glyphs.down, glyphs.selected, glyphs.check_on, glyphs.check_off, glyphs.bar_other]);
            ones.extend([glyphs.meter_empty, glyphs.peak, glyphs.skeleton, glyphs.rail, glyphs.rail_thumb]);
            ones.extend([glyphs.separator, glyphs.rule, glyphs.pipe, glyphs.prompt]);
            ones.extend(glyphs.bars.iter().chain(&glyphs.meter).chain(glyphs.spinner));
            ones.extend([screens.dashboard, screens.chats, screens.campaigns, screens.numbers, screens.contacts]);
            ones.extend([screens.quick_replies, screens.credits, screens.queue, screens.settings]);
            for glyph in ones {
                assert_eq!(width(glyph), 1, "{glyph:?}");
                assert!(glyph.is_ascii() || ellipsis == 1, "{glyph:?}");
            }
            assert_ne!(glyphs.delivered, glyphs.read);
            assert_eq!((width(glyphs.delivered), width(glyphs.read), width(glyphs.ellipsis)), (2, 2, ellipsis));
        }
    }
}
