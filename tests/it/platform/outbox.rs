//! `outbox:PATH`: delivery to other programs, through the real commands. What is delivered is compared with what the
//! other program takes, over all runs.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use gs_sim::fit::{self, Leg, Recording, Style};
use serde_json::Value;

use crate::support::paths::{self, sync};
use crate::support::three_platforms::three;
use crate::support::{self, Said, Work, code};

const START: i64 = 1_767_881_421;
const DAY: i64 = 86_400;

fn run(day: i64) -> Vec<u8> {
    fit::run(START + day * DAY, 1800, 5000.0).build()
}

/// A folder with runs, an outbox, and the program that empties it.
struct Post {
    work: Work,
    /// The name of the platform with the runs.
    from: String,
    /// The name of the outbox.
    to: String,
}

/// The files that the other program took, by name.
type Taken = BTreeMap<String, Vec<u8>>;

impl Post {
    /// The folder has a run on each of `days` days. The outbox exists, and is empty.
    fn new(days: i64) -> Post {
        let mut work = Work::alone();
        for dir in ["watch", "out"] {
            fs::create_dir(work.dir().join(dir)).unwrap();
        }
        let [from, to] = [("folder", "watch"), ("outbox", "out")]
            .map(|(kind, dir)| format!("{kind}:{}", work.dir().join(dir).display()));
        work.put_commands_in_path().set("SYNC_PLATFORM", &format!("{from},{to}"));
        let post = Post { work, from, to };
        (0..days).for_each(|day| post.record(day));
        post
    }

    /// Records a run.
    fn record(&self, day: i64) {
        fs::write(self.work.dir().join(format!("watch/{day}.fit")), run(day)).unwrap();
    }

    fn out(&self) -> PathBuf {
        self.work.dir().join("out")
    }

    /// A whole sync.
    fn sync(&self) -> Said {
        sync(&self.work, &[])
    }

    /// The transfers that are planned now, with their files.
    fn plan(&self) -> String {
        self.work.run("gs-fetch", &[]).ok();
        let list = self.work.run("gs-list", &[]).ok().out.clone();
        let plan = self.work.given("gs-diff", &[], &list).ok().out.clone();
        self.work.given("gs-download", &[], &plan).ok().out.clone()
    }

    fn upload(&self, plan: &str) -> Said {
        self.work.given("gs-upload", &[], plan)
    }

    /// The outcomes in the journal.
    fn journal(&self) -> Vec<String> {
        let sql = "SELECT coalesce(group_concat(coalesce(outcome, 'open'), ' '), '') FROM uploads";
        self.work.sql::<String>(sql).split_whitespace().map(str::to_owned).collect()
    }
}

/// What the program that empties the outbox does: it takes each file that it sees.
fn take(dir: &Path, taken: &mut Taken) {
    for name in visible(dir) {
        let bytes = fs::read(dir.join(&name)).unwrap();
        fs::remove_file(dir.join(&name)).unwrap();
        let before = taken.insert(name.clone(), bytes);
        assert!(before.is_none(), "{name} was delivered twice");
    }
}

/// The names in a folder, without the hidden ones.
fn visible(dir: &Path) -> Vec<String> {
    names(dir).into_iter().filter(|name| !name.starts_with('.')).collect()
}

fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

fn kinds(said: &Said) -> Vec<String> {
    let records = said.records();
    records.iter().map(|record| record["outcome"]["kind"].as_str().unwrap_or("none").to_owned()).collect()
}

/// Runs `gs-upload` under strace, which changes system calls by `inject`.
fn under_strace(work: &Work, inject: &[&str], input: &str) -> Output {
    let plain = work.command("gs-upload", &[]);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o", "/dev/null"]);
    for one in inject {
        command.args(["-e", &format!("inject={one}")]);
    }
    command.arg(plain.get_program()).current_dir(work.dir()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(self::input(work, input)).output().expect("strace is needed")
}

/// A standard input with this text.
fn input(work: &Work, text: &str) -> fs::File {
    let path = work.dir().join("input");
    fs::write(&path, text).unwrap();
    fs::File::open(path).unwrap()
}

fn copy(from: &Path, to: &Path) {
    support::shell(&format!("rm -rf '{1}' && cp -a '{0}' '{1}'", from.display(), to.display()));
}

#[test]
fn each_activity_is_delivered_once_and_an_emptied_outbox_stays_empty() {
    let post = Post::new(3);
    let plan = post.plan();
    post.sync().ok().silent();
    let delivered = names(&post.out());
    assert_eq!(delivered.len(), 3, "{delivered:?}");
    assert!(delivered.iter().all(|name| name.starts_with("activity_") && name.ends_with("Z.fit")), "{delivered:?}");
    let mut taken = Taken::new();
    take(&post.out(), &mut taken);
    let mut files: Vec<_> = taken.values().cloned().collect();
    let mut runs: Vec<_> = (0..3).map(run).collect();
    files.sort();
    runs.sort();
    assert_eq!(files, runs, "the originals, unchanged");
    let before = fs::metadata(post.out()).unwrap().modified().unwrap();
    for _ in 0..2 {
        post.sync().ok().silent();
    }
    let list = post.work.run("gs-list", &[]).out.clone();
    assert_eq!(post.work.given("gs-diff", &["--rematch"], &list).ok().silent().out, "");
    assert_eq!(post.work.given("gs-diff", &["--rule", "start"], &list).ok().out, "");
    assert_eq!(post.work.given("gs-diff", &["--restore-deleted", "--retry-rejected"], &list).ok().out, "");
    // An old plan delivers nothing either.
    let again = post.upload(&plan);
    assert_eq!(kinds(again.ok()), ["exists"; 3], "{again}");
    assert_eq!(code(&again.records()[0]["reasons"][0]), "delivered-before");
    assert_eq!(fs::metadata(post.out()).unwrap().modified().unwrap(), before, "nothing was written");
    assert_eq!(post.journal(), ["created"; 3]);
    post.record(7);
    post.sync().ok().silent();
    take(&post.out(), &mut taken);
    assert_eq!(taken.len(), 4);
}

#[test]
fn the_same_activity_of_another_platform_is_not_delivered_again() {
    let mut post = Post::new(0);
    let leg = Leg { sport: (1, 0), style: Style::Outdoor, seconds: 1800, metres: Some(5000.0) };
    let recording = Recording::single(START, leg);
    let [one, two] = ["watch", "second"].map(|dir| post.work.dir().join(dir));
    fs::create_dir(&two).unwrap();
    fs::write(one.join("a.fit"), recording.encode()).unwrap();
    post.sync().ok();
    let mut taken = Taken::new();
    take(&post.out(), &mut taken);
    assert_eq!(taken.len(), 1);
    // The same recording in another file, on a platform that is added later.
    fs::write(two.join("b.fit"), recording.builder().big_endian().build()).unwrap();
    let second = format!("folder:{}", two.display());
    let list = post.work.run("gs-fetch", &["--platform", &second]).ok().out.clone();
    let plan = |work: &Work, args: &[&str]| work.given("gs-diff", args, &list).ok().out.clone();
    // The platform of the delivered one is not selected any more.
    assert_eq!(plan(&post.work, &["--from", &second, "--to", &post.to]), "");
    assert_eq!(plan(&post.work, &["--from", &second, "--to", &post.to, "--rematch"]), "");
    post.work.set("SYNC_PLATFORM", &format!("{second},{}", post.to));
    assert_eq!(plan(&post.work, &["--rematch"]), "");
    // gs-upload, given a transfer by hand, looks in the journal too.
    post.work.set("SYNC_PLATFORM", &second);
    let ready = post.work.given("gs-download", &[], &list).ok().record();
    let mut transfer = serde_json::json!({"type": "transfer", "to": post.to, "activity": ready, "file": ready["file"]});
    transfer["activity"].as_object_mut().unwrap().remove("type");
    let said = post.upload(&format!("{transfer}\n"));
    assert_eq!(kinds(said.ok()), ["exists"], "{said}");
    assert_eq!(names(&post.out()), [""; 0]);
}

#[test]
fn a_possible_duplicate_of_a_delivered_activity_is_delivered_only_on_request() {
    let mut post = Post::new(0);
    let watch = |dir: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(post.work.dir().join(dir)).unwrap();
        fs::write(post.work.dir().join(dir).join(name), bytes).unwrap();
    };
    let leg = |seconds| Leg { sport: (1, 0), style: Style::Outdoor, seconds, metres: Some(5000.0) };
    watch("watch", "a.fit", &Recording::single(START, leg(1800)).encode());
    // The beginning is missing: a trimmed copy, or another activity.
    watch("second", "b.fit", &Recording::single(START + 600, leg(1200)).encode());
    post.sync().ok();
    let mut taken = Taken::new();
    take(&post.out(), &mut taken);
    let second = format!("folder:{}", post.work.dir().join("second").display());
    post.work.set("SYNC_PLATFORM", &format!("{},{second},{}", post.from, post.to));
    post.work.set("SYNC_TO", &post.to);
    for _ in 0..2 {
        post.sync().ok();
        assert_eq!(names(&post.out()), [""; 0]);
    }
    let list = post.work.run("gs-list", &["--platform", &second]).out.clone();
    let explained = post.work.given("gs-diff", &["--explain"], &list).ok().record();
    assert_eq!(code(&explained["reasons"][0]), "possible-duplicate", "{explained}");
    let plan = post.work.given("gs-diff", &["--possible-duplicates"], &list).ok().out.clone();
    let ready = post.work.given("gs-download", &[], &plan).ok().out.clone();
    assert_eq!(kinds(post.upload(&ready).ok()), ["created"]);
    take(&post.out(), &mut taken);
    assert_eq!(taken.len(), 2);
}

/// Kills `gs-upload` at its `number`th call of `call`, lets the other program take what it sees, and runs it again.
/// Returns whether there was such a call.
fn recovers_from(post: &Post, plan: &str, (call, number): (&str, u32), first: &[&str], takes: bool) -> bool {
    let kill = format!("{call}:signal=KILL:when={number}");
    let inject: Vec<&str> = first.iter().copied().chain([kill.as_str()]).collect();
    let out = post.out();
    let output = under_strace(&post.work, &inject, plan);
    let was_killed = output.status.code().is_none();
    let mut taken = Taken::new();
    if takes {
        take_away(post, &mut taken);
    }
    // The next run settles what was sent, and delivers the rest.
    let again = match first {
        [] => post.work.command("gs-upload", &[]).stdin(input(&post.work, plan)).output().unwrap(),
        first => under_strace(&post.work, first, plan),
    };
    let what = format!("{inject:?}, taken before: {takes}");
    assert!(again.status.success(), "{what}\n{again:?}");
    take_away(post, &mut taken);
    assert_eq!(taken.len(), 2, "{what}: {:?}\n{again:?}", taken.keys());
    assert_eq!(names(&out), [""; 0], "{what}: no temporary file is left");
    let arrived = post.journal().into_iter().filter(|outcome| outcome != "failed").collect::<Vec<_>>();
    assert_eq!(arrived, ["created"; 2], "{what}");
    post.upload(plan).ok();
    assert_eq!(names(&out), [""; 0], "{what}");
    was_killed
}

/// Takes each visible file by moving it, so that its hidden name, if there is one, still shows that it has another.
fn take_away(post: &Post, taken: &mut Taken) {
    let away = post.work.dir().join("away");
    fs::create_dir_all(&away).unwrap();
    for name in visible(&post.out()) {
        let place = away.join(&name);
        assert!(!taken.contains_key(&name), "{name} was delivered twice");
        fs::rename(post.out().join(&name), &place).unwrap();
        taken.insert(name, fs::read(&place).unwrap());
    }
}

/// Kills at each call of `call`, of which a run makes `least` at least. `first`: what is changed besides.
fn killed_at_every(call: &str, first: &[&str], least: u32) {
    let post = Post::new(2);
    let plan = post.plan();
    let (data, saved) = (post.work.data(""), post.work.dir().join("saved"));
    copy(&data, &saved);
    for takes in [true, false] {
        let mut number = 1;
        loop {
            copy(&saved, &data);
            if !recovers_from(&post, &plan, (call, number), first, takes) {
                break;
            }
            number += 1;
        }
        assert!(number > least, "{call}: only {} steps", number - 1);
    }
}

#[test]
fn a_kill_at_any_step_delivers_each_file_once() {
    // The temporary file is removed, written and synced; the journal is synced; the file is renamed.
    killed_at_every("fsync", &[], 10);
    killed_at_every("renameat2", &[], 2);
    killed_at_every("unlink", &[], 2);
}

#[test]
fn a_kill_while_the_journal_is_written_delivers_each_file_once() {
    killed_at_every("pwrite64", &[], 20);
    killed_at_every("write", &[], 2);
}

#[test]
fn a_kill_on_a_file_system_without_a_safe_rename_delivers_each_file_once() {
    let unsafe_rename = "renameat2:error=EINVAL";
    for call in ["linkat", "unlink", "fsync"] {
        killed_at_every(call, &[unsafe_rename], 2);
    }
    for call in ["rename", "fsync"] {
        killed_at_every(call, &[unsafe_rename, "linkat:error=EPERM"], 2);
    }
}

#[test]
fn a_file_system_without_a_safe_rename_or_hard_links_gets_the_files_too() {
    for inject in [&["renameat2:error=EINVAL"][..], &["renameat2:error=ENOSYS", "linkat:error=EPERM"]] {
        let post = Post::new(2);
        let output = under_strace(&post.work, inject, &post.plan());
        assert!(output.status.success(), "{output:?}");
        let mut taken = Taken::new();
        take(&post.out(), &mut taken);
        assert_eq!((taken.len(), names(&post.out())), (2, Vec::new()));
    }
}

#[test]
fn a_pending_delivery_is_shown_and_published_by_the_next_run() {
    let mut post = Post::new(1);
    let plan = post.plan();
    let output = under_strace(&post.work, &["renameat2:signal=KILL"], &plan);
    assert!(output.status.code().is_none(), "{output:?}");
    assert_eq!((visible(&post.out()), names(&post.out()).len()), (Vec::new(), 1));
    assert_eq!(post.journal(), ["open"]);
    post.work.run("gs-report", &[]).ok();
    let status = post.work.status_json();
    assert_eq!((&status["outstanding"]["pending"], &status["outstanding"]["uploads"]), (&1.into(), &0.into()));
    let stats = post.work.run("gs-list", &["--stats", "--platform", &post.to]).ok().record();
    assert_eq!((&stats["delivered"], &stats["pending"]), (&0.into(), &1.into()), "{stats}");
    // gs-diff plans nothing, and the outbox may stand in SYNC_TO alone.
    let list = post.work.run("gs-list", &[]).out.clone();
    assert_eq!(post.work.given("gs-diff", &[], &list).ok().out, "");
    post.work.set("SYNC_PLATFORM", &post.from).set("SYNC_TO", &post.to);
    assert_eq!(kinds(post.upload("").ok()), ["created"]);
    assert_eq!(names(&post.out()).len(), 1);
    assert_eq!(post.journal(), ["created"]);
}

#[test]
fn each_file_is_published_before_the_next_one_comes() {
    let post = Post::new(2);
    let plan = post.plan();
    let (first, second) = plan.split_once('\n').unwrap();
    let mut command = post.work.command("gs-upload", &[]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, format!("{first}\n").as_bytes()).unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while visible(&post.out()).is_empty() {
        assert!(Instant::now() < end, "not published while the input is open");
        std::thread::sleep(Duration::from_millis(10));
    }
    std::io::Write::write_all(&mut stdin, second.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    assert_eq!(visible(&post.out()).len(), 2);
}

#[test]
fn names_follow_the_pattern_and_no_name_is_given_twice() {
    let mut post = Post::new(3);
    post.work.set("GS_OUTBOX_NAME", "{start:%Y-%m} {sport}");
    post.sync().ok();
    let mut taken = Taken::new();
    assert_eq!(names(&post.out()), ["2026-01 running-2.fit", "2026-01 running-3.fit", "2026-01 running.fit"]);
    take(&post.out(), &mut taken);
    // The other program may keep the names, so a later file gets the next number.
    post.record(5);
    fs::write(post.out().join("2026-01 running-4.fit"), b"of another program").unwrap();
    post.sync().ok();
    assert_eq!(fs::read(post.out().join("2026-01 running-4.fit")).unwrap(), b"of another program");
    assert_eq!(fs::read(post.out().join("2026-01 running-5.fit")).unwrap(), run(5));
    let delivered = post.work.sql::<String>("SELECT group_concat(to_id, ';' ORDER BY to_id) FROM uploads");
    assert_eq!(delivered, "2026-01 running-2.fit;2026-01 running-3.fit;2026-01 running-5.fit;2026-01 running.fit");
}

#[test]
fn a_name_that_another_program_takes_at_the_last_moment_is_not_replaced() {
    let post = Post::new(1);
    let plan = post.plan();
    let output = under_strace(&post.work, &["renameat2:signal=KILL"], &plan);
    assert!(output.status.code().is_none());
    let reference = post.work.sql::<String>("SELECT status_ref FROM uploads");
    let reference: Value = serde_json::from_str(&reference).unwrap();
    let name = reference["name"].as_str().unwrap();
    fs::write(post.out().join(name), b"of another program").unwrap();
    post.upload("").ok();
    assert_eq!(fs::read(post.out().join(name)).unwrap(), b"of another program");
    assert_eq!(names(&post.out()).len(), 2, "{:?}", names(&post.out()));
    assert_eq!(fs::read(post.out().join(name.replace(".fit", "-2.fit"))).unwrap(), run(0));
}

#[test]
fn files_are_delivered_compressed_if_the_settings_say_so() {
    let mut post = Post::new(1);
    post.work.set("GS_OUTBOX_GZIP", "1").set("GS_OUTBOX_NAME", "{id}.fit");
    post.sync().ok();
    let id = post.work.run("gs-list", &[]).ids().remove(0);
    assert_eq!(names(&post.out()), [format!("{id}.fit.gz")]);
    let file = fs::File::open(post.out().join(format!("{id}.fit.gz"))).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, run(0));
}

#[test]
fn an_invalid_setting_is_a_configuration_error_and_loses_nothing() {
    let mut post = Post::new(1);
    for (name, value, what) in [
        ("GS_OUTBOX_NAME", "{file}_{day}", "at character 8: unknown field {day}; fields: {file}, "),
        ("GS_OUTBOX_GZIP", "perhaps", "GS_OUTBOX_GZIP"),
    ] {
        post.work.set(name, value);
        post.sync().ends(78).says(what);
        post.work.run("gs-settings", &["--check"]).ends(78).says(what);
        assert_eq!(names(&post.out()), [""; 0]);
        post.work.unset(name);
    }
    post.sync().ok();
    assert_eq!(names(&post.out()).len(), 1);
    // The setting does not matter where nothing is delivered.
    post.work.set("GS_OUTBOX_NAME", "{day}");
    post.work.run("gs-fetch", &[]).ok();
}

#[test]
fn an_outbox_that_cannot_be_written_loses_nothing_and_others_go_on() {
    let mut post = Post::new(2);
    let (out, other) = (post.out(), post.work.dir().join("other's"));
    fs::create_dir(&other).unwrap();
    post.work.set("SYNC_PLATFORM", &format!("{},{},outbox:{}", post.from, post.to, other.display()));
    // Missing: it may be unmounted.
    fs::remove_dir(&out).unwrap();
    let said = post.sync();
    said.ends(75).says(&format!("check that it is mounted, or create it: mkdir -p '{}'", out.display()));
    assert_eq!(said.err.matches("mkdir").count(), 1, "reported once\n{said}");
    assert!(!out.exists(), "not created");
    assert_eq!(names(&other).len(), 2, "the other outbox got its files");
    // A file.
    fs::write(&out, b"PK").unwrap();
    post.sync().ends(78).says("not a folder; name a folder");
    fs::remove_file(&out).unwrap();
    post.work.run("gs-report", &[]).ok();
    let status = post.work.status_json();
    assert_eq!(status["outstanding"]["uploads"], 2, "still to be delivered");
    fs::create_dir(&out).unwrap();
    post.sync().ok();
    assert_eq!(names(&out).len(), 2);
    let mut taken = Taken::new();
    take(&out, &mut taken);
    post.sync().ok().silent();
    assert_eq!(names(&out), [""; 0]);
}

#[test]
fn a_failed_delivery_outside_the_sync_stays_a_failure() {
    let mut post = Post::new(1);
    let plan = post.plan();
    fs::remove_dir(post.out()).unwrap();
    post.upload(&plan).ends(75);
    post.work.set("SYNC_PLATFORM", &post.from);
    post.sync();
    let status = post.work.run("gs-status", &["--format", "json"]);
    assert_ne!(status.code, 0, "{status}");
    // The outbox is in no setting, so it is not shown as a platform of the syncs.
    assert!(!status.out.contains("\"write_only\":true"), "{status}");
}

#[test]
fn other_users_can_read_what_a_sync_delivers_if_the_umask_allows_it() {
    for (umask, expected) in [("022", 0o644), ("027", 0o640), ("077", 0o600)] {
        let post = Post::new(1);
        let script = format!("umask {umask} && exec '{}'", paths::SYNC);
        post.work.run("/bin/sh", &["-c", &script]).ok();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&post.out().join(&names(&post.out())[0])), expected, "{umask}");
        assert_eq!(["sync", "locks"].map(|name| mode(&post.work.data(name))), [0o700; 2], "{umask}");
    }
}

#[test]
fn an_outbox_without_write_permission_is_retried() {
    for errno in ["EACCES", "EROFS"] {
        let post = Post::new(1);
        let plan = post.plan();
        let inject = format!("renameat2:error={errno}");
        let began = Instant::now();
        let output = under_strace(&post.work, &[&inject], &plan);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(75), "{output:?}");
        assert!(said.contains("make the folder writable"), "{said}");
        // Services get a minute to confirm an upload.
        assert!(began.elapsed() < Duration::from_secs(45), "nothing waits for an outbox");
        assert_eq!((post.journal(), visible(&post.out())), (vec!["open".to_owned()], Vec::new()));
        assert_eq!(kinds(post.upload("").ok()), ["created"]);
        assert_eq!(names(&post.out()).len(), 1);
    }
}

#[test]
fn a_full_disk_leaves_no_part_and_is_retried() {
    if !support::is_inside("a_full_disk_leaves_no_part_and_is_retried") {
        return;
    }
    let post = Post::new(3);
    let out = post.out();
    let plan = post.plan();
    let size = plan.lines().count() as u64 * run(0).len() as u64;
    support::shell(&format!("mount -t tmpfs -o size={} tmpfs {}", size / 3 + 4096, out.display()));
    post.upload(&plan).ends(78).says("the disk is full; make room and run again");
    let first = visible(&out).len();
    assert!(first < 3 && names(&out).len() == first, "{:?}", names(&out));
    let mut taken = Taken::new();
    take(&out, &mut taken);
    support::shell(&format!("mount -o remount,size=8m {}", out.display()));
    let plan = post.plan();
    post.upload(&plan).ok();
    take(&out, &mut taken);
    assert_eq!(taken.len(), 3);
    // A read-only file system.
    post.record(9);
    let plan = post.plan();
    support::shell(&format!("mount -o remount,ro {}", out.display()));
    post.upload(&plan).ends(75).says("make the folder writable");
    support::shell(&format!("umount {}", out.display()));
}

#[test]
fn several_outboxes_each_get_every_file_and_may_share_a_folder() {
    let mut post = Post::new(2);
    let [two, three] = ["two, b", "three"].map(|name| {
        fs::create_dir(post.work.dir().join(name)).unwrap();
        post.work.dir().join(name)
    });
    // The same folder by another name, as a second data folder would have it.
    let link = post.work.dir().join("link");
    std::os::unix::fs::symlink(&three, &link).unwrap();
    let names_of = |paths: &[&Path]| paths.iter().map(|path| format!("outbox:{}", path.display())).collect::<Vec<_>>();
    let outboxes = names_of(&[&two, &three, &link]).join(",");
    post.work.set("SYNC_PLATFORM", &format!("{},{outboxes}", post.from));
    post.sync().ok().silent();
    assert_eq!((names(&two).len(), names(&three).len()), (2, 4));
    assert_eq!(names(&three).iter().filter(|name| name.ends_with("-2.fit")).count(), 2);
    for dir in [&two, &three] {
        take(dir, &mut Taken::new());
    }
    post.sync().ok().silent();
    assert_eq!((names(&two).len(), names(&three).len()), (0, 0));
}

#[test]
fn a_sync_of_three_services_delivers_every_activity_once() {
    let services = three(6, 0);
    let groups = services.groups();
    let mut work = services.work();
    let out = work.dir().join("out");
    fs::create_dir(&out).unwrap();
    let to = format!("outbox:{}", out.display());
    work.set("SYNC_PLATFORM", &format!("GARMINCN,GARMINCOM,COROS,{to}")).unset("QYWX_BOT_KEY");
    work.set("GS_OUTBOX_NAME", "{start}");
    let mut taken = Taken::new();
    let first = sync(&work, &[]);
    first.ok();
    take(&out, &mut taken);
    assert_eq!(taken.len(), groups.len(), "{first}");
    services.expect_equal(&groups);
    for _ in 0..2 {
        sync(&work, &[]).ok();
        assert_eq!(names(&out), [""; 0]);
    }
    let status = work.status_json();
    assert_eq!(status["state"], "ok", "{}", status["warnings"]);
    let platforms = status["platforms"].as_array().unwrap();
    let own = platforms.iter().find(|platform| platform["name"] == to).unwrap();
    assert_eq!(
        (&own["write_only"], &own["delivered"], &own["total"], &own["compared"]),
        (&true.into(), &(groups.len() as u64).into(), &0.into(), &false.into())
    );
    assert_eq!(status["matrix"].as_array().unwrap().len(), 6, "not part of the comparison");
    assert!(status["activities"].as_array().unwrap().iter().all(|one| !one["on"].to_string().contains("outbox:")));
    assert!(!status["months"].to_string().contains("outbox:"));
    // After the hours in which a service has to list an upload.
    work.change("UPDATE uploads SET started_at = started_at - 100000, finished_at = finished_at - 100000");
    sync(&work, &[]).ok();
    assert_eq!((work.status_json()["state"].clone(), names(&out)), ("ok".into(), Vec::new()));
}

#[test]
fn files_that_are_not_delivered_yet_are_outstanding_uploads() {
    let mut post = Post::new(3);
    post.work.run("gs-fetch", &[]).ok().silent();
    let report = |work: &Work| {
        work.run("gs-report", &[]).ok();
        let page = fs::read_to_string(work.data("report/index.html")).unwrap();
        (work.status_json(), page)
    };
    let (status, _) = report(&post.work);
    assert_eq!((&status["outstanding"]["uploads"], &status["state"]), (&3.into(), &"outstanding".into()));
    assert_eq!(status["missing"][0]["on"], post.to);
    assert!(!status["warnings"].to_string().contains("not-listed"), "{status}");
    post.work.set("MAX_UPLOAD", "2");
    post.sync().ok();
    let (status, page) = report(&post.work);
    assert_eq!(status["outstanding"]["uploads"], 1);
    assert!(page.contains("<strong>2</strong> delivered"), "the card of the outbox");
    let shown = post.work.run("gs-status", &["--format", "table"]);
    let line = shown.out.lines().find(|line| line.contains("outbox:")).unwrap();
    assert_eq!(line.split_whitespace().skip(1).collect::<Vec<_>>(), ["–", "–", "2", "–"], "{shown}");
    post.work.set("GS_LANG", "zh");
    let (_, page) = report(&post.work);
    assert!(page.contains("<strong>2</strong> 个文件已投递"));
    assert!(post.work.run("gs-status", &["--format", "table"]).out.contains("已投递"));
    post.work.unset("GS_LANG");
    post.sync().ok();
    assert_eq!(report(&post.work).0["state"], "ok");
    let stats = post.work.run("gs-list", &["--stats"]).ok().records();
    let own = stats.iter().find(|stats| stats["platform"] == post.to).unwrap();
    assert_eq!((&own["delivered"], &own["pending"], &own["total"]), (&3.into(), &0.into(), &0.into()));
    assert_eq!(stats.iter().find(|stats| stats["platform"] == post.from).unwrap()["delivered"], Value::Null);
    let table = post.work.run("gs-list", &["--stats", "--format", "table"]).ok().out.clone();
    assert!(table.contains("delivered"), "{table}");
    // Without it in the settings, it is no longer part of the state; what it received is still counted.
    let from = post.from.clone();
    post.work.set("SYNC_PLATFORM", &from);
    let shown = post.work.run("gs-status", &["--format", "table"]).out.clone();
    assert!(shown.contains("folder:") && !shown.contains("outbox:") && !shown.contains("delivered"), "{shown}");
    assert_eq!(post.work.run("gs-list", &["--stats"]).ok().records().len(), 2);
    post.work.set("SYNC_TO", &post.to.clone());
    assert!(post.work.run("gs-status", &["--format", "table"]).out.contains("outbox:"));
}

#[test]
fn commands_that_read_say_that_an_outbox_is_write_only() {
    let post = Post::new(1);
    let named = ["-v", "--platform", &post.to];
    post.work.run("gs-fetch", &named).ok().says(&format!("{}: write-only, nothing to list", post.to));
    for (command, act) in [("gs-download", "download"), ("gs-dedupe", "compare"), ("gs-delete", "delete")] {
        let said = post.work.run(command, &named);
        said.ok().says(&format!("{}: write-only, nothing to {act}", post.to));
    }
    let table = ["-v", "--format", "table", "--platform", &post.to];
    post.work.run("gs-list", &table).ok().says("an outbox is write-only and has no activities");
    for action in ["login", "import", "export", "logout"] {
        post.work.run("gs-auth", &[action, "--platform", &post.to]).ends(2).says("no login needed");
    }
    assert!(!post.work.run("gs-auth", &["status"]).out.contains("outbox"));
    for bare in ["outbox", "outbox:", "Outbox"] {
        post.work.run("gs-fetch", &["--platform", bare]).ends(2).says("missing path; use outbox:PATH");
    }
    // Next to other platforms, there is nothing to say.
    post.work.run("gs-fetch", &[]).ok().silent();
    let mut alone = Post::new(1);
    alone.work.set("SYNC_PLATFORM", &alone.to);
    alone.work.run("gs-fetch", &[]).ok().says("add the platforms to deliver from");
    // A record that names an activity in an outbox is answered, not obeyed.
    let record = format!("{{\"type\":\"activity\",\"platform\":\"{}\",\"id\":\"1\"}}\n", alone.to);
    assert!(alone.work.given("gs-download", &[], &record).code != 0);
}

#[test]
fn a_dry_run_writes_nothing() {
    let post = Post::new(2);
    let plan = post.plan();
    let said = post.work.given("gs-upload", &["-n"], &plan);
    assert_eq!(kinds(said.ok()), ["skipped"; 2]);
    assert_eq!((names(&post.out()), post.journal()), (Vec::new(), Vec::new()));
}

#[test]
fn an_outbox_named_in_a_different_way_is_the_same() {
    let mut post = Post::new(1);
    post.sync().ok();
    take(&post.out(), &mut Taken::new());
    post.work.set("SYNC_PLATFORM", &format!("{},Outbox:watch/../out/", post.from));
    post.sync().ok();
    assert_eq!(names(&post.out()), [""; 0]);
    assert_eq!(paths::garminsync(&post.work, &["sync", "--from", &post.from, "--to", "outbox:out"]).ok().code, 0);
    assert_eq!(names(&post.out()), [""; 0]);
}
