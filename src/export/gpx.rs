//! GPX 1.1: <http://www.topografix.com/GPX/1/1/>, with Garmin's TrackPointExtension v1 and PowerExtension v1.

use std::io::{self, Write};

use super::number::{decimal, lat_lon, time, whole};
use super::xml::XmlWriter;
use super::{ExportActivity, ExportWriter, SessionTrack};
use crate::fit::{Position, Trackpoint};
use crate::sport;

const NAMESPACES: &[(&str, &str)] = &[
    ("version", "1.1"),
    ("creator", "garminsync"),
    ("xmlns", "http://www.topografix.com/GPX/1/1"),
    ("xmlns:gpxtpx", "http://www.garmin.com/xmlschemas/TrackPointExtension/v1"),
    ("xmlns:pwr", "http://www.garmin.com/xmlschemas/PowerExtension/v1"),
];

/// Writes a GPX file: a track for each session.
pub(super) struct GpxWriter<'w> {
    xml: XmlWriter<'w>,
    is_begun: bool,
}

impl<'w> GpxWriter<'w> {
    pub fn new(out: &'w mut dyn Write) -> GpxWriter<'w> {
        GpxWriter { xml: XmlWriter::new(out), is_begun: false }
    }

    fn begin(&mut self, activity: &ExportActivity) -> io::Result<()> {
        self.is_begun = true;
        self.xml.declare()?;
        self.xml.begin("gpx", NAMESPACES)?;
        self.xml.begin("metadata", &[])?;
        self.xml.optional("name", activity.name())?;
        let start = activity.sessions.iter().find_map(SessionTrack::start);
        self.xml.optional("time", start.and_then(time))?;
        self.xml.end()
    }

    fn track(&mut self, activity: &ExportActivity, session: &SessionTrack) -> io::Result<()> {
        self.xml.begin("trk", &[])?;
        self.xml.optional("name", activity.name())?;
        let sport = session.session.sport.and_then(sport::sport_name).or(activity.activity.sport.as_deref());
        self.xml.optional("type", sport)?;
        for segment in &session.segments {
            let mut points = segment.iter().filter_map(|point| Some((*point, point.position?))).peekable();
            if points.peek().is_some() {
                self.xml.begin("trkseg", &[])?;
                points.try_for_each(|(point, position)| self.point(point, position))?;
                self.xml.end()?;
            }
        }
        self.xml.end()
    }

    fn point(&mut self, point: &Trackpoint, position: Position) -> io::Result<()> {
        let Some((lat, lon)) = lat_lon(position) else { return Ok(()) };
        self.xml.begin("trkpt", &[("lat", &lat), ("lon", &lon)])?;
        self.xml.optional("ele", point.altitude_m.and_then(|metres| decimal(metres, 2)))?;
        self.xml.optional("time", point.time.and_then(time))?;
        self.extensions(point)?;
        self.xml.end()
    }

    fn extensions(&mut self, point: &Trackpoint) -> io::Result<()> {
        let temperature = point.temperature_c.map(|degrees| degrees.to_string());
        let heart_rate = point.heart_rate_bpm.and_then(|beats| whole(f64::from(beats), 1, 255));
        let cadence = point.cadence_rpm.and_then(|turns| whole(turns, 0, 254));
        let is_extended = temperature.is_some() || heart_rate.is_some() || cadence.is_some();
        if !is_extended && point.power_w.is_none() {
            return Ok(());
        }
        self.xml.begin("extensions", &[])?;
        self.xml.optional("pwr:PowerInWatts", point.power_w.map(|watts| watts.to_string()))?;
        if is_extended {
            self.xml.begin("gpxtpx:TrackPointExtension", &[])?;
            self.xml.optional("gpxtpx:atemp", temperature)?;
            self.xml.optional("gpxtpx:hr", heart_rate)?;
            self.xml.optional("gpxtpx:cad", cadence)?;
            self.xml.end()?;
        }
        self.xml.end()
    }
}

impl ExportWriter for GpxWriter<'_> {
    fn add(&mut self, activity: &ExportActivity) -> io::Result<()> {
        if !self.is_begun {
            self.begin(activity)?;
        }
        let has_positions = |session: &&SessionTrack| session.points().any(|point| point.position.is_some());
        activity.sessions.iter().filter(has_positions).try_for_each(|session| self.track(activity, session))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.xml.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ExportFormat;
    use super::super::sample::{point, run, triathlon, written};
    use super::*;
    use crate::activity::Activity;

    fn gpx(recording: &crate::fit::Recording) -> String {
        let activity = Activity { name: Some("Tempo <5 & 10>".into()), ..Activity::default() };
        written(ExportFormat::Gpx, &activity, recording)
    }

    #[test]
    fn a_trackpoint_has_all_values() {
        let text = gpx(&run(1));
        let expected = r#"  <trkseg>
   <trkpt lat="45" lon="7">
    <ele>301.2</ele>
    <time>2026-01-08T14:10:21Z</time>
    <extensions>
     <pwr:PowerInWatts>250</pwr:PowerInWatts>
     <gpxtpx:TrackPointExtension>
      <gpxtpx:atemp>-3</gpxtpx:atemp>
      <gpxtpx:hr>120</gpxtpx:hr>
      <gpxtpx:cad>86</gpxtpx:cad>
     </gpxtpx:TrackPointExtension>
    </extensions>
   </trkpt>
  </trkseg>
"#;
        assert!(text.contains(expected), "{text}");
        assert!(text.contains("<name>Tempo &lt;5 &amp; 10&gt;</name>\n  <time>2026-01-08T14:10:21Z</time>"), "{text}");
        assert!(text.ends_with("</trk>\n</gpx>\n"), "{text}");
    }

    #[test]
    fn each_session_is_a_track_of_its_sport() {
        let text = gpx(&triathlon());
        let types: Vec<&str> = text.lines().filter(|line| line.contains("<type>")).map(str::trim).collect();
        assert_eq!(types, ["<type>swimming</type>", "<type>cycling</type>", "<type>running</type>"]);
    }

    #[test]
    fn values_that_are_missing_or_outside_the_schema_are_left_out() {
        let mut recording = run(3);
        recording.points[0] = Trackpoint { position: point(0).position, ..Trackpoint::default() };
        recording.points[1] = Trackpoint {
            altitude_m: Some(f64::NAN),
            heart_rate_bpm: Some(0),
            cadence_rpm: Some(255.0),
            power_w: Some(0),
            temperature_c: None,
            position: Some(Position { lat: -90.0, lon: 180.0 }),
            ..point(1)
        };
        recording.points[2].position = None;
        let text = gpx(&recording);
        let expected = r#"  <trkseg>
   <trkpt lat="45" lon="7">
   </trkpt>
   <trkpt lat="-90" lon="-180">
    <time>2026-01-08T14:10:22Z</time>
    <extensions>
     <pwr:PowerInWatts>0</pwr:PowerInWatts>
    </extensions>
   </trkpt>
  </trkseg>
"#;
        assert!(text.contains(expected), "{text}");
    }
}
