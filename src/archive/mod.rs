//! The archive: `fit/<platform>/activity_{id}_{start}.fit` below the data folder.
//!
//! A response becomes a file only after it was checked completely: [`unpack`] finds the files in the body, and
//! [`Archive::store`] writes each atomically.

mod former;
mod names;
mod replaced;
mod store;
mod unpack;

use std::path::PathBuf;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::activity::{Activity, Format, Origin};
use crate::fit::Fit;
use crate::hex;

pub use names::NamedFile;
pub use store::{Archive, Error, Lock, Purpose, Stored};
pub use unpack::{BadBody, unpack};

/// The longest folder name, in bytes. File systems allow 255 or fewer, and the name of the lock file contains it.
const MAX_FOLDER_NAME: usize = 100;

/// A file that was found whole.
#[derive(Debug, Clone)]
pub struct CheckedFile {
    /// Its format.
    pub format: Format,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// The contents of a FIT file.
    pub fit: Option<Fit>,
}

/// The path of a file of `activity`, below the data folder.
///
/// The name contains only the id and the start: no name that a person or a service chose, which could be a path. A converted
/// file has another name than an original.
pub fn path_for(activity: &Activity, part: u32, format: Format, origin: Origin) -> PathBuf {
    let part = if part == 0 { String::new() } else { format!("_{}", part + 1) };
    let mark = if origin == Origin::Converted { "_export" } else { "" };
    named(activity, &format!("{part}{mark}.{format}"))
}

/// The path of an original that its service has only corrupt. No other file has such a name.
pub fn corrupt_path_for(activity: &Activity, ending: &str) -> PathBuf {
    named(activity, &format!("_corrupt.{ending}"))
}

fn named(activity: &Activity, end: &str) -> PathBuf {
    let start = activity.start_time.map_or("unknown".into(), |time: Timestamp| time.to_string().replace(':', "-"));
    let name = format!("activity_{}_{start}{end}", safe(&activity.id));
    PathBuf::from("fit").join(folder_name(&activity.platform)).join(name)
}

/// The folder of a platform in the archive; every platform has its own.
///
/// The name of a platform may be a path (`folder:/a/b`). Then its readable part is followed by a few digits of its hash, so
/// that it differs from `folder:/a_b`.
fn folder_name(platform: &str) -> String {
    let plain = safe(platform);
    if plain == platform && plain.len() <= MAX_FOLDER_NAME {
        return plain.replace('-', "_");
    }
    let hash = hex::encode(&Sha256::digest(platform)[..4]);
    format!("{}_{hash}", plain.chars().take(MAX_FOLDER_NAME).collect::<String>().replace('-', "_"))
}

fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_contains_only_id_and_start() {
        let activity = Activity {
            platform: "garmin-com".into(),
            id: "21482825013".into(),
            name: Some("../../etc".into()),
            start_time: Some("2026-01-08T14:10:21Z".parse().unwrap()),
            ..Activity::default()
        };
        let shown = |part, format, origin| path_for(&activity, part, format, origin).display().to_string();
        assert_eq!(
            shown(0, Format::Fit, Origin::Original),
            "fit/garmin_com/activity_21482825013_2026-01-08T14-10-21Z.fit"
        );
        assert_eq!(
            shown(1, Format::Fit, Origin::Original),
            "fit/garmin_com/activity_21482825013_2026-01-08T14-10-21Z_2.fit"
        );
        assert_eq!(
            shown(0, Format::Tcx, Origin::Converted),
            "fit/garmin_com/activity_21482825013_2026-01-08T14-10-21Z_export.tcx"
        );
        let corrupt = corrupt_path_for(&activity, "zip").display().to_string();
        assert_eq!(corrupt, "fit/garmin_com/activity_21482825013_2026-01-08T14-10-21Z_corrupt.zip");
        let evil = Activity { platform: "../x".into(), id: "../../y".into(), ..Activity::default() };
        let path = path_for(&evil, 0, Format::Gpx, Origin::Original).display().to_string();
        assert!(path.starts_with("fit/___x_") && path.ends_with("/activity_______y_unknown.gpx"), "{path}");
    }

    #[test]
    fn no_two_platforms_share_a_folder() {
        assert_eq!(folder_name("garmin-com"), "garmin_com");
        let long = format!("folder:/mnt/{}", "é".repeat(300));
        let shelves =
            ["garmin_com", "folder:/a/b", "folder:/a_b", "folder:/a-b", &long, &format!("{long}x")].map(folder_name);
        let different: std::collections::BTreeSet<_> = shelves.iter().collect();
        assert_eq!(different.len(), shelves.len(), "{shelves:?}");
        assert!(shelves.iter().all(|name| name.len() < 120 && !name.contains('/')), "{shelves:?}");
    }
}
