//! `campaign …`

mod comparison;
mod follow;
mod media;
mod preflight;
mod schedule;
mod shown;

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, bail};
use mychatflow_data::model::campaign::{CampaignState, NumberCheck};
use mychatflow_data::protocol::calls::campaign::{
    CampaignCancel, CampaignClone, CampaignCreate, CampaignDocument, CampaignEdit, CampaignExtend, CampaignLaunch,
    CampaignList, CampaignPause, CampaignPreflight, CampaignPreview, CampaignPreviewed, CampaignRemove, CampaignReport,
    CampaignReportLine, CampaignResume, CampaignShow, CampaignTest,
};

use self::schedule::moment;
use self::shown::show;
use super::progress::Progress;
use super::source::{Piece, Source};
use super::{Cx, NothingToChange, dialogue, remark_on_escape, text_or_stdin};
use crate::cli::campaign::CampaignVerb;
use crate::output::{Format, Table, age, clean, clean_lines, counted, note, typed};

/// What `campaign edit` changes.
const CHANGES: &str = "--text, --variant, --no-variants, --media, --no-media, --at, --timezone, --quiet, --missed, --late-within, \
                       --check or --no-check";
/// Runs one verb.
pub async fn run(cx: &Cx, verb: CampaignVerb) -> anyhow::Result<()> {
    let tenant = cx.tenant();
    match verb {
        CampaignVerb::Create { name, text, audience, to, instance, at, timezone, texts, planning } => {
            let file = texts.media.as_deref().map(media::read).transpose()?;
            texts.variant.iter().for_each(|text| remark_on_escape(text));
            let params = CampaignCreate {
                tenant,
                name,
                text: text_or_stdin(text)?,
                country: audience.country,
                segment: audience.segment,
                column: audience.columns,
                to,
                instance: instance.map(Into::into),
                at,
                timezone,
                variants: texts.variant,
                check: texts.no_check.then_some(NumberCheck::Never),
                quiet: planning.quiet,
                missed: planning.missed,
                late_within: planning.late_within,
                ..CampaignCreate::default()
            };
            let mut made = match &audience.file {
                Some(file) => with_list(cx, params, Source::open(file)?).await?,
                None => cx.call(&params).await?,
            };
            if let Some(file) = &file {
                made = media::attach_or_remove(cx, &made, file).await?;
            }
            warn(&made.warnings);
            cx.output.document(&made, |made| created(cx, made))
        }
        CampaignVerb::List { state, limit } => {
            let params = |limit, after| CampaignList { tenant: tenant.clone(), state, limit, after };
            cx.list(limit, params, |campaigns| table(cx, campaigns)).await
        }
        CampaignVerb::Show { name, follow: true } | CampaignVerb::Watch { name } => {
            let shown = follow::follow(cx, name.into()).await?;
            match cx.output.format() {
                // Its last line is the same.
                Format::Json => Ok(()),
                Format::People => show(cx, &shown).await,
            }
        }
        CampaignVerb::Test { name, to, variant } => {
            let params = CampaignTest { tenant, name: name.into(), to, variant };
            cx.show(&params, |sent| format!("on its way to {}:\n{}", sent.phone, clean_lines(&sent.text).join("\n")))
                .await
        }
        CampaignVerb::Clone { name, copy, whom } => {
            let params = CampaignClone { tenant, name: name.into(), copy, whom };
            cx.show(&params, |made| created(cx, made)).await
        }
        CampaignVerb::Show { name, .. } => show(cx, &cx.call(&CampaignShow { tenant, name: name.into() }).await?).await,
        CampaignVerb::Preview { name, text, variant, audience, limit } => {
            variant.iter().for_each(|text| remark_on_escape(text));
            let file = beginning(audience.file.as_deref())?;
            let text = text.map(text_or_stdin).transpose()?;
            let name = name.map(Into::into);
            let params = CampaignPreview {
                tenant,
                name,
                text,
                file,
                country: audience.country,
                segment: audience.segment,
                column: audience.columns,
                variants: (!variant.is_empty()).then_some(variant),
                limit: limit.limit,
            };
            let page = cx.call(&params).await?;
            warn(&page.warnings);
            match cx.output.format() {
                Format::Json => page.items.iter().try_for_each(|line| cx.output.json(line)),
                Format::People => cx.output.text(&renderings(&page)),
            }
        }
        CampaignVerb::Preflight { name } => {
            let shown = cx.call(&CampaignShow { tenant: tenant.clone(), name: name.clone().into() }).await?;
            cx.show(&CampaignPreflight { tenant, name: name.into() }, |found| preflight::words(&shown, found, cx.now))
                .await
        }
        CampaignVerb::Launch { name, yes } => {
            look_before(cx, &name, if yes { Doubts::Silenced } else { Doubts::Asked }).await?;
            cx.show(&CampaignLaunch { tenant, name: name.into() }, |shown| line(cx, shown)).await
        }
        CampaignVerb::Pause { name } => {
            cx.show(&CampaignPause { tenant, name: name.into() }, |shown| line(cx, shown)).await
        }
        CampaignVerb::Resume { name } => {
            cx.show(&CampaignResume { tenant, name: name.into() }, |shown| line(cx, shown)).await
        }
        CampaignVerb::Cancel { name } => {
            cx.show(&CampaignCancel { tenant, name: name.into() }, |shown| line(cx, shown)).await
        }
        CampaignVerb::Edit { name, text, at, timezone, texts, planning, no_media, no_variants, check } => {
            texts.variant.iter().for_each(|text| remark_on_escape(text));
            let file = texts.media.as_deref().map(media::read).transpose()?;
            let params = CampaignEdit {
                tenant,
                name: name.into(),
                text: text.map(text_or_stdin).transpose()?,
                at,
                timezone,
                variants: (no_variants || !texts.variant.is_empty()).then_some(texts.variant),
                check: match (check, texts.no_check) {
                    (true, _) => Some(NumberCheck::Before),
                    (false, true) => Some(NumberCheck::Never),
                    (false, false) => None,
                },
                quiet: planning.quiet,
                missed: planning.missed,
                late_within: planning.late_within,
            };
            let name = params.name.clone();
            let nothing = CampaignEdit { tenant: params.tenant.clone(), name: name.clone(), ..CampaignEdit::default() };
            // The file of a paused campaign may be changed, its words may not.
            let mut shown = None;
            if params != nothing {
                shown = Some(cx.call(&params).await?);
            }
            let shown = match (&file, no_media, shown) {
                (Some(file), ..) => media::attach(cx, name, file).await?,
                (None, true, _) => media::detach(cx, name).await?,
                (None, false, Some(shown)) => shown,
                (None, false, None) => return Err(NothingToChange(CHANGES).into()),
            };
            show(cx, &shown).await
        }
        CampaignVerb::Remove { name } => {
            // Only people are told what stays, and why it can't be removed the removal says itself.
            let shown = match cx.output.format() {
                Format::People => {
                    cx.call(&CampaignShow { tenant: tenant.clone(), name: name.clone().into() }).await.ok()
                }
                Format::Json => None,
            };
            let unsent = shown.is_some_and(|shown| shown.started_at.is_none());
            let stays = if unsent { "nothing of it was ever sent" } else { "its messages stay in their chats" };
            cx.show(&CampaignRemove { tenant, name: name.into() }, |removed| {
                format!("{} is gone; {stays}", clean(&removed.name))
            })
            .await
        }
        CampaignVerb::Report { name, state, variant, limit } => {
            let params = |limit, after| CampaignReport {
                tenant: tenant.clone(),
                name: name.clone().into(),
                state,
                variant: variant.clone(),
                limit,
                after,
            };
            cx.list(limit, params, |lines| report(cx, lines)).await
        }
    }
}

/// Is a person asked when a launch is risky?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubts {
    Asked,
    Silenced,
}

/// Says what a launch does and what it risks; where that is much, a person at a terminal must say so.
async fn look_before(cx: &Cx, name: &str, doubts: Doubts) -> anyhow::Result<()> {
    let shown = cx.call(&CampaignShow { tenant: cx.tenant(), name: name.to_owned().into() }).await?;
    // What can't be launched is refused by the launch, with its own reason.
    if shown.state != CampaignState::Draft {
        return Ok(());
    }
    if doubts == Doubts::Asked && !shown.warnings.is_empty() && !dialogue::somebody_is_there() {
        let warnings = shown.warnings.join("; ");
        bail!(
            "nothing was launched: {}. If that is meant: mychatflow campaign launch {} --yes",
            clean(&warnings),
            typed(name)
        );
    }
    if cx.output.format() == Format::Json {
        return Ok(());
    }
    let found = cx.call(&CampaignPreflight { tenant: cx.tenant(), name: name.to_owned().into() }).await?;
    note(&preflight::words(&shown, &found, cx.now));
    if doubts == Doubts::Silenced || !preflight::asks(&found) || !dialogue::somebody_is_there() {
        return Ok(());
    }
    let question = format!("Launch {} all the same? Type yes to go on: ", clean(&shown.name));
    match dialogue::ask(&question)?.as_deref() {
        Some("yes") => Ok(()),
        _ => bail!("nothing was launched"),
    }
}

/// Says what somebody should know of a text.
fn warn(warnings: &[String]) {
    for warning in warnings {
        note(&format!("warning: {}", clean(warning)));
    }
}

/// Makes a campaign with a list, which goes to the daemon in pieces.
async fn with_list(cx: &Cx, mut params: CampaignCreate, mut source: Source) -> anyhow::Result<CampaignDocument> {
    let client = cx.connect().await?;
    let mut progress = Progress::begin();
    let mut made: Option<CampaignDocument> = None;
    params.file_name = source.name().map(str::to_owned);
    while let Some(Piece { text, rest }) = source.next()? {
        let document = match &made {
            None => {
                let params = CampaignCreate { file: Some(text), more: rest, ..params.clone() };
                client.call(&params).await?
            }
            Some(made) => {
                let tenant = params.tenant.clone();
                client.call(&CampaignExtend { tenant, campaign: made.id, file: text, more: rest }).await?
            }
        };
        progress.show(document.recipients + document.duplicates, source.share());
        made = Some(document);
    }
    if let Some(remark) = source.remark() {
        note(remark);
    }
    made.context("the list has no end")
}

/// The beginning of a list, which is enough for a preview; `-` reads it from stdin.
fn beginning(path: Option<&Path>) -> anyhow::Result<Option<String>> {
    let Some(path) = path else { return Ok(None) };
    Ok(Source::open(path)?.next()?.map(|piece| piece.text))
}

fn created(cx: &Cx, made: &CampaignDocument) -> String {
    let name = typed(&made.name);
    let people = counted(made.counts.left(), "person", "people");
    let mut text = format!("{} is a draft for {people}", clean(&made.name));
    if made.counts.skipped > 0 {
        let left_out = counted(made.counts.skipped, "is left out", "are left out");
        let _ = write!(text, "; {left_out}, see: mychatflow campaign report {name}");
    }
    if made.duplicates > 0 {
        let _ = write!(text, "; {} named somebody twice", counted(made.duplicates, "row", "rows"));
    }
    if let Some(at) = made.scheduled_at {
        let _ = write!(text, "\nonce launched it starts {}", moment(at, &made.timezone, cx.now));
    }
    let next = format!("mychatflow campaign preview {name}, then: mychatflow campaign preflight {name}");
    let _ = write!(text, "\nnext: {next}, then: mychatflow campaign launch {name}");
    text
}

fn line(cx: &Cx, shown: &CampaignDocument) -> String {
    let reason = shown.reason.as_ref().map(|reason| format!(": {}", clean(reason))).unwrap_or_default();
    let eta = shown.eta.map(|eta| format!("; through {}", age(eta, cx.now))).unwrap_or_default();
    let starts = match (shown.state, shown.scheduled_at) {
        (CampaignState::Scheduled, Some(at)) => format!(", starts {}", moment(at, &shown.timezone, cx.now)),
        _ => String::new(),
    };
    let CampaignDocument { name, counts, recipients, .. } = shown;
    let state = match shown.state {
        CampaignState::Draft => "a draft",
        state => state.word(),
    };
    format!("{} is {state}{starts}{reason}: {} of {recipients} settled{eta}", clean(name), counts.settled())
}

fn table(cx: &Cx, campaigns: &[CampaignDocument]) -> Table {
    let mut table = Table::new(
        ["NAME", "STATE", "SETTLED", "REPLIED", "ETA", "REASON", "MADE"],
        "no campaigns yet; next: mychatflow campaign create NAME --text 'Hi {{ name }}' --file people.csv",
    );
    for campaign in campaigns {
        table.row([
            campaign.name.clone(),
            campaign.state.to_string(),
            format!("{}/{}", campaign.counts.settled(), campaign.recipients),
            campaign.counts.replied.to_string(),
            campaign.eta.map(|eta| age(eta, cx.now)).unwrap_or_default(),
            campaign.reason.clone().unwrap_or_default(),
            age(campaign.created_at, cx.now),
        ]);
    }
    table
}

fn renderings(preview: &CampaignPreviewed) -> String {
    let mut text = String::new();
    for line in &preview.items {
        let name = line.name.as_ref().map(|name| format!(" {}", clean(name))).unwrap_or_default();
        let variant = line.variant.as_ref().map(|label| format!("  [{}]", clean(label))).unwrap_or_default();
        let _ = writeln!(text, "{}{name}{variant}", clean(&line.phone));
        match (&line.text, &line.reason) {
            (Some(words), _) => clean_lines(words).iter().for_each(|words| {
                let _ = writeln!(text, "  {words}");
            }),
            (None, reason) => {
                let _ = writeln!(text, "  left out: {}", clean(reason.as_deref().unwrap_or("nobody knows why")));
            }
        }
    }
    if preview.left_out > 0 {
        let left_out = if preview.left_out == 1 { "is left out" } else { "are left out" };
        let _ = writeln!(text, "{} of the first {} people {left_out}", preview.left_out, preview.looked_at);
    }
    text
}

fn report(cx: &Cx, lines: &[CampaignReportLine]) -> Table {
    let mut table = Table::new(["PHONE", "NAME", "STATE", "WHEN", "REASON"], "nobody");
    for line in lines {
        table.row([
            line.phone.clone(),
            line.name.clone().unwrap_or_default(),
            line.variant.as_ref().map_or_else(|| line.state.to_string(), |label| format!("{} [{label}]", line.state)),
            line.at.map(|at| age(at, cx.now)).unwrap_or_default(),
            line.reason.clone().unwrap_or_default(),
        ]);
    }
    table
}
