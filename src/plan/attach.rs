//! Which file belongs to which activity, where names do not say it: by what the files say of themselves.
//!
//! A file belongs to an activity if both are the same activity to the second and the metre, by the rules of the matching room,
//! and if nothing else fits either of them as well. Of several that fit, the ones count whose device is the activity's
//! own; and where files of that device are known, one of another device never counts. What is then still not one to one
//! is ambiguous, and stays so: a wrong file would never be asked for again.

use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;

use crate::activity::Activity;
use crate::matching::{Candidate, Certainty, Matcher};

/// Local time minus UTC, in steps of a quarter of an hour: between UTC-12 and UTC+14.
const ZONES: std::ops::RangeInclusive<i64> = -12 * 4..=14 * 4;
/// Seconds of such a step.
const ZONE_STEP_S: i64 = 900;
/// What rounding does to a time, in seconds.
const ROUNDING_S: i64 = 2;

/// An activity whose file is sought.
#[derive(Debug, Clone, Copy)]
pub struct Sought<'a> {
    /// The activity.
    pub activity: &'a Activity,
    /// If its start is not known: its start by the clock of the place, in seconds since 1970 as if that showed UTC.
    pub local_start_s: Option<i64>,
}

/// What a file says of itself.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its activity.
    pub activity: Activity,
    /// The serial number of the device that made it.
    pub serial: Option<u32>,
}

/// What became of a file. Activities and files are told as positions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is the file of this activity.
    Of(usize),
    /// It may be of these activities, of which these other files may be, too.
    Ambiguous {
        /// The activities.
        activities: Vec<usize>,
        /// The other files.
        rivals: Vec<usize>,
    },
    /// It is of none of them.
    None,
}

/// A file and an activity that fit.
#[derive(Debug, Clone, Copy)]
struct Fit {
    file: usize,
    activity: usize,
    same_device: bool,
}

/// Says of each file what it is of.
pub fn attach(activities: &[Sought], files: &[Recorded]) -> Vec<Fate> {
    let mut fits = fitting(activities, files);
    // On either side: what the own device recorded goes before what another one did.
    for side in [|fit: &Fit| fit.file, |fit: &Fit| fit.activity] {
        let own: HashSet<usize> = fits.iter().filter(|fit| fit.same_device).map(side).collect();
        fits.retain(|fit| fit.same_device || !own.contains(&side(fit)));
    }
    let (mut of_file, mut of_activity) = (BTreeMap::new(), BTreeMap::new());
    for fit in &fits {
        of_file.entry(fit.file).or_insert_with(Vec::new).push(fit.activity);
        of_activity.entry(fit.activity).or_insert_with(Vec::new).push(fit.file);
    }
    let fate = |file: usize| {
        let Some(mine) = of_file.get(&file) else { return Fate::None };
        let others = mine.iter().flat_map(|activity| &of_activity[activity]).copied();
        let mut rivals: Vec<usize> = others.filter(|other| *other != file).collect();
        rivals.sort_unstable();
        rivals.dedup();
        match mine[..] {
            [activity] if rivals.is_empty() => Fate::Of(activity),
            _ => Fate::Ambiguous { activities: mine.clone(), rivals },
        }
    };
    (0..files.len()).map(fate).collect()
}

/// The pairs that are the same activity but for rounding.
fn fitting(activities: &[Sought], files: &[Recorded]) -> Vec<Fit> {
    // What Garmin calls a device means nothing to a file, so it is compared below and not by the rules.
    let plain = |activity: &Activity| Activity { device: None, ..activity.clone() };
    let started = started(activities, files);
    let all: Vec<Activity> = started
        .iter()
        .map(|(at, start)| Activity { start_time: *start, ..plain(activities[*at].activity) })
        .chain(files.iter().map(|file| plain(&file.activity)))
        .collect();
    let candidates: Vec<Candidate> =
        all.iter().map(|activity| Candidate { activity, file: None, native_manufacturer: None }).collect();
    let matcher = Matcher::default();
    // That an activity's device is a serial number is believed of those that are seen to be one.
    let serials: HashSet<String> = files.iter().filter_map(|file| Some(file.serial?.to_string())).collect();
    let mut fits = Vec::new();
    for (one, other) in matcher.nearby(&candidates) {
        let is_across = one < started.len() && other >= started.len();
        if !is_across {
            continue;
        }
        let verdict = matcher.verdict(&candidates[one], &candidates[other]);
        let (activity, file) = (started[one].0, other - started.len());
        let is_of_its_zone = may_be_local(&activities[activity], &files[file].activity);
        if is_of_its_zone && verdict.is_some_and(|verdict| verdict.certainty == Certainty::Match) {
            let serial = files[file].serial.map(|serial| serial.to_string());
            let device = activities[activity].activity.device.as_ref().filter(|device| serials.contains(*device));
            let same_device = device.is_some() && serial.as_ref() == device;
            let is_known = fits.iter().any(|fit: &Fit| fit.file == file && fit.activity == activity);
            if !is_known && (same_device || device.is_none()) {
                fits.push(Fit { file, activity, same_device });
            }
        }
    }
    fits
}

/// Each activity with its start. One of which only the local start is known has every start that a file has with it in
/// some zone.
fn started(activities: &[Sought], files: &[Recorded]) -> Vec<(usize, Option<Timestamp>)> {
    let mut starts: Vec<i64> = files.iter().filter_map(|file| Some(file.activity.start_time?.as_second())).collect();
    starts.sort_unstable();
    let in_some_zone = |(at, sought): (usize, &Sought)| {
        let Some(local) = sought.local_start_s.filter(|_| sought.activity.start_time.is_none()) else {
            return vec![(at, sought.activity.start_time)];
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

/// The zone, in steps, in which clocks are so many seconds ahead of UTC.
fn zone(ahead: i64) -> Option<i64> {
    let zone = (ahead as f64 / ZONE_STEP_S as f64).round() as i64;
    (ZONES.contains(&zone) && (ahead - zone * ZONE_STEP_S).abs() <= ROUNDING_S).then_some(zone)
}

/// Whether a file can have begun at an activity's local start: it does if its device told the zone.
fn may_be_local(sought: &Sought, activity: &Activity) -> bool {
    let Some(local) = sought.local_start_s.filter(|_| sought.activity.start_time.is_none()) else { return true };
    let told =
        activity.start_time.zip(activity.utc_offset_s).map(|(start, offset)| start.as_second() + i64::from(offset));
    // Devices write both times one by one, so the offset may be seconds off.
    told.is_none_or(|told| (local - told).abs() <= 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::activity::PlatformId;

    fn attach(activities: &[Activity], files: &[Recorded]) -> Vec<Fate> {
        let sought = |activity| Sought { activity, local_start_s: None };
        super::attach(&activities.iter().map(sought).collect::<Vec<_>>(), files)
    }

    /// A run of that many seconds that begins that many seconds after a moment.
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

    fn file(start: i64, seconds: f64, serial: u32) -> Recorded {
        Recorded {
            activity: Activity { platform: PlatformId::default(), ..run("", start, seconds) },
            serial: Some(serial),
        }
    }

    fn ambiguous(activities: &[usize], rivals: &[usize]) -> Fate {
        Fate::Ambiguous { activities: activities.to_vec(), rivals: rivals.to_vec() }
    }

    #[test]
    fn a_file_belongs_to_the_one_activity_that_it_is_to_the_second() {
        let activities = [run("1", 0, 1800.0), run("2", 86_400, 1800.0), run("3", 200_000, 900.0)];
        let files = [file(86_401, 1800.4, 7), file(0, 1800.0, 7), file(200_030, 900.0, 7), file(0, 600.0, 7)];
        assert_eq!(attach(&activities, &files), [Fate::Of(1), Fate::Of(0), Fate::None, Fate::None]);
    }

    #[test]
    fn what_fits_twice_is_ambiguous_unless_the_device_tells() {
        let twice = [run("1", 0, 1800.0), run("2", 1, 1800.0)];
        let files = [file(0, 1800.0, 7), file(1, 1800.0, 8)];
        assert_eq!(attach(&twice, &files), [ambiguous(&[0, 1], &[1]), ambiguous(&[0, 1], &[0])]);
        assert_eq!(attach(&twice, &files[..1]), [ambiguous(&[0, 1], &[])]);
        assert_eq!(attach(&twice[..1], &files), [ambiguous(&[0], &[1]), ambiguous(&[0], &[0])]);
        let told = [of("1", 0, 1800.0, 8), of("2", 1, 1800.0, 7)];
        assert_eq!(attach(&told, &files), [Fate::Of(1), Fate::Of(0)]);
        // The other watch's file of the same activity is not the activity's.
        assert_eq!(attach(&told[..1], &files), [Fate::None, Fate::Of(0)]);
        let deleted = [file(0, 1800.0, 8), file(86_400, 60.0, 7)];
        assert_eq!(attach(&told[1..], &deleted)[0], Fate::None, "there is a watch 7, and this is not of it");
        assert_eq!(attach(&told[1..], &deleted[..1])[0], Fate::Of(0), "nobody knows what 7 is");
        let one_watch = [of("1", 0, 1800.0, 7), of("2", 1, 1800.0, 7)];
        assert_eq!(attach(&one_watch, &files), [ambiguous(&[0, 1], &[]), Fate::None]);
    }

    #[test]
    fn a_sport_that_differs_or_nothing_but_the_start_is_not_enough() {
        let walk = Activity { sport: Some("walking".into()), ..run("1", 0, 1800.0) };
        let bare = Activity { timer_time_s: None, distance_m: None, ..run("2", 0, 1800.0) };
        assert_eq!(attach(&[walk], &[file(0, 1800.0, 7)]), [Fate::None]);
        assert_eq!(attach(&[bare], &[file(0, 1800.0, 7)]), [Fate::None]);
    }

    #[test]
    fn a_local_start_alone_fits_the_one_file_of_any_zone_unless_the_device_told_another() {
        let hour = 3600;
        let without_start = |id: &str, seconds| Activity { start_time: None, ..run(id, 0, seconds) };
        let activities = [without_start("1", 1800.0), without_start("2", 900.0), without_start("3", 600.0)];
        let local = |start: i64| Some(1_700_000_000 + start);
        // In Nepal, in the west, and at no place on earth.
        let starts = [local(5 * hour + 45 * 60), local(86_400 - 8 * hour), local(200_000 + 20 * hour)];
        let sought: Vec<Sought> =
            activities.iter().zip(starts).map(|(activity, local_start_s)| Sought { activity, local_start_s }).collect();
        let mut files = [file(0, 1800.0, 7), file(86_401, 900.0, 7), file(200_000, 600.0, 7)];
        assert_eq!(super::attach(&sought, &files), [Fate::Of(0), Fate::Of(1), Fate::None]);
        files[0].activity.utc_offset_s = Some(5 * 3600 + 45 * 60);
        files[1].activity.utc_offset_s = Some(3600);
        assert_eq!(super::attach(&sought, &files), [Fate::Of(0), Fate::None, Fate::None]);
        // Two that differ by an hour alone fit both.
        let two = [file(0, 1800.0, 7), file(3600, 1800.0, 7)];
        assert_eq!(super::attach(&sought[..1], &two), [ambiguous(&[0], &[1]), ambiguous(&[0], &[0])]);
    }
}
