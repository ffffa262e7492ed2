//! What a person arranged, kept in the state directory from one time to the next.

use serde::{Deserialize, Serialize};

use crate::theme::ThemeName;

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Prefs {
    /// The sidebar.
    pub sidebar: Sidebar,
    /// The theme's name; absent: what fits the terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// The business that was looked at last, by id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
}

impl Default for Prefs {
    fn default() -> Self {
        Self { sidebar: Sidebar::Unfolded, theme: None, tenant: None }
    }
}

impl Prefs {
    /// The chosen theme.
    #[must_use]
    pub fn theme_name(&self) -> Option<ThemeName> {
        self.theme.as_deref().and_then(|name| name.parse().ok())
    }
}

/// How wide the sidebar is where there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sidebar {
    /// Icons, names and numbers.
    Unfolded,
    /// Icons and numbers.
    Folded,
}

impl Sidebar {
    /// The other one.
    #[must_use]
    pub const fn toggled(self) -> Self {
        match self {
            Self::Unfolded => Self::Folded,
            Self::Folded => Self::Unfolded,
        }
    }
}
