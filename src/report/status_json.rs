//! `status.json`: all data for programs. Each field and each item of a list is one line, so grep works on it, the state
//! is in the first lines, and a long history stays small.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::Snapshot;

/// Writes the text of `status.json`.
///
/// # Errors
/// It cannot be written to `out`.
pub fn write_status_json(snapshot: &Snapshot, out: &mut (impl io::Write + ?Sized)) -> io::Result<()> {
    snapshot.serialize(&mut Serializer::with_formatter(&mut *out, Lines::default()))?;
    out.write_all(b"\n")
}

/// The text of `status.json`.
#[cfg(test)]
pub fn status_json(snapshot: &Snapshot) -> String {
    let mut text = Vec::new();
    write_status_json(snapshot, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

/// Breaks lines in the top-level object and in its lists, but not below.
#[derive(Default)]
struct Lines {
    /// The number of open objects and lists.
    depth: u32,
    /// Whether the open list of the top-level object already has an item.
    has_item: bool,
}

impl Lines {
    fn open(&mut self, out: &mut (impl io::Write + ?Sized), mark: &[u8]) -> io::Result<()> {
        self.depth += 1;
        out.write_all(mark)
    }
}

impl Formatter for Lines {
    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        out.write_all(match (self.depth, first) {
            (1, true) => b"\n",
            (1, false) => b",\n",
            (_, true) => b"",
            (_, false) => b", ",
        })
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(if self.depth == 0 { b"\n}" } else { b"}" })
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        if self.depth == 1 {
            self.has_item = false;
        }
        self.open(out, b"[")
    }

    fn begin_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.has_item |= self.depth == 2;
        out.write_all(match (self.depth, first) {
            (2, true) => b"\n",
            (2, false) => b",\n",
            (_, true) => b"",
            (_, false) => b", ",
        })
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(if self.depth == 1 && self.has_item { b"\n]" } else { b"]" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ActivityGroup, Place, Redacted, State};

    #[test]
    fn the_state_comes_first_and_each_item_is_one_line() {
        let on = ["coros", "garmin-cn"].map(|name| Place { platform: name.into(), id: Redacted::of("1\n2") });
        let activity =
            |name: &str| ActivityGroup { name: Redacted::of(name), on: on.to_vec(), ..ActivityGroup::default() };
        let snapshot = Snapshot {
            state: State::Ok,
            activities: vec![activity("晨跑 \"a\""), activity("b")],
            ..Snapshot::default()
        };
        let text = status_json(&snapshot);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..2], ["{", "\"state\": \"ok\","]);
        assert!(lines.contains(&"\"runs\": [],"), "{text}");
        let at = lines.iter().position(|line| *line == "\"activities\": [").unwrap();
        assert!(lines[at + 1].starts_with(r#"{"name": "晨跑 \"a\"", "#) && lines[at + 1].ends_with("},"), "{text}");
        assert_eq!(lines[at + 3..], ["]", "}"]);
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, serde_json::to_value(&snapshot).unwrap(), "the values are those of the snapshot");
    }
}
