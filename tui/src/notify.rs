//! Tells somebody who does not look at the console that something waits: a bell, or a notification of the desktop.

use crate::passthrough::Via;
use crate::text::{CleanText, cut};

/// The most columns of a title.
const TITLE_COLUMNS_MAX: usize = 60;
/// The most columns of a body.
const BODY_COLUMNS_MAX: usize = 200;
const BELL: &str = "\x07";

/// What to tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notification {
    /// Who or what.
    pub title: CleanText,
    /// What happened; may be empty.
    pub body: CleanText,
}

/// How a terminal notifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// BEL: a sound, or a mark on the window.
    #[default]
    Bell,
    /// OSC 9 of iTerm2: one text.
    Osc9,
    /// OSC 777 of urxvt: a title and a body.
    Osc777,
}

/// What the environment says of the terminal.
#[derive(Debug, Clone, Copy, Default)]
pub struct TerminalEnv<'a> {
    /// `TERM_PROGRAM`; inside tmux it names tmux.
    pub term_program: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
    /// `LC_TERMINAL`, which iTerm2 sends over SSH.
    pub lc_terminal: Option<&'a str>,
    /// `KITTY_WINDOW_ID`.
    pub kitty_window_id: Option<&'a str>,
    /// `WEZTERM_PANE`.
    pub wezterm_pane: Option<&'a str>,
    /// `VTE_VERSION`, of GNOME's and kindred terminals.
    pub vte_version: Option<&'a str>,
}

impl Way {
    /// What this terminal is known to understand, else the bell.
    #[must_use]
    pub fn pick(env: &TerminalEnv<'_>) -> Self {
        let is_set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
        let term = env.term.unwrap_or("");
        match env.term_program {
            Some("iTerm.app" | "WezTerm" | "ghostty") => return Self::Osc9,
            Some("Apple_Terminal" | "vscode") => return Self::Bell,
            _ => {}
        }
        if env.lc_terminal == Some("iTerm2") || is_set(env.wezterm_pane) || term.contains("ghostty") {
            Self::Osc9
        } else if is_set(env.kitty_window_id)
            || is_set(env.vte_version)
            || ["kitty", "foot", "rxvt"].iter().any(|word| term.contains(word))
        {
            Self::Osc777
        } else {
            Self::Bell
        }
    }
}

/// What to write to the terminal. tmux gets a bell as well: it marks the window, and it may be all that comes through.
#[must_use]
pub fn bytes(notification: &Notification, way: Way, via: Via) -> Vec<u8> {
    let title = field(&notification.title, TITLE_COLUMNS_MAX);
    let body = field(&notification.body, BODY_COLUMNS_MAX);
    let sequence = match way {
        Way::Bell => return BELL.into(),
        // A text that begins with a number and a semicolon would be a progress bar; a field holds no semicolon.
        Way::Osc9 if body.is_empty() => format!("\x1b]9;{title}{BELL}"),
        Way::Osc9 => format!("\x1b]9;{title}: {body}{BELL}"),
        Way::Osc777 => format!("\x1b]777;notify;{title};{body}{BELL}"),
    };
    let bell = match via {
        Via::Direct => "",
        Via::Tmux => BELL,
    };
    format!("{bell}{}", via.wrap(&sequence)).into_bytes()
}

/// One field of a sequence: one line, not long, without the sign between fields.
fn field(text: &CleanText, columns: usize) -> String {
    cut(CleanText::line(text.as_str()).as_str(), columns).replace(';', ",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(title: &str, body: &str) -> Notification {
        Notification { title: CleanText::line(title), body: CleanText::block(body) }
    }

    fn written(notification: &Notification, way: Way, via: Via) -> String {
        String::from_utf8(bytes(notification, way, via)).unwrap()
    }

    #[test]
    fn each_way_has_its_bytes() {
        let note = note("Customer A", "open today?");
        assert_eq!(written(&note, Way::Bell, Via::Direct), "\x07");
        assert_eq!(written(&note, Way::Bell, Via::Tmux), "\x07");
        assert_eq!(written(&note, Way::Osc9, Via::Direct), "\x1b]9;Customer A: open today?\x07");
        assert_eq!(written(&note, Way::Osc777, Via::Direct), "\x1b]777;notify;Customer A;open today?\x07");
        assert_eq!(written(&note, Way::Osc9, Via::Tmux), "\x07\x1bPtmux;\x1b\x1b]9;Customer A: open today?\x07\x1b\\");
    }

    #[test]
    fn a_message_can_not_end_the_sequence_nor_add_fields() {
        let note = note("4;1;50\x07\x1b]52;c;aGk=\x07", "a;b\nc\u{202e}d\x1b\\");
        assert_eq!(written(&note, Way::Osc9, Via::Direct), "\x1b]9;4,1,50]52,c,aGk=: a,b cd\\\x07");
        assert_eq!(written(&note, Way::Osc777, Via::Direct), "\x1b]777;notify;4,1,50]52,c,aGk=;a,b cd\\\x07");
    }

    #[test]
    fn a_long_message_is_cut() {
        let note = note(&"t".repeat(300), &"b".repeat(3_000));
        assert!(bytes(&note, Way::Osc777, Via::Direct).len() < 300);
        assert_eq!(written(&Notification::default(), Way::Osc9, Via::Direct), "\x1b]9;\x07");
    }

    #[test]
    fn the_terminal_is_known_by_what_it_sets() {
        let none = TerminalEnv::default();
        let table: &[(TerminalEnv<'_>, Way)] = &[
            (none, Way::Bell),
            (TerminalEnv { term: Some("xterm-256color"), ..none }, Way::Bell),
            (TerminalEnv { term_program: Some("iTerm.app"), ..none }, Way::Osc9),
            (TerminalEnv { term_program: Some("ghostty"), ..none }, Way::Osc9),
            (TerminalEnv { term_program: Some("Apple_Terminal"), ..none }, Way::Bell),
            (TerminalEnv { term: Some("xterm-kitty"), ..none }, Way::Osc777),
            (TerminalEnv { term: Some("foot"), ..none }, Way::Osc777),
            (TerminalEnv { vte_version: Some("7600"), term: Some("xterm-256color"), ..none }, Way::Osc777),
            (TerminalEnv { term_program: Some("tmux"), kitty_window_id: Some("1"), ..none }, Way::Osc777),
            (TerminalEnv { term_program: Some("tmux"), lc_terminal: Some("iTerm2"), ..none }, Way::Osc9),
            (TerminalEnv { term_program: Some("tmux"), term: Some("tmux-256color"), ..none }, Way::Bell),
        ];
        for (env, expected) in table {
            assert_eq!(Way::pick(env), *expected, "{env:?}");
        }
    }
}
