//! The names of platforms that are a place on this machine: `folder:PATH`, `outbox:PATH`. Pure, apart from the current
//! folder and the home folder.

use std::path::{Component, PathBuf};

/// The absolute path in a name of the form `PREFIX:PATH`; `None` if `name` is not of that form.
///
/// A platform's name has the absolute path, so that records and the catalogue mean the same folder wherever a command
/// is run. Relative paths start from the current folder, `~/` is the home folder, and `.` and `..` are resolved by name
/// alone, because the folder may not be mounted now.
pub(super) fn path_in(name: &str, prefix: &str) -> Option<String> {
    let (start, path) = name.split_once(':')?;
    if !start.eq_ignore_ascii_case(prefix) || path.trim().is_empty() || path.chars().any(char::is_control) {
        return None;
    }
    absolute(path)
}

fn absolute(path: &str) -> Option<String> {
    let path = match path.strip_prefix("~/") {
        Some(rest) => std::env::home_dir()?.join(rest),
        None => PathBuf::from(path),
    };
    let mut plain = PathBuf::new();
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain.into_os_string().into_string().ok()
}
