//! What a list says about consent: the list itself is people's consent, unless its column says no, or yes must be said.

use std::collections::BTreeMap;

use jiff::civil;
use jiff::tz::TimeZone;
use mychatflow_data::model::contact::{Consent, ConsentState};
use mychatflow_data::model::recipient::NO_CONSENT_ON_RECORD;
use mychatflow_data::time::Timestamp;

use super::columns::{Entry, Origin, Said, said};
use super::headings::{self, Role};
use super::when;
use crate::config::Consent as Policy;

/// Why a row of a campaign's list is left out, unless what is on record of its person says otherwise.
#[must_use]
pub fn refused(said: Said, policy: Policy) -> Option<&'static str> {
    match (said, policy) {
        (Said::No, _) => Some("no consent"),
        (Said::Yes, _) | (Said::Nothing, Policy::Assumed) => None,
        (Said::Nothing, Policy::Required) => Some(NO_CONSENT_ON_RECORD),
    }
}

/// What a row said about consent when its list was written, by its columns as they are kept with a campaign: a JSON object.
#[must_use]
pub fn said_in(fields: &str) -> Said {
    let cells: BTreeMap<String, String> = serde_json::from_str(fields).unwrap_or_default();
    let roles = headings::roles(cells.keys().map(String::as_str));
    let place = roles.into_iter().find(|(_, role)| *role == Role::Consent);
    let cell = place.and_then(|(place, _)| cells.values().nth(place));
    cell.map_or(Said::Nothing, |cell| said(cell))
}

/// What a row of an imported list puts on record; `source` is the list.
#[must_use]
pub fn of_row(entry: &Entry, policy: Policy, source: &str, now: Timestamp) -> Option<Consent> {
    let state = match (entry.consent, policy) {
        // It was no list that anybody put their name on.
        (Said::Nothing, _) if entry.origin == Origin::Export => return None,
        (Said::No, _) => ConsentState::Refused,
        (Said::Yes, _) | (Said::Nothing, Policy::Assumed) => ConsentState::Given,
        (Said::Nothing, Policy::Required) => return None,
    };
    let at = entry.consent_at.as_deref().and_then(day_or_instant).filter(|at| *at <= now).unwrap_or(now);
    let list = (entry.origin == Origin::Foreign).then(|| source.to_owned());
    Some(Consent { state, at, source: entry.consent_source.clone().or(list), proof: entry.consent_proof.clone() })
}

/// Since when the person of a row is not written to, where it says so.
#[must_use]
pub fn opted_out(entry: &Entry, now: Timestamp) -> Option<Timestamp> {
    let text = entry.opted_out_at.as_deref()?;
    Some(day_or_instant(text).filter(|at| *at <= now).unwrap_or(now))
}

/// An instant, a time or a day, as tables have them; without a zone it is of UTC.
fn day_or_instant(text: &str) -> Option<Timestamp> {
    let at_midnight = |day: civil::Date| day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp().into());
    if let Ok(at) = when::read(text, &TimeZone::UTC) {
        return Some(at);
    }
    if let Ok(day) = text.trim().parse::<civil::Date>() {
        return at_midnight(day);
    }
    // 23.11.2026, as German spreadsheets write it. With slashes nobody knows which is the month.
    let mut parts = text.trim().split('.').map(str::parse::<i16>);
    let (Some(Ok(day)), Some(Ok(month)), Some(Ok(year)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok().and_then(at_midnight)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_consent_unless_its_column_says_no() {
        for (said, policy, why) in [
            (Said::Yes, Policy::Assumed, None),
            (Said::Nothing, Policy::Assumed, None),
            (Said::No, Policy::Assumed, Some("no consent")),
            (Said::Yes, Policy::Required, None),
            (Said::Nothing, Policy::Required, Some("no consent on record")),
            (Said::No, Policy::Required, Some("no consent")),
        ] {
            assert_eq!(refused(said, policy), why, "{said:?} {policy:?}");
        }
    }

    #[test]
    fn a_row_that_is_kept_says_what_it_said() {
        for (fields, expected) in [
            (r#"{"phone":"1","einwilligung":"ja","name":"Ana"}"#, Said::Yes),
            (r#"{"consent":"no","opt_in":"yes"}"#, Said::No),
            (r#"{"consent":"","name":"Ana"}"#, Said::Nothing),
            (r#"{"consent_source":"yes"}"#, Said::Nothing),
            ("{}", Said::Nothing),
            ("torn", Said::Nothing),
        ] {
            assert_eq!(said_in(fields), expected, "{fields}");
        }
    }

    #[test]
    fn days_as_tables_have_them() {
        for (text, expected) in [
            ("2026-11-23", Some("2026-11-23T00:00:00.000Z")),
            ("2026-11-23 09:30", Some("2026-11-23T09:30:00.000Z")),
            ("2026-11-23T09:30:00+01:00", Some("2026-11-23T08:30:00.000Z")),
            ("23.11.2026", Some("2026-11-23T00:00:00.000Z")),
            ("11/23/2026", None),
            ("31.11.2026", None),
            ("yesterday", None),
        ] {
            assert_eq!(day_or_instant(text).map(|at| at.to_string()).as_deref(), expected, "{text}");
        }
    }
}
