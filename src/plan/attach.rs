//! Assigns files to activities by their contents, if the file names do not say which activity they belong to.
//!
//! A file belongs to an activity if they agree to the second and the metre (by the rules of `matching`) and nothing else
//! fits either of them. If several fit, only those of the activity's own device count; if files of that device are known,
//! files of other devices never count. If more than one pair remains, the assignment is ambiguous and nothing is assigned: a
//! wrong file would never be downloaded again.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use crate::activity::Activity;
use crate::matching::{Candidate, Candidates, Certainty, Matcher};

/// Local time minus UTC, in quarter hours: between UTC-12 and UTC+14.
const ZONES: std::ops::RangeInclusive<i64> = -12 * 4..=14 * 4;
/// Seconds of one step.
const ZONE_STEP_S: i64 = 900;
/// How much rounding changes a time, in seconds.
const ROUNDING_S: i64 = 2;

/// An activity without a file.
#[derive(Debug, Clone, Copy)]
pub struct ActivityToMatch<'a> {
    /// The activity.
    pub activity: &'a Activity,
    /// If only the local start is known: the local time in seconds since 1970, read as if it were UTC.
    pub local_start_s: Option<i64>,
}

/// What a file contains.
#[derive(Debug, Clone)]
pub struct RecordedFile {
    /// Its activity.
    pub activity: Activity,
    /// The serial number of the device that recorded it.
    pub serial: Option<u32>,
}

/// The activity of a file. Activities and files are given as positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    /// The file belongs to this activity.
    Of(usize),
    /// The file fits these activities, and these other files fit them too.
    Ambiguous {
        /// The activities.
        activities: Vec<usize>,
        /// The other files.
        rivals: Vec<usize>,
    },
    /// The file fits no activity.
    None,
}

/// A file and an activity that fit each other.
#[derive(Debug, Clone, Copy)]
struct FittingPair {
    file: usize,
    activity: usize,
    same_device: bool,
}

/// Assigns each file.
pub fn attach(activities: &[ActivityToMatch], files: &[RecordedFile]) -> Vec<Assignment> {
    let mut fits = fitting(activities, files);
    // On both sides: files of the activity's own device come before those of other devices.
    for side in [|fit: &FittingPair| fit.file, |fit: &FittingPair| fit.activity] {
        let own: HashSet<usize> = fits.iter().filter(|fit| fit.same_device).map(side).collect();
        fits.retain(|fit| fit.same_device || !own.contains(&side(fit)));
    }
    let (mut of_file, mut of_activity) = (BTreeMap::new(), BTreeMap::new());
    for fit in &fits {
        of_file.entry(fit.file).or_insert_with(Vec::new).push(fit.activity);
        of_activity.entry(fit.activity).or_insert_with(Vec::new).push(fit.file);
    }
    let assignment = |file: usize| {
        let Some(mine) = of_file.get(&file) else { return Assignment::None };
        let others = mine.iter().flat_map(|activity| &of_activity[activity]).copied();
        let mut rivals: Vec<usize> = others.filter(|other| *other != file).collect();
        rivals.sort_unstable();
        rivals.dedup();
        match mine[..] {
            [activity] if rivals.is_empty() => Assignment::Of(activity),
            _ => Assignment::Ambiguous { activities: mine.clone(), rivals },
        }
    };
    (0..files.len()).map(assignment).collect()
}

/// The pairs that are the same activity except for rounding.
fn fitting(activities: &[ActivityToMatch], files: &[RecordedFile]) -> Vec<FittingPair> {
    // Garmin's device name does not occur in a file, so devices are compared below and not by the rules. Files have no id,
    // and an activity is compared once for each time zone: each gets an id of its own.
    let plain = |(number, activity): (usize, Activity)| Activity { device: None, id: number.to_string(), ..activity };
    let started = started(activities, files);
    let searched =
        started.iter().map(|(at, start)| Activity { start_time: *start, ..activities[*at].activity.clone() });
    let recorded = files.iter().map(|file| file.activity.clone());
    let all: Vec<Activity> = searched.chain(recorded).enumerate().map(plain).collect();
    let candidates: Candidates = all.iter().map(|activity| Candidate::of(activity, None, None)).collect();
    let matcher = Matcher::default();
    // The device of an activity counts as a serial number only if one of the files has that serial number.
    let serials: HashSet<String> = files.iter().filter_map(|file| Some(file.serial?.to_string())).collect();
    let mut fits = Vec::new();
    for (one, other) in matcher.candidate_pairs(&candidates) {
        let (one, other) = (one as usize, other as usize);
        let is_across = one < started.len() && other >= started.len();
        if !is_across {
            continue;
        }
        let verdict = matcher.verdict(&candidates.get(one), &candidates.get(other));
        let (activity, file) = (started[one].0, other - started.len());
        let fits_local_start = may_be_local(&activities[activity], &files[file].activity);
        if fits_local_start && verdict.is_some_and(|verdict| verdict.certainty == Certainty::Match) {
            let serial = files[file].serial.map(|serial| serial.to_string());
            let device = activities[activity].activity.device.as_ref().filter(|device| serials.contains(*device));
            let same_device = device.is_some() && serial.as_ref() == device;
            let is_known = fits.iter().any(|fit: &FittingPair| fit.file == file && fit.activity == activity);
            if !is_known && (same_device || device.is_none()) {
                fits.push(FittingPair { file, activity, same_device });
            }
        }
    }
    fits
}

/// Each activity with its start. If only the local start is known: with the start of every file that has this local start in
/// some time zone.
fn started(activities: &[ActivityToMatch], files: &[RecordedFile]) -> Vec<(usize, Option<Timestamp>)> {
    let mut starts: Vec<i64> = files.iter().filter_map(|file| Some(file.activity.start_time?.as_second())).collect();
    starts.sort_unstable();
    let in_some_zone = |(at, searched): (usize, &ActivityToMatch)| {
        let Some(local) = searched.local_start_s.filter(|_| searched.activity.start_time.is_none()) else {
            return vec![(at, searched.activity.start_time)];
        };
        let first = starts.partition_point(|start| *start < local - (ZONES.end() + 1) * ZONE_STEP_S);
        let near = starts[first..].iter().take_while(|start| **start <= local - (ZONES.start() - 1) * ZONE_STEP_S);
        let mut zones: Vec<i64> = near.filter_map(|start| zone(local - start)).collect();
        zones.dedup();
        let start = |zone: i64| Timestamp::from_second(local - zone * ZONE_STEP_S).ok();
        zones.into_iter().map(|zone| (at, start(zone))).collect()
    };
    activities.iter().enumerate().flat_map(in_some_zone).collect()
}

/// The time zone, in steps, whose local time is `ahead` seconds ahead of UTC.
fn zone(ahead: i64) -> Option<i64> {
    let zone = (ahead as f64 / ZONE_STEP_S as f64).round() as i64;
    (ZONES.contains(&zone) && (ahead - zone * ZONE_STEP_S).abs() <= ROUNDING_S).then_some(zone)
}

/// Whether a file can have the local start of an activity; certain only if the device wrote its time zone.
fn may_be_local(searched: &ActivityToMatch, activity: &Activity) -> bool {
    let Some(local) = searched.local_start_s.filter(|_| searched.activity.start_time.is_none()) else { return true };
    let recorded =
        activity.start_time.zip(activity.utc_offset_s).map(|(start, offset)| start.as_second() + i64::from(offset));
    // Devices write the two times one after the other, so the offset may be off by seconds.
    recorded.is_none_or(|recorded| (local - recorded).abs() <= 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::PlatformId;

    fn attach(activities: &[Activity], files: &[RecordedFile]) -> Vec<Assignment> {
        let searched = |activity| ActivityToMatch { activity, local_start_s: None };
        super::attach(&activities.iter().map(searched).collect::<Vec<_>>(), files)
    }

    /// A run of `seconds` that starts `start` seconds after a fixed time.
    fn run(id: &str, start: i64, seconds: f64) -> Activity {
        Activity {
            platform: "garmin-com".into(),
            id: id.into(),
            sport: Some("running".into()),
            start_time: Timestamp::from_second(1_700_000_000 + start).ok(),
            timer_time_s: Some(seconds),
            distance_m: Some(seconds * 3.0),
            ..Activity::default()
        }
    }

    fn of(id: &str, start: i64, seconds: f64, device: u32) -> Activity {
        Activity { device: Some(device.to_string()), ..run(id, start, seconds) }
    }

    fn file(start: i64, seconds: f64, serial: u32) -> RecordedFile {
        RecordedFile {
            activity: Activity { platform: PlatformId::default(), ..run("", start, seconds) },
            serial: Some(serial),
        }
    }

    fn ambiguous(activities: &[usize], rivals: &[usize]) -> Assignment {
        Assignment::Ambiguous { activities: activities.to_vec(), rivals: rivals.to_vec() }
    }

    #[test]
    fn a_file_belongs_to_the_activity_with_the_same_start_and_duration() {
        let activities = [run("1", 0, 1800.0), run("2", 86_400, 1800.0), run("3", 200_000, 900.0)];
        let files = [file(86_401, 1800.4, 7), file(0, 1800.0, 7), file(200_030, 900.0, 7), file(0, 600.0, 7)];
        assert_eq!(
            attach(&activities, &files),
            [Assignment::Of(1), Assignment::Of(0), Assignment::None, Assignment::None]
        );
    }

    #[test]
    fn several_matches_of_a_file_are_ambiguous_unless_the_device_decides() {
        let twice = [run("1", 0, 1800.0), run("2", 1, 1800.0)];
        let files = [file(0, 1800.0, 7), file(1, 1800.0, 8)];
        assert_eq!(attach(&twice, &files), [ambiguous(&[0, 1], &[1]), ambiguous(&[0, 1], &[0])]);
        assert_eq!(attach(&twice, &files[..1]), [ambiguous(&[0, 1], &[])]);
        assert_eq!(attach(&twice[..1], &files), [ambiguous(&[0], &[1]), ambiguous(&[0], &[0])]);
        let named = [of("1", 0, 1800.0, 8), of("2", 1, 1800.0, 7)];
        assert_eq!(attach(&named, &files), [Assignment::Of(1), Assignment::Of(0)]);
        // The file that another watch recorded at the same time does not belong to the activity.
        assert_eq!(attach(&named[..1], &files), [Assignment::None, Assignment::Of(0)]);
        let deleted = [file(0, 1800.0, 8), file(86_400, 60.0, 7)];
        assert_eq!(
            attach(&named[1..], &deleted)[0],
            Assignment::None,
            "files of device 7 exist, and this is a file of another device"
        );
        assert_eq!(attach(&named[1..], &deleted[..1])[0], Assignment::Of(0), "device 7 is unknown");
        let one_watch = [of("1", 0, 1800.0, 7), of("2", 1, 1800.0, 7)];
        assert_eq!(attach(&one_watch, &files), [ambiguous(&[0, 1], &[]), Assignment::None]);
    }

    #[test]
    fn an_equal_start_alone_or_with_another_sport_is_not_enough() {
        let walk = Activity { sport: Some("walking".into()), ..run("1", 0, 1800.0) };
        let bare = Activity { timer_time_s: None, distance_m: None, ..run("2", 0, 1800.0) };
        assert_eq!(attach(&[walk], &[file(0, 1800.0, 7)]), [Assignment::None]);
        assert_eq!(attach(&[bare], &[file(0, 1800.0, 7)]), [Assignment::None]);
    }

    #[test]
    fn a_local_start_matches_any_time_zone_unless_the_file_has_another() {
        let hour = 3600;
        let without_start = |id: &str, seconds| Activity { start_time: None, ..run(id, 0, seconds) };
        let activities = [without_start("1", 1800.0), without_start("2", 900.0), without_start("3", 600.0)];
        let local = |start: i64| Some(1_700_000_000 + start);
        // The offset of Nepal, an offset west of UTC, and an impossible offset.
        let starts = [local(5 * hour + 45 * 60), local(86_400 - 8 * hour), local(200_000 + 20 * hour)];
        let searched: Vec<ActivityToMatch> = activities
            .iter()
            .zip(starts)
            .map(|(activity, local_start_s)| ActivityToMatch { activity, local_start_s })
            .collect();
        let mut files = [file(0, 1800.0, 7), file(86_401, 900.0, 7), file(200_000, 600.0, 7)];
        assert_eq!(super::attach(&searched, &files), [Assignment::Of(0), Assignment::Of(1), Assignment::None]);
        files[0].activity.utc_offset_s = Some(5 * 3600 + 45 * 60);
        files[1].activity.utc_offset_s = Some(3600);
        assert_eq!(super::attach(&searched, &files), [Assignment::Of(0), Assignment::None, Assignment::None]);
        // Two files that differ only by an hour both match.
        let two = [file(0, 1800.0, 7), file(3600, 1800.0, 7)];
        assert_eq!(super::attach(&searched[..1], &two), [ambiguous(&[0], &[1]), ambiguous(&[0], &[0])]);
    }
}
