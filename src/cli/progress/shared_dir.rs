//! What the stages of one pipeline know of each other: the lines that each of them shows.
//!
//! They are programs of their own, of one process group. The group has a folder, and each stage a stage_file in it: a file with
//! its lines, named by its process and locked for as long as that lives. The lock of a killed one is free, and whoever
//! looks next takes the stage_file away. Whoever reads or writes stage_files, or the terminal, holds the lock of the folder meanwhile.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use super::line::RenderedLine;
use crate::fs::{is_open_to_others, is_own};

/// Nobody holds the lock for longer than a few milliseconds, unless he was stopped just then.
const GRACE: Duration = Duration::from_millis(300);

/// The threads of this program take turns before they ask for the folder's lock: so a thread that stops the program knows
/// that none of the others holds that.
static THREADS: Mutex<()> = Mutex::new(());

/// The folder of a process group.
#[derive(Debug)]
pub struct SharedDir {
    base: PathBuf,
    dir: PathBuf,
}

/// Leave to look at the shared_dir and to write to the terminal, until it is dropped.
pub struct Guard<'a> {
    shared_dir: &'a SharedDir,
    folder: File,
    threads: MutexGuard<'static, ()>,
}

/// The lines of this program.
#[derive(Debug)]
pub struct StageFile {
    file: File,
    path: PathBuf,
}

impl SharedDir {
    /// The shared_dir of this program's group: in `$XDG_RUNTIME_DIR`, else in the folder for temporary files. Nothing is
    /// written yet.
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

    /// Goes there, and makes the folder if need be. `None` if that cannot be had, or somebody holds it for too long.
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

    /// The same, if anybody was there before.
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
        // The folder for temporary files is everybody's: one that somebody else has put there is not used.
        let met = fs::symlink_metadata(&self.base)?;
        if !met.is_dir() || !is_own(&met) || is_open_to_others(&met) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        if private(&self.dir)? {
            self.sweep();
        }
        Ok(())
    }

    /// Takes away what groups have left of which every stage was killed.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.base).into_iter().flatten().flatten() {
            let dir = entry.path();
            let Ok(folder) = File::open(&dir) else { continue };
            // One that somebody is in has somebody to take it away.
            if dir != self.dir && folder.try_lock().is_ok() && stage_files(&dir).is_empty() {
                let _ = fs::remove_dir(&dir);
            }
        }
    }

    /// Locks the folder, if nobody else holds it for long.
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

/// What came of locking the folder.
enum FolderLock {
    Held(File),
    /// Another stage removed the folder just then.
    Removed,
    Unavailable,
}

impl Guard<'_> {
    /// The lines of all stages that live, in the order in which a shell starts them.
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

    /// Takes this program's lines away, and the folder if they were the last.
    pub fn take_away(&self, stage_file: StageFile) {
        let _ = fs::remove_file(&stage_file.path);
        drop(stage_file);
        if stage_files(&self.shared_dir.dir).is_empty() {
            let _ = fs::remove_dir(&self.shared_dir.dir);
        }
    }

    /// Whether nobody has drawn for so long.
    pub fn is_due(&self, time: Duration) -> bool {
        let drawn = self.folder.metadata().and_then(|met| met.modified());
        // A time that is still to come was written under another clock.
        drawn.is_ok_and(|drawn| drawn.elapsed().map_or(true, |ago| ago >= time))
    }

    /// Writes to the terminal, and notes when.
    pub fn draw(&self, mut terminal: &File, text: &str) -> io::Result<()> {
        let _ = self.folder.set_modified(SystemTime::now());
        terminal.write_all(text.as_bytes())
    }

    /// Lets the other stages in, and keeps the threads of this program out while it does `work`.
    pub fn alone(self, work: impl FnOnce()) {
        let Guard { folder, threads, .. } = self;
        drop(folder);
        work();
        drop(threads);
    }
}

/// The stage_files in a folder whose programs live, by their number; the others are taken away.
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

    /// A stage_file as another program would have it.
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
    fn lines_stand_in_the_order_of_the_processes_and_those_of_a_killed_one_are_taken_away() {
        let place = tempfile::tempdir().unwrap();
        let shared_dir = SharedDir::new(place.path().join("base"), "7");
        assert!(texts(&shared_dir).is_empty() && !shared_dir.dir.exists());
        let own = std::process::id();
        let (before, after) = (other(&shared_dir, own - 1, "first"), other(&shared_dir, own + 1, "third"));
        let mut stage_file = None;
        shared_dir.enter().unwrap().write(&mut stage_file, &shown("second, and longer")).unwrap();
        shared_dir.enter().unwrap().write(&mut stage_file, &shown("second")).unwrap();
        assert_eq!(texts(&shared_dir), ["first", "second", "third"]);
        // A killed one leaves its file, and the lock goes with it.
        let left = before.path.clone();
        drop(before);
        assert_eq!(texts(&shared_dir), ["second", "third"]);
        assert!(!left.exists());
        shared_dir.enter().unwrap().take_away(stage_file.take().unwrap());
        assert_eq!(texts(&shared_dir), ["third"]);
        drop(after);
        // The next group finds what nobody lives in.
        let next = SharedDir::new(place.path().join("base"), "8");
        let mut stage_file = None;
        next.enter().unwrap().write(&mut stage_file, &shown("next")).unwrap();
        assert!(!shared_dir.dir.exists());
        next.enter().unwrap().take_away(stage_file.unwrap());
        assert!(!next.dir.exists());
    }

    #[test]
    fn a_folder_that_others_can_reach_is_not_used() {
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
    fn whoever_was_stopped_inside_holds_nobody_up_for_long() {
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
