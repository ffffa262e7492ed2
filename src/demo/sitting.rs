//! The demo for somebody who looks on and takes part: once the number is paired, customers write for as long as the
//! console is open, and thank whoever answers them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use futures_util::StreamExt;
use mychatflow_data::client::{Client, Notice, Subscription};
use mychatflow_data::ids::InteractionId;
use mychatflow_data::model::interaction::{Author, InteractionState};
use mychatflow_data::protocol::calls::chat::InteractionDocument;
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::protocol::calls::instance::InstanceShow;
use mychatflow_data::protocol::event::{Event, Topic};
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_sandbox::crowd::{Crowd, opening};
use mychatflow_sandbox::customers::{Act, Beat, Expect};
use mychatflow_sandbox::waha::{Customer, Presence, Status};
use mychatflow_tui::msg::PhoneWish;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::cast::{Cast, customer};
use super::evidence;
use super::shop::{self, NUMBER};
use super::tally::{self, Verdict};
use super::tempo::Tempo;
use super::world::World;
use super::{DemoArgs, SEED};

/// What the number is called in the console.
const NAME: &str = "Main";
/// Long enough for the script to be played as it was written.
const AS_WRITTEN: Duration = Duration::from_secs(3_600);
/// How long a customer waits for an answer before they write again all the same.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often somebody who waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long the look at both ends may take once the console is closed.
const LAST_LOOK: Duration = Duration::from_millis(900);
/// How long the daemon may take to finish what it has begun.
const LAST_WORK: Duration = Duration::from_secs(1);
/// How many customers have written before there is a campaign to launch.
const READERS: usize = 6;

/// The world with a shop in it, whose number is not paired.
pub struct Sitting {
    world: World,
    client: Client,
    seed: u64,
}

impl Sitting {
    /// Opens the world and furnishes the shop.
    ///
    /// # Errors
    /// When something does not start, or the place for the store is taken.
    pub async fn begin(args: DemoArgs) -> anyhow::Result<Self> {
        let seed = args.seed.unwrap_or(SEED);
        let tempo = Tempo::for_script(&opening(seed), AS_WRITTEN);
        let world = World::open(&tempo, seed, args.data_dir).await?;
        let client = world.connect().await?;
        shop::furnish(&client).await?;
        shop::add(&world, &client, NAME).await?;
        Ok(Self { world, client, seed })
    }

    /// Where the daemon listens.
    pub fn socket(&self) -> PathBuf {
        self.world.socket.clone()
    }

    /// Where the store stays; `None`: nowhere.
    pub fn kept(&self) -> Option<PathBuf> {
        self.world.kept.clone()
    }

    /// Plays until somebody stops it: the phone scans what it is told to, and customers write.
    ///
    /// # Errors
    /// When the daemon does not answer any more.
    pub async fn play(&self, wishes: mpsc::UnboundedReceiver<PhoneWish>) -> anyhow::Result<()> {
        tokio::select! {
            () = self.phone(wishes) => Ok(()),
            written = self.write() => written,
        }
    }

    /// Compares both ends, and closes the world.
    ///
    /// # Errors
    /// When the store could not be read.
    pub async fn end(self) -> anyhow::Result<Verdict> {
        // In this order: whatever left by now, the store knows of.
        let record = evidence::record(&self.world.waha);
        let store = tokio::time::timeout(LAST_LOOK, evidence::store(&self.client)).await;
        drop(self.client);
        let kept = self.world.kept.is_some();
        let closed = self.world.close();
        if kept {
            closed.await?;
        } else {
            // What is thrown away need not be finished.
            let _ = tokio::time::timeout(LAST_WORK, closed).await;
        }
        Ok(tally::look(&record, &store.context("the store was not read in time")??))
    }

    /// The made-up phone.
    async fn phone(&self, mut wishes: mpsc::UnboundedReceiver<PhoneWish>) {
        while let Some(PhoneWish::Scan { name }) = wishes.recv().await {
            let show = InstanceShow { tenant: None, name: InstanceName::from(name) };
            let Ok(shown) = self.client.call(&show).await else { continue };
            // Where there is no code the phone sees none; the console says why.
            let _ = self.world.waha.scan_qr(&shown.instance.session).await;
        }
        // The console has gone; what is left to do is the caller's.
        std::future::pending::<()>().await;
    }

    async fn write(&self) -> anyhow::Result<()> {
        self.until_paired().await;
        shop::known(&self.client).await?;
        let notices = self.client.subscribe(&EventsSubscribe::default()).await.context("events")?;
        let crowd = Crowd::new(self.seed);
        Evening {
            sitting: self,
            notices,
            crowd,
            script: opening(self.seed).into(),
            cast: Cast::default(),
            wanted: HashMap::new(),
            thanks: Vec::new(),
            heard: HashSet::new(),
            reached: 0,
            campaign: Campaign::Wanted,
        }
        .go_on()
        .await
    }

    /// Waits until the number works, at first and whenever somebody has unpaired it.
    async fn until_paired(&self) {
        let works = Some(Status::Working);
        while self.world.waha.status(NUMBER) != works {
            // A deadline that passes is no news: somebody may take their time.
            let _ = self.world.waha.wait_for_status(NUMBER, Status::Working, PATIENCE).await;
        }
    }
}

/// Whether there is a campaign to launch.
#[derive(PartialEq, Eq)]
enum Campaign {
    Wanted,
    Drafted,
}

/// What a customer said waits to be answered.
struct Waiting {
    /// How many messages the shop owes them by now.
    answers: usize,
    since: Instant,
}

/// Customers who write.
struct Evening<'s> {
    sitting: &'s Sitting,
    notices: Subscription,
    crowd: Crowd,
    script: VecDeque<Beat>,
    cast: Cast,
    wanted: HashMap<String, Waiting>,
    /// What people are about to say to a human, and when.
    thanks: Vec<(Instant, Act)>,
    heard: HashSet<InteractionId>,
    /// Messages of campaigns that have arrived.
    reached: usize,
    campaign: Campaign,
}

impl Evening<'_> {
    async fn go_on(mut self) -> anyhow::Result<()> {
        let mut beat = self.next_beat();
        let mut due = Instant::now() + beat.after;
        loop {
            let soonest = self.thanks.iter().map(|(at, _)| *at).min();
            tokio::select! {
                notice = self.notices.next() => match notice.context("the daemon has gone away")? {
                    Notice::Event(event) => self.hear(&event),
                    Notice::Lagged(_) => {}
                },
                () = sleep_until(due.min(soonest.unwrap_or(due))) => {
                    let now = Instant::now();
                    self.thank(now).await;
                    if due > now {
                        continue;
                    }
                    if self.awaits_answer(&beat.act, now) {
                        due = now + LOOK_AGAIN;
                        continue;
                    }
                    self.act(&beat).await;
                    if self.campaign == Campaign::Wanted && self.wanted.len() >= READERS {
                        self.campaign = Campaign::Drafted;
                        // A demo without a campaign is a demo all the same.
                        let _ = shop::draft(&self.sitting.client).await;
                    }
                    beat = self.next_beat();
                    due = Instant::now() + beat.after;
                }
            }
        }
    }

    fn next_beat(&mut self) -> Beat {
        if self.script.is_empty() {
            self.script.extend(self.crowd.next_beats());
        }
        self.script.pop_front().expect("the crowd has always more to say")
    }

    /// Does what is next. Somebody who has unpaired the number meanwhile is waited for.
    async fn act(&mut self, beat: &Beat) {
        self.sitting.until_paired().await;
        let who = customer(&beat.act);
        self.cast.enter(who);
        if beat.act.perform(&self.sitting.world.waha, NUMBER).await.is_err() {
            sleep(LOOK_AGAIN).await;
            return;
        }
        if beat.expect != Expect::Nothing {
            let sent = self.sent_to(who);
            self.wanted.insert(who.chat_id(), Waiting { answers: sent + 1, since: Instant::now() });
        }
    }

    /// Does whoever is next still wait for an answer, with patience?
    fn awaits_answer(&self, act: &Act, now: Instant) -> bool {
        if matches!(act, Act::SaysInGroup(..) | Act::Redelivers(_)) {
            return false;
        }
        let who = customer(act);
        self.wanted
            .get(&who.chat_id())
            .is_some_and(|waiting| self.sent_to(who) < waiting.answers && now < waiting.since + PATIENCE)
    }

    fn sent_to(&self, who: &Customer) -> usize {
        let sent = self.sitting.world.waha.sent();
        sent.iter().filter(|sent| sent.chat_id == who.chat_id() || sent.chat_id == who.number_id()).count()
    }

    /// A human or a campaign wrote to somebody: they may say something to that.
    fn hear(&mut self, event: &Event) {
        if !matches!(event.topic, Topic::InteractionAdded | Topic::InteractionChanged) {
            return;
        }
        let Ok(message) = serde_json::from_value::<InteractionDocument>(event.data.clone()) else { return };
        let there = matches!(message.state, InteractionState::Delivered | InteractionState::Read);
        if !matches!(message.author, Author::Human | Author::Campaign) || !there || !self.heard.insert(message.id) {
            return;
        }
        let Some(who) = message.wa_id.as_deref().and_then(|id| self.cast.by_message(id)) else { return };
        let said = if message.author == Author::Campaign {
            self.reached += 1;
            self.crowd.reply_to_campaign(self.reached - 1)
        } else {
            self.crowd.thanks(self.heard.len() - 1 - self.reached)
        };
        if let Some((after, line)) = said {
            let at = Instant::now() + after;
            self.thanks.push((at.checked_sub(after / 2).unwrap_or(at), Act::Types(who.clone(), Presence::Typing)));
            self.thanks.push((at, Act::Says(who.clone(), line.to_owned())));
        }
    }

    /// Says what is due to be said.
    async fn thank(&mut self, now: Instant) {
        let (due, later) = self.thanks.drain(..).partition(|(at, _)| *at <= now);
        self.thanks = later;
        let due: Vec<(Instant, Act)> = due;
        for (_, act) in due {
            // Nobody thanks over a number that was unpaired meanwhile.
            let _ = act.perform(&self.sitting.world.waha, NUMBER).await;
        }
    }
}
