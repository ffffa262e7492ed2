//! Was there a word between a number and a person before some instant? WAHA's history of the chat tells.

use mychatflow_data::phone::Address;
use mychatflow_data::time::Timestamp;

use crate::waha::chats::{Chats, Filter};
use crate::waha::{Waha, WahaError};

/// How many messages are looked at: a server may ignore the bound in time, and then the newest come first.
const LOOK: u32 = 20;

/// What a chat's history says about an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Older {
    /// They wrote to each other before it.
    Yes,
    /// They did not.
    No,
    /// What came can't be read.
    Unclear,
}

/// Asks for what is older than `bar` in one chat.
///
/// # Errors
/// What WAHA says.
pub(crate) async fn older_words(
    waha: &Waha,
    session: &str,
    chat: &Address,
    bar: Timestamp,
) -> Result<Older, WahaError> {
    let filter = Filter { until: Some(bar), limit: LOOK, ..Filter::default() };
    let page = waha.messages(session, Chats::One(chat), &filter).await?;
    let times: Vec<Timestamp> = page.items.iter().map(|message| message.at).collect();
    Ok(judge(page.rows, &times, bar))
}

fn judge(rows: usize, times: &[Timestamp], bar: Timestamp) -> Older {
    // WAHA cuts the bound to the second: whatever lies in that second counts as before it.
    let in_its_second = |at: &Timestamp| at.millis().div_euclid(1000) <= bar.millis().div_euclid(1000);
    if times.iter().any(in_its_second) {
        return Older::Yes;
    }
    // A full page of younger messages: the server ignores the bound, and what lies behind them is not seen.
    let full = u32::try_from(rows).is_ok_and(|rows| rows >= LOOK);
    if rows > times.len() || full { Older::Unclear } else { Older::No }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_time_of_a_message_decides_and_not_that_there_is_one() {
        let bar = Timestamp::from_seconds(1_000_000) + Duration::from_millis(700);
        let at = |seconds: i64| Timestamp::from_seconds(1_000_000 + seconds);
        for (rows, times, expected) in [
            (0, vec![], Older::No),
            (1, vec![at(0)], Older::Yes),
            (1, vec![at(-86_400)], Older::Yes),
            // A server that does not know the bound gives what was just written.
            (2, vec![at(1), at(60)], Older::No),
            (2, vec![at(60), at(-1)], Older::Yes),
            (1, vec![], Older::Unclear),
            (20, vec![at(60); 20], Older::Unclear),
        ] {
            assert_eq!(judge(rows, &times, bar), expected, "{rows} {times:?}");
        }
    }
}
