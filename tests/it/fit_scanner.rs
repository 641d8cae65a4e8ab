//! The scanner against `fitparser`, over every kind of file that the simulator writes: both see the
//! same in a whole file, and the scanner calls every cut or changed one broken.
//!
//! `cargo run --example fit_verdicts -- DIR` does the first part with real files.

#[allow(dead_code)] // it is a program, too
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

/// What is recorded: name, file in the making, expected sports.
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

/// How the same messages may be laid out in a file.
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

/// Every recording in every layout but the long triathlon: small enough to be cut at each byte.
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
fn both_see_the_same_in_a_whole_file() {
    for (name, file, sports) in recordings() {
        for (layout, bytes) in layouts(&file) {
            let ours = scanner(&bytes).unwrap_or_else(|broken| panic!("{name}, {layout}: {broken}"));
            assert_eq!(Ok(&ours), fitparser(&bytes).as_ref(), "{name}, {layout}");
            assert_eq!(ours.sports, sports, "{name}, {layout}");
            assert_eq!(ours.start_time, Some(START), "{name}, {layout}");
            assert!(ours.records > 0, "{name}, {layout}");
        }
    }
}

#[test]
fn a_multisport_file_is_one_activity_with_a_device() {
    let fit = scan(&make::triathlon(START).build()).expect("whole");
    assert_eq!((fit.kind(), fit.sport(), fit.sub_sport()), (FileKind::Activity, Some(18), None));
    assert_eq!(fit.activity.as_ref().and_then(|a| a.num_sessions), Some(5));
    let identity = fit.identity().expect("the simulator's watch has a serial number");
    assert_eq!(identity.to_string(), format!("1:3290:3300000001:{START}"));
}

#[test]
fn both_see_the_same_in_a_chain() {
    let run = make::run(START + 4000, 30, 100.0).header_12().build();
    let ride = make::ride(START, 30, 200.0).big_endian().build();
    let chain = make::chain(&[run, ride]);
    let ours = scanner(&chain);
    assert_eq!(ours, fitparser(&chain));
    let Seen { sports, start_time, records } = ours.expect("whole");
    assert_eq!((sports, start_time, records), (vec!["running".into(), "cycling".into()], Some(START), 62));
}

#[test]
fn a_chain_that_was_cut_is_broken_but_where_its_first_file_ends() {
    let first = make::run(START, 30, 100.0).build();
    let chain = make::chain(&[first.clone(), make::ride(START, 30, 200.0).build()]);
    for bytes in 0..chain.len() {
        let whole = scan(&damage::truncate_at(&chain, bytes)).is_ok();
        assert_eq!(whole, bytes == first.len(), "cut at {bytes}");
    }
}

#[test]
fn a_file_that_was_cut_anywhere_is_broken() {
    for (name, file) in small_files() {
        for bytes in 0..file.len() {
            let verdict = scan(&damage::truncate_at(&file, bytes));
            let named = matches!(verdict, Err(FitError::Truncated { .. } | FitError::TooShort { .. }));
            assert!(named, "{name}, cut at {bytes}: {verdict:?}");
        }
    }
}

#[test]
fn a_cut_between_two_messages_is_seen_although_fitparser_accepts_it() {
    for (name, file) in small_files() {
        let messages = make::scan::records(&file).len();
        for record in 1..messages {
            let cut = damage::truncate_at_record(&file, record);
            assert!(scan(&cut).is_err(), "{name}, cut before message {record}");
        }
        // The reason for having a scanner at all; should this fail, fitparser has been mended.
        let cut = damage::truncate_at_record(&file, messages - 1);
        assert!(fitparser(&cut).is_ok(), "{name}");
    }
}

#[test]
fn any_flipped_bit_is_seen() {
    for (name, file) in small_files() {
        for byte in 0..file.len() {
            let flipped = damage::flip_bit(&file, byte, byte as u8);
            assert!(scan(&flipped).is_err(), "{name}, byte {byte}");
        }
    }
}

#[test]
fn a_lie_about_the_length_is_seen_although_every_crc_is_right() {
    for (name, file) in small_files() {
        for delta in [-500, -20, -3, -2, -1, 1, 2, 3, 20, 500] {
            let lie = damage::wrong_data_size(&file, delta);
            assert!(scan(&lie).is_err(), "{name}, {delta} bytes");
        }
        assert!(matches!(scan(&damage::wrong_crc(&file)), Err(FitError::FileCrc { .. })), "{name}");
    }
}
