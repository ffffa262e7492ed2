//! The dashboard: what it asks for, walking over its tiles, and what opens from them.

use std::time::Duration;

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::first_step::FirstStep;
use mychatflow_data::protocol::calls::campaign::CampaignList;
use mychatflow_data::protocol::calls::chat::{ChatList, ListOrder};
use mychatflow_data::protocol::calls::credit::CreditSummary;
use mychatflow_data::protocol::calls::daemon::{DaemonStatus, Health};
use mychatflow_data::protocol::calls::overview::{Overview, OverviewShow};
use mychatflow_data::time::Timestamp;

use super::lists::{self, First};
use super::{Cx, Handled, go_into, overlays, palette};
use crate::action::Action;
use crate::layout::Panes;
use crate::layout::health::{Weight, bytes, ills, uptime};
use crate::moment;
use crate::msg::{Answer, Refusal};
use crate::state::chats::{Pane, Tab, short_name};
use crate::state::dashboard::Tile;
use crate::state::list::{Reading, Rows};
use crate::state::overlay::{Overlay, Reader, ReaderLine};
use crate::state::{Connection, Screen, State};
use crate::text::CleanText;

/// What can be done here.
pub const HINTS: &[(Action, &str)] = &[
    (Action::Open, "open"),
    (Action::FocusNext, "next tile"),
    (Action::Why, "what it says"),
    (Action::Refresh, "read again"),
];

/// How many of the longest waiting chats are shown.
const WAITING: u32 = 5;
/// How often the daemon is asked how it is while somebody looks.
const HEALTH_EVERY: Duration = Duration::from_secs(30);

/// Reads it.
pub fn enter(state: &mut State, cx: &mut Cx<'_>) {
    super::again(&mut state.dashboard.reading);
    cx.ask(OverviewShow { tenant: state.tenant_name() });
    beside(state, cx);
    health(state, cx);
}

/// Reads what the overview does not tell.
fn beside(state: &State, cx: &mut Cx<'_>) {
    cx.ask(waiting(state));
    cx.ask(running(state));
}

fn health(state: &mut State, cx: &mut Cx<'_>) {
    state.dashboard.health_due_at = Some(cx.now + HEALTH_EVERY);
    cx.ask(DaemonStatus {});
}

fn waiting(state: &State) -> ChatList {
    let (state_wanted, limit) = (Some(ChatState::NeedsYou), Some(WAITING));
    ChatList {
        tenant: state.tenant_name(),
        state: state_wanted,
        order: ListOrder::Oldest,
        limit,
        ..ChatList::default()
    }
}

fn running(state: &State) -> CampaignList {
    CampaignList { tenant: state.tenant_name(), state: Some(CampaignState::Running), ..CampaignList::default() }
}

/// Is it the answer to a question of the dashboard's own?
pub fn owns(state: &State, answer: &Answer) -> bool {
    match answer {
        Answer::ChatList(asked, _) => *asked == waiting(state),
        Answer::CampaignList(asked, _) => *asked == running(state),
        _ => false,
    }
}

/// Takes the answer to a question of the dashboard's own.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    let dashboard = &mut state.dashboard;
    match answer {
        Answer::ChatList(_, reply) => {
            lists::take(&mut dashboard.waiting, First::Yes, reply, cx.now);
            dashboard.waiting.change(|chats| chats.retain(|chat| chat.state == ChatState::NeedsYou));
        }
        Answer::CampaignList(_, reply) => {
            lists::take(&mut dashboard.campaigns, First::Yes, reply, cx.now);
            dashboard.campaigns.change(|all| all.retain(|campaign| campaign.state == CampaignState::Running));
        }
        _ => {}
    }
}

/// Takes the numbers.
pub fn overview(state: &mut State, reply: Result<Overview, Refusal>, cx: &mut Cx<'_>) {
    match reply {
        Ok(overview) => {
            state.dashboard.overview = Some(overview);
            state.dashboard.reading = Reading::Done(cx.now);
        }
        Err(refusal) => state.dashboard.reading = Reading::Failed(refusal.text),
    }
}

/// Takes the balance.
pub fn credit(state: &mut State, reply: Result<CreditSummary, Refusal>, _cx: &mut Cx<'_>) {
    match reply {
        Ok(credit) => {
            state.dashboard.credit = Some(credit);
            state.dashboard.credit_refusal = None;
        }
        Err(refusal) => state.dashboard.credit_refusal = Some(refusal.text),
    }
}

/// The daemon had something to say: often that a server fell silent, or answers again.
pub fn noticed(state: &mut State, cx: &mut Cx<'_>) {
    if state.screen == Screen::Dashboard {
        health(state, cx);
    }
}

/// When something here changes by itself.
pub fn next(state: &State) -> Option<Timestamp> {
    let due = state.dashboard.health_due_at.filter(|_| looked_at(state));
    [state.dashboard.stale_at, due].into_iter().flatten().min()
}

fn looked_at(state: &State) -> bool {
    state.screen == Screen::Dashboard && state.connection == Connection::Live
}

/// A time that was asked for has come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    if state.dashboard.stale_at.is_some_and(|at| at <= cx.now) {
        state.dashboard.stale_at = None;
        if state.tenant.is_some() {
            cx.ask(OverviewShow { tenant: state.tenant_name() });
            if state.screen == Screen::Dashboard {
                beside(state, cx);
            }
        }
    }
    if looked_at(state) && state.dashboard.health_due_at.is_some_and(|at| at <= cx.now) {
        health(state, cx);
    }
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let Panes::Dashboard(seen) = &cx.seen.panes else { return Handled::No };
    let here = match seen.place(state.dashboard.tile) {
        Some(_) => state.dashboard.tile,
        None => Tile::default(),
    };
    let bands = isize::try_from(seen.bands.len()).unwrap_or(isize::MAX);
    state.dashboard.tile = match action {
        Action::Up => seen.below(here, -1),
        Action::Down => seen.below(here, 1),
        Action::Left => seen.beside(here, -1),
        Action::Right => seen.beside(here, 1),
        Action::PageUp | Action::First => seen.below(here, -bands),
        Action::PageDown | Action::Last => seen.below(here, bands),
        Action::FocusNext => seen.on(here, 1),
        Action::FocusBack => seen.on(here, -1),
        Action::Open => {
            open(state, here, cx);
            return Handled::Yes;
        }
        Action::Why => {
            explain(state, here, cx);
            return Handled::Yes;
        }
        Action::Filter => {
            palette::search(state, None);
            return Handled::Yes;
        }
        _ => return Handled::No,
    };
    Handled::Yes
}

/// A tile was clicked: the first click selects it, the second one opens it.
pub fn clicked(state: &mut State, at: usize, cx: &mut Cx<'_>) {
    let Some(tile) = Tile::ALL.get(at).copied() else { return };
    if state.dashboard.tile == tile {
        open(state, tile, cx);
    } else {
        state.dashboard.tile = tile;
    }
}

/// Opens the list that a tile counts.
fn open(state: &mut State, tile: Tile, cx: &mut Cx<'_>) {
    match tile {
        Tile::Health => state.overlays.push(Overlay::Reader(Reader::new("How the daemon is", facts(state)))),
        Tile::FirstSteps => open_next_step(state, cx),
        Tile::NeedsYou => chats(state, Tab::In(ChatState::NeedsYou), cx),
        Tile::Chats => chats(state, Tab::Inbox, cx),
        Tile::Today | Tile::Hours | Tile::Days => chats(state, Tab::All, cx),
        Tile::Numbers => go_into(state, Screen::Numbers, cx),
        Tile::Credits => go_into(state, Screen::Credits, cx),
        Tile::Campaigns => go_into(state, Screen::Campaigns, cx),
        Tile::Trouble => go_into(state, Screen::Queue, cx),
    }
}

/// Opens where the next step is done; what is done elsewhere is said.
fn open_next_step(state: &mut State, cx: &mut Cx<'_>) {
    let drafts = state.dashboard.overview.as_ref().map_or(0, |overview| overview.drafts);
    match state.dashboard.next_step().map(|step| step.step) {
        Some(FirstStep::Number) => go_into(state, Screen::Numbers, cx),
        Some(FirstStep::People) => go_into(state, Screen::Contacts, cx),
        Some(FirstStep::Answer) if drafts > 0 => chats(state, Tab::In(ChatState::NeedsYou), cx),
        Some(FirstStep::Model | FirstStep::Facts | FirstStep::Answer) | None => {
            state.overlays.push(Overlay::Reader(Reader::new("First steps", first_steps(state))));
        }
    }
}

fn first_steps(state: &State) -> Vec<ReaderLine> {
    let steps = state.dashboard.first_steps().iter();
    let lines = steps.flat_map(|step| {
        let mark = if step.done { "done" } else { "open" };
        let next = (!step.done).then(|| ReaderLine::Words(CleanText::line(&format!("      {}", step.next))));
        [ReaderLine::Fact(CleanText::line(mark), CleanText::line(&step.text))].into_iter().chain(next)
    });
    lines.collect()
}

fn chats(state: &mut State, tab: Tab, cx: &mut Cx<'_>) {
    if state.chats.tab != tab || state.chats.find.is_some() {
        state.chats.tab = tab;
        state.chats.find = None;
        // What is there belongs to another tab.
        state.chats.rows = Rows::default();
    }
    state.chats.focus = Pane::List;
    go_into(state, Screen::Chats, cx);
}

/// Says what a tile's numbers mean, or all of what it has no room for.
fn explain(state: &mut State, tile: Tile, cx: &mut Cx<'_>) {
    let words = match tile {
        Tile::Health => return open(state, tile, cx),
        Tile::FirstSteps => {
            let lines = first_steps(state);
            return state.overlays.push(Overlay::Reader(Reader::new("First steps", lines)));
        }
        Tile::NeedsYou => match state.dashboard.waiting.items().first() {
            Some(chat) => {
                let (id, title) = (chat.id.to_string(), format!("Why: {}", short_name(chat)));
                return overlays::ask_why(state, &title, id, cx);
            }
            None => "Chats in which the customer's word is last and nothing will answer it. There is none.",
        },
        Tile::Trouble => {
            let lines = errors(state);
            return state.overlays.push(Overlay::Reader(Reader::new("What went wrong lately", lines)));
        }
        Tile::Today => {
            "Messages since midnight. The bar shows who wrote ours: the assistant, a human in the console or by a command, \
             somebody on the phone itself, or a campaign.\n\nThe times say how long customers waited for our first word \
             over the last 24 hours: half of them no longer than the first, nine of ten no longer than the second."
        }
        Tile::Credits => {
            "One answer of the assistant costs one credit. It is reserved before the answer is written and given back when \
             the answer is not sent. How long they last is reckoned from the use of the last seven days."
        }
        Tile::Numbers => {
            "healthy: works and is heard from.\nquiet: works, with less traffic than usual.\nsuspect: works by name, but is \
             silent, or what it sends stays pending.\ndead: not connected, nothing can be sent.\nrestricted: WhatsApp \
             limits what it may send."
        }
        Tile::Chats => {
            "held: an answer that a check holds back; a human decides.\ndraft: an answer that waits for a human's \
             word.\nunread: chats with messages that nobody has read.\n\nassistant: an answer is on its way.\nwaiting: the \
             last word is ours.\nsnoozed: put away for a while.\ndone: closed until the next message."
        }
        Tile::Campaigns => {
            "Campaigns that are sending right now: how many of the people on the list have had their turn, and when the \
             last one will at the pace that is allowed."
        }
        Tile::Hours | Tile::Days => {
            "What customers wrote and what we wrote, on top of each other. The last column is not over. Days are those of \
             the business's own time zone."
        }
    };
    let lines = words.lines().map(|line| match line.split_once(": ") {
        _ if line.is_empty() => ReaderLine::Gap,
        Some((name, what)) if !name.contains(' ') => ReaderLine::Fact(CleanText::line(name), CleanText::line(what)),
        _ => ReaderLine::Words(CleanText::line(line)),
    });
    let lines = lines.collect();
    state.overlays.push(Overlay::Reader(Reader::new("What it says", lines)));
}

fn errors(state: &State) -> Vec<ReaderLine> {
    let Some(overview) = &state.dashboard.overview else {
        return vec![ReaderLine::Words(CleanText::line("It is not read yet."))];
    };
    let mut lines = Vec::new();
    for error in &overview.errors {
        let at = moment::stamp(error.at, state.now, &state.zone);
        lines.push(ReaderLine::Fact(CleanText::line(&at), CleanText::block(&error.text)));
    }
    if lines.is_empty() {
        lines.push(ReaderLine::Words(CleanText::line("Nothing went wrong lately.")));
    }
    lines
}

/// All that is known of the daemon and what it leans on.
fn facts(state: &State) -> Vec<ReaderLine> {
    let words = |text: &str| CleanText::line(text);
    let mut lines: Vec<ReaderLine> = Vec::new();
    for ill in ills(state) {
        lines.push(match ill.weight {
            Weight::Down => ReaderLine::Bad(ill.whole),
            Weight::Soon => ReaderLine::Words(ill.whole),
        });
    }
    let Some(daemon) = &state.daemon else {
        lines.push(ReaderLine::Words(words("The daemon has not said yet how it is.")));
        return lines;
    };
    if lines.is_empty() {
        lines.push(ReaderLine::Words(words("All is well.")));
    }
    let fact = |name: &str, value: &str| ReaderLine::Fact(words(name), CleanText::line(value));
    let heard = |at: Option<Timestamp>| match at {
        Some(at) => format!(", last answered {}", moment::stamp(at, state.now, &state.zone)),
        None => String::new(),
    };
    lines.push(ReaderLine::Gap);
    lines.push(ReaderLine::Heading(words("Daemon")));
    lines.push(fact("version", &format!("{} ({})", daemon.version, daemon.build)));
    lines.push(fact("up for", &uptime(daemon)));
    lines.push(fact("process", &daemon.pid.to_string()));
    lines.push(fact("socket", &daemon.socket));
    // What the caller may not know is empty.
    let place = |name: &str, told: &str| (!told.is_empty()).then(|| fact(name, told));
    lines.extend(place("webhook", &daemon.webhook));
    for waha in &daemon.waha {
        lines.push(ReaderLine::Gap);
        lines.push(ReaderLine::Heading(words(&format!("WAHA {}", waha.name))));
        lines.push(fact("health", &format!("{}{}", says(waha.health), heard(waha.ok_at))));
        lines.extend(place("address", &waha.url));
        lines.extend(waha.version.iter().map(|version| fact("version", version)));
        lines.extend(waha.error.iter().map(|error| fact("error", error)));
    }
    lines.push(ReaderLine::Gap);
    lines.push(ReaderLine::Heading(words("Gemini")));
    lines.push(fact("health", &format!("{}{}", says(daemon.gemini.health), heard(daemon.gemini.ok_at))));
    lines.push(fact("model", &daemon.gemini.model));
    lines.extend(daemon.gemini.answered_by.iter().map(|model| fact("answers", model)));
    lines.extend(daemon.gemini.error.iter().map(|error| fact("error", error)));
    lines.push(ReaderLine::Gap);
    lines.push(ReaderLine::Heading(words("Store")));
    lines.push(fact("health", says(daemon.store.health)));
    lines.extend(place("file", &daemon.store.path));
    let log = bytes(daemon.store.wal_bytes);
    lines.push(fact("size", &format!("{}, and {log} not yet merged into it", bytes(daemon.store.size_bytes))));
    lines.extend(daemon.store.free_bytes.map(|free| fact("free on the disk", &bytes(free))));
    lines.extend(daemon.store.error.iter().map(|error| fact("error", error)));
    lines
}

fn says(health: Health) -> &'static str {
    match health {
        Health::Ok => "ok",
        Health::Down => "down",
        Health::Unknown => "nobody asked it yet",
        Health::Off => "not configured",
    }
}
