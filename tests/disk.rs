//! Disks that are full or may not be written: said with the path, nothing half written, the catalogue still true.
//!
//! Each test runs itself again in a private namespace, where it may mount what it needs.

#![allow(clippy::unwrap_used)]

mod support;

use support::{FILES, Work, asked, is_inside, plain, shell};

fn fetched(count: usize) -> (gs_sim::Sim, Work, String) {
    shell("ip link set lo up");
    let sim = plain(count);
    let work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &[]).out.clone();
    sim.clear_log();
    (sim, work, list)
}

#[test]
fn a_full_disk_ends_it_with_the_path_and_without_half_a_file() {
    if !is_inside("a_full_disk_ends_it_with_the_path_and_without_half_a_file") {
        return;
    }
    let (sim, work, list) = fetched(40);
    let folder = work.data("fit");
    std::fs::create_dir_all(&folder).unwrap();
    shell(&format!("mount -t tmpfs -o size=200k none {}", folder.display()));
    let said = work.given("gs-download", &[], &list);
    said.ends(1).says("the disk is full").says(&folder.display().to_string());
    let whole = work.files("fit");
    assert!(!whole.is_empty() && whole.len() < 40);
    for file in &whole {
        assert!(garminsync::fit::scan(&std::fs::read(file).unwrap()).is_ok(), "{}", file.display());
    }
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), whole.len() as i64);
    assert_eq!(asked(&sim, FILES).len(), whole.len() + 1, "nothing is fetched only to be thrown away");
    shell(&format!("mount -o remount,size=8m {}", folder.display()));
    work.given("gs-download", &[], &list).ok();
    assert_eq!(work.files("fit").len(), 40);
}

#[test]
fn a_read_only_archive_ends_it_with_78_and_the_path() {
    if !is_inside("a_read_only_archive_ends_it_with_78_and_the_path") {
        return;
    }
    let (_sim, work, list) = fetched(3);
    let folder = work.data("fit");
    std::fs::create_dir_all(&folder).unwrap();
    shell(&format!("mount -t tmpfs -o ro none {}", folder.display()));
    work.given("gs-download", &[], &list).ends(78).says(&folder.display().to_string()).says("writable");
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM files"), 0);
}

#[test]
fn a_read_only_data_folder_ends_it_with_78_and_the_path() {
    if !is_inside("a_read_only_data_folder_ends_it_with_78_and_the_path") {
        return;
    }
    let (_sim, work, list) = fetched(3);
    let folder = work.data("");
    shell(&format!("mount --bind {0} {0} && mount -o remount,bind,ro {0}", folder.display()));
    work.given("gs-download", &[], &list).ends(78).says("catalogue.sqlite");
    work.run("gs-fetch", &[]).ends(78).says("catalogue.sqlite");
}

#[test]
fn a_full_disk_costs_no_login() {
    if !is_inside("a_full_disk_costs_no_login") {
        return;
    }
    let (sim, work, _) = fetched(3);
    let (folder, token) = (work.data("tokens"), std::fs::read(work.data("tokens/garmin-com.json")).unwrap());
    shell(&format!("mount -t tmpfs -o size=12k none {}", folder.display()));
    std::fs::write(folder.join("garmin-com.json"), &token).unwrap();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.clear_log();
    work.run("gs-fetch", &[]).ends(78).says(&folder.display().to_string());
    assert_eq!(asked(&sim, "/di-oauth2-service/").len(), 0, "the token is not spent");
    shell(&format!("mount -o remount,size=1m {}", folder.display()));
    work.run("gs-fetch", &[]).ok();
}
