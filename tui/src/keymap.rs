//! Which key means what, and where. The help and the hints are drawn from the map that is in force.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::action::Action;
use crate::key::Key;

macro_rules! scopes {
    ($($scope:ident => $name:literal, $title:literal;)+) => {
        /// Where a binding counts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Scope {
            $(#[doc = $title] $scope,)+
        }

        impl Scope {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$scope,)+];

            /// The table in a key map file.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$scope => $name,)+
                }
            }

            /// The heading in the help.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self {
                    $(Self::$scope => $title,)+
                }
            }
        }
    };
}

scopes! {
    Always => "always", "Always";
    Global => "global", "Everywhere";
    List => "list", "Lists";
    Dashboard => "dashboard", "Dashboard";
    Chats => "chats", "Chats";
    Thread => "thread", "Thread";
    Composer => "composer", "Writing";
    Campaigns => "campaigns", "Campaigns";
    Recipients => "recipients", "Recipients";
    Numbers => "numbers", "Numbers";
    Contacts => "contacts", "Contacts";
    QuickReplies => "quick_replies", "Quick replies";
    Credits => "credits", "Credits";
    Queue => "queue", "Queue";
    Settings => "settings", "Settings";
    Reader => "reader", "Reading";
    Picker => "picker", "Picking";
    Form => "form", "Forms";
    Confirm => "confirm", "Questions";
    Final => "final", "Questions about what can't be undone";
    Pairing => "pairing", "Pairing";
    Triage => "triage", "People known from before";
    Person => "person", "A person";
    Import => "import", "A file with people";
    Wizard => "wizard", "Making a campaign";
    Check => "check", "Looking a campaign over";
}

/// The default map: where, which keys (a list with spaces between), what.
const DEFAULTS: &[(Scope, &str, Action)] = &[
    (Scope::Always, "ctrl-c", Action::Quit),
    (Scope::Always, "ctrl-l", Action::Redraw),
    (Scope::Always, "ctrl-z", Action::Suspend),
    (Scope::Global, "q", Action::Quit),
    (Scope::Global, "?", Action::Help),
    (Scope::Global, ": ctrl-k", Action::Palette),
    (Scope::Global, "ctrl-b", Action::Sidebar),
    (Scope::Global, "f3", Action::Mouse),
    (Scope::Global, "f4", Action::Theme),
    (Scope::Global, "!", Action::Notices),
    (Scope::Global, "f5 ctrl-r", Action::Refresh),
    (Scope::Global, "f6", Action::Tenant),
    (Scope::Global, "ctrl-f", Action::Search),
    (Scope::Global, "]", Action::ScreenNext),
    (Scope::Global, "[", Action::ScreenBack),
    (Scope::Global, "1", Action::Dashboard),
    (Scope::Global, "2", Action::Chats),
    (Scope::Global, "3", Action::Campaigns),
    (Scope::Global, "4", Action::Numbers),
    (Scope::Global, "5", Action::Contacts),
    (Scope::Global, "6", Action::QuickReplies),
    (Scope::Global, "7", Action::Credits),
    (Scope::Global, "8", Action::Queue),
    (Scope::Global, "9", Action::Settings),
    (Scope::Global, "tab", Action::FocusNext),
    (Scope::Global, "backtab", Action::FocusBack),
    (Scope::Global, "esc", Action::Back),
    (Scope::List, "k up", Action::Up),
    (Scope::List, "j down", Action::Down),
    (Scope::List, "pageup ctrl-u", Action::PageUp),
    (Scope::List, "pagedown ctrl-d", Action::PageDown),
    (Scope::List, "g home", Action::First),
    (Scope::List, "G end", Action::Last),
    (Scope::List, "enter l right", Action::Open),
    (Scope::List, "h left", Action::Back),
    (Scope::List, "/", Action::Filter),
    (Scope::Chats, "> .", Action::TabNext),
    (Scope::Chats, "< ,", Action::TabBack),
    (Scope::Chats, "i c", Action::Compose),
    (Scope::Chats, "a", Action::ChatApprove),
    (Scope::Chats, "e", Action::ChatEdit),
    (Scope::Chats, "x", Action::ChatCancel),
    (Scope::Chats, "p", Action::ChatPause),
    (Scope::Chats, "P", Action::ChatPauseFor),
    (Scope::Chats, "z", Action::ChatSnooze),
    (Scope::Chats, "d", Action::ChatDone),
    (Scope::Chats, "m", Action::ChatMode),
    (Scope::Chats, "t", Action::ChatTag),
    (Scope::Chats, "o", Action::ChatNote),
    (Scope::Chats, "O", Action::ChatPersonal),
    (Scope::Chats, "n", Action::NextNeedsYou),
    (Scope::Chats, "N", Action::Add),
    (Scope::Chats, "w", Action::Why),
    (Scope::Chats, "y", Action::Copy),
    (Scope::Chats, "s", Action::Search),
    (Scope::Chats, "R", Action::ChatResend),
    (Scope::Thread, "enter r", Action::Compose),
    (Scope::Thread, "/", Action::QuickReply),
    (Scope::Composer, "enter", Action::ChatSend),
    (Scope::Composer, "alt-enter ctrl-j", Action::Newline),
    (Scope::Composer, "ctrl-q", Action::QuickReply),
    (Scope::Composer, "esc", Action::Back),
    (Scope::Composer, "ctrl-k", Action::Palette),
    (Scope::Composer, "tab", Action::FocusNext),
    (Scope::Composer, "backtab", Action::FocusBack),
    (Scope::Dashboard, "h left", Action::Left),
    (Scope::Dashboard, "l right", Action::Right),
    (Scope::Dashboard, "w", Action::Why),
    (Scope::Campaigns, "a n", Action::Add),
    (Scope::Campaigns, "e", Action::Edit),
    (Scope::Campaigns, "L", Action::CampaignLaunch),
    (Scope::Campaigns, "p", Action::CampaignPause),
    (Scope::Campaigns, "X", Action::CampaignCancel),
    (Scope::Campaigns, "v", Action::CampaignPreview),
    (Scope::Campaigns, "r", Action::CampaignReport),
    (Scope::Campaigns, "f", Action::CampaignCheck),
    (Scope::Campaigns, "T", Action::CampaignTest),
    (Scope::Campaigns, "c", Action::CampaignClone),
    (Scope::Campaigns, "D", Action::Remove),
    (Scope::Recipients, "> .", Action::TabNext),
    (Scope::Recipients, "< ,", Action::TabBack),
    (Scope::Recipients, "t", Action::CampaignVariant),
    (Scope::Recipients, "y", Action::Copy),
    (Scope::Numbers, "a n", Action::Add),
    (Scope::Numbers, "p", Action::Pair),
    (Scope::Numbers, "c", Action::PairByPhone),
    (Scope::Numbers, "r", Action::Restart),
    (Scope::Numbers, "O", Action::Logout),
    (Scope::Numbers, "D", Action::Remove),
    (Scope::Numbers, "t", Action::Triage),
    (Scope::Numbers, "w", Action::Why),
    (Scope::Contacts, "a n", Action::Add),
    (Scope::Contacts, "c", Action::ContactChat),
    (Scope::Contacts, "e", Action::Edit),
    (Scope::Contacts, "t", Action::ChatTag),
    (Scope::Contacts, "P", Action::Personal),
    (Scope::Contacts, "C", Action::Customer),
    (Scope::Contacts, "o", Action::OptOut),
    (Scope::Contacts, "m", Action::Merge),
    (Scope::Contacts, "u", Action::Unmerge),
    (Scope::Contacts, "D", Action::Erase),
    (Scope::Contacts, "space", Action::Mark),
    (Scope::Contacts, "A", Action::MarkAll),
    (Scope::Contacts, "s", Action::Segments),
    (Scope::Contacts, "S", Action::SegmentSave),
    (Scope::Contacts, "i", Action::Import),
    (Scope::Contacts, "x", Action::Export),
    (Scope::Contacts, "T", Action::Triage),
    (Scope::Contacts, "y", Action::Copy),
    (Scope::Contacts, "> .", Action::TabNext),
    (Scope::Contacts, "< ,", Action::TabBack),
    (Scope::QuickReplies, "a n", Action::Add),
    (Scope::QuickReplies, "e", Action::Edit),
    (Scope::QuickReplies, "D", Action::Remove),
    (Scope::QuickReplies, "y", Action::Copy),
    (Scope::QuickReplies, "p", Action::PutAside),
    (Scope::QuickReplies, "i", Action::Import),
    (Scope::QuickReplies, "x", Action::Export),
    (Scope::QuickReplies, "> .", Action::TabNext),
    (Scope::QuickReplies, "< ,", Action::TabBack),
    (Scope::Credits, "a", Action::Grant),
    (Scope::Credits, "u", Action::Audit),
    (Scope::Credits, "w", Action::Why),
    (Scope::Queue, "r", Action::QueueRetry),
    (Scope::Queue, "H", Action::QueueHold),
    (Scope::Queue, "R", Action::QueueRelease),
    (Scope::Queue, "D", Action::QueueDrop),
    (Scope::Queue, "w", Action::Why),
    (Scope::Queue, "y", Action::Copy),
    (Scope::Queue, "> .", Action::TabNext),
    (Scope::Queue, "< ,", Action::TabBack),
    (Scope::Settings, "e", Action::Edit),
    (Scope::Settings, "D", Action::Remove),
    (Scope::Settings, "> .", Action::TabNext),
    (Scope::Settings, "< ,", Action::TabBack),
    (Scope::Reader, "k up", Action::Up),
    (Scope::Reader, "j down", Action::Down),
    (Scope::Reader, "pageup ctrl-u", Action::PageUp),
    (Scope::Reader, "pagedown ctrl-d space", Action::PageDown),
    (Scope::Reader, "g home", Action::First),
    (Scope::Reader, "G end", Action::Last),
    (Scope::Reader, "y", Action::Copy),
    (Scope::Reader, "esc q enter", Action::Close),
    (Scope::Picker, "up ctrl-p", Action::Up),
    (Scope::Picker, "down ctrl-n", Action::Down),
    (Scope::Picker, "pageup", Action::PageUp),
    (Scope::Picker, "pagedown", Action::PageDown),
    (Scope::Picker, "enter", Action::Submit),
    (Scope::Picker, "ctrl-x", Action::Remove),
    (Scope::Picker, "esc", Action::Close),
    (Scope::Form, "tab", Action::FocusNext),
    (Scope::Form, "backtab", Action::FocusBack),
    (Scope::Form, "down", Action::Down),
    (Scope::Form, "up", Action::Up),
    (Scope::Form, "enter", Action::Submit),
    (Scope::Form, "alt-enter ctrl-j", Action::Newline),
    (Scope::Form, "esc", Action::Close),
    (Scope::Confirm, "enter y", Action::Confirm),
    (Scope::Confirm, "n esc q", Action::Close),
    (Scope::Final, "y", Action::Confirm),
    (Scope::Final, "enter n esc q", Action::Close),
    (Scope::Pairing, "g", Action::QrRung),
    (Scope::Pairing, "i", Action::QrInvert),
    (Scope::Pairing, "s", Action::QrSave),
    (Scope::Pairing, "r", Action::Pair),
    (Scope::Pairing, "p c", Action::PairByPhone),
    (Scope::Pairing, "f", Action::PlayPhone),
    (Scope::Pairing, "y", Action::Copy),
    (Scope::Pairing, "enter", Action::Submit),
    (Scope::Pairing, "?", Action::Help),
    (Scope::Pairing, "esc q", Action::Close),
    (Scope::Triage, "k up", Action::Up),
    (Scope::Triage, "j down", Action::Down),
    (Scope::Triage, "pageup", Action::PageUp),
    (Scope::Triage, "pagedown", Action::PageDown),
    (Scope::Triage, "g home", Action::First),
    (Scope::Triage, "G end", Action::Last),
    (Scope::Triage, "space", Action::Mark),
    (Scope::Triage, "A", Action::MarkAll),
    (Scope::Triage, "P", Action::Personal),
    (Scope::Triage, "/", Action::Filter),
    (Scope::Triage, "enter", Action::Submit),
    (Scope::Triage, "?", Action::Help),
    (Scope::Triage, "esc q", Action::Close),
    (Scope::Person, "k up", Action::Up),
    (Scope::Person, "j down", Action::Down),
    (Scope::Person, "pageup ctrl-u", Action::PageUp),
    (Scope::Person, "pagedown ctrl-d space", Action::PageDown),
    (Scope::Person, "g home", Action::First),
    (Scope::Person, "G end", Action::Last),
    (Scope::Person, "enter c", Action::ContactChat),
    (Scope::Person, "e", Action::Edit),
    (Scope::Person, "t", Action::ChatTag),
    (Scope::Person, "P", Action::Personal),
    (Scope::Person, "C", Action::Customer),
    (Scope::Person, "o", Action::OptOut),
    (Scope::Person, "m", Action::Merge),
    (Scope::Person, "u", Action::Unmerge),
    (Scope::Person, "D", Action::Erase),
    (Scope::Person, "y", Action::Copy),
    (Scope::Person, "?", Action::Help),
    (Scope::Person, "esc q h left", Action::Close),
    (Scope::Import, "k up", Action::Up),
    (Scope::Import, "j down", Action::Down),
    (Scope::Import, "pageup ctrl-u", Action::PageUp),
    (Scope::Import, "pagedown ctrl-d space", Action::PageDown),
    (Scope::Import, "g home", Action::First),
    (Scope::Import, "G end", Action::Last),
    (Scope::Import, "enter", Action::Submit),
    (Scope::Import, "y", Action::Copy),
    (Scope::Import, "?", Action::Help),
    (Scope::Import, "esc q", Action::Close),
    (Scope::Wizard, "enter", Action::Submit),
    (Scope::Wizard, "tab", Action::FocusNext),
    (Scope::Wizard, "backtab", Action::FocusBack),
    (Scope::Wizard, "down", Action::Down),
    (Scope::Wizard, "up", Action::Up),
    (Scope::Wizard, "alt-enter ctrl-j", Action::Newline),
    (Scope::Wizard, "ctrl-p", Action::CampaignPreview),
    (Scope::Wizard, "f1", Action::Help),
    (Scope::Wizard, "esc", Action::Close),
    (Scope::Check, "T", Action::CampaignTest),
    (Scope::Check, "L", Action::CampaignLaunch),
    (Scope::Check, "S enter", Action::CampaignKeep),
    (Scope::Check, "v ctrl-p", Action::CampaignPreview),
    (Scope::Check, "f5 r", Action::Refresh),
    (Scope::Check, "k up", Action::Up),
    (Scope::Check, "j down", Action::Down),
    (Scope::Check, "? f1", Action::Help),
    (Scope::Check, "esc", Action::Close),
];

/// What is wrong with a key map file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeymapError {
    /// Not a TOML file.
    #[error("the key map is not TOML: {0}")]
    Syntax(String),
    /// No such place.
    #[error("[{0}] is no part of the key map; there are: {1}")]
    Scope(String, String),
    /// No such action.
    #[error("{0} is no action of [{1}]; the nearest is {2}")]
    Action(String, String, String),
    /// No such key.
    #[error("{0}.{1}: {2}")]
    Key(String, String, String),
    /// One key for two things.
    #[error("in [{scope}] {key} would mean both {one} and {other}; give one of them another key")]
    Conflict {
        /// Where.
        scope: &'static str,
        /// Which key.
        key: String,
        /// One meaning.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
}

/// The map in force.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: BTreeMap<Scope, Vec<(Key, Action)>>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::with("").expect("a test reads the default map")
    }
}

impl Keymap {
    /// The default map with a file's changes: `[thread]` `chat_pause = "p"` or `["p", "ctrl-p"]`. An empty list takes
    /// an action's keys away.
    ///
    /// # Errors
    /// What is wrong with the file, and two meanings of one key in one place.
    pub fn with(file: &str) -> Result<Self, KeymapError> {
        #[derive(serde::Deserialize)]
        #[serde(untagged)]
        enum Keys {
            One(String),
            Several(Vec<String>),
        }
        let tables: BTreeMap<String, BTreeMap<String, Keys>> =
            toml::from_str(file).map_err(|error| KeymapError::Syntax(error.to_string()))?;
        let mut wanted: Vec<(Scope, Action, Vec<Key>)> = Vec::new();
        for (scope, action) in DEFAULTS.iter().map(|(scope, _, action)| (*scope, *action)) {
            if !wanted.iter().any(|(s, a, _)| (*s, *a) == (scope, action)) {
                let of = DEFAULTS.iter().filter(|(s, _, a)| (*s, *a) == (scope, action));
                let keys = of.flat_map(|(_, keys, _)| keys.split(' ')).filter_map(|key| key.parse().ok()).collect();
                wanted.push((scope, action, keys));
            }
        }
        for (table, entries) in tables {
            let scope = *Scope::ALL.iter().find(|scope| scope.name() == table).ok_or_else(|| {
                let all: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
                KeymapError::Scope(table.clone(), all.join(", "))
            })?;
            for (name, keys) in entries {
                let here: Vec<Action> = wanted.iter().filter(|(s, _, _)| *s == scope).map(|(_, a, _)| *a).collect();
                let Some(action) = name.parse::<Action>().ok().filter(|action| here.contains(action)) else {
                    return Err(KeymapError::Action(name.clone(), table, nearest(&name, &here)));
                };
                let texts = match keys {
                    Keys::One(key) => vec![key],
                    Keys::Several(keys) => keys,
                };
                let read = |text: &String| {
                    text.parse().map_err(|error: crate::key::NoKey| {
                        KeymapError::Key(table.clone(), name.clone(), error.to_string())
                    })
                };
                let keys = texts.iter().map(read).collect::<Result<Vec<Key>, _>>()?;
                if let Some(entry) = wanted.iter_mut().find(|(s, a, _)| (*s, *a) == (scope, action)) {
                    entry.2 = keys;
                }
            }
        }
        let mut bindings: BTreeMap<Scope, Vec<(Key, Action)>> = BTreeMap::new();
        for (scope, action, keys) in wanted {
            let here = bindings.entry(scope).or_default();
            for key in keys {
                if let Some((_, other)) = here.iter().find(|(bound, _)| *bound == key) {
                    return Err(KeymapError::Conflict {
                        scope: scope.name(),
                        key: key.to_string(),
                        one: other.name(),
                        other: action.name(),
                    });
                }
                here.push((key, action));
            }
        }
        Ok(Self { bindings })
    }

    /// What a key means in the first of these places that knows it.
    #[must_use]
    pub fn meaning(&self, scopes: &[Scope], key: Key) -> Option<Action> {
        scopes.iter().find_map(|scope| {
            let here = self.bindings.get(scope)?;
            here.iter().find(|(bound, _)| *bound == key).map(|(_, action)| *action)
        })
    }

    /// The first key of an action in the first of these places that has one, as written for people.
    #[must_use]
    pub fn key_of(&self, scopes: &[Scope], action: Action) -> Option<String> {
        scopes.iter().find_map(|scope| {
            let here = self.bindings.get(scope)?;
            here.iter().find(|(_, bound)| *bound == action).map(|(key, _)| label(*key))
        })
    }

    /// The lines of the help for these places: heading, then keys and what they do.
    #[must_use]
    pub fn help(&self, scopes: &[Scope]) -> Vec<(Scope, Vec<(String, Action)>)> {
        let mut told: Vec<Key> = Vec::new();
        let mut help = Vec::new();
        for scope in scopes {
            let Some(here) = self.bindings.get(scope) else { continue };
            let mut lines: Vec<(String, Action)> = Vec::new();
            for (key, action) in here {
                // A key that an inner place has taken does something else here.
                if told.contains(key) {
                    continue;
                }
                match lines.iter_mut().find(|(_, bound)| bound == action) {
                    Some((keys, _)) => {
                        // Writing to a String can't fail.
                        let _ = write!(keys, " {}", label(*key));
                    }
                    None => lines.push((label(*key), *action)),
                }
            }
            told.extend(here.iter().map(|(key, _)| *key));
            if !lines.is_empty() {
                help.push((*scope, lines));
            }
        }
        help
    }
}

fn label(key: Key) -> String {
    match key.code {
        crate::key::KeyCode::BackTab => "shift-tab".to_owned(),
        _ => key.to_string(),
    }
}

fn nearest(name: &str, known: &[Action]) -> String {
    let common = |other: &str| {
        let letters = name.chars().filter(|char| other.contains(*char)).count();
        letters * 100 / (name.len().max(other.len()).max(1))
    };
    known.iter().map(|action| action.name()).max_by_key(|other| common(other)).unwrap_or("none").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_map_is_sound() {
        let map = Keymap::with("").unwrap();
        for (_, keys, _) in DEFAULTS {
            assert!(keys.split(' ').all(|key| key.parse::<Key>().is_ok()), "{keys}");
        }
        assert_eq!(map.meaning(&[Scope::Thread, Scope::Global], Key::char('?')), Some(Action::Help));
    }

    #[test]
    fn a_file_changes_keys_and_says_what_is_wrong() {
        let map = Keymap::with("[chats]\nchat_pause = \"ctrl-p\"\n").unwrap();
        assert_eq!(map.meaning(&[Scope::Chats], "ctrl-p".parse().unwrap()), Some(Action::ChatPause));
        assert_eq!(map.meaning(&[Scope::Chats], Key::char('p')), None);
        let error = |file: &str| Keymap::with(file).unwrap_err();
        assert!(matches!(error("[chats]\nchat_done = \"p\""), KeymapError::Conflict { .. }));
        assert!(matches!(error("[chat]\n"), KeymapError::Scope(..)));
        let KeymapError::Action(_, _, nearest) = error("[chats]\nchat_paus = \"p\"") else { panic!("no such action") };
        assert_eq!(nearest, "chat_pause");
        assert!(matches!(error("[chats]\nchat_done = \"hyper-x\""), KeymapError::Key(..)));
        assert!(matches!(error("[chats"), KeymapError::Syntax(_)));
    }

    #[test]
    fn help_leaves_out_what_an_inner_place_has_taken() {
        let help = Keymap::default().help(&[Scope::Thread, Scope::List]);
        let list = &help.iter().find(|(scope, _)| *scope == Scope::List).unwrap().1;
        assert!(list.iter().all(|(keys, _)| keys != "/"), "a slash picks a quick reply in a thread");
    }
}
