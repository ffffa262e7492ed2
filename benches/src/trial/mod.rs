//! A campaign to which everything is done that can be done to one: the daemon is killed, WAHA fails in every way it has,
//! the owner changes their mind, people write. Afterwards what WAHA really sent is held against what the store says.

mod deeds;
pub(crate) mod people;
mod proof;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::faults::{Fault, WebhookFault, When};
use mychatflow_sandbox::gemini;
use mychatflow_sandbox::log::Record;
use mychatflow_sandbox::waha::{Engine, Operation};
use serde_json::{Value, json};

use self::deeds::{Deed, Moment};
pub use self::proof::Proof;
use self::proof::Witness;
use crate::scene::{NUMBER, Scene, Shop};

const NAME: &str = "spring";
/// What the assistant says to whatever it is asked.
const ANSWER: &str = "Thank you for your message! We are here for you, and somebody will have a look at it right away.";
/// More than a trial uses.
const CREDITS: i64 = 1_000_000;
/// The picture, as far as anybody looks at it.
const PICTURE: &str = "bread.png";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\nspring bread";
/// Messages of campaigns that one number may have on their way.
const ON_THEIR_WAY: i64 = 8;
/// How long a kill waits for its moment; without it, it comes anyway.
const MOMENT: Duration = Duration::from_millis(1_500);
/// How often the campaign is looked at while nothing is due.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parcel {
    /// Words.
    Text,
    /// A picture with the words below it.
    Picture,
}

impl Parcel {
    const fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Picture => "picture",
        }
    }

    /// The call that takes it.
    const fn operation(self) -> Operation {
        match self {
            Self::Text => Operation::SendText,
            Self::Picture => Operation::SendMedia,
        }
    }
}

/// What a trial is like.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The binary.
    pub program: PathBuf,
    /// The library that WAHA runs: it decides whether we choose the ids of messages.
    pub engine: Engine,
    /// What everybody gets.
    pub parcel: Parcel,
    /// People on the list.
    pub recipients: usize,
    /// How often the daemon is killed; the other misfortunes go with it.
    pub kills: usize,
    /// The same seed does the same at the same places.
    pub seed: u64,
    /// How long it may take.
    pub deadline: Duration,
    /// Tells people how far it is.
    pub tell: fn(&str),
}

/// Runs a campaign and does everything to it.
///
/// # Errors
/// When it can't be run to its end; what is wrong with the end is in the [`Proof`].
pub async fn run(plan: &Plan, room: &Path) -> anyhow::Result<Proof> {
    if !deeds::fits(plan) {
        bail!("{} to {} people, please", deeds::RECIPIENTS_MIN, people::LISTED_MAX);
    }
    let shop = Shop {
        program: plan.program.clone(),
        engine: plan.engine,
        record: Record::Sends,
        answers: gemini::Answers::Fixed(ANSWER.to_owned()),
        credits: CREDITS,
        seed: plan.seed,
    };
    let scene = Scene::open(shop, room).await?;
    let (list, rows) = people::list(plan.recipients);
    std::fs::write(room.join("people.csv"), list).context("no list")?;
    let mut create =
        vec!["campaign", "create", NAME, "--text", people::TEXT, "--file", "people.csv", "--country", "GB"];
    if plan.parcel == Parcel::Picture {
        std::fs::write(room.join(PICTURE), PNG).context("no picture")?;
        create.extend(["--media", PICTURE]);
    }
    let made = scene.typed.one(&create).await?;
    if made["recipients"] != json!(rows) {
        bail!("the list has {rows} people, and the campaign {}", made["recipients"]);
    }
    let began = Instant::now();
    let mut run = Run { plan, scene, armed: 0, began, done: BTreeMap::new(), witness: Witness::new(rows) };
    run.arm();
    run.scene.typed.done(&["campaign", "launch", NAME]).await?;
    for due in deeds::deeds(plan) {
        run.until_sent(due.sent).await?;
        run.perform(due.deed).await.with_context(|| format!("at {} messages: {:?}", due.sent, due.deed))?;
    }
    run.end().await
}

/// A trial under way.
struct Run<'p> {
    plan: &'p Plan,
    scene: Scene,
    armed: u64,
    began: Instant,
    done: BTreeMap<&'static str, usize>,
    witness: Witness,
}

impl Run<'_> {
    fn note(&mut self, what: &'static str) {
        *self.done.entry(what).or_default() += 1;
    }

    /// What goes wrong all the time: answers that lie about what was done, connections cut before and after, and
    /// webhooks that come twice or out of order.
    fn arm(&mut self) {
        self.scene.disarm();
        self.armed += 1;
        let mut seed = self.plan.seed.wrapping_mul(1_000_003).wrapping_add(self.armed * 64);
        let mut chance = |fraction: f64| {
            seed += 1;
            When::Chance { fraction, seed }
        };
        // What was never sent is looked for at length, and holds up the rest; without ids a minute long.
        let rarely = if self.plan.engine == Engine::Webjs { 0.0004 } else { 0.001 };
        let send = self.plan.parcel.operation();
        let said = || "Timed Out".to_owned();
        for (operation, fraction, fault) in [
            (send, 0.05, Fault::DoThenEngineError(said())),
            (send, 0.01, Fault::DoThenCut),
            (send, 0.001, Fault::DoThenHang),
            (send, rarely, Fault::Cut),
            (send, rarely, Fault::EngineError(said())),
            (send, 0.001, Fault::NotReady),
            (Operation::NewMessageId, 0.002, Fault::EngineError(said())),
        ] {
            self.scene.waha.faults().add(operation, chance(fraction), fault);
        }
        let webhooks = self.scene.waha.webhook_faults();
        webhooks.add_for_all(chance(0.3), WebhookFault::Duplicate);
        webhooks.add_for_all(chance(0.1), WebhookFault::Shuffle(Duration::from_millis(150)));
    }

    async fn shown(&self) -> anyhow::Result<Value> {
        self.scene.typed.one(&["campaign", "show", NAME]).await
    }

    /// The campaign's state. One that has stopped by itself is resumed: somebody looked at it.
    async fn look(&mut self) -> anyhow::Result<String> {
        if self.began.elapsed() > self.plan.deadline {
            bail!("not through within {:?}: {}", self.plan.deadline, self.shown().await?);
        }
        let shown = self.shown().await?;
        let state = shown["state"].as_str().unwrap_or_default().to_owned();
        if state == "paused" {
            (self.plan.tell)(&format!("it has paused by itself: {}", shown["reason"]));
            self.note("pauses by itself");
            self.scene.typed.done(&["campaign", "resume", NAME]).await?;
        }
        Ok(state)
    }

    async fn until_sent(&mut self, count: usize) -> anyhow::Result<()> {
        let enough = |waha: &mychatflow_sandbox::waha::Server| (waha.sent_count() >= count).then_some(());
        while self.scene.waha.wait_for(LOOK_AGAIN, enough).await.is_err() {
            if self.look().await? == "completed" {
                break;
            }
        }
        Ok(())
    }

    async fn perform(&mut self, deed: Deed) -> anyhow::Result<()> {
        match deed {
            Deed::Kill(moment) => return self.kill(moment).await,
            Deed::Outage(span) => {
                self.scene.waha.stop_listening().await;
                tokio::time::sleep(span).await;
                self.scene.waha.resume_listening().await?;
                self.note("outages");
            }
            Deed::Refusals(span) => {
                let refusal = Fault::Answer { status: 503, body: json!({"error": "Service Unavailable"}) };
                self.scene.disarm();
                self.scene.waha.faults().add_for_all(When::Always, refusal);
                tokio::time::sleep(span).await;
                self.arm();
                self.note("times of 503");
            }
            Deed::Crash => {
                self.scene.waha.crash_and_restart().await?;
                self.note("crashes of WAHA");
            }
            Deed::Network => {
                self.scene.waha.drop_network(NUMBER).await?;
                self.note("times without network");
            }
            Deed::Pause(span) => return self.pause(span).await,
            Deed::SecondDaemon => {
                if let Err(what) = self.scene.start_another().await? {
                    self.witness.wrong(what);
                }
                self.note("second daemons");
            }
            Deed::Says(person, text) => {
                self.scene.waha.customer_says(NUMBER, &person.customer(), text).await?;
                self.witness.asked.insert(person);
                self.note("people who wrote");
            }
            Deed::OptOut(person) => {
                self.scene.typed.done(&["contact", "optout", &person.phone()]).await?;
                self.witness.silent_since.insert(person, Timestamp::now());
                self.note("opt-outs");
            }
        }
        Ok(())
    }

    async fn kill(&mut self, moment: Moment) -> anyhow::Result<()> {
        let waha = &self.scene.waha;
        match moment {
            Moment::Any => {}
            Moment::Untold => {
                self.scene.disarm();
                waha.webhook_faults().add_for_all(When::Always, WebhookFault::Drop);
                waha.faults().add(self.plan.parcel.operation(), When::Always, Fault::DoThenHang);
                self.under_way().await?;
            }
            Moment::Claimed => {
                self.scene.disarm();
                waha.faults().add(Operation::NewMessageId, When::Always, Fault::Hang);
                waha.faults().add(self.plan.parcel.operation(), When::Always, Fault::Hang);
                self.under_way().await?;
            }
        }
        self.scene.kill().await?;
        self.arm();
        self.scene.start().await?;
        self.note(match moment {
            Moment::Any => "kills anywhere",
            Moment::Untold => "kills with messages out and untold",
            Moment::Claimed => "kills with messages claimed",
        });
        let so_far = self.scene.waha.sent_count();
        (self.plan.tell)(&format!("{so_far} messages after {:.0} s", self.began.elapsed().as_secs_f64()));
        Ok(())
    }

    /// Waits until as many messages are under way as may be.
    async fn under_way(&self) -> anyhow::Result<()> {
        let began = Instant::now();
        while began.elapsed() < MOMENT {
            if self.shown().await?["counts"]["sending"].as_i64() >= Some(ON_THEIR_WAY) {
                break;
            }
        }
        Ok(())
    }

    async fn pause(&mut self, span: Duration) -> anyhow::Result<()> {
        let paused = self.scene.typed.run(&["campaign", "pause", NAME]).await?;
        if paused.code != 0 {
            // It was through, or had stopped by itself.
            return Ok(());
        }
        let since = Timestamp::now();
        tokio::time::sleep(span).await;
        let until = Timestamp::now();
        self.scene.typed.done(&["campaign", "resume", NAME]).await?;
        self.witness.paused.push((since, until));
        self.note("pauses");
        Ok(())
    }

    async fn end(mut self) -> anyhow::Result<Proof> {
        self.scene.disarm();
        while self.look().await? != "completed" {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let took = self.began.elapsed();
        while !self.scene.left().await?.is_empty() {
            self.look().await?;
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        let typed = &self.scene.typed;
        let report = typed.done(&["campaign", "report", NAME]).await?;
        let chats = typed.done(&["chat", "list"]).await?;
        let audit = typed.one(&["credit", "audit"]).await?;
        let shown = self.shown().await?;
        self.witness.compare(&self.scene.waha.sent(), &report, &shown);
        self.witness.questions(&self.scene.waha.sent(), &chats);
        if audit["drift"] != 0 {
            self.witness.wrong(format!("the credits do not agree: {audit}"));
        }
        let sent = self.scene.waha.sent().len();
        Ok(Proof {
            recipients: self.plan.recipients,
            parcel: self.plan.parcel.word(),
            engine: self.plan.engine.as_str(),
            seed: self.plan.seed,
            done: self.done,
            took_s: took.as_secs_f64(),
            sent_per_s: sent as f64 / took.as_secs_f64(),
            ready_ms: self.scene.ready.iter().map(|ready| ready.as_secs_f64() * 1000.0).collect(),
            received: self.witness.received,
            wrong: self.witness.wrong,
        })
    }
}
