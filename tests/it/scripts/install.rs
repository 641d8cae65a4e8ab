//! `scripts/install`: installed files, repeated installation and uninstallation.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::support::installed::{INSTALL, built};
use crate::support::{self, Said, Work};

fn install(work: &Work, args: &[&str]) -> Said {
    let (prefix, built) = (work.dir().join("prefix"), built(work));
    let mut all = vec!["--prefix", prefix.to_str().unwrap(), "--from", built.to_str().unwrap()];
    all.extend(args);
    work.run(INSTALL, &all)
}

/// Every file below a folder, with its mode, size and inode; a rewritten file has a new inode.
fn files(dir: &Path) -> BTreeMap<PathBuf, (u32, u64, u64)> {
    fn walk(root: &Path, dir: &Path, all: &mut BTreeMap<PathBuf, (u32, u64, u64)>) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let (path, meta) = (entry.path(), entry.metadata().unwrap());
            if meta.is_dir() {
                walk(root, &path, all);
            } else {
                let inode = std::os::unix::fs::MetadataExt::ino(&meta);
                let name = path.strip_prefix(root).unwrap().to_owned();
                all.insert(name, (meta.permissions().mode() & 0o7777, meta.len(), inode));
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(dir, dir, &mut all);
    all
}

#[test]
fn files_are_installed_where_man_and_the_shells_find_them() {
    let work = Work::alone();
    let said = install(&work, &[]);
    said.ok().silent();
    let prefix = work.dir().join("prefix");
    assert!(said.out.contains(&format!("export PATH=\"{}/bin:$PATH\"", prefix.display())), "{said}");
    let installed_files = files(&prefix);
    let mode = |path: &str| installed_files.get(Path::new(path)).map(|(mode, ..)| *mode);
    for command in ["gs-fetch", "gs-upload", "garminsync", "gs-sync"] {
        assert_eq!(mode(&format!("bin/{command}")), Some(0o755), "{command}");
    }
    assert_eq!(mode("bin/sync"), None, "`sync` is a command of the system");
    for file in [
        "share/man/man1/gs-fetch.1",
        "share/man/man5/gs-record.5",
        "share/bash-completion/completions/gs-fetch",
        "share/zsh/site-functions/_gs-fetch",
        "share/fish/vendor_completions.d/gs-fetch.fish",
        "share/doc/garminsync/README.md",
        "share/doc/garminsync/docs/recipes.md",
        "share/doc/garminsync/docs/record.schema.json",
    ] {
        assert_eq!(mode(file), Some(0o644), "{file}");
    }
    let with = |script: &str| {
        let script = format!("P={}; {script}", prefix.display());
        work.run("/usr/bin/env", &["bash", "--norc", "-euc", &script])
    };
    with("man -M $P/share/man -w gs-fetch gs-record garminsync gs-sync").ok().silent();
    with("PATH=$P/bin:$PATH man -w gs-fetch").ok().silent();
    with(". $P/share/bash-completion/completions/gs-fetch; complete -p gs-fetch").ok().silent();
    with("$P/bin/gs-list --version").ok().silent();
}

#[test]
fn a_repeated_install_replaces_only_changed_files() {
    let work = Work::alone();
    let prefix = work.dir().join("prefix");
    install(&work, &[]).ok();
    let before = files(&prefix);
    assert!(install(&work, &[]).ok().out.contains("0 of them new or changed"));
    let list = Path::new("share/doc/garminsync/installed");
    let without_list = |mut files: BTreeMap<PathBuf, (u32, u64, u64)>| {
        files.remove(list);
        files
    };
    assert_eq!(without_list(files(&prefix)), without_list(before));
    // An older version: a different man page, and a command that no longer exists.
    let page = prefix.join("share/man/man1/gs-fetch.1");
    fs::write(&page, "old").unwrap();
    fs::write(prefix.join("bin/gs-older"), "old").unwrap();
    let mut names = fs::read_to_string(prefix.join(list)).unwrap();
    names.push_str("bin/gs-older\n");
    fs::write(prefix.join(list), names).unwrap();
    let held = fs::File::open(&page).unwrap();
    assert!(install(&work, &[]).ok().out.contains(", 1 of them new or changed"));
    assert_eq!(
        std::io::read_to_string(held).unwrap(),
        "old",
        "a program that has the old file open reads the old file"
    );
    assert!(fs::read_to_string(&page).unwrap().contains("GS-FETCH"));
    assert!(!prefix.join("bin/gs-older").exists());
}

#[test]
fn uninstall_removes_only_installed_files() {
    let work = Work::alone();
    let prefix = work.dir().join("prefix");
    fs::create_dir_all(prefix.join("share/man")).unwrap();
    fs::create_dir_all(prefix.join("bin")).unwrap();
    fs::write(prefix.join("bin/mine"), "mine").unwrap();
    install(&work, &[]).ok();
    fs::write(prefix.join("share/doc/garminsync/notes.txt"), "mine").unwrap();
    let said = install(&work, &["--uninstall"]);
    said.ok().silent();
    let left: Vec<PathBuf> = files(&prefix).into_keys().collect();
    assert_eq!(left, ["bin/mine", "share/doc/garminsync/notes.txt"].map(PathBuf::from));
    assert!(prefix.join("share/man").is_dir(), "the folder existed before");
    assert!(!prefix.join("share/zsh").exists(), "the folder was created by the installation");
    install(&work, &["--uninstall"]).ends(1).says("--prefix");
}

#[test]
fn files_of_other_programs_are_replaced_only_with_force() {
    let work = Work::alone();
    let prefix = work.dir().join("prefix");
    fs::create_dir_all(prefix.join("bin")).unwrap();
    // The older GarminSync has a command of this name.
    fs::write(prefix.join("bin/garminsync"), "#!/usr/bin/python3\n").unwrap();
    let said = install(&work, &[]);
    said.ends(1).says("bin/garminsync exists and was not installed by this script").says("nothing was changed");
    assert_eq!(files(&prefix).len(), 1);
    install(&work, &["--force"]).ok();
    let installed = prefix.join("bin/garminsync");
    assert!(work.run(installed.to_str().unwrap(), &["--version"]).ok().out.starts_with("garminsync "));
}

#[test]
fn uninstall_ignores_listed_paths_outside_the_prefix() {
    let work = Work::alone();
    let prefix = work.dir().join("prefix");
    install(&work, &[]).ok();
    let outside = work.dir().join("outside");
    fs::write(&outside, "mine").unwrap();
    let list = prefix.join("share/doc/garminsync/installed");
    let names = fs::read_to_string(&list).unwrap();
    fs::write(&list, format!("{names}../outside\nbin/../../outside\n{}\n", outside.display())).unwrap();
    install(&work, &["--uninstall"]).ok();
    assert!(outside.exists());
}

#[test]
fn destdir_is_prepended_and_usage_errors_install_nothing() {
    let mut work = Work::alone();
    let stage = work.dir().join("stage");
    work.set("DESTDIR", stage.to_str().unwrap());
    let said = work.run(INSTALL, &["--prefix=/usr", "--from", built(&work).to_str().unwrap()]);
    said.ok().silent();
    assert!(stage.join("usr/bin/gs-list").is_file());
    assert_eq!(said.out.lines().count(), 1, "with DESTDIR, the script does not check PATH: {said}");
    work.run(INSTALL, &["--prefix=/usr", "--uninstall"]).ok().silent();
    assert!(!stage.join("usr/bin").exists());
    work.set("DESTDIR", "");
    work.run(INSTALL, &["--nonsense"]).ends(2).says("--nonsense");
    work.run(INSTALL, &["--prefix"]).ends(2).says("needs a folder");
    let prefix = work.dir().join("prefix");
    let nowhere = work.dir().join("nowhere");
    let said = work.run(INSTALL, &["--prefix", prefix.to_str().unwrap(), "--from", nowhere.to_str().unwrap()]);
    said.ends(1).says("garminsync not found");
    assert!(!prefix.exists());
}

#[test]
fn installed_scripts_find_the_commands_and_show_their_own_names() {
    let sim = support::plain(2);
    let mut work = Work::logged_in(&sim);
    install(&work, &[]).ok();
    // The PATH of cron.
    work.set("PATH", "/usr/bin:/bin");
    let at = |name: &str| work.dir().join("prefix/bin").join(name).to_str().unwrap().to_owned();
    work.run(&at("garminsync"), &["download", "--missing"]).ok().silent();
    assert_eq!(work.files("fit").len(), 2);
    work.run(&at("gs-sync"), &["-q"]).ok().silent();
    let help = work.run(&at("gs-sync"), &["--help"]).ok().out.clone();
    assert!(help.contains("\nUsage: gs-sync ") && !help.contains("scripts/sync"), "{help}");
    let link = work.dir().join("link");
    std::os::unix::fs::symlink(at("garminsync"), &link).unwrap();
    work.run(link.to_str().unwrap(), &["list", "--all", "--offline"]).ok();
}
