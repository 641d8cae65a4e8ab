//! Where the names of files say whose they are: GarminSync's folder, Sports Sync X's, folders and zip files of others.

use std::path::Path;

use super::{Ended, Import, Offered, ended};
use crate::activity::printable;
use crate::cli::{Failure, Outcome};
use crate::older::{FOLDERS, GarminSync, Schedule, SportsSync, Told, id_of};
use crate::walk::{self, Met, Skip, Skipped, Want, ending, plain};

/// What may hold an activity, by the end of its name.
const TRACKS: [&str; 4] = ["fit", "tcx", "gpx", "zip"];
/// Folders of our own that may stand in the data folder of GarminSync.
const OURS: [&str; 7] = ["fit", "replaced", "locks", "tokens", "report", "sync", "db"];
/// Days of a week as numbers mean other days to the scheduler that GarminSync uses.
const DAYS: &str = " (there Monday is day 0 of a week, for cron it is Sunday: write the days as names)";

impl Import<'_> {
    pub(super) fn garmin_sync(&mut self, database: &Path, folder: &Path, platform: &'static str) -> Outcome {
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
                Some(id) => self.offer(&path, known.told(platform, id), false)?,
                None => self.refuse(&path.display().to_string(), "its name holds no id of an activity"),
            }
            seen.insert(name);
        }
        self.tell_skipped(folder, &skipped, |_| true);
        let mut gone: Vec<&str> = known.files().filter(|name| !seen.contains(*name)).collect();
        gone.sort_unstable();
        if let Some(first) = gone.first() {
            self.run.count("not_there", gone.len() as u64);
            self.run.talk.warning(&format!(
                "{}: of the files that it says it downloaded, {} are not beside it, such as {}; if they are elsewhere, name that folder, too, with --platform {platform}",
                database.display(),
                gone.len(),
                printable(first)
            ));
        }
        if let Some(schedule) = &known.schedule {
            self.tell_schedule(schedule);
        }
        Ok(())
    }

    /// Nothing is scheduled by an import: the line is there to be copied.
    fn tell_schedule(&self, schedule: &Schedule) {
        let cron = &schedule.cron;
        let off = if schedule.enabled { "" } else { ", and was switched off" };
        let days = if cron.rsplit(' ').next().is_some_and(|days| days.contains(|c: char| c.is_ascii_digit())) {
            DAYS
        } else {
            ""
        };
        self.run
            .talk
            .note(&format!("GarminSync ran at \"{cron}\"{off}; the same here: garminsync schedule '{cron}'{days}"));
    }

    pub(super) fn sports_sync(&mut self, database: Option<&Path>, fit: &Path, only: Option<&[&str]>) -> Outcome {
        let known = database.map_or_else(|| Ok(SportsSync::default()), SportsSync::read).unwrap_or_else(|error| {
            let database = database.unwrap_or(fit);
            self.refuse(&database.display().to_string(), &error.to_string());
            SportsSync::default()
        });
        for (folder, platform) in FOLDERS {
            let folder = fit.join(folder);
            if only.is_some_and(|only| !only.contains(&platform)) || !folder.is_dir() {
                continue;
            }
            let mut skipped = Skipped::default();
            for (name, path) in walk::files(&folder, &[], &mut skipped).map_err(failure)? {
                if self.is_over() {
                    return Ok(());
                }
                match id_of(&name) {
                    // Our own archive may stand in the same folder.
                    _ if name.starts_with("activity_") => {}
                    _ if !is_track(&name) => skip(&mut skipped, &name),
                    Some(id) => self.offer(&path, known.told(platform, id), ending(&name) == "zip")?,
                    None => self.refuse(&path.display().to_string(), "its name holds no id of an activity"),
                }
            }
            self.tell_skipped(&folder, &skipped, |_| true);
        }
        Ok(())
    }

    /// Tells what was left out below a path: a line for each kind that matters, the paths for somebody who wants to know
    /// more.
    pub(super) fn tell_skipped(&self, root: &Path, skipped: &Skipped, matters: impl Fn(Skip) -> bool) {
        for notice in skipped.notices() {
            let line = format!("{}: {}", root.display(), notice.text);
            if notice.matters && matters(notice.skip) {
                self.run.talk.warning(&line);
            } else {
                self.run.talk.note(&line);
            }
            for detail in &notice.details {
                self.run.talk.detail(&format!("{}: {}", root.display(), printable(detail)));
            }
        }
    }

    /// Reads a file and takes it.
    fn offer(&mut self, path: &Path, told: Told, is_as_given: bool) -> Outcome {
        let shown = path.display().to_string();
        match walk::file(path) {
            Ok(bytes) => self.take(Offered { told, shown, bytes, is_as_given }),
            Err(why) => {
                self.refuse(&shown, &why);
                Ok(())
            }
        }
    }

    pub(super) fn files(&mut self, root: &Path, platform: &'static str) -> Outcome {
        if !root.is_dir()
            && let Some(id) = id_of(&last_of(&root.to_string_lossy()))
        {
            return self.offer(root, Told::nothing(platform, id), false);
        }
        let except = Import::own_folders(self.run);
        let (mut nameless, mut skipped) = (Vec::new(), Skipped::default());
        let mut want = |path: &str| match (is_track(path), id_of(&last_of(path))) {
            (true, Some(_)) => Want::Whole,
            (true, None) if ending(path) == "zip" => Want::Open,
            _ => Want::Nothing,
        };
        let shown = |path: &str| format!("{}/{path}", root.display());
        ended(walk::search(root, &except, &mut want, &mut |met| {
            if self.is_over() {
                return Err(Ended::Over);
            }
            match met {
                Met::File(place, bytes) => {
                    let name = last_of(&place.shown);
                    let Some(id) = id_of(&name) else { return Ok(()) };
                    let (told, shown) = (Told::nothing(platform, id), shown(&place.shown));
                    self.take(Offered { told, shown, bytes, is_as_given: false })?;
                }
                Met::Skipped(Skip::OtherFormat | Skip::Other, path) if is_track(&path) => nameless.push(path),
                Met::Skipped(skip, path) => skipped.add(skip, &path),
                Met::Bad(path, why) => self.refuse(&shown(&path), &why),
                Met::Unreadable(_, error) => self.unreadable(&error),
            }
            Ok(())
        }))?;
        for path in nameless {
            self.refuse(&shown(&path), "its name holds no id of an activity");
        }
        self.tell_skipped(root, &skipped, |_| true);
        Ok(())
    }
}

/// Whether a file may hold an activity, by its name; packed by gzip or not.
fn is_track(name: &str) -> bool {
    TRACKS.contains(&ending(plain(name)).as_str()) && !(plain(name) != name && ending(plain(name)) == "zip")
}

/// Counts a file that holds no activity, unless it is a database of the tools, or what SQLite keeps beside one.
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

/// The name at the end of a path, also of one in a zip file that was made on Windows.
fn last_of(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
}

fn failure(error: walk::Error) -> Failure {
    error.into()
}
