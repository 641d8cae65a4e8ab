//! The flags of `sync`, which are those of `gs-sync`.
//!
//! `gs-sync` is a shell script. It first parses its flags with this program, as scripts do with `git rev-parse
//! --parseopt`:
//!
//! ```text
//! flags=$(garminsync --sync-flags -- "$@") || exit
//! eval "$flags"
//! ```
//!
//! The output is shell code that sets an array for each stage, with every value in single quotes. For `--help`,
//! `--version` and `--generate` the code prints a text and ends the script. Wrong usage is reported on standard error.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

use clap::error::ErrorKind;
use clap::{Args, Command};

use super::GivenFlags;
use crate::cli::{
    Common, DeletionLimit, DiffFlags, Failure, Filter, Language, ListingFlags, NotifyFlags, Output, ReportFlags,
    UploadLimit, generate,
};

/// The flag that requests the flags of `gs-sync`. The arguments after it are those of `gs-sync`.
pub(super) const FLAG: &str = "--sync-flags";
/// The name of the script.
const SCRIPT: &str = "gs-sync";

/// The flags of `sync`.
#[derive(Debug, Args)]
pub struct SyncFlags {
    /// Archive all activities, not only those that are uploaded or deleted [default: $GS_ARCHIVE]
    #[arg(long)]
    archive: bool,
    #[command(flatten)]
    listing: ListingFlags,
    #[command(flatten)]
    diff: DiffFlags,
    #[command(flatten)]
    upload: UploadLimit,
    #[command(flatten)]
    deletion: DeletionLimit,
    #[command(flatten)]
    notify: NotifyFlags,
    #[command(flatten)]
    language: Language,
    #[command(flatten)]
    report: ReportFlags,
    #[command(flatten)]
    filter: Filter,
    #[command(flatten)]
    common: Common,
}

/// Prints the flags that the script received, as shell code. `front` has the subcommand `sync`.
pub(super) fn print(front: Command, given: Vec<OsString>) -> Result<u8, Failure> {
    let given = match given.first() {
        Some(dashes) if dashes == "--" => &given[1..],
        _ => &given[..],
    };
    let code = match generated(&front, given)? {
        Some(text) => text_and_exit(&text),
        None => {
            match script(&front).try_get_matches_from(std::iter::once(SCRIPT.into()).chain(given.iter().cloned())) {
                Ok(matches) => arrays(&GivenFlags::of(&matches)),
                Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                    text_and_exit(&error.to_string())
                }
                Err(error) => error.exit(),
            }
        }
    };
    let mut output = Output::buffered();
    output.write_all(&code).and_then(|()| Write::flush(&mut output)).map_err(|error| Output::write_failed(&error))?;
    Ok(0)
}

/// The definition of the script's flags: that of the subcommand, under the script's name.
fn script(front: &Command) -> Command {
    let word = front.find_subcommand("sync").cloned().unwrap_or_default();
    word.name(SCRIPT).bin_name(SCRIPT).version(env!("CARGO_PKG_VERSION"))
}

fn generated(front: &Command, given: &[OsString]) -> Result<Option<String>, Failure> {
    let [flag, kind] = given else { return Ok(None) };
    if flag != "--generate" {
        return Ok(None);
    }
    let text = kind.to_str().and_then(|kind| generate::of(kind, script(front)));
    text.map(Some).ok_or_else(|| Failure::usage("--generate takes man, bash, zsh or fish"))
}

/// The arrays that the script uses.
fn arrays(given: &GivenFlags) -> Vec<u8> {
    let common = |is_meant: fn(&str) -> bool| given.some_of::<Common>(is_meant);
    let mut reported = given.flags::<ReportFlags>();
    let mut told = given.flags::<NotifyFlags>();
    for words in [&mut reported, &mut told] {
        words.extend(given.flags::<Language>());
    }
    let stages: [(&str, Vec<OsString>); 13] = [
        // Common flags by purpose: settings; dry run; all except the platforms; all except the dry run; the platforms.
        ("settings", common(|id| ["data_dir", "env_file", "log", "platform"].contains(&id))),
        ("dry", common(|id| id == "dry_run")),
        ("plain", common(|id| id != "platform")),
        ("reading", common(|id| id != "dry_run")),
        ("platform", common(|id| id == "platform")),
        ("fetch", given.flags::<ListingFlags>()),
        // The part of them that also limits what is read from the catalogue.
        ("newest", given.some_of::<ListingFlags>(|id| id == "newest")),
        // Filters for the activities to upload, delete and archive.
        ("filter", given.flags::<Filter>()),
        ("diff", given.flags::<DiffFlags>()),
        ("upload", given.flags::<UploadLimit>()),
        ("delete", given.flags::<DeletionLimit>()),
        ("notify", told),
        ("report", reported),
    ];
    let mut code = Vec::new();
    for (name, words) in stages {
        code.extend(name.bytes().chain(*b"=("));
        for (number, word) in words.iter().enumerate() {
            code.extend((number > 0).then_some(b' '));
            code.extend(quoted(word));
        }
        code.extend(*b")\n");
    }
    code.extend(*b"archive=");
    code.extend(if given.has("archive") { &b"yes\n"[..] } else { b"\n" });
    code
}

fn text_and_exit(text: &str) -> Vec<u8> {
    [b"printf %s ", quoted(OsStr::new(text)).as_slice(), b"\nexit 0\n"].concat()
}

/// A word quoted for the shell, so that no character has a special meaning.
fn quoted(word: &OsStr) -> Vec<u8> {
    let mut out = vec![b'\''];
    for byte in word.as_bytes() {
        match byte {
            b'\'' => out.extend(*br"'\''"),
            other => out.push(*other),
        }
    }
    out.push(b'\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_word_unchanged() {
        for text in
            ["", "a b", "it's", "'", "''", "$(touch x)", "`id`", "a\nb\n", "\\", "\"$HOME\"", "!!", "*", "-n", "日"]
        {
            let line = [b"printf %s ", quoted(OsStr::new(text)).as_slice()].concat();
            let said = std::process::Command::new("bash").arg("-c").arg(OsStr::from_bytes(&line)).output().unwrap();
            assert_eq!(String::from_utf8_lossy(&said.stdout), text);
        }
    }
}
