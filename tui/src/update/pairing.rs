//! Pairing: asks for codes, renews them, and says how it ended.

use mychatflow_data::ids::InstanceId;
use mychatflow_data::model::instance::{InstanceStatus, Me};
use mychatflow_data::protocol::calls::instance::{
    InstanceDocument, InstancePair, InstancePairing, InstanceQr, InstanceRestart, Picture, QrCode,
};
use mychatflow_data::protocol::calls::overview::OverviewShow;
use mychatflow_data::protocol::error::Code;
use mychatflow_data::protocol::name::InstanceName;

use super::{Cx, Handled, numbers, triage};
use crate::action::Action;
use crate::layout::overlay::Parts;
use crate::layout::pairing as laid;
use crate::msg::{Answer, Effect, PhoneWish, Refusal};
use crate::notify::Notification;
use crate::state::overlay::Overlay;
use crate::state::pairing::{AGAIN, Pairing, PhoneCode, Progress, SAME_AGAIN, Scan};
use crate::state::toasts::Tone;
use crate::state::{Guide, State};
use crate::text::CleanText;
use crate::widgets::qr::QrPicture;

/// Opens the pairing of a number and begins it.
pub fn open(state: &mut State, id: InstanceId, name: &str, cx: &mut Cx<'_>) {
    state.overlays.push(Overlay::Pairing(Box::new(Pairing::new(id, name))));
    begin(state, cx);
}

/// The pairing that is open, topmost or under a question.
fn pairing(state: &mut State) -> Option<&mut Pairing> {
    state.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Pairing(pairing) => Some(&mut **pairing),
        _ => None,
    })
}

/// The pairing that is open for the number of a call.
fn pairing_of<'a>(state: &'a mut State, name: &InstanceName) -> Option<&'a mut Pairing> {
    pairing(state).filter(|pairing| numbers::name_of(pairing.instance) == *name)
}

/// A new cycle of codes.
fn begin(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(pairing) = pairing(state) else { return };
    pairing.progress = Progress::Starting;
    (pairing.asked_at, pairing.again_at) = (Some(cx.now), None);
    cx.ask(InstancePair { tenant, name: numbers::name_of(pairing.instance), phone: None });
}

/// The session begins anew: from where it is, WAHA would show no codes.
fn restart(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(pairing) = pairing(state) else { return };
    pairing.progress = Progress::Starting;
    (pairing.asked_at, pairing.again_at) = (Some(cx.now), None);
    cx.ask(InstanceRestart { tenant, name: numbers::name_of(pairing.instance) });
}

/// Asks for the code that shows now.
fn ask(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(pairing) = pairing(state) else { return };
    (pairing.asked_at, pairing.again_at) = (Some(cx.now), pairing.again_at.map(|_| cx.now + AGAIN));
    cx.ask(InstanceQr { tenant, name: numbers::name_of(pairing.instance), png: Picture::Without });
}

/// What is on the screen is read again: the connection is back.
pub fn again(state: &mut State, cx: &mut Cx<'_>) {
    let waits = |pairing: &mut Pairing| matches!(pairing.progress, Progress::Starting | Progress::Scan(_));
    if pairing(state).is_some_and(waits) {
        ask(state, cx);
    }
}

/// Does something while a number is being paired.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let rung = match cx.seen.overlays.last().map(|laid| &laid.parts) {
        Some(Parts::Pairing { rung, .. }) => Some(*rung),
        _ => None,
    };
    let (area, guide) = (cx.seen.area, state.guide);
    let Some(Overlay::Pairing(pairing)) = state.overlays.last_mut() else { return Handled::No };
    match (action, &pairing.progress) {
        (Action::QrRung, Progress::Scan(scan)) => {
            let modules = scan.picture.as_ref().map(QrPicture::modules);
            if let (Some(rung), Some(modules)) = (rung, modules) {
                let next = laid::next(rung, modules, area, state);
                self::pairing(state).into_iter().for_each(|pairing| pairing.rung = Some(next));
            }
        }
        (Action::QrInvert, Progress::Scan(_)) => pairing.tone = pairing.tone.flipped(),
        (Action::QrSave, Progress::Scan(scan)) => {
            let effect = Effect::SaveQr { name: pairing.name.clone(), value: scan.code.value.clone() };
            cx.want(effect);
        }
        (Action::PlayPhone, Progress::Scan(_)) if guide != Guide::Off => {
            cx.want(Effect::Phone(PhoneWish::Scan { name: pairing.name.clone() }));
        }
        (Action::Copy, Progress::Type(code)) => {
            cx.want(Effect::Copy(code.code.clone()));
            state.toasts.say(Tone::Good, "the code is on the clipboard", cx.now);
        }
        (Action::Submit, Progress::Paired(_)) => {
            state.overlays.pop();
            if triage::wanted(state) > 0 {
                triage::open(state, cx);
            }
        }
        (Action::Pair, Progress::Passkey | Progress::PasskeyConfirmation | Progress::Other(_)) => restart(state, cx),
        (Action::Pair, progress) if !matches!(progress, Progress::Paired(_)) => begin(state, cx),
        (Action::PairByPhone, progress) if !matches!(progress, Progress::Paired(_)) => {
            let (id, name) = (pairing.instance, pairing.name.clone());
            numbers::by_phone(state, id, &name);
        }
        _ => return Handled::No,
    }
    Handled::Yes
}

/// Takes an answer.
pub fn answered(state: &mut State, answer: Answer, cx: &mut Cx<'_>) {
    match answer {
        Answer::InstancePair(asked, reply) if asked.phone.is_some() => typed(state, asked, reply, cx),
        Answer::InstancePair(asked, reply) => {
            let Some(pairing) = pairing_of(state, &asked.name) else { return };
            match reply {
                Ok(InstancePairing { status, .. }) => move_to(state, status, None, None, cx),
                Err(refusal) => refuse(pairing, refusal),
            }
        }
        Answer::InstanceQr(asked, Ok(code)) => {
            if let Some(pairing) = pairing_of(state, &asked.name) {
                take(pairing, code, cx);
            }
        }
        Answer::InstanceQr(asked, Err(refusal)) => {
            let Some(pairing) = pairing_of(state, &asked.name) else { return };
            // While the session starts there is none yet, and a code that still counts is not spoilt.
            let told = match &pairing.progress {
                Progress::Starting => refusal.code != Some(Code::NotConnected),
                Progress::Scan(scan) => scan.left(cx.now).is_zero(),
                _ => false,
            };
            if told {
                refuse(pairing, refusal);
            }
        }
        _ => {}
    }
}

/// The broken connection is told by itself, and goes on when it is back.
fn refuse(pairing: &mut Pairing, refusal: Refusal) {
    if refusal.code.is_some() {
        pairing.progress = Progress::Refused(refusal.text);
    }
}

/// A code to scan has come, unless a later one is here.
fn take(pairing: &mut Pairing, code: QrCode, cx: &Cx<'_>) {
    let newer = match &pairing.progress {
        Progress::Starting | Progress::UsedUp | Progress::Refused(_) | Progress::Failed(_) => true,
        Progress::Scan(scan) => code.shown_at >= scan.code.shown_at,
        _ => false,
    };
    if newer {
        let same = |scan: &Scan| scan.code.value == code.value && scan.code.attempt != code.attempt;
        let still_same = pairing.again_at.is_some() && pairing.scan().is_some_and(|scan| scan.code.value == code.value);
        let old = pairing.scan().is_some_and(same) || still_same;
        pairing.again_at = old.then(|| cx.now + SAME_AGAIN);
        pairing.progress = Progress::Scan(Box::new(Scan::new(code)));
    }
}

/// A code to type into the phone has come, or was refused: then the form said why.
fn typed(state: &mut State, asked: InstancePair, reply: Result<InstancePairing, Refusal>, cx: &mut Cx<'_>) {
    let Ok(told) = reply else { return };
    if pairing_of(state, &asked.name).is_none() {
        state.overlays.push(Overlay::Pairing(Box::new(Pairing::new(told.id, &told.name))));
    }
    let Some(pairing) = pairing(state) else { return };
    match (asked.phone, told.code) {
        (Some(phone), Some(code)) => {
            let code = CleanText::line(code.expose()).into_string();
            pairing.progress = Progress::Type(PhoneCode { phone, code });
        }
        _ => move_to(state, told.status, None, None, cx),
    }
}

/// A number is as the daemon says now.
pub fn changed(state: &mut State, number: &InstanceDocument, cx: &mut Cx<'_>) {
    if pairing(state).is_some_and(|pairing| pairing.instance == number.id) {
        move_to(state, number.status.clone(), number.me.clone(), number.reason.clone(), cx);
    }
}

/// The numbers were read again: the one being paired may have moved on meanwhile.
pub fn listed(state: &mut State, cx: &mut Cx<'_>) {
    use InstanceStatus as S;
    let Some(pairing) = pairing(state) else { return };
    let (id, starts) = (pairing.instance, matches!(pairing.progress, Progress::Starting));
    let number = state.numbers.rows.items().iter().find(|number| number.id == id).cloned();
    let tells = |number: &InstanceDocument| match &number.status {
        Some(S::Starting | S::Stopped) | None => false,
        // A list is no sign of a new code.
        Some(S::ScanQrCode) => starts,
        Some(_) => true,
    };
    if let Some(number) = number.filter(tells) {
        changed(state, &number, cx);
    }
}

/// The session is in another state.
fn move_to(state: &mut State, status: Option<InstanceStatus>, me: Option<Me>, reason: Option<String>, cx: &mut Cx<'_>) {
    use InstanceStatus as S;
    let Some(pairing) = pairing(state) else { return };
    let types = matches!(pairing.progress, Progress::Type(_));
    pairing.progress = match status {
        Some(S::Working) => return paired(state, me, cx),
        // A code for the phone lives beside those that could be scanned.
        Some(S::ScanQrCode | S::Starting) if types => return,
        Some(S::ScanQrCode) => return ask(state, cx),
        Some(S::Starting | S::Stopped) | None => Progress::Starting,
        Some(S::Failed) if pairing.scan().is_some_and(Scan::is_last) => Progress::UsedUp,
        Some(S::Failed) => Progress::Failed(reason),
        Some(S::PasskeyRequired) => Progress::Passkey,
        Some(S::PasskeyConfirmationRequired) => Progress::PasskeyConfirmation,
        Some(other) => Progress::Other(other),
    };
}

fn paired(state: &mut State, me: Option<Me>, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(pairing) = pairing(state) else { return };
    let first = !matches!(pairing.progress, Progress::Paired(_));
    if first || me.is_some() {
        pairing.progress = Progress::Paired(me.clone());
    }
    if first {
        let title = CleanText::line(&format!("{} is paired", pairing.name));
        let phone = me.and_then(|me| me.id.phone()).map(|phone| phone.to_string()).unwrap_or_default();
        cx.want(Effect::Notify(Notification { title, body: CleanText::line(&phone) }));
        // How many people are known from before.
        cx.ask(OverviewShow { tenant });
    }
}

/// A time that was asked for has come: a code that is over is asked for again, and so is one that did not come.
pub fn woke(state: &mut State, cx: &mut Cx<'_>) {
    let now = cx.now;
    let Some(pairing) = pairing(state) else { return };
    let same_again = pairing.again_at.is_some_and(|at| now >= at);
    let due = pairing.asked_at.is_none_or(|at| now >= at + AGAIN);
    match &pairing.progress {
        // The daemon would begin a new cycle by itself; that is for a person to say.
        Progress::Scan(scan) if scan.left(now).is_zero() && scan.is_last() => pairing.progress = Progress::UsedUp,
        Progress::Scan(_) if same_again => ask(state, cx),
        Progress::Scan(scan) if !scan.left(now).is_zero() => {}
        Progress::Scan(_) | Progress::Starting if due => ask(state, cx),
        _ => {}
    }
}
