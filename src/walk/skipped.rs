//! The files and folders that a search skips, and the entries that a listing skips: one line and a count for each reason.

use std::collections::BTreeMap;

use super::{extension, without_gz};

/// System folders and files, in lower case: recycle bins, snapshots and caches of NAS devices and Windows, and the
/// results of file system checks.
const SYSTEM: [&str; 24] = [
    "#recycle",
    "#snapshot",
    "@eadir",
    "@tmp",
    "@sharebin",
    "@recycle",
    "@recently-snapshot",
    "$recycle.bin",
    "recycler",
    "recycled",
    "recycle.bin",
    "trashbox",
    "network trash folder",
    "temporary items",
    "system volume information",
    "lost+found",
    "lost.dir",
    "__macosx",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
    "indexervolumeguid",
    "wpsettings.dat",
    "iconcache.db",
];
/// Extensions of recordings in other formats, and of compressed files that are not opened.
const OTHER_FORMATS: [&str; 22] = [
    "gpx", "tcx", "kml", "kmz", "pwx", "hrm", "srm", "sml", "gz", "tgz", "tar", "bz2", "xz", "zst", "7z", "rar", "z",
    "lz", "lz4", "iso", "bak", "part",
];
/// The most extensions that a line names.
const NAMED: usize = 5;
/// The most paths that are listed below a line.
const PATHS: usize = 50;

/// Why a file, a folder or an entry of a listing is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// A symbolic link: it may lead anywhere, including a parent folder.
    Link,
    /// A subfolder, if only the files of the folder itself are read.
    Folder,
    /// A recording in another format, or a compressed file that is not opened.
    OtherFormat,
    /// A FIT file that is not an activity: settings, courses, daily step counts.
    NoActivity,
    /// Any other file.
    Other,
    /// A corrupt recording or zip.
    Corrupt,
    /// A recycle bin, or a system folder or file.
    System,
    /// A name that begins with a dot.
    Hidden,
    /// An activity on intervals.icu that came from Strava: its API gives neither its data nor its file.
    Strava,
    /// A further leg of a multisport activity, whose file is that of the first leg.
    Leg,
}

impl Skip {
    /// The name, which is stored to remember that this reason was reported.
    pub fn name(self) -> &'static str {
        match self {
            Skip::Link => "link",
            Skip::Folder => "folder",
            Skip::OtherFormat => "other-format",
            Skip::NoActivity => "no-activity",
            Skip::Other => "other",
            Skip::Corrupt => "corrupt",
            Skip::System => "system",
            Skip::Hidden => "hidden",
            Skip::Strava => "strava",
            Skip::Leg => "leg",
        }
    }

    /// Why a file with this name is skipped that the filter did not select.
    pub fn of(name: &str) -> Skip {
        if OTHER_FORMATS.contains(&extension(name).as_str())
            || OTHER_FORMATS.contains(&extension(without_gz(name)).as_str())
        {
            Skip::OtherFormat
        } else {
            Skip::Other
        }
    }

    /// Why a file or folder with this name is always skipped; `None` if it is not.
    pub(super) fn by_name(name: &str) -> Option<Skip> {
        let small = name.to_lowercase();
        // Windows' file system check creates folders named `found.000`.
        let is_found = small.strip_prefix("found.").is_some_and(|rest| rest.len() == 3 && rest.parse::<u16>().is_ok());
        match () {
            () if SYSTEM.contains(&small.as_str()) || is_found => Some(Skip::System),
            () if name.starts_with('.') => Some(if small.starts_with(".trash") { Skip::System } else { Skip::Hidden }),
            () => None,
        }
    }

    fn text(self, count: u64) -> &'static str {
        match (self, count) {
            (Skip::Link, 1) => "link not followed",
            (Skip::Link, _) => "links not followed",
            (Skip::Folder, 1) => "subfolder not searched",
            (Skip::Folder, _) => "subfolders not searched",
            (Skip::OtherFormat, 1) => "file in another format or compressed, not read",
            (Skip::OtherFormat, _) => "files in other formats or compressed, not read",
            (Skip::NoActivity, 1) => "FIT file without an activity",
            (Skip::NoActivity, _) => "FIT files without an activity",
            (Skip::Other, 1) => "other file not read",
            (Skip::Other, _) => "other files not read",
            (Skip::Corrupt, 1) => "corrupt file",
            (Skip::Corrupt, _) => "corrupt files",
            (Skip::System, 1) => "recycle bin or system folder skipped",
            (Skip::System, _) => "recycle bins or system folders skipped",
            (Skip::Hidden, 1) => "hidden file or folder skipped",
            (Skip::Hidden, _) => "hidden files or folders skipped",
            (Skip::Strava, 1) => "activity from Strava skipped: the service's API does not give it",
            (Skip::Strava, _) => "activities from Strava skipped: the service's API does not give them",
            (Skip::Leg, 1) => "further leg of a multisport activity skipped: its file is that of the first leg",
            (Skip::Leg, _) => "further legs of multisport activities skipped: their file is that of the first leg",
        }
    }
}

/// A message about a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The reason.
    pub skip: Skip,
    /// Identifies the message from one search to the next. It does not depend on the count.
    pub key: String,
    /// The message.
    pub text: String,
    /// The paths.
    pub details: Vec<String>,
    /// Whether a person should see it: `false` for hidden files.
    pub matters: bool,
}

/// Counts what a search skips.
#[derive(Debug, Clone, Default)]
pub struct Skipped {
    by_reason: BTreeMap<Skip, Count>,
}

#[derive(Debug, Clone, Default)]
struct Count {
    number: u64,
    extensions: BTreeMap<String, u64>,
    paths: Vec<String>,
}

impl Skipped {
    /// Counts a file or folder.
    pub fn add(&mut self, skip: Skip, path: &str) {
        let count = self.by_reason.entry(skip).or_default();
        count.number += 1;
        if count.paths.len() < PATHS {
            count.paths.push(path.to_owned());
        }
        if matches!(skip, Skip::OtherFormat | Skip::Other) {
            let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
            *count.extensions.entry(long_extension(name)).or_default() += 1;
        }
    }

    /// A message for each reason.
    pub fn notices(&self) -> Vec<Notice> {
        let notice = |(skip, count): (&Skip, &Count)| {
            let text = format!("{} {}{}", count.number, skip.text(count.number), count.extensions());
            let mut details = count.paths.clone();
            if count.number > PATHS as u64 {
                details.push(format!("and {} more", count.number - PATHS as u64));
            }
            Notice {
                skip: *skip,
                key: skip.name().to_owned(),
                text,
                details,
                matters: !matches!(skip, Skip::Hidden | Skip::Leg),
            }
        };
        self.by_reason.iter().map(notice).collect()
    }
}

impl Count {
    /// ` (.gpx 12, .tcx 3)`, the most frequent first.
    fn extensions(&self) -> String {
        let mut all: Vec<(&String, &u64)> = self.extensions.iter().collect();
        all.sort_by_key(|(extension, count)| (std::cmp::Reverse(**count), *extension));
        if all.is_empty() {
            return String::new();
        }
        let more = if all.len() > NAMED { ", …" } else { "" };
        let named: Vec<String> =
            all.iter().take(NAMED).map(|(extension, count)| format!("{extension} {count}")).collect();
        format!(" ({}{more})", named.join(", "))
    }
}

/// The extension, such as `.fit.bz2` or `.txt`. A compressed file has two parts.
fn long_extension(name: &str) -> String {
    let last = extension(name);
    let is_short = |extension: &str| !extension.is_empty() && extension.len() <= 8;
    if !is_short(&last) {
        return "without an extension".to_owned();
    }
    let below = extension(&name[..name.len() - last.len() - 1]);
    if OTHER_FORMATS.contains(&last.as_str())
        && is_short(&below)
        && below.bytes().all(|byte| byte.is_ascii_alphabetic())
    {
        return format!(".{below}.{last}");
    }
    format!(".{last}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_files_are_recognized_by_their_names() {
        for name in [
            "#recycle",
            "#Recycle",
            "@Recycle",
            "@Recently-Snapshot",
            "#snapshot",
            "@eaDir",
            "$RECYCLE.BIN",
            "$Recycle.Bin",
            "RECYCLER",
            "System Volume Information",
            ".Trash-1000",
            ".Trashes",
            "lost+found",
            "LOST.DIR",
            "__MACOSX",
            "Thumbs.db",
            "desktop.ini",
            "FOUND.000",
            "found.017",
        ] {
            assert_eq!(Skip::by_name(name), Some(Skip::System), "{name}");
        }
        for name in [".git", "._run.fit", ".stversions"] {
            assert_eq!(Skip::by_name(name), Some(Skip::Hidden), "{name}");
        }
        for name in ["recycle", "Trash", "found", "found.fit", "snapshot", "2026", "#1", "@home", "Garmin"] {
            assert_eq!(Skip::by_name(name), None, "{name}");
        }
    }

    #[test]
    fn each_skip_reason_has_a_count_and_its_most_frequent_extensions() {
        let mut skipped = Skipped::default();
        for path in ["a/1.gpx", "a/2.gpx", "b/x.fit.bz2", "c.tar.gz"] {
            skipped.add(Skip::of(path), path);
        }
        for path in ["readme.txt", "LICENSE", "x.jpg", "dir.name/no-ending", "y.JPG"] {
            skipped.add(Skip::of(path), path);
        }
        skipped.add(Skip::Link, "linked");
        let texts: Vec<String> = skipped.notices().into_iter().map(|notice| notice.text).collect();
        let expected = [
            "1 link not followed",
            "4 files in other formats or compressed, not read (.gpx 2, .fit.bz2 1, .tar.gz 1)",
            "5 other files not read (.jpg 2, without an extension 2, .txt 1)",
        ];
        assert_eq!(texts, expected);
        for number in 0..60 {
            skipped.add(Skip::Link, &number.to_string());
        }
        let link = &skipped.notices()[0];
        assert_eq!((link.text.as_str(), link.details.len()), ("61 links not followed", PATHS + 1));
        assert_eq!(link.details.last().map(String::as_str), Some("and 11 more"));
    }
}
