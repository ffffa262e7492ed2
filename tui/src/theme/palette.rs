//! How each role looks under each theme, and whether it can be read.

use ratatui::style::{Color, Style};

use super::Role;

/// The least contrast of text and ground: WCAG 2.2, level AA.
pub(super) const CONTRAST_MIN: f64 = 4.5;

fn ink(index: u8) -> Style {
    Style::new().fg(Color::Indexed(index))
}

pub(super) fn ink_on(index: u8, ground: u8) -> Style {
    ink(index).bg(Color::Indexed(ground))
}

pub(super) fn dark(role: Role) -> Style {
    match role {
        Role::Text => ink(252),
        Role::Muted => ink(248),
        Role::Faint => ink(245),
        Role::Accent | Role::BorderFocused | Role::Bar => ink(79),
        Role::Good => ink(114),
        Role::Warn => ink(221),
        Role::Bad => ink(210),
        Role::Info => ink(117),
        Role::Border => ink(241),
        Role::Title => ink(255).bold(),
        Role::Header => ink(252).bold(),
        Role::Selected => ink_on(255, 24),
        Role::SelectedUnfocused => ink_on(252, 238),
        Role::BubbleIn => ink_on(253, 236),
        Role::BubbleOut => ink_on(254, 23),
        Role::BubbleAssistant => ink_on(255, 60),
        Role::BubbleDraft => ink_on(250, 235).italic(),
        Role::Hit => ink_on(16, 221),
        Role::Key => ink(117).bold(),
        Role::Badge => ink_on(16, 79).bold(),
        Role::Skeleton | Role::BarEmpty => ink(239),
        Role::Overlay => ink_on(252, 235),
        Role::Toast => ink_on(255, 238),
        Role::Input => ink_on(255, 235),
        Role::Sidebar => ink(250),
        Role::SidebarActive => ink_on(79, 236).bold(),
    }
}

pub(super) fn light(role: Role) -> Style {
    match role {
        Role::Text => ink(236),
        Role::Muted => ink(240),
        Role::Faint => ink(242),
        Role::Accent | Role::BorderFocused => ink(23),
        Role::Good => ink(22),
        Role::Warn => ink(94),
        Role::Bad => ink(124),
        Role::Info => ink(25),
        Role::Border => ink(247),
        Role::Title => ink(232).bold(),
        Role::Header => ink(236).bold(),
        Role::Selected => ink_on(232, 153),
        Role::SelectedUnfocused => ink_on(235, 252),
        Role::BubbleIn => ink_on(235, 254),
        Role::BubbleOut => ink_on(235, 194),
        Role::BubbleAssistant => ink_on(235, 189),
        Role::BubbleDraft => ink_on(240, 255).italic(),
        Role::Hit => ink_on(16, 221),
        Role::Key => ink(25).bold(),
        Role::Badge => ink_on(255, 23).bold(),
        Role::Skeleton | Role::BarEmpty => ink(250),
        Role::Bar => ink(30),
        Role::Overlay => ink_on(236, 255),
        Role::Toast => ink_on(232, 252),
        Role::Input => ink_on(232, 255),
        Role::Sidebar => ink(238),
        Role::SidebarActive => ink_on(23, 254).bold(),
    }
}

pub(super) fn high_contrast(role: Role) -> Style {
    match role {
        Role::Text | Role::Muted | Role::Faint | Role::Sidebar | Role::BubbleIn => ink_on(231, 16),
        Role::Accent | Role::Bar | Role::Key => ink_on(51, 16).bold(),
        Role::Good => ink_on(46, 16).bold(),
        Role::Warn => ink_on(226, 16).bold(),
        Role::Bad => ink_on(210, 16).bold(),
        Role::Info | Role::BubbleOut => ink_on(123, 16),
        Role::BubbleAssistant => ink_on(228, 16),
        Role::BubbleDraft => ink_on(231, 16).underlined(),
        Role::Border => ink_on(231, 16),
        Role::BorderFocused => ink_on(226, 16).bold(),
        Role::Title | Role::Header => ink_on(231, 16).bold(),
        Role::Selected => ink_on(16, 226).bold(),
        Role::SelectedUnfocused => ink_on(16, 231),
        Role::Hit => ink_on(16, 51).bold(),
        Role::Badge | Role::SidebarActive => ink_on(16, 231).bold(),
        Role::Skeleton | Role::BarEmpty => ink_on(250, 16),
        Role::Overlay | Role::Input => ink_on(231, 16),
        Role::Toast => ink_on(16, 226),
    }
}

pub(super) fn sixteen(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Text | Role::BubbleIn | Role::Overlay | Role::Sidebar => style,
        Role::Muted | Role::Faint | Role::Border | Role::Skeleton | Role::BarEmpty => style.dim(),
        Role::Accent | Role::Info | Role::Bar | Role::BubbleOut => style.fg(Color::Cyan),
        Role::BorderFocused => style.fg(Color::Cyan).bold(),
        Role::Good => style.fg(Color::Green),
        Role::Warn => style.fg(Color::Yellow),
        Role::Bad => style.fg(Color::Red).bold(),
        Role::Title | Role::Header => style.bold(),
        Role::Selected | Role::Toast => style.reversed(),
        Role::SelectedUnfocused => style.underlined(),
        Role::BubbleAssistant => style.fg(Color::Magenta),
        Role::BubbleDraft => style.italic(),
        Role::Hit => style.fg(Color::Black).bg(Color::Yellow),
        Role::Key => style.fg(Color::Cyan).bold(),
        Role::Badge => style.fg(Color::Black).bg(Color::Cyan),
        Role::Input => style.underlined(),
        Role::SidebarActive => style.fg(Color::Cyan).bold().reversed(),
    }
}

pub(super) fn plain(role: Role) -> Style {
    let style = Style::new();
    match role {
        Role::Text
        | Role::Info
        | Role::BubbleIn
        | Role::BubbleOut
        | Role::BubbleAssistant
        | Role::Overlay
        | Role::Bar
        | Role::Sidebar => style,
        Role::Muted | Role::Faint | Role::Border | Role::Skeleton | Role::BarEmpty | Role::BubbleDraft => style.dim(),
        Role::Accent | Role::Good | Role::Warn | Role::Bad => style.bold(),
        Role::BorderFocused | Role::Title | Role::Header | Role::Key => style.bold(),
        Role::Selected | Role::Toast => style.reversed(),
        Role::SelectedUnfocused | Role::Input => style.underlined(),
        Role::Hit => style.bold().underlined(),
        Role::Badge | Role::SidebarActive => style.bold().reversed(),
    }
}

/// The WCAG contrast of two colours of the 256 palette; `None` where a terminal may show any colour.
pub(super) fn contrast(one: Color, other: Color) -> Option<f64> {
    let (one, other) = (luminance(one)?, luminance(other)?);
    Some((one.max(other) + 0.05) / (one.min(other) + 0.05))
}

fn luminance(colour: Color) -> Option<f64> {
    let (red, green, blue) = match colour {
        Color::Rgb(red, green, blue) => (red, green, blue),
        Color::Indexed(index @ 232..) => {
            let grey = 8 + (index - 232) * 10;
            (grey, grey, grey)
        }
        Color::Indexed(index @ 16..) => {
            let step = |part: u8| [0, 95, 135, 175, 215, 255][usize::from(part % 6)];
            let index = index - 16;
            (step(index / 36), step(index / 6), step(index))
        }
        _ => return None,
    };
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    Some(0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue))
}
