//! The address of a WAHA as people paste it: what it may mean, which of that answers, and why none does.

use std::io;
use std::path::PathBuf;

use mychatflow_daemon::clients;
use mychatflow_daemon::config::{Config, WAHA_NAME, WahaConfig};
use mychatflow_daemon::waha::WahaError;
use secrecy::SecretString;

/// How a WAHA is started: the image, its port and these variables are WAHA's own. It shares the machine's network, so that
/// it reaches the daemon's webhook on the loopback address.
pub const START_WAHA: &str = "docker run -d --name waha --network=host -v waha:/app/.sessions \
                              -e WHATSAPP_DEFAULT_ENGINE=NOWEB -e WAHA_API_KEY=YOUR-OWN-LONG-KEY devlikeapro/waha";
/// Where WAHA is unless somebody moved it.
pub const USUAL: &str = "http://127.0.0.1:3000";
/// WAHA's pages for people: an address that ends in one was copied from a browser.
const PAGES: [&str; 5] = ["/dashboard", "/swagger", "/docs", "/api", "/ping"];
/// A word so long without a dot or a colon is a key, not the name of a machine.
const KEY_CHARS: usize = 20;

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A key was pasted. It is not repeated.
    #[error("That looks like a key, not like an address, and was not used. The key is asked for next.")]
    Key,
    /// A name or a password stands before the host.
    #[error("The address has a name or a password in it; leave that out. WAHA's key is asked for next.")]
    Password,
    /// Something else than http.
    #[error("WAHA's address begins with http:// or https://.")]
    Scheme,
    /// There is no host in it, or a blank.
    #[error("That is no address. It looks like {USUAL}")]
    Unreadable,
}

/// What was changed about an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// `http://` was put before it.
    SchemeMissing,
    /// A page of WAHA's was taken off.
    Page(String),
    /// The path was taken off.
    Path(String),
    /// `https` was typed and `http` answers.
    NoTls,
    /// `http` was typed and `https` answers.
    OnlyTls,
}

impl Correction {
    /// What a person is told.
    pub fn words(&self) -> String {
        match self {
            Self::SchemeMissing => "The http:// in front was missing.".to_owned(),
            Self::Page(page) => format!("{page} is a page of WAHA's for people; its address ends before that."),
            Self::Path(path) => format!("Nothing of WAHA's is under {path}; its address ends before that."),
            Self::NoTls => "WAHA speaks no https there, only http.".to_owned(),
            Self::OnlyTls => "WAHA speaks only https there.".to_owned(),
        }
    }
}

/// One thing that an address may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The address.
    pub url: String,
    /// What was changed about what was typed.
    pub corrections: Vec<Correction>,
}

/// What an address may mean, the likeliest first.
///
/// # Errors
/// When it is none.
pub fn candidates(typed: &str) -> Result<Vec<Candidate>, AddressError> {
    let typed = typed.trim().trim_matches(['"', '\'', '<', '>']);
    let mut corrections = Vec::new();
    let (scheme, rest) = match typed.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
        None => {
            corrections.push(Correction::SchemeMissing);
            ("http".to_owned(), typed)
        }
    };
    if scheme != "http" && scheme != "https" {
        return Err(AddressError::Scheme);
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    if host.contains('@') {
        return Err(AddressError::Password);
    }
    if !host.contains(['.', ':', '[']) && host.chars().count() >= KEY_CHARS {
        return Err(AddressError::Key);
    }
    if host.is_empty() || typed.contains(char::is_whitespace) || host.starts_with(':') {
        return Err(AddressError::Unreadable);
    }
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let page = PAGES.iter().filter_map(|page| page_at(path, page)).min();
    let kept = page.map_or(path, |at| &path[..at]);
    if let Some(at) = page {
        corrections.push(Correction::Page(path[at..].to_owned()));
    }
    let other = if scheme == "http" { "https" } else { "http" };
    let change = if scheme == "http" { Correction::OnlyTls } else { Correction::NoTls };
    let mut all = vec![Candidate { url: format!("{scheme}://{host}{kept}"), corrections: corrections.clone() }];
    let with = |correction: Correction| corrections.iter().cloned().chain([correction]).collect();
    if !kept.is_empty() {
        all.push(Candidate { url: format!("{scheme}://{host}"), corrections: with(Correction::Path(kept.to_owned())) });
    }
    all.push(Candidate { url: format!("{other}://{host}{kept}"), corrections: with(change) });
    Ok(all)
}

/// Where a page begins in a path.
fn page_at(path: &str, page: &str) -> Option<usize> {
    let at = path.find(page)?;
    let rest = &path[at + page.len()..];
    (rest.is_empty() || rest.starts_with('/')).then_some(at)
}

/// Why no WAHA was found at an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FindError {
    /// It is no address.
    #[error(transparent)]
    NotAnAddress(#[from] AddressError),
    /// Nobody answers there, or not yet.
    #[error("{words}")]
    NoAnswer {
        /// Where.
        url: String,
        /// What a person is told.
        words: String,
    },
    /// Something else answers there.
    #[error("{0}")]
    AnotherServer(String),
}

/// The first candidate at which a WAHA answers. Needs no key, and sends none.
///
/// # Errors
/// Why none does, for a person.
pub async fn find_waha(candidates: Vec<Candidate>) -> Result<Candidate, FindError> {
    let typed = candidates.first().map(|first| first.url.clone()).unwrap_or_default();
    let mut furthest: Option<(Reach, String)> = None;
    for candidate in candidates {
        match ping(&candidate.url).await {
            Ok(()) => return Ok(candidate),
            Err((reach, words)) => {
                // What got furthest says most; of two that got as far, what was typed.
                if furthest.as_ref().is_none_or(|(before, _)| reach > *before) {
                    furthest = Some((reach, words));
                }
            }
        }
    }
    Err(match furthest {
        Some((Reach::Answer, words)) => FindError::AnotherServer(words),
        Some((_, words)) => FindError::NoAnswer { url: typed, words },
        None => AddressError::Unreadable.into(),
    })
}

/// How far a request got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    /// Nobody was there.
    Nobody,
    /// Somebody was there, and said nothing that is http.
    Silence,
    /// Somebody answered.
    Answer,
}

async fn ping(url: &str) -> Result<(), (Reach, String)> {
    let mut config = Config::new(PathBuf::new(), PathBuf::new());
    config.waha = vec![WahaConfig::new(WAHA_NAME, url, SecretString::from(""))];
    let built = clients::build(config).map_err(|_| (Reach::Nobody, AddressError::Unreadable.to_string()))?;
    let Some(waha) = built.wahas.values().next() else {
        return Err((Reach::Nobody, AddressError::Unreadable.to_string()));
    };
    waha.ping().await.map_err(|error| failure(url, &error))
}

/// What a person is told about a failure.
fn failure(url: &str, error: &WahaError) -> (Reach, String) {
    match error {
        WahaError::Refused(cause) => refused(url, cause.as_ref()),
        WahaError::Timeout(after) => (
            Reach::Silence,
            format!(
                "Nothing answered at {url} within {} s. Is the address right? Does a firewall stand in between?",
                after.as_secs()
            ),
        ),
        WahaError::Cut(_) => (
            Reach::Silence,
            format!("Something listens at {url}, but it does not speak as WAHA does. Is the port right?"),
        ),
        WahaError::Gateway { status } => (
            Reach::Answer,
            format!("A proxy answers at {url} ({status}), but the WAHA behind it does not. Look at: docker ps -a"),
        ),
        _ => (
            Reach::Answer,
            format!("Another server answers at {url}, not a WAHA. Is the port right? WAHA's usual address is {USUAL}"),
        ),
    }
}

fn refused(url: &str, cause: &(dyn std::error::Error + 'static)) -> (Reach, String) {
    let chain = || std::iter::successors(Some(cause), |error| error.source());
    let kind = chain().filter_map(|error| error.downcast_ref::<io::Error>()).map(io::Error::kind).last();
    let host = url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or(url);
    if kind == Some(io::ErrorKind::ConnectionRefused) {
        return (
            Reach::Nobody,
            format!("Nobody listens at {host}. This starts a WAHA on this machine:\n\n  {START_WAHA}\n"),
        );
    }
    let root = chain().last().map(ToString::to_string).unwrap_or_default();
    if root.contains("lookup") || root.contains("Name or service") {
        return (Reach::Nobody, format!("No machine is known by the name of {host}."));
    }
    if url.starts_with("https://") && kind.is_none_or(|kind| kind == io::ErrorKind::InvalidData) {
        return (Reach::Silence, format!("No secure connection to {host} could be made: {root}"));
    }
    (Reach::Nobody, format!("{host} can't be reached: {root}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_starts_a_waha_by_the_same_line() {
        let guide = include_str!("../../../README.md");
        assert!(guide.lines().any(|line| line == START_WAHA), "{START_WAHA}");
    }

    #[test]
    fn an_address_means_what_people_paste() {
        use Correction::{NoTls, OnlyTls, Page, Path, SchemeMissing};
        type Expected<'e> = &'e [(&'e str, &'e [Correction])];
        let page = |page: &str| Page(page.to_owned());
        let path = |path: &str| Path(path.to_owned());
        let table: [(&str, Expected<'_>); 5] = [
            ("http://127.0.0.1:3000/", &[("http://127.0.0.1:3000", &[]), ("https://127.0.0.1:3000", &[OnlyTls])]),
            (
                "waha.example:3000",
                &[
                    ("http://waha.example:3000", &[SchemeMissing]),
                    ("https://waha.example:3000", &[SchemeMissing, OnlyTls]),
                ],
            ),
            (
                " https://a.example/dashboard/?x=1#y",
                &[("https://a.example", &[page("/dashboard")]), ("http://a.example", &[page("/dashboard"), NoTls])],
            ),
            (
                "http://a.example/waha/dashboard/login",
                &[
                    ("http://a.example/waha", &[page("/dashboard/login")]),
                    ("http://a.example", &[page("/dashboard/login"), path("/waha")]),
                    ("https://a.example/waha", &[page("/dashboard/login"), OnlyTls]),
                ],
            ),
            (
                "HTTP://a.example/apiary",
                &[
                    ("http://a.example/apiary", &[]),
                    ("http://a.example", &[path("/apiary")]),
                    ("https://a.example/apiary", &[OnlyTls]),
                ],
            ),
        ];
        for (typed, expected) in table {
            let found = candidates(typed).unwrap();
            let found: Vec<_> = found.iter().map(|one| (one.url.as_str(), one.corrections.as_slice())).collect();
            assert_eq!(found, expected, "{typed}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (typed, error) in [
            ("0123456789abcdef0123456789abcdef", AddressError::Key),
            ("http://admin:secret@a.example", AddressError::Password),
            ("ftp://a.example", AddressError::Scheme),
            ("", AddressError::Unreadable),
            ("http://", AddressError::Unreadable),
            ("my waha", AddressError::Unreadable),
            (":3000", AddressError::Unreadable),
        ] {
            assert_eq!(candidates(typed), Err(error), "{typed}");
        }
    }
}
