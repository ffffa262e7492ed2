//! What a colour or a glyph means, and how it looks under each theme.
//!
//! Views ask for a [`Role`] and never for a colour. The colours are those of the 256 palette, which terminals without
//! true colour show as well.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

use mychatflow_data::model::UnknownWord;

/// A way to colour the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ThemeName {
    /// 256 colours on a dark background.
    #[default]
    Dark,
    /// 256 colours on a light background.
    Light,
    /// White on black, and few strong colours.
    HighContrast,
    /// The terminal's own 16 colours.
    Sixteen,
    /// No colour: bold, dim, underlined and reversed only.
    Plain,
}

impl ThemeName {
    /// Every theme, in the order in which the settings offer them.
    pub const ALL: &'static [Self] = &[Self::Dark, Self::Light, Self::HighContrast, Self::Sixteen, Self::Plain];

    /// The word in the settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::HighContrast => "high_contrast",
            Self::Sixteen => "sixteen",
            Self::Plain => "plain",
        }
    }

    /// The theme for a terminal: `NO_COLOR` first, then what the user set, then what the terminal can do.
    #[must_use]
    pub fn pick(env: &ColourEnv<'_>, setting: Option<Self>, background: Option<Background>) -> Self {
        if env.no_color.is_some_and(|value| !value.is_empty()) {
            return Self::Plain;
        }
        if let Some(setting) = setting {
            return setting;
        }
        let term = env.term.unwrap_or("");
        if matches!(term, "" | "dumb" | "unknown") || term.starts_with("vt1") || term.starts_with("vt2") {
            return Self::Plain;
        }
        let many = matches!(env.colorterm, Some("truecolor" | "24bit"))
            || ["256color", "direct", "kitty", "ghostty", "alacritty", "foot", "wezterm"]
                .iter()
                .any(|word| term.contains(word));
        match background {
            _ if !many => Self::Sixteen,
            Some(Background::Light) => Self::Light,
            Some(Background::Dark) | None => Self::Dark,
        }
    }
}

impl std::fmt::Display for ThemeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

impl std::str::FromStr for ThemeName {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        let found = Self::ALL.iter().copied().find(|name| name.word() == word);
        found.ok_or_else(|| UnknownWord { kind: "ThemeName", word: word.to_owned() })
    }
}

/// What the environment says of colours.
#[derive(Debug, Clone, Copy, Default)]
pub struct ColourEnv<'a> {
    /// `NO_COLOR`; any value but the empty one asks for no colour.
    pub no_color: Option<&'a str>,
    /// `COLORTERM`.
    pub colorterm: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
}

/// What the terminal said of its background when asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Dark, or black.
    Dark,
    /// Light, or white.
    Light,
}

/// What a piece of the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Text to be read.
    Text,
    /// Text beside it: times, counts.
    Muted,
    /// What only somebody who looks for it needs.
    Faint,
    /// What draws the eye.
    Accent,
    /// It went well.
    Good,
    /// It needs somebody soon.
    Warn,
    /// It went wrong.
    Bad,
    /// It is worth knowing.
    Info,
    /// The border of a pane.
    Border,
    /// The border of the pane that has the keys.
    BorderFocused,
    /// The title of a pane.
    Title,
    /// The head of a column, and the line at the top.
    Header,
    /// The chosen row of the list that has the keys.
    Selected,
    /// The chosen row of another list.
    SelectedUnfocused,
    /// A customer's message.
    BubbleIn,
    /// A message of one of us.
    BubbleOut,
    /// A message of the assistant.
    BubbleAssistant,
    /// A message that is not sent.
    BubbleDraft,
    /// Where a search found its words.
    Hit,
    /// The name of a key.
    Key,
    /// A number to act on.
    Badge,
    /// A placeholder of what is not read yet.
    Skeleton,
    /// The full part of a bar.
    Bar,
    /// The empty part of a bar.
    BarEmpty,
    /// The ground of an overlay.
    Overlay,
    /// The ground of a toast.
    Toast,
    /// The ground of a field to type in.
    Input,
    /// A row of the sidebar.
    Sidebar,
    /// The row of the screen that is open.
    SidebarActive,
}

impl Role {
    /// Every role.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::Muted,
        Self::Faint,
        Self::Accent,
        Self::Good,
        Self::Warn,
        Self::Bad,
        Self::Info,
        Self::Border,
        Self::BorderFocused,
        Self::Title,
        Self::Header,
        Self::Selected,
        Self::SelectedUnfocused,
        Self::BubbleIn,
        Self::BubbleOut,
        Self::BubbleAssistant,
        Self::BubbleDraft,
        Self::Hit,
        Self::Key,
        Self::Badge,
        Self::Skeleton,
        Self::Bar,
        Self::BarEmpty,
        Self::Overlay,
        Self::Toast,
        Self::Input,
        Self::Sidebar,
        Self::SidebarActive,
    ];
}

/// Colours and glyphs of the console.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    name: ThemeName,
    glyphs: Glyphs,
}

impl Theme {
    /// The theme of that name, drawn with those glyphs.
    #[must_use]
    pub const fn new(name: ThemeName, glyphs: Glyphs) -> Self {
        Self { name, glyphs }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> ThemeName {
        self.name
    }

    /// Its glyphs.
    #[must_use]
    pub const fn glyphs(&self) -> &Glyphs {
        &self.glyphs
    }

    /// What the whole screen is painted with before anything else. A terminal does not tell reliably whether it is
    /// dark or light, so the themes that count on one paint their own; the other two leave the terminal's.
    #[must_use]
    pub fn ground(&self) -> Style {
        match self.name {
            ThemeName::Dark => ink_on(252, 233),
            ThemeName::Light => ink_on(236, 231),
            ThemeName::HighContrast => ink_on(231, 16),
            ThemeName::Sixteen | ThemeName::Plain => Style::new(),
        }
    }

    /// How a role looks.
    #[must_use]
    pub fn style(&self, role: Role) -> Style {
        match self.name {
            ThemeName::Dark => dark(role),
            ThemeName::Light => light(role),
            ThemeName::HighContrast => high_contrast(role),
            ThemeName::Sixteen => sixteen(role),
            ThemeName::Plain => plain(role),
        }
    }

    /// How a role looks on a surface that paints its own ground, such as the time inside a bubble: the role's colour
    /// where it can be read there, else the surface's.
    #[must_use]
    pub fn on(&self, surface: Role, role: Role) -> Style {
        let (ground, ink) = (self.style(surface), self.style(role));
        let colour = match (ink.fg, ground.bg) {
            (Some(ink), Some(bg)) => contrast(ink, bg).is_some_and(|ratio| ratio >= CONTRAST_MIN).then_some(ink),
            (ink, None) if !ground.add_modifier.contains(Modifier::REVERSED) => ink,
            _ => None,
        };
        Style { fg: colour.or(ground.fg), ..ground.add_modifier(ink.add_modifier) }
    }
}

/// The least contrast of text and ground: WCAG 2.2, level AA.
const CONTRAST_MIN: f64 = 4.5;

fn ink(index: u8) -> Style {
    Style::new().fg(Color::Indexed(index))
}

fn ink_on(index: u8, ground: u8) -> Style {
    ink(index).bg(Color::Indexed(ground))
}

fn dark(role: Role) -> Style {
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

fn light(role: Role) -> Style {
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

fn high_contrast(role: Role) -> Style {
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

fn sixteen(role: Role) -> Style {
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

fn plain(role: Role) -> Style {
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
fn contrast(one: Color, other: Color) -> Option<f64> {
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

/// The signs that the console draws with. Each is as wide as its field says, one column where it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    /// The border of a pane.
    pub border: border::Set<'static>,
    /// The border of the pane that has the keys: another shape, so that it shows without colour.
    pub border_focused: border::Set<'static>,
    /// Live, on, in reach.
    pub dot: &'static str,
    /// Off, out of reach.
    pub dot_empty: &'static str,
    /// Unread messages.
    pub unread: &'static str,
    /// Not sent yet.
    pub sending: &'static str,
    /// Waits for its time.
    pub clock: &'static str,
    /// Sent.
    pub sent: &'static str,
    /// Delivered; two columns.
    pub delivered: &'static str,
    /// Read; two columns, and another shape than [`Glyphs::delivered`], so that it shows without colour.
    pub read: &'static str,
    /// Held back for a person.
    pub held: &'static str,
    /// Failed.
    pub failed: &'static str,
    /// Nobody knows.
    pub unknown: &'static str,
    /// Points at something, and opens it.
    pub arrow: &'static str,
    /// Open, of something that folds.
    pub arrow_down: &'static str,
    /// More.
    pub up: &'static str,
    /// Less.
    pub down: &'static str,
    /// Left out; one column, or three in ASCII.
    pub ellipsis: &'static str,
    /// Stands before a chosen row.
    pub selected: &'static str,
    /// Before a choice that is on.
    pub check_on: &'static str,
    /// Before a choice that is off.
    pub check_off: &'static str,
    /// Columns of a chart, from an eighth to full.
    pub bars: [&'static str; 8],
    /// The second series of a chart.
    pub bar_other: &'static str,
    /// Rows of a meter, from an eighth to full.
    pub meter: [&'static str; 8],
    /// The rest of a meter.
    pub meter_empty: &'static str,
    /// The peak of a chart.
    pub peak: &'static str,
    /// A placeholder.
    pub skeleton: &'static str,
    /// The groove of a scrollbar.
    pub rail: &'static str,
    /// What moves in it.
    pub rail_thumb: &'static str,
    /// The pictures of something that runs.
    pub spinner: &'static [&'static str],
    /// Between two facts of a line.
    pub separator: &'static str,
    /// A line across.
    pub rule: &'static str,
    /// A line down.
    pub pipe: &'static str,
    /// Before what is typed.
    pub prompt: &'static str,
    /// The screens.
    pub screens: ScreenGlyphs,
}

/// The signs of the screens in the sidebar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the name is the screen's")]
pub struct ScreenGlyphs {
    pub dashboard: &'static str,
    pub chats: &'static str,
    pub campaigns: &'static str,
    pub numbers: &'static str,
    pub contacts: &'static str,
    pub quick_replies: &'static str,
    pub credits: &'static str,
    pub queue: &'static str,
    pub settings: &'static str,
}

impl Glyphs {
    /// For terminals with UTF-8. No emoji among them: their width differs from terminal to terminal.
    #[must_use]
    pub const fn unicode() -> Self {
        Self {
            border: border::ROUNDED,
            border_focused: border::THICK,
            dot: "●",
            dot_empty: "○",
            unread: "●",
            sending: "…",
            clock: "◷",
            sent: "✓",
            delivered: "✓✓",
            read: "✓◉",
            held: "⚠",
            failed: "✗",
            unknown: "?",
            arrow: "▸",
            arrow_down: "▾",
            up: "↑",
            down: "↓",
            ellipsis: "…",
            selected: "▏",
            check_on: "◉",
            check_off: "○",
            bars: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
            bar_other: "▒",
            meter: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
            meter_empty: "░",
            peak: "▾",
            skeleton: "░",
            rail: "│",
            rail_thumb: "█",
            spinner: &["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"],
            separator: "·",
            rule: "─",
            pipe: "│",
            prompt: "›",
            screens: ScreenGlyphs {
                dashboard: "◆",
                chats: "❝",
                campaigns: "➤",
                numbers: "☏",
                contacts: "☻",
                quick_replies: "↯",
                credits: "¤",
                queue: "≡",
                settings: "✱",
            },
        }
    }

    /// For terminals without, and for eyes and readers that want letters.
    #[must_use]
    pub const fn ascii() -> Self {
        Self {
            border: ascii_border("-", "|", "+"),
            border_focused: ascii_border("=", "|", "#"),
            dot: "*",
            dot_empty: "o",
            unread: "*",
            sending: ".",
            clock: "@",
            sent: "v",
            delivered: "vv",
            read: "VV",
            held: "!",
            failed: "x",
            unknown: "?",
            arrow: ">",
            arrow_down: "v",
            up: "^",
            down: "v",
            ellipsis: "...",
            selected: ">",
            check_on: "x",
            check_off: "o",
            bars: [".", ".", ":", "-", "=", "+", "*", "#"],
            bar_other: "%",
            meter: [".", ".", ":", ":", "=", "=", "=", "#"],
            meter_empty: "-",
            peak: "v",
            skeleton: "-",
            rail: "|",
            rail_thumb: "#",
            spinner: &["|", "/", "-", "\\"],
            separator: "-",
            rule: "-",
            pipe: "|",
            prompt: ">",
            screens: ScreenGlyphs {
                dashboard: "D",
                chats: "C",
                campaigns: "P",
                numbers: "N",
                contacts: "A",
                quick_replies: "R",
                credits: "$",
                queue: "Q",
                settings: "S",
            },
        }
    }

    /// The glyphs for a locale: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set must name UTF-8.
    #[must_use]
    pub fn pick(lc_all: Option<&str>, lc_ctype: Option<&str>, lang: Option<&str>) -> Self {
        let locale = [lc_all, lc_ctype, lang].into_iter().flatten().find(|value| !value.is_empty()).unwrap_or("");
        let locale = locale.to_ascii_lowercase();
        if locale.contains("utf-8") || locale.contains("utf8") { Self::unicode() } else { Self::ascii() }
    }

    /// The ring of something that runs, at its `step`th picture.
    #[must_use]
    pub fn spinner_at(&self, step: usize) -> &'static str {
        self.spinner[step % self.spinner.len()]
    }
}

const fn ascii_border(across: &'static str, down: &'static str, corner: &'static str) -> border::Set<'static> {
    border::Set {
        top_left: corner,
        top_right: corner,
        bottom_left: corner,
        bottom_right: corner,
        vertical_left: down,
        vertical_right: down,
        horizontal_top: across,
        horizontal_bottom: across,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::width;

    /// What is drawn and not read.
    const DRAWN: &[Role] = &[Role::Border, Role::Skeleton, Role::Bar, Role::BarEmpty];

    fn theme(name: ThemeName) -> Theme {
        Theme::new(name, Glyphs::unicode())
    }

    #[test]
    fn text_can_be_read_on_its_ground() {
        for (name, least) in [(ThemeName::Dark, 4.5), (ThemeName::Light, 4.5), (ThemeName::HighContrast, 7.0)] {
            let ground = theme(name).ground().bg.unwrap();
            for role in Role::ALL.iter().filter(|role| !DRAWN.contains(role)) {
                let style = theme(name).style(*role);
                let ratio = contrast(style.fg.unwrap(), style.bg.unwrap_or(ground)).unwrap();
                assert!(ratio >= least, "{name} {role:?}: {ratio:.2}");
            }
            let bar = contrast(theme(name).style(Role::Bar).fg.unwrap(), ground).unwrap();
            assert!(bar >= 3.0, "{name} bar: {bar:.2}");
        }
    }

    #[test]
    fn text_on_a_surface_can_be_read_too() {
        let surfaces =
            [Role::Selected, Role::BubbleIn, Role::BubbleOut, Role::BubbleAssistant, Role::Overlay, Role::Toast];
        for name in [ThemeName::Dark, ThemeName::Light, ThemeName::HighContrast] {
            for surface in surfaces {
                for role in [Role::Muted, Role::Faint, Role::Bad, Role::Accent, Role::Key] {
                    let style = theme(name).on(surface, role);
                    assert_eq!(style.bg, theme(name).style(surface).bg);
                    let ratio = contrast(style.fg.unwrap(), style.bg.unwrap()).unwrap();
                    assert!(ratio >= 4.5, "{name} {role:?} on {surface:?}: {ratio:.2}");
                }
            }
        }
        let on = theme(ThemeName::Plain).on(Role::Selected, Role::Key);
        assert!(on.add_modifier.contains(Modifier::REVERSED | Modifier::BOLD));
    }

    #[test]
    fn a_chosen_row_shows_in_every_theme() {
        for name in ThemeName::ALL {
            for role in [Role::Selected, Role::SelectedUnfocused] {
                let (row, text) = (theme(*name).style(role), theme(*name).style(Role::Text));
                assert!(row.bg != text.bg || row.add_modifier != text.add_modifier, "{name} {role:?}");
            }
            assert_ne!(theme(*name).style(Role::Selected), theme(*name).style(Role::SelectedUnfocused), "{name}");
        }
        assert!(theme(ThemeName::Plain).style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn plain_has_no_colour() {
        let allowed = Modifier::BOLD | Modifier::DIM | Modifier::REVERSED | Modifier::UNDERLINED;
        for role in Role::ALL {
            let style = theme(ThemeName::Plain).style(*role);
            assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{role:?}");
            assert!(allowed.contains(style.add_modifier), "{role:?}");
        }
    }

    #[test]
    fn words_go_out_and_come_back() {
        for name in ThemeName::ALL {
            assert_eq!(name.to_string().parse::<ThemeName>().unwrap(), *name);
        }
        assert!("blue".parse::<ThemeName>().is_err());
    }

    #[test]
    fn the_terminal_decides_unless_somebody_did() {
        use Background as B;
        use ThemeName as T;
        type Row = (Option<&'static str>, Option<&'static str>, &'static str, Option<T>, Option<B>, T);
        let table: &[Row] = &[
            (None, None, "xterm-256color", None, None, T::Dark),
            (None, None, "xterm-256color", None, Some(B::Light), T::Light),
            (None, None, "xterm-256color", None, Some(B::Dark), T::Dark),
            (None, Some("truecolor"), "xterm", None, Some(B::Light), T::Light),
            (None, None, "xterm-kitty", None, None, T::Dark),
            (None, None, "xterm", None, Some(B::Light), T::Sixteen),
            (None, None, "linux", None, None, T::Sixteen),
            (None, None, "dumb", None, None, T::Plain),
            (None, None, "vt220", None, None, T::Plain),
            (None, None, "linux", Some(T::Light), None, T::Light),
            (Some("1"), Some("truecolor"), "xterm-256color", Some(T::Light), None, T::Plain),
            (Some(""), None, "xterm-256color", None, None, T::Dark),
        ];
        for (no_color, colorterm, term, setting, background, expected) in table {
            let env = ColourEnv { no_color: *no_color, colorterm: *colorterm, term: Some(term) };
            assert_eq!(T::pick(&env, *setting, *background), *expected, "{env:?} {setting:?} {background:?}");
        }
        assert_eq!(T::pick(&ColourEnv::default(), None, None), T::Plain);
    }

    #[test]
    fn the_locale_chooses_the_glyphs() {
        assert_eq!(Glyphs::pick(None, None, Some("en_US.UTF-8")), Glyphs::unicode());
        assert_eq!(Glyphs::pick(Some(""), Some("C.utf8"), None), Glyphs::unicode());
        assert_eq!(Glyphs::pick(Some("C"), None, Some("en_US.UTF-8")), Glyphs::ascii());
        assert_eq!(Glyphs::pick(None, None, None), Glyphs::ascii());
    }

    #[test]
    fn glyphs_are_as_wide_as_they_say() {
        for (glyphs, ellipsis) in [(Glyphs::unicode(), 1), (Glyphs::ascii(), 3)] {
            let Glyphs { border, border_focused, screens, .. } = glyphs;
            let mut ones: Vec<&str> = Vec::new();
            for set in [border, border_focused] {
                ones.extend([set.top_left, set.top_right, set.bottom_left, set.bottom_right]);
                ones.extend([set.vertical_left, set.vertical_right, set.horizontal_top, set.horizontal_bottom]);
            }
            ones.extend([glyphs.dot, glyphs.dot_empty, glyphs.unread, glyphs.sending, glyphs.clock, glyphs.sent]);
            ones.extend([glyphs.held, glyphs.failed, glyphs.unknown, glyphs.arrow, glyphs.arrow_down, glyphs.up]);
            ones.extend([glyphs.down, glyphs.selected, glyphs.check_on, glyphs.check_off, glyphs.bar_other]);
            ones.extend([glyphs.meter_empty, glyphs.peak, glyphs.skeleton, glyphs.rail, glyphs.rail_thumb]);
            ones.extend([glyphs.separator, glyphs.rule, glyphs.pipe, glyphs.prompt]);
            ones.extend(glyphs.bars.iter().chain(&glyphs.meter).chain(glyphs.spinner));
            ones.extend([screens.dashboard, screens.chats, screens.campaigns, screens.numbers, screens.contacts]);
            ones.extend([screens.quick_replies, screens.credits, screens.queue, screens.settings]);
            for glyph in ones {
                assert_eq!(width(glyph), 1, "{glyph:?}");
                assert!(glyph.is_ascii() || ellipsis == 1, "{glyph:?}");
            }
            assert_ne!(glyphs.delivered, glyphs.read);
            assert_eq!((width(glyphs.delivered), width(glyphs.read), width(glyphs.ellipsis)), (2, 2, ellipsis));
        }
    }
}
