//! The values and errors that the scan finds in small files. No input causes a panic.

use super::super::sample::{ENUM, START, START_UNIX_S, STRING, Sample, UINT16, UINT32, UINT32Z};
use super::super::{FileKind, Fit, FitError, RecordingId};
use super::*;
use proptest::prelude::*;

fn whole(sample: Sample) -> Fit {
    scan(&sample.finish()).expect("a complete file")
}

fn broken(bytes: &[u8]) -> FitError {
    scan(bytes).expect_err("broken")
}

#[test]
fn the_file_of_a_watch_is_read() {
    let fit = scan(&Sample::activity()).expect("a complete file");
    assert_eq!((fit.files, fit.kind(), fit.records), (1, FileKind::Activity, 3));
    assert_eq!((fit.sport(), fit.sub_sport()), (Some(1), Some(3)));
    assert_eq!(fit.start_time(), Some(START_UNIX_S));
    assert_eq!(fit.first_record_time, Some(START_UNIX_S + 1));
    assert_eq!(fit.last_record_time, Some(START_UNIX_S + 3));
    let session = &fit.sessions[0];
    assert_eq!(session.total_elapsed_time_s, Some(2225.4));
    assert_eq!(session.total_timer_time_s, Some(2223.3));
    assert_eq!(session.total_distance_m, Some(4261.2));
    let activity = fit.activity.as_ref().expect("an activity message");
    assert_eq!(activity.timestamp, Some(START_UNIX_S + 10));
    assert_eq!(activity.utc_offset_s, Some(-6 * 3600));
    assert_eq!(activity.num_sessions, Some(1));
    assert!(!fit.developer_fields);
    let identity = fit.identity().expect("a full file_id");
    assert_eq!(identity.to_string(), format!("294:812:123456:{START_UNIX_S}"));
}

#[test]
fn big_endian_values_and_texts_are_read() {
    let fields = [(1, 2, UINT16), (3, 4, UINT32Z), (4, 4, UINT32), (8, 8, STRING)];
    let fit = whole(
        Sample::new()
            .big_endian()
            .define(5, 0, &fields)
            .data(5, &[&23u16.to_be_bytes(), &7u32.to_be_bytes(), &START.to_be_bytes(), b"Race \0\0x"]),
    );
    assert_eq!(fit.file_id.manufacturer, Some(23));
    assert_eq!(fit.file_id.serial_number, Some(7));
    assert_eq!(fit.start_time(), Some(START_UNIX_S), "only time_created is present");
    assert_eq!(fit.file_id.product_name.as_deref(), Some("Race"));
    assert_eq!((fit.kind(), fit.identity()), (FileKind::Other, None));
}

#[test]
fn invalid_values_are_omitted() {
    let fields = [
        (0, 1, ENUM),
        (1, 2, UINT16),
        (2, 1, UINT16), // a size that does not fit the type
        (3, 4, UINT32Z),
        (4, 4, UINT32),
        (8, 2, STRING),
    ];
    let nothing: [&[u8]; 6] = [&[0xFF], &[0xFF; 2], &[1], &[0; 4], &[0xFF; 4], &[0; 2]];
    let fit = whole(Sample::new().define(0, 0, &fields).data(0, &nothing));
    assert_eq!(fit.file_id, FileId::default());
    assert_eq!((fit.sport(), fit.start_time()), (None, None));
}

#[test]
fn the_date_of_an_unset_clock_is_ignored() {
    let fit = whole(Sample::new().session(1, 0, 4711));
    assert_eq!(fit.start_time(), None);
}

#[test]
fn developer_fields_are_skipped() {
    let sample = Sample::new()
        .file_id()
        .define_with_developer(1, 20, &[(253, 4, UINT32)], &[(0, 2, 0), (1, 3, 0)])
        .data(1, &[&START.to_le_bytes(), &[1, 2, 3, 4, 5]]);
    let fit = whole(sample);
    assert!(fit.developer_fields);
    assert_eq!((fit.records, fit.last_record_time), (1, Some(START_UNIX_S)));
}

#[test]
fn compressed_timestamps_continue_and_roll_over() {
    let low = (START & 0x1F) as u8;
    let sample = Sample::new()
        .file_id()
        .define(1, 21, &[(253, 4, UINT32)])
        .define(2, 20, &[(3, 1, 0x02)])
        .data(1, &[&START.to_le_bytes()])
        .compressed(2, low, &[&[99]])
        .compressed(2, (low + 31) % 32, &[&[99]])
        .compressed(2, low, &[&[99]]);
    let fit = whole(sample);
    assert_eq!(fit.records, 3);
    assert_eq!(fit.first_record_time, Some(START_UNIX_S));
    assert_eq!(fit.last_record_time, Some(START_UNIX_S + 32));
}

#[test]
fn a_local_type_may_be_redefined() {
    let sample = Sample::new().file_id().define(0, 20, &[(253, 4, UINT32)]);
    let fit = whole(sample.data(0, &[&START.to_le_bytes()]));
    assert_eq!(fit.records, 1);
    assert_eq!(fit.file_id.manufacturer, Some(294));
}

#[test]
fn several_sports_are_multisport_and_transitions_are_ignored() {
    let sports = |sports: &[(u8, u8)]| {
        let mut sample = Sample::new().file_id();
        for (leg, &(sport, sub_sport)) in sports.iter().enumerate() {
            sample = sample.session(sport, sub_sport, START + leg as u32);
        }
        let fit = whole(sample);
        assert_eq!(fit.start_time(), Some(START_UNIX_S));
        (fit.sport(), fit.sub_sport())
    };
    assert_eq!(sports(&[(5, 18), (3, 0), (2, 0), (3, 0), (1, 0)]), (Some(18), None));
    assert_eq!(sports(&[(1, 3), (3, 0), (1, 3)]), (Some(1), Some(3)));
    assert_eq!(sports(&[(1, 3), (1, 4)]), (Some(1), None));
    assert_eq!(sports(&[(3, 0)]), (Some(3), Some(0)));
    assert_eq!(sports(&[(0xFF, 0xFF)]), (None, None));
}

#[test]
fn a_chain_has_the_identity_of_its_activity() {
    let settings = Sample::new().define(0, 0, &[(0, 1, ENUM)]).data(0, &[&[2]]);
    let heart_rates = Sample::new().define(0, 132, &[(253, 4, UINT32)]);
    let chain = [settings.finish(), Sample::activity(), heart_rates.finish()].concat();
    let fit = scan(&chain).expect("a complete file");
    assert_eq!((fit.files, fit.activity_files, fit.kind()), (3, 1, FileKind::Activity));
    let alone = scan(&Sample::activity()).expect("a complete file");
    assert_eq!(fit.file_id, alone.file_id);
    assert_eq!(fit.identity(), alone.identity());
}

#[test]
fn a_chain_of_two_activities_has_no_identity() {
    let fit = scan(&[Sample::activity(), Sample::activity()].concat()).expect("a complete file");
    assert_eq!((fit.files, fit.activity_files), (2, 2));
    assert_eq!((fit.sessions.len(), fit.records), (2, 6));
    assert_eq!(fit.identity(), None);
}

#[test]
fn chained_files_share_no_state() {
    let first = Sample::activity();
    let at = first.len() + 14;
    let chain = [first, Sample::new().data(1, &[&[0; 5]]).finish()].concat();
    assert_eq!(broken(&chain), FitError::Undefined { at, local: 1 });
}

#[test]
fn an_ambiguous_manufacturer_gives_no_identity() {
    let by = |manufacturer: u16| {
        let mut fit = scan(&Sample::activity()).expect("a complete file");
        fit.file_id.manufacturer = Some(manufacturer);
        fit.identity()
    };
    assert!(matches!(by(1), Some(RecordingId { manufacturer: 1, .. })));
    assert_eq!(by(255), None, "development");
}

#[test]
fn bytes_after_the_end_are_an_error() {
    let mut bytes = Sample::activity();
    let at = bytes.len();
    bytes.extend([0; 512]);
    assert_eq!(broken(&bytes), FitError::Trailing { at, bytes: 512 });
    bytes.truncate(at);
    bytes.extend(&Sample::activity()[..100]);
    let declared = 2 * at as u64;
    assert_eq!(broken(&bytes), FitError::Truncated { declared, has: at + 100 });
}

#[test]
fn malformed_messages_with_valid_crcs_are_errors() {
    let undefined = Sample::new().data(7, &[&[0; 3]]).finish();
    assert_eq!(broken(&undefined), FitError::Undefined { at: 14, local: 7 });

    let short = Sample::new().define(0, 20, &[(253, 4, UINT32)]).data(0, &[&[0; 3]]);
    let (at, runs_to, data_end) = (23, 28, 27);
    assert_eq!(broken(&short.finish()), FitError::Overrun { at, runs_to, data_end });

    let mut cut = Sample::new().define(0, 20, &[(253, 4, UINT32)]).finish();
    cut[19] = 2; // the number of fields
    super::super::sample::fix_crcs(&mut cut);
    let (at, runs_to, data_end) = (14, 26, 23);
    assert_eq!(broken(&cut), FitError::Overrun { at, runs_to, data_end });
}

#[test]
fn more_sessions_than_any_recording_has_are_an_error() {
    let sessions = |count: usize| {
        let zeros = vec![0; 2 * count - 1];
        scan(&Sample::new().define(0, 18, &[(5, 1, ENUM)]).data(0, &[&zeros]).finish()).map(|fit| fit.sessions.len())
    };
    assert_eq!(sessions(1_000), Ok(1_000));
    assert_eq!(sessions(1_001), Err(FitError::TooMany { message: "session", limit: 1_000 }));
}

/// Any bytes as the data of a file with a valid header and CRC, so that the messages are read.
fn sealed(data: Vec<u8>) -> Vec<u8> {
    match data.split_first() {
        Some((&first, rest)) => Sample::new().data(first, &[rest]).finish(),
        None => Sample::new().finish(),
    }
}

proptest! {
    #[test]
    fn any_bytes_cause_no_panic(bytes: Vec<u8>) {
        let _ = scan(&bytes);
    }

    #[test]
    fn any_messages_cause_no_panic(data: Vec<u8>) {
        if let Ok(fit) = scan(&sealed(data)) {
            let _ = (fit.sport(), fit.sub_sport(), fit.start_time(), fit.identity());
        }
    }

    #[test]
    fn changed_files_cause_no_panic(changes in prop::collection::vec((0usize..300, any::<u8>()), 1..20)) {
        let mut bytes = Sample::activity();
        let length = bytes.len();
        for (at, byte) in changes {
            bytes[at % length] = byte;
        }
        let _ = scan(&bytes);
        super::super::sample::fix_crcs(&mut bytes);
        let _ = scan(&bytes);
    }

    #[test]
    fn a_part_of_a_file_is_never_complete(length in 0usize..250) {
        let bytes = Sample::activity();
        prop_assume!(length < bytes.len());
        prop_assert!(scan(&bytes[..length]).is_err());
    }
}
