//! Whatever a recording contains, the exported files have no value that is no number.

use proptest::prelude::*;

use super::sample::written;
use super::{ExportFormat, session_tracks};
use crate::activity::Activity;
use crate::fit::{Lap, Position, Recording, Session, Sums, TimerEvent, Trackpoint};
use crate::privacy::PrivacyZones;

fn time() -> impl Strategy<Value = Option<i64>> {
    prop::option::of(prop_oneof![Just(i64::MIN), Just(i64::MAX), any::<i64>(), 0..5_000_000_000_i64])
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop::option::of(prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::INFINITY), -1e6..1e6])
}

prop_compose! {
    fn sums()(start_time in time(), values in prop::array::uniform8(value())) -> Sums {
        let [timer_time_s, elapsed_time_s, distance_m, calories_kcal, heart_rate, power, cadence, speed] = values;
        Sums {
            start_time, timer_time_s, elapsed_time_s, distance_m, calories_kcal,
            avg_heart_rate_bpm: heart_rate, max_heart_rate_bpm: heart_rate, avg_power_w: power, max_power_w: power,
            avg_cadence_rpm: cadence, max_cadence_rpm: cadence, avg_speed_mps: speed, max_speed_mps: speed,
            ..Sums::default()
        }
    }
}

prop_compose! {
    fn point()(
        time in time(),
        position in prop::option::of((-90.0..=90.0, -180.0..=180.0)),
        values in prop::array::uniform4(value()),
        numbers in any::<(Option<u8>, Option<u16>, Option<i8>)>(),
    ) -> Trackpoint {
        let [altitude_m, distance_m, speed_mps, cadence_rpm] = values;
        let (heart_rate_bpm, power_w, temperature_c) = numbers;
        let position = position.map(|(lat, lon)| Position { lat, lon });
        Trackpoint { time, position, altitude_m, distance_m, speed_mps, heart_rate_bpm, cadence_rpm, power_w, temperature_c }
    }
}

prop_compose! {
    fn recording()(
        sessions in prop::collection::vec((any::<Option<u8>>(), any::<Option<u8>>(), sums()), 0..4),
        laps in prop::collection::vec((any::<Option<u8>>(), any::<Option<u8>>(), sums()), 0..4),
        points in prop::collection::vec(point(), 0..20),
        timer in prop::collection::vec((any::<i64>(), any::<bool>()), 0..6),
    ) -> Recording {
        let session = |(sport, sub_sport, sums)| Session { sport, sub_sport, sums, ..Session::default() };
        let lap = |(trigger, intensity, sums)| Lap { trigger, intensity, sums, ..Lap::default() };
        Recording {
            sessions: sessions.into_iter().map(session).collect(),
            laps: laps.into_iter().map(lap).collect(),
            points,
            timer: timer.into_iter().map(|(time, is_start)| TimerEvent { time, is_start }).collect(),
        }
    }
}

proptest! {
    #[test]
    fn any_recording_is_written_without_values_that_are_no_numbers(recording in recording(), name in any::<String>()) {
        let activity = Activity { name: Some(name), ..Activity::default() };
        let sessions = session_tracks(&recording, &PrivacyZones::default());
        prop_assert_eq!(sessions.iter().flat_map(|session| session.points()).count(), recording.points.len());
        for format in [ExportFormat::Gpx, ExportFormat::Tcx, ExportFormat::Csv, ExportFormat::GeoJson] {
            format.has_content(&sessions);
            let nameless = written(format, &Activity::default(), &recording);
            prop_assert!(!nameless.contains("NaN") && !nameless.contains("inf"), "{}", nameless);
            let text = written(format, &activity, &recording);
            if format == ExportFormat::GeoJson {
                prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
            }
        }
    }
}
