//! Finds the `.env` file to read, and checks whether it is safe to read it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::dotenv::{self, Statement};
use super::{Error, Settings, names};
use crate::fs::is_own;

impl Settings {
    /// `.env` in the current folder if it belongs to this program, otherwise `garminsync/.env` in the configuration
    /// folder.
    pub(super) fn find_file(&mut self) -> Result<Option<PathBuf>, Error> {
        let here = PathBuf::from(".env");
        if here.is_file() {
            match is_ours(&here) {
                Ok(true) => return Ok(Some(here)),
                Ok(false) => {}
                Err(why) => {
                    let path = std::path::absolute(&here).unwrap_or(here);
                    self.ignored_file = Some(format!(
                        "{} is ignored, because {why}; to use it, name it with --env-file",
                        path.display()
                    ));
                }
            }
        }
        Ok(self.usual_file()?.filter(|path| path.is_file()))
    }

    /// `garminsync/.env` in the configuration folder, whether it exists or not; `None` if no variable names that
    /// folder.
    pub fn usual_file(&self) -> Result<Option<PathBuf>, Error> {
        Ok(self.xdg("XDG_CONFIG_HOME", ".config")?.map(|dir| dir.join("garminsync/.env")))
    }
}

/// Whether the `.env` file of the current folder belongs to this program. The folder may contain the file of another
/// project, and a shared folder the file of another user.
///
/// # Errors
/// Why the file is not read although it contains settings of this program.
fn is_ours(path: &Path) -> Result<bool, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("it cannot be read ({error})"))?;
    // A file of this program that is not UTF-8 is rejected later, when it is read.
    let statements = dotenv::read(&String::from_utf8_lossy(&bytes));
    let assigned = statements.iter().filter_map(|statement| match statement {
        Statement::Assignment { name, value: Some(_), .. } => Some(name.as_str()),
        _ => None,
    });
    let (mut own, mut shared) = (false, None);
    for name in assigned {
        own |= names::is_own(name);
        shared = shared.or_else(|| names::is_known(name).then(|| name.to_owned()));
    }
    match (own, shared) {
        (true, _) => std::fs::metadata(path).map_err(|error| error.to_string()).and_then(|meta| is_safe(&meta)),
        (false, Some(name)) => {
            Err(format!("it sets {name}, which other programs use too, and nothing that only garminsync uses"))
        }
        (false, None) => Ok(false),
    }
}

fn is_safe(meta: &Metadata) -> Result<bool, String> {
    if !is_own(meta) {
        return Err(format!("it belongs to another user ({})", meta.uid()));
    }
    if meta.mode() & 0o022 != 0 {
        return Err("other users can write to it (chmod go-w fixes that)".into());
    }
    Ok(true)
}

/// The text of a `.env` file.
pub(super) fn text(path: &Path) -> Result<String, Error> {
    let bytes = std::fs::read(path)
        .map_err(|error| Error::Unusable(format!("{}: {error}; check --env-file", path.display())))?;
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Error::Unusable(format!("{}, line {line}: this is not UTF-8; save the file as UTF-8", path.display()))
    })
}
