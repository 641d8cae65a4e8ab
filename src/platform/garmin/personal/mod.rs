//! Garmin's Personal API: reads an account with a key that its owner made on Garmin's web page.
//!
//! `access` is its row among the accesses of Garmin, `settings` the settings that it alone reads. `api` builds requests
//! and reads the responses to them, `token` is the stored key with its access token, `download` decides: all of these
//! are pure. `account`, `owner` and this file send. The list has the form of the web access, and is read by the same
//! code. `docs/services.md` has the known facts about the service, with their sources.
//!
//! Two facts shape the rest: the key is exchanged for an access token about once a day, and the service limits requests
//! more strictly than the one behind the web page.

mod access;
mod account;
mod api;
mod download;
mod owner;
mod settings;
mod token;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

use jiff::Timestamp;

use super::domain::Domain;
use super::listing::{self, ListAccess};
use super::{NO_ID, is_id, list};
use crate::activity::Activity;
use crate::http::{Response, Secret};
use crate::platform::renewal::FailedRenewal;
use crate::platform::{
    Account, Ask, Context, Credentials, Download, Error, Identity, ListEnd, Page, PlatformLogin, PlatformReader,
    Result, TokenStore, Window,
};
use settings::PersonalSettings;
use token::{BY_HAND, SETTINGS, Token};

pub use access::PersonalAccess;
pub use settings::check as check_settings;

/// An account at Garmin, read with a key.
struct Personal {
    domain: Domain,
    settings: PersonalSettings,
    store: TokenStore,
    context: Context,
    /// How often the service has limited the rate of requests in this run.
    rate_limits: Cell<u32>,
    failed_exchange: FailedRenewal,
    /// The stored key was compared with that in the settings.
    is_compared: Cell<bool>,
    /// The list names another owner than the token, and a query of the owner has confirmed the token's.
    owner_confirmed: Cell<bool>,
}

impl Personal {
    fn new(domain: Domain, context: Context) -> Result<Personal> {
        Ok(Personal {
            domain,
            settings: PersonalSettings::read(&domain, context.settings.as_ref())?,
            store: TokenStore::new(context.tokens.clone(), context.platform.clone(), context.access),
            context,
            rate_limits: Cell::new(0),
            failed_exchange: FailedRenewal::default(),
            is_compared: Cell::new(false),
            owner_confirmed: Cell::new(false),
        })
    }
}

impl ListAccess for Personal {
    fn page(&self, path: &str) -> Result<Response> {
        self.read(&api::list_request(&self.domain, path))
    }

    fn details(&self, id: &str) -> Result<Response> {
        self.read(&api::details_request(&self.domain, id))
    }

    fn check_owners(&self, owners: &BTreeSet<String>) -> Result<()> {
        self.check_list_owner(owners)
    }
}

impl PlatformReader for Personal {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        let pages = list::Pages::new(self.context.platform.clone(), *window, api::PAGES);
        listing::read(self, &self.context, pages, each_page)
    }

    /// Always `None`: this API has no count.
    fn count(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    fn exists(&self, activity: &Activity) -> Result<Option<bool>> {
        if !is_id(&activity.id) {
            return Err(Error::Rejected(NO_ID.into()));
        }
        super::download::exists(&self.details(&activity.id)?, &activity.id).map(Some)
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        if !is_id(&activity.id) {
            return Err(Error::Rejected(NO_ID.into()));
        }
        download::run(&self.domain, activity, &mut |request| self.read(request))
    }

    fn identify(&self, fresh: bool) -> Result<Option<Identity>> {
        self.owner(fresh)
    }
}

impl PlatformLogin for Personal {
    fn account(&self) -> Result<Option<Account>> {
        let Some(token) = self.store.load::<Token>()? else { return Ok(None) };
        let account = token.account(&self.domain, self.settings.key_ends);
        // No command reads while the key in the settings is refused, so that is what a person has to know.
        Ok(Some(Account { dead: self.refused(&token).or(account.dead), ..account }))
    }

    /// The password of the credentials is the key.
    fn login(&self, credentials: &Credentials, _ask: Ask) -> Result<Account> {
        self.set_key(&credentials.password, SETTINGS, None)
    }

    fn browser_login(&self) -> String {
        format!(
            "1. Open {} in a browser, and log in (in Garmin Connect: Settings, Account, Personal API key).\n\
             2. Create Key, accept the terms, and choose how long the key is valid.\n\
             3. Copy the key: Garmin shows it once. A new key ends the old one.",
            api::key_page(&self.domain)
        )
    }

    fn import(&self, text: &str) -> Result<Account> {
        self.set_key(&Secret::new(text), BY_HAND, None)
    }

    fn import_key(&self, key: &Secret, ends: Option<Timestamp>) -> Result<Account> {
        self.set_key(key, BY_HAND, ends)
    }

    fn export(&self) -> Result<Option<Secret>> {
        let token = self.store.load::<Token>()?.filter(|token| !token.key.is_empty());
        Ok(token.map(|token| Secret::new(token.key)))
    }

    fn logout(&self) -> Result<bool> {
        let _lock = self.store.lock()?;
        self.store.remove()
    }
}
