//! Checks of the scripts before they build: an old Rust, a locked apt.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::paths::{repository, repository_file};
use crate::support::{Said, Work};

/// Scripts that build.
const BUILDING: [&str; 3] = ["install", "demo", "test"];

fn script(name: &str) -> String {
    format!("{}/scripts/{name}", repository().display())
}

/// Creates a program with this name and text in the only folder of PATH.
fn put(work: &Work, name: &str, text: &str) {
    let dir = work.dir().join("bin");
    fs::create_dir_all(&dir).unwrap();
    fs::write(dir.join(name), format!("#!/bin/bash\n{text}\n")).unwrap();
    fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o755)).unwrap();
}

/// A machine with these versions and only the basic tools. A build creates the file `built`.
fn machine(versions: &[(&str, &str)]) -> Work {
    let mut work = Work::alone();
    for tool in
        ["dirname", "readlink", "sed", "sort", "head", "id", "mktemp", "rm", "cat", "bash", "env", "tail", "grep"]
    {
        let from = ["/usr/bin", "/bin"].iter().map(|dir| Path::new(dir).join(tool)).find(|path| path.exists());
        put(&work, tool, &format!("exec {} \"$@\"", from.unwrap().display()));
    }
    for (tool, version) in versions {
        let text = format!(
            "[ \"$1\" = --version ] && echo '{version}' && exit; : >\"$HOME/built\"; echo riddle >&2; exit 101"
        );
        put(&work, tool, &text);
    }
    let path = work.dir().join("bin");
    work.set("PATH", path.to_str().unwrap());
    work
}

fn run(work: &Work, name: &str) -> Said {
    let prefix = work.dir().join("prefix");
    let args: &[&str] = if name == "install" { &["--prefix", prefix.to_str().unwrap()] } else { &[] };
    work.run("/bin/bash", &[&[script(name).as_str()], args].concat())
}

fn required_version() -> String {
    let text = repository_file("Cargo.toml");
    let line = text.lines().find_map(|line| line.strip_prefix("rust-version = \"")).unwrap();
    line.trim_end_matches('"').to_owned()
}

#[test]
fn an_old_or_missing_rust_is_reported_in_one_line_before_any_build() {
    let (new, old) = ("1.89.0 (c24e10642 2025-06-23)", "1.80.0 (376290515 2024-07-16)");
    let cargo = |version: &str| format!("cargo {version}");
    let rustc = |version: &str| format!("rustc {version}");
    for (tools, said) in [
        (vec![("cargo", cargo(old)), ("rustc", rustc(old))], "cargo 1.80.0"),
        (vec![("cargo", cargo(new)), ("rustc", rustc(old))], "rustc 1.80.0"),
        (vec![("cargo", cargo("1.88.9")), ("rustc", rustc("1.88.9"))], "cargo 1.88.9"),
        (vec![("cargo", cargo("1.9.0")), ("rustc", rustc("1.9.0"))], "cargo 1.9.0"),
        (vec![("cargo", cargo(new))], "rustc is not installed"),
        (vec![], "cargo is not installed"),
    ] {
        let tools: Vec<(&str, &str)> = tools.iter().map(|(tool, version)| (*tool, version.as_str())).collect();
        let work = machine(&tools);
        for name in BUILDING {
            let said_by = run(&work, name);
            assert_ne!(said_by.code, 0, "{said_by}");
            said_by
                .says(&format!("garminsync needs Rust {} or newer", required_version()))
                .says(said)
                .says("https://rustup.rs");
            let lines = said_by.err.lines().filter(|line| !line.is_empty() && !line.starts_with("== FAILED"));
            assert_eq!(lines.count(), 1, "{said_by}");
            assert!(!work.dir().join("built").exists() && !work.dir().join("prefix").exists(), "{name}");
        }
    }
}

#[test]
fn a_recent_rust_starts_the_build() {
    for version in ["1.89.0", "1.100.0-nightly (0 2027-01-01)", "2.0.0"] {
        let (cargo, rustc) = (format!("cargo {version}"), format!("rustc {version}"));
        let work = machine(&[("cargo", &cargo), ("rustc", &rustc)]);
        run(&work, "install").says("riddle");
        assert!(work.dir().join("built").exists(), "{version}");
    }
}

#[test]
fn the_readme_names_the_required_rust_version() {
    let readme = repository_file("README.md");
    assert!(readme.contains(&format!("Rust {} or newer", required_version())));
}

#[test]
fn scripts_test_waits_for_a_locked_apt() {
    let version = |tool: &str| format!("{tool} 1.99.0");
    let (cargo, rustc) = (version("cargo"), version("rustc"));
    let work = machine(&[("rustc", &rustc)]);
    put(&work, "cargo", &format!("echo '{cargo}'"));
    put(&work, "id", "echo 0");
    put(&work, "cc", "true");
    put(&work, "sleep", "echo \"slept $1\" >>\"$HOME/log\"");
    // The lists are locked twice, dpkg once; the last error is not a lock.
    put(
        &work,
        "apt-get",
        r#"echo "$*" >>"$HOME/log"
count=$(grep -c . "$HOME/log")
case "$*" in
*update*) [ "$count" -gt 4 ] || { echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 7" >&2; exit 100; } ;;
*install*shellcheck*) grep -q dpkg "$HOME/log" || { echo dpkg >>"$HOME/log"; echo "E: Unable to acquire the dpkg frontend lock" >&2; exit 100; }
  : >"$HOME/bin/shellcheck"; chmod +x "$HOME/bin/shellcheck" ;;
*) echo "E: Unable to locate package" >&2; exit 100 ;;
esac"#,
    );
    put(&work, "chmod", "exec /bin/chmod \"$@\"");
    let said = run(&work, "test");
    said.says("E: Unable to locate package")
        .says("test: script is not installed; install it: apt-get install bsdutils");
    let log = fs::read_to_string(work.dir().join("log")).unwrap();
    assert_eq!(log.matches("slept").count(), 3, "{log}");
    assert!(
        log.lines().filter(|line| line.contains("install")).all(|line| line.contains("DPkg::Lock::Timeout=")),
        "{log}"
    );
    assert!(work.dir().join("bin/shellcheck").exists());
}

#[test]
fn every_command_disables_its_empty_test_program_in_cargo_toml() {
    let manifest = repository_file("Cargo.toml");
    let commands = fs::read_dir(repository().join("src/bin")).unwrap();
    for command in commands {
        let command = command.unwrap().path();
        let name = command.file_stem().unwrap().to_str().unwrap();
        let entry = format!("[[bin]]\nname = \"{name}\"\ntest = false\n");
        assert!(manifest.contains(&entry), "Cargo.toml needs this for {name}:\n{entry}");
    }
}
