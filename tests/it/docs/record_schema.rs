//! Records follow `docs/record.schema.json`: in every document, and in every line of a complete pipeline.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::support::paths::repository;
use crate::support::schema::faults;
use crate::support::{FILES, Said, Work};
use gs_sim::{Effect, Fault, Scenario};
use serde_json::{Value, json};

/// Expects that every line is a valid record with documented fields only. Adds the fields to `seen`.
#[track_caller]
fn expect_valid(said: &Said, seen: &mut BTreeSet<String>) -> String {
    for record in said.records() {
        assert_eq!(faults(&record, true), [""; 0], "{record}\n{said}");
        collect("", &record, seen);
    }
    said.out.clone()
}

/// Collects the full names of all fields, and the kinds of outcomes and problems.
fn collect(at: &str, value: &Value, seen: &mut BTreeSet<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let name = format!("{at}{name}");
        for value in value.as_array().into_iter().flatten() {
            collect(&format!("{name}."), value, seen);
        }
        if ["outcome.kind", "problem.kind", "type", "duplicate_of.certainty"].contains(&name.as_str()) {
            seen.insert(format!("{name}={}", value.as_str().unwrap()));
        }
        collect(&format!("{name}."), value, seen);
        seen.insert(name);
    }
}

#[test]
fn every_record_that_a_command_prints_follows_the_schema() {
    let sim = Scenario::default_three(60, 3).start();
    let mut work = Work::with(&sim);
    work.set_all_passwords();
    let mut seen = BTreeSet::new();
    let pass = |name: &str, args: &[&str], input: &str, seen: &mut BTreeSet<String>| {
        expect_valid(&work.given(name, args, input), seen)
    };
    let listed = pass("gs-fetch", &[], "", &mut seen);
    let planned = pass("gs-diff", &["--explain"], &listed, &mut seen);
    sim.fault(Fault::new(Effect::Html).path(FILES).count(1));
    let archived = pass("gs-download", &[], &planned, &mut seen);
    let sent = pass("gs-upload", &[], &archived, &mut seen);
    pass("gs-notify", &[], &sent, &mut seen);
    let marked = pass("gs-dedupe", &["--duplicates"], &listed, &mut seen);
    let both = pass("gs-download", &[], &marked, &mut seen);
    let judged = pass("gs-dedupe", &[], &both, &mut seen);
    pass("gs-delete", &["--yes", "--max-delete", "1"], &judged, &mut seen);
    let all = pass("gs-list", &["--all"], "", &mut seen);
    assert!(all.lines().count() > 100);
    let expected = [
        "type=activity",
        "type=transfer",
        "outcome.kind=created",
        "outcome.kind=deleted",
        "outcome.kind=skipped",
        "outcome.reasons.code",
        "outcome.reasons.text",
        "duplicate_of.certainty=same-file",
        "duplicate_of.reasons.seconds",
        "problem.kind=corrupt-file",
        "file.format",
        "deleted.confirmed",
        "activity.start_time",
        "reasons.code",
        "problem.reason.text",
    ];
    let missing_fields: Vec<_> = expected.iter().filter(|name| !seen.contains(**name)).collect();
    assert!(missing_fields.is_empty(), "missing in the pipeline: {missing_fields:?}, found: {seen:?}");
}

#[test]
fn invalid_records_are_rejected_by_schema_and_parser() {
    let good = json!({"type": "activity", "platform": "coros", "id": "1", "mood": "good"});
    assert_eq!(faults(&good, false), [""; 0]);
    assert_eq!(faults(&good, true), ["record: nobody tells of mood"]);
    assert_eq!(faults(&json!({"type": "weather", "rain": 1}), true), [""; 0]);
    for (name, value) in [
        ("id", json!(1)),
        ("start_time", json!("yesterday")),
        ("timer_time_s", json!("5")),
        ("file", json!({"path": "a", "sha256": "b", "bytes": -1})),
        ("duplicate_of", json!({"id": "1", "reasons": [1], "certainty": "x"})),
        ("type", json!(1)),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        assert!(!faults(&bad, false).is_empty(), "{bad}");
        let line = bad.to_string();
        assert!(garminsync::record::Record::parse(line.as_bytes()).is_err(), "the commands accept {line}");
    }
    let with = |reason: Value| json!({"type": "transfer", "to": "coros", "activity": {"platform": "p", "id": "1"}, "reasons": [reason]});
    assert_eq!(
        faults(&with(json!({"code": "start-apart", "seconds": 2.0, "text": "starts 2 s apart"})), true),
        [""; 0]
    );
    assert_eq!(faults(&with(json!({"code": "of-another-version", "moon": "full", "text": "x"})), false), [""; 0]);
    for reason in [
        json!({"code": "start-apart", "seconds": "2", "text": "x"}),
        json!({"code": "start-apart", "text": "x"}),
        json!({"code": "stopped"}),
        json!({"text": "x"}),
        json!("starts 2 s apart"),
    ] {
        assert!(!faults(&with(reason.clone()), false).is_empty(), "{reason}");
    }
    let more = json!({"code": "stopped", "moon": "full", "text": "x"});
    assert!(!faults(&with(more), true).is_empty(), "moon is not a parameter of this code");
    assert!(!faults(&json!({"type": "transfer", "to": "coros"}), false).is_empty());
    assert!(!faults(&json!({"platform": "coros"}), false).is_empty());
}

fn documents() -> Vec<PathBuf> {
    let mut all = vec![repository().join("README.md")];
    for dir in ["docs", "man", "src/bin"] {
        all.extend(std::fs::read_dir(repository().join(dir)).into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    all.retain(|path| path.extension().is_some_and(|ending| ["md", "rs", "1", "5"].iter().any(|text| ending == *text)));
    all
}

/// The text as a reader sees it: a man page without markup, and with examples in one line.
fn as_read(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "1" || ending == "5") {
        let plain = text.replace("\\\n", "").replace("\\-", "-").replace("\\(aq", "'").replace("\\e", "\\");
        return plain.replace("\n ", "").replace(".EE\n", "\n");
    }
    text
}

#[test]
fn every_record_example_in_the_documents_is_valid() {
    let mut found = 0;
    for path in documents() {
        let text = as_read(&path);
        for (at, _) in text.match_indices("{\"type\":\"") {
            // Every text that begins like a record has to be a complete example.
            let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Value>();
            let record = values
                .next()
                .unwrap()
                .unwrap_or_else(|error| panic!("{}: {error}: {:.200}", path.display(), &text[at..]));
            assert_eq!(faults(&record, true), [""; 0], "{}: {record}", path.display());
            found += 1;
        }
    }
    assert!(found >= 4, "only {found} examples were found");
}
