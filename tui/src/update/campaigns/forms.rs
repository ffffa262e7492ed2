//! The forms of a campaign, and what a text would look like before anything is stored.

use mychatflow_data::model::campaign::CampaignState;
use mychatflow_data::model::instance::Verdict;
use mychatflow_data::protocol::calls::campaign::{CampaignDocument, CampaignPreview};

use super::info;
use super::preview::PREVIEWS;
use crate::action::Action;
use crate::keymap::Scope;
use crate::state::State;
use crate::state::form::{Field, Form, FormKind, Touched, anything, something};
use crate::state::overlay::{Overlay, Reader};
use crate::update::Cx;

/// The longest text that a message may be.
const TEXT_CHARS_MAX: usize = 4096;

/// Opens the form of a new campaign.
pub fn create(state: &mut State) {
    let taken = state.campaigns.rows.items().iter().map(|campaign| campaign.name.clone()).collect();
    let mut fields = vec![
        Field::line("name", "Name", "what you call it; nobody else sees it", "", something).not_among(taken),
        text(""),
        Field::line(
            "segment",
            "People",
            "all or tag:vip; from a CSV file: mychatflow campaign create --help",
            "",
            segment,
        ),
    ];
    let numbers = state.numbers.rows.items();
    if numbers.len() > 1 {
        let good = numbers.iter().find(|number| matches!(number.verdict, Verdict::Healthy | Verdict::Quiet));
        let name = good.map_or("", |number| &number.name);
        fields.push(Field::line("instance", "Number", "the name of the number it goes out from", name, something));
    }
    fields.push(Field::line("at", "Start", "empty: when launched; or 2026-12-01 09:00", "", at));
    let key = preview_key(state);
    let intro = format!("Nothing is sent before launch. {key} shows what people get.");
    state.overlays.push(Overlay::Form(Box::new(Form::new(FormKind::CampaignCreate, "New campaign", &intro, fields))));
}

/// Opens the form of a draft.
pub fn edit(state: &mut State, campaign: &CampaignDocument, cx: &mut Cx<'_>) {
    if campaign.state != CampaignState::Draft {
        let words = format!("only a draft can be edited; this one is {}", campaign.state);
        return info(state, &words, cx);
    }
    let hint = "empty: as it is; now: when launched; or 2026-12-01 09:00";
    let fields = vec![text(&campaign.text), Field::line("at", "Start", hint, "", at)];
    let intro = format!("{} shows what people get.", preview_key(state));
    let kind = FormKind::CampaignEdit(campaign.id.to_string());
    state.overlays.push(Overlay::Form(Box::new(Form::new(kind, &format!("Edit {}", campaign.name), &intro, fields))));
}

fn preview_key(state: &State) -> String {
    state.keymap.key_of(&[Scope::Form], Action::CampaignPreview).unwrap_or_default()
}

fn text(words: &str) -> Field {
    let hint = "{{ name }} stands for the person's name; alt-enter begins a new line";
    // A row less than usual: the whole form has to fit 24 rows.
    Field { rows: 4, ..Field::block("text", "Text", hint, words, template) }
}

/// Shows what the text in the topmost form would look like.
pub fn preview_form(state: &mut State, cx: &mut Cx<'_>) {
    let tenant = state.tenant_name();
    let Some(Overlay::Form(form)) = state.overlays.last_mut() else { return };
    let name = match &form.kind {
        FormKind::CampaignCreate => None,
        FormKind::CampaignEdit(id) => Some(id.as_str().into()),
        _ => return,
    };
    // The name and the time change nothing about the text.
    for (at, field) in form.fields.iter_mut().enumerate().filter(|(_, field)| ["text", "segment"].contains(&field.name))
    {
        field.touched = Touched::Yes;
        if field.mistake().is_some() {
            form.focus = at;
            return;
        }
    }
    let asked = CampaignPreview {
        tenant,
        name,
        text: Some(form.text("text")),
        segment: form.word("segment"),
        limit: Some(PREVIEWS),
        ..CampaignPreview::default()
    };
    cx.ask(asked.clone());
    state.overlays.push(Overlay::Reader(Reader::waiting("What people will get", asked.into())));
}

/// A text with places for variables.
fn template(text: &str) -> Result<(), String> {
    something(text)?;
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(format!("WhatsApp takes {TEXT_CHARS_MAX} characters at most"));
    }
    balanced(text)
}

/// Every brace that opens a place is closed by its own kind.
fn balanced(text: &str) -> Result<(), String> {
    const PAIRS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    let mut rest = text;
    loop {
        let first = |end: fn(&(&'static str, &'static str)) -> &'static str| {
            PAIRS.iter().filter_map(|pair| Some((rest.find(end(pair))?, *pair))).min_by_key(|(at, _)| *at)
        };
        let (open, close) = (first(|pair| pair.0), first(|pair| pair.1));
        let Some((at, (opens, closes))) = open else {
            return match close {
                Some((_, (opens, closes))) => Err(format!("{closes} closes what no {opens} has opened")),
                None => Ok(()),
            };
        };
        if let Some((early, (opens, closes))) = close
            && early < at
        {
            return Err(format!("{closes} closes what no {opens} has opened"));
        }
        let inside = &rest[at + opens.len()..];
        match inside.find(closes) {
            Some(end) if inside[..end].contains("{{") => return Err(format!("{opens} is opened twice")),
            Some(0) => return Err(format!("nothing stands between {opens} and {closes}")),
            Some(end) if opens == "{{" && inside[..end].trim().is_empty() => {
                return Err("nothing stands between {{ and }}".to_owned());
            }
            Some(end) => rest = &inside[end + closes.len()..],
            None => return Err(format!("{opens} is not closed by {closes}")),
        }
    }
}

/// Some of the contacts.
fn segment(text: &str) -> Result<(), String> {
    let wrong = || Err("write all, or tag: and one tag, such as tag:vip".to_owned());
    match text.trim().split_once(':') {
        None if text.trim().eq_ignore_ascii_case("all") => Ok(()),
        Some((kind, tag)) if kind.eq_ignore_ascii_case("tag") && !tag.trim().is_empty() => Ok(()),
        _ => wrong(),
    }
}

/// A time: none, `now`, local or RFC 3339.
fn at(text: &str) -> Result<(), String> {
    let text = text.trim();
    let known = text.is_empty()
        || text.eq_ignore_ascii_case("now")
        || text.parse::<jiff::civil::DateTime>().is_ok()
        || text.parse::<jiff::Timestamp>().is_ok();
    if known { anything(text) } else { Err("a time such as 2026-12-01 09:00 goes here".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_told_apart() {
        for good in ["Hi", "Hi {{ name }}", "{% if name %}Hi {{ name }}{% endif %}", "{one brace} }", "{# a note #}"] {
            assert_eq!(balanced(good), Ok(()), "{good}");
        }
        for bad in [
            "Hi {{ name",
            "Hi {{ name }",
            "Hi name }}",
            "{{ }}",
            "{{}}",
            "{{ {{ name }}",
            "{% if name }}",
            "%} {% x %}",
        ] {
            assert!(balanced(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn segments_and_times_are_checked() {
        for good in ["all", " ALL ", "tag:vip", "Tag: bread"] {
            assert_eq!(segment(good), Ok(()), "{good}");
        }
        for bad in ["", "vip", "tag:", "list:x"] {
            assert!(segment(bad).is_err(), "{bad}");
        }
        for good in ["", "now", "2026-12-01 09:00", "2026-12-01T09:00:00Z"] {
            assert_eq!(at(good), Ok(()), "{good}");
        }
        for bad in ["tomorrow", "09:00", "2026-13-01 09:00"] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
