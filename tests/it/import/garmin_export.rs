//! `gs-import` of Garmin's account export: separate lists and files, and file names without activity ids.

use std::collections::BTreeSet;
use std::fs;

use crate::support::older_tools::{self, Held, fingerprint, garmin_export, held, import};
use crate::support::{FILES, Work, asked, scenario};
use gs_sim::{Sim, zipfile};
use serde_json::{Value, json};

/// UTC offsets of the activities, in turns.
const ZONES: [i32; 6] = [0, 3600, -6 * 3600, 5 * 3600 + 45 * 60, 13 * 3600, -9 * 3600 - 1800];

/// A simulator with activities in several time zones, a login, and the activities.
fn world(count: usize) -> (Sim, Work, Vec<Held>) {
    let mut scenario = scenario(count);
    for (number, activity) in scenario.accounts[0].activities.iter_mut().enumerate() {
        activity.offset = Some(ZONES[number % ZONES.len()]);
    }
    let sim = scenario.start();
    let work = Work::logged_in(&sim);
    let all = held(&sim, "garmin.com");
    (sim, work, all)
}

/// The name of a file in an export: its number is the upload id.
fn upload(number: usize) -> String {
    format!("me@example.com_{}.fit", 250_000_000 + number * 17)
}

fn files(all: &[Held]) -> Vec<(String, Vec<u8>)> {
    all.iter().enumerate().map(|(number, one)| (upload(number), one.fit.clone())).collect()
}

fn summaries(all: &[Held]) -> Vec<Value> {
    all.iter().map(Held::summary).collect()
}

fn set(ids: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    ids.into_iter().collect()
}

/// Another recording of the same group: the same start, time and distance, other bytes.
fn second_recording(one: &Held, serial: u32) -> Vec<u8> {
    let leg = gs_sim::fit::Leg {
        sport: (1, 0),
        style: gs_sim::fit::Style::Outdoor,
        seconds: one.seconds,
        metres: Some(one.metres),
    };
    let mut recording = gs_sim::fit::Recording::single(one.start, leg);
    (recording.device.2, recording.every, recording.seed) = (serial, 60, 99);
    recording.encode()
}

/// A file with the steps of a day; nine of ten files in an export are of this kind.
fn monitoring(start: i64) -> Vec<u8> {
    let mut file = gs_sim::fit::run(start, 60, 10.0);
    for message in file.messages_mut().iter_mut().filter(|message| message.global == 0) {
        for (_, value) in message.fields.iter_mut().filter(|(number, _)| *number == 0) {
            *value = gs_sim::fit::Value::Enum(32);
        }
    }
    file.build()
}

#[test]
fn export_files_match_their_activities_and_ambiguous_files_are_skipped() {
    let (sim, work, all) = world(300);
    let mut list = summaries(&all);
    // A sport and a distance changed by hand; an activity without a file; one without an id.
    list[1]["activityType"] = json!("cycling");
    list[2]["distance"] = json!(all[2].metres * 150.0);
    list[3]["deviceId"] = json!(0);
    list.push(json!({"name": "of no id"}));
    // Two watches on one run, both listed: the device decides. Two recordings of one watch: ambiguous.
    let twin = |one: &Held, id: u64, serial: Value| {
        let mut entry = one.summary();
        (entry["activityId"], entry["deviceId"]) = (json!(id), serial);
        entry
    };
    list.push(twin(&all[10], 9_010, json!(4_000_000_000_u32)));
    list.push(twin(&all[20], 9_020, json!(all[20].serial)));
    let mut held_files = files(&all);
    held_files.remove(4);
    held_files.push((upload(1000), second_recording(&all[10], 4_000_000_000)));
    held_files.push((upload(1001), second_recording(&all[20], all[20].serial)));
    // A duplicate file, a recording of a deleted activity, files with steps, a corrupt file.
    held_files.push((upload(1002), all[5].fit.clone()));
    held_files.push((upload(1003), gs_sim::fit::run(all[0].start - 40_000, 600, 1000.0).build()));
    for number in 0..50 {
        held_files.push((upload(2000 + number), monitoring(all[0].start + number as i64)));
    }
    held_files.push((upload(1004), all[6].fit[..200].to_vec()));
    held_files.push(("me@example.com_1.tcx".into(), all[7].tcx.clone()));
    let zip = work.dir().join("export.zip");
    fs::write(&zip, garmin_export(&list, &held_files)).unwrap();
    let before = fingerprint(work.dir());

    let said = import(&work, &[], &zip);
    said.ends(1).says(&format!("{}: the FIT file is corrupt", upload(1004)));
    let left: BTreeSet<String> = [1, 2, 4, 20].iter().map(|at| all[*at].id.clone()).collect();
    let mut expected = &set(all.iter().map(|one| one.id.clone())) - &left;
    expected.insert("9010".into());
    assert_eq!(set(said.ids()), expected);
    for record in said.records() {
        let Some(at) = all.iter().position(|one| record["id"] == one.id.as_str()) else { continue };
        let one = &all[at];
        assert_eq!(fs::read(record["file"]["path"].as_str().unwrap()).unwrap(), one.fit, "{record}");
        assert_eq!(record["utc_offset_s"].as_i64(), Some(i64::from(one.offset)));
        assert_eq!(
            record["start_time"].as_str().unwrap().replace(['T', 'Z'], " ").trim(),
            older_tools::stamp(one.start)
        );
        let shown = (record["name"].as_str().unwrap(), record["platform_sport"].as_str().unwrap());
        assert_eq!(shown, (one.name.as_str(), one.type_key.as_str()));
        assert!((record["distance_m"].as_f64().unwrap() - one.metres).abs() < 1.0);
    }
    let twin = said.records().into_iter().find(|record| record["id"] == "9010").unwrap();
    let bytes = fs::read(twin["file"]["path"].as_str().unwrap()).unwrap();
    assert_eq!(bytes, second_recording(&all[10], 4_000_000_000));
    let warned: Vec<&str> = said.err.lines().filter(|line| line.contains("it may belong to")).collect();
    assert_eq!(warned.len(), 2, "{said}");
    assert!(warned.iter().all(|line| line.contains(&format!("{} or 9020", all[20].id))), "{warned:?}");
    assert!(warned[0].contains(&upload(1001)) && warned[1].contains(&upload(20)), "{warned:?}");

    assert_eq!(import(&work, &[], &zip).ends(1).ids().len(), 0);
    let after = fingerprint(work.dir());
    assert!(before.iter().filter(|(path, _)| !path.starts_with(work.data(""))).all(|file| after.contains(file)));
    sim.clear_log();
    work.run("gs-fetch", &[]).ok().silent();
    work.download(&["--missing"]).ok();
    let fetched = asked(&sim, FILES).into_iter().map(|request| request.path.rsplit('/').next().unwrap().to_owned());
    assert_eq!(set(fetched), left);
    assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [""; 0]);
    let again = import(&work, &[], &zip);
    assert_eq!(
        (again.ends(1).ids().len(), again.err.matches("it may belong to").count()),
        (0, 2),
        "9020 is still ambiguous"
    );
}

#[test]
fn an_export_is_imported_zipped_partly_or_fully_unpacked() {
    let (_sim, work, all) = world(12);
    let zip = work.dir().join("export.zip");
    fs::write(&zip, garmin_export(&summaries(&all), &files(&all))).unwrap();
    // Users unpack the outer zip or all zips, and may name a folder inside.
    let (outer, unpacked) = (work.dir().join("outer"), work.dir().join("whole"));
    for (dir, deep) in [(&outer, false), (&unpacked, true)] {
        let fitness = dir.join("DI_CONNECT/DI-Connect-Fitness");
        let uploads = dir.join("DI_CONNECT/DI-Connect-Uploaded-Files");
        fs::create_dir_all(&fitness).unwrap();
        fs::create_dir_all(&uploads).unwrap();
        let list = json!([{"summarizedActivitiesExport": summaries(&all)}]).to_string();
        fs::write(fitness.join("me@example.com_0_summarizedActivities.json"), list).unwrap();
        let files = files(&all);
        if deep {
            files.iter().for_each(|(name, bytes)| fs::write(uploads.join(name), bytes).unwrap());
        } else {
            let entries: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
            fs::write(uploads.join("UploadedFiles_0-_Part1.zip"), zipfile::zip_of_many(&entries)).unwrap();
        }
    }
    let below = [unpacked.join("DI_CONNECT"), unpacked.join("DI_CONNECT/DI-Connect-Fitness")];
    for path in [zip, outer, unpacked].iter().chain(&below) {
        let said = import(&work, &["-n", "-q"], path);
        assert_eq!(said.ok().ids().len(), 12, "{}", path.display());
    }
    let cn = import(&work, &["--platform", "garmin-cn"], &below[0]);
    assert!(cn.ok().silent().records().iter().all(|record| record["platform"] == "garmin-cn"));
}

#[test]
fn an_unreadable_list_is_reported_and_an_export_without_files_fails() {
    let (_sim, work, all) = world(2);
    let dir = work.dir().join("export/DI_CONNECT/DI-Connect-Fitness");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join("me_0_summarizedActivities.json"), json!(summaries(&all)).to_string()).unwrap();
    fs::write(dir.join("me_1001_summarizedActivities.json"), "<html>").unwrap();
    let said = import(&work, &[], &work.dir().join("export"));
    said.ends(1).says("me_1001_summarizedActivities.json: the list cannot be read");
    said.says("nothing imported: the export has no activity FIT file; download the files: gs-fetch | gs-download");
    assert_eq!((said.ids().len(), said.err.lines().count()), (0, 2));
}

/// The list item as another version of the export, or another tool, writes it.
fn changed(entry: &Value, change: &dyn Fn(&mut serde_json::Map<String, Value>)) -> Value {
    let mut entry = entry.as_object().unwrap().clone();
    change(&mut entry);
    entry.into()
}

#[test]
fn lists_with_other_field_spellings_match_all_files() {
    let (_sim, work, all) = world(12);
    type Change = Box<dyn Fn(&mut serde_json::Map<String, Value>)>;
    let without_start = |entry: &mut serde_json::Map<String, Value>| {
        let start = entry.remove("startTimeGmt").unwrap();
        entry.remove("beginTimestamp");
        start
    };
    let changes: Vec<(&str, Change)> = vec![
        (
            "capitals",
            Box::new(move |entry| {
                let start = without_start(entry);
                entry.insert("startTimeGMT".into(), start);
            }),
        ),
        (
            "texts",
            Box::new(|entry| {
                for name in ["activityId", "startTimeGmt", "beginTimestamp", "duration", "distance", "deviceId"] {
                    let text = entry[name].to_string();
                    entry.insert(name.into(), json!(text));
                }
            }),
        ),
        (
            "a written time",
            Box::new(move |entry| {
                let start = without_start(entry).as_f64().unwrap() as i64 / 1000;
                entry.insert("startTimeGmt".into(), json!(older_tools::stamp(start)));
            }),
        ),
        (
            "the local start alone",
            Box::new(move |entry| {
                without_start(entry);
            }),
        ),
    ];
    for (what, change) in changes {
        let list: Vec<Value> = summaries(&all).iter().map(|entry| changed(entry, &change)).collect();
        let zip = work.dir().join("export.zip");
        fs::write(&zip, garmin_export(&list, &files(&all))).unwrap();
        let work = Work::alone();
        let said = import(&work, &[], &zip);
        assert_eq!(set(said.ok().silent().ids()), set(all.iter().map(|one| one.id.clone())), "{what}");
        for record in said.records() {
            let one = all.iter().find(|one| record["id"] == one.id.as_str()).unwrap();
            assert!(fs::read(record["file"]["path"].as_str().unwrap()).unwrap() == one.fit, "{what}");
            assert_eq!(
                record["start_time"].as_str().unwrap().replace(['T', 'Z'], " ").trim(),
                older_tools::stamp(one.start)
            );
            assert_eq!(record["utc_offset_s"].as_i64(), Some(i64::from(one.offset)), "{what}");
        }
    }
}

#[test]
fn an_export_without_importable_files_exits_1() {
    let (_sim, work, all) = world(3);
    let zip = work.dir().join("export.zip");
    let write = |list: &[Value], files: &[(String, Vec<u8>)]| fs::write(&zip, garmin_export(list, files)).unwrap();
    // Activities without a readable start.
    let unclear =
        |entry: &Value| json!({"activityId": entry["activityId"], "begin": {"at": 5}, "startTimeGmt": "soon"});
    write(&summaries(&all).iter().map(unclear).collect::<Vec<_>>(), &files(&all));
    let said = import(&work, &[], &zip);
    said.ends(1).says(
        "3 activities skipped: the id or the start cannot be read; fields of the first: activityId, begin, startTimeGmt",
    );
    said.says("nothing imported: no activity in the lists of the export has a readable id and start");
    assert_eq!((said.ids().len(), said.err.lines().count()), (0, 2));
    let empty = work.dir().join("empty/DI_CONNECT/DI-Connect-Fitness");
    fs::create_dir_all(&empty).unwrap();
    fs::write(empty.join("me_0_summarizedActivities.json"), "[{\"summarizedActivitiesExport\": []}]").unwrap();
    import(&work, &[], &work.dir().join("empty"))
        .ends(1)
        .says("nothing imported: the lists of the export have no activities");
    write(&summaries(&all), &[]);
    import(&work, &[], &zip).ends(1).says("nothing imported: the export has no activity FIT file");
    let others = [(upload(1), gs_sim::fit::run(all[0].start - 40_000, 600, 1000.0).build())];
    write(&summaries(&all), &others);
    import(&work, &[], &zip).ends(1).says("nothing imported: no file could be matched with certainty to an activity");
    // One unreadable item among readable ones is reported, and the exit code is 0.
    let mut list = summaries(&all);
    list.push(json!({"activityId": 5}));
    write(&list, &files(&all));
    let said = import(&work, &[], &zip);
    assert_eq!(said.ok().says("1 activity skipped: the id or the start cannot be read").ids().len(), 3);
}
