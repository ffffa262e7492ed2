//! Opening hours: read once from what the owner typed, in whatever language, and then the same for the gate, for the model
//! and for whoever looks at them.

mod clauses;
mod clock;
mod element;
mod lexicon;
mod read;
mod scan;
mod token;

use std::fmt;

use jiff::Zoned;
use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;
/// How hours can be written, whatever the language.
pub const EXAMPLE: &str = "Mon-Fri 08:00-12:00, 13:00-18:00; Sat 09:00-13:00; Sun closed";
const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// When a shop is open: of each day, Monday first, the spans in minutes from midnight. A span that goes past midnight ends
/// beyond 1440.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpeningHours {
    days: [Vec<(u16, u16)>; 7],
}

/// The same for programs: `{"mon": [[480, 1080]], …, "sun": []}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the days of the week")]
pub struct TypedHours {
    pub mon: Vec<(u16, u16)>,
    pub tue: Vec<(u16, u16)>,
    pub wed: Vec<(u16, u16)>,
    pub thu: Vec<(u16, u16)>,
    pub fri: Vec<(u16, u16)>,
    pub sat: Vec<(u16, u16)>,
    pub sun: Vec<(u16, u16)>,
}

/// Why a text is not taken as opening hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these opening hours are not understood: {why}. Write them like {}{EXAMPLE}", or(example))]
pub struct HoursError {
    /// What is wrong with it.
    pub why: String,
    /// How they can be written in their own language, where that is not English.
    pub example: &'static str,
}

fn or(example: &str) -> String {
    if example.is_empty() || example == EXAMPLE { String::new() } else { format!("{example} or, in English, ") }
}

/// Is the shop open?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    /// Yes, or nobody said when it is closed.
    Yes,
    /// No.
    No,
}

/// Is the shop open at this time, by the text of the setting? Nothing, or a text that an earlier version has taken and that
/// is not understood, closes nothing.
#[must_use]
pub fn open(text: Option<&str>, at: &Zoned) -> Open {
    match text.map(str::trim).filter(|text| !text.is_empty()).map(OpeningHours::read) {
        Some(Ok(hours)) if !hours.is_open(at) => Open::No,
        None | Some(Ok(_) | Err(_)) => Open::Yes,
    }
}

/// What somebody should know about hours that an earlier version has taken: public holidays are in no calendar here.
#[must_use]
pub fn remark(text: &str) -> Option<&'static str> {
    let names_holidays = read::read(text).is_ok_and(|reading| reading.names_holidays);
    names_holidays.then_some("public holidays are not known here: on them the hours of their day of the week hold")
}

/// Checks what somebody types now. Nothing of it is left out: hours on public holidays can't be kept, and are refused.
///
/// # Errors
/// Why it is not taken, and how it can be written.
pub fn check(text: &str) -> Result<(), HoursError> {
    let reading = read::read(text).map_err(HoursError::from)?;
    if reading.names_holidays {
        let why = "nobody here knows when public holidays are, and their part can't be kept";
        return Err(HoursError { why: format!("{why}; without them it is \"{}\"", reading.hours), example: "" });
    }
    Ok(())
}

impl From<read::Refusal> for HoursError {
    fn from(refusal: read::Refusal) -> Self {
        Self { why: refusal.why, example: refusal.example }
    }
}

impl OpeningHours {
    /// Reads what somebody typed.
    ///
    /// # Errors
    /// Why it is not understood, and how it can be written.
    pub fn read(text: &str) -> Result<Self, HoursError> {
        Ok(read::read(text)?.hours)
    }

    /// Is it open then, by the clock of that time's zone?
    #[must_use]
    pub fn is_open(&self, at: &Zoned) -> bool {
        let minute = u16::try_from(i32::from(at.hour()) * 60 + i32::from(at.minute())).unwrap_or(0);
        let on = |day: Weekday| &self.days[usize::try_from(day.to_monday_zero_offset()).unwrap_or(0)];
        let today = on(at.weekday()).iter().any(|(from, until)| (*from..*until).contains(&minute));
        // Past midnight: the morning after its own day.
        today
            || on(at.weekday().previous()).iter().any(|(from, until)| (*from..*until).contains(&(minute + DAY_MINUTES)))
    }

    /// The same for programs.
    #[must_use]
    pub fn typed(&self) -> TypedHours {
        let [mon, tue, wed, thu, fri, sat, sun] = self.days.clone();
        TypedHours { mon, tue, wed, thu, fri, sat, sun }
    }
}

/// As [`EXAMPLE`]; read again it is the same.
impl fmt::Display for OpeningHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Who reads `06:00-02:00` asks whether the afternoon is meant.
        let is_unclear = |span: &(u16, u16)| span.1 > DAY_MINUTES && span.1 - span.0 > clock::LIKELY_MINUTES_MAX;
        let of_12_hours = self.days.iter().flatten().any(is_unclear);
        let clock = |minutes: u16| {
            let minutes = if minutes > DAY_MINUTES { minutes - DAY_MINUTES } else { minutes };
            let (hour, minute) = (minutes / 60, minutes % 60);
            if of_12_hours {
                let half = if hour % 24 < 12 { "am" } else { "pm" };
                format!("{}:{minute:02} {half}", (hour + 11) % 12 + 1)
            } else {
                format!("{hour:02}:{minute:02}")
            }
        };
        let mut first = 0;
        while first < self.days.len() {
            let alike = self.days[first..].iter().take_while(|day| **day == self.days[first]).count();
            let last = first + alike - 1;
            let separator = if first == 0 { "" } else { "; " };
            match (first, last) {
                (0, 6) => write!(f, "daily")?,
                (first, last) if first == last => write!(f, "{separator}{}", NAMES[first])?,
                (first, last) => write!(f, "{separator}{}-{}", NAMES[first], NAMES[last])?,
            }
            let spans: Vec<String> =
                self.days[first].iter().map(|(from, until)| format!("{}-{}", clock(*from), clock(*until))).collect();
            write!(f, " {}", if spans.is_empty() { "closed".to_owned() } else { spans.join(", ") })?;
            first = last + 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
