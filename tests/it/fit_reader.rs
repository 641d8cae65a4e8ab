//! The reader of recordings compared with `fitparser`: both read the same values of sessions, laps and trackpoints from
//! generated files. No change of such a file causes a panic.
//!
//! `scripts/compare-fit DIR` compares the reader with Garmin's SDK on real files.

use std::sync::LazyLock;

use fitparser::FitDataRecord;
use fitparser::profile::MesgNum;
use garminsync::fit::{self, Lap, Session, Sums, Trackpoint};
use gs_sim::fit::{self as make, FitBuilder, Message, Value, damage};
use proptest::prelude::*;

const START: i64 = 1_767_881_421;
const FIT_EPOCH: i64 = 631_065_600;

/// Names of values, and the values. A missing value is `None`.
type Values = Vec<(&'static str, Option<f64>)>;

/// A message of `fitparser`, by the numbers of its fields.
struct Decoded<'a>(&'a FitDataRecord);

impl Decoded<'_> {
    fn value(&self, number: u8) -> Option<f64> {
        let field = self.0.fields().iter().find(|field| field.number() == number)?;
        match field.value() {
            fitparser::Value::Timestamp(time) => Some(time.timestamp() as f64),
            value => value.clone().try_into().ok(),
        }
    }

    fn either(&self, first: u8, second: u8) -> Option<f64> {
        self.value(first).or_else(|| self.value(second))
    }

    fn cadence(&self, whole: u8, fraction: u8) -> Option<f64> {
        Some(self.value(whole)? + self.value(fraction).unwrap_or(0.0))
    }

    fn degrees(&self, number: u8) -> Option<f64> {
        Some(self.value(number)? * 180.0 / 2_f64.powi(31))
    }

    /// The sums of a session or lap, whose fields have different numbers: those from total_calories to total_descent by one,
    /// the others as given.
    fn sums(&self, less: u8, [moving, speed, cadence, normalized, temperature]: [u8; 5]) -> Values {
        vec![
            ("start", self.value(2)),
            ("end", self.value(253)),
            ("elapsed", self.value(7)),
            ("timer", self.value(8)),
            ("distance", self.value(9)),
            ("moving", self.value(moving)),
            ("calories", self.value(11)),
            ("average speed", self.either(speed, 14 - less)),
            ("maximum speed", self.either(speed + 1, 15 - less)),
            ("average heart rate", self.value(16 - less)),
            ("maximum heart rate", self.value(17 - less)),
            ("average cadence", self.cadence(18 - less, cadence)),
            ("maximum cadence", self.cadence(19 - less, cadence + 1)),
            ("average power", self.value(20 - less)),
            ("maximum power", self.value(21 - less)),
            ("normalized power", self.value(normalized)),
            ("ascent", self.value(22 - less)),
            ("descent", self.value(23 - less)),
            ("average temperature", self.value(temperature)),
            ("maximum temperature", self.value(temperature + 1)),
        ]
    }

    fn session(&self) -> Values {
        let mut values = self.sums(0, [59, 124, 92, 34, 57]);
        values.extend([
            ("first lap", self.value(25)),
            ("laps", self.value(26)),
            ("pool length", self.value(44)),
            ("training effect", self.value(24)),
            ("anaerobic training effect", self.value(137)),
            ("training stress score", self.value(35)),
        ]);
        values
    }

    fn lap(&self) -> Values {
        self.sums(1, [52, 110, 80, 33, 50])
    }

    fn point(&self) -> Values {
        // Exactly 0, 0 is no position here.
        let position = self.degrees(0).zip(self.degrees(1)).filter(|position| *position != (0.0, 0.0));
        vec![
            ("time", self.value(253)),
            ("latitude", position.map(|(lat, _)| lat)),
            ("longitude", position.map(|(_, lon)| lon)),
            ("altitude", self.either(78, 2)),
            ("distance", self.value(5)),
            ("speed", self.either(73, 6)),
            ("heart rate", self.value(3)),
            ("cadence", self.cadence(4, 53)),
            ("power", self.value(7)),
            ("temperature", self.value(13)),
        ]
    }
}

fn sums(sums: &Sums) -> Values {
    vec![
        ("start", sums.start_time.map(|time| time as f64)),
        ("end", sums.end_time.map(|time| time as f64)),
        ("elapsed", sums.elapsed_time_s),
        ("timer", sums.timer_time_s),
        ("distance", sums.distance_m),
        ("moving", sums.moving_time_s),
        ("calories", sums.calories_kcal),
        ("average speed", sums.avg_speed_mps),
        ("maximum speed", sums.max_speed_mps),
        ("average heart rate", sums.avg_heart_rate_bpm),
        ("maximum heart rate", sums.max_heart_rate_bpm),
        ("average cadence", sums.avg_cadence_rpm),
        ("maximum cadence", sums.max_cadence_rpm),
        ("average power", sums.avg_power_w),
        ("maximum power", sums.max_power_w),
        ("normalized power", sums.normalized_power_w),
        ("ascent", sums.ascent_m),
        ("descent", sums.descent_m),
        ("average temperature", sums.avg_temperature_c),
        ("maximum temperature", sums.max_temperature_c),
    ]
}

fn session(session: &Session) -> Values {
    let mut values = sums(&session.sums);
    values.extend([
        ("first lap", session.first_lap.map(f64::from)),
        ("laps", session.lap_count.map(f64::from)),
        ("pool length", session.pool_length_m),
        ("training effect", session.training_effect),
        ("anaerobic training effect", session.anaerobic_training_effect),
        ("training stress score", session.training_stress_score),
    ]);
    values
}

fn lap(lap: &Lap) -> Values {
    sums(&lap.sums)
}

fn point(point: &Trackpoint) -> Values {
    vec![
        ("time", point.time.map(|time| time as f64)),
        ("latitude", point.position.map(|position| position.lat)),
        ("longitude", point.position.map(|position| position.lon)),
        ("altitude", point.altitude_m),
        ("distance", point.distance_m),
        ("speed", point.speed_mps),
        ("heart rate", point.heart_rate_bpm.map(f64::from)),
        ("cadence", point.cadence_rpm),
        ("power", point.power_w.map(f64::from)),
        ("temperature", point.temperature_c.map(f64::from)),
    ]
}

/// The values of each session, lap and trackpoint, by the reader and by `fitparser`.
fn both(bytes: &[u8]) -> (Vec<Values>, Vec<Values>) {
    let recording = fit::read(bytes).expect("a complete file");
    let ours = recording.sessions.iter().map(session).chain(recording.laps.iter().map(lap));
    let ours = ours.chain(recording.points.iter().map(point)).collect();
    let messages = fitparser::from_bytes(bytes).expect("a complete file");
    let of = |kind| messages.iter().filter(move |message| message.kind() == kind).map(Decoded);
    let theirs = of(MesgNum::Session).map(|message| message.session());
    let theirs = theirs.chain(of(MesgNum::Lap).map(|message| message.lap()));
    (ours, theirs.chain(of(MesgNum::Record).map(|message| message.point())).collect())
}

fn assert_equal((ours, theirs): (Vec<Values>, Vec<Values>)) {
    assert_eq!(ours.len(), theirs.len());
    for (ours, theirs) in ours.iter().flatten().zip(theirs.iter().flatten()) {
        let distance = ours.1.zip(theirs.1).map(|(a, b)| (a - b).abs() / b.abs().max(1.0));
        assert!(ours.1 == theirs.1 || distance.is_some_and(|distance| distance < 1e-9), "{ours:?} {theirs:?}");
    }
}

/// A file in every layout.
fn layouts(file: &FitBuilder) -> [Vec<u8>; 4] {
    let layouts: [fn(FitBuilder) -> FitBuilder; 4] =
        [|file| file, FitBuilder::header_12, FitBuilder::big_endian, FitBuilder::compressed_timestamps];
    layouts.map(|layout| layout(file.clone()).build())
}

/// Short recordings in every layout.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let files = [
        make::run(START, 20, 70.0),
        make::ride(START, 20, 150.0),
        make::treadmill(START, 20, 50.0),
        make::swim(START, 40, 50.0),
        make::strength(START, 100),
    ];
    files.iter().flat_map(layouts).collect()
});

#[test]
fn reader_and_fitparser_read_the_same_values() {
    let triathlon = make::triathlon(START).build();
    for file in FILES.iter().chain([&triathlon]) {
        assert_equal(both(file));
    }
}

#[test]
fn sports_and_timer_events_are_read() {
    let triathlon = fit::read(&make::triathlon(START).build()).expect("a complete file");
    let sports: Vec<_> = triathlon.sessions.iter().map(|session| session.sport.zip(session.sub_sport)).collect();
    assert_eq!(sports, [(5, 18), (3, 0), (2, 7), (3, 0), (1, 0)].map(Some));
    let events: Vec<_> = triathlon.timer.iter().map(|event| (event.time - START, event.is_start)).collect();
    assert_eq!(events, [(0, true), (8660, false)]);
}

/// The fields of messages with the type of each.
const SESSION: &[(u8, Value)] = &[
    (2, Value::U32(0)),
    (7, Value::U32(0)),
    (8, Value::U32(0)),
    (9, Value::U32(0)),
    (11, Value::U16(0)),
    (16, Value::U8(0)),
    (17, Value::U8(0)),
    (18, Value::U8(0)),
    (19, Value::U8(0)),
    (20, Value::U16(0)),
    (21, Value::U16(0)),
    (22, Value::U16(0)),
    (23, Value::U16(0)),
    (24, Value::U8(0)),
    (25, Value::U16(0)),
    (26, Value::U16(0)),
    (34, Value::U16(0)),
    (35, Value::U16(0)),
    (44, Value::U16(0)),
    (57, Value::I8(0)),
    (58, Value::I8(0)),
    (59, Value::U32(0)),
    (92, Value::U8(0)),
    (93, Value::U8(0)),
    (124, Value::U32(0)),
    (125, Value::U32(0)),
    (137, Value::U8(0)),
];
const LAP: &[(u8, Value)] = &[
    (2, Value::U32(0)),
    (7, Value::U32(0)),
    (8, Value::U32(0)),
    (9, Value::U32(0)),
    (11, Value::U16(0)),
    (13, Value::U16(0)),
    (14, Value::U16(0)),
    (15, Value::U8(0)),
    (16, Value::U8(0)),
    (17, Value::U8(0)),
    (18, Value::U8(0)),
    (19, Value::U16(0)),
    (20, Value::U16(0)),
    (21, Value::U16(0)),
    (22, Value::U16(0)),
    (33, Value::U16(0)),
    (50, Value::I8(0)),
    (51, Value::I8(0)),
    (52, Value::U32(0)),
    (80, Value::U8(0)),
    (81, Value::U8(0)),
];
const RECORD: &[(u8, Value)] = &[
    (0, Value::I32(0)),
    (1, Value::I32(0)),
    (3, Value::U8(0)),
    (4, Value::U8(0)),
    (5, Value::U32(0)),
    (6, Value::U16(0)),
    (7, Value::U16(0)),
    (13, Value::I8(0)),
    (53, Value::U8(0)),
    (78, Value::U32(0)),
];

/// A value of the same type from any bits; latitudes stay between the poles, and times are dates.
fn like(kind: &Value, number: u8, bits: u32) -> Value {
    match kind {
        Value::U8(_) => Value::U8(bits as u8),
        Value::I8(_) => Value::I8(bits as i8),
        Value::U16(_) => Value::U16(bits as u16),
        Value::I32(_) if number == 0 => Value::I32(bits as i32 / 2),
        Value::I32(_) => Value::I32(bits as i32),
        _ if number == 2 => Value::U32(bits | 0x1000_0000),
        _ => Value::U32(bits),
    }
}

/// A message with some of these fields. A value of all ones or with only the sign missing is FIT's invalid one.
fn any_message(global: u16, fields: &'static [(u8, Value)]) -> impl Strategy<Value = Message> {
    let bits = prop_oneof![8 => any::<u32>(), 1 => Just(u32::MAX), 1 => Just(0x7FFF_FF7F)];
    let values = prop::collection::vec(prop::option::weighted(0.8, bits), fields.len());
    values.prop_map(move |values| {
        let at = Value::U32((START - FIT_EPOCH) as u32);
        let present = fields.iter().zip(values).filter_map(|(field, value)| Some((field, value?)));
        present.fold(Message::new(global).with(253, at), |message, ((number, kind), bits)| {
            message.with(*number, like(kind, *number, bits))
        })
    })
}

proptest! {
    #[test]
    fn reader_and_fitparser_read_the_same_values_from_any_messages(
        messages in prop::collection::vec(
            prop_oneof![any_message(18, SESSION), any_message(19, LAP), any_message(20, RECORD)],
            1..30,
        ),
        is_big_endian: bool,
    ) {
        let file = FitBuilder::new().push(make::profile::file_id(1, 1, 1, START)).extend(messages);
        let file = if is_big_endian { file.big_endian() } else { file };
        assert_equal(both(&file.build()));
    }

    #[test]
    fn changed_files_cause_no_panic(number in 0..FILES.len(), changes in prop::collection::vec(any::<(u16, u8)>(), 1..40)) {
        let mut bytes = FILES[number].clone();
        let length = bytes.len();
        for (at, byte) in changes {
            bytes[usize::from(at) % length] = byte;
        }
        let _ = fit::read(&damage::seal(bytes));
    }
}
