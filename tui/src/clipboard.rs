//! Copies text to the clipboard of whoever looks at the terminal, over SSH too: OSC 52.

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;

use crate::passthrough::Via;

/// The most bytes that are copied: as base64 they fill the 100,000 bytes at which terminals cut the sequence off.
pub const COPY_BYTES_MAX: usize = 74_994;

/// The text was not copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CopyError {
    /// The terminal would take only part of it.
    #[error("{bytes} bytes are too many to copy, a terminal takes {COPY_BYTES_MAX}")]
    TooLong {
        /// How many there are.
        bytes: usize,
    },
    /// The sequence could not be built.
    #[error("the terminal has no clipboard sequence")]
    Unsupported,
}

/// What to write to the terminal so that it copies `text`. Whether it does is nothing that it tells.
///
/// In tmux it is written twice: tmux itself takes the plain one with `set-clipboard on`, and hands on the wrapped one
/// with `allow-passthrough on`.
pub fn osc52(text: &str, via: Via) -> Result<String, CopyError> {
    if text.len() > COPY_BYTES_MAX {
        return Err(CopyError::TooLong { bytes: text.len() });
    }
    let mut sequence = String::new();
    CopyToClipboard::to_clipboard_from(text).write_ansi(&mut sequence).map_err(|_| CopyError::Unsupported)?;
    Ok(match via {
        Via::Direct => sequence,
        Via::Tmux => format!("{sequence}{}", via.wrap(&sequence)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_travels_as_base64() {
        assert_eq!(osc52("hi 東", Via::Direct).unwrap(), "\x1b]52;c;aGkg5p2x\x1b\\");
        assert_eq!(osc52("", Via::Direct).unwrap(), "\x1b]52;c;\x1b\\");
    }

    #[test]
    fn tmux_gets_it_plain_and_wrapped() {
        let plain = "\x1b]52;c;aGk=\x1b\\";
        assert_eq!(osc52("hi", Via::Tmux).unwrap(), format!("{plain}\x1bPtmux;\x1b\x1b]52;c;aGk=\x1b\x1b\\\x1b\\"));
    }

    #[test]
    fn what_a_terminal_would_cut_off_is_refused() {
        let most = osc52(&"x".repeat(COPY_BYTES_MAX), Via::Direct).unwrap();
        assert!(most.len() <= 100_001, "{}", most.len());
        let refused = osc52(&"x".repeat(COPY_BYTES_MAX + 1), Via::Direct);
        assert_eq!(refused, Err(CopyError::TooLong { bytes: COPY_BYTES_MAX + 1 }));
    }
}
