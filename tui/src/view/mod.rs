//! From state to cells. Views return nothing and change nothing.

mod aside;
pub(crate) mod chrome;
mod filter;
mod guide;
mod overlay;
pub mod paint;
pub mod table;
mod template;

mod campaigns;
mod chats;
mod contacts;
mod credits;
mod dashboard;
mod numbers;
mod queue;
mod quick_replies;
mod settings;

use ratatui::buffer::Buffer;

pub use self::chrome::action;
use self::paint::Paint;
use crate::layout::Layout;
use crate::state::{Entrance, Screen, State};
use crate::theme::{Role, Theme};

/// Draws a frame.
pub fn view(state: &State, layout: &Layout, theme: &Theme, buf: &mut Buffer) {
    let mut paint = Paint { buf, theme };
    paint.clear(layout.area, theme.ground());
    if layout.is_too_small() {
        let words = format!("{}x{}: too small", layout.area.width, layout.area.height);
        paint.wrapped(layout.area, &words, theme.style(Role::Warn));
        return;
    }
    chrome::sidebar(state, layout, &mut paint);
    chrome::header(state, layout, &mut paint);
    match &state.entrance {
        Entrance::In | Entrance::Waiting => screen(state, layout, &mut paint),
        Entrance::Stranger(_) | Entrance::NoTenant => chrome::entrance(state, layout, &mut paint),
    }
    chrome::status(state, layout, &mut paint);
    overlay::draw(state, layout, &mut paint);
    guide::draw(state, layout, &mut paint);
    chrome::toasts(state, layout, &mut paint);
}

fn screen(state: &State, layout: &Layout, paint: &mut Paint<'_>) {
    match state.screen {
        Screen::Dashboard => dashboard::draw(state, layout, paint),
        Screen::Chats => chats::draw(state, layout, paint),
        Screen::Campaigns => campaigns::draw(state, layout, paint),
        Screen::Numbers => numbers::draw(state, layout, paint),
        Screen::Contacts => contacts::draw(state, layout, paint),
        Screen::QuickReplies => quick_replies::draw(state, layout, paint),
        Screen::Credits => credits::draw(state, layout, paint),
        Screen::Queue => queue::draw(state, layout, paint),
        Screen::Settings => settings::draw(state, layout, paint),
    }
}
