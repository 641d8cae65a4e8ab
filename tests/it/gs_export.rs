//! `gs-export`: input, output, names, privacy zones, and files that cannot be exported.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use gs_sim::fit::{self, FitBuilder, Message, Value, damage, profile};
use serde_json::json;

use crate::support::{Said, Work, fetched, scenario};

/// 2026-01-08T14:10:21Z.
const START: i64 = 1_767_881_421;

/// Writes a FIT file and returns its path.
fn file(work: &Work, name: &str, bytes: &[u8]) -> String {
    let path = work.dir().join(name);
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// A run of ten minutes that starts at 45° north, 7° east.
fn run() -> FitBuilder {
    fit::run(START, 600, 2000.0)
}

/// The names of the files in a folder, without the list of the files that exports wrote.
fn names(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name != ".gs-export").collect();
    names.sort();
    names
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

/// The record of an activity whose file is at `path`.
fn record(id: &str, name: &str, path: &str) -> String {
    let file = json!({"path": path, "sha256": "00", "bytes": 1, "format": "fit"});
    let activity = json!({"type": "activity", "platform": "garmin-com", "id": id, "name": name, "sport": "running",
        "start_time": "2026-01-08T14:10:21Z", "utc_offset_s": 3600, "file": file});
    format!("{activity}\n")
}

#[test]
fn a_file_is_printed_as_gpx() {
    let work = Work::alone();
    let bytes = run().build();
    let path = file(&work, "run.fit", &bytes);
    let said = work.run("gs-export", &[&path]);
    let text = &said.ok().out;
    assert!(text.starts_with("<?xml") && text.ends_with("</gpx>\n"), "{said}");
    assert_eq!((count(text, "<trkpt "), count(text, "<trkseg>"), count(text, "<type>running</type>")), (601, 1, 1));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&bytes).unwrap();
    let packed = file(&work, "run.fit.gz", &gzip.finish().unwrap());
    assert_eq!(&work.run("gs-export", &[&packed]).ok().out, text, "compressed");
}

#[test]
fn a_file_on_standard_input_is_read() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let mut command = work.command("gs-export", &["-", "--format", "tcx"]);
    let output = command.stdin(fs::File::open(&path).unwrap()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success() && text.ends_with("</TrainingCenterDatabase>\n"), "{text}");
    assert_eq!((count(&text, "<Trackpoint>"), count(&text, "Sport=\"Running\"")), (601, 1));
}

#[test]
fn archived_activities_become_files_and_the_records_have_their_paths() {
    let (_sim, work) = fetched(scenario(3).start());
    work.download(&["--missing"]).ok();
    let list = work.run("gs-list", &["--downloaded"]).ok().out.clone();
    let said = work.given("gs-export", &["--out", "gpx"], &list);
    let records = said.ok().records();
    let paths: Vec<&str> = records.iter().map(|record| record["exported"][0].as_str().unwrap()).collect();
    assert_eq!(records.len(), 3, "{said}");
    assert!(paths.iter().all(|path| Path::new(path).is_file()), "{said}");
    let name = Path::new(paths[0]).file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("20") && name.ends_with(" running Run 2.gpx"), "{name}");
    // Everything else in the records is unchanged.
    let without_paths = |mut record: serde_json::Value| {
        record.as_object_mut().unwrap().remove("exported");
        record
    };
    let before: Vec<serde_json::Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.iter().cloned().map(without_paths).collect::<Vec<_>>(), before);
    assert_eq!(work.given("gs-download", &[], &said.out).ok().records()[0]["exported"][0], paths[0]);
}

/// A privacy zone that has all of [`run`].
const EVERYWHERE: &str = "45,7,90000";

#[test]
fn a_second_run_leaves_equal_files_unchanged_and_replaces_others() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let out = work.dir().join("out");
    let export =
        |more: &[&str]| work.run("gs-export", &[&["-v", "--out", "out", "--name", "{file}", &path], more].concat());
    export(&[]).ok().says("1 exported");
    let exported = out.join("run.gpx");
    let (inode, text) = (fs::metadata(&exported).unwrap().ino(), fs::read(&exported).unwrap());
    export(&["-n"]).ok().says("1 unchanged");
    export(&[]).ok().says("1 unchanged");
    assert_eq!(fs::metadata(&exported).unwrap().ino(), inode);
    fs::set_permissions(&exported, fs::Permissions::from_mode(0o644)).unwrap();
    let home = positions("gpx", &String::from_utf8(text.clone()).unwrap())[0];
    let zone = format!("{},{},200", home.0, home.1);
    export(&["--privacy-zone", &zone]).ok().says("1 exported");
    assert!(fs::read(&exported).unwrap().len() < text.len());
    assert_eq!(fs::metadata(&exported).unwrap().mode() & 0o777, 0o644, "the mode stays");
    fs::remove_file(&exported).unwrap();
    export(&[]).ok().says("1 exported");
    assert_eq!((fs::read(&exported).unwrap(), names(&out)), (text, vec!["run.gpx".to_owned()]), "no temporary file");
}

#[test]
fn a_file_that_gs_export_did_not_write_or_that_was_changed_since_is_not_replaced() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let own = work.dir().join("run.gpx");
    fs::write(&own, "my own route").unwrap();
    let export = |more: &[&str]| work.run("gs-export", &[&["--out", ".", "--name", "{file}", &path], more].concat());
    let why = "run.gpx: not written by gs-export, or changed since; move it, choose another --out or --name, or replace it with --overwrite";
    for args in [&[][..], &["-n"], &["--privacy-zone", EVERYWHERE]] {
        let said = export(args);
        match args.contains(&EVERYWHERE) {
            true => said.ok().says("skipped: the whole track"),
            false => said.ends(78).says(&format!("{}/{why}", work.dir().display())),
        };
        assert_eq!(fs::read_to_string(&own).unwrap(), "my own route");
    }
    let said = work.given("gs-export", &["--out", ".", "--name", "run"], &record("1", "", &path));
    assert_eq!(said.ends(78).record()["problem"]["reason"]["code"], "file-not-replaced");
    export(&["--overwrite"]).ok();
    let exported = fs::read_to_string(&own).unwrap();
    assert_eq!(count(&exported, "<trkpt "), 601);
    fs::write(&own, exported + "<!-- mine -->").unwrap();
    export(&[]).ends(78).says(why);
    export(&["--privacy-zone", EVERYWHERE])
        .ok()
        .says("run.gpx: not removed, because it was changed since gs-export wrote it; it may show the privacy zone");
    assert!(own.exists());
    fs::remove_file(&own).unwrap();
    fs::create_dir(&own).unwrap();
    export(&["--overwrite"]).ends(78).says("run.gpx: is a folder or a device, not a file; move it");
    fs::remove_dir(&own).unwrap();
    fifo(&own);
    export(&[]).ends(78).says("run.gpx: is a folder or a device");
}

/// Creates a pipe in the file system.
fn fifo(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn an_earlier_file_is_removed_if_its_whole_track_is_in_a_privacy_zone_now() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let out = work.dir().join("out");
    let records = [record("1", "Home", &path), record("2", "Home", &path)].concat();
    let export = |more: &[&str], input: &str| work.given("gs-export", &[&["--out", "out", "-v"], more].concat(), input);
    export(&[], &records).ok();
    export(&["--format", "csv"], &records).ok();
    let zone = ["--privacy-zone", EVERYWHERE];
    // The second activity keeps its name, also alone and with a name that changed on the platform.
    let second = record("2", "Renamed", &path);
    export(&[&["-n"], &zone[..]].concat(), &second)
        .ok()
        .says("Home-2.gpx would be removed: the track is in a privacy zone");
    assert_eq!(names(&out).len(), 4);
    export(&zone, &second)
        .ok()
        .says("Home-2.gpx: removed, because the track is in a privacy zone")
        .says("1 file removed");
    let rest =
        ["2026-01-08 1510 running Home-2.csv", "2026-01-08 1510 running Home.csv", "2026-01-08 1510 running Home.gpx"];
    assert_eq!(names(&out), rest);
    export(&zone, &second).ok().says("skipped: the whole track is in a privacy zone");
    export(&[], &second).ok();
    export(&[], &record("2", "Home", &path)).ok();
    assert!(names(&out).contains(&"2026-01-08 1510 running Home-2.gpx".to_owned()), "{:?}", names(&out));
}

#[test]
fn the_earlier_file_of_a_session_is_removed_if_only_that_session_is_in_a_privacy_zone() {
    let work = Work::alone();
    let leg = |sport| fit::Leg { sport: (sport, 0), style: fit::Style::Outdoor, seconds: 60, metres: Some(200.0) };
    let run = fit::Recording { origin: (45.0, 7.0), ..fit::Recording::single(START, leg(1)) };
    let ride = fit::Recording { origin: (46.0, 7.0), ..fit::Recording::single(START + 100, leg(2)) };
    let path = file(&work, "duathlon.fit", &fit::chain(&[run.encode(), ride.encode()]));
    let export = |more: &[&str]| {
        let args = ["--out", "out", "--split", "multisport", "--name", "{sport}", &path];
        work.run("gs-export", &[&args[..], more].concat())
    };
    export(&[]).ok();
    let out = work.dir().join("out");
    assert_eq!(names(&out), ["cycling.gpx", "running.gpx"]);
    export(&["--privacy-zone", "45,7,5000"]).ok().says("running.gpx: removed, because the track is in a privacy zone");
    assert_eq!(names(&out), ["cycling.gpx"]);
}

#[test]
fn several_activities_need_a_folder_unless_the_format_is_a_collection() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let records = [record("1", "One", &path), record("2", "Two", &path)].concat();
    for format in ["gpx", "tcx"] {
        for said in [
            work.run("gs-export", &["--format", format, &path, &path]),
            work.given("gs-export", &["--format", format], &records),
        ] {
            assert!(said.ends(2).says("--out DIR").out.is_empty(), "{said}");
        }
        work.given("gs-export", &["--format", format], &record("1", "One", &path)).ok();
    }
    for format in ["gpx", "tcx", "csv", "geojson"] {
        let said = work.run("gs-export", &["--format", format, "--split", "multisport", &path]);
        assert!(said.ends(2).says("--split writes several files; name their folder with --out DIR").out.is_empty());
    }
    let csv = work.given("gs-export", &["--format", "csv"], &records).ok().out.clone();
    assert_eq!((csv.lines().count(), count(&csv, "\ngarmin-com,2,run.fit,1,running,1,1,")), (1 + 2 * 601, 601));
    let geojson = work.given("gs-export", &["--format", "geojson"], &records).ok().out.clone();
    let geojson: serde_json::Value = serde_json::from_str(&geojson).unwrap();
    let named: Vec<&str> =
        geojson["features"].as_array().unwrap().iter().map(|one| one["properties"]["name"].as_str().unwrap()).collect();
    assert_eq!(named, ["One", "Two"]);
}

#[test]
fn names_are_safe_and_no_file_of_a_run_replaces_another() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let titles = ["a/../../b:c", "CON", "same", "Same", "same", "\u{7}..\u{202e} ", &"跑".repeat(200)];
    let records: String = titles.iter().zip(1..).map(|(title, id)| record(&format!("{id}"), title, &path)).collect();
    let said = work.given("gs-export", &["--out", "out", "--name", "{name}"], &records);
    let exported: Vec<String> =
        said.ok().records().iter().map(|record| record["exported"][0].as_str().unwrap().to_owned()).collect();
    let out = work.dir().join("out");
    let file_names: Vec<&str> =
        exported.iter().map(|path| Path::new(path).file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(file_names[..6], ["a-..-..-b-c.gpx", "file-CON.gpx", "same.gpx", "Same-2.gpx", "same-3.gpx", "run.gpx"]);
    assert!(file_names[6].len() <= 200 && file_names[6].starts_with('跑'), "{}", file_names[6]);
    let all: BTreeSet<String> = exported.iter().cloned().collect();
    assert_eq!((names(&out).len(), all.len()), (7, 7));
    assert!(exported.iter().all(|path| Path::new(path).parent() == Some(&out)));

    let name = |pattern: &str| {
        let said = work.given("gs-export", &["--out", "named", "--name", pattern], &record("7", "Tempo", &path));
        let exported = said.ok().record()["exported"][0].as_str().unwrap().to_owned();
        PathBuf::from(exported).file_name().unwrap().to_str().unwrap().to_owned()
    };
    assert_eq!(name("{start:%Y-%m-%d %H%M} {sport} {name}"), "2026-01-08 1510 running Tempo.gpx", "in local time");
    assert_eq!(name("{distance_km} km {id} {platform}"), "2.0 km 7 garmin-com.gpx");
    assert_eq!(name("../{id}"), "7.gpx");
    // Two activities that other exports named equally keep their names, and a third one gets another.
    assert_eq!(name("Tempo"), "Tempo.gpx");
    let other = work.given("gs-export", &["--out", "named", "--name", "Tempo"], &record("8", "Tempo", &path));
    assert!(other.ok().record()["exported"][0].as_str().unwrap().ends_with("/Tempo-2.gpx"));
    work.run("gs-export", &["--out", "out", "--name", "{day}", &path])
        .ends(2)
        .says("--name: at character 1: unknown field {day}");
}

#[test]
fn a_file_without_a_record_is_named_after_its_contents() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let said = work.run("gs-export", &["--out", "out", "--format", "csv", &path]);
    let out = work.dir().join("out/2026-01-08 1410 running.csv");
    assert_eq!(said.ok().record(), json!({"type": "export", "from": path, "exported": [out]}));
    assert!(out.is_file());
}

#[test]
fn each_session_of_a_multisport_activity_becomes_a_file() {
    let work = Work::alone();
    let path = file(&work, "triathlon.fit", &fit::triathlon(START).build());
    let export = |args: &[&str]| work.run("gs-export", &[&["--out", "out", &path], args].concat()).ok().record();
    assert_eq!(export(&[])["exported"].as_array().unwrap().len(), 1);
    assert_eq!(names(&work.dir().join("out")), ["2026-01-08 1410 multisport.gpx"]);
    let whole = fs::read_to_string(work.dir().join("out/2026-01-08 1410 multisport.gpx")).unwrap();
    assert_eq!(count(&whole, "<trk>"), 5);
    let exported = export(&["--split", "multisport", "--name", "{start:%H%M} {sport}"])["exported"].clone();
    let sports: Vec<&str> =
        exported.as_array().unwrap().iter().map(|path| path.as_str().unwrap().rsplit('/').next().unwrap()).collect();
    assert_eq!(
        sports,
        ["1410 swimming.gpx", "1435 transition.gpx", "1437 cycling.gpx", "1547 transition.gpx", "1549 running.gpx"]
    );
    let swim = fs::read_to_string(work.dir().join("out/1410 swimming.gpx")).unwrap();
    assert_eq!((count(&swim, "<trk>"), count(&swim, "<type>swimming</type>")), (1, 1));
}

/// All positions in an exported text of any format.
fn positions(format: &str, text: &str) -> Vec<(f64, f64)> {
    let number = |text: &str| text.parse::<f64>().unwrap();
    let between =
        |line: &str, begin: &str, end: &str| number(line.split(begin).nth(1).unwrap().split(end).next().unwrap());
    match format {
        "gpx" => {
            let points = text.lines().filter(|line| line.contains("<trkpt"));
            points.map(|line| (between(line, "lat=\"", "\""), between(line, "lon=\"", "\""))).collect()
        }
        "tcx" => {
            let all = |name: &str| -> Vec<f64> {
                let lines = text.lines().filter(|line| line.contains(name));
                lines.map(|line| between(line, ">", "<")).collect()
            };
            all("<LatitudeDegrees>").into_iter().zip(all("<LongitudeDegrees>")).collect()
        }
        "csv" => {
            let rows = text.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
            rows.filter(|row| !row[8].is_empty()).map(|row| (number(row[8]), number(row[9]))).collect()
        }
        _ => {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            let geometry = &value["features"][0]["geometry"];
            let lines = match geometry["type"].as_str() {
                Some("LineString") => vec![geometry["coordinates"].clone()],
                _ => geometry["coordinates"].as_array().unwrap().clone(),
            };
            let points = lines.iter().flat_map(|line| line.as_array().unwrap());
            points.map(|point| (point[1].as_f64().unwrap(), point[0].as_f64().unwrap())).collect()
        }
    }
}

#[test]
fn no_format_has_a_position_or_point_in_a_privacy_zone() {
    let mut work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let home = positions("gpx", &work.run("gs-export", &[&path]).ok().out)[300];
    let near = |(lat, lon): &(f64, f64)| {
        let (north, east) = ((lat - home.0) * 111_200.0, (lon - home.1) * 111_200.0 * home.0.to_radians().cos());
        north.hypot(east) <= 200.0
    };
    let zone = format!("{},{},200", home.0, home.1);
    let printed = |work: &Work, format: &str, args: &[&str]| {
        work.run("gs-export", &[&["--format", format, &path], args].concat()).ok().out.clone()
    };
    for format in ["gpx", "tcx", "csv", "geojson"] {
        let whole = positions(format, &printed(&work, format, &[]));
        let inside = whole.iter().filter(|place| near(place)).count();
        assert!(whole.len() == 601 && inside > 50, "{format}: {inside}");
        let flag = printed(&work, format, &["--privacy-zone", &zone]);
        let rest = positions(format, &flag);
        assert!(!rest.iter().any(near) && rest.len() >= whole.len() - inside - 5, "{format}: {}", rest.len());
        work.set("GS_PRIVACY_ZONES", &format!("-45,-7,300; {}", zone.replace(',', " , ")));
        assert_eq!(printed(&work, format, &[]), flag, "{format}");
        // A flag adds to the setting.
        assert_eq!(printed(&work, format, &["--privacy-zone", "-33.8,151.2,500"]), flag, "{format}");
        work.unset("GS_PRIVACY_ZONES");
    }
    // A line for each trackpoint in the zone would have its altitude and its distance.
    let rows = printed(&work, "csv", &["--privacy-zone", &zone]).lines().count();
    assert_eq!(rows, 1 + positions("csv", &printed(&work, "csv", &["--privacy-zone", &zone])).len());
    for format in ["gpx", "tcx", "csv", "geojson"] {
        let said = work.run("gs-export", &["--format", format, "--privacy-zone", "45,7,90000", "--out", "none", &path]);
        said.ok().says("skipped: the whole track is in a privacy zone");
    }
    assert_eq!(names(&work.dir().join("none")), [""; 0]);
}

#[test]
fn an_invalid_zone_is_an_error_before_anything_is_written() {
    let mut work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let flag = |zone: &str| work.run("gs-export", &["--out", "out", "--privacy-zone", zone, &path]);
    flag("45,7").ends(2).says("LAT,LON,METRES");
    flag("45,7,0").ends(2).says("between 1 and 100000 metres");
    flag("95,7,300").ends(2).says("latitude");
    work.set("GS_PRIVACY_ZONES", "45,7,300;45,7");
    let said = work.run("gs-export", &["--out", "out", &path]);
    said.ends(78).says("GS_PRIVACY_ZONES: a privacy zone has three numbers");
    work.run("gs-settings", &["--check"]).ends(78).says("GS_PRIVACY_ZONES");
    assert!(!work.dir().join("out").exists());
}

#[test]
fn what_cannot_be_exported_is_reported_for_each_file_and_the_rest_is_exported() {
    let work = Work::alone();
    let whole = run().build();
    let settings = FitBuilder::new().push(Message::new(0).with(0, Value::Enum(2))).build();
    let files = [
        ("cut.fit", damage::truncate_at(&whole, 900), "corrupt file: truncated"),
        ("changed.fit", damage::flip_bit(&whole, 500, 3), "corrupt file: damaged"),
        ("empty.fit", Vec::new(), "corrupt file: not a FIT file"),
        ("page.fit", b"<html></html>".to_vec(), "corrupt file: not a FIT file"),
        ("indoor.fit", fit::treadmill(START, 600, 2000.0).build(), "skipped: no positions, which GPX needs"),
        ("strength.fit", fit::strength(START, 600).build(), "skipped: no positions, which GPX needs"),
        ("settings.fit", settings, "skipped: no positions, which GPX needs"),
    ];
    let mut paths: Vec<String> = files.iter().map(|(name, bytes, _)| file(&work, name, bytes)).collect();
    let missing = work.dir().join("missing.fit").display().to_string();
    paths.extend([missing.clone(), file(&work, "good.fit", &whole)]);
    let args: Vec<&str> =
        ["--out", "out", "--name", "{file}"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let said = work.run("gs-export", &[&["-v"], &args[..]].concat());
    for (path, (.., why)) in paths.iter().zip(&files) {
        said.says(&format!("{path}: {why}"));
    }
    said.ends(1).says(&format!("{missing}: the file does not exist")).says("1 exported to out, 3 skipped, 5 failed");
    assert_eq!(names(&work.dir().join("out")), ["good.gpx"]);
    let said = work.run("gs-export", &[&paths[4]]);
    assert!(said.ends(1).says("no positions").out.is_empty(), "{said}");
}

#[test]
fn records_that_cannot_be_exported_pass_with_the_reason() {
    let work = Work::alone();
    let cut = file(&work, "cut.fit", &damage::truncate_at(&run().build(), 900));
    let gpx = record("2", "As GPX", &cut).replace("\"format\":\"fit\"", "\"format\":\"gpx\"");
    let plain = "{\"type\":\"activity\",\"platform\":\"coros\",\"id\":\"3\"}\n";
    let manual = "{\"type\":\"activity\",\"platform\":\"coros\",\"id\":\"4\",\"manual\":true}\n";
    let other = "{\"type\":\"later\",\"a\": 1}\n";
    let first = record("1", "Cut", &cut);
    let input = [&first, gpx.as_str(), plain, manual, other].concat();
    let said = work.given("gs-export", &["--out", "out"], &input);
    said.ends(1)
        .says("garmin-com 1: corrupt file: truncated")
        .says("garmin-com 2: skipped: its file is GPX, and only FIT files are exported")
        .says("coros 3: skipped: file not in the archive; run gs-download")
        .says("coros 4: skipped: entered by hand");
    assert_eq!(said.records()[0]["problem"]["reason"]["code"], "corrupt-file");
    assert_eq!(said.records()[0]["problem"]["kind"], "corrupt-file");
    assert!(said.out.ends_with(&[gpx.as_str(), plain, manual, other].map(sorted).concat()), "{said}");
    // A record with a problem is not tried again, and the platforms of the flag alone are exported.
    work.given("gs-export", &["--out", "out"], said.out.lines().next().unwrap()).ok().silent();
    work.given("gs-export", &["--out", "out", "--platform", "coros"], &input).ok();
    work.given("gs-export", &["--out", "out"], "{\"type\":\"activity\"}\n").ends(65).says("line 1");
}

/// A line as a command writes it.
fn sorted(line: &str) -> String {
    let mut out = Vec::new();
    garminsync::record::Record::parse(line.trim_end().as_bytes()).unwrap().write(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn a_transfer_is_exported_with_its_file() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let transfer = json!({"type": "transfer", "to": "coros", "activity": {"platform": "garmin-com", "id": "1"},
        "file": {"path": path, "sha256": "00", "bytes": 1}});
    let said = work.given("gs-export", &["--out", "out"], &format!("{transfer}\n"));
    assert!(said.ok().record()["activity"]["exported"][0].as_str().unwrap().ends_with("/2026-01-08 1410 running.gpx"));
}

#[test]
fn strange_values_are_left_out_or_written_as_they_are() {
    let work = Work::alone();
    let at = |seconds: i64, power: u16| {
        let sample =
            profile::Sample { at: START + seconds, position: Some((45.0, 7.0)), heart_rate: 120, ..Default::default() };
        profile::record(&sample).with(7, Value::U16(power))
    };
    // The clock of the device leaps forward for one trackpoint, to the year 2100, and back.
    let points = [at(0, 0), at(1, u16::MAX), at(2_335_000_000, 250), at(2, u16::MAX - 1)];
    let bytes = FitBuilder::new().push(profile::file_id(1, 1, 1, START)).extend(points).build();
    let path = file(&work, "strange.fit", &bytes);
    for format in ["gpx", "tcx", "csv", "geojson"] {
        let text = work.run("gs-export", &["--format", format, &path]).ok().out.clone();
        assert!(!text.contains("65535") && !text.contains("NaN") && !text.contains("inf"), "{text}");
    }
    let gpx = work.run("gs-export", &[&path]).ok().out.clone();
    assert_eq!((count(&gpx, "<trkpt "), count(&gpx, "PowerInWatts>0<"), count(&gpx, "PowerInWatts>65534<")), (4, 1, 1));
    assert_eq!((count(&gpx, "PowerInWatts>250<"), count(&gpx, "<time>2100-")), (1, 1), "{gpx}");
}

#[test]
fn a_newer_protocol_is_read_as_well() {
    let work = Work::alone();
    let mut bytes = run().zero_header_crc().build();
    bytes[1] = 0x30;
    let end = bytes.len() - 2;
    let crc = fit::crc16(&bytes[..end]).to_le_bytes();
    bytes[end..].copy_from_slice(&crc);
    let path = file(&work, "future.fit", &bytes);
    assert_eq!(count(&work.run("gs-export", &[&path]).ok().out, "<trkpt "), 601);
}

#[test]
fn a_dry_run_writes_nothing() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    let said = work.run("gs-export", &["-n", "-v", "--out", "out", &path]);
    said.ok().says("out/2026-01-08 1410 running.gpx would be written").says("1 would be exported");
    assert!(said.out.is_empty(), "no record of a file that does not exist: {said}");
    let record = record("1", "", &path);
    let said = work.given("gs-export", &["-n", "--out", "out"], &record);
    assert_eq!(said.ok().record().get("exported"), None);
    assert!(!work.dir().join("out").exists());
    assert!(work.run("gs-export", &["-n", &path]).ok().out.is_empty());
}

#[test]
fn a_closed_pipe_ends_the_export_without_an_error() {
    let work = Work::alone();
    let path = file(&work, "long.fit", &fit::run(START, 40_000, 90_000.0).build());
    for format in ["csv", "gpx"] {
        let mut command = work.command("gs-export", &["--format", format, &path]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 10];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{format}: {:?} {said}", output.status);
    }
}

#[test]
fn an_output_folder_that_cannot_be_used_is_an_error() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    work.run("gs-export", &["--out", &path, &path]).ends(78).says(&format!("{path}: is a file, not a folder"));
    let below = format!("{path}/out");
    work.run("gs-export", &["--out", &below, &path]).ends(78).says(&format!("{below}: a part of this path is a file"));
    work.run("gs-export", &[&path]).ok();
    work.run("gs-export", &["--name", "{id}", &path]).ends(2).says("--out");
}

#[test]
fn folders_and_zip_files_are_searched_for_activities() {
    let work = Work::alone();
    let folder = work.dir().join("rides/2026");
    fs::create_dir_all(&folder).unwrap();
    let settings = FitBuilder::new().push(Message::new(0).with(0, Value::Enum(2))).build();
    let (ride, cut) = (run().build(), damage::truncate_at(&run().build(), 900));
    let all: [(&str, &[u8]); 4] =
        [("a.fit", &ride), ("cut.fit", &cut), ("settings.fit", &settings), ("notes.txt", b"x")];
    all.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
    fs::write(work.dir().join("export.zip"), gs_sim::zipfile::zip_of_many(&all)).unwrap();
    let said = work.run("gs-export", &["-v", "--out", "out", "--name", "{file}", "rides", "export.zip"]);
    said.ends(1)
        .says("rides/2026/cut.fit: corrupt file: truncated")
        .says("export.zip/cut.fit: corrupt file: truncated")
        .says("rides/2026/settings.fit: skipped: not the file of an activity")
        .says("2 exported to out, 2 failed");
    let from: Vec<String> = said.records().iter().map(|record| record["from"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        (from, names(&work.dir().join("out"))),
        (vec!["rides/2026/a.fit".into(), "export.zip/a.fit".into()], vec!["a-2.gpx".into(), "a.gpx".into()])
    );
    fs::remove_file(folder.join("cut.fit")).unwrap();
    assert_eq!(count(&work.run("gs-export", &["rides"]).ok().out, "<trkpt "), 601);
    fs::write(folder.join("b.fit"), &ride).unwrap();
    let said = work.run("gs-export", &["-v", "rides"]);
    assert!(said.ends(2).says("--out DIR").out.is_empty() && !said.err.contains("exported"), "{said}");
}

#[test]
fn a_file_without_an_end_is_too_large() {
    let work = Work::alone();
    for program in ["gs-export", "gs-fit"] {
        work.run(program, &["/dev/zero"]).ends(1).says("/dev/zero: larger than 128 MiB, the limit of this program");
        let mut command = work.command(program, &["-"]);
        let output = command.stdin(fs::File::open("/dev/zero").unwrap()).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("standard input: larger than 128 MiB"), "{said}");
    }
}

#[test]
fn files_at_paths_need_no_catalogue() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    fs::create_dir_all(work.data("")).unwrap();
    fs::write(work.data("catalogue.sqlite"), "x".repeat(5000)).unwrap();
    for program in ["gs-export", "gs-fit"] {
        work.run(program, &[&path]).ok().silent();
        work.given(program, &[], &record("1", "", &path)).ends(78).says("catalogue");
    }
}

#[test]
fn a_name_has_no_characters_that_a_terminal_obeys() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    for format in ["gpx", "tcx", "geojson"] {
        let record = record("1", "a\u{9b}31m\u{202e}\u{61c}b", &path);
        let text = work.given("gs-export", &["--format", format], &record).ok().out.clone();
        assert!(text.contains("a31mb"), "{format}");
        assert!(!text.contains(['\u{9b}', '\u{202e}', '\u{61c}']), "{format}");
    }
}

#[test]
fn no_input_is_nothing_to_export() {
    let work = Work::alone();
    let said = work.given("gs-export", &["-v", "--out", "out"], "");
    said.ok().says("nothing to export");
    let geojson = work.given("gs-export", &["--format", "geojson"], "").ok().out.clone();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&geojson).unwrap()["features"], json!([]));
}

#[test]
fn a_full_disk_is_reported_in_every_format() {
    let work = Work::alone();
    let path = file(&work, "short.fit", &fit::run(START, 20, 60.0).build());
    let full = |mut command: std::process::Command| {
        command.stdin(Stdio::null()).stdout(fs::File::options().write(true).open("/dev/full").unwrap());
        Said::of("> /dev/full", &command.output().unwrap())
    };
    for format in ["gpx", "tcx", "csv", "geojson"] {
        let said = full(work.command("gs-export", &["--format", format, &path]));
        said.ends(78).says("gs-export: standard output: the disk is full; make room and run again");
    }
    full(work.command("gs-fit", &[&path])).ends(78).says("the disk is full");
    let mut notify = work.command("gs-notify", &[]);
    notify.stdin(Stdio::piped()).stdout(fs::File::options().write(true).open("/dev/full").unwrap());
    let mut child = notify.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(record("1", "", &path).as_bytes()).unwrap();
    Said::of("gs-notify", &child.wait_with_output().unwrap()).ends(78).says("the disk is full");
}

#[test]
fn a_signal_ends_the_command_at_once_and_leaves_no_temporary_files() {
    use std::os::unix::process::ExitStatusExt;
    let work = Work::alone();
    let temporary = work.dir().join("tmp");
    fs::create_dir(&temporary).unwrap();
    fifo(&work.dir().join("never.fit"));
    for (program, args) in [("gs-export", &["--out", "out", "never.fit"][..]), ("gs-fit", &["never.fit"])] {
        for (signal, number) in [("INT", 2), ("TERM", 15)] {
            let mut command = work.command(program, args);
            let mut child = command.env("TMPDIR", &temporary).spawn().unwrap();
            let begun = || fs::read_dir(&temporary).unwrap().next().is_some();
            while !begun() {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            // The folder for temporary files is there before the signal handlers.
            std::thread::sleep(std::time::Duration::from_millis(300));
            // An unfinished file of this process, as a run has it while it writes, and one of another.
            let (own, other) = (format!("out/.gs-unfinished-{}-a", child.id()), "out/.gs-unfinished-1-b".to_owned());
            if program == "gs-export" {
                [&own, &other].into_iter().for_each(|name| fs::write(work.dir().join(name), "x").unwrap());
            }
            let id = child.id().to_string();
            std::process::Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap();
            assert_eq!(child.wait().unwrap().signal(), Some(number), "{program}");
            assert!(!begun(), "{program}");
            assert!(!work.dir().join(own).exists() && (program == "gs-fit" || work.dir().join(other).exists()));
        }
    }
}

#[test]
fn a_named_file_without_anything_to_export_is_a_failure_in_every_format() {
    let work = Work::alone();
    let indoor = file(&work, "indoor.fit", &fit::treadmill(START, 600, 2000.0).build());
    let settings =
        file(&work, "settings.fit", &FitBuilder::new().push(Message::new(0).with(0, Value::Enum(2))).build());
    for (format, path, why) in [
        ("gpx", &indoor, "no positions, which GPX needs"),
        ("geojson", &indoor, "no positions, which GeoJSON needs"),
        ("tcx", &settings, "no trackpoints"),
        ("csv", &settings, "no trackpoints"),
    ] {
        for more in [&[][..], &["--out", "out"]] {
            let said = work.run("gs-export", &[&["-q", "--format", format, path], more].concat());
            said.ends(1).says(&format!("gs-export: {path}: skipped: {why}\n"));
        }
    }
    // Nobody named the file in the folder, and a privacy zone does what was requested.
    let run = file(&work, "run.fit", &run().build());
    work.run("gs-export", &["--out", "out", &work.dir().display().to_string()]).ok();
    work.run("gs-export", &["--out", "out", "--privacy-zone", EVERYWHERE, &run]).ok();
    for format in ["gpx", "tcx", "csv", "geojson"] {
        work.run("gs-export", &["--format", format, "--privacy-zone", EVERYWHERE, &run]).ends(1).says("privacy zone");
    }
    // Among records, one without a file is no failure, unless the output has nothing else.
    let plain = "{\"type\":\"activity\",\"platform\":\"coros\",\"id\":\"3\"}\n";
    work.given("gs-export", &["--format", "csv"], plain).ok().says("coros 3: skipped");
    let said = work.given("gs-export", &["-q"], plain);
    assert_eq!(said.ends(1).err, "gs-export: nothing exported: every activity was skipped\n");
    work.given("gs-export", &["-q"], &[plain, &record("1", "", &run)].concat()).ok().silent();
    let said = work.given("gs-export", &["--log", "json", "--out", "out"], plain);
    let line: serde_json::Value = serde_json::from_str(said.ok().err.lines().next().unwrap()).unwrap();
    assert_eq!((&line["level"], &line["reason"]["code"]), (&json!("warning"), &json!("file-not-archived")), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_is_reported_with_its_reason() {
    let work = Work::alone();
    let missing = work.dir().join("missing.fit").display().to_string();
    let said = work.given("gs-export", &["--out", "out"], &record("1", "", &missing));
    let problem =
        &said.ends(1).says(&format!("garmin-com 1: {missing}: the file does not exist\n")).record()["problem"];
    assert_eq!((&problem["kind"], &problem["reason"]["code"]), (&json!("storage"), &json!("file-missing")));
    let folder = work.dir().display().to_string();
    let said = work.given("gs-export", &["--out", "out"], &record("1", "", &folder));
    assert!(said.ends(1).says("check that it is readable").err.contains("garmin-com 1: /"), "{said}");
    let cut = file(&work, "cut.fit.gz", b"\x1f\x8b\x08 cut");
    for program in ["gs-export", "gs-fit"] {
        let said = work.run(program, &[&cut]);
        said.ends(1).says(&format!("{program}: {cut}: corrupt file: the gzip data is damaged: "));
    }
}

#[test]
fn input_that_is_no_record_is_reported_in_plain_words() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    for program in ["gs-export", "gs-fit"] {
        work.given(program, &[], "[]\n").ends(65).says("line 1: not a record: expected a JSON object");
        let mut command = work.command(program, &[]);
        let output = command.stdin(fs::File::open(&path).unwrap()).output().unwrap();
        Said::of(program, &output).ends(65).says("standard input is a FIT file, not records; name the file, or");
        work.run(program, &["-", "-"]).ends(2).says("- is named several times");
        let (code, shown) = work.typed_into(program, "-", &[]);
        assert!(code == 2 && shown.contains("no input: - is a file on standard input; try: "), "{shown}");
    }
}

#[test]
fn a_name_pattern_that_gives_no_name_is_a_usage_error() {
    let work = Work::alone();
    let path = file(&work, "run.fit", &run().build());
    for (name, why) in [("", "the pattern is empty"), ("{start:}", "invalid format"), ("{start:%}", "invalid format")] {
        let said = work.run("gs-export", &["--out", "out", "--name", name, &path]);
        assert!(!said.ends(2).says(why).err.contains("strftime"), "{said}");
    }
}

#[test]
fn a_path_with_a_line_feed_is_one_line_in_messages() {
    let work = Work::alone();
    let path = file(&work, "a\nb.fit", b"no recording");
    assert_eq!(work.run("gs-export", &[&path]).ends(1).err.lines().count(), 1);
    let said = work.given("gs-export", &["--out", "out"], &record("1", "", "/no such\nfile.fit"));
    assert_eq!(said.ends(1).err, "gs-export: garmin-com 1: /no such file.fit: the file does not exist\n");
    let run = file(&work, "run.fit", &run().build());
    let said = work.run("gs-export", &["-n", "--out", "a\nb", &run]);
    assert_eq!(said.ok().err.lines().count(), 1, "{said}");
}
