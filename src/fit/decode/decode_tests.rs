use proptest::prelude::*;

use super::super::sample::{ENUM, START, START_UNIX_S, STRING, Sample, UINT16, UINT32, fix_crcs};
use super::*;
use crate::fit::scan;

const SINT8: u8 = 0x01;
const UINT8: u8 = 0x02;
const SINT32: u8 = 0x85;
const FLOAT32: u8 = 0x88;
const BYTE: u8 = 0x0D;
const UINT64: u8 = 0x8F;

const SESSION: u16 = 18;
const LAP: u16 = 19;
const RECORD: u16 = 20;
const EVENT: u16 = 21;
const HRV: u16 = 78;
const HR: u16 = 132;

/// All messages of a complete file, and the fields that were skipped.
fn read(bytes: &[u8]) -> (Vec<FitMessage>, SkippedFields) {
    scan(bytes).expect("a complete file");
    let mut messages = FitMessages::of_complete(bytes).with_raw(true);
    let all = std::iter::from_fn(|| messages.next_of(&|_| true)).collect();
    (all, messages.skipped())
}

/// The only message of a file with one message of these fields.
fn one(message: u16, fields: &[(u8, u8, u8)], values: &[&[u8]]) -> (FitMessage, SkippedFields) {
    let (mut all, skipped) = read(&Sample::new().define(1, message, fields).data(1, values).finish());
    assert_eq!(all.len(), 1);
    (all.remove(0), skipped)
}

fn value<'a>(message: &'a FitMessage, name: &str) -> Option<&'a FitValue> {
    message.fields.iter().find(|field| field.name == name).map(|field| &field.value)
}

fn developer<'a>(message: &'a FitMessage, name: &str) -> Option<&'a FitValue> {
    message.developer_fields.iter().find(|field| field.name == name).map(|field| &field.value)
}

fn integer(number: i128) -> Option<FitValue> {
    Some(FitValue::Integer(number))
}

fn text(text: &str) -> Option<FitValue> {
    Some(FitValue::Text(text.into()))
}

#[test]
fn fields_have_the_names_units_and_scales_of_the_profile() {
    let fields = [(253, 4, UINT32), (2, 2, UINT16), (5, 4, UINT32), (7, 2, UINT16), (13, 1, SINT8)];
    let values: [&[u8]; 5] = [
        &START.to_le_bytes(),
        &1234_u16.to_le_bytes(),
        &426_120_u32.to_le_bytes(),
        &0_u16.to_le_bytes(),
        &(-3_i8).to_le_bytes(),
    ];
    let (record, skipped) = one(RECORD, &fields, &values);
    assert_eq!((record.number, record.index, skipped), (RECORD, 0, SkippedFields::default()));
    assert_eq!(value(&record, "timestamp"), Some(&FitValue::Time(START_UNIX_S)));
    assert_eq!(value(&record, "enhanced_altitude"), Some(&FitValue::Real(-253.2)), "no digits of binary fractions");
    assert_eq!(value(&record, "distance"), Some(&FitValue::Real(4261.2)));
    assert_eq!((value(&record, "power").cloned(), value(&record, "temperature").cloned()), (integer(0), integer(-3)));
    let units: Vec<&str> = record.fields.iter().map(|field| field.unit.as_str()).collect();
    assert!(["m", "watts", "C"].iter().all(|unit| units.contains(unit)), "{units:?}");
    let raw: Vec<(u8, &FitValue)> = record.raw.iter().map(|field| (field.number, &field.value)).collect();
    assert_eq!(raw[1..3], [(2, &FitValue::Integer(1234)), (5, &FitValue::Integer(426_120))]);
}

#[test]
fn values_that_are_none_are_left_out() {
    let fields = [(7, 2, UINT16), (3, 1, UINT8), (0, 4, SINT32), (13, 1, SINT8), (39, 2, UINT16)];
    let values: [&[u8]; 5] = [&[0xFF, 0xFF], &[0xFF], &[0xFF, 0xFF, 0xFF, 0x7F], &[0x7F], &[0xFF, 0xFF]];
    let (record, _) = one(RECORD, &fields, &values);
    assert_eq!((record.fields, record.raw), (vec![], vec![]), "65,535 watts");
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let (session, _) = one(SESSION, &[(181, 4, FLOAT32)], &[&number.to_le_bytes()]);
        assert_eq!(session.fields, [], "{number}");
    }
    let (session, _) = one(SESSION, &[(181, 4, FLOAT32)], &[&0.1_f32.to_le_bytes()]);
    assert_eq!(session.fields[0].value, FitValue::Real(0.1), "the shortest number");
}

#[test]
fn enums_have_names_and_numbers_without_a_name_stay() {
    let (session, _) = one(SESSION, &[(5, 1, ENUM), (6, 1, ENUM), (254, 2, UINT16)], &[&[1], &[200], &[0, 0x80]]);
    assert_eq!(value(&session, "sport").cloned(), text("running"));
    assert_eq!(value(&session, "sub_sport").cloned(), integer(200));
    assert_eq!(value(&session, "message_index").cloned(), integer(0x8000), "not the name of a bit");
    let (event, _) = one(EVENT, &[(0, 1, ENUM), (3, 4, UINT32)], &[&[0], &0_u32.to_le_bytes()]);
    assert_eq!(value(&event, "timer_trigger").cloned(), text("manual"), "a subfield");
}

#[test]
fn messages_that_the_profile_does_not_name_have_their_time_and_raw_fields() {
    let fields = [(253, 4, UINT32), (254, 2, UINT16), (7, 1, UINT8)];
    let (message, _) = one(233, &fields, &[&START.to_le_bytes(), &[3, 0], &[42]]);
    assert_eq!(value(&message, "timestamp"), Some(&FitValue::Time(START_UNIX_S)));
    assert_eq!((value(&message, "message_index").cloned(), message.fields.len()), (integer(3), 2));
    assert_eq!(message.raw.last().map(|field| field.value.clone()), integer(42));
    assert_eq!((message_name(233), message_name(18)), ("unknown_233".into(), "session".into()));
    assert_eq!(message_name(0xFF00), "unknown_65280", "the first of the manufacturers' own");
    let names = message_names();
    assert!(names.contains(&(20, "record".into())) && names.iter().all(|(_, name)| !name.starts_with("mfg_")));
}

#[test]
fn the_profile_decides_about_the_fields_that_other_messages_have_in_common() {
    let (set, _) = one(225, &[(254, 4, UINT32)], &[&START.to_le_bytes()]);
    assert_eq!((value(&set, "timestamp"), set.fields.len()), (Some(&FitValue::Time(START_UNIX_S)), 1));
}

#[test]
fn positions_are_degrees_on_earth() {
    let at = |lat: i32, long: i32| {
        one(RECORD, &[(0, 4, SINT32), (1, 4, SINT32)], &[&lat.to_le_bytes(), &long.to_le_bytes()]).0
    };
    let place = at(568_210_171, -630_113_287);
    assert_eq!(value(&place, "position_lat"), Some(&FitValue::Real(47.6268263)));
    assert_eq!(value(&place, "position_long"), Some(&FitValue::Real(-52.8154856)));
    let nowhere = at(1 << 30 | 1, i32::MIN);
    assert_eq!(value(&nowhere, "position_lat"), None, "beyond the pole");
    assert_eq!(value(&nowhere, "position_long"), Some(&FitValue::Real(-180.0)));
}

#[test]
fn times_are_utc_local_or_without_a_date() {
    let fields = [(253, 4, UINT32), (5, 4, UINT32)];
    let local = START - 6 * 3600;
    let (activity, _) = one(34, &fields, &[&START.to_le_bytes(), &local.to_le_bytes()]);
    assert_eq!(value(&activity, "timestamp"), Some(&FitValue::Time(START_UNIX_S)));
    assert_eq!(value(&activity, "local_timestamp"), Some(&FitValue::LocalTime(START_UNIX_S - 6 * 3600)));
    let (lap, _) = one(LAP, &[(2, 4, UINT32)], &[&17_217_864_u32.to_le_bytes()]);
    assert_eq!(value(&lap, "start_time"), Some(&FitValue::Uptime(17_217_864)));
}

#[test]
fn compressed_timestamps_follow_the_last_full_one() {
    let bytes = Sample::new()
        .define(1, RECORD, &[(253, 4, UINT32), (3, 1, UINT8)])
        .data(1, &[&START.to_le_bytes(), &[100]])
        .define(2, RECORD, &[(3, 1, UINT8)])
        .compressed(2, (START as u8).wrapping_add(3) & 0x1F, &[&[101]])
        .compressed(2, (START as u8).wrapping_add(2) & 0x1F, &[&[102]])
        .finish();
    let (records, _) = read(&bytes);
    let times: Vec<_> = records.iter().map(|record| value(record, "timestamp").cloned()).collect();
    assert_eq!(times, [0, 3, 34].map(|after| Some(FitValue::Time(START_UNIX_S + after))));
    assert!(records[1].raw.iter().all(|field| field.number != TIMESTAMP), "it is not stored");
    let alone = Sample::new().define(2, RECORD, &[(3, 1, UINT8)]).compressed(2, 3, &[&[101]]).finish();
    assert_eq!(value(&read(&alone).0[0], "timestamp"), None);
}

#[test]
fn chained_files_are_read_one_after_another() {
    let lap = |sample: Sample, time: [u8; 4]| sample.define(1, LAP, &[(2, 4, UINT32)]).data(1, &[&time]).finish();
    let first = lap(Sample::new().short_header(), START.to_le_bytes());
    let second = lap(Sample::new().big_endian(), (START + 5).to_be_bytes());
    let (laps, _) = read(&[first, second].concat());
    let starts: Vec<_> = laps.iter().map(|lap| (lap.index, value(lap, "start_time").cloned())).collect();
    let start = |after: i64| Some(FitValue::Time(START_UNIX_S + after));
    assert_eq!(starts, [(0, start(0)), (1, start(5))]);
}

#[test]
fn invalid_values_in_a_list_keep_the_places_of_the_others() {
    let times = [500_u16, 0xFFFF, 600, 0xFFFF, 0xFFFF].map(u16::to_le_bytes).concat();
    let (hrv, _) = one(HRV, &[(0, 10, UINT16)], &[&times]);
    let expected = vec![Some(FitValue::Real(0.5)), None, Some(FitValue::Real(0.6))];
    assert_eq!(value(&hrv, "time"), Some(&FitValue::List(expected)));
    let (none, _) = one(HRV, &[(0, 10, UINT16)], &[&[0xFF; 10]]);
    assert_eq!(none.fields, []);
}

#[test]
fn bytes_are_invalid_only_together() {
    let (id, _) = one(207, &[(1, 4, BYTE), (3, 1, UINT8)], &[&[0xFF, 1, 0xFF, 0xFF], &[0]]);
    let expected = [255, 1, 255, 255].map(integer).to_vec();
    assert_eq!(value(&id, "application_id"), Some(&FitValue::List(expected)));
    let (id, _) = one(207, &[(1, 4, BYTE)], &[&[0xFF; 4]]);
    assert_eq!(id.fields, []);
}

#[test]
fn texts_in_any_encoding_are_read() {
    let name = |bytes: &[u8]| {
        let (sport, skipped) = one(12, &[(3, bytes.len() as u8, STRING)], &[bytes]);
        assert_eq!(skipped, SkippedFields::default());
        value(&sport, "name").cloned()
    };
    assert_eq!(name("跑步\0".as_bytes()), text("跑步"));
    assert_eq!(name(b"Z\xFCrich\0"), text("Z\u{FFFD}rich"), "Latin-1");
    assert_eq!(name(b"no end"), text("no end"));
    assert_eq!(name(b"Bike\0r Track\0"), text("Bike"), "what an older text has left");
    assert_eq!((name(b"\0abc"), name(&[0xFF; 5])), (None, None));
}

#[test]
fn a_field_of_the_wrong_size_is_skipped_and_the_others_are_read() {
    let (record, skipped) = one(RECORD, &[(5, 1, UINT32), (3, 1, UINT8)], &[&[7], &[140]]);
    assert_eq!(skipped, SkippedFields { misfits: 1, ..SkippedFields::default() });
    assert_eq!((record.fields.len(), value(&record, "heart_rate").cloned()), (1, integer(140)));
    assert_eq!(record.raw[0].value, FitValue::List(vec![integer(7)]), "its bytes");
}

#[test]
fn a_field_with_an_impossible_value_is_skipped_and_the_others_are_read() {
    let (session, skipped) = one(SESSION, &[(5, 4, STRING), (6, 1, ENUM), (11, 2, UINT16)], &[b"run\0", &[3], &[9, 0]]);
    assert_eq!(skipped, SkippedFields { impossible: 1, ..SkippedFields::default() });
    assert_eq!(value(&session, "sub_sport").cloned(), text("trail"));
    assert_eq!((value(&session, "total_calories").cloned(), value(&session, "sport")), (integer(9), None));
    assert_eq!(session.raw[0].value, FitValue::Text("run".into()));
}

#[test]
fn a_time_that_is_no_time_is_left_out() {
    for time in [u64::MAX - 1, 1 << 63, 1 << 43, 5] {
        let (lap, _) = one(LAP, &[(2, 8, UINT64), (253, 8, UINT64)], &[&time.to_le_bytes(), &time.to_le_bytes()]);
        assert_eq!(lap.fields, [], "{time}");
        assert_eq!(lap.raw[0].value, FitValue::Integer(time.into()));
    }
    let (lap, _) = one(LAP, &[(2, 4, FLOAT32)], &[&1.5_f32.to_le_bytes()]);
    assert_eq!(lap.fields, []);
}

#[test]
fn a_field_and_another_one_that_expands_to_it_are_one() {
    let fields = [(6, 2, UINT16), (73, 4, UINT32)];
    for _ in 0..20 {
        let (record, _) = one(RECORD, &fields, &[&3000_u16.to_le_bytes(), &3023_u32.to_le_bytes()]);
        assert_eq!(record.fields.len(), 1, "{record:?}");
        assert_eq!(value(&record, "enhanced_speed"), Some(&FitValue::Real(3.023)), "the more exact one");
    }
}

#[test]
fn numbers_stored_by_their_low_bits_grow_from_message_to_message() {
    let step = |speed: u32, distance: u32| (speed | distance << 12).to_le_bytes()[..3].to_vec();
    let bytes = Sample::new()
        .define(1, RECORD, &[(8, 3, BYTE), (18, 1, UINT8)])
        .data(1, &[&step(250, 4000), &[250]])
        .data(1, &[&step(0xFFF, 4064), &[4]])
        .data(1, &[&step(300, 32), &[4]])
        .finish();
    let (records, skipped) = read(&bytes);
    let all = |name| records.iter().map(|record| value(record, name).cloned()).collect::<Vec<_>>();
    let real = |number: f64| Some(FitValue::Real(number));
    assert_eq!(all("enhanced_speed"), [real(2.5), None, real(3.0)]);
    assert_eq!(all("distance"), [real(250.0), real(254.0), real(258.0)]);
    assert_eq!(all("total_cycles"), [integer(250), integer(260), integer(260)]);
    assert_eq!(skipped, SkippedFields::default());
}

#[test]
fn times_of_beats_grow_from_the_last_full_one() {
    let bytes = Sample::new()
        .define(1, HR, &[(9, 4, UINT32)])
        .data(1, &[&(100_u32 * 4096 + 4000).to_le_bytes()])
        .define(2, HR, &[(10, 3, BYTE)])
        .data(2, &[&(4090_u32 | 10 << 12).to_le_bytes()[..3]])
        .finish();
    let (messages, _) = read(&bytes);
    let time = |time: u32| Some(FitValue::Real((f64::from(time) / 1024.0 * 1e9).round() / 1e9));
    let expected = vec![time(100 * 4096 + 4090), time(101 * 4096 + 10)];
    assert_eq!(value(&messages[1], "event_timestamp"), Some(&FitValue::List(expected)));
}

/// A file with the developer field 7 of developer 0.
fn with_developer_field(base_type: u8, size: u8, stored: &[u8]) -> (FitMessage, SkippedFields) {
    let description = [(0, 1, UINT8), (1, 1, UINT8), (2, 1, UINT8), (3, 11, STRING), (8, 6, STRING)];
    let bytes = Sample::new()
        .define(1, 206, &description)
        .data(1, &[&[0], &[7], &[base_type], b"form_power\0", b"watts\0"])
        .define_with_developer(2, RECORD, &[(3, 1, UINT8)], &[(7, size, 0)])
        .data(2, &[&[140], stored])
        .finish();
    let (mut all, skipped) = read(&bytes);
    (all.remove(1), skipped)
}

#[test]
fn developer_fields_have_their_own_names_units_and_types() {
    let (record, skipped) = with_developer_field(UINT16, 2, &[44, 1]);
    assert_eq!(skipped, SkippedFields::default());
    let expected = FitField { name: "form_power".into(), unit: "watts".into(), value: FitValue::Integer(300) };
    assert_eq!(record.developer_fields, [expected]);
    let raw = record.raw.last().expect("two fields");
    assert_eq!((raw.developer, raw.number, &raw.value), (Some(0), 7, &FitValue::Integer(300)));
    assert_eq!(with_developer_field(UINT16, 2, &[0xFF, 0xFF]).0.developer_fields, []);
    let (record, _) = with_developer_field(STRING, 3, b"\xFFa\0");
    assert_eq!(developer(&record, "form_power").cloned(), text("\u{FFFD}a"));
}

#[test]
fn a_developer_field_that_cannot_be_read_is_skipped_and_the_others_are_read() {
    let (record, skipped) = with_developer_field(UINT32, 2, &[44, 1]);
    assert_eq!(skipped, SkippedFields { misfits: 1, ..SkippedFields::default() });
    assert_eq!((record.developer_fields.len(), record.fields.len()), (0, 1));
    let sample = Sample::new().define_with_developer(1, RECORD, &[(3, 1, UINT8)], &[(0, 1, 0)]);
    let (records, skipped) = read(&sample.data(1, &[&[140], &[7]]).finish());
    assert_eq!(skipped, SkippedFields { undescribed: 1, ..SkippedFields::default() });
    assert_eq!(value(&records[0], "heart_rate").cloned(), integer(140));
    assert_eq!(records[0].raw[1].value, FitValue::List(vec![integer(7)]));
}

#[test]
fn a_developer_field_has_the_scale_of_its_description() {
    let description = [(0, 1, UINT8), (1, 1, UINT8), (2, 1, UINT8), (3, 2, STRING), (6, 1, UINT8), (7, 1, SINT8)];
    let bytes = Sample::new()
        .define(1, 206, &description)
        .data(1, &[&[0], &[7], &[UINT16], b"x\0", &[10], &[5]])
        .define_with_developer(2, RECORD, &[], &[(7, 2, 0)])
        .data(2, &[&[44, 1]])
        .finish();
    assert_eq!(developer(&read(&bytes).0[1], "x"), Some(&FitValue::Real(25.0)), "300 / 10 - 5");
}

#[test]
fn only_wanted_messages_are_decoded_and_all_are_counted() {
    let bytes = Sample::activity();
    let mut messages = FitMessages::of_complete(&bytes);
    let mut wanted = Vec::new();
    while let Some(message) = messages.next_of(&|number| number == RECORD) {
        wanted.push((message.number, message.index, message.raw.len()));
    }
    assert_eq!(wanted, [(RECORD, 0, 0), (RECORD, 1, 0), (RECORD, 2, 0)]);
    assert_eq!(messages.count(), 6);
}

/// The number of messages that a corrupt file still has.
fn salvaged(bytes: &[u8]) -> usize {
    let mut messages = FitMessages::of_corrupt(bytes);
    std::iter::from_fn(|| messages.next_of(&|_| true)).count()
}

#[test]
fn a_truncated_file_is_read_up_to_the_break() {
    let whole = Sample::activity();
    let counts: Vec<usize> = (0..whole.len()).map(|length| salvaged(&whole[..length])).collect();
    assert!(counts.is_sorted(), "{counts:?}");
    assert_eq!((counts[11], counts[Sample::ACTIVITY_BOUNDARY], counts[whole.len() - 3]), (0, 0, 5));
    assert_eq!(counts[whole.len() - 2..], [6, 6], "only the checksum is missing");
}

#[test]
fn an_unfinished_file_is_read_up_to_its_zeros() {
    let mut bytes = Sample::activity();
    let messages = bytes.len() - 2;
    bytes.truncate(messages);
    bytes[4..8].fill(0);
    assert_eq!(salvaged(&bytes), 6);
    bytes.extend([0; 200]);
    assert_eq!(salvaged(&bytes), 6, "zeros are no messages");
}

#[test]
fn a_file_with_a_damaged_header_or_checksum_is_read() {
    let whole = Sample::activity();
    for (at, value) in [(0, 255), (0, 0), (1, 0xFF), (12, 1), (whole.len() - 1, 0)] {
        let mut bytes = whole.clone();
        bytes[at] = value;
        assert!(scan(&bytes).is_err(), "byte {at}");
        assert_eq!(salvaged(&bytes), 6, "byte {at}");
    }
    assert_eq!(salvaged(b"<html><body>gone</body></html>"), 0);
}

#[test]
fn the_longer_header_of_a_newer_protocol_is_skipped_in_a_corrupt_file() {
    let mut bytes = Sample::activity();
    (bytes[0], bytes[1]) = (20, 0x30);
    bytes.splice(14..14, [0x40, 2, 3, 4, 5, 6]);
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    assert!(scan(&bytes).is_err());
    assert_eq!(salvaged(&bytes), 6);
}

#[test]
fn of_two_timestamps_the_scan_and_the_decoder_read_the_last_one() {
    let times = [START.to_le_bytes(), (START + 5).to_le_bytes()].concat();
    let bytes = Sample::new().define(1, RECORD, &[(253, 4, UINT32), (253, 4, UINT32)]).data(1, &[&times]).finish();
    assert_eq!(scan(&bytes).expect("a complete file").first_record_time, Some(START_UNIX_S + 5));
    assert_eq!(value(&read(&bytes).0[0], "timestamp"), Some(&FitValue::Time(START_UNIX_S + 5)));
}

#[test]
fn positions_are_printed_as_the_file_has_them() {
    let (record, _) = one(RECORD, &[(0, 4, SINT32), (1, 4, SINT32)], &[&[0; 4], &[0; 4]]);
    assert_eq!(value(&record, "position_lat"), Some(&FitValue::Real(0.0)));
}

#[test]
fn behind_a_break_the_next_file_of_a_chain_is_read() {
    let mut first = Sample::new().file_id().data(9, &[&[1]]).finish();
    fix_crcs(&mut first);
    let chain = [first, Sample::activity(), vec![0; 50]].concat();
    assert!(scan(&chain).is_err());
    assert_eq!(salvaged(&chain), 7);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_input_causes_a_panic(places in prop::collection::vec((0..400_usize, any::<u8>()), 1..40), seed in any::<bool>()) {
        let mut bytes = if seed { Sample::activity() } else { vec![0; 200] };
        if !seed {
            bytes[..12].copy_from_slice(b"\x0C\x20\0\0\0\0\0\0.FIT");
        }
        for (at, value) in places {
            let at = at % bytes.len();
            if !(8..12).contains(&at) {
                bytes[at] = value;
            }
        }
        let mut messages = FitMessages::of_corrupt(&bytes).with_raw(true);
        while messages.next_of(&|_| true).is_some() {}
    }

    #[test]
    fn any_field_of_any_message_is_read_or_skipped(
        message in 0..420_u16,
        fields in prop::collection::vec((any::<u8>(), 1..20_u8, 0..18_u8), 1..6),
        bytes in prop::collection::vec(any::<u8>(), 120),
    ) {
        let size: usize = fields.iter().map(|field| usize::from(field.1)).sum();
        let file = Sample::new().define(1, message, &fields).data(1, &[&bytes[..size]]).finish();
        let (all, _) = read(&file);
        prop_assert_eq!(all.len(), 1);
    }
}
