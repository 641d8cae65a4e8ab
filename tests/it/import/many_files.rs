//! `gs-import` of many files: killed and run again, stopped by the user, and in a reasonable time.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::{self, Work};
use gs_sim::HISTORY_END;

/// A folder with `count` files of runs, one per day, and their bytes by id.
fn folder(work: &Work, count: usize) -> (PathBuf, Vec<(String, Vec<u8>)>) {
    let dir = work.dir().join("old");
    fs::create_dir(&dir).unwrap();
    let files = (0..count).map(|number| {
        let leg = gs_sim::fit::Leg {
            sport: (1, 0),
            style: gs_sim::fit::Style::Indoor,
            seconds: 1800 + number as u32 % 600,
            metres: Some(5000.0),
        };
        let mut recording = gs_sim::fit::Recording::single(HISTORY_END - 86_400 * number as i64, leg);
        recording.every = 600;
        let (id, bytes) = ((9_000_000_000 + number).to_string(), recording.encode());
        fs::write(dir.join(format!("activity_{id}.fit")), &bytes).unwrap();
        (id, bytes)
    });
    let files = files.collect();
    (dir, files)
}

fn args(dir: &Path) -> [&str; 3] {
    ["--platform", "garmin-com", dir.to_str().unwrap()]
}

/// Expects that the archive has exactly these files, byte for byte.
#[track_caller]
fn expect_all(work: &Work, files: &[(String, Vec<u8>)]) {
    let records = work.run("gs-list", &["--downloaded"]).ok().records();
    assert_eq!(records.len(), files.len());
    let mut paths = BTreeSet::new();
    for record in records {
        let (_, bytes) = files.iter().find(|(id, _)| record["id"] == id.as_str()).unwrap();
        let path = PathBuf::from(record["file"]["path"].as_str().unwrap());
        assert!(fs::read(&path).unwrap() == *bytes, "{record}");
        paths.insert(path);
    }
    let existing: BTreeSet<PathBuf> = work.files("fit").into_iter().collect();
    assert_eq!(existing, paths);
    assert!(work.files("replaced").is_empty());
}

#[test]
fn an_import_killed_repeatedly_and_completed_has_every_file_once() {
    let work = Work::alone();
    let (dir, files) = folder(&work, 240);
    let imported = || work.sql::<i64>("SELECT count(*) FROM files");
    let begun = || work.sql::<i64>("SELECT count(*) FROM commands WHERE command = 'gs-import'");
    work.run("gs-list", &[]).ok();
    for step in 1..=6 {
        let mut child = work.spawn("gs-import", &args(&dir), "");
        let end = Instant::now() + Duration::from_secs(60);
        // On a busy machine, the import before may have gone further.
        while (imported() < step * 30 || begun() < step) && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(imported() >= step * 30);
    }
    assert!(imported() < 240, "the last import was killed before its end, too");
    // Killed between a file and its row: the file exists, but the catalogue does not know it.
    work.change(
        "DELETE FROM files WHERE id IN (SELECT id FROM files LIMIT 20);
         DELETE FROM activities WHERE id NOT IN (SELECT id FROM files)",
    );
    fs::write(work.data("fit/garmin_com/.part-killed"), b"half").unwrap();
    work.run("gs-import", &args(&dir)).ok().silent();
    expect_all(&work, &files);
    assert_eq!(work.run("gs-import", &args(&dir)).ok().silent().out, "");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM commands WHERE command = 'gs-import' AND exit IS NULL"), 6);
}

#[test]
fn ctrl_c_or_a_closed_pipe_stops_an_import_that_can_be_resumed() {
    let work = Work::alone();
    let (dir, files) = folder(&work, 400);
    let imported = || work.sql::<i64>("SELECT count(*) FROM files");
    work.run("gs-list", &[]).ok();
    let mut child = work.spawn("gs-import", &args(&dir), "");
    let end = Instant::now() + Duration::from_secs(60);
    while imported() < 20 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(1));
    }
    support::shell(&format!("kill -INT {}", child.id()));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(imported() < 400);
    let mut command = work.command("gs-import", &args(&dir));
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(0), 0));
    work.run("gs-import", &args(&dir)).ok().silent();
    expect_all(&work, &files);
}

#[test]
fn five_thousand_files_are_imported_in_linear_time() {
    let work = Work::alone();
    let (dir, files) = folder(&work, 5000);
    // In two halves: the second half must not take much longer than the first.
    let second = work.dir().join("second");
    fs::create_dir(&second).unwrap();
    for (id, _) in &files[2500..] {
        let name = format!("activity_{id}.fit");
        fs::rename(dir.join(&name), second.join(&name)).unwrap();
    }
    let timed = |dir: &Path| {
        let began = Instant::now();
        assert_eq!(work.run("gs-import", &args(dir)).ok().silent().out.lines().count(), 2500);
        began.elapsed()
    };
    let (one, two) = (timed(&dir), timed(&second));
    assert!(one + two < Duration::from_secs(180), "{one:?} and {two:?}");
    assert!(two < one * 3 + Duration::from_secs(5), "{one:?}, then {two:?}");
    let began = Instant::now();
    assert_eq!(work.run("gs-import", &args(&dir)).ok().silent().out, "");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), 5000);
}
