//! Imports files whose names contain their ids: GarminSync's folder, Sports Sync X's, and folders and zip files of
//! others.

use std::path::Path;

use super::{Ended, Import, Offered, ended};
use crate::activity::printable;
use crate::importers::{FOLDERS, GarminSync, ImportedSchedule, KnownActivity, SportsSync, id_of};
use crate::platform::PlatformSelection;
use crate::sync::{Failure, Result};
use crate::walk::{self, FileFilter, SearchEntry, Skip, Skipped, extension, without_gz};

/// The extensions of files that may contain an activity.
const TRACKS: [&str; 4] = ["fit", "tcx", "gpx", "zip"];
/// Our own folders, which may be in the data folder of GarminSync.
const OURS: [&str; 7] = ["fit", "replaced", "locks", "tokens", "report", "sync", "db"];
/// The days of the week in the order of GarminSync's scheduler; in cron, Sunday is 0.
const DAYS: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];

/// Converts five fields of GarminSync's scheduler to cron, with names for the days of the week. `None` if they are
/// invalid.
fn as_cron_has_it(expression: &str) -> Option<String> {
    let (rest, days) = expression.rsplit_once(' ')?;
    if !days.contains(|c: char| c.is_ascii_digit()) {
        return Some(expression.to_owned());
    }
    let mut is_on = [false; DAYS.len()];
    for part in days.split(',') {
        let (range, step) = part.split_once('/').unwrap_or((part, "1"));
        let day = |text: &str| {
            let number = || text.parse().ok().filter(|day| *day < DAYS.len());
            DAYS.iter().position(|day| day.eq_ignore_ascii_case(text)).or_else(number)
        };
        let (first, last) = match range.split_once('-') {
            _ if range == "*" => (0, DAYS.len() - 1),
            Some((first, last)) => (day(first)?, day(last)?),
            None => (day(range)?, day(range)?),
        };
        let step = step.parse().ok().filter(|step| *step > 0)?;
        (first..=last).step_by(step).for_each(|day| is_on[day] = true);
    }
    let names = DAYS.iter().zip(is_on).filter(|(_, is_on)| *is_on).map(|(day, _)| *day);
    Some(format!("{rest} {}", names.collect::<Vec<_>>().join(",")))
}

impl Import<'_> {
    pub(super) fn garmin_sync(&mut self, database: &Path, folder: &Path, platform: &str) -> Result<()> {
        let known = GarminSync::read(database).unwrap_or_else(|error| {
            self.refuse(&database.display().to_string(), &error.to_string());
            GarminSync::default()
        });
        let mut seen = std::collections::HashSet::new();
        let mut skipped = Skipped::default();
        for (name, path) in walk::files(folder, &OURS, &mut skipped).map_err(failure)? {
            if self.is_over() {
                return Ok(());
            }
            if !is_track(&name) {
                skip(&mut skipped, &name);
                continue;
            }
            match known.id_of(&name) {
                Some(id) => self.offer(&path, known.known_activity(platform, id), false)?,
                None => self.refuse(&path.display().to_string(), "no activity id in the file name"),
            }
            seen.insert(name);
        }
        self.report_skipped(folder, &skipped, |_| true);
        let mut gone: Vec<&str> = known.files().filter(|name| !seen.contains(*name)).collect();
        gone.sort_unstable();
        if let Some(first) = gone.first() {
            self.worker.count("not_there", gone.len() as u64);
            self.worker.warn(&format!(
                "{}: {} of its downloaded files are missing, such as {}; if they are in another folder, import that folder too, with --platform {platform}",
                database.display(),
                gone.len(),
                printable(first)
            ));
        }
        if let Some(schedule) = &known.schedule {
            self.report_schedule(schedule);
        }
        Ok(())
    }

    /// An import does not set a schedule; it prints the command to copy.
    fn report_schedule(&self, schedule: &ImportedSchedule) {
        let cron = &schedule.cron;
        let off = if schedule.enabled { "" } else { ", and was switched off" };
        let same = match as_cron_has_it(cron) {
            Some(same) => format!("to use the same schedule here: garminsync schedule '{same}'"),
            None => "cron numbers the days of the week differently; write their names".to_owned(),
        };
        self.worker.info(&format!("GarminSync ran at \"{cron}\"{off}; {same}"));
    }

    pub(super) fn sports_sync(&mut self, database: Option<&Path>, fit: &Path, only: &PlatformSelection) -> Result<()> {
        let known = database.map_or_else(|| Ok(SportsSync::default()), SportsSync::read).unwrap_or_else(|error| {
            let database = database.unwrap_or(fit);
            self.refuse(&database.display().to_string(), &error.to_string());
            SportsSync::default()
        });
        for theirs in FOLDERS {
            let folder = fit.join(theirs);
            let Some(spec) = self.worker.platforms.find(theirs) else { continue };
            if !only.includes(&spec.id) || !folder.is_dir() {
                continue;
            }
            let mut skipped = Skipped::default();
            for (name, path) in walk::files(&folder, &[], &mut skipped).map_err(failure)? {
                if self.is_over() {
                    return Ok(());
                }
                match id_of(&name) {
                    // Our own archive may be in the same folder.
                    _ if name.starts_with("activity_") => {}
                    _ if !is_track(&name) => skip(&mut skipped, &name),
                    Some(id) => {
                        self.offer(&path, known.known_activity(theirs, &spec.id, id), extension(&name) == "zip")?
                    }
                    None => self.refuse(&path.display().to_string(), "no activity id in the file name"),
                }
            }
            self.report_skipped(&folder, &skipped, |_| true);
        }
        Ok(())
    }

    /// Reports the files that were skipped below a path: one line for each relevant kind, and the paths as details.
    pub(super) fn report_skipped(&self, root: &Path, skipped: &Skipped, matters: impl Fn(Skip) -> bool) {
        for notice in skipped.notices() {
            let line = format!("{}: {}", root.display(), notice.text);
            if notice.matters && matters(notice.skip) {
                self.worker.warn(&line);
            } else {
                self.worker.info(&line);
            }
            for detail in &notice.details {
                self.worker.debug(&format!("{}: {}", root.display(), printable(detail)));
            }
        }
    }

    /// Reads a file and imports it.
    fn offer(&mut self, path: &Path, known: KnownActivity, is_as_given: bool) -> Result<()> {
        let shown = path.display().to_string();
        match walk::file(path) {
            Ok(bytes) => self.take(Offered { known, shown, bytes, is_as_given }),
            Err(why) => {
                self.refuse(&shown, &why);
                Ok(())
            }
        }
    }

    pub(super) fn files(&mut self, root: &Path, platform: &str) -> Result<()> {
        if !root.is_dir()
            && let Some(id) = id_of(&last_of(&root.to_string_lossy()))
        {
            return self.offer(root, KnownActivity::nothing(platform, id), false);
        }
        let except = super::own_folders(self.worker);
        let (mut nameless, mut skipped) = (Vec::new(), Skipped::default());
        let mut want = |path: &str| match (is_track(path), id_of(&last_of(path))) {
            (true, Some(_)) => FileFilter::Any,
            (true, None) if extension(path) == "zip" => FileFilter::SearchZip,
            _ => FileFilter::Skip,
        };
        let shown = |path: &str| format!("{}/{path}", root.display());
        ended(walk::search(root, &except, &mut want, &mut |met| {
            if self.is_over() {
                return Err(Ended::Over);
            }
            match met {
                SearchEntry::File(place, bytes) => {
                    let name = last_of(&place.shown);
                    let Some(id) = id_of(&name) else { return Ok(()) };
                    let (known, shown) = (KnownActivity::nothing(platform, id), shown(&place.shown));
                    self.take(Offered { known, shown, bytes, is_as_given: false })?;
                }
                SearchEntry::Skipped(Skip::OtherFormat | Skip::Other, path) if is_track(&path) => nameless.push(path),
                SearchEntry::Skipped(skip, path) => skipped.add(skip, &path),
                SearchEntry::Corrupt(path, why) => self.refuse(&shown(&path), &why),
                SearchEntry::Unreadable(_, error) => self.unreadable(&error),
            }
            Ok(())
        }))?;
        for path in nameless {
            self.refuse(&shown(&path), "no activity id in the file name");
        }
        self.report_skipped(root, &skipped, |_| true);
        Ok(())
    }
}

/// Whether a name is that of a file that may contain an activity, compressed with gzip or not.
fn is_track(name: &str) -> bool {
    TRACKS.contains(&extension(without_gz(name)).as_str())
        && !(without_gz(name) != name && extension(without_gz(name)) == "zip")
}

/// Counts a file without an activity, unless it is a database of the tools or an auxiliary file of SQLite.
fn skip(skipped: &mut Skipped, name: &str) {
    let is_database = [".db", ".sqlite"].iter().any(|kind| {
        ["", "-wal", "-shm", "-journal"]
            .iter()
            .any(|end| name.strip_suffix(end).is_some_and(|base| base.ends_with(kind)))
    });
    if !is_database {
        skipped.add(Skip::of(name), name);
    }
}

/// The file name at the end of a path, including paths in a zip file that was created on Windows.
fn last_of(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

fn failure(error: walk::Error) -> Failure {
    error.into()
}

#[cfg(test)]
mod tests {
    use super::as_cron_has_it;

    #[test]
    fn weekdays_of_the_older_scheduler_are_converted_to_those_of_cron() {
        for (theirs, ours) in [
            ("0 */6 * * *", Some("0 */6 * * *")),
            ("30 5 * * 1", Some("30 5 * * TUE")),
            ("30 5 * * mon-fri", Some("30 5 * * mon-fri")),
            ("30 5 * * 0-2,6", Some("30 5 * * MON,TUE,WED,SUN")),
            ("30 5 * * sat,0", Some("30 5 * * MON,SAT")),
            ("30 5 * * */2", Some("30 5 * * MON,WED,FRI,SUN")),
            ("30 5 * * 7", None),
        ] {
            assert_eq!(as_cron_has_it(theirs).as_deref(), ours, "{theirs}");
        }
    }
}
