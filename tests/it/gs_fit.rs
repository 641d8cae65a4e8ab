//! `gs-fit`: the messages of FIT files as records, from records, paths and standard input.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use gs_sim::fit::{self as make, FitBuilder, Leg, Message, Recording, Style, Value as Stored, damage, profile};
use gs_sim::zipfile::zip_of_many;
use serde_json::{Value, json};

use crate::support::schema::fit_message_faults;
use crate::support::{Said, Work, plain};

const START: i64 = 1_767_881_421;

/// A trail run of 20 seconds with a developer field.
fn run() -> Recording {
    let leg = Leg { sport: (1, 3), style: Style::Outdoor, seconds: 20, metres: Some(70.0) };
    Recording { developer_fields: true, offset: -6 * 3600, ..Recording::single(START, leg) }
}

/// A folder with a file.
fn with_file(name: &str, bytes: &[u8]) -> (Work, PathBuf) {
    let work = Work::alone();
    let path = work.dir().join(name);
    fs::write(&path, bytes).unwrap();
    (work, path)
}

/// The messages on stdout, which have to conform to the schema.
#[track_caller]
fn messages(said: &Said) -> Vec<Value> {
    let messages: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    messages.iter().for_each(|message| assert_eq!(fit_message_faults(message), [""; 0], "{message}\n{said}"));
    messages
}

/// The number of messages of each type, in the order of their first.
fn types(messages: &[Value]) -> Vec<(String, usize)> {
    let mut types: Vec<(String, usize)> = Vec::new();
    for kind in messages.iter().map(|message| message["type"].as_str().unwrap()) {
        match types.iter_mut().find(|(known, _)| known == kind) {
            Some((_, count)) => *count += 1,
            None => types.push((kind.to_owned(), 1)),
        }
    }
    types
}

/// The only message that a file with one `message` has.
#[track_caller]
fn only(message: Message) -> Value {
    let (work, _) = with_file("one.fit", &FitBuilder::new().push(message).build());
    let said = work.run("gs-fit", &["--messages", "all", "one.fit"]);
    messages(said.ok().silent()).remove(0)
}

#[test]
fn each_message_of_an_activity_is_a_record_with_names_and_units() {
    let (work, _) = with_file("run.fit", &run().encode());
    let said = work.run("gs-fit", &["run.fit"]);
    let all = messages(said.ok().silent());
    let expected = [("device_info", 1), ("event", 2), ("record", 21), ("lap", 1), ("session", 1)];
    assert_eq!(types(&all), expected.map(|(kind, count)| (kind.to_owned(), count)));
    let session = all.last().unwrap();
    assert_eq!(session["file"], "run.fit");
    assert_eq!((&session["sport"], &session["sub_sport"]), (&json!("running"), &json!("trail")));
    assert_eq!(
        (&session["start_time"], &session["timestamp"]),
        (&json!("2026-01-08T14:10:21Z"), &json!("2026-01-08T14:10:41Z"))
    );
    assert_eq!((&session["total_timer_time_s"], &session["total_distance_m"]), (&json!(20.0), &json!(70.0)));
    let records: Vec<&Value> = all.iter().filter(|message| message["type"] == "record").collect();
    assert_eq!((&records[0]["index"], &records[20]["index"]), (&json!(0), &json!(20)));
    let record = records[20];
    for name in ["distance_m", "enhanced_altitude_m", "enhanced_speed_mps", "heart_rate_bpm", "cadence_rpm"] {
        assert!(record[name].is_number(), "{name}: {record}");
    }
    let latitude = record["position_lat_deg"].as_f64().unwrap();
    assert!((44.9..45.1).contains(&latitude), "{record}");
    assert_eq!(record["developer_fields"]["form_power_w"], record["heart_rate_bpm"].as_u64().unwrap() + 20);
    assert_eq!(said.out.lines().filter(|line| line.contains("null")).count(), 0);
}

#[test]
fn times_do_not_depend_on_the_zone_of_the_machine() {
    let (mut work, _) = with_file("run.fit", &run().encode());
    let mut texts = Vec::new();
    for zone in ["UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"] {
        work.set("TZ", zone);
        texts.push(work.run("gs-fit", &["--messages", "all", "run.fit"]).ok().out.clone());
    }
    assert!(texts.iter().all(|text| *text == texts[0]));
    assert!(texts[0].contains(r#""local_timestamp":"2026-01-08T08:10:41""#), "{}", texts[0]);
}

#[test]
fn the_layout_of_a_file_does_not_matter() {
    let of = |layout: fn(FitBuilder) -> FitBuilder| {
        let (work, _) = with_file("run.fit", &layout(run().builder()).build());
        work.run("gs-fit", &["run.fit"]).ok().silent().out.clone()
    };
    let plain = of(|file| file);
    assert_eq!(of(FitBuilder::compressed_timestamps), plain);
    assert_eq!(of(FitBuilder::big_endian), plain);
    assert_eq!(of(|file| file.header_12().big_endian().compressed_timestamps()), plain);
}

#[test]
fn chained_files_are_one_file() {
    let chain = make::chain(&[run().encode(), make::swim(START + 4000, 60, 50.0).build()]);
    let (work, _) = with_file("chain.fit", &chain);
    let said = work.run("gs-fit", &["--messages", "session,length", "chain.fit"]);
    let all = messages(said.ok().silent());
    assert_eq!(types(&all), [("session".to_owned(), 2), ("length".to_owned(), 2)]);
    let sessions: Vec<&Value> = all.iter().filter(|message| message["type"] == "session").collect();
    assert_eq!((&sessions[1]["index"], &sessions[1]["sport"]), (&json!(1), &json!("swimming")));
    assert_eq!(sessions[1]["pool_length_m"], 25.0);
}

#[test]
fn messages_are_chosen_by_name_and_raw_has_every_field() {
    let (work, _) = with_file("run.fit", &run().encode());
    let said = work.run("gs-fit", &["--messages", "all", "--raw", "run.fit"]);
    let all = messages(said.ok().silent());
    let names: Vec<String> = types(&all).into_iter().map(|(name, _)| name).collect();
    for name in ["file_id", "file_creator", "developer_data_id", "field_description", "record", "fit_activity"] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    let file_id = &all[0];
    assert_eq!((&file_id["fit_type"], &file_id["manufacturer"]), (&json!("activity"), &json!("garmin")));
    assert_eq!(file_id["fields"]["0"], 4);
    let record = all.iter().find(|message| message["type"] == "record").unwrap();
    assert_eq!(record["fields"]["253"], START - profile::FIT_EPOCH);
    assert_eq!(record["fields"]["0.0"], record["developer_fields"]["form_power_w"]);
    let said = work.run("gs-fit", &["--messages", "activity", "run.fit"]);
    assert_eq!(types(&messages(said.ok())), [("fit_activity".to_owned(), 1)]);
}

#[test]
fn values_that_are_none_are_left_out() {
    let zero = only(Message::new(20).with(7, Stored::U16(0)).with(3, Stored::U8(0)));
    assert_eq!((&zero["power_w"], &zero["heart_rate_bpm"]), (&json!(0), &json!(0)));
    let none =
        only(Message::new(20).with(7, Stored::U16(65_535)).with(3, Stored::U8(255)).with(0, Stored::I32(i32::MAX)));
    assert_eq!(none, json!({"type": "record", "file": "one.fit", "index": 0}));
    let nan = only(Message::new(18).with(181, Stored::F32(f32::NAN)).with(5, Stored::Enum(250)));
    assert_eq!(nan, json!({"type": "session", "file": "one.fit", "index": 0, "sport": 250}), "a sport without a name");
    // A watch without a time source.
    let uptime = only(Message::new(19).with(2, Stored::U32(17_217_864)));
    assert_eq!((&uptime["start_time_s"], &uptime["start_time"]), (&json!(17_217_864), &Value::Null));
}

#[test]
fn records_with_leaps_in_time_and_without_positions_are_read() {
    let second = |time: u32| Message::new(20).with(253, Stored::U32(time)).with(7, Stored::U16(65_534));
    let times = [1_136_815_821, 1_136_815_000, 4_294_967_294, 268_435_456];
    let (work, _) = with_file("leaps.fit", &FitBuilder::new().extend(times.map(second)).build());
    let all = messages(work.run("gs-fit", &["leaps.fit"]).ok().silent());
    let times: Vec<&str> = all.iter().map(|message| message["timestamp"].as_str().unwrap()).collect();
    assert_eq!(times, ["2026-01-08T14:10:21Z", "2026-01-08T13:56:40Z", "2126-02-06T06:28:14Z", "1998-07-03T21:24:16Z"]);
    assert!(all.iter().all(|message| message["power_w"] == 65_534));
}

#[test]
fn apps_with_fields_of_the_same_name_have_a_field_each() {
    let like = Stored::U16(0);
    let file = FitBuilder::new()
        .push(profile::field_description(0, 1, &like, "Power", "Watts"))
        .push(profile::field_description(1, 1, &like, "Power", "W"))
        .push(profile::field_description(1, 2, &like, "跑步\"", "kN/m"))
        .push(
            Message::new(20)
                .with(3, Stored::U8(140))
                .developer(0, 1, Stored::U16(250))
                .developer(1, 1, Stored::U16(251))
                .developer(1, 2, Stored::U16(9)),
        );
    let (work, _) = with_file("apps.fit", &file.build());
    let all = messages(work.run("gs-fit", &["apps.fit"]).ok().silent());
    assert_eq!(all[0]["developer_fields"], json!({"Power_w": 250, "Power_w_2": 251, "跑步\"": 9}));
}

#[test]
fn fields_that_cannot_be_read_are_reported_for_each_file() {
    let file = FitBuilder::new().push(
        Message::new(18).with(5, Stored::Text("run".into())).with(11, Stored::U16(9)).developer(3, 1, Stored::U8(1)),
    );
    let (work, _) = with_file("odd.fit", &file.build());
    let said = work.run("gs-fit", &["odd.fit"]);
    said.ok().says(
        "gs-fit: odd.fit: skipped 1 field without a description, 1 field with an impossible value; --raw shows their content",
    );
    assert_eq!(messages(&said)[0]["total_calories_kcal"], 9);
    assert_eq!(said.err.lines().count(), 1, "nothing else is printed: {said}");
    let raw = messages(work.run("gs-fit", &["--raw", "-q", "odd.fit"]).ok().silent()).remove(0);
    assert_eq!(raw["fields"], json!({"5": "run", "11": 9, "3.1": [1]}));
}

#[test]
fn a_corrupt_file_is_reported_and_the_others_are_read() {
    let whole = run().encode();
    let (work, _) = with_file("whole.fit", &whole);
    fs::write(work.dir().join("cut.fit"), &whole[..whole.len() / 2]).unwrap();
    fs::write(work.dir().join("damaged.fit"), damage::flip_bit(&whole, 400, 3)).unwrap();
    fs::write(work.dir().join("page.fit"), "<html><body>gone</body></html>").unwrap();
    let said = work.run("gs-fit", &["cut.fit", "damaged.fit", "page.fit", "missing.fit", "whole.fit"]);
    said.ends(1)
        .says("gs-fit: cut.fit: truncated: the header declares ")
        .says("; --salvage reads it up to the break")
        .says("gs-fit: damaged.fit: damaged: the CRC at byte ")
        .says("gs-fit: page.fit: not a FIT file: no `.FIT` at byte 8\n")
        .says("gs-fit: missing.fit: the file does not exist\n");
    let all = messages(&said);
    assert!(all.iter().all(|message| message["file"] == "whole.fit") && all.len() == 26);
}

#[test]
fn salvage_reads_a_corrupt_file_up_to_the_break() {
    let whole = run().encode();
    let (work, _) = with_file("cut.fit", &whole[..whole.len() - 150]);
    let said = work.run("gs-fit", &["--salvage", "--messages", "record", "cut.fit"]);
    said.ok().says("gs-fit: cut.fit: truncated: the header declares ").says(" messages read\n");
    let cut = messages(&said);
    let (work, _) = with_file("cut.fit", &whole);
    let all = messages(work.run("gs-fit", &["--salvage", "--messages", "record", "cut.fit"]).ok().silent());
    assert!(cut.len() > 10 && cut[..] == all[..cut.len()], "{} of {}", cut.len(), all.len());
    let (work, _) = with_file("page.fit", b"<html><body>gone</body></html>");
    work.run("gs-fit", &["--salvage", "page.fit"]).ends(1).says("not a FIT file");
}

#[test]
fn compressed_files_folders_and_zip_files_are_read() {
    let work = Work::alone();
    let folder = work.dir().join("rides/2026");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("a.fit"), run().encode()).unwrap();
    fs::write(folder.join("notes.txt"), "x").unwrap();
    fs::write(folder.join("broken.fit"), "x").unwrap();
    gzip(&folder.join("a.fit"), &folder.join("b.fit.gz"));
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    let all = ["a.fit", "b.fit.gz", "broken.fit"].map(|name| (name, read(name)));
    let all: Vec<(&str, &[u8])> = all.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    fs::write(work.dir().join("all.zip"), zip_of_many(&all)).unwrap();
    let files = |said: &Said| -> Vec<String> {
        let sessions = messages(said);
        sessions.iter().map(|message| message["file"].as_str().unwrap().to_owned()).collect()
    };
    let said = work.run("gs-fit", &["--messages", "session", "rides", "all.zip", "rides/2026/b.fit.gz"]);
    said.ends(1)
        .says("gs-fit: rides/2026/broken.fit: not a FIT file")
        .says("gs-fit: all.zip/broken.fit: not a FIT file");
    let mut found = files(&said);
    found.sort();
    let expected =
        ["all.zip/a.fit", "all.zip/b.fit.gz", "rides/2026/a.fit", "rides/2026/b.fit.gz", "rides/2026/b.fit.gz"];
    assert_eq!(found, expected);
}

fn gzip(from: &Path, to: &Path) {
    let output = Command::new("gzip").arg("-c").arg(from).output().unwrap();
    fs::write(to, output.stdout).unwrap();
}

/// Runs `gs-fit -` with a file as standard input.
fn on_standard_input(work: &Work, path: &Path, args: &[&str]) -> Said {
    let mut command = work.command("gs-fit", &[&["-"], args].concat());
    let output = command.stdin(fs::File::open(path).unwrap()).output().unwrap();
    Said::of("gs-fit -", &output)
}

#[test]
fn one_file_is_read_from_standard_input() {
    let (work, path) = with_file("run.fit", &run().encode());
    let compressed = work.dir().join("run.gz");
    gzip(&path, &compressed);
    for path in [path, compressed] {
        let said = on_standard_input(&work, &path, &["--messages", "lap"]);
        let all = messages(said.ok().silent());
        assert_eq!((all.len(), &all[0]["file"]), (1, &json!("-")));
    }
}

#[test]
fn no_data_folder_is_needed_for_paths() {
    let (mut work, _) = with_file("run.fit", &run().encode());
    work.set("DATA_DIR", "/tmp/no-such-folder-of-gs-fit/data");
    work.run("gs-fit", &["run.fit"]).ok().silent();
    assert!(!Path::new("/tmp/no-such-folder-of-gs-fit").exists());
}

#[test]
fn the_files_of_records_are_read_with_their_activities() {
    let sim = plain(3);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &["--newest", "3"]).ok();
    let listed = work.run("gs-list", &["--missing"]).ok().out.clone();
    let first = listed.lines().next().unwrap();
    let downloaded = work.given("gs-download", &[], first).ok().out.clone();
    sim.clear_log();
    let input =
        listed.lines().skip(1).collect::<Vec<_>>().join("\n") + "\n" + &downloaded + r#"{"type":"weather","rain":1}"#;
    let said = work.given("gs-fit", &["--messages", "session,lap"], &input);
    said.ok().says("gs-fit: 2 activities have no file in the archive; to download: gs-list --missing | gs-download");
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.last(), Some(&r#"{"type":"weather","rain":1}"#), "{said}");
    let activity: Value = serde_json::from_str(&downloaded).unwrap();
    for line in &lines[..lines.len() - 1] {
        let message: Value = serde_json::from_str(line).unwrap();
        assert_eq!(fit_message_faults(&message), [""; 0]);
        assert_eq!((&message["platform"], &message["id"]), (&activity["platform"], &activity["id"]));
        assert_eq!(message["file"], activity["file"]["path"]);
    }
    assert!(lines.len() > 2 && sim.log().is_empty(), "no request is made");
    let said = work.given("gs-fit", &["-v"], &listed);
    said.ok().says("no file in the archive");
    assert_eq!(said.out, "");
}

#[test]
fn transfers_and_paths_relative_to_the_data_folder_are_read() {
    let work = Work::alone();
    fs::create_dir_all(work.data("fit")).unwrap();
    fs::write(work.data("fit/run.fit"), run().encode()).unwrap();
    fs::write(work.data("fit/cut.fit"), &run().encode()[..300]).unwrap();
    let file = |path: &str, format: &str| json!({"path": path, "sha256": "", "bytes": 1, "format": format});
    let activity = |id: &str| json!({"platform": "coros", "id": id});
    let transfer =
        json!({"type": "transfer", "to": "garmin-com", "activity": activity("1"), "file": file("fit/run.fit", "fit")});
    let tcx = json!({"type": "activity", "platform": "coros", "id": "2", "file": file("fit/x.tcx", "tcx")});
    let cut = json!({"type": "activity", "platform": "coros", "id": "3", "file": file("fit/cut.fit", "fit")});
    let input = format!("{transfer}\n{tcx}\n{cut}\n");
    let said = work.given("gs-fit", &["--messages", "session"], &input);
    said.ends(1)
        .says("gs-fit: coros 3: fit/cut.fit: truncated")
        .says("gs-fit: 1 activity has a file in another format than FIT, not read");
    let sessions = messages(&said);
    assert_eq!((sessions.len(), &sessions[0]["id"], &sessions[0]["file"]), (1, &json!("1"), &json!("fit/run.fit")));
    // A record with a problem is passed on, as the other commands do.
    let problem =
        json!({"command": "gs-download", "kind": "retry", "reason": {"code": "other", "detail": "x", "text": "x"}});
    let failed = json!({"type": "activity", "platform": "coros", "id": "4", "file": file("fit/run.fit", "fit"), "problem": problem});
    let said = work.given("gs-fit", &[], &format!("{failed}\n"));
    assert_eq!(said.ok().silent().record(), failed);
    let said = work.given("gs-fit", &["--platform", "garmin-com"], &input);
    assert_eq!(said.ok().silent().out, "", "another platform");
    let said = work.given("gs-fit", &["--log", "json"], &format!("{cut}\n"));
    let line: Value = serde_json::from_str(said.err.lines().next().unwrap()).unwrap();
    assert_eq!((&line["platform"], &line["id"]), (&json!("coros"), &json!("3")), "{said}");
    work.given("gs-fit", &[], "no record\n").ends(65).says("invalid record on line 1");
}

#[test]
fn the_other_commands_pass_messages_on() {
    let (work, _) = with_file("run.fit", &run().encode());
    let printed = work.run("gs-fit", &["--messages", "all", "run.fit"]).ok().out.clone();
    for (name, args) in [
        ("gs-fit", &[][..]),
        ("gs-dedupe", &[]),
        ("gs-download", &[]),
        ("gs-notify", &[]),
        ("gs-upload", &[]),
        ("gs-delete", &["--yes"]),
    ] {
        let said = work.given(name, args, &printed);
        assert_eq!(said.ok().out, printed, "{name}");
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let (work, path) = with_file("run.fit", &make::run(START, 20_000, 50_000.0).build());
    let script = format!("{} {} | head -n 1", Path::new(env!("CARGO_BIN_EXE_gs-fit")).display(), path.display());
    let said = work.run("/usr/bin/env", &["bash", "-o", "pipefail", "-c", &script]);
    assert_eq!(messages(said.ok().silent()).len(), 1);
}

#[test]
fn ctrl_c_ends_it_at_once() {
    let (work, _) = with_file("run.fit", &run().encode());
    let record = json!({"type": "activity", "platform": "coros", "id": "1", "file": {"path": work.dir().join("run.fit"), "sha256": "", "bytes": 1}});
    let mut command = work.command("gs-fit", &[]);
    let mut child: Child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    writeln!(stdin, "{record}").unwrap();
    let mut lines = BufReader::new(stdout).lines();
    assert_eq!(lines.by_ref().take(26).count(), 26, "a file is printed before the next record arrives");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let ended = std::os::unix::process::ExitStatusExt::signal(&child.wait().unwrap());
    assert_eq!(ended, Some(2), "the command waits for its next record");
}

#[test]
fn on_a_terminal_without_input_it_shows_how_to_use_it() {
    let (code, shown) = Work::alone().typed_into("gs-fit", "", &[]);
    assert!(code == 2 && shown.contains("no input: records are read from standard input; try: gs-fit FILE"), "{shown}");
}

#[test]
fn messages_are_also_chosen_by_the_names_of_their_records_and_by_number() {
    let activity = Message::new(34).with(0, Stored::U32(20_000));
    let unnamed = Message::new(104).with(2, Stored::U8(1));
    let (work, _) = with_file("run.fit", &FitBuilder::new().push(activity).push(unnamed).build());
    for name in ["activity", "fit_activity"] {
        let said = work.run("gs-fit", &["--messages", name, "run.fit"]);
        assert_eq!(messages(said.ok())[0]["type"], "fit_activity");
    }
    let said = work.run("gs-fit", &["--messages", "unknown_104", "run.fit"]);
    assert_eq!(messages(said.ok())[0]["type"], "unknown_104");
    let said = work.run("gs-fit", &["--messages", "sesion", "run.fit"]);
    said.ends(2).says("unknown message \"sesion\"; similar: session; all names: man gs-fit\n");
    work.run("gs-fit", &["--messages", "zzz", "run.fit"])
        .ends(2)
        .says("unknown message \"zzz\"; all names: man gs-fit\n");
}

#[test]
fn index_with_a_path_is_a_usage_error_in_plain_words() {
    let (work, _) = with_file("run.fit", &run().encode());
    for args in [&["--index", "run.fit"][..], &["--index", "--raw"]] {
        work.run("gs-fit", args)
            .ends(2)
            .says("--index reads all files of the archive and prints nothing: give no PATH");
    }
}

#[test]
fn a_pipe_in_a_folder_is_skipped_and_named_with_v() {
    let (work, _) = with_file("run.fit", &run().encode());
    assert!(Command::new("mkfifo").arg(work.dir().join("pipe.fit")).status().unwrap().success());
    work.run("gs-fit", &["-v", "."]).ok().says("./pipe.fit: skipped");
}
