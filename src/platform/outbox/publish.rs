//! Writes files into an outbox: hidden at first, then under their final names, on any file system.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::fs::{no_room, sync_dir};
use crate::platform::{Error, Result};

/// The prefix of files that are not published: hidden, so that programs ignore them. Their names do not end with
/// `.fit`, for programs that read hidden files.
pub const UNPUBLISHED: &str = ".garminsync-outbox-";

/// The result of an attempt to publish a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It has its final name now.
    Now,
    /// It got its final name before, whether or not the other program has taken it since.
    Before,
    /// Another file has this name.
    NameTaken,
}

/// Checks that the outbox is a folder.
///
/// # Errors
/// [`Error::Retry`]: it does not exist, or cannot be read now. [`Error::Config`]: it is no folder.
pub fn check(dir: &Path) -> Result<()> {
    match fs::metadata(dir) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(Error::Config(format!("{}: not a folder; name a folder: outbox:PATH", dir.display()))),
        Err(error) => Err(failed(dir, &error)),
    }
}

/// Writes the temporary file `part`, in place of one that a killed program left. It is on the disk when this returns.
pub fn write_part(dir: &Path, part: &str, bytes: &[u8]) -> Result<()> {
    let path = dir.join(part);
    let write = || {
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // The usual permissions, because other programs read the folder.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o666).open(&path)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        sync_dir(dir)
    };
    write().map_err(|error| {
        // A part of a file has no use.
        let _ = fs::remove_file(&path);
        failed(dir, &error)
    })
}

/// Gives the temporary file `part` its final name. Never replaces another file.
pub fn publish(dir: &Path, part: &str, name: &str) -> Result<Published> {
    let (from, to) = (dir.join(part), dir.join(name));
    let published = move_without_replacing(&from, &to).and_then(|published| match published {
        Published::NameTaken => Ok(published),
        Published::Now | Published::Before => sync_dir(dir).map(|()| published),
    });
    published.map_err(|error| failed(dir, &error))
}

fn move_without_replacing(from: &Path, to: &Path) -> io::Result<Published> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(Published::Now),
        Err(Errno::NOENT) => Ok(Published::Before),
        Err(Errno::EXIST) => Ok(Published::NameTaken),
        // NFS, 9p, sshfs and others have no such rename.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => link_without_replacing(from, to),
        Err(error) => Err(error.into()),
    }
}

/// The same in two steps. If the program is killed between them, the temporary file has two names, and the next run
/// only removes the hidden one. Only if the other program has deleted its name by then, the file is delivered again:
/// better twice than not at all, and better than a file that is replaced.
fn link_without_replacing(from: &Path, to: &Path) -> io::Result<Published> {
    match fs::symlink_metadata(from) {
        Ok(meta) if meta.nlink() > 1 => return fs::remove_file(from).map(|()| Published::Before),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Published::Before),
        Err(error) => return Err(error),
    }
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from).map(|()| Published::Now),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Published::NameTaken),
        // No hard links either, as on many USB sticks.
        Err(_) => rename_if_free(from, to),
    }
}

/// The same where neither works: another program could take the name between the two calls.
fn rename_if_free(from: &Path, to: &Path) -> io::Result<Published> {
    match fs::symlink_metadata(to) {
        Ok(_) => Ok(Published::NameTaken),
        Err(error) if error.kind() == ErrorKind::NotFound => fs::rename(from, to).map(|()| Published::Now),
        Err(error) => Err(error),
    }
}

/// The failure of a write to the outbox, with what to do.
pub fn failed(dir: &Path, error: &io::Error) -> Error {
    if let Some(no_room) = no_room(error) {
        return Error::Storage(no_room.reason(dir));
    }
    let path = dir.display();
    let advice = match error.kind() {
        ErrorKind::NotFound => {
            let quoted = format!("'{}'", path.to_string().replace('\'', r"'\''"));
            format!("check that it is mounted, or create it: mkdir -p {quoted}")
        }
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => "make the folder writable".to_owned(),
        _ => "check that it is mounted".to_owned(),
    };
    Error::retry_platform(format!("{path}: {error}; {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Move = fn(&Path, &Path) -> io::Result<Published>;

    const WAYS: [(&str, Move); 3] =
        [("rename", move_without_replacing), ("link", link_without_replacing), ("plain", moved_plainly)];

    /// [`rename_if_free`], of a file that may not exist.
    fn moved_plainly(from: &Path, to: &Path) -> io::Result<Published> {
        if from.exists() { rename_if_free(from, to) } else { Ok(Published::Before) }
    }

    #[test]
    fn a_file_is_published_once_and_replaces_nothing() {
        for (way, moved) in WAYS {
            let dir = tempfile::tempdir().unwrap();
            let at = |name: &str| dir.path().join(name);
            fs::write(at(".part"), b"new").unwrap();
            fs::write(at("taken"), b"old").unwrap();
            assert_eq!(moved(&at(".part"), &at("taken")).unwrap(), Published::NameTaken, "{way}");
            assert_eq!(fs::read(at("taken")).unwrap(), b"old", "{way}");
            assert_eq!(moved(&at(".part"), &at("free")).unwrap(), Published::Now, "{way}");
            assert_eq!((fs::read(at("free")).unwrap(), at(".part").exists()), (b"new".to_vec(), false), "{way}");
            assert_eq!(moved(&at(".part"), &at("free")).unwrap(), Published::Before, "{way}");
            fs::remove_file(at("free")).unwrap();
            assert_eq!(
                moved(&at(".part"), &at("free")).unwrap(),
                Published::Before,
                "{way}: taken by the other program"
            );
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{way}");
        }
    }

    #[test]
    fn a_file_that_was_linked_before_a_kill_is_not_published_again() {
        for is_moved in [false, true] {
            let dir = tempfile::tempdir().unwrap();
            let at = |name: &str| dir.path().join(name);
            fs::write(at(".part"), b"new").unwrap();
            fs::hard_link(at(".part"), at("final")).unwrap();
            if is_moved {
                fs::rename(at("final"), at("done")).unwrap();
            }
            assert_eq!(link_without_replacing(&at(".part"), &at("final")).unwrap(), Published::Before);
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn a_part_that_a_killed_program_left_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(".part"), b"half of an old file").unwrap();
        write_part(dir.path(), ".part", b"whole").unwrap();
        assert_eq!(fs::read(dir.path().join(".part")).unwrap(), b"whole");
    }

    #[test]
    fn a_missing_folder_is_never_created_and_the_message_says_how() {
        let dir = tempfile::tempdir().unwrap();
        let gone = dir.path().join("it's gone");
        let error = check(&gone).unwrap_err();
        assert!(matches!(error, Error::Retry { platform_wide: true, .. }) && !gone.exists());
        assert!(error.to_string().ends_with(r"it'\''s gone'"), "{error}");
        fs::write(&gone, b"PK").unwrap();
        assert!(matches!(check(&gone), Err(Error::Config(_))));
    }
}
