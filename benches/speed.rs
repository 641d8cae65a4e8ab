//! The rows of `scripts/bench` that are measured inside one process. `speed ROW DIR` prints the lines of a row: figure,
//! value, unit, peer, value of the peer, peak memory (KiB) and goal, separated by tabs, with `-` for what a row does not
//! have. DIR is a folder for its files.

#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has nothing to say")]
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

#[allow(dead_code, reason = "shared with the tests")]
#[path = "../tests/support/large_catalogue.rs"]
mod large_catalogue;

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use garminsync::activity::Activity;
use garminsync::catalogue::{Catalogue, Coverage, ListedRow, ListingDepth, ListingPurpose, ListingResult};
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

/// Prints a line of the table.
fn line(figure: &str, value: f64, unit: &str, peer: Option<(&str, f64)>, goal: &str) {
    let (name, beside) = peer.map_or(("-", "-".to_owned()), |(name, value)| (name, value.to_string()));
    println!("{figure}\t{value}\t{unit}\t{name}\t{beside}\t-\t{goal}");
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The scanner beside SHA-256 and fitparser. The files stay in `dir`, for other readers.
fn fit_files(dir: &Path) {
    let start = gs_sim::HISTORY_END;
    let recordings = (0..20).map(|n| gs_sim::fit::run(start + n * 86_400, 7200, 20_000.0).build());
    let files: Vec<Vec<u8>> = recordings.collect();
    for (number, file) in files.iter().enumerate() {
        std::fs::write(dir.join(format!("{number}.fit")), file).unwrap();
    }
    let of_all = |work: &dyn Fn(&[u8])| ms(quickest(|| files.iter().for_each(|file| work(file))));
    let scan = of_all(&|file| _ = black_box(fit::scan(file)));
    let hash = of_all(&|file| {
        black_box(Sha256::digest(file));
    });
    let decode = of_all(&|file| _ = black_box(fitparser::from_bytes(file)));
    let bytes: usize = files.iter().map(Vec::len).sum();
    let figure = format!("FIT scan, {:.1} MB in {} files", bytes as f64 / 1e6, files.len());
    line(&figure, scan, "ms", Some(("SHA-256", hash)), "-");
    line(&figure, scan, "ms", Some(("fitparser 0.11", decode)), "-");
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
    let json = quickest(|| {
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            black_box(serde_json::from_slice::<serde_json::Value>(line).unwrap());
        }
    });
    let through = quickest(|| {
        let mut out = Vec::with_capacity(lines.len());
        for record in Reader::new(lines.as_slice()) {
            record.unwrap().1.write(&mut out).unwrap();
        }
        assert!(out == lines);
    });
    line("records, read and written, 10^5", ms(through), "ms", Some(("serde_json::Value, read", ms(json))), "-");
}

/// Listings into the catalogue in pages of 100, as the services return them.
fn listing(dir: &Path) {
    let file = dir.join("listing.sqlite");
    let _ = std::fs::remove_file(&file);
    let mut catalogue = Catalogue::open(&file, Duration::from_secs(5)).unwrap();
    let (all, now) = (activities(50_000), Timestamp::from_second(gs_sim::HISTORY_END).unwrap());
    let raw = serde_json::to_string(&all[0]).unwrap();
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
        all.len() as f64 / began.elapsed().as_secs_f64()
    };
    line("listing into the catalogue, first", list().round(), "rows/s", None, ">= 100000");
    line("listing into the catalogue, unchanged", list().round(), "rows/s", None, ">= 300000");
}

/// The whole of `gs-report`, as cron runs it, and the time until a browser has loaded the page.
fn page(dir: &Path) {
    for platforms in [1, 3] {
        let dir = dir.join(format!("page-{platforms}"));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir(&dir).unwrap();
        large_catalogue::make(&dir.join("catalogue.sqlite"), 20_000, platforms, Timestamp::now());
        let took = quickest(|| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gs-report"));
            let output = command.env_clear().env("HOME", &dir).arg("--data-dir").arg(&dir).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        });
        line(&format!("gs-report, 20000 activities, platforms: {platforms}"), ms(took), "ms", None, "-");
        if let Some(time) = interactive(&dir.join("report/index.html")) {
            line(&format!("its page in a browser, platforms: {platforms}"), time, "ms", None, "-");
        }
    }
}

/// Milliseconds until a browser can use the page; nothing without the tools that scripts/test installs.
fn interactive(page: &Path) -> Option<f64> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/check.mjs");
    let output = std::process::Command::new("node").arg(script).args(["--only", "speed"]).arg(page).output().ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| line.contains("\"interactive\""))?;
    serde_json::from_str::<serde_json::Value>(line).ok()?["value"].as_f64()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [row, dir] = arguments.as_slice() else { return };
    let dir = Path::new(dir);
    match row.as_str() {
        "fit" => fit_files(dir),
        "records" => records(),
        "listing" => listing(dir),
        "page" => page(dir),
        _ => std::process::exit(2),
    }
}
