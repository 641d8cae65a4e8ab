//! What can be done with an account: read its activities, write to it, and log in.
//!
//! Reading and writing are apart, as a service may give them by different accesses: an API key that only reads, beside
//! the login of its web page. A folder has no login.
//!
//! Every call for data logs in automatically as far as that needs nobody: a stored token is used while it works and
//! renewed when it does not; after that one password login, if the settings hold a password and the
//! [`LoginGuard`](super::LoginGuard) allows it.

use std::ops::ControlFlow;

use super::{
    Account, Ask, Credentials, Download, Identity, ListEnd, Page, Result, UploadFile, UploadRef, UploadStatus, Window,
};
use crate::activity::Activity;
use crate::clock::Moment;
use crate::http::Secret;

/// Reads the activities of one account.
pub trait PlatformReader: Send {
    /// Lists the activities of `window`, newest first, page by page; an id comes once, also when pages shift meanwhile.
    ///
    /// `each_page` may end the listing early. Returns whether the end was seen; an error in the middle means that it
    /// was not, and that nothing may be concluded from what is missing.
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd>;

    /// How many activities the account has, by a count of the service that is independent of the list, asked now.
    /// `None` if it has no such count, or does not tell. A count may include what the list leaves out, such as the legs
    /// of a multisport activity.
    fn count(&self) -> Result<Option<u64>>;

    /// Whether an activity exists, asked for by its own id now. `None` if the service cannot be asked so: then only the
    /// list tells.
    fn exists(&self, activity: &Activity) -> Result<Option<bool>>;

    /// Downloads the file of an activity: the original; else, if that fails for good, a converted file.
    ///
    /// No file at all is [`Download::None`], not an error, and final. [`Error::NotFound`](super::Error::NotFound): the
    /// activity itself does not exist any more. The bytes are as they came; whether they are a file is for the archive
    /// to say.
    fn download(&self, activity: &Activity) -> Result<Download>;

    /// Downloads what the service computed from an activity whose original is corrupt there: a [`Download::Converted`],
    /// or [`Download::None`] if it computes nothing.
    fn download_converted(&self, _activity: &Activity, _why: &str) -> Result<Download> {
        Ok(Download::None { why: "the service gives originals alone".into() })
    }

    /// The owner of the account, by the service's own word; `None` if the service does not tell, or nobody logs in
    /// there.
    ///
    /// The answer is kept with the token, so that the service is asked once a token, or once a day if it does not tell.
    /// `fresh`: it is asked now, because something is about to be written.
    fn identify(&self, fresh: bool) -> Result<Option<Identity>>;
}

/// Writes to one account, and reads it: before and after each write its list is read.
pub trait PlatformWriter: PlatformReader {
    /// Uploads a file: sent once, whatever comes of it.
    ///
    /// The caller has made sure that the activity does not exist there, and has written down what it is about to do.
    /// After [`Error::OutcomeUnknown`](super::Error::OutcomeUnknown) the file may have arrived; after any other error
    /// nothing of it did. [`Error::Rejected`](super::Error::Rejected) holds the service's own words, and the same file
    /// would be rejected again.
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus>;

    /// What became of uploads that were sent, in this run or an earlier one; an answer for each, in their order. Only
    /// reads, and as few as it can. In an answer, [`Error::Rejected`](super::Error::Rejected) says that it will never
    /// be an activity, and [`Error::NotFound`](super::Error::NotFound) that nothing came of it for a reason that is not
    /// the file's.
    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>>;

    /// Deletes an activity: sent once, and not after the moment ([`Error::TooLate`](super::Error::TooLate)). Success
    /// proves nothing (services say yes to anything): the caller lists again.
    fn delete(&self, activity: &Activity, not_after: Option<Moment>) -> Result<()>;
}

/// Logs in to an account, and manages its token.
pub trait PlatformLogin: Send {
    /// Who is logged in, from the stored token alone: no request.
    fn account(&self) -> Result<Option<Account>>;

    /// Logs in with a password, once. `ask` is called for a second factor, if the service wants one.
    fn login(&self, credentials: &Credentials, ask: Ask) -> Result<Account>;

    /// Where a person logs in with the browser, and what to bring back from there.
    fn browser_login(&self) -> String;

    /// Imports a token of another tool or a ticket, as text; checks it with the service and keeps it.
    fn import(&self, text: &str) -> Result<Account>;

    /// The stored token in a form that other tools import.
    fn export(&self) -> Result<Option<Secret>>;

    /// Removes the stored token. Returns whether there was one.
    fn logout(&self) -> Result<bool>;
}
