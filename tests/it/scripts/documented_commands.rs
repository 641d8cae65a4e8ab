//! The scripts, and the commands in README, `.env.example` and `docs/`: run as written, against the simulator.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::paths::{commands, garminsync, repository, repository_file};
use crate::support::recipes::{Recipe, recipes};
use crate::support::{FILES, LIST, Said, Work, asked, installed, older_tools, plain};
use garminsync::settings::VARIABLES;
use gs_sim::{Effect, Fault, Scenario};

/// All scripts, including those of the daemon.
fn scripts() -> Vec<PathBuf> {
    let files = ["scripts", "scripts/daemon"].into_iter().flat_map(|dir| fs::read_dir(repository().join(dir)).unwrap());
    let files: Vec<PathBuf> = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect();
    assert!(files.len() > 10);
    files
}

/// Adds the commands and scripts to the PATH of `work`.
fn with_commands_in_path(mut work: Work) -> Work {
    let path = format!("{}:/usr/bin:/bin:{}", commands().display(), repository().join("scripts").display());
    work.set("PATH", &path);
    work
}

fn shell(work: &Work, text: &str, input: &str) -> Said {
    work.given("/usr/bin/env", &["bash", "-eu", "-o", "pipefail", "-c", text], input)
}

#[test]
fn garminsync_rejects_invalid_arguments_and_shows_its_usage() {
    let work = with_commands_in_path(Work::alone());
    let wrong: [&[&str]; 7] = [
        &[],
        &["list", "--all", "--missing"],
        &["list", "--new"],
        &["download"],
        &["download", "--all"],
        &["download", "--missing", "--offline"],
        &["--missing"],
    ];
    for args in wrong {
        let said = garminsync(&work, args);
        said.ends(2).says("Usage: garminsync");
        assert!(said.out.is_empty(), "{said}");
    }
}

#[test]
fn every_script_has_a_help_text() {
    let work = with_commands_in_path(Work::alone());
    for path in scripts() {
        let said = work.run(path.to_str().unwrap(), &["--help"]);
        said.ok().silent();
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(said.out.contains(name), "{said}");
        assert!(said.out.lines().count() > 4, "{said}");
    }
}

#[test]
fn list_requests_the_platforms_and_offline_sends_no_requests() {
    let sim = plain(5);
    let work = with_commands_in_path(Work::logged_in(&sim));
    garminsync(&work, &["list", "--all", "--offline"]).ok().says("last listed: never");
    assert!(sim.log().is_empty());
    assert_eq!(garminsync(&work, &["list", "--missing"]).ok().silent().ids().len(), 5);
    work.download(&["--missing", "--since", "2026-10-30"]).ok();
    sim.clear_log();
    let count = |state: &str| {
        garminsync(&work, &["list", state, "--offline"]).ok().says("garmin-com: last listed: 20").ids().len()
    };
    assert_eq!((count("--all"), count("--missing"), count("--downloaded")), (5, 3, 2));
    // Without a flag it lists all.
    work.change(
        "UPDATE activities SET missing_since = 1, missing_count = 2 WHERE id = (SELECT min(id) FROM activities)",
    );
    assert_eq!((garminsync(&work, &["list", "--offline"]).ids().len(), work.run("gs-list", &[]).ids().len()), (5, 4));
    assert!(sim.log().is_empty());
    let said = garminsync(&work, &["list", "--all", "--offline", "--", "-q"]);
    said.ok().silent();
}

#[test]
fn download_archives_missing_activities_and_prints_nothing() {
    let sim = plain(6);
    let work = with_commands_in_path(Work::logged_in(&sim));
    let first = garminsync(&work, &["download", "--missing"]);
    first.ok().silent();
    assert!(first.out.is_empty(), "{first}");
    assert_eq!(work.files("fit").len(), 6);
    sim.clear_log();
    garminsync(&work, &["download", "--missing"]).ok().silent();
    assert_eq!((asked(&sim, LIST).len(), sim.log().len()), (1, 1));
}

#[test]
fn the_stages_of_a_run_share_its_id() {
    let sim = plain(2);
    let work = with_commands_in_path(Work::logged_in(&sim));
    garminsync(&work, &["download", "--missing"]).ok();
    garminsync(&work, &["download", "--missing"]).ok();
    let ids: i64 = work.sql("SELECT count(DISTINCT run) FROM commands");
    let stages: i64 = work.sql("SELECT count(*) FROM commands WHERE command IN ('gs-fetch', 'gs-download')");
    assert_eq!((ids, stages), (2, 4));
}

#[test]
fn the_worst_stage_sets_the_exit_code_and_the_other_stages_run() {
    let sim = plain(4);
    let work = with_commands_in_path(Work::logged_in(&sim));
    sim.fault(Fault::new(Effect::Html).path(FILES).count(1));
    garminsync(&work, &["download", "--missing"]).ends(1);
    assert_eq!(work.files("fit").len(), 3);

    sim.fault(Fault::new(Effect::Status { status: 503, retry_after: None, body: None, content_type: None }).path(LIST));
    let listed = garminsync(&work, &["list", "--missing"]);
    listed.ends(75).says("garmin-com: last listed: 20");
    assert_eq!(listed.ids().len(), 1, "{listed}");
    sim.clear_faults();

    work.run("gs-auth", &["logout"]).ok();
    let listed = garminsync(&work, &["list", "--all", "--", "--platform", "garmin-com"]);
    listed.ends(77);
    assert_eq!(listed.ids().len(), 4, "{listed}");
    garminsync(&work, &["download", "--missing"]).ends(77);
}

#[test]
fn flags_after_a_double_dash_reach_the_stage_that_knows_them() {
    let sim = plain(4);
    let work = with_commands_in_path(Work::logged_in(&sim));
    let csv = garminsync(&work, &["list", "--all", "--", "--format", "csv", "--platform", "garmin-com", "--full"]);
    csv.ok().silent();
    assert!(csv.out.starts_with("platform,id,name,") && csv.out.lines().count() == 5, "{csv}");
    garminsync(&work, &["download", "--missing", "--", "--since", "2026-10-31", "--verify", "--platform=garmin-com"])
        .ok();
    assert_eq!(work.files("fit").len(), 1);
    garminsync(&work, &["download", "--missing", "--", "-n"]).ok().says("would download");
    assert_eq!(work.files("fit").len(), 1);
    garminsync(&work, &["list", "--all", "--offline", "--", "--nonsense"]).ends(2).says("--nonsense");
    garminsync(&work, &["download", "--missing", "--", "--nonsense"]).ends(2).says("--nonsense");
}

#[test]
fn scripts_find_the_commands_or_name_the_build_command() {
    let sim = plain(2);
    let mut work = Work::logged_in(&sim);
    work.set("PATH", "/usr/bin:/bin");
    let checkout = install(&work);
    let link = work.dir().join("link");
    std::os::unix::fs::symlink(checkout.join("scripts/sync"), &link).unwrap();
    work.run(link.to_str().unwrap(), &["--archive"]).ok().silent();
    assert_eq!(work.files("fit").len(), 2);
    fs::remove_dir_all(checkout.join("target")).unwrap();
    work.run(link.to_str().unwrap(), &["--archive"]).ends(78).says("cargo build --release");
}

/// A checkout with a release build, as the README expects it: `~/garminsync`.
fn install(work: &Work) -> PathBuf {
    let checkout = work.dir().join("garminsync");
    let (scripts, release) = (checkout.join("scripts"), checkout.join("target/release"));
    fs::create_dir_all(&scripts).unwrap();
    fs::create_dir_all(&release).unwrap();
    fs::create_dir(scripts.join("daemon")).unwrap();
    for script in self::scripts() {
        fs::copy(&script, checkout.join(script.strip_prefix(repository()).unwrap())).unwrap();
    }
    for source in fs::read_dir(repository().join("src/bin")).unwrap().flatten() {
        let command = source.path().file_stem().unwrap().to_owned();
        std::os::unix::fs::symlink(commands().join(&command), release.join(&command)).unwrap();
    }
    checkout
}

/// Garmin and COROS accounts for the README. Activities whose files COROS does not provide are removed, because they
/// would change the exit codes.
fn two_accounts() -> gs_sim::Sim {
    let sim = Scenario::default_three(60, 3).start();
    sim.with(|state| state.coros.accounts[0].items.retain(|item| item.refused.is_none()));
    sim
}

/// From top to bottom, in one new home.
#[test]
fn the_recipes_of_the_readme_work_as_written() {
    let sim = two_accounts();
    let mut work = Work::with(&sim);
    work.set("DATA_DIR", "");
    installed::at_home(&mut work);
    create_older_files(&work, &sim);
    let recipes = recipes("README.md");
    let lines: usize = recipes.iter().map(|recipe| recipe.text.lines().count()).sum();
    assert!(lines >= 10, "only {lines} lines are marked as runnable");
    for recipe in &recipes {
        eprintln!("README.md:{}", recipe.line);
        follow(recipe, &work, &sim);
    }
    let home = work.dir().join(".local/share/garminsync");
    let count = |path: &str| fs::read_dir(home.join(path)).into_iter().flatten().count();
    for platform in ["garmin_com", "coros"] {
        assert!(count(&format!("fit/{platform}")) > 50, "{} files", count(&format!("fit/{platform}")));
    }
    assert!(count("report") >= 2, "the page was written");
    assert!(!asked(&sim, "/upload-service/").is_empty() && !asked(&sim, "/activity/fit/import").is_empty());
}

/// Both documents show the same commands.
#[test]
fn the_chinese_readme_has_the_commands_of_the_english_one() {
    let blocks = |document: &str| -> Vec<(String, String)> {
        recipes(document).into_iter().map(|recipe| (recipe.how, recipe.text)).collect()
    };
    assert_eq!(blocks("README.zh.md"), blocks("README.md"));
    let rows = |document: &str| -> Vec<String> {
        let text = repository_file(document);
        let first_cells = text.lines().filter(|line| line.starts_with("| "));
        first_cells.map(|line| line.split(" | ").next().unwrap().to_owned()).filter(|cell| cell.is_ascii()).collect()
    };
    let of_code = |document: &str| -> Vec<String> {
        rows(document)
            .into_iter()
            .filter(|cell| cell.contains('`') || cell.ends_with(|c: char| c.is_ascii_digit()))
            .collect()
    };
    assert_eq!(of_code("README.zh.md"), of_code("README.md"), "commands, exit codes and places");
}

/// Creates the files of other tools in the home of a user who migrates.
fn create_older_files(work: &Work, sim: &gs_sim::Sim) {
    let mut all = older_tools::held(sim, "garmin.com");
    all.truncate(12);
    let home = work.dir();
    let older_files = older_tools::GarminSync::new(&home.join("GarminSync/data"));
    all[..4].iter().for_each(|one| older_files.add(one, &one.fit));
    let older_files = older_tools::SportsSync::new(&home.join("sports-sync-x"));
    all[4..7].iter().for_each(|one| older_files.add("garmin_com", "running", one, &one.fit));
    let files: Vec<(String, Vec<u8>)> =
        (0..).zip(&all).map(|(n, one)| (format!("me_{n}.fit"), one.fit.clone())).collect();
    let list: Vec<_> = all.iter().map(older_tools::Held::summary).collect();
    fs::write(home.join("garmin-export.zip"), older_tools::garmin_export(&list, &files)).unwrap();
    let health = home.join("HealthData/FitFiles/Activities");
    fs::create_dir_all(&health).unwrap();
    all[7..].iter().for_each(|one| fs::write(health.join(format!("{}_ACTIVITY.fit", one.id)), &one.fit).unwrap());
}

/// From top to bottom.
#[test]
fn the_migration_recipes_work_as_written() {
    let sim = plain(15);
    let mut work = Work::with_passwords(&sim);
    work.set("DATA_DIR", "");
    installed::at_home(&mut work);
    create_older_files(&work, &sim);
    let older_files =
        ["GarminSync", "sports-sync-x", "garmin-export.zip", "HealthData"].map(|name| work.dir().join(name));
    let prints = || -> Vec<_> {
        let of = |path: &PathBuf| if path.is_dir() { older_tools::fingerprint(path) } else { Vec::new() };
        older_files.iter().flat_map(of).collect()
    };
    let before = prints();
    let recipes = recipes("docs/migrating.md");
    assert!(recipes.len() >= 4);
    for recipe in &recipes {
        eprintln!("docs/migrating.md:{}", recipe.line);
        follow(recipe, &work, &sim);
    }
    let imported = fs::read_to_string(work.dir().join("imported.ndjson")).unwrap();
    assert_eq!(imported.lines().count(), 4);
    assert_eq!(
        (work.run("gs-list", &["--missing"]).ids().len(), work.run("gs-list", &["--downloaded"]).ids().len()),
        (0, 15)
    );
    assert_eq!(prints(), before);
}

/// Runs the commands of a block.
fn follow(recipe: &Recipe, work: &Work, sim: &gs_sim::Sim) {
    match recipe.how.as_str() {
        "" => drop(shell(work, &recipe.text, "").ok()),
        // Each line requests its own pasted secret.
        "browser" => {
            for line in recipe.text.lines() {
                let pasted = match line.contains("coros") {
                    true => format!("CPL-coros-token={}", sim.with(|state| state.issue_coros_token(2))),
                    false => sim.with(|state| state.issue_ticket("garmin.com", "android")).0,
                };
                shell(work, line, &pasted).ok();
            }
        }
        "cron" => {
            for line in recipe.text.lines() {
                cron(work, line).ok();
            }
        }
        // An optional tool.
        "jq" if std::process::Command::new("jq").arg("--version").output().is_err() => {
            eprintln!("not run: jq is not installed");
        }
        "jq" => drop(shell(work, &recipe.text, "").ok()),
        // Flags answer the questions here; tests/it/front/gs_setup.rs answers them on a terminal.
        "setup" => {
            let flags = "--platform garmin-com,coros --login password --set GARMIN_EMAIL=runner@example.com \
                --set COROS_EMAIL=runner@example.org --secrets - --no-schedule --no-notify --fetch";
            let secrets = "GARMIN_PASSWORD='correct horse'\nCOROS_PASSWORD='correct horse'\n";
            shell(work, &format!("{} {flags}", recipe.text), secrets).ok();
        }
        // The exit code shows the state: a warning is not a failure of the recipe.
        "status" => {
            let said = shell(work, &recipe.text, "");
            assert!(said.code <= 1, "{said}");
        }
        // tests/namespaces/daemon.rs runs these with a crontab of its own.
        "crontab" => {}
        "restore" => restore(work, &recipe.text),
        how => panic!("{}: no way to run {how:?}", recipe.line),
    }
}

/// The id in a document is a placeholder for the id of a deleted activity.
fn restore(work: &Work, text: &str) {
    let deleted = work.run("gs-list", &["--deleted"]).ok().ids();
    let deleted = deleted.first().expect("an activity was deleted before");
    shell(work, &text.replace("21482825013", deleted), "").ok();
}

/// Runs the command of a crontab line as cron does, and expects no output, which cron would mail.
fn cron(work: &Work, line: &str) -> Said {
    let command = line.split_whitespace().skip(5).collect::<Vec<_>>().join(" ");
    assert!(!command.contains('%'), "cron reads % as a line end: {line}");
    let said = work.run("/usr/bin/env", &["PATH=/usr/bin:/bin", "/bin/sh", "-c", &command]);
    said.silent();
    assert!(said.out.is_empty(), "{said}");
    said
}

#[test]
fn every_document_link_and_every_script_exists() {
    let docs = fs::read_dir(repository().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let docs = docs.filter(|path| path.extension().is_some_and(|ending| ending == "md"));
    let at_top = ["README.md", "README.zh.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
    for document in docs.chain(at_top.map(|name| repository().join(name))) {
        let text = fs::read_to_string(&document).unwrap();
        let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { document.clone() } else { document.with_file_name(path) };
            assert!(target.exists(), "{} links to {link}", document.display());
            let exists = anchor.is_empty() || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor);
            assert!(exists, "{} links to {link}, but the heading does not exist", document.display());
        }
    }
    for name in ["scripts/demo", "scripts/generate", "scripts/install", "scripts/test", "scripts/sync", ".ci/run"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(repository().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{name} is not executable");
    }
}

/// The names by which a page's headings can be linked to, made as GitHub makes them.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = markdown.lines().filter(|line| line.starts_with('#'));
    let name = |heading: &str| {
        let text = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        text.chars().filter(|c| c.is_alphanumeric() || "-_".contains(*c)).collect()
    };
    headings.map(name).collect()
}

/// Names such as `docs/…` in the sources, the scripts and the manual.
#[test]
fn every_document_named_in_the_sources_exists() {
    let sources = sources();
    let scripts: String = scripts().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let others =
        [".env.example", "Dockerfile", "cron/crontab", "man/gs-list.1", "man/gs-settings.5"].map(repository_file);
    let text = sources + &scripts + &others.concat();
    let names = text
        .split("docs/")
        .skip(1)
        .map(|rest| rest.split(|c: char| !c.is_ascii_lowercase() && !"-.".contains(c)).next().unwrap());
    let names: BTreeSet<&str> =
        names.map(|name| name.trim_end_matches('.')).filter(|name| name.ends_with(".md")).collect();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        assert!(repository().join("docs").join(name).exists(), "docs/{name} does not exist");
    }
}

/// CONTRIBUTING.md leads contributors only to existing files.
#[test]
fn every_file_named_in_contributing_exists() {
    let text = repository_file("CONTRIBUTING.md");
    let names = text.split('`').skip(1).step_by(2).filter(|name| {
        let first = name.split('/').next().unwrap();
        ["src", "tests", "docs", "scripts", "man", "completions"].contains(&first) && !name.contains([' ', '*'])
    });
    let names: Vec<&str> = names.filter(|name| !name.contains("NAME")).collect();
    assert!(names.len() > 25, "{names:?}");
    for name in names {
        assert!(repository().join(name).exists(), "CONTRIBUTING.md names {name}, which does not exist");
    }
}

/// All Rust files below `src`, one after the other, without their unit tests.
fn sources() -> String {
    fn walk(dir: &Path, all: &mut String) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.to_string_lossy().ends_with("tests.rs") {
                let text = fs::read_to_string(path).unwrap();
                all.push_str(text.split("#[cfg(test)]\nmod tests {").next().unwrap());
            }
        }
    }
    let mut all = String::new();
    walk(&repository().join("src"), &mut all);
    all
}

fn names_in(text: &str) -> impl Iterator<Item = &str> {
    let is_name =
        |word: &&str| word.len() > 3 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    text.split('"').filter(is_name)
}

/// The settings that the sources read: arguments of the methods of `Settings`, and the lists of names.
fn settings_read() -> BTreeSet<String> {
    let sources = sources();
    let mut names = BTreeSet::new();
    for method in [
        ".get(\"",
        ".secret(\"",
        ".multiline_secret(\"",
        ".path(\"",
        ".paths(\"",
        ".number(\"",
        ".duration(\"",
        ".choice(\"",
        ".yes(\"",
        ".flag(\"",
        ".text(\"",
        // Settings for the login of a platform.
        "-> &'static [&'static str] {\n        &[\"",
        "fn newest_setting(&self) -> Option<&'static str> {\n        Some(\"",
    ] {
        let calls = sources.split(method).skip(1).filter_map(|rest| rest.split('"').next());
        names.extend(calls.filter(|name| names_in(&format!("\"{name}\"")).next().is_some()).map(str::to_owned));
    }
    let lists = [
        "any(&[\"",
        "_settings: &[\"",
        "{ &[\"",
        ": &str = \"GARMIN_PERSONAL_",
        "filter_map(setting)",
        "key: \"",
        "setting: \"",
        "ExtraSetting::Required(\"",
        "ExtraSetting::Optional(\"",
    ];
    for line in sources.lines().filter(|line| lists.iter().any(|list| line.contains(list))) {
        names.extend(names_in(line).map(str::to_owned));
    }
    // Settings that scripts request.
    let script: String = scripts().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let asked =
        script.split("gs-settings ").skip(1).filter_map(|rest| rest.split([')', '\n']).next()?.rsplit(' ').next());
    names.extend(asked.flat_map(|name| names_in(&format!("\"{name}\"")).map(str::to_owned).collect::<Vec<_>>()));
    // Variables that only the environment can set have no line in the file.
    names.retain(|name| name != "HOME" && !VARIABLES.iter().any(|variable| variable.name == name));
    names
}

/// `#NAME=value` and `NAME=value` of `.env.example`.
fn settings_documented() -> Vec<(String, String)> {
    let text = repository_file(".env.example");
    let lines = text.lines().map(|line| line.strip_prefix('#').unwrap_or(line));
    let pairs = lines.filter_map(|line| line.split_once('='));
    let pairs = pairs.filter(|(name, _)| names_in(&format!("\"{name}\"")).next().is_some());
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn env_example_has_every_setting_and_no_other() {
    let read = settings_read();
    assert!(read.len() > 15 && read.contains("GARMIN_EMAIL_CN") && read.contains("GARTH_HOME"), "{read:?}");
    let documented: BTreeSet<String> = settings_documented().into_iter().map(|(name, _)| name).collect();
    let missing: Vec<_> = read.difference(&documented).collect();
    assert!(missing.is_empty(), "settings missing in .env.example: {missing:?}");
    let is_read =
        |name: &str| read.contains(name) || read.contains(name.trim_end_matches("_FILE").trim_end_matches("_COMMAND"));
    let extra: Vec<_> = documented.iter().filter(|name| !is_read(name)).collect();
    assert!(extra.is_empty(), "settings in .env.example that no code reads: {extra:?}");
}

#[test]
fn the_values_in_env_example_are_valid() {
    let mut work = with_commands_in_path(Work::alone());
    for name in ["DATA_DIR", "GS_LOOPBACK", "GS_REQUEST_INTERVAL", "GS_RETRY_WAIT"] {
        work.set(name, "");
    }
    let settings = settings_documented();
    // Folders that must not be created on this machine.
    let kept = settings.iter().filter(|(name, _)| !["DATA_DIR", "DB_PATH", "GS_REPORT_DIR"].contains(&name.as_str()));
    let text: String = kept.map(|(name, value)| format!("{name}={value}\n")).collect();
    let path = work.write_env(&text);
    fs::rename(path, work.dir().join("example.env")).unwrap();
    let said = work.run("gs-auth", &["status", "--env-file", "example.env"]);
    assert_eq!(said.ok().silent().records()[0]["password_set"], true, "{said}");
    work.run("gs-fetch", &["-n", "--env-file", "example.env"]).ok().says("garmin-com: would be listed");
    // The unchanged file changes no setting.
    fs::write(work.dir().join("as-it-is.env"), repository_file(".env.example")).unwrap();
    let said = work.run("gs-auth", &["status", "--env-file", "as-it-is.env"]);
    assert_eq!(said.ok().silent().records()[0]["password_set"], false, "{said}");
}

#[test]
fn the_documents_list_every_exit_code() {
    let (readme, page) = (repository_file("README.md"), repository_file("docs/troubleshooting.md"));
    let source = repository_file("src/exit.rs");
    let codes =
        source.lines().filter_map(|line| line.trim().strip_suffix(',')?.split_once(" = ")?.1.parse::<u8>().ok());
    let codes: Vec<u8> = codes.collect();
    assert!(codes.len() >= 9, "{codes:?}");
    for code in codes {
        assert!(readme.contains(&format!("\n| {code} | ")), "exit code {code} is missing in README.md");
        assert!(page.contains(&format!("\n## {code}: ")), "exit code {code} is missing in docs/troubleshooting.md");
    }
}

/// A message in comparable form: the sources break lines and escape quotes.
fn compared(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c.is_alphanumeric() || "-_/=:;,().".contains(c) { c } else { ' ' }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All texts of the commands and scripts.
fn source_texts() -> String {
    let scripts = scripts().into_iter().chain([repository().join("cron/github-state")]);
    let scripts: String = scripts.map(|path| fs::read_to_string(path).unwrap()).collect();
    compared(&(sources() + &scripts).replace("\\\n", " "))
}

/// Expects that the sources contain a quoted message; `…` stands for variable parts.
fn expect_quoted(page: &str, sources: &str, quote: &str) {
    for part in quote.split('…').map(compared).filter(|part| part.len() > 3) {
        assert!(
            sources.contains(part.trim_matches(['(', ')', ' '])),
            "{page} quotes {quote:?}, but no source contains {part:?}"
        );
    }
}

/// The page must not quote outdated messages.
#[test]
fn troubleshooting_quotes_only_messages_of_the_sources() {
    let sources = source_texts();
    let page = repository_file("docs/troubleshooting.md");
    let mut quotes = 0;
    for item in page.split("\n- ").skip(1) {
        // The messages of an item are before its first colon outside of quotes.
        let item = item.split("\n## ").next().unwrap().replace("\n  ", " ");
        for (index, quote) in item.split('`').enumerate() {
            match index % 2 {
                0 if quote.contains(": ") => break,
                0 => continue,
                _ => quotes += 1,
            }
            expect_quoted("docs/troubleshooting.md", &sources, quote);
        }
    }
    assert!(quotes > 80, "only {quotes} quotes were found");
}

#[test]
fn every_fact_about_the_services_has_a_review_date() {
    let page = repository_file("docs/services.md");
    let facts = page.split_once("\n## Garmin Connect\n").unwrap().1;
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let mut rows = 0;
    for table in facts.split("\n\n").filter(|part| part.starts_with('|')) {
        let mut lines = table.lines();
        let head = cells(lines.next().unwrap());
        assert_eq!(head.last().unwrap(), "reviewed", "{head:?}");
        for line in lines.skip(1) {
            let row = cells(line);
            assert_eq!(row.len(), head.len(), "{line}");
            assert!(row.last().unwrap().parse::<jiff::civil::Date>().is_ok(), "no review date: {line}");
            rows += 1;
        }
    }
    assert!(rows > 80, "only {rows} facts were found");
}

/// The tables have a row for each decision and each guard, with the texts of the sources.
#[test]
fn the_sync_rules_page_quotes_the_sources_and_lists_every_guard() {
    let (page, sources) = (repository_file("docs/sync-rules.md"), source_texts());
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let quotes: Vec<&str> = rows.flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
    // Names have no spaces; messages do.
    quotes
        .iter()
        .filter(|quote| quote.contains(' '))
        .for_each(|quote| expect_quoted("docs/sync-rules.md", &sources, quote));
    let source = repository_file("src/plan/deletion.rs");
    let guards = source.split("fn first_failed_guard").nth(1).unwrap().split("\n    ];").next().unwrap();
    let name = |rest: &str| rest.chars().take_while(|c| c.is_alphanumeric()).collect::<String>();
    let guards: BTreeSet<String> = guards.split("Reason::").skip(1).map(name).map(|name| kebab(&name)).collect();
    assert!(guards.len() > 10, "{guards:?}");
    for guard in guards {
        assert!(quotes.contains(&guard.as_str()), "no row for: {guard}");
    }
}

/// `NotOnPlatform` as `not-on-platform`.
fn kebab(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('-');
        }
        out.extend(c.to_lowercase());
    }
    out
}
