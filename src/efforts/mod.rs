//! Best efforts of a recording: the fastest distances of runs, and the highest average powers of rides.
//!
//! Time is elapsed time, pauses included. A distance or a duration that the recording does not cover has no effort.
//!
//! # Wrong values
//!
//! An effort is missing rather than wrong: no effort contains an impossible step between two trackpoints.
//!
//! - Of several values in one second, the last one counts.
//! - A step is impossible if time does not go forward or leaps by more than a day.
//! - For runs, a step is also impossible if the distance decreases, or increases faster than 12.5 m/s, and if it is part of any
//!   of the distances below in less than its time, which is about the world record: it was not run.
//! - A single trackpoint whose distance is less than the one before, or more than the one after, is ignored if the step from
//!   the one before to the one after is possible.
//! - A power of more than 2500 W counts as no power.
//!
//! # Power
//!
//! A power lasts from its trackpoint to the next one, but at most the usual interval of the recording: the median, from 1 to 5
//! seconds. At any other moment the power is 0 W, as in a pause or in trackpoints without a power.

mod curve;
mod power;
mod running;

use std::collections::BTreeMap;

use crate::fit::{Recording, Session, Trackpoint};

/// FIT's sport of runs, on any ground and on treadmills.
const SPORT_RUNNING: u8 = 1;
/// FIT's sport of rides, outdoors and indoors.
const SPORT_CYCLING: u8 = 2;
/// Seconds. A longer step between two trackpoints is a wrong clock.
const LONGEST_STEP_S: i64 = 86_400;

/// The best effort of a kind in a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort {
    /// The distance or the duration.
    pub kind: EffortKind,
    /// Seconds for the distance of a run, watts for a power.
    pub value: f64,
    /// When the effort began, Unix seconds, UTC; the fraction of the second is cut off.
    pub start_time: i64,
}

/// A distance of a run, or the duration of an average power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum EffortKind {
    Run400m,
    RunHalfMile,
    Run1k,
    Run1Mile,
    Run5k,
    Run10k,
    RunHalfMarathon,
    RunMarathon,
    Power5s,
    Power30s,
    Power1min,
    Power5min,
    Power10min,
    Power20min,
    Power60min,
}

impl EffortKind {
    /// All kinds, distances first.
    pub const ALL: [EffortKind; 15] = [
        EffortKind::Run400m,
        EffortKind::RunHalfMile,
        EffortKind::Run1k,
        EffortKind::Run1Mile,
        EffortKind::Run5k,
        EffortKind::Run10k,
        EffortKind::RunHalfMarathon,
        EffortKind::RunMarathon,
        EffortKind::Power5s,
        EffortKind::Power30s,
        EffortKind::Power1min,
        EffortKind::Power5min,
        EffortKind::Power10min,
        EffortKind::Power20min,
        EffortKind::Power60min,
    ];

    /// The name, which is stored and never changes.
    pub fn name(self) -> &'static str {
        match self {
            EffortKind::Run400m => "run_400m",
            EffortKind::RunHalfMile => "run_half_mile",
            EffortKind::Run1k => "run_1k",
            EffortKind::Run1Mile => "run_1mile",
            EffortKind::Run5k => "run_5k",
            EffortKind::Run10k => "run_10k",
            EffortKind::RunHalfMarathon => "run_half_marathon",
            EffortKind::RunMarathon => "run_marathon",
            EffortKind::Power5s => "power_5s",
            EffortKind::Power30s => "power_30s",
            EffortKind::Power1min => "power_1min",
            EffortKind::Power5min => "power_5min",
            EffortKind::Power10min => "power_10min",
            EffortKind::Power20min => "power_20min",
            EffortKind::Power60min => "power_60min",
        }
    }

    /// Whether the value is watts, of which more is better; else it is seconds.
    pub fn is_power(self) -> bool {
        self >= EffortKind::Power5s
    }
}

impl Effort {
    fn is_better_than(&self, other: &Effort) -> bool {
        if self.kind.is_power() { self.value > other.value } else { self.value < other.value }
    }
}

/// The best effort of each kind that the sports of the recording have, in the order of the kinds.
///
/// The sport decides: FIT's running has distances, FIT's cycling has powers. In a recording of several sessions, an effort
/// lies within one of them.
pub fn best_efforts(recording: &Recording) -> Vec<Effort> {
    let mut best: BTreeMap<EffortKind, Effort> = BTreeMap::new();
    for (sport, points) in points_of_sessions(recording) {
        let points = points.into_iter();
        let efforts = if sport == SPORT_RUNNING { running::efforts(points) } else { power::efforts(points) };
        for effort in efforts {
            let known = best.entry(effort.kind).or_insert(effort);
            if effort.is_better_than(known) {
                *known = effort;
            }
        }
    }
    best.into_values().collect()
}

/// Trackpoints with their times.
type Timed<'a> = Vec<(i64, &'a Trackpoint)>;

/// The trackpoints of each running or cycling session. The only session of a recording has all of them.
fn points_of_sessions(recording: &Recording) -> Vec<(u8, Timed<'_>)> {
    let timed = || recording.points.iter().filter_map(|point| Some((point.time?, point)));
    let mut all = Vec::new();
    for sport in [SPORT_RUNNING, SPORT_CYCLING] {
        let sessions = || recording.sessions.iter().filter(|session| session.sport == Some(sport));
        if recording.sessions.len() == 1 && sessions().count() == 1 {
            return vec![(sport, timed().collect())];
        }
        let periods = periods(sessions());
        let mut parts: Vec<Timed> = vec![Vec::new(); periods.len()];
        for (time, point) in timed() {
            let next = periods.partition_point(|period| period.0 <= time);
            if let Some(at) = next.checked_sub(1).filter(|&at| time <= periods[at].1) {
                parts[at].push((time, point));
            }
        }
        all.extend(parts.into_iter().map(|points| (sport, points)));
    }
    all
}

/// The start and the end of each session, in the order of the starts. Sessions at the same time, as in a file that is chained
/// twice, are one: else the work would grow with the square of their number.
fn periods<'a>(sessions: impl Iterator<Item = &'a Session>) -> Vec<(i64, i64)> {
    let period = |session: &Session| (session.sums.start_time.unwrap_or(i64::MIN), end_of(session).unwrap_or(i64::MAX));
    let mut sorted: Vec<(i64, i64)> = sessions.map(period).collect();
    sorted.sort_unstable();
    let mut periods: Vec<(i64, i64)> = Vec::new();
    for (start, end) in sorted {
        match periods.last_mut() {
            // A start is a whole second, and an end is rounded up.
            Some(last) if start.saturating_add(1) < last.1 => last.1 = last.1.max(end),
            _ => periods.push((start, end)),
        }
    }
    periods
}

/// When a session ended. Some devices write the time at which it was saved as its `timestamp`, so this counts only if the
/// session has no elapsed time.
fn end_of(session: &Session) -> Option<i64> {
    let elapsed = session.sums.start_time.zip(session.sums.elapsed_time_s);
    elapsed.map(|(start, elapsed)| start.saturating_add(elapsed.ceil() as i64)).or(session.sums.end_time)
}

/// The values with one time for each second: the last value in it, if it has one.
fn last_of_each_second(values: impl Iterator<Item = (i64, Option<f64>)>) -> Vec<(i64, Option<f64>)> {
    let mut seconds: Vec<(i64, Option<f64>)> = Vec::new();
    for (time, value) in values {
        match seconds.last_mut() {
            Some(last) if last.0 == time => last.1 = value.or(last.1),
            _ => seconds.push((time, value)),
        }
    }
    seconds
}

/// Whether time goes forward from one trackpoint to the next, and by at most a day.
fn is_possible_time(before: i64, after: i64) -> bool {
    (1..=LONGEST_STEP_S).contains(&after.saturating_sub(before))
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
