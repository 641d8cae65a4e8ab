//! The reads of health data and settings, and the longest range of each.

use super::day::DAY;
use super::{bad, daily, error, night, person, weight};
use crate::clock;
use crate::http::{Request, Response};
use crate::state::State;
use std::ops::RangeInclusive;

/// The days of a range, as numbers since 1970.
pub type Span = RangeInclusive<i64>;

/// Responds to a read; `None` for unknown paths. A refused range is an error response, too.
pub fn answer(state: &State, account: usize, parts: &[&str], request: &Request) -> Option<Response> {
    let outcome = match parts {
        ["usersummary-service", rest @ ..] => summaries(state, account, rest, request)?,
        ["wellness-service", "wellness", rest @ ..] => wellness(state, account, rest, request)?,
        ["sleep-service" | "hrv-service", ..] => nights(state, account, parts, request)?,
        // The service refuses every input, with an empty body (October 2026).
        ["weight-service", "weight", "all", _, _] => Err(Response::empty(400).note("this read never works")),
        ["weight-service", "weight", "range", first, last] => weight(state, account, (first, last), request),
        ["goal-service", "goal", "user", "effective", "weightgoal", first, last] => {
            span(Some(first), Some(last), i64::MAX).map(|span| weight::goals(state, account, &span))
        }
        _ => return person::answer(state, account, parts, request),
    };
    Some(outcome.unwrap_or_else(|refusal| refusal))
}

type Outcome = Result<Response, Response>;

fn summaries(state: &State, account: usize, parts: &[&str], request: &Request) -> Option<Outcome> {
    Some(match parts {
        ["usersummary", "daily"] => asked(request, "calendarDate").map(|day| daily::summary(state, account, day)),
        ["v2", "dailysummaries"] => asked_span(request, i64::MAX).and_then(|span| {
            // The documentation promises a year; more than about 90 days was a 500 in October 2026.
            match length(&span) > 90 {
                true => Err(error(500, "InternalServerErrorException").note("the range is too long")),
                false => Ok(daily::summaries(state, account, span)),
            }
        }),
        ["stats", kind, "daily", first, last] => {
            let (most, one): (i64, daily::One) = match *kind {
                "steps" => (28, daily::steps),
                "stress" => (28, daily::stress),
                "hydration" => (31, daily::hydration),
                _ => return None,
            };
            span(Some(first), Some(last), most).map(|span| daily::each(state, account, span, one))
        }
        _ => return None,
    })
}

fn wellness(state: &State, account: usize, parts: &[&str], request: &Request) -> Option<Outcome> {
    Some(match parts {
        ["dailyHeartRate"] => asked(request, "date").map(|day| daily::heart_rate(state, account, day)),
        ["bodyBattery", "reports", "daily"] => {
            asked_span(request, 31).map(|span| daily::each(state, account, span, daily::body_battery))
        }
        ["daily", "spo2acclimation", text] => day(Some(text)).map(|day| daily::oxygen(state, account, day)),
        _ => return None,
    })
}

fn nights(state: &State, account: usize, parts: &[&str], request: &Request) -> Option<Outcome> {
    Some(match parts {
        ["sleep-service", "sleep", "dailySleep"] => asked(request, "date").map(|day| night::sleep(state, account, day)),
        ["sleep-service", "sleep", "dailySleepSummariesByDate"] => {
            asked_span(request, 31).map(|span| night::sleeps(state, account, span))
        }
        ["hrv-service", "hrv", "daily", first, last] => {
            span(Some(first), Some(last), 365).map(|span| night::variabilities(state, account, span))
        }
        ["hrv-service", "hrv", text] => day(Some(text)).map(|day| night::variability(state, account, day)),
        _ => return None,
    })
}

/// The longest range of weights is not known exactly; it is about a year.
fn weight(state: &State, account: usize, days: (&str, &str), request: &Request) -> Outcome {
    let span = span(Some(days.0), Some(days.1), 366)?;
    match request.parameter("includeAll").as_deref() {
        None | Some("true") => Ok(weight::range(state, account, &span, true)),
        Some("false") => Ok(weight::range(state, account, &span, false)),
        Some(_) => Err(bad("includeAll is neither true nor false")),
    }
}

/// The day of a parameter, which is required.
fn asked(request: &Request, name: &str) -> Result<i64, Response> {
    day(request.parameter(name).as_deref())
}

fn asked_span(request: &Request, most: i64) -> Result<Span, Response> {
    span(request.parameter("startDate").as_deref(), request.parameter("endDate").as_deref(), most)
}

/// The number of a day.
pub fn day(text: Option<&str>) -> Result<i64, Response> {
    let at = text.and_then(clock::parse_date);
    at.map(|at| at / DAY).ok_or_else(|| bad("a date is missing or not YYYY-MM-DD"))
}

/// A range with both of its ends, of at most so many days.
fn span(first: Option<&str>, last: Option<&str>, most: i64) -> Result<Span, Response> {
    let span = day(first)?..=day(last)?;
    match length(&span) {
        ..=0 => Err(bad("the range ends before it starts")),
        days if days > most => Err(bad("the range is too long")),
        _ => Ok(span),
    }
}

fn length(span: &Span) -> i64 {
    span.end() - span.start() + 1
}
