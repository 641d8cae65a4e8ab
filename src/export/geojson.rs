//! GeoJSON (RFC 7946): a collection with a feature for each session.

use std::io::{self, Write};

use serde::Serialize;

use super::number::{decimal, degrees, time};
use super::{ExportActivity, ExportWriter, SessionTrack};
use crate::activity::printable;
use crate::fit::{Position, Trackpoint};
use crate::sport;

/// A line on the map: trackpoints with their positions, at least two.
type Line<'a> = Vec<(&'a Trackpoint, Position)>;

/// Writes a GeoJSON file.
pub(super) struct GeoJsonWriter<'w> {
    out: &'w mut dyn Write,
    features: usize,
}

/// The properties of a feature, but for those of each trackpoint.
#[derive(Serialize)]
struct Properties<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    platform: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    id: String,
    file: String,
    session: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sport: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_sport: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_time: Option<String>,
    #[serde(flatten)]
    sums: serde_json::Map<String, serde_json::Value>,
}

impl<'w> GeoJsonWriter<'w> {
    pub fn new(out: &'w mut dyn Write) -> GeoJsonWriter<'w> {
        GeoJsonWriter { out, features: 0 }
    }

    fn begin(&mut self) -> io::Result<()> {
        self.out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")
    }

    fn feature(&mut self, activity: &ExportActivity, number: usize, session: &SessionTrack) -> io::Result<()> {
        let lines = lines(session);
        if lines.is_empty() {
            return Ok(());
        }
        if self.features == 0 {
            self.begin()?;
        }
        let begin = if self.features == 0 { "\n" } else { ",\n" };
        self.features += 1;
        let kind = if lines.len() == 1 { "LineString" } else { "MultiLineString" };
        write!(self.out, "{begin}{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"{kind}\",\"coordinates\":")?;
        self.values(&lines, coordinates)?;
        let properties = serde_json::to_string(&properties(activity, number, session))?;
        write!(self.out, "}},\"properties\":{}", properties.strip_suffix('}').unwrap_or(&properties))?;
        self.out.write_all(b",\"coordTimes\":")?;
        let quoted = |time: String| format!("\"{time}\"");
        self.values(&lines, |point, _| point.time.and_then(time).map(quoted).unwrap_or_else(null))?;
        if lines.iter().flatten().any(|(point, _)| point.heart_rate_bpm.is_some()) {
            self.out.write_all(b",\"heartRates\":")?;
            self.values(&lines, |point, _| point.heart_rate_bpm.map(|beats| beats.to_string()).unwrap_or_else(null))?;
        }
        self.out.write_all(b"}}")
    }

    /// Writes a value for each trackpoint: a list, or a list for each of several lines.
    fn values(&mut self, lines: &[Line], value: impl Fn(&Trackpoint, Position) -> String) -> io::Result<()> {
        let (begin, end) = if lines.len() == 1 { ("", "") } else { ("[", "]") };
        self.out.write_all(begin.as_bytes())?;
        for (number, line) in lines.iter().enumerate() {
            self.out.write_all(if number == 0 { b"[" } else { b",[" })?;
            for (index, (point, position)) in line.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                write!(self.out, "{comma}{}", value(point, *position))?;
            }
            self.out.write_all(b"]")?;
        }
        self.out.write_all(end.as_bytes())
    }
}

impl ExportWriter for GeoJsonWriter<'_> {
    fn add(&mut self, activity: &ExportActivity) -> io::Result<()> {
        let mut sessions = (1..).zip(activity.sessions);
        sessions.try_for_each(|(number, session)| self.feature(activity, number, session))
    }

    fn finish(&mut self) -> io::Result<()> {
        if self.features == 0 {
            self.begin()?;
        }
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()
    }
}

/// The lines of a session on the map. A line ends with its segment and at the date line, as RFC 7946 requires; a single position
/// is no line.
pub(super) fn lines<'a>(session: &SessionTrack<'a>) -> Vec<Line<'a>> {
    let mut lines: Vec<Line> = Vec::new();
    for segment in &session.segments {
        let mut before: Option<Position> = None;
        for (point, position) in segment.iter().filter_map(|point| Some((*point, point.position?))) {
            let is_over_date_line = before.is_some_and(|before| (before.lon - position.lon).abs() > 180.0);
            match lines.last_mut() {
                Some(line) if before.is_some() && !is_over_date_line => line.push((point, position)),
                _ => lines.push(vec![(point, position)]),
            }
            before = Some(position);
        }
    }
    lines.retain(|line| line.len() > 1);
    lines
}

/// Longitude, latitude and, if known, altitude.
fn coordinates(point: &Trackpoint, position: Position) -> String {
    let place = [degrees(position.lon), degrees(position.lat)].map(|degrees| degrees.unwrap_or_else(null));
    match point.altitude_m.and_then(|metres| decimal(metres, 2)) {
        Some(altitude) => format!("[{},{},{altitude}]", place[0], place[1]),
        None => format!("[{},{}]", place[0], place[1]),
    }
}

fn null() -> String {
    "null".to_owned()
}

fn properties<'a>(activity: &ExportActivity<'a>, number: usize, session: &'a SessionTrack) -> Properties<'a> {
    let of_file = &session.session;
    let sums = &of_file.sums;
    let values = [
        ("timer_time_s", sums.timer_time_s, 3),
        ("elapsed_time_s", sums.elapsed_time_s, 3),
        ("distance_m", sums.distance_m, 2),
        ("ascent_m", sums.ascent_m, 1),
        ("descent_m", sums.descent_m, 1),
        ("calories_kcal", sums.calories_kcal, 0),
        ("avg_heart_rate_bpm", sums.avg_heart_rate_bpm, 0),
        ("max_heart_rate_bpm", sums.max_heart_rate_bpm, 0),
        ("avg_power_w", sums.avg_power_w, 0),
        ("avg_cadence_rpm", sums.avg_cadence_rpm, 2),
    ];
    let number_of = |value: Option<f64>, decimals| serde_json::from_str(&decimal(value?, decimals)?).ok();
    let known =
        values.into_iter().filter_map(|(name, value, decimals)| Some((name.to_owned(), number_of(value, decimals)?)));
    Properties {
        name: activity.name(),
        platform: printable(&activity.activity.platform),
        id: printable(&activity.activity.id),
        file: printable(activity.file),
        session: number,
        sport: of_file.sport.and_then(sport::sport_name).or(activity.activity.sport.as_deref()),
        sub_sport: of_file.sub_sport.and_then(sport::sub_sport_name).filter(|name| *name != "generic"),
        start_time: session.start().and_then(time),
        sums: known.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ExportFormat;
    use super::super::sample::{point, run, triathlon, written};
    use super::*;
    use crate::activity::Activity;
    use crate::fit::Recording;
    use serde_json::{Value, json};

    fn features(recording: &Recording) -> Vec<Value> {
        let activity = Activity {
            platform: "coros".into(),
            id: "7".into(),
            name: Some("\"a\"\n\u{9b}\u{202e}跑步".into()),
            ..Activity::default()
        };
        let text = written(ExportFormat::GeoJson, &activity, recording);
        let value: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(value["type"], "FeatureCollection");
        value["features"].as_array().unwrap().clone()
    }

    #[test]
    fn a_session_is_a_line_with_its_sums_times_and_heart_rates() {
        let expected = json!({
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": [[7, 45, 301.2], [7, 45.0001, 301.2]]},
            "properties": {
                "name": "\"a\"跑步", "platform": "coros", "id": "7", "file": "a.fit", "session": 1, "sport": "running",
                "start_time": "2026-01-08T14:10:21Z", "timer_time_s": 1, "elapsed_time_s": 1, "distance_m": 11.1,
                "calories_kcal": 12, "avg_heart_rate_bpm": 119, "max_heart_rate_bpm": 121, "avg_cadence_rpm": 84,
                "coordTimes": ["2026-01-08T14:10:21Z", "2026-01-08T14:10:22Z"], "heartRates": [120, 120],
            },
        });
        assert_eq!(features(&run(2)), [expected]);
        assert_eq!(features(&triathlon()).len(), 3);
        assert_eq!(features(&Recording::default()), [Value::Null; 0]);
    }

    #[test]
    fn a_line_ends_at_the_date_line() {
        let mut recording = run(4);
        for (point, lon) in recording.points.iter_mut().zip([179.9998, 179.9999, -179.9999, -179.9998]) {
            point.position = Some(Position { lat: 0.0, lon });
            point.altitude_m = None;
            point.heart_rate_bpm = None;
        }
        let feature = &features(&recording)[0];
        assert_eq!(feature["geometry"]["type"], "MultiLineString");
        let lines = json!([[[179.9998, 0], [179.9999, 0]], [[-179.9999, 0], [-179.9998, 0]]]);
        assert_eq!(feature["geometry"]["coordinates"], lines);
        assert_eq!(feature["properties"]["coordTimes"][1].as_array().map(Vec::len), Some(2));
        assert!(feature["properties"].get("heartRates").is_none());
    }

    #[test]
    fn a_single_position_is_no_line() {
        let mut recording = run(3);
        recording.points = vec![point(0), Trackpoint { position: None, ..point(1) }];
        assert_eq!(features(&recording), [Value::Null; 0]);
        recording.points.push(Trackpoint { time: None, heart_rate_bpm: None, ..point(2) });
        let feature = &features(&recording)[0];
        assert_eq!(feature["properties"]["coordTimes"], json!(["2026-01-08T14:10:21Z", null]));
        assert_eq!(feature["properties"]["heartRates"], json!([120, null]));
    }
}
