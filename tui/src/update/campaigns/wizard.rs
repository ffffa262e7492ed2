//! A campaign being made: from step to step, and what the daemon is asked meanwhile.

mod attach;
mod keep;
mod live;

pub use self::attach::came as attachment_read;
pub use self::keep::{answered, file_read};
pub use self::live::{due, previewed, woke};

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::instance::Verdict;
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignPreflight};
use mychatflow_data::protocol::calls::segment::SegmentList;
use mychatflow_data::protocol::name::CampaignName;

use super::{forms, info, preview};
use crate::action::Action;
use crate::key::{Key, KeyCode};
use crate::layout::Hit;
use crate::msg::Effect;
use crate::state::State;
use crate::state::campaigns::Heard;
use crate::state::confirm::{CampaignRest, ConfirmKind, Deed};
use crate::state::form::Touched;
use crate::state::input::Taken;
use crate::state::overlay::Overlay;
use crate::state::toasts::Tone;
use crate::state::wizard::{Beginnings, Entry, Keeping, Step, Wizard};
use crate::text::CleanText;
use crate::update::{Cx, Handled};

/// How many saved filters are offered.
const SEGMENTS: u32 = 200;

/// The wizard, under whatever lies over it.
pub fn of(state: &mut State) -> Option<&mut Wizard> {
    state.overlays.iter_mut().rev().find_map(|overlay| match overlay {
        Overlay::Wizard(wizard) => Some(&mut **wizard),
        _ => None,
    })
}

fn beginnings(state: &State) -> Beginnings {
    let mut numbers: Vec<_> = state.numbers.rows.items().iter().collect();
    // One that can send comes first.
    numbers.sort_by_key(|number| !matches!(number.verdict, Verdict::Healthy | Verdict::Quiet));
    Beginnings {
        taken: state.campaigns.rows.items().iter().map(|campaign| campaign.name.clone()).collect(),
        numbers: numbers.into_iter().map(|number| (number.id.to_string(), number.name.clone())).collect(),
        timezone: state.shop().map(|shop| shop.timezone.clone()).unwrap_or_default(),
    }
}

/// Begins a new campaign.
pub fn create(state: &mut State, cx: &mut Cx<'_>) {
    let wizard = Wizard::new(&beginnings(state));
    state.overlays.push(Overlay::Wizard(Box::new(wizard)));
    cx.ask(SegmentList { tenant: state.tenant_name(), limit: Some(SEGMENTS), ..SegmentList::default() });
}

/// Opens a draft to be changed.
pub fn edit(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    open(state, campaign, Step::Text, "edited", cx);
}

/// Opens a draft to be looked over.
pub fn look_over(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    open(state, campaign, Step::Check, "looked over", cx);
}

fn open(state: &mut State, campaign: &CampaignDocument, step: Step, what: &str, cx: &mut Cx<'_>) {
    if campaign.state != CampaignState::Draft {
        return info(state, &format!("only a draft can be {what}; this one is {}", campaign.state), cx);
    }
    let wizard = Wizard::of(campaign, &beginnings(state), step);
    state.overlays.push(Overlay::Wizard(Box::new(wizard)));
    entered(state, cx);
}

/// A step was entered: what it shows is asked for.
fn entered(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(wizard) = of(state) else { return };
    match (wizard.step, wizard.draft) {
        (Step::Check, Some(id)) => {
            wizard.preflight = Heard::Waiting;
            cx.ask(CampaignPreflight { tenant, name: CampaignName::from(id.to_string()) });
        }
        _ => live::ask(state, cx),
    }
}

fn go(state: &mut State, step: Step, cx: &mut Cx<'_>) {
    let Some(wizard) = of(state) else { return };
    (wizard.step, wizard.focus, wizard.scroll, wizard.refusal) = (step, 0, 0, None);
    entered(state, cx);
}

/// Does something.
pub fn act(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let Some(Overlay::Wizard(wizard)) = state.overlays.last_mut() else { return Handled::No };
    match (wizard.step, action) {
        (_, Action::Close) => back(state, cx),
        (_, Action::CampaignPreview) => read_preview(state, cx),
        (Step::Check, action) => return check(state, action, cx),
        (_, Action::Submit) => submit(state, cx),
        (_, Action::FocusNext | Action::FocusBack) => focus(wizard, action, cx),
        (_, Action::Up | Action::Down) => {
            let code = if action == Action::Up { KeyCode::Up } else { KeyCode::Down };
            let moved = match wizard.focused() {
                // Within a text of several lines the arrows move the cursor, and at its ends to the next field.
                Some(Entry::Field(field)) => {
                    let before = field.input.cursor().0;
                    field.input.key(Key::new(code));
                    field.input.cursor().0 != before
                }
                _ => false,
            };
            if !moved {
                focus(wizard, if action == Action::Up { Action::FocusBack } else { Action::FocusNext }, cx);
            }
        }
        (_, Action::Newline) => {
            if let Some(Entry::Field(field)) = wizard.focused() {
                field.input.newline();
                changed(wizard, cx);
            }
        }
        _ => return Handled::No,
    }
    Handled::Yes
}

/// Does something on the last page.
fn check(state: &mut State, action: Action, cx: &mut Cx<'_>) -> Handled {
    let Some(wizard) = of(state) else { return Handled::No };
    let Some(id) = wizard.draft else { return Handled::No };
    let total = crate::layout::wizard::check_rows(cx.seen);
    match action {
        Action::Up => wizard.scroll = wizard.scroll.saturating_sub(1),
        Action::Down => wizard.scroll = (wizard.scroll + 1).min(total),
        Action::Refresh => entered(state, cx),
        Action::CampaignKeep | Action::Submit => {
            state.overlays.retain(|overlay| !matches!(overlay, Overlay::Wizard(_)));
            let name = state.campaigns.rows.items().iter().find(|campaign| campaign.id == id);
            let words = name.map(|campaign| format!("{} is kept as a draft", CleanText::line(&campaign.name)));
            state.toasts.say(Tone::Good, &words.unwrap_or_else(|| "kept as a draft".to_owned()), cx.now);
        }
        Action::CampaignLaunch | Action::CampaignTest => {
            let kept = wizard.kept.clone();
            let listed = state.campaigns.rows.items().iter().find(|campaign| campaign.id == id).cloned();
            let Some(campaign) = listed.or(kept) else { return Handled::No };
            match action {
                Action::CampaignTest => forms::test(state, &campaign),
                _ => super::ask_launch(state, &campaign, cx),
            }
        }
        _ => return Handled::No,
    }
    Handled::Yes
}

fn focus(wizard: &mut Wizard, action: Action, cx: &mut Cx<'_>) {
    let count = wizard.shown().len().max(1);
    if let Some(Entry::Field(field)) = wizard.focused() {
        field.touched = Touched::Yes;
    }
    let by = if action == Action::FocusNext { 1 } else { count - 1 };
    wizard.focus = (wizard.focus + by) % count;
    wizard.due_at = Some(cx.now);
}

/// Something was typed: once that rests, the daemon is asked what it says to it.
fn changed(wizard: &mut Wizard, cx: &Cx<'_>) {
    wizard.typed();
    wizard.due_at = Some(cx.now + live::REST);
    wizard.focus = wizard.focus.min(wizard.shown().len().saturating_sub(1));
}

/// A key was typed.
pub fn typed(wizard: &mut Wizard, key: Key, cx: &Cx<'_>) {
    if wizard.keeping != Keeping::Idle {
        return;
    }
    let done = match wizard.focused() {
        Some(Entry::Field(field)) => {
            let done = field.input.key(key);
            if done == Taken::Yes && !field.input.is_empty() {
                field.touched = Touched::Yes;
            }
            done
        }
        Some(Entry::Choice(choice)) => {
            let by = match key.code {
                KeyCode::Left => -1,
                KeyCode::Right | KeyCode::Char(' ') => 1,
                _ => return,
            };
            choice.turn(by);
            Taken::Yes
        }
        None => Taken::No,
    };
    if done == Taken::Yes {
        changed(wizard, cx);
    }
}

/// Text was pasted.
pub fn pasted(wizard: &mut Wizard, text: &str, cx: &Cx<'_>) {
    if wizard.keeping != Keeping::Idle {
        return;
    }
    if let Some(Entry::Field(field)) = wizard.focused() {
        field.input.paste(text);
        field.touched = Touched::Yes;
        changed(wizard, cx);
    }
}

/// Something was clicked.
pub fn clicked(state: &mut State, hit: Hit, cx: &mut Cx<'_>) {
    let Some(wizard) = of(state) else { return };
    match hit {
        Hit::Field(at) if wizard.focus == at => {
            if let Some(Entry::Choice(choice)) = wizard.focused() {
                choice.turn(1);
                changed(wizard, cx);
            }
        }
        Hit::Field(at) => {
            wizard.focus = at;
            wizard.due_at = Some(cx.now);
        }
        Hit::Tab(at) => {
            let to = Step::ALL.get(at).copied().filter(|step| *step >= wizard.first && *step < wizard.step);
            if let Some(step) = to.filter(|_| wizard.keeping == Keeping::Idle) {
                go(state, step, cx);
            }
        }
        _ => {}
    }
}

/// A step back; at the first one the wizard closes, and asks before it throws anything away.
fn back(state: &mut State, cx: &mut Cx<'_>) {
    let Some(wizard) = of(state) else { return };
    match (&wizard.keeping, wizard.step.before().filter(|step| *step >= wizard.first)) {
        (Keeping::Idle, Some(step)) => go(state, step, cx),
        (Keeping::Idle, None) if wizard.touched == Touched::No => {
            state.overlays.pop();
        }
        (Keeping::Idle, None) => {
            let stays = match wizard.draft {
                Some(_) => CampaignRest::Draft,
                None => CampaignRest::Nothing,
            };
            let campaign = wizard.value("name");
            state.confirm(&ConfirmKind::ForgetCampaign { campaign, stays }, Deed::Forget);
        }
        (Keeping::Reading(_) | Keeping::Opening(_), _) => wizard.keeping = Keeping::Idle,
        (Keeping::Asked(_) | Keeping::Extending { .. } | Keeping::Attaching { .. }, _) => {
            info(state, "wait a moment: the draft is on its way", cx);
        }
    }
}

/// On to the next step, or to the first mistake of this one.
fn submit(state: &mut State, cx: &mut Cx<'_>) {
    let Some(wizard) = of(state) else { return };
    if wizard.keeping != Keeping::Idle {
        return;
    }
    let shown = wizard.shown();
    for at in &shown {
        if let Entry::Field(field) = &mut wizard.entries[*at].1 {
            field.touched = Touched::Yes;
        }
    }
    if let Some(at) = shown.iter().position(|at| wizard.entries[*at].1.mistake().is_some()) {
        wizard.focus = at;
        return;
    }
    match wizard.step {
        // Whatever is in the file now is what counts.
        Step::People if wizard.value("source") == "file" => {
            let path = wizard.word("path").unwrap_or_default();
            wizard.keeping = Keeping::Reading(path.clone());
            wizard.refusal = None;
            cx.want(Effect::ReadFile { path });
        }
        Step::Text => {
            if let Some(path) = attach::path(wizard) {
                attach::read(wizard, path, cx);
            } else {
                next(state, cx);
            }
        }
        Step::Plan => keep::begin(state, cx),
        _ => next(state, cx),
    }
}

/// To the step after this one.
fn next(state: &mut State, cx: &mut Cx<'_>) {
    if let Some(next) = of(state).and_then(|wizard| wizard.step.next()) {
        go(state, next, cx);
    }
}

/// Opens what people would get in full.
fn read_preview(state: &mut State, cx: &mut Cx<'_>) {
    let Some(wizard) = of(state) else { return };
    match (wizard.step, wizard.draft) {
        (Step::Check, Some(id)) => {
            if let Some(campaign) = state.campaigns.rows.items().iter().find(|campaign| campaign.id == id).cloned() {
                preview::open(state, &campaign, cx);
            }
        }
        _ => match live::wanted(state) {
            Some(asked) => preview::show(state, asked, "What people will get", cx),
            None => info(state, "first write a text", cx),
        },
    }
}
