//! COROS: the Training Hub's interface, which is that of its web page.
//!
//! `region` knows the hosts, `answer` what comes back from them, `login` the login, `import` what a person brings, `token`
//! what is kept; `list` (with `spans`), `download` and `delete` are what is done with it. To upload, `parcel` packs a file,
//! `sts` and `keys` get the keys of an object store, `store` signs what is put there, `job` orders the import, and `queue`
//! follows it; `upload` decides. All of these build and read, pure; `account`, `password_login` and this file
//! send. What is known of the service, and from where, is in `docs/services.md`.
//!
//! One session an account: a login ends the one before, in the browser or in another tool, and is ended by theirs. So
//! `Coros::call` is the way for everything that needs a token.

mod account;
mod date_ranges;
mod delete;
mod download;
mod import;
mod import_job;
mod import_queue;
mod list;
mod login;
mod password_login;
mod region;
mod response;
mod service;
pub mod store;
mod store_credentials;
mod sts;
mod token;
mod upload;
mod upload_zip;

use std::cell::{Cell, RefCell};

use jiff::Timestamp;

use response::Answer;
use store_credentials::Hands;
use token::Token;
use upload::Kept;

use super::{
    Account, Ask, Context, Credentials, Download, Ending, Error, Identity, More, Outgoing, Page, PlatformLogin,
    PlatformReader, PlatformWriter, Result, Sent, TokenStore, Uploaded, Window,
};
use crate::activity::Activity;
use crate::clock::Moment;
use crate::http::{Secret, limit};

pub use service::spec;

/// The platform's name in records.
const ID: &str = "coros";
/// FIT's name of the maker of COROS' watches.
const MANUFACTURER: &str = "coros";

/// An account at COROS.
struct Coros {
    store: TokenStore,
    context: Context,
    /// What earlier uploads of this command left at the object store.
    kept: RefCell<Kept>,
    /// The service was asked in this command whose account it is.
    owner_asked: Cell<bool>,
}

impl PlatformReader for Coros {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<More>) -> Result<Ending> {
        self.check_list_owner()?;
        let mut pages = list::Pages::new(*window, Timestamp::now());
        while let Some(path) = pages.next_path()? {
            let answer = self.call(&|session| session.region.get(&path).limit(limit::LIST))?;
            if matches!(answer, Answer::Refused { .. }) && pages.refused() {
                continue;
            }
            // A page without anything new is no page on which the caller could have had enough.
            let Some(page) = pages.read(&answer.expected("the list")?)? else { continue };
            let page = Page { asked: self.context.http.last_sent(&self.context.platform), ..page };
            if each_page(page)? == More::Stop {
                return Ok(Ending::Stopped);
            }
        }
        Ok(Ending::End)
    }

    fn count(&self) -> Result<Option<u64>> {
        let path = list::count_path(Timestamp::now());
        Ok(match self.call(&|session| session.region.get(&path))? {
            Answer::Data(data) => list::count(&data),
            // So many days at once are refused.
            Answer::Refused { .. } => None,
        })
    }

    /// Its details are asked for by another number of the sport than the list has, and what it answers to an unknown id is
    /// not known: only the list tells.
    fn exists(&self, _activity: &Activity) -> Result<Option<bool>> {
        Ok(None)
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        let url = download::address(activity, &mut |path| self.call(&|session| session.region.read_by_post(path)))?;
        download::read(&self.send(&download::file_request(&url)?)?)
    }

    fn identify(&self, fresh: bool) -> Result<Option<Identity>> {
        self.ask_owner(fresh)
    }
}

impl PlatformWriter for Coros {
    fn upload(&self, file: &Outgoing) -> Result<Uploaded> {
        self.with_hands(|hands| upload::upload(file, hands, &mut self.kept.borrow_mut()))
    }

    fn upload_status(&self, sent: &[Sent]) -> Result<Vec<Result<Uploaded>>> {
        self.with_hands(|hands| upload::settle(sent, hands))
    }

    fn delete(&self, activity: &Activity, not_after: Option<Moment>) -> Result<()> {
        let path = delete::path(activity)?;
        delete::read(self.call(&|session| session.region.get_once(&path).not_after(not_after))?)
    }
}

impl PlatformLogin for Coros {
    fn account(&self) -> Result<Option<Account>> {
        Ok(self.store.load::<Token>()?.map(|token| token.account()))
    }

    fn login(&self, credentials: &Credentials, ask: Ask) -> Result<Account> {
        self.login_by_hand(credentials, ask)
    }

    fn browser_login(&self) -> String {
        "1. Log in at https://t.coros.com/ in a browser. (From then on that page and garminsync share one session: do not\n   \
         log out there, and do not log in anew.)\n\
         2. Open the developer tools (F12): Application, or Storage in Firefox; then Cookies, https://t.coros.com.\n\
         3. Copy the value of the cookie CPL-coros-token."
            .to_owned()
    }

    fn import(&self, text: &str) -> Result<Account> {
        self.take(text)
    }

    fn export(&self) -> Result<Option<Secret>> {
        Ok(self.store.load::<Token>()?.map(|token| token.export()))
    }

    fn logout(&self) -> Result<bool> {
        let _lock = self.store.lock()?;
        self.store.remove()
    }
}

impl Coros {
    fn new(context: Context) -> Coros {
        let store = TokenStore::new(context.tokens.clone(), context.platform.clone());
        Coros { store, context, kept: RefCell::default(), owner_asked: Cell::default() }
    }

    fn with_hands<T>(&self, work: impl FnOnce(&Hands) -> Result<T>) -> Result<T> {
        work(&Hands {
            session: &|| self.session(None),
            call: &|build| self.call(build),
            send: &|request| self.context.http.send(&self.context.platform, request),
            now: &Timestamp::now,
        })
    }
}

/// The id, if it could be one of COROS: digits.
fn id_of(activity: &Activity) -> Result<&str> {
    let id = activity.id.as_str();
    if id.is_empty() || id.len() > 20 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::Refused("this is no id of a COROS activity: those are numbers".into()));
    }
    Ok(id)
}
