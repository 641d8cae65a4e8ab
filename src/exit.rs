//! The exit codes of all commands, and their order of severity.

use std::cmp::Ordering;
use std::process::ExitCode;

/// The exit code of a command. The numbers are those of the README and of sysexits.h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Success, or nothing to do.
    Ok = 0,
    /// Some records failed.
    Partial = 1,
    /// Wrong usage.
    Usage = 2,
    /// An invalid record.
    BadInput = 65,
    /// A bug.
    Bug = 70,
    /// Try again later: a rate limit, the network, a lock.
    TempFail = 75,
    /// A login is needed.
    LoginRequired = 77,
    /// A configuration error, or a full disk.
    Config = 78,
    /// A person stopped the command.
    Interrupted = 130,
}

impl Exit {
    /// All exit codes, the least severe first: failures that a later run repairs, then those that a person must fix,
    /// then those that make the command useless, then a bug, which no other code may hide.
    pub const BY_SEVERITY: [Exit; 9] = [
        Exit::Ok,
        Exit::Partial,
        Exit::TempFail,
        Exit::LoginRequired,
        Exit::Config,
        Exit::BadInput,
        Exit::Usage,
        Exit::Interrupted,
        Exit::Bug,
    ];

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The exit with this number; `None` if it is not one of this project.
    pub fn of(code: u8) -> Option<Exit> {
        Exit::BY_SEVERITY.into_iter().find(|exit| exit.code() == code)
    }

    /// The worse of two exit codes of any program. A code that is not one of this project, such as that of a signal, is
    /// the worst.
    pub fn worse(one: u8, other: u8) -> u8 {
        let severity = |code| Exit::of(code).map_or(Exit::BY_SEVERITY.len(), Exit::severity);
        if severity(other) > severity(one) { other } else { one }
    }

    fn severity(self) -> usize {
        Exit::BY_SEVERITY.iter().position(|exit| *exit == self).unwrap_or(Exit::BY_SEVERITY.len())
    }
}

impl Ord for Exit {
    fn cmp(&self, other: &Exit) -> Ordering {
        self.severity().cmp(&other.severity())
    }
}

impl PartialOrd for Exit {
    fn partial_cmp(&self, other: &Exit) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_ordered_by_severity() {
        assert!(Exit::Bug > Exit::TempFail && Exit::Bug > Exit::Config && Exit::Bug > Exit::Interrupted);
        assert!(Exit::Config > Exit::LoginRequired && Exit::LoginRequired > Exit::TempFail);
        assert!(Exit::TempFail > Exit::Partial && Exit::Partial > Exit::Ok);
    }

    #[test]
    fn every_exit_code_round_trips() {
        for exit in Exit::BY_SEVERITY {
            assert_eq!(Exit::of(exit.code()), Some(exit));
        }
        assert_eq!(Exit::of(3), None);
    }

    #[test]
    fn the_sync_script_has_the_same_order_of_severity() {
        let script = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/sync")).unwrap();
        let codes = Exit::BY_SEVERITY.map(|exit| exit.code().to_string()).join(" ");
        assert!(script.contains(&format!("\nseverities=({codes})\n")), "{codes}");
    }

    #[test]
    fn the_exit_code_of_a_signal_is_the_most_severe() {
        assert_eq!((Exit::worse(70, 137), Exit::worse(137, 70)), (137, 137));
        assert_eq!((Exit::worse(70, 75), Exit::worse(0, 1), Exit::worse(1, 0)), (70, 1, 1));
    }
}
