//! `gs-list --format csv`: safe to open in a spreadsheet.

use crate::support::{Work, plain};

#[test]
fn names_are_escaped_against_formulas_and_numbers_stay_numbers() {
    let names = [
        "=HYPERLINK(\"http://evil.example\")",
        "\t=1+1",
        "+cmd|' /C calc'!A0",
        "-7",
        "a,\"b\"\r\nc",
        "@SUM(A1)",
        "Run",
    ];
    let sim = plain(names.len());
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let connection = rusqlite::Connection::open(work.data("catalogue.sqlite")).unwrap();
    for (number, name) in names.iter().enumerate() {
        let id = (20_000_000_000 + number as u64).to_string();
        let sql = "UPDATE activities SET name = ?1, device = ?1, platform_sport = ?1, utc_offset_s = -3600, timer_time_s = -0.5 WHERE id = ?2";
        assert_eq!(connection.execute(sql, [*name, &id]).unwrap(), 1);
    }
    drop(connection);
    let said = work.run("gs-list", &["--format", "csv"]);
    let mut reader = csv::Reader::from_reader(said.ok().out.as_bytes());
    let head = reader.headers().unwrap().clone();
    let at = |name: &str| head.iter().position(|column| column == name).unwrap();
    let mut rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    rows.sort_by_key(|row| row[at("id")].to_owned());
    let expected =
        ["'=HYPERLINK(\"http://evil.example\")", "'=1+1", "'+cmd|' /C calc'!A0", "-7", "a,\"b\"c", "'@SUM(A1)", "Run"];
    assert_eq!(rows.len(), expected.len());
    for (row, expected) in rows.iter().zip(expected) {
        for column in ["name", "device", "platform_sport"] {
            assert_eq!(&row[at(column)], expected, "{column}");
        }
        // Negative numbers stay numbers.
        assert_eq!((&row[at("utc_offset_s")], &row[at("timer_time_s")]), ("-3600", "-0.5"));
        assert!(row.iter().all(|cell| !cell.chars().any(char::is_control)), "{row:?}");
    }
    // Records are for programs: names are unchanged.
    let records = work.run("gs-list", &[]).ok().records();
    assert!(records.iter().any(|record| record["name"] == "\t=1+1"));
}
