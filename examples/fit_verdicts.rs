//! Two opinions on every FIT file of a folder: this project's scanner and the `fitparser` crate.
//!
//! ```text
//! cargo run --release --example fit_verdicts -- DIR
//! ```
//!
//! A line a file: what each says about it, `=` where they agree and `!` where they do not. For
//! trying a collection of real files; the reasons for known differences are in `docs/fit.md`.

#![allow(clippy::print_stdout)] // printing is what it is for

use std::path::{Path, PathBuf};
use std::{env, fs, io, panic};

use fitparser::profile::MesgNum;
use fitparser::{FitDataRecord, Value};
use garminsync::{fit, sport};

/// What a reader of a whole file has seen in it.
#[derive(Debug, PartialEq)]
pub struct Seen {
    /// The sport of each session by the name of the FIT profile, or its number.
    pub sports: Vec<String>,
    /// Earliest session start, else first record, else creation of the file; Unix seconds.
    pub start_time: Option<i64>,
    /// The number of `record` messages.
    pub records: u64,
}

/// What the scanner says, or its reason for calling the file broken.
pub fn scanner(bytes: &[u8]) -> Result<Seen, String> {
    let fit = fit::scan(bytes).map_err(|broken| broken.to_string())?;
    let name = |number| sport::sport_name(number).map_or(number.to_string(), str::to_owned);
    Ok(Seen {
        sports: fit.sessions.iter().filter_map(|s| s.sport).map(name).collect(),
        start_time: fit.start_time(),
        records: fit.records,
    })
}

/// What `fitparser` says when it is asked directly, without any check of ours.
pub fn fitparser(bytes: &[u8]) -> Result<Seen, String> {
    let messages = panic::catch_unwind(|| fitparser::from_bytes(bytes))
        .map_err(|_| "it panics".to_owned())?
        .map_err(|error| error.to_string())?;
    let times = |kind, field| {
        let messages = messages.iter().filter(move |m| m.kind() == kind);
        messages.filter_map(move |message| time(message, field))
    };
    let sessions = messages.iter().filter(|m| m.kind() == MesgNum::Session);
    let start_time = times(MesgNum::Session, "start_time").min();
    Ok(Seen {
        sports: sessions.filter_map(|m| value(m, "sport")).map(Value::to_string).collect(),
        start_time: start_time
            .or_else(|| times(MesgNum::Record, "timestamp").next())
            .or_else(|| times(MesgNum::FileId, "time_created").next()),
        records: messages.iter().filter(|m| m.kind() == MesgNum::Record).count() as u64,
    })
}

fn value<'a>(message: &'a FitDataRecord, name: &str) -> Option<&'a Value> {
    let field = message.fields().iter().find(|field| field.name() == name);
    field.map(|field| field.value())
}

fn time(message: &FitDataRecord, name: &str) -> Option<i64> {
    match value(message, name)? {
        Value::Timestamp(time) => Some(time.timestamp()),
        _ => None,
    }
}

fn main() -> io::Result<()> {
    panic::set_hook(Box::new(|_| {})); // fitparser's panics are part of its verdict
    let folder = env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("fit")));
    paths.sort();
    let mut differ = 0;
    for path in &paths {
        let bytes = fs::read(path)?;
        differ += usize::from(!report(path, &scanner(&bytes), &fitparser(&bytes)));
    }
    println!("{} files, {differ} verdicts differ", paths.len());
    Ok(())
}

/// Prints the line of one file; do the two agree?
fn report(path: &Path, ours: &Result<Seen, String>, theirs: &Result<Seen, String>) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Two that refuse a file agree, whatever their reasons.
    let agree = ours == theirs || (ours.is_err() && theirs.is_err());
    println!("{} {name}", if agree { "=" } else { "!" });
    println!("    scanner    {}", words(ours));
    if !agree || ours.is_err() {
        println!("    fitparser  {}", words(theirs));
    }
    agree
}

fn words(verdict: &Result<Seen, String>) -> String {
    match verdict {
        Ok(seen) => {
            let sports = seen.sports.join(", ");
            let start = seen.start_time.map_or("unknown".to_owned(), |s| s.to_string());
            format!("whole: {} records, sports [{sports}], start {start}", seen.records)
        }
        Err(reason) => format!("broken: {reason}"),
    }
}
