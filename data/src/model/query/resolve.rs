//! Puts the queries of saved segments where their names stand.

use super::{Query, QueryError, Test};

/// How deep segments may stand in other segments.
const DEPTH_MAX: usize = 8;
/// How many segments one query may come to, those in others counted each time.
const LOOK_UPS_MAX: usize = 256;

/// How many terms a query may have with those of its segments: everybody is asked all of them.
const TERMS_MAX: usize = 1_024;

/// Are these two the name of the same segment? Letter case counts as little as it does in the store.
#[must_use]
pub(crate) fn same_name(left: &str, right: &str) -> bool {
    left.trim().eq_ignore_ascii_case(right.trim())
}

struct Resolver<'l, E> {
    look_up: &'l mut dyn FnMut(&str) -> Result<Option<String>, E>,
    /// The segments within which it reads.
    path: Vec<String>,
    left: usize,
    terms_left: usize,
}

impl<E: From<QueryError>> Resolver<'_, E> {
    fn segment(&mut self, name: &str) -> Result<Query, E> {
        let wrong = |why: String| Err(QueryError::segment(name, why).into());
        if let Some(begins) = self.path.iter().position(|above| same_name(above, name)) {
            let circle = [&self.path[begins..], &[name.to_owned()]].concat().join(" > ");
            return wrong(format!("leads back to itself: {circle}"));
        }
        if self.path.len() == DEPTH_MAX {
            return wrong(format!("stands too deep: segments go {DEPTH_MAX} deep in one another"));
        }
        self.left = match self.left.checked_sub(1) {
            Some(left) => left,
            None => return wrong(format!("is one too many: a query comes to {LOOK_UPS_MAX} segments at most")),
        };
        let Some(text) = (self.look_up)(name)? else {
            return wrong("is not there: see `mychatflow segment list`".to_owned());
        };
        let query = Query::parse(&text)?;
        self.terms_left = match self.terms_left.checked_sub(query.terms.len()) {
            Some(left) => left,
            None => return wrong(format!("is one too many: a query comes to {TERMS_MAX} terms at most")),
        };
        self.path.push(name.to_owned());
        let query = self.query(query)?;
        self.path.pop();
        Ok(query)
    }

    fn query(&mut self, mut query: Query) -> Result<Query, E> {
        for term in &mut query.terms {
            if let Test::Segment(name) = &term.test {
                term.test = Test::Query(self.segment(name)?);
            }
        }
        Ok(query)
    }
}

impl Query {
    /// Puts the queries of saved segments where their names stand.
    ///
    /// # Errors
    /// When a segment is not there, has itself in it, can't be read, or when there are too many of them.
    pub fn resolved<E: From<QueryError>>(
        self,
        look_up: &mut dyn FnMut(&str) -> Result<Option<String>, E>,
    ) -> Result<Self, E> {
        Resolver { look_up, path: Vec::new(), left: LOOK_UPS_MAX, terms_left: TERMS_MAX }.query(self)
    }

    /// Does it name this segment itself?
    #[must_use]
    pub fn has_segment(&self, name: &str) -> bool {
        self.terms.iter().any(|term| matches!(&term.test, Test::Segment(other) if same_name(other, name)))
    }
}
