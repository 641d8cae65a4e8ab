//! What a search leaves out, and how that is told: one line for each kind, with a count.

use std::collections::BTreeMap;

use super::{ending, plain};

/// Folders and files that systems keep for themselves, in small letters: recycle bins, snapshots and caches of NAS
/// devices and Windows, and what a file system check has found.
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
/// Recordings of other formats, and packed files that are not opened.
const OTHER_FORMATS: [&str; 22] = [
    "gpx", "tcx", "kml", "kmz", "pwx", "hrm", "srm", "sml", "gz", "tgz", "tar", "bz2", "xz", "zst", "7z", "rar", "z",
    "lz", "lz4", "iso", "bak", "part",
];
/// So many endings are named in a line, and so many paths below it.
const NAMED: usize = 5;
const PATHS: usize = 50;

/// Why something is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Skip {
    /// A link; what it leads to may be anywhere, and may lead back here.
    Link,
    /// A folder below one of which only the files are looked at.
    Folder,
    /// A recording of another format, or a packed file that is not opened.
    OtherFormat,
    /// A FIT file that is no activity: settings, courses, a day's steps.
    NoActivity,
    /// Any other file.
    Other,
    /// A file that should be a recording or a zip, and is broken.
    Broken,
    /// A recycle bin, or what a system keeps for itself.
    System,
    /// A name that begins with a point.
    Hidden,
}

impl Skip {
    /// What a file is that nobody wanted, by its name.
    pub fn of(name: &str) -> Skip {
        if OTHER_FORMATS.contains(&ending(name).as_str()) || OTHER_FORMATS.contains(&ending(plain(name)).as_str()) {
            Skip::OtherFormat
        } else {
            Skip::Other
        }
    }

    /// Why a file or a folder of this name is never looked at, if so.
    pub(super) fn by_name(name: &str) -> Option<Skip> {
        let small = name.to_lowercase();
        // What Windows' check of a disk has found: `found.000`.
        let is_found = small.strip_prefix("found.").is_some_and(|rest| rest.len() == 3 && rest.parse::<u16>().is_ok());
        match () {
            () if SYSTEM.contains(&small.as_str()) || is_found => Some(Skip::System),
            () if name.starts_with('.') => Some(if small.starts_with(".trash") { Skip::System } else { Skip::Hidden }),
            () => None,
        }
    }

    fn words(self, count: u64) -> &'static str {
        match (self, count) {
            (Skip::Link, 1) => "link is not followed",
            (Skip::Link, _) => "links are not followed",
            (Skip::Folder, 1) => "folder in it is not searched",
            (Skip::Folder, _) => "folders in it are not searched",
            (Skip::OtherFormat, 1) => "file of another format or packed is not read",
            (Skip::OtherFormat, _) => "files of other formats or packed are not read",
            (Skip::NoActivity, 1) => "FIT file is no activity",
            (Skip::NoActivity, _) => "FIT files are no activities",
            (Skip::Other, 1) => "other file is not read",
            (Skip::Other, _) => "other files are not read",
            (Skip::Broken, 1) => "file is broken",
            (Skip::Broken, _) => "files are broken",
            (Skip::System, 1) => "recycle bin or system folder is skipped",
            (Skip::System, _) => "recycle bins or system folders are skipped",
            (Skip::Hidden, 1) => "hidden file or folder is skipped",
            (Skip::Hidden, _) => "hidden files or folders are skipped",
        }
    }
}

/// Something to be told of a search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Why it is left out.
    pub skip: Skip,
    /// The same for the same thing in every search, whatever the count is.
    pub key: String,
    /// The line.
    pub text: String,
    /// More about it.
    pub details: Vec<String>,
    /// Whether a person has to know; of what is hidden nobody has.
    pub matters: bool,
}

/// Counts what a search left out.
#[derive(Debug, Clone, Default)]
pub struct Skipped {
    kinds: BTreeMap<Skip, Kind>,
}

#[derive(Debug, Clone, Default)]
struct Kind {
    count: u64,
    endings: BTreeMap<String, u64>,
    paths: Vec<String>,
}

impl Skipped {
    /// One more.
    pub fn add(&mut self, skip: Skip, path: &str) {
        let kind = self.kinds.entry(skip).or_default();
        kind.count += 1;
        if kind.paths.len() < PATHS {
            kind.paths.push(path.to_owned());
        }
        if matches!(skip, Skip::OtherFormat | Skip::Other) {
            let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
            *kind.endings.entry(long_ending(name)).or_default() += 1;
        }
    }

    /// A line for each kind.
    pub fn notices(&self) -> Vec<Notice> {
        let notice = |(skip, kind): (&Skip, &Kind)| {
            let text = format!("{} {}{}", kind.count, skip.words(kind.count), kind.endings());
            let mut details = kind.paths.clone();
            if kind.count > PATHS as u64 {
                details.push(format!("and {} more", kind.count - PATHS as u64));
            }
            Notice { skip: *skip, key: format!("{skip:?}"), text, details, matters: *skip != Skip::Hidden }
        };
        self.kinds.iter().map(notice).collect()
    }
}

impl Kind {
    /// ` (.gpx 12, .tcx 3)`, the most frequent first.
    fn endings(&self) -> String {
        let mut all: Vec<(&String, &u64)> = self.endings.iter().collect();
        all.sort_by_key(|(ending, count)| (std::cmp::Reverse(**count), *ending));
        if all.is_empty() {
            return String::new();
        }
        let more = if all.len() > NAMED { ", …" } else { "" };
        let named: Vec<String> = all.iter().take(NAMED).map(|(ending, count)| format!("{ending} {count}")).collect();
        format!(" ({}{more})", named.join(", "))
    }
}

/// `.fit.bz2`, `.txt`; of a packed file the ending below counts, too.
fn long_ending(name: &str) -> String {
    let last = ending(name);
    let is_short = |ending: &str| !ending.is_empty() && ending.len() <= 8;
    if !is_short(&last) {
        return "without an ending".to_owned();
    }
    let below = ending(&name[..name.len() - last.len() - 1]);
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
    fn what_systems_keep_for_themselves_is_known_by_its_name() {
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
    fn each_kind_is_one_line_with_a_count_and_its_most_frequent_endings() {
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
            "1 link is not followed",
            "4 files of other formats or packed are not read (.gpx 2, .fit.bz2 1, .tar.gz 1)",
            "5 other files are not read (.jpg 2, without an ending 2, .txt 1)",
        ];
        assert_eq!(texts, expected);
        for number in 0..60 {
            skipped.add(Skip::Link, &number.to_string());
        }
        let link = &skipped.notices()[0];
        assert_eq!((link.text.as_str(), link.details.len()), ("61 links are not followed", PATHS + 1));
        assert_eq!(link.details.last().map(String::as_str), Some("and 11 more"));
    }
}
