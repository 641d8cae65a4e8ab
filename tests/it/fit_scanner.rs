//! The scanner compared with `fitparser`, for every kind of file that the simulator writes: both read the same data
//! from a valid file, and the scanner reports every truncated or changed file as corrupt.
//!
//! `cargo run --example fit_verdicts -- DIR` compares them on real files.

#[allow(dead_code)] // also built as a program
#[path = "../../examples/fit_verdicts.rs"]
mod verdicts;

use garminsync::fit::{FileKind, FitError, scan};
use gs_sim::fit::{self as make, FitBuilder, Leg, Recording, Style, damage};
use verdicts::{Seen, fitparser, scanner};

const START: i64 = 1_767_881_421;

/// A short run with a developer field in each record.
fn with_developer_fields() -> FitBuilder {
    let leg = Leg { sport: (1, 3), style: Style::Outdoor, seconds: 20, metres: Some(70.0) };
    let recording = Recording { developer_fields: true, ..Recording::single(START, leg) };
    recording.builder()
}

/// Recordings: name, file builder, expected sports.
fn recordings() -> Vec<(&'static str, FitBuilder, &'static [&'static str])> {
    let triathlon = &["swimming", "transition", "cycling", "transition", "running"];
    vec![
        ("run", make::run(START, 20, 70.0), &["running"]),
        ("ride", make::ride(START, 20, 150.0), &["cycling"]),
        ("treadmill", make::treadmill(START, 20, 50.0), &["running"]),
        ("swim", make::swim(START, 40, 50.0), &["swimming"]),
        ("strength", make::strength(START, 100), &["training"]),
        ("triathlon", make::triathlon(START), triathlon),
        ("developer fields", with_developer_fields(), &["running"]),
    ]
}

/// The same messages in different file layouts.
fn layouts(file: &FitBuilder) -> Vec<(&'static str, Vec<u8>)> {
    let of = |layout: fn(FitBuilder) -> FitBuilder| layout(file.clone()).build();
    let all = of(|f| f.big_endian().header_12().compressed_timestamps());
    vec![
        ("plain", file.build()),
        ("zero header CRC", of(FitBuilder::zero_header_crc)),
        ("12-byte header", of(FitBuilder::header_12)),
        ("big endian", of(FitBuilder::big_endian)),
        ("compressed", of(FitBuilder::compressed_timestamps)),
        ("all at once", all),
    ]
}

/// Every recording except the long triathlon, in every layout: small enough to be truncated at each byte.
fn small_files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for (name, file, sports) in recordings() {
        if sports.len() == 1 {
            let layouts = layouts(&file).into_iter();
            files.extend(layouts.map(|(layout, bytes)| (format!("{name}, {layout}"), bytes)));
        }
    }
    files
}

#[test]
fn scanner_and_fitparser_agree_on_valid_files() {
    for (name, file, sports) in recordings() {
        for (layout, bytes) in layouts(&file) {
            let scanned = scanner(&bytes).unwrap_or_else(|broken| panic!("{name}, {layout}: {broken}"));
            assert_eq!(Ok(&scanned), fitparser(&bytes).as_ref(), "{name}, {layout}");
            assert_eq!(scanned.sports, sports, "{name}, {layout}");
            assert_eq!(scanned.start_time, Some(START), "{name}, {layout}");
            assert!(scanned.records > 0, "{name}, {layout}");
        }
    }
}

#[test]
fn a_multisport_file_is_one_activity_with_a_device() {
    let fit = scan(&make::triathlon(START).build()).expect("a valid file");
    assert_eq!((fit.kind(), fit.sport(), fit.sub_sport()), (FileKind::Activity, Some(18), None));
    assert_eq!(fit.activity.as_ref().and_then(|a| a.num_sessions), Some(5));
    let identity = fit.identity().expect("the simulator's watch has a serial number");
    assert_eq!(identity.to_string(), format!("1:3290:3300000001:{START}"));
}

#[test]
fn scanner_and_fitparser_agree_on_a_chained_file() {
    let run = make::run(START + 4000, 30, 100.0).header_12().build();
    let ride = make::ride(START, 30, 200.0).big_endian().build();
    let chain = make::chain(&[run, ride]);
    let scanned = scanner(&chain);
    assert_eq!(scanned, fitparser(&chain));
    let Seen { sports, start_time, records } = scanned.expect("a valid chain");
    assert_eq!((sports, start_time, records), (vec!["running".into(), "cycling".into()], Some(START), 62));
}

#[test]
fn a_truncated_chain_is_corrupt_except_at_the_end_of_its_first_file() {
    let first = make::run(START, 30, 100.0).build();
    let chain = make::chain(&[first.clone(), make::ride(START, 30, 200.0).build()]);
    for bytes in 0..chain.len() {
        let is_valid = scan(&damage::truncate_at(&chain, bytes)).is_ok();
        assert_eq!(is_valid, bytes == first.len(), "truncated at {bytes}");
    }
}

#[test]
fn a_file_truncated_at_any_byte_is_corrupt() {
    for (name, file) in small_files() {
        for bytes in 0..file.len() {
            let verdict = scan(&damage::truncate_at(&file, bytes));
            let is_truncation = matches!(verdict, Err(FitError::Truncated { .. } | FitError::TooShort { .. }));
            assert!(is_truncation, "{name}, truncated at {bytes}: {verdict:?}");
        }
    }
}

#[test]
fn truncation_between_messages_is_detected_unlike_in_fitparser() {
    for (name, file) in small_files() {
        let messages = make::scan::records(&file).len();
        for record in 1..messages {
            let truncated = damage::truncate_at_record(&file, record);
            assert!(scan(&truncated).is_err(), "{name}, truncated before message {record}");
        }
        // The reason for this scanner; if this fails, fitparser was fixed.
        let truncated = damage::truncate_at_record(&file, messages - 1);
        assert!(fitparser(&truncated).is_ok(), "{name}");
    }
}

#[test]
fn any_flipped_bit_is_detected() {
    for (name, file) in small_files() {
        for byte in 0..file.len() {
            let flipped = damage::flip_bit(&file, byte, byte as u8);
            assert!(scan(&flipped).is_err(), "{name}, byte {byte}");
        }
    }
}

#[test]
fn a_wrong_data_size_is_detected_although_every_crc_is_valid() {
    for (name, file) in small_files() {
        for delta in [-500, -20, -3, -2, -1, 1, 2, 3, 20, 500] {
            let wrong = damage::wrong_data_size(&file, delta);
            assert!(scan(&wrong).is_err(), "{name}, {delta} bytes");
        }
        assert!(matches!(scan(&damage::wrong_crc(&file)), Err(FitError::FileCrc { .. })), "{name}");
    }
}
