//! Reads the start of a TCX or GPX file: the first time of its track.

use jiff::Timestamp;

/// In TCX the id of an activity is its start. In GPX it is the time of the first point; the time in the header may be that
/// of the export. A time without a zone is ignored.
pub fn start_of(bytes: &[u8]) -> Option<Timestamp> {
    // In files that tools write, the first point is within this size.
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1 << 20)]);
    let time = match head.split_once("<trkpt") {
        Some((_, point)) => element(point, "time"),
        None => element(head.split_once("<Activity")?.1, "Id"),
    };
    let time: Timestamp = time?.trim().parse().ok()?;
    Timestamp::from_second(time.as_second()).ok()
}

fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_time_of_a_track_is_its_start() {
        let start = |text: &str| start_of(text.as_bytes()).map(|time| time.to_string());
        let tcx = "<TrainingCenterDatabase><Activities><Activity Sport=\"Running\"><Id>2026-01-08T14:10:21.500Z</Id>";
        assert_eq!(start(tcx).as_deref(), Some("2026-01-08T14:10:21Z"));
        let gpx = "<gpx><metadata><time>2030-01-01T00:00:00Z</time></metadata><trk><trkseg><trkpt lat=\"1\" lon=\"2\">
            <time>2026-01-08T16:10:21+02:00</time></trkpt>";
        assert_eq!(start(gpx).as_deref(), Some("2026-01-08T14:10:21Z"));
        for none in ["", "<gpx><metadata><time>2030-01-01T00:00:00Z</time>", "<Activity><Id>2026-01-08T14:10:21</Id>"] {
            assert_eq!(start(none), None, "{none}");
        }
    }
}
