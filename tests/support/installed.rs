//! The commands as `scripts/install` installs them, without the release build that it would make first.

use std::path::{Path, PathBuf};

use crate::support::Work;

pub const INSTALL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/install");

/// A folder with a stub for each command, which calls the command: debug builds are large, and copying them is not
/// tested.
pub fn built(work: &Work) -> PathBuf {
    let dir = work.dir().join("built");
    std::fs::create_dir_all(&dir).unwrap();
    for source in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bin")).unwrap().flatten() {
        let command = source.path().file_stem().unwrap().to_owned();
        let real = Path::new(env!("CARGO_BIN_EXE_gs-list")).with_file_name(&command);
        if command == "garminsync" {
            // `garminsync` looks for the other commands in its own folder.
            let _ = std::fs::remove_file(dir.join(&command));
            std::os::unix::fs::symlink(real, dir.join(command)).unwrap();
            continue;
        }
        std::fs::write(dir.join(command), format!("#!/bin/sh\nexec {} \"$@\"\n", real.display())).unwrap();
    }
    dir
}

/// Installs into `~/.local`, as for a person, and adds it to the PATH of `work`.
pub fn at_home(work: &mut Work) {
    let prefix = work.dir().join(".local");
    at(work, &prefix);
}

/// Installs into a folder, and adds it to the PATH of `work`.
pub fn at(work: &mut Work, prefix: &Path) {
    let built = built(work);
    work.run(INSTALL, &["--from", built.to_str().unwrap(), "--prefix", prefix.to_str().unwrap()]).ok();
    std::fs::remove_dir_all(built).unwrap();
    work.set("PATH", &format!("{}/bin:/usr/bin:/bin", prefix.display()));
}
