//! Replaced files of the archive: the older original survives a kill of the command at any step.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Work, plain};
use gs_sim::Sim;

/// System calls that change names or contents on the disk. A kill comes before the call takes effect.
const CALLS: [&str; 10] =
    ["link", "linkat", "rename", "renameat", "renameat2", "fsync", "fchmod", "write", "copy_file_range", "unlink"];
/// More calls of each kind than a run makes.
const MAX_STEPS: u32 = 400;

/// A data folder whose archived file differs from the one on the platform; its path and its bytes.
fn changed(sim: &Sim) -> (Work, PathBuf, Vec<u8>) {
    let work = Work::logged_in(sim);
    work.archive_all();
    let path = work.files("fit")[0].clone();
    let older = gs_sim::fit::run(1_700_000_000, 600, 2000.0).build();
    std::fs::write(&path, &older).unwrap();
    (work, path, older)
}

/// Runs `gs-download --force` under strace with these injections. Returns whether it succeeded.
fn download(work: &Work, list: &Path, injected: &[String]) -> bool {
    let plain = work.command("gs-download", &["--force", "-q"]);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null"]);
    for what in injected {
        command.args(["-e", what]);
    }
    command.arg(plain.get_program()).args(plain.get_args()).current_dir(work.dir()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(std::fs::File::open(list).unwrap());
    command.output().expect("strace is needed").status.success()
}

/// The contents of the finished files below a folder of the archive.
fn contents(work: &Work, folder: &str) -> Vec<Vec<u8>> {
    let names = work.files(folder);
    let is_finished = |path: &&PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with('.');
    names.iter().filter(is_finished).map(|path| std::fs::read(path).unwrap()).collect()
}

/// Kills a download at each of its steps, runs it again, and asserts that the older original still exists. `links`:
/// injections into the calls that make hard links.
fn assert_the_older_original_survives_a_kill_at_every_step(links: &[&str]) {
    let sim = plain(1);
    let mut steps = 0;
    // An injection by `links` into the same call comes last and takes precedence.
    for call in CALLS {
        let mut has_succeeded = false;
        for step in 1..MAX_STEPS {
            let (work, path, older) = changed(&sim);
            let list = work.dir().join("list");
            std::fs::write(&list, &work.run("gs-list", &[]).out).unwrap();
            let kill = format!("inject={call}:signal=KILL:when={step}");
            let injected = [kill].into_iter().chain(links.iter().map(|what| (*what).to_owned()));
            has_succeeded = download(&work, &list, &injected.collect::<Vec<_>>());
            let newer = std::fs::read(&path).unwrap();
            let kept = contents(&work, "replaced");
            assert!(newer == older || kept.contains(&older), "lost at {call} {step}");
            work.given("gs-download", &["--force"], &std::fs::read_to_string(&list).unwrap()).ok();
            assert!(contents(&work, "replaced") == [older], "lost after {call} {step}");
            assert!(garminsync::fit::scan(&std::fs::read(&path).unwrap()).is_ok());
            assert_eq!(work.files("replaced").len() + work.files("fit").len(), 2, "no unfinished file remains");
            if has_succeeded {
                break;
            }
            steps += 1;
        }
        assert!(has_succeeded, "{call}");
    }
    assert!(steps > 10, "{steps} steps");
}

#[test]
fn a_kill_never_loses_a_replaced_original_on_a_disk_with_links() {
    assert_the_older_original_survives_a_kill_at_every_step(&[]);
}

#[test]
fn a_kill_never_loses_a_replaced_original_on_a_disk_without_links() {
    assert_the_older_original_survives_a_kill_at_every_step(&["inject=/^(link|linkat)$:error=EPERM"]);
}
