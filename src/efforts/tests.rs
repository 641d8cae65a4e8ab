//! Best efforts of invented recordings, also compared with searches that try every window.

use super::running::{DISTANCES, Distance, is_possible, without_outliers};
use super::*;
use crate::fit::Sums;
use proptest::prelude::*;

const START: i64 = 1_767_881_421;

/// Seconds since the start, and metres or watts.
type Values = Vec<(i64, f64)>;

fn session(sport: u8) -> Session {
    Session { sport: Some(sport), ..Session::default() }
}

fn recording(sport: u8, points: impl Iterator<Item = Trackpoint>) -> Recording {
    Recording { sessions: vec![session(sport)], points: points.collect(), ..Recording::default() }
}

fn run(values: &[(i64, f64)]) -> Recording {
    let point = |&(time, metres): &(i64, f64)| Trackpoint {
        time: Some(START + time),
        distance_m: Some(metres),
        ..Trackpoint::default()
    };
    recording(SPORT_RUNNING, values.iter().map(point))
}

fn ride(values: &[(i64, f64)]) -> Recording {
    let point = |&(time, watts): &(i64, f64)| Trackpoint {
        time: Some(START + time),
        power_w: Some(watts as u16),
        ..Trackpoint::default()
    };
    recording(SPORT_CYCLING, values.iter().map(point))
}

/// A trackpoint each second at this speed.
fn steady(seconds: i64, metres_per_second: f64) -> Values {
    (0..=seconds).map(|second| (second, second as f64 * metres_per_second)).collect()
}

fn effort(recording: &Recording, kind: EffortKind) -> Option<Effort> {
    best_efforts(recording).into_iter().find(|effort| effort.kind == kind)
}

fn value(recording: &Recording, kind: EffortKind) -> Option<f64> {
    effort(recording, kind).map(|effort| effort.value)
}

fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-5
}

#[test]
fn every_kind_has_its_own_name() {
    let names: std::collections::BTreeSet<&str> = EffortKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), EffortKind::ALL.len());
    assert!(EffortKind::ALL.is_sorted());
    assert!(EffortKind::ALL.iter().all(|kind| kind.is_power() == kind.name().starts_with("power_")));
}

#[test]
fn a_steady_run_has_the_distances_that_it_covers() {
    let efforts = best_efforts(&run(&steady(2000, 3.0)));
    let times: Vec<(&str, f64)> = efforts.iter().map(|effort| (effort.kind.name(), effort.value)).collect();
    let expected = [
        ("run_400m", 400.0),
        ("run_half_mile", 804.672),
        ("run_1k", 1000.0),
        ("run_1mile", 1609.344),
        ("run_5k", 5000.0),
    ];
    assert_eq!(times.len(), expected.len());
    for ((name, seconds), (expected_name, metres)) in times.into_iter().zip(expected) {
        assert_eq!(name, expected_name);
        assert!(is_near(seconds, metres / 3.0), "{name}: {seconds}");
    }
}

#[test]
fn the_ends_of_an_effort_are_interpolated_between_trackpoints() {
    // 5 m/s from second 100 to second 300, with a trackpoint every 100 seconds.
    let values = [(0, 0.0), (100, 100.0), (300, 1100.0), (400, 1200.0)];
    let fastest = effort(&run(&values), EffortKind::Run400m).expect("covered");
    assert!(is_near(fastest.value, 80.0));
    assert_eq!(fastest.start_time, START + 100);
    // The fast part is too short: the rest is run at 1 m/s.
    let mile = value(&run(&[(0, 0.0), (300, 300.0), (600, 1800.0)]), EffortKind::Run1Mile).expect("covered");
    assert!(is_near(mile, 300.0 + 109.344), "{mile}");
}

#[test]
fn pauses_count() {
    let mut values = steady(100, 4.0);
    values.extend(steady(100, 4.0).iter().skip(1).map(|(second, metres)| (second + 700, metres + 400.0)));
    let run = run(&values);
    assert!(is_near(value(&run, EffortKind::Run400m).expect("covered"), 100.0));
    assert!(value(&run, EffortKind::RunHalfMile).is_none());
    let values: Values = values.iter().map(|(second, metres)| (*second, metres * 1.1)).collect();
    let half_mile = value(&self::run(&values), EffortKind::RunHalfMile).expect("covered");
    assert!(is_near(half_mile, 600.0 + 804.672 / 4.4), "{half_mile}");
}

#[test]
fn sports_without_efforts_have_none() {
    let mut recording = run(&steady(2000, 3.0));
    for sport in [None, Some(5), Some(11), Some(SPORT_CYCLING)] {
        recording.sessions[0].sport = sport;
        assert_eq!(best_efforts(&recording), []);
    }
    recording.sessions.clear();
    assert_eq!(best_efforts(&recording), []);
}

#[test]
fn sessions_at_the_same_time_are_read_once() {
    let at = |start: i64, elapsed: f64| Session {
        sums: Sums { start_time: Some(START + start), elapsed_time_s: Some(elapsed), ..Sums::default() },
        ..session(SPORT_RUNNING)
    };
    let chained: Vec<Session> = (0..1000).map(|_| at(0, 600.0)).collect();
    assert_eq!(periods(chained.iter()), [(START, START + 600)]);
    let [one, two, apart] = [at(0, 600.0), at(590, 100.0), at(690, 10.0)];
    assert_eq!(periods([&two, &apart, &one].into_iter()), [(START, START + 690), (START + 690, START + 700)]);
}

#[test]
fn an_effort_of_a_multisport_recording_lies_within_its_session() {
    let mut recording = run(&steady(2000, 3.0));
    let at = |sport, start: i64, elapsed_time_s| Session {
        sums: Sums { start_time: Some(START + start), elapsed_time_s, ..Sums::default() },
        ..session(sport)
    };
    recording.sessions = vec![at(SPORT_CYCLING, 0, Some(1000.0)), at(SPORT_RUNNING, 1000, Some(140.0))];
    let fastest = effort(&recording, EffortKind::Run400m).expect("covered");
    assert!((START + 1000..START + 1140).contains(&fastest.start_time));
    assert!(effort(&recording, EffortKind::RunHalfMile).is_none());
    recording.sessions[1] = at(SPORT_RUNNING, 1000, None);
    recording.sessions[1].sums.end_time = Some(START + 1300);
    assert!(effort(&recording, EffortKind::RunHalfMile).is_some());
    assert!(effort(&recording, EffortKind::Run1k).is_none());
}

#[test]
fn a_jump_is_not_part_of_an_effort() {
    let jumped = |metres: f64| {
        let values =
            steady(400, 4.0).into_iter().map(|(second, at)| (second, if second > 200 { at + metres } else { at }));
        run(&values.collect::<Values>())
    };
    assert!(is_near(value(&jumped(0.0), EffortKind::Run1k).expect("covered"), 250.0));
    let jump = jumped(500.0);
    assert!(is_near(value(&jump, EffortKind::Run400m).expect("covered"), 100.0));
    assert_eq!(value(&jump, EffortKind::Run1k), None);
}

#[test]
fn a_distance_faster_than_the_record_was_not_run() {
    // 3 m/s, but 8 m/s (in a car) from second 1000 to second 1300.
    let in_car = |second: i64| (second.clamp(1000, 1300) - 1000) as f64 * 5.0;
    let values: Values = steady(2300, 3.0).into_iter().map(|(second, at)| (second, at + in_car(second))).collect();
    let run = run(&values);
    // 400 m in 50 s is possible alone, but not as a part of a kilometre in 125 s.
    assert!(is_near(value(&run, EffortKind::Run400m).expect("covered"), 400.0 / 3.0));
    assert!(is_near(value(&run, EffortKind::Run1k).expect("covered"), 1000.0 / 3.0));
    assert_eq!(value(&run, EffortKind::Run5k), None, "neither side of the car is 5 km");
}

#[test]
fn a_leap_of_time_splits_a_run() {
    for leap in [-500, LONGEST_STEP_S + 1, 2_000_000_000] {
        let mut values = steady(120, 4.0);
        values.extend(steady(120, 4.0).iter().map(|(second, metres)| (second + 120 + leap, metres + 480.0)));
        let run = run(&values);
        assert!(is_near(value(&run, EffortKind::Run400m).expect("covered"), 100.0));
        assert_eq!(value(&run, EffortKind::RunHalfMile), None);
    }
}

#[test]
fn a_steady_ride_has_the_durations_that_it_covers() {
    let values: Values = (0..600).map(|second| (second, 250.0)).collect();
    let efforts = best_efforts(&ride(&values));
    let names: Vec<&str> = efforts.iter().map(|effort| effort.kind.name()).collect();
    assert_eq!(names, ["power_5s", "power_30s", "power_1min", "power_5min", "power_10min"]);
    assert!(efforts.iter().all(|effort| is_near(effort.value, 250.0) && effort.start_time == START));
}

#[test]
fn a_moment_without_power_counts_as_zero() {
    let mut values: Values = (0..15).chain(30..45).map(|second| (second, 200.0)).collect();
    assert!(is_near(value(&ride(&values), EffortKind::Power30s).expect("covered"), 100.0));
    values[3].1 = 2501.0;
    values[4].1 = 65_535.0;
    assert!(is_near(value(&ride(&values), EffortKind::Power30s).expect("covered"), 100.0), "the second half");
    values[20].1 = 2500.0;
    assert!(is_near(value(&ride(&values), EffortKind::Power5s).expect("covered"), 660.0));
    assert_eq!(best_efforts(&ride(&[(0, 0.0), (60, 0.0)])), []);
}

#[test]
fn a_power_lasts_for_the_usual_interval() {
    let every = |step: usize, seconds| (0..seconds).step_by(step).map(|second| (second, 200.0)).collect::<Values>();
    assert!(is_near(value(&ride(&every(3, 60)), EffortKind::Power30s).expect("covered"), 200.0));
    assert!(is_near(value(&ride(&every(10, 120)), EffortKind::Power1min).expect("covered"), 100.0));
}

#[test]
fn the_start_of_an_effort_is_where_it_is_highest() {
    let watts = |second: i64| if (40..70).contains(&second) { 400.0 } else { 100.0 };
    let values: Values = (0..120).map(|second| (second, watts(second))).collect();
    let highest = effort(&ride(&values), EffortKind::Power30s).expect("covered");
    assert_eq!((highest.value, highest.start_time), (400.0, START + 40));
}

/// The time of a distance by trying each window from and to a trackpoint, without the steps that `is_barred`.
fn shortest_of_all(points: &[(i64, f64)], metres: f64, is_barred: &[bool]) -> Vec<(usize, usize, f64)> {
    let mut windows = Vec::new();
    for from in 0..points.len() {
        for to in from + 1..points.len() {
            if is_barred[to - 1] {
                break;
            }
            let (begin, end) = (points[from], points[to]);
            let (second, before) = (points[from + 1], points[to - 1]);
            let speed = |a: (i64, f64), b: (i64, f64)| (b.1 - a.1) / (b.0 - a.0) as f64;
            // From `begin` into the last step.
            let rest = begin.1 + metres - before.1;
            if rest > 0.0 && end.1 >= begin.1 + metres {
                windows.push((from, to, (before.0 - begin.0) as f64 + rest / speed(before, end)));
            }
            // From within the first step to `end`.
            let rest = second.1 - (end.1 - metres);
            if rest > 0.0 && begin.1 <= end.1 - metres {
                windows.push((from, to, (end.0 - second.0) as f64 + rest / speed(begin, second)));
            }
        }
    }
    windows
}

/// The best times of a run by trying everything.
fn slow_run_efforts(values: &[(i64, f64)]) -> Vec<(EffortKind, f64)> {
    let points = without_outliers(values);
    let mut is_barred: Vec<bool> = points.windows(2).map(|pair| !is_possible(pair[0], pair[1])).collect();
    let mut too_fast = is_barred.clone();
    for Distance { metres, record_s, .. } in &DISTANCES {
        for (from, to, _) in
            shortest_of_all(&points, *metres, &is_barred).into_iter().filter(|window| window.2 < *record_s)
        {
            too_fast[from..to].fill(true);
        }
    }
    is_barred = too_fast;
    let best = |distance: &Distance| {
        let windows = shortest_of_all(&points, distance.metres, &is_barred).into_iter().map(|window| window.2);
        Some((distance.kind, windows.reduce(f64::min)?))
    };
    DISTANCES.iter().filter_map(best).collect()
}

/// The highest power by trying every second.
fn slow_power(values: &[(i64, f64)], seconds: usize) -> Option<f64> {
    let last = usize::try_from(values.last()?.0).expect("after the start");
    let mut each = vec![0.0; last + 1];
    for (time, watts) in values {
        each[*time as usize] = *watts;
    }
    let mut joules = vec![0.0];
    joules.extend(each.iter().scan(0.0, |sum, watts| {
        *sum += watts;
        Some(*sum)
    }));
    joules.windows(seconds + 1).map(|window| (window[seconds] - window[0]) / seconds as f64).reduce(f64::max)
}

/// Adds up steps of seconds and metres a second.
fn walked(steps: &[(i64, f64)]) -> Values {
    let start = (0, 0.0);
    let moments = steps.iter().scan(start, |at, (seconds, speed)| {
        *at = (at.0 + seconds, at.1 + *seconds as f64 * speed);
        Some(*at)
    });
    std::iter::once(start).chain(moments).collect()
}

/// A run with pauses, cars and wrong values.
fn any_run() -> impl Strategy<Value = Values> {
    let speed = prop_oneof![8 => 0.0..6.0, 2 => 6.0..11.0, 1 => Just(0.0)];
    let step = prop_oneof![12 => (1i64..8, speed), 1 => (10i64..400, 0.0..2.0)];
    let series = (step, 1usize..20).prop_map(|(step, times)| vec![step; times]);
    let wrong =
        prop_oneof![Just((0i64, 0.0)), Just((-30, 1.0)), Just((1, -50.0)), Just((1, 40.0)), Just((100_000, 0.01)),];
    let part = prop_oneof![9 => series, 1 => wrong.prop_map(|step| vec![step])];
    prop::collection::vec(part, 1..12).prop_map(|parts| walked(&parts.concat()))
}

/// A run at speeds that people have, without wrong values.
fn plausible_run() -> impl Strategy<Value = Values> {
    prop::collection::vec((1i64..5, 0.0..6.0), 20..300).prop_map(|steps| walked(&steps))
}

fn times(recording: &Recording) -> Vec<(EffortKind, f64)> {
    best_efforts(recording).iter().map(|effort| (effort.kind, effort.value)).collect()
}

proptest! {
    #[test]
    fn the_times_of_a_run_are_the_shortest_of_all_windows(values in any_run()) {
        let mut in_order = values.clone();
        in_order.dedup_by_key(|point| point.0);
        let (found, expected) = (times(&run(&in_order)), slow_run_efforts(&in_order));
        prop_assert_eq!(found.len(), expected.len(), "{:?} {:?}", found, expected);
        for (found, expected) in found.iter().zip(&expected) {
            prop_assert_eq!(found.0, expected.0);
            prop_assert!(is_near(found.1, expected.1), "{:?} {:?}", found, expected);
        }
    }

    #[test]
    fn no_time_is_less_than_the_record(values in any_run()) {
        for (kind, seconds) in times(&run(&values)) {
            let record = DISTANCES.iter().find(|distance| distance.kind == kind).map(|distance| distance.record_s);
            prop_assert!(record.is_some_and(|record| seconds >= record - 1e-5), "{:?}: {}", kind, seconds);
        }
    }

    #[test]
    fn a_longer_distance_takes_longer(values in any_run()) {
        let times = times(&run(&values));
        prop_assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].1 + 1e-5), "{:?}", times);
        // The kinds are the shortest distances, without a gap.
        prop_assert!(times.iter().zip(&DISTANCES).all(|(time, distance)| time.0 == distance.kind), "{:?}", times);
    }

    #[test]
    fn a_single_wrong_distance_changes_nothing_else(values in plausible_run(), at: prop::sample::Index, metres in 30.0..1e6) {
        let at = 1 + at.index(values.len() - 2);
        let mut without = values.clone();
        without.remove(at);
        for wrong in [values[at].1 + metres, values[at].1 - metres] {
            let mut changed = values.clone();
            changed[at].1 = wrong;
            prop_assert_eq!(times(&run(&changed)), times(&run(&without)));
        }
    }

    #[test]
    fn a_jump_of_the_distance_makes_no_time_better(values in plausible_run(), at: prop::sample::Index, metres in 100.0..1e6) {
        let at = at.index(values.len());
        let jumped: Values =
            values.iter().enumerate().map(|(index, point)| (point.0, if index < at { point.1 } else { point.1 + metres })).collect();
        let expected = times(&run(&values));
        for (kind, seconds) in times(&run(&jumped)) {
            let before = expected.iter().find(|time| time.0 == kind).map(|time| time.1);
            prop_assert!(before.is_some_and(|before| seconds >= before - 1e-5), "{:?}", kind);
        }
    }

    #[test]
    fn the_powers_of_a_ride_are_the_highest_of_all_windows(
        steps in prop::collection::vec((prop_oneof![20 => Just(1i64), 1 => 2i64..200], 0u16..1000), 50..400),
    ) {
        let mut at = 0;
        let values: Values = steps.iter().map(|(seconds, watts)| { at += seconds; (at - steps[0].0, f64::from(*watts)) }).collect();
        for (kind, seconds) in power::DURATIONS {
            let expected = slow_power(&values, seconds as usize).filter(|watts| *watts > 0.0);
            let found = value(&ride(&values), kind);
            prop_assert!(found.zip(expected).is_some_and(|(a, b)| is_near(a, b)) || found == expected, "{:?} {:?}", found, expected);
        }
    }

    #[test]
    fn a_longer_duration_has_no_higher_power(
        steps in prop::collection::vec((-2i64..200, any::<u16>()), 1..400),
    ) {
        let mut at = 0;
        let values: Values = steps.iter().map(|(seconds, watts)| { at += seconds; (at, f64::from(*watts)) }).collect();
        let powers = times(&ride(&values));
        prop_assert!(powers.windows(2).all(|pair| pair[0].1 >= pair[1].1 - 1e-5), "{:?}", powers);
    }

    #[test]
    fn any_values_cause_no_panic(
        sports in prop::collection::vec((any::<Option<u8>>(), any::<Option<u32>>(), any::<Option<u32>>()), 0..4),
        points in prop::collection::vec((any::<Option<u32>>(), any::<Option<u32>>(), any::<Option<u16>>()), 0..50),
    ) {
        let point = |(time, distance, power_w): (Option<u32>, Option<u32>, _)| Trackpoint {
            time: time.map(i64::from),
            distance_m: distance.map(f64::from),
            power_w,
            ..Trackpoint::default()
        };
        let session = |(sport, start, elapsed): (Option<u8>, Option<u32>, Option<u32>)| Session {
            sport: sport.map(|sport| sport % 3),
            sums: Sums { start_time: start.map(i64::from), elapsed_time_s: elapsed.map(f64::from), ..Sums::default() },
            ..Session::default()
        };
        let recording = Recording {
            sessions: sports.into_iter().map(session).collect(),
            points: points.into_iter().map(point).collect(),
            ..Recording::default()
        };
        let _ = best_efforts(&recording);
    }
}
