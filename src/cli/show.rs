//! How things are shown: the record of a catalogue entry, tables for terminals, units for people.

use std::io::IsTerminal;

pub use comfy_table::Table;
use comfy_table::{ContentArrangement, presets};

use crate::archive::Archive;
use crate::catalogue::{Entry, FileRow};
use crate::record::{ActivityRecord, Deleted, FileRef};

/// The record of what the catalogue knows. A file counts only if it is still where it was put.
pub fn record_of(entry: Entry, archive: &Archive) -> ActivityRecord {
    let file = entry.file.filter(|file| archive.is_there(&file.path, file.bytes));
    ActivityRecord {
        activity: entry.activity,
        downloaded: Some(file.is_some()),
        original: (entry.no_original && file.is_none()).then(|| "none".to_owned()),
        file: file.map(|file| file_ref(file, archive)),
        deleted: entry.absent.map(|(since, times)| Deleted { since, confirmed: times > 1 }),
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
        unknown: serde_json::Map::new(),
    }
}

/// Whether colour and lines are wanted: a terminal, and no `NO_COLOR`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Lines and bold heads.
    Rich,
    /// Plain columns.
    Plain,
}

impl Style {
    /// What suits stdout.
    pub fn of_stdout() -> Style {
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        if std::io::stdout().is_terminal() && !no_color { Style::Rich } else { Style::Plain }
    }
}

/// An empty table with this head, as wide as the terminal.
pub fn styled_table(style: Style, head: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(if style == Style::Rich { presets::UTF8_HORIZONTAL_ONLY } else { presets::NOTHING });
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size_of(std::io::stdout()) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(head.iter().copied());
    table
}

/// `1:02:03`
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `86.2 kB`
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
