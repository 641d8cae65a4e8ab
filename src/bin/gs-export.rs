//! `gs-export`: writes recordings as GPX, TCX, CSV or GeoJSON, without the parts in privacy zones.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use garminsync::activity::printable;
use garminsync::cli::{self, Common, CommonArgs, OnSignal, Output, PipeOutput, RecordFlags, RecordOutput};
use garminsync::export::ExportFormat;
use garminsync::name_pattern::{self, NamePattern};
use garminsync::privacy::PrivacyZone;
use garminsync::sync::{self, ExportOptions, ExportTarget, Failure, Progress, RecordingInput, Result, Worker};

const NAME: &str = "gs-export";
/// The default of `--name`.
const FILE_NAME: &str = "{start:%Y-%m-%d %H%M} {sport} {name}";

/// Export recordings as GPX, TCX, CSV or GeoJSON, without the parts in privacy zones
///
/// Reads activities, or FIT files, also those in folders and zip files. With --out, it writes a file for each activity, and
/// prints the activities with the paths in `exported`. Two activities never get the same name. A later run replaces a file if its
/// content differs, but no file that gs-export did not write, or that was changed since: see --overwrite.
///
/// Without --out, it prints the file itself: one activity as GPX or TCX; any number as CSV or GeoJSON. GPX and GeoJSON have only
/// the trackpoints with a position. An activity that has nothing to export is skipped with a message. A file that you name and
/// that has nothing to export is a failure.
#[derive(Parser)]
#[command(
    name = "gs-export",
    version,
    after_help = "Examples:
  gs-export ride.fit > ride.gpx                             one file
  gs-list --downloaded | gs-export --out ~/gpx              a file for each
  gs-list --downloaded | gs-export --format csv > all.csv   all trackpoints
  gs-export --split multisport --out . triathlon.fit        each discipline
  gs-export --privacy-zone 52.5163,13.3777,400 ride.fit     without the home

Settings: GS_PRIVACY_ZONES

Exit codes: 0 OK, 1 some failed, or a named file has nothing to export,
2 wrong usage, 65 invalid record, 78 configuration error"
)]
struct Args {
    /// FIT files, also compressed with gzip; folders; zip files; - is one file on standard input. Without a path, activities are read from standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// The format
    #[arg(long, value_name = "FORMAT", default_value = "gpx")]
    format: Format,
    /// Write a file for each activity into this folder, and create the folder if it does not exist
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    #[arg(long, value_name = "PATTERN", requires = "out", default_value = FILE_NAME, help = name_help())]
    name: String,
    /// Also replace files that gs-export did not write, or that were changed since
    #[arg(long, requires = "out")]
    overwrite: bool,
    /// Write a file for each session of a multisport activity
    #[arg(long, value_name = "WHAT")]
    split: Option<Split>,
    /// Cut a circle out of all tracks: degrees north, degrees east, radius in metres (repeat it; adds to $GS_PRIVACY_ZONES)
    #[arg(long, value_name = "LAT,LON,METRES", allow_hyphen_values = true)]
    privacy_zone: Vec<PrivacyZone>,
    #[command(flatten)]
    common: Common,
}

/// The formats of exported files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For maps and other services: GPX 1.1, with heart rate, cadence, temperature and power as extensions.
    Gpx,
    /// With laps: Garmin's Training Center XML.
    Tcx,
    /// A line for each trackpoint.
    Csv,
    /// For maps on the web: a line for each session, with its sums.
    Geojson,
}

/// What becomes a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Split {
    /// Each session of a multisport activity.
    Multisport,
}

impl From<Format> for ExportFormat {
    fn from(format: Format) -> ExportFormat {
        match format {
            Format::Gpx => ExportFormat::Gpx,
            Format::Tcx => ExportFormat::Tcx,
            Format::Csv => ExportFormat::Csv,
            Format::Geojson => ExportFormat::GeoJson,
        }
    }
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }

    fn needs_data_dir(&self) -> bool {
        self.paths.is_empty()
    }

    fn on_signal(&self) -> OnSignal {
        OnSignal::End { out: self.out.clone() }
    }
}

fn name_help() -> String {
    format!("The names of the files in DIR, without their extension; fields: {}", name_pattern::FIELDS)
}

fn main() -> ExitCode {
    cli::run_command(NAME, cli::LogMode::No, work)
}

fn work(args: &Args, worker: &mut Worker) -> Result<()> {
    let zones = worker.privacy_zones()?.and(args.privacy_zone.iter().copied());
    let options = ExportOptions { format: args.format.into(), zones, split: args.split.is_some() };
    cli::check_standard_input(&args.paths, "gs-export FILE, or gs-export - < FILE")?;
    args.check_target(options.format)?;
    let progress = worker.task(NAME);
    let result = match &args.out {
        Some(path) => {
            let names = NamePattern::parse(&args.name).map_err(|error| Failure::usage(format!("--name: {error}")))?;
            let mut output = RecordOutput::activities(RecordFlags { format: None }, Output::buffered)?;
            let target =
                ExportTarget::Folder { path: path.clone(), names, overwrite: args.overwrite, sink: &mut output };
            let result = args.export(worker, &options, target, &progress);
            result.and(output.finish())
        }
        None => args.export(worker, &options, ExportTarget::Stream(&mut PipeOutput(Output::buffered())), &progress),
    };
    progress.finish();
    let exported = args.exported_text(worker.dry_run);
    let counts = worker.counts_text(&[
        ("exported", exported.as_str()),
        ("unchanged", "unchanged"),
        ("removed", worker.noun("removed", "file removed", "files removed")),
        ("skipped", "skipped"),
        ("failed", "failed"),
    ]);
    cli::summary(worker, &counts, "nothing to export", &result);
    result
}

impl Args {
    /// Fails if the flags ask for several files on standard output.
    fn check_target(&self, format: ExportFormat) -> Result<()> {
        if self.out.is_some() {
            return Ok(());
        }
        if self.split.is_some() {
            return Err(Failure::usage("--split writes several files; name their folder with --out DIR"));
        }
        if format.is_collection() {
            return Ok(());
        }
        if self.paths.len() > 1 {
            return Err(Failure::usage(format!(
                "several files, and a {format} file has one activity; write a file for each with --out DIR"
            )));
        }
        Ok(())
    }

    /// What the summary says of exported activities.
    fn exported_text(&self, is_dry_run: bool) -> String {
        let done = if is_dry_run { "would be exported" } else { "exported" };
        match &self.out {
            Some(out) => format!("{done} to {}", printable(&out.display().to_string())),
            None => done.to_owned(),
        }
    }

    fn export(
        &self,
        worker: &Worker,
        options: &ExportOptions,
        target: ExportTarget,
        progress: &Progress,
    ) -> Result<()> {
        if self.paths.is_empty() {
            let mut records = cli::records("gs-list --downloaded | gs-export --out DIR", progress)?;
            return sync::export(worker, options, RecordingInput::Records(&mut records), target, progress);
        }
        let input = RecordingInput::Paths { paths: &self.paths, stdin: &mut std::io::stdin() };
        sync::export(worker, options, input, target, progress)
    }
}
