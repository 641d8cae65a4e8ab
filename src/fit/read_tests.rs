//! The values that are read from small files. No input causes a panic.

use super::super::sample::{BYTE, ENUM, SINT8, SINT32, START, START_UNIX_S, Sample, UINT8, UINT16, UINT32, fix_crcs};
use super::*;
use proptest::prelude::*;

fn whole(sample: Sample) -> Recording {
    read(&sample.finish()).expect("a complete file")
}

/// Reads one message with these fields: (number, base type, value).
fn one_message(message: u16, fields: &[(u8, u8, &[u8])]) -> Recording {
    let layout: Vec<(u8, u8, u8)> =
        fields.iter().map(|(number, kind, value)| (*number, value.len() as u8, *kind)).collect();
    let values: Vec<&[u8]> = fields.iter().map(|(_, _, value)| *value).collect();
    whole(Sample::new().define(0, message, &layout).data(0, &values))
}

fn one_point(fields: &[(u8, u8, &[u8])]) -> Trackpoint {
    one_message(20, fields).points[0]
}

/// A trackpoint as local type 1, in the layout of [`recording`].
fn point_at(sample: Sample, second: u32) -> Sample {
    sample.data(1, &[&(START + second).to_le_bytes(), &[100]])
}

/// A recording of ten seconds without pauses: a start, ten trackpoints, a stop, a lap and a session.
fn recording() -> Vec<u8> {
    let event = |sample: Sample, second: u32, kind: u8| sample.data(3, &[&(START + second).to_le_bytes(), &[0, kind]]);
    let sample = Sample::new()
        .file_id()
        .define(3, 21, &[(253, 4, UINT32), (0, 1, ENUM), (1, 1, ENUM)])
        .define(1, 20, &[(253, 4, UINT32), (3, 1, UINT8)])
        .define(4, 19, &[(2, 4, UINT32), (7, 4, UINT32)]);
    let sample = (1..=10).fold(event(sample, 0, 0), point_at);
    let sample = event(sample, 10, 4).data(4, &[&START.to_le_bytes(), &10_000u32.to_le_bytes()]);
    sample.session(1, 3, START).finish()
}

#[test]
fn all_parts_of_a_recording_are_read() {
    let recording = read(&recording()).expect("a complete file");
    assert_eq!(recording.points.len(), 10);
    assert_eq!(recording.points[9].time, Some(START_UNIX_S + 10));
    assert_eq!(recording.points[9].heart_rate_bpm, Some(100));
    let event = |second, is_start| TimerEvent { time: START_UNIX_S + second, is_start };
    assert_eq!(recording.timer, [event(0, true), event(10, false)]);
    assert_eq!(recording.laps[0].sums.elapsed_time_s, Some(10.0));
    let session = &recording.sessions[0];
    assert_eq!((session.sport, session.sub_sport), (Some(1), Some(3)));
    assert_eq!(session.sums.start_time, Some(START_UNIX_S));
    assert_eq!((session.sums.elapsed_time_s, session.sums.timer_time_s), (Some(2225.4), Some(2223.3)));
    assert_eq!(session.sums.distance_m, Some(4261.2));
}

#[test]
fn the_values_of_a_session_have_their_units() {
    let recording = one_message(
        18,
        &[
            (253, UINT32, &(START + 60).to_le_bytes()),
            (11, UINT16, &512u16.to_le_bytes()),
            (14, UINT16, &3333u16.to_le_bytes()),
            (16, UINT8, &[140]),
            (17, UINT8, &[171]),
            (18, UINT8, &[85]),
            (92, UINT8, &[64]),
            (19, UINT8, &[99]),
            (20, UINT16, &250u16.to_le_bytes()),
            (21, UINT16, &800u16.to_le_bytes()),
            (34, UINT16, &260u16.to_le_bytes()),
            (22, UINT16, &120u16.to_le_bytes()),
            (23, UINT16, &119u16.to_le_bytes()),
            (24, UINT8, &[31]),
            (137, UINT8, &[17]),
            (25, UINT16, &0u16.to_le_bytes()),
            (26, UINT16, &3u16.to_le_bytes()),
            (35, UINT16, &555u16.to_le_bytes()),
            (44, UINT16, &2500u16.to_le_bytes()),
            (57, SINT8, &[0xFB]),
            (58, SINT8, &[30]),
            (59, UINT32, &58_500u32.to_le_bytes()),
            (125, UINT32, &70_000u32.to_le_bytes()),
        ],
    );
    let sums = Sums {
        end_time: Some(START_UNIX_S + 60),
        moving_time_s: Some(58.5),
        ascent_m: Some(120.0),
        descent_m: Some(119.0),
        calories_kcal: Some(512.0),
        avg_heart_rate_bpm: Some(140.0),
        max_heart_rate_bpm: Some(171.0),
        avg_power_w: Some(250.0),
        max_power_w: Some(800.0),
        normalized_power_w: Some(260.0),
        avg_cadence_rpm: Some(85.5),
        max_cadence_rpm: Some(99.0),
        avg_speed_mps: Some(3.333),
        max_speed_mps: Some(70.0),
        avg_temperature_c: Some(-5.0),
        max_temperature_c: Some(30.0),
        ..Sums::default()
    };
    let session = Session {
        first_lap: Some(0),
        lap_count: Some(3),
        pool_length_m: Some(25.0),
        training_effect: Some(3.1),
        anaerobic_training_effect: Some(1.7),
        training_stress_score: Some(55.5),
        sums,
        ..Session::default()
    };
    assert_eq!(recording.sessions, [session]);
}

#[test]
fn the_values_of_a_lap_have_their_units() {
    let recording = one_message(
        19,
        &[
            (253, UINT32, &(START + 60).to_le_bytes()),
            (2, UINT32, &START.to_le_bytes()),
            (9, UINT32, &40_050u32.to_le_bytes()),
            (13, UINT16, &3000u16.to_le_bytes()),
            (110, UINT32, &3001u32.to_le_bytes()),
            (15, UINT8, &[120]),
            (17, UINT8, &[80]),
            (80, UINT8, &[32]),
            (19, UINT16, &200u16.to_le_bytes()),
            (33, UINT16, &210u16.to_le_bytes()),
            (21, UINT16, &12u16.to_le_bytes()),
            (23, ENUM, &[1]),
            (24, ENUM, &[2]),
            (25, ENUM, &[2]),
            (39, ENUM, &[7]),
            (50, SINT8, &[20]),
            (52, UINT32, &59_000u32.to_le_bytes()),
        ],
    );
    let sums = Sums {
        start_time: Some(START_UNIX_S),
        end_time: Some(START_UNIX_S + 60),
        distance_m: Some(400.5),
        moving_time_s: Some(59.0),
        ascent_m: Some(12.0),
        avg_heart_rate_bpm: Some(120.0),
        avg_power_w: Some(200.0),
        normalized_power_w: Some(210.0),
        avg_cadence_rpm: Some(80.25),
        avg_speed_mps: Some(3.001),
        avg_temperature_c: Some(20.0),
        ..Sums::default()
    };
    let lap = Lap { sport: Some(2), sub_sport: Some(7), trigger: Some(2), intensity: Some(1), sums };
    assert_eq!(recording.laps, [lap]);
}

#[test]
fn the_values_of_a_trackpoint_have_their_units() {
    let point = one_point(&[
        (253, UINT32, &START.to_le_bytes()),
        (0, SINT32, &(1i32 << 29).to_le_bytes()),
        (1, SINT32, &i32::MIN.to_le_bytes()),
        (2, UINT16, &2600u16.to_le_bytes()),
        (3, UINT8, &[150]),
        (4, UINT8, &[90]),
        (53, UINT8, &[64]),
        (5, UINT32, &12_345u32.to_le_bytes()),
        (6, UINT16, &4321u16.to_le_bytes()),
        (7, UINT16, &333u16.to_le_bytes()),
        (13, SINT8, &[0xF6]),
    ]);
    let expected = Trackpoint {
        time: Some(START_UNIX_S),
        position: Some(Position { lat: 45.0, lon: -180.0 }),
        altitude_m: Some(20.0),
        distance_m: Some(123.45),
        speed_mps: Some(4.321),
        heart_rate_bpm: Some(150),
        cadence_rpm: Some(90.5),
        power_w: Some(333),
        temperature_c: Some(-10),
    };
    assert_eq!(point, expected);
}

#[test]
fn enhanced_values_are_preferred_unless_they_are_invalid() {
    let both = |enhanced: u32| {
        one_point(&[
            (2, UINT16, &0u16.to_le_bytes()),
            (78, UINT32, &enhanced.to_le_bytes()),
            (6, UINT16, &1000u16.to_le_bytes()),
            (73, UINT32, &enhanced.to_le_bytes()),
        ])
    };
    let values = |point: Trackpoint| (point.altitude_m, point.speed_mps);
    assert_eq!(values(both(3000)), (Some(100.0), Some(3.0)));
    assert_eq!(values(both(u32::MAX)), (Some(-500.0), Some(1.0)));
}

#[test]
fn values_that_are_invalid_or_arrays_or_have_a_wrong_size_are_omitted() {
    let point = one_point(&[
        (2, UINT16, &2600u16.to_le_bytes()),
        (253, UINT32, &[0xFF; 4]),
        (0, SINT32, &[0xFF, 0xFF, 0xFF, 0x7F]),
        (1, SINT32, &[0; 4]),
        (3, UINT8, &[0xFF]),
        (5, UINT32, &[0; 8]),
        (6, UINT32, &[1]),
        (7, UINT16, &[0xFF; 2]),
        (8, BYTE, &[0xFF; 3]),
        (13, SINT8, &[0x7F]),
        (53, UINT8, &[64]), // a fraction of nothing
    ]);
    assert_eq!(point, Trackpoint { altitude_m: Some(20.0), ..Trackpoint::default() });
}

#[test]
fn a_position_beyond_a_pole_is_omitted() {
    let beyond = (1i32 << 30) + 1;
    let point = one_point(&[(0, SINT32, &beyond.to_le_bytes()), (1, SINT32, &[0; 4]), (3, UINT8, &[60])]);
    assert_eq!((point.position, point.heart_rate_bpm), (None, Some(60)));
}

#[test]
fn a_position_of_zero_degrees_is_what_a_device_has_before_its_first_one() {
    let at = |lat: i32, lon: i32| {
        one_point(&[(0, SINT32, &lat.to_le_bytes()), (1, SINT32, &lon.to_le_bytes()), (3, UINT8, &[60])])
    };
    assert_eq!((at(0, 0).position, at(0, 0).heart_rate_bpm), (None, Some(60)));
    assert!(at(0, 1).position.is_some() && at(1, 0).position.is_some(), "on the equator, on the meridian of Greenwich");
}

#[test]
fn an_invalid_compressed_speed_is_omitted_and_its_distance_is_read() {
    let point = one_point(&[(8, BYTE, &[0xFF, 0x0F, 0x01])]);
    assert_eq!((point.speed_mps, point.distance_m), (None, Some(1.0)), "not 40.95 m/s");
}

/// A file with this many messages without a field.
fn empty_messages(message: u16, count: usize) -> Vec<u8> {
    let zeros = vec![0; count - 1];
    Sample::new().define(0, message, &[]).data(0, &[&zeros]).finish()
}

#[test]
fn messages_without_fields_need_no_memory() {
    for message in [18, 19, 20, 21] {
        let bytes = empty_messages(message, 3_000_000);
        assert_eq!(read(&bytes), Ok(Recording::default()), "message {message}");
        let fit = super::super::scan(&bytes).expect("a complete file");
        assert_eq!(fit.sessions, [], "message {message}");
    }
}

#[test]
fn messages_without_a_valid_value_are_omitted() {
    let invalid: &[(u8, u8, &[u8])] = &[(253, UINT32, &[0xFF; 4]), (53, UINT8, &[64])];
    assert_eq!(one_message(20, invalid), Recording::default(), "a fraction of a missing cadence is no value");
    let with_time = Sample::new().define(1, 21, &[(253, 4, UINT32)]).data(1, &[&START.to_le_bytes()]);
    let points = whole(with_time.define(2, 20, &[]).compressed(2, ((START + 1) & 0x1F) as u8, &[])).points;
    assert_eq!(points, [Trackpoint { time: Some(START_UNIX_S + 1), ..Trackpoint::default() }]);
}

/// Reads a file with this many messages of one field, whose bytes are all 0.
fn repeated(message: u16, fields: &[(u8, u8, u8)], count: usize) -> Result<Recording, FitError> {
    let size: u8 = fields.iter().map(|(_, size, _)| size).sum();
    let zeros = vec![0; count * (1 + usize::from(size)) - 1];
    read(&Sample::new().define(0, message, fields).data(0, &[&zeros]).finish())
}

#[test]
fn more_messages_than_any_recording_has_are_an_error() {
    let heart_rate = [(3, 1, UINT8)];
    assert_eq!(repeated(20, &heart_rate, 1_000_000).map(|recording| recording.points.len()), Ok(1_000_000));
    let error = |message, limit| Err(FitError::TooMany { message, limit });
    assert_eq!(repeated(20, &heart_rate, 2_000_001), error("record", 2_000_000));
    assert_eq!(repeated(19, &[(24, 1, ENUM)], 65_536), error("lap", 65_535));
    assert_eq!(repeated(18, &[(5, 1, ENUM)], 1_001), error("session", 1_000));
    // Each event is a start of the timer at the time of the first message.
    let start = Sample::new().define(1, 21, &[(253, 4, UINT32)]).data(1, &[&START.to_le_bytes()]);
    let start = start.define(2, 21, &[(0, 1, ENUM), (1, 1, ENUM)]);
    let second = (START & 0x1F) as u8;
    let events = [0xC0 | second, 0, 0].repeat(200_001);
    assert_eq!(read(&start.data(events[0], &[&events[1..]]).finish()), error("event", 200_000));
    assert_eq!(
        FitError::TooMany { message: "session", limit: 1_000 }.to_string(),
        "malformed: more than 1000 session messages; a recording has 1000 at most"
    );
}

#[test]
fn compressed_distances_continue_and_roll_over() {
    let speed = 0x123u16;
    let value = |distance: u16| {
        let [low, high] = speed.to_le_bytes();
        [low, high | ((distance as u8) << 4), (distance >> 4) as u8]
    };
    let sample = Sample::new().define(1, 20, &[(8, 3, BYTE)]);
    let sample = [160, 4000, 64, 64].into_iter().fold(sample, |sample, distance| sample.data(1, &[&value(distance)]));
    let recording = whole(sample);
    let distances: Vec<Option<f64>> = recording.points.iter().map(|point| point.distance_m).collect();
    assert_eq!(distances, [10.0, 250.0, 260.0, 260.0].map(Some));
    assert_eq!(recording.points[0].speed_mps, Some(2.91));
}

#[test]
fn compressed_timestamps_and_big_endian_values_are_read() {
    let recording = whole(
        Sample::new()
            .big_endian()
            .define(1, 20, &[(253, 4, UINT32), (5, 4, UINT32)])
            .define(2, 20, &[(5, 4, UINT32)])
            .data(1, &[&START.to_be_bytes(), &100u32.to_be_bytes()])
            .compressed(2, ((START + 3) & 0x1F) as u8, &[&200u32.to_be_bytes()]),
    );
    let points: Vec<_> = recording.points.iter().map(|point| (point.time, point.distance_m)).collect();
    assert_eq!(points, [(Some(START_UNIX_S), Some(1.0)), (Some(START_UNIX_S + 3), Some(2.0))]);
}

#[test]
fn developer_fields_do_not_move_the_others() {
    let recording = whole(
        Sample::new()
            .define_with_developer(1, 20, &[(3, 1, UINT8)], &[(3, 1, 0), (1, 2, 0)])
            .data(1, &[&[150], &[1, 2, 3]])
            .data(1, &[&[151], &[1, 2, 3]]),
    );
    let heart_rates: Vec<_> = recording.points.iter().filter_map(|point| point.heart_rate_bpm).collect();
    assert_eq!(heart_rates, [150, 151]);
}

#[test]
fn only_starts_and_stops_of_the_timer_are_events_of_it() {
    let event = |event: u8, kind: u8| {
        let fields: &[(u8, u8, &[u8])] =
            &[(253, UINT32, &START.to_le_bytes()), (0, ENUM, &[event]), (1, ENUM, &[kind])];
        one_message(21, fields).timer.first().map(|event| event.is_start)
    };
    assert_eq!(event(0, 0), Some(true));
    assert_eq!([1, 4, 8, 9].map(|kind| event(0, kind)), [Some(false); 4]);
    assert_eq!((event(0, 3), event(26, 0)), (None, None));
    let without_time: &[(u8, u8, &[u8])] = &[(0, ENUM, &[0]), (1, ENUM, &[0])];
    assert_eq!(one_message(21, without_time).timer, []);
}

#[test]
fn a_chain_is_one_recording() {
    let recording = read(&[recording(), recording()].concat()).expect("a complete chain");
    assert_eq!((recording.sessions.len(), recording.points.len()), (2, 20));
}

proptest! {
    #[test]
    fn any_bytes_cause_no_panic(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_messages_cause_no_panic(first: u8, rest: Vec<u8>) {
        let bytes = Sample::new().data(first, &[&rest]).finish();
        let _ = read(&bytes);
    }

    #[test]
    fn changed_files_cause_no_panic(changes in prop::collection::vec((0usize..500, any::<u8>()), 1..20)) {
        let mut bytes = recording();
        let length = bytes.len();
        for (at, byte) in changes {
            bytes[at % length] = byte;
        }
        let _ = read(&bytes);
        fix_crcs(&mut bytes);
        let _ = read(&bytes);
    }

    #[test]
    fn reading_succeeds_exactly_if_the_scan_does(at in 0usize..400, byte: u8) {
        let mut bytes = recording();
        let length = bytes.len();
        bytes[at % length] = byte;
        fix_crcs(&mut bytes);
        prop_assert_eq!(read(&bytes).err(), super::super::scan(&bytes).err());
    }
}
