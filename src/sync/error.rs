//! Why an operation cannot continue, and the exit code of its command.

use crate::exit::Exit;
use crate::reason::Reason;
use crate::record::{Malformed, Problem};
use crate::{archive, catalogue, http, platform, settings, walk};

/// Why an operation cannot continue.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}{reason}", subject.as_ref().map(|subject| format!("{subject}: ")).unwrap_or_default())]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// The reason, in a box to keep results small.
    pub reason: Box<Reason>,
    /// The subject, which precedes the reason: a platform, an activity or a channel.
    pub subject: Option<String>,
    /// The platform that the failure concerns.
    pub platform: Option<String>,
}

/// Result of an operation.
pub type Result<T> = std::result::Result<T, Failure>;

/// Why one item of an operation failed, by how much the failure stops.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Only this item failed; the next one may succeed.
    #[error("{}", .0.why())]
    Item(Box<Problem>),
    /// The platform is suspended for the rest of the run: all its items get this problem, which was reported once.
    #[error("{}", .0.why())]
    Platform(Box<Problem>),
    /// The operation cannot continue.
    #[error("{0}")]
    Run(Failure),
}

/// Result for one item.
pub type ItemResult<T> = std::result::Result<T, Error>;

impl From<Failure> for Error {
    fn from(failure: Failure) -> Error {
        Error::Run(failure)
    }
}

impl From<catalogue::Error> for Error {
    fn from(error: catalogue::Error) -> Error {
        Error::Run(error.into())
    }
}

impl From<archive::Error> for Error {
    fn from(error: archive::Error) -> Error {
        Error::Run(error.into())
    }
}

impl Error {
    /// The problem of the item.
    ///
    /// # Errors
    /// The operation cannot continue.
    pub fn into_problem(self) -> Result<Problem> {
        match self {
            Error::Item(problem) | Error::Platform(problem) => Ok(*problem),
            Error::Run(failure) => Err(failure),
        }
    }
}

impl Failure {
    /// A failure whose reason has no code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Failure {
        Failure::because(exit, Reason::other(message))
    }

    /// A failure with its reason.
    pub fn because(exit: Exit, reason: Reason) -> Failure {
        Failure { exit, reason: Box::new(reason), subject: None, platform: None }
    }

    /// A usage error.
    pub fn usage(message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, message)
    }

    /// Adds the line of the input to the failure.
    pub fn at_line(self, line: u64) -> Failure {
        Failure { reason: Box::new(Reason::AtLine { line, reason: self.reason }), ..self }
    }

    /// Adds the platform to the failure.
    pub fn on(self, platform: &str) -> Failure {
        Failure { platform: Some(platform.to_owned()), ..self.about(platform) }
    }

    /// Adds the subject to the failure.
    pub fn about(self, subject: &str) -> Failure {
        let subject = match self.subject {
            Some(inner) if inner != subject => format!("{subject}: {inner}"),
            _ => subject.to_owned(),
        };
        Failure { subject: Some(subject), ..self }
    }
}

impl From<catalogue::Error> for Failure {
    fn from(error: catalogue::Error) -> Failure {
        use catalogue::Error;
        let exit = match error {
            Error::Locked { .. } | Error::Forgotten => Exit::TempFail,
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
        Failure::because(exit, error.reason())
    }
}

impl From<settings::Error> for Failure {
    fn from(error: settings::Error) -> Failure {
        match error {
            settings::Error::Unusable(detail) => Failure::because(Exit::Config, Reason::Configuration { detail }),
            settings::Error::Stopped => Failure::because(Exit::Interrupted, Reason::Stopped),
        }
    }
}

impl From<archive::Error> for Failure {
    fn from(error: archive::Error) -> Failure {
        Failure::because(if error.is_configuration() { Exit::Config } else { Exit::Partial }, error.reason())
    }
}

impl From<Malformed> for Failure {
    fn from(error: Malformed) -> Failure {
        Failure::because(Exit::BadInput, Reason::InvalidInput { detail: error.to_string() })
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
        let exit = match &error {
            Error::Login(_) => Exit::LoginRequired,
            Error::Retry { .. } | Error::Unexpected(_) | Error::OutcomeUnknown(_) | Error::TooLate => Exit::TempFail,
            Error::NotFound(_) | Error::Rejected(_) | Error::NoFileGiven => Exit::Partial,
            Error::Input(_) => Exit::Usage,
            Error::Storage(_) | Error::OtherAccount(_) | Error::Config(_) => Exit::Config,
            Error::Stopped => Exit::Interrupted,
        };
        Failure::because(exit, error.reason())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry() -> Failure {
        platform::Error::Retry { message: "HTTP 503".into(), platform_wide: false }.into()
    }

    #[test]
    fn the_text_of_a_failure_is_its_subject_and_its_reason() {
        assert_eq!(retry().to_string(), "HTTP 503");
        assert_eq!(retry().about("ntfy").to_string(), "ntfy: HTTP 503");
        assert_eq!(retry().about("coros 1").about("gs-sync").to_string(), "gs-sync: coros 1: HTTP 503");
        assert_eq!(retry().on("coros").to_string(), "coros: HTTP 503");
        assert_eq!(retry().on("coros").on("coros").to_string(), "coros: HTTP 503", "named once");
        assert_eq!(retry().on("coros").at_line(3).to_string(), "coros: at line 3: HTTP 503");
    }

    #[test]
    fn subject_and_line_change_neither_exit_code_nor_platform() {
        let failure = retry().on("coros").at_line(3);
        let reason = Reason::Retry { detail: "HTTP 503".into() };
        assert_eq!((failure.exit, failure.platform.as_deref()), (Exit::TempFail, Some("coros")));
        assert_eq!(*failure.reason, Reason::AtLine { line: 3, reason: Box::new(reason) });
        assert_eq!(retry().about("ntfy").platform, None, "a channel is not a platform");
    }

    #[test]
    fn a_failure_without_its_own_code_keeps_its_text() {
        let usage = Failure::usage("--since: not a date");
        assert_eq!((usage.exit, usage.to_string()), (Exit::Usage, "--since: not a date".to_owned()));
        assert_eq!(*usage.reason, Reason::other("--since: not a date"));
    }
}
