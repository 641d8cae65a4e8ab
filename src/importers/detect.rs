//! Finds out what a path is, by looking.

use std::fs::File;
use std::path::{Path, PathBuf};

use zip::ZipArchive;

use super::database::{self, Database};
use super::{FOLDERS, id_of, is_list};
use crate::i18n;
use crate::walk::{self, FileFilter, SearchEntry, Skipped, extension, without_gz};

/// The supported sources, for messages.
pub const KNOWN: &str = "supported: GarminSync's garmin.db or its data folder, Sports Sync X's folder or its \
    db/sports_sync.sqlite, Garmin's account export (the zip, or the folder with DI_CONNECT), and folders, zip files and \
    files named with ids such as 123.zip, 123_ACTIVITY.fit or activity_123.fit";

/// The most entries of a zip that are read.
const ENTRIES: usize = 200_000;

/// What a path is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetectedSource {
    /// GarminSync's database, and the folder of its files.
    GarminSync {
        /// The database.
        database: PathBuf,
        /// The folder of its files.
        folder: PathBuf,
    },
    /// Sports Sync X's folder, and its database if it is there.
    SportsSync {
        /// The database.
        database: Option<PathBuf>,
        /// The folder with `garmin_com`, `garmin_cn` and `coros`, if it is there.
        fit: PathBuf,
    },
    /// Garmin's account export.
    GarminExport(PathBuf),
    /// A folder or a zip of files whose names have ids, or one such file.
    Files(PathBuf),
}

/// Detects the type of `path`, an absolute path, or says why it is unknown. Folders in `except` are not searched.
pub fn detect(path: &Path, except: &[PathBuf]) -> Result<DetectedSource, String> {
    let meta = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if meta.is_dir() {
        return folder(path, except);
    }
    if database::is_database(path) {
        return of_database(path)?.ok_or_else(|| "database of another program".to_owned());
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_track = ["fit", "tcx", "gpx", "zip"].contains(&extension(without_gz(&name)).as_str());
    if is_track && id_of(&name).is_some() {
        return Ok(DetectedSource::Files(path.to_owned()));
    }
    if extension(&name) != "zip" {
        return Err("unsupported file".into());
    }
    let names = names_in(path)?;
    if names.iter().any(|name| is_list(name)) {
        return Ok(DetectedSource::GarminExport(path.to_owned()));
    }
    if name.starts_with("UploadedFiles_") || names.iter().any(|name| name.contains("DI-Connect-Uploaded-Files")) {
        return Err(
            "this is a part of Garmin's account export without the list of activities; name the whole export".into()
        );
    }
    files(path, except)
}

fn folder(path: &Path, except: &[PathBuf]) -> Result<DetectedSource, String> {
    for folder in [path.to_owned(), path.join("data"), path.join("db")] {
        for (name, file) in walk::files(&folder, &[], &mut Skipped::default()).unwrap_or_default() {
            let may_be = ["db", "sqlite", "sqlite3"].contains(&extension(&name).as_str());
            if !may_be || !database::is_database(&file) {
                continue;
            }
            match of_database(&file) {
                Ok(Some(found)) => return Ok(found),
                Err(why) if ["garmin.db", "sports_sync.sqlite"].contains(&name.as_str()) => {
                    return Err(format!(
                        "{name}: {why}; move it to another folder, or import this folder with --platform"
                    ));
                }
                Ok(None) | Err(_) => {}
            }
        }
    }
    // The files may remain after the database was deleted.
    for fit in [path.join("fit"), path.to_owned()] {
        if FOLDERS.iter().any(|name| holds_theirs(&fit.join(name))) {
            return Ok(DetectedSource::SportsSync { database: None, fit });
        }
    }
    let several = [path.join("fit"), path.to_owned()];
    if several.iter().any(|fit| FOLDERS.iter().any(|name| fit.join(name).is_dir())) {
        return Err("the folder has a subfolder for each platform; name one of them, with --platform".into());
    }
    let is_named = |name: &str| path.file_name().is_some_and(|own| own == name);
    if is_named("DI-Connect-Fitness") {
        return Ok(DetectedSource::GarminExport(path.parent().unwrap_or(path).to_owned()));
    }
    if is_named("DI_CONNECT") || ["DI_CONNECT", "DI-Connect-Fitness"].iter().any(|name| path.join(name).is_dir()) {
        return Ok(DetectedSource::GarminExport(path.to_owned()));
    }
    files(path, except)
}

/// Whether a folder has files with the names of Sports Sync X. Our own archive has folders of the same names.
fn holds_theirs(folder: &Path) -> bool {
    let files = walk::files(folder, &[], &mut Skipped::default()).unwrap_or_default();
    files.iter().any(|(name, _)| !name.starts_with("activity_") && id_of(name).is_some())
}

/// The tool to which a database belongs, if it is supported.
fn of_database(path: &Path) -> Result<Option<DetectedSource>, String> {
    let database = Database::open(path).map_err(|error| error.to_string())?;
    let has = |table: &str, names: &[&str]| {
        let columns = database.columns(table).map_err(|error| error.to_string())?;
        Ok::<_, String>(names.iter().all(|name| columns.contains(*name)))
    };
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    if has("activities", &["activity_id", "filename", "downloaded"])? {
        return Ok(Some(DetectedSource::GarminSync { database: path.to_owned(), folder }));
    }
    if has("activity", &["activity_id", "platform", "is_sync"])? {
        // It is in `db`, next to `fit`, unless somebody moved it.
        let beside = folder.join("fit");
        let fit = if beside.is_dir() { beside } else { folder.parent().unwrap_or(&folder).join("fit") };
        return Ok(Some(DetectedSource::SportsSync { database: Some(path.to_owned()), fit }));
    }
    Ok(None)
}

/// A folder or zip with at least one file that is named with an id.
fn files(path: &Path, except: &[PathBuf]) -> Result<DetectedSource, String> {
    let (mut is_known, mut nameless, mut skipped) = (false, 0_u64, Skipped::default());
    let mut look = |name: &str| {
        let has_id = id_of(name.rsplit(['/', '\\']).next().unwrap_or(name)).is_some();
        match extension(name).as_str() {
            "fit" | "tcx" | "gpx" => {
                is_known |= has_id;
                nameless += u64::from(!has_id);
            }
            "zip" if has_id => is_known = true,
            "zip" if !is_known => return FileFilter::SearchZip,
            _ => {}
        }
        FileFilter::Skip
    };
    let is_track = |path: &str| ["fit", "tcx", "gpx"].contains(&extension(without_gz(path)).as_str());
    let mut met = |met| {
        if let SearchEntry::Skipped(skip, path) = met
            && !is_track(&path)
        {
            skipped.add(skip, &path);
        }
        Ok(())
    };
    walk::search::<walk::Error>(path, except, &mut look, &mut met).map_err(|error| error.to_string())?;
    if is_known { Ok(DetectedSource::Files(path.to_owned())) } else { Err(unknown(nameless, &skipped)) }
}

/// Why a folder or zip is unknown, with what it contains.
fn unknown(nameless: u64, skipped: &Skipped) -> String {
    let tracks = (nameless > 0).then(|| {
        let files = "FIT, TCX or GPX file without an id in its name";
        let files = i18n::counted(nameless, files, "FIT, TCX or GPX files without ids in their names");
        format!("{files} (FIT files can be a platform of their own: folder:PATH)")
    });
    let others = skipped.notices().into_iter().filter(|notice| notice.matters).map(|notice| notice.text);
    let all: Vec<String> = tracks.into_iter().chain(others).collect();
    let all = if all.is_empty() { String::new() } else { format!(": {}", all.join(", ")) };
    format!("no supported file found{all}")
}

fn names_in(path: &Path) -> Result<Vec<String>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("the zip cannot be read: {error}; check that it is complete");
    let zip = ZipArchive::new(File::open(path).map_err(|error| broken(&error))?).map_err(|error| broken(&error))?;
    Ok(zip.file_names().take(ENTRIES).filter_map(|name| name.ok().map(|name| name.into_owned())).collect())
}
