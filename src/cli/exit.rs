//! Exit codes, and which failure means which.

use std::process::ExitCode;

use crate::record::{Malformed, ProblemKind};
use crate::{archive, catalogue, http, platform, settings, walk};

/// How a command ends. The numbers are those of the README; a greater one is worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// All well, or nothing to do.
    Ok = 0,
    /// Some records failed.
    Partial = 1,
    /// Wrong usage.
    Usage = 2,
    /// A malformed record.
    Data = 65,
    /// A bug.
    Bug = 70,
    /// Try again later: a limit, the network, a lock.
    Later = 75,
    /// A login is needed.
    Login = 77,
    /// Something in the set-up, or a disk that is full.
    Config = 78,
    /// A person ended it.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Why a command cannot go on.
#[derive(Debug)]
pub struct Failure {
    /// How it ends.
    pub exit: Exit,
    /// What went wrong and what to try.
    pub message: String,
}

/// What a command's work comes to; [`Exit::Ok`] is raised by what was told meanwhile.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// A failure with its exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure { exit, message: message.into() }
    }

    /// Wrong usage.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }
}

impl From<catalogue::Error> for Failure {
    fn from(error: catalogue::Error) -> Failure {
        use catalogue::Error;
        let exit = match error {
            Error::Locked { .. } | Error::Forgotten => Exit::Later,
            Error::Full { .. }
            | Error::NoLocks { .. }
            | Error::Newer { .. }
            | Error::ReadOnly { .. }
            | Error::NoDatabase { .. }
            | Error::Foreign { .. }
            | Error::Unusable { .. }
            | Error::Damaged { .. } => Exit::Config,
            Error::Sqlite { .. } => Exit::Bug,
        };
        Failure::new(exit, error.to_string())
    }
}

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Failure {
        let exit = match error {
            settings::Error::Unusable(_) => Exit::Config,
            settings::Error::Stopped => Exit::Interrupted,
        };
        Failure::new(exit, error.to_string())
    }
}

impl From<archive::Error> for Failure {
    fn from(error: archive::Error) -> Failure {
        Failure::new(if error.is_configuration() { Exit::Config } else { Exit::Partial }, error.to_string())
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Failure {
        Failure::new(Exit::Data, error.to_string())
    }
}

impl From<http::Error> for Failure {
    fn from(error: http::Error) -> Failure {
        platform::Error::from(error).into()
    }
}

impl From<walk::Error> for Failure {
    fn from(error: walk::Error) -> Failure {
        platform::Error::from(error).into()
    }
}

impl From<platform::Error> for Failure {
    fn from(error: platform::Error) -> Failure {
        use platform::Error;
        let exit = match error {
            Error::Login(_) => Exit::Login,
            Error::Unexpected(what) => {
                return Failure::new(Exit::Later, format!("{what}; try again later, and report it if it stays so"));
            }
            Error::Retry { .. } | Error::OutcomeUnknown(_) | Error::TooLate => Exit::Later,
            Error::NotFound(_) | Error::Rejected(_) => Exit::Partial,
            Error::Input(_) => Exit::Usage,
            Error::Storage(_) | Error::OtherAccount(_) | Error::Config(_) => Exit::Config,
            Error::Stopped => Exit::Interrupted,
        };
        Failure::new(exit, error.to_string())
    }
}

/// What a problem of one record means for the whole.
impl From<&ProblemKind> for Exit {
    fn from(kind: &ProblemKind) -> Exit {
        match kind {
            ProblemKind::Login => Exit::Login,
            ProblemKind::RetryLater => Exit::Later,
            ProblemKind::Account | ProblemKind::Storage | ProblemKind::Config => Exit::Config,
            _ => Exit::Partial,
        }
    }
}
