//! How things are shown: the record of a catalogue entry, tables for terminals, units for people.

pub use comfy_table::Table;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, TableStyle};
use jiff::Timestamp;

use crate::archive::Archive;
use crate::catalogue::{Entry, FileRow};
use crate::record::{ActivityRecord, Deleted, FileRef};

/// The record of what the catalogue knows. A file counts only if it, and every other of its activity, is still where it
/// was put.
pub fn record_of(entry: Entry, archive: &Archive) -> ActivityRecord {
    let more = entry.more_files.iter().all(|(path, bytes)| archive.is_there(path, *bytes));
    let file = entry.file.filter(|file| more && !file.broken && archive.is_there(&file.path, file.bytes));
    ActivityRecord {
        activity: entry.activity,
        downloaded: Some(file.is_some()),
        original: (entry.no_original && file.is_none()).then(|| "none".to_owned()),
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
        ask_again: file.ask_again,
        unknown: serde_json::Map::new(),
    }
}

/// A table for people: a head, a line under it on a terminal, and columns of numbers set right.
///
/// It is as wide as the terminal. Control characters and colours are never in it.
pub fn table(head: &[(&str, Align)]) -> Table {
    let mut table = Table::new();
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    let under_head = LineStyle::none().fill('─').junction('─');
    table.load_style(if terminal.is_some() {
        TableStyle::new().header_separator(under_head)
    } else {
        TableStyle::new()
    });
    if let Some((terminal_size::Width(width), _)) = terminal {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(head.iter().map(|(name, _)| *name));
    for (column, (_, align)) in table.column_iter_mut().zip(head) {
        column.set_cell_alignment(match align {
            Align::Left => CellAlignment::Left,
            Align::Right => CellAlignment::Right,
        });
    }
    table
}

/// The side on which a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
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
