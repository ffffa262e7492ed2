//! Profiles: people as a query sees them. Whoever asks which people a query means reads them here, many at a time.

use std::sync::Arc;

use rusqlite::{Row, ToSql};

use super::TenantStore;
use super::contacts::{self, ContactPlace};
use super::error::StoreError;
use super::scope::{Scope, Scoped};
use super::segments;
use crate::ids::ContactId;
use crate::model::contact::Contact;
use crate::model::query::{Fact, Profile, Query};
use crate::scoped;
use crate::time::Timestamp;

/// How many people are read in one go.
const CHUNK: i64 = 250;
/// How many people one query of the store looks at: a reader serves others as well.
const LOOKED_AT_MAX: usize = 5_000;

macro_rules! select_profiles {
    ($rest:literal) => {
        concat!(
            "SELECT c.id, c.name, c.phone, c.review, c.opted_out_at, c.language, c.consent, c.created_at,
                    CASE WHEN :tags THEN (SELECT json_group_array(tag) FROM contact_tags
                                          WHERE tenant_id = c.tenant_id AND contact_id = c.id) END,
                    CASE WHEN :fields THEN c.fields END
             FROM contacts AS c WHERE c.tenant_id = :tenant ",
            $rest
        )
    };
}

/// Facts that are looked up last, and only of whom all the rest fits: a look into the chats costs as much as all of it.
const FROM_CHATS: &[Fact] = &[Fact::LastIn, Fact::LastOut];

/// Somebody whom a query is held against.
pub(crate) struct Person {
    pub(crate) id: ContactId,
    pub(crate) profile: Profile,
    chats: Chats,
}

/// Is it known when they wrote, and were written to?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Chats {
    Unread,
    Read,
}

fn read(row: &Row<'_>) -> rusqlite::Result<Person> {
    let json = |column| row.get::<_, Option<String>>(column).map(Option::unwrap_or_default);
    let profile = Profile {
        name: row.get(1)?,
        phone: row.get(2)?,
        review: row.get(3)?,
        opted_out_at: row.get(4)?,
        language: row.get(5)?,
        consent: row.get(6)?,
        created_at: row.get(7)?,
        tags: serde_json::from_str(&json(8)?).unwrap_or_default(),
        fields: serde_json::from_str(&json(9)?).unwrap_or_default(),
        last_in_at: None,
        last_out_at: None,
    };
    Ok(Person { id: row.get(0)?, profile, chats: Chats::Unread })
}

impl Person {
    /// Does a query mean this person?
    pub(crate) fn fits(&mut self, scope: &Scope<'_>, query: &Query, now: Timestamp) -> Result<bool, StoreError> {
        if self.chats == Chats::Unread && FROM_CHATS.iter().any(|fact| query.asks_for(*fact)) {
            if !query.may_match(&self.profile, FROM_CHATS, now) {
                return Ok(false);
            }
            (self.profile.last_in_at, self.profile.last_out_at) = contacts::last_words(scope, self.id)?;
            self.chats = Chats::Read;
        }
        Ok(query.matches(&self.profile, now))
    }
}

/// People, with the facts that these queries ask for, those from chats apart.
fn people(
    scope: &Scope<'_>,
    sql: Scoped,
    queries: &[Query],
    place: &[(&'static str, &dyn ToSql)],
) -> Result<Vec<Person>, StoreError> {
    let asked = |fact| queries.iter().any(|query| query.asks_for(fact));
    let (tags, fields) = (asked(Fact::Tags), asked(Fact::Fields));
    let facts: [(&'static str, &dyn ToSql); 2] = [(":tags", &tags), (":fields", &fields)];
    scope.rows(sql, &[&facts, place].concat(), read)
}

/// People in the order in which they came, after one of them.
pub(crate) fn by_id(
    scope: &Scope<'_>,
    queries: &[Query],
    after: Option<ContactId>,
    limit: i64,
) -> Result<Vec<Person>, StoreError> {
    const BY_ID: Scoped = scoped!(select_profiles!("AND c.id > coalesce(:after, x'') ORDER BY c.id LIMIT :limit"));
    people(scope, BY_ID, queries, &[(":after", &after), (":limit", &limit)])
}

/// Where in the list of people one looks next: those without a name come first.
#[derive(Debug, Clone)]
enum Stretch {
    Nameless(Option<ContactId>),
    Named(String, Option<ContactId>),
}

impl Stretch {
    fn after(place: Option<ContactPlace>) -> Self {
        match place {
            None => Self::Nameless(None),
            Some(ContactPlace { name: None, id }) => Self::Nameless(Some(id)),
            Some(ContactPlace { name: Some(name), id }) => Self::Named(name, Some(id)),
        }
    }

    /// The next people, and where the ones after them are.
    fn read(&self, scope: &Scope<'_>, query: &Query, limit: i64) -> Result<(Vec<Person>, Option<Self>), StoreError> {
        const NAMELESS: Scoped =
            scoped!(select_profiles!("AND c.name IS NULL AND c.id > coalesce(:after, x'') ORDER BY c.id LIMIT :limit"));
        const NAMED: Scoped = scoped!(select_profiles!(
            "AND (c.name, c.id) > (:name, coalesce(:after, x'')) ORDER BY c.name, c.id LIMIT :limit"
        ));
        let queries = std::slice::from_ref(query);
        let found = match self {
            Self::Nameless(after) => people(scope, NAMELESS, queries, &[(":after", after), (":limit", &limit)])?,
            Self::Named(name, after) => {
                people(scope, NAMED, queries, &[(":name", name), (":after", after), (":limit", &limit)])?
            }
        };
        let full = i64::try_from(found.len()).is_ok_and(|count| count == limit);
        let next = match (self, found.last().filter(|_| full)) {
            (Self::Nameless(_), Some(last)) => Some(Self::Nameless(Some(last.id))),
            (Self::Nameless(_), None) => Some(Self::Named(String::new(), None)),
            (Self::Named(..), last) => {
                last.map(|last| Self::Named(last.profile.name.clone().unwrap_or_default(), Some(last.id)))
            }
        };
        Ok((found, next))
    }
}

/// Up to so many people who fit, of the next [`LOOKED_AT_MAX`]; and where to look on, unless there is nobody left.
fn look(
    scope: &Scope<'_>,
    query: &Query,
    from: Stretch,
    limit: usize,
    now: Timestamp,
) -> Result<(Vec<Contact>, Option<Stretch>), StoreError> {
    let (mut found, mut looked_at, mut next) = (Vec::new(), 0, Some(from));
    while looked_at < LOOKED_AT_MAX
        && let Some(from) = next.take()
    {
        let (some, behind) = from.read(scope, query, CHUNK)?;
        looked_at += some.len();
        for mut person in some {
            if person.fits(scope, query, now)? {
                found.extend(contacts::find(scope, person.id)?);
                if found.len() == limit {
                    return Ok((found, None));
                }
            }
        }
        next = behind;
    }
    Ok((found, next))
}

/// How many of the next [`LOOKED_AT_MAX`] people fit each query, and the last of them unless there is nobody left.
fn count(
    scope: &Scope<'_>,
    queries: &[Query],
    after: Option<ContactId>,
    now: Timestamp,
) -> Result<(Vec<i64>, Option<ContactId>), StoreError> {
    let (mut counts, mut last, mut looked_at) = (vec![0; queries.len()], after, 0);
    while looked_at < LOOKED_AT_MAX {
        let mut some = by_id(scope, queries, last, CHUNK)?;
        for person in &mut some {
            for (count, query) in counts.iter_mut().zip(queries) {
                *count += i64::from(person.fits(scope, query, now)?);
            }
        }
        looked_at += some.len();
        if i64::try_from(some.len()).is_ok_and(|count| count < CHUNK) {
            return Ok((counts, None));
        }
        last = some.last().map(|person| person.id);
    }
    Ok((counts, last))
}

impl TenantStore {
    /// People by name whom a query means, after a place, so many at most; fewer when there are no more. Segments in the
    /// query are looked up.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when a segment in the query is not there.
    pub async fn contacts_that_fit(
        &self,
        query: Query,
        after: Option<ContactPlace>,
        limit: i64,
        now: Timestamp,
    ) -> Result<Vec<Contact>, StoreError> {
        let query = Arc::new(self.resolved_query(query).await?);
        let limit = usize::try_from(limit).unwrap_or(0);
        let (mut found, mut next) = (Vec::new(), (limit > 0).then(|| Stretch::after(after)));
        while let Some(from) = next {
            let (query, wanted) = (Arc::clone(&query), limit - found.len());
            let (some, behind) = self.read(move |scope| look(scope, &query, from, wanted, now)).await?;
            found.extend(some);
            next = behind;
        }
        Ok(found)
    }

    /// How many people each of these queries means. Segments in a query are looked up; one that can't be looked up means
    /// nobody.
    ///
    /// # Errors
    /// What the store says.
    pub async fn count_people(&self, queries: Vec<Query>, now: Timestamp) -> Result<Vec<i64>, StoreError> {
        let mut counts = vec![0; queries.len()];
        let (places, queries) = self
            .read(move |scope| {
                let (mut places, mut known) = (Vec::new(), Vec::new());
                for (place, query) in queries.into_iter().enumerate() {
                    match segments::resolved(scope, query) {
                        Ok(query) => (places.push(place), known.push(query)),
                        Err(StoreError::Invalid(_)) => continue,
                        Err(error) => return Err(error),
                    };
                }
                Ok((places, Arc::new(known)))
            })
            .await?;
        let mut next = (!queries.is_empty()).then_some(None);
        while let Some(after) = next {
            let queries = Arc::clone(&queries);
            let (some, behind) = self.read(move |scope| count(scope, &queries, after, now)).await?;
            for (place, people) in places.iter().zip(some) {
                counts[*place] += people;
            }
            next = behind.map(Some);
        }
        Ok(counts)
    }
}
