//! Compares the files of the archive that were recorded at the same time.

use std::collections::BTreeSet;
use std::path::Path;

use super::contents::on_threads;
use super::{Progress, Result, Worker};
use crate::activity::Format;
use crate::archive::Archive;
use crate::catalogue::{ComparedPair, FileRow, UnreadFile};
use crate::fit;
use crate::streams::StreamComparison;

/// How many files are compared with others between two writes of the catalogue.
const AT_ONCE: u32 = 64;

impl Worker {
    /// Compares all files that this version has not compared with those of the same time. A run that is stopped continues
    /// where it ended.
    pub(super) fn compare_all_files(&mut self, progress: &Progress) -> Result<()> {
        while !self.is_stopped() {
            let files = self.catalogue.uncompared_files(AT_ONCE)?;
            if files.is_empty() {
                break;
            }
            self.compare_files(&files)?;
            // Shows that the command is alive: these files are counted already.
            progress.add(0);
        }
        Ok(())
    }

    /// Compares FIT files that have just been archived.
    pub(super) fn compare_new_files(&mut self, files: &[FileRow]) -> Result<()> {
        let fit_files = files.iter().filter(|file| file.format == Format::Fit);
        let stored: Vec<UnreadFile> =
            fit_files.map(|file| UnreadFile { sha256: file.sha256.clone(), path: file.path.clone() }).collect();
        self.compare_files(&stored)
    }

    /// Compares files with all others of the same time.
    fn compare_files(&mut self, files: &[UnreadFile]) -> Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        let mut pairs = BTreeSet::new();
        for file in files {
            for other in self.catalogue.files_to_compare(&file.sha256)? {
                pairs.insert(if *file < other { (file.clone(), other) } else { (other, file.clone()) });
            }
        }
        let (pairs, archive) = (Vec::from_iter(pairs), &self.archive);
        let compared = on_threads(&pairs, |(one, other)| compare(archive, one, other));
        let compared: Vec<ComparedPair> = compared.into_iter().flatten().collect();
        let files: Vec<String> = files.iter().map(|file| file.sha256.clone()).collect();
        Ok(self.catalogue.store_comparisons(&files, &compared)?)
    }
}

/// Compares two files; `None` if one cannot be read, which is reported where that file is needed.
fn compare(archive: &Archive, one: &UnreadFile, other: &UnreadFile) -> Option<ComparedPair> {
    let read = |file: &UnreadFile| match archive.read_whole(Path::new(&file.path)) {
        Ok(Some(Ok((piece, stored)))) if stored.sha256 == file.sha256 => fit::read(&piece.bytes).ok(),
        _ => None,
    };
    let (a, b) = (read(one)?, read(other)?);
    let comparison = StreamComparison::of(&a.points, &b.points);
    Some(ComparedPair { sha256: one.sha256.clone(), other_sha256: other.sha256.clone(), comparison })
}
