//! `mychatflow` alone: the console, or what is missing for it.

use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use jiff::tz::TimeZone;
use mychatflow_daemon::data_dir::holder;
use mychatflow_data::client::{self, Client, ClientError};
use mychatflow_data::protocol::VERSION;
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_tui::keymap::Keymap;
use mychatflow_tui::msg::PhoneWish;
use mychatflow_tui::notify::{TerminalEnv, Way};
use mychatflow_tui::passthrough::Via;
use mychatflow_tui::probe::PixelSupport;
use mychatflow_tui::runtime::{self, Again, Connecting, Connector, NoLink, Surroundings};
use mychatflow_tui::state::{Charset, Guide, Screen, Setup};
use mychatflow_tui::theme::{Background, ColourEnv, Glyphs, TextEncoding, ThemeName};
use tokio::sync::{Mutex, mpsc};

use super::dialogue::{Answer, consent, somebody_is_there};
use super::exporter::exporter;
use super::launch::launch;
use super::wire::{is_absent, is_running, quoted, silent};
use super::{Cx, welcome};
use crate::cli::Globals;
use crate::cli::chat::ChatVerb;
use crate::config;
use crate::output::note;
use crate::paths::{self, Env};

/// What the demo adds to a console.
#[derive(Debug, Default)]
pub struct Extras {
    /// The guide's first word.
    pub guide: Guide,
    /// The made-up phone.
    pub phone: Option<mpsc::UnboundedSender<PhoneWish>>,
    /// Nothing is kept from one time to the next.
    pub forget: bool,
    /// The screen that is on first.
    pub screen: Screen,
    /// The socket, where it is another one than a command would find.
    pub socket: Option<PathBuf>,
}

impl Extras {
    /// A console on a daemon: on the dashboard while there are first steps to do, else on the chats.
    async fn by_first_steps(cx: &Cx, client: &Client) -> Self {
        // Without a business, or with several, there is no list of steps to look at.
        let overview = client.call(&OverviewShow { tenant: cx.tenant() }).await;
        let is_open = overview.is_ok_and(|overview| !overview.first_steps.is_empty());
        Self { screen: if is_open { Screen::Dashboard } else { Screen::Chats }, ..Self::default() }
    }
}

/// Opens the console. Without a daemon it says how to get one.
pub async fn run(cx: &Cx) -> anyhow::Result<()> {
    if let Some(host) = &cx.globals.host {
        // ssh may ask for a password: that must happen before the screen is ours.
        let client = cx.connect().await?;
        let_in(&client).await?;
        on_terminal()?;
        if is_dumb(&cx.env) {
            return tell_plainly(cx).await;
        }
        let extras = Extras::by_first_steps(cx, &client).await;
        return open(cx, over_ssh(cx, host.clone(), client), extras).await;
    }
    let error = match cx.connect().await {
        Ok(client) => {
            let_in(&client).await?;
            let extras = Extras::by_first_steps(cx, &client).await;
            drop(client);
            on_terminal()?;
            if is_dumb(&cx.env) {
                return tell_plainly(cx).await;
            }
            return open(cx, here(cx), extras).await;
        }
        Err(error) => error.downcast::<ClientError>()?,
    };
    match (error, cx.whereabouts()?.file) {
        (error, None) if is_absent(&error) => welcome::run(cx).await,
        // One that runs needs nobody who starts it.
        (error @ ClientError::NotConnected { .. }, Some(file)) if !is_running(&error) => offer(cx, &file, error).await,
        (error, _) => Err(error.into()),
    }
}

/// There is a config and no daemon: offers to start it.
async fn offer(cx: &Cx, file: &Path, error: ClientError) -> anyhow::Result<()> {
    let absent = is_absent(&error);
    // A mistake in the config is the likeliest reason why no daemon runs.
    let mistakes = config::load(Some(file), &cx.env).err();
    if let Some(mistakes) = &mistakes {
        note(&format!("{mistakes}\n"));
    }
    if absent && mistakes.is_none() && somebody_is_there() {
        note(&format!("The daemon does not run. The config is {}.", file.display()));
        if consent("Start the daemon now?")? == Answer::Yes {
            launch(cx).await?;
            if is_dumb(&cx.env) {
                return tell_plainly(cx).await;
            }
            let extras = Extras::by_first_steps(cx, &cx.connect().await?).await;
            return open(cx, here(cx), extras).await;
        }
    }
    note(&format!(
        "The config is {}. Start the daemon with\n\n  mychatflow daemon\n\nor as a service: systemctl --user start mychatflow\n",
        file.display()
    ));
    Err(error.into())
}

/// Who may see nothing is told so, with what to ask for, before there is a screen.
async fn let_in(client: &Client) -> anyhow::Result<()> {
    match client.subscribe(&EventsSubscribe::default()).await {
        Err(error @ ClientError::Refused(_)) => Err(error.into()),
        // What else may be wrong the console says itself.
        _ => Ok(()),
    }
}

/// A console needs somebody to look at it.
fn on_terminal() -> anyhow::Result<()> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return Ok(());
    }
    bail!("the console needs a terminal; every screen is a command too: mychatflow help")
}

/// Is this a terminal whose cursor can't be moved? A screen drawn there is a heap of characters.
pub fn is_dumb(env: &Env) -> bool {
    matches!(env.var("TERM"), None | Some("" | "dumb" | "unknown"))
}

/// What the console would show first, line by line.
async fn tell_plainly(cx: &Cx) -> anyhow::Result<()> {
    super::overview::run(cx).await?;
    cx.output.text("\nWho waits for you, the longest first:")?;
    super::chat::run(cx, ChatVerb::waiting()).await?;
    let term = cx.env.var("TERM").unwrap_or("");
    note(&format!(
        "\nThis terminal (TERM={term}) can't move its cursor, so the console is not opened. Every screen is a command too: \
         mychatflow chat show, chat send, help. If the terminal can do more than it says: TERM=xterm mychatflow"
    ));
    Ok(())
}

/// Connects to the daemon of this machine, as often as it is asked. Its socket may be elsewhere the next time.
fn here(cx: &Cx) -> Connector {
    let (globals, env) = (cx.globals.clone(), cx.env.clone());
    Arc::new(move || {
        let cx = Cx::again(globals.clone(), env.clone());
        let connecting: Connecting = Box::pin(async move {
            let later = |reason| NoLink { reason, again: Again::Later };
            let found = cx.whereabouts().map_err(|error| later(format!("{error:#}")))?;
            client::connect(&found.socket).await.map_err(|error| {
                let holder = found.data_dir.as_deref().and_then(holder).filter(|_| is_absent(&error));
                no_link(&holder.map_or(error, |holder| silent(found.socket.clone(), &holder)))
            })
        });
        connecting
    })
}

/// Connects to a socket on this machine, as often as it is asked.
pub fn local(socket: PathBuf) -> Connector {
    Arc::new(move || {
        let socket = socket.clone();
        let connecting: Connecting =
            Box::pin(async move { client::connect(&socket).await.map_err(|error| no_link(&error)) });
        connecting
    })
}

fn no_link(error: &ClientError) -> NoLink {
    // One line of 80 columns holds it, with what to do.
    match error {
        ClientError::VersionMismatch { protocol, .. } if *protocol > VERSION => NoLink {
            reason: "this command is too old for the daemon: update it, then open it again".to_owned(),
            again: Again::Never,
        },
        ClientError::VersionMismatch { .. } => NoLink {
            reason: "the daemon is too old: mychatflow daemon stop, then start the new version".to_owned(),
            again: Again::Never,
        },
        ClientError::NotConnected { reason, remedy, .. } => {
            NoLink { reason: format!("{reason}; {remedy}"), again: Again::Later }
        }
        error => NoLink { reason: error.to_string(), again: Again::Later },
    }
}

/// Connects over ssh; the first connection is there already.
fn over_ssh(cx: &Cx, host: String, first: Client) -> Connector {
    let (first, globals, env) = (Arc::new(Mutex::new(Some(first))), cx.globals.clone(), cx.env.clone());
    Arc::new(move || {
        let (first, host) = (Arc::clone(&first), host.clone());
        let cx = Cx::again(globals.clone(), env.clone());
        let connecting: Connecting = Box::pin(async move {
            if let Some(client) = first.lock().await.take() {
                return Ok(client);
            }
            let reason = |error| NoLink { reason: format!("{host}: {error:#}"), again: Again::Later };
            cx.connect().await.map_err(reason)
        });
        connecting
    })
}

/// Runs the console over a connection.
pub async fn open(cx: &Cx, connect: Connector, extras: Extras) -> anyhow::Result<()> {
    let env = &cx.env;
    let keymap = keymap()?;
    let state_dir = if extras.forget { None } else { paths::state_dir() };
    let prefs = state_dir.as_deref().map(runtime::remembered).unwrap_or_default();
    let setup = Setup {
        keymap,
        prefs,
        theme: theme(env)?,
        charset: charset(env),
        // The shop of the demo is nobody's.
        tenant: if extras.forget { None } else { cx.tenant() },
        pixels: PixelSupport::None,
        guide: extras.guide,
        screen: extras.screen,
        command: command(&cx.globals, extras.socket.as_deref()),
        zone: TimeZone::system(),
    };
    let around = Surroundings {
        state_dir,
        save_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        graphics: match env.var("MYCHATFLOW_GRAPHICS") {
            Some(word) => word.parse().context("MYCHATFLOW_GRAPHICS")?,
            None => mychatflow_tui::probe::Graphics::default(),
        },
        way: Way::pick(&TerminalEnv {
            term_program: env.var("TERM_PROGRAM"),
            term: env.var("TERM"),
            lc_terminal: env.var("LC_TERMINAL"),
            kitty_window_id: env.var("KITTY_WINDOW_ID"),
            wezterm_pane: env.var("WEZTERM_PANE"),
            vte_version: env.var("VTE_VERSION"),
        }),
        via: Via::pick(env.var("TMUX")),
        encoding: TextEncoding::pick(env.var("LC_ALL"), env.var("LC_CTYPE"), env.var("LANG")),
        exporter: exporter(),
        phone: extras.phone,
    };
    runtime::run(connect, setup, around).await.context("the terminal")
}

/// How a command begins that asks the same daemon.
fn command(globals: &Globals, socket: Option<&Path>) -> String {
    let mut command = "mychatflow".to_owned();
    let host = globals.host.as_deref().map(|host| ("--host", host.to_owned()));
    let of = |path: &Path| path.to_string_lossy().into_owned();
    let socket = socket.or(globals.socket.as_deref()).map(|path| ("--socket", of(path)));
    let config = globals.config.as_deref().filter(|_| socket.is_none()).map(|path| ("--config", of(path)));
    for (option, value) in [host, socket, config].into_iter().flatten() {
        let plain = value.chars().all(|char| char.is_alphanumeric() || "/._-@:~".contains(char));
        let value = if plain { value } else { quoted(&value) };
        command.push_str(&format!(" {option} {value}"));
    }
    command
}

fn keymap() -> anyhow::Result<Keymap> {
    let Some(path) = paths::keymap() else { return Ok(Keymap::default()) };
    match fs::read_to_string(&path) {
        Ok(text) => Keymap::with(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Keymap::default()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

/// The theme that fits: what `MYCHATFLOW_THEME` says, else what the terminal can show.
fn theme(env: &Env) -> anyhow::Result<ThemeName> {
    let colours = ColourEnv { no_color: env.var("NO_COLOR"), colorterm: env.var("COLORTERM"), term: env.var("TERM") };
    // "15;0" and "0;default;15": the last number is the background; 7 and 9 to 15 are light.
    let ground = env.var("COLORFGBG").and_then(|words| words.rsplit(';').next()?.parse::<u8>().ok());
    let background = ground.map(|number| if number == 7 || number > 8 { Background::Light } else { Background::Dark });
    let read = |word: &str| {
        let all: Vec<&str> = ThemeName::ALL.iter().map(|name| name.word()).collect();
        word.parse()
            .map_err(|_| anyhow::anyhow!("MYCHATFLOW_THEME: there is no theme {word:?}; there are: {}", all.join(", ")))
    };
    let wanted = env.var("MYCHATFLOW_THEME").map(read).transpose()?;
    Ok(ThemeName::pick(&colours, wanted, background))
}

fn charset(env: &Env) -> Charset {
    let glyphs = Glyphs::pick(env.var("LC_ALL"), env.var("LC_CTYPE"), env.var("LANG"));
    if env.var("MYCHATFLOW_ASCII").is_some() || glyphs == Glyphs::ascii() { Charset::Ascii } else { Charset::Unicode }
}
