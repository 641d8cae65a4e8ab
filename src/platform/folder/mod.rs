//! A folder as a platform: `folder:PATH`, where PATH is a mounted watch, an exported archive, or a zip of one.
//!
//! Nobody logs in to it and no request is made. An entry is a whole FIT file of an activity, known by its bytes: a copy
//! somewhere else in the folder, or one that is packed by gzip, is the same entry, a changed file another one. The walk room finds, `summary` reads what a file
//! says of itself, `put` writes. Files are never deleted here.

mod entry;
mod write;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::{Component, PathBuf};

use super::{
    Context, Download, Ending, Error, Identity, Listed, More, Outgoing, Page, PlatformKind, PlatformReader,
    PlatformSpec, PlatformWriter, Result, Sent, Uploaded, Window,
};
use crate::activity::{Activity, printable};
use crate::clock::Moment;
use crate::fit::{self, Fit};
use crate::walk::{self, Met, Notice, Place, Shelf, Skip, Skipped};

/// The format that a folder takes: what it holds are FIT files.
const FORMATS: &[&str] = &["fit"];

/// The platform that `folder:PATH` names; `None` if `name` is not of that form.
///
/// Its own name has the absolute path, so that records and the catalogue mean the same folder wherever a command is run:
/// relative paths are taken from the current folder, `~/` from the home folder, and `.` and `..` are resolved by their
/// names alone, as the folder may not be mounted now.
pub fn spec(name: &str) -> Option<PlatformSpec> {
    let (prefix, path) = name.split_once(':')?;
    if !prefix.eq_ignore_ascii_case("folder") || path.trim().is_empty() || path.chars().any(char::is_control) {
        return None;
    }
    let path = absolute(path)?;
    Some(PlatformSpec {
        id: format!("folder:{path}").into(),
        title: "A folder or zip of FIT files",
        native_manufacturer: None,
        upload_formats: FORMATS,
        rejected_sports: &[],
        allows_duplicates: true,
        can_delete: false,
        kind: PlatformKind::Folder(path.into()),
    })
}

fn absolute(path: &str) -> Option<String> {
    let path = match path.strip_prefix("~/") {
        Some(rest) => std::env::home_dir()?.join(rest),
        None => PathBuf::from(path),
    };
    let mut plain = PathBuf::new();
    for part in std::path::absolute(path).ok()?.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain.into_os_string().into_string().ok()
}

/// A folder, or a zip file.
pub struct Folder {
    root: PathBuf,
    context: Context,
    /// What stood there when it was last looked at; nothing before that.
    index: RefCell<Option<Index>>,
    shelf: RefCell<Shelf>,
}

/// Where each entry stood.
struct Index {
    places: HashMap<String, Place>,
    /// Why a part of the folder could not be read: what is not found may stand there.
    unreadable: Option<String>,
}

/// What a look at everything has found.
#[derive(Default)]
struct Look {
    /// The entries, newest first.
    entries: Vec<Listed>,
    /// Files and folders that could not be read, in words.
    unreadable: Vec<String>,
    /// Files that are broken.
    broken: Vec<Notice>,
    /// What else is no entry.
    skipped: Skipped,
}

impl Folder {
    /// The folder, or the zip file, at this path.
    pub fn new(root: PathBuf, context: Context) -> Folder {
        Folder { root, context, index: RefCell::default(), shelf: RefCell::default() }
    }

    /// Looks through everything.
    fn look(&self) -> Result<Look> {
        let mut places = HashMap::new();
        let mut look = Look::default();
        walk::search(&self.root, &self.own(), &mut walk::fits, &mut |met| {
            match met {
                // One folder without the right to read it is no reason to leave the others alone.
                Met::Unreadable(_, error) => look.unreadable.push(error.to_string()),
                Met::Bad(shown, why) => look.is_broken(&shown, &why),
                Met::Skipped(skip, shown) => look.skipped.add(skip, &shown),
                Met::File(place, bytes) => match fit::scan(&bytes) {
                    Err(broken) => look.is_broken(&place.shown, &broken.to_string()),
                    Ok(fit) if is_activity(&fit) => {
                        let listed = entry::listed(&self.context.platform, &place.shown, &bytes, &fit);
                        // The same bytes at a second place are no second entry.
                        if !places.contains_key(&listed.activity.id) {
                            places.insert(listed.activity.id.clone(), place);
                            look.entries.push(listed);
                        }
                    }
                    // Settings, workouts, a day's steps: a watch is full of them.
                    Ok(_) => look.skipped.add(Skip::NoActivity, &place.shown),
                },
            }
            Ok::<_, Error>(())
        })?;
        look.entries.sort_by_cached_key(|listed| (Reverse(listed.activity.start_time), listed.activity.id.clone()));
        self.index.replace(Some(Index { places, unreadable: look.unreadable.first().cloned() }));
        self.shelf.borrow_mut().close();
        Ok(look)
    }

    /// The data folder, should it lie within: what the archive holds is no activity of this folder.
    fn own(&self) -> Vec<PathBuf> {
        let data = self.context.tokens.parent();
        data.and_then(|data| data.canonicalize().ok()).into_iter().collect()
    }

    /// The bytes of an entry, if it is there. Files may have been moved since they were looked at: then it looks again.
    ///
    /// # Errors
    /// It was not found, and a part of the folder cannot be read.
    fn bytes(&self, id: &str) -> Result<Option<Vec<u8>>> {
        if self.index.borrow().is_none() {
            self.look()?;
        }
        let read = || {
            let place = self.index.borrow().as_ref().and_then(|index| index.places.get(id).cloned())?;
            Some(self.shelf.borrow_mut().read(&place).filter(|bytes| entry::id_of(bytes) == id))
        };
        let mut found = read();
        // Where it was stands something else, or nothing.
        if found == Some(None) {
            self.look()?;
            found = read();
        }
        let unreadable = self.index.borrow().as_ref().and_then(|index| index.unreadable.clone());
        match (found.flatten(), unreadable) {
            (None, Some(why)) => Err(Error::Later {
                message: format!("it may be in a part of the folder that cannot be read: {why}"),
                down: false,
            }),
            (found, _) => Ok(found),
        }
    }
}

impl Look {
    /// A file that should have been an activity or a zip is none.
    fn is_broken(&mut self, shown: &str, why: &str) {
        let text = format!("{}: {why}; it is passed over", printable(shown));
        self.broken.push(Notice { skip: Skip::Broken, key: text.clone(), text, details: Vec::new(), matters: true });
    }
}

fn is_activity(fit: &Fit) -> bool {
    fit.kind() == fit::Kind::Activity
}

fn is_in(window: &Window, activity: &Activity) -> bool {
    let Some(start) = activity.start_time else { return true };
    window.since.is_none_or(|since| start >= since) && window.until.is_none_or(|until| start < until)
}

impl PlatformReader for Folder {
    /// One page holds all. An old file that is copied in stands far below the newest; a listing that stops at the first
    /// page without news would miss it on a later page, and all files have been read by then anyway.
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<More>) -> Result<Ending> {
        let Look { entries: mut activities, unreadable, broken, skipped } = self.look()?;
        (self.context.skipped)(&broken.into_iter().chain(skipped.notices()).collect::<Vec<_>>());
        activities.retain(|listed| is_in(window, &listed.activity));
        let outlines = activities.iter().filter_map(|listed| listed.activity.outline()).collect();
        if activities.is_empty() && unreadable.is_empty() {
            return Ok(Ending::End);
        }
        Ok(match each_page(Page { activities, outlines, unreadable, ..Page::default() })? {
            More::Go => Ending::End,
            More::Stop => Ending::Stopped,
        })
    }

    fn count(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    fn exists(&self, activity: &Activity) -> Result<Option<bool>> {
        Ok(Some(self.bytes(&activity.id)?.is_some()))
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        let gone = || Error::Gone(format!("no file of these bytes is in {} any more", self.root.display()));
        match self.bytes(&activity.id) {
            // A record may name any path; a wrong one is that record's trouble and not the run's.
            Err(Error::Input(why)) => Err(Error::Refused(why)),
            bytes => bytes?.map(Download::Original).ok_or_else(gone),
        }
    }

    fn identify(&self, _fresh: bool) -> Result<Option<Identity>> {
        Ok(None)
    }
}

impl PlatformWriter for Folder {
    fn upload(&self, file: &Outgoing) -> Result<Uploaded> {
        let refused = |why: &str| Err(Error::Refused(format!("{why}, and would not be found in the folder again")));
        match fit::scan(file.bytes) {
            _ if file.format != FORMATS[0] => return refused("it is no FIT file"),
            Err(broken) => return refused(&broken.to_string()),
            Ok(fit) if !is_activity(&fit) => return refused("it is no FIT file of an activity"),
            Ok(_) => {}
        }
        let id = entry::id_of(file.bytes);
        if self.bytes(&id)?.is_some() {
            return Ok(Uploaded::AlreadyThere(Some(id)));
        }
        let path = write::put(&self.root, &id, file.start_time, file.bytes)?;
        if let Some(index) = self.index.borrow_mut().as_mut() {
            index.places.insert(id.clone(), Place::on_disk(&self.root, path));
        }
        Ok(Uploaded::Created(Some(id)))
    }

    fn upload_status(&self, sent: &[Sent]) -> Result<Vec<Result<Uploaded>>> {
        self.look()?;
        let answer = |one: &Sent| {
            let Some(file) = one.file else { return Ok(Uploaded::Unknown) };
            let id = entry::id_of(file.bytes);
            Ok(if self.bytes(&id)?.is_some() { Uploaded::Created(Some(id)) } else { Uploaded::Unknown })
        };
        Ok(sent.iter().map(answer).collect())
    }

    fn delete(&self, _activity: &Activity, _not_after: Option<Moment>) -> Result<()> {
        Err(Error::Refused("garminsync does not delete files in a folder; delete it there by hand".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_name_however_it_is_written() {
        let here = std::env::current_dir().unwrap().into_os_string().into_string().unwrap();
        let name = |text: &str| spec(text).map(|spec| spec.id.to_string());
        for same in [
            "folder:/mnt/my watch",
            "Folder:/mnt/./x/../my watch/",
            "folder://mnt//my watch",
            "folder:/../mnt/my watch",
        ] {
            assert_eq!(name(same).as_deref(), Some("folder:/mnt/my watch"), "{same}");
        }
        assert_eq!(name("folder:a/跑步"), Some(format!("folder:{here}/a/跑步")));
        assert_eq!(name("folder:."), Some(format!("folder:{here}")));
        assert_eq!(name("folder:/"), Some("folder:/".into()));
        for none in ["folder", "folder:", "folder: ", "folders:/x", "garmin-com", "folder:/a\nb"] {
            assert_eq!(name(none), None, "{none}");
        }
    }
}
