//! Daily values: summaries, steps, stress, water, heart rate, body battery, oxygen.

use super::day::{self, Day};
use super::health::Span;
use crate::http::Response;
use crate::state::State;
use serde_json::{Value, json};

/// One day of an account as an item of a list.
pub type One = fn(profile: u64, day: &Day) -> Value;

/// A list of the days with data.
pub fn each(state: &State, account: usize, span: Span, one: One) -> Response {
    let profile = state.accounts[account].profile;
    let days = span.filter_map(|number| day::of(state, account, number));
    Response::json(200, &days.map(|day| one(profile, &day)).collect())
}

/// The summary of a day. A day without data has one, too, in which nearly all is null.
pub fn summary(state: &State, account: usize, number: i64) -> Response {
    let profile = state.accounts[account].profile;
    let day = day::of(state, account, number);
    let of = |value: fn(&Day) -> Value| day.as_ref().map_or(Value::Null, value);
    Response::json(
        200,
        &json!({
            "userProfileId": profile, "calendarDate": day::date(number),
            "totalSteps": of(|d| d.steps.into()), "dailyStepGoal": of(|_| 8000.into()),
            "totalDistanceMeters": of(|d| (d.steps * 4 / 5).into()),
            "totalKilocalories": of(|d| (1700.0 + f64::from(d.steps) / 20.0).into()),
            "activeKilocalories": of(|d| (f64::from(d.steps) / 20.0).into()), "bmrKilocalories": of(|_| 1700.0.into()),
            "sleepingSeconds": of(|d| d.asleep.into()),
            "moderateIntensityMinutes": of(|_| 20.into()), "vigorousIntensityMinutes": of(|_| 12.into()),
            "minHeartRate": of(|d| d.lowest.into()), "maxHeartRate": of(|d| d.highest.into()),
            "restingHeartRate": of(|d| json!(d.resting)), "averageStressLevel": of(|d| d.stress.into()),
            "bodyBatteryHighestValue": of(|_| 92.into()), "bodyBatteryLowestValue": of(|_| 18.into()),
            "averageSpo2": of(|_| 96.0.into()), "lowestSpo2": of(|_| 89.into()),
            "hydrationValueInML": null, "hydrationGoalInML": null,
            "lastSyncTimestampGMT": of(|d| d.gmt(86_000).into()),
            "includesWellnessData": day.is_some(), "includesActivityData": false,
            "source": if day.is_some() { json!("GARMIN") } else { Value::Null },
            "wellnessStartTimeGmt": of(|d| d.gmt(0).into()), "wellnessEndTimeGmt": of(|d| d.gmt(day::DAY).into()),
            "wellnessStartTimeLocal": of(|d| d.local(0).into()), "wellnessEndTimeLocal": of(|d| d.local(day::DAY).into()),
        }),
    )
}

/// The summaries of a range, in the second form.
pub fn summaries(state: &State, account: usize, span: Span) -> Response {
    let profile = state.accounts[account].profile;
    let days = span.filter_map(|number| day::of(state, account, number));
    let all: Vec<Value> = days.map(|day| second_form(profile, &day)).collect();
    Response::json(200, &json!({"data": all}))
}

/// A summary in the second form, whose resting heart rate is the lowest one of the day if there is none.
fn second_form(profile: u64, day: &Day) -> Value {
    json!({
        "uuid": format!("00000000-0000-4000-b000-{:012x}", day.number), "userProfilePk": profile,
        "calendarDate": day.date(), "source": "garmin", "includesWellnessData": true, "includesActivityData": false,
        "movement": {"steps": {"goal": 8000, "value": day.steps, "distanceInMeters": day.steps * 4 / 5}},
        "calories": {
            "burnedResting": 1700, "burnedActive": day.steps / 20, "burnedTotal": 1700 + day.steps / 20,
        },
        "heartRate": {
            "minValue": day.lowest, "maxValue": day.highest, "restingValue": day.resting.unwrap_or(day.lowest),
            "alertCount": 0,
        },
        "intensityMinutes": {"goal": 150, "moderate": 20, "vigorous": 12},
        "stress": {"avgLevel": day.stress, "maxLevel": 90},
        "bodyBattery": {"minValue": 18, "maxValue": 92, "chargedValue": 60, "drainedValue": 58},
        "hydration": {"goalInMl": null, "consumedInMl": null},
        "pulseOx": {"avgValue": 96, "minValue": 89},
        "wellnessChronology": {
            "startTimestampGmt": day.gmt(0), "startTimestampLocal": day.local(0),
            "endTimestampGmt": day.gmt(day::DAY), "endTimestampLocal": day.local(day::DAY),
            "totalDurationInMillis": day::DAY * 1000,
        },
    })
}

/// The steps of a day.
pub fn steps(_profile: u64, day: &Day) -> Value {
    json!({
        "calendarDate": day.date(), "totalSteps": day.steps, "totalDistance": day.steps * 4 / 5, "stepGoal": 8000,
    })
}

/// The stress of a day; a negative level means that there was not enough data.
pub fn stress(_profile: u64, day: &Day) -> Value {
    let level = if day.resting.is_some() { i64::from(day.stress) } else { -1 };
    json!({
        "calendarDate": day.date(),
        "values": {
            "overallStressLevel": level, "restStressDuration": 30_000, "lowStressDuration": 20_000,
            "mediumStressDuration": 6000, "highStressDuration": 900,
        },
    })
}

/// The water of a day.
pub fn hydration(profile: u64, day: &Day) -> Value {
    json!({
        "userId": profile, "calendarDate": day.date(), "valueInML": 1500.0, "goalInML": 2500.0,
        "sweatLossInML": 700.0, "activityIntakeInML": 0.0, "lastEntryTimestampLocal": day.local(50_000),
    })
}

/// The body battery of a day.
pub fn body_battery(_profile: u64, day: &Day) -> Value {
    let at = |hour: i64| (day.midnight + hour * 3600) * 1000;
    json!({
        "date": day.date(), "charged": 60, "drained": 58,
        "startTimestampGMT": day.gmt(0), "endTimestampGMT": day.gmt(day::DAY),
        "startTimestampLocal": day.local(0), "endTimestampLocal": day.local(day::DAY),
        "bodyBatteryValuesArray": [[at(0), 40], [at(7), 92], [at(22), 18]],
        "bodyBatteryValueDescriptorDTOList": [
            {"bodyBatteryValueDescriptorIndex": 0, "bodyBatteryValueDescriptorKey": "timestamp"},
            {"bodyBatteryValueDescriptorIndex": 1, "bodyBatteryValueDescriptorKey": "bodyBatteryLevel"},
        ],
        "bodyBatteryActivityEvent": [],
    })
}

/// The heart rate of a day: without data an object without values.
pub fn heart_rate(state: &State, account: usize, number: i64) -> Response {
    let profile = state.accounts[account].profile;
    let Some(day) = day::of(state, account, number) else {
        return Response::json(200, &json!({"userProfilePK": profile, "calendarDate": day::date(number)}));
    };
    let at = |hour: i64| (day.midnight + hour * 3600) * 1000;
    Response::json(
        200,
        &json!({
            "userProfilePK": profile, "calendarDate": day.date(),
            "startTimestampGMT": day.gmt(0), "endTimestampGMT": day.gmt(day::DAY),
            "startTimestampLocal": day.local(0), "endTimestampLocal": day.local(day::DAY),
            "maxHeartRate": day.highest, "minHeartRate": day.lowest, "restingHeartRate": day.resting,
            "lastSevenDaysAvgRestingHeartRate": 47,
            "heartRateValueDescriptors": [{"index": 0, "key": "timestamp"}, {"index": 1, "key": "heartrate"}],
            "heartRateValues": [[at(4), day.lowest], [at(12), null], [at(18), day.highest]],
            "abnormalHRValuesArray": [],
        }),
    )
}

/// The oxygen saturation of a day.
pub fn oxygen(state: &State, account: usize, number: i64) -> Response {
    match day::of(state, account, number) {
        None => Response::empty(204).note("no data"),
        Some(day) => Response::json(
            200,
            &json!({
                "userProfilePK": state.accounts[account].profile, "calendarDate": day.date(),
                "averageSpO2": 96.0, "lowestSpO2": 89, "lastSevenDaysAvgSpO2": 95.6, "latestSpO2": 97,
                "avgSleepSpO2": 94.0, "spO2SingleValues": null, "spO2HourlyAverages": null,
            }),
        ),
    }
}
