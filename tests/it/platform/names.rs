//! Names of platforms: folders with a comma in their path, and gs-delete, which requires exact names.

use crate::support::Work;
use crate::support::duplicates::{duplicate, outcomes, skips};
use crate::support::paths::{SYNC, commands};
use gs_sim::fit;

/// A folder with one run, `number` days in.
fn folder(work: &Work, path: &str, number: i64) {
    let dir = work.dir().join(path);
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(
        dir.join("run.fit"),
        fit::run(1_767_881_421 + number * 90_000, 1800 + 400 * number as u32, 5000.0).build(),
    )
    .unwrap();
}

#[test]
fn a_folder_path_may_contain_commas() {
    let mut work = Work::alone();
    for (number, path) in ["Runs, 2025", "a,b,c", "plain", "ends,"].into_iter().enumerate() {
        folder(&work, path, number as i64);
    }
    let base = work.dir().display().to_string();
    let names = |work: &Work, args: &[&str]| -> Vec<String> {
        let records = work.run("gs-fetch", args).ok().records();
        let names = records.iter().map(|record| record["platform"].as_str().unwrap().to_owned());
        names.map(|name| name.replace(&format!("folder:{base}/"), "")).collect()
    };
    assert_eq!(names(&work, &["--platform", &format!("folder:{base}/Runs, 2025")]), ["Runs, 2025"]);
    assert_eq!(names(&work, &["--platform", "folder:Runs\\, 2025"]), ["Runs, 2025"]);
    assert_eq!(names(&work, &["--platform", "folder:ends\\,"]), ["ends,"]);
    let both = names(&work, &["--platform", "folder:a,b,c,folder:plain", "--platform", "folder:Runs, 2025"]);
    assert_eq!(both, ["a,b,c", "plain", "Runs, 2025"]);
    // The same in the settings.
    work.set("SYNC_PLATFORM", "folder:plain, folder:Runs, 2025");
    assert_eq!(names(&work, &[]), ["plain", "Runs, 2025"]);
    work.set("SYNC_PLATFORM", "");
    work.write_env("SYNC_PLATFORM=folder:a,b,c , folder:plain # both\n");
    assert_eq!(names(&work, &[]), ["a,b,c", "plain"]);
    // The same in --from and --to of a plan.
    let list = work.run("gs-list", &[]).ok().out.clone();
    let plan = work.given("gs-diff", &["--from", "folder:a,b,c", "--to", "folder:Runs, 2025"], &list);
    let plan = plan.ok().records();
    assert_eq!(plan.len(), 1, "{plan:?}");
    assert_eq!(plan[0]["to"], format!("folder:{base}/Runs, 2025"));
    // An unknown name after a comma is not guessed.
    work.run("gs-fetch", &["--platform", "garmin-com,garmin-cmo"]).ends(2).says("\"garmin-cmo\"");
    work.run("gs-fetch", &["--platform", "folder:plain,garmin-cmo"]).ends(75).says("plain,garmin-cmo");
}

#[test]
fn gs_delete_requires_exact_platform_names() {
    for (service, alike) in [
        ("garmin-com", ["GARMINCOM", "garmin.com", "Garmin-Com", "garmin_com", "garmin-com/"]),
        ("coros", ["COROS", "Coros", "co-ros", "coros.", "cor os"]),
    ] {
        let duplicate = duplicate(service);
        for name in alike.iter().chain([&format!("{service} ").as_str()]) {
            let own = format!("\"platform\":\"{service}\"");
            let renamed = duplicate.marked.replace(&own, &format!("\"platform\":\"{name}\""));
            assert_ne!(renamed, duplicate.marked);
            let said = duplicate.world.work.given("gs-delete", &["--yes"], &renamed);
            assert_eq!(skips(said.ok()), ["unknown-platform"], "{said}");
            assert_eq!(outcomes(&said, "skipped"), 1, "{said}");
        }
        for name in alike.into_iter().chain([format!("{service} ").as_str(), &format!(" {service}")]) {
            for flags in [["--yes", "--platform", name], ["-n", "--platform", &format!("garmin-cn,{name}")]] {
                duplicate.delete(&flags).ends(2).says(&format!("unknown platform {name:?}"));
            }
        }
        duplicate.nothing_happened();
        duplicate.delete(&["--yes", "--platform", &format!("garmin-cn,{service}")]).ok();
        duplicate.is_gone();
    }
}

#[test]
fn a_sync_passes_canonical_platform_names_to_gs_delete() {
    let mut work = Work::alone();
    let bin = commands().display().to_string();
    let own = work.dir().join("bin");
    std::fs::create_dir(&own).unwrap();
    let put = |name: &str, program: &str| {
        std::fs::write(own.join(name), program).unwrap();
        std::fs::set_permissions(own.join(name), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    };
    // Records its arguments.
    put("gs-delete", "#!/bin/sh\nprintf '<%s>' \"$@\" >\"$HOME/given\"\n");
    work.set("PATH", &format!("{}:{bin}:/usr/bin:/bin", own.display())).set("DELETE_DUPLICATE", "1");
    folder(&work, "a,b", 1);
    let base = work.dir().display().to_string();
    work.run(SYNC, &["-q", "--platform", "folder:a,b", "--platform", "FOLDER:a\\,coros", "--max-delete=3"]);
    let given = std::fs::read_to_string(work.dir().join("given")).unwrap();
    assert_eq!(
        given,
        format!("<--quiet><--platform><folder:{base}/a\\,b,folder:{base}/a\\,coros><--max-delete=3><--yes>")
    );
    // A sync calls gs-delete only if something is listed, so this gs-fetch lists an activity.
    put("gs-fetch", "#!/bin/sh\necho '{\"type\":\"activity\",\"platform\":\"coros\",\"id\":\"1\"}'\n");
    work.run(SYNC, &["-v", "--platform=GARMINCOM,coros"]);
    let given = std::fs::read_to_string(work.dir().join("given")).unwrap();
    assert_eq!(given, "<--verbose><--platform><garmin-com,coros><--yes>");
    work.run(SYNC, &[]);
    assert_eq!(std::fs::read_to_string(work.dir().join("given")).unwrap(), "<--yes>");
    std::fs::remove_file(work.dir().join("given")).unwrap();
    work.run(SYNC, &["-n"]);
    assert!(!work.dir().join("given").exists(), "a dry run does not call gs-delete");
}
