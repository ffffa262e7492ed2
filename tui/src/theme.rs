//! What a colour or a glyph means, and how it looks under each theme.
//!
//! Views ask for a [`Role`] and never for a colour. The colours are those of the 256 palette, which terminals without
//! true colour show as well.

mod glyphs;
mod palette;

use mychatflow_data::model::UnknownWord;
use ratatui::style::{Modifier, Style};

pub use self::glyphs::{Glyphs, ScreenGlyphs, TextEncoding};
use self::palette::{CONTRAST_MIN, contrast, dark, high_contrast, ink_on, light, plain, sixteen};

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

#[cfg(test)]
mod tests {
    use super::palette::contrast;
    use super::*;

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
}
