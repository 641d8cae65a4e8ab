//! Reads the values of a row: by column name, or from left to right.

use jiff::Timestamp;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use rusqlite::{Result, Row, RowIndex};

use crate::activity::{ActivityKey, Format, Origin, PlatformIds};
use crate::reason::Reason;

/// A column of seconds; `None` if it is empty or out of range.
pub(super) fn time(seconds: Option<i64>) -> Option<Timestamp> {
    seconds.and_then(|seconds| Timestamp::from_second(seconds).ok())
}

/// A column of seconds that is never empty.
pub(super) fn known_time(seconds: i64) -> Timestamp {
    time(Some(seconds)).unwrap_or(Timestamp::UNIX_EPOCH)
}

impl FromSql for Format {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Format> {
        Format::from_name(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

impl FromSql for Origin {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Origin> {
        Origin::from_name(value.as_str()?).ok_or(FromSqlError::InvalidType)
    }
}

/// Reads types that SQLite does not have.
pub(super) trait Values {
    /// A time that may be missing.
    fn time(&self, column: impl RowIndex) -> Result<Option<Timestamp>>;
    /// A time that is never missing.
    fn known_time(&self, column: impl RowIndex) -> Result<Timestamp>;
    /// A reason that may be missing.
    fn reason(&self, column: impl RowIndex) -> Result<Option<Reason>>;
    /// A reason that is never missing.
    fn known_reason(&self, column: impl RowIndex) -> Result<Reason>;
    /// A size in bytes, or a count.
    fn size(&self, column: impl RowIndex) -> Result<u64>;
    /// A text that is never missing, borrowed from the row.
    fn text(&self, column: impl RowIndex) -> Result<&str>;
    /// A text that may be missing, borrowed from the row.
    fn optional_text(&self, column: impl RowIndex) -> Result<Option<&str>>;
    /// An activity, whose platform and id are in two columns. `names` are the platform names of the rows before this one.
    fn activity(&self, platform: impl RowIndex, id: impl RowIndex, names: &mut PlatformIds) -> Result<ActivityKey>;
}

impl Values for Row<'_> {
    fn time(&self, column: impl RowIndex) -> Result<Option<Timestamp>> {
        self.get(column).map(time)
    }

    fn known_time(&self, column: impl RowIndex) -> Result<Timestamp> {
        self.get(column).map(known_time)
    }

    fn reason(&self, column: impl RowIndex) -> Result<Option<Reason>> {
        Ok(self.get::<_, Option<String>>(column)?.map(|json| Reason::from_json(&json)))
    }

    fn known_reason(&self, column: impl RowIndex) -> Result<Reason> {
        Ok(Reason::from_json(&self.get::<_, String>(column)?))
    }

    fn size(&self, column: impl RowIndex) -> Result<u64> {
        self.get::<_, i64>(column).map(i64::unsigned_abs)
    }

    fn text(&self, column: impl RowIndex) -> Result<&str> {
        Ok(self.get_ref(column)?.as_str()?)
    }

    fn optional_text(&self, column: impl RowIndex) -> Result<Option<&str>> {
        Ok(self.get_ref(column)?.as_str_or_null()?)
    }

    fn activity(&self, platform: impl RowIndex, id: impl RowIndex, names: &mut PlatformIds) -> Result<ActivityKey> {
        Ok(ActivityKey { platform: names.share(self.text(platform)?), id: self.get(id)? })
    }
}

/// Reads a row from left to right, for queries with thousands of rows: looking up each column by its name would take longer
/// than reading it. The caller has the list of columns in the same order.
pub(super) struct Columns<'a, 'b> {
    row: &'a Row<'b>,
    next: usize,
}

impl<'a, 'b> Columns<'a, 'b> {
    /// Starts with the first column.
    pub fn of(row: &'a Row<'b>) -> Columns<'a, 'b> {
        Columns { row, next: 0 }
    }

    /// The value of the next column.
    pub fn next<T: FromSql>(&mut self) -> Result<T> {
        self.next += 1;
        self.row.get(self.next - 1)
    }

    /// The next column as a time that may be missing.
    pub fn time(&mut self) -> Result<Option<Timestamp>> {
        self.next().map(time)
    }

    /// The next column as a time that is never missing.
    pub fn known_time(&mut self) -> Result<Timestamp> {
        self.next().map(known_time)
    }

    /// The next column as a size in bytes, or a count.
    pub fn size(&mut self) -> Result<u64> {
        self.next::<i64>().map(i64::unsigned_abs)
    }

    /// The next two columns as an activity. `names` are the platform names of the rows before this one.
    pub fn activity(&mut self, names: &mut PlatformIds) -> Result<ActivityKey> {
        self.next += 2;
        self.row.activity(self.next - 2, self.next - 1, names)
    }
}
