//! Plays the script. What customers answer to, they wait for, as people do.

use std::time::Duration;

use anyhow::Context;
use mychatflow_data::client::Client;
use mychatflow_data::credits::Credits;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::protocol::calls::chat::ChatSummary;
use mychatflow_data::protocol::calls::credit::CreditShow;
use mychatflow_sandbox::customers::{Act, Beat, Expect};
use mychatflow_sandbox::waha::Presence;
use tokio::time::Instant;

use super::cast::{Cast, customer};
use super::evidence;
use super::happening::Happening;
use super::scribe::Scribe;
use super::shop::NUMBER;
use super::tally::{Handoff, Owner, Wanted};
use super::tempo::Tempo;
use super::witness::Witness;
use super::world::World;

/// How long an answer is waited for before the play goes on without it.
const ANSWER_DEADLINE: Duration = Duration::from_secs(20);
/// How long everything may take to come to rest after the last line.
const REST_DEADLINE: Duration = Duration::from_secs(45);
/// How long a delivery may take to be acknowledged.
const DELIVERY_DEADLINE: Duration = Duration::from_secs(10);
/// How often it is asked whether everything has come to rest.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// The play under way.
pub struct Play<'w> {
    world: &'w World,
    client: Client,
    witness: Witness,
    wanted: Vec<Wanted>,
}

impl<'w> Play<'w> {
    /// Listens to what happens from now on.
    pub async fn begin(world: &'w World, client: Client, scribe: Scribe, script: &[Beat]) -> anyhow::Result<Self> {
        let witness = Witness::listen(client.clone(), scribe, Cast::of(script)).await?;
        Ok(Self { world, client, witness, wanted: Vec::new() })
    }

    /// Plays the script to its end.
    pub async fn perform(&mut self, script: Vec<Beat>, tempo: &Tempo) -> anyhow::Result<()> {
        let mut due = Instant::now();
        for beat in script {
            let pause = tempo.pause(beat.after);
            due += pause;
            // Behind its time the play goes faster, and still not all at once.
            self.witness.tell_until(due.max(Instant::now() + pause / 2)).await?;
            if !matches!(beat.act, Act::SaysInGroup(..) | Act::Redelivers(_)) {
                self.until_answered(&customer(&beat.act).name).await?;
            }
            self.act(&beat.act).await?;
            self.want(&beat);
        }
        Ok(())
    }

    /// Waits until every answer has been read and nothing is left to do.
    pub async fn settle(&mut self) -> anyhow::Result<()> {
        for name in self.wanted.iter().map(|wanted| wanted.customer.name.clone()).collect::<Vec<_>>() {
            self.until_answered(&name).await?;
        }
        let deadline = Instant::now() + REST_DEADLINE;
        while !self.at_rest().await? {
            if Instant::now() >= deadline {
                return self.witness.tell(&Happening::Missed { what: "the end of all work".to_owned() });
            }
            self.witness.tell_until((Instant::now() + LOOK_AGAIN).min(deadline)).await?;
        }
        // What the last of the work told.
        self.witness.tell_until(Instant::now() + LOOK_AGAIN).await
    }

    /// What goes on after the play, and what should have come of it.
    pub fn end(self) -> (Scribe, Client, Vec<Wanted>) {
        (self.witness.end(), self.client, self.wanted)
    }

    async fn act(&mut self, act: &Act) -> anyhow::Result<()> {
        let who = customer(act).name.clone();
        match act {
            Act::Types(_, Presence::Typing) => self.witness.tell(&Happening::Typing { who: who.clone() })?,
            Act::SaysInGroup(_, text) => {
                self.witness.tell(&Happening::WroteInGroup { who: who.clone(), text: text.clone() })?;
            }
            _ => {}
        }
        let id = act.perform(&self.world.waha, NUMBER).await?;
        // Of everything else the daemon tells itself.
        let told = match act {
            Act::Redelivers(_) => Happening::DeliveredAgain { who },
            Act::SaysInGroup(..) => Happening::GroupLeftAlone,
            _ => return Ok(()),
        };
        let Some(id) = id else { return Ok(()) };
        let arrived = self.world.waha.wait_for(DELIVERY_DEADLINE, |waha| {
            let deliveries = waha.deliveries();
            let mut about = deliveries.iter().filter(|delivery| delivery.message_id.as_deref() == Some(&id));
            about.all(|delivery| delivery.finished).then_some(())
        });
        match arrived.await {
            Ok(()) => self.witness.tell(&told),
            Err(_) => self.witness.tell(&Happening::Missed { what: format!("WAHA's 200 for {id}") }),
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
    async fn until_answered(&mut self, name: &str) -> anyhow::Result<()> {
        let Some(wanted) = self.wanted.iter().find(|wanted| wanted.customer.name == name) else { return Ok(()) };
        self.witness.tell_until_read(name, wanted.answers, Instant::now() + ANSWER_DEADLINE).await
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
}
