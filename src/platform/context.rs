//! The context with which a platform is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::{AccessKind, Credentials, FileRequests, LoginGuard, OwnerGuard, Result};
use crate::activity::{Activity, PlatformId};
use crate::http::{Http, Secret};
use crate::walk::Notice;

/// Receives all items that a listing skipped.
pub type TellSkipped = Arc<dyn Fn(&[Notice]) + Send + Sync>;

/// An activity by its id, as earlier listings showed it, if it is already known.
pub type ActivityLookup = Arc<dyn Fn(&str) -> Option<Activity> + Send + Sync>;

/// Whether a file of this name was ever delivered to the platform.
pub type IsDelivered = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The source of the settings that one platform alone reads. Their defaults are in the table of settings.
pub trait SettingSource: Send + Sync {
    /// The value of a setting; `None` if it is not set.
    fn text(&self, name: &str) -> Option<String>;

    /// A setting that is yes or no; its default if it is not set.
    ///
    /// # Errors
    /// [`Error::Config`](super::Error::Config): the value is neither yes nor no.
    fn flag(&self, name: &str) -> Result<bool>;

    /// A setting that is a length of time; its default if it is not set.
    ///
    /// # Errors
    /// [`Error::Config`](super::Error::Config): the value is no length of time.
    fn duration(&self, name: &str) -> Result<Duration>;
}

/// The context with which a platform is opened.
pub struct Context {
    /// The platform's name: in records, for the token's file, and for the interval between requests.
    pub platform: PlatformId,
    /// The access that is opened.
    pub access: AccessKind,
    /// Sends requests.
    pub http: Arc<Http>,
    /// The folder of the tokens.
    pub tokens: PathBuf,
    /// Returns the e-mail address and password of the settings, if they are set. Called only when a login is needed,
    /// because it may run a command.
    pub credentials: Box<dyn Fn() -> Result<Option<Credentials>> + Send>,
    /// Returns the password or key of the settings, if it can be read at once, without running a command or reading a
    /// pipe. So it may be called although no login is needed.
    pub readable_secret: Box<dyn Fn() -> Option<Secret> + Send>,
    /// The settings that one platform alone reads.
    pub settings: Arc<dyn SettingSource>,
    /// The record of failed logins.
    pub guard: Arc<dyn LoginGuard>,
    /// Checks which account a new token may belong to.
    pub owner: Arc<dyn OwnerGuard>,
    /// Receives notices for the person.
    pub notice: Arc<dyn Fn(&str) + Send + Sync>,
    /// Receives, at the end of each listing, all items that it skipped. It reports each of them to the person once.
    pub skipped: TellSkipped,
    /// Looks up an activity whose list entry has missing values, before the service is asked for them.
    pub known: ActivityLookup,
    /// The record of the requests for files, for an access with a quota.
    pub files: Arc<dyn FileRequests>,
    /// Whether a file of this name was ever delivered: an outbox gives no name twice.
    pub is_delivered: IsDelivered,
}
