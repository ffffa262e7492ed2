//! `instance …`

use std::path::Path;
use std::time::Duration;

use anyhow::bail;
use futures_util::StreamExt;
use mychatflow_data::client::{Client, ClientError};
use mychatflow_data::model::instance::{InstanceStatus, condition};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::events::EventsSubscribe;
use mychatflow_data::protocol::calls::instance::{
    InstanceAdd, InstanceAdded, InstanceDocument, InstanceList, InstanceLogout, InstancePair, InstanceQr,
    InstanceRemove, InstanceRestart, InstanceShow, InstanceShown, InstanceWebhook, QrCode, SessionFate,
    WebhookDocument,
};
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::event::Topic;
use mychatflow_data::protocol::name::{InstanceName, TenantName};
use mychatflow_data::time::Timestamp;
use mychatflow_data::user_file::{Existing, Readers, write_user_file};
use tokio::time::Instant;

use super::qr::{self, Canvas, TooSmall};
use super::{Cx, findings, is_stdout, not_written};
use crate::cli::instance::InstanceVerb;
use crate::output::{self, Format, Table, age, age_or, clean, facts, note, typed};

/// How long pairing is watched without any change.
const PAIRING_PATIENCE: Duration = Duration::from_secs(300);

/// How long after the end of a code the next one is asked for: after the last one WAHA says meanwhile that pairing has failed.
const NEXT_CODE_AFTER: Duration = Duration::from_secs(3);

/// Runs one verb.
pub async fn run(cx: &Cx, verb: InstanceVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        InstanceVerb::Add { name, waha, session } => {
            let params = InstanceAdd { tenant, name, waha, session: Some(session) };
            cx.show(&params, added).await
        }
        InstanceVerb::List(limit) => {
            let params = |limit, after| InstanceList { tenant: tenant.clone(), limit, after };
            cx.list(limit, params, |instances| table(cx, instances)).await
        }
        InstanceVerb::Show { name } => {
            cx.show(&InstanceShow { tenant, name: name.into() }, |shown| full(cx, shown)).await
        }
        InstanceVerb::Qr { name, png } => {
            let name = named_or_only(cx, name).await?;
            let code = cx.call(&InstanceQr { tenant, name: name.clone(), png: false.into() }).await?;
            match png {
                Some(path) => picture(&path, &code),
                None if cx.output.format() == Format::Json => cx.output.json(&code),
                None => {
                    // First, so that what goes off a small screen is this line and not the code.
                    note(&code_line(&code, cx.now));
                    Canvas::new(cx.output).show(&code.value, &name)
                }
            }
        }
        InstanceVerb::Pair { name, phone } => pair(cx, name.into(), phone).await,
        InstanceVerb::Restart { name } => cx.show(&InstanceRestart { tenant, name: name.into() }, status_line).await,
        InstanceVerb::Logout { name } => cx.show(&InstanceLogout { tenant, name: name.into() }, status_line).await,
        InstanceVerb::Remove { name, delete_session } => {
            let params = InstanceRemove { tenant, name: name.into(), delete_session: delete_session.into() };
            cx.show(&params, |removed| {
                let session = match removed.session_deleted {
                    SessionFate::Keep => "its session stays on the server",
                    SessionFate::Delete => "its session was deleted",
                };
                format!("{} is gone; {session}", clean(&removed.name))
            })
            .await
        }
        InstanceVerb::Webhook { name, reveal } => {
            let params = InstanceWebhook { tenant, name: name.into(), reveal: reveal.into() };
            cx.show(&params, webhook).await
        }
    }
}

/// The number that was named, or the only one there is.
async fn named_or_only(cx: &Cx, name: Option<String>) -> anyhow::Result<InstanceName> {
    if let Some(name) = name {
        return Ok(name.into());
    }
    let page = cx.call(&InstanceList { tenant: cx.tenant(), ..InstanceList::default() }).await?;
    match page.items.as_slice() {
        [only] => Ok(InstanceName::from(only.id.to_string())),
        [] => bail!("there is no number yet; next: mychatflow instance add NAME --waha main --session default"),
        several => {
            let names: Vec<String> = several.iter().map(|number| typed(&number.name)).collect();
            bail!("there are several numbers: say which, one of {}", names.join(", "))
        }
    }
}

fn added(added: &InstanceAdded) -> String {
    let next = match &added.status {
        None => "WAHA could not be reached; the daemon goes on trying. Watch: mychatflow daemon status".to_owned(),
        Some(InstanceStatus::Working) => "it is paired and working".to_owned(),
        Some(status) => format!("it is {}; next: mychatflow instance pair {}", status, typed(&added.name)),
    };
    format!("{} is in, session {} on {}; {next}\n", clean(&added.name), clean(&added.session), clean(&added.waha))
}

fn status_of(status: Option<&InstanceStatus>) -> String {
    status.map_or_else(|| "not reached".to_owned(), ToString::to_string)
}

fn status_line(instance: &InstanceDocument) -> String {
    let helps = instance.remedy.as_ref().map(|remedy| format!("; {}", clean(remedy))).unwrap_or_default();
    let status = status_of(instance.status.as_ref());
    format!(
        "{} is {} ({}){helps}",
        clean(&instance.name),
        clean(&status),
        condition(instance.status.as_ref(), instance.verdict)
    )
}

fn me(instance: &InstanceDocument) -> String {
    let Some(me) = &instance.me else { return "not paired".to_owned() };
    let number = me.id.phone().map_or_else(|| me.id.to_string(), |phone| phone.to_string());
    me.name.as_ref().map_or(number.clone(), |name| format!("{number} ({name})"))
}

fn table(cx: &Cx, instances: &[InstanceDocument]) -> Table {
    let empty = "no numbers yet; next: mychatflow instance add NAME --waha main --session default";
    let mut table = Table::new(["NAME", "STATUS", "VERDICT", "SINCE", "HEARD", "ACCOUNT", "SESSION"], empty);
    for instance in instances {
        let verdict = condition(instance.status.as_ref(), instance.verdict);
        let verdict = match &instance.reason {
            Some(reason) => format!("{verdict}: {reason}"),
            None => verdict.to_owned(),
        };
        table.row([
            instance.name.clone(),
            status_of(instance.status.as_ref()),
            verdict,
            age(instance.since, cx.now),
            age_or(instance.heard_at, cx.now, "never"),
            me(instance),
            format!("{} on {}", instance.session, instance.waha),
        ]);
        if let Some(remedy) = &instance.remedy {
            table.hint(&format!("{}: {}", clean(&instance.name), clean(remedy)));
        }
    }
    table
}

fn full(cx: &Cx, shown: &InstanceShown) -> String {
    let InstanceShown { instance, webhook_url, history, drift, findings: wrong } = shown;
    let asked = instance.asked_at.map(|at| format!(", asked {}", age(at, cx.now))).unwrap_or_default();
    let server = [instance.engine.as_deref(), instance.version.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    let mut text = facts([
        ("name", instance.name.clone()),
        ("id", instance.id.to_string()),
        ("account", me(instance)),
        ("status", format!("{}, {}{asked}", status_of(instance.status.as_ref()), age(instance.since, cx.now))),
        ("verdict", condition(instance.status.as_ref(), instance.verdict).to_owned()),
        ("reason", instance.reason.clone().unwrap_or_default()),
        ("what helps", instance.remedy.as_deref().map(clean).unwrap_or_default()),
        ("session", format!("{} on {}", instance.session, instance.waha)),
        ("server", server.join(" ")),
        ("paired", age_or(instance.paired_at, cx.now, "never")),
        ("heard", age_or(instance.heard_at, cx.now, "never")),
        ("new chats", instance.new_chats.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("webhook", webhook_url.clone()),
    ]);
    if !wrong.is_empty() {
        text.push_str(&format!("\n{}", findings::lines(wrong, cx.now)));
    }
    for difference in drift {
        let (what, wanted, found) = (clean(&difference.what), clean(&difference.wanted), clean(&difference.found));
        text.push_str(&format!("\nnot as it should be: {what}\n  wanted  {wanted}\n  found   {found}\n"));
    }
    if !history.is_empty() {
        text.push_str("\nhistory\n");
    }
    for change in history {
        let reason = change.reason.as_ref().map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
        let (when, status) = (age(change.at, cx.now), clean(&status_of(change.status.as_ref())));
        text.push_str(&format!(
            "  {when:>9}  {status}, {}{reason}\n",
            condition(change.status.as_ref(), change.verdict)
        ));
    }
    text
}

fn webhook(webhook: &WebhookDocument) -> String {
    let key = webhook.hmac_key.as_ref().map_or("hidden; --reveal prints it", |key| key.expose());
    facts([("url", webhook.url.clone()), ("hmac key", key.to_owned())])
}

fn picture(path: &Path, code: &QrCode) -> anyhow::Result<()> {
    let bytes = qr::png(&code.value)?;
    if is_stdout(path) {
        return output::raw(&bytes);
    }
    // Whoever has the code can pair a phone of theirs. Each code takes the place of the one before.
    write_user_file(path, &bytes, Existing::Replace, Readers::Owner).map_err(not_written)?;
    note(&format!("written to {}", path.display()));
    Ok(())
}

fn code_line(code: &QrCode, now: Timestamp) -> String {
    let left = code.expires_at.since(now).as_secs();
    format!(
        "code {} of {}, {left} s left. On the phone: WhatsApp, Linked devices, Link a device.",
        code.attempt, code.attempts_max
    )
}

/// Shows the code and follows it until a phone has scanned it.
pub(super) async fn pair(cx: &Cx, name: InstanceName, phone: Option<Phone>) -> anyhow::Result<()> {
    let client = cx.connect().await?;
    let wanted =
        EventsSubscribe { tenant: cx.tenant(), topics: vec![Topic::InstanceChanged], ..EventsSubscribe::default() };
    // Before pairing begins, so that no change slips through.
    let mut changes = client.subscribe(&wanted).await?;
    let pairing = client.call(&InstancePair { tenant: cx.tenant(), name: name.clone(), phone }).await?;
    if cx.output.format() == Format::Json {
        return cx.output.json(&pairing);
    }
    if let Some(code) = &pairing.code {
        cx.output.text(code.expose())?;
        note(
            "On the phone: WhatsApp, Linked devices, Link a device, Link with phone number instead. Type this code there.",
        );
    }
    let by_code = pairing.code.is_some();
    let mut canvas = Canvas::new(cx.output);
    let mut drawn: Option<String> = None;
    let mut quiet_since = Instant::now();
    loop {
        // A code that is over gives way to the next one, told or not.
        let mut until_next = PAIRING_PATIENCE;
        let shown = client.call(&InstanceShow { tenant: cx.tenant(), name: name.clone() }).await?;
        match shown.instance.status {
            Some(InstanceStatus::Working) => {
                return cx.output.text(&format!(
                    "\x07{} is paired: hello {}",
                    clean(&shown.instance.name),
                    clean(&me(&shown.instance))
                ));
            }
            Some(InstanceStatus::Failed) => {
                bail!(
                    "pairing ended without a scan; once more: mychatflow instance pair {}",
                    typed(&shown.instance.name)
                );
            }
            Some(InstanceStatus::ScanQrCode) if !by_code => {
                until_next = match draw(&client, cx.tenant(), &name, &mut canvas, &mut drawn).await? {
                    Some(left) => left + NEXT_CODE_AFTER,
                    None => NEXT_CODE_AFTER,
                };
            }
            _ => {}
        }
        let patience = PAIRING_PATIENCE.saturating_sub(quiet_since.elapsed());
        match tokio::time::timeout(patience.min(until_next), changes.next()).await {
            Ok(Some(_)) => quiet_since = Instant::now(),
            Err(_) if until_next < patience => {}
            Ok(None) => return Err(super::NoConnection::here("the connection broke while pairing").into()),
            Err(_) => bail!(
                "nothing happened for {} minutes; see mychatflow instance show {name}",
                PAIRING_PATIENCE.as_secs() / 60
            ),
        }
    }
}

/// Draws the code unless it is on the screen already. Says how long it counts; `None`: there is none any more, since a phone has
/// scanned it a moment ago or its time is over.
async fn draw(
    client: &Client,
    tenant: Option<TenantName>,
    name: &InstanceName,
    canvas: &mut Canvas,
    drawn: &mut Option<String>,
) -> anyhow::Result<Option<Duration>> {
    let code = match client.call(&InstanceQr { tenant, name: name.clone(), png: false.into() }).await {
        Err(ClientError::Refused(refusal)) if refusal.code == Code::Conflict => return Ok(None),
        code => code?,
    };
    let left = code.expires_at.since(Timestamp::now());
    if drawn.as_ref() == Some(&code.value) {
        return Ok(Some(left));
    }
    note(&code_line(&code, Timestamp::now()));
    match canvas.show(&code.value, name) {
        // The window may have grown when the next code comes.
        Err(error) if error.is::<TooSmall>() => note(&error.to_string()),
        shown => shown?,
    }
    *drawn = Some(code.value);
    Ok(Some(left))
}
