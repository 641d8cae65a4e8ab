//! `gs-import` of GarminSync, Sports Sync X and other folders: imported and rejected files, and later commands.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::older_tools::{self, GarminSync, Held, SportsSync, fingerprint, held, import};
use crate::support::{self, FILES, Work, asked, gzip, plain};
use gs_sim::{Sim, zipfile};
use serde_json::Value;

/// A simulator, a data folder with a login, and the activities of the simulator, oldest first.
fn world(count: usize) -> (Sim, Work, Vec<Held>) {
    let sim = plain(count);
    let work = Work::logged_in(&sim);
    let all = held(&sim, "garmin.com");
    (sim, work, all)
}

/// A folder of GarminSync beside the data folder, with valid files of these activities.
fn garmin_sync(work: &Work, some: &[Held]) -> GarminSync {
    let folder = GarminSync::new(&work.dir().join("theirs"));
    some.iter().for_each(|one| folder.add(one, &one.fit));
    folder
}

fn ids<'a>(some: impl IntoIterator<Item = &'a Held>) -> Vec<String> {
    some.into_iter().map(|one| one.id.clone()).collect()
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

/// The activities whose files were requested from the service.
fn fetched(sim: &Sim) -> Vec<String> {
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    sorted(asked(sim, FILES).iter().map(|request| id(&request.path)).collect())
}

fn bytes_of(record: &Value) -> Vec<u8> {
    fs::read(record["file"]["path"].as_str().unwrap()).unwrap()
}

#[test]
fn a_garminsync_folder_is_imported_and_only_other_files_are_downloaded() {
    let (sim, work, all) = world(9);
    let older = garmin_sync(&work, &all[2..7]);
    older.row(&all[7], None);
    let before = fingerprint(&older.dir);
    let said = import(&work, &[], &older.dir);
    said.ok().silent();
    assert_eq!(sorted(said.ids()), ids(&all[2..7]));
    for (record, one) in said.records().iter().zip(&all[2..7]) {
        assert_eq!((record["platform"].as_str(), record["downloaded"].as_bool()), (Some("garmin-com"), Some(true)));
        assert_eq!(bytes_of(record), one.fit);
        assert_eq!(
            (record["file"]["format"].as_str(), record["file"]["origin"].as_str()),
            (Some("fit"), Some("original"))
        );
        assert_eq!(
            record["start_time"].as_str().unwrap().replace(['T', 'Z'], " ").trim(),
            older_tools::stamp(one.start)
        );
        assert_eq!((record["utc_offset_s"].as_i64(), record["sport"].as_str()), (Some(3600), Some("running")));
        assert!(record["file"]["path"].as_str().unwrap().contains("/data/fit/garmin_com/activity_"));
    }
    assert_eq!(fingerprint(&older.dir), before);
    let again = import(&work, &[], &older.database());
    again.ok().silent();
    assert_eq!((again.ids().len(), fingerprint(&older.dir)), (0, before));
    assert_eq!(sim.log().len(), 0, "no request was sent");

    work.run("gs-fetch", &[]).ok().silent();
    let rest = ids(all[..2].iter().chain(&all[7..]));
    assert_eq!(sorted(work.run("gs-list", &["--missing"]).ids()), rest);
    work.download(&["--all"]).ok().silent();
    assert_eq!(fetched(&sim), rest);
    let named = work.run("gs-list", &["--id", &all[3].id]).record();
    assert_eq!(named["name"].as_str(), Some(all[3].name.as_str()), "the listing completes the imported activity");
    assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [""; 0]);
    assert_eq!(work.files("fit").len(), 9);
}

#[test]
fn the_page_shows_imported_activities_as_not_listed_yet() {
    let (_sim, work, all) = world(3);
    let older = garmin_sync(&work, &all);
    import(&work, &[], &older.dir).ok();
    let page = |words: &str| {
        work.run("gs-report", &[]).ok();
        let read = |name: &str| fs::read_to_string(work.data("report").join(name)).unwrap();
        let status: Value = serde_json::from_str(&read("status.json")).unwrap();
        let places = |field: &str| {
            let all = status["activities"].as_array().unwrap().iter();
            all.map(|one| one[field].as_array().map_or(0, Vec::len)).sum::<usize>()
        };
        (places("on"), places("unlisted"), places("gone_from"), read("index.html").matches(words).count())
    };
    assert_eq!(page("imported, not listed yet"), (0, 3, 0, 3));
    work.run("gs-fetch", &[]).ok();
    assert_eq!(page("imported, not listed yet"), (3, 0, 0, 0));
}

#[test]
fn a_tcx_file_named_fit_is_stored_as_tcx_and_the_original_downloaded() {
    let (sim, work, all) = world(4);
    let older = garmin_sync(&work, &all[1..]);
    older.add(&all[0], &all[0].tcx);
    let before = fingerprint(&older.dir);
    let said = import(&work, &["-v"], &older.dir);
    said.ok().says("this is a TCX file; stored in that format; the original is requested again");
    let record = said.records().into_iter().find(|record| record["id"] == all[0].id.as_str()).unwrap();
    assert_eq!(
        (record["file"]["format"].as_str(), record["file"]["origin"].as_str()),
        (Some("tcx"), Some("converted"))
    );
    assert!(record["file"]["path"].as_str().unwrap().ends_with("_export.tcx"));
    assert_eq!(bytes_of(&record), all[0].tcx);
    assert_eq!(
        record["start_time"].as_str().unwrap().replace(['T', 'Z'], " ").trim(),
        older_tools::stamp(all[0].start)
    );
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [all[0].id.clone()]);
    import(&work, &[], &older.dir).ok().silent();

    work.run("gs-fetch", &[]).ok();
    let got = work.download(&["--missing"]).ok().record();
    assert_eq!((got["file"]["format"].as_str(), bytes_of(&got)), (Some("fit"), all[0].fit.clone()));
    assert_eq!(fetched(&sim), [all[0].id.clone()]);
    let again = import(&work, &[], &older.dir);
    again.ok().says("another file of garmin-com").says("it is kept");
    assert_eq!((again.ids().len(), fingerprint(&older.dir)), (0, before));
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [""; 0]);
}

#[test]
fn web_pages_texts_and_corrupt_files_are_reported_and_not_imported() {
    let (_sim, work, all) = world(9);
    let older = garmin_sync(&work, &all[7..]);
    let mut wrong = all[4].fit.clone();
    *wrong.last_mut().unwrap() ^= 1;
    let bad: [(&[u8], &str); 7] = [
        (b"<!DOCTYPE html><html><title>Just a moment...</title></html>", "not a FIT, GPX or TCX file: a web page"),
        (b"{\"error\": \"not found\"}", "not a FIT, GPX or TCX file: a JSON text"),
        (b"", "the file is empty"),
        (&all[3].fit[..all[3].fit.len() / 2], "the FIT file is corrupt"),
        (&wrong, "the FIT file is corrupt"),
        (&all[5].tcx[..900], "the TCX file is cut off"),
        (b"PK\x03\x04 and nothing more", "the zip file is corrupt"),
    ];
    for (one, (bytes, _)) in all.iter().zip(&bad) {
        older.add(one, bytes);
    }
    let before = fingerprint(&older.dir);
    let said = import(&work, &[], &older.dir);
    said.ends(1);
    for (one, (_, why)) in all.iter().zip(&bad) {
        let line = said.err.lines().find(|line| line.contains(&one.garmin_sync_name())).unwrap();
        assert!(line.contains(why) && line.ends_with("; not imported"), "{line}");
    }
    assert_eq!((said.err.lines().count(), sorted(said.ids())), (7, ids(&all[7..])));
    assert_eq!((work.files("fit").len(), fingerprint(&older.dir)), (2, before));
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM activities"), 2);
    let log = "SELECT exit || counts FROM commands WHERE command = 'gs-import'";
    assert_eq!(work.sql::<String>(log), "1{\"imported\":2,\"rejected\":7}");
}

#[test]
fn paths_in_a_garminsync_database_are_not_followed_outside_its_folder() {
    let (_sim, work, all) = world(5);
    let older = garmin_sync(&work, &all[..1]);
    // A file outside, reached by a path in the database and a link; a file with a free name; a path on another system.
    let outside = work.dir().join("outside.fit");
    fs::write(&outside, &all[1].fit).unwrap();
    older.row(&all[1], Some("../outside.fit"));
    std::os::unix::fs::symlink(&outside, older.dir.join(all[1].garmin_sync_name())).unwrap();
    older.row(&all[2], Some("C:\\data\\my favourite.fit"));
    fs::write(older.dir.join("my favourite.fit"), &all[2].fit).unwrap();
    older.row(&all[3], Some(&format!("/app/data/{}", all[3].garmin_sync_name())));
    fs::write(older.dir.join("holiday.fit"), &all[4].fit).unwrap();
    let before = fingerprint(&older.dir);
    let said = work.run("gs-import", &["theirs/../theirs/garmin.db"]);
    said.ends(1).says("holiday.fit: no activity id in the file name; not imported");
    said.says("2 of its downloaded files are missing, such as activity_");
    assert_eq!(sorted(said.ids()), ids([&all[0], &all[2]]));
    assert_eq!(fingerprint(&older.dir), before);
}

#[test]
fn local_times_become_utc_independent_of_the_machine_time_zone() {
    let zones = [0, 3600, -6 * 3600, 5 * 3600 + 45 * 60, 14 * 3600, -9 * 3600 - 1800];
    let mut scenario = support::scenario(zones.len());
    for (activity, offset) in scenario.accounts[0].activities.iter_mut().zip(zones) {
        activity.offset = Some(offset);
    }
    let sim = scenario.start();
    let all = held(&sim, "garmin.com");
    let mut outs = Vec::new();
    for zone in ["UTC", "Asia/Kathmandu", "America/St_Johns"] {
        let mut work = Work::with(&sim);
        work.set("TZ", zone);
        let older = garmin_sync(&work, &all);
        let said = import(&work, &[], &older.dir);
        let shown: Vec<_> = said
            .ok()
            .records()
            .iter()
            .map(|r| (r["id"].clone(), r["start_time"].clone(), r["utc_offset_s"].as_i64()))
            .collect();
        assert_eq!(shown.iter().map(|(.., offset)| offset.unwrap() as i32).collect::<Vec<_>>(), zones);
        outs.push(shown);
    }
    assert!(outs[0] == outs[1] && outs[1] == outs[2]);
}

#[test]
fn a_newer_database_or_one_with_pending_writes_is_read_unchanged() {
    let (_sim, work, all) = world(3);
    let older = garmin_sync(&work, &all[..2]);
    let held_open = older.open();
    held_open.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0").unwrap();
    held_open
        .execute_batch(
            "ALTER TABLE activities ADD COLUMN activity_type VARCHAR; ALTER TABLE activities ADD COLUMN distance FLOAT;
            UPDATE activities SET activity_type = 'trail_running', distance = 1.0; ALTER TABLE activities DROP COLUMN last_sync;
            CREATE TABLE power (id INTEGER)",
        )
        .unwrap();
    let before = fingerprint(&older.dir);
    assert!(before.iter().any(|(path, _)| path.ends_with("garmin.db-wal")));
    let said = import(&work, &[], &older.dir);
    said.ok().silent();
    for record in said.records() {
        let shown = [&record["platform_sport"], &record["sport"], &record["sub_sport"]].map(|v| v.as_str().unwrap());
        assert_eq!(shown, ["trail_running", "running", "trail"]);
    }
    assert_eq!((said.ids().len(), fingerprint(&older.dir)), (2, before));
    drop(held_open);
}

#[test]
fn garminsync_and_this_program_may_share_a_data_folder() {
    let (sim, mut work, all) = world(3);
    // With the settings of GarminSync: our archive is in the folder of GarminSync, and its DB_PATH is not changed.
    let older = GarminSync::new(&work.data(""));
    all.iter().take(2).for_each(|one| older.add(one, &one.fit));
    work.set("DB_PATH", older.database().to_str().unwrap());
    let is_older_file =
        |path: &Path| path.starts_with(older.dir.join("garmin.db")) || path.extension() == Some("fit".as_ref());
    let before: Vec<_> = fingerprint(&older.dir).into_iter().filter(|(path, _)| is_older_file(path)).collect();
    assert_eq!(before.len(), 3);
    assert_eq!(sorted(import(&work, &[], &older.dir).ok().silent().ids()), ids(&all[..2]));
    work.archive_all();
    assert_eq!(import(&work, &[], &older.dir).ok().silent().ids(), [""; 0]);
    import(&work, &["--platform", "coros"], &work.data("fit")).ends(2).says("this is the archive itself");
    assert_eq!(fetched(&sim), [all[2].id.clone()]);
    let after = fingerprint(&older.dir);
    assert!(before.iter().all(|file| after.contains(file)));
}

#[test]
fn sports_sync_folders_are_imported_each_for_its_platform() {
    let (_sim, work, all) = world(7);
    let older = SportsSync::new(&work.dir().join("sports-sync-x"));
    for one in &all[..3] {
        older.add("garmin_com", "running", one, &one.fit);
    }
    older.add("garmin_cn", "trail_running", &all[3], &all[3].fit);
    older.add("coros", "102", &all[4], &all[4].fit);
    // One file unpacked beside its zip; a truncated zip; a database row without a file.
    fs::write(older.dir.join(format!("fit/garmin_com/{}_ACTIVITY.fit", all[0].id)), &all[0].fit).unwrap();
    older.add("garmin_cn", "running", &all[5], &all[5].fit);
    let zip = older.dir.join(format!("fit/garmin_cn/{}.zip", all[5].id));
    let half = fs::read(&zip).unwrap();
    fs::write(&zip, &half[..half.len() / 2]).unwrap();
    older.add("coros", "100", &all[6], &all[6].fit);
    fs::remove_file(older.dir.join(format!("fit/coros/{}.fit", all[6].id))).unwrap();
    let before = fingerprint(&older.dir);
    for path in [older.dir.clone(), older.dir.join("db"), older.dir.join("db/sports_sync.sqlite")] {
        let said = import(&work, &["-n", "-q"], &path);
        assert_eq!((said.ends(1).ids().len(), work.files("fit").len()), (5, 0), "{path:?}");
    }
    let picked = import(&work, &["-n", "-q", "--platform", "coros,garmin-com"], &older.dir);
    assert_eq!(picked.ok().ids().len(), 4);

    let said = import(&work, &[], &older.dir);
    said.ends(1).says("the zip file is corrupt");
    let of = |one: &Held| said.records().into_iter().find(|record| record["id"] == one.id.as_str()).unwrap();
    assert_eq!(said.ids().len(), 5);
    assert_eq!(
        (of(&all[0])["platform"].as_str(), of(&all[0])["name"].as_str()),
        (Some("garmin-com"), Some(format!("garmin_com: {}", all[0].name).as_str()))
    );
    let cn = of(&all[3]);
    assert_eq!((cn["platform"].as_str(), cn["sub_sport"].as_str()), (Some("garmin-cn"), Some("trail")));
    let coros = of(&all[4]);
    assert_eq!((coros["platform"].as_str(), coros["sub_sport"].as_str()), (Some("coros"), Some("trail")));
    assert_eq!(bytes_of(&coros), all[4].fit);
    assert_eq!((import(&work, &[], &older.dir).ends(1).ids().len(), fingerprint(&older.dir)), (0, before));
    fs::remove_dir_all(older.dir.join("db")).unwrap();
    let without = Work::alone();
    assert_eq!(
        import(&without, &[], &older.dir).ends(1).ids().len(),
        5,
        "the files can be imported without the database"
    );
}

#[test]
fn uploads_recorded_by_sports_sync_are_not_imported() {
    let (_sim, work, all) = world(2);
    let older = SportsSync::new(&work.dir().join("theirs"));
    older.add("garmin_com", "running", &all[0], &all[0].fit);
    import(&work, &[], &older.dir).ok();
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM uploads"), 0);
    assert_eq!(work.run("gs-list", &["--platform", "garmin-cn,coros"]).ids(), [""; 0]);
}

#[test]
fn a_tcx_in_a_sports_sync_zip_is_an_original() {
    let (_sim, work, all) = world(1);
    let older = SportsSync::new(&work.dir().join("theirs"));
    let zip = zipfile::zip_of(&format!("{}.tcx", all[0].id), &all[0].tcx);
    fs::write(older.dir.join(format!("fit/garmin_com/{}.zip", all[0].id)), zip).unwrap();
    let record = import(&work, &[], &older.dir).ok().record();
    assert_eq!((record["file"]["format"].as_str(), record["file"]["origin"].as_str()), (Some("tcx"), Some("original")));
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [""; 0]);
}

/// Files in folders and zip files, named as other tools do; and files that must not be imported.
fn mixed(dir: &Path, all: &[Held]) -> PathBuf {
    let old = dir.join("old");
    fs::create_dir_all(old.join("2026/more")).unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(old.join(name), bytes).unwrap();
    write(&format!("{}.fit", all[0].id), &all[0].fit);
    write(&format!("2026/{}_ACTIVITY.FIT", all[1].id), &all[1].fit);
    let inner = format!("{}_ACTIVITY.fit", all[2].id);
    write(&format!("2026/more/activity_{}.zip", all[2].id), &zipfile::zip_of(&inner, &all[2].fit));
    let (third, fourth) = (format!("{}.fit", all[3].id), format!("a/activity_{}.tcx", all[4].id));
    write("backup.zip", &zipfile::zip_of_many(&[(&third, &all[3].fit), (&fourth, &all[4].tcx), ("notes.txt", b"x")]));
    write("windows.zip", &zipfile::zip_of(&format!("old\\{third}"), &all[3].fit));
    write("notes.txt", b"nothing");
    old
}

#[test]
fn folders_zips_and_files_with_ids_are_imported_for_the_named_platform() {
    let (_sim, work, all) = world(6);
    let old = mixed(work.dir(), &all);
    let before = fingerprint(&old);
    import(&work, &[], &old).ends(2).says("name it: --platform");
    import(&work, &["--platform", "coros,garmin-cn"], &old).ends(2).says("name it: --platform");
    import(&work, &["--platform", "folder:/x"], &old).ends(2).says("garmin-com, garmin-cn, coros or intervals");
    let said = import(&work, &["--platform", "garmin-cn"], &old);
    said.ok().says("old: 2 other files not read (.txt 2)");
    assert_eq!((sorted(said.ids()), said.err.lines().count()), (ids(&all[..5]), 1));
    assert!(said.records().iter().all(|record| record["platform"] == "garmin-cn"));
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [all[4].id.clone()], "the TCX file is a converted file");
    assert_eq!(fingerprint(&old), before);
    for single in ["backup.zip", &format!("{}.fit", all[0].id)] {
        assert_eq!(import(&work, &["--platform", "garmin-cn"], &old.join(single)).ok().ids(), [""; 0]);
    }
    let other = Work::alone();
    let said = import(&other, &["--platform", "coros"], &old.join(format!("{}.fit", all[0].id)));
    assert_eq!((said.ok().ids(), other.files("fit/coros").len()), (vec![all[0].id.clone()], 1));
}

#[test]
fn gzipped_files_are_imported_uncompressed() {
    let (_sim, work, all) = world(6);
    let old = work.dir().join("old");
    fs::create_dir(&old).unwrap();
    let write = |name: String, bytes: Vec<u8>| fs::write(old.join(name), bytes).unwrap();
    write(format!("{}.fit.gz", all[0].id), gzip(&all[0].fit));
    write(format!("activity_{}.TCX.GZ", all[1].id), gzip(&all[1].tcx));
    let inside = format!("a/{}_ACTIVITY.fit.gz", all[2].id);
    write("backup.zip".into(), zipfile::zip_of(&inside, &gzip(&all[2].fit)));
    write(format!("{}.zip", all[3].id), zipfile::zip_of("1_ACTIVITY.fit.gz", &gzip(&all[3].fit)));
    write(format!("{}.fit.gz", all[4].id), gzip(&all[4].fit)[..500].to_vec());
    write("holiday.fit.gz".into(), gzip(&all[5].fit));
    let said = import(&work, &["--platform", "garmin-com"], &old);
    said.ends(1).says("the gzip data is damaged").says("holiday.fit.gz: no activity id in the file name");
    assert_eq!(sorted(said.ids()), ids(&all[..4]));
    for record in said.records() {
        let one = all.iter().find(|one| record["id"] == one.id.as_str()).unwrap();
        let bytes = bytes_of(&record);
        assert!(bytes == if record["file"]["format"] == "tcx" { one.tcx.clone() } else { one.fit.clone() });
    }
    let single = Work::alone();
    let path = old.join(format!("{}.fit.gz", all[0].id));
    assert_eq!(import(&single, &["--platform", "coros"], &path).ok().silent().ids(), [all[0].id.clone()]);
    // A folder of GarminSync with gzipped files.
    let older = garmin_sync(&work, &all[..1]);
    let plain = older.dir.join(all[0].garmin_sync_name());
    fs::remove_file(&plain).unwrap();
    fs::write(format!("{}.gz", plain.display()), gzip(&all[0].fit)).unwrap();
    assert_eq!(import(&single, &[], &older.dir).ok().ids(), [all[0].id.clone()]);
}

#[test]
fn file_names_may_begin_with_a_time() {
    let (_sim, work, all) = world(5);
    let old = work.dir().join("old");
    fs::create_dir(&old).unwrap();
    let names = [
        format!("20251224-183000-activity_{}.fit", all[0].id),
        format!("20251224-183000-activity_{}_Evening_run.fit", all[1].id),
        format!("2025-12-24-18-30-00_activity_{}_running_Town.fit", all[2].id),
        format!("20251224-183000_{}.fit", all[3].id),
    ];
    for (name, one) in names.iter().zip(&all) {
        fs::write(old.join(name), &one.fit).unwrap();
    }
    // Two recordings with the same start second: the number is a counter and not an activity id.
    fs::write(old.join("2025-12-24-18-30-00_2.fit"), &all[4].fit).unwrap();
    let said = import(&work, &["--platform", "garmin-com"], &old);
    said.ends(1).says("2025-12-24-18-30-00_2.fit: no activity id in the file name");
    assert_eq!(sorted(said.ids()), ids(&all[..4]));
    assert!(
        said.records()
            .iter()
            .all(|record| all.iter().any(|one| { record["id"] == one.id.as_str() && bytes_of(record) == one.fit }))
    );
}

#[test]
fn links_other_files_and_recycle_bins_are_counted_and_reported() {
    let (_sim, work, all) = world(4);
    let old = work.dir().join("old");
    fs::create_dir_all(old.join("#recycle")).unwrap();
    let elsewhere = work.dir().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(old.join(format!("{}.fit", all[0].id)), &all[0].fit).unwrap();
    fs::write(old.join(format!("#recycle/{}.fit", all[1].id)), &all[1].fit).unwrap();
    fs::write(elsewhere.join(format!("{}.fit", all[2].id)), &all[2].fit).unwrap();
    std::os::unix::fs::symlink(&elsewhere, old.join("linked")).unwrap();
    fs::write(old.join("export.rar"), "Rar!").unwrap();
    fs::write(old.join("summary.csv"), "a,b").unwrap();
    let said = import(&work, &["--platform", "garmin-com"], &old);
    assert_eq!(said.ok().ids(), ids(&all[..1]));
    said.says("old: 1 link not followed").says("old: 1 other file not read (.csv 1)");
    said.says("old: 1 file in another format or compressed, not read (.rar 1)");
    said.says("old: 1 recycle bin or system folder skipped");
    assert_eq!(said.err.lines().count(), 4, "{said}");
    import(&work, &["-v", "--platform", "garmin-com"], &old).ok().says("old: linked").says("old: summary.csv");
    // The folder of GarminSync is flat; subfolders and links are not from GarminSync.
    let older = garmin_sync(&work, &all[..1]);
    fs::create_dir(older.dir.join("2025")).unwrap();
    std::os::unix::fs::symlink(&elsewhere, older.dir.join("linked")).unwrap();
    let said = import(&work, &[], &older.dir);
    said.ok().says("theirs: 1 subfolder not searched").says("theirs: 1 link not followed");
}

#[test]
fn path_traversal_and_zip_bombs_are_rejected() {
    let (_sim, work, all) = world(3);
    let old = work.dir().join("old");
    fs::create_dir(&old).unwrap();
    let evil = format!("../../{}.fit", all[0].id);
    fs::write(old.join(format!("{}.zip", all[0].id)), zipfile::zip_of(&evil, &all[0].fit)).unwrap();
    fs::write(old.join(format!("{}.zip", all[1].id)), zipfile::zip_bomb("a.fit", 300)).unwrap();
    // In a zip with several files, only the last part of a name counts, and the file gets a name of our archive.
    let deep = format!("../../../{}.fit", all[2].id);
    fs::write(old.join("many.zip"), zipfile::zip_of_many(&[(&deep, &all[2].fit)])).unwrap();
    let said = import(&work, &["--platform", "garmin-com"], &old);
    said.ends(1).says("leads out of it").says("unpacks to more than");
    assert_eq!(said.ids().len(), work.files("fit").len());
    let all_files = fingerprint(work.dir());
    let strays = all_files.iter().filter(|(path, _)| !path.starts_with(work.data("")) && !path.starts_with(&old));
    assert_eq!(strays.count(), 0);
}

#[test]
fn files_without_an_activity_or_of_another_day_are_rejected() {
    let (_sim, work, all) = world(3);
    let old = work.dir().join("old");
    fs::create_dir(&old).unwrap();
    let mut settings = gs_sim::fit::run(all[0].start, 60, 100.0);
    for message in settings.messages_mut().iter_mut().filter(|message| message.global == 0) {
        message.fields.retain(|(number, _)| *number != 0);
    }
    fs::write(old.join("123456.fit"), settings.build()).unwrap();
    work.run("gs-fetch", &[]).ok();
    // The list has the start of this activity, and the file is of two days later.
    fs::write(old.join(format!("{}.fit", all[0].id)), &all[2].fit).unwrap();
    let said = import(&work, &["--platform", "garmin-com"], &old);
    said.ends(1).says("the FIT file contains no activity").says("it belongs to another activity");
    assert_eq!((said.ids().len(), work.files("fit").len()), (0, 0));
}

#[test]
fn unsupported_input_is_rejected_before_anything_is_imported() {
    let (_sim, work, all) = world(1);
    let older = garmin_sync(&work, &all);
    let foreign = work.dir().join("birds.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE birds (id INTEGER)").unwrap();
    fs::create_dir(work.dir().join("empty")).unwrap();
    fs::write(work.dir().join("letter.txt"), "hello").unwrap();
    fs::write(work.dir().join("UploadedFiles_0-_Part1.zip"), zipfile::zip_of("me@x_1.fit", &all[0].fit)).unwrap();
    fs::write(work.dir().join("half.zip"), b"PK\x03\x04").unwrap();
    fs::create_dir(work.dir().join("broken")).unwrap();
    let half = fs::read(older.database()).unwrap();
    fs::write(work.dir().join("broken/garmin.db"), &half[..4000]).unwrap();
    // An export of an unsupported service.
    for (name, bytes) in
        [("sessions/1.json", "{}"), ("sessions/2.json", "{}"), ("me.csv", "a"), ("tracks/a b.fit", "x")]
    {
        let path = work.dir().join("unknown").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    std::os::unix::fs::symlink(work.dir().join("empty"), work.dir().join("unknown/linked")).unwrap();
    let unknown = [
        ("unknown", "1 FIT, TCX or GPX file without an id in its name"),
        ("unknown", "1 link not followed, 3 other files not read (.json 2, .csv 1)"),
        ("birds.db", "database of another program"),
        ("empty", "no supported file found"),
        ("letter.txt", "unsupported file"),
        ("nowhere", "No such file"),
        ("UploadedFiles_0-_Part1.zip", "a part of Garmin's account export"),
        ("half.zip", "the zip cannot be read"),
        ("broken", "move it to another folder, or import this folder with --platform"),
    ];
    for (path, why) in unknown {
        let said = work.run("gs-import", &[older.dir.to_str().unwrap(), path]);
        said.ends(2).says(&format!("{path}: ")).says(why).says("supported: GarminSync's garmin.db");
        assert_eq!((said.ids().len(), work.files("fit").len()), (0, 0), "{path}");
    }
    work.run("gs-import", &[]).ends(2);
    // A data folder of this program, of another account: its files may belong to several platforms.
    fs::create_dir_all(work.dir().join("other/fit/garmin_com")).unwrap();
    fs::write(work.dir().join("other/fit/garmin_com/activity_1_x.fit"), &all[0].fit).unwrap();
    for path in ["other", "other/fit"] {
        work.run("gs-import", &["--platform", "garmin-com", path]).ends(2).says("name one of them, with --platform");
    }
    let coros = import(&work, &["--platform", "coros"], &older.dir);
    coros.ends(2).says("--platform garmin-com or garmin-cn");
    assert_eq!(import(&work, &["--platform", "garmin-cn"], &older.dir).ok().record()["platform"], "garmin-cn");
}

#[test]
fn a_dry_run_names_the_files_and_imports_nothing() {
    let (_sim, work, all) = world(3);
    let older = garmin_sync(&work, &all);
    let said = import(&work, &["-n"], &older.dir);
    said.ok().says(&format!("would be imported as the fit file of garmin-com {}", all[0].id));
    assert_eq!((said.ids().len(), said.err.lines().count(), work.files("fit").len()), (3, 3, 0));
    assert!(said.records().iter().all(|record| record.get("file").is_none()));
    assert_eq!(
        work.sql::<i64>(
            "SELECT (SELECT count(*) FROM activities) + (SELECT count(*) FROM commands WHERE command = 'gs-import')"
        ),
        0
    );
    let shown = import(&work, &["-v"], &older.dir);
    shown
        .ok()
        .says("theirs: GarminSync, imported as garmin-com")
        .says("3 imported")
        .says("to use the same schedule here: garminsync schedule '30 */4 * * *'")
        .says("gs-auth import");
}

#[test]
fn an_import_keeps_archived_files_and_restores_lost_ones() {
    let (sim, work, all) = world(3);
    work.archive_all();
    let older = garmin_sync(&work, &all[1..2]);
    older.add(&all[0], &gs_sim::fit::run(all[0].start, all[0].seconds, 999.0).build());
    let lost = work.run("gs-list", &["--id", &all[1].id]).record();
    fs::remove_file(lost["file"]["path"].as_str().unwrap()).unwrap();
    let archived = fingerprint(&work.data("fit"));
    let said = import(&work, &[], &older.dir);
    said.ok().says(&format!("another file of garmin-com {},", all[0].id)).says("it is kept");
    assert_eq!(said.ids(), [all[1].id.clone()]);
    let after = fingerprint(&work.data("fit"));
    assert!(archived.iter().all(|file| after.contains(file)) && after.len() == 3);
    sim.clear_log();
    work.download(&["--all"]).ok().silent();
    assert_eq!(sim.log().len(), 0);
}

#[test]
fn unlisted_imports_are_not_deletions_and_are_not_uploaded() {
    let (sim, work, all) = world(8);
    let older = garmin_sync(&work, &all);
    older.add(&Held { id: "777".into(), ..all[0].clone() }, &all[0].tcx);
    import(&work, &[], &older.dir).ok();
    // Half of the activities were deleted on Garmin long before.
    sim.with(|state| {
        all[..4].iter().for_each(|one| assert!(state.remove_activity("garmin.com", one.id.parse().unwrap())))
    });
    for _ in 0..2 {
        let said = work.run("gs-fetch", &["--full"]);
        said.ok().silent();
        assert_eq!(sorted(said.ids()), ids(&all[4..]), "unlisted activities are not printed");
    }
    assert_eq!(work.run("gs-list", &["--deleted"]).ids(), [""; 0]);
    let folder = work.dir().join("watch");
    fs::create_dir(&folder).unwrap();
    let to = format!("folder:{}", folder.display());
    work.run("gs-fetch", &["--platform", &to]).ok();
    let list = work.run("gs-list", &[]).ok().out.clone();
    let plan = work.given("gs-diff", &["--from", "garmin-com", "--to", &to, "--explain"], &list);
    let planned: Vec<Value> =
        plan.ok().records().into_iter().filter(|record| record.get("outcome").is_none()).collect();
    assert_eq!(planned.len(), 4);
    assert!(planned.iter().all(|record| all[4..].iter().any(|one| record["activity"]["id"] == one.id.as_str())));
    assert_eq!(plan.out.matches(r#""code":"activity-never-listed""#).count(), 5);
    // A file of an activity that was deleted on Garmin: it is not uploaded again.
    fs::write(folder.join("run.fit"), &all[0].fit).unwrap();
    work.run("gs-fetch", &["--platform", &to]).ok();
    let list = work.run("gs-list", &["--platform", &to]).ok().out.clone();
    let planned_back = work.given("gs-diff", &["--from", &to, "--to", "garmin-com", "--explain"], &list).ok().record();
    assert_eq!(support::codes(&planned_back["reasons"]), ["deleted-on-target"], "{planned_back}");
    // The original of a deleted activity is requested once, and the converted file is kept without a failure.
    let said = work.download(&["--missing"]);
    said.ok().says("777: activity not found on Garmin").says("the archived file is kept");
    assert_eq!(said.records()[0]["file"]["format"], "tcx");
    assert_eq!(work.run("gs-list", &["--missing"]).ids(), [""; 0]);
}

#[test]
fn an_import_exits_75_if_a_download_holds_the_archive() {
    let (_sim, mut work, all) = world(1);
    work.set("GS_LOCK_TIMEOUT", "200ms");
    let older = garmin_sync(&work, &all);
    import(&work, &["-n"], &older.dir).ok();
    fs::create_dir_all(work.data("locks")).unwrap();
    let lock = fs::File::create(work.data("locks/garmin_com.download")).unwrap();
    lock.lock().unwrap();
    import(&work, &[], &older.dir).ends(75).says("another gs-download holds the archive");
    drop(lock);
    assert_eq!(import(&work, &[], &older.dir).ok().ids().len(), 1);
}

#[test]
fn missing_activities_are_unknown_before_the_first_listing() {
    let (_sim, work, all) = world(2);
    let older = garmin_sync(&work, &all);
    import(&work, &[], &older.dir).ok();
    let said = |args: &[&str]| work.run("gs-list", args).ok().err.clone();
    assert!(said(&["--missing", "-v", "--format", "table"]).contains("not every platform was listed"));
    work.run("gs-fetch", &[]).ok();
    assert!(said(&["--missing", "-v", "--format", "table"]).contains("nothing is missing"));
}
