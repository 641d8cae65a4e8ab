//! Reads the little that a list shows of TCX and GPX files, without an XML parser.

use super::contents::Session;
use crate::clock;

/// Format and session of a TCX or GPX file; `Err` says why it is neither.
pub fn read(bytes: &[u8]) -> Result<(&'static str, Session), &'static str> {
    let text = std::str::from_utf8(bytes).map_err(|_| "neither FIT, TCX nor GPX")?;
    if text.contains("<TrainingCenterDatabase") {
        let whole = text.contains("</TrainingCenterDatabase>");
        return tcx(text).filter(|_| whole).map(|session| ("tcx", session)).ok_or("the TCX file is broken");
    }
    if text.contains("<gpx") {
        let whole = text.contains("</gpx>");
        return gpx(text).filter(|_| whole).map(|session| ("gpx", session)).ok_or("the GPX file is broken");
    }
    Err("neither FIT, TCX nor GPX")
}

fn tcx(text: &str) -> Option<Session> {
    let (_, activity) = text.split_once("<Activity ")?;
    let sport = match activity.split('"').nth(1)? {
        "Running" => (1, 0),
        "Biking" => (2, 0),
        _ => (0, 0),
    };
    let laps = |tag: &str| sum(activity, tag);
    let seconds = laps("TotalTimeSeconds") as u32;
    // The first distance of a lap is its total; those of its points only count up to it.
    let metres = activity.split("<Lap").skip(1).filter_map(|lap| number(lap, "DistanceMeters")).sum::<f64>();
    Some(Session {
        start: instant(between(activity, "Id")?)?,
        sport,
        seconds,
        elapsed: seconds,
        metres: (metres > 0.0).then_some(metres),
    })
}

fn gpx(text: &str) -> Option<Session> {
    let (head, points) = text.split_once("<trkpt")?;
    let times = points.split("<trkpt").filter_map(|point| instant(between(point, "time")?));
    let (start, end) = times.fold(None, |range: Option<(i64, i64)>, at| match range {
        Some((first, _)) => Some((first, at)),
        None => Some((at, at)),
    })?;
    let sport = match between(head, "type") {
        Some("running") => (1, 0),
        Some("cycling") => (2, 0),
        _ => (0, 0),
    };
    let seconds = (end - start).max(0) as u32;
    Some(Session { start, sport, seconds, elapsed: seconds, metres: None })
}

fn sum(text: &str, tag: &str) -> f64 {
    let open = format!("<{tag}>");
    let inside = text.split(open.as_str()).skip(1).filter_map(|part| part.split('<').next());
    inside.filter_map(|number| number.trim().parse::<f64>().ok()).sum()
}

fn number(text: &str, tag: &str) -> Option<f64> {
    between(text, tag)?.parse().ok()
}

fn between<'a>(text: &'a str, tag: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    rest.split_once(&format!("</{tag}>")).map(|(inside, _)| inside.trim())
}

/// Reads `2026-11-20T06:00:00Z`, with or without a fraction.
fn instant(text: &str) -> Option<i64> {
    local(text.strip_suffix('Z')?.split('.').next()?)
}

/// Reads `2026-11-20`, `2026-11-20T06:00` or `2026-11-20T06:00:00` as seconds since 1970 of a clock without zone.
pub fn local(text: &str) -> Option<i64> {
    let (date, time) = text.split_once('T').unwrap_or((text, "00:00:00"));
    let parts: Vec<&str> = time.split(':').collect();
    if !matches!(parts.len(), 2 | 3)
        || parts.iter().any(|part| part.len() != 2 || !part.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return None;
    }
    let numbers = parts.iter().map(|part| part.parse::<u32>().ok()).collect::<Option<Vec<u32>>>()?;
    let (hour, minute, second) = (numbers[0], numbers[1], numbers.get(2).copied().unwrap_or(0));
    let midnight = clock::parse_date(date)?;
    (hour < 24 && minute < 60 && second < 60).then(|| midnight + i64::from(hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_have_no_zone() {
        assert_eq!(local("2026-11-20"), clock::parse_date("2026-11-20"));
        assert_eq!(
            local("2026-11-20T06:30:10").map(|at| clock::stamp(at, "T")).as_deref(),
            Some("2026-11-20T06:30:10")
        );
        for bad in
            ["2026-11-20T06:00:00Z", "2026-11-20T06:00:00+01:00", "20.11.2026", "2026-11-20T24:00:00", "2026-11-20T06"]
        {
            assert_eq!(local(bad), None, "{bad}");
        }
    }
}
