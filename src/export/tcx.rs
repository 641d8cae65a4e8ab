//! TCX: Garmin's Training Center XML, version 2, with its ActivityExtension v2 for speed, power and the cadence of runs.
//!
//! The schema requires time, distance and calories of each lap, and a time of each trackpoint. A lap without these values has 0
//! there, and a trackpoint without a time is left out: the track ends at it, as programs would connect its neighbours.

use std::collections::HashMap;
use std::io::{self, Write};

use super::number::{decimal, lat_lon, time, whole};
use super::xml::XmlWriter;
use super::{ExportActivity, ExportWriter, SessionTrack};
use crate::fit::{Lap, Trackpoint};
use crate::sport;

const NAMESPACES: &[(&str, &str)] = &[
    ("xmlns", "http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2"),
    ("xmlns:ax", "http://www.garmin.com/xmlschemas/ActivityExtension/v2"),
];

/// Whether a session has the time that each activity of TCX must have.
pub(super) fn has_time(session: &SessionTrack) -> bool {
    session.start().is_some()
}

/// Writes a TCX file: an activity for each session.
pub(super) struct TcxWriter<'w> {
    xml: XmlWriter<'w>,
    is_begun: bool,
    /// How many activities had each start so far. The start is the id of an activity.
    starts: HashMap<String, u32>,
}

/// The sports that TCX knows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TcxSport {
    Running,
    Biking,
    Other,
}

impl TcxSport {
    /// The sport of a session, or that of the activity if the session has none.
    fn of(activity: &ExportActivity, session: &SessionTrack) -> TcxSport {
        let session = &session.session;
        let family = match session.sport.and_then(sport::sport_name) {
            Some(name) => sport::family(Some(name), session.sub_sport.and_then(sport::sub_sport_name)),
            None => sport::family(activity.activity.sport.as_deref(), activity.activity.sub_sport.as_deref()),
        };
        match family.name() {
            "running" => TcxSport::Running,
            "cycling" => TcxSport::Biking,
            _ => TcxSport::Other,
        }
    }

    fn name(self) -> &'static str {
        match self {
            TcxSport::Running => "Running",
            TcxSport::Biking => "Biking",
            TcxSport::Other => "Other",
        }
    }
}

impl<'w> TcxWriter<'w> {
    pub fn new(out: &'w mut dyn Write) -> TcxWriter<'w> {
        TcxWriter { xml: XmlWriter::new(out), is_begun: false, starts: HashMap::new() }
    }

    fn begin(&mut self) -> io::Result<()> {
        self.is_begun = true;
        self.xml.declare()?;
        self.xml.begin("TrainingCenterDatabase", NAMESPACES)?;
        self.xml.begin("Activities", &[])
    }

    fn activity(&mut self, activity: &ExportActivity, session: &SessionTrack) -> io::Result<()> {
        let Some(start) = session.start().and_then(time) else { return Ok(()) };
        let sport = TcxSport::of(activity, session);
        self.xml.begin("Activity", &[("Sport", sport.name())])?;
        let id = self.unique_id(&start);
        self.xml.element("Id", &id)?;
        for (number, (lap, tracks)) in session.laps.iter().zip(tracks_of_laps(session)).enumerate() {
            let first = tracks.iter().flatten().find_map(|point| point.time);
            // The start of the session is the only one known for a first lap without one.
            let begun = lap.sums.start_time.or(first).and_then(time).or_else(|| (number == 0).then(|| start.clone()));
            if let Some(begun) = begun {
                self.lap(lap, &begun, sport, &tracks)?;
            }
        }
        self.xml.optional("Notes", activity.name())?;
        self.xml.end()
    }

    /// The start of an activity as its id. An id may occur only once, so each further one has a thousandth of a second more.
    fn unique_id(&mut self, start: &str) -> String {
        let number = self.starts.entry(start.to_owned()).or_default();
        let fraction = match (*number % 1000, *number / 1000) {
            (0, 0) => String::new(),
            (thousandths, 0) => format!(".{thousandths:03}"),
            // .1000 would be the same time as .1, so the digits after the thousandths count on.
            (thousandths, more) => format!(".{thousandths:03}{more:07}"),
        };
        *number += 1;
        format!("{}{fraction}Z", start.trim_end_matches('Z'))
    }

    fn lap(&mut self, lap: &Lap, start: &str, sport: TcxSport, tracks: &[Vec<&Trackpoint>]) -> io::Result<()> {
        let sums = &lap.sums;
        let required = |value: Option<String>| value.unwrap_or_else(|| "0".to_owned());
        let metric = |value: Option<f64>, decimals| value.and_then(|value| decimal(value, decimals));
        self.xml.begin("Lap", &[("StartTime", start)])?;
        self.xml.element("TotalTimeSeconds", &required(metric(sums.timer_time_s.or(sums.elapsed_time_s), 3)))?;
        self.xml.element("DistanceMeters", &required(metric(sums.distance_m, 2)))?;
        self.xml.optional("MaximumSpeed", metric(sums.max_speed_mps, 3))?;
        let calories = sums.calories_kcal.and_then(|calories| whole(calories, 0, u16::MAX));
        self.xml.element("Calories", &required(calories))?;
        self.heart_rate("AverageHeartRateBpm", sums.avg_heart_rate_bpm)?;
        self.heart_rate("MaximumHeartRateBpm", sums.max_heart_rate_bpm)?;
        self.xml.element("Intensity", if lap.intensity == Some(1) { "Resting" } else { "Active" })?;
        let cadence = sums.avg_cadence_rpm.and_then(|turns| whole(turns, 0, 254));
        self.xml.optional("Cadence", cadence.as_ref().filter(|_| sport != TcxSport::Running))?;
        self.xml.element("TriggerMethod", trigger_method(lap.trigger))?;
        for track in tracks {
            self.track(track, sport)?;
        }
        self.lap_extension(lap, sport, cadence)?;
        self.xml.end()
    }

    fn heart_rate(&mut self, name: &'static str, beats: Option<f64>) -> io::Result<()> {
        let Some(beats) = beats.and_then(|beats| whole(beats, 1, 255)) else { return Ok(()) };
        self.xml.begin(name, &[])?;
        self.xml.element("Value", &beats)?;
        self.xml.end()
    }

    fn lap_extension(&mut self, lap: &Lap, sport: TcxSport, cadence: Option<String>) -> io::Result<()> {
        let sums = &lap.sums;
        let max_cadence = sums.max_cadence_rpm.and_then(|turns| whole(turns, 0, 254));
        let is_run = sport == TcxSport::Running;
        let watts = |watts: Option<f64>| watts.and_then(|watts| whole(watts, 0, u16::MAX));
        let values = [
            ("ax:AvgSpeed", sums.avg_speed_mps.and_then(|speed| decimal(speed, 3))),
            ("ax:MaxBikeCadence", max_cadence.clone().filter(|_| !is_run)),
            ("ax:AvgRunCadence", cadence.filter(|_| is_run)),
            ("ax:MaxRunCadence", max_cadence.filter(|_| is_run)),
            ("ax:AvgWatts", watts(sums.avg_power_w)),
            ("ax:MaxWatts", watts(sums.max_power_w)),
        ];
        self.extension("ax:LX", &values)
    }

    /// Writes a track. It ends at a trackpoint without a time, and the next one begins: the line between the neighbours of such
    /// a point may cross a privacy zone that the line through the point avoids.
    fn track(&mut self, points: &[&Trackpoint], sport: TcxSport) -> io::Result<()> {
        let timed: Vec<(&Trackpoint, Option<String>)> =
            points.iter().map(|point| (*point, point.time.and_then(time))).collect();
        for part in timed.split(|(_, time)| time.is_none()).filter(|part| !part.is_empty()) {
            self.xml.begin("Track", &[])?;
            for (point, time) in part {
                self.trackpoint(point, time.as_deref().unwrap_or_default(), sport)?;
            }
            self.xml.end()?;
        }
        Ok(())
    }

    fn trackpoint(&mut self, point: &Trackpoint, time: &str, sport: TcxSport) -> io::Result<()> {
        self.xml.begin("Trackpoint", &[])?;
        self.xml.element("Time", time)?;
        self.position(point)?;
        self.xml.optional("AltitudeMeters", point.altitude_m.and_then(|metres| decimal(metres, 2)))?;
        self.xml.optional("DistanceMeters", point.distance_m.and_then(|metres| decimal(metres, 2)))?;
        self.heart_rate("HeartRateBpm", point.heart_rate_bpm.map(f64::from))?;
        let cadence = point.cadence_rpm.and_then(|turns| whole(turns, 0, 254));
        let is_run = sport == TcxSport::Running;
        self.xml.optional("Cadence", cadence.as_ref().filter(|_| !is_run))?;
        let values = [
            ("ax:Speed", point.speed_mps.and_then(|speed| decimal(speed, 3))),
            ("ax:RunCadence", cadence.filter(|_| is_run)),
            ("ax:Watts", point.power_w.map(|watts| watts.to_string())),
        ];
        self.extension("ax:TPX", &values)?;
        self.xml.end()
    }

    fn position(&mut self, point: &Trackpoint) -> io::Result<()> {
        let Some((lat, lon)) = point.position.and_then(lat_lon) else { return Ok(()) };
        self.xml.begin("Position", &[])?;
        self.xml.element("LatitudeDegrees", &lat)?;
        self.xml.element("LongitudeDegrees", &lon)?;
        self.xml.end()
    }

    /// Writes an element of extensions with these values, if there are any.
    fn extension(&mut self, name: &'static str, values: &[(&str, Option<String>)]) -> io::Result<()> {
        if values.iter().all(|(_, value)| value.is_none()) {
            return Ok(());
        }
        self.xml.begin("Extensions", &[])?;
        self.xml.begin(name, &[])?;
        values.iter().try_for_each(|(name, value)| self.xml.optional(name, value.as_ref()))?;
        self.xml.end()?;
        self.xml.end()
    }
}

impl ExportWriter for TcxWriter<'_> {
    fn add(&mut self, activity: &ExportActivity) -> io::Result<()> {
        if !self.is_begun {
            self.begin()?;
        }
        activity.sessions.iter().try_for_each(|session| self.activity(activity, session))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.xml.finish()
    }
}

/// For each lap, the parts of the segments that are in it.
fn tracks_of_laps<'a>(session: &SessionTrack<'a>) -> Vec<Vec<Vec<&'a Trackpoint>>> {
    let mut laps: Vec<Vec<Vec<&Trackpoint>>> = vec![Vec::new(); session.laps.len()];
    let mut number = 0;
    for segment in &session.segments {
        let mut before = None;
        for point in segment {
            number = point.time.map_or(number, |time| session.lap_at(time));
            match laps[number].last_mut() {
                Some(track) if before == Some(number) => track.push(point),
                _ => laps[number].push(vec![point]),
            }
            before = Some(number);
        }
    }
    laps
}

/// TCX's name of what ended a lap, for FIT's number of it.
fn trigger_method(trigger: Option<u8>) -> &'static str {
    match trigger {
        Some(1) => "Time",
        Some(2) => "Distance",
        Some(3..=6) => "Location",
        _ => "Manual",
    }
}

#[cfg(test)]
mod tests {
    use super::super::ExportFormat;
    use super::super::sample::{START, point, run, triathlon, written};
    use super::*;
    use crate::activity::Activity;
    use crate::fit::{Recording, Session, Sums};

    fn tcx(recording: &Recording) -> String {
        let activity = Activity { name: Some("Tempo & more".into()), ..Activity::default() };
        written(ExportFormat::Tcx, &activity, recording)
    }

    fn count(text: &str, part: &str) -> usize {
        text.matches(part).count()
    }

    #[test]
    fn a_lap_and_a_trackpoint_have_all_values() {
        let text = tcx(&run(1));
        let lap = r#"  <Activity Sport="Running">
   <Id>2026-01-08T14:10:21Z</Id>
   <Lap StartTime="2026-01-08T14:10:21Z">
    <TotalTimeSeconds>0</TotalTimeSeconds>
    <DistanceMeters>0</DistanceMeters>
    <MaximumSpeed>11.2</MaximumSpeed>
    <Calories>12</Calories>
    <AverageHeartRateBpm>
     <Value>119</Value>
    </AverageHeartRateBpm>
    <MaximumHeartRateBpm>
     <Value>121</Value>
    </MaximumHeartRateBpm>
    <Intensity>Active</Intensity>
    <TriggerMethod>Distance</TriggerMethod>
    <Track>
     <Trackpoint>
      <Time>2026-01-08T14:10:21Z</Time>
      <Position>
       <LatitudeDegrees>45</LatitudeDegrees>
       <LongitudeDegrees>7</LongitudeDegrees>
      </Position>
      <AltitudeMeters>301.2</AltitudeMeters>
      <DistanceMeters>0</DistanceMeters>
      <HeartRateBpm>
       <Value>120</Value>
      </HeartRateBpm>
      <Extensions>
       <ax:TPX>
        <ax:Speed>11.1</ax:Speed>
        <ax:RunCadence>86</ax:RunCadence>
        <ax:Watts>250</ax:Watts>
       </ax:TPX>
      </Extensions>
     </Trackpoint>
    </Track>
    <Extensions>
     <ax:LX>
      <ax:AvgRunCadence>84</ax:AvgRunCadence>
     </ax:LX>
    </Extensions>
   </Lap>
   <Notes>Tempo &amp; more</Notes>
"#;
        assert!(text.contains(lap), "{text}");
    }

    #[test]
    fn each_session_is_an_activity_with_its_laps() {
        let text = tcx(&triathlon());
        let sports: Vec<&str> = text.lines().filter(|line| line.contains("<Activity ")).map(str::trim).collect();
        assert_eq!(
            sports,
            [r#"<Activity Sport="Other">"#, r#"<Activity Sport="Biking">"#, r#"<Activity Sport="Running">"#]
        );
        assert_eq!((count(&text, "<Lap "), count(&text, "<Track>"), count(&text, "<Trackpoint>")), (4, 4, 6));
        assert_eq!((count(&text, "<Cadence>"), count(&text, "<ax:RunCadence>")), (3 + 4, 2), "laps and trackpoints");
    }

    #[test]
    fn activities_with_the_same_start_have_different_ids() {
        let mut recording = triathlon();
        recording.sessions.iter_mut().for_each(|session| session.sums.start_time = Some(START));
        let text = tcx(&recording);
        for id in
            ["<Id>2026-01-08T14:10:21Z</Id>", "<Id>2026-01-08T14:10:21.001Z</Id>", "<Id>2026-01-08T14:10:21.002Z</Id>"]
        {
            assert_eq!(count(&text, id), 1, "{text}");
        }
    }

    #[test]
    fn ids_of_many_activities_with_the_same_start_differ_also_as_numbers() {
        let mut out = Vec::new();
        let mut writer = TcxWriter::new(&mut out);
        let ids: Vec<String> = (0..60_000).map(|_| writer.unique_id("2026-01-08T14:10:21Z")).collect();
        assert_eq!(ids[1000], "2026-01-08T14:10:21.0000000001Z");
        let fraction =
            |id: &String| id.trim_start_matches("2026-01-08T14:10:21").trim_end_matches(['0', 'Z']).to_owned();
        let fractions: std::collections::HashSet<String> = ids.iter().map(fraction).collect();
        assert_eq!(fractions.len(), ids.len());
    }

    #[test]
    fn a_track_ends_at_a_trackpoint_without_a_time() {
        let mut recording = run(5);
        recording.points[2].time = None;
        let text = tcx(&recording);
        assert_eq!((count(&text, "<Track>"), count(&text, "<Trackpoint>")), (2, 4), "{text}");
    }

    #[test]
    fn what_the_schema_requires_and_nobody_knows_is_zero_or_left_out() {
        let mut recording = Recording { sessions: vec![Session::default()], laps: vec![Lap::default()], ..run(2) };
        recording.points[1].time = None;
        let text = tcx(&recording);
        for part in
            ["<TotalTimeSeconds>0<", "<DistanceMeters>0<", "<Calories>0<", "<TriggerMethod>Manual<", "Sport=\"Other\""]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("MaximumSpeed") && count(&text, "<Trackpoint>") == 1, "{text}");
        recording.points.truncate(1);
        recording.points[0] = Trackpoint { time: None, ..point(0) };
        assert!(!ExportFormat::Tcx.has_content(&super::super::session_tracks(&recording, &Default::default())));
    }

    #[test]
    fn values_outside_the_schema_are_left_out() {
        let mut recording = run(1);
        recording.laps[0].sums = Sums {
            start_time: Some(START),
            distance_m: Some(f64::INFINITY),
            calories_kcal: Some(70_000.0),
            avg_heart_rate_bpm: Some(0.0),
            avg_cadence_rpm: Some(400.0),
            max_power_w: Some(-1.0),
            ..Sums::default()
        };
        recording.points[0].heart_rate_bpm = Some(0);
        let text = tcx(&recording);
        assert!(text.contains("<Calories>0<") && !text.contains("HeartRate") && !text.contains("<ax:LX>"), "{text}");
        assert!(!text.contains("inf") && !text.contains("NaN"), "{text}");
    }
}
