//! The paths of the repository, its scripts and the built commands.

use std::path::Path;

use crate::support::{Said, Work};

/// `scripts/sync`
pub const SYNC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sync");
/// `garminsync`
pub const GARMINSYNC: &str = env!("CARGO_BIN_EXE_garminsync");

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the repository.
#[track_caller]
pub fn repository_file(path: &str) -> String {
    std::fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The folder of the commands that cargo has built for the tests.
pub fn commands() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_gs-list")).parent().unwrap()
}

/// Runs `scripts/sync`, which finds the commands in the PATH of `work`.
pub fn sync(work: &Work, args: &[&str]) -> Said {
    work.run(SYNC, args)
}

/// Runs `garminsync`, which finds the commands in its own folder.
pub fn garminsync(work: &Work, args: &[&str]) -> Said {
    work.run(GARMINSYNC, args)
}
