//! Standard input, and questions to a person on the terminal.

use std::io::{BufReader, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::flags::{ALL, NONE};
use super::read_ahead::ReadAhead;
use super::{CatalogueFlags, Exit, Failure};
use crate::http::Secret;
use crate::platform::{PlatformSelection, PlatformSpec};
use crate::record::Reader;
use crate::sync::{CatalogueInput, Input, Progress, Prompt, TokenSource, Worker, selection_of_flag};

/// The records of an input, read one after another.
pub type Records = Reader<BufReader<Box<dyn Read + Send>>>;

/// Reads records from stdin. If a person typed the command alone, the error shows how to use it. `progress` gets
/// the number of records.
pub fn records(hint: &str, progress: &Progress) -> Result<Records, Failure> {
    records_for(hint, progress, progress)
}

/// Fails if the paths name standard input, `-`, more than once, or while it is a terminal: a person would wait for a file
/// that never comes. `hint`: how to use it.
pub fn check_standard_input(paths: &[PathBuf], hint: &str) -> Result<(), Failure> {
    let named = paths.iter().filter(|path| path.as_os_str() == "-").count();
    match named {
        0 => Ok(()),
        1 if std::io::stdin().is_terminal() => {
            Err(Failure::usage(format!("no input: - is a file on standard input; try: {hint}")))
        }
        1 => Ok(()),
        _ => Err(Failure::usage("- is named several times, and standard input is one file")),
    }
}

/// Like [`records`], for an operation that reads ahead, and itself shows that it waits for input.
pub fn records_ahead(hint: &str, progress: &Progress) -> Result<Records, Failure> {
    records_for(hint, progress, &Progress::hidden())
}

/// Reads the activities of a command that needs all of them: records from stdin, or the catalogue if a flag says so or a
/// person typed the command alone.
pub fn records_or_catalogue(
    worker: &Worker,
    flags: &CatalogueFlags,
    progress: &Progress,
) -> Result<Input<BufReader<Box<dyn Read + Send>>>, Failure> {
    let platforms = match flags.catalogue.as_deref() {
        None if !std::io::stdin().is_terminal() => return Ok(Input::Records(records("", progress)?)),
        Some("") => {
            return Err(Failure::usage("--catalogue= names no platform; name some, or all, or none"));
        }
        Some(NONE) => Vec::new(),
        None | Some(ALL) => worker.selected_platforms()?,
        Some(names) => named_platforms(worker, names)?,
    };
    for spec in platforms.iter().filter(|spec| !spec.is_write_only()) {
        if !worker.catalogue.was_listed(&spec.id)? {
            worker.warn(&format!("{}: not listed yet, so nothing of it is read; run gs-fetch", spec.id));
        }
    }
    Ok(Input::Catalogue(CatalogueInput { platforms, newest: flags.newest }))
}

/// The platforms that `--catalogue` names. `--platform` may not exclude one of them.
fn named_platforms(worker: &Worker, names: &str) -> Result<Vec<Arc<PlatformSpec>>, Failure> {
    let selection = selection_of_flag(&worker.platforms, "--catalogue", &[names.to_owned()])?;
    let PlatformSelection::Only(named) = selection else { return worker.selected_platforms() };
    let PlatformSelection::Only(wanted) = worker.named_platforms()? else { return Ok(named) };
    match named.iter().find(|spec| wanted.iter().all(|wanted| wanted.id != spec.id)) {
        Some(spec) => Err(Failure::usage(format!("--catalogue names {}, and --platform excludes it", spec.id))),
        None => Ok(named),
    }
}

fn records_for(hint: &str, progress: &Progress, waits: &Progress) -> Result<Records, Failure> {
    if std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("no input: records are read from standard input; try: {hint}")));
    }
    let input: Box<dyn Read + Send> = match progress.is_shown().then(|| ReadAhead::begin(progress, waits)).flatten() {
        Some(ahead) => Box::new(ahead),
        None => Box::new(std::io::stdin()),
    };
    Ok(Reader::new(BufReader::with_capacity(256 << 10, input)))
}

/// Reads stdin completely, as a secret.
pub fn stdin_text() -> Result<Secret, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(4 << 20).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("standard input: {error}")))?;
    Ok(Secret::new(text))
}

/// Asks on the terminal without showing what the person types; `None` if there is no terminal.
fn ask_hidden(prompt: &str) -> Option<Secret> {
    let text = rpassword::prompt_password(prompt).ok()?;
    (!text.trim().is_empty()).then(|| Secret::new(text))
}

/// Asks on the terminal; `None` if stdin is not a terminal, or the person typed nothing or stopped the command.
fn ask_line(prompt: &str, stop: &AtomicBool) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).ok()?;
    if !is_typed(stop) {
        eprintln!();
        return None;
    }
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    let line = line.trim().to_owned();
    (!line.is_empty()).then_some(line)
}

/// Waits for a line on the terminal; `false`: the person stopped the command. A read would go on after the signal.
fn is_typed(stop: &AtomicBool) -> bool {
    let pause = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
    while !stop.load(Ordering::Relaxed) {
        match poll(&mut [PollFd::new(&std::io::stdin(), PollFlags::IN)], Some(&pause)) {
            Ok(0) | Err(Errno::INTR) => {}
            // A failure is that of the read, too.
            Ok(_) | Err(_) => return true,
        }
    }
    false
}

/// The content of standard input, if it is a pipe or a file and not empty.
pub fn piped_text() -> Result<Option<Secret>, Failure> {
    if std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let text = stdin_text()?;
    Ok((!text.expose().trim().is_empty()).then_some(text))
}

/// The source of the token of `gs-auth import`: the given path; standard input for "-" or if it is a pipe; otherwise
/// the usual places.
///
/// # Errors
/// Standard input cannot be read.
pub fn token_source(path: Option<&Path>) -> Result<TokenSource, Failure> {
    match path {
        Some(path) if path != Path::new("-") => Ok(TokenSource::Path(path.to_owned())),
        Some(_) => stdin_text().map(TokenSource::Text),
        // cron and CI provide an empty standard input.
        None => Ok(piped_text()?.map_or(TokenSource::UsualPlaces, TokenSource::Text)),
    }
}

/// Asks a person on the terminal.
pub struct TerminalPrompt {
    /// Set when the person stops the command.
    pub stop: Arc<AtomicBool>,
}

impl Prompt for TerminalPrompt {
    fn show(&mut self, text: &str) {
        // Without stderr there is no reader of the instructions.
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    fn line(&mut self, prompt: &str) -> Option<String> {
        ask_line(prompt, &self.stop)
    }

    fn hidden(&mut self, prompt: &str) -> Option<Secret> {
        ask_hidden(prompt)
    }

    fn ticket(&mut self) -> Result<Secret, Failure> {
        let nobody = |text: &str| Failure::new(Exit::LoginRequired, text);
        match std::io::stdin().is_terminal() {
            true => ask_hidden("Paste it here (it is not shown): ").ok_or_else(|| nobody("nothing was pasted")),
            false => piped_text()?.ok_or_else(|| {
                nobody("standard input is no terminal and is empty; run it on a terminal, or pipe the ticket in")
            }),
        }
    }
}
