//! `folder:PATH`: folders and zip files as a platform, through the real commands; and as an upload target, through the
//! library.

use std::fs;
use std::path::Path;

use crate::support::{self, Work, gzip, open_platform};
use garminsync::activity::Activity;
use garminsync::platform::{Error, UploadFile, UploadRef, UploadStatus};
use garminsync::reason::Reason;
use gs_sim::fit::{self, FitBuilder, Recording, Value, damage};
use gs_sim::zipfile::{zip_of, zip_of_many};

const START: i64 = 1_767_881_421;
const DAY: i64 = 86_400;

fn run(day: i64) -> Vec<u8> {
    fit::run(START + day * DAY, 1800, 5000.0).build()
}

/// A settings file of a watch: a FIT file without an activity.
fn settings() -> Vec<u8> {
    let mut file: FitBuilder = fit::run(START, 10, 10.0);
    let file_id = &mut file.messages_mut()[0];
    file_id.fields.retain(|(number, _)| *number != 0);
    file_id.fields.push((0, Value::Enum(2)));
    file.build()
}

fn put(dir: &Path, name: &str, bytes: &[u8]) {
    let path = dir.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A folder `watch` with files, and the name of its platform.
fn watch(files: &[(&str, &[u8])]) -> (Work, String) {
    let work = Work::alone();
    let dir = work.dir().join("watch");
    fs::create_dir(&dir).unwrap();
    for (name, bytes) in files {
        put(&dir, name, bytes);
    }
    let name = format!("folder:{}", dir.display());
    (work, name)
}

fn id(bytes: &[u8]) -> String {
    gs_sim::sha256(bytes)[..16].to_owned()
}

#[test]
fn fit_files_become_activities_with_the_data_of_the_file() {
    let recording = Recording {
        offset: 3600,
        paused: 60,
        ..Recording::single(
            START,
            fit::Leg { sport: (1, 3), style: fit::Style::Outdoor, seconds: 600, metres: Some(2000.0) },
        )
    };
    let bytes = recording.encode();
    let (work, name) = watch(&[("GARMIN/Activity/Morning run.FIT", &bytes)]);
    let record = work.run("gs-fetch", &["--platform", &name]).ok().silent().record();
    let expected = serde_json::json!({
        "type": "activity", "platform": name, "id": id(&bytes), "name": "Morning run", "sport": "running",
        "sub_sport": "trail", "start_time": "2026-01-08T14:10:21Z", "utc_offset_s": 3600, "timer_time_s": 600.0,
        "elapsed_time_s": 660.0, "distance_m": 2000.0, "manufacturer": "garmin",
        "device": "garmin 3290 3300000001", "downloaded": false,
    });
    assert_eq!(record, expected);
}

#[test]
fn a_file_with_a_newer_fit_protocol_is_stored_and_uploaded_unchanged() {
    // Protocol 4.1 and profile 99.99: no version of either was known when this was written.
    let mut newer = fit::run(START, 1800, 5000.0).header_12().build();
    newer[1] = 0x41;
    newer[2..4].copy_from_slice(&9999_u16.to_le_bytes());
    let end = newer.len() - 2;
    let crc = fit::crc16(&newer[..end]);
    newer[end..].copy_from_slice(&crc.to_le_bytes());
    let (work, name) = watch(&[("new.fit", &newer)]);
    fs::create_dir(work.dir().join("other")).unwrap();
    let other = format!("folder:{}/other", work.dir().display());
    let list = work.run("gs-fetch", &["--platform", &name, "--platform", &other]).ok().silent().out.clone();
    let plan = work.given("gs-diff", &["--platform", &format!("{name},{other}")], &list).ok().silent().out.clone();
    let got = work.given("gs-download", &["-v"], &plan);
    got.ok().says("the file has FIT protocol 4.1, newer than 2.0");
    let sent = work.given("gs-upload", &[], &got.out);
    assert_eq!(sent.ok().record()["outcome"]["kind"], "created");
    let put = fs::read_dir(work.dir().join("other")).unwrap().next().unwrap().unwrap().path();
    assert_eq!(fs::read(put).unwrap(), newer);
}

#[test]
fn a_triathlon_is_one_activity_with_the_totals_of_all_legs() {
    let bytes = fit::triathlon(START).build();
    let (work, name) = watch(&[("t.fit", &bytes)]);
    let record = work.run("gs-fetch", &["--platform", &name]).ok().record();
    let legs = fit::triathlon_legs();
    assert_eq!(
        (record["sport"].as_str(), record["start_time"].as_str()),
        (Some("multisport"), Some("2026-01-08T14:10:21Z"))
    );
    assert_eq!(record["timer_time_s"].as_f64(), Some(legs.iter().map(|leg| f64::from(leg.seconds)).sum()));
    let metres: f64 = legs.iter().filter_map(|leg| leg.metres).sum();
    assert!((record["distance_m"].as_f64().unwrap() - metres).abs() < 1.0, "{record}");
}

#[test]
fn fetch_list_and_download_without_a_login() {
    let (mut work, name) = watch(&[("a.fit", &run(0)), ("sub dir/ü/跑步.fit", &run(1)), ("copy.fit", &run(0))]);
    // No `--platform`: the setting names the folder.
    work.set("SYNC_PLATFORM", &name);
    let ids = [id(&run(1)), id(&run(0))];
    assert_eq!(work.run("gs-fetch", &[]).ok().silent().ids(), ids, "newest first, identical files once");
    assert_eq!(work.run("gs-list", &["--platform", &name]).ok().ids(), ids);
    let downloaded = work.download(&["--missing"]);
    downloaded.ok().silent();
    assert_eq!(work.files("fit").len(), 2);
    for (record, bytes) in downloaded.records().iter().zip([run(1), run(0)]) {
        assert_eq!(fs::read(record["file"]["path"].as_str().unwrap()).unwrap(), bytes);
    }
    assert_eq!(work.run("gs-fetch", &["--new"]).ok().silent().ids(), [""; 0]);
    // A moved file remains the same activity and is found at its new path.
    let dir = work.dir().join("watch");
    fs::rename(dir.join("sub dir/ü/跑步.fit"), dir.join("b.fit")).unwrap();
    assert_eq!(work.run("gs-fetch", &["--full"]).ok().ids(), ids);
    work.given("gs-download", &["--force"], &work.run("gs-list", &[]).out).ok();
}

#[test]
fn an_old_file_added_later_is_listed_as_new() {
    let files: Vec<(String, Vec<u8>)> =
        (1..250).map(|day| (format!("{day}.fit"), fit::strength(START + day * DAY, 60).build())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let (work, name) = watch(&files);
    let fetch = |more: &[&str]| work.run("gs-fetch", &[&["--platform", name.as_str()], more].concat());
    assert_eq!(fetch(&[]).ok().ids().len(), 249);
    put(&work.dir().join("watch"), "old.fit", &run(-4000));
    assert_eq!(fetch(&["--new"]).ok().ids(), [id(&run(-4000))]);
    assert_eq!(fetch(&["--since", "2026-08-01"]).ok().ids().len(), 45);
    assert_eq!(fetch(&["--newest", "3"]).ok().ids().len(), 3);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM activities WHERE missing_count > 0"), 0);
}

#[test]
fn zip_files_are_read_two_levels_deep() {
    let deep = zip_of("third.zip", &zip_of("x.fit", &run(9)));
    let inner = zip_of_many(&[("one.fit", &run(1)), ("two.FIT", &run(2)), ("deep.zip", &deep)]);
    let outer = zip_of_many(&[
        ("DI_CONNECT/UploadedFiles_0-_Part1.zip", &inner),
        ("direct.fit", &run(0)),
        ("readme.txt", b"hello"),
        ("__MACOSX/._direct.fit", b"shadow"),
    ]);
    let ids = [id(&run(2)), id(&run(1)), id(&run(0))];
    let (work, _) = watch(&[("export.zip", &outer)]);
    for path in ["watch", "watch/export.zip"] {
        let name = format!("folder:{}/{path}", work.dir().display());
        let said = work.run("gs-fetch", &["--platform", &name]);
        said.ok().says("deep.zip").says("nested three levels deep").says("1 other file not read (.txt 1)");
        assert_eq!(said.ids(), ids, "{path}");
        work.download(&["--missing", "--platform", &name]).ok();
    }
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), 6);
}

#[test]
fn skipped_files_are_counted_by_kind_and_reported_once() {
    let (work, name) = watch(&[
        ("a.fit", &run(0)),
        ("Settings.fit", &settings()),
        ("note.txt", b"hello"),
        ("sub/picture.JPG", b"jpg"),
        ("tracks/old.gpx", b"<gpx></gpx>"),
        ("tracks/old.fit.bz2", b"BZh"),
        ("export.zip", &zip_of("readme.txt", b"hello")),
        (".Trashes/x.fit", &run(1)),
        ("._a.fit", b"shadow of a Mac"),
    ]);
    let dir = work.dir().join("watch");
    std::os::unix::fs::symlink(&dir, dir.join("loop")).unwrap();
    std::os::unix::fs::symlink(dir.join(".Trashes/x.fit"), dir.join("link.fit")).unwrap();
    let fetch = |more: &[&str]| work.run("gs-fetch", &[&["--platform", name.as_str()], more].concat());
    let said = fetch(&[]);
    assert_eq!(said.ok().ids(), [id(&run(0))]);
    let lines = [
        "2 links not followed",
        "2 files in other formats or compressed, not read (.fit.bz2 1, .gpx 1)",
        "1 FIT file without an activity",
        "3 other files not read (.txt 2, .jpg 1)",
        "1 recycle bin or system folder skipped",
    ];
    let expected: Vec<String> = lines.iter().map(|line| format!("gs-fetch: {name}: {line}")).collect();
    assert_eq!(said.err.lines().collect::<Vec<_>>(), expected);
    // Reported files are not reported again.
    fetch(&["--full"]).ok().silent();
    let more = fetch(&["-v"]);
    for line in &expected {
        more.ok().says(line);
    }
    for path in ["link.fit", "tracks/old.gpx", "Settings.fit", "export.zip/readme.txt", ".Trashes", "._a.fit"] {
        more.says(&format!("gs-fetch: {name}: {path}"));
    }
    // Further files of a reported kind are not reported; a new kind is, and so is each corrupt file.
    put(&dir, "more.txt", b"hello");
    put(&dir, "cut.fit", &damage::truncate_at(&run(3), 700));
    put(&dir, "page.fit", b"<html>no file</html>");
    put(&dir, "bad.zip", b"PK no zip");
    put(&dir, "junk.zip", &zip_of("j.fit", &[0; 4000]));
    put(&dir, "half.fit.gz", &gzip(&run(4))[..200]);
    let said = fetch(&["--full"]);
    assert_eq!((said.ok().ids(), said.err.lines().count()), (vec![id(&run(0))], 5), "{said}");
    for file in [
        "cut.fit: truncated",
        "page.fit: not a FIT file",
        "bad.zip: corrupt zip",
        "junk.zip/j.fit: not a FIT file",
        "half.fit.gz: the gzip data is damaged",
    ] {
        said.says(file);
    }
    assert_eq!(said.err.matches("; file skipped").count(), 5, "{said}");
    fetch(&["--full"]).ok().silent();
    // A file that was fixed and is corrupt again is reported again.
    fs::remove_file(dir.join("cut.fit")).unwrap();
    fetch(&["--full"]).ok().silent();
    put(&dir, "cut.fit", &damage::truncate_at(&run(3), 700));
    assert_eq!(fetch(&["--full"]).ok().says("cut.fit: truncated").err.lines().count(), 1);
    // The listings were complete nevertheless.
    assert_eq!(
        work.sql::<i64>("SELECT count(*) FROM listings WHERE NOT complete"),
        1,
        "only the listing with -v is incomplete"
    );
    work.download(&["--missing"]).ok().silent();
}

#[test]
fn gzipped_files_are_listed_and_stored_uncompressed() {
    let inner = zip_of_many(&[("c.FIT.GZ", &gzip(&run(2))), ("notes.txt.gz", &gzip(b"hello"))]);
    let (work, name) = watch(&[
        ("a.fit", &run(0)),
        ("copy of a.fit.gz", &gzip(&run(0))),
        ("activities/b.fit.gz", &gzip(&run(1))),
        ("export.zip", &zip_of_many(&[("inner.zip", &inner), ("d.fit.gz", &gzip(&run(3)))])),
        ("settings.fit.gz", &gzip(&settings())),
        ("page.fit.gz", &gzip(b"<html>no file</html>")),
        ("bomb.fit.gz", &gzip(&[run(4), vec![0; 200 << 20]].concat())),
    ]);
    let said = work.run("gs-fetch", &["--platform", &name]);
    let names: Vec<String> = said.ok().records().iter().map(|r| r["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["d", "c", "b", "a"]);
    assert_eq!(said.ids(), [3, 2, 1, 0].map(|day| id(&run(day))), "the id is the hash of the uncompressed bytes");
    said.says("page.fit.gz: not a FIT file").says("bomb.fit.gz: unpacks to more than");
    for record in work.download(&["--missing"]).ok().silent().records() {
        let bytes = fs::read(record["file"]["path"].as_str().unwrap()).unwrap();
        assert_eq!(record["id"].as_str().unwrap(), id(&bytes));
    }
    assert_eq!(work.files("fit").len(), 4);
}

#[test]
fn recycle_bins_and_system_folders_are_skipped() {
    let bins = [
        "#recycle",
        "#snapshot/GMT-2026.01.01",
        "@Recycle",
        "@eaDir",
        "@Recently-Snapshot",
        "$RECYCLE.BIN/S-1-5-21",
        "RECYCLER",
        "System Volume Information",
        "lost+found",
        ".Trash-1000/files",
        ".Trashes",
        "__MACOSX",
        "found.000",
    ];
    let (work, name) = watch(&[("2026/kept.fit", &run(0)), ("recycling tour/kept too.fit", &run(1))]);
    let dir = work.dir().join("watch");
    let mut zipped = vec![("share/kept three.fit".to_owned(), run(2))];
    for (day, bin) in (10..).zip(bins) {
        put(&dir, &format!("{bin}/deleted.fit"), &run(day));
        put(&dir, &format!("2026/{bin}/deleted.fit"), &run(day + 100));
        zipped.push((format!("share/{bin}/deleted.fit"), run(day + 200)));
    }
    let zipped: Vec<(&str, &[u8])> = zipped.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    put(&dir, "backup.zip", &zip_of_many(&zipped));
    let said = work.run("gs-fetch", &["--platform", &name]);
    assert_eq!(said.ok().ids(), [2, 1, 0].map(|day| id(&run(day))));
    said.says(&format!("{} recycle bins or system folders skipped", 3 * bins.len()));
    // Such a folder is read if the user names it.
    let bin = format!("{name}/#recycle");
    assert_eq!(work.run("gs-fetch", &["--platform", &bin]).ok().silent().ids(), [id(&run(10))]);
}

/// Runs a command that has no permission to open one path.
fn without_permission(work: &Work, path: &Path, command: &str, args: &[&str], input: &str) -> std::process::Output {
    let plain = work.command(command, args);
    let mut strace = std::process::Command::new("strace");
    strace
        .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=openat", "-e", "inject=openat:error=EACCES", "-P"])
        .arg(path);
    strace.arg(plain.get_program()).args(plain.get_args()).current_dir(work.dir()).env_clear();
    strace.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let list = work.dir().join("list");
    fs::write(&list, input).unwrap();
    strace.stdin(fs::File::open(list).unwrap()).output().expect("strace is needed")
}

#[test]
fn an_unreadable_subfolder_does_not_mark_its_activities_deleted() {
    let (work, name) = watch(&[("a.fit", &run(0)), ("private/b.fit", &run(1)), ("z/c.fit", &run(2))]);
    let dir = work.dir().join("watch");
    work.run("gs-fetch", &["--platform", &name]).ok();
    let all = work.run("gs-list", &[]).out.clone();
    put(&dir, "z/new.fit", &run(3));
    for _ in 0..3 {
        let output = without_permission(&work, &dir.join("private"), "gs-fetch", &["--platform", &name, "--full"], "");
        assert_eq!(output.status.code(), Some(75), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("watch/private: Permission denied") && said.lines().count() == 2, "{said}");
        let listed = String::from_utf8(output.stdout).unwrap();
        assert!(listed.contains(&id(&run(3))) && listed.contains(&id(&run(0))), "the other files are listed: {listed}");
    }
    assert_eq!(work.run("gs-list", &["--deleted"]).ok().ids(), [""; 0]);
    // The file in the unreadable folder may still exist.
    let output = without_permission(&work, &dir.join("private"), "gs-download", &[], &all);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    assert_eq!(String::from_utf8(output.stdout).unwrap().matches("\"problem\":{").count(), 1);
    assert_eq!(work.files("fit").len(), 2);
    // Nothing is uploaded into a folder that cannot be read completely.
    let other = work.dir().join("other");
    put(&other, "private-run.fit", &run(1));
    let from = format!("folder:{}", other.display());
    let list = work.run("gs-fetch", &["--platform", &from]).ok().out.clone();
    let both = format!("{from},{name}");
    work.run("gs-fetch", &["--platform", &name, "--full"]).ok();
    put(&other, "another.fit", &run(9));
    let list = format!("{list}{}", work.run("gs-fetch", &["--platform", &from]).ok().out);
    let plan = work.given("gs-diff", &["--platform", &both], &list).ok().out.clone();
    let ready = work.given("gs-download", &[], &plan).ok().out.clone();
    let output = without_permission(&work, &dir.join("private"), "gs-upload", &[], &ready);
    assert_eq!(output.status.code(), Some(75), "{output:?}");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 3, "nothing was uploaded");
    work.given("gs-upload", &[], &ready).ok();
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 4);
    work.run("gs-fetch", &["--platform", &name, "--full"]).ok().silent();
    work.download(&["--missing"]).ok().silent();
}

#[test]
fn a_missing_folder_is_an_error_and_marks_no_activity_deleted() {
    let (work, name) = watch(&[("a.fit", &run(0)), ("b.fit", &run(1))]);
    work.run("gs-fetch", &["--platform", &name]).ok();
    let dir = work.dir().join("watch");
    fs::rename(&dir, work.dir().join("away")).unwrap();
    let list = work.run("gs-list", &[]).out.clone();
    for _ in 0..2 {
        let said = work.run("gs-fetch", &["--platform", &name, "--full"]);
        said.ends(75).says("check that it is mounted");
        assert_eq!(said.out, "");
    }
    let said = work.given("gs-download", &[], &list);
    said.ends(75);
    assert_eq!(said.records()[0]["problem"]["kind"], "retry");
    // After an unmount, the empty mount point exists.
    fs::create_dir(&dir).unwrap();
    for _ in 0..2 {
        work.run("gs-fetch", &["--platform", &name, "--full"]).ends(75).says("listing ignored: ");
    }
    assert_eq!(work.run("gs-list", &["--deleted"]).ok().ids(), [""; 0]);
    fs::remove_dir(&dir).unwrap();
    fs::write(&dir, b"a file").unwrap();
    work.run("gs-fetch", &["--platform", &name]).ends(2).says("neither a folder nor a zip");
    assert_eq!(work.given("gs-download", &[], &list).ends(1).records()[1]["problem"]["kind"], "rejected");
    fs::remove_file(&dir).unwrap();
    fs::rename(work.dir().join("away"), &dir).unwrap();
    fs::remove_file(dir.join("b.fit")).unwrap();
    work.run("gs-fetch", &["--platform", &name, "--full", "--accept-missing"]).ok();
    assert_eq!(work.run("gs-list", &["--deleted"]).ok().ids(), [id(&run(1))]);
    let gone = work.given("gs-download", &[], &work.run("gs-list", &["--all"]).out);
    assert_eq!(gone.ends(1).records()[0]["problem"]["kind"], "not-found");
}

#[test]
fn a_folder_listing_skips_the_archive_inside_it() {
    let sim = support::plain(3);
    let work = support::Work::logged_in(&sim);
    work.archive_all();
    let said = work.run("gs-fetch", &["--platform", "folder:."]);
    assert_eq!(said.ok().silent().ids(), [""; 0]);
    let archive = format!("folder:{}", work.data("fit/garmin_com").display());
    assert_eq!(
        work.run("gs-fetch", &["--platform", &archive]).ids().len(),
        3,
        "the archive is read if the user names it"
    );
}

#[test]
fn different_spellings_of_a_path_name_the_same_folder() {
    let (mut work, name) = watch(&[("a.fit", &run(0))]);
    work.write_env("SYNC_PLATFORM=folder:watch\n");
    work.run("gs-fetch", &[]).ok();
    work.run("gs-fetch", &["--platform", "Folder:./watch/"]).ok();
    work.run("gs-fetch", &["--platform", "folder:~/x/../watch"]).ok();
    let both = work.run("gs-fetch", &["--platform", "folder:watch", "--platform", &name]);
    assert_eq!(both.ok().records()[0]["platform"], name);
    assert_eq!(both.records().len(), 1);
    assert_eq!(work.sql::<i64>("SELECT count(DISTINCT platform) FROM listings"), 1);
    work.set("SYNC_PLATFORM", "GARMINCOM, folder:watch");
    // Garmin fails; the folder is listed nevertheless.
    assert_eq!(work.run("gs-fetch", &[]).ends(77).ids(), [id(&run(0))]);
}

#[test]
fn a_folder_needs_a_path_and_no_login() {
    let (work, name) = watch(&[]);
    for bare in ["folder", "folder:", "FOLDER"] {
        work.run("gs-fetch", &["--platform", bare]).ends(2).says("folder:PATH");
    }
    work.run("gs-fetch", &["--platform", "polar"]).ends(2).says("folder:PATH");
    for action in ["login", "import", "export", "logout"] {
        work.run("gs-auth", &[action, "--platform", &name]).ends(2).says("no login needed");
    }
    work.run("gs-auth", &["login", "--password", "--platform", &name]).ends(2);
    let status = work.run("gs-auth", &["status"]);
    assert!(!status.ok().out.contains("folder"), "{status}");
    // A folder is read only if it is named.
    work.run("gs-fetch", &[]).ends(77).says("no platform configured");
    work.run("gs-fetch", &["--platform", &name]).ok().silent();
}

#[test]
fn folders_with_similar_names_have_separate_archive_folders() {
    let work = Work::alone();
    let [one, two] = ["a/b", "a_b"].map(|path| {
        put(work.dir(), &format!("{path}/same.fit"), &run(0));
        format!("folder:{}/{path}", work.dir().display())
    });
    put(work.dir(), "a_b/own.fit", &run(1));
    let said = work.run("gs-fetch", &["--platform", &one, "--platform", &two]);
    assert_eq!(said.ok().ids().len(), 3);
    work.download(&["--missing"]).ok();
    assert_eq!(work.files("fit").len(), 3);
    assert!(work.files("replaced").is_empty());
    let list = work.run("gs-list", &[]).out.clone();
    work.given("gs-download", &["--verify"], &list).ok().silent();
}

fn outgoing(bytes: &[u8]) -> UploadFile<'_> {
    let start_time = jiff::Timestamp::from_second(START).ok();
    UploadFile {
        bytes,
        format: garminsync::activity::Format::Fit,
        name: "x.fit",
        activity: None,
        start_time,
        utc_offset_s: None,
        reupload: false,
        not_after: None,
    }
}

#[test]
fn an_uploaded_file_is_stored_once_and_recognized() {
    let (work, name) = watch(&[("sub/there.fit", &run(0))]);
    let folder = open_platform::open(&name, "http://127.0.0.1:9").platform;
    let upload = |bytes: &[u8]| folder.upload(&outgoing(bytes));
    assert_eq!(upload(&run(0)).unwrap(), UploadStatus::Exists(Some(id(&run(0)))));
    assert_eq!(upload(&run(1)).unwrap(), UploadStatus::Created(Some(id(&run(1)))));
    assert_eq!(upload(&run(1)).unwrap(), UploadStatus::Exists(Some(id(&run(1)))));
    let path = work.dir().join(format!("watch/2026-01-08T14-10-21Z_{}.fit", id(&run(1))));
    assert_eq!(fs::read(&path).unwrap(), run(1));
    assert_eq!(fs::read_dir(work.dir().join("watch")).unwrap().count(), 2, "no partial file is left");
    assert_eq!(work.run("gs-fetch", &["--platform", &name]).ok().silent().ids().len(), 2);
    let files = [run(1), run(2)];
    let sent = |file| UploadRef { status_ref: None, file };
    let answers =
        folder.upload_status(&[sent(Some(outgoing(&files[0]))), sent(Some(outgoing(&files[1]))), sent(None)]).unwrap();
    let answers: Vec<UploadStatus> = answers.into_iter().map(|answer| answer.unwrap()).collect();
    assert_eq!(answers, [UploadStatus::Created(Some(id(&run(1)))), UploadStatus::Unknown, UploadStatus::Unknown]);
    // A file deleted by hand can be uploaded again.
    fs::remove_file(&path).unwrap();
    assert_eq!(upload(&run(1)).unwrap(), UploadStatus::Created(Some(id(&run(1)))));
    let activity = Activity { platform: name.into(), id: id(&run(1)), ..Activity::default() };
    assert!(matches!(folder.delete(&activity, None), Err(Error::Rejected(_))) && path.exists());
}

#[test]
fn a_folder_upload_rejects_invalid_files_and_retries_if_unmounted() {
    let (work, name) = watch(&[("a.zip", &zip_of("a.fit", &run(0)))]);
    let folder = open_platform::open(&name, "http://127.0.0.1:9").platform;
    for bytes in [settings(), damage::truncate_at(&run(1), 700), b"<gpx/>".to_vec()] {
        assert!(matches!(folder.upload(&outgoing(&bytes)), Err(Error::Rejected(_))));
    }
    let zip = open_platform::open(&format!("{name}/a.zip"), "http://127.0.0.1:9").platform;
    assert!(matches!(zip.upload(&outgoing(&run(1))), Err(Error::Input(why)) if why.contains("a zip is read-only")));
    assert_eq!(zip.upload(&outgoing(&run(0))).unwrap(), UploadStatus::Exists(Some(id(&run(0)))));
    fs::remove_dir_all(work.dir().join("watch")).unwrap();
    let folder = open_platform::open(&name, "http://127.0.0.1:9").platform;
    assert!(matches!(folder.upload(&outgoing(&run(1))), Err(Error::Retry { platform_wide: true, .. })));
    assert!(!work.dir().join("watch").exists(), "a folder that may be unmounted is not created");
    assert!(matches!(folder.upload_status(&[]), Err(Error::Retry { .. })));
}

#[test]
fn a_full_disk_leaves_no_partial_file() {
    if !support::is_inside("a_full_disk_leaves_no_partial_file") {
        return;
    }
    let (work, name) = watch(&[]);
    let dir = work.dir().join("watch");
    support::shell(&format!("mount -t tmpfs -o size=64k tmpfs {}", dir.display()));
    let folder = open_platform::open(&name, "http://127.0.0.1:9").platform;
    assert!(matches!(folder.upload(&outgoing(&run(0))), Ok(UploadStatus::Created(_))));
    let full = folder.upload(&outgoing(&run(1)));
    assert!(matches!(&full, Err(Error::Storage(Reason::DiskFull { .. }))), "{full:?}");
    assert_eq!(fs::read_dir(&dir).unwrap().count(), 1);
    support::shell(&format!("umount {}", dir.display()));
}
