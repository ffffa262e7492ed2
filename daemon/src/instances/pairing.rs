//! Pairing: the code to scan or to type. Whoever has one can take the number over: they leave here for the caller only.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{Instance, InstanceStatus, StatusChange};
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::instance::{InstancePairing, Picture, QrCode, Secret};
use mychatflow_data::store::TenantStore;
use mychatflow_data::time::Timestamp;
use secrecy::ExposeSecret;

use super::{InstanceError, look, mend, server};
use crate::cx::Cx;
use crate::waha::{Waha, WahaError};

/// How long the first code of a cycle lives.
pub const QR_FIRST: Duration = Duration::from_secs(60);
/// How long each next one lives.
pub const QR_NEXT: Duration = Duration::from_secs(20);
/// How many codes a cycle has; after the last the session has failed.
pub const QR_CODES_MAX: u32 = 6;
/// How long a session is looked at after pairing began: as long as all codes of a cycle live.
const PAIRING_WATCH: Duration = Duration::from_secs(160);
/// How many of a number's last states are read to find the start of the cycle.
const HISTORY: i64 = 20;

/// The code that shows now. A session that has stopped or failed begins a new cycle.
///
/// # Errors
/// [`InstanceError::Conflict`] when the number is paired; [`InstanceError::NotConnected`] when WAHA shows no code.
pub async fn qr(
    cx: &Cx,
    tenant: &TenantStore,
    instance: InstanceId,
    picture: Picture,
) -> Result<QrCode, InstanceError> {
    let (found, waha) = begin(cx, tenant, instance).await?;
    // In STARTING the call waits for the code by itself.
    let value = waha.qr_raw(&found.session).await.map_err(|error| no_code(&found, error))?;
    let png = match picture {
        Picture::Without => None,
        Picture::Png => {
            let png = waha.qr_png(&found.session).await.map_err(|error| no_code(&found, error))?;
            Some(STANDARD.encode(png))
        }
    };
    let now = cx.now();
    look(cx, tenant, &found).await?;
    let history = tenant.instance_history(instance, HISTORY).await?;
    let (attempt, shown_at, expires_at) = code_at(cycle_start(&history).unwrap_or(now), now);
    let value = value.expose_secret().to_owned();
    cx.numbers.watch_code(instance, now.max(expires_at) + QR_NEXT);
    Ok(QrCode { value, attempt, attempts_max: QR_CODES_MAX, shown_at, expires_at, png })
}

/// Begins pairing; with a phone number, by a code to type into that phone.
///
/// # Errors
/// As [`qr`].
pub async fn pair(
    cx: &Cx,
    tenant: &TenantStore,
    instance: InstanceId,
    phone: Option<&Phone>,
) -> Result<InstancePairing, InstanceError> {
    let (found, waha) = begin(cx, tenant, instance).await?;
    // Whether by webhook or not, the code to scan and the end of the pairing are noticed.
    cx.numbers.watch_code(instance, cx.now() + PAIRING_WATCH);
    let code = match phone {
        None => None,
        Some(phone) => {
            let code = waha.request_code(&found.session, phone).await.map_err(|error| no_code(&found, error))?;
            Some(Secret::new(code.expose_secret()))
        }
    };
    look(cx, tenant, &found).await?;
    let seen = tenant.instance(instance).await?.ok_or(InstanceError::NotFound)?;
    Ok(InstancePairing { id: seen.id, name: seen.name, status: seen.status, code })
}

/// Brings a session to where it shows codes, or on its way there. The state is asked first: in the wrong one WAHA
/// would keep us waiting for ten seconds.
async fn begin(cx: &Cx, tenant: &TenantStore, instance: InstanceId) -> Result<(Instance, Waha), InstanceError> {
    let found = tenant.instance(instance).await?.ok_or(InstanceError::NotFound)?;
    let waha = server(cx, &found)?;
    let session = match look(cx, tenant, &found).await?.session {
        Some(session) => Some(session),
        None => mend(cx, tenant, instance).await?.looked.session,
    };
    match session.map(|session| session.status) {
        Some(InstanceStatus::Working) => return Err(paired(&found)),
        Some(status @ (InstanceStatus::Stopped | InstanceStatus::Failed)) => {
            let _turn = cx.numbers.turn(instance).await;
            // WAHA takes `start` of a failed session for one that runs already.
            match status {
                InstanceStatus::Failed => waha.restart_session(&found.session).await?,
                _ => waha.start_session(&found.session).await?,
            }
            let found = tenant.instance(instance).await?.ok_or(InstanceError::NotFound)?;
            look(cx, tenant, &found).await?;
        }
        Some(InstanceStatus::PasskeyRequired | InstanceStatus::PasskeyConfirmationRequired) => {
            let what = "WhatsApp asks for a passkey: finish the pairing on WAHA's dashboard";
            return Err(InstanceError::NotConnected(what.to_owned()));
        }
        _ => {}
    }
    let found = tenant.instance(instance).await?.ok_or(InstanceError::NotFound)?;
    Ok((found, waha))
}

fn paired(instance: &Instance) -> InstanceError {
    let phone = instance.me.as_ref().and_then(|me| me.id.phone());
    let with = phone.map(|phone| format!(" with {phone}")).unwrap_or_default();
    InstanceError::Conflict(format!("{} is already paired{with}: log it out to pair it anew", instance.name))
}

fn no_code(instance: &Instance, error: WahaError) -> InstanceError {
    match error {
        WahaError::NotReady { status: InstanceStatus::Working } => paired(instance),
        WahaError::NotReady { status } => {
            let what = format!("{} shows no code, the session is {status}: try again in a moment", instance.name);
            InstanceError::NotConnected(what)
        }
        other => other.into(),
    }
}

/// When the states that show codes began, newest state first.
fn cycle_start(history: &[StatusChange]) -> Option<Timestamp> {
    let scanning = |change: &&StatusChange| change.status == Some(InstanceStatus::ScanQrCode);
    history.iter().take_while(scanning).last().map(|change| change.at)
}

/// Which code of a cycle shows at an instant, since when and until when.
fn code_at(start: Timestamp, now: Timestamp) -> (u32, Timestamp, Timestamp) {
    let mut shown_at = start;
    let mut expires_at = start + QR_FIRST;
    let mut attempt = 1;
    while now >= expires_at && attempt < QR_CODES_MAX {
        shown_at = expires_at;
        expires_at = shown_at + QR_NEXT;
        attempt += 1;
    }
    (attempt, shown_at, expires_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_code_lives_a_minute_and_the_others_twenty_seconds() {
        let at = Timestamp::from_seconds;
        for (now, attempt, shown, expires) in [
            (0, 1, 0, 60),
            (59, 1, 0, 60),
            (60, 2, 60, 80),
            (79, 2, 60, 80),
            (80, 3, 80, 100),
            (159, 6, 140, 160),
            (400, 6, 140, 160),
        ] {
            assert_eq!(code_at(at(0), at(now)), (attempt, at(shown), at(expires)), "{now}");
        }
    }
}
