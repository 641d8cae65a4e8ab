//! COROS by OAuth: the tools that COROS offers to language models (MCP). They read the list and the files of the account,
//! with a login and a token that have nothing to do with the session of the Training Hub.
//!
//! `issuer` has the regional hosts, `oauth` and `login_session` the login, `token` is the stored token; `rpc` is JSON-RPC,
//! `text` unwraps results, `records` reads the prose of a list, `days` and `list` decide what is listed, `download` reads
//! a file. All of these are pure; `account`, `login`, `client` and this file send, and `quota` keeps the quota of files.
//! `docs/services.md` has the known facts about the service, with their sources.
//!
//! The service gives 50 files a day and does not say when they are used up. So each request for a file is recorded, and a
//! response without a file is never final.

mod account;
mod client;
mod days;
mod download;
mod issuer;
mod list;
mod login;
mod login_session;
mod oauth;
mod quota;
mod records;
mod rpc;
mod text;
mod token;

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;

use client::CallKind;
use days::Days;
use download::Given;
use list::Lists;
use quota::QUOTA;
use records::ListedRecord;
use text::Sentence;
use token::Token;

use super::{id_of, shows_known_activities};
use crate::activity::Activity;
use crate::http::Secret;
use crate::platform::renewal::FailedRenewal;
use crate::platform::{
    Access, AccessKind, Account, Ask, Context, Credentials, Download, Error, FileQuota, Identity, ListEnd, LoginWays,
    Page, PlatformLogin, PlatformReader, PlatformWriter, QuotaState, Result, TokenStore, Window,
};

/// The tool that lists activities.
const LIST: &str = "querySportRecords";
/// The tool that gives the file of an activity.
const FILE: &str = "downloadActivityFitFiles";
/// All tools that are called.
const NEEDED_TOOLS: [&str; 2] = [LIST, FILE];

/// The access by OAuth. It reads only.
pub struct OAuthAccess;

impl Access for OAuthAccess {
    fn kind(&self) -> AccessKind {
        AccessKind::OAuth
    }

    fn can_write(&self) -> bool {
        false
    }

    fn login_ways(&self) -> LoginWays {
        LoginWays::One("with a link to COROS' page, on any device: only reads, 50 files a day")
    }

    fn file_quota(&self) -> Option<FileQuota> {
        Some(QUOTA)
    }

    fn open_reader(&self, context: Context) -> Result<Box<dyn PlatformReader>> {
        Ok(Box::new(CorosMcp::new(context)))
    }

    fn open_writer(&self, _context: Context) -> Result<Option<Box<dyn PlatformWriter>>> {
        Ok(None)
    }

    fn open_login(&self, context: Context) -> Result<Box<dyn PlatformLogin>> {
        Ok(Box::new(CorosMcp::new(context)))
    }
}

/// An account at COROS, by OAuth.
struct CorosMcp {
    store: TokenStore,
    context: Context,
    /// The token of a login that is not stored yet: it is checked first, and is used in place of the stored one.
    unsaved: RefCell<Option<Token>>,
    /// The session, if the service gave one.
    session: RefCell<Option<Secret>>,
    /// The id of the last request.
    request_id: Cell<u64>,
    failed_renewal: FailedRenewal,
    /// The account has shown activities that the catalogue knows.
    is_compared: Cell<bool>,
}

impl CorosMcp {
    fn new(context: Context) -> CorosMcp {
        CorosMcp {
            store: TokenStore::new(context.tokens.clone(), context.platform.clone(), context.access),
            context,
            unsaved: RefCell::new(None),
            session: RefCell::new(None),
            request_id: Cell::new(0),
            failed_renewal: FailedRenewal::default(),
            is_compared: Cell::new(false),
        }
    }

    /// Requests the list of some days. `None`: the service rejects the arguments, perhaps because of too many days.
    fn records(&self, days: &Days) -> Result<Option<Vec<ListedRecord>>> {
        let result = self.call(LIST, &list::arguments(days), CallKind::List)?;
        let texts = text::texts(&result);
        let [text] = texts.as_slice() else {
            return Err(Error::Unexpected(format!("COROS: {} texts instead of the list of activities", texts.len())));
        };
        match text::sentence(text) {
            Some(Sentence::Anomalies) => return Ok(None),
            Some(Sentence::Unavailable) => {
                return Err(Error::retry_platform("COROS says that it is temporarily unavailable; try again later"));
            }
            Some(_) => return Err(Error::Unexpected("COROS: an error instead of the list of activities".into())),
            None => {}
        }
        records::parse(text, days).map(Some).map_err(|error| {
            Error::Unexpected(format!(
                "COROS: the list of activities has an unknown form ({error}), so nothing is concluded from it; update \
                 garminsync"
            ))
        })
    }

    fn list_all(&self, window: &Window, each: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        let mut lists = Lists::new(*window, self.context.http.now());
        while let Some(days) = lists.next_days()? {
            let Some(records) = self.records(&days)? else {
                match lists.reject() {
                    true => continue,
                    false => {
                        return Err(Error::Unexpected("COROS rejects the request for the list of activities".into()));
                    }
                }
            };
            // A page without new activities is not passed on, because the caller could not stop on it.
            let Some(page) = lists.read(records, self.context.known.as_ref())? else { continue };
            let page = Page { requested: self.context.http.last_sent(&self.context.platform), ..page };
            if each(page)? == ControlFlow::Break(()) {
                return Ok(ListEnd::Stopped);
            }
        }
        Ok(ListEnd::Complete)
    }

    /// Whether the account shows activities that the catalogue knows.
    fn shows_known_activities(&self) -> Result<bool> {
        shows_known_activities(&self.context, |each| self.list_all(&Window::default(), each))
    }
}

impl PlatformReader for CorosMcp {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        self.list_all(window, each_page)
    }

    /// Always `None`: the service has no count.
    fn count(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    /// Always `None`: only the list shows whether an activity exists.
    fn exists(&self, _activity: &Activity) -> Result<Option<bool>> {
        Ok(None)
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        let id = id_of(activity)?;
        // Without a token, this is the reason to report.
        self.token(None)?;
        let result = self.call(FILE, &download::arguments(id, activity)?, CallKind::File)?;
        match download::read(&result, id)? {
            Given::File(bytes) => Ok(Download::Original(bytes)),
            Given::Nothing => Err(self.no_file()?),
            Given::Failure(Sentence::Anomalies) => {
                Err(Error::Rejected("COROS rejects the download: the activity may have been deleted".into()))
            }
            Given::Failure(Sentence::Exception) => Err(Error::Rejected("COROS fails at this activity".into())),
            Given::Failure(_) => {
                Err(Error::retry_platform("COROS says that it is temporarily unavailable; try again later"))
            }
        }
    }

    fn quota(&self) -> Result<QuotaState> {
        self.quota_state()
    }

    fn identify(&self, _fresh: bool) -> Result<Option<Identity>> {
        Ok(self.token(None)?.identity())
    }

    fn is_known_account(&self) -> Result<Option<bool>> {
        if !self.is_compared.get() {
            self.is_compared.set(self.shows_known_activities()?);
        }
        Ok(Some(self.is_compared.get()))
    }
}

impl PlatformLogin for CorosMcp {
    fn account(&self) -> Result<Option<Account>> {
        Ok(self.store.load::<Token>()?.map(|token| token.account()))
    }

    fn login(&self, _credentials: &Credentials, _ask: Ask) -> Result<Account> {
        Err(self.only_by_link())
    }

    fn browser_login(&self) -> String {
        format!("Run gs-auth login --platform {} --oauth, and open the link that it shows.", self.context.platform)
    }

    fn authorize(&self, show: &mut dyn FnMut(&str)) -> Result<Account> {
        self.log_in(show)
    }

    fn import(&self, _text: &str) -> Result<Account> {
        Err(self.only_by_link())
    }

    /// Always `None`: two programs with one refresh token end each other's access.
    fn export(&self) -> Result<Option<Secret>> {
        Ok(None)
    }

    fn logout(&self) -> Result<bool> {
        let _lock = self.store.lock()?;
        self.store.remove()
    }
}

impl CorosMcp {
    fn only_by_link(&self) -> Error {
        Error::Input(format!("this access has no password and no token to import; {}", self.browser_login()))
    }
}
