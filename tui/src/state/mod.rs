//! Everything that the console knows. Plain data: changed by `update` alone, read by `layout` and `view`.

pub mod ahead;
pub mod bulk;
pub mod campaigns;
pub mod chats;
pub mod confirm;
pub mod contacts;
pub mod credits;
pub mod dashboard;
pub mod form;
pub mod import;
pub mod input;
pub mod list;
pub mod numbers;
pub mod outbox;
pub mod overlay;
pub mod pairing;
pub mod people_form;
pub mod person;
pub mod prefs;
pub mod queue;
pub mod quick_replies;
pub mod settings;
pub mod thread;
pub mod toasts;
pub mod triage;
pub mod wizard;

use jiff::tz::TimeZone;
use mychatflow_data::ids::{RunId, TenantId};
use mychatflow_data::model::instance::InstanceStatus;
use mychatflow_data::model::member::Role;
use mychatflow_data::protocol::calls::daemon::DaemonShown;
use mychatflow_data::protocol::calls::tenant::TenantDocument;
use mychatflow_data::protocol::name::TenantName;
use mychatflow_data::time::Timestamp;

use self::ahead::LineBreakUse;
use self::confirm::{Confirm, ConfirmKind, Deed};
use self::overlay::Overlay;
use self::prefs::Prefs;
use self::toasts::Toasts;
use crate::action::Action;
use crate::export::ExportOrder;
use crate::keymap::{Keymap, Scope};
use crate::msg::{Capture, Focus, LineBreak};
use crate::permission::{gate, may};
use crate::probe::PixelSupport;
use crate::theme::ThemeName;

/// The screens, in the order of the sidebar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Screen {
    /// Where things stand.
    Dashboard,
    /// Threads with customers.
    #[default]
    Chats,
    /// One text to many.
    Campaigns,
    /// Our WhatsApp numbers.
    Numbers,
    /// People.
    Contacts,
    /// Stored answers.
    QuickReplies,
    /// The balance and its ledger.
    Credits,
    /// What is not finished.
    Queue,
    /// What the assistant does.
    Settings,
}

impl Screen {
    /// All of them, in the order of the sidebar.
    pub const ALL: [Self; 9] = [
        Self::Dashboard,
        Self::Chats,
        Self::Campaigns,
        Self::Numbers,
        Self::Contacts,
        Self::QuickReplies,
        Self::Credits,
        Self::Queue,
        Self::Settings,
    ];

    /// The name on the screen.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Dashboard => "Dashboard",
            Self::Chats => "Chats",
            Self::Campaigns => "Campaigns",
            Self::Numbers => "Numbers",
            Self::Contacts => "Contacts",
            Self::QuickReplies => "Quick replies",
            Self::Credits => "Credits",
            Self::Queue => "Queue",
            Self::Settings => "Settings",
        }
    }

    /// Its place in the sidebar, from 0.
    #[must_use]
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|screen| *screen == self).unwrap_or(0)
    }

    /// The one so many places on, around the end.
    #[must_use]
    pub fn beside(self, by: isize) -> Self {
        let count = Self::ALL.len() as isize;
        let place = (self.place() as isize + by).rem_euclid(count);
        Self::ALL[place as usize]
    }
}

/// How it stands with the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// Not yet connected.
    Connecting,
    /// Events come.
    Live,
    /// Events were lost; the screen is read again.
    Resyncing,
    /// The daemon refuses this account.
    Refused {
        /// Why, with what to ask for.
        reason: String,
        /// When it is tried again.
        next_at: Option<Timestamp>,
    },
    /// The connection is gone.
    Lost {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: String,
        /// When it is tried again.
        next_at: Option<Timestamp>,
    },
}

/// Whether we know whom the console is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Entrance {
    /// Nobody answered yet.
    Waiting,
    /// The peer is nobody the daemon knows; what it said.
    Stranger(String),
    /// There is no business yet.
    NoTenant,
    /// Inside.
    In,
}

/// What the demo has to say in its first minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Guide {
    /// This is no demo.
    #[default]
    Off,
    /// Open the code as soon as there is a number.
    Begin,
    /// Let the phone scan it.
    Scan,
    /// Somebody writes.
    Watch,
    /// Take over.
    Answer,
    /// What else there is.
    More,
    /// How commands reach this shop.
    Beside,
    /// All told.
    Done,
}

impl Guide {
    /// Has it something to say?
    #[must_use]
    pub const fn is_speaking(self) -> bool {
        !matches!(self, Self::Off | Self::Done)
    }
}

/// What a run of the console is given.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The keys.
    pub keymap: Keymap,
    /// What was arranged last time.
    pub prefs: Prefs,
    /// The theme that fits the terminal, unless one was chosen.
    pub theme: ThemeName,
    /// Whether the glyphs must be ASCII.
    pub charset: Charset,
    /// The business that was asked for.
    pub tenant: Option<TenantName>,
    /// What pictures the terminal can show.
    pub pixels: PixelSupport,
    /// Whether a made-up phone is there to scan codes.
    pub guide: Guide,
    /// The machine's zone, until the business's is known.
    pub zone: TimeZone,
    /// The screen that is on first.
    pub screen: Screen,
    /// How a command begins that asks the same daemon: `mychatflow --socket PATH`.
    pub command: String,
}

/// Which glyphs a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// All of them.
    Unicode,
    /// Only ASCII.
    Ascii,
}

/// Everything that the console knows.
#[derive(Debug, Clone)]
pub struct State {
    /// The time of the last message.
    pub now: Timestamp,
    /// The terminal's size: columns and rows.
    pub size: (u16, u16),
    /// Whether our window has the keyboard.
    pub window: Focus,
    /// How it stands with the daemon.
    pub connection: Connection,
    /// The run of the daemon and the number of the last event seen.
    pub seen: Option<(RunId, u64)>,
    /// Whom the console is for.
    pub entrance: Entrance,
    /// The businesses that one may see.
    pub tenants: Vec<TenantDocument>,
    /// The one on the screen.
    pub tenant: Option<TenantId>,
    /// Its time zone.
    pub zone: TimeZone,
    /// The daemon and what it leans on.
    pub daemon: Option<DaemonShown>,
    /// Which screen is on.
    pub screen: Screen,
    /// Where one came from by opening something there; `Back` leads there.
    pub came_from: Option<Screen>,
    /// What lies over it, topmost last.
    pub overlays: Vec<Overlay>,
    /// What was typed before that which it is about had come.
    pub ahead: ahead::Ahead,
    /// Short notices.
    pub toasts: Toasts,
    /// When it last rang.
    pub rung_at: Option<Timestamp>,
    /// What was arranged.
    pub prefs: Prefs,
    /// The theme in force.
    pub theme: ThemeName,
    /// Which glyphs there are.
    pub charset: Charset,
    /// Which keys there are.
    pub keymap: Keymap,
    /// Who has the mouse.
    pub capture: Capture,
    /// What pictures the terminal can show.
    pub pixels: PixelSupport,
    /// The demo's guide.
    pub guide: Guide,
    /// Since when it says what it says.
    pub guide_at: Timestamp,
    /// How a command begins that asks the same daemon.
    pub command: String,
    /// The business that was asked for on the command line.
    pub wanted_tenant: Option<TenantName>,
    /// Dashboard.
    pub dashboard: dashboard::Dashboard,
    /// Chats.
    pub chats: chats::Chats,
    /// Campaigns.
    pub campaigns: campaigns::Campaigns,
    /// Numbers.
    pub numbers: numbers::Numbers,
    /// Contacts.
    pub contacts: contacts::Contacts,
    /// Quick replies.
    pub quick_replies: quick_replies::QuickReplies,
    /// Credits.
    pub credits: credits::CreditsScreen,
    /// Queue.
    pub queue: queue::Queue,
    /// Settings.
    pub settings: settings::Settings,
    /// Sends that are not confirmed.
    pub outbox: outbox::Outbox,
    /// The file that is being written.
    pub export: Option<ExportOrder>,
    /// What was said of people known from before, on its way to the daemon.
    pub reviews: triage::Reviews,
}

impl State {
    /// The state before anything is known.
    #[must_use]
    pub fn new(setup: Setup, size: (u16, u16), now: Timestamp) -> Self {
        let theme = setup.prefs.theme_name().unwrap_or(setup.theme);
        Self {
            now,
            size,
            window: Focus::Here,
            connection: Connection::Connecting,
            seen: None,
            entrance: Entrance::Waiting,
            tenants: Vec::new(),
            tenant: None,
            zone: setup.zone,
            daemon: None,
            screen: setup.screen,
            came_from: None,
            overlays: Vec::new(),
            ahead: ahead::Ahead::default(),
            toasts: Toasts::default(),
            rung_at: None,
            prefs: setup.prefs,
            theme,
            charset: setup.charset,
            keymap: setup.keymap,
            capture: Capture::Console,
            pixels: setup.pixels,
            guide: setup.guide,
            guide_at: now,
            command: setup.command,
            wanted_tenant: setup.tenant,
            dashboard: dashboard::Dashboard { tile: dashboard::Tile::first_on(setup.screen), ..Default::default() },
            chats: chats::Chats::default(),
            campaigns: campaigns::Campaigns::default(),
            numbers: numbers::Numbers::default(),
            contacts: contacts::Contacts::default(),
            quick_replies: quick_replies::QuickReplies::default(),
            credits: credits::CreditsScreen::default(),
            queue: queue::Queue::default(),
            settings: settings::Settings::default(),
            outbox: outbox::Outbox::default(),
            export: None,
            reviews: triage::Reviews::default(),
        }
    }

    /// Is somebody typing text, so that letters are no commands?
    #[must_use]
    pub fn is_typing(&self) -> bool {
        !self.scopes().contains(&Scope::Global)
    }

    /// May whoever sits here do this on that screen? An operator who is no member may do everything.
    #[must_use]
    pub fn may(&self, screen: Screen, action: Action) -> bool {
        gate(screen, action).is_none_or(|gate| may(self.role(), gate.needs))
    }

    /// The role of whoever sits here; `None` for an operator who is no member.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.shop().and_then(|shop| shop.role)
    }

    /// Asks before something is done.
    pub fn confirm(&mut self, kind: &ConfirmKind, deed: impl Into<Deed>) {
        self.overlays.push(Overlay::Confirm(Box::new(Confirm::new(kind, deed))));
    }

    /// Does an Enter among text that came all at once end a line of what is written, or is it the key?
    #[must_use]
    pub fn ends_line(&self, line_break: LineBreak) -> bool {
        self.is_in_text() && (line_break == LineBreak::Inner || self.ahead.line_break == LineBreakUse::Text)
    }

    /// Does what is typed now become part of a text? Where one looks for something it does not: Enter picks there, and
    /// what was typed behind it is about what was picked.
    #[must_use]
    pub fn is_in_text(&self) -> bool {
        matches!(self.scopes().first(), Some(Scope::Composer | Scope::Form | Scope::Wizard))
    }

    /// Forgets everything of the business that was on the screen.
    pub fn forget_shop(&mut self) {
        self.dashboard = dashboard::Dashboard::default();
        self.chats = chats::Chats::default();
        self.campaigns = campaigns::Campaigns::default();
        self.numbers = numbers::Numbers::default();
        self.contacts = contacts::Contacts::default();
        self.quick_replies = quick_replies::QuickReplies::default();
        self.credits = credits::CreditsScreen::default();
        self.queue = queue::Queue::default();
        self.settings = settings::Settings::default();
        self.reviews = triage::Reviews::default();
    }

    /// Is a number paired and at work?
    #[must_use]
    pub fn has_working_number(&self) -> bool {
        self.numbers.rows.items().iter().any(|number| number.status == Some(InstanceStatus::Working))
    }

    /// Has Esc nothing to close and nothing to leave, so that it can end the guide?
    #[must_use]
    pub fn is_outermost(&self) -> bool {
        let inside = match self.screen {
            Screen::Chats => self.chats.focus != chats::Pane::List,
            Screen::Campaigns => self.campaigns.place != campaigns::Place::List,
            _ => false,
        };
        self.overlays.is_empty() && !self.is_typing() && !inside
    }

    /// The tenant as a parameter of a call.
    #[must_use]
    pub fn tenant_name(&self) -> Option<TenantName> {
        self.tenant.map(|tenant| TenantName::from(tenant.to_string()))
    }

    /// The business on the screen.
    #[must_use]
    pub fn shop(&self) -> Option<&TenantDocument> {
        self.tenants.iter().find(|shop| Some(shop.id) == self.tenant)
    }

    /// Where keys are looked up now, innermost first.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        let inner: &[Scope] = match self.overlays.last() {
            Some(Overlay::Reader(_)) => return vec![Scope::Reader, Scope::Always],
            Some(Overlay::Picker(_)) => return vec![Scope::Picker, Scope::Always],
            Some(Overlay::Form(_)) => return vec![Scope::Form, Scope::Always],
            Some(Overlay::Confirm(confirm)) => return vec![confirm.scope(), Scope::Always],
            Some(Overlay::Pairing(_)) => return vec![Scope::Pairing, Scope::Always],
            Some(Overlay::Triage(triage)) if triage.finding == triage::Finding::Open => {
                return vec![Scope::Picker, Scope::Always];
            }
            Some(Overlay::Triage(_)) => return vec![Scope::Triage, Scope::Always],
            Some(Overlay::Person(_)) => return vec![Scope::Person, Scope::Always],
            Some(Overlay::Import(_)) => return vec![Scope::Import, Scope::Always],
            Some(Overlay::Wizard(wizard)) if wizard.step == wizard::Step::Check => {
                return vec![Scope::Check, Scope::Always];
            }
            Some(Overlay::Wizard(_)) => return vec![Scope::Wizard, Scope::Always],
            None => match self.screen {
                Screen::Dashboard => &[Scope::Dashboard],
                Screen::Chats => match self.chats.focus {
                    _ if self.chats.filter_open() => return vec![Scope::Picker, Scope::Always],
                    chats::Pane::List => &[Scope::Chats],
                    chats::Pane::Thread => &[Scope::Thread, Scope::Chats],
                    chats::Pane::Composer => return vec![Scope::Composer, Scope::Always],
                },
                Screen::Contacts if self.contacts.filter_open() => return vec![Scope::Picker, Scope::Always],
                Screen::QuickReplies if self.quick_replies.filter_open() => {
                    return vec![Scope::Picker, Scope::Always];
                }
                Screen::Campaigns if matches!(self.campaigns.place, campaigns::Place::People(_)) => {
                    &[Scope::Recipients, Scope::Campaigns]
                }
                Screen::Campaigns => &[Scope::Campaigns],
                Screen::Numbers => &[Scope::Numbers],
                Screen::Contacts => &[Scope::Contacts],
                Screen::QuickReplies => &[Scope::QuickReplies],
                Screen::Credits => &[Scope::Credits],
                Screen::Queue => &[Scope::Queue],
                Screen::Settings => &[Scope::Settings],
            },
        };
        [inner, &[Scope::List, Scope::Global, Scope::Always]].concat()
    }
}
