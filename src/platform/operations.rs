//! What can be done with an account: read its activities, write to it, and log in.
//!
//! Reading, writing and logging in are separate traits, because a service may offer them by different accesses: an API
//! key that only reads, beside the login of its web page. A folder has no login.
//!
//! Every call for data logs in automatically as far as that needs no person. It uses the stored token while the token
//! works, and renews it when it does not. If that fails, it makes one password login, provided that the settings hold a
//! password and the [`LoginGuard`](super::LoginGuard) allows it.

use std::ops::ControlFlow;

use jiff::Timestamp;

use super::{
    Account, Ask, Credentials, Download, Identity, ListEnd, Page, QuotaState, Result, UploadFile, UploadRef,
    UploadStatus, Window,
};
use crate::activity::Activity;
use crate::clock::Moment;
use crate::http::Secret;

/// Reads the activities of one account.
pub trait PlatformReader: Send {
    /// Lists the activities of `window`, newest first, page by page. Each id is listed once, even if pages shift while
    /// the list is read.
    ///
    /// `each_page` may end the listing early. Returns whether the listing reached the end of the list. After an error
    /// it did not, so nothing may be concluded from a missing activity.
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd>;

    /// Requests the number of activities in the account, from a count of the service that is independent of the list.
    /// `None` if the service has no such count or does not give it. The count may include activities that the list
    /// omits, such as the legs of a multisport activity.
    fn count(&self) -> Result<Option<u64>>;

    /// Requests an activity by its id and returns whether it exists. `None` if the service has no such request: then
    /// only the list shows it.
    fn exists(&self, activity: &Activity) -> Result<Option<bool>>;

    /// Downloads the file of an activity: the original; else, if that fails for good, a converted file.
    ///
    /// An activity without a file is [`Download::None`]; this is final and not an error.
    /// [`Error::NotFound`](super::Error::NotFound): the activity itself does not exist any more. The bytes are returned
    /// as received; the archive checks whether they are a valid file.
    fn download(&self, activity: &Activity) -> Result<Download>;

    /// Downloads a converted file of an activity whose original is corrupt at the service: a [`Download::Converted`],
    /// or [`Download::None`] if the service converts nothing.
    fn download_converted(&self, _activity: &Activity, _why: &str) -> Result<Download> {
        Ok(Download::None { why: "the service gives originals alone".into() })
    }

    /// The owner of the account as the service names it; `None` if the service does not name the owner, or has no
    /// login.
    ///
    /// The owner is stored with the token, so that one request is made for each token, or one a day if the service does
    /// not name the owner. `fresh`: the request is made now, because a write is about to follow.
    fn identify(&self, fresh: bool) -> Result<Option<Identity>>;

    /// For an access whose service does not name the owner, or by an id that other accesses may not have: whether the
    /// account shows activities that the catalogue knows. `None`: this is not compared.
    fn is_known_account(&self) -> Result<Option<bool>> {
        Ok(None)
    }

    /// How much of the quota of files is used, if the access has one.
    fn quota(&self) -> Result<QuotaState> {
        Ok(QuotaState::default())
    }
}

/// Writes to one account. It reads the account too, because its list is read before and after each write.
pub trait PlatformWriter: PlatformReader {
    /// Uploads a file. The request is sent once, whatever its outcome.
    ///
    /// The caller has checked that the activity does not exist on the platform, and has recorded the upload in the
    /// journal. After [`Error::OutcomeUnknown`](super::Error::OutcomeUnknown) the file may have arrived; after any
    /// other error it did not arrive. [`Error::Rejected`](super::Error::Rejected) contains the service's message, and
    /// the same file would be rejected again.
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus>;

    /// The status of uploads that this run or an earlier one sent: one result for each upload, in the same order. It
    /// only reads, with as few requests as possible. [`Error::Rejected`](super::Error::Rejected) in a result: the
    /// upload will never become an activity. [`Error::NotFound`](super::Error::NotFound): the upload failed for a
    /// reason other than the file.
    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>>;

    /// Deletes an activity. The request is sent once, and not after the deadline `not_after`
    /// ([`Error::TooLate`](super::Error::TooLate)). Success proves nothing, because services report it for any id: the
    /// caller lists again.
    fn delete(&self, activity: &Activity, not_after: Option<Moment>) -> Result<()>;
}

/// Logs in to an account, and manages its token.
pub trait PlatformLogin: Send {
    /// The account of the stored token. Sends no request.
    fn account(&self) -> Result<Option<Account>>;

    /// Logs in with a password, once. Calls `ask` for the code if the service requires a second factor.
    fn login(&self, credentials: &Credentials, ask: Ask) -> Result<Account>;

    /// Instructions for a login with the browser: which page to open, and which value to copy from it.
    fn browser_login(&self) -> String;

    /// Logs in by a link that a person opens on any device; `show` shows it. Waits until the person has logged in.
    ///
    /// # Errors
    /// [`Error::Input`](super::Error::Input): this access has another way to log in.
    fn authorize(&self, _show: &mut dyn FnMut(&str)) -> Result<Account> {
        Err(super::Error::Input("this access has no login by a link".into()))
    }

    /// Imports a token of another tool, or a ticket, as text. Checks it with the service and stores it.
    fn import(&self, text: &str) -> Result<Account>;

    /// Imports an API key. `ends`: when it ends, if a person gave it.
    fn import_key(&self, key: &Secret, _ends: Option<Timestamp>) -> Result<Account> {
        self.import(key.expose())
    }

    /// The stored token in a form that other tools can import.
    fn export(&self) -> Result<Option<Secret>>;

    /// Removes the stored token. Returns whether there was one.
    fn logout(&self) -> Result<bool>;
}
