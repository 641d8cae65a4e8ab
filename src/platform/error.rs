//! Failures of a platform, by what the caller can do about them.

use crate::reason::Reason;

/// A failure, by what the caller can do about it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// A person has to log in.
    #[error("{0}")]
    Login(String),
    /// A temporary failure: the request is valid and may succeed later.
    #[error("{message}")]
    Retry {
        /// What failed, and why.
        message: String,
        /// Requests for other activities would fail now as well, so they are not sent.
        platform_wide: bool,
    },
    /// The activity does not exist any more.
    #[error("{0}")]
    NotFound(String),
    /// The service rejects this item, and would reject it again.
    #[error("{0}")]
    Rejected(String),
    /// The service gave no file, and did not say why: it has none, or a quota of files is used up.
    #[error("{}", Reason::NoFileGiven)]
    NoFileGiven,
    /// The response is not one that this service is known to send.
    #[error("{0}")]
    Unexpected(String),
    /// A token, ticket or argument that a person gave cannot be used.
    #[error("{0}")]
    Input(String),
    /// A failure of this machine: a token could not be saved (a rotated token would be lost), the disk is full, or the
    /// proxy rejects its login.
    #[error("{0}")]
    Storage(Reason),
    /// The login belongs to a different account than the data folder. Nothing is listed or written with it.
    #[error("{0}")]
    OtherAccount(Reason),
    /// A person has to change a setting of garminsync, or of the account on the service's website. A new login does not
    /// help.
    #[error("{0}")]
    Config(String),
    /// A write was sent, and its outcome is unknown. The outcome is looked up; the write is never repeated.
    #[error("{0}")]
    OutcomeUnknown(String),
    /// A write could not be sent before its deadline, so it was not sent.
    #[error("{}", Reason::PrecheckOutdated)]
    TooLate,
    /// A person ended the program.
    #[error("stopped")]
    Stopped,
}

/// Result of every call to a platform.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The reason, as in records and the catalogue.
    pub fn reason(&self) -> Reason {
        let detail = self.to_string();
        match self {
            Error::Login(_) => Reason::LoginRequired { detail },
            Error::Retry { .. } => Reason::Retry { detail },
            Error::NotFound(_) => Reason::NotFound { detail },
            Error::Rejected(_) => Reason::Rejected { detail },
            Error::NoFileGiven => Reason::NoFileGiven,
            Error::Unexpected(_) => Reason::UnexpectedResponse { detail },
            Error::Input(_) => Reason::InvalidInput { detail },
            Error::Storage(reason) | Error::OtherAccount(reason) => reason.clone(),
            Error::Config(_) => Reason::Configuration { detail },
            Error::OutcomeUnknown(_) => Reason::OutcomeUnknown { detail },
            Error::TooLate => Reason::PrecheckOutdated,
            Error::Stopped => Reason::Stopped,
        }
    }

    /// A temporary failure of the whole platform.
    pub(super) fn retry_platform(message: impl Into<String>) -> Error {
        Error::Retry { message: message.into(), platform_wide: true }
    }

    /// A temporary failure of one item.
    pub(super) fn retry_item(message: impl Into<String>) -> Error {
        Error::Retry { message: message.into(), platform_wide: false }
    }

    /// Whether requests for other activities would fail as well.
    pub(super) fn is_platform_wide(&self) -> bool {
        match self {
            Error::Retry { platform_wide, .. } => *platform_wide,
            Error::Login(_)
            | Error::Storage(_)
            | Error::Input(_)
            | Error::OtherAccount(_)
            | Error::Config(_)
            | Error::Stopped => true,
            Error::NotFound(_)
            | Error::Rejected(_)
            | Error::NoFileGiven
            | Error::Unexpected(_)
            | Error::OutcomeUnknown(_)
            | Error::TooLate => false,
        }
    }
}

impl From<crate::walk::Error> for Error {
    fn from(error: crate::walk::Error) -> Error {
        match error {
            crate::walk::Error::Input(message) => Error::Input(message),
            crate::walk::Error::Unreadable(message) => Error::retry_platform(message),
            crate::walk::Error::NoSpace(message) => Error::Storage(Reason::Storage { detail: message }),
        }
    }
}

impl From<crate::http::Error> for Error {
    fn from(error: crate::http::Error) -> Error {
        use crate::http::Error as Http;
        match error {
            Http::Stopped => Error::Stopped,
            Http::TooLate => Error::TooLate,
            Http::RateLimiter(error) if !error.is_temporary => {
                Error::Storage(Reason::Storage { detail: error.message })
            }
            Http::RateLimited { .. } | Http::WritesRateLimited { .. } | Http::RateLimiter(_) => {
                Error::retry_platform(format!("{error}; try again later"))
            }
            Http::Network { .. } | Http::Untrusted { .. } | Http::RedirectLoop { .. } => {
                Error::retry_item(format!("{error}; {}", error.remedy()))
            }
            Http::Proxy { .. } => Error::Storage(Reason::Storage { detail: error.to_string() }),
            Http::TooLarge { .. } | Http::Redirect { .. } => Error::Unexpected(error.to_string()),
        }
    }
}
