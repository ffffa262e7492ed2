//! What may be typed, and the help text. Nothing else.

pub mod campaign;
pub mod chat;
pub mod contact;
pub mod instance;
pub mod quick_reply;
pub mod segment;
pub mod setup;

use std::path::PathBuf;
use std::str::FromStr;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use mychatflow_data::model::setting::SettingKey;
use mychatflow_data::protocol::calls::queue::QueueState;
use mychatflow_data::protocol::calls::tenant::Grant;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::protocol::span::Span;

use self::campaign::CampaignVerb;
use self::chat::ChatVerb;
use self::contact::ContactVerb;
use self::instance::InstanceVerb;
use self::quick_reply::QuickReplyVerb;
use self::segment::SegmentVerb;
use self::setup::SetupArgs;

/// Answers a shop's WhatsApp from its own facts.
#[derive(Debug, Parser)]
#[command(
    name = "mychatflow",
    version,
    propagate_version = true,
    about,
    long_about = "Answers a shop's WhatsApp from its own facts: one daemon, one console, one file.\n\n\
                  Without a command the console opens.",
    after_help = "Try it without anything: mychatflow demo\nExit status: 0 done, 1 refused or failed, 2 wrong usage, \
                  3 no connection to the daemon, 4 not allowed."
)]
pub struct Cli {
    /// For every command.
    #[command(flatten)]
    pub globals: Globals,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options that every command takes.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Everywhere")]
pub struct Globals {
    /// Print JSON: one document, or one object a line for lists and streams
    #[arg(long, global = true)]
    pub json: bool,
    /// The business, by name or id; may be left out while there is only one
    #[arg(long, global = true, value_name = "TENANT", env = "MYCHATFLOW_TENANT")]
    pub tenant: Option<String>,
    /// The daemon's socket; with --host, over there
    #[arg(long, global = true, value_name = "PATH", value_hint = ValueHint::FilePath)]
    pub socket: Option<PathBuf>,
    /// Talk to the daemon of another machine, over ssh
    #[arg(long, global = true, value_name = "[USER@]HOST", value_hint = ValueHint::Hostname)]
    pub host: Option<String>,
    /// The config file
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the daemon, or ask it something
    Daemon {
        /// Begin with a new, empty store where the old one is missing or not ours; what is found is renamed
        #[arg(long)]
        new: bool,
        /// What to ask; nothing: run it, in the foreground
        #[command(subcommand)]
        verb: Option<DaemonVerb>,
    },
    /// Businesses, and who works for them
    #[command(subcommand)]
    Tenant(TenantVerb),
    /// WhatsApp numbers
    #[command(subcommand)]
    Instance(InstanceVerb),
    /// Threads with customers
    #[command(subcommand)]
    Chat(ChatVerb),
    /// People
    #[command(subcommand)]
    Contact(ContactVerb),
    /// Filters of people that are kept under a name
    #[command(subcommand)]
    Segment(SegmentVerb),
    /// One text to many people, each exactly once
    #[command(subcommand)]
    Campaign(Box<CampaignVerb>),
    /// The balance and its ledger
    #[command(subcommand)]
    Credit(CreditVerb),
    /// What the assistant does, for a business, a number or a chat
    #[command(subcommand)]
    Settings(SettingsVerb),
    /// Stored answers, which the assistant reads as facts
    #[command(subcommand, name = "quick-reply")]
    QuickReply(QuickReplyVerb),
    /// What is not finished: jobs, unreadable deliveries, unknown sends
    #[command(subcommand)]
    Queue(QueueVerb),
    /// What happens, as it happens
    Events(EventsArgs),
    /// What was counted
    Stats,
    /// How the shop is doing, on one page
    Overview,
    /// How a message came to be, or why none came
    Why {
        /// The id of a message or of a chat
        id: String,
    },
    /// What the assistant would answer; sends nothing, costs nothing
    Ask(AskArgs),
    /// Join stdin and stdout to the daemon's socket; --host runs this over ssh
    Relay,
    /// Look for what is wrong, and say what to do
    Doctor(DoctorArgs),
    /// A shop with customers, WAHA and Gemini, all made up
    Demo(DemoArgs),
    /// Connect WAHA, Gemini and a phone, and tell the assistant about the shop; goes on where it was left
    Setup(Box<SetupArgs>),
    /// The config file
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// The manual page
    Man,
}

/// `daemon …`
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum DaemonVerb {
    /// How it is, and what it leans on
    Status,
    /// Finish what has begun, and end
    Stop,
    /// Read the config again, and print what changed
    Reload,
}

/// How much of a list.
#[derive(Debug, Clone, Copy, Args)]
pub struct Limit {
    /// How many at most; without it a page for people, everything with --json
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: Option<u32>,
}

/// A tenant, as an argument or as the global option.
#[derive(Debug, Args)]
pub struct TenantArg {
    /// The business, by name or id; may be left out while there is only one
    #[arg(value_name = "TENANT", id = "tenant_arg")]
    pub tenant: Option<String>,
}

/// `tenant …`
#[derive(Debug, Subcommand)]
pub enum TenantVerb {
    /// Take in a business
    Add {
        /// Its name
        name: String,
        /// Its plan, by its name in the config
        #[arg(long, default_value = "starter")]
        plan: String,
        /// Its time zone, such as Europe/Berlin; the machine's unless given
        #[arg(long, value_name = "ZONE")]
        timezone: Option<String>,
    },
    /// List the businesses
    List(Limit),
    /// Show one, with its members
    Show(TenantArg),
    /// Store messages, but answer and send nothing
    Suspend {
        #[command(flatten)]
        tenant: TenantArg,
        /// Serve it again
        #[arg(long)]
        resume: bool,
    },
    /// Let an account of this machine work for it
    Grant {
        #[command(flatten)]
        tenant: TenantArg,
        /// The account, by name or uid
        #[arg(long, value_name = "NAME|UID")]
        user: String,
        /// What it may do; none takes everything away
        #[arg(long, value_parser = words(Grant::ALL, Grant::word))]
        role: Grant,
    },
    /// Remove it with everything it has
    Remove {
        #[command(flatten)]
        tenant: TenantArg,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// `credit …`
#[derive(Debug, Subcommand)]
pub enum CreditVerb {
    /// The balance of this period
    Show,
    /// Every entry, newest first
    Ledger(Limit),
    /// Add credits by hand
    Grant {
        /// How many
        #[arg(value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        amount: i64,
        /// What for
        #[arg(long, allow_hyphen_values = true)]
        note: Option<String>,
    },
    /// Count the balance again, from what really happened
    Audit,
}

/// Whose setting.
#[derive(Debug, Args)]
pub struct SettingPlace {
    /// For this number only
    #[arg(long, value_name = "NAME", conflicts_with = "chat")]
    pub instance: Option<String>,
    /// For this chat only
    #[arg(long, value_name = "CHAT")]
    pub chat: Option<String>,
}

/// `settings …`
#[derive(Debug, Subcommand)]
pub enum SettingsVerb {
    /// Every setting in effect, and where it comes from
    Show {
        #[command(flatten)]
        place: SettingPlace,
    },
    /// Set one
    Set {
        /// Which
        #[arg(value_parser = words(SettingKey::ALL, SettingKey::word), hide_possible_values = false)]
        key: SettingKey,
        /// Its value; - reads it from stdin
        #[arg(required_unless_present = "unset", allow_hyphen_values = true)]
        value: Option<String>,
        /// Inherit it again
        #[arg(long, conflicts_with = "value")]
        unset: bool,
        #[command(flatten)]
        place: SettingPlace,
    },
}

/// `queue …`
#[derive(Debug, Subcommand)]
pub enum QueueVerb {
    /// List it, oldest first
    List {
        /// Only those in this state
        #[arg(long, value_parser = words(QueueState::ALL, QueueState::word))]
        state: Option<QueueState>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Show one in full
    Show {
        /// Its id
        id: String,
    },
    /// Keep it from running until released
    Hold {
        /// Its id
        id: String,
    },
    /// Let it run again
    Release {
        /// Its id
        id: String,
    },
    /// Try it once more, now; an unknown send may then arrive twice
    Retry {
        /// Its id
        id: String,
    },
    /// Give it up
    Drop {
        /// Its id
        id: String,
    },
}

/// `events`
#[derive(Debug, Args)]
pub struct EventsArgs {
    /// Go on until interrupted; without it the last ones are printed
    #[arg(long, short)]
    pub follow: bool,
    /// Only this topic; may be given several times
    #[arg(long = "topic", value_name = "TOPIC", value_parser = words(Topic::ALL, Topic::word))]
    pub topics: Vec<Topic>,
}

/// `ask`
#[derive(Debug, Args)]
pub struct AskArgs {
    /// What a customer would write
    #[arg(allow_hyphen_values = true)]
    pub question: String,
    /// With the settings of this number
    #[arg(long, value_name = "NAME")]
    pub instance: Option<String>,
}

/// `doctor`
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Mend what can be mended safely
    #[arg(long)]
    pub fix: bool,
    /// Send a real message from each number to itself and wait for it, and ask Gemini a real question; asks first
    #[arg(long)]
    pub probe: bool,
    /// Send without asking
    #[arg(long, requires = "probe")]
    pub yes: bool,
}

/// `demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Without the console: print what happens
    #[arg(long)]
    pub headless: bool,
    /// How long at most, such as 20s; without the console the script ends after a minute at the latest
    #[arg(long = "for", value_name = "SPAN")]
    pub span: Option<Span>,
    /// The same customers again
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Keep the store here; without it nothing is kept
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data_dir: Option<PathBuf>,
}

/// `config …`
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigVerb {
    /// Is it right? Says file and line of every mistake
    Check,
    /// Every value in effect and where it comes from; secrets are masked
    Show,
}

/// Accepts the words of an enum, and lists them in the help.
fn words<T>(all: &'static [T], word: fn(T) -> &'static str) -> impl TypedValueParser<Value = T>
where
    T: Copy + FromStr<Err: std::error::Error + Send + Sync + 'static> + Send + Sync + 'static,
{
    PossibleValuesParser::new(all.iter().map(move |value| PossibleValue::new(word(*value))))
        .try_map(|text| text.parse::<T>())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_in_order() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_people_type_is_understood() {
        for line in [
            "mychatflow",
            "mychatflow --json chat list --state needs_you",
            "mychatflow chat list --json --tenant shop",
            "mychatflow chat send +4915111111111 hello --wait 30s",
            "mychatflow chat pause Anna --for 12h",
            "mychatflow settings set assistant.mode draft --chat Anna",
            "mychatflow settings set business.hours --unset",
            "mychatflow tenant grant shop --user 1000 --role agent",
            "mychatflow tenant grant --tenant shop --user anna --role owner",
            "mychatflow contact tag Anna --review personal",
            "mychatflow contact tag Anna vip leads --remove",
            "mychatflow segment add regulars -opted_out",
            "mychatflow contact merge Anna +4915111111111 --yes",
            "mychatflow contact unmerge Anna --merge 019a0000-0000-7000-8000-000000000000",
            "mychatflow instance qr main --png -",
            "mychatflow campaign create spring --text Hi --file people.csv --country DE --at 2026-12-01T09:00",
            "mychatflow campaign create spring --text - --segment tag:vip --instance main --timezone Europe/Berlin",
            "mychatflow campaign create spring --text Hi --segment all --quiet 21:00-08:00 --missed skip --late-within 2h",
            "mychatflow campaign preflight spring",
            "mychatflow campaign launch spring --yes",
            "mychatflow campaign preview --text Hi --segment all --limit 3",
            "mychatflow campaign report spring --state opted_out --json",
            "mychatflow campaign edit spring --at now",
            "mychatflow events --follow --topic chat.changed --topic credit.changed",
            "mychatflow demo --headless --for 20s --seed 7 --data-dir /tmp/d --json",
            "mychatflow daemon reload",
            "mychatflow daemon",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    /// Commands with a text, which stands where `TEXT` does.
    const WITH_A_TEXT: &[&str] = &[
        "ask TEXT",
        "campaign create c --to 1 --text TEXT",
        "campaign create c --to 1 --text a --variant TEXT",
        "campaign create c --segment TEXT --text a",
        "campaign create c --file f --text a --column TEXT",
        "campaign preview --segment all --text TEXT",
        "campaign preview c --variant TEXT",
        "campaign edit c --text TEXT",
        "campaign edit c --variant TEXT",
        "chat list --find TEXT",
        "chat send Anna TEXT",
        "chat send Anna --wait 30s TEXT",
        "chat send Anna --quick-reply TEXT",
        "chat edit Anna TEXT",
        "chat draft Anna TEXT",
        "chat note Anna TEXT",
        "chat search TEXT",
        "contact list --find TEXT",
        "contact list --query TEXT",
        "contact list --tag TEXT",
        "contact add +4915111111111 --name TEXT",
        "contact add +4915111111111 --tag TEXT",
        "contact import f --tag TEXT",
        "contact import f --column TEXT",
        "contact export --query TEXT",
        "contact edit Anna --name TEXT",
        "contact edit Anna --note TEXT",
        "contact edit Anna --consent given --source TEXT",
        "contact edit Anna --consent given --proof TEXT",
        "contact edit Anna --set TEXT",
        "credit grant 5 --note TEXT",
        "quick-reply list --find TEXT",
        "quick-reply list --category TEXT",
        "quick-reply add l TEXT",
        "quick-reply add l a --category TEXT",
        "quick-reply edit l --label TEXT",
        "quick-reply edit l --text TEXT",
        "quick-reply edit l --category TEXT",
        "segment add s TEXT",
        "settings set business.hours TEXT",
        "setup --shop TEXT",
        "setup --profile TEXT",
        "setup --hours TEXT",
    ];

    #[test]
    fn a_text_may_begin_with_a_hyphen() {
        for line in WITH_A_TEXT {
            for text in ["- bread=3 €", "-5%=cheap", "-hello=there", "--- =2 €", "--quick=now", "-V=1"] {
                let words = line.split(' ').map(|word| if word == "TEXT" { text } else { word });
                let parsed = Cli::try_parse_from(std::iter::once("mychatflow").chain(words));
                let parsed = parsed.unwrap_or_else(|error| panic!("{line} with {text}: {error}"));
                assert!(format!("{parsed:?}").contains(text.split('=').next().unwrap()), "{line} with {text}");
            }
        }
    }

    #[test]
    fn every_option_with_words_of_people_takes_them_with_a_hyphen() {
        // Names of things that we made, addresses, times: never words of people.
        const NAMES: &[&str] = &[
            "tenant",
            "socket",
            "host",
            "config",
            "country",
            "instance",
            "at",
            "timezone",
            "quiet",
            "to",
            "chat",
            "plan",
            "user",
            "waha",
            "session",
            "language",
            "waha_url",
            "gemini_model",
            "number",
            "variant",
        ];
        fn look(command: &clap::Command, missing: &mut Vec<String>) {
            for arg in command.get_arguments().filter(|arg| !arg.is_positional() && arg.get_action().takes_values()) {
                let id = arg.get_id().as_str();
                let is_text = arg.get_value_parser().type_id() == clap::builder::ValueParser::string().type_id();
                if is_text && !arg.is_allow_hyphen_values_set() && !NAMES.contains(&id) {
                    missing.push(format!("{} --{id}", command.get_name()));
                }
            }
            command.get_subcommands().for_each(|command| look(command, missing));
        }
        let mut missing = Vec::new();
        look(&Cli::command(), &mut missing);
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn nonsense_is_wrong_usage() {
        for line in [
            "mychatflow chat list --state asleep",
            "mychatflow chat pause Anna --for soon",
            "mychatflow credit grant 0",
            "mychatflow campaign create spring --file people.csv",
            "mychatflow campaign create spring --text Hi --file people.csv --segment all",
            "mychatflow campaign preview",
            "mychatflow campaign create spring --text Hi --segment all --missed later",
            "mychatflow campaign report spring --state gone",
            "mychatflow credit grant -- -5",
            "mychatflow contact tag Anna",
            "mychatflow contact merge Anna",
            "mychatflow contact unmerge Anna --merge last",
            "mychatflow settings set business.hours",
            "mychatflow settings show --instance a --chat b",
            "mychatflow chat",
        ] {
            assert_eq!(Cli::try_parse_from(line.split(' ')).err().map(|error| error.exit_code()), Some(2), "{line}");
        }
    }
}
