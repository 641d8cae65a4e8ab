//! `report`: creates the page and opens it in the browser.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::commands::{command, in_path, replace, say};
use super::stages::Stages;
use super::{GivenFlags, ReportSubcommand};
use crate::cli::{Common, Failure, Language, Output, ReportFlags};

/// Programs that open a page in a person's browser. On Linux `open` is a different program.
const OPENERS: &[&str] = if cfg!(target_os = "macos") { &["open"] } else { &["xdg-open", "wslview"] };
/// How long to wait for the program that opens the page. If it still runs after this time, it is the browser itself.
const OPENS_WITHIN: Duration = Duration::from_secs(5);

/// Runs `gs-report`, and opens the page if requested.
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
    // A dry run creates no page.
    if !page.is_empty() && !open(Path::new(page)) {
        say(&format!("no program could open the page; open this file in a browser: {page}"));
    }
    Ok(code)
}

/// Opens a page with `$BROWSER`, or else with the system's program. Returns whether a program opened it.
fn open(page: &Path) -> bool {
    let browser = std::env::var("BROWSER").unwrap_or_default();
    // `$BROWSER` is a list, as for xdg-open. An entry with a placeholder for the address needs a shell and is left out.
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
    // The browser must outlive this program, and a Ctrl-C here must not reach it.
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
