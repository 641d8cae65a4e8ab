//! `report`: makes the page, and shows it in the browser.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::commands::{command, in_path, replace, say};
use super::stages::Stages;
use super::{GivenFlags, ReportSubcommand};
use crate::cli::{Common, Failure, Language, Output, ReportFlags};

/// Programs that open a page in the browser of a person. On a Linux machine `open` is another program.
const OPENERS: &[&str] = if cfg!(target_os = "macos") { &["open"] } else { &["xdg-open", "wslview"] };
/// A program that opens a page and has not failed by then is the browser itself.
const OPENS_WITHIN: Duration = Duration::from_secs(5);

/// Runs `gs-report`, and opens the page if that is asked for.
pub fn report(flags: &ReportSubcommand, given: &GivenFlags) -> Result<u8, Failure> {
    let mut report = command("gs-report")?;
    report.args(given.flags::<ReportFlags>()).args(given.flags::<Language>()).args(given.flags::<Common>());
    if !flags.open {
        return Err(replace(report));
    }
    let mut stages = Stages::begin(|| ());
    let (printed, code) = stages.output(report)?;
    let mut output = Output::buffered();
    output.text(&printed)?;
    output.flush()?;
    let page = printed.trim_end_matches('\n');
    // With a dry run there is none.
    if !page.is_empty() && !open(Path::new(page)) {
        say(&format!("no program could open the page; open this file in a browser: {page}"));
    }
    Ok(code)
}

/// Opens a page with `$BROWSER`, else with the program that this system has for it; whether one did.
fn open(page: &Path) -> bool {
    let browser = std::env::var("BROWSER").unwrap_or_default();
    // A list, as xdg-open has it; a name with a place for the address in it is for a shell.
    let browsers = browser.split(':').filter(|name| !name.is_empty() && !name.contains(char::is_whitespace));
    browsers.chain(OPENERS.iter().copied()).filter_map(program).any(|program| opens(program, page))
}

fn program(name: &str) -> Option<Command> {
    let path = if name.contains('/') { Some(name.into()) } else { in_path(name) };
    path.map(Command::new)
}

fn opens(mut program: Command, page: &Path) -> bool {
    use std::os::unix::process::CommandExt;
    program.arg(page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A browser outlives this program, and a Ctrl-C here.
    let Ok(mut child) = program.process_group(0).spawn() else { return false };
    let end = Instant::now() + OPENS_WITHIN;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < end => std::thread::sleep(Duration::from_millis(20)),
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}
