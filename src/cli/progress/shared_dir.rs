//! The folder through which the stages of one pipeline share their progress lines.
//!
//! The stages are separate programs of one process group. The group has a folder, and each stage has a file in it, the
//! stage file: it contains the lines of the stage, is named after its process, and is locked as long as the process
//! lives. The lock of a killed stage is free, and the next stage that looks removes its file. A stage that reads or
//! writes stage files, or the terminal, holds the lock of the folder meanwhile.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::line::RenderedLine;
use crate::fs::{is_open_to_others, is_own};

/// How long to wait for the lock. A stage holds it for a few milliseconds only, unless it was suspended meanwhile.
const GRACE: Duration = Duration::from_millis(300);

/// The threads of this program take this mutex before the folder's lock, so a thread that suspends the program knows
/// that no other thread holds the folder's lock.
static THREADS: Mutex<()> = Mutex::new(());

/// The folder of a process group.
#[derive(Debug)]
pub struct SharedDir {
    base: PathBuf,
    dir: PathBuf,
}

/// The permission to read the shared folder and to write to the terminal, until it is dropped.
pub struct Guard<'a> {
    shared_dir: &'a SharedDir,
    folder: File,
    threads: MutexGuard<'static, ()>,
}

/// The file with the lines of this program.
#[derive(Debug)]
pub struct StageFile {
    file: File,
    path: PathBuf,
}

impl SharedDir {
    /// The shared folder of this program's process group: in `$XDG_RUNTIME_DIR`, or else in the folder for temporary
    /// files. Creates nothing yet.
    pub fn of_this_group() -> SharedDir {
        let group = rustix::process::getpgrp().as_raw_nonzero().get();
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let base = match runtime.filter(|dir| dir.is_absolute() && dir.is_dir()) {
            Some(dir) => dir.join("garminsync"),
            None => std::env::temp_dir().join(format!("garminsync-{}", rustix::process::geteuid().as_raw())),
        };
        SharedDir::new(base, &group.to_string())
    }

    fn new(base: PathBuf, group: &str) -> SharedDir {
        SharedDir { dir: base.join(group), base }
    }

    /// Takes the lock, and creates the folder if it does not exist. `None` if that fails, or if another stage holds the
    /// lock for too long.
    pub fn enter(&self) -> Option<Guard<'_>> {
        let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            self.make().ok()?;
            match self.lock() {
                FolderLock::Held(folder) => return Some(Guard { shared_dir: self, folder, threads }),
                FolderLock::Removed => {}
                FolderLock::Unavailable => return None,
            }
        }
    }

    /// Takes the lock, if the folder exists.
    pub fn look(&self) -> Option<Guard<'_>> {
        let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        match self.lock() {
            FolderLock::Held(folder) => Some(Guard { shared_dir: self, folder, threads }),
            FolderLock::Removed | FolderLock::Unavailable => None,
        }
    }

    fn make(&self) -> io::Result<()> {
        let private = |dir: &Path| match DirBuilder::new().mode(0o700).create(dir) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            made => made.map(|()| true),
        };
        private(&self.base)?;
        // All users share the folder for temporary files: a folder that another user created there is not used.
        let met = fs::symlink_metadata(&self.base)?;
        if !met.is_dir() || !is_own(&met) || is_open_to_others(&met) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        if private(&self.dir)? {
            self.sweep();
        }
        Ok(())
    }

    /// Removes the folders of groups whose stages were all killed.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.base).into_iter().flatten().flatten() {
            let dir = entry.path();
            let Ok(folder) = File::open(&dir) else { continue };
            // A locked folder is in use, and its user removes it.
            if dir != self.dir && folder.try_lock().is_ok() && stage_files(&dir).is_empty() {
                let _ = fs::remove_dir(&dir);
            }
        }
    }

    /// Locks the folder, unless another stage holds the lock for too long.
    fn lock(&self) -> FolderLock {
        let Ok(folder) = File::open(&self.dir) else { return FolderLock::Unavailable };
        if !crate::fs::lock(&folder, GRACE).unwrap_or(false) {
            return FolderLock::Unavailable;
        }
        let is_there =
            fs::metadata(&self.dir).is_ok_and(|now| folder.metadata().is_ok_and(|met| met.ino() == now.ino()));
        if is_there { FolderLock::Held(folder) } else { FolderLock::Removed }
    }
}

/// The result of locking the folder.
enum FolderLock {
    Held(File),
    /// Another stage removed the folder meanwhile.
    Removed,
    Unavailable,
}

impl Guard<'_> {
    /// The lines of all live stages, in the order in which a shell starts them.
    pub fn lines(&self) -> Vec<RenderedLine> {
        let stage_files = stage_files(&self.shared_dir.dir);
        stage_files
            .iter()
            .filter_map(|path| serde_json::from_slice::<Vec<RenderedLine>>(&fs::read(path).ok()?).ok())
            .flatten()
            .collect()
    }

    /// Writes this program's lines.
    pub fn write(&self, stage_file: &mut Option<StageFile>, lines: &[RenderedLine]) -> io::Result<()> {
        let stage_file = match stage_file {
            Some(stage_file) => stage_file,
            None => stage_file.insert(self.stage_file()?),
        };
        let text = serde_json::to_vec(lines)?;
        stage_file.file.set_len(0)?;
        std::os::unix::fs::FileExt::write_all_at(&stage_file.file, &text, 0)
    }

    fn stage_file(&self) -> io::Result<StageFile> {
        let path = self.shared_dir.dir.join(std::process::id().to_string());
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path)?;
        file.try_lock().map_err(io::Error::from)?;
        Ok(StageFile { file, path })
    }

    /// Removes the file with this program's lines, and the folder if no other stage is left.
    pub fn take_away(&self, stage_file: StageFile) {
        let _ = fs::remove_file(&stage_file.path);
        drop(stage_file);
        if stage_files(&self.shared_dir.dir).is_empty() {
            let _ = fs::remove_dir(&self.shared_dir.dir);
        }
    }

    /// Whether no stage has drawn for at least `time`.
    pub fn is_due(&self, time: Duration) -> bool {
        let drawn = self.folder.metadata().and_then(|met| met.modified());
        // A time in the future was written before the clock was set back.
        drawn.is_ok_and(|drawn| drawn.elapsed().map_or(true, |ago| ago >= time))
    }

    /// Writes to the terminal and records the time.
    pub fn draw(&self, mut terminal: &File, text: &str) -> io::Result<()> {
        let _ = self.folder.set_modified(SystemTime::now());
        terminal.write_all(text.as_bytes())
    }

    /// Releases the folder's lock for the other stages, but blocks the other threads of this program during `work`.
    pub fn alone(self, work: impl FnOnce()) {
        let Guard { folder, threads, .. } = self;
        drop(folder);
        work();
        drop(threads);
    }
}

/// The stage files in a folder whose programs are alive, by process number. The other files are removed.
fn stage_files(dir: &Path) -> Vec<PathBuf> {
    let mut stage_files: Vec<(u32, PathBuf)> = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(file) = File::open(entry.path()) else { continue };
        if file.try_lock_shared().is_ok() {
            let _ = fs::remove_file(entry.path());
        } else {
            stage_files.push((process, entry.path()));
        }
    }
    stage_files.sort();
    stage_files.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    fn shown(text: &str) -> Vec<RenderedLine> {
        vec![RenderedLine { idle: false, text: text.to_owned() }]
    }

    /// A stage file as another program writes it.
    fn other(shared_dir: &SharedDir, process: u32, text: &str) -> StageFile {
        shared_dir.make().unwrap();
        let path = shared_dir.dir.join(process.to_string());
        let file = File::create(&path).unwrap();
        file.try_lock().unwrap();
        fs::write(&path, serde_json::to_vec(&shown(text)).unwrap()).unwrap();
        StageFile { file, path }
    }

    fn texts(shared_dir: &SharedDir) -> Vec<String> {
        shared_dir.look().map_or_else(Vec::new, |guard| guard.lines().into_iter().map(|line| line.text).collect())
    }

    #[test]
    fn lines_are_ordered_by_process_and_those_of_killed_ones_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let shared_dir = SharedDir::new(place.path().join("base"), "7");
        assert!(texts(&shared_dir).is_empty() && !shared_dir.dir.exists());
        let own = std::process::id();
        let (before, after) = (other(&shared_dir, own - 1, "first"), other(&shared_dir, own + 1, "third"));
        let mut stage_file = None;
        shared_dir.enter().unwrap().write(&mut stage_file, &shown("second, and longer")).unwrap();
        shared_dir.enter().unwrap().write(&mut stage_file, &shown("second")).unwrap();
        assert_eq!(texts(&shared_dir), ["first", "second", "third"]);
        // A killed stage leaves its file, and its lock is released.
        let left = before.path.clone();
        drop(before);
        assert_eq!(texts(&shared_dir), ["second", "third"]);
        assert!(!left.exists());
        shared_dir.enter().unwrap().take_away(stage_file.take().unwrap());
        assert_eq!(texts(&shared_dir), ["third"]);
        drop(after);
        // The next group finds the abandoned folder.
        let next = SharedDir::new(place.path().join("base"), "8");
        let mut stage_file = None;
        next.enter().unwrap().write(&mut stage_file, &shown("next")).unwrap();
        assert!(!shared_dir.dir.exists());
        next.enter().unwrap().take_away(stage_file.unwrap());
        assert!(!next.dir.exists());
    }

    #[test]
    fn a_folder_that_other_users_can_access_is_not_used() {
        let place = tempfile::tempdir().unwrap();
        let base = place.path().join("base");
        fs::create_dir(&base).unwrap();
        fs::set_permissions(&base, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(SharedDir::new(base.clone(), "7").enter().is_none());
        fs::set_permissions(&base, fs::Permissions::from_mode(0o700)).unwrap();
        let shared_dir = SharedDir::new(base.clone(), "7");
        assert!(shared_dir.enter().is_some());
        std::os::unix::fs::symlink(&base, place.path().join("link")).unwrap();
        assert!(SharedDir::new(place.path().join("link"), "7").enter().is_none());
    }

    #[test]
    fn a_process_stopped_with_the_lock_blocks_others_only_briefly() {
        let place = tempfile::tempdir().unwrap();
        let shared_dir = SharedDir::new(place.path().join("base"), "7");
        shared_dir.make().unwrap();
        let stopped = File::open(&shared_dir.dir).unwrap();
        stopped.lock().unwrap();
        let began = Instant::now();
        assert!(shared_dir.enter().is_none() && shared_dir.look().is_none());
        assert!(began.elapsed() < Duration::from_secs(5));
    }
}
