//! A delivery that means nothing, posted where WAHA posts: signed with the number's key, of a kind that the daemon
//! ignores. It proves that this machine reaches the daemon's port, and nothing of WAHA. It finds wrong addresses, proxies that redirect or change what passes, and somebody else at our address.

use std::time::Duration;

use anyhow::Context;
use mychatflow_daemon::cx::Clients;
use mychatflow_daemon::http::signature::{ALGORITHM, ALGORITHM_HEADER, SIGNATURE_HEADER, sign};
use mychatflow_daemon::waha::session_config::webhook_of;
use mychatflow_data::client::ClientError;
use mychatflow_data::model::delivery::SELF_POSTED_KIND;
use mychatflow_data::protocol::calls::instance::{InstanceShown, InstanceWebhook, Key, Secret};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::name::InstanceName;
use mychatflow_data::time::Timestamp;
use reqwest::redirect::Policy;
use reqwest::{Url, header};
use serde_json::{Value, json};

use super::numbers::Which;
use super::{Check, State, soon};
use crate::output::age;

/// How long the answer may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Posts it, and reads the answer.
pub async fn check(which: &Which<'_>, shown: &InstanceShown, clients: Option<&Clients>, now: Timestamp) -> Check {
    let label = format!("webhook {}", shown.instance.name);
    let name = InstanceName::from(which.id.as_str());
    let asked = InstanceWebhook { tenant: Some(which.tenant.clone()), name, reveal: Key::Revealed };
    let told = match soon(which.client.call(&asked)).await {
        Ok(told) => told,
        Err(error) if is_forbidden(&error) => {
            return Check::warning(
                label,
                "not tried: only the owner may have the key",
                "ask the owner to run the doctor",
            );
        }
        Err(error) => {
            return Check::failed(label, format!("{error:#}"), which.command("webhook", &shown.instance.name));
        }
    };
    let Some(key) = told.hmac_key else {
        return Check::failed(label, "the number has no key", which.command("restart", &shown.instance.name));
    };
    // Where WAHA really posts to, as long as it can be asked.
    let url = configured(shown, clients).await.unwrap_or(told.url);
    let waha = clients.and_then(|clients| clients.wahas.get(&shown.instance.waha));
    if let Some(waha) = waha.filter(|waha| is_this_machine(&url) && !is_this_machine(waha.url())) {
        let detail = format!("WAHA is at {}, and {url} means itself there", waha.url());
        let remedy = "set webhook.public_url to the address of this machine as WAHA sees it, and webhook.listen to take \
                      connections from there, then start the daemon anew";
        return Check::failed(label, detail, remedy);
    }
    match post(&url, &key, &shown.instance.session).await {
        Ok(answer) => with_deliveries(judged(label, &url, &answer), shown.instance.heard_at, now),
        Err(error) => {
            let remedy = "is the daemon's webhook.listen reachable at webhook.public_url? correct one of them, then: \
                          mychatflow daemon reload";
            Check::failed(label, format!("{url} can't be reached from here: {error:#}"), remedy)
        }
    }
}

/// What was posted from here says nothing of WAHA: its own deliveries do.
fn with_deliveries(check: Check, heard_at: Option<Timestamp>, now: Timestamp) -> Check {
    if check.state != State::Ok {
        return check;
    }
    match heard_at {
        Some(at) => {
            let detail = format!("{}; WAHA's last own delivery came {}", check.detail, age(at, now));
            Check { detail, ..check }
        }
        None => Check::warning(
            check.name,
            format!("{}; WAHA itself has delivered nothing yet", check.detail),
            "mychatflow doctor --probe sends a message and waits for its delivery",
        ),
    }
}

fn is_forbidden(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Refused(refusal)) => matches!(refusal.code, Code::Forbidden | Code::Unauthenticated),
        _ => false,
    }
}

async fn configured(shown: &InstanceShown, clients: Option<&Clients>) -> Option<String> {
    let waha = clients?.wahas.get(&shown.instance.waha)?;
    let session = soon(waha.session(&shown.instance.session)).await.ok()??;
    webhook_of(session.config.as_ref()?, &shown.instance.id.to_string())
}

/// What came back.
struct Answered {
    status: u16,
    location: Option<String>,
    body: Value,
}

async fn post(url: &str, key: &Secret, session: &str) -> anyhow::Result<Answered> {
    let url = Url::parse(url).context("not an address")?;
    let now = Timestamp::now().millis();
    let body = json!({
        "id": format!("evt_doctor_{now}"), "timestamp": now, "event": SELF_POSTED_KIND, "session": session, "payload": {},
    });
    let body = body.to_string();
    let mut client = mychatflow_daemon::http_client::builder().redirect(Policy::none()).timeout(TIMEOUT);
    if is_this_machine(url.as_str()) {
        client = client.no_proxy();
    }
    let post = client.build()?.post(url).header(header::CONTENT_TYPE, "application/json");
    let post = post.header(SIGNATURE_HEADER, sign(key.expose().as_bytes(), body.as_bytes()));
    let answer =
        post.header(ALGORITHM_HEADER, ALGORITHM).body(body).send().await.map_err(reqwest::Error::without_url)?;
    let location = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
    let status = answer.status().as_u16();
    let body = answer.json().await.unwrap_or_default();
    Ok(Answered { status, location, body })
}

/// Does this address lead every machine to itself?
fn is_this_machine(url: &str) -> bool {
    let url = Url::parse(url).ok();
    let host = url.as_ref().and_then(Url::host_str).unwrap_or_default();
    matches!(host, "localhost" | "0.0.0.0" | "[::]" | "[::1]") || host.starts_with("127.")
}

fn judged(label: String, url: &str, answer: &Answered) -> Check {
    let Answered { status, location, body } = answer;
    let base = "correct webhook.public_url or the proxy, then: mychatflow daemon reload";
    match status {
        200 if body.get("ignored") == Some(&Value::Bool(true)) => {
            Check::ok(label, format!("from this machine a signed delivery got through to {url}"))
        }
        200..=299 => Check::failed(label, format!("somebody else answers at {url} (status {status})"), base),
        300..=399 => {
            let to = location.as_deref().unwrap_or("nowhere");
            let detail = format!("{url} redirects to {to} (status {status}), and WAHA does not follow");
            Check::failed(label, detail, format!("set webhook.public_url to where it really is; {base}"))
        }
        401 | 403 if body.get("error").and_then(Value::as_str) == Some("bad signature") => {
            let detail =
                format!("{url} does not take the signature: a proxy changes the body, or another daemon answers");
            Check::failed(label, detail, base)
        }
        401 | 403 => Check::failed(label, format!("something before the daemon wants a login at {url}"), base),
        404 if body.get("error").and_then(Value::as_str) == Some("no such instance") => {
            Check::failed(label, format!("another daemon answers at {url}: it does not know this number"), base)
        }
        404 => Check::failed(label, format!("{url} leads nowhere (status 404)"), base),
        503 => {
            Check::failed(label, format!("the daemon can't take deliveries now, at {url}"), "mychatflow daemon status")
        }
        status => Check::failed(label, format!("{url} answers {status}"), base),
    }
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
    }

    #[test]
    fn only_our_own_answer_is_right() {
        let ignored = json!({"ignored": true});
        for (status, body, state, word) in [
            (200, ignored.clone(), State::Ok, "got through"),
            (200, json!({"stored": true}), State::Failed, "somebody else"),
            (204, Value::Null, State::Failed, "somebody else"),
            (301, ignored, State::Failed, "redirects"),
            (401, json!({"error": "bad signature"}), State::Failed, "signature"),
            (401, Value::Null, State::Failed, "login"),
            (404, json!({"error": "no such instance"}), State::Failed, "another daemon"),
            (404, Value::Null, State::Failed, "nowhere"),
            (502, Value::Null, State::Failed, "502"),
        ] {
            let check = judged("webhook".to_owned(), "http://h/x", &Answered { status, location: None, body });
            assert_eq!(check.state, state, "{status}");
            assert!(check.detail.contains(word), "{status}: {}", check.detail);
        }
    }
}
