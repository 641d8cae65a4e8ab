//! Garmin's account export: its lists say which activities there are, its files what they are, and neither names the other.
//!
//! It is gone through twice. First every file is read, and what it says of itself is kept; then the files that belong to an
//! activity beyond doubt are read again and taken, in the order in which they lie.

use std::collections::HashMap;
use std::path::Path;

use super::{Ended, Import, Offered, ended};
use crate::activity::{Activity, printable};
use crate::archive::Stored;
use crate::cli::{Failure, Outcome};
use crate::fit::{self, Kind};
use crate::older::{Told, activities, is_list};
use crate::plan::attach::{Fate, Recorded, attach};
use crate::walk::{self, Met, Place, Shelf, Want, ending};

/// What is in an export.
#[derive(Default)]
struct Export {
    activities: Vec<Activity>,
    files: Vec<(Place, String)>,
    recorded: Vec<Recorded>,
    /// Where the same bytes lie a second time is no matter.
    seen: HashMap<String, usize>,
    /// TCX and GPX files: nothing in them says with certainty which activity they are.
    tracks: u64,
}

impl Import<'_> {
    pub(super) fn garmin_export(&mut self, root: &Path, platform: &'static str) -> Outcome {
        let Some(export) = self.read_export(root, platform)? else { return Ok(()) };
        let fates = attach(&export.activities, &export.recorded);
        let mut shelf = Shelf::default();
        for (at, fate) in fates.iter().enumerate() {
            if self.is_over() {
                return Ok(());
            }
            match fate {
                Fate::Of(activity) => self.take_attached(root, &export, at, *activity, &mut shelf)?,
                Fate::Ambiguous { activities, rivals } => self.tell_ambiguous(root, &export, at, activities, rivals)?,
                Fate::None => self.run.count("unmatched", 1),
            }
        }
        let attached = fates.iter().filter(|fate| matches!(fate, Fate::Of(_))).count();
        self.run.talk.note(&format!(
            "{}: {} activities in its list, {} files of activities, {attached} of them surely the file of one; the rest comes with gs-fetch | gs-download",
            root.display(),
            export.activities.len(),
            export.files.len()
        ));
        if export.tracks > 0 {
            self.run.talk.note(&format!(
                "{}: {} TCX and GPX files are left, as nothing says which activities they are",
                root.display(),
                export.tracks
            ));
        }
        Ok(())
    }

    /// Reads lists and files. `None`: somebody wants it to end.
    fn read_export(&mut self, root: &Path, platform: &'static str) -> Result<Option<Export>, Failure> {
        let except = Import::own_folders(self.run);
        let mut export = Export::default();
        let tracks = std::cell::Cell::new(0);
        let mut want = |path: &str| match ending(path).as_str() {
            _ if is_list(path) => Want::Text,
            "fit" => Want::Fit,
            "zip" => Want::Open,
            "tcx" | "gpx" => {
                tracks.set(tracks.get() + 1);
                Want::Nothing
            }
            _ => Want::Nothing,
        };
        let shown = |path: &str| format!("{}/{path}", root.display());
        let mut read = 0;
        ended(walk::search(root, &except, &mut want, &mut |met| {
            if self.is_over() {
                return Err(Ended::Over);
            }
            match met {
                Met::File(place, bytes) if is_list(&place.shown) => match activities(platform, &bytes) {
                    Ok(list) => export.activities.extend(list),
                    Err(error) => self.refuse(&shown(&place.shown), &format!("the list cannot be read: {error}")),
                },
                Met::File(place, bytes) => {
                    read += 1;
                    self.bar.say(&format!("{read} files of the export read"));
                    if let Err(why) = export.enter(place.clone(), &bytes) {
                        self.refuse(&shown(&place.shown), &why);
                    }
                }
                Met::Bad(path, why) => self.refuse(&shown(&path), &why),
                Met::Unreadable(_, error) => self.unreadable(&error),
            }
            Ok(())
        }))?;
        export.tracks = tracks.get();
        // Lists overlap.
        let mut ids = std::collections::HashSet::new();
        export.activities.retain(|activity| ids.insert(activity.id.clone()));
        Ok((!self.is_over()).then_some(export))
    }

    fn take_attached(
        &mut self,
        root: &Path,
        export: &Export,
        file: usize,
        activity: usize,
        shelf: &mut Shelf,
    ) -> Outcome {
        let ((place, sha256), activity) = (&export.files[file], &export.activities[activity]);
        let shown = format!("{}/{}", root.display(), place.shown);
        match shelf.read(place).filter(|bytes| Stored::of(bytes).sha256 == *sha256) {
            Some(bytes) => {
                let told = Told { activity: activity.clone(), ..Told::default() };
                self.take(Offered { told, shown, bytes, is_as_given: true })
            }
            None => {
                self.refuse(&shown, "it has changed while it was read");
                Ok(())
            }
        }
    }

    /// Says what a file could be, unless the archive has all of that.
    fn tell_ambiguous(
        &mut self,
        root: &Path,
        export: &Export,
        file: usize,
        activities: &[usize],
        rivals: &[usize],
    ) -> Outcome {
        let activities: Vec<&Activity> = activities.iter().map(|at| &export.activities[*at]).collect();
        let mut missing = false;
        for activity in &activities {
            let entry = self.run.catalogue.entry(&activity.platform, &activity.id)?;
            missing |= entry.is_none_or(|entry| entry.file.is_none());
        }
        if !missing {
            self.run.count("already", 1);
            return Ok(());
        }
        self.run.count("ambiguous", 1);
        let ids = activities.iter().map(|activity| activity.id.as_str()).collect::<Vec<_>>().join(" or ");
        let others: Vec<&str> = rivals.iter().map(|at| export.files[*at].0.shown.as_str()).collect();
        let others = if others.is_empty() { String::new() } else { format!(", as may {}", others.join(", ")) };
        let shown = format!("{}/{}", root.display(), export.files[file].0.shown);
        self.run.talk.warning(&format!(
            "{}: it may be of {ids}{}; it is left, gs-fetch | gs-download gets the right one",
            printable(&shown),
            printable(&others)
        ));
        Ok(())
    }
}

impl Export {
    /// Keeps what a file says of itself, if it is of an activity.
    fn enter(&mut self, place: Place, bytes: &[u8]) -> Result<(), String> {
        let fit = fit::scan(bytes).map_err(|broken| format!("the FIT file is broken: {broken}"))?;
        if fit.kind() != Kind::Activity {
            return Ok(());
        }
        let sha256 = Stored::of(bytes).sha256;
        if self.seen.insert(sha256.clone(), self.files.len()).is_none() {
            self.recorded.push(Recorded { exercise: fit.exercise(), serial: fit.file_id.serial_number });
            self.files.push((place, sha256));
        }
        Ok(())
    }
}
