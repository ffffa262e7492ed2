//! `contact.import`: a list of people, piece by piece. Each row is stored, or told with the reason why not.

use mychatflow_data::ids::ImportId;
use mychatflow_data::model::contact::Review;
use mychatflow_data::phone::Phone;
use mychatflow_data::protocol::calls::contact::{
    ColumnRead, ContactImport, ContactImported, ImportAs, RowRejected, RowRemark,
};
use mychatflow_data::protocol::error::CallError;
use mychatflow_data::protocol::piece::{Rehearsal, Rest};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::contacts::checked_tags;
use mychatflow_data::store::tx::import_people::{Basis, ListedPerson, Taken};

use super::audience::country;
use super::campaigns::invalid;
use crate::config;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::flow::column_wish::ColumnWish;
use crate::flow::columns::{Entry, Said};
use crate::flow::consent;
use crate::flow::headings::Role;
use crate::flow::list::{Content, Line, List};
use crate::rpc::refused::{Handled, Refused};
use crate::rpc::service::Reply;

/// Rows that one unit of work stores: others wait for the writer no longer than that.
const ROWS: usize = 250;
/// Rejected rows that one reply tells: it has at most 1 MiB. The rest of the piece waits for the next call.
const REJECTED_MAX: usize = 2_000;
/// How much may wait so.
const WAITING_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Remarks about rows that a list tells at most; how many there were is told all the same.
const REMARKS_MAX: i64 = 500;
/// How much of a cell a reply repeats.
const VALUE_CHARS: usize = 60;

/// An import between two pieces.
pub struct Import {
    list: List,
    call: Order,
    /// Is all of the file here?
    rest: Rest,
    told: ContactImported,
    /// What the next reply says of rows that were taken in.
    remarks: Vec<RowRemark>,
}

/// What the first call said.
struct Order {
    rehearsal: Rehearsal,
    as_what: ImportAs,
    tags: Vec<String>,
    source: String,
}

/// A row that is about to be stored.
struct Candidate {
    person: ListedPerson,
    repaired: i64,
}

/// `contact.import`
///
/// # Errors
/// `invalid` about the list as a whole, `not_found` when the import is over, `overloaded` while too many run. What was
/// stored before stays; the same list again changes nothing about it.
pub async fn import(cx: &Cx, shop: &TenantStore, call: ContactImport) -> Handled<Reply<ContactImport>> {
    let now = cx.now();
    let mut in_hand = match call.import {
        Some(id) => cx.imports.take(id, shop.id(), now)?,
        None => cx.imports.begin(ImportId::new(), shop.id(), Import::new(&call)?, now)?,
    };
    let import = &mut in_hand.work;
    import.take_in(&call.file, call.more)?;
    let rejected = match import.go_on(cx, shop).await {
        Ok(rejected) => rejected,
        Err(refused) => return Err(import.explained(refused)),
    };
    let unread = Rest::from(rejected.len() == REJECTED_MAX);
    let remarks = std::mem::take(&mut import.remarks);
    let mut reply = ContactImported { rejected, unread, remarks, columns: import.columns(), ..import.told.clone() };
    if import.rest == Rest::Follows || unread == Rest::Follows {
        reply.import = Some(in_hand.id());
        in_hand.put_back();
    } else if reply.rows == 0 {
        return invalid("nobody is on the list: a header line, and then a line for each person");
    }
    Ok(Reply(reply))
}

impl Import {
    fn new(call: &ContactImport) -> Handled<Self> {
        let source = call.name.as_deref().map(clean_line).filter(|name| !name.is_empty());
        let tags = call.tags.iter().map(|tag| clean_line(tag)).collect();
        let wishes: Result<Vec<_>, String> = call.column.iter().map(|wish| ColumnWish::parse(wish)).collect();
        Ok(Self {
            list: List::new(country(call.country.as_deref())?).with_wishes(wishes.or_else(invalid)?),
            call: Order {
                rehearsal: call.dry_run,
                as_what: call.suppress,
                tags: checked_tags(tags)?,
                source: source.unwrap_or_else(|| "an imported list".to_owned()),
            },
            rest: Rest::Follows,
            told: ContactImported::default(),
            remarks: Vec::new(),
        })
    }

    fn take_in(&mut self, piece: &str, rest: Rest) -> Handled<()> {
        if self.rest == Rest::Nothing && !piece.is_empty() {
            return invalid("the last piece of this list was here already");
        }
        if self.list.waiting() + piece.len() > WAITING_BYTES_MAX {
            return invalid("what was sent is not read yet: ask on with an empty piece while the reply says unread");
        }
        self.list.push(piece);
        if rest == Rest::Nothing {
            self.list.finish();
            self.rest = Rest::Nothing;
        }
        Ok(())
    }

    /// Reads what is there, and stores it as it goes.
    async fn go_on(&mut self, cx: &Cx, shop: &TenantStore) -> Handled<Vec<RowRejected>> {
        let policy = cx.config().campaign.consent;
        let (mut rejected, mut candidates, mut lines) = (Vec::new(), Vec::with_capacity(ROWS), 0usize);
        while rejected.len() < REJECTED_MAX {
            let Some(line) = self.list.read().or_else(invalid)? else { break };
            self.told.rows += 1;
            match self.candidate(cx, line, policy) {
                Verdict::Candidate(candidate) => candidates.push(candidate),
                Verdict::Duplicate => self.told.duplicates += 1,
                Verdict::Rejected(row) => rejected.push(row),
            }
            if candidates.len() == ROWS {
                self.store(cx, shop, &mut candidates).await?;
            }
            lines += 1;
            if lines.is_multiple_of(ROWS) {
                // A list of nothing but duplicates must not hold up others, either.
                tokio::task::yield_now().await;
            }
        }
        self.store(cx, shop, &mut candidates).await?;
        Ok(rejected)
    }

    fn candidate(&mut self, cx: &Cx, line: Line, policy: config::Consent) -> Verdict {
        let reject = |value: &str, reason: String| {
            Verdict::Rejected(RowRejected { row: line.row, value: shortened(value), reason })
        };
        let entry: Entry = match line.content {
            Content::Broken(begins, why) => return reject(&begins, why),
            Content::Person(entry, _) => *entry,
        };
        let number = match &entry.number {
            Ok(number) => number.clone(),
            Err(why) => return reject(&entry.given, why.clone()),
        };
        if self.list.named_before(&number.phone) {
            return Verdict::Duplicate;
        }
        for remark in &entry.remarks {
            self.told.remarked += 1;
            if self.told.remarked <= REMARKS_MAX {
                let value = shortened(&entry.given);
                self.remarks.push(RowRemark { row: line.row, value, remark: remark.clone() });
            }
        }
        let consent = consent::of_row(&entry, policy, &self.call.source, cx.now());
        let opted_out_at = consent::opted_out(&entry, cx.now());
        let basis = if entry.consent == Said::Nothing { Basis::List } else { Basis::Row };
        let mut tags = entry.tags;
        tags.extend(self.call.tags.iter().cloned());
        Verdict::Candidate(Candidate {
            repaired: i64::from(number.mended.is_some()),
            person: ListedPerson {
                phone: number.phone,
                name: entry.name,
                tags,
                language: entry.language,
                note: entry.note,
                fields: entry.own,
                consent,
                basis,
                review: entry.review.unwrap_or(Review::New),
                opted_out_at,
            },
        })
    }

    async fn store(&mut self, cx: &Cx, shop: &TenantStore, candidates: &mut Vec<Candidate>) -> Handled<()> {
        if candidates.is_empty() {
            return Ok(());
        }
        let (people, repaired): (Vec<ListedPerson>, Vec<i64>) =
            candidates.drain(..).map(|candidate| (candidate.person, candidate.repaired)).unzip();
        let phones = |people: Vec<ListedPerson>| -> Vec<Phone> { people.into_iter().map(|one| one.phone).collect() };
        let taken = match (self.call.rehearsal, self.call.as_what) {
            (Rehearsal::DryRun, _) => shop.rehearse_import(phones(people)).await?,
            (Rehearsal::Real, ImportAs::Contacts) => shop.import_people(people, cx.now()).await?,
            (Rehearsal::Real, ImportAs::Suppressions) => shop.suppress_people(phones(people), cx.now()).await?,
        };
        for (taken, repaired) in taken.into_iter().zip(repaired) {
            match taken {
                Taken::Suppressed => self.told.suppressed += 1,
                Taken::Added | Taken::Known => {
                    self.told.imported += 1;
                    self.told.repaired += repaired;
                    self.told.added += i64::from(taken == Taken::Added);
                }
            }
        }
        Ok(())
    }

    fn columns(&self) -> Vec<ColumnRead> {
        let columns = self.list.columns().into_iter().flat_map(|columns| columns.iter());
        let read = columns.map(|column| ColumnRead {
            heading: column.heading.clone(),
            taken_for: match column.role {
                Role::Own | Role::Region => column.variable.clone(),
                role => role.word().to_owned(),
            },
        });
        read.collect()
    }

    /// Why it failed, and that what was stored is still there.
    fn explained(&self, refused: Refused) -> Refused {
        if self.told.imported == 0 || self.call.rehearsal == Rehearsal::DryRun {
            return refused;
        }
        let CallError { code, message } = refused.0;
        let imported = self.told.imported;
        let text = format!("{message}; {imported} rows before it are stored, and importing the list again is harmless");
        CallError::new(code, text).into()
    }
}

/// As much of a cell as a reply repeats.
fn shortened(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

enum Verdict {
    Candidate(Candidate),
    Duplicate,
    Rejected(RowRejected),
}
