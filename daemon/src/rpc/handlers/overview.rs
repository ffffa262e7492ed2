//! `overview`: how the shop is doing, on one page.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Unit};
use mychatflow_data::credits::Credits;
use mychatflow_data::model::chat::ChatState;
use mychatflow_data::model::first_step::{FirstStepFacts, first_steps};
use mychatflow_data::model::instance::condition;
use mychatflow_data::model::ledger::Summary;
use mychatflow_data::model::setting::{ExistingContacts, SettingKey};
use mychatflow_data::protocol::calls::overview::{
    ChatCounts, DayCounts, FirstResponse, Forecast, HourCounts, Overview, OverviewError, OverviewShow, TodayCounts,
};
use mychatflow_data::store::TenantStore;
use mychatflow_data::store::activity::Activity;
use mychatflow_data::store::overview::{Counts, Failed, Failure};
use mychatflow_data::store::settings::Owner;
use mychatflow_data::time::Timestamp;

use crate::compose;
use crate::cx::Cx;
use crate::flow::clean::clean_line;
use crate::health::{self, HealthScope};
use crate::rpc::peer::Caller;
use crate::rpc::refused::Handled;
use crate::rpc::service::Reply;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const HOURS: u32 = 24;
const DAYS: usize = 30;
const ERRORS: usize = 10;
/// How many days the forecast looks back.
const FORECAST_DAYS: u32 = 7;

/// `overview`
///
/// # Errors
/// What the store says.
pub async fn overview(cx: &Cx, shop: &TenantStore, caller: &Caller, _: OverviewShow) -> Handled<Reply<OverviewShow>> {
    let now = cx.now();
    let tenant = super::tenant(cx, shop).await?;
    let zone = compose::zone(&tenant.timezone);
    let counts = shop.counts(now - DAY).await?;
    // The day before the first one: hours and zones reach over its edge.
    let activity = shop.activity(now - DAY * (u32::try_from(DAYS).unwrap_or(u32::MAX) + 1)).await?;
    let failures = shop.failures(ERRORS).await?;
    let credits = shop.credits(cx.clients().plan(&tenant.plan), now).await?;
    let days = days(&activity, &zone, now);
    let today = activity_on(&activity, &zone, day_of(now, &zone));
    let first_steps = first_steps(&first_step_facts(cx, shop, &counts).await?);
    let age = now.since(tenant.created_at).as_secs_f64() / DAY.as_secs_f64();
    Ok(Reply(Overview {
        chats: chats(&counts),
        today: TodayCounts {
            received: today.received,
            sent: today.sent(),
            by_assistant: today.assistant,
            by_human: today.human,
            by_phone: today.phone,
            by_campaign: today.campaign,
        },
        first_response: first_response(&counts.waited_ms),
        held: counts.held,
        drafts: counts.drafts,
        unknown: counts.unknown,
        dead_letters: counts.dead_letters,
        unreviewed: counts.unreviewed,
        hours: hours(&activity, &zone, now),
        days,
        forecast: forecast(spent(&activity, now - DAY * FORECAST_DAYS), age, &credits, now),
        errors: failures.into_iter().map(error).collect(),
        findings: health::findings_for(cx, HealthScope::Tenant(shop.id()), shop.id(), caller).await,
        first_steps,
        now,
        timezone: tenant.timezone,
    }))
}

async fn first_step_facts(cx: &Cx, shop: &TenantStore, counts: &Counts) -> Handled<FirstStepFacts> {
    let said = shop.own_settings(Owner::Tenant).await?;
    let numbers = shop.instances().await?;
    let asks = match said.get(SettingKey::ReplyExistingContacts) {
        Some(word) => word == ExistingContacts::Ask.word(),
        None => cx.config().reply.existing_contacts == ExistingContacts::Ask,
    };
    Ok(FirstStepFacts {
        has_model: cx.clients().gemini.is_some(),
        has_facts: counts.has_quick_reply || said.get(SettingKey::BusinessProfile).is_some(),
        unpaired: numbers.iter().find(|number| number.paired_at.is_none()).map(|number| clean_line(&number.name)),
        is_paired: numbers.iter().any(|number| number.paired_at.is_some()),
        unreviewed: if asks { counts.unreviewed } else { 0 },
        drafts: counts.drafts,
        has_answered: counts.has_answered,
    })
}

fn chats(counts: &Counts) -> ChatCounts {
    let of = |wanted| counts.states.iter().find(|(state, _)| *state == wanted).map_or(0, |(_, count)| *count);
    ChatCounts {
        assistant: of(ChatState::Assistant),
        waiting: of(ChatState::Waiting),
        needs_you: of(ChatState::NeedsYou),
        snoozed: of(ChatState::Snoozed),
        done: of(ChatState::Done),
        unread: counts.unread,
    }
}

/// `waited_ms` is in order.
fn first_response(waited_ms: &[i64]) -> FirstResponse {
    let quantile = |tenths: usize| {
        let place = (waited_ms.len() * tenths).div_ceil(10).saturating_sub(1);
        #[expect(clippy::cast_precision_loss, reason = "a time that a person waits is far below 2^52 milliseconds")]
        waited_ms.get(place).map(|waited| *waited as f64 / 1000.0)
    };
    FirstResponse {
        p50_s: quantile(5),
        p90_s: quantile(9),
        answered: i64::try_from(waited_ms.len()).unwrap_or(i64::MAX),
    }
}

fn day_of(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_jiff().to_zoned(zone.clone()).date()
}

fn activity_on(activity: &[(Timestamp, Activity)], zone: &TimeZone, day: Date) -> Activity {
    let mut sum = Activity::default();
    for (_, seen) in activity.iter().filter(|(at, _)| day_of(*at, zone) == day) {
        sum.add(seen);
    }
    sum
}

/// The last thirty days of the zone, oldest first.
fn days(activity: &[(Timestamp, Activity)], zone: &TimeZone, now: Timestamp) -> Vec<DayCounts> {
    let today = day_of(now, zone);
    let mut sums = vec![Activity::default(); DAYS];
    for (at, seen) in activity {
        let ago = day_of(*at, zone).until((Unit::Day, today)).map_or(-1, |span| span.get_days());
        if let Some(sum) =
            usize::try_from(ago).ok().and_then(|ago| DAYS.checked_sub(ago + 1)).and_then(|at| sums.get_mut(at))
        {
            sum.add(seen);
        }
    }
    let begin = i32::try_from(DAYS).unwrap_or(i32::MAX) - 1;
    (0..=begin)
        .zip(sums)
        .map(|(after, sum)| DayCounts {
            on: today.saturating_sub((begin - after).days()),
            received: sum.received,
            sent: sum.sent(),
            assistant: sum.assistant,
            credits: Credits::new(sum.credits),
        })
        .collect()
}

/// The last 24 hours by the clock of the zone, oldest first.
fn hours(activity: &[(Timestamp, Activity)], zone: &TimeZone, now: Timestamp) -> Vec<HourCounts> {
    let local = now.to_jiff().to_zoned(zone.clone());
    let into = Duration::from_secs(
        u64::try_from(local.minute()).unwrap_or(0) * 60 + u64::try_from(local.second()).unwrap_or(0),
    ) + Duration::from_millis(u64::try_from(local.millisecond()).unwrap_or(0));
    let last = now - into;
    (0..HOURS)
        .rev()
        .map(|ago| {
            let at = last - HOUR * ago;
            let mut sum = Activity::default();
            for (_, seen) in activity.iter().filter(|(began, _)| (at..at + HOUR).contains(began)) {
                sum.add(seen);
            }
            HourCounts { at, received: sum.received, sent: sum.sent(), assistant: sum.assistant }
        })
        .collect()
}

fn spent(activity: &[(Timestamp, Activity)], since: Timestamp) -> i64 {
    activity.iter().filter(|(at, _)| *at >= since).map(|(_, seen)| seen.credits).sum()
}

/// How long the balance lasts at the rate of the last days. A young shop has fewer of them.
#[expect(clippy::cast_precision_loss, reason = "credits are counted in thousands, and a forecast is no sum")]
#[expect(clippy::cast_possible_truncation, reason = "a float turns into the nearest whole number there is")]
fn forecast(spent: i64, age_days: f64, credits: &Summary, now: Timestamp) -> Forecast {
    let per_day = spent as f64 / age_days.clamp(1.0, f64::from(FORECAST_DAYS));
    let balance = credits.balance.count();
    let lasts_ms = if balance <= 0 { 0.0 } else { balance as f64 / per_day * DAY.as_millis() as f64 };
    let empty_at = Timestamp::from_millis(now.millis().saturating_add(lasts_ms as i64));
    Forecast { per_day, empty_at: Some(empty_at).filter(|at| *at < credits.period_end) }
}

fn error(failure: Failure) -> OverviewError {
    let why = failure.reason.as_deref().map(clean_line).filter(|why| !why.is_empty());
    let (what, id) = match failure.what {
        Failed::Job(id, kind) => (format!("given up: {}", kind.word().replace('_', " ")), id.to_string()),
        Failed::Send(id) => ("not sent".to_owned(), id.to_string()),
        Failed::Number(id, name, status, verdict) => {
            (format!("number {} is {}", clean_line(&name), condition(status.as_ref(), verdict)), id.to_string())
        }
    };
    let text = why.map_or_else(|| what.clone(), |why| format!("{what}: {why}"));
    OverviewError { at: failure.at, text, id: Some(id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23T00:20:14.568Z
    const NOW: Timestamp = Timestamp::from_millis(1_795_393_214_568);

    fn received(minutes_ago: u64) -> (Timestamp, Activity) {
        let at = NOW - Duration::from_secs(60 * minutes_ago);
        (Timestamp::from_millis(at.millis() / 900_000 * 900_000), Activity { received: 1, ..Activity::default() })
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone() {
        let activity = [received(0), received(30), received(26 * 60), received(40 * 24 * 60)];
        for (zone, expected) in [("UTC", [1, 1, 1]), ("Asia/Kolkata", [0, 1, 2]), ("America/New_York", [0, 1, 2])] {
            let days = days(&activity, &TimeZone::get(zone).unwrap(), NOW);
            let last: Vec<i64> = days.iter().skip(27).map(|day| day.received).collect();
            assert_eq!(last, expected, "{zone}");
            assert_eq!(days.len(), DAYS);
            assert_eq!(days[29].on, day_of(NOW, &TimeZone::get(zone).unwrap()));
        }
    }

    #[test]
    fn hours_begin_where_the_clock_of_the_zone_does() {
        let activity = [received(0), received(30), received(23 * 60), received(25 * 60)];
        for (zone, began) in [("UTC", "2026-11-23T00:00:00.000Z"), ("Asia/Kolkata", "2026-11-22T23:30:00.000Z")] {
            let hours = hours(&activity, &TimeZone::get(zone).unwrap(), NOW);
            assert_eq!((hours.len(), hours[23].at.to_string().as_str()), (24, began), "{zone}");
            assert_eq!(hours.iter().map(|hour| hour.received).sum::<i64>(), 3, "{zone}");
        }
    }

    #[test]
    fn the_forecast_ends_with_the_period() {
        let credits = |balance| Summary {
            plan: "starter".into(),
            granted: Credits::ZERO,
            used: Credits::ZERO,
            reserved: Credits::ZERO,
            balance: Credits::new(balance),
            period_start: NOW,
            period_end: NOW + DAY * 20,
        };
        for (spent, age, balance, per_day, empty_at) in [
            (70, 30.0, 50, 10.0, Some(NOW + DAY * 5)),
            (70, 30.0, 500, 10.0, None),
            (6, 2.0, 6, 3.0, Some(NOW + DAY * 2)),
            (0, 30.0, 5, 0.0, None),
            (0, 30.0, 0, 0.0, Some(NOW)),
        ] {
            let expected = Forecast { per_day, empty_at };
            assert_eq!(forecast(spent, age, &credits(balance), NOW), expected, "{spent} {age} {balance}");
        }
    }

    #[test]
    fn half_and_nine_of_ten_waited_no_longer() {
        for (waited, p50_s, p90_s) in [
            (vec![], None, None),
            (vec![1000], Some(1.0), Some(1.0)),
            ((1..=10).map(|n| n * 1000).collect(), Some(5.0), Some(9.0)),
        ] {
            let answered = i64::try_from(waited.len()).unwrap();
            assert_eq!(first_response(&waited), FirstResponse { p50_s, p90_s, answered }, "{waited:?}");
        }
    }
}
