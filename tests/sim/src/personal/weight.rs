//! Weights, in grams, although the documentation says kilograms (October 2026).

use super::day::{DAY, date, home};
use super::health::Span;
use crate::http::Response;
use crate::scenario::Scenario;
use crate::state::State;
use serde_json::{Value, json};

/// A weight.
#[derive(Clone, Debug)]
pub struct Weighing {
    /// Its account.
    pub account: usize,
    /// When, Unix time.
    pub at: i64,
    /// Grams.
    pub grams: u32,
}

/// A weight on every third morning of the days with health data.
pub fn invent(scenario: &Scenario) -> Vec<Weighing> {
    let end = scenario.clock_base.div_euclid(DAY);
    let mornings = (end - scenario.personal.health_days..end).filter(|number| number % 3 == 0);
    let grams = |number: i64| 71_000 + (number * 7919).rem_euclid(2500) as u32;
    let accounts = 0..scenario.accounts.len();
    let one = |account: usize, number: i64| Weighing { account, at: number * DAY + 5 * 3600, grams: grams(number) };
    mornings.flat_map(|number| accounts.clone().map(move |account| one(account, number))).collect()
}

/// The account's weights by local day, and its offset from UTC in seconds.
fn own(state: &State, account: usize) -> Vec<(i64, i64, &Weighing)> {
    let zone = home(&state.accounts[account].spec.domain);
    let mut all: Vec<_> = state.personal.weighings.iter().filter(|one| one.account == account).collect();
    all.sort_by_key(|one| one.at);
    let placed = |one| {
        let one: &Weighing = one;
        let offset = i64::from(zone.offset(one.at));
        ((one.at + offset).div_euclid(DAY), offset, one)
    };
    all.into_iter().map(placed).collect()
}

/// The weights of a range. Whether the entries of a day need `includeAll` is inferred from its name.
pub fn range(state: &State, account: usize, span: &Span, all: bool) -> Response {
    let entries = own(state, account);
    let within: Vec<_> = entries.iter().filter(|(day, ..)| span.contains(day)).collect();
    let mut summaries: Vec<Value> = Vec::new();
    for number in span.clone().rev() {
        let of_day: Vec<_> = within.iter().filter(|(day, ..)| *day == number).collect();
        let grams = of_day.iter().map(|(.., one)| one.grams);
        let Some((.., latest)) = of_day.last() else { continue };
        summaries.push(json!({
            "summaryDate": date(number), "numOfWeightEntries": of_day.len(),
            "minWeight": f64::from(grams.clone().min().unwrap_or(latest.grams)),
            "maxWeight": f64::from(grams.max().unwrap_or(latest.grams)),
            "latestWeight": of_day.last().map(|found| entry(found)),
            "allWeightMetrics": of_day.iter().filter(|_| all).map(|found| entry(found)).collect::<Value>(),
        }));
    }
    let mean = within.iter().map(|(.., one)| f64::from(one.grams)).sum::<f64>() / within.len() as f64;
    let before = entries.iter().rfind(|(day, ..)| day < span.start()).map(entry);
    let after = entries.iter().find(|(day, ..)| day > span.end()).map(entry);
    Response::json(
        200,
        &json!({
            "dailyWeightSummaries": summaries,
            "totalAverage": {
                "from": span.start() * DAY * 1000, "until": (span.end() + 1) * DAY * 1000 - 1,
                "weight": (!within.is_empty()).then_some(mean), "bmi": null,
            },
            "previousDateWeight": before, "nextDateWeight": after,
        }),
    )
}

fn entry((day, offset, one): &(i64, i64, &Weighing)) -> Value {
    json!({
        "samplePk": one.at * 1000 + 7, "date": (one.at + offset) * 1000, "calendarDate": date(*day),
        "weight": f64::from(one.grams), "bmi": null, "bodyFat": 18.5, "bodyWater": 58.0, "boneMass": 4100,
        "muscleMass": 31_500, "physiqueRating": null, "visceralFat": null, "metabolicAge": null,
        "timestampGMT": one.at * 1000, "weightDelta": null, "sourceType": "INDEX_SCALE",
    })
}

/// The goals for the weight: one of 70 kg.
pub fn goals(state: &State, account: usize, span: &Span) -> Response {
    let goal = json!({
        "id": 1, "userProfilePK": state.accounts[account].profile, "goalValue": 70_000.0,
        "startDate": date(*span.start()),
    });
    Response::json(200, &json!({"userGoals": [goal], "userGoalRanges": []}))
}
