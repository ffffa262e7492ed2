//! The shop in the pictures: a made-up WAHA and Gemini on loopback, the real daemon between them, and a morning on which
//! customers write in several languages.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use mychatflow_daemon::STORE_FILE;
use mychatflow_data::client::{self, Client};
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::contact::Review;
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::campaign::{CampaignCreate, CampaignLaunch, CampaignShow};
use mychatflow_data::protocol::calls::chat::{
    ChatList, ChatNote, ChatSend, ChatSnooze, ChatSummary, ClearDraft, NewChatConsent,
};
use mychatflow_data::protocol::calls::contact::{ContactList, ContactTag, Reviewed, Tagging};
use mychatflow_data::protocol::calls::instance::{InstanceAdd, InstanceQr, InstanceShow, Picture};
use mychatflow_data::protocol::calls::quick_reply::QuickReplyAdd;
use mychatflow_data::protocol::calls::settings::SettingsSet;
use mychatflow_data::protocol::calls::tenant::TenantAdd;
use mychatflow_data::protocol::name::{CampaignName, ChatName, ContactName, InstanceName};
use mychatflow_data::protocol::span::Span;
use mychatflow_data::time::Timestamp;
use mychatflow_sandbox::faults::When;
use mychatflow_sandbox::waha::{Customer, Direction, Presence};
use mychatflow_sandbox::{customers, gemini, waha};
use serde_json::json;

const NUMBER: &str = "counter";
const SECOND: &str = "orders";
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);
const MINUTE_S: i64 = 60;

/// Everything that runs.
pub struct World {
    waha: waha::Server,
    gemini: gemini::Server,
    daemon: Daemon,
    client: Client,
    store: PathBuf,
    /// Where consoles connect.
    pub socket: PathBuf,
}

struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended, or it must now; either way nothing is left to be done about an error.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Somebody from a range of numbers that is kept for fiction.
fn somebody(last: u16, name: &str) -> Customer {
    Customer::new(&format!("+44 7700 900{last}"), name)
}

impl World {
    /// Starts everything and opens the shop.
    pub async fn open(program: &Path, room: &Path) -> anyhow::Result<Self> {
        let pace = waha::Pace { ack: Duration::from_millis(60), ..waha::Pace::quick() };
        let waha = waha::Server::start(waha::Options { pace, ..waha::Options::default() }).await?;
        let thinking = Duration::from_millis(700);
        let gemini = gemini::Server::start(gemini::Options { latency: thinking, ..gemini::Options::default() }).await?;
        let socket = room.join("run").join("socket");
        let config = room.join("config.toml");
        std::fs::write(&config, config_file(room, &socket, &waha, &gemini)?).context("no config file")?;
        let mut command = Command::new(program);
        command.arg("daemon").arg("--config").arg(&config).env("HOME", room);
        let log = std::fs::File::create(room.join("daemon.log")).context("no log")?;
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        let daemon = Daemon(child.context("the daemon does not start")?);
        let deadline = Instant::now() + PATIENCE;
        let client = loop {
            match client::connect(&socket).await {
                Ok(client) => break client,
                Err(error) if Instant::now() >= deadline => return Err(error).context("the daemon is not there"),
                Err(_) => tokio::time::sleep(LOOK_AGAIN).await,
            }
        };
        let store = room.join("data").join(STORE_FILE);
        Ok(Self { waha, gemini, daemon, client, store, socket })
    }

    /// Ends everything.
    pub async fn close(self) {
        drop(self.daemon);
        self.waha.shutdown().await;
        self.gemini.shutdown().await;
    }

    /// Facts, numbers, and people from before the pairing.
    pub async fn furnish(&self) -> anyhow::Result<()> {
        let shop = customers::shop();
        let timezone = Some(shop.timezone.to_owned());
        self.client.call(&TenantAdd { name: shop.name.to_owned(), plan: None, timezone }).await?;
        // The opening times are told and not set: pictures are made at night as well.
        let profile = format!("{}\nOpening times: {}", shop.profile, shop.hours);
        let facts = [(SettingKey::BusinessName, shop.name), (SettingKey::BusinessProfile, profile.as_str())];
        for (key, value) in facts {
            let set = SettingsSet { tenant: None, key, value: Some(value.to_owned()), instance: None, chat: None };
            self.client.call(&set).await?;
        }
        for (label, text) in shop.quick_replies {
            let add =
                QuickReplyAdd { label: (*label).to_owned(), text: (*text).to_owned(), ..QuickReplyAdd::default() };
            self.client.call(&add).await?;
        }
        self.add_number(NUMBER).await?;
        let regulars = customers::regulars();
        for regular in &regulars {
            regular.settle(&self.waha, NUMBER, now_s()).await?;
        }
        for (number, name, said, minutes) in [
            (130, "Aylin", "The cake was wonderful, thank you so much! 🎂", 1_270),
            (131, "Piotr", "ok, see you on Saturday", 1_655),
            (132, "Noor", "Could you keep two rye loaves for me?", 2_930),
        ] {
            let who = somebody(number, name);
            let at = now_s() - minutes * MINUTE_S;
            self.waha.add_contact(NUMBER, &who, name).await?;
            self.waha.add_history(NUMBER, &who, Direction::In, said, at).await?;
            let thanks = "With pleasure! See you soon.";
            self.waha.add_history(NUMBER, &who, Direction::Out, thanks, at + MINUTE_S).await?;
        }
        self.pair(NUMBER).await?;
        // The second phone has not been found yet: its code waits to be scanned.
        self.add_number(SECOND).await?;
        let list = ContactList { review: Some(Review::Unreviewed), ..ContactList::default() };
        let known = self.until("the people from before", async || {
            let known = self.client.call(&list).await?.items;
            Ok((known.len() >= regulars.len() + 3).then_some(known))
        });
        for contact in known.await? {
            let family = contact.name.as_deref().is_some_and(|name| name == "Mum" || name.contains("supplier"));
            let review = if family { Reviewed::Personal } else { Reviewed::Customer };
            let contact = ContactName::from(contact.id.to_string());
            let tag =
                ContactTag { tenant: None, contact, tags: Vec::new(), remove: Tagging::Add, review: Some(review) };
            self.client.call(&tag).await?;
        }
        self.weeks_before()
    }

    /// Four weeks of customers, as numbers only: nobody looks at their words.
    fn weeks_before(&self) -> anyhow::Result<()> {
        let store = rusqlite::Connection::open(&self.store).context("the store can't be opened")?;
        store.execute(
            "WITH RECURSIVE back (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM back WHERE n < 28 * 96),
                 quarters (n, quarter) AS (SELECT n, ?1 / 900000 - n FROM back),
                 busy (quarter, people, human) AS (
                     SELECT quarter, n * 7 % 5 * (3 + quarter / 96 % 7) / 4, n % 11 = 0
                     FROM quarters WHERE quarter % 96 BETWEEN 24 AND 68)
             INSERT OR IGNORE INTO activity (tenant_id, quarter, received, assistant, human)
             SELECT id, quarter, people, max(0, people - human), human FROM busy, tenants",
            [Timestamp::now()],
        )?;
        Ok(())
    }

    async fn add_number(&self, name: &str) -> anyhow::Result<()> {
        let add = InstanceAdd { tenant: None, name: name.to_owned(), waha: None, session: Some(name.to_owned()) };
        self.client.call(&add).await.context("instance add")?;
        let name = InstanceName::from(name);
        self.client.call(&InstanceQr { tenant: None, name, png: Picture::Without }).await.context("instance qr")?;
        Ok(())
    }

    async fn pair(&self, name: &str) -> anyhow::Result<()> {
        self.waha.scan_qr(name).await?;
        let show = InstanceShow { tenant: None, name: InstanceName::from(name) };
        self.until("the number", async || {
            let shown = self.client.call(&show).await?.instance;
            Ok((shown.status == Some(InstanceStatus::Working)).then_some(()))
        })
        .await
    }

    /// A morning: questions and answers, and what only a human can answer.
    pub async fn morning(&self) -> anyhow::Result<()> {
        let ben = somebody(102, "Ben");
        self.asks(&ben, "Morning! How much is the sourdough, and can I pay by card?", 0).await?;
        self.answered("Ben").await?;
        let offer = "A wedding cake for sixty people is 240 €. Shall we note down your order?";
        let says = json!({"action": "reply", "reply": offer, "handoff_reason": null}).to_string();
        self.gemini.faults().add(gemini::Operation::GenerateContent, When::Next(1), gemini::Fault::Says(says));
        self.asks(&ben, "Great. And what would a wedding cake for about sixty people be? 🎂", 0).await?;
        self.needs_you("Ben").await?;
        for (who, text, minutes) in [
            (somebody(109, "Tom"), "Could you sponsor our school's football shirts?", 0),
            (somebody(110, "Олена"), "Добрий день! Ви печете паску?", 0),
            (somebody(111, "佐藤 美咲"), "こんにちは、予約はできますか？", 0),
        ] {
            self.asks(&who, text, minutes).await?;
            self.needs_you(&who.name).await?;
        }
        for (who, text, minutes) in [
            (somebody(104, "Jonas"), "Moin, was kostet eine Geburtstagstorte?", 5),
            (Customer::new("+1 202 555 0108", "Giulia"), "Buongiorno, ci sono parcheggi?", 4),
            (Customer::new("+1 202 555 0106", "Rui"), "Olá, vocês têm pão sem glúten?", 3),
            (somebody(101, "Ana"), "Hello, until when are you open on Saturday?", 2),
            (Customer::new("+1 202 555 0105", "Claire 🌻"), "Bonjour, est-ce qu'il reste des croissants ? 🥐", 1),
            (somebody(103, "Lucía"), "Hola, ¿hacen envíos a domicilio?", 1),
            (somebody(112, "Maya"), "Where are you exactly?", 1),
            (somebody(113, "Klara"), "Was kostet ein Cappuccino?", 1),
            (somebody(114, "Mateo"), "Hola, ¿puedo pagar con tarjeta?", 1),
            (somebody(115, "Inês"), "Olá, quanto custa um croissant?", 1),
        ] {
            self.asks(&who, text, minutes).await?;
            self.answered(&who.name).await?;
        }
        let chat = self.chat("Giulia").await?.map(|chat| name(&chat)).context("no chat")?;
        self.say(chat, "And the second row is reserved for our guests. See you soon! Marta").await?;
        let chat = self.chat("Jonas").await?.map(|chat| name(&chat)).context("no chat")?;
        let span = Span(Duration::from_secs(3 * 3600));
        self.client.call(&ChatSnooze { tenant: None, chat, instance: None, span }).await?;
        let chat = self.chat("Ben").await?.map(|chat| name(&chat)).context("no chat")?;
        let text = "Marta: sixty people is 2 × 28 € a tier, ask whether three tiers will do".to_owned();
        self.client.call(&ChatNote { tenant: None, chat, instance: None, text }).await?;
        for (name, tags) in [("Ben", ["wedding"]), ("Ana", ["regular"])] {
            let Some(contact) = self.chat(name).await?.and_then(|chat| chat.contact) else { continue };
            let contact = ContactName::from(contact.to_string());
            let tags = tags.map(str::to_owned).to_vec();
            self.client.call(&ContactTag { tenant: None, contact, tags, remove: Tagging::Add, review: None }).await?;
        }
        Ok(())
    }

    /// One campaign that is through, one under way, and one that waits.
    pub async fn campaigns(&self) -> anyhow::Result<()> {
        let list = |from: u32, count: u32| {
            let rows: Vec<String> =
                (from..from + count).map(|n| format!("Guest {n},+1202555{:04},Hamburg", 1_000 + n)).collect();
            Some(format!("name,phone,city\n{}\n", rows.join("\n")))
        };
        for (name, text, file, at) in [
            ("opening hours", "Hi {{ name }}, from Monday on we open at 7:00.", list(0, 14), None),
            ("rye week", "Hi {{ name }}, this is rye week at Harbour Bakery in {{ city }}.", list(20, 62), None),
            ("stollen", "Hi {{ name }}, our stollen is ready.", list(90, 120), Some("2031-11-28 09:00")),
        ] {
            let create = CampaignCreate {
                name: name.to_owned(),
                text: text.to_owned(),
                file,
                instance: Some(InstanceName::from(NUMBER)),
                at: at.map(str::to_owned),
                ..CampaignCreate::default()
            };
            self.client.call(&create).await.with_context(|| format!("campaign {name}"))?;
            let named = CampaignName::from(name);
            self.client.call(&CampaignLaunch { tenant: None, name: named.clone() }).await?;
            let enough = match name {
                "opening hours" => 14,
                "rye week" => 26,
                _ => 0,
            };
            self.until("the campaign", async || {
                let shown = self.client.call(&CampaignShow { tenant: None, name: named.clone() }).await?;
                let counts = shown.counts;
                Ok((counts.sent + counts.delivered + counts.read + counts.replied >= enough).then_some(()))
            })
            .await?;
        }
        for (guest, text) in [(1, "Great, I'll come by!"), (22, "Do you deliver the rye?"), (25, "See you on Tuesday")]
        {
            let guest = Customer::new(&format!("+1202555{:04}", 1_000 + guest), &format!("Guest {guest}"));
            self.asks(&guest, text, 0).await?;
        }
        Ok(())
    }

    /// Somebody is typing, for a while.
    pub async fn types(&self) -> anyhow::Result<()> {
        self.waha.customer_types(NUMBER, &somebody(101, "Ana"), Presence::Typing).await?;
        Ok(())
    }

    async fn asks(&self, who: &Customer, text: &str, minutes: i64) -> anyhow::Result<()> {
        self.waha.customer_said_at(NUMBER, who, text, now_s() - minutes * MINUTE_S).await?;
        Ok(())
    }

    async fn say(&self, chat: ChatName, text: &str) -> anyhow::Result<()> {
        let send = ChatSend {
            tenant: None,
            chat,
            instance: None,
            text: text.to_owned(),
            wait: Some(Span(PATIENCE)),
            client_ref: None,
            clear_draft: ClearDraft::Keep,
            quick_reply: None,
            yes: NewChatConsent::Missing,
        };
        self.client.call(&send).await.context("chat send")?;
        Ok(())
    }

    async fn chat(&self, of: &str) -> anyhow::Result<Option<ChatSummary>> {
        let chats = self.client.call(&ChatList { limit: Some(200), ..ChatList::default() }).await?;
        Ok(chats.items.into_iter().find(|chat| chat.name.as_deref() == Some(of)))
    }

    async fn needs_you(&self, of: &str) -> anyhow::Result<()> {
        self.until(of, async || {
            let chat = self.chat(of).await?;
            Ok(chat.is_some_and(|chat| chat.state == ChatState::NeedsYou).then_some(()))
        })
        .await
    }

    async fn answered(&self, of: &str) -> anyhow::Result<()> {
        self.until(of, async || {
            let chat = self.chat(of).await?;
            Ok(chat.is_some_and(|chat| chat.state != ChatState::Assistant && chat.last_author.is_some()).then_some(()))
        })
        .await
    }

    /// Looks again and again until something is there.
    async fn until<T>(&self, what: &str, look: impl AsyncFn() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            if Instant::now() >= deadline {
                bail!("{what} did not come within {PATIENCE:?}");
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

fn name(chat: &ChatSummary) -> ChatName {
    ChatName::from(chat.id.to_string())
}

fn now_s() -> i64 {
    Timestamp::now().millis() / 1000
}

fn config_file(room: &Path, socket: &Path, waha: &waha::Server, gemini: &gemini::Server) -> anyhow::Result<String> {
    // The daemon does not tell which port it took, so it gets ones that were free a moment ago.
    let free = || -> anyhow::Result<SocketAddr> { Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?) };
    let quoted = |text: &str| toml::Value::from(text).to_string();
    Ok(format!(
        "[daemon]\ndata_dir = {}\nsocket = {}\n[webhook]\nlisten = \"{}\"\n[metrics]\nlisten = \"{}\"\n\
         [[waha]]\nname = \"main\"\nurl = {}\napi_key = {}\n[gemini]\nbase_url = {}\napi_key = {}\n\
         [reply]\npace = \"instant\"\nburst_quiet_ms = 50\nburst_max_ms = 500\nfreshness_s = 900\n\
         [campaign]\ngap_s = [0, 0]\nper_hour = 40\nnew_people_per_day = 200\n",
        quoted(&room.join("data").to_string_lossy()),
        quoted(&socket.to_string_lossy()),
        free()?,
        free()?,
        quoted(&waha.url()),
        quoted(waha.api_key()),
        quoted(&gemini.url()),
        quoted(gemini.api_key()),
    ))
}
