//! Hears what the daemon tells every console, and has it written down.

use std::collections::{HashMap, HashSet};

use anyhow::Context;
use futures_util::StreamExt;
use mychatflow_data::client::{Client, ClientError, Notice, Subscription};
use mychatflow_data::ids::{ChatId, InteractionId};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::interaction::{Author, ContentKind, Direction, InteractionState};
use mychatflow_data::protocol::calls::chat::{ChatSummary, InteractionDocument};
use mychatflow_data::protocol::calls::credit::{CreditShow, CreditSummary};
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::event::{Event, Topic};
use mychatflow_data::time::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::cast::Cast;
use super::evidence;
use super::happening::Happening;
use super::scribe::Scribe;

/// A chat as far as it was told of.
#[derive(Default)]
struct Known {
    /// Who writes in it; `None` for people who are not in the play.
    who: Option<String>,
    shown: Option<ChatSummary>,
    /// Whose word is last.
    last: Option<Direction>,
    /// Answers that are out and not read yet, with the credits after each.
    unread: HashMap<InteractionId, CreditSummary>,
    /// Answers that are read.
    read: HashSet<InteractionId>,
    /// What is told once the answers are read.
    later: Vec<Happening>,
}

/// Hears what happens.
pub struct Witness {
    client: Client,
    scribe: Scribe,
    notices: Subscription,
    cast: Cast,
    chats: HashMap<ChatId, Known>,
    told: HashSet<InteractionId>,
    reactions: HashMap<InteractionId, String>,
}

impl Witness {
    /// Hears what happens from now on.
    pub async fn listen(client: Client, scribe: Scribe, cast: Cast) -> anyhow::Result<Self> {
        let notices = client.subscribe(&EventsSubscribe::default()).await.context("events")?;
        let (chats, told, reactions) = (HashMap::new(), HashSet::new(), HashMap::new());
        Ok(Self { client, scribe, notices, cast, chats, told, reactions })
    }

    /// Tells something that the daemon does not.
    pub fn tell(&mut self, happening: &Happening) -> anyhow::Result<()> {
        self.scribe.tell(happening)
    }

    /// Tells what happens until an instant.
    pub async fn tell_until(&mut self, until: Instant) -> anyhow::Result<()> {
        while let Ok(notice) = timeout_at(until, self.notices.next()).await {
            self.hear(notice).await?;
        }
        Ok(())
    }

    /// Tells what happens until somebody has read so many answers, or it takes too long.
    pub async fn tell_until_read(&mut self, name: &str, answers: usize, deadline: Instant) -> anyhow::Result<()> {
        while self.read_by(name) < answers {
            match timeout_at(deadline, self.notices.next()).await {
                Ok(notice) => self.hear(notice).await?,
                Err(_) => return self.tell(&Happening::Missed { what: format!("the answer to {name}") }),
            }
        }
        Ok(())
    }

    /// Hears no more.
    pub fn end(self) -> Scribe {
        self.scribe
    }

    fn read_by(&self, name: &str) -> usize {
        let theirs = self.chats.values().filter(|chat| chat.who.as_deref() == Some(name));
        theirs.map(|chat| chat.read.len()).sum()
    }

    async fn hear(&mut self, notice: Option<Notice>) -> anyhow::Result<()> {
        match notice.context("the daemon has gone away")? {
            Notice::Event(event) => self.hear_event(&event).await,
            Notice::Lagged(_) => {
                for thread in evidence::threads(&self.client).await? {
                    for message in &thread.messages {
                        self.hear_message(message).await?;
                    }
                    self.see(thread.chat)?;
                }
                Ok(())
            }
        }
    }

    async fn hear_event(&mut self, event: &Event) -> anyhow::Result<()> {
        match event.topic {
            Topic::InteractionAdded | Topic::InteractionChanged => {
                let message = serde_json::from_value(event.data.clone()).context("an event could not be read")?;
                self.hear_message(&message).await
            }
            Topic::ChatChanged => {
                let id = event.data.get("id").and_then(|id| id.as_str()).and_then(|id| id.parse::<ChatId>().ok());
                let Some(id) = id.filter(|id| self.chats.contains_key(id)) else { return Ok(()) };
                match self.client.call(&evidence::show(id.to_string())).await {
                    Ok(shown) => self.see(shown.chat),
                    // Two people were made one, and their chats with them.
                    Err(ClientError::Refused(refusal)) if refusal.code == Code::NotFound => {
                        self.chats.remove(&id);
                        Ok(())
                    }
                    Err(error) => Err(error).context("chat show"),
                }
            }
            _ => Ok(()),
        }
    }

    async fn hear_message(&mut self, message: &InteractionDocument) -> anyhow::Result<()> {
        let known = self.chats.entry(message.chat).or_default();
        if let Some(customer) = message.wa_id.as_deref().and_then(|id| self.cast.by_message(id)) {
            known.who = Some(customer.name.clone());
        }
        let Some(who) = known.who.clone() else { return Ok(()) };
        if self.told.insert(message.id) {
            known.last = Some(message.direction);
            let text = message.text.clone();
            match (message.author, message.kind) {
                (Author::Customer, ContentKind::Text) => {
                    self.scribe.tell(&Happening::Wrote { who: who.clone(), text })?;
                }
                (Author::Customer, kind) => {
                    let text = format!("[{kind}] {text}");
                    self.scribe.tell(&Happening::Wrote { who: who.clone(), text })?;
                }
                (Author::Phone, _) => self.scribe.tell(&Happening::OwnerWrote { who: who.clone(), text })?,
                // Told once it is read.
                (Author::Assistant | Author::Human | Author::Campaign | Author::System, _) => {}
            }
        }
        if let Some(emoji) = message.reaction.clone().filter(|emoji| !emoji.is_empty())
            && self.reactions.insert(message.id, emoji.clone()).as_ref() != Some(&emoji)
        {
            self.scribe.tell(&Happening::Reacted { who: who.clone(), emoji })?;
        }
        if message.author == Author::Assistant { self.hear_answer(who, message).await } else { Ok(()) }
    }

    async fn hear_answer(&mut self, who: String, message: &InteractionDocument) -> anyhow::Result<()> {
        use InteractionState::{Delivered, Read, Sent};
        let known = self.chats.entry(message.chat).or_default();
        if !matches!(message.state, Sent | Delivered | Read) || known.read.contains(&message.id) {
            return Ok(());
        }
        let credits = match known.unread.remove(&message.id) {
            Some(credits) => credits,
            None => self.client.call(&CreditShow::default()).await.context("credit show")?,
        };
        if message.state != Read {
            known.unread.insert(message.id, credits);
            return Ok(());
        }
        known.read.insert(message.id);
        self.scribe.tell(&Happening::Answered {
            who,
            text: message.text.clone(),
            state: message.state,
            latency_ms: message.latency_ms,
            credits_left: credits.granted.checked_sub(credits.used).unwrap_or_default(),
            credits_granted: credits.granted,
        })?;
        for happening in known.later.drain(..) {
            self.scribe.tell(&happening)?;
        }
        Ok(())
    }

    /// Tells what is new about a chat as such.
    fn see(&mut self, chat: ChatSummary) -> anyhow::Result<()> {
        let Some(known) = self.chats.get_mut(&chat.id) else { return Ok(()) };
        let Some(who) = known.who.clone() else { return Ok(()) };
        let former = known.shown.replace(chat.clone());
        let Some(happening) = news(who, former.as_ref(), &chat, known.last) else { return Ok(()) };
        if known.unread.is_empty() {
            self.scribe.tell(&happening)
        } else {
            known.later.push(happening);
            Ok(())
        }
    }
}

/// What is worth telling about a chat that has changed.
fn news(who: String, former: Option<&ChatSummary>, chat: &ChatSummary, last: Option<Direction>) -> Option<Happening> {
    let reason = chat.reason.clone().unwrap_or_default();
    let paused = chat.paused_until.filter(|until| *until > Timestamp::now());
    if let Some(until) = paused.filter(|until| former.and_then(|former| former.paused_until) != Some(*until)) {
        return Some(Happening::Paused { who, until });
    }
    if chat.handoff_at.is_some() && former.is_none_or(|former| former.handoff_at.is_none()) {
        let reason = reason.trim_start_matches("handoff:").trim().to_owned();
        return Some(Happening::HandedOver { who, reason });
    }
    let before = former.map(|former| (former.state, former.last_at));
    if before == Some((chat.state, chat.last_at)) || last != Some(Direction::In) {
        return None;
    }
    match chat.state {
        ChatState::NeedsYou if paused.is_some() || chat.handoff_at.is_some() => {
            Some(Happening::Silent { who, reason: "the chat is in your hands".to_owned() })
        }
        ChatState::Waiting => Some(Happening::Silent { who, reason: "none is needed".to_owned() }),
        _ => None,
    }
}
