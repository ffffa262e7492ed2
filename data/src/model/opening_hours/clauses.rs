//! Which times belong to which days: those before them or behind them, whatever makes sense of the whole text.

use super::OpeningHours;
use super::lexicon::DAILY;

/// What belongs to days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Spans(Vec<(u16, u16)>),
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Element {
    Days(u8),
    Value(Value),
    Break,
}

/// Days, and what belongs to them.
pub(super) type Clause = (u8, Value);

/// Days and what belongs to them: before them or behind them, whatever makes sense of all of it.
pub(super) fn clauses(elements: &[Element]) -> Result<Vec<Clause>, String> {
    let plain = plain(elements);
    if plain.is_empty() {
        return Err("no time is in it".to_owned());
    }
    if !plain.iter().any(|element| matches!(element, Element::Days(_))) {
        return match &plain[..] {
            [Element::Value(value @ Value::Spans(_))] => Ok(vec![(DAILY, value.clone())]),
            [Element::Value(Value::Closed)] => Err("it says when nobody is there, and not when somebody is".to_owned()),
            _ => Err("no day is in it".to_owned()),
        };
    }
    // The ends of lines are where clauses end, if that makes sense.
    let by_line = join(elements);
    let found = if by_line.is_empty() { join(&plain) } else { by_line };
    let mut readings: Vec<(Vec<Clause>, OpeningHours)> = Vec::new();
    let mut why = None;
    for clauses in found {
        match by_day(&clauses) {
            Ok(hours) if readings.iter().any(|(_, known)| *known == hours) => {}
            Ok(hours) => readings.push((clauses, hours)),
            Err(error) => why = Some(error),
        }
    }
    match (readings.len(), why) {
        (1, _) => Ok(readings.swap_remove(0).0),
        (0, Some(why)) => Err(why),
        (0, None) => Err("it is not clear which times belong to which days".to_owned()),
        _ => Err("it is not clear which times belong to which days: write the days before their times".to_owned()),
    }
}

/// The elements without the ends of lines; hours that only such an end parts stand together.
fn plain(elements: &[Element]) -> Vec<Element> {
    let mut plain: Vec<Element> = Vec::new();
    for element in elements.iter().filter(|element| **element != Element::Break) {
        match (plain.last_mut(), element) {
            (Some(Element::Value(Value::Spans(spans))), Element::Value(Value::Spans(more))) => spans.extend(more),
            _ => plain.push(element.clone()),
        }
    }
    plain
}

/// Of all ways to join elements no more than these are looked at.
const WAYS_MAX: usize = 32;

/// The ways to join all elements. Hours without days hold every day, where the rest of the text only says when nobody is
/// there: `9-18, closed on Sundays`.
fn join(elements: &[Element]) -> Vec<Vec<Clause>> {
    // From every place to the end: the clauses, and whether the days of one of them are left out.
    let mut ways: Vec<Vec<(Vec<Clause>, bool)>> = vec![Vec::new(); elements.len() + 1];
    ways[elements.len()].push((Vec::new(), false));
    for begin in (0..elements.len()).rev() {
        let mut found: Vec<(Vec<Clause>, bool)> = Vec::new();
        if elements[begin] == Element::Break {
            found.clone_from(&ways[begin + 1]);
        }
        for (length, clause, is_bare) in segments(&elements[begin..]) {
            for (rest, has_bare) in &ways[begin + length] {
                if found.len() < WAYS_MAX && !(is_bare && *has_bare) {
                    let clauses = std::iter::once(clause.clone()).chain(rest.iter().cloned()).collect();
                    found.push((clauses, is_bare || *has_bare));
                }
            }
        }
        ways[begin] = found;
    }
    let whole = ways.swap_remove(0);
    let spans = |clauses: &[Clause]| clauses.iter().filter(|(_, value)| matches!(value, Value::Spans(_))).count();
    whole
        .into_iter()
        .filter(|(clauses, has_bare)| !has_bare || spans(clauses) == 1)
        .map(|(clauses, _)| clauses)
        .collect()
}

/// The clauses that begin here, each with the number of elements that it takes and whether its days are left out.
fn segments(elements: &[Element]) -> Vec<(usize, Clause, bool)> {
    let mut found = Vec::new();
    match &elements[0] {
        Element::Days(_) => {
            let mut days = 0;
            for (place, element) in elements.iter().enumerate() {
                match element {
                    Element::Days(more) => days |= more,
                    Element::Value(value) => {
                        found.push((place + 1, (days, value.clone()), false));
                        break;
                    }
                    Element::Break => break,
                }
            }
        }
        Element::Value(value) => {
            let mut days = 0;
            for (place, element) in elements.iter().enumerate().skip(1) {
                let Element::Days(more) = element else { break };
                days |= more;
                found.push((place + 1, (days, value.clone()), false));
            }
            if matches!(value, Value::Spans(_)) {
                found.push((1, (DAILY, value.clone()), true));
            }
        }
        Element::Break => {}
    }
    found
}

/// The times of each day. What is said of fewer days goes before what is said of more.
pub(super) fn by_day(clauses: &[Clause]) -> Result<OpeningHours, String> {
    let mut hours = OpeningHours::default();
    for (day, open) in hours.days.iter_mut().enumerate() {
        let mut about: Vec<&Clause> = clauses.iter().filter(|(days, _)| days & 1 << day != 0).collect();
        about.sort_by_key(|(days, value)| (std::cmp::Reverse(days.count_ones()), *value == Value::Closed));
        let mut widest = 0;
        for (days, value) in about {
            let width = days.count_ones();
            match value {
                Value::Closed if open.is_empty() => {}
                Value::Closed if width < widest => open.clear(),
                Value::Closed => return Err("a day is both open and closed".to_owned()),
                Value::Spans(spans) => {
                    let overlap = |one: &(u16, u16), other: &(u16, u16)| one.0 < other.1 && other.0 < one.1;
                    if spans.iter().any(|span| open.iter().any(|known| overlap(known, span))) {
                        if width >= widest {
                            return Err("two times of one day overlap".to_owned());
                        }
                        open.clear();
                    }
                    open.extend(spans);
                    widest = widest.max(width);
                }
            }
            open.sort_unstable();
            if open.windows(2).any(|pair| pair[0].1 > pair[1].0) {
                return Err("two times of one day overlap".to_owned());
            }
        }
    }
    if hours.days.iter().all(Vec::is_empty) {
        return Err("it says when nobody is there, and not when somebody is".to_owned());
    }
    Ok(hours)
}
