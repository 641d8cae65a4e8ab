//! The person: settings, heart rate zones, fitness age, and data that the invented person does not have.

use super::health;
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::json;

/// Responds to a read; `None` for unknown paths.
pub fn answer(state: &State, account: usize, parts: &[&str], request: &Request) -> Option<Response> {
    let none = || Response::empty(204).note("no data");
    Some(match parts {
        ["userprofile-service", "userprofile", "settings"] => settings(state, account),
        ["biometric-service", "heartRateZones", "v2"] => zones(),
        ["fitnessage-service", "fitnessage", "v2", day] => on(day, || {
            Response::json(
                200,
                &json!({
                    "chronologicalAge": 41, "fitnessAge": 36.2, "achievableFitnessAge": 34.0, "previousFitnessAge": 36.4,
                    "components": {"rhr": {"value": 47}}, "lastUpdated": "2026-10-31T06:00:00.0",
                }),
            )
        }),
        ["wellnessactivity-service", "activity", "summary", "range", first, last] => {
            on(first, || on(last, || Response::json(200, &json!([]))))
        }
        ["nutrition-service", "food", "logs", day] => {
            on(day, || Response::json(200, &json!({"mealDate": day, "loggedFoodsWithServingSizes": []})))
        }
        ["periodichealth-service", "menstrualcycle", "summary", day] => on(day, none),
        ["periodichealth-service", "menstrualcycle", "dayview", day] => {
            on(day, || on(&request.parameter("todayDate").unwrap_or_default(), none))
        }
        _ => return None,
    })
}

/// A response, if the text is a date.
fn on(date: &str, response: impl FnOnce() -> Response) -> Response {
    match health::day(Some(date)) {
        Ok(_) => response(),
        Err(refusal) => refusal,
    }
}

/// The settings, without e-mail and number of the profile. The display name is that of connectapi's profile, which is
/// inferred from its name.
fn settings(state: &State, account: usize) -> Response {
    let spec = &state.accounts[account].spec;
    let name = spec.email.split('@').next().filter(|_| !spec.without_display_name);
    let body = json!({
        "displayName": name, "preferredLocale": "en", "measurementSystem": "metric",
        "firstDayOfWeek": {"dayId": 3, "dayName": "monday", "sortOrder": 3, "isPossibleFirstDay": true},
        "timeZone": super::day::home(&spec.domain).key, "hydrationMeasurementUnit": "milliliter",
    });
    Response::json(200, &body)
}

fn zones() -> Response {
    let of = |sport: &str| {
        json!({
            "trainingMethod": "HR_MAX", "zone1Floor": 92, "zone2Floor": 110, "zone3Floor": 129, "zone4Floor": 147,
            "zone5Floor": 166, "maxHeartRateUsed": 184, "restingHeartRateUsed": 47,
            "lactateThresholdHeartRateUsed": null, "sport": sport,
        })
    };
    Response::json(200, &json!([of("DEFAULT"), of("RUNNING"), of("CYCLING")]))
}
