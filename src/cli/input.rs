//! stdin, and what a person is asked on the terminal.

use std::io::{BufReader, IsTerminal, Read, Write};

use super::Failure;
use super::read_ahead::ReadAhead;
use crate::http::Secret;
use crate::record::{Reader, Record};
use crate::sync::Progress;

/// Records, as they come in.
pub type Records = Reader<BufReader<Box<dyn Read>>>;

/// Records from stdin; somebody who typed the command alone is told what it waits for. `progress` is told how many there are.
pub fn records(hint: &str, progress: &Progress) -> Result<Records, Failure> {
    if std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!("it reads records from standard input; try: {hint}")));
    }
    let input: Box<dyn Read> = match progress.is_shown().then(|| ReadAhead::begin(progress)).flatten() {
        Some(ahead) => Box::new(ahead),
        None => Box::new(std::io::stdin().lock()),
    };
    Ok(Reader::new(BufReader::with_capacity(256 << 10, input)))
}

/// All records from stdin, for commands that decide by the whole; a malformed line is an error.
pub fn all_records(hint: &str, progress: &Progress) -> Result<Vec<Record>, Failure> {
    let counted = records(hint, progress)?.inspect(|_| progress.add(1));
    counted.map(|record| record.map(|(_, record)| record).map_err(Failure::from)).collect()
}

/// All of stdin, as a secret.
pub fn stdin_text() -> Result<Secret, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(4 << 20).read_to_string(&mut text);
    read.map_err(|error| Failure::usage(format!("standard input: {error}")))?;
    Ok(Secret::new(text))
}

/// Asks on the terminal without showing what is typed; `None` if there is no terminal.
pub fn ask_hidden(prompt: &str) -> Option<Secret> {
    let text = rpassword::prompt_password(prompt).ok()?;
    (!text.trim().is_empty()).then(|| Secret::new(text))
}

/// Asks on the terminal for the code of a second factor. Authenticators show it in groups, and people type it so.
pub fn ask_code(prompt: &str) -> Option<Secret> {
    let code = ask_hidden(prompt)?;
    Some(Secret::new(code.expose().split_whitespace().collect::<String>()))
}

/// Asks on the terminal; `None` if stdin is none, or nothing was typed.
pub fn ask_line(prompt: &str) -> Option<String> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let mut stderr = std::io::stderr();
    write!(stderr, "{prompt}").and_then(|()| stderr.flush()).ok()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok()?;
    let line = line.trim().to_owned();
    (!line.is_empty()).then_some(line)
}
