//! Tables for people.

use std::fmt;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, TableStyle};

/// The width that a column needs besides its cells: a space on each side, and a separator before the next column.
const BESIDE: usize = 3;
/// The least width of names. If it is not possible, other columns are dropped first.
const LEAST_NAME: usize = 8;
/// The least width of names of platforms: those of services are never truncated.
const LEAST_PLATFORM: usize = 20;
/// The least width of a column of wrapped text.
const LEAST_WORDS: usize = 20;

/// The alignment of a column, and how its cells fit into a narrow terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Text: wrapped to the next line.
    Left,
    /// Numbers, aligned right: never truncated or wrapped.
    Right,
    /// Ids and times: never truncated or wrapped.
    NoWrap,
    /// Names: truncated to the remaining width.
    Truncate,
    /// Names of platforms: a long path loses its beginning, because its end tells more.
    Platform,
}

impl Align {
    /// The least width of a cell that is truncated; `None` if it never is.
    fn least(self) -> Option<usize> {
        match self {
            Align::Truncate => Some(LEAST_NAME),
            Align::Platform => Some(LEAST_PLATFORM),
            Align::Left | Align::Right | Align::NoWrap => None,
        }
    }
}

/// A table: a header, on a terminal a line under it, and the rows.
///
/// The table is no wider than the terminal. It contains no control characters and no colours.
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
    drop_order: Vec<String>,
    width: Option<usize>,
}

/// A table with these columns.
pub fn table(head: &[(&str, Align)]) -> Table {
    let terminal = terminal_size::terminal_size_of(std::io::stdout());
    Table {
        columns: head.iter().map(|(name, align)| ((*name).to_owned(), *align)).collect(),
        rows: Vec::new(),
        drop_order: Vec::new(),
        width: terminal.map(|(terminal_size::Width(width), _)| width.into()),
    }
}

impl Table {
    /// Adds a row.
    pub fn add_row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Table {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the columns that are dropped if there is too little space, in this order.
    pub fn drop_order(mut self, columns: &[&str]) -> Table {
        self.drop_order = columns.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    /// The table for a terminal of this width.
    #[cfg(test)]
    pub(super) fn in_width(mut self, width: usize) -> Table {
        self.width = Some(width);
        self
    }

    fn content_widths(&self) -> Vec<usize> {
        let head = self.columns.iter().map(|(name, _)| name.as_str());
        let mut widths: Vec<usize> = head.map(console::measure_text_width).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(console::measure_text_width(cell));
            }
        }
        widths
    }

    /// The width of each column for a terminal of this width; `None` for the dropped columns.
    fn fitted(&self, room: usize) -> Vec<Option<usize>> {
        // The last column has no separator after it.
        let room = room + 1;
        let mut widths: Vec<Option<usize>> = self.content_widths().into_iter().map(Some).collect();
        // Wrapped text gets the space that the other columns leave.
        for (width, (_, align)) in widths.iter_mut().zip(&self.columns) {
            if *align == Align::Left {
                *width = width.map(|width| width.min(LEAST_WORDS));
            }
        }
        let least = |widths: &[Option<usize>]| -> usize {
            let shown = widths.iter().enumerate().filter_map(|(at, width)| Some((at, (*width)?)));
            shown.map(|(at, width)| BESIDE + self.columns[at].1.least().map_or(width, |least| width.min(least))).sum()
        };
        for name in &self.drop_order {
            if least(&widths) <= room {
                break;
            }
            if let Some(at) = self.columns.iter().position(|(column, _)| column == name) {
                widths[at] = None;
            }
        }
        // The widest column is truncated first.
        while let total = widths.iter().flatten().map(|width| width + BESIDE).sum::<usize>()
            && total > room
        {
            let end = |at: usize| match self.columns[at].1 {
                Align::Truncate => Some(1),
                align => align.least(),
            };
            let truncated = widths
                .iter_mut()
                .enumerate()
                .filter(|(at, width)| end(*at).is_some_and(|end| width.is_some_and(|width| width > end)));
            let Some((_, Some(widest))) = truncated.max_by_key(|(_, width)| **width) else { break };
            *widest -= 1;
        }
        widths
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.width.map(|room| self.fitted(room));
        let width_of = |at: usize| widths.as_ref().map(|widths| widths.get(at).copied().flatten());
        let cell = |(at, cell): (usize, &String)| match (self.columns.get(at), width_of(at)) {
            (Some((_, Align::Truncate)), Some(Some(width))) => console::truncate_str(cell, width, "…").into_owned(),
            (Some((_, Align::Platform)), Some(Some(width))) => shortened_path(cell, width),
            _ => cell.clone(),
        };
        let mut table = comfy_table::Table::new();
        let under_head = LineStyle::none().fill('─').junction('─');
        let style = TableStyle::new();
        table.load_style(if self.width.is_some() { style.header_separator(under_head) } else { style });
        if let Some(room) = self.width {
            let room = u16::try_from(room).unwrap_or(u16::MAX);
            table.set_content_arrangement(ContentArrangement::Dynamic).set_width(room);
        }
        let head: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        table.set_header(head.iter().enumerate().map(cell));
        for row in &self.rows {
            table.add_row(row.iter().enumerate().map(cell));
        }
        for (at, (column, (_, align))) in table.column_iter_mut().zip(&self.columns).enumerate() {
            if *align == Align::Right {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if width_of(at) == Some(None) {
                column.set_constraint(ColumnConstraint::Hidden);
            } else if *align != Align::Left {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
        write!(f, "{table}")
    }
}

/// The name of a platform as a person reads it: the home folder is `~`, as commands accept it.
pub fn shown_platform(name: &str) -> String {
    let home = std::env::home_dir().and_then(|home| home.into_os_string().into_string().ok());
    below_home(name, home.as_deref().unwrap_or_default())
}

fn below_home(name: &str, home: &str) -> String {
    let home = home.trim_end_matches('/');
    let parts = name.split_once(':').filter(|_| !home.is_empty());
    let below = parts.and_then(|(kind, path)| Some((kind, path.strip_prefix(home)?.strip_prefix('/')?)));
    below.map_or_else(|| name.to_owned(), |(kind, rest)| format!("{kind}:~/{rest}"))
}

/// `outbox:…/watch/outbox`: the name without the beginning of its path, if it is wider than `width`.
fn shortened_path(name: &str, width: usize) -> String {
    let kind = name.split_once(':').map_or("", |(kind, _)| &name[..=kind.len()]);
    let mut path = &name[kind.len()..];
    if console::measure_text_width(name) <= width {
        return name.to_owned();
    }
    let room = width.saturating_sub(console::measure_text_width(kind) + 1);
    while let Some(first) = path.chars().next().filter(|_| console::measure_text_width(path) > room) {
        path = &path[first.len_utf8()..];
    }
    format!("{kind}…{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_folder_is_shortened_and_that_of_a_service_is_not() {
        for width in 40..90 {
            let mut table = table(&[("platform", Align::Platform), ("total", Align::Right), ("missing", Align::Right)]);
            table.width = Some(width);
            table.add_row(["outbox:/media/somewhere/far/below/watch/outbox", "1", "22"]);
            table.add_row(["garmin-com", "3,021", "1"]);
            let text = table.to_string();
            assert_eq!(text.lines().count(), 4, "{width}:\n{text}");
            assert!(text.contains("garmin-com") && text.contains("missing"), "{width}:\n{text}");
            assert_eq!(text.contains("outbox:/media"), width >= 66, "{width}:\n{text}");
            assert!(width < 42 || text.contains("/watch/outbox"), "{width}:\n{text}");
        }
    }

    #[test]
    fn a_path_below_the_home_folder_begins_with_a_tilde() {
        let of = |name| below_home(name, "/home/ann/");
        assert_eq!(of("outbox:/home/ann/watch"), "outbox:~/watch");
        for name in ["outbox:/home/anna/watch", "folder:/home/ann", "garmin-com"] {
            assert_eq!(of(name), name);
        }
        assert_eq!(below_home("outbox:/watch", "/"), "outbox:/watch");
    }

    fn list(width: Option<usize>) -> String {
        let head = [
            ("start", Align::NoWrap),
            ("id", Align::NoWrap),
            ("sport", Align::Truncate),
            ("km", Align::Right),
            ("name", Align::Truncate),
        ];
        let mut table = table(&head).drop_order(&["km", "sport", "start"]);
        table.width = width;
        table.add_row([
            "2026-01-08 14:10",
            "471234567890123456",
            "cross_country_skiing",
            "12.34",
            "跑步 along the river, twice",
        ]);
        table.add_row(["2026-01-07 14:10", "20000000012", "running", "2.00", "Run"]);
        table.to_string()
    }

    #[test]
    fn an_id_is_never_truncated_or_wrapped_but_a_name_is() {
        for width in 24..140 {
            let text = list(Some(width));
            let lines: Vec<&str> = text.lines().collect();
            assert_eq!(lines.len(), 4, "{width}:\n{text}");
            assert!(lines.iter().all(|line| console::measure_text_width(line) <= width), "{width}:\n{text}");
            assert!(lines[2].contains("471234567890123456"), "{width}:\n{text}");
            assert_eq!(text.contains("river, twice"), width >= 100, "{width}:\n{text}");
        }
        assert!(list(Some(60)).contains("14:10") && !list(Some(60)).contains("12.34"));
    }

    #[test]
    fn without_a_terminal_everything_is_shown() {
        let text = list(None);
        assert!(
            text.contains("along the river, twice") && text.contains("cross_country_skiing") && !text.contains('─')
        );
    }

    #[test]
    fn words_wrap_to_the_next_line_beside_unwrapped_columns() {
        let head = [
            ("platform", Align::NoWrap),
            ("who", Align::Truncate),
            ("domain", Align::NoWrap),
            ("remarks", Align::Left),
        ];
        for width in 34..120 {
            let mut table = table(&head).drop_order(&["domain", "who"]);
            table.width = Some(width);
            table.add_row([
                "garmin-com",
                "Test Runner",
                "garmin.com",
                "no password login before tomorrow: 429 Too Many Requests",
            ]);
            let text = table.to_string();
            assert!(text.lines().all(|line| console::measure_text_width(line) <= width), "{width}:\n{text}");
            assert!(
                text.contains("garmin-com") && text.contains("tomorrow:") && text.contains("Many"),
                "{width}:\n{text}"
            );
        }
    }
}
