//! The recording of every FIT file of a folder as JSON, one object a line, for programs that compare it.
//!
//! ```text
//! cargo run --release --example fit_numbers -- DIR
//! ```
//!
//! A corrupt file has its first error in `error`, and no values. `scripts/compare-fit DIR` compares the values with those of other
//! readers.

#![allow(clippy::print_stdout)] // printing is what it is for

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use garminsync::fit::{self, Lap, Recording, Session, Sums, Trackpoint};
use serde_json::{Value, json};

/// A JSON object of the named fields.
macro_rules! object {
    ($of:expr; $($field:ident)*) => { json!({ $((stringify!($field)): $of.$field),* }) };
}

fn sums(sums: &Sums) -> Value {
    object!(sums; start_time end_time elapsed_time_s timer_time_s moving_time_s distance_m ascent_m descent_m calories_kcal
        avg_heart_rate_bpm max_heart_rate_bpm avg_power_w max_power_w normalized_power_w avg_cadence_rpm max_cadence_rpm
        avg_speed_mps max_speed_mps avg_temperature_c max_temperature_c)
}

fn session(session: &Session) -> Value {
    let own = object!(session; sport sub_sport first_lap lap_count pool_length_m training_effect anaerobic_training_effect
        training_stress_score);
    joined(own, sums(&session.sums))
}

fn lap(lap: &Lap) -> Value {
    joined(object!(lap; sport sub_sport trigger intensity), sums(&lap.sums))
}

fn joined(mut first: Value, second: Value) -> Value {
    if let (Value::Object(first), Value::Object(second)) = (&mut first, second) {
        first.extend(second);
    }
    first
}

fn point(point: &Trackpoint) -> Value {
    let position = json!({ "lat": point.position.map(|at| at.lat), "lon": point.position.map(|at| at.lon) });
    let values = object!(point; time altitude_m distance_m speed_mps heart_rate_bpm cadence_rpm power_w temperature_c);
    joined(position, values)
}

/// The JSON of one file.
fn contents(path: &Path) -> io::Result<Value> {
    let bytes = fs::read(path)?;
    let (recording, error) = match fit::read(&bytes) {
        Ok(recording) => (recording, None),
        Err(error) => (Recording::default(), Some(error)),
    };
    let Recording { sessions, laps, points, timer } = &recording;
    Ok(json!({
        "file": path.to_string_lossy(),
        "error": error.map(|error| error.to_string()),
        "sessions": sessions.iter().map(session).collect::<Vec<_>>(),
        "laps": laps.iter().map(lap).collect::<Vec<_>>(),
        "points": points.iter().map(point).collect::<Vec<_>>(),
        "timer": timer.iter().map(|event| object!(event; time is_start)).collect::<Vec<_>>(),
    }))
}

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("fit")));
    paths.sort();
    for path in &paths {
        println!("{}", contents(path)?);
    }
    Ok(())
}
