//! A delivery that means nothing, posted where WAHA posts: signed with a number's key, of a kind that the daemon answers and
//! keeps nowhere. It finds wrong addresses, proxies that redirect or change what passes, and somebody else at our
//! address. It proves that this machine reaches the daemon by that address, and nothing of WAHA.

use std::net::{IpAddr, UdpSocket};
use std::time::Duration;

use mychatflow_data::model::delivery::SELF_POSTED_KIND;
use mychatflow_data::model::finding::FindingLevel;
use mychatflow_data::time::Timestamp;
use reqwest::redirect::Policy;
use reqwest::{Url, header};
use serde_json::{Value, json};
use tokio::net::lookup_host;
use tokio::time::timeout;

use crate::chain::chain;
use crate::flow::clean::clean_line;
use crate::http::signature::{ALGORITHM, ALGORITHM_HEADER, SIGNATURE_HEADER, sign};
use crate::redact::redacted;

/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What helps where the address leads elsewhere.
const CORRECT: &str = "correct webhook.public_url or the proxy, then: mychatflow daemon reload";

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrialOutcome {
    /// The daemon answered: it came through.
    Arrived,
    /// The daemon answered that it can take nothing now. That is no fault of the address.
    Busy,
    /// WAHA is on another machine, and there the address means WAHA's own.
    MeansItself {
        /// Where WAHA is.
        waha: String,
    },
    /// Somebody else answers that all is well.
    OtherServer {
        /// With which status.
        status: u16,
    },
    /// It is sent elsewhere, and WAHA does not follow.
    Redirected {
        /// With which status.
        status: u16,
        /// Where to.
        to: Option<String>,
    },
    /// The daemon, or another one, does not take the signature.
    SignatureRefused,
    /// Something before the daemon wants a login.
    LoginWanted {
        /// With which status.
        status: u16,
    },
    /// Another daemon answers, which does not know the number.
    OtherDaemon,
    /// There is nothing at this path.
    NotFound,
    /// Something answers with another status.
    OtherStatus {
        /// Which.
        status: u16,
    },
    /// There is no answer.
    Unreached {
        /// What stood in the way.
        reason: String,
    },
}

/// A try of one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookTrial {
    /// The address.
    pub url: String,
    /// What came of it.
    pub outcome: TrialOutcome,
}

impl WebhookTrial {
    /// Posts it, and reads the answer. WAHA is at `waha`, where that is known.
    pub async fn run(url: &str, waha: Option<&str>, key: &str, session: &str, now: Timestamp) -> Self {
        let elsewhere = match waha {
            Some(waha) if is_this_machine(url) && is_elsewhere(waha).await => Some(redacted(waha)),
            _ => None,
        };
        let outcome = match elsewhere {
            Some(waha) => TrialOutcome::MeansItself { waha },
            None => post(url, key, session, now).await,
        };
        Self { url: url.to_owned(), outcome }
    }

    /// How much it matters; `None` where nothing is wrong with the address.
    #[must_use]
    pub fn level(&self) -> Option<FindingLevel> {
        match self.outcome {
            TrialOutcome::Arrived | TrialOutcome::Busy => None,
            // WAHA may be where it can be reached all the same. On this machine nobody else can.
            TrialOutcome::Unreached { .. } if !is_this_machine(&self.url) => Some(FindingLevel::Warning),
            _ => Some(FindingLevel::Failed),
        }
    }

    /// What came of it, in words for people.
    #[must_use]
    pub fn words(&self) -> String {
        let url = redacted(&self.url);
        match &self.outcome {
            TrialOutcome::Arrived => format!("from this machine a signed delivery got through to {url}"),
            TrialOutcome::Busy => format!("the daemon can't take deliveries now, at {url}"),
            TrialOutcome::MeansItself { waha } => format!("WAHA is at {waha}, and {url} means itself there"),
            TrialOutcome::OtherServer { status } => format!("somebody else answers at {url} (status {status})"),
            TrialOutcome::Redirected { status, to } => {
                let to = to.as_deref().unwrap_or("nowhere");
                format!("{url} redirects to {to} (status {status}), and WAHA does not follow")
            }
            TrialOutcome::SignatureRefused => {
                format!("{url} does not take the signature: a proxy changes the body, or another daemon answers")
            }
            TrialOutcome::LoginWanted { status } => {
                format!("something before the daemon wants a login at {url} (status {status})")
            }
            TrialOutcome::OtherDaemon => format!("another daemon answers at {url}: it does not know this number"),
            TrialOutcome::NotFound => format!("{url} leads nowhere (status 404)"),
            TrialOutcome::OtherStatus { status } => format!("{url} answers {status}"),
            TrialOutcome::Unreached { reason } => format!("{url} can't be reached from here: {reason}"),
        }
    }

    /// How that is known.
    #[must_use]
    pub const fn evidence(&self) -> &'static str {
        match self.outcome {
            TrialOutcome::MeansItself { .. } => "the two addresses were compared",
            _ => "a delivery of our own was posted there",
        }
    }

    /// What helps; nothing where nothing is wrong with the address.
    #[must_use]
    pub fn remedy(&self) -> Option<String> {
        let remedy = match &self.outcome {
            TrialOutcome::Arrived => return None,
            TrialOutcome::Busy => "mychatflow daemon status".to_owned(),
            TrialOutcome::MeansItself { .. } => {
                "set webhook.public_url to the address of this machine as WAHA sees it, \
                                                 and webhook.listen to take connections from there, then start the \
                                                 daemon anew"
                    .to_owned()
            }
            TrialOutcome::Redirected { .. } => format!("set webhook.public_url to where it really is; {CORRECT}"),
            TrialOutcome::Unreached { .. } => {
                "is the daemon's webhook.listen reachable at webhook.public_url? correct one \
                                               of them, then: mychatflow daemon reload"
                    .to_owned()
            }
            _ => CORRECT.to_owned(),
        };
        Some(remedy)
    }
}

/// What came back.
struct Answer {
    status: u16,
    location: Option<String>,
    body: Value,
}

async fn post(url: &str, key: &str, session: &str, now: Timestamp) -> TrialOutcome {
    match answer(url, key, session, now).await {
        Ok(answer) => judge(answer),
        Err(error) => {
            // What the system said says more than that a request failed.
            let error = error.without_url();
            let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), chain);
            TrialOutcome::Unreached { reason: clean_line(&reason) }
        }
    }
}

async fn answer(url: &str, key: &str, session: &str, now: Timestamp) -> Result<Answer, reqwest::Error> {
    let now = now.millis();
    let body = json!({
        "id": format!("evt_self_{now}"), "timestamp": now, "event": SELF_POSTED_KIND, "session": session, "payload": {},
    });
    let body = body.to_string();
    let mut client = crate::http_client::builder().redirect(Policy::none()).timeout(TIMEOUT);
    if is_this_machine(url) {
        client = client.no_proxy();
    }
    let post = client.build()?.post(url).header(header::CONTENT_TYPE, "application/json");
    let post = post.header(SIGNATURE_HEADER, sign(key.as_bytes(), body.as_bytes()));
    let answer = post.header(ALGORITHM_HEADER, ALGORITHM).body(body).send().await?;
    let location = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).map(clean_line);
    let status = answer.status().as_u16();
    let body = answer.json().await.unwrap_or_default();
    Ok(Answer { status, location, body })
}

fn judge(answer: Answer) -> TrialOutcome {
    let Answer { status, location, body } = answer;
    let says = |error: &str| body.get("error").and_then(Value::as_str) == Some(error);
    match status {
        200 if body.get("ignored") == Some(&Value::Bool(true)) => TrialOutcome::Arrived,
        200..=299 => TrialOutcome::OtherServer { status },
        300..=399 => TrialOutcome::Redirected { status, to: location },
        401 | 403 if says("bad signature") => TrialOutcome::SignatureRefused,
        401 | 403 => TrialOutcome::LoginWanted { status },
        404 if says("no such instance") => TrialOutcome::OtherDaemon,
        404 => TrialOutcome::NotFound,
        503 if says("too many deliveries at once") => TrialOutcome::Busy,
        status => TrialOutcome::OtherStatus { status },
    }
}

/// Does this address lead every machine to itself?
fn is_this_machine(url: &str) -> bool {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    matches!(host, "localhost" | "0.0.0.0" | "[::]" | "[::1]") || host.starts_with("127.")
}

/// Is a server at another machine than this one? One whose name leads nowhere may be anywhere.
async fn is_elsewhere(url: &str) -> bool {
    if is_this_machine(url) {
        return false;
    }
    let Ok(parsed) = Url::parse(url) else { return false };
    let (Some(host), Some(port)) = (parsed.host_str(), parsed.port_or_known_default()) else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match timeout(TIMEOUT, lookup_host((host, port))).await {
        Ok(Ok(mut found)) => !found.any(|at| is_own(at.ip())),
        Ok(Err(_)) | Err(_) => true,
    }
}

/// Has this machine the address? Only then the system lets something listen there.
fn is_own(address: IpAddr) -> bool {
    UdpSocket::bind((address, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mean_whoever_asks() {
        for (url, expected) in [
            ("http://127.0.0.1:8480/webhooks/waha/x", true),
            ("http://localhost/x", true),
            ("http://0.0.0.0:8480", true),
            ("http://[::1]:8480", true),
            ("https://hooks.example/127.0.0.1", false),
            ("http://waha:3000", false),
        ] {
            assert_eq!(is_this_machine(url), expected, "{url}");
        }
        assert!(is_own(IpAddr::from([127, 0, 0, 1])) && !is_own(IpAddr::from([192, 0, 2, 1])));
    }

    #[tokio::test]
    async fn an_address_of_this_machine_means_another_one_to_a_waha_elsewhere() {
        let tried = async |waha: &str| {
            let url = "http://127.0.0.1:9/webhooks/waha/x";
            WebhookTrial::run(url, Some(waha), "key", "default", Timestamp::from_seconds(1)).await
        };
        let elsewhere = tried("http://192.0.2.1:3000").await;
        assert_eq!(elsewhere.outcome, TrialOutcome::MeansItself { waha: "http://192.0.2.1:3000".to_owned() });
        assert_eq!(elsewhere.level(), Some(FindingLevel::Failed));
        let here = tried("http://localhost:3000").await;
        assert!(matches!(&here.outcome, TrialOutcome::Unreached { reason } if reason.contains("refused")), "{here:?}");
        assert_eq!(here.level(), Some(FindingLevel::Failed), "nobody listens on this machine");
    }

    #[test]
    fn only_our_own_answer_is_right() {
        let trial = |status, body| {
            let outcome = judge(Answer { status, location: None, body });
            WebhookTrial { url: "http://hooks.example/x".to_owned(), outcome }
        };
        let ours = json!({"ignored": true});
        for (status, body, word) in [
            (200, json!({"stored": true}), "somebody else"),
            (204, Value::Null, "somebody else"),
            (301, ours.clone(), "redirects"),
            (401, json!({"error": "bad signature"}), "signature"),
            (401, Value::Null, "login"),
            (404, json!({"error": "no such instance"}), "another daemon"),
            (404, Value::Null, "nowhere"),
            (502, Value::Null, "502"),
            (503, Value::Null, "503"),
        ] {
            let trial = trial(status, body);
            assert_eq!(trial.level(), Some(FindingLevel::Failed), "{status}");
            assert!(trial.words().contains(word) && trial.remedy().is_some(), "{status}: {}", trial.words());
        }
        assert_eq!((trial(200, ours.clone()).level(), trial(200, ours).remedy()), (None, None));
        assert_eq!(trial(503, json!({"error": "too many deliveries at once"})).level(), None);
        let outcome = TrialOutcome::Unreached { reason: "timed out".to_owned() };
        let unreached = WebhookTrial { url: "https://hooks.example/x".to_owned(), outcome };
        assert_eq!(unreached.level(), Some(FindingLevel::Warning), "WAHA may reach it from where it is");
    }
}
