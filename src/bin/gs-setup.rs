//! `gs-setup`: sets up platforms, logins, schedule and notifications, and makes a first listing. It asks, or takes the
//! answers from flags.

use std::process::ExitCode;

use clap::Parser;
use garminsync::cli::setup::{self, HasSetup, SetupFlags};
use garminsync::cli::{Common, CommonArgs};

/// Choose platforms, log in, and configure schedule and messages
///
/// On a terminal it asks for every answer that no flag gives, and shows each line before it writes it. It writes the settings
/// file (mode 0600) and keeps all its other lines, logs in with gs-auth, sends a test message with gs-notify, lists the
/// platforms with gs-fetch, and sets the schedule. It changes nothing until the last question is answered. Run it again to change an
/// answer; a working login is kept.
///
/// Passwords and keys are never passed as flags: type them, or pass them with --secrets, or name settings such as GARMIN_PASSWORD_FILE
/// and GARMIN_PASSWORD_COMMAND.
#[derive(Parser)]
#[command(
    name = "gs-setup",
    version,
    after_help = "Examples:
  gs-setup                              asks on the terminal
  gs-setup --yes --platform garmin-com --login token   import a token
  gs-setup --yes --login password --secrets -   passwords through a pipe
  gs-setup -n --yes                     what it would write and run

Settings: SYNC_PLATFORM, GS_SCHEDULE_COMMAND

Exit codes: 0 OK, 2 wrong usage, or flags are missing, 75 try again later,
77 a login is needed, 78 configuration error, 130 stopped"
)]
struct Args {
    #[command(flatten)]
    setup: SetupFlags,
    #[command(flatten)]
    common: Common,
}

impl CommonArgs for Args {
    fn common(&self) -> &Common {
        &self.common
    }
}

impl HasSetup for Args {
    fn setup(&self) -> &SetupFlags {
        &self.setup
    }
}

fn main() -> ExitCode {
    setup::main::<Args>()
}
