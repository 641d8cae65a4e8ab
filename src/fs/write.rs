//! Writes files so that a name never refers to an incomplete file: write a temporary file in the same folder, sync it,
//! rename it.

use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// A synced file with these bytes in `dir`, under a temporary name that begins with `prefix`. Only its owner can read
/// it (mode 0600). It is removed unless it is persisted.
pub fn unfinished(dir: &Path, prefix: &str, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let file = unfinished_of(dir, prefix, |file| file.write_all(bytes))?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// [`unfinished`], with what `write` writes, and not synced yet. An error does not name the temporary file, which nobody
/// knows.
pub fn unfinished_of(
    dir: &Path,
    prefix: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(prefix).tempfile_in(dir).map_err(without_path)?;
    let mut buffer = BufWriter::with_capacity(1 << 16, file.as_file_mut());
    write(&mut buffer)?;
    buffer.flush()?;
    drop(buffer);
    Ok(file)
}

/// The error of the system in one of `tempfile`, which adds the path to its text.
fn without_path(error: io::Error) -> io::Error {
    let inner = error.get_ref().and_then(|inner| inner.source()).and_then(|inner| inner.downcast_ref::<io::Error>());
    inner.and_then(io::Error::raw_os_error).map_or(error, io::Error::from_raw_os_error)
}

/// Renames the file to `path`, replaces an existing file of that name, and syncs the folder.
pub fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.persist(path).map_err(|error| error.error)?;
    path.parent().map_or(Ok(()), |dir| sync_dir(if dir.as_os_str().is_empty() { Path::new(".") } else { dir }))
}

/// Syncs a folder, so that the renames in it survive a power failure.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    match File::open(dir)?.sync_all() {
        // Some file systems cannot sync a folder. The rename itself has succeeded.
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        other => other,
    }
}

/// Removes the temporary files with this `prefix` that killed programs left in `dir`, if they are older than `age`. A
/// file that cannot be removed does no harm, because no program reads a file with such a name.
pub fn sweep(dir: &Path, prefix: &str, age: Duration) {
    let limit = SystemTime::now() - age;
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(prefix);
        let is_old = || age.is_zero() || entry.metadata().and_then(|meta| meta.modified()).is_ok_and(|at| at < limit);
        if is_ours && is_old() {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Creates a folder and its parents for their owner only (mode 0700). Existing folders are not changed.
pub fn make_private(dir: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn a_file_is_written_atomically_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        persist(unfinished(dir.path(), ".part-", b"one").unwrap(), &path).unwrap();
        drop(unfinished(dir.path(), ".part-", b"two").unwrap());
        assert_eq!((names(dir.path()), fs::read(&path).unwrap()), (vec!["a".to_owned()], b"one".to_vec()));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_sweep_removes_only_old_unfinished_files() {
        let dir = tempfile::tempdir().unwrap();
        for (name, hours) in [(".part-old", 2), (".part-new", 0), ("other", 2)] {
            let file = File::create(dir.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
        }
        sweep(dir.path(), ".part-", Duration::from_secs(3600));
        let mut left = names(dir.path());
        left.sort();
        assert_eq!(left, [".part-new", "other"]);
        sweep(dir.path(), ".part-", Duration::ZERO);
        assert_eq!(names(dir.path()), ["other"]);
    }
}
