//! The manual: what `man` and the shells show of the commands, made from the same definitions as their help.
//!
//! ```text
//! gs-list --generate man       the page gs-list(1); bash, zsh, fish: completions
//! scripts/generate             writes all of man/ and completions/; a test holds that they are current
//! ```
//!
//! Every command answers `--generate` (see [`of_command`]), and it stands in no help: it is for that script. What is no
//! command's own is made from where it is written down: [`record`] from the JSON Schema, [`settings`] from
//! `.env.example`. All is pure: definitions in, text out.

mod command;
mod notes;
pub mod record;
mod roff;
pub mod settings;

use clap_complete::Shell;

/// The release that the pages name, and the day they were last looked through.
const RELEASE: (&str, &str) = (concat!("garminsync ", env!("CARGO_PKG_VERSION")), "2026-11-25");

/// The page of a command, or its completion for one shell. `None`: `kind` is none of `man`, `bash`, `zsh`, `fish`.
pub fn of_command(kind: &str, mut command: clap::Command) -> Option<String> {
    if kind == "man" {
        command.build();
        return Some(command::page(&command));
    }
    completion(kind, command)
}

/// The completion for one shell. `None`: `kind` is none of `bash`, `zsh`, `fish`.
pub fn completion(kind: &str, mut command: clap::Command) -> Option<String> {
    let shell = match kind {
        "bash" => Shell::Bash,
        "zsh" => Shell::Zsh,
        "fish" => Shell::Fish,
        _ => return None,
    };
    let mut text = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut command, name, &mut text);
    // Whitespace at the ends of lines is of no use to a shell.
    let text = String::from_utf8_lossy(&text);
    Some(text.lines().map(str::trim_end).fold(String::new(), |all, line| all + line + "\n"))
}
