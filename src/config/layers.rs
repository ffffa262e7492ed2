//! Where values come from: the file, then systemd's credentials, then the environment. The later one wins.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use mychatflow_daemon::config::WAHA_NAME;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Problem;
use super::keys::{KeyPath, Kind};
use crate::paths::{self, Env};

const PREFIX: &str = "MYCHATFLOW__";

/// A value, of the kind that its key holds. Has no `Debug`: it may be a secret.
pub enum Value {
    /// `Text` and `Secret`.
    Text(String),
    /// `Whole`.
    Whole(u64),
    /// `Dollars`, in millionths.
    Micros(i64),
    /// `Switch`.
    Switch(bool),
    /// `WholePair`.
    WholePair(u64, u64),
    /// `Texts`.
    Texts(Vec<String>),
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the file, on this line.
    File(PathBuf, usize),
    /// In a file of the credentials directory.
    Credential(PathBuf),
    /// In this variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Credential(path) => write!(f, "{}", path.display()),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// A value and where it stands.
pub struct Found {
    /// The value.
    pub value: Value,
    /// Where it stands.
    pub origin: Origin,
}

/// Everything that was found, and everything that was wrong with it.
#[derive(Default)]
pub struct Layers {
    /// By key; entries of `[[waha]]` by their name, of `[[auth.oidc]]` by their place.
    pub found: BTreeMap<KeyPath, Found>,
    /// Names of the `[[waha]]` entries, in order.
    pub waha: Vec<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
    /// The one that left nothing of the file; among the others too.
    pub not_toml: Option<Problem>,
    /// The files that keys were read from.
    pub secret_files: BTreeSet<PathBuf>,
}

impl Layers {
    /// Reads all layers. `file` has been found already, with its text.
    pub fn read(file: Option<(&Path, &str)>, env: &Env) -> Self {
        let mut layers = Self::default();
        if let Some((path, text)) = file {
            layers.read_file(path, text, env);
        }
        let in_file = layers.waha.clone();
        layers.read_credentials(env);
        layers.read_environment(env);
        // Nobody knows the entries of a file that is no TOML.
        if layers.not_toml.is_none() {
            layers.check_added_waha(&in_file);
        }
        layers
    }

    /// An entry that lives outside of the file alone says where its server is; without that it is a name mistyped.
    fn check_added_waha(&mut self, in_file: &[String]) {
        let of = |name: &str| KeyPath::of(&["waha", name]);
        let (known, nowhere): (Vec<String>, Vec<String>) = self
            .waha
            .iter()
            .cloned()
            .partition(|name| in_file.contains(name) || self.found.contains_key(&of(name).child("url")));
        let known =
            if known.is_empty() { "there is none".to_owned() } else { format!("there are {}", known.join(", ")) };
        for name in &nowhere {
            let its = |key: &KeyPath| key.0.starts_with(&of(name).0);
            let Some(origin) = self.found.iter().find(|(key, _)| its(key)).map(|(_, found)| found.origin.clone())
            else {
                continue;
            };
            self.problem(&origin, format!("no [[waha]] is named {name}: {known}; a new one needs waha.{name}.url"));
        }
        self.waha.retain(|name| !nowhere.contains(name));
    }

    fn problem(&mut self, origin: &Origin, message: impl Into<String>) {
        self.problems.push(Problem { at: origin.to_string(), message: message.into() });
    }

    fn put(&mut self, key: KeyPath, value: Value, origin: Origin) {
        self.found.insert(key, Found { value, origin });
    }

    fn unknown(&mut self, key: &KeyPath, origin: &Origin) {
        self.problem(origin, format!("unknown key {key}; the nearest known key is {}", key.nearest()));
    }

    fn read_file(&mut self, path: &Path, text: &str, env: &Env) {
        let line_at =
            |at: usize| text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1;
        let origin = |at: usize| Origin::File(path.to_owned(), line_at(at));
        match DeTable::parse(text) {
            Ok(table) => {
                let base = path.parent().unwrap_or(Path::new("."));
                let file = FileReader { origin: &origin, base, env };
                file.table(self, &KeyPath(Vec::new()), table.get_ref());
            }
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                self.problem(&origin(at), format!("not TOML: {}", error.message()));
                self.not_toml = self.problems.last().cloned();
            }
        }
    }

    fn read_credentials(&mut self, env: &Env) {
        let Some(dir) = env.var("CREDENTIALS_DIRECTORY") else { return };
        // Without the directory there are no credentials.
        let Ok(entries) = fs::read_dir(dir) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(parts) = name.to_str().map(|name| name.split('.').collect::<Vec<_>>()) else { continue };
            let key = KeyPath::of(&parts);
            // Other credentials of the service are none of ours.
            if key.kind() != Some(Kind::Secret) {
                continue;
            }
            let origin = Origin::Credential(entry.path());
            match secret_in(&entry.path()) {
                Ok(secret) => {
                    self.name_waha(&key);
                    self.put(key, Value::Text(secret), origin);
                }
                Err(message) => self.problem(&origin, message),
            }
        }
    }

    fn read_environment(&mut self, env: &Env) {
        let base = std::env::current_dir().unwrap_or_default();
        for (name, text) in env.starting_with(PREFIX) {
            let origin = Origin::Variable(name.to_owned());
            let parts: Vec<String> = name[PREFIX.len()..].split("__").map(str::to_lowercase).collect();
            let key = self.with_entry_name(KeyPath(parts));
            if matches!(key.0.as_slice(), [one, two, ..] if one == "gemini" && two == "models" || one == "auth" && two == "oidc")
            {
                self.problem(&origin, format!("{key} can be set in the file only"));
                continue;
            }
            let read = match (key.kind(), key.secret_of_file()) {
                (Some(kind), _) => of_text(kind, text)
                    .map(|value| (key.clone(), value))
                    .ok_or_else(|| format!("{key} should be {}", kind.words())),
                (None, Some(secret)) => {
                    let file = paths::written(text, &base, env);
                    let read = secret_in(&file).map(|text| (secret, Value::Text(text)));
                    self.secret_files.insert(file);
                    read
                }
                (None, None) => {
                    self.unknown(&key, &origin);
                    continue;
                }
            };
            match read {
                Ok((key, value)) => {
                    self.name_waha(&key);
                    self.put(key, value, origin);
                }
                Err(message) => self.problem(&origin, message),
            }
        }
    }

    /// Variables have no lower case and no hyphens: `WAHA__SHOP_2` means the entry `shop-2` if there is one.
    fn with_entry_name(&self, mut key: KeyPath) -> KeyPath {
        let plain = |name: &str| name.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
        if let [section, name, ..] = key.0.as_mut_slice() {
            let plans = || self.found.keys().filter(|key| key.0[0] == "plans").filter_map(|key| key.0.get(1));
            let known = match section.as_str() {
                "waha" => self.waha.iter().find(|known| plain(known) == *name),
                "plans" => plans().find(|known| plain(known) == *name),
                _ => None,
            };
            if let Some(known) = known {
                name.clone_from(known);
            }
        }
        key
    }

    /// An entry of `[[waha]]` may live in the environment alone.
    fn name_waha(&mut self, key: &KeyPath) {
        if let [section, name, ..] = key.0.as_slice()
            && section == "waha"
            && !self.waha.contains(name)
        {
            self.waha.push(name.clone());
        }
    }
}

struct FileReader<'a> {
    origin: &'a dyn Fn(usize) -> Origin,
    base: &'a Path,
    env: &'a Env,
}

impl FileReader<'_> {
    fn table(&self, layers: &mut Layers, at: &KeyPath, table: &DeTable<'_>) {
        for (name, value) in table {
            let key = at.child(name.get_ref());
            let origin = (self.origin)(name.span().start);
            match (key.0.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), value.get_ref()) {
                (["waha"], DeValue::Array(entries)) => self.waha(layers, &key, entries.iter()),
                (["auth", "oidc"], DeValue::Array(entries)) => {
                    for (place, entry) in entries.iter().enumerate() {
                        self.entry(layers, &key.child(&place.to_string()), entry);
                    }
                }
                (["waha"] | ["auth", "oidc"], _) => {
                    layers.problem(&origin, format!("{key} has entries: write [[{key}]] with two brackets"));
                }
                (_, DeValue::Table(inner)) if key.kind().is_none() && key.is_section() => {
                    self.table(layers, &key, inner)
                }
                (_, _) if key.is_section() => layers.problem(&origin, format!("{key} is a section: write [{key}]")),
                (_, DeValue::Table(_)) if key.kind().is_none() => {
                    let nearest = key.nearest_section();
                    layers.problem(&origin, format!("unknown section [{key}]; the nearest known one is [{nearest}]"));
                }
                _ => self.leaf(layers, key, value, origin),
            }
        }
    }

    fn waha<'i>(&self, layers: &mut Layers, key: &KeyPath, entries: impl Iterator<Item = &'i Spanned<DeValue<'i>>>) {
        let mut seen = BTreeSet::new();
        for entry in entries {
            let name = entry.get_ref().get("name").and_then(|name| name.get_ref().as_str()).unwrap_or(WAHA_NAME);
            let origin = (self.origin)(entry.span().start);
            let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
            if name.is_empty() || !plain {
                layers.problem(&origin, format!("waha name {name:?}: only letters, digits, - and _"));
            } else if seen.insert(name.to_lowercase().replace('-', "_")) {
                layers.waha.push(name.to_owned());
                self.entry(layers, &key.child(name), entry);
            } else {
                layers.problem(&origin, format!("a second waha is called {name:?}: give each a name of its own"));
            }
        }
    }

    fn entry(&self, layers: &mut Layers, key: &KeyPath, entry: &Spanned<DeValue<'_>>) {
        match entry.get_ref() {
            DeValue::Table(inner) => self.table(layers, key, inner),
            other => {
                let message = format!("{key} should be a table, not {}", article(other.type_str()));
                layers.problem(&(self.origin)(entry.span().start), message);
            }
        }
    }

    fn leaf(&self, layers: &mut Layers, key: KeyPath, value: &Spanned<DeValue<'_>>, origin: Origin) {
        if let Some(secret) = key.secret_of_file() {
            let file = value.get_ref().as_str().map(|text| paths::written(text, self.base, self.env));
            layers.secret_files.extend(file.clone());
            match file.map(|file| secret_in(&file)) {
                _ if layers.found.contains_key(&secret) => {
                    layers.problem(&origin, format!("{secret} and {key} are both there: keep one"));
                }
                Some(Ok(text)) => layers.put(secret, Value::Text(text), origin),
                Some(Err(message)) => layers.problem(&origin, message),
                None => layers.problem(&origin, format!("{key} should be a path in quotes")),
            }
            return;
        }
        let Some(kind) = key.kind() else { return layers.unknown(&key, &origin) };
        match of_toml(kind, value.get_ref()) {
            Some(_) if layers.found.contains_key(&key) => {
                layers.problem(&origin, format!("{key} and {key}_file are both there: keep one"));
            }
            Some(value) => {
                if let (Kind::Secret, Value::Text(text), Origin::File(file, _)) = (kind, &value, &origin)
                    && !text.is_empty()
                {
                    layers.secret_files.insert(file.clone());
                }
                layers.put(key, value, origin);
            }
            None => {
                let found = article(value.get_ref().type_str());
                layers.problem(&origin, format!("{key} should be {}, not {found}", kind.words()));
            }
        }
    }
}

fn article(word: &str) -> String {
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}

fn of_toml(kind: Kind, value: &DeValue<'_>) -> Option<Value> {
    let whole = |value: &DeValue<'_>| {
        let number = value.as_integer()?;
        u64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
    };
    Some(match (kind, value) {
        (Kind::Text | Kind::Secret, DeValue::String(text)) => Value::Text(text.to_string()),
        (Kind::Whole, value) => Value::Whole(whole(value)?),
        (Kind::Dollars, DeValue::Float(number)) => Value::Micros(micros(number.as_str())?),
        (Kind::Dollars, DeValue::Integer(number)) => Value::Micros(micros(number.as_str())?),
        (Kind::Switch, DeValue::Boolean(on)) => Value::Switch(*on),
        (Kind::WholePair, DeValue::Array(items)) if items.len() == 2 => {
            Value::WholePair(whole(items[0].get_ref())?, whole(items[1].get_ref())?)
        }
        (Kind::Texts, DeValue::Array(items)) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
            Value::Texts(texts?)
        }
        _ => return None,
    })
}

fn of_text(kind: Kind, text: &str) -> Option<Value> {
    let parts = || text.trim_matches(['[', ']']).split(',').map(str::trim).filter(|part| !part.is_empty());
    Some(match kind {
        Kind::Text | Kind::Secret => Value::Text(text.to_owned()),
        Kind::Whole => Value::Whole(text.trim().parse().ok()?),
        Kind::Dollars => Value::Micros(micros(text.trim())?),
        Kind::Switch => Value::Switch(text.trim().parse().ok()?),
        Kind::WholePair => match parts().map(str::parse).collect::<Result<Vec<u64>, _>>().ok()?.as_slice() {
            &[least, most] => Value::WholePair(least, most),
            _ => return None,
        },
        Kind::Texts => Value::Texts(parts().map(|part| part.trim_matches('"').to_owned()).collect()),
    })
}

fn micros(text: &str) -> Option<i64> {
    let dollars: f64 = text.replace('_', "").parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (0.0..=1e9).contains(&dollars).then(|| (dollars * 1e6).round() as i64)
}

/// A secret in a file of its own, without the line's end.
fn secret_in(path: &Path) -> Result<String, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("could not read {}: {error}", path.display()))?;
    let secret = text.trim_end_matches(['\n', '\r']);
    if secret.is_empty() { Err(format!("{} is empty", path.display())) } else { Ok(secret.to_owned()) }
}
