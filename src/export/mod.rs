//! Writes recordings as GPX, TCX, CSV or GeoJSON. Pure: values in, a file out.
//!
//! [`session_tracks`] divides a recording into sessions and their segments, without the parts in privacy zones; [`writer`] writes
//! them. A value that the recording does not have is left out, never written as zero; `docs/export.md` has the exceptions that
//! the formats require.

#[cfg(test)]
mod any_value_tests;
mod csv;
mod geojson;
mod gpx;
mod number;
#[cfg(test)]
mod privacy_tests;
#[cfg(test)]
mod sample;
mod tcx;
mod track;
mod xml;

use std::fmt;
use std::io::{self, Write};

use crate::activity::{Activity, printable};

pub use csv::formula_safe;
pub use track::{SessionTrack, session_tracks};

/// The format of an exported file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// GPX 1.1, with Garmin's extensions for heart rate, cadence, temperature and power.
    Gpx,
    /// Garmin's Training Center XML, version 2.
    Tcx,
    /// A line for each trackpoint.
    Csv,
    /// A collection with a line on the map for each session.
    GeoJson,
}

impl ExportFormat {
    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            ExportFormat::Gpx => "gpx",
            ExportFormat::Tcx => "tcx",
            ExportFormat::Csv => "csv",
            ExportFormat::GeoJson => "geojson",
        }
    }

    /// Whether one file usually has several activities.
    pub fn is_collection(self) -> bool {
        matches!(self, ExportFormat::Csv | ExportFormat::GeoJson)
    }

    /// Whether a file of this format has something of these sessions. GPX and GeoJSON are for positions, and TCX is for times.
    pub fn has_content(self, sessions: &[SessionTrack]) -> bool {
        sessions.iter().any(|session| match self {
            ExportFormat::Gpx => session.points().any(|point| point.position.is_some()),
            ExportFormat::GeoJson => !geojson::lines(session).is_empty(),
            ExportFormat::Csv => session.points().next().is_some(),
            ExportFormat::Tcx => tcx::has_time(session),
        })
    }
}

impl fmt::Display for ExportFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExportFormat::Gpx => "GPX",
            ExportFormat::Tcx => "TCX",
            ExportFormat::Csv => "CSV",
            ExportFormat::GeoJson => "GeoJSON",
        })
    }
}

/// An activity to write.
#[derive(Debug, Clone, Copy)]
pub struct ExportActivity<'a> {
    /// Its name, platform, id and sport; empty without a record of it.
    pub activity: &'a Activity,
    /// The name of its file.
    pub file: &'a str,
    /// Its sessions.
    pub sessions: &'a [SessionTrack<'a>],
}

impl ExportActivity<'_> {
    /// Its name, without characters that a terminal may obey: the name may come from another person.
    fn name(&self) -> Option<String> {
        self.activity.name.as_deref().map(printable).filter(|name| !name.is_empty())
    }
}

/// Writes one file. Without a call of [`ExportWriter::finish`], the file is incomplete.
pub trait ExportWriter {
    /// Writes the sessions of an activity.
    ///
    /// # Errors
    /// The output cannot be written.
    fn add(&mut self, activity: &ExportActivity) -> io::Result<()>;

    /// Writes the end of the file and flushes the output.
    ///
    /// # Errors
    /// The output cannot be written.
    fn finish(&mut self) -> io::Result<()>;
}

/// A writer of a file in this format.
pub fn writer<'w>(format: ExportFormat, out: &'w mut dyn Write) -> Box<dyn ExportWriter + 'w> {
    match format {
        ExportFormat::Gpx => Box::new(gpx::GpxWriter::new(out)),
        ExportFormat::Tcx => Box::new(tcx::TcxWriter::new(out)),
        ExportFormat::Csv => Box::new(csv::CsvWriter::new(out)),
        ExportFormat::GeoJson => Box::new(geojson::GeoJsonWriter::new(out)),
    }
}
