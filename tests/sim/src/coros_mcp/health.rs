//! Devices, the user, and the health tools, with the same invented values for every day.

use super::arguments::day;
use super::prose::date;
use super::tools::Refusal;
use crate::coros::account::Account;
use crate::state::State;
use serde_json::Value;

const DAY: i64 = 86_400;
/// The widest range of the nightly HRV and the series.
const WEEK: i64 = 7;

/// Responds to all other tools.
pub fn answer(state: &State, account: usize, name: &str, given: &Value) -> Result<String, Refusal> {
    let holder = &state.coros.accounts[account];
    let days = days(given, state.now())?;
    let short = ["querySleepHrv", "queryHealthCheckTimeSeries", "queryStressTimeSeries"].contains(&name);
    if short && days.len() as i64 > WEEK {
        return Err(Refusal::Anomalies);
    }
    let by_day = |title: &str, line: fn(i64) -> String| {
        let lines = days.iter().map(|day| line(*day)).collect::<Vec<_>>().join("\n");
        format!("{title} — Last {} days\n=====\n{lines}", days.len())
    };
    Ok(match name {
        "queryDevices" => devices(holder),
        "queryUserInfo" => "Nickname: Runner\nUnits: Metric\nGender: --".to_owned(),
        "queryDailyHealthData" => daily(&days),
        "queryAvgHeartRate" => by_day("Average Heart Rate", |day| format!("{}: 61 bpm", date(day))),
        "queryRestingHeartRate" => by_day("Resting Heart Rate", |day| format!("{}: 47 bpm", date(day))),
        "queryStressLevel" => by_day("Stress Level", |day| format!("{}: No data", date(day))),
        "querySleepData" | "querySleepOverview" => by_day("Sleep", night),
        "querySleepHrv" => by_day("Sleep HRV", hrv),
        "queryHealthCheckTimeSeries" | "queryStressTimeSeries" => {
            by_day("Series", |day| format!("timestamp={}, timezone=4, hrv=61 ms", day + 3600))
        }
        "queryRecoveryStatus" => "Recovery: 64%\nLevel: Good\nEstimated Full Recovery: 20h".to_owned(),
        "queryFitnessAssessmentOverview" => "VO2max: 48\nThreshold Pace: 4:50 /km\n5 km Prediction: 23:05".to_owned(),
        "queryTrainingLoadAssessment" => by_day("Training Load", |day| {
            format!("{}\nComment: Maintaining\nShort-Term Load: 61\nLong-Term Load: 58\nLoad Ratio: 1.05", date(day))
        }),
        _ => "No data".to_owned(),
    })
}

/// The days of a request, newest first.
fn days(given: &Value, now: i64) -> Result<Vec<i64>, Refusal> {
    let today = now.div_euclid(DAY) * DAY;
    let (from, to) = match (day(&given["startDate"]), day(&given["endDate"])) {
        (Some(from), Some(to)) => (from, to),
        (None, None) => (today - (given["days"].as_i64().unwrap_or(WEEK).clamp(1, 366) - 1) * DAY, today),
        _ => return Err(Refusal::Anomalies),
    };
    let count = ((to - from) / DAY + 1).clamp(0, 366);
    Ok((0..count).map(|back| to - back * DAY).collect())
}

fn devices(account: &Account) -> String {
    let mut models: Vec<&str> = account.items.iter().filter_map(|item| item.device.as_deref()).collect();
    models.sort_unstable();
    models.dedup();
    let lines = models.iter().enumerate().map(|(index, model)| format!("{}. {model}", index + 1));
    lines.collect::<Vec<_>>().join("\n")
}

fn daily(days: &[i64]) -> String {
    let blocks = days.iter().map(|day| {
        format!(
            "--- {} ---\nSteps: 8,765 | Calories: 432 kcal | Exercise: 0 min\nStress: Avg 27\nSleep Summary:\n  \
             Total: 7h 05min | Deep: 1h 10min | Light: 4h 20min | REM: 1h 35min | Awake: 12 min\n  \
             Sleep HR: Avg 50 bpm | Min 43 bpm | Max 66 bpm",
            date(*day).replace('-', "")
        )
    });
    let head = format!("Daily Health Data — Last {} days | Resting HR: 47 bpm | HRV Baseline: 58 ms", days.len());
    format!("{head}\n\n{}", blocks.collect::<Vec<_>>().join("\n\n"))
}

fn night(day: i64) -> String {
    let (evening, morning) = (date(day - DAY), date(day));
    format!(
        "{morning}\nSleep Score: 84\nMain Sleep (asleep): 7h 5min\nDaily Sleep: 7h 40min (incl. naps)\n\
         Deep Sleep Ratio: 18%\nMain Sleep Window: {evening} 22:50 - {morning} 06:05"
    )
}

fn hrv(day: i64) -> String {
    format!("{}\nHRV Avg: 57 ms — Normal\nNormal Range: 51 - 68 ms\nBaseline: 58 ms", date(day))
}
