//! Reads the contents of archived files, and the numbers in services' JSON, into the catalogue.

use std::path::Path;

use super::{Exit, Failure, Progress, Result, Worker};
use crate::activity::Format;
use crate::archive::{Archive, CheckedFile};
use crate::catalogue::{FileContents, FileRow, IndexedFile, UnreadFile};
use crate::efforts::best_efforts;
use crate::fit;
use crate::i18n;
use crate::platform::PlatformSpec;
use crate::track;

/// How many files are read between two writes of the catalogue.
const AT_ONCE: u32 = 64;
/// How many threads read files.
const THREADS: usize = 2;

/// How many files were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IndexCounts {
    /// Files whose contents are stored now.
    pub read: u64,
    /// Files that are broken; the catalogue says why.
    pub unreadable: u64,
    /// Files that are not where they were stored, or have changed.
    pub missing: u64,
}

/// Reads all files of the archive whose contents this version has not read, and the numbers in the JSON of the services. A
/// run that is stopped continues where it ended.
///
/// # Errors
/// The catalogue or the archive cannot be used.
pub fn index(worker: &mut Worker, progress: &Progress) -> Result<IndexCounts> {
    if worker.dry_run {
        let files = i18n::counted(worker.catalogue.count_unread_files()?, "file", "files");
        worker.warn(&format!("{files} would be read"));
        return Ok(IndexCounts::default());
    }
    for name in worker.catalogue.platforms()? {
        if let Some(spec) = worker.platforms.find_exact(&name) {
            worker.read_service_numbers(&spec)?;
        }
    }
    worker.catalogue.forget_unreferenced_contents()?;
    let (mut counts, mut after) = (IndexCounts::default(), String::new());
    while !worker.is_stopped() {
        let files = worker.catalogue.unread_files(&after, AT_ONCE)?;
        let Some(last) = files.last() else { break };
        after.clone_from(&last.sha256);
        let read = read_all(&worker.archive, &files)?;
        counts.missing += (files.len() - read.len()) as u64;
        let unreadable = read.iter().filter(|file| file.read.is_err());
        counts.unreadable += unreadable.clone().count() as u64;
        unreadable.for_each(|file| report_unreadable(worker, file, &files));
        counts.read += read.iter().filter(|file| file.read.is_ok()).count() as u64;
        worker.catalogue.store_contents(&read, fit::numbers)?;
        progress.add(files.len() as u64);
    }
    if counts.missing > 0 {
        let files = i18n::counted(counts.missing, "file is", "files are");
        let text = format!("{files} missing or changed; run gs-list | gs-download --verify");
        worker.fail(&Failure::new(Exit::Partial, text));
    }
    Ok(counts)
}

/// Reports a file whose contents cannot be read; the catalogue has the reason, so it is reported once.
fn report_unreadable(worker: &Worker, file: &FileContents, files: &[UnreadFile]) {
    let path = files.iter().find(|one| one.sha256 == file.sha256).map(|one| worker.archive.absolute(&one.path));
    if let (Some(path), Err(reason)) = (path, &file.read) {
        worker.fail(&Failure::new(Exit::Partial, format!("{}: {reason}", path.display())));
    }
}

/// Reads files, several at once. Files that are not there, or have changed, are left out.
fn read_all(archive: &Archive, files: &[UnreadFile]) -> Result<Vec<FileContents>> {
    let part = |files: &[UnreadFile]| -> Result<Vec<FileContents>> {
        files.iter().filter_map(|file| read_file(archive, file).transpose()).collect()
    };
    let parts = files.chunks(files.len().div_ceil(THREADS).max(1));
    std::thread::scope(|scope| {
        let threads: Vec<_> = parts.map(|files| (scope.spawn(move || part(files)), files)).collect();
        let mut all = Vec::new();
        for (thread, files) in threads {
            // After a panic of a thread, the same panic ends the command.
            all.extend(thread.join().unwrap_or_else(|_| part(files))?);
        }
        Ok(all)
    })
}

fn read_file(archive: &Archive, file: &UnreadFile) -> Result<Option<FileContents>> {
    Ok(match archive.read_whole(Path::new(&file.path))? {
        Some(Ok((piece, stored))) if stored.sha256 == file.sha256 => Some(contents(&file.sha256, &piece)),
        _ => None,
    })
}

impl Worker {
    /// Takes the numbers of activities from the JSON of their service, where that was not done yet.
    pub(super) fn read_service_numbers(&mut self, spec: &PlatformSpec) -> Result<()> {
        let Some(service) = spec.service() else { return Ok(()) };
        if !self.dry_run {
            self.catalogue.read_service_numbers(&spec.id, &|raw| service.listed_numbers(raw))?;
        }
        Ok(())
    }

    /// Stores what FIT files contain that have just been archived.
    pub(super) fn read_contents(&mut self, files: &[(FileRow, CheckedFile)]) -> Result<()> {
        let mut read = Vec::new();
        for (row, piece) in files.iter().filter(|(row, _)| row.format == Format::Fit) {
            read.push(contents(&row.sha256, piece));
        }
        if !read.is_empty() {
            self.catalogue.store_contents(&read, fit::numbers)?;
        }
        Ok(())
    }
}

/// What is read in a FIT file.
fn contents(sha256: &str, piece: &CheckedFile) -> FileContents {
    let read = fit::read(&piece.bytes).map_err(|error| error.to_string()).map(|recording| IndexedFile {
        device: piece.fit.as_ref().and_then(|fit| fit.product()),
        records: recording.points.len() as u64,
        efforts: best_efforts(&recording),
        area: track::bounding_box(&recording.points),
        track: track::simplified(&recording.points),
        sessions: recording.sessions,
        laps: recording.laps,
    });
    FileContents { sha256: sha256.to_owned(), read }
}
