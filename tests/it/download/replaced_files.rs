//! Files of the archive that are replaced: the older original stays, whatever kills the command in the middle.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Work, plain};
use gs_sim::Sim;

/// System calls that change names or contents on the disk. A kill comes before the call takes effect.
const CALLS: [&str; 10] =
    ["link", "linkat", "rename", "renameat", "renameat2", "fsync", "fchmod", "write", "copy_file_range", "unlink"];
/// More of each than a run has.
const MOST: u32 = 400;

/// A folder whose archive holds another file than the service: what it was, and where.
fn changed(sim: &Sim) -> (Work, PathBuf, Vec<u8>) {
    let work = Work::logged_in(sim);
    work.archive_all();
    let path = work.files("fit")[0].clone();
    let older = gs_sim::fit::run(1_700_000_000, 600, 2000.0).build();
    std::fs::write(&path, &older).unwrap();
    (work, path, older)
}

/// Runs `gs-download --force` under strace, which does this to it. Returns whether it came to its end.
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

/// The whole files below a folder of the archive, none of them unfinished.
fn contents(work: &Work, folder: &str) -> Vec<Vec<u8>> {
    let names = work.files(folder);
    let is_finished = |path: &&PathBuf| !path.file_name().unwrap().to_string_lossy().starts_with('.');
    names.iter().filter(is_finished).map(|path| std::fs::read(path).unwrap()).collect()
}

/// Kills a download at each of its steps, runs it again to its end, and looks for the older original. `links`: what
/// becomes of the attempt to make a hard link meanwhile.
fn the_older_original_outlives_a_kill_at_every_step(links: &[&str]) {
    let sim = plain(1);
    let mut steps = 0;
    // What is injected into the same call by `links` comes last, and counts.
    for call in CALLS {
        let mut is_over = false;
        for step in 1..MOST {
            let (work, path, older) = changed(&sim);
            let list = work.dir().join("list");
            std::fs::write(&list, &work.run("gs-list", &[]).out).unwrap();
            let kill = format!("inject={call}:signal=KILL:when={step}");
            let injected = [kill].into_iter().chain(links.iter().map(|what| (*what).to_owned()));
            is_over = download(&work, &list, &injected.collect::<Vec<_>>());
            let newer = std::fs::read(&path).unwrap();
            let kept = contents(&work, "replaced");
            assert!(newer == older || kept.contains(&older), "lost at {call} {step}");
            work.given("gs-download", &["--force"], &std::fs::read_to_string(&list).unwrap()).ok();
            assert!(contents(&work, "replaced") == [older], "lost after {call} {step}");
            assert!(garminsync::fit::scan(&std::fs::read(&path).unwrap()).is_ok());
            assert_eq!(work.files("replaced").len() + work.files("fit").len(), 2, "nothing unfinished stays");
            if is_over {
                break;
            }
            steps += 1;
        }
        assert!(is_over, "{call}");
    }
    assert!(steps > 10, "{steps} steps");
}

#[test]
fn a_kill_loses_no_older_original_on_a_disk_with_links() {
    the_older_original_outlives_a_kill_at_every_step(&[]);
}

#[test]
fn a_kill_loses_no_older_original_on_a_disk_without_links() {
    the_older_original_outlives_a_kill_at_every_step(&["inject=/^(link|linkat)$:error=EPERM"]);
}
