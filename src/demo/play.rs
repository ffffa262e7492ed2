//! Plays the script and tells what comes of it. What customers answer to, they wait for, as people do.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use anyhow::Context;
use futures_util::StreamExt;
use mychatflow_data::client::{Client, Notice, Subscription};
use mychatflow_data::credits::Credits;
use mychatflow_data::ids::{ChatId, InteractionId};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::interaction::{Author, ContentKind, Direction, InteractionState};
use mychatflow_data::protocol::calls::chat::{ChatSummary, InteractionDocument};
use mychatflow_data::protocol::calls::credit::CreditShow;
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::protocol::event::{Event, Topic};
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::customers::{Act, Beat, Expect};
use mychatflow_sandbox::waha::Presence;
use tokio::time::{Instant, timeout_at};

use super::cast::{Cast, customer};
use super::evidence;
use super::happening::Happening;
use super::scribe::Scribe;
use super::shop::NUMBER;
use super::tally::{Handoff, Owner, Wanted};
use super::tempo::Tempo;
use super::world::World;

/// How long an answer is waited for before the play goes on without it.
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);
/// How long everything may take to come to rest after the last line.
const REST_DEADLINE: Duration = Duration::from_secs(45);
/// How long a delivery may take to be acknowledged.
const DELIVERY_DEADLINE: Duration = Duration::from_secs(10);
/// The shortest pause where the play is behind its time.
const CATCH_UP: Duration = Duration::from_millis(150);
/// How often it is asked whether everything has come to rest.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What the events have told of a chat.
#[derive(Default)]
struct Known {
    /// Who writes in it.
    who: Option<String>,
    shown: Option<ChatSummary>,
}

/// The play under way.
pub struct Play<'w> {
    world: &'w World,
    client: Client,
    scribe: Scribe,
    notices: Subscription,
    cast: Cast,
    wanted: Vec<Wanted>,
    chats: HashMap<ChatId, Known>,
    /// Answers that customers have read, by customer.
    read: HashMap<String, HashSet<InteractionId>>,
    /// Messages that were told of.
    told: HashSet<InteractionId>,
    reactions: HashMap<InteractionId, String>,
}

impl<'w> Play<'w> {
    /// Listens to what happens from now on.
    pub async fn begin(world: &'w World, client: Client, scribe: Scribe, script: &[Beat]) -> anyhow::Result<Self> {
        let notices = client.subscribe(&EventsSubscribe::default()).await.context("events")?;
        let cast = Cast::of(script);
        let wanted = Vec::new();
        let (chats, read) = (HashMap::new(), HashMap::new());
        let (told, reactions) = (HashSet::new(), HashMap::new());
        Ok(Self { world, client, scribe, notices, cast, wanted, chats, read, told, reactions })
    }

    /// Plays the script to its end.
    pub async fn perform(&mut self, script: Vec<Beat>, tempo: &Tempo) -> anyhow::Result<()> {
        let mut due = Instant::now();
        for beat in script {
            let pause = tempo.pause(beat.after);
            due += pause;
            let soonest = Instant::now() + pause.min(CATCH_UP);
            self.listen(due.max(soonest)).await?;
            if !matches!(beat.act, Act::SaysInGroup(..) | Act::Redelivers(_)) {
                self.until_answered(customer(&beat.act).name.clone()).await?;
            }
            self.act(&beat.act).await?;
            self.want(&beat);
        }
        Ok(())
    }

    /// Waits until every answer has been read and nothing is left to do.
    pub async fn settle(&mut self) -> anyhow::Result<()> {
        for name in self.wanted.iter().map(|wanted| wanted.customer.name.clone()).collect::<Vec<_>>() {
            self.until_answered(name).await?;
        }
        let deadline = Instant::now() + REST_DEADLINE;
        while !self.at_rest().await? {
            if Instant::now() >= deadline {
                return self.scribe.tell(&Happening::Missed { what: "the end of all work".to_owned() });
            }
            self.listen((Instant::now() + LOOK_AGAIN).min(deadline)).await?;
        }
        // What the last of the work told.
        self.listen(Instant::now() + LOOK_AGAIN).await
    }

    /// What goes on after the play, and what should have come of it.
    pub fn end(self) -> (Scribe, Client, Vec<Wanted>) {
        (self.scribe, self.client, self.wanted)
    }

    async fn act(&mut self, act: &Act) -> anyhow::Result<()> {
        let who = customer(act).name.clone();
        match act {
            Act::Types(_, Presence::Typing) => self.scribe.tell(&Happening::Typing { who: who.clone() })?,
            Act::SaysInGroup(_, text) => {
                self.scribe.tell(&Happening::WroteInGroup { who: who.clone(), text: text.clone() })?;
            }
            _ => {}
        }
        let id = act.perform(&self.world.waha, NUMBER).await?;
        let (Some(id), true) = (id, matches!(act, Act::SaysInGroup(..) | Act::Redelivers(_))) else { return Ok(()) };
        let told = match act {
            Act::Redelivers(_) => Happening::DeliveredAgain { who },
            _ => Happening::GroupLeftAlone,
        };
        let arrived = self.world.waha.wait_for(DELIVERY_DEADLINE, |waha| {
            let deliveries = waha.deliveries();
            let mut about = deliveries.iter().filter(|delivery| delivery.message_id.as_deref() == Some(&id));
            about.all(|delivery| delivery.finished).then_some(())
        });
        match arrived.await {
            Ok(()) => self.scribe.tell(&told),
            Err(_) => self.scribe.tell(&Happening::Missed { what: format!("WAHA's 200 for {id}") }),
        }
    }

    fn want(&mut self, beat: &Beat) {
        if matches!(beat.act, Act::SaysInGroup(..)) {
            return;
        }
        let customer = customer(&beat.act);
        let place = self.wanted.iter().position(|wanted| wanted.customer == *customer).unwrap_or_else(|| {
            let customer = customer.clone();
            self.wanted.push(Wanted { customer, answers: 0, handoff: Handoff::No, owner: Owner::Silent });
            self.wanted.len() - 1
        });
        let wanted = &mut self.wanted[place];
        match beat.expect {
            Expect::Nothing => {}
            Expect::Answer => wanted.answers += 1,
            Expect::Handoff => (wanted.answers, wanted.handoff) = (wanted.answers + 1, Handoff::Yes),
        }
        if matches!(beat.act, Act::OwnerWrites(..)) {
            wanted.owner = Owner::Wrote;
        }
    }

    /// Waits until a customer has read what they wait for.
    async fn until_answered(&mut self, name: String) -> anyhow::Result<()> {
        let Some(wanted) = self.wanted.iter().find(|wanted| wanted.customer.name == name) else { return Ok(()) };
        let answers = wanted.answers;
        let deadline = Instant::now() + ANSWER_DEADLINE;
        while self.read.get(&name).map_or(0, HashSet::len) < answers {
            match timeout_at(deadline, self.notices.next()).await {
                Ok(notice) => self.hear(notice).await?,
                Err(_) => return self.scribe.tell(&Happening::Missed { what: format!("the answer to {name}") }),
            }
        }
        Ok(())
    }

    /// Is there nothing left that will happen by itself?
    async fn at_rest(&self) -> anyhow::Result<bool> {
        if !self.world.waha.deliveries().iter().all(|delivery| delivery.finished) {
            return Ok(false);
        }
        let busy = |chat: &ChatSummary| chat.state == ChatState::Assistant;
        if evidence::chats(&self.client).await?.iter().any(busy) {
            return Ok(false);
        }
        let credits = self.client.call(&CreditShow::default()).await.context("credit show")?;
        Ok(credits.reserved == Credits::ZERO)
    }

    /// Tells what happens until an instant.
    async fn listen(&mut self, until: Instant) -> anyhow::Result<()> {
        while let Ok(notice) = timeout_at(until, self.notices.next()).await {
            self.hear(notice).await?;
        }
        Ok(())
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
                let shown = self.client.call(&evidence::show(id.to_string())).await.context("chat show")?;
                self.see(shown.chat)
            }
            _ => Ok(()),
        }
    }

    async fn hear_message(&mut self, message: &InteractionDocument) -> anyhow::Result<()> {
        let known = self.chats.entry(message.chat).or_default();
        if let Some(customer) = message.wa_id.as_deref().and_then(|id| self.cast.by_message(id)) {
            known.who = Some(customer.name.clone());
        }
        // People from before the pairing are not in the play.
        let Some(who) = known.who.clone() else { return Ok(()) };
        let text = message.text.clone();
        if let Some(emoji) = message.reaction.clone().filter(|emoji| !emoji.is_empty())
            && self.reactions.insert(message.id, emoji.clone()).as_ref() != Some(&emoji)
        {
            self.scribe.tell(&Happening::Reacted { who: who.clone(), emoji })?;
        }
        match (message.direction, message.author) {
            (Direction::In, _) if self.told.insert(message.id) => {
                let text = match message.kind {
                    ContentKind::Text => text,
                    kind => format!("[{kind}] {text}"),
                };
                self.scribe.tell(&Happening::Wrote { who, text })
            }
            (Direction::Out, Author::Phone) if self.told.insert(message.id) => {
                self.scribe.tell(&Happening::OwnerWrote { who, text })
            }
            (Direction::Out, Author::Assistant) if message.state == InteractionState::Read => {
                self.read.entry(who.clone()).or_default().insert(message.id);
                if !self.told.insert(message.id) {
                    return Ok(());
                }
                self.answered(who, message).await
            }
            _ => Ok(()),
        }
    }

    async fn answered(&mut self, who: String, message: &InteractionDocument) -> anyhow::Result<()> {
        let credits = self.client.call(&CreditShow::default()).await.context("credit show")?;
        let left = credits.granted.checked_sub(credits.used).unwrap_or_default();
        self.scribe.tell(&Happening::Answered {
            who,
            text: message.text.clone(),
            state: message.state,
            latency_ms: message.latency_ms,
            credits_left: left,
            credits_granted: credits.granted,
        })
    }

    /// Tells what is new about a chat as such.
    fn see(&mut self, chat: ChatSummary) -> anyhow::Result<()> {
        let Some(known) = self.chats.get_mut(&chat.id) else { return Ok(()) };
        let Some(who) = known.who.clone() else { return Ok(()) };
        let former = known.shown.replace(chat.clone());
        let former = former.as_ref();
        let reason = chat.reason.clone().unwrap_or_default();
        if let Some(until) = chat.paused_until.filter(|until| *until > Timestamp::now())
            && former.and_then(|former| former.paused_until) != Some(until)
        {
            return self.scribe.tell(&Happening::Paused { who, until });
        }
        if chat.handoff_at.is_some() && former.is_none_or(|former| former.handoff_at.is_none()) {
            let reason = reason.trim_start_matches("handoff:").trim().to_owned();
            return self.scribe.tell(&Happening::HandedOver { who, reason });
        }
        let newer = former.is_none_or(|former| former.last_at != chat.last_at || former.state != chat.state);
        let silent = chat.paused_until.is_some() && chat.state == ChatState::NeedsYou;
        let over = chat.state == ChatState::Waiting && !reason.is_empty();
        if newer && (silent || over) {
            return self.scribe.tell(&Happening::Silent { who, reason });
        }
        Ok(())
    }
}
