//! No line of an exported file, in any format, crosses a privacy zone.

use proptest::prelude::*;
use serde_json::Value;

use super::sample::{START, point};
use super::{ExportActivity, ExportFormat, SessionTrack, session_tracks, writer};
use crate::activity::Activity;
use crate::fit::{Position, Recording, Session, Sums, TimerEvent, Trackpoint};
use crate::privacy::{PrivacyZones, drawn};

/// The place of the zone.
const HOME: Position = Position { lat: 60.1, lon: 179.999 };

/// A walk around the place of the zone, across the date line: some steps are leaps, and some trackpoints have no position or
/// no time.
fn walk() -> impl Strategy<Value = Vec<Trackpoint>> {
    let step = prop_oneof![6 => -0.001..0.001, 1 => -0.01..0.01];
    let steps =
        prop::collection::vec((step.clone(), step, prop::bool::weighted(0.9), prop::bool::weighted(0.9)), 2..80);
    steps.prop_map(|steps: Vec<(f64, f64, bool, bool)>| {
        let mut place = Position { lat: HOME.lat - 0.003, lon: HOME.lon - 0.003 };
        let points = (0..).zip(steps).map(|(seconds, (north, east, has_position, has_time))| {
            let lon = (place.lon + east + 540.0).rem_euclid(360.0) - 180.0;
            place = Position { lat: place.lat + north, lon };
            let point = point(seconds);
            Trackpoint { position: has_position.then_some(place), time: point.time.filter(|_| has_time), ..point }
        });
        points.collect()
    })
}

prop_compose! {
    /// Such a walk as up to three sessions, with pauses.
    fn recording()(
        points in walk(),
        starts in prop::collection::vec(0_i64..80, 0..3),
        pauses in prop::collection::vec((0_i64..80, 1_i64..5), 0..4),
    ) -> Recording {
        let start = |seconds| Sums { start_time: Some(START + seconds), ..Sums::default() };
        let session = |seconds| Session { sums: start(seconds), ..Session::default() };
        let events = |(at, length)| [(at, false), (at + length, true)].map(|(at, is_start)| TimerEvent { time: START + at, is_start });
        Recording {
            sessions: starts.into_iter().map(session).collect(),
            laps: Vec::new(),
            points,
            timer: pauses.into_iter().flat_map(events).collect(),
        }
    }
}

/// The lines of a file: the positions that a program connects.
fn lines(format: ExportFormat, text: &str) -> Vec<Vec<Position>> {
    match format {
        ExportFormat::Gpx => of_xml(text, "<trkseg>", |part| Some((attribute(part, "lat")?, attribute(part, "lon")?))),
        ExportFormat::Tcx => of_xml(text, "<Track>", |part| {
            Some((element(part, "<LatitudeDegrees>")?, element(part, "<LongitudeDegrees>")?))
        }),
        ExportFormat::Csv => of_csv(text),
        ExportFormat::GeoJson => of_geojson(text),
    }
}

fn of_xml(text: &str, begin: &str, position: impl Fn(&str) -> Option<(f64, f64)>) -> Vec<Vec<Position>> {
    let points = |line: &str| -> Vec<Position> {
        let points = line.split("</trkpt>").flat_map(|point| point.split("</Trackpoint>"));
        points.filter_map(&position).map(|(lat, lon)| Position { lat, lon }).collect()
    };
    text.split(begin).skip(1).map(points).collect()
}

fn attribute(part: &str, name: &str) -> Option<f64> {
    part.split(&format!("{name}=\"")).nth(1)?.split('"').next()?.parse().ok()
}

fn element(part: &str, name: &str) -> Option<f64> {
    part.split(name).nth(1)?.split('<').next()?.parse().ok()
}

fn of_csv(text: &str) -> Vec<Vec<Position>> {
    let mut lines: Vec<(String, Vec<Position>)> = Vec::new();
    for row in text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()) {
        let name = format!("{} {}", row[3], row[6]);
        if lines.last().is_none_or(|(last, _)| *last != name) {
            lines.push((name, Vec::new()));
        }
        let position = row[8].parse().ok().zip(row[9].parse().ok()).map(|(lat, lon)| Position { lat, lon });
        lines.last_mut().unwrap().1.extend(position);
    }
    lines.into_iter().map(|(_, line)| line).collect()
}

fn of_geojson(text: &str) -> Vec<Vec<Position>> {
    let value: Value = serde_json::from_str(text).unwrap();
    let geometries = value["features"].as_array().unwrap().iter().map(|feature| &feature["geometry"]);
    let lines = geometries.flat_map(|geometry| match geometry["type"].as_str() {
        Some("LineString") => vec![geometry["coordinates"].clone()],
        _ => geometry["coordinates"].as_array().unwrap().clone(),
    });
    let position = |value: &Value| Position { lat: value[1].as_f64().unwrap(), lon: value[0].as_f64().unwrap() };
    lines.map(|line| line.as_array().unwrap().iter().map(position).collect()).collect()
}

/// 300 m west of the zone, 300 m north without a time, 300 m east: only the second keeps the line out of the zone.
#[test]
fn a_trackpoint_without_a_time_does_not_lead_the_line_of_tcx_through_a_zone() {
    let metres = |north: f64, east: f64| Position {
        lat: 45.0 + north / 111_200.0,
        lon: 7.0 + east / (111_200.0 * 45_f64.to_radians().cos()),
    };
    let at = |seconds, place| Trackpoint { position: Some(place), ..point(seconds) };
    let without_time = Trackpoint { time: None, ..at(1, metres(300.0, 0.0)) };
    let points = vec![at(0, metres(0.0, -300.0)), without_time, at(2, metres(0.0, 300.0))];
    let recording = Recording { points, ..Recording::default() };
    let sessions = session_tracks(&recording, &"45,7,100".parse().unwrap());
    let of = |format| lines(format, &text_of(format, &sessions)).iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!((of(ExportFormat::Gpx), of(ExportFormat::Tcx)), (vec![3], vec![1, 1]));
}

fn text_of(format: ExportFormat, sessions: &[SessionTrack]) -> String {
    let mut out = Vec::new();
    let mut writer = writer(format, &mut out);
    writer.add(&ExportActivity { activity: &Activity::default(), file: "", sessions }).unwrap();
    writer.finish().unwrap();
    drop(writer);
    String::from_utf8(out).unwrap()
}

proptest! {
    #[test]
    fn no_line_of_an_exported_file_crosses_a_privacy_zone(recording in recording(), radius_m in 10_u32..400) {
        let zones: PrivacyZones = format!("{},{},{radius_m}", HOME.lat, HOME.lon).parse().unwrap();
        let sessions = session_tracks(&recording, &zones);
        for format in [ExportFormat::Gpx, ExportFormat::Tcx, ExportFormat::Csv, ExportFormat::GeoJson] {
            for line in lines(format, &text_of(format, &sessions)) {
                // A line of one position is a line to itself.
                for (from, to) in line.iter().zip(line.iter().skip(1).chain(line.last())) {
                    let distance = drawn::distance_m(HOME, *from, *to);
                    prop_assert!(distance > f64::from(radius_m), "{format}: {from:?} to {to:?}: {distance} m");
                }
            }
        }
    }

    #[test]
    fn without_a_zone_each_position_is_exported_once(recording in recording()) {
        let count = |is_exported: fn(&Trackpoint) -> bool| recording.points.iter().filter(|point| is_exported(point)).count();
        let (placed, timed) = (count(|point| point.position.is_some()), count(|point| point.position.and(point.time).is_some()));
        let sessions = session_tracks(&recording, &PrivacyZones::default());
        prop_assert_eq!(sessions.iter().flat_map(|session| session.points()).count(), recording.points.len());
        for format in [ExportFormat::Gpx, ExportFormat::Tcx, ExportFormat::Csv] {
            let text = super::sample::written(format, &Activity::default(), &recording);
            let found = lines(format, &text).concat().len();
            let expected = if format == ExportFormat::Tcx { timed } else { placed };
            prop_assert_eq!(found, expected, "{}", format);
        }
    }
}
