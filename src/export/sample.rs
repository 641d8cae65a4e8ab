//! Recordings for the tests of this room.

use super::{ExportActivity, ExportFormat, session_tracks, writer};
use crate::activity::Activity;
use crate::fit::{Lap, Position, Recording, Session, Sums, Trackpoint};
use crate::privacy::PrivacyZones;

/// 2026-01-08T14:10:21Z.
pub const START: i64 = 1_767_881_421;

/// A trackpoint so many seconds after the start, 11 m from the one before it.
pub fn point(seconds: i32) -> Trackpoint {
    Trackpoint {
        time: Some(START + i64::from(seconds)),
        position: Some(Position { lat: 45.0 + f64::from(seconds) * 0.0001, lon: 7.0 }),
        altitude_m: Some(301.2),
        distance_m: Some(f64::from(seconds) * 11.1),
        speed_mps: Some(11.1),
        heart_rate_bpm: Some(120),
        cadence_rpm: Some(85.5),
        power_w: Some(250),
        temperature_c: Some(-3),
    }
}

fn sums(start: i32, seconds: f64) -> Sums {
    Sums {
        start_time: Some(START + i64::from(start)),
        elapsed_time_s: Some(seconds),
        timer_time_s: Some(seconds),
        distance_m: Some(seconds * 11.1),
        calories_kcal: Some(12.0),
        avg_heart_rate_bpm: Some(119.0),
        max_heart_rate_bpm: Some(121.0),
        avg_cadence_rpm: Some(84.0),
        max_speed_mps: Some(11.2),
        ..Sums::default()
    }
}

fn session(sport: u8, start: i32, seconds: f64) -> Session {
    Session { sport: Some(sport), sub_sport: Some(0), sums: sums(start, seconds), ..Session::default() }
}

fn lap(start: i32, seconds: f64) -> Lap {
    Lap { trigger: Some(2), intensity: Some(0), sums: sums(start, seconds), ..Lap::default() }
}

/// A run with so many trackpoints, one each second, and one lap.
pub fn run(points: i32) -> Recording {
    let seconds = f64::from(points - 1);
    Recording {
        sessions: vec![session(1, 0, seconds)],
        laps: vec![lap(0, seconds)],
        points: (0..points).map(point).collect(),
        timer: Vec::new(),
    }
}

/// A swim, a ride with two laps, and a run: two trackpoints each.
pub fn triathlon() -> Recording {
    Recording {
        sessions: vec![session(5, 0, 2.0), session(2, 2, 2.0), session(1, 4, 2.0)],
        laps: vec![lap(0, 2.0), lap(2, 1.0), lap(3, 1.0), lap(4, 2.0)],
        points: (0..6).map(point).collect(),
        timer: Vec::new(),
    }
}

/// The recording as a file.
pub fn written(format: ExportFormat, activity: &Activity, recording: &Recording) -> String {
    let sessions = session_tracks(recording, &PrivacyZones::default());
    let mut out = Vec::new();
    let mut writer = writer(format, &mut out);
    writer.add(&ExportActivity { activity, file: "a.fit", sessions: &sessions }).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}
