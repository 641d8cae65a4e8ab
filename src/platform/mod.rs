//! The platforms: the operations of each, and the table of all platforms.
//!
//! Terms: a *platform* is one service with one account, a folder, or an outbox. An *original* is the file that a device
//! recorded, as it was uploaded; a *converted* file is one that the service computed from it. A *ticket* proves a login
//! once and is exchanged for a *token*. The token is stored and renewed in a [`TokenStore`], under a lock that all
//! processes share.
//!
//! An account may have several [`Access`]es: a key or OAuth for reading, beside the login of the web page.
//!
//! To add a service: one module with its [`PlatformSpec`], and one line in [`Platforms::default`].

mod access;
mod context;
pub mod coros;
mod error;
mod file_quota;
pub mod folder;
pub mod garmin;
mod identity;
pub mod intervals;
mod lenient_json;
mod listing;
mod local_path;
mod login;
mod login_attempt;
mod operations;
pub mod outbox;
mod platforms;
mod renewal;
mod settings_key;
mod spec;
mod tokens;
mod transfer;

pub use crate::activity::{AccessKind, PlatformId};
pub use access::Access;
pub use context::{ActivityLookup, Context, IsDelivered, SettingSource, TellSkipped};
pub use error::{Error, Result};
pub use file_quota::{FileQuota, FileRequest, FileRequests, QuotaState};
pub use identity::{Identity, OwnerGuard, describe_person, mask_email};
pub use listing::{ListEnd, ListedActivity, Page, Window};
pub use login::{Account, Ask, Credentials, LoginBlock, LoginGuard, LoginWays, key_end};
pub use operations::{PlatformLogin, PlatformReader, PlatformWriter};
pub use platforms::{PlatformSelection, Platforms, UnknownPlatform};
pub use spec::{PlatformKind, PlatformSpec, Service};
pub use tokens::TokenStore;
pub use transfer::{Download, UploadFile, UploadRef, UploadStatus};
