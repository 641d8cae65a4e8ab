//! What a platform is opened with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::{Credentials, LoginGuard, OwnerGuard, Result};
use crate::activity::PlatformId;
use crate::http::Http;
use crate::walk::Notice;

/// Is told all that a listing skipped.
pub type TellSkipped = Arc<dyn Fn(&[Notice]) + Send + Sync>;

/// When an activity began, by its id, as far as that was found out before.
pub type KnownStart = Arc<dyn Fn(&str) -> Option<Timestamp> + Send + Sync>;

/// The settings, as a platform asks for those that it alone reads. Their defaults stand in the table of settings.
pub trait SettingSource: Send + Sync {
    /// The value of a setting; `None` if it is not set.
    fn text(&self, name: &str) -> Option<String>;

    /// A setting that is yes or no; its default if it is not set.
    ///
    /// # Errors
    /// [`Error::Config`](super::Error::Config): the value is neither.
    fn flag(&self, name: &str) -> Result<bool>;

    /// A setting that is a length of time; its default if it is not set.
    ///
    /// # Errors
    /// [`Error::Config`](super::Error::Config): the value is no length of time.
    fn duration(&self, name: &str) -> Result<Duration>;
}

/// What a platform is opened with.
pub struct Context {
    /// The platform's name: in records, for the token's file, and for the interval between requests.
    pub platform: PlatformId,
    /// Sends requests.
    pub http: Arc<Http>,
    /// The folder of the tokens.
    pub tokens: PathBuf,
    /// The e-mail address and password of the settings, if they are set. Asked only when a login is due: it may run a
    /// command.
    pub credentials: Box<dyn Fn() -> Result<Option<Credentials>> + Send>,
    /// The settings that one platform alone reads.
    pub settings: Arc<dyn SettingSource>,
    /// Earlier logins that failed.
    pub guard: Arc<dyn LoginGuard>,
    /// Whose account a new token may belong to.
    pub owner: Arc<dyn OwnerGuard>,
    /// Is told what a person should know.
    pub notice: Arc<dyn Fn(&str) + Send + Sync>,
    /// Is told, at the end of each listing, all that it skipped: a person is told of each once.
    pub skipped: TellSkipped,
    /// Asked before the service is asked for the start of one activity that its list does not tell.
    pub known_start: KnownStart,
}
