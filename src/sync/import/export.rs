//! Reads Garmin's account export. Its lists name the activities and its files contain them, but neither refers to the
//! other.
//!
//! The export is read twice. The first pass reads every file and keeps its properties; the second reads the files again
//! that certainly belong to an activity, and imports them in the order of the export.

use std::collections::HashMap;
use std::path::Path;

use super::{Ended, Import, Offered, ended};
use crate::activity::{Activity, printable};
use crate::archive::Stored;
use crate::fit::{self, FileKind};
use crate::i18n;
use crate::importers::{ExportList, KnownActivity, activities, is_list};
use crate::plan::attach::{ActivityToMatch, Assignment, RecordedFile, attach};
use crate::sync::{Exit, Failure, Result};
use crate::walk::{self, FileFilter, Location, SearchEntry, Skip, Skipped, ZipCache, extension};

/// The contents of an export.
#[derive(Default)]
struct Export {
    activities: Vec<KnownActivity>,
    /// The number of listed activities whose file could not be determined.
    unclear: u64,
    files: Vec<(Location, String)>,
    recorded: Vec<RecordedFile>,
    /// Hashes of the files so far: a second file with the same bytes is ignored.
    seen: HashMap<String, usize>,
    /// The number of TCX and GPX files: they do not identify their activity with certainty.
    tracks: u64,
    skipped: Skipped,
}

impl Import<'_> {
    pub(super) fn garmin_export(&mut self, root: &Path, platform: &str) -> Result<()> {
        let Some(export) = self.read_export(root, platform)? else { return Ok(()) };
        let known = export.activities.iter();
        let sought: Vec<ActivityToMatch> = known
            .map(|known| ActivityToMatch { activity: &known.activity, local_start_s: known.local_second() })
            .collect();
        let assignments = attach(&sought, &export.recorded);
        let mut zip_cache = ZipCache::default();
        for (at, assignment) in assignments.iter().enumerate() {
            if self.is_over() {
                return Ok(());
            }
            match assignment {
                Assignment::Of(activity) => self.import_attached(root, &export, at, *activity, &mut zip_cache)?,
                Assignment::Ambiguous { activities, rivals } => {
                    self.report_ambiguous(root, &export, at, activities, rivals)?
                }
                Assignment::None => self.worker.count("unmatched", 1),
            }
        }
        let attached = assignments.iter().filter(|assignment| matches!(assignment, Assignment::Of(_))).count();
        self.worker.info(&format!(
            "{}: {} listed, {} found, {attached} matched to an activity; download the rest: gs-fetch | gs-download",
            root.display(),
            i18n::counted(export.activities.len() as u64, "activity", "activities"),
            i18n::counted(export.files.len() as u64, "activity file", "activity files")
        ));
        if export.tracks > 0 {
            self.worker.info(&format!(
                "{}: {} skipped: the activity is unknown",
                root.display(),
                i18n::counted(export.tracks, "TCX or GPX file", "TCX or GPX files")
            ));
        }
        // Most files of an export are lists and settings; only possible recordings are reported.
        self.report_skipped(root, &export.skipped, |skip| matches!(skip, Skip::Link | Skip::OtherFormat));
        self.report_nothing_imported(root, &export, attached);
        Ok(())
    }

    /// Reports that no file could be imported: then the export was no success, even if it was readable.
    fn report_nothing_imported(&mut self, root: &Path, export: &Export, attached: usize) {
        if attached > 0 {
            return;
        }
        let why = match (export.activities.len(), export.files.len()) {
            (0, _) if export.unclear == 0 => "the lists of the export have no activities",
            (0, _) => "no activity in the lists of the export has a readable id and start",
            (_, 0) => "the export has no activity FIT file",
            _ => "no file could be matched with certainty to an activity in the lists of the export",
        };
        let message =
            format!("{}: nothing imported: {why}; download the files: gs-fetch | gs-download", root.display());
        self.worker.fail(&Failure::new(Exit::Partial, message));
    }

    /// Keeps the activities of a list, and reports unclear ones.
    fn enter_list(&mut self, export: &mut Export, shown: &str, list: ExportList) {
        export.activities.extend(list.activities);
        export.unclear += list.unclear;
        if list.unclear > 0 {
            self.worker.warn(&format!(
                "{}: {} skipped: the id or the start cannot be read; fields of the first: {}",
                printable(shown),
                i18n::counted(list.unclear, "activity", "activities"),
                printable(list.fields.as_deref().unwrap_or(""))
            ));
        }
    }

    /// Reads lists and files. `None`: the user stopped the run.
    fn read_export(&mut self, root: &Path, platform: &str) -> Result<Option<Export>> {
        let except = super::own_folders(self.worker);
        let mut export = Export::default();
        let mut tracks = 0;
        let mut want = |path: &str| match extension(path).as_str() {
            _ if is_list(path) => FileFilter::Text,
            "fit" => FileFilter::Fit,
            "zip" => FileFilter::SearchZip,
            _ => FileFilter::Skip,
        };
        let shown = |path: &str| format!("{}/{path}", root.display());
        let mut read = 0;
        ended(walk::search(root, &except, &mut want, &mut |met| {
            if self.is_over() {
                return Err(Ended::Over);
            }
            match met {
                SearchEntry::File(place, bytes) if is_list(&place.shown) => match activities(platform, &bytes) {
                    Ok(list) => self.enter_list(&mut export, &shown(&place.shown), list),
                    Err(error) => self.refuse(&shown(&place.shown), &format!("the list cannot be read: {error}")),
                },
                SearchEntry::File(place, bytes) => {
                    read += 1;
                    self.progress.step(&format!("{read} files of the export read"));
                    if let Err(why) = export.enter(place.clone(), &bytes) {
                        self.refuse(&shown(&place.shown), &why);
                    }
                }
                SearchEntry::Skipped(skip, path) if is_track(&path) && skip == Skip::OtherFormat => tracks += 1,
                SearchEntry::Skipped(skip, path) => export.skipped.add(skip, &path),
                SearchEntry::Corrupt(path, why) => self.refuse(&shown(&path), &why),
                SearchEntry::Unreadable(_, error) => self.unreadable(&error),
            }
            Ok(())
        }))?;
        export.tracks = tracks;
        // Lists overlap.
        let mut ids = std::collections::HashSet::new();
        export.activities.retain(|known| ids.insert(known.activity.id.clone()));
        Ok((!self.is_over()).then_some(export))
    }

    fn import_attached(
        &mut self,
        root: &Path,
        export: &Export,
        file: usize,
        activity: usize,
        zip_cache: &mut ZipCache,
    ) -> Result<()> {
        let ((place, sha256), known) = (&export.files[file], &export.activities[activity]);
        let shown = format!("{}/{}", root.display(), place.shown);
        match zip_cache.read(place).filter(|bytes| Stored::of(bytes).sha256 == *sha256) {
            Some(bytes) => {
                let known = known.clone();
                self.take(Offered { known, shown, bytes, is_as_given: true })
            }
            None => {
                self.refuse(&shown, "the file changed while it was read");
                Ok(())
            }
        }
    }

    /// Reports the possible activities of a file, unless the archive has them all.
    fn report_ambiguous(
        &mut self,
        root: &Path,
        export: &Export,
        file: usize,
        activities: &[usize],
        rivals: &[usize],
    ) -> Result<()> {
        let activities: Vec<&Activity> = activities.iter().map(|at| &export.activities[*at].activity).collect();
        let mut missing = false;
        for activity in &activities {
            let entry = self.worker.catalogue.entry(activity.as_key())?;
            missing |= entry.is_none_or(|entry| entry.file.is_none());
        }
        if !missing {
            self.worker.count("already", 1);
            return Ok(());
        }
        self.worker.count("ambiguous", 1);
        let ids = activities.iter().map(|activity| activity.id.as_str()).collect::<Vec<_>>().join(" or ");
        let others: Vec<&str> = rivals.iter().map(|at| export.files[*at].0.shown.as_str()).collect();
        let others = if others.is_empty() { String::new() } else { format!(", and so may {}", others.join(", ")) };
        let shown = format!("{}/{}", root.display(), export.files[file].0.shown);
        self.worker.warn(&format!(
            "{}: ambiguous: it may belong to {ids}{}; skipped; download the right file: gs-fetch | gs-download",
            printable(&shown),
            printable(&others)
        ));
        Ok(())
    }
}

/// Whether a name is that of a TCX or GPX file.
fn is_track(path: &str) -> bool {
    ["tcx", "gpx"].contains(&extension(walk::without_gz(path)).as_str())
}

impl Export {
    /// Keeps the properties of a file, if it contains an activity.
    fn enter(&mut self, place: Location, bytes: &[u8]) -> std::result::Result<(), String> {
        let fit = fit::scan(bytes).map_err(|broken| format!("the FIT file is corrupt: {broken}"))?;
        if fit.kind() != FileKind::Activity {
            return Ok(());
        }
        let sha256 = Stored::of(bytes).sha256;
        if self.seen.insert(sha256.clone(), self.files.len()).is_none() {
            self.recorded.push(RecordedFile { activity: fit.activity(), serial: fit.file_id.serial_number });
            self.files.push((place, sha256));
        }
        Ok(())
    }
}
