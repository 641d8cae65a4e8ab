//! A folder as a platform: `folder:PATH`, where PATH is a mounted watch, an exported archive, or a zip of one.
//!
//! A folder has no login and needs no network. An activity is a complete FIT file, identified by its bytes: a copy
//! elsewhere in the folder, or a gzip file of it, is the same activity; a changed file is a different one. `walk` finds
//! the files, `entry` reads them, `write` adds one. Files are never deleted here.

mod entry;
mod write;

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use super::local_path::path_in;
use super::{
    Context, Download, Error, Identity, ListEnd, ListedActivity, Page, PlatformKind, PlatformReader, PlatformSpec,
    PlatformWriter, Result, UploadFile, UploadRef, UploadStatus, Window,
};
use crate::activity::{Activity, Format, printable};
use crate::clock::Moment;
use crate::fit::{self, Fit};
use crate::walk::{self, Location, Notice, SearchEntry, Skip, Skipped, ZipCache};

/// The platform that `folder:PATH` names; `None` if `name` is not of that form.
pub fn spec(name: &str) -> Option<PlatformSpec> {
    let path = path_in(name, "folder")?;
    Some(PlatformSpec {
        id: format!("folder:{path}").into(),
        title: "A folder or zip of FIT files",
        native_manufacturer: None,
        upload_formats: &[Format::Fit],
        rejected_sports: &[],
        allows_duplicates: true,
        can_delete: false,
        kind: PlatformKind::Folder(path.into()),
    })
}

/// A folder, or a zip file.
pub(super) struct Folder {
    root: PathBuf,
    context: Context,
    /// The files of the last scan; `None` before the first.
    index: RefCell<Option<Index>>,
    zip_cache: RefCell<ZipCache>,
}

/// The location of each activity.
struct Index {
    locations: HashMap<String, Location>,
    /// Why a part of the folder could not be read: a missing activity may be there.
    unreadable: Option<String>,
}

/// The result of a scan of the whole folder.
#[derive(Default)]
struct Scan {
    /// The activities, newest first.
    activities: Vec<ListedActivity>,
    /// Why files and folders could not be read.
    unreadable: Vec<String>,
    /// Corrupt files.
    corrupt: Vec<Notice>,
    /// Files that are not activities.
    skipped: Skipped,
}

impl Folder {
    /// The folder, or the zip file, at this path.
    pub fn new(root: PathBuf, context: Context) -> Folder {
        Folder { root, context, index: RefCell::default(), zip_cache: RefCell::default() }
    }

    /// Reads all files.
    fn scan(&self) -> Result<Scan> {
        let mut locations = HashMap::new();
        let mut scan = Scan::default();
        walk::search(&self.root, &self.data_folder(), &mut walk::fit_filter, &mut |found| {
            match found {
                // One unreadable folder does not stop the scan of the others.
                SearchEntry::Unreadable(_, error) => scan.unreadable.push(error.to_string()),
                SearchEntry::Corrupt(shown, why) => scan.add_corrupt(&shown, &why),
                SearchEntry::Skipped(skip, shown) => scan.skipped.add(skip, &shown),
                SearchEntry::File(location, bytes) => match fit::scan(&bytes) {
                    Err(corrupt) => scan.add_corrupt(&location.shown, &corrupt.to_string()),
                    Ok(fit) if is_activity(&fit) => {
                        let listed = entry::listed(&self.context.platform, &location.shown, &bytes, &fit);
                        // A second copy of the same bytes is the same activity.
                        if !locations.contains_key(&listed.activity.id) {
                            locations.insert(listed.activity.id.clone(), location);
                            scan.activities.push(listed);
                        }
                    }
                    // A watch also holds settings, workouts and daily steps.
                    Ok(_) => scan.skipped.add(Skip::NoActivity, &location.shown),
                },
            }
            Ok::<_, Error>(())
        })?;
        scan.activities.sort_by_cached_key(|listed| (Reverse(listed.activity.start_time), listed.activity.id.clone()));
        self.index.replace(Some(Index { locations, unreadable: scan.unreadable.first().cloned() }));
        self.zip_cache.borrow_mut().close();
        Ok(scan)
    }

    /// The data folder, which a scan skips if it is inside this folder: files of the archive are not activities of this
    /// folder.
    fn data_folder(&self) -> Vec<PathBuf> {
        let data = self.context.tokens.parent();
        data.and_then(|data| data.canonicalize().ok()).into_iter().collect()
    }

    /// The bytes of an activity; `None` if it does not exist. If files were moved since the last scan, it scans again.
    ///
    /// # Errors
    /// The activity was not found, and a part of the folder cannot be read.
    fn bytes(&self, id: &str) -> Result<Option<Vec<u8>>> {
        if self.index.borrow().is_none() {
            self.scan()?;
        }
        let read = || {
            let location = self.index.borrow().as_ref().and_then(|index| index.locations.get(id).cloned())?;
            Some(self.zip_cache.borrow_mut().read(&location).filter(|bytes| entry::id_of(bytes) == id))
        };
        let mut found = read();
        // The file was moved, changed or deleted.
        if found == Some(None) {
            self.scan()?;
            found = read();
        }
        let unreadable = self.index.borrow().as_ref().and_then(|index| index.unreadable.clone());
        match (found.flatten(), unreadable) {
            (None, Some(why)) => {
                Err(Error::retry_item(format!("not found, and a part of the folder is unreadable: {why}")))
            }
            (found, _) => Ok(found),
        }
    }
}

impl Scan {
    fn add_corrupt(&mut self, shown: &str, why: &str) {
        let text = format!("{}: {why}; file skipped", printable(shown));
        let key = format!("{} {shown}", Skip::Corrupt.name());
        self.corrupt.push(Notice { skip: Skip::Corrupt, key, text, details: Vec::new(), matters: true });
    }
}

fn is_activity(fit: &Fit) -> bool {
    fit.kind() == fit::FileKind::Activity
}

fn is_in(window: &Window, activity: &Activity) -> bool {
    activity.start_time.is_none_or(|start| window.contains(start))
}

impl PlatformReader for Folder {
    /// Lists all activities on one page. An old file that was just copied in is far below the newest ones: a listing
    /// that stops at the first page without new activities would miss it on a later page. The scan has read all files
    /// anyway.
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        let Scan { mut activities, unreadable, corrupt, skipped } = self.scan()?;
        (self.context.skipped)(&corrupt.into_iter().chain(skipped.notices()).collect::<Vec<_>>());
        activities.retain(|listed| is_in(window, &listed.activity));
        let outlines = activities.iter().filter_map(|listed| listed.activity.outline()).collect();
        if activities.is_empty() && unreadable.is_empty() {
            return Ok(ListEnd::Complete);
        }
        Ok(match each_page(Page { activities, outlines, unreadable, ..Page::default() })? {
            ControlFlow::Continue(()) => ListEnd::Complete,
            ControlFlow::Break(()) => ListEnd::Stopped,
        })
    }

    fn count(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    fn exists(&self, activity: &Activity) -> Result<Option<bool>> {
        Ok(Some(self.bytes(&activity.id)?.is_some()))
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        let not_found = || Error::NotFound(format!("file not found in {}: deleted or changed", self.root.display()));
        match self.bytes(&activity.id) {
            // A record may name any path. A wrong path fails that record and not the run.
            Err(Error::Input(why)) => Err(Error::Rejected(why)),
            bytes => bytes?.map(Download::Original).ok_or_else(not_found),
        }
    }

    fn identify(&self, _fresh: bool) -> Result<Option<Identity>> {
        Ok(None)
    }
}

impl PlatformWriter for Folder {
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus> {
        let rejected = |why: &str| Err(Error::Rejected(format!("not written to the folder: {why}")));
        match fit::scan(file.bytes) {
            _ if file.format != Format::Fit => return rejected("not a FIT file"),
            Err(corrupt) => return rejected(&corrupt.to_string()),
            Ok(fit) if !is_activity(&fit) => return rejected("a FIT file without an activity"),
            Ok(_) => {}
        }
        let id = entry::id_of(file.bytes);
        if self.bytes(&id)?.is_some() {
            return Ok(UploadStatus::Exists(Some(id)));
        }
        let path = write::write_file(&self.root, &id, file.start_time, file.bytes)?;
        if let Some(index) = self.index.borrow_mut().as_mut() {
            index.locations.insert(id.clone(), Location::on_disk(&self.root, path));
        }
        Ok(UploadStatus::Created(Some(id)))
    }

    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>> {
        self.scan()?;
        let status = |upload: &UploadRef| {
            let Some(file) = upload.file else { return Ok(UploadStatus::Unknown) };
            let id = entry::id_of(file.bytes);
            Ok(if self.bytes(&id)?.is_some() { UploadStatus::Created(Some(id)) } else { UploadStatus::Unknown })
        };
        Ok(sent.iter().map(status).collect())
    }

    fn delete(&self, _activity: &Activity, _not_after: Option<Moment>) -> Result<()> {
        Err(Error::Rejected("garminsync never deletes files in a folder; delete it by hand".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_spelling_of_a_folder_gives_the_same_id() {
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
