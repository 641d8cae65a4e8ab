//! Generates the man pages and the shell completions, from the same definitions as the help of the commands.
//!
//! ```text
//! gs-list --generate man       the page gs-list(1); bash, zsh, fish: completions
//! scripts/generate             writes man/, completions/ and .env.example; a test fails when they are out of date
//! ```
//!
//! Every command answers `--generate` (see [`command_doc`]); no help shows that flag, as only the script uses it. The other
//! pages come from the place where their subject is defined: [`record_page`] from the JSON Schema, [`settings_page`] from
//! the table of settings, [`catalogue_page`] from the list of the views. All functions are pure: definitions in, text out.

pub mod catalogue_page;
mod command_page;
mod help_notes;
pub mod record_page;
mod roff;
pub mod settings_page;

use clap_complete::Shell;

/// The release that the pages name, and the date of their last review.
const RELEASE: (&str, &str) = (concat!("garminsync ", env!("CARGO_PKG_VERSION")), "2026-11-25");

/// The man page of a command, or its completion for one shell; `None` unless `kind` is `man`, `bash`, `zsh` or `fish`.
pub fn command_doc(kind: &str, mut command: clap::Command) -> Option<String> {
    if kind == "man" {
        command.build();
        return Some(command_page::page(&command));
    }
    completion(kind, command)
}

/// The completion for one shell; `None` unless `kind` is `bash`, `zsh` or `fish`.
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
    // Trailing whitespace is removed: shells ignore it, and git complains about it.
    let text = String::from_utf8_lossy(&text);
    Some(text.lines().map(str::trim_end).fold(String::new(), |all, line| all + line + "\n"))
}
