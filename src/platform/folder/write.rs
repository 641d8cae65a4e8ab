//! Writes a file into a folder atomically, on any file system: of a watch, a USB stick or a network share.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::fs::{no_room, sweep, sync_dir};
use crate::platform::{Error, Result};

/// The prefix of unfinished files: hidden, and never read as an activity.
const UNFINISHED: &str = ".garminsync-part-";
/// The age from which an unfinished file counts as left by a killed program.
const LEFT_OVER: Duration = Duration::from_secs(3600);

/// Writes the file of this id and returns its path. Never replaces other files.
///
/// # Errors
///
/// The file was not written: [`Error::Retry`] if the folder does not exist or is not writable, [`Error::Storage`] if
/// its disk is full. [`Error::OutcomeUnknown`]: the file was written, but the disk did not confirm it.
pub fn write_file(dir: &Path, id: &str, start: Option<Timestamp>, bytes: &[u8]) -> Result<PathBuf> {
    match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => {
            let message = format!("cannot write to {}: a zip is read-only; name a folder", dir.display());
            return Err(Error::Input(message));
        }
        Err(error) => return Err(failed(dir, &error)),
    }
    sweep(dir, UNFINISHED, LEFT_OVER);
    let (unfinished, path) = write(dir, id, start, bytes).map_err(|error| failed(dir, &error))?;
    unfinished.persist(&path).map_err(|error| failed(dir, &error.error))?;
    match sync_dir(dir) {
        Ok(()) => Ok(path),
        Err(error) => Err(Error::OutcomeUnknown(format!("{}: {error}", path.display()))),
    }
}

fn write(
    dir: &Path,
    id: &str,
    start: Option<Timestamp>,
    bytes: &[u8],
) -> io::Result<(tempfile::NamedTempFile, PathBuf)> {
    // The usual permissions, because other programs read the folder.
    let mode = Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).permissions(mode).tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok((file, free_name(dir, id, start)))
}

/// A free file name, `2026-01-08T14-10-21Z_<id>.fit`: it sorts by time, and is valid on every file system. If a file
/// has this name already (a truncated or changed version of the same file), a number is added.
fn free_name(dir: &Path, id: &str, start: Option<Timestamp>) -> PathBuf {
    let start = start.map_or_else(|| "unknown".to_owned(), |time| time.strftime("%Y-%m-%dT%H-%M-%SZ").to_string());
    let numbered = |number: u32| match number {
        1 => dir.join(format!("{start}_{id}.fit")),
        _ => dir.join(format!("{start}_{id}_{number}.fit")),
    };
    let mut names = (1..).map(numbered);
    names.find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_else(|| numbered(0))
}

fn failed(dir: &Path, error: &io::Error) -> Error {
    if let Some(no_room) = no_room(error) {
        return Error::Storage(no_room.reason(dir));
    }
    let advice = match error.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => "make the folder writable",
        _ => "check that it is mounted",
    };
    Error::retry_platform(format!("{}: {error}; {advice}", dir.display()))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::SystemTime;

    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_named_by_time_and_id_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-01-08T14:10:21.5Z".parse().unwrap();
        let name = "2026-01-08T14-10-21Z_0123.fit";
        fs::write(dir.path().join(name), b"half").unwrap();
        let path = write_file(dir.path(), "0123", Some(start), b"whole").unwrap();
        assert_eq!(names(dir.path()), [name, "2026-01-08T14-10-21Z_0123_2.fit"]);
        assert_eq!(
            (fs::read(&path).unwrap(), fs::read(dir.path().join(name)).unwrap()),
            (b"whole".into(), b"half".into())
        );
        write_file(dir.path(), "45", None, b"x").unwrap();
        assert!(names(dir.path()).contains(&"unknown_45.fit".to_owned()));
    }

    #[test]
    fn old_unfinished_files_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let [old, young] = ["old", "young"].map(|name| dir.path().join(format!("{UNFINISHED}{name}")));
        for path in [&old, &young] {
            fs::write(path, b"half").unwrap();
        }
        let then = SystemTime::now() - 2 * LEFT_OVER;
        File::options().write(true).open(&old).unwrap().set_modified(then).unwrap();
        write_file(dir.path(), "1", None, b"x").unwrap();
        assert!(!old.exists() && young.exists());
    }

    #[test]
    fn a_missing_folder_is_never_created() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone");
        assert!(
            matches!(write_file(&gone, "1", None, b"x"), Err(Error::Retry { platform_wide: true, .. }))
                && !gone.exists()
        );
        fs::write(&gone, b"PK").unwrap();
        assert!(matches!(write_file(&gone, "1", None, b"x"), Err(Error::Input(_))));
    }
}
