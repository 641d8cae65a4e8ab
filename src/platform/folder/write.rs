//! Puts a file into a folder so that its name never stands for half of it, on whatever a folder may lie: a watch, a stick,
//! somebody else's share.

use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::fs::no_room;
use crate::platform::{Error, Result};

/// Unfinished files begin so: hidden, and never taken for an activity.
const UNFINISHED: &str = ".garminsync-part-";
/// An unfinished file that old was left by a program that was ended.
const LEFT_OVER: Duration = Duration::from_secs(3600);

/// Writes the file of that id and returns where it stands. Other files are never replaced.
///
/// # Errors
///
/// [`Error::Later`] if the folder is not there or takes nothing, [`Error::Storage`] if its disk is full: then nothing of the
/// file arrived. [`Error::Unclear`] if
/// it stands there, but the disk did not say that it will stay.
pub fn put(dir: &Path, id: &str, start: Option<Timestamp>, bytes: &[u8]) -> Result<PathBuf> {
    match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => {}
        Ok(_) => {
            let message = format!("{} takes no files: a zip is only read; name a folder", dir.display());
            return Err(Error::Input(message));
        }
        Err(error) => return Err(failed(dir, &error)),
    }
    sweep(dir);
    let (unfinished, path) = write(dir, id, start, bytes).map_err(|error| failed(dir, &error))?;
    unfinished.persist(&path).map_err(|error| failed(dir, &error.error))?;
    match File::open(dir).and_then(|dir| dir.sync_all()) {
        Ok(()) => Ok(path),
        // Some file systems cannot sync a folder; the rename itself has happened.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(path),
        Err(error) => Err(Error::Unclear(format!("{}: {error}; it is looked for the next time", path.display()))),
    }
}

fn write(
    dir: &Path,
    id: &str,
    start: Option<Timestamp>,
    bytes: &[u8],
) -> io::Result<(tempfile::NamedTempFile, PathBuf)> {
    // As any program would make it: the folder is read by others, which is what it is for.
    let mode = Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().prefix(UNFINISHED).permissions(mode).tempfile_in(dir)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok((file, free_name(dir, id, start)))
}

/// `2026-01-08T14-10-21Z_<id>.fit`: sorts by time, and no file system minds it. If something else stands there (the file
/// itself, cut or changed), a number is added.
fn free_name(dir: &Path, id: &str, start: Option<Timestamp>) -> PathBuf {
    let start = start.map_or_else(|| "unknown".to_owned(), |time| time.strftime("%Y-%m-%dT%H-%M-%SZ").to_string());
    let numbered = |number: u32| match number {
        1 => dir.join(format!("{start}_{id}.fit")),
        _ => dir.join(format!("{start}_{id}_{number}.fit")),
    };
    let mut names = (1..).map(numbered);
    names.find(|path| fs::symlink_metadata(path).is_err()).unwrap_or_else(|| numbered(0))
}

/// Takes away what programs that were ended left behind.
fn sweep(dir: &Path) {
    let now = SystemTime::now();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let age = entry.metadata().and_then(|meta| meta.modified()).ok().and_then(|at| now.duration_since(at).ok());
        let is_ours = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        if is_ours && age.is_some_and(|age| age > LEFT_OVER) {
            // If it cannot be removed it harms nobody: it is under no name of an activity.
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn failed(dir: &Path, error: &io::Error) -> Error {
    if let Some(words) = no_room(error) {
        return Error::Storage(format!("{}: {words}", dir.display()));
    }
    let advice = match error.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => "make the folder writable",
        _ => "is it mounted?",
    };
    Error::Later { message: format!("{}: {error}; {advice}", dir.display()), down: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_stands_under_its_time_and_id_and_replaces_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let start: Timestamp = "2026-01-08T14:10:21.5Z".parse().unwrap();
        let name = "2026-01-08T14-10-21Z_0123.fit";
        fs::write(dir.path().join(name), b"half").unwrap();
        let path = put(dir.path(), "0123", Some(start), b"whole").unwrap();
        assert_eq!(names(dir.path()), [name, "2026-01-08T14-10-21Z_0123_2.fit"]);
        assert_eq!(
            (fs::read(&path).unwrap(), fs::read(dir.path().join(name)).unwrap()),
            (b"whole".into(), b"half".into())
        );
        put(dir.path(), "45", None, b"x").unwrap();
        assert!(names(dir.path()).contains(&"unknown_45.fit".to_owned()));
    }

    #[test]
    fn what_was_left_half_is_swept_away_once_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let [old, young] = ["old", "young"].map(|name| dir.path().join(format!("{UNFINISHED}{name}")));
        for path in [&old, &young] {
            fs::write(path, b"half").unwrap();
        }
        let then = SystemTime::now() - 2 * LEFT_OVER;
        File::options().write(true).open(&old).unwrap().set_modified(then).unwrap();
        put(dir.path(), "1", None, b"x").unwrap();
        assert!(!old.exists() && young.exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_never_made() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("gone");
        assert!(matches!(put(&gone, "1", None, b"x"), Err(Error::Later { down: true, .. })) && !gone.exists());
        fs::write(&gone, b"PK").unwrap();
        assert!(matches!(put(&gone, "1", None, b"x"), Err(Error::Input(_))));
    }
}
