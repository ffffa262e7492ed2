//! Escape sequences for the terminal itself, past a multiplexer that would swallow them.

/// What stands between us and the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Via {
    /// Nothing.
    #[default]
    Direct,
    /// tmux, which lets a sequence through when it is wrapped and `allow-passthrough` is on.
    Tmux,
}

impl Via {
    /// What `TMUX` says.
    #[must_use]
    pub fn pick(tmux: Option<&str>) -> Self {
        if tmux.is_some_and(|value| !value.is_empty()) { Self::Tmux } else { Self::Direct }
    }

    /// The sequence as it must be written to arrive at the terminal.
    #[must_use]
    pub fn wrap(self, sequence: &str) -> String {
        match self {
            Self::Direct => sequence.to_owned(),
            Self::Tmux => format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tmux_gets_every_escape_twice() {
        assert_eq!(Via::Tmux.wrap("\x1b]9;hi\x1b\\"), "\x1bPtmux;\x1b\x1b]9;hi\x1b\x1b\\\x1b\\");
        assert_eq!(Via::Direct.wrap("\x1b]9;hi\x07"), "\x1b]9;hi\x07");
    }

    #[test]
    fn tmux_says_where_we_are() {
        assert_eq!(Via::pick(Some("/tmp/tmux-0/default,1,0")), Via::Tmux);
        assert_eq!(Via::pick(Some("")), Via::Direct);
        assert_eq!(Via::pick(None), Via::Direct);
    }
}
