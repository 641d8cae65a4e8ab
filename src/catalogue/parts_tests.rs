//! How the parts of a long history are read.

use super::tests::{open, plan};
use super::*;

#[test]
fn an_activity_is_scattered_if_its_distance_takes_too_long_at_the_highest_speed() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = open(&dir);
    let sql = "INSERT INTO activities (platform, id, start_time, distance_m, first_seen, last_seen)
        VALUES ('coros', '1', 1700000000, 2500000, 1, 1)";
    catalogue.connection.execute(sql, []).unwrap();
    let scattered = |fastest_m_per_s| {
        catalogue.scattered(ScatterLimits { far_s: FAR_S, fastest_m_per_s, during: 1 }).unwrap().len()
    };
    assert_eq!((scattered(25.0), scattered(10.0)), (0, 1));
}

#[test]
fn the_parts_of_a_long_history_are_read_by_keys() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = open(&dir);
    let of = |sql: &str| plan(&catalogue, sql, Vec::new());
    assert_eq!(of(parts::UPLOAD), "SEARCH uploads USING INTEGER PRIMARY KEY (rowid=?)");
    assert_eq!(of(parts::GROUP_NUMBER), "SEARCH activity_groups USING PRIMARY KEY (platform=? AND id=?)");
    assert_eq!(of(parts::UPLOAD_KEYS), "SCAN uploads");
    let during = of(parts::DURING_A_PERIOD);
    assert!(during.contains("USING INDEX activities_newest (<expr>>? AND <expr><?)"), "{during}");
    assert!(!during.contains("TEMP B-TREE"), "{during}");
    // Each activity is found by its key; groups are sorted once, by their number.
    let groups = of(parts::FAR_GROUPS);
    assert!(groups.contains("SEARCH a USING PRIMARY KEY (platform=? AND id=?)"), "{groups}");
    let uploads = of(parts::FAR_UPLOADS);
    for activity in
        ["SEARCH s USING PRIMARY KEY (platform=? AND id=?)", "SEARCH t USING PRIMARY KEY (platform=? AND id=?)"]
    {
        assert!(uploads.contains(activity), "{uploads}");
    }
    for sql in [parts::first_files(), parts::of_any_start()] {
        let plan = of(&sql);
        assert!(plan.contains("USING PRIMARY KEY (platform=? AND id=?") && !plan.contains("TEMP B-TREE"), "{plan}");
        assert!(!plan.contains("AUTOMATIC"), "{plan}");
    }
    assert_eq!(of(parts::LONG), "SCAN activities");
    let more = of(parts::MORE_THAN);
    assert!(more.contains("USING COVERING INDEX"), "{more}");
}
