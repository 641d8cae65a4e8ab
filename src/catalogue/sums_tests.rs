//! The numbers of a list are those of its records.

use rusqlite::params;

use super::tests::{now, open, plan};
use super::*;
use crate::activity::ActivityKey;

/// A catalogue with every kind of activity, file and problem.
fn filled(dir: &tempfile::TempDir) -> Catalogue {
    let catalogue = open(dir);
    let mut number: i64 = 0;
    for platform in ["garmin-com", "coros", "folder:/a b"] {
        for start in [None, Some(0), Some(-5), Some(1_700_000_000)] {
            for (sport, own) in
                [(None, None), (Some("running"), None), (None, Some("my own")), (Some("Running"), Some("x"))]
            {
                for state in 0..12_i64 {
                    number += 1;
                    let (missing_since, missing_count) =
                        [(None, 0), (Some(5), 1), (Some(5), 2), (Some(5), 0)][number as usize % 4];
                    let sql =
                        "INSERT INTO activities (platform, id, sport, sub_sport, platform_sport, start_time, manual,
                            no_original, first_seen, last_seen, first_listing, missing_since, missing_count)
                        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, 1, ?9, ?10, ?11)";
                    let listing = (number % 3 != 0).then_some(number);
                    let sub_sport = (number % 5 == 0).then_some("trail");
                    let values = params![
                        platform,
                        number.to_string(),
                        sport,
                        sub_sport,
                        own,
                        start,
                        number % 7 == 0,
                        number % 2 == 0,
                        listing,
                        missing_since,
                        missing_count
                    ];
                    catalogue.connection.execute(sql, values).unwrap();
                    let file = "INSERT INTO files (platform, id, part, path, sha256, bytes, format, origin, corrupt, archived_at,
                            verified_at) VALUES (?1, ?2, ?3, ?4, 'aa', ?5, 'fit', 'original', ?6, 1, 1)";
                    for part in 0..[0, 1, 1, 2][state as usize % 4] {
                        let path = format!("fit/{number}_{part}");
                        let values = params![platform, number.to_string(), part, path, number * 10, state % 3 == 0];
                        catalogue.connection.execute(file, values).unwrap();
                    }
                    if state % 5 == 0 {
                        let problem = "INSERT INTO problems VALUES (?1, ?2, ?3, 'rejected', '{}', 1, ?4, ?5)";
                        let command = if state == 0 { "gs-upload" } else { "gs-download" };
                        let values =
                            params![platform, number.to_string(), command, now().as_second() - state, 2 + state];
                        catalogue.connection.execute(problem, values).unwrap();
                    }
                }
            }
        }
    }
    catalogue
}

type Numbers = (ActivityKey, Option<(String, u64)>, bool, bool, bool, Option<Unavailable>);

fn queries() -> Vec<Query> {
    let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
    let at = |second| Some(jiff::Timestamp::from_second(second).unwrap());
    let mut queries = vec![Query::default(), Query { listed: true, first_listing_after: Some(40), ..Query::default() }];
    for platforms in [texts(&[]), texts(&["coros"]), texts(&["folder:/a b", "garmin-com"]), texts(&["none"])] {
        for missing in [None, Some(true), Some(false)] {
            let query = Query { platforms: platforms.clone(), missing, ..Query::default() };
            queries.push(Query { since: at(0), ..query.clone() });
            queries.push(Query { until: at(0), ..query.clone() });
            queries.push(Query { since: at(-5), until: at(1_700_000_001), ..query.clone() });
            queries.push(Query { sports: texts(&["running", "my own"]), ..query.clone() });
            queries.push(Query { sports: texts(&["trail"]), ids: texts(&["5", "10", "400", "x"]), ..query.clone() });
            queries.push(query);
        }
    }
    queries
}

#[test]
fn the_file_summaries_of_a_query_are_those_of_its_entries() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = filled(&dir);
    let mut count = 0;
    for query in queries() {
        let (mut states, mut entries): (Vec<Numbers>, Vec<Numbers>) = (Vec::new(), Vec::new());
        let platforms = catalogue.platforms().unwrap();
        for platform in platforms.iter().filter(|name| query.platforms.is_empty() || query.platforms.contains(name)) {
            catalogue
                .file_summaries(platform, &query, |one| {
                    let key = ActivityKey::new(platform.as_str(), one.id);
                    let more = catalogue.more_files(key.as_key())?;
                    assert_eq!(!more.is_empty(), one.has_more_files);
                    states.push((key, one.file, one.has_more_files, one.no_original, one.is_missing, one.unavailable));
                    Ok::<_, Error>(())
                })
                .unwrap();
        }
        catalogue
            .entries(&query, |entry| {
                let file = entry.file.filter(|file| !file.corrupt).map(|file| (file.path, file.bytes));
                let (has_more, is_missing) = (!entry.more_files.is_empty(), entry.missing.is_some());
                assert_eq!(catalogue.more_files(entry.activity.as_key())?, entry.more_files);
                entries.push((entry.activity.key(), file, has_more, entry.no_original, is_missing, entry.unavailable));
                Ok::<_, Error>(())
            })
            .unwrap();
        states.sort_by(|one, other| one.0.cmp(&other.0));
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        assert_eq!(states, entries, "{query:?}");
        count += states.len();
    }
    assert!(count > 5000, "{count}");
}

#[test]
fn the_numbers_of_a_platform_are_read_without_sorting() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = open(&dir);
    for (after, key) in [(None, "(platform=?)"), (Some("9"), "(platform=? AND id>?)")] {
        let query = Query { missing: after.map(|_| false), ..Query::default() };
        let (sql, values) = sums::select("coros", &query, after);
        let plan = plan(&catalogue, &sql, values);
        assert!(plan.contains(&format!("SEARCH a USING PRIMARY KEY {key}")), "{plan}");
        assert!(plan.contains("SEARCH f USING PRIMARY KEY (platform=? AND id=? AND part=?)"), "{plan}");
        assert!(plan.contains("SEARCH p USING PRIMARY KEY (platform=? AND id=? AND command=?)"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE") && !plan.contains("SCAN"), "{plan}");
    }
}

#[test]
fn batches_of_file_summaries_have_each_activity_once() {
    let dir = tempfile::tempdir().unwrap();
    let catalogue = open(&dir);
    let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
        INSERT INTO activities (platform, id, first_seen, last_seen) SELECT 'coros', i, 1, 1 FROM n
        UNION ALL SELECT 'intervals', i, 1, 1 FROM n";
    catalogue.connection.execute(sql, []).unwrap();
    let mut ids = Vec::new();
    let add = |one: FileSummary| {
        ids.push(one.id);
        Ok::<_, Error>(())
    };
    catalogue.file_summaries("coros", &Query::default(), add).unwrap();
    ids.sort_by_key(|id| id.parse::<u32>().unwrap());
    assert!(ids.into_iter().eq((1..=3000).map(|id| id.to_string())));
}
