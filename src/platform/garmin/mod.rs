//! Garmin Connect: garmin.com and garmin.cn, two platforms with the same code.
//!
//! `service` has their rows in the table of platforms, `settings` the settings that Garmin alone reads. `domain` has
//! the hosts; `sign_in`, `login`, `oauth1`, `list`, `download`, `upload`, `status` and `delete` build requests and read
//! responses, `listing` reads a list, `block_page` recognises responses of proxies, `import` reads the tokens of other
//! tools, `token` is the stored token: all of these are pure. `account`, `password_login`, `owner` and this file send.
//! `docs/services.md` has the known facts about the service, with their sources.
//!
//! `personal` is the other access to the same account: Garmin's official API, which reads with a key.

mod account;
mod block_page;
mod delete;
mod domain;
mod download;
mod import;
mod import_result;
mod list;
mod listing;
mod login;
mod oauth1;
mod owner;
mod password_login;
mod personal;
mod service;
mod settings;
mod sign_in;
mod status;
mod token;
mod upload;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use domain::Domain;
use listing::ListAccess;
use settings::GarminSettings;
use token::Token;

use super::{
    Account, Ask, Context, Credentials, Download, Error, Identity, ListEnd, Page, PlatformLogin, PlatformReader,
    PlatformWriter, Result, TokenStore, UploadFile, UploadRef, UploadStatus, Window,
};
use crate::activity::Activity;
use crate::clock::Moment;
use crate::http::{Response, Secret, form, limit};

pub use service::{spec_cn, spec_com};

/// An account at Garmin.
struct Garmin {
    domain: Domain,
    settings: GarminSettings,
    store: TokenStore,
    context: Context,
    /// An access token that is known to be valid, although the service rejected a request with it.
    valid_token: RefCell<Option<String>>,
    /// The list and the profile name different owners, and a second query of the profile has confirmed the profile's
    /// owner.
    owner_confirmed: Cell<bool>,
}

/// The sign-in page of the mobile app, whose tickets work for every account.
fn mobile_page(domain: &Domain) -> String {
    let query = form(&[("clientId", "GCM_ANDROID_DARK"), ("service", &domain.android_service())]);
    format!("{}?{query}", domain.url("sso", "/mobile/sso/en_US/sign-in"))
}

impl Garmin {
    fn new(domain: Domain, context: Context) -> Result<Garmin> {
        Ok(Garmin {
            domain,
            settings: GarminSettings::read(context.settings.as_ref())?,
            store: TokenStore::new(context.tokens.clone(), context.platform.clone(), context.access),
            context,
            valid_token: RefCell::new(None),
            owner_confirmed: Cell::new(false),
        })
    }
}

const NO_ID: &str = "invalid activity id: Garmin ids are numbers";

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl ListAccess for Garmin {
    fn page(&self, path: &str) -> Result<Response> {
        self.send_read(&self.domain.get(path).limit(limit::LIST).header("Accept", "application/json"))
    }

    fn details(&self, id: &str) -> Result<Response> {
        self.send_read(&download::details_request(&self.domain, id))
    }

    fn check_owners(&self, owners: &BTreeSet<String>) -> Result<()> {
        self.check_list_owner(owners)
    }
}

impl PlatformReader for Garmin {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        let pages = list::Pages::new(self.context.platform.clone(), *window, list::WEB_PAGES);
        listing::read(self, &self.context, pages, each_page)
    }

    fn count(&self) -> Result<Option<u64>> {
        let request = self.domain.get(list::COUNT_PATH).limit(limit::SMALL).header("Accept", "application/json");
        list::parse_count(&self.send_read(&request)?)
    }

    fn exists(&self, activity: &Activity) -> Result<Option<bool>> {
        if !is_id(&activity.id) {
            return Err(Error::Rejected(NO_ID.into()));
        }
        let response = self.send_read(&download::details_request(&self.domain, &activity.id))?;
        download::exists(&response, &activity.id).map(Some)
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        if !is_id(&activity.id) {
            return Err(Error::Rejected(NO_ID.into()));
        }
        if activity.manual {
            return Ok(Download::None { why: "entered by hand: no file".into() });
        }
        download::run(activity, &mut |request| self.send_read(&request(&self.domain)))
    }

    fn download_converted(&self, activity: &Activity, why: &str) -> Result<Download> {
        if !is_id(&activity.id) {
            return Err(Error::Rejected(NO_ID.into()));
        }
        let converted =
            download::converted(activity, why, true, &mut |request| self.send_read(&request(&self.domain)))?;
        Ok(converted.unwrap_or_else(|| Download::None { why: "Garmin offers no converted file".into() }))
    }

    fn identify(&self, fresh: bool) -> Result<Option<Identity>> {
        self.ask_owner(fresh)
    }
}

impl PlatformWriter for Garmin {
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus> {
        let boundary: String = std::iter::repeat_with(fastrand::alphanumeric).take(32).collect();
        let request = upload::request(&self.domain, file, &boundary, self.settings.upload_as_import);
        upload::parse(&self.domain, &self.send_write(&request)?)
    }

    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>> {
        let mut answers = Vec::new();
        for one in sent {
            // Without a reference only the list shows the activity. Uploading the same bytes again gives a 409 here,
            // not a second activity.
            let Some((status_ref, request)) =
                one.status_ref.and_then(|status_ref| Some((status_ref, status::request(&self.domain, status_ref)?)))
            else {
                answers.push(Ok(UploadStatus::Unknown));
                continue;
            };
            match self.send_read(&request).and_then(|response| status::parse(&self.domain, status_ref, &response)) {
                Err(error) if error.is_platform_wide() => return Err(error),
                answer => answers.push(answer),
            }
        }
        Ok(answers)
    }

    fn delete(&self, activity: &Activity, not_after: Option<Moment>) -> Result<()> {
        if !is_id(&activity.id) {
            return Err(Error::Rejected(NO_ID.into()));
        }
        delete::parse(&self.send_write(&delete::request(&self.domain, &activity.id).not_after(not_after))?)
    }
}

impl PlatformLogin for Garmin {
    fn account(&self) -> Result<Option<Account>> {
        Ok(self.store.load::<Token>()?.map(|token| token.account()))
    }

    fn login(&self, credentials: &Credentials, ask: Ask) -> Result<Account> {
        self.login_by_hand(credentials, ask)
    }

    fn browser_login(&self) -> String {
        format!(
            "1. Open this page in a browser, its developer tools open at the network tab:\n   {}\n\
             2. Log in. (The page may look broken afterwards; ignore that.)\n\
             3. In the list of requests choose mobile/api/login, look at its response, and copy it whole, or only the\n   \
             serviceTicketId (ST-…). It works once, and for a minute.",
            mobile_page(&self.domain)
        )
    }

    fn import(&self, text: &str) -> Result<Account> {
        self.import_token(text)
    }

    fn export(&self) -> Result<Option<Secret>> {
        Ok(self.store.load::<Token>()?.map(|token| import::export(&token)))
    }

    fn logout(&self) -> Result<bool> {
        let _lock = self.store.lock()?;
        self.store.remove()
    }
}
