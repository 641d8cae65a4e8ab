use super::evidence::Devices;
use super::streams::Streams;
use crate::fit::{Position, Trackpoint};
use crate::streams::StreamComparison;

const START: i64 = 1_767_881_421;

/// Trackpoints of every second: the position wanders, speed and heart rate change all the time.
fn outdoors(seconds: i64) -> Vec<Trackpoint> {
    let point = |second: i64| {
        let wave = |period: f64| (second as f64 / period).sin();
        Trackpoint {
            time: Some(START + second),
            position: Some(Position { lat: 52.5 + second as f64 * 3e-5, lon: 13.4 + wave(70.0) * 2e-3 }),
            speed_mps: Some(3.0 + 0.4 * wave(50.0) + 0.1 * wave(3.0)),
            heart_rate_bpm: Some((150.0 + 15.0 * wave(90.0)) as u8),
            ..Trackpoint::default()
        }
    };
    (0..seconds).map(point).collect()
}

fn changed(points: &[Trackpoint], change: impl Fn(usize, &mut Trackpoint)) -> Vec<Trackpoint> {
    let mut points = points.to_vec();
    points.iter_mut().enumerate().for_each(|(at, point)| change(at, point));
    points
}

fn conclusion(a: &[Trackpoint], b: &[Trackpoint], devices: Devices) -> Streams {
    let found = StreamComparison::of(a, b).conclusion(devices);
    assert_eq!(found, StreamComparison::of(b, a).conclusion(devices), "the order counts");
    found
}

#[test]
fn a_recording_is_known_again_whatever_its_program_does_to_its_times() {
    let whole = outdoors(1200);
    let late = changed(&whole, |_, point| point.time = point.time.map(|time| time + 3));
    let thin: Vec<Trackpoint> = whole.iter().step_by(7).copied().collect();
    let turned: Vec<Trackpoint> = whole.iter().rev().copied().collect();
    let doubled: Vec<Trackpoint> = whole.iter().flat_map(|point| [*point, *point]).collect();
    // A leap of years, as a device without a clock writes it.
    let leap = changed(&whole, |at, point| {
        if at == 600 {
            point.time = Some(631_065_600);
        }
    });
    for (name, other) in [("late", late), ("thin", thin), ("turned", turned), ("doubled", doubled), ("leap", leap)] {
        assert_eq!(conclusion(&whole, &other, Devices::Unknown), Streams::Same, "{name}");
    }
}

#[test]
fn files_with_nothing_in_common_say_nothing() {
    let whole = outdoors(1200);
    let (none, other_day) = (Vec::new(), changed(&whole, |_, point| point.time = point.time.map(|time| time + 86_400)));
    let timeless = changed(&whole, |_, point| point.time = None);
    let empty = changed(&whole, |_, point| *point = Trackpoint { time: point.time, ..Trackpoint::default() });
    for other in [none, other_day, timeless, empty, whole[..20].to_vec()] {
        assert_eq!(conclusion(&whole, &other, Devices::Same), Streams::Unknown);
    }
}

#[test]
fn without_positions_the_same_sensors_are_not_the_same_recording_of_two_devices() {
    let indoors = changed(&outdoors(1200), |_, point| point.position = None);
    assert_eq!(conclusion(&indoors, &indoors, Devices::Unknown), Streams::Same);
    assert_eq!(conclusion(&indoors, &indoors, Devices::Different), Streams::Unknown);
    // Two watches with one chest strap, and no speed.
    let strength = changed(&indoors, |_, point| point.speed_mps = None);
    assert_eq!(conclusion(&strength, &strength, Devices::Same), Streams::Same);
    assert_eq!(conclusion(&strength, &strength, Devices::Unknown), Streams::Unknown);
}

#[test]
fn values_that_never_change_prove_nothing() {
    let treadmill = changed(&outdoors(1200), |_, point| {
        (point.position, point.speed_mps, point.heart_rate_bpm) = (None, Some(3.0), Some(140));
    });
    assert_eq!(conclusion(&treadmill, &treadmill, Devices::Same), Streams::Unknown);
}

#[test]
fn another_heart_contradicts_the_same_track() {
    let whole = outdoors(1200);
    let faster = changed(&whole, |_, point| point.heart_rate_bpm = point.heart_rate_bpm.map(|bpm| bpm + 20));
    assert_eq!(conclusion(&whole, &faster, Devices::Unknown), Streams::Contradict);
    // The same average, at other times.
    let opposite = changed(&whole, |_, point| point.heart_rate_bpm = point.heart_rate_bpm.map(|bpm| 44 + (255 - bpm)));
    assert_eq!(conclusion(&whole, &opposite, Devices::Unknown), Streams::Contradict);
    // Another runner, who turns around earlier.
    let aside = changed(&whole, |at, point| {
        let away = if at > 800 { 1e-3 } else { 0.0 };
        point.position = point.position.map(|place| Position { lat: place.lat + away, ..place });
    });
    assert_eq!(conclusion(&whole, &aside, Devices::Unknown), Streams::Contradict);
}

#[test]
fn positions_that_a_service_in_china_moved_are_no_other_person() {
    let whole = outdoors(1200);
    let moved = changed(&whole, |_, point| {
        point.position = point.position.map(|at| Position { lat: at.lat + 2e-3, lon: at.lon + 5e-3 });
    });
    assert_eq!(conclusion(&whole, &moved, Devices::Unknown), Streams::Two);
}

#[test]
fn a_speed_that_a_service_computed_from_positions_does_not_count() {
    let whole = outdoors(1200);
    let smoothed = changed(&whole, |_, point| point.speed_mps = point.speed_mps.map(|speed| speed * 1.03));
    assert_eq!(conclusion(&whole, &smoothed, Devices::Unknown), Streams::Same);
}

#[test]
fn a_file_is_a_part_from_half_a_minute_and_five_per_cent_on() {
    let whole = outdoors(1200);
    let part = |from: usize, to: usize| StreamComparison::of(&whole, &whole[from..to]).is_part();
    assert!(!part(0, 1200) && !part(20, 1200) && !part(0, 1150));
    assert!(part(0, 1100) && part(300, 900));
    // Both lack something.
    assert!(StreamComparison::of(&whole[..900], &whole[400..]).is_part());
}
