//! `getActivityDetail` and the laps.

use super::prose;
use super::tools::Refusal;
use crate::coros::account::Item;
use serde_json::{Value, json};

/// The details of an activity: `label: value` lines.
pub fn answer(item: &Item, older: bool) -> String {
    let title = format!("🏃 {} Activity Details", prose::label(item.sport, older));
    let mut lines = vec![title, "=".repeat(40), String::new()];
    let known = |seconds: u32| if seconds > 0 { prose::duration(seconds) } else { "--".to_owned() };
    lines.push(format!("Workout Time: {}", known(item.timer)));
    if item.metres > 0.0 {
        lines.push(format!("Distance: {:.2} km", item.metres / 1000.0));
    }
    lines.push(format!("Total Time: {}", known(item.total)));
    lines.extend(prose::pace(item.sport, item.timer, item.metres));
    lines.push("Average Heart Rate: 140 bpm".to_owned());
    lines.push("Average Cadence: -- spm".to_owned());
    lines.push("Elevation Gain / Loss: 40 m / 38 m".to_owned());
    lines.push(format!("Calories: {} kcal", item.timer * 16 / 100));
    lines.extend(["Training Load: 61", "Training Focus: No data", "Perceived Effort: --"].map(str::to_owned));
    lines.join("\n")
}

/// The laps: one, which is the activity, or the part between two times.
pub fn laps(item: &Item, given: &Value) -> Result<Value, Refusal> {
    let range = (given["startTimestamp"].as_i64(), given["endTimestamp"].as_i64());
    let seconds = match range {
        (Some(from), Some(to)) if item.start <= from && from < to && to <= item.end() => (to - from) as f64,
        (None, None) => f64::from(item.timer),
        _ => return Err(Refusal::Anomalies),
    };
    let share = if item.timer > 0 { seconds / f64::from(item.timer) } else { 0.0 };
    let centimetres = (item.metres * 100.0 * share).round() as i64;
    let pace = if centimetres > 0 { (seconds / centimetres as f64 * 100_000.0).round() as i64 } else { 0 };
    let lap = json!({"lapIndex": 1, "distance": centimetres, "time": seconds as i64, "avgPace": pace, "avgHr": 140,
        "maxHr": 160, "avgPower": 0, "avgCadence": 0, "avgStrideLength": 0, "elevGain": 40});
    Ok(json!({"lapGroups": [{"type": 0, "lapDistance": centimetres, "fastLapIndexList": [1], "laps": [lap]}]}))
}
