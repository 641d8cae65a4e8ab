//! Divides a recording into sessions, and their tracks into segments.

use crate::fit::{Lap, Recording, Session, Trackpoint};
use crate::privacy::PrivacyZones;

/// A session with its laps and its track.
#[derive(Debug, Clone, PartialEq)]
pub struct SessionTrack<'a> {
    /// The sums.
    pub session: Session,
    /// The laps by their start; at least one.
    pub laps: Vec<Lap>,
    /// The track outside all privacy zones. A segment ends where the timer was stopped, or at a privacy zone; none is empty.
    pub segments: Vec<Vec<&'a Trackpoint>>,
}

impl SessionTrack<'_> {
    /// All trackpoints.
    pub fn points(&self) -> impl Iterator<Item = &Trackpoint> {
        self.segments.iter().flatten().copied()
    }

    /// The start, Unix seconds: that of the session, else that of its first trackpoint with a time.
    pub fn start(&self) -> Option<i64> {
        self.session.sums.start_time.or_else(|| self.points().find_map(|point| point.time))
    }

    /// The number of the lap of this time, from 0.
    pub fn lap_at(&self, time: i64) -> usize {
        index_at(&self.laps, time, |lap| lap.sums.start_time)
    }
}

/// The sessions of a recording by their start, without the parts in privacy zones. A recording without sessions is one session.
pub fn session_tracks<'a>(recording: &'a Recording, zones: &PrivacyZones) -> Vec<SessionTrack<'a>> {
    let mut tracks = without_points(recording);
    let restarts = restarts(recording);
    let mut time = i64::MIN;
    for part in zones.cut(&recording.points, |point| point.position) {
        let mut before = None;
        for point in part {
            // A point without a time follows the one before it.
            time = point.time.unwrap_or(time);
            let session = index_at(&tracks, time, |track| track.session.sums.start_time);
            let here = (session, restarts.partition_point(|restart| *restart <= time));
            let segments = &mut tracks[session].segments;
            match segments.last_mut() {
                Some(segment) if before == Some(here) => segment.push(point),
                _ => segments.push(vec![point]),
            }
            before = Some(here);
        }
    }
    tracks
}

/// The sessions of a recording, each with its laps.
fn without_points<'a>(recording: &Recording) -> Vec<SessionTrack<'a>> {
    let track = |session: Session| SessionTrack { session, laps: Vec::new(), segments: Vec::new() };
    let mut tracks: Vec<SessionTrack> = recording.sessions.iter().cloned().map(track).collect();
    if tracks.is_empty() {
        tracks.push(track(Session::default()));
    }
    for (number, lap) in recording.laps.iter().enumerate() {
        tracks[recording.session_of_lap(number).unwrap_or(0)].laps.push(lap.clone());
    }
    tracks.sort_by_key(|track| track.session.sums.start_time);
    tracks.iter_mut().for_each(|track| track.laps.sort_by_key(|lap| lap.sums.start_time));
    for track in tracks.iter_mut().filter(|track| track.laps.is_empty()) {
        let Session { sport, sub_sport, .. } = track.session;
        track.laps.push(Lap { sport, sub_sport, sums: track.session.sums.clone(), ..Lap::default() });
    }
    tracks
}

/// When the timer was started again after it was stopped, in order.
fn restarts(recording: &Recording) -> Vec<i64> {
    let mut events = recording.timer.clone();
    events.sort_by_key(|event| event.time);
    let pairs = events.windows(2).filter(|pair| !pair[0].is_start && pair[1].is_start && pair[0].time < pair[1].time);
    pairs.map(|pair| pair[1].time).collect()
}

/// The index of the last item that starts at this time or before it, else 0. `items` are sorted by their start.
fn index_at<T>(items: &[T], time: i64, start: impl Fn(&T) -> Option<i64>) -> usize {
    items.partition_point(|item| start(item).unwrap_or(i64::MIN) <= time).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{START, point, run, triathlon};
    use super::*;
    use crate::fit::TimerEvent;

    fn times(track: &SessionTrack) -> Vec<Vec<i64>> {
        let of_segment = |segment: &Vec<&Trackpoint>| segment.iter().map(|point| point.time.unwrap() - START).collect();
        track.segments.iter().map(of_segment).collect()
    }

    fn tracks(recording: &Recording) -> Vec<SessionTrack<'_>> {
        session_tracks(recording, &PrivacyZones::default())
    }

    #[test]
    fn a_segment_ends_where_the_timer_was_stopped() {
        let mut recording = run(6);
        let event = |seconds, is_start| TimerEvent { time: START + seconds, is_start };
        // The third stop and start are in the same second, and the last one is not followed by a start.
        recording.timer =
            vec![event(0, true), event(1, false), event(3, true), event(4, false), event(4, true), event(5, false)];
        assert_eq!(times(&tracks(&recording)[0]), [vec![0, 1, 2], vec![3, 4, 5]]);
    }

    #[test]
    fn trackpoints_and_laps_belong_to_the_session_that_began_last() {
        let recording = triathlon();
        let tracks = tracks(&recording);
        assert_eq!(tracks.iter().map(times).collect::<Vec<_>>(), [[[0, 1]], [[2, 3]], [[4, 5]]]);
        assert_eq!(tracks.iter().map(|track| track.laps.len()).collect::<Vec<_>>(), [1, 2, 1]);
        assert_eq!([START + 1, START + 2, START + 3].map(|time| tracks[1].lap_at(time)), [0, 0, 1]);
    }

    #[test]
    fn a_recording_without_sessions_and_laps_is_one_session_with_one_lap() {
        let recording = Recording { sessions: Vec::new(), laps: Vec::new(), ..run(2) };
        let tracks = tracks(&recording);
        assert_eq!((tracks.len(), tracks[0].laps.len(), tracks[0].start()), (1, 1, Some(START)));
        assert_eq!(times(&tracks[0]), [[0, 1]]);
    }

    #[test]
    fn trackpoints_before_the_first_session_and_without_a_time_are_kept() {
        let mut recording = run(1);
        recording.points = vec![point(-5), Trackpoint { time: None, ..point(0) }, point(1)];
        assert_eq!(tracks(&recording)[0].points().count(), 3);
    }

    #[test]
    fn a_privacy_zone_cuts_the_track() {
        let recording = run(9);
        let place = recording.points[4].position.unwrap();
        let zones: PrivacyZones = format!("{},{},15", place.lat, place.lon).parse().unwrap();
        assert_eq!(times(&session_tracks(&recording, &zones)[0]), [[0, 1, 2], [6, 7, 8]]);
    }
}
