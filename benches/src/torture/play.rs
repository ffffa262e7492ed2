//! Does what was planned, when it is due, and notes what came of it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::customers::GROUP;
use mychatflow_sandbox::faults::{Fault, WebhookFault, When};
use mychatflow_sandbox::gemini::{self, Answers, Sample};
use mychatflow_sandbox::log::{Delivery, Record as Remembered};
use mychatflow_sandbox::waha::{Content, Operation, PhoneError, Status};
use serde_json::json;

use super::Settings;
use super::look;
use super::people::{self, CAMPAIGN, HUMAN, QUESTION, mark};
use super::plan::{Action, Due, Kind, Length, Spell, Words};
use super::record::{CampaignRecord, HumanWords, Question, Record, SentMessage, Silence};
use crate::scene::{NUMBER, PATIENCE, Scene, Shop};

/// What the plan grants where credits shall run out.
const CREDITS_FEW: i64 = 60;
const CREDITS_MANY: i64 = 1_000_000;
/// How long a person's word silences the assistant, by the config's default.
const TAKEOVER_MS: i64 = 12 * 3_600_000;
/// How often people hear how far it is.
const TELL_EVERY: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// How often what waits for its next attempt is woken while it comes to rest.
const WAKE_EVERY: Duration = Duration::from_secs(4);
/// How late the plan may be, as a part of its span, before the rest of it is left out.
const LATE_MAX: u32 = 2;

/// Something that happened, for the story of a chat.
#[derive(Debug, Clone)]
pub struct Note {
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// In whose chat; `None`: to everybody.
    pub who: Option<usize>,
    /// What.
    pub what: String,
}

/// What is left when it is over.
pub struct Ended {
    /// What the laws look at.
    pub record: Record,
    /// What happened.
    pub notes: Vec<Note>,
    /// Every webhook.
    pub deliveries: Vec<Delivery>,
    /// What was done, and how often.
    pub done: BTreeMap<String, usize>,
    /// How long the plan took, and how long it came to rest.
    pub took: (Duration, Duration),
    /// From each start of the daemon until it answered.
    pub ready: Vec<Duration>,
    /// What was left out, and why.
    pub left_out: Vec<String>,
    /// The daemon's log.
    pub log: PathBuf,
}

/// A message that somebody wrote.
struct Own {
    id: String,
    question: usize,
}

/// A torture under way.
pub struct Play<'s> {
    settings: &'s Settings,
    scene: Scene,
    room: PathBuf,
    began: Instant,
    armed: u64,
    clock_moves: bool,
    clock_ms: i64,
    record: Record,
    balance_min: i64,
    own: HashMap<usize, Vec<Own>>,
    /// Questions that were taken back, and the id of the act.
    deletions: Vec<(usize, String)>,
    /// Silences that begin when the daemon has acknowledged a message.
    pending: Vec<(usize, String)>,
    campaigns: Vec<String>,
    notes: Vec<Note>,
    done: BTreeMap<String, usize>,
    left_out: Vec<String>,
}

fn now() -> i64 {
    Timestamp::now().millis()
}

/// The part of WAHA's full id that never changes.
fn bare_id(id: &str) -> &str {
    id.split('_').nth(2).unwrap_or(id)
}

impl<'s> Play<'s> {
    /// Opens the shop.
    pub async fn open(settings: &'s Settings, room: &Path) -> anyhow::Result<Self> {
        let few = settings.kinds.contains(&Kind::Credits);
        let shop = Shop {
            program: settings.program.clone(),
            engine: settings.engine,
            record: Remembered::Outlines,
            answers: Answers::Marks(QUESTION.to_owned()),
            credits: if few { CREDITS_FEW } else { CREDITS_MANY },
            seed: settings.seed,
        };
        let scene = Scene::open(shop, room).await?;
        let clock_moves = scene.has_a_clock_to_move();
        let mut left_out = Vec::new();
        if !clock_moves && (settings.kinds.contains(&Kind::Clock) || settings.kinds.contains(&Kind::Months)) {
            left_out.push("the clock: this binary's can't be moved; build one with --features halt".to_owned());
        }
        let mut play = Self {
            settings,
            scene,
            room: room.to_owned(),
            began: Instant::now(),
            armed: 0,
            clock_moves,
            clock_ms: 0,
            record: Record::default(),
            balance_min: i64::MAX,
            own: HashMap::new(),
            deletions: Vec::new(),
            pending: Vec::new(),
            campaigns: Vec::new(),
            notes: Vec::new(),
            done: BTreeMap::new(),
            left_out,
        };
        play.arm(None);
        Ok(play)
    }

    /// Does everything in its order. What can't be done in time is left out.
    pub async fn perform_all(&mut self, due: &[Due]) -> anyhow::Result<()> {
        self.began = Instant::now();
        let span = due.last().map_or(0, |due| due.at_ms);
        let latest = match self.settings.length {
            Length::Span(span) => Duration::from_millis(span) * LATE_MAX,
            Length::Actions(_) => Duration::from_millis(span) * LATE_MAX,
        };
        let mut told = Instant::now();
        for (nth, Due { at_ms, action }) in due.iter().enumerate() {
            let at = self.began + Duration::from_millis(*at_ms);
            tokio::time::sleep(at.saturating_duration_since(Instant::now())).await;
            if self.began.elapsed() > latest {
                self.left_out.push(format!("{} of {} actions: this machine is too slow", due.len() - nth, due.len()));
                break;
            }
            let name = self.perform(action).await.with_context(|| format!("at {at_ms} ms: {action:?}"))?;
            *self.done.entry(name.to_owned()).or_default() += 1;
            if told.elapsed() > TELL_EVERY {
                told = Instant::now();
                self.tell_how_far(nth + 1, due.len()).await?;
            }
        }
        Ok(())
    }

    async fn tell_how_far(&mut self, done: usize, of: usize) -> anyhow::Result<()> {
        if self.scene.is_up()
            && let Ok(balance) = look::balance(&self.scene.socket).await
        {
            self.balance_min = self.balance_min.min(balance);
        }
        let count = |name: &str| self.done.get(name).copied().unwrap_or(0);
        (self.settings.tell)(&format!(
            "{:.0} s: {done} of {of} actions, {} messages of customers, {} sent, {} kills, {} power cuts",
            self.began.elapsed().as_secs_f64(),
            self.record.questions.len(),
            self.scene.waha.sent_count(),
            count("kills"),
            count("power cuts"),
        ));
        Ok(())
    }

    fn note(&mut self, who: Option<usize>, what: impl Into<String>) {
        self.notes.push(Note { at: now(), who, what: what.into() });
    }

    /// The usual: webhooks that come twice, and with some kinds late, and answers of WAHA that lie about what it sent.
    /// And what goes wrong besides.
    fn arm(&mut self, spell: Option<Spell>) {
        self.scene.disarm();
        self.scene.gemini.faults().clear();
        if let Some(spell) = spell {
            self.worsen(spell);
        }
        self.armed += 1;
        let mut seed = self.settings.seed.wrapping_mul(1_000_003).wrapping_add(self.armed * 64);
        let mut chance = |fraction: f64| {
            seed += 1;
            When::Chance { fraction, seed }
        };
        if self.settings.kinds.contains(&Kind::Waha) {
            for (fraction, fault) in [
                (0.05, Fault::DoThenEngineError("Timed Out".to_owned())),
                (0.02, Fault::DoThenCut),
                (0.02, Fault::NotReady),
            ] {
                self.scene.waha.faults().add(Operation::SendText, chance(fraction), fault);
            }
        }
        let webhooks = self.scene.waha.webhook_faults();
        webhooks.add_for_all(chance(0.3), WebhookFault::Duplicate);
        if self.settings.kinds.contains(&Kind::LateWebhooks) {
            webhooks.add_for_all(chance(0.1), WebhookFault::Shuffle(Duration::from_millis(150)));
            webhooks.add_for_all(chance(0.03), WebhookFault::Delay(Duration::from_millis(900)));
        }
    }

    fn worsen(&self, spell: Spell) {
        let send = |fault| self.scene.waha.faults().add(Operation::SendText, When::Always, fault);
        let all = |fault| self.scene.waha.faults().add_for_all(When::Always, fault);
        let model = |fault| self.scene.gemini.faults().add(gemini::Operation::GenerateContent, When::Always, fault);
        let error = || "Timed Out".to_owned();
        match spell {
            Spell::Status(status) => all(Fault::Answer { status, body: json!({"error": "it is not my day"}) }),
            Spell::NotReady => send(Fault::NotReady),
            Spell::SentBut500 => send(Fault::DoThenEngineError(error())),
            Spell::SentButCut => send(Fault::DoThenCut),
            Spell::SentButSilent => send(Fault::DoThenHang),
            Spell::Slow(ms) => send(Fault::Delay(Duration::from_millis(ms))),
            Spell::Cut => send(Fault::Cut),
            Spell::Silent => send(Fault::Hang),
            Spell::SessionGone => {
                let body = json!({"statusCode": 404, "message": "Session not found", "error": "Not Found"});
                send(Fault::Answer { status: 404, body });
            }
            Spell::Model(name) => {
                if let Some(sample) = Sample::named(name) {
                    model(gemini::Fault::Answer(sample));
                }
            }
            Spell::ModelRetry(name) => {
                if let Some(sample) = Sample::named(name) {
                    model(gemini::Fault::RetryAfter(sample, 1));
                }
            }
            Spell::ModelProse => model(gemini::Fault::Says("Of course! We are happy to help.".to_owned())),
            Spell::ModelSlow(ms) => model(gemini::Fault::Delay(Duration::from_millis(ms))),
            Spell::ModelCut => model(gemini::Fault::Cut),
            Spell::ModelSilent => model(gemini::Fault::Hang),
        }
    }

    /// Does one thing; returns what it is counted as.
    async fn perform(&mut self, action: &Action) -> anyhow::Result<&'static str> {
        Ok(match action {
            Action::Writes { who, mark: number, by, words } => {
                let mark = mark(QUESTION, *number);
                let text = match words {
                    Words::Question => format!("Hello, I have a question about {mark}."),
                    Words::Everything => format!("Please tell me {} about {mark}.", gemini::TAIL_WORD),
                    Words::Person => format!("I want to talk to a {} about {mark}.", gemini::PERSON_WORD),
                };
                self.note(Some(*who), format!("writes {mark} ({words:?}) from their {by:?}"));
                let said_at = now();
                let id = self.scene.waha.customer_says(NUMBER, &people::customer(*who, *by), &text).await?;
                self.asked(*who, mark, id, said_at, true);
                "messages of customers"
            }
            Action::Pictures { who, mark: number, by, late_s } => {
                let mark = mark(QUESTION, *number);
                self.note(Some(*who), format!("a picture with {mark}, sent {late_s} s ago, from their {by:?}"));
                let caption = Some(format!("This is {mark}."));
                let (customer, said_at) = (people::customer(*who, *by), now());
                let content = Content::Image { caption };
                let at_s = said_at / 1_000 - late_s;
                let id = self.scene.waha.customer_sent_at(NUMBER, &customer, content, at_s).await?;
                self.asked(*who, mark, id, said_at, false);
                "late pictures"
            }
            Action::Edits { who, mark: number } => {
                let Some((id, question)) = self.last_of(*who) else { return Ok("left out") };
                let mark = mark(QUESTION, *number);
                self.note(Some(*who), format!("changes {} to {mark}", self.record.questions[question].marks[0]));
                if !is_there(self.scene.waha.edit(NUMBER, &id, &format!("Hello, I mean {mark}.")).await)? {
                    return Ok("left out");
                }
                self.record.questions[question].marks.push(mark);
                "edits"
            }
            Action::Deletes { who } => {
                let Some((id, question)) = self.last_of(*who) else { return Ok("left out") };
                self.note(Some(*who), format!("takes {} back", self.record.questions[question].marks[0]));
                let act = match self.scene.waha.revoke(NUMBER, &id).await {
                    Err(PhoneError::NoMessage(_)) => return Ok("left out"),
                    taken_back => taken_back?,
                };
                self.record.questions[question].deleted = true;
                self.deletions.push((question, act));
                "deletions"
            }
            Action::Repeats { who } => {
                let Some((id, question)) = self.last_of(*who) else { return Ok("left out") };
                self.note(Some(*who), format!("WAHA tells {} again", self.record.questions[question].marks[0]));
                if !is_there(self.scene.waha.redeliver_as_new_event(NUMBER, &id).await)? {
                    return Ok("left out");
                }
                "repeats"
            }
            Action::Phone { who, mark: number, by } => {
                let (chat, text) = (people::customer(*who, *by).chat_id(), human_words(*number));
                self.note(Some(*who), format!("the owner writes on the phone, to {chat}"));
                let id = self.scene.waha.owner_types_on_phone(NUMBER, &chat, &text).await?;
                self.silenced_by(*who, id, "the owner wrote on the phone");
                "words on the phone"
            }
            Action::Program { who, mark: number, by } => {
                let (chat, text) = (people::customer(*who, *by).chat_id(), human_words(*number));
                self.note(Some(*who), format!("another program writes to {chat}"));
                let id = self.scene.waha.api_sends(NUMBER, &chat, &text).await?;
                self.silenced_by(*who, id, "another program wrote");
                "words of programs"
            }
            Action::Console { who, mark: number } => return self.console(*who, *number).await,
            Action::Pauses { who, for_s } => return self.pause(*who, *for_s).await,
            Action::Resumes { who } => {
                let at = now();
                if !self.typed(*who, &["chat", "resume", &people::phone(*who)]).await? {
                    return Ok("left out");
                }
                self.record.resumes.push((*who, at));
                "resumes"
            }
            Action::OptsOut { who } => {
                if !self.typed(*who, &["contact", "optout", &people::phone(*who)]).await? {
                    return Ok("left out");
                }
                self.record.opt_outs.push((*who, now()));
                "opt-outs"
            }
            Action::Elsewhere { who, mark: number } => {
                let (waha, customer) = (&self.scene.waha, people::customer(*who, super::plan::Address::Number));
                let text = format!("Hello, I have a question about {}.", mark(QUESTION, *number));
                match number % 3 {
                    0 => waha.group_says(NUMBER, GROUP, &customer, &text).await?,
                    1 => waha.status_broadcast(NUMBER, &customer, &text).await?,
                    _ => waha.channel_posts(NUMBER, "120363000000000009", &text).await?,
                };
                "words in groups, stories, channels"
            }
            Action::Campaign { number, listed } => return self.campaign(*number, listed).await,
            _ => return self.misfortune(action).await,
        })
    }

    async fn misfortune(&mut self, action: &Action) -> anyhow::Result<&'static str> {
        let up = self.scene.is_up();
        self.note(None, format!("{action:?}"));
        Ok(match action {
            Action::Kill if up => {
                self.scene.kill().await?;
                "kills"
            }
            Action::Start if !up => {
                self.scene.start().await?;
                "starts"
            }
            Action::PowerCut if up => {
                self.scene.cut_power().await?;
                self.scene.start().await?;
                "power cuts"
            }
            Action::Worsens(spell) => {
                self.arm(Some(*spell));
                "spells of faults"
            }
            Action::Calms => {
                self.arm(None);
                "ends of spells"
            }
            Action::WahaAway => {
                self.scene.waha.stop_listening().await;
                "outages of WAHA"
            }
            Action::WahaBack => {
                self.scene.waha.resume_listening().await?;
                "ends of outages"
            }
            Action::WahaCrash => {
                self.scene.waha.crash_and_restart().await?;
                "crashes of WAHA"
            }
            Action::Network => {
                self.scene.waha.drop_network(NUMBER).await?;
                "times without network"
            }
            Action::GeminiAway => {
                self.scene.gemini.stop_listening().await;
                "outages of Gemini"
            }
            Action::GeminiBack => {
                self.scene.gemini.resume_listening().await?;
                "ends of outages"
            }
            Action::Clock { by_s } if self.clock_moves => {
                self.move_clock(by_s * 1_000)?;
                "jumps of the clock"
            }
            Action::Grant { amount } if up => {
                let granted = self.scene.typed.run(&["credit", "grant", &amount.to_string()]).await?;
                if granted.code == 0 { "grants" } else { "left out" }
            }
            _ => "left out",
        })
    }

    fn asked(&mut self, who: usize, mark: String, id: String, said_at: i64, owed: bool) {
        let question = self.record.questions.len();
        let (marks, bare_id) = (vec![mark], bare_id(&id).to_owned());
        self.record.questions.push(Question { who, marks, bare_id, said_at, owed, ..Question::default() });
        self.own.entry(who).or_default().push(Own { id, question });
    }

    /// Somebody's last message that still stands.
    fn last_of(&self, who: usize) -> Option<(String, usize)> {
        let own = self.own.get(&who)?;
        let last = own.iter().rev().find(|own| !self.record.questions[own.question].deleted)?;
        Some((last.id.clone(), last.question))
    }

    /// A message that silences the assistant once the daemon has acknowledged it.
    fn silenced_by(&mut self, who: usize, id: String, why: &'static str) {
        self.pending.push((self.record.silences.len(), bare_id(&id).to_owned()));
        // The pause counts from WhatsApp's time, and ends by the daemon's.
        // What it closes it closes even where the pause is over by then.
        let until = (now() + TAKEOVER_MS - self.clock_ms).max(now());
        self.record.silences.push(Silence { who, from: None, until, why });
    }

    /// Runs a command about somebody; false where it can't be, or is refused.
    async fn typed(&mut self, who: usize, line: &[&str]) -> anyhow::Result<bool> {
        if !self.scene.is_up() {
            return Ok(false);
        }
        let ran = self.scene.typed.run(line).await?;
        self.note(Some(who), format!("{} ends with {} {}", line[..2].join(" "), ran.code, ran.stderr.trim()));
        Ok(ran.code == 0)
    }

    async fn console(&mut self, who: usize, number: usize) -> anyhow::Result<&'static str> {
        let began = now();
        let text = human_words(number);
        if !self.typed(who, &["chat", "send", &people::phone(who), &text]).await? {
            return Ok("left out");
        }
        self.record.human.push(HumanWords { who, mark: mark(HUMAN, number) });
        let (from, until) = (Some(now()), began + TAKEOVER_MS);
        self.record.silences.push(Silence { who, from, until, why: "a person wrote in the console" });
        Ok("words in the console")
    }

    async fn pause(&mut self, who: usize, for_s: Option<u64>) -> anyhow::Result<&'static str> {
        let (began, phone) = (now(), people::phone(who));
        let span = for_s.map(|seconds| format!("{seconds}s"));
        let mut line = vec!["chat", "pause", &phone];
        if let Some(span) = &span {
            line.extend(["--for", span]);
        }
        if !self.typed(who, &line).await? {
            return Ok("left out");
        }
        let span = for_s.map_or(TAKEOVER_MS, |seconds| i64::try_from(seconds * 1_000).unwrap_or(i64::MAX));
        let (from, until) = (Some(now()), began + span);
        // What a person says last counts: this span takes the place of every longer one before it.
        self.record.resumes.push((who, began));
        self.record.silences.push(Silence { who, from, until, why: "a person asked for silence" });
        Ok("pauses")
    }

    /// Every pause ends by the daemon's clock. One that this ends was in force until now.
    fn move_clock(&mut self, to_ms: i64) -> anyhow::Result<()> {
        self.scene.move_clock(to_ms)?;
        let (now, forward) = (now(), to_ms - self.clock_ms);
        for silence in self.record.silences.iter_mut().filter(|silence| silence.until > now) {
            silence.until = silence.until.saturating_sub(forward).max(now);
        }
        self.clock_ms = to_ms;
        Ok(())
    }

    async fn campaign(&mut self, number: usize, listed: &[usize]) -> anyhow::Result<&'static str> {
        if !self.scene.is_up() {
            return Ok("left out");
        }
        let (name, mark) = (format!("campaign {number}"), mark(CAMPAIGN, number));
        let rows: String =
            listed.iter().map(|who| format!("{};{}\n", people::phone(*who), people::name(*who))).collect();
        let file = format!("campaign-{number}.csv");
        std::fs::write(self.room.join(&file), format!("phone;name\n{rows}")).context("no list")?;
        let text = format!("Hi {{{{ name }}}}, {mark} is out of the oven.");
        let typed = &self.scene.typed;
        let made =
            typed.run(&["campaign", "create", &name, "--text", &text, "--file", &file, "--country", "GB"]).await?;
        // Its list counts from now on, whatever becomes of the launch.
        self.record.campaigns.push(CampaignRecord { mark, listed: listed.iter().copied().collect() });
        if made.code != 0 || typed.run(&["campaign", "launch", &name]).await?.code != 0 {
            return Ok("left out");
        }
        self.campaigns.push(name);
        Ok("campaigns")
    }

    /// Everything is well again: waits until all work is done, and reads what came of it.
    pub async fn end(mut self) -> anyhow::Result<Ended> {
        let played = self.began.elapsed();
        (self.settings.tell)("all is well again; waiting until nothing is left to do");
        let rest = Instant::now();
        self.calm().await?;
        self.come_to_rest().await?;
        let took = (played, rest.elapsed());
        let deliveries = self.scene.waha.deliveries();
        self.date(&deliveries);
        let socket = &self.scene.socket;
        let (chats, stored) = look::chats(socket).await?;
        self.record.books = look::books(socket, self.balance_min).await?;
        (self.record.chats, self.record.stored) = (chats, stored);
        self.record.sent = self.scene.waha.sent().into_iter().map(sent_message).collect();
        let Self { scene, record, notes, done, left_out, .. } = self;
        Ok(Ended { record, notes, deliveries, done, took, ready: scene.ready, left_out, log: scene.log })
    }

    async fn calm(&mut self) -> anyhow::Result<()> {
        self.scene.disarm();
        self.scene.gemini.faults().clear();
        self.scene.waha.resume_listening().await?;
        self.scene.gemini.resume_listening().await?;
        if self.clock_moves {
            self.move_clock(0)?;
        }
        if !self.scene.is_up() {
            self.scene.start().await?;
        }
        self.scene.waha.wait_for_status(NUMBER, Status::Working, PATIENCE).await.context("the number does not work")?;
        let told = |waha: &mychatflow_sandbox::waha::Server| {
            let totals = waha.totals();
            (totals.deliveries == totals.acknowledged + totals.abandoned).then_some(())
        };
        if self.scene.waha.wait_for(PATIENCE, told).await.is_err() {
            bail!("webhooks are still under way after {PATIENCE:?}: {:?}", self.scene.waha.totals());
        }
        if self.settings.kinds.contains(&Kind::Credits) {
            self.scene.typed.done(&["credit", "grant", "100000"]).await?;
        }
        // What no webhook told is found in the history after the gap.
        self.scene.kill().await?;
        self.scene.start().await
    }

    async fn come_to_rest(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let mut woken: Option<Instant> = None;
        loop {
            let left = self.scene.left().await?;
            let mut going = Vec::new();
            for name in &self.campaigns {
                let shown = self.scene.typed.one(&["campaign", "show", name]).await?;
                match shown["state"].as_str() {
                    Some("completed" | "cancelled") => {}
                    Some("paused") => {
                        let _ = self.scene.typed.run(&["campaign", "resume", name]).await?;
                        going.push(shown);
                    }
                    _ => going.push(shown),
                }
            }
            // Dead letters stay until somebody looks at them.
            let live: Vec<_> =
                left.iter().filter(|entry| !matches!(entry["state"].as_str(), Some("discarded" | "held"))).collect();
            if live.is_empty() && going.is_empty() {
                return Ok(());
            }
            if began.elapsed() > self.settings.rest {
                let entries = live.into_iter().chain(&going).map(ToString::to_string);
                self.record.left = entries.collect();
                return Ok(());
            }
            if woken.is_none_or(|woken| woken.elapsed() > WAKE_EVERY) {
                woken = Some(Instant::now());
                for entry in live.iter().filter(|entry| waits_for_nothing(entry)) {
                    let id = entry["id"].as_str().unwrap_or_default();
                    // It may have run meanwhile.
                    let _ = self.scene.typed.run(&["queue", "retry", id]).await?;
                }
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// Fills in when the daemon acknowledged what.
    fn date(&mut self, deliveries: &[Delivery]) {
        let mut told: HashMap<(bool, &str), i64> = HashMap::new();
        for delivery in deliveries {
            let known = delivery.message_id.as_deref().zip(delivery.acknowledged_at_ms);
            let Some((id, at)) = known else { continue };
            let message = matches!(delivery.event.as_str(), "message" | "message.any");
            if message || delivery.event == "message.revoked" {
                let first = told.entry((message, bare_id(id))).or_insert(at);
                *first = at.min(*first);
            }
        }
        for question in &mut self.record.questions {
            question.told_at = told.get(&(true, question.bare_id.as_str())).copied();
        }
        for (question, act) in &self.deletions {
            self.record.questions[*question].deletion_told_at = told.get(&(false, bare_id(act))).copied();
        }
        for (silence, id) in &self.pending {
            self.record.silences[*silence].from = told.get(&(true, id.as_str())).copied();
        }
    }
}

/// Does a job only wait for its next attempt, now that all is well? What looks for a message that may be out needs its time.
/// Did WAHA know the message? It has not met one yet that was written while it had no network.
fn is_there<T>(done: Result<T, PhoneError>) -> Result<bool, PhoneError> {
    match done {
        Ok(_) => Ok(true),
        Err(PhoneError::NoMessage(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn waits_for_nothing(entry: &serde_json::Value) -> bool {
    let reason = entry["reason"].as_str().unwrap_or_default();
    entry["state"] == "retryable" || reason.starts_with("waiting for the number")
}

fn human_words(number: usize) -> String {
    format!("This is the owner, {} it is.", mark(HUMAN, number))
}

fn sent_message(sent: mychatflow_sandbox::log::Sent) -> SentMessage {
    let (who, at) = (people::of_chat(&sent.chat_id), sent.at_ms);
    SentMessage { who, chat_id: sent.chat_id, text: sent.text, bare_id: sent.bare_id, at }
}
