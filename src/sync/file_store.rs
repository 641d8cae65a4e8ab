//! Moves files between a platform's response, the archive and the catalogue.
//!
//! A file is stored first and its row second: if a kill comes between, the next run finds the file on the disk.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};

use super::contents::contents_of;
use super::{Failure, Level, Result, Worker};
use crate::activity::{Activity, Format, Origin};
use crate::archive::{self, BadBody, CheckedFile, Stored, corrupt_path_for, path_for, unpack};
use crate::catalogue::{self, CorruptRow, FileRow, UNAVAILABLE_RETRY_INTERVAL};
use crate::fit::Protocol;

/// How long an unavailable original waits for the next request: a week, plus one day.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What is known about the file of an activity before a request is sent.
#[derive(Debug)]
pub enum LocalFile {
    /// The file exists; if there are several, the first one.
    File(FileRow),
    /// The service has no file.
    NoFile,
    /// The platform does not provide the file; it is requested again at this time.
    Unavailable(Timestamp),
    /// The file is missing or its bytes have changed.
    Corrupt,
    /// A converted file exists, and the original is requested again now.
    RetryOriginal(FileRow),
    /// Nothing is known.
    Nothing,
}

/// Why a body was not stored.
#[derive(Debug)]
pub enum NotKept {
    /// It contains no intact file.
    Bad(BadBody),
    /// It could not be written to the disk.
    Storage(archive::Error),
    /// The catalogue could not be written.
    Failed(Failure),
}

/// Result of storing a file.
pub type StoreResult<T> = std::result::Result<T, NotKept>;

/// The origin under which a file is stored.
#[derive(Debug, Clone, Copy)]
pub enum StoreAs {
    /// The recorded file.
    Original,
    /// A file that the service computed.
    Converted {
        /// When the original is requested again; `None`: never.
        retry_original_at: Option<Timestamp>,
    },
}

impl Worker {
    /// What is known about the file of an activity. `verify`: check every byte.
    pub fn local_file(&mut self, activity: &Activity, verify: bool) -> Result<LocalFile> {
        let key = activity.as_key();
        let Some(entry) = self.catalogue.entry(key)? else { return Ok(LocalFile::Nothing) };
        let files = self.catalogue.files(key)?;
        let unavailable = entry.unavailable.and_then(|unavailable| unavailable.next(self.now()));
        let asked_for = |known| unavailable.map_or(known, LocalFile::Unavailable);
        for file in &files {
            if file.corrupt || !self.archive.is_there(&file.path, file.bytes) {
                return Ok(asked_for(LocalFile::Corrupt));
            }
            if verify && let Some(why) = self.broken_because(file)? {
                let path = self.archive.absolute(&file.path);
                let text = format!("{} is corrupt ({why}); downloading again", path.display());
                self.item(Level::Warning, key, &text);
                if !self.dry_run {
                    self.catalogue.set_corrupt(key)?;
                }
                return Ok(LocalFile::Corrupt);
            }
        }
        let Some(file) = files.into_iter().next() else {
            return Ok(if entry.no_original { LocalFile::NoFile } else { asked_for(LocalFile::Nothing) });
        };
        if verify && !self.dry_run {
            let now = self.now();
            self.catalogue.set_verified(key, now)?;
            self.count("verified", 1);
        }
        let is_due = file.retry_original_at.is_some_and(|due| is_due(due, self.now()));
        Ok(if is_due { LocalFile::RetryOriginal(file) } else { LocalFile::File(file) })
    }

    fn broken_because(&self, file: &FileRow) -> Result<Option<String>> {
        if self.archive.has_bytes_of(file.path.as_ref(), &file.sha256)? {
            return Ok(None);
        }
        Ok(match self.archive.read_whole(file.path.as_ref())? {
            None => Some("file missing".into()),
            Some(Err(bad)) => Some(bad.to_string()),
            Some(Ok((_, stored))) if stored.sha256 != file.sha256 => Some("checksum mismatch".into()),
            Some(Ok(_)) => None,
        })
    }

    /// Adds an intact file of this activity that the archive has and the catalogue does not know: a run was killed
    /// between storing the file and its row, or the catalogue was created again. The first of several files is stored
    /// last, so if it exists, all exist.
    pub fn adopt_existing(&mut self, activity: &Activity) -> Result<Option<FileRow>> {
        let converted = StoreAs::Converted { retry_original_at: Some(tomorrow(self.now())) };
        let ways = [
            (Format::Fit, StoreAs::Original),
            (Format::Gpx, StoreAs::Original),
            (Format::Tcx, StoreAs::Original),
            (Format::Tcx, converted),
            (Format::Gpx, converted),
        ];
        for (format, store_as) in ways {
            let mut found = Vec::new();
            loop {
                let part = u32::try_from(found.len()).unwrap_or(u32::MAX);
                let path = path_for(activity, part, format, store_as.origin());
                let Some(Ok((piece, stored))) = self.archive.read_whole(&path)? else { break };
                found.push((row(&path, part, &piece, stored, (store_as, self.now())), piece));
            }
            if !found.is_empty() {
                self.item(Level::Debug, activity.as_key(), "already in the archive");
                return self.enter(activity, found);
            }
        }
        Ok(None)
    }

    /// Stores the files in a response. Returns the first.
    pub fn store_body(&mut self, activity: &Activity, body: &[u8], store_as: StoreAs) -> StoreResult<FileRow> {
        let pieces = unpack(body).map_err(NotKept::Bad)?;
        self.keep_pieces(activity, pieces, store_as)
    }

    /// Stores files that were unpacked. Returns the first.
    pub fn keep_pieces(
        &mut self,
        activity: &Activity,
        pieces: Vec<CheckedFile>,
        store_as: StoreAs,
    ) -> StoreResult<FileRow> {
        let mut rows = Vec::new();
        // The last file is stored first: if the first of several exists, all exist.
        for (part, piece) in (0..).zip(pieces).collect::<Vec<_>>().into_iter().rev() {
            let path = path_for(activity, part, piece.format, store_as.origin());
            let stored = self.archive.store(&path, &piece.bytes).map_err(NotKept::Storage)?;
            self.report_newer_protocol(activity, &piece);
            rows.push((row(&path, part, &piece, stored, (store_as, self.now())), piece));
        }
        rows.reverse();
        let first = self.enter(activity, rows).map_err(NotKept::Failed)?;
        if store_as.origin() == Origin::Original {
            self.retire_corrupt(activity)?;
        }
        // `unpack` never returns nothing.
        first.ok_or_else(|| {
            NotKept::Failed(Failure::new(super::Exit::Bug, "internal error: a body without a file was accepted"))
        })
    }

    /// Keeps the corrupt original of an activity as received, because its service has no other. It has its own name and
    /// its own table, so it is never used as the original. Returns its path.
    pub fn keep_corrupt(&mut self, activity: &Activity, body: &[u8], ending: &str) -> StoreResult<PathBuf> {
        let path = corrupt_path_for(activity, ending);
        let stored = self.archive.store(&path, body).map_err(NotKept::Storage)?;
        let (key, now) = (activity.as_key(), self.now());
        let row = CorruptRow { path: path.display().to_string(), sha256: stored.sha256, bytes: stored.bytes };
        let mut enter = || {
            self.catalogue.insert_if_absent(activity, now)?;
            let before = self.catalogue.corrupt_original(key)?;
            self.catalogue.set_corrupt_original(key, &row, now)?;
            Ok::<_, catalogue::Error>(before)
        };
        let before = enter().map_err(|error| NotKept::Failed(error.into()))?;
        if let Some(before) = before.filter(|before| before.path != row.path) {
            self.archive.retire(before.path.as_ref()).map_err(NotKept::Storage)?;
        }
        Ok(self.archive.absolute(path))
    }

    /// Moves the corrupt original that was kept to `replaced/`, after an intact original was downloaded.
    fn retire_corrupt(&mut self, activity: &Activity) -> StoreResult<()> {
        let failed = |error: catalogue::Error| NotKept::Failed(error.into());
        let key = activity.as_key();
        if let Some(row) = self.catalogue.corrupt_original(key).map_err(failed)? {
            self.archive.retire(row.path.as_ref()).map_err(NotKept::Storage)?;
            self.catalogue.forget_corrupt_original(key).map_err(failed)?;
            self.item(Level::Warning, key, "downloaded an intact original; the corrupt one is in replaced/");
        }
        Ok(())
    }

    fn report_newer_protocol(&self, activity: &Activity, piece: &CheckedFile) {
        if let Some(protocol) = piece.fit.as_ref().map(|fit| fit.protocol).filter(|protocol| protocol.is_newer()) {
            let known = Protocol::NEWEST;
            let text =
                format!("the file has FIT protocol {protocol}, newer than {known}; it is intact and kept unchanged");
            self.item(Level::Debug, activity.as_key(), &text);
        }
    }

    /// Adds files that are on the disk to the catalogue. Returns the first.
    fn enter(&mut self, activity: &Activity, rows: Vec<(FileRow, CheckedFile)>) -> Result<Option<FileRow>> {
        let now = self.now();
        self.catalogue.insert_if_absent(activity, now)?;
        let files: Vec<FileRow> = rows.iter().map(|(row, _)| row.clone()).collect();
        let fit = rows.first().and_then(|(_, piece)| piece.fit.as_ref());
        self.catalogue.set_files(activity.as_key(), &files, fit, &contents_of(&rows))?;
        self.compare_new_files(&files)?;
        Ok(files.into_iter().next())
    }
}

impl StoreAs {
    /// The origin of the file.
    pub fn origin(self) -> Origin {
        match self {
            StoreAs::Original => Origin::Original,
            StoreAs::Converted { .. } => Origin::Converted,
        }
    }

    /// A converted file next to an original that its service has only corrupt.
    pub fn beside_corrupt(now: Timestamp) -> StoreAs {
        let again = now.checked_add(UNAVAILABLE_RETRY_INTERVAL).unwrap_or(Timestamp::MAX);
        StoreAs::Converted { retry_original_at: Some(again) }
    }

    /// A converted file in place of an original. `retry_original`: the original may be available another day.
    pub fn converted(retry_original: bool, now: Timestamp) -> StoreAs {
        StoreAs::Converted { retry_original_at: retry_original.then(|| tomorrow(now)) }
    }
}

fn row(path: &Path, part: u32, piece: &CheckedFile, stored: Stored, (store_as, now): (StoreAs, Timestamp)) -> FileRow {
    FileRow {
        part,
        path: path.display().to_string(),
        sha256: stored.sha256,
        bytes: stored.bytes,
        format: piece.format,
        origin: store_as.origin(),
        verified: now,
        retry_original_at: match store_as {
            StoreAs::Original => None,
            StoreAs::Converted { retry_original_at } => retry_original_at,
        },
        corrupt: false,
    }
}

/// Whether the original is due to be requested again. A time later than any that this program stores comes from a clock
/// that was ahead, and counts as due.
pub fn is_due(due: Timestamp, now: Timestamp) -> bool {
    due <= now || due.duration_since(now) > LONGEST_WAIT
}

/// When an original that is unavailable for a temporary reason is requested again.
fn tomorrow(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
}
