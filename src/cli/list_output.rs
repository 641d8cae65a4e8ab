//! Activities as a table, as records, or as CSV: the output of `gs-list`, and of other commands with `--format table`.

use clap::ValueEnum;

use super::Align::{self, NoWrap, Right, Truncate};
use super::activity_text::{distance, local_start, speed, sport_name, whole};
use super::{Failure, ListFormat, Output, Table, Units, csv as cells, duration, table};
use crate::activity::printable;
use crate::record::{ActivityRecord, Record};
use crate::sync::{NumberField, Progress, RecordSink, Result, is_downloaded};

/// The longest name shown, in characters.
const LONGEST_NAME: usize = 60;

/// A column of a table or of CSV, under the name that the record has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
#[allow(missing_docs, reason = "they are the fields of the record, which are documented there")]
pub enum Field {
    Platform,
    Id,
    Name,
    Sport,
    SubSport,
    PlatformSport,
    StartTime,
    UtcOffsetS,
    TimerTimeS,
    ElapsedTimeS,
    DistanceM,
    Manufacturer,
    Device,
    Manual,
    AvgHeartRateBpm,
    MaxHeartRateBpm,
    AvgPowerW,
    AscentM,
    CaloriesKcal,
    AvgSpeedMps,
    NumbersFrom,
    Downloaded,
    File,
    Sha256,
    AlsoOn,
}

/// The columns of a table, if the terminal is wide enough.
const OF_TABLE: [Field; 8] = [
    Field::StartTime,
    Field::Platform,
    Field::Id,
    Field::Sport,
    Field::TimerTimeS,
    Field::DistanceM,
    Field::File,
    Field::Name,
];
/// The columns that a narrow terminal leaves out, in this order.
const DROPPED: [Field; 5] = [Field::TimerTimeS, Field::DistanceM, Field::Sport, Field::File, Field::Name];
/// The columns of CSV. [`Field::AlsoOn`] is added if one line stands for the activity on all platforms.
const OF_CSV: [Field; 24] = [
    Field::Platform,
    Field::Id,
    Field::Name,
    Field::Sport,
    Field::SubSport,
    Field::PlatformSport,
    Field::StartTime,
    Field::UtcOffsetS,
    Field::TimerTimeS,
    Field::ElapsedTimeS,
    Field::DistanceM,
    Field::Manufacturer,
    Field::Device,
    Field::Manual,
    Field::AvgHeartRateBpm,
    Field::MaxHeartRateBpm,
    Field::AvgPowerW,
    Field::AscentM,
    Field::CaloriesKcal,
    Field::AvgSpeedMps,
    Field::NumbersFrom,
    Field::Downloaded,
    Field::File,
    Field::Sha256,
];

impl Field {
    /// Its name in the record, and in the header of CSV.
    pub(super) fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }

    /// The number that it shows, if it shows one that can be compared.
    pub(super) fn number(self) -> Option<NumberField> {
        match self {
            Field::TimerTimeS => Some(NumberField::TimerTime),
            Field::ElapsedTimeS => Some(NumberField::ElapsedTime),
            Field::DistanceM => Some(NumberField::Distance),
            Field::AvgHeartRateBpm => Some(NumberField::AvgHeartRate),
            Field::MaxHeartRateBpm => Some(NumberField::MaxHeartRate),
            Field::AvgPowerW => Some(NumberField::AvgPower),
            Field::AscentM => Some(NumberField::Ascent),
            Field::CaloriesKcal => Some(NumberField::Calories),
            Field::AvgSpeedMps => Some(NumberField::AvgSpeed),
            _ => None,
        }
    }

    /// Whether a table has it by default.
    pub(super) fn is_of_table(self) -> bool {
        OF_TABLE.contains(&self)
    }

    fn head(self, units: Units) -> String {
        match self {
            Field::AvgHeartRateBpm => "avg bpm".to_owned(),
            Field::MaxHeartRateBpm => "max bpm".to_owned(),
            Field::AvgPowerW => "avg W".to_owned(),
            Field::AscentM => "ascent (m)".to_owned(),
            Field::CaloriesKcal => "kcal".to_owned(),
            Field::AvgSpeedMps => format!("{}/h", units.name()),
            Field::StartTime => "start (local)".to_owned(),
            Field::TimerTimeS => "time".to_owned(),
            Field::ElapsedTimeS => "elapsed".to_owned(),
            Field::DistanceM => units.name().to_owned(),
            Field::UtcOffsetS => "UTC offset (s)".to_owned(),
            other => other.name().replace('_', " "),
        }
    }

    fn align(self) -> Align {
        match self {
            Field::UtcOffsetS => Right,
            number if number.number().is_some() => Right,
            Field::Sport | Field::Name | Field::PlatformSport | Field::Device => Truncate,
            _ => NoWrap,
        }
    }

    /// The text for people.
    fn shown(self, record: &ActivityRecord, units: Units) -> String {
        let a = &record.activity;
        match self {
            Field::StartTime => local_start(a),
            Field::Platform => {
                let others =
                    record.also_on.iter().map(|key| key.platform.to_string()).filter(|name| *name != a.platform);
                let mut names: Vec<String> = std::iter::once(a.platform.to_string()).chain(others).collect();
                names[1..].sort();
                names.dedup();
                names.join(" ")
            }
            Field::Sport => sport_name(a),
            Field::TimerTimeS => a.timer_time_s.map(duration).unwrap_or_default(),
            Field::ElapsedTimeS => a.elapsed_time_s.map(duration).unwrap_or_default(),
            Field::DistanceM => distance(a, units),
            Field::AvgSpeedMps => speed(record.numbers.avg_speed_mps, units),
            Field::File => file_state(record),
            Field::Name => a.shown_name().chars().take(LONGEST_NAME).collect(),
            other => match other.number() {
                Some(number) => whole(number.of(record)),
                None => other.cell(record),
            },
        }
    }

    /// The value for programs.
    fn cell(self, record: &ActivityRecord) -> String {
        let a = &record.activity;
        let text = |value: &Option<String>| value.as_deref().map(cells::cell).unwrap_or_default();
        match self {
            Field::Platform => cells::cell(&a.platform),
            Field::Id => cells::cell(&a.id),
            Field::Name => text(&a.name),
            Field::Sport => text(&a.sport),
            Field::SubSport => text(&a.sub_sport),
            Field::PlatformSport => text(&a.platform_sport),
            Field::StartTime => a.start_time.map(|time| time.to_string()).unwrap_or_default(),
            Field::UtcOffsetS => a.utc_offset_s.map(|seconds| seconds.to_string()).unwrap_or_default(),
            Field::TimerTimeS
            | Field::ElapsedTimeS
            | Field::DistanceM
            | Field::AvgHeartRateBpm
            | Field::MaxHeartRateBpm
            | Field::AvgPowerW
            | Field::AscentM
            | Field::CaloriesKcal
            | Field::AvgSpeedMps => {
                let value = self.number().and_then(|number| number.of(record));
                value.map(|value| value.to_string()).unwrap_or_default()
            }
            Field::Manufacturer => text(&a.manufacturer),
            Field::Device => text(&a.device),
            Field::Manual => a.manual.to_string(),
            Field::NumbersFrom => record.numbers.numbers_from.map(|from| from.name().to_owned()).unwrap_or_default(),
            Field::Downloaded => is_downloaded(record).to_string(),
            Field::File => record.file.as_ref().map(|file| cells::cell(&file.path)).unwrap_or_default(),
            Field::Sha256 => record.file.as_ref().map(|file| file.sha256.clone()).unwrap_or_default(),
            Field::AlsoOn => {
                let others = record.also_on.iter().map(|key| cells::cell(&key.to_string()));
                others.collect::<Vec<_>>().join("; ")
            }
        }
    }
}

/// The state of an activity's file in the archive, as a short label.
fn file_state(record: &ActivityRecord) -> String {
    match &record.file {
        Some(file) if file.origin.as_deref() == Some("converted") => {
            format!("{} converted", file.format.as_deref().unwrap_or_default())
        }
        Some(file) => file.format.clone().unwrap_or_default(),
        None if record.no_original => "none".into(),
        None if record.unavailable => "unavailable".into(),
        None if record.deleted.is_some() => "deleted".into(),
        None => "missing".into(),
    }
}

/// The columns of a table or CSV. Records always have all fields.
#[derive(Debug, Clone, Default)]
pub struct ListColumns {
    /// The columns. If empty, the default columns of the format.
    pub fields: Vec<Field>,
    /// A further column of a table with the default columns.
    pub added: Option<Field>,
    /// The columns that a person asked for, so that a narrow terminal keeps them.
    pub kept: Vec<Field>,
    /// Each activity stands for the same activity on all platforms.
    pub unique: bool,
    /// The units of a table.
    pub units: Units,
}

impl ListColumns {
    fn of(&self, format: ListFormat) -> Vec<Field> {
        match format {
            _ if !self.fields.is_empty() => self.fields.clone(),
            ListFormat::Table => {
                let mut fields = OF_TABLE.to_vec();
                // Beside the other numbers.
                let at = fields.iter().position(|field| *field == Field::File).unwrap_or(fields.len());
                self.added.into_iter().for_each(|field| fields.insert(at, field));
                fields
            }
            ListFormat::Csv => OF_CSV.into_iter().chain(self.unique.then_some(Field::AlsoOn)).collect(),
            ListFormat::Ndjson => Vec::new(),
        }
    }

    fn table(&self, fields: &[Field]) -> Table {
        let heads: Vec<(String, Align)> = fields.iter().map(|field| (field.head(self.units), field.align())).collect();
        let heads: Vec<(&str, Align)> = heads.iter().map(|(head, align)| (head.as_str(), *align)).collect();
        let is_dropped = |field: &&Field| self.fields.is_empty() && !self.kept.contains(field);
        let dropped: Vec<String> = DROPPED.iter().filter(is_dropped).map(|field| field.head(self.units)).collect();
        let dropped: Vec<&str> = dropped.iter().map(String::as_str).collect();
        table(&heads).drop_order(&dropped)
    }
}

/// Writes activities in one of the formats. Call [`ListOutput::finish`] at the end.
pub struct ListOutput {
    writer: Writer,
    fields: Vec<Field>,
    units: Units,
    count: u64,
    progress: Progress,
}

enum Writer {
    Table(Box<Table>),
    Ndjson(Output),
    Csv(Box<csv::Writer<Output>>),
}

impl ListOutput {
    /// A writer with these columns.
    ///
    /// # Errors
    /// Columns were given for records, or the header of CSV cannot be written.
    pub fn new(format: ListFormat, columns: &ListColumns) -> Result<ListOutput> {
        let fields = columns.of(format);
        let writer = match format {
            ListFormat::Table => Writer::Table(Box::new(columns.table(&fields))),
            ListFormat::Ndjson if fields.is_empty() => Writer::Ndjson(Output::buffered()),
            ListFormat::Ndjson => {
                return Err(Failure::usage("--fields selects columns of a table or of CSV; records have all fields"));
            }
            ListFormat::Csv => {
                let mut writer = csv::Writer::from_writer(Output::buffered());
                writer.write_record(fields.iter().map(|field| field.name())).map_err(cells::failed)?;
                Writer::Csv(Box::new(writer))
            }
        };
        Ok(ListOutput { writer, fields, units: columns.units, count: 0, progress: Progress::hidden() })
    }

    /// Counts each written activity in this task.
    pub fn counted_by(self, progress: Progress) -> ListOutput {
        ListOutput { progress, ..self }
    }

    /// Writes the remaining activities. Returns how many activities were written in all.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(self) -> Result<u64> {
        match self.writer {
            Writer::Table(table) if self.count > 0 => {
                let mut output = Output::buffered();
                output.text(&format!("{table}\n"))?;
                output.flush()?;
            }
            Writer::Table(_) => {}
            Writer::Ndjson(mut output) => drop(output.flush()?),
            Writer::Csv(mut writer) => writer.flush().map_err(|error| Output::write_failed(&error))?,
        }
        Ok(self.count)
    }
}

impl RecordSink for ListOutput {
    fn record(&mut self, record: &Record) -> Result<bool> {
        let activity = match record {
            Record::Activity(activity) => activity,
            Record::Transfer(transfer) => &transfer.activity,
            Record::Other(_) => return Ok(true),
        };
        self.count += 1;
        self.progress.add(1);
        match &mut self.writer {
            Writer::Table(table) => {
                let cells = self.fields.iter().map(|field| printable(&field.shown(activity, self.units)));
                table.add_row(cells);
                Ok(true)
            }
            Writer::Ndjson(output) => output.record(record),
            Writer::Csv(writer) => {
                writer.write_record(self.fields.iter().map(|field| field.cell(activity))).map_err(cells::failed)?;
                Ok(true)
            }
        }
    }

    fn is_closed(&self) -> bool {
        matches!(&self.writer, Writer::Ndjson(output) if output.is_closed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_terminal_shows_the_requested_columns() {
        let has = |columns: ListColumns, head: &str| {
            let mut table = columns.table(&columns.of(ListFormat::Table)).in_width(68);
            table.add_row(columns.of(ListFormat::Table).iter().map(|field| match field {
                Field::StartTime => "2026-01-08 14:10",
                Field::Id => "471234567890123456",
                Field::TimerTimeS => "1:02:03",
                Field::DistanceM => "12.34",
                _ => "a longer word",
            }));
            table.to_string().lines().next().unwrap().contains(head)
        };
        let default = ListColumns::default;
        assert!(!has(default(), "km") && !has(default(), "time"));
        assert!(has(ListColumns { kept: vec![Field::DistanceM], ..default() }, "km"));
        assert!(has(ListColumns { kept: vec![Field::TimerTimeS], ..default() }, "time"));
        let fields = vec![Field::StartTime, Field::Id, Field::TimerTimeS, Field::DistanceM, Field::Name];
        for head in ["start", "id", "time", "km", "name"] {
            assert!(has(ListColumns { fields: fields.clone(), ..default() }, head), "{head}");
        }
    }

    #[test]
    fn unique_rows_in_csv_have_a_column_for_the_other_platforms() {
        let of = |unique| ListColumns { unique, ..ListColumns::default() }.of(ListFormat::Csv);
        assert!(of(true).contains(&Field::AlsoOn) && !of(false).contains(&Field::AlsoOn));
    }
}
