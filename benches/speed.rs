//! How fast the rooms are that see every byte: each beside a yardstick on the same machine, so that ratios tell.
//!
//! Run by `scripts/bench`. It fails nothing: a number of one day on one machine is no test.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to say")]
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/support/large_catalogue.rs"]
mod large_catalogue;

use std::hint::black_box;
use std::time::{Duration, Instant};

use garminsync::activity::Activity;
use garminsync::catalogue::{Catalogue, Coverage, ListedRow, ListingDepth, ListingPurpose, ListingResult, Query};
use garminsync::fit;
use garminsync::record::{ActivityRecord, Reader, Record};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

/// Runs `work` over and over for about a second; the time of the quickest round.
fn quickest(mut work: impl FnMut()) -> Duration {
    let began = Instant::now();
    let mut best = Duration::MAX;
    while began.elapsed() < Duration::from_secs(1) || best == Duration::MAX {
        let round = Instant::now();
        work();
        best = best.min(round.elapsed());
    }
    best
}

fn report(what: &str, bytes: usize, yardstick: Duration, took: Duration) -> Duration {
    let speed = bytes as f64 / 1e6 / took.as_secs_f64();
    let ratio = took.as_secs_f64() / yardstick.as_secs_f64();
    println!("{what:<44} {:>9.1} ms {speed:>9.1} MB/s {ratio:>8.1} x", took.as_secs_f64() * 1e3);
    took
}

fn fit_files() {
    let start = gs_sim::HISTORY_END;
    let recordings = (0..20).map(|n| gs_sim::fit::run(start + n * 86_400, 7200, 20_000.0).build());
    let files: Vec<Vec<u8>> = recordings.collect();
    let bytes = files.iter().map(Vec::len).sum();
    println!("\nFIT: {} files, {} kB", files.len(), bytes / 1000);
    let hash = quickest(|| {
        files.iter().for_each(|file| {
            black_box(Sha256::digest(file));
        })
    });
    report("SHA-256 (the yardstick)", bytes, hash, hash);
    report(
        "fit::scan",
        bytes,
        hash,
        quickest(|| {
            files.iter().for_each(|file| {
                let _ = black_box(fit::scan(file));
            })
        }),
    );
    report(
        "fit::decode (fitparser)",
        bytes,
        hash,
        quickest(|| {
            files.iter().for_each(|file| {
                let _ = black_box(fit::decode(file));
            })
        }),
    );
}

fn activities(count: i64) -> Vec<Activity> {
    let newest = Timestamp::from_second(gs_sim::HISTORY_END).unwrap();
    let one = |n: i64| Activity {
        platform: "garmin-com".into(),
        id: (20_000_000_000 + n).to_string(),
        name: Some(format!("Morning run {n}")),
        sport: Some("running".into()),
        sub_sport: Some("trail".into()),
        platform_sport: Some("trail_running".into()),
        start_time: newest.checked_sub(SignedDuration::from_hours(n)).ok(),
        utc_offset_s: Some(3600),
        timer_time_s: Some(2223.326904296875),
        elapsed_time_s: Some(2225.44091796875),
        distance_m: Some(4261.18994140625),
        manufacturer: Some("garmin".into()),
        device: Some("3300000001".into()),
        manual: false,
    };
    (0..count).map(one).collect()
}

fn records() {
    let mut lines = Vec::new();
    for activity in activities(100_000) {
        Record::from(ActivityRecord { activity, downloaded: Some(true), ..ActivityRecord::default() })
            .write(&mut lines)
            .unwrap();
    }
    println!("\nRecords: 100000 lines, {} kB", lines.len() / 1000);
    let json = quickest(|| {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            black_box(serde_json::from_slice::<serde_json::Value>(line).unwrap());
        }
    });
    report("serde_json::Value (the yardstick)", lines.len(), json, json);
    let through = quickest(|| {
        let mut out = Vec::with_capacity(lines.len());
        for record in Reader::new(lines.as_slice()) {
            record.unwrap().1.write(&mut out).unwrap();
        }
        assert!(out == lines);
    });
    report("read and written again", lines.len(), json, through);
}

fn catalogue() {
    let dir = tempfile::tempdir().unwrap();
    let mut catalogue = Catalogue::open(&dir.path().join("c.sqlite"), Duration::from_secs(5)).unwrap();
    let (all, now) = (activities(50_000), Timestamp::from_second(gs_sim::HISTORY_END).unwrap());
    let raw = serde_json::to_string(&all[0]).unwrap();
    let bytes = raw.len() * all.len();
    println!("\nCatalogue: {} activities in pages of 100", all.len());
    let mut list = || {
        let began = Instant::now();
        let listing = catalogue.begin_listing("garmin-com", "bench", ListingPurpose::Sync, now).unwrap();
        for page in all.chunks(100) {
            let seen: Vec<ListedRow> = page.iter().map(|activity| ListedRow { activity, service_json: &raw }).collect();
            catalogue.upsert_page(listing, &seen, now).unwrap();
        }
        let reached = ListingResult {
            coverage: Coverage::default(),
            depth: ListingDepth::End,
            contiguous: true,
            items: all.len() as u64,
        };
        catalogue.finish_listing((listing, "garmin-com"), &reached, (false, true), now).unwrap();
        began.elapsed()
    };
    let first = list();
    report("a first listing (the yardstick)", bytes, first, first);
    report("the same again, nothing new", bytes, first, list());
    let read = quickest(|| {
        let mut count = 0;
        catalogue
            .entries(&Query::default(), |_| {
                count += 1;
                Ok::<_, garminsync::catalogue::Error>(())
            })
            .unwrap();
        assert_eq!(count, all.len());
    });
    report("all entries, newest first", bytes, first, read);
}

/// The whole of `gs-report`, as cron runs it.
fn page() {
    println!("\nThe page: all of gs-report");
    for platforms in [1, 3] {
        let dir = tempfile::tempdir().unwrap();
        large_catalogue::make(&dir.path().join("catalogue.sqlite"), 20_000, platforms, Timestamp::now());
        let made = || {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gs-report"));
            command.env_clear().env("HOME", dir.path()).arg("--data-dir").arg(dir.path());
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        };
        let took = quickest(made);
        let size = |name: &str| std::fs::metadata(dir.path().join("report").join(name)).unwrap().len() as usize;
        report(
            &format!("20000 exercises, platforms: {platforms}"),
            size("index.html") + size("status.json"),
            took,
            took,
        );
        interactive(&dir.path().join("report/index.html"));
    }
}

/// How soon a browser can use the page; nothing where there is none.
fn interactive(page: &std::path::Path) {
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.mjs");
    let output = std::process::Command::new("node").arg(script).args(["--only", "speed"]).arg(page).output();
    let said = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let line = said.lines().find(|line| line.contains("\"interactive\""));
    let value =
        line.and_then(|line| serde_json::from_str::<serde_json::Value>(line).ok()).map(|line| line["value"].clone());
    match value {
        Some(ms) => println!("{:<44} {ms:>9} ms", "  interactive in a browser"),
        None => println!("  no browser to measure in; scripts/test brings one"),
    }
}

fn main() {
    println!("{:<44} {:>12} {:>14} {:>10}", "", "time", "speed", "ratio");
    fit_files();
    records();
    catalogue();
    page();
}
