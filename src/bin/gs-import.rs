//! Takes over what other tools and services have left on the disk, so that it need not be fetched anew.
//!
//! ```text
//! gs-import ~/GarminSync/data              GarminSync: its database, or the folder that it is in
//! gs-import ~/sports-sync-x                Sports Sync X: its folder
//! gs-import garmin-export.zip              Garmin's account export, as it came or unpacked
//! gs-import --platform coros old/fit       any folder or zip of files that are named with ids
//! ```
//!
//! Prints a record for each file that was taken. Nothing of theirs is changed, and what is in the archive already stays.
//! No listing is made up: gs-fetch completes what is known of each, and says what is no longer there.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::{self, Bar, Common, Exit, Failure, HasCommon, Import, ImportFlags, Outcome, Run};
use garminsync::older::{self, Found};
use garminsync::platform::Kind;

const NAME: &str = "gs-import";
const GARMIN: &str = "garmin-com";

/// Take over the files of GarminSync, Sports Sync X, Garmin's account export, or of any folder
///
/// Each file is checked before it is taken. What is no FIT file although it is called so is kept as what it is, and the
/// original is asked for again. A path's kind is found out by looking.
#[derive(Parser)]
#[command(
    name = "gs-import",
    version,
    after_help = "Examples:
  gs-import -n ~/GarminSync/data             look only: what would be taken
  gs-import ~/sports-sync-x                  the folder of Sports Sync X
  gs-import garmin-export.zip                Garmin's account export, as it came
  gs-import --platform coros ~/old/coros     files that are named with their ids

--platform says whose files these are. Without it those of GarminSync and Garmin's export
are of garmin-com; Sports Sync X tells itself; of other folders it has to be said.

Exit codes: 0 all well, 1 some files were not taken, 2 a path that is nothing known, 75 try again later, 78 set-up"
)]
struct Args {
    #[command(flatten)]
    sources: ImportFlags,
    #[command(flatten)]
    common: Common,
}

impl HasCommon for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

fn main() -> ExitCode {
    cli::main(NAME, cli::Log::Yes, work)
}

fn work(args: &Args, run: &mut Run) -> Outcome {
    let named = args.common.named_platforms()?;
    let own = Import::own_folders(run);
    // All is looked at before anything is taken.
    let mut sources = Vec::new();
    for path in &args.sources.paths {
        let unknown = |why: &str| Failure::usage(format!("{}: {why}; {}", path.display(), older::KNOWN));
        let absolute = path.canonicalize().map_err(|error| unknown(&error.to_string()))?;
        if own.iter().any(|own| absolute.starts_with(own)) {
            return Err(unknown("it is the archive itself; gs-download finds what stands there"));
        }
        let found = older::recognise(&absolute, &own).map_err(|why| unknown(&why))?;
        let platform = platform_of(&found, named.as_deref())
            .map_err(|why| Failure::usage(format!("{}: {why}", path.display())))?;
        run.talk.note(&format!("{}: {}", path.display(), title(&found, platform)));
        sources.push((found, platform));
    }
    let only = named.as_ref().map(|kinds| kinds.iter().map(|kind| kind.name).collect::<Vec<_>>());
    let bar = Bar::counting(&run.talk, NAME);
    let mut import = Import::new(run, &bar);
    let mut result = Ok(());
    for (found, platform) in &sources {
        match import.source(found, platform, only.as_deref()) {
            // It cannot be read now; the others can.
            Err(failure) if failure.exit == Exit::Later => import.fail(&failure),
            Err(failure) => {
                result = Err(failure);
                break;
            }
            Ok(()) => {}
        }
    }
    let result = result.and(import.finish());
    bar.finish();
    summary(run);
    result
}

fn title(found: &Found, platform: &str) -> String {
    match found {
        Found::GarminSync { .. } => format!("GarminSync, taken for {platform}"),
        Found::SportsSync { .. } => "Sports Sync X".to_owned(),
        Found::GarminExport(_) => format!("Garmin's account export, taken for {platform}"),
        Found::Files(_) => format!("files of {platform}"),
    }
}

/// Whose files a source has, where it cannot tell itself.
fn platform_of(found: &Found, named: Option<&[&'static Kind]>) -> Result<&'static str, String> {
    let with_login = |kinds: &[&'static Kind]| kinds.iter().all(|kind| kind.has_login());
    if named.is_some_and(|kinds| !with_login(kinds)) {
        return Err("--platform: files are taken over for garmin-com, garmin-cn or coros".into());
    }
    match (found, named) {
        // It tells of each file.
        (Found::SportsSync { .. }, _) => Ok(GARMIN),
        (Found::GarminSync { .. } | Found::GarminExport(_), None) => Ok(GARMIN),
        (Found::GarminSync { .. } | Found::GarminExport(_), Some([one])) if one.name.starts_with("garmin-") => {
            Ok(one.name)
        }
        (Found::GarminSync { .. } | Found::GarminExport(_), Some(_)) => {
            Err("it has the files of one account at Garmin; name --platform garmin-com or garmin-cn".into())
        }
        (Found::Files(_), Some([one])) => Ok(one.name),
        (Found::Files(_), _) => {
            Err("its files do not tell whose they are; name one with --platform: garmin-com, garmin-cn or coros".into())
        }
    }
}

fn summary(run: &Run) {
    let counts = [
        ("exports", "of them no FIT files (the originals are asked for again: gs-list --missing | gs-download)"),
        ("already", "in the archive already"),
        ("different", "different from what is in the archive, which stays"),
        ("ambiguous", "that may be of several activities"),
        ("refused", "not taken"),
    ];
    let rest = counts.iter().filter(|(name, _)| run.counted(name) > 0);
    let rest: Vec<String> = rest.map(|(name, words)| format!(", {} {words}", run.counted(name))).collect();
    let taken = if run.common.dry_run { "would be taken" } else { "taken" };
    run.talk.note(&format!("{} {taken}{}", run.counted("taken"), rest.concat()));
    run.talk.note("logins are not taken over by this; gs-auth import takes a token of garth or garminconnect");
}
