//! How far a file is, drawn over itself on a terminal's stderr; elsewhere nothing is drawn.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Columns of the bar.
const BAR: usize = 30;
/// It is drawn no oftener than this.
const REDRAWN_AFTER: Duration = Duration::from_millis(80);

/// A line that shows how far something is. It is wiped off when dropped.
pub struct Progress {
    began: Instant,
    drawn: Option<Instant>,
    shown: Shown,
}

#[derive(PartialEq, Eq)]
enum Shown {
    Never,
    OnTerminal,
}

impl Progress {
    /// Nothing is drawn yet.
    pub fn begin() -> Self {
        let shown = if std::io::stderr().is_terminal() { Shown::OnTerminal } else { Shown::Never };
        Self { began: Instant::now(), drawn: None, shown }
    }

    /// So many rows are through, and this share of the file where its size is known.
    pub fn show(&mut self, rows: i64, share: Option<f64>) {
        if self.shown == Shown::Never || self.drawn.is_some_and(|drawn| drawn.elapsed() < REDRAWN_AFTER) {
            return;
        }
        self.drawn = Some(Instant::now());
        // Nobody needs to be told that a line of progress could not be drawn.
        let _ = write!(std::io::stderr(), "\r\x1b[K{}", line(rows, share, self.began.elapsed()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn.is_some() {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

/// A count as people read it: `1,000,000`.
pub fn grouped(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if count < 0 { format!("-{text}") } else { text }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "a drawing")]
fn line(rows: i64, share: Option<f64>, took: Duration) -> String {
    let rate = rows as f64 / took.as_secs_f64().max(0.001);
    let bar = share.map_or_else(String::new, |share| {
        let full = (share * BAR as f64) as usize;
        format!("[{}{}] {:3.0} %  ", "#".repeat(full), ".".repeat(BAR - full), share * 100.0)
    });
    format!("{bar}{} rows  {} a second", grouped(rows), grouped(rate as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is() {
        let second = Duration::from_secs(1);
        assert_eq!(line(0, Some(0.0), second), "[..............................]   0 %  0 rows  0 a second");
        assert_eq!(
            line(41_000, Some(0.5), second * 2),
            "[###############...............]  50 %  41,000 rows  20,500 a second"
        );
        assert_eq!(line(1_000_000, Some(1.0), second * 10).matches('#').count(), BAR);
        assert_eq!(line(7, None, second), "7 rows  7 a second");
        assert_eq!((grouped(999), grouped(-1_234_567)), ("999".to_owned(), "-1,234,567".to_owned()));
    }
}
