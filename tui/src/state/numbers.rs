//! Our WhatsApp numbers.

use std::time::Duration;

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::remedy::{self, RemedyVerb};
use mychatflow_data::protocol::calls::instance::{InstanceDocument, InstanceShown};
use mychatflow_data::time::Timestamp;

use super::list::{Row, Rows};
use super::{Screen, State};
use crate::action::Action;
use crate::keymap::Scope;

/// How long the selection must rest before the selected number is asked for in full.
pub const REST: Duration = Duration::from_millis(250);

impl Row for InstanceDocument {
    type Id = InstanceId;

    fn id(&self) -> InstanceId {
        self.id
    }
}

/// The screen.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    /// All numbers; the header counts them on every screen.
    pub rows: Rows<InstanceDocument>,
    /// The selected one with its history.
    pub shown: Option<InstanceShown>,
    /// When the selected one is asked for in full.
    pub show_at: Option<Timestamp>,
}

impl Numbers {
    /// The selected number in full, if that is here.
    #[must_use]
    pub fn shown_of(&self, id: InstanceId) -> Option<&InstanceShown> {
        self.shown.as_ref().filter(|shown| shown.instance.id == id)
    }
}

/// What to do about a number that is not well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remedy {
    /// What helps, where a key does it.
    pub action: Option<Action>,
    /// What it does, or what somebody has to do elsewhere.
    pub words: &'static str,
}

impl Remedy {
    /// The key that helps, for whoever may press it, and the words that go on behind it or stand alone.
    #[must_use]
    pub fn told(self, state: &State) -> (Option<String>, String) {
        match self.action {
            Some(action) if !state.may(Screen::Numbers, action) => (None, format!("An owner's console {}", self.words)),
            action => {
                let key = action.and_then(|action| state.keymap.key_of(&[Scope::Numbers], action));
                (key, self.words.to_owned())
            }
        }
    }
}

/// What to do about a number, by the same table as the commands; nothing where all is well.
#[must_use]
pub fn remedy(number: &InstanceDocument) -> Option<Remedy> {
    let found = remedy::remedy(number.status.as_ref(), number.verdict, number.reason.as_deref())?;
    let action = found.verb.map(|verb| match verb {
        RemedyVerb::Restart => Action::Restart,
        RemedyVerb::Pair => Action::Pair,
        RemedyVerb::Logout => Action::Logout,
    });
    Some(Remedy { action, words: found.words })
}
