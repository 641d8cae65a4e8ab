//! The command lines that the page names: each does what the page says of it, and then the page says so no more.

use crate::support::duplicates::{duplicate, with_copy};
use crate::support::paths::commands;
use crate::support::world::{World, nameless, run, settled};
use crate::support::{Said, Work};
use gs_sim::UploadSpec;
use serde_json::{Value, json};

/// `status.json` of now.
fn status(work: &Work) -> Value {
    work.run("gs-report", &[]).ok().silent();
    work.status_json()
}

/// Runs a command line as a person would who copies it.
fn shell(work: &mut Work, line: &str) -> Said {
    let bin = commands().display().to_string();
    work.set("PATH", &format!("{bin}:/usr/bin:/bin"));
    work.run("/bin/sh", &["-c", line])
}

fn matter<'a>(told: &'a Value, what: &str) -> Option<&'a Value> {
    let lists = [&told["actions"], &told["warnings"]].into_iter().flat_map(|list| list.as_array().unwrap());
    lists.into_iter().find(|matter| matter["kind"] == what)
}

/// Runs the command line that mends a matter, after which nobody needs it.
#[track_caller]
fn mend(work: &mut Work, what: &str) {
    let told = status(work);
    let line = matter(&told, what).unwrap_or_else(|| panic!("{what} is not in {:#}", told["actions"]))["fix"].clone();
    shell(work, line.as_str().unwrap()).ok();
    let told = status(work);
    assert_eq!(matter(&told, what), None, "{line}");
}

#[test]
fn a_copy_that_was_deleted_comes_back_by_the_line_that_is_told() {
    // Garmin has one of each recording, so there the copy is one of a converter.
    let copies = [
        ("garmin-com", nameless(&run(0))),
        ("garmin-cn", nameless(&run(0))),
        ("coros", run(0).builder().big_endian().build()),
        ("coros", run(0).encode()),
    ];
    for (service, copy) in copies {
        let mut duplicate = with_copy(service, &run(0).encode(), &copy);
        duplicate.delete(&["--yes"]).ok();
        let told = status(&duplicate.world.work);
        let deletion = told["deletions"][0].clone();
        assert_eq!([&deletion["by"], &deletion["activity"]["id"]], ["garminsync", duplicate.copy.as_str()]);
        let before = duplicate.world.ids(service).len();
        shell(&mut duplicate.world.work, deletion["restore"].as_str().unwrap()).ok();
        assert_eq!(duplicate.world.ids(service).len(), before + 1, "{service}");
        let deletion = status(&duplicate.world.work)["deletions"][0].clone();
        assert_eq!((&deletion["by"], &deletion["restore"]), (&json!("restored"), &Value::Null), "{service}");
    }
}

#[test]
fn no_line_is_told_that_would_put_nothing_back() {
    let duplicate = duplicate("garmin-com");
    duplicate.delete(&["--yes"]).ok();
    let told = status(&duplicate.world.work);
    assert_eq!([&told["deletions"][0]["by"], &told["deletions"][0]["restore"]], [&json!("garminsync"), &Value::Null]);
    // Without the kept one beside it there is room.
    duplicate.world.remove(duplicate.service, &duplicate.kept);
    duplicate.world.fetch();
    duplicate.world.fetch();
    let told = status(&duplicate.world.work);
    let lines = told["deletions"].as_array().unwrap().iter().filter(|one| one["restore"].is_string());
    assert_eq!(lines.count(), 2);
}

#[test]
fn what_somebody_deleted_comes_back_by_the_line_that_is_told() {
    let (mut world, ids) = settled();
    world.work.archive_all();
    world.remove("coros", &ids[3][2]);
    world.fetch();
    assert_eq!(status(&world.work)["deletions"][0]["by"], "unconfirmed");
    world.fetch();
    let deletion = status(&world.work)["deletions"][0].clone();
    assert_eq!([&deletion["by"], &deletion["activity"]["id"]], ["external", ids[3][2].as_str()]);
    let groups = |world: &World| status(&world.work)["activities"].as_array().unwrap().len();
    let before = groups(&world);
    shell(&mut world.work, deletion["restore"].as_str().unwrap()).ok();
    assert_eq!((world.ids("coros").len(), groups(&world)), (12, before));
    let told = status(&world.work);
    assert_eq!([&told["deletions"][0]["by"], &told["deletions"][0]["restore"]], [&json!("external"), &Value::Null]);
    assert_eq!(told["missing"], json!([]));
}

#[test]
fn a_refused_upload_goes_again_by_the_line_that_is_told() {
    let mut world = World::new();
    let id = world.put("coros", &run(0));
    world.put("garmin-cn", &run(5));
    world.fetch();
    let spec = UploadSpec { fails_late: Some("not today".into()), polls: 0, ..UploadSpec::default() };
    world.sim.with(|state| state.account("garmin.cn").spec.upload = spec);
    world.apply(&world.diff(&["--to", "garmin-cn"]), &[]).ends(1);
    let told = status(&world.work);
    let refusal = &told["rejected"][0];
    assert_eq!([&refusal["activity"]["id"], &refusal["to"]], [id.as_str(), "garmin-cn"]);
    assert!(refusal["reason"]["detail"].as_str().unwrap().contains("not today"), "{refusal}");
    assert_eq!(
        told["activities"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["missing_on"].to_string())
            .collect::<Vec<_>>()
            .len(),
        2
    );
    world.sim.with(|state| state.account("garmin.cn").spec.upload = UploadSpec { polls: 0, ..UploadSpec::default() });
    shell(&mut world.work, refusal["retry"].as_str().unwrap()).ok();
    let told = status(&world.work);
    assert_eq!((&told["rejected"], world.ids("garmin-cn").len()), (&json!([]), 2));
}

#[test]
fn a_refused_login_is_mended_by_the_line_that_is_told() {
    let (mut world, _) = settled();
    world.work.set("COROS_PASSWORD", "wrong");
    world.sim.with(|state| state.expire_coros_token(2));
    world.work.run("gs-fetch", &["--platform", "coros"]).ends(77);
    let told = status(&world.work);
    let needs: Vec<&Value> = told["actions"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(needs, ["login-refused"], "the command says no more than the platform");
    world.work.set("COROS_PASSWORD", "correct horse");
    mend(&mut world.work, "login-refused");
    world.work.run("gs-fetch", &[]).ok();
    let told = status(&world.work);
    assert_eq!((&told["actions"], &told["warnings"]), (&json!([]), &json!([])), "{:#}", told["warnings"]);
}

#[test]
fn a_dead_token_is_mended_by_the_line_that_is_told() {
    let (mut world, _) = settled();
    world.sim.with(|state| state.expire_coros_token(2));
    world.work.set("COROS_PASSWORD", "");
    world.work.run("gs-fetch", &["--platform", "coros"]).ends(77);
    let told = status(&world.work);
    assert_eq!(told["actions"].as_array().unwrap().len(), 1, "{:#}", told["actions"]);
    assert_eq!(matter(&told, "login-ended").unwrap()["platform"], "coros");
    world.work.set("COROS_PASSWORD", "correct horse");
    mend(&mut world.work, "login-ended");
}

#[test]
fn a_missing_login_is_mended_by_the_line_that_is_told() {
    let (mut world, _) = settled();
    world.work.run("gs-auth", &["logout", "--platform", "garmin-cn"]).ok();
    world.work.set("GARMIN_PASSWORD_CN", "");
    world.work.run("gs-fetch", &[]).ends(77);
    assert_eq!(matter(&status(&world.work), "login-needed").unwrap()["platform"], "garmin-cn");
    // A second is as exact as the log is.
    world.work.change("UPDATE commands SET started_at = started_at - 60, finished_at = finished_at - 60");
    world.work.set("GARMIN_PASSWORD_CN", "correct horse");
    mend(&mut world.work, "login-needed");
}

#[test]
fn without_any_login_it_names_the_command_that_logs_in() {
    let work = Work::alone();
    work.run("gs-fetch", &[]).ends(77);
    let told = status(&work);
    assert_eq!([&told["state"], &told["actions"][0]["fix"]], ["action-needed", "garminsync setup"]);
}

#[test]
fn a_list_that_shrank_is_believed_by_the_line_that_is_told() {
    let (mut world, ids) = settled();
    for [_, cn, _] in &ids[..4] {
        world.remove("garmin-cn", cn);
    }
    world.work.run("gs-fetch", &["--full"]).ends(75);
    let told = status(&world.work);
    let platform = told["platforms"].as_array().unwrap().iter().find(|one| one["name"] == "garmin-cn").unwrap();
    let reason = &platform["unusable_reason"];
    assert_eq!(
        (&reason["code"], &reason["missing"], &reason["known"]),
        (&json!("listing-implausible"), &json!(4), &json!(12))
    );
    assert_eq!((&platform["total"], &told["state"]), (&json!(12), &json!("action-needed")));
    mend(&mut world.work, "listing-implausible");
    let told = status(&world.work);
    let gone = told["deletions"].as_array().unwrap().iter().filter(|one| one["by"] == "unconfirmed").count();
    assert_eq!(gone, 4);
}

#[test]
fn broken_files_are_fetched_again_by_the_line_that_is_told() {
    let (mut world, ids) = settled();
    world.work.archive_all();
    let path = world.archived("coros", &ids[0][2]);
    let whole = std::fs::read(&path).unwrap();
    // What is found broken counts at once.
    world.work.change(&format!("UPDATE files SET corrupt = 1 WHERE id = '{}'", ids[0][2]));
    std::fs::write(&path, &whole[..100]).unwrap();
    let told = status(&world.work);
    assert_eq!([&told["warnings"][0]["kind"], &told["warnings"][0]["count"]], [&json!("files-corrupt"), &json!(1)]);
    mend(&mut world.work, "files-corrupt");
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[test]
fn a_wrong_setting_is_named_by_the_line_that_is_told() {
    let (mut world, _) = settled();
    world.work.set("SPORT_DIFF_SECOND", "soon");
    world.work.given("gs-diff", &[], "").ends(78);
    world.work.run("gs-report", &[]).ends(78).says("SPORT_DIFF_SECOND");
    world.work.set("SPORT_DIFF_SECOND", "60");
    let told = status(&world.work);
    let line = matter(&told, "configuration").unwrap()["fix"].as_str().unwrap().to_owned();
    world.work.set("SPORT_DIFF_SECOND", "soon");
    shell(&mut world.work, &line).ends(78).says("SPORT_DIFF_SECOND");
}
