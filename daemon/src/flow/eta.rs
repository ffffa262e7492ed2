//! When a campaign begins and is through, roughly: at the pace allowed, without the hours in which nobody is disturbed.

use jiff::tz::TimeZone;
use mychatflow_data::model::campaign::Plan;
use mychatflow_data::model::governor::Limits;
use mychatflow_data::model::governor::estimate::{Load, estimate};
use mychatflow_data::time::Timestamp;

use super::quiet::{self, Window};

fn window(plan: &Plan) -> Option<Window> {
    Window::parse(plan.quiet.as_deref()?).ok().flatten()
}

/// When the first message goes out, by the clock of the campaign.
#[must_use]
pub fn begins(plan: &Plan, zone: &TimeZone, at: Timestamp) -> Timestamp {
    window(plan).and_then(|window| window.until(zone, at)).unwrap_or(at)
}

/// When the last one goes out; `None` where nothing limits the pace.
#[must_use]
pub fn ends(plan: &Plan, zone: &TimeZone, limits: &Limits, load: Load, at: Timestamp) -> Option<Timestamp> {
    let begins = begins(plan, zone, at);
    let estimate = estimate(limits, load, begins);
    let at_work = estimate.at_work.map(|work| match window(plan) {
        Some(window) => quiet::through(window, zone, begins, work),
        None => begins + work,
    });
    at_work.max(estimate.days.map(|days| begins + days))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use super::*;

    #[test]
    fn nights_and_days_come_on_top_of_the_work() {
        let at = |text: &str| -> Timestamp { text.parse::<jiff::Timestamp>().unwrap().into() };
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let night = Plan { quiet: Some("21:00-08:00".to_owned()), ..Plan::default() };
        let gaps = Limits { gap: Some((Duration::from_secs(90), Duration::from_secs(90))), ..Limits::default() };
        let caps = Limits { new_people_per_day: NonZeroU32::new(30), ..gaps };
        let known = Load { messages: 20, ..Load::default() };
        let new = Load { messages: 41, newcomers: 41, ..Load::default() };
        for (plan, limits, load, now, expected) in [
            (Plan::default(), Limits::default(), known, "2026-11-23T12:00:00Z", None),
            (Plan::default(), gaps, known, "2026-11-23T12:00:00Z", Some("2026-11-23T12:30:00Z")),
            (night.clone(), gaps, known, "2026-11-23T12:00:00Z", Some("2026-11-23T12:30:00Z")),
            (night.clone(), gaps, known, "2026-11-23T19:45:00Z", Some("2026-11-24T07:15:00Z")),
            (night.clone(), gaps, known, "2026-11-23T22:00:00Z", Some("2026-11-24T07:30:00Z")),
            // A number that is new to it: 10 today, 20 tomorrow, the rest the day after.
            (night, caps, new, "2026-11-23T12:00:00Z", Some("2026-11-25T12:00:00Z")),
        ] {
            let found = ends(&plan, &zone, &limits, load, at(now));
            assert_eq!(found, expected.map(at), "{plan:?} {load:?} {now}");
        }
    }
}
