//! COROS: the API of the Training Hub, which its web page uses.
//!
//! `service` is its row in the table of platforms. `region` has the hosts, `response` reads responses, `login` is the
//! login, `import` reads tokens of other tools, `token` is the stored token; `list` (with `date_ranges`), `download`
//! and `delete` read and write. For an upload, `upload_zip` packs a file, `sts` and `store_credentials` get credentials
//! for an object store, `store` signs the PUT, `import_job` orders the import, `import_queue` follows it, and `upload`
//! decides. All of these are pure; `account`, `password_login` and this file send. `docs/services.md` has the known
//! facts about the service, with their sources.
//!
//! An account has one session: a login here ends the session of the browser or of another tool, and a login there ends
//! ours. So every request with a token goes through `Coros::call`.

mod account;
mod date_ranges;
mod delete;
mod download;
mod import;
mod import_job;
mod import_queue;
mod list;
mod login;
mod mcp;
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
use std::ops::ControlFlow;

use response::ApiResult;
use store_credentials::Transport;
use token::Token;
use upload::UploadCache;

use super::{
    Account, Ask, Context, Credentials, Download, Error, Identity, ListEnd, Page, PlatformLogin, PlatformReader,
    PlatformWriter, Result, TokenStore, UploadFile, UploadRef, UploadStatus, Window,
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
    /// Values that earlier uploads of this command left for the next upload.
    cache: RefCell<UploadCache>,
    /// This command has already asked the service for the owner of the account.
    owner_asked: Cell<bool>,
}

impl PlatformReader for Coros {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        self.check_list_owner()?;
        self.list_by(window, &|path| self.call(&|session| session.region.get(path).limit(limit::LIST)), each_page)
    }

    fn count(&self) -> Result<Option<u64>> {
        let path = list::count_path(self.context.http.now());
        Ok(match self.call(&|session| session.region.get(&path))? {
            ApiResult::Data(data) => list::count(&data),
            // The service rejects this many days at once.
            ApiResult::Rejected { .. } => None,
        })
    }

    /// Always `None`: the details need a sport number that the list does not have, and the response to an unknown id is
    /// not known. Only the list shows whether an activity exists.
    fn exists(&self, _activity: &Activity) -> Result<Option<bool>> {
        Ok(None)
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        let url = download::file_url(activity, &mut |path| self.call(&|session| session.region.read_by_post(path)))?;
        download::read(&self.send(&download::file_request(&url)?)?)
    }

    fn identify(&self, fresh: bool) -> Result<Option<Identity>> {
        self.ask_owner(fresh)
    }
}

impl PlatformWriter for Coros {
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus> {
        self.with_transport(|transport| upload::upload(file, transport, &mut self.cache.borrow_mut()))
    }

    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>> {
        self.with_transport(|transport| upload::status(sent, transport))
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
        "1. Log in at https://t.coros.com/ in a browser. (That page and garminsync then share one session: do not log out\n   \
         there, and do not log in again.)\n\
         2. Open the developer tools (F12): Application, or Storage in Firefox; then Cookies, https://t.coros.com.\n\
         3. Copy the value of the cookie CPL-coros-token."
            .to_owned()
    }

    fn import(&self, text: &str) -> Result<Account> {
        self.import_token(text)
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
        let store = TokenStore::new(context.tokens.clone(), context.platform.clone(), context.access);
        Coros { store, context, cache: RefCell::default(), owner_asked: Cell::default() }
    }

    /// Lists the window with the requests that `send` makes for the paths.
    fn list_by(
        &self,
        window: &Window,
        send: &dyn Fn(&str) -> Result<ApiResult>,
        each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>,
    ) -> Result<ListEnd> {
        let mut pages = list::Pages::new(*window, self.context.http.now());
        while let Some(path) = pages.next_path()? {
            let answer = send(&path)?;
            if matches!(answer, ApiResult::Rejected { .. }) && pages.reject() {
                continue;
            }
            // A page without new entries is not passed on, because the caller could not stop on it.
            let Some(page) = pages.read(&answer.expected("the list")?)? else { continue };
            let page = Page { requested: self.context.http.last_sent(&self.context.platform), ..page };
            if each_page(page)? == ControlFlow::Break(()) {
                return Ok(ListEnd::Stopped);
            }
        }
        Ok(ListEnd::Complete)
    }

    fn with_transport<T>(&self, work: impl FnOnce(&Transport) -> Result<T>) -> Result<T> {
        work(&Transport {
            session: &|| self.session(None),
            call: &|build| self.call(build),
            send: &|request| self.context.http.send(&self.context.platform, request),
            now: &|| self.context.http.now(),
        })
    }
}

/// Whether an account, as `list` lists it, has an activity that the catalogue knows, with the same start if the list has
/// one. Ids are unique at COROS. All activities are compared if needed: after a pause of months, many of the newest are unknown.
fn shows_known_activities(
    context: &Context,
    list: impl FnOnce(&mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd>,
) -> Result<bool> {
    let mut is_known = false;
    list(&mut |page| {
        let known = |activity: &Activity| {
            (context.known)(&activity.id).is_some_and(|known| known.start_time == activity.start_time)
        };
        is_known = page.activities.iter().any(|listed| known(&listed.activity));
        Ok(if is_known { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(is_known)
}

/// The id, if it can be an id of COROS: digits only.
fn id_of(activity: &Activity) -> Result<&str> {
    let id = activity.id.as_str();
    if id.is_empty() || id.len() > 20 || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::Rejected("invalid activity id: COROS ids are numbers".into()));
    }
    Ok(id)
}
