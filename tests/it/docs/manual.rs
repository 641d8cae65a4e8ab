//! `man/`, `completions/` and `.env.example`: current, without lint errors, and readable by `man` and the shells.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::paths::{self, repository};
use crate::support::{self, Work};
use garminsync::docgen;

/// A script that gets its definition from `garminsync`.
const SYNC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sync");

/// A command is a file in `src/bin`.
fn commands() -> Vec<String> {
    let names = std::fs::read_dir(repository().join("src/bin")).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    assert!(names.len() >= 10);
    names
}

/// All generated files: paths in the repository and their texts.
fn generated() -> BTreeMap<PathBuf, String> {
    let mut work = Work::alone();
    work.set("PATH", &format!("{}:/usr/bin:/bin", paths::commands().display()));
    let mut files = BTreeMap::new();
    let mut add = |path: String, text: String| drop(files.insert(PathBuf::from(path), text));
    let commands = commands().into_iter().map(|name| (name.clone(), name));
    for (name, program) in commands.chain([("gs-sync".to_owned(), SYNC.to_owned())]) {
        let made = |kind: &str| work.run(&program, &["--generate", kind]).ok().silent().out.clone();
        add(format!("man/{name}.1"), made("man"));
        add(format!("completions/bash/{name}"), made("bash"));
        add(format!("completions/zsh/_{name}"), made("zsh"));
        add(format!("completions/fish/{name}.fish"), made("fish"));
    }
    add("man/gs-record.5".into(), docgen::record_page::page(support::schema::schema()));
    add("man/gs-catalogue.5".into(), docgen::catalogue_page::page());
    add("man/gs-settings.5".into(), docgen::settings_page::page());
    add(".env.example".into(), docgen::settings_page::env_example());
    files
}

/// The existing files.
fn existing() -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from(".env.example")];
    for dir in ["man", "completions/bash", "completions/zsh", "completions/fish"] {
        let entries = std::fs::read_dir(repository().join(dir)).into_iter().flatten();
        files.extend(entries.map(|entry| Path::new(dir).join(entry.unwrap().file_name())));
    }
    files.sort();
    files
}

/// With `GENERATE` in the environment, this test writes the files; `scripts/generate` does that.
#[test]
fn generated_files_are_current() {
    let files = generated();
    if std::env::var_os("GENERATE").is_some() {
        for path in existing().iter().filter(|path| !files.contains_key(*path)) {
            std::fs::remove_file(repository().join(path)).unwrap();
        }
        for (path, text) in &files {
            std::fs::create_dir_all(repository().join(path).parent().unwrap()).unwrap();
            std::fs::write(repository().join(path), text).unwrap();
        }
    }
    let is_outdated =
        |path: &&PathBuf| std::fs::read_to_string(repository().join(path)).ok().as_ref() != files.get(*path);
    let old: Vec<&PathBuf> = files.keys().filter(is_outdated).collect();
    assert!(old.is_empty(), "these files are outdated; run scripts/generate: {old:?}");
    assert_eq!(existing(), files.into_keys().collect::<Vec<_>>(), "run scripts/generate");
}

fn pages() -> Vec<PathBuf> {
    existing().into_iter().filter(|path| path.starts_with("man")).collect()
}

#[test]
fn mandoc_reports_no_problems() {
    for page in pages() {
        let said = Command::new("mandoc").args(["-Tlint", "-Wall"]).arg(repository().join(&page)).output();
        let said = said.expect("mandoc is needed; scripts/test installs it");
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        // Pages of this project are not installed here.
        let rest: Vec<&str> = said.lines().filter(|line| !line.contains("referenced manual not found")).collect();
        assert!(rest.is_empty(), "{}", rest.join("\n"));
    }
}

/// A page as a terminal of 80 columns shows it.
fn shown(page: &Path) -> String {
    let mut man = Command::new("man");
    man.args(["--warnings", "-l"]).arg(repository().join(page)).env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8");
    let said = man.env_remove("MANOPT").output().expect("man (man-db) is needed; scripts/test installs it");
    let warnings = String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success() && warnings.is_empty(), "{}: {warnings}", page.display());
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn man_shows_every_page() {
    for page in pages() {
        let text = shown(&page);
        assert!(text.lines().count() > 30, "{}: {text}", page.display());
        // Commands are not wrapped: only paths and hashes of examples are wider than the terminal.
        let wide = text.lines().filter(|line| line.chars().count() > 100);
        assert_eq!(wide.collect::<Vec<_>>(), [""; 0], "{}", page.display());
    }
}

/// The headings of a page, in order.
fn headings(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()) && !line.contains('(')).collect()
}

#[test]
fn man_pages_contain_everything_in_the_help() {
    let work = Work::alone();
    for name in commands() {
        let help = work.run(&name, &["--help"]).ok().out.clone();
        let page = shown(&Path::new("man").join(format!("{name}.1")));
        let expected = [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXAMPLES",
            "EXIT STATUS",
            "ENVIRONMENT",
            "FILES",
            "SEE ALSO",
        ];
        let found: Vec<&str> = headings(&page).into_iter().filter(|title| expected.contains(title)).collect();
        assert_eq!(found, expected, "{name}");
        let flags = help.split_whitespace().map(|word| word.trim_end_matches(['.', ',', ';', ':', ')']));
        for flag in flags.filter(|word| word.starts_with("--") && word.len() > 2) {
            // An optional value has other brackets there.
            let flag = flag.split('[').next().unwrap();
            assert!(page.contains(flag), "missing on the page of {name}: {flag}");
        }
        check_examples_and_settings(&name, &help, &page);
    }
}

#[test]
fn the_examples_in_the_help_fit_into_80_columns() {
    let work = Work::alone();
    for name in commands() {
        let help = work.run(&name, &["-h"]).ok().out.clone();
        let notes = help.find("\nExamples:").map_or("", |at| &help[at..]);
        for line in notes.lines() {
            assert!(line.chars().count() <= 80, "{name} -h: {line}");
        }
    }
}

/// Checks the examples, each with its description, and the named settings.
fn check_examples_and_settings(name: &str, help: &str, page: &str) {
    let examples = help.split("Examples:\n").nth(1).unwrap_or_else(|| panic!("{name} shows no example"));
    for line in examples.split("\n\n").next().unwrap().lines() {
        let (typed, _) =
            line.trim().rsplit_once("   ").unwrap_or_else(|| panic!("{name}: {line:?} has no description"));
        assert!(page.contains(typed.trim()), "missing on the page of {name}: {line}");
    }
    let settings = help.split("\nSettings:").nth(1).map(|rest| rest.split("\n\n").next().unwrap());
    let environment = page.split("\nENVIRONMENT\n").nth(1).unwrap().split("\nFILES\n").next().unwrap();
    for setting in settings.into_iter().flat_map(|names| names.split([',', '\n'])).map(str::trim) {
        let is_documented = |line: &str| line.split([',', ' ']).any(|word| word == setting);
        assert!(environment.lines().any(is_documented), "missing on the page of {name}: {setting}");
    }
}

#[test]
fn the_page_of_the_record_has_every_field() {
    let page = shown(Path::new("man/gs-record.5"));
    for (name, part) in support::schema::schema()["$defs"].as_object().unwrap() {
        for field in part["properties"].as_object().into_iter().flat_map(|fields| fields.keys()) {
            assert!(page.contains(&format!(" {field} (")), "{field} of {name}");
        }
    }
}

#[test]
fn generate_is_hidden_in_the_help_and_rejects_unknown_formats() {
    let work = Work::alone();
    let help = work.run("gs-list", &["--help"]).ok().out.clone();
    assert!(!help.contains("generate"), "{help}");
    for wrong in [&["--generate"][..], &["--generate", "html"], &["--generate", "man", "--all"]] {
        work.run("gs-list", wrong).ends(2).says("--generate");
    }
    work.run("gs-list", &["--generate", "man"]).ok();
    assert_eq!(std::fs::read_dir(work.data("")).unwrap().count(), 0, "no catalogue is created");
}

/// Runs a shell with the commands in its PATH.
fn in_shell(shell: &[&str], script: &str) -> String {
    let bin = paths::commands();
    let home = Work::alone();
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg(script).env_clear().env("HOME", home.dir()).current_dir(repository());
    command.env("PATH", format!("{}:{}:/usr/bin:/bin", bin.display(), repository().join("scripts").display()));
    let said = command.output().unwrap_or_else(|error| panic!("{shell:?}: {error}; scripts/test installs it"));
    let words = String::from_utf8_lossy(&said.stdout).into_owned() + &String::from_utf8_lossy(&said.stderr);
    assert!(said.status.success(), "{script}: {words}");
    words
}

/// The completions of bash for the last of these words.
fn offered_by_bash(words: &[&str]) -> Vec<String> {
    let [command, .., before, last] = words else { panic!("at least two words") };
    let script = format!(
        "source completions/bash/{command}
         set -- $(complete -p {command})
         while [ \"$1\" != -F ]; do shift; done
         COMP_WORDS=({}) COMP_CWORD={}
         \"$2\" {command} {last} {before}
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        words.len() - 1,
    );
    in_shell(&["bash", "--norc", "-euc"], &script).lines().map(|line| line.trim().to_owned()).collect()
}

#[test]
fn bash_completes_flags_values_and_commands() {
    let offered = |words: &str| offered_by_bash(&words.split(' ').collect::<Vec<_>>());
    assert_eq!(offered("gs-list --all --pl"), ["--platform"]);
    assert_eq!(offered("gs-list --platform garmin-c"), ["garmin-com", "garmin-cn"]);
    assert_eq!(offered("gs-list --sport runn"), ["running"]);
    assert_eq!(offered("gs-diff --to cor"), ["coros"]);
    assert_eq!(offered("gs-auth -q log"), ["login", "logout"]);
    assert_eq!(offered("garminsync daemon --sta"), ["--start", "--status"]);
    assert_eq!(offered("garminsync schedule o"), ["on", "off"]);
    assert_eq!(offered("gs-sync -n --plat"), ["--platform"]);
    assert_eq!(offered("garminsync list --sport runn"), ["running"]);
    for name in commands() {
        let output =
            in_shell(&["bash", "--norc", "-euc"], &format!("source completions/bash/{name}; complete -p {name}"));
        assert!(output.trim_end().ends_with(&format!(" {name}")), "{output}");
    }
}

#[test]
fn zsh_loads_every_completion() {
    for name in commands() {
        let script = format!(
            "fpath=($PWD/completions/zsh $fpath); autoload -Uz compinit; compinit -u -D
             print $_comps[{name}]; autoload +X _{name}; functions _{name} | grep -c -- --platform"
        );
        let output = in_shell(&["zsh", "-fec"], &script);
        let mut lines = output.lines();
        assert_eq!(lines.next(), Some(format!("_{name}").as_str()), "{output}");
        assert!(lines.next().and_then(|count| count.parse::<u32>().ok()).is_some_and(|count| count > 0), "{output}");
    }
}

#[test]
fn fish_completes_flags_values_and_commands() {
    let offered = |typed: &str| -> Vec<String> {
        let script = format!("set -p fish_complete_path $PWD/completions/fish; complete -C'{typed}'");
        let output = in_shell(&["fish", "--no-config", "-c"], &script);
        output.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect()
    };
    assert_eq!(offered("gs-list --pl"), ["--platform"]);
    assert_eq!(offered("gs-list --platform garmin-c"), ["garmin-cn", "garmin-com"]);
    assert_eq!(offered("gs-auth log"), ["login", "logout"]);
    assert_eq!(offered("garminsync download --mi"), ["--missing"]);
}
