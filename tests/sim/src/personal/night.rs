//! Nights: sleep, and heart rate variability.

use super::day::{self, Day};
use super::health::Span;
use crate::http::Response;
use crate::state::State;
use serde_json::{Value, json};

/// The sleep of a night, without the envelope that connectapi has. Without data the body is empty.
pub fn sleep(state: &State, account: usize, number: i64) -> Response {
    match day::of(state, account, number) {
        None => Response::empty(204).note("no data"),
        Some(day) => Response::json(200, &asleep(state.accounts[account].profile, &day)),
    }
}

/// The sleep of the nights of a range.
pub fn sleeps(state: &State, account: usize, span: Span) -> Response {
    let profile = state.accounts[account].profile;
    let days = span.filter_map(|number| day::of(state, account, number));
    Response::json(200, &days.map(|day| asleep(profile, &day)).collect())
}

/// Times are in milliseconds; the local ones are the local clock as if it were UTC.
fn asleep(profile: u64, day: &Day) -> Value {
    let wake = day.midnight + 6 * 3600 + 1800;
    let (from, to) = ((wake - day.asleep - 600) * 1000, wake * 1000);
    let local = day.offset * 1000;
    let score = |value: i64| json!({"value": value, "qualifierKey": "GOOD"});
    json!({
        "id": from, "userProfilePK": profile, "calendarDate": day.date(),
        "sleepTimeSeconds": day.asleep, "napTimeSeconds": 0,
        "sleepStartTimestampGMT": from, "sleepEndTimestampGMT": to,
        "sleepStartTimestampLocal": from + local, "sleepEndTimestampLocal": to + local,
        "deepSleepSeconds": day.asleep / 5, "remSleepSeconds": day.asleep / 4,
        "lightSleepSeconds": day.asleep - day.asleep / 5 - day.asleep / 4, "awakeSleepSeconds": 600,
        "unmeasurableSleepSeconds": 0, "averageSpO2Value": 94.0, "lowestSpO2Value": 88,
        "averageRespirationValue": 14.0, "awakeCount": 1, "avgSleepStress": 17.0, "avgHeartRate": 51.0,
        "sleepScores": {"overall": score(78), "remPercentage": score(25), "deepPercentage": score(20)},
        "dailyNapDTOS": [], "retro": false,
    })
}

/// The heart rate variability of a night; 204 without data.
pub fn variability(state: &State, account: usize, number: i64) -> Response {
    let day = day::of(state, account, number);
    let Some((day, value)) = day.and_then(|day| day.variability.map(|value| (day, value))) else {
        return Response::empty(204).note("no data");
    };
    Response::json(
        200,
        &json!({
            "userProfilePk": state.accounts[account].profile, "hrvSummary": varied(&day, value),
            "hrvReadings": [
                {"hrvValue": value, "readingTimeGMT": day.gmt(10_800), "readingTimeLocal": day.local(10_800)},
            ],
            "startTimestampGMT": day.gmt(0), "endTimestampGMT": day.gmt(21_600),
            "startTimestampLocal": day.local(0), "endTimestampLocal": day.local(21_600),
        }),
    )
}

/// The heart rate variability of the nights of a range.
pub fn variabilities(state: &State, account: usize, span: Span) -> Response {
    let days = span.filter_map(|number| day::of(state, account, number));
    let all: Vec<Value> = days.filter_map(|day| Some(varied(&day, day.variability?))).collect();
    Response::json(200, &json!({"hrvSummaries": all, "userProfilePk": state.accounts[account].profile}))
}

fn varied(day: &Day, value: u32) -> Value {
    json!({
        "calendarDate": day.date(), "weeklyAvg": 55, "lastNightAvg": value, "lastNight5MinHigh": value + 25,
        "baseline": {"lowUpper": 42, "balancedLow": 46, "balancedUpper": 66, "markerValue": 0.5},
        "status": "BALANCED", "feedbackPhrase": "HRV_BALANCED_1", "createTimeStamp": day.gmt(23_000),
    })
}
