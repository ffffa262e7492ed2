//! The whole story of a chat in which a law did not hold: what was done, what was told, what was sent, what is stored.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use mychatflow_data::time::Timestamp;

use super::laws::Breach;
use super::people;
use super::play::Ended;

/// Stories that are written at most.
const STORIES_MAX: usize = 20;

/// Writes one file for each chat, up to a bound, and returns where they are.
pub fn write(room: &Path, seed: u64, ended: &Ended, breaches: &[Breach]) -> anyhow::Result<Vec<PathBuf>> {
    let chats: BTreeSet<Option<usize>> = breaches.iter().map(|breach| breach.who).collect();
    let mut files = Vec::new();
    for who in chats.into_iter().take(STORIES_MAX) {
        let name = who.map_or("everybody".to_owned(), |who| format!("guest-{who}"));
        let file = room.join(format!("story-of-seed-{seed}-{name}.txt"));
        std::fs::write(&file, story(who, ended, breaches)).with_context(|| format!("no file {}", file.display()))?;
        files.push(file);
    }
    Ok(files)
}

fn story(who: Option<usize>, ended: &Ended, breaches: &[Breach]) -> String {
    let mut text = String::new();
    // Writing to a String can't fail.
    for breach in breaches.iter().filter(|breach| breach.who == who) {
        let _ = writeln!(text, "{}: {}", breach.law.words(), breach.what);
    }
    let _ = writeln!(text);
    let mut lines: Vec<(i64, String)> = Vec::new();
    for note in ended.notes.iter().filter(|note| note.who.is_none() || note.who == who) {
        lines.push((note.at, note.what.clone()));
    }
    let Some(who) = who else { return finish(text, lines) };
    let record = &ended.record;
    let about = |id: &str| id.split('_').nth(1).and_then(people::of_chat) == Some(who);
    for delivery in &ended.deliveries {
        let Some(id) = delivery.message_id.as_deref().filter(|id| about(id)) else { continue };
        let tries: Vec<String> =
            delivery.tries.iter().map(|status| status.map_or("no answer".to_owned(), |s| s.to_string())).collect();
        let what = format!("  {} of {id}: {}", delivery.event, tries.join(", "));
        lines.push((delivery.acknowledged_at_ms.unwrap_or(i64::MAX), what));
    }
    for sent in record.sent.iter().filter(|sent| sent.who == Some(who)) {
        let shown: String = sent.text.chars().take(200).collect();
        lines.push((sent.at, format!("WAHA sends {} to {}: {shown}", sent.bare_id, sent.chat_id)));
    }
    for silence in record.silences.iter().filter(|silence| silence.who == who) {
        if let Some(from) = silence.from {
            lines.push((from, format!("the daemon knows: {}", silence.why)));
        }
    }
    let mut text = finish(text, lines);
    for (place, chat) in record.chats.iter().enumerate().filter(|(_, chat)| chat.who == Some(who)) {
        let _ = writeln!(text, "\nin the store: {} {}", chat.state, chat.reason);
        for message in record.stored.iter().filter(|message| message.chat == place) {
            let shown: String = message.text.chars().take(100).collect();
            let _ = writeln!(text, "  {} {} {} {shown}", message.wa_id, message.state, message.reason);
        }
    }
    text
}

fn finish(mut text: String, mut lines: Vec<(i64, String)>) -> String {
    lines.sort_by_key(|(at, _)| *at);
    for (at, what) in lines {
        let when = if at == i64::MAX { "never".to_owned() } else { Timestamp::from_millis(at).to_string() };
        let _ = writeln!(text, "{when:<26}{what}");
    }
    text
}
