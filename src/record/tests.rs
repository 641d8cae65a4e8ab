use super::*;

const LINE: &str = r#"{"type":"activity","platform":"garmin-com","id":"21482825013","name":"Morning run","sport":"running","sub_sport":"trail","platform_sport":"trail_running","start_time":"2026-01-08T14:10:21Z","utc_offset_s":-21600,"timer_time_s":2223.3,"elapsed_time_s":2225.4,"distance_m":4261.2,"manufacturer":"garmin","downloaded":true,"duplicate_of":{"id":"7","reasons":[{"code":"start-apart","seconds":2.0,"text":"starts 2 s apart"}],"certainty":"match"}}"#;

fn written(record: &Record) -> String {
    let mut out = Vec::new();
    record.write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn read(text: &str) -> Vec<Result<Numbered, Malformed>> {
    Reader::new(text.as_bytes()).collect()
}

#[test]
fn a_record_round_trips() {
    assert_eq!(written(&Record::parse(LINE.as_bytes()).unwrap()).trim_end(), LINE);
}

#[test]
fn unknown_fields_and_types_pass_unchanged() {
    let line = r#"{"type":"activity","platform":"p","id":"1","shoes":{"km":512.1000000000001},"file":{"path":"a","sha256":"b","bytes":3,"mood":"good"},"deleted":{"since":"2026-01-08T14:10:21Z","confirmed":true,"by":"me"},"outcome":{"kind":"skipped","reasons":[{"code":"of-later","a":1,"text":"b"},{"code":"dry-run","text":"dry run"}],"mood":"good"}}"#;
    let again: Value = serde_json::from_str(&written(&Record::parse(line.as_bytes()).unwrap())).unwrap();
    assert_eq!(again, serde_json::from_str::<Value>(line).unwrap());
    let strange = r#"{"type":"weather",  "rain":1e3}"#;
    assert_eq!(written(&Record::parse(strange.as_bytes()).unwrap()).trim_end(), strange);
}

#[test]
fn an_unknown_problem_kind_is_kept() {
    let line = r#"{"type":"activity","platform":"p","id":"1","problem":{"command":"x","kind":"new-kind","reason":{"code":"other","detail":"m","text":"m"}}}"#;
    let record = Record::parse(line.as_bytes()).unwrap();
    assert_eq!(record.problem().unwrap().kind, ProblemKind::Other("new-kind".into()));
    assert_eq!(written(&record).trim_end(), line);
}

#[test]
fn an_error_names_the_number_of_the_malformed_line() {
    for bad in [
        "{",
        "[]",
        "7",
        r#"{"platform":"p","id":"1"}"#,
        r#"{"type":"activity","platform":"p"}"#,
        r#"{"type":"activity","platform":"p","id":1}"#,
        r#"{"type":"activity","platform":"p","id":"1","start_time":"yesterday"}"#,
    ] {
        let records = read(&format!("{LINE}\n\n{bad}\n"));
        assert!(records[0].is_ok());
        let message = records[1].as_ref().unwrap_err().to_string();
        assert!(message.starts_with("invalid record on line 3: "), "{bad}: {message}");
    }
}

#[test]
fn a_missing_last_line_break_and_windows_line_breaks_are_read() {
    let records = read(&format!("{LINE}\r\n{LINE}"));
    assert_eq!(records.len(), 2);
    assert_eq!(records[1].as_ref().unwrap().0, 2);
}

#[test]
fn the_reader_returns_every_byte_and_continues_after_a_malformed_line() {
    let text = format!(" {LINE} \r\n\n{{\n{LINE}");
    let mut reader = Reader::new(text.as_bytes());
    let (mut bytes, mut kinds) = (Vec::new(), Vec::new());
    while let Some(line) = reader.next_line().unwrap() {
        bytes.extend(line.bytes);
        kinds.push(line.record.map(|record| record.is_ok()));
    }
    assert_eq!((bytes, kinds), (text.into_bytes(), vec![Some(true), None, Some(false), Some(true)]));
}

#[test]
fn a_too_long_line_is_an_error() {
    let long = format!("{{\"type\":\"x\",\"a\":\"{}\"}}\n", "a".repeat(17 << 20));
    assert!(read(&long)[0].as_ref().unwrap_err().to_string().contains("longer than"));
}
