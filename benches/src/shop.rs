//! A shop with one paired number in a store of its own, and people and messages in it where a figure needs them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use mychatflow_daemon::STORE_FILE;
use mychatflow_data::ids::{ChatId, ContactId, InstanceId, InteractionId, JobId, RunId, TenantId};
use mychatflow_data::model::instance::{InstanceStatus, Me, Verdict};
use mychatflow_data::model::job::JobArgs;
use mychatflow_data::phone::Address;
use mychatflow_data::store::Store;
use mychatflow_data::store::change::Deaf;
use mychatflow_data::store::instances::{HmacKey, Sighting};
use mychatflow_data::time::Timestamp;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use tokio::runtime::Runtime;

use crate::delivery::{address, bare_id};

/// WAHA's name of the number.
pub const SESSION: &str = "shop";
/// What deliveries are signed with.
pub const HMAC_KEY: &str = "a key that the bench made up, as long as a real one is";

const HOUR_MS: i64 = 3_600_000;

/// The shop.
#[derive(Debug, Clone)]
pub struct Shop {
    /// Where its store is.
    pub file: PathBuf,
    /// Who it is.
    pub tenant: TenantId,
    /// Its number.
    pub instance: InstanceId,
}

impl Shop {
    /// Makes the store through its own API, so that the schema is the product's whatever its version.
    pub fn make(runtime: &Runtime, room: &Path) -> anyhow::Result<Self> {
        let data = room.join("data");
        std::fs::create_dir_all(&data).context("no data directory")?;
        let file = data.join(STORE_FILE);
        Self::add(runtime, file, "Corner Shop", SESSION)
    }

    /// Adds another shop with a number of its own to the same store.
    pub fn add_another(&self, runtime: &Runtime, session: &str) -> anyhow::Result<Self> {
        Self::add(runtime, self.file.clone(), session, session)
    }

    fn add(runtime: &Runtime, file: PathBuf, name: &str, session: &str) -> anyhow::Result<Self> {
        runtime.block_on(async {
            let now = Timestamp::now();
            let store = Store::open(&file, Arc::new(Deaf)).await?;
            let tenant = store.add_tenant(name.into(), "starter".into(), "UTC".into(), now).await?;
            let shop = store.tenant(tenant.id).await?;
            let key = HmacKey::new(HMAC_KEY.to_owned());
            let number = shop.add_instance("main".into(), "main".into(), session.into(), key, now).await?;
            let sighting = Sighting {
                status: Some(InstanceStatus::Working),
                verdict: Verdict::Healthy,
                reason: None,
                me: Some(Me { id: Address::parse("447700900500@c.us")?, lid: None, name: None }),
                engine: Some("NOWEB".to_owned()),
                version: Some("2026.7.1".to_owned()),
            };
            // Long ago: in its first minutes every answer to somebody unknown asks WAHA for the history of the chat.
            let paired_at = now - Duration::from_secs(2 * 3600);
            shop.see_instance(number.id, sighting, paired_at).await?;
            Ok(Self { file, tenant: tenant.id, instance: number.id })
        })
    }

    /// A connection with the pragmas of the store's writer.
    pub fn connect(&self) -> anyhow::Result<Connection> {
        let connection = Connection::open(&self.file)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cache_size", -8192)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        connection.set_prepared_statement_cache_capacity(64);
        // The schema's triggers call it.
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function("fold", 1, flags, |call| {
            Ok(call.get_raw(0).as_str_or_null()?.map(str::to_lowercase))
        })?;
        Ok(connection)
    }

    /// People with a chat each.
    pub fn add_people(&self, connection: &Connection, count: usize) -> anyhow::Result<Vec<ChatId>> {
        let now = Timestamp::now();
        let mut contact = connection.prepare(
            "INSERT INTO contacts (tenant_id, id, name, phone, review, created_at) VALUES (?1, ?2, ?3, ?4, 'new', ?5)",
        )?;
        let mut identity =
            connection.prepare("INSERT INTO identities (tenant_id, address, contact_id) VALUES (?1, ?2, ?3)")?;
        let mut chat = connection.prepare(
            "INSERT INTO chats (tenant_id, id, instance_id, contact_id, kind, address, state, created_at)
             VALUES (?1, ?2, ?3, ?4, 'direct', ?5, 'waiting', ?6)",
        )?;
        let mut chats = Vec::with_capacity(count);
        connection.execute_batch("BEGIN")?;
        for customer in 0..count {
            let (person, thread, address) = (ContactId::new(), ChatId::new(), address(customer));
            let phone = address.trim_end_matches("@c.us");
            contact.execute((self.tenant, person, format!("Customer {customer}"), phone, now))?;
            identity.execute((self.tenant, &address, person))?;
            chat.execute((self.tenant, thread, self.instance, person, &address, now))?;
            chats.push(thread);
        }
        connection.execute_batch("COMMIT")?;
        Ok(chats)
    }

    /// So many customers who all wait for an answer that is due.
    pub fn backlog(&self, customers: usize) -> anyhow::Result<()> {
        let connection = self.connect()?;
        let chats = self.add_people(&connection, customers)?;
        let now = Timestamp::now();
        let mut row = Rows::new(&connection, self)?;
        connection.execute_batch("BEGIN")?;
        for (customer, chat) in chats.into_iter().enumerate() {
            row.delivery(customer, chat, &address(customer), now.millis())?;
        }
        let due = "UPDATE jobs SET run_at = ?1 WHERE tenant_id = ?2";
        connection.execute(due, (now, self.tenant))?;
        connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")?;
        Ok(())
    }

    /// So many messages, old ones, spread over chats of which each has a live answer job: most of them scheduled, and
    /// as many as run at once in the hands of a daemon that was killed.
    pub fn fill(&self, messages: usize, jobs: usize) -> anyhow::Result<()> {
        const RUNNING: usize = 256;
        let connection = self.connect()?;
        // Only the filling is in a hurry; whoever opens the file next has its own pragmas.
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.pragma_update(None, "cache_size", -262_144)?;
        let chats = self.add_people(&connection, jobs)?;
        let (now, yesterday) = (Timestamp::now(), Timestamp::now().millis() - 24 * HOUR_MS);
        let mut row = Rows::new(&connection, self)?;
        connection.execute_batch("BEGIN")?;
        for number in 0..messages {
            let customer = number % jobs;
            row.message(number, chats[customer], &address(customer), yesterday + number as i64)?;
        }
        connection.execute("UPDATE chats SET last_at = ?1, last_in_at = ?1, state = 'assistant'", [yesterday])?;
        let dead = RunId::new();
        let mut job = connection.prepare(
            "INSERT INTO jobs (tenant_id, id, kind, chat_id, args, state, run_at, lease_run, created_at, updated_at)
             VALUES (?1, ?2, 'answer_chat', ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        )?;
        for (place, chat) in chats.iter().enumerate() {
            let (state, lease) = if place < RUNNING { ("running", Some(dead)) } else { ("scheduled", None) };
            let due = now.millis() + HOUR_MS;
            job.execute((self.tenant, JobId::new(), chat, args(*chat)?, state, due, lease, now))?;
        }
        connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE);")?;
        Ok(())
    }
}

/// The rows that one delivery of a known customer comes to, bare: message, chat, answer job.
pub struct Rows<'c> {
    shop: Shop,
    interaction: rusqlite::Statement<'c>,
    chat: rusqlite::Statement<'c>,
    job: rusqlite::Statement<'c>,
}

impl<'c> Rows<'c> {
    /// Prepares the statements.
    pub fn new(connection: &'c Connection, shop: &Shop) -> anyhow::Result<Self> {
        Ok(Self {
            shop: shop.clone(),
            interaction: connection.prepare(
                "INSERT INTO interactions (tenant_id, id, instance_id, chat_id, direction, author, state, kind, text, at,
                                           address, bare_id, wa_id, id_source, echoed_at, created_at)
                 VALUES (?1, ?2, ?3, ?4, 'in', 'customer', 'received', 'text', ?5, ?6, ?7, ?8, ?9, 'learned', ?10, ?10)
                 ON CONFLICT (tenant_id, instance_id, bare_id, direction) WHERE bare_id IS NOT NULL DO NOTHING",
            )?,
            chat: connection.prepare(
                "UPDATE chats SET revision = revision + 1, unread = unread + 1, address = ?3, preview = ?4,
                                  last_at = ?5, last_in_at = ?5, state = 'assistant', reason = NULL
                 WHERE tenant_id = ?1 AND id = ?2",
            )?,
            job: connection.prepare(
                "INSERT INTO jobs (tenant_id, id, kind, chat_id, args, state, run_at, created_at, updated_at)
                 VALUES (?1, ?2, 'answer_chat', ?3, ?4, 'scheduled', ?5, ?6, ?6)
                 ON CONFLICT (tenant_id, chat_id)
                     WHERE kind = 'answer_chat' AND state IN ('scheduled', 'available', 'running', 'retryable', 'held')
                 DO UPDATE SET run_at = excluded.run_at",
            )?,
        })
    }

    /// One message.
    pub fn message(&mut self, number: usize, chat: ChatId, address: &str, at_ms: i64) -> anyhow::Result<()> {
        self.said(number, chat, address, "Do you have the blue one in size M?", at_ms)
    }

    /// One message with words of its own.
    pub fn said(&mut self, number: usize, chat: ChatId, address: &str, text: &str, at_ms: i64) -> anyhow::Result<()> {
        let (bare, Shop { tenant, instance, .. }) = (bare_id(number), &self.shop);
        let wa_id = format!("false_{address}_{bare}");
        self.interaction.execute((
            tenant,
            InteractionId::new(),
            instance,
            chat,
            text,
            at_ms,
            address,
            bare,
            wa_id,
            at_ms,
        ))?;
        Ok(())
    }

    /// One delivery whole: the message, its chat, and the job that will answer it an hour later.
    pub fn delivery(&mut self, number: usize, chat: ChatId, address: &str, at_ms: i64) -> anyhow::Result<()> {
        self.message(number, chat, address, at_ms)?;
        let tenant = self.shop.tenant;
        self.chat.execute((tenant, chat, address, "Do you have the blue one in size M?", at_ms))?;
        self.job.execute((tenant, JobId::new(), chat, args(chat)?, at_ms + HOUR_MS, at_ms))?;
        Ok(())
    }
}

fn args(chat: ChatId) -> anyhow::Result<String> {
    serde_json::to_string(&JobArgs::AnswerChat { chat }).context("arguments that can't be written")
}
