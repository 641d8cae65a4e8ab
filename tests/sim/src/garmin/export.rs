//! The GPX and TCX texts: exports, and the originals of activities uploaded in these formats.

use super::activity::Activity;
use crate::clock;
use crate::fit::profile::Sample;

/// The maximum number of points in a text, because the formats are verbose.
const POINTS: usize = 300;

fn samples(activity: &Activity) -> Vec<Sample> {
    let recording = &activity.recording;
    let mut start = recording.start;
    let mut all = Vec::new();
    for (index, leg) in recording.legs.iter().enumerate() {
        all.extend(recording.samples(index, leg, start));
        start += i64::from(leg.seconds + if index == 0 { recording.paused } else { 0 });
    }
    let step = all.len().div_ceil(POINTS).max(1);
    all.into_iter().step_by(step).collect()
}

fn instant(at: i64) -> String {
    format!("{}.000Z", clock::stamp(at, "T"))
}

/// Text for XML: markup is escaped, and characters that XML does not allow are omitted.
fn xml(text: &str) -> String {
    let allowed = text.chars().filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'));
    allowed.fold(String::new(), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
        out
    })
}

/// The activity as GPX with this name.
pub fn gpx(activity: &Activity, name: &str) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    out.push_str("<gpx creator=\"Garmin Connect\" version=\"1.1\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n");
    let start = instant(activity.recording.start);
    out.push_str(&format!("  <metadata>\n    <time>{start}</time>\n  </metadata>\n  <trk>\n"));
    out.push_str(&format!("    <name>{}</name>\n    <type>{}</type>\n    <trkseg>\n", xml(name), activity.type_key));
    for sample in samples(activity) {
        let Some((lat, lon)) = sample.position else { continue };
        out.push_str(&format!("      <trkpt lat=\"{lat:.7}\" lon=\"{lon:.7}\">\n"));
        if let Some(altitude) = sample.altitude {
            out.push_str(&format!("        <ele>{altitude:.1}</ele>\n"));
        }
        out.push_str(&format!("        <time>{}</time>\n      </trkpt>\n", instant(sample.at)));
    }
    out.push_str("    </trkseg>\n  </trk>\n</gpx>\n");
    out
}

/// The activity as TCX, with the name in its notes.
pub fn tcx(activity: &Activity, name: &str) -> String {
    let recording = &activity.recording;
    let start = instant(recording.start);
    let sport = match recording.legs.first().map(|leg| leg.sport.0) {
        Some(1) => "Running",
        Some(2) => "Biking",
        _ => "Other",
    };
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<TrainingCenterDatabase xmlns=\"http://www.garmin.com/xmlschemas/TrainingCenterDatabase/v2\">\n <Activities>\n",
    );
    out.push_str(&format!("  <Activity Sport=\"{sport}\">\n   <Id>{start}</Id>\n   <Lap StartTime=\"{start}\">\n"));
    out.push_str(&format!("    <TotalTimeSeconds>{}.0</TotalTimeSeconds>\n", recording.timer()));
    out.push_str(&format!("    <DistanceMeters>{:.2}</DistanceMeters>\n", recording.metres().unwrap_or(0.0)));
    out.push_str("    <Calories>0</Calories>\n    <Intensity>Active</Intensity>\n    <TriggerMethod>Manual</TriggerMethod>\n    <Track>\n");
    for sample in samples(activity) {
        out.push_str(&trackpoint(&sample));
    }
    out.push_str(&format!("    </Track>\n   </Lap>\n   <Notes>{}</Notes>\n", xml(name)));
    out.push_str("  </Activity>\n </Activities>\n</TrainingCenterDatabase>\n");
    out
}

fn trackpoint(sample: &Sample) -> String {
    let mut out = format!("     <Trackpoint>\n      <Time>{}</Time>\n", instant(sample.at));
    if let Some((lat, lon)) = sample.position {
        out.push_str(&format!("      <Position><LatitudeDegrees>{lat:.7}</LatitudeDegrees><LongitudeDegrees>{lon:.7}</LongitudeDegrees></Position>\n"));
    }
    if let Some(altitude) = sample.altitude {
        out.push_str(&format!("      <AltitudeMeters>{altitude:.1}</AltitudeMeters>\n"));
    }
    if let Some(distance) = sample.distance {
        out.push_str(&format!("      <DistanceMeters>{distance:.2}</DistanceMeters>\n"));
    }
    let rate = sample.heart_rate;
    out + &format!("      <HeartRateBpm><Value>{rate}</Value></HeartRateBpm>\n     </Trackpoint>\n")
}
