//! Reads the contents of archived files, and the numbers in services' JSON, into the catalogue.

use std::path::Path;

use super::{Exit, Failure, Progress, Result, Worker};
use crate::activity::Format;
use crate::archive::{self, Archive, CheckedFile};
use crate::catalogue::{FileContents, FileRow, IndexedFile, UnreadFile};
use crate::efforts::best_efforts;
use crate::fit::{self, Recording};
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
    /// Files that are broken or cannot be opened.
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
    let (mut counts, mut after) = (IndexCounts::default(), String::new());
    while !worker.is_stopped() {
        let files = worker.catalogue.unread_files(&after, AT_ONCE)?;
        let Some(last) = files.last() else { break };
        after.clone_from(&last.sha256);
        let archive = &worker.archive;
        let read = on_threads(&files, |file| read_file(archive, file));
        let mut contents = Vec::new();
        for (file, read) in files.iter().zip(read) {
            contents.extend(worker.read_contents(file, read, &mut counts)?);
        }
        worker.catalogue.store_contents(&contents)?;
        progress.add(files.len() as u64);
    }
    worker.compare_all_files(progress)?;
    if counts.missing > 0 {
        let files = i18n::counted(counts.missing, "file is", "files are");
        let text = format!("{files} missing or changed; run gs-list | gs-download --verify");
        worker.fail(&Failure::new(Exit::Partial, text));
    }
    Ok(counts)
}

/// Handles items, several at once as far as threads can be started.
pub(super) fn on_threads<T: Sync, R: Send>(items: &[T], handle: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let part = |items: &[T]| items.iter().map(&handle).collect::<Vec<R>>();
    let part = &part;
    std::thread::scope(|scope| {
        let started = items.chunks(items.len().div_ceil(THREADS).max(1)).map(|items| {
            let thread = std::thread::Builder::new().spawn_scoped(scope, move || part(items));
            (thread.ok(), items)
        });
        let started: Vec<_> = started.collect();
        let results = started.into_iter().flat_map(|(thread, items)| {
            // After a panic of a thread, the same panic ends the command.
            thread.and_then(|thread| thread.join().ok()).unwrap_or_else(|| part(items))
        });
        results.collect()
    })
}

/// A file that was read.
enum IndexRead {
    Contents(FileContents),
    /// It is not there, or has changed.
    Missing,
    Failed(archive::Error),
}

fn read_file(archive: &Archive, file: &UnreadFile) -> IndexRead {
    match archive.read_whole(Path::new(&file.path)) {
        Ok(Some(Ok((piece, stored)))) if stored.sha256 == file.sha256 => {
            IndexRead::Contents(contents(&file.sha256, &piece))
        }
        Ok(_) => IndexRead::Missing,
        Err(error) => IndexRead::Failed(error),
    }
}

impl Worker {
    /// Counts and reports a file that was read. One that is not at the first path of those with the same bytes is looked for
    /// at the others.
    fn read_contents(
        &self,
        file: &UnreadFile,
        mut read: IndexRead,
        counts: &mut IndexCounts,
    ) -> Result<Option<FileContents>> {
        if !matches!(read, IndexRead::Contents(_)) {
            for path in self.catalogue.paths_of(&file.sha256)?.into_iter().filter(|path| *path != file.path) {
                let found = read_file(&self.archive, &UnreadFile { path, ..file.clone() });
                if matches!(found, IndexRead::Contents(_)) {
                    read = found;
                    break;
                }
            }
        }
        let path = self.archive.absolute(&file.path);
        let fail = |text: &str| self.fail(&Failure::new(Exit::Partial, format!("{}: {text}", path.display())));
        match &read {
            IndexRead::Contents(FileContents { read: Ok(_), .. }) => counts.read += 1,
            // The catalogue has the reason, so it is reported once.
            IndexRead::Contents(FileContents { read: Err(reason), .. }) => {
                counts.unreadable += 1;
                fail(reason);
            }
            IndexRead::Missing => {
                counts.missing += 1;
                fail("missing, or changed since it was archived");
            }
            IndexRead::Failed(error) => {
                counts.unreadable += 1;
                fail(&error.source.to_string());
            }
        }
        Ok(match read {
            IndexRead::Contents(contents) => Some(contents),
            IndexRead::Missing | IndexRead::Failed(_) => None,
        })
    }

    /// Takes the numbers of activities from the JSON of their service, where that was not done yet.
    pub(super) fn read_service_numbers(&mut self, spec: &PlatformSpec) -> Result<()> {
        let Some(service) = spec.service() else { return Ok(()) };
        let numbers = |raw: &str| service.listed_numbers(raw);
        while !self.dry_run && !self.is_stopped() && self.catalogue.read_service_numbers(&spec.id, &numbers)? {}
        Ok(())
    }
}

/// What the FIT files among these contain.
pub(super) fn contents_of(files: &[(FileRow, CheckedFile)]) -> Vec<FileContents> {
    let fit_files = files.iter().filter(|(row, _)| row.format == Format::Fit);
    fit_files.map(|(row, piece)| contents(&row.sha256, piece)).collect()
}

/// What is read in a FIT file.
fn contents(sha256: &str, piece: &CheckedFile) -> FileContents {
    let device = piece.fit.as_ref().and_then(|fit| fit.product());
    let read = fit::read(&piece.bytes).map_err(|error| error.to_string());
    FileContents { sha256: sha256.to_owned(), read: read.map(|recording| indexed(device, recording)) }
}

fn indexed(device: Option<String>, recording: Recording) -> IndexedFile {
    let sessions_of_laps: Vec<_> = (0..recording.laps.len()).map(|lap| recording.session_of_lap(lap)).collect();
    IndexedFile {
        device,
        records: recording.points.len() as u64,
        efforts: best_efforts(&recording),
        area: track::bounding_box(&recording.points),
        track: track::simplified(&recording.points),
        laps: recording.laps.into_iter().zip(sessions_of_laps).collect(),
        sessions: recording.sessions,
    }
}
