//! One file per noun: each turns what was typed into a call, and the reply into words.

mod ask;
mod campaign;
mod chat;
mod completions;
mod config;
pub mod console;
mod contact;
mod contact_merge;
mod credit;
mod daemon;
mod demo;
mod dialogue;
mod doctor;
mod erase;
mod events;
mod export;
mod exporter;
mod findings;
mod import;
mod instance;
mod launch;
mod overview;
mod progress;
pub mod qr;
mod queue;
mod quick_reply;
mod relay;
mod segment;
mod settings;
mod setup;
mod source;
mod stats;
mod tenant;
mod welcome;
mod why;
mod wire;

use std::io::Read;

use anyhow::Context;
use mychatflow_data::client::Client;
use mychatflow_data::protocol::Call;
use mychatflow_data::protocol::name::{Cursor, TenantName};
use mychatflow_data::protocol::page::Page;
use mychatflow_data::time::Timestamp;
use mychatflow_data::user_file::{Existing, UserFileError};
use serde::Serialize;

use crate::cli::{Cli, Command, Globals, Limit};
use crate::config::{Whereabouts, whereabouts};
use crate::output::{Format, Output, Table, note};
use crate::paths::Env;

pub use self::wire::NoConnection;

/// An `edit` that says nothing of what is to become different. Names the options that do.
#[derive(Debug, thiserror::Error)]
#[error("say what to change: {0}")]
pub struct NothingToChange(&'static str);

/// How many lines of a list people get unless they say otherwise.
const PAGE: u32 = 50;
/// How many lines are asked for at once: an answer has at most 1 MiB.
const PAGE_MAX: u32 = 200;

/// Runs one command.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    let cx = Cx::new(cli.globals);
    match cli.command {
        None => console::run(&cx).await,
        Some(Command::Daemon { new, verb }) => daemon::run(&cx, new, verb).await,
        Some(Command::Tenant(verb)) => tenant::run(&cx, verb).await,
        Some(Command::Instance(verb)) => instance::run(&cx, verb).await,
        Some(Command::Chat(verb)) => chat::run(&cx, verb).await,
        Some(Command::Contact(verb)) => contact::run(&cx, verb).await,
        Some(Command::Segment(verb)) => segment::run(&cx, verb).await,
        Some(Command::Campaign(verb)) => campaign::run(&cx, *verb).await,
        Some(Command::Credit(verb)) => credit::run(&cx, verb).await,
        Some(Command::Settings(verb)) => settings::run(&cx, verb).await,
        Some(Command::QuickReply(verb)) => quick_reply::run(&cx, verb).await,
        Some(Command::Queue(verb)) => queue::run(&cx, verb).await,
        Some(Command::Events(args)) => events::run(&cx, args).await,
        Some(Command::Stats) => stats::run(&cx).await,
        Some(Command::Overview) => overview::run(&cx).await,
        Some(Command::Why { id }) => why::run(&cx, id).await,
        Some(Command::Ask(args)) => ask::run(&cx, args).await,
        Some(Command::Relay) => relay::run(&cx).await,
        Some(Command::Doctor(args)) => doctor::run(&cx, args).await,
        Some(Command::Demo(args)) => demo::run(&cx, args).await,
        Some(Command::Setup(args)) => setup::run(&cx, *args).await,
        Some(Command::Config(verb)) => config::run(&cx, verb),
        Some(Command::Completions { shell }) => completions::run(shell),
        Some(Command::Man) => completions::man(),
    }
}

/// What every command has at hand.
pub struct Cx {
    /// The options that every command takes.
    pub globals: Globals,
    /// Where answers go.
    pub output: Output,
    /// The environment.
    pub env: Env,
    /// When the command began.
    pub now: Timestamp,
}

impl Cx {
    fn new(globals: Globals) -> Self {
        let format = if globals.json { Format::Json } else { Format::People };
        Self { globals, output: Output::new(format), env: Env::of_process(), now: Timestamp::now() }
    }

    /// The same once more, for a connection made later.
    fn again(globals: Globals, env: Env) -> Self {
        Self { env, ..Self::new(globals) }
    }

    /// The tenant that was named for the whole command.
    pub fn tenant(&self) -> Option<TenantName> {
        self.globals.tenant.as_deref().filter(|tenant| !tenant.is_empty()).map(TenantName::from)
    }

    /// Where the daemon and the config are.
    pub fn whereabouts(&self) -> anyhow::Result<Whereabouts> {
        Ok(whereabouts(self.globals.config.as_deref(), self.globals.socket.as_deref(), &self.env)?)
    }

    /// Connects to the daemon, here or over ssh.
    pub async fn connect(&self) -> anyhow::Result<Client> {
        wire::connect(self).await
    }

    /// One call, one connection.
    pub async fn call<C: Call>(&self, params: &C) -> anyhow::Result<C::Reply> {
        Ok(self.connect().await?.call(params).await?)
    }

    /// One call whose reply is printed.
    pub async fn show<C: Call>(&self, params: &C, people: impl FnOnce(&C::Reply) -> String) -> anyhow::Result<()> {
        let reply = self.call(params).await?;
        self.output.document(&reply, people)
    }

    /// A list: for people a page, or as many as they asked for; for programs everything, page by page.
    pub async fn list<C, T>(
        &self,
        limit: Limit,
        params: impl Fn(Option<u32>, Option<Cursor>) -> C,
        table: impl FnOnce(&[T]) -> Table,
    ) -> anyhow::Result<()>
    where
        C: Call<Reply = Page<T>>,
        T: Serialize,
    {
        let client = self.connect().await?;
        let wanted = match (limit.limit, self.output.format()) {
            (Some(limit), _) => limit,
            (None, Format::People) => PAGE,
            (None, Format::Json) => u32::MAX,
        };
        let mut rows: Vec<T> = Vec::new();
        let mut count = 0;
        let mut after: Option<Cursor> = None;
        let more = loop {
            let page = client.call(&params(Some(PAGE_MAX.min(wanted - count)), after.clone())).await?;
            for row in page.items.into_iter().take(usize::try_from(wanted - count).unwrap_or(usize::MAX)) {
                count += 1;
                match self.output.format() {
                    Format::Json => self.output.json(&row)?,
                    Format::People => rows.push(row),
                }
            }
            // A cursor that does not move would go on for ever.
            if page.next.is_none() || page.next == after {
                break false;
            }
            if count >= wanted {
                break true;
            }
            after = page.next;
        };
        if self.output.format() == Format::People {
            self.output.table(&table(&rows))?;
            if more {
                note(&format!("… and more: --limit {}", count.saturating_mul(4)));
            }
        }
        Ok(())
    }
}

/// A text argument; `-` reads it from stdin.
fn text_or_stdin(text: String) -> anyhow::Result<String> {
    if text != "-" {
        remark_on_escape(&text);
        return Ok(text);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("could not read the text from stdin")?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// Says that `\\n` in an argument is no new line: most shells hand it over as it stands.
fn remark_on_escape(text: &str) {
    if text.contains("\\n") {
        crate::output::note(
            "the text has \\n in it, which stays as it is; for a new line write $'first\\nsecond' in bash, or - and the text on stdin",
        );
    }
}

/// Where a person's file is meant: `-` is stdout.
fn is_stdout(path: &std::path::Path) -> bool {
    path.as_os_str() == "-"
}

/// What `--force` says of a file that is there already.
fn existing(force: bool) -> Existing {
    if force { Existing::Replace } else { Existing::Keep }
}

/// Why a person's file was not written, with what they can type instead.
fn not_written(error: impl Into<anyhow::Error>) -> anyhow::Error {
    match error.into().downcast::<UserFileError>() {
        Ok(error @ UserFileError::Exists { .. }) => anyhow::anyhow!("{error}; --force writes over it"),
        Ok(error @ UserFileError::NotPlain { .. }) => anyhow::anyhow!("{error}, or - to print it"),
        Ok(error @ (UserFileError::NoPlace { .. } | UserFileError::Io { .. })) => error.into(),
        Err(error) => error,
    }
}
