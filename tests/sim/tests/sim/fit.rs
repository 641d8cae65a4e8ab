//! The generated files, read by an independent reader.

use fitparser::profile::MesgNum;
use fitparser::{FitDataRecord, Value};
use gs_sim::fit::{self, Leg, Recording, Style, damage, scan};

const START: i64 = 1_700_000_000;

fn read(bytes: &[u8]) -> Vec<FitDataRecord> {
    fitparser::from_bytes(bytes).unwrap()
}

fn count(records: &[FitDataRecord], kind: MesgNum) -> usize {
    records.iter().filter(|record| record.kind() == kind).count()
}

fn field(record: &FitDataRecord, name: &str) -> Option<Value> {
    record.fields().iter().find(|field| field.name() == name).map(|field| field.value().clone())
}

#[test]
fn every_layout_decodes_to_the_same_records() {
    let run = fit::run(START, 600, 2000.0);
    let layouts = [
        run.build(),
        run.clone().header_12().build(),
        run.clone().zero_header_crc().build(),
        run.clone().big_endian().build(),
        run.clone().compressed_timestamps().build(),
        run.clone().compressed_timestamps().big_endian().build(),
    ];
    let times = |bytes: &[u8]| -> Vec<String> {
        let records = read(bytes);
        let only = records.iter().filter(|record| record.kind() == MesgNum::Record);
        only.map(|record| field(record, "timestamp").unwrap().to_string()).collect()
    };
    let expected = times(&layouts[0]);
    assert_eq!(expected.len(), 601);
    for layout in &layouts {
        assert_eq!(times(layout), expected);
    }
    assert!(layouts[4].len() < layouts[0].len());
}

#[test]
fn sessions_have_sport_and_totals() {
    let records = read(&fit::triathlon(START).build());
    assert_eq!(count(&records, MesgNum::Session), 5);
    let session = records.iter().find(|r| r.kind() == MesgNum::Session).unwrap();
    assert_eq!(field(session, "sport").unwrap().to_string(), "swimming");
    assert_eq!(field(session, "total_distance").unwrap().to_string(), "1500");
    assert_eq!(count(&read(&fit::swim(START, 1200, 1000.0).build()), MesgNum::Length), 40);
    let strength = read(&fit::strength(START, 1800).build());
    assert_eq!(count(&strength, MesgNum::Set), 20);
    assert_eq!(count(&strength, MesgNum::Activity), 1);
}

#[test]
fn developer_fields_and_chained_files_are_valid() {
    let leg = Leg { sport: (1, 0), style: Style::Outdoor, seconds: 30, metres: Some(90.0) };
    let recording = Recording { developer_fields: true, offset: 20_700, ..Recording::single(START, leg) };
    let file = recording.encode();
    let records = read(&file);
    let sample = records.iter().find(|r| r.kind() == MesgNum::Record).unwrap();
    assert!(field(sample, "form_power").is_some());
    assert_eq!(scan::summary(&file).offset, Some(20_700));
    assert_eq!(count(&read(&fit::chain(&[file.clone(), file])), MesgNum::Session), 2);
}

#[test]
fn an_independent_reader_rejects_damaged_files() {
    let file = fit::ride(START, 300, 2000.0).build();
    assert!(fitparser::from_bytes(&file).is_ok());
    for broken in [
        damage::flip_bit(&file, file.len() / 2, 2),
        damage::truncate_at(&file, file.len() - 40),
        damage::wrong_data_size(&file, 64),
        damage::wrong_crc(&file),
    ] {
        assert!(fitparser::from_bytes(&broken).is_err());
    }
    // This reader accepts a file that ends between two records: only the length in its header
    // reveals the truncation.
    let short = damage::truncate_at_record(&file, 100);
    assert!(fitparser::from_bytes(&short).is_ok());
    assert_eq!(short[4..8], file[4..8]);
    assert!(scan::records(&file).iter().any(|record| record.span.0 == short.len()));
}
