//! `contact export`: everybody with everything, as CSV that `contact import` reads back, or as JSON, a line for each.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use mychatflow_daemon::flow::formula::guarded;
use mychatflow_daemon::flow::headings::{self, EXPORTED, Role};
use mychatflow_data::client::Client;
use mychatflow_data::protocol::calls::contact::{ContactExport, ContactExported};
use mychatflow_data::protocol::name::{Cursor, TenantName};
use mychatflow_data::time::Timestamp;
use mychatflow_data::user_file::{Existing, Readers, UserFile};
use serde::Serialize;

use super::progress::{Progress, grouped};
use super::{Cx, existing, is_stdout, not_written};
use crate::cli::contact::{ExportArgs, ExportFormat};
use crate::output::{Format, note, raw};

/// How many people are asked for at once.
const PAGE: u32 = 200;
/// How much is printed at once.
const STDOUT_BYTES: usize = 64 * 1024;
/// The columns that everybody has, before [`EXPORTED`] and the owner's own.
const COLUMNS: [&str; 9] =
    ["phone", "name", "tags", "language", "consent", "consent_at", "consent_source", "consent_proof", "note"];
/// What the column of phone numbers is called where one of the owner's own would be taken for it.
const PHONE_FOR_SURE: &str = "whatsapp";
/// The owner's own words for a language that is none stand in the column of languages, where they came from.
const LANGUAGE: &str = "language";

/// What was written.
#[derive(Debug, Default, Serialize)]
pub struct Exported {
    people: i64,
    /// Of these, people whose phone number nobody knows: a list can't take them in.
    without_phone: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
}

/// Runs it.
pub async fn run(cx: &Cx, args: ExportArgs) -> anyhow::Result<()> {
    let ExportArgs { file, format, query, force } = args;
    let format = match format {
        Some(format) => format,
        None => guessed(&file, cx.output.format())?,
    };
    let people = People { client: cx.connect().await?, tenant: cx.tenant(), query };
    let mut progress = Progress::begin();
    let show = |people| progress.show(people, None);
    if is_stdout(&file) {
        let mut out = Out::Stdout(Vec::new());
        let told = tokio::select! {
            told = write(&people, format, &mut out, show) => told?,
            _ = tokio::signal::ctrl_c() => bail!("stopped: not everybody is on the list"),
        };
        warn(&told);
        return Ok(());
    }
    let told = tokio::select! {
        told = write_file(&people, format, &file, existing(force), show) => told.map_err(not_written)?,
        _ = tokio::signal::ctrl_c() => bail!("stopped: nothing was written"),
    };
    drop(progress);
    cx.output.document(&told, Exported::words)?;
    if cx.output.format() == Format::People {
        warn(&told);
    }
    Ok(())
}

/// Writes the people that a query means to a file, in the format that its name says.
///
/// # Errors
/// When nothing was written; a [`UserFileError`](mychatflow_data::user_file::UserFileError) where the place is at fault.
pub async fn people_to_file(
    client: Client,
    tenant: Option<TenantName>,
    query: Option<String>,
    file: &Path,
    existing: Existing,
) -> anyhow::Result<Exported> {
    let format = guessed(file, Format::People)?;
    write_file(&People { client, tenant, query }, format, file, existing, |_| {}).await
}

async fn write_file(
    people: &People,
    format: ExportFormat,
    file: &Path,
    existing: Existing,
    show: impl FnMut(i64),
) -> anyhow::Result<Exported> {
    let mut out = Out::File(UserFile::begin(file, existing, Readers::Owner)?);
    let mut told = write(people, format, &mut out, show).await?;
    if let Out::File(written) = out {
        written.finish()?;
    }
    told.file = Some(file.to_owned());
    Ok(told)
}

impl Exported {
    /// How many people are where.
    pub fn words(&self) -> String {
        let file = self.file.as_deref().unwrap_or(Path::new("")).display();
        let people =
            if self.people == 1 { "1 person is".to_owned() } else { format!("{} people are", grouped(self.people)) };
        format!("{people} in {file}, which nobody but you can read")
    }

    /// What an import can't take back, where there is such a thing.
    pub fn remark(&self) -> Option<String> {
        let count = grouped(self.without_phone);
        let words = format!("{count} of them have no phone number that is known: an import can't take those in");
        Some(words).filter(|_| self.without_phone > 0)
    }
}

fn warn(told: &Exported) {
    if let Some(remark) = told.remark() {
        note(&remark);
    }
}

/// What the ending of a file says; a workbook with CSV in it would not open.
fn guessed(file: &Path, output: Format) -> anyhow::Result<ExportFormat> {
    match file.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("json" | "jsonl" | "ndjson") => Ok(ExportFormat::Json),
        Some("csv") => Ok(ExportFormat::Csv),
        Some(_) => bail!(
            "{} would be neither csv nor json: give it one of these endings, or say --format csv or --format json",
            file.display()
        ),
        None if output == Format::Json => Ok(ExportFormat::Json),
        None => Ok(ExportFormat::Csv),
    }
}

/// Whoever is exported, page by page.
struct People {
    client: Client,
    tenant: Option<TenantName>,
    query: Option<String>,
}

impl People {
    async fn each(&self, mut one: impl FnMut(ContactExported) -> anyhow::Result<()>) -> anyhow::Result<()> {
        let mut after: Option<Cursor> = None;
        loop {
            let (tenant, query) = (self.tenant.clone(), self.query.clone());
            let call = ContactExport { tenant, query, limit: Some(PAGE), after: after.clone() };
            let page = self.client.call(&call).await?;
            page.items.into_iter().try_for_each(&mut one)?;
            // A cursor that does not move would go on for ever.
            if page.next.is_none() || page.next == after {
                return Ok(());
            }
            after = page.next;
        }
    }
}

async fn write(
    people: &People,
    format: ExportFormat,
    out: &mut Out,
    mut show: impl FnMut(i64),
) -> anyhow::Result<Exported> {
    let mut told = Exported::default();
    // A table says what its columns are before it says who is in it: everybody is looked at twice, and nobody is kept.
    let own = match format {
        ExportFormat::Json => Vec::new(),
        ExportFormat::Csv => own_columns(people).await?,
    };
    if format == ExportFormat::Csv {
        line(out, headings(&own).iter().copied().map(Into::into))?;
    }
    people
        .each(|person| {
            told.people += 1;
            told.without_phone += i64::from(person.contact.phone.is_none());
            match format {
                ExportFormat::Json => {
                    let mut json = serde_json::to_string(&person).context("could not write")?;
                    json.push('\n');
                    out.put(&json)?;
                }
                ExportFormat::Csv => line(out, cells(&person, &own)?.into_iter())?,
            }
            show(told.people);
            Ok(())
        })
        .await?;
    out.flush()?;
    Ok(told)
}

async fn own_columns(people: &People) -> anyhow::Result<Vec<String>> {
    let mut columns = BTreeSet::new();
    people
        .each(|person| {
            columns.extend(person.contact.fields.into_keys());
            Ok(())
        })
        .await?;
    columns.remove(LANGUAGE);
    Ok(columns.into_iter().collect())
}

fn headings(own: &[String]) -> Vec<&str> {
    let mut all: Vec<&str> = COLUMNS.into_iter().chain(EXPORTED.map(|(name, _)| name)).collect();
    all.extend(own.iter().map(String::as_str));
    let taken_for_phone = headings::roles(all.iter().copied()).into_iter().find(|(_, role)| *role == Role::Phone);
    if taken_for_phone.is_none_or(|(place, _)| place != 0) {
        all[0] = PHONE_FOR_SURE;
    }
    all
}

/// A person's row, in the order of [`headings()`].
fn cells(person: &ContactExported, own: &[String]) -> anyhow::Result<Vec<String>> {
    let ContactExported { contact, last_in_at, last_out_at } = person;
    if let Some(new) = contact.fields.keys().find(|name| *name != LANGUAGE && !own.contains(name)) {
        bail!("somebody made a column {new:?} meanwhile: start again");
    }
    let at = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    let words = |words: Option<&String>| words.cloned().unwrap_or_default();
    let addresses: Vec<&str> = contact.addresses.iter().map(|address| address.as_str()).collect();
    let consent = contact.consent.as_ref();
    let mut cells = vec![
        contact.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
        words(contact.name.as_ref()),
        contact.tags.join(", "),
        words(contact.language.as_ref().or_else(|| contact.fields.get(LANGUAGE))),
        consent.map(|consent| consent.state.to_string()).unwrap_or_default(),
        at(consent.map(|consent| consent.at)),
        words(consent.and_then(|consent| consent.source.as_ref())),
        words(consent.and_then(|consent| consent.proof.as_ref())),
        words(contact.note.as_ref()),
        at(contact.opted_out_at),
        contact.review.to_string(),
        addresses.join(", "),
        at(Some(contact.created_at)),
        at(*last_in_at),
        at(*last_out_at),
    ];
    cells.extend(own.iter().map(|column| words(contact.fields.get(column))));
    Ok(cells)
}

/// A row of a table, as RFC 4180 has it, that no spreadsheet computes.
fn line(out: &mut Out, cells: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut row = String::new();
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            row.push(',');
        }
        let cell = guarded(&cell);
        if cell.contains([',', ';', '"', '\n', '\r', '\t', '|']) || cell.trim() != cell {
            row.push('"');
            row.push_str(&cell.replace('"', "\"\""));
            row.push('"');
        } else {
            row.push_str(&cell);
        }
    }
    row.push_str("\r\n");
    out.put(&row)
}

/// Where it is written, a good deal at once.
enum Out {
    Stdout(Vec<u8>),
    File(UserFile),
}

impl Out {
    fn put(&mut self, text: &str) -> anyhow::Result<()> {
        match self {
            Self::Stdout(waiting) => {
                waiting.extend_from_slice(text.as_bytes());
                if waiting.len() >= STDOUT_BYTES { self.flush() } else { Ok(()) }
            }
            Self::File(file) => file.write_all(text.as_bytes()).context("could not write"),
        }
    }

    fn flush(&mut self) -> anyhow::Result<()> {
        match self {
            Self::Stdout(waiting) => raw(&std::mem::take(waiting)),
            Self::File(file) => file.flush().context("could not write"),
        }
    }
}
