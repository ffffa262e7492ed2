//! Bytes of a terminal as what they mean. Plain data: it never waits and never asks the time.

use crate::key::{Key, KeyCode};
use crate::msg::{Focus, Mouse, MouseDeed, Msg};

const ESC: u8 = 0x1b;
const PASTE_BEGINS: &[u8] = b"200~";
const PASTE_ENDS: &[u8] = b"\x1b[201~";
/// The longest sequence that is waited for; what goes on longer is none.
const SEQUENCE_MAX: usize = 256;
/// The longest answer of a terminal that is passed over.
const ANSWER_MAX: usize = 4096;

/// The most of a paste that is kept. Nothing that is written here is that long; the rest is passed over.
const PASTE_MAX: usize = 1024 * 1024;

/// What the parser waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wait {
    /// Bytes, as long as it takes.
    Forever,
    /// Bytes that are a key if nothing follows, and the beginning of another if something does.
    Key,
    /// The end of a paste.
    Paste,
}

/// Takes bytes in whatever pieces they come.
#[derive(Debug, Default)]
pub struct InputParser {
    /// The beginning of something whose end has not come.
    rest: Vec<u8>,
    /// What was pasted so far.
    pasted: Option<Vec<u8>>,
}

/// What the beginning of some bytes is.
enum Token {
    /// So many bytes that mean this, or nothing.
    Whole(usize, Option<Msg>),
    /// A paste begins behind so many bytes.
    Paste(usize),
    /// More bytes are needed.
    Cut,
}

impl InputParser {
    /// Takes bytes, and gives what is complete.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<Msg> {
        let mut msgs = Vec::new();
        self.rest.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.rest);
        let mut at = 0;
        while at < all.len() {
            if let Some(pasted) = &mut self.pasted {
                let begun = pasted.len();
                pasted.extend_from_slice(&all[at..]);
                at = all.len();
                // The end may be cut: its first bytes are among those that came before.
                let from = begun.saturating_sub(PASTE_ENDS.len() - 1);
                let end = pasted[from..].windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS);
                if let Some(end) = end.map(|end| end + from) {
                    at -= pasted.len() - end - PASTE_ENDS.len();
                    pasted.truncate(end.min(PASTE_MAX));
                    msgs.push(Msg::Paste(String::from_utf8_lossy(pasted).into_owned()));
                    self.pasted = None;
                } else if pasted.len() > PASTE_MAX + PASTE_ENDS.len() {
                    // The last bytes stay: they may be the first ones of the mark.
                    pasted.drain(PASTE_MAX..pasted.len() - PASTE_ENDS.len());
                }
                continue;
            }
            match token(&all[at..]) {
                Token::Whole(length, msg) => {
                    at += length;
                    msgs.extend(msg);
                }
                Token::Paste(length) => {
                    at += length;
                    self.pasted = Some(Vec::new());
                }
                Token::Cut => {
                    self.rest = all[at..].to_vec();
                    break;
                }
            }
        }
        msgs
    }

    /// What is waited for.
    #[must_use]
    pub fn wait(&self) -> Wait {
        match self.rest.as_slice() {
            _ if self.pasted.is_some() => Wait::Paste,
            [ESC] | [ESC, b'[' | b'O' | b']' | b'P' | b'_'] => Wait::Key,
            _ => Wait::Forever,
        }
    }

    /// Nothing followed. A paste whose end never came ends here; what comes next are keys again.
    pub fn decide(&mut self) -> Vec<Msg> {
        if let Some(mut pasted) = self.pasted.take() {
            pasted.truncate(PASTE_MAX);
            return vec![Msg::Paste(String::from_utf8_lossy(&pasted).into_owned())];
        }
        if self.wait() != Wait::Key {
            return Vec::new();
        }
        match std::mem::take(&mut self.rest).as_slice() {
            [_, char] => vec![Msg::Key(Key { alt: true, ..Key::char(char::from(*char)) })],
            _ => vec![Msg::Key(Key::new(KeyCode::Esc))],
        }
    }
}

fn token(bytes: &[u8]) -> Token {
    match bytes {
        [ESC] => Token::Cut,
        [ESC, ESC, ..] => Token::Whole(1, Some(Msg::Key(Key::new(KeyCode::Esc)))),
        [ESC, b'[', ..] => csi(bytes),
        [ESC, b'O', ..] => ss3(bytes),
        // Answers to questions that somebody else put.
        [ESC, b']' | b'P' | b'_'] => Token::Cut,
        [ESC, b']', b'0'..=b'9', ..]
        | [ESC, b'P', b'0'..=b'9' | b'>' | b'!' | b'+' | b'$', ..]
        | [ESC, b'_', b'G', ..] => answer(bytes),
        [ESC, rest @ ..] => match token(rest) {
            Token::Whole(length, Some(Msg::Key(key))) => {
                Token::Whole(length + 1, Some(Msg::Key(Key { alt: true, ..key })))
            }
            Token::Whole(length, msg) => Token::Whole(length + 1, msg),
            Token::Paste(length) => Token::Paste(length + 1),
            Token::Cut => Token::Cut,
        },
        [byte @ ..0x80, ..] => Token::Whole(1, control(*byte).map(Msg::Key)),
        _ => character(bytes),
    }
}

/// A key of one byte below 0x80.
fn control(byte: u8) -> Option<Key> {
    let ctrl = |char: u8| Key { ctrl: true, ..Key::char(char::from(char)) };
    Some(match byte {
        b'\r' => Key::new(KeyCode::Enter),
        b'\t' => Key::new(KeyCode::Tab),
        0x7f => Key::new(KeyCode::Backspace),
        0 => ctrl(b' '),
        1..=0x1a => ctrl(byte - 1 + b'a'),
        0x1c..=0x1f => ctrl(byte - 0x1c + b'4'),
        0x20..=0x7e => Key::char(char::from(byte)),
        _ => return None,
    })
}

/// A character of several bytes; what is none is passed over.
fn character(bytes: &[u8]) -> Token {
    let length = match bytes[0] {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Token::Whole(1, None),
    };
    let there = &bytes[..length.min(bytes.len())];
    match std::str::from_utf8(there) {
        Ok(text) => Token::Whole(length, text.chars().next().map(|char| Msg::Key(Key::char(char)))),
        Err(error) if error.error_len().is_none() && there.len() < length => Token::Cut,
        Err(error) => Token::Whole(error.error_len().unwrap_or(1).max(1), None),
    }
}

/// An answer of the terminal, up to its end.
fn answer(bytes: &[u8]) -> Token {
    let end = bytes.iter().skip(2).position(|byte| *byte == 0x07).map(|at| at + 3);
    let other = bytes.windows(2).skip(2).position(|pair| pair == b"\x1b\\").map(|at| at + 4);
    match (end, other) {
        (Some(end), Some(other)) => Token::Whole(end.min(other), None),
        (Some(end), None) | (None, Some(end)) => Token::Whole(end, None),
        (None, None) if bytes.len() < ANSWER_MAX => Token::Cut,
        (None, None) => Token::Whole(bytes.len(), None),
    }
}

/// `ESC O` and a letter: arrows and F1 to F4 of many terminals, Enter of the number block.
fn ss3(bytes: &[u8]) -> Token {
    let Some(byte) = bytes.get(2) else { return Token::Cut };
    match byte {
        b'M' => Token::Whole(3, Some(Msg::Key(Key::new(KeyCode::Enter)))),
        byte => Token::Whole(3, letter(*byte).map(|code| Msg::Key(Key::new(code)))),
    }
}

const fn letter(byte: u8) -> Option<KeyCode> {
    Some(match byte {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'H' => KeyCode::Home,
        b'F' => KeyCode::End,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

/// `ESC [`, parameters, and a byte that ends it.
fn csi(bytes: &[u8]) -> Token {
    match bytes.get(2) {
        None => return Token::Cut,
        // F1 to F5 of the Linux console.
        Some(b'[') => {
            return match bytes.get(3) {
                None => Token::Cut,
                Some(byte @ b'A'..=b'E') => Token::Whole(4, Some(Msg::Key(Key::new(KeyCode::F(byte - b'A' + 1))))),
                Some(_) => Token::Whole(4, None),
            };
        }
        // A click as the oldest terminals tell it.
        Some(b'M') => {
            return match bytes.get(3..6) {
                None => Token::Cut,
                Some([button, column, row]) => {
                    let from = |byte: &u8| u16::from(byte.saturating_sub(32));
                    Token::Whole(6, mouse(from(button), from(column), from(row)))
                }
                Some(_) => Token::Whole(6, None),
            };
        }
        Some(_) => {}
    }
    let body = &bytes[2..];
    let Some(end) = body.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else {
        return if body.len() < SEQUENCE_MAX { Token::Cut } else { Token::Whole(bytes.len(), None) };
    };
    let length = end + 3;
    if !(0x40..=0x7e).contains(&body[end]) {
        // Broken off by a control or by a key: that one is read next.
        return Token::Whole(length - 1, None);
    }
    if &body[..=end] == PASTE_BEGINS {
        return Token::Paste(length);
    }
    Token::Whole(length, sequence(&body[..end], body[end]))
}

fn sequence(parameters: &[u8], last: u8) -> Option<Msg> {
    if let Some(parameters) = parameters.strip_prefix(b"<") {
        let [button, column, row] = numbers(parameters)[..] else { return None };
        // With a small m it is a button let go.
        return (last == b'M').then(|| mouse(button, column, row)).flatten();
    }
    let numbers = numbers(parameters);
    let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
    let with = |code: KeyCode, modifiers: u16| {
        let held = modifiers.saturating_sub(1);
        let has = |bit: u16| held & bit != 0;
        let shift = has(1) && !matches!(code, KeyCode::Char(_) | KeyCode::BackTab);
        Some(Msg::Key(Key { code, shift, alt: has(2), ctrl: has(4) }))
    };
    match (parameters, last) {
        (b"", b'I') => Some(Msg::Focus(Focus::Here)),
        (b"", b'O') => Some(Msg::Focus(Focus::Elsewhere)),
        (_, b'Z') => with(KeyCode::BackTab, 0),
        (b"", last) => letter(last).and_then(|code| with(code, 0)),
        // Another button of the mouse, or where the cursor is: no key.
        (_, b'M') if numbers.len() == 3 => mouse(number(0).saturating_sub(32), number(1), number(2)),
        (_, b'R') if number(0) != 1 => None,
        (_, b'~') if number(0) == 27 => with(coded(number(2))?, number(1)),
        (_, b'~') => with(numbered(number(0))?, number(1)),
        (_, b'u') => with(coded(number(0))?, number(1)),
        (_, last) if parameters[0].is_ascii_digit() => with(letter(last)?, number(1)),
        _ => None,
    }
}

/// Numbers with semicolons between them; what stands behind a colon says more than we ask.
fn numbers(parameters: &[u8]) -> Vec<u16> {
    let number = |bytes: &[u8]| {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit());
        digits.fold(0_u16, |number, digit| number.saturating_mul(10).saturating_add(u16::from(digit - b'0')))
    };
    parameters.split(|byte| *byte == b';').map(number).collect()
}

/// A key by its number before a tilde.
fn numbered(number: u16) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(u8::try_from(number - 10).ok()?),
        17..=21 => KeyCode::F(u8::try_from(number - 11).ok()?),
        23..=26 => KeyCode::F(u8::try_from(number - 12).ok()?),
        28 | 29 => KeyCode::F(u8::try_from(number - 13).ok()?),
        31..=34 => KeyCode::F(u8::try_from(number - 14).ok()?),
        _ => return None,
    })
}

/// A key by the character that it types.
fn coded(number: u16) -> Option<KeyCode> {
    Some(match number {
        13 => KeyCode::Enter,
        27 => KeyCode::Esc,
        9 => KeyCode::Tab,
        8 | 127 => KeyCode::Backspace,
        // Keys of the keyboard that type nothing have numbers of their own here.
        0..32 | 57344..=63743 => return None,
        number => KeyCode::Char(char::from_u32(u32::from(number))?),
    })
}

fn mouse(button: u16, column: u16, row: u16) -> Option<Msg> {
    let deed = match button {
        // With Shift, Alt or Ctrl held, which we don't ask about.
        button if button & 0b1110_0011 == 0 => MouseDeed::Click,
        button if button & 0b1110_0011 == 64 => MouseDeed::WheelUp,
        button if button & 0b1110_0011 == 65 => MouseDeed::WheelDown,
        _ => return None,
    };
    Some(Msg::Mouse(Mouse { column: column.saturating_sub(1), row: row.saturating_sub(1), deed }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(msgs: &[Msg]) -> String {
        let word = |msg: &Msg| match msg {
            Msg::Key(key) => format!("<{key}>"),
            Msg::Paste(text) => format!("paste {text:?}"),
            Msg::Mouse(mouse) => format!("{:?} {},{}", mouse.deed, mouse.column, mouse.row),
            Msg::Focus(focus) => format!("{focus:?}"),
            other => format!("{other:?}"),
        };
        msgs.iter().map(word).collect::<Vec<_>>().join(" ")
    }

    const ROWS: &[(&[u8], &str)] = &[
        (b"aZ~", "<a> <Z> <~>"),
        ("ä€字🥐".as_bytes(), "<ä> <€> <字> <🥐>"),
        (b"\r\t\x7f\x08\n\0\x1f", "<enter> <tab> <backspace> <ctrl-h> <ctrl-j> <ctrl-space> <ctrl-7>"),
        (b"\x03\x1a", "<ctrl-c> <ctrl-z>"),
        (b"\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F\x1b[Z", "<up> <down> <right> <left> <home> <end> <backtab>"),
        (b"\x1bOA\x1bOH\x1bOP\x1bOS\x1bOM", "<up> <home> <f1> <f4> <enter>"),
        (b"\x1b[1~\x1b[3~\x1b[4~\x1b[5~\x1b[6~\x1b[2~", "<home> <delete> <end> <pageup> <pagedown>"),
        (b"\x1b[11~\x1b[15~\x1b[17~\x1b[21~\x1b[23~\x1b[24~\x1b[34~", "<f1> <f5> <f6> <f10> <f11> <f12> <f20>"),
        (b"\x1b[[A\x1b[[E", "<f1> <f5>"),
        (
            b"\x1b[1;5C\x1b[1;2A\x1b[3;3~\x1b[1;2P\x1b[1;2R",
            "<ctrl-right> <shift-up> <alt-delete> <shift-f1> <shift-f3>",
        ),
        (b"\x1b\r\x1bj\x1b\x7f\x1b\xc3\xa4", "<alt-enter> <alt-j> <alt-backspace> <alt-ä>"),
        (b"\x1b\x1b[A", "<esc> <up>"),
        (b"\x1b[200~one\rtwo \x1b[A\x1b[201~x", "paste \"one\\rtwo \\u{1b}[A\" <x>"),
        (
            b"\x1b[<0;12;5M\x1b[<0;12;5m\x1b[<64;1;1M\x1b[<65;300;2M\x1b[<35;9;9M",
            "Click 11,4 WheelUp 0,0 WheelDown 299,1",
        ),
        (b"\x1b[M !!\x1b[M`!!\x1b[32;3;4M", "Click 0,0 WheelUp 0,0 Click 2,3"),
        (b"\x1b[I\x1b[O", "Here Elsewhere"),
        (b"\x1b[13;2u\x1b[106;5u\x1b[27;5;106~\x1b[57358u", "<shift-enter> <ctrl-j> <ctrl-j>"),
        // Late answers of the terminal are no keys.
        (b"\x1b_Gi=31;OK\x1b\\\x1b[?62;4c\x1b[>41;354;0c\x1b[12;40R\x1b[?1ua", "<a>"),
        (b"\x1b]11;rgb:0000/0000/0000\x07\x1b]10;rgb:1/1/1\x1b\\\x1bP1+r544e\x1b\\b", "<b>"),
        (b"\xff\xc3(\xe2\x82a\x80", "<(> <a>"),
        (b"\x1b[1;\x03x", "<ctrl-c> <x>"),
    ];

    #[test]
    fn bytes_mean_the_same_however_they_are_cut() {
        for (bytes, expected) in ROWS {
            assert_eq!(words(&InputParser::default().take(bytes)), *expected, "{bytes:?}");
            for cut in 0..=bytes.len() {
                let mut parser = InputParser::default();
                let mut msgs = parser.take(&bytes[..cut]);
                msgs.extend(parser.take(&bytes[cut..]));
                assert_eq!(words(&msgs), *expected, "{bytes:?} cut at {cut}");
            }
            let mut parser = InputParser::default();
            let msgs: Vec<Msg> = bytes.iter().flat_map(|byte| parser.take(&[*byte])).collect();
            assert_eq!(words(&msgs), *expected, "{bytes:?} byte by byte");
        }
    }

    #[test]
    fn an_escape_after_which_nothing_comes_is_the_key() {
        for (bytes, expected) in
            [(&b"\x1b"[..], "<esc>"), (b"\x1b[", "<alt-[>"), (b"\x1bO", "<alt-O>"), (b"\x1b_", "<alt-_>")]
        {
            let mut parser = InputParser::default();
            assert_eq!(words(&parser.take(bytes)), "");
            assert_eq!(parser.wait(), Wait::Key);
            assert_eq!(words(&parser.decide()), expected);
            assert_eq!(words(&parser.take(b"x")), "<x>", "after {expected}");
        }
        assert!(InputParser::default().decide().is_empty());
    }

    #[test]
    fn a_paste_whose_end_never_comes_ends_and_keys_are_keys_again() {
        let mut parser = InputParser::default();
        assert_eq!(words(&parser.take(b"\x1b[200~half a paste")), "");
        assert_eq!(parser.wait(), Wait::Paste);
        assert_eq!(words(&parser.decide()), "paste \"half a paste\"");
        assert_eq!(parser.wait(), Wait::Forever);
        // The mark that comes late is no key.
        assert_eq!(words(&parser.take(b"\x03\x1b[201~x")), "<ctrl-c> <x>");
    }

    #[test]
    fn a_paste_without_an_end_takes_no_more_than_its_share_of_memory() {
        let mut parser = InputParser::default();
        parser.take(b"\x1b[200~");
        for _ in 0..64 {
            assert!(parser.take(&[b'a'; 64 * 1024 + 1]).is_empty());
            assert!(parser.pasted.as_ref().is_some_and(|pasted| pasted.len() <= PASTE_MAX + 2 * PASTE_ENDS.len()));
        }
        // The mark is found where it is cut, too.
        assert!(parser.take(&PASTE_ENDS[..3]).is_empty());
        let msgs = parser.take(b"01~x");
        let [Msg::Paste(text), Msg::Key(_)] = msgs.as_slice() else { panic!("{} messages", msgs.len()) };
        assert_eq!(text.len(), PASTE_MAX);
    }

    #[test]
    fn no_bytes_make_it_panic_or_wait_for_ever() {
        let mut seed = 0x2545_f491_4f6c_dd1d_u64;
        let mut parser = InputParser::default();
        for _ in 0..50_000 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            parser.take(&seed.to_le_bytes()[..1 + (seed % 5) as usize]);
        }
        parser.take(&[b'a'; ANSWER_MAX]);
        parser.take(PASTE_ENDS);
        assert!(words(&parser.take(b"still here")).ends_with("<h> <e> <r> <e>"));
    }
}
