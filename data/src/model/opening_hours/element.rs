//! The elements of opening hours: days, and what may belong to them. A token that fits nowhere is an error: nothing of a
//! text is left out.

use super::DAY_MINUTES;
use super::clauses::{Element, Value};
use super::clock::{ClockTime, pause_span, span};
use super::lexicon::DAILY;
use super::token::Token;

/// The tokens as days and what may belong to them.
pub(super) fn elements(tokens: &[Token], slash_can_be_to: bool) -> Result<Vec<Element>, String> {
    let times = || tokens.iter().filter_map(|token| if let Token::Time(time) = token { Some(time) } else { None });
    let is_padded = times().all(|time| time.is_padded) && times().any(|time| time.of_24);
    let shows_24_hours = times().any(|time| time.shows_24_hours());
    let mut maker = Maker { tokens, at: 0, slash_can_be_to, is_padded, shows_24_hours, elements: Vec::new() };
    for token in tokens {
        if let Token::Beyond(word) = token {
            return Err(format!("\"{word}\" can't be kept: only days of the week and times are"));
        }
    }
    if let Some(Token::Unknown(word)) = tokens.iter().find(|token| matches!(token, Token::Unknown(_))) {
        return Err(format!("the word \"{word}\" is not understood"));
    }
    while maker.at < tokens.len() {
        maker.step()?;
    }
    Ok(maker.elements)
}

struct Maker<'t> {
    tokens: &'t [Token],
    at: usize,
    slash_can_be_to: bool,
    /// Are all times written as `09:00` is?
    is_padded: bool,
    /// Does the hour of one of the times show that the clock has 24 hours?
    shows_24_hours: bool,
    elements: Vec<Element>,
}

impl Maker<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead)
    }

    fn step(&mut self) -> Result<(), String> {
        let token = &self.tokens[self.at];
        self.at += 1;
        match token {
            Token::Days(first) => self.days(*first)?,
            Token::Time(from) => {
                if from.hour == 24 && !self.is_span() {
                    self.elements.push(Element::Value(Value::Spans(vec![(0, DAY_MINUTES)])));
                } else {
                    let span = self.span(*from)?;
                    match self.elements.last_mut() {
                        Some(Element::Value(Value::Spans(spans))) => spans.push(span),
                        _ => self.elements.push(Element::Value(Value::Spans(vec![span]))),
                    }
                }
            }
            Token::AllDay => self.elements.push(Element::Value(Value::Spans(vec![(0, DAY_MINUTES)]))),
            Token::Closed => {
                // `9-17, closed 12-13`
                let is_within = matches!(self.elements.last(), Some(Element::Value(Value::Spans(_))));
                match self.peek(0) {
                    Some(Token::Time(from)) if is_within => {
                        let from = *from;
                        self.at += 1;
                        self.pause(from)?;
                        if self.peek(0) == Some(&Token::Pause) {
                            self.at += 1;
                        }
                    }
                    _ => self.elements.push(Element::Value(Value::Closed)),
                }
            }
            Token::Except => self.except()?,
            Token::Pause => match self.peek(0) {
                Some(Token::Time(from)) => {
                    let from = *from;
                    self.at += 1;
                    self.pause(from)?;
                }
                _ => return Err("a break in it has no time, or is not clear".to_owned()),
            },
            Token::Holiday => self.elements.push(Element::Days(0)),
            Token::Break => self.elements.push(Element::Break),
            Token::And | Token::Slash => {}
            Token::Dash => self.dash()?,
            Token::To => return Err("it is not clear what \"to\" stands between".to_owned()),
            Token::NoTime(digits) => return Err(format!("\"{digits}\" is no time of the day")),
            // Both were found above.
            Token::Unknown(_) | Token::Beyond(_) => {}
        }
        Ok(())
    }

    /// Is there a day behind the word that joins two?
    fn last_of_range(&mut self, first: u8) -> Result<u8, String> {
        let unclear = "a span of days goes from one day to another";
        // `lun/ven`: two days, or five?
        let is_behind_slash = self.at > 1 && self.tokens[self.at - 2] == Token::Slash;
        if let (Some(Token::Slash), Some(Token::Days(last))) = (self.peek(0), self.peek(1))
            && self.slash_can_be_to
            && !is_behind_slash
            && self.peek(2) != Some(&Token::Slash)
            && range(first, *last).is_some_and(|days| days.count_ones() > 2)
        {
            return Err("it is not clear whether \"/\" means \"and\" or \"to\"".to_owned());
        }
        let (Some(Token::To | Token::Dash), Some(Token::Days(last))) = (self.peek(0), self.peek(1)) else {
            return Ok(first);
        };
        let days = range(first, *last).ok_or(unclear)?;
        self.at += 2;
        match (self.peek(0), self.peek(1)) {
            (Some(Token::To | Token::Dash), Some(Token::Days(_))) => Err(unclear.to_owned()),
            _ => Ok(days),
        }
    }

    fn days(&mut self, first: u8) -> Result<(), String> {
        let before = self.at.checked_sub(2).map(|place| &self.tokens[place]);
        // `every day, Monday to Friday`: one explains the other.
        let explains = matches!(before, Some(Token::Days(_)));
        let days = self.last_of_range(first)?;
        match self.elements.last_mut() {
            Some(Element::Days(known)) if explains && (*known == DAILY || days == DAILY) => *known &= days,
            _ => self.elements.push(Element::Days(days)),
        }
        Ok(())
    }

    fn is_span(&self) -> bool {
        matches!((self.peek(0), self.peek(1)), (Some(Token::To | Token::Dash), Some(Token::Time(_))))
    }

    /// The other end of a span, which stands behind a word or a dash.
    fn until(&mut self, from: ClockTime) -> Result<ClockTime, String> {
        let (Some(Token::To | Token::Dash), Some(Token::Time(until))) = (self.peek(0), self.peek(1)) else {
            return Err(format!("{from} has no end: a span of time goes from one time to another"));
        };
        let until = *until;
        self.at += 2;
        match self.peek(0) {
            Some(Token::To | Token::Dash) if matches!(self.peek(1), Some(Token::Time(_))) => {
                Err(format!("{from}-{until} goes on: a span of time goes from one time to another"))
            }
            _ => Ok(until),
        }
    }

    fn span(&mut self, from: ClockTime) -> Result<(u16, u16), String> {
        let until = self.until(from)?;
        let before = match self.elements.last() {
            Some(Element::Value(Value::Spans(spans))) => spans.last().copied(),
            _ => None,
        };
        let certain = |time: ClockTime| ClockTime { of_24: time.of_24 || self.is_padded, ..time };
        let found = span(certain(from), certain(until), self.is_padded || self.shows_24_hours, before);
        // `09:00-12:00, 01:00-05:00`: is the second one before the first, or after noon?
        if let (Ok(found), Some(before)) = (&found, before)
            && found.0 < before.0
            && from.half.is_none()
            && from.hour <= 12
            && !self.shows_24_hours
        {
            return Err(format!("{from}-{until} has two readings: write it on the clock of 24 hours"));
        }
        // `12-13 Uhr Mittagspause`
        if self.peek(0) == Some(&Token::Pause) && !matches!(self.peek(1), Some(Token::Time(_))) && before.is_some() {
            self.at += 1;
            let last = self.take_out(from, until)?;
            return Ok(last);
        }
        found
    }

    /// A break: the span that it interrupts ends where it begins, and another one begins where it ends.
    fn pause(&mut self, from: ClockTime) -> Result<(), String> {
        let until = self.until(from)?;
        let last = self.take_out(from, until)?;
        if let Some(Element::Value(Value::Spans(spans))) = self.elements.last_mut() {
            spans.push(last);
        }
        Ok(())
    }

    /// Ends the span around a break, and returns the span behind the break.
    fn take_out(&mut self, from: ClockTime, until: ClockTime) -> Result<(u16, u16), String> {
        let unclear = || "it is not clear which hours the break is in".to_owned();
        let is_value = |element: &&Element| matches!(element, Element::Value(Value::Spans(_)));
        // Of several days, each with its hours, nobody knows whose break it is; in brackets behind the first it is clear.
        if self.elements.iter().filter(is_value).count() != 1 {
            return Err(unclear());
        }
        while matches!(self.elements.last(), Some(Element::Break)) {
            self.elements.pop();
        }
        let Some(Element::Value(Value::Spans(spans))) = self.elements.last_mut() else { return Err(unclear()) };
        let mut around = spans.iter_mut().filter_map(|span| Some((pause_span(from, until, *span)?, span)));
        let (Some((pause, span)), None) = (around.next(), around.next()) else { return Err(unclear()) };
        let last = (pause.1, span.1);
        span.1 = pause.0;
        Ok(last)
    }

    fn except(&mut self) -> Result<(), String> {
        let (mut without, mut has_holidays) = (0, false);
        while let Some(next) = self.peek(0) {
            match next {
                Token::Days(first) => {
                    let first = *first;
                    self.at += 1;
                    without |= self.last_of_range(first)?;
                }
                Token::And | Token::Slash => self.at += 1,
                Token::Holiday => {
                    has_holidays = true;
                    self.at += 1;
                }
                _ => break,
            }
        }
        if let (Some(Token::Time(from)), true) = (self.peek(0), matches!(self.elements.last(), Some(Element::Value(_))))
        {
            // `9-18 except 12-13`
            if without == 0 && !has_holidays {
                let from = *from;
                self.at += 1;
                return self.pause(from);
            }
            // `Mo-Fr 8-18, außer Mi 8-13`: what is said of fewer days goes before the rest anyway.
            self.elements.push(Element::Days(without));
            return Ok(());
        }
        if without == 0 && !has_holidays {
            return Err("it does not say on which days \"except\" is".to_owned());
        }
        // `täglich außer So 9-18`, and `täglich 9-18 außer So`
        // `9-18 except Sunday`
        if let [Element::Value(_)] = self.elements[..] {
            self.elements.push(Element::Days(DAILY & !without));
            return Ok(());
        }
        let days = self.elements.iter_mut().rev().find_map(|element| match element {
            Element::Days(days) => Some(days),
            Element::Value(_) | Element::Break => None,
        });
        let days = days.ok_or("\"except\" stands behind the days that it is about")?;
        if *days & without != without || *days == without {
            return Err("it is not clear which days \"except\" is about".to_owned());
        }
        *days &= !without;
        Ok(())
    }

    /// A dash that joins nothing: at the beginning of a line, and between days and what belongs to them, it is a mark.
    fn dash(&mut self) -> Result<(), String> {
        let is_value = |token: &Token| matches!(token, Token::Time(_) | Token::AllDay | Token::Closed);
        let before = self.at.checked_sub(2).map(|place| &self.tokens[place]);
        let is_mark = match (before, self.peek(0)) {
            // `- Mon-Fri 9-18`
            (None | Some(Token::Break), Some(Token::Days(_) | Token::Time(_))) => true,
            (Some(Token::Days(_) | Token::Holiday), Some(value)) => {
                is_value(value) || matches!(value, Token::And | Token::Slash)
            }
            (Some(value), Some(Token::Days(_))) => is_value(value),
            _ => false,
        };
        if is_mark { Ok(()) } else { Err("it is not clear what \"-\" stands between".to_owned()) }
    }
}

/// From one day to another, over the end of the week too.
fn range(first: u8, last: u8) -> Option<u8> {
    if first.count_ones() != 1 || last.count_ones() != 1 || first == last {
        return None;
    }
    let (first, last) = (first.trailing_zeros(), last.trailing_zeros());
    let length = (last + 7 - first) % 7;
    Some((0..=length).fold(0, |days, day| days | 1 << ((first + day) % 7)))
}
