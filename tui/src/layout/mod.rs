//! Where everything stands: a pure function of the state and the terminal's size. The layout of the frame on the screen
//! goes to the next `update`, for clicks, paging and "is it visible".

pub mod campaigns;
pub mod chats;
pub mod contacts;
pub mod credits;
pub mod dashboard;
pub mod filter;
pub mod health;
pub mod overlay;
pub mod pairing;
pub mod quick_replies;
pub mod settings;
pub mod table;
pub mod tabs;
pub mod wizard;

use ratatui::layout::{Position, Rect, Size};

use self::campaigns::PageLayout;
use self::chats::ChatsLayout;
use self::credits::CreditsLayout;
use self::dashboard::DashboardLayout;
use self::overlay::OverlayLayout;
use self::table::TableLayout;
use crate::action::Action;
use crate::state::list::RowKey;
use crate::state::prefs::Sidebar;
use crate::state::thread::EntryId;
use crate::state::{Entrance, Screen, State};

/// The smallest terminal in which anything is drawn.
pub const LEAST: Size = Size { width: 40, height: 10 };
/// Columns of the unfolded sidebar.
pub const SIDEBAR_WIDE: u16 = 21;
/// Columns of the folded one.
pub const SIDEBAR_NARROW: u16 = 5;
/// From this width on there is room for the unfolded sidebar.
pub const WIDE: u16 = 100;

/// Something that can be clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// A screen in the sidebar.
    Screen(Screen),
    /// A row of the screen's list or of the topmost overlay's.
    Row(RowKey),
    /// A message of the thread.
    Message(EntryId),
    /// A pane of the screen, by its place.
    Pane(usize),
    /// A tab of the screen, by its place.
    Tab(usize),
    /// A tile of the dashboard, by its place.
    Tile(usize),
    /// A thing to do.
    Do(Action),
    /// Something to pick in the topmost overlay, by what it is.
    OverlayRow(RowKey),
    /// A field of the topmost form.
    Field(usize),
    /// The topmost overlay itself.
    Overlay,
}

/// The panes of the screen.
#[derive(Debug, Clone, PartialEq)]
pub enum Panes {
    /// Nothing but a sentence: before the first answer, or for strangers.
    Entrance,
    /// A list and, where there is room, what is selected in it.
    Table(TableLayout),
    /// Chats: a list, a thread, or both.
    Chats(Box<ChatsLayout>),
    /// The tiles of the dashboard.
    Dashboard(DashboardLayout),
    /// The balance over the ledger.
    Credits(CreditsLayout),
    /// A campaign in full.
    Campaign(Box<PageLayout>),
}

impl Panes {
    /// The list of a screen that is one.
    #[must_use]
    pub fn table(&self) -> Option<&TableLayout> {
        match self {
            Self::Table(table) => Some(table),
            Self::Chats(chats) => chats.list.as_ref().map(|list| &list.table),
            Self::Credits(credits) => Some(&credits.table),
            Self::Entrance | Self::Dashboard(_) | Self::Campaign(_) => None,
        }
    }
}

/// A picture that the terminal itself draws, over the cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What the code says.
    pub value: String,
    /// Where it may be.
    pub area: Rect,
    /// Black and white swapped?
    pub tone: crate::widgets::qr::Tone,
}

/// Where everything stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Layout {
    /// All of it.
    pub area: Rect,
    /// The sidebar.
    pub sidebar: Rect,
    /// Whether the sidebar shows names.
    pub sidebar_form: Sidebar,
    /// The line at the top.
    pub header: Rect,
    /// The screen.
    pub body: Rect,
    /// The line at the bottom.
    pub status: Rect,
    /// The panes of the screen.
    pub panes: Panes,
    /// What lies over it, topmost last.
    pub overlays: Vec<OverlayLayout>,
    /// The strip of the demo's guide, outside of everything else.
    pub guide: Option<Rect>,
    /// Which overlay is the topmost one: a click on another one that lay there before means nothing.
    pub topmost: Option<RowKey>,
    /// What can be clicked; the last one that holds a cell counts.
    pub hits: Vec<(Rect, Hit)>,
    /// A picture that the terminal itself draws.
    pub picture: Option<Picture>,
    /// The cursor.
    pub cursor: Option<Position>,
}

impl Layout {
    /// Is the terminal too small for anything?
    #[must_use]
    pub const fn is_too_small(&self) -> bool {
        self.area.width < LEAST.width || self.area.height < LEAST.height
    }

    /// What is at a cell.
    #[must_use]
    pub fn hit(&self, column: u16, row: u16) -> Option<Hit> {
        let at = Position::new(column, row);
        self.hits.iter().rev().find(|(area, _)| area.contains(at)).map(|(_, hit)| *hit)
    }
}

/// Where the screen stands, whatever is on it.
#[must_use]
pub fn body(state: &State) -> Rect {
    frame(state, Rect::new(0, 0, state.size.0, state.size.1)).body
}

/// Everything around the screen.
fn frame(state: &State, whole: Rect) -> Layout {
    let tall = whole.height > LEAST.height && state.guide.is_speaking();
    let (area, guide) = if tall {
        let height = whole.height - 1;
        (Rect { height, ..whole }, Some(Rect { y: whole.y + height, height: 1, ..whole }))
    } else {
        (whole, None)
    };
    let form = if area.width < WIDE { Sidebar::Folded } else { state.prefs.sidebar };
    let sidebar_width = match form {
        Sidebar::Unfolded => SIDEBAR_WIDE,
        Sidebar::Folded => SIDEBAR_NARROW,
    };
    let sidebar = Rect { width: sidebar_width.min(area.width), ..area };
    let right = Rect { x: area.x + sidebar.width, width: area.width - sidebar.width, ..area };
    let header = Rect { height: right.height.min(1), ..right };
    let status = Rect { y: right.bottom().saturating_sub(1), height: right.height.min(1), ..right };
    let body = Rect { y: right.y + 1, height: right.height.saturating_sub(2), ..right };
    Layout {
        area,
        sidebar,
        sidebar_form: form,
        header,
        body,
        status,
        panes: Panes::Entrance,
        overlays: Vec::new(),
        guide,
        topmost: None,
        hits: Vec::new(),
        picture: None,
        cursor: None,
    }
}

/// Computes where everything stands.
#[must_use]
pub fn layout(state: &State, whole: Rect) -> Layout {
    let mut laid = frame(state, whole);
    let sidebar = laid.sidebar;
    if laid.is_too_small() {
        return laid;
    }
    for (row, screen) in (sidebar.y + 2..sidebar.bottom()).zip(Screen::ALL) {
        laid.hits.push((Rect { y: row, height: 1, ..sidebar }, Hit::Screen(screen)));
    }
    if state.entrance == Entrance::In || state.entrance == Entrance::Waiting {
        screen(state, &mut laid);
    }
    overlay::lay(state, &mut laid);
    laid.topmost = overlay::topmost(state);
    laid
}

fn screen(state: &State, laid: &mut Layout) {
    laid.panes = match state.screen {
        Screen::Dashboard => dashboard::lay(state, laid),
        Screen::Chats => chats::lay(state, laid),
        Screen::Campaigns => campaigns::lay(state, laid),
        Screen::Numbers => table::lay(&state.numbers.rows, 2, laid),
        Screen::Contacts => contacts::lay(state, laid),
        Screen::QuickReplies => quick_replies::lay(state, laid),
        Screen::Credits => credits::lay(state, laid),
        Screen::Queue => table::lay(&state.queue.rows, 2, laid),
        Screen::Settings => settings::lay(state, laid),
    };
}
