//! How things are shown: the record of a catalogue entry, and units for people.

use jiff::Timestamp;

use crate::archive::Archive;
use crate::catalogue::{Entry, FileRow};
use crate::record::{ActivityRecord, Deleted, FileRef};

/// The record of what the catalogue knows. A file counts only if it, and every other of its activity, is still where it
/// was put.
pub fn record_of(entry: Entry, archive: &Archive) -> ActivityRecord {
    let more = entry.more_files.iter().all(|(path, bytes)| archive.is_there(path, *bytes));
    let file = entry.file.filter(|file| more && !file.broken && archive.is_there(&file.path, file.bytes));
    let is_unavailable = entry.unavailable.is_some_and(|unavailable| unavailable.next(Timestamp::now()).is_some());
    ActivityRecord {
        activity: entry.activity,
        downloaded: Some(file.is_some()),
        no_original: file.is_none() && entry.no_original,
        unavailable: file.is_none() && !entry.no_original && is_unavailable,
        file: file.map(|file| file_ref(file, archive)),
        deleted: entry.absent.map(|(since, times)| Deleted {
            since,
            confirmed: times > 1,
            unknown: serde_json::Map::new(),
        }),
        ..ActivityRecord::default()
    }
}

/// How a record tells of a file.
pub fn file_ref(file: FileRow, archive: &Archive) -> FileRef {
    FileRef {
        path: archive.absolute(&file.path).display().to_string(),
        sha256: file.sha256,
        bytes: file.bytes,
        format: Some(file.format),
        origin: Some(file.origin),
        retry_original_at: file.ask_again,
        unknown: serde_json::Map::new(),
    }
}

/// How long there is until `end`: `29 d`, `3 h 59 min`, `ended`.
pub fn time_left(end: Timestamp, now: Timestamp) -> String {
    let minutes = end.duration_since(now).as_mins();
    match (minutes / 1440, minutes / 60, minutes) {
        (2.., ..) => format!("{} d", minutes / 1440),
        (_, 1.., _) => format!("{} h {} min", minutes / 60, minutes % 60),
        (_, _, 0..) if end > now => format!("{minutes} min"),
        _ => "ended".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_there_is() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let left = |seconds| time_left(Timestamp::from_second(now.as_second() + seconds).unwrap(), now);
        assert_eq!(
            [left(30 * 86400 - 1), left(14_399), left(90), left(5), left(0), left(-90)],
            ["29 d", "3 h 59 min", "1 min", "0 min", "ended", "ended"]
        );
    }
}
