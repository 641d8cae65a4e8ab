//! intervals.icu: its public API, with a personal API key.
//!
//! `service` is its row in the table of platforms. `api` builds requests and reads refusals, `token` is the stored key,
//! `list`, `download`, `upload` and `delete` read and write; all of these are pure. `account` and this file send.
//! `docs/services.md` has the known facts about the service, with their sources.
//!
//! Two facts shape the rest: activities that came from Strava are closed to the API, and what a watch maker's service
//! pushed to intervals.icu is that service's copy, not the recorded file.

mod account;
mod api;
mod delete;
mod download;
mod list;
mod service;
mod token;
mod upload;

use std::cell::RefCell;
use std::ops::ControlFlow;

use api::Athlete;
use jiff::civil::DateTime;
use token::Token;

use super::renewal::FailedRenewal;
use super::{
    Account, Ask, Context, Credentials, Download, Identity, ListEnd, Page, PlatformLogin, PlatformReader,
    PlatformWriter, Result, TokenStore, UploadFile, UploadRef, UploadStatus, Window,
};
use crate::activity::Activity;
use crate::clock::Moment;
use crate::http::{Secret, limit};
use crate::reason::Reason;

pub use service::spec;

/// The platform's name in records.
const ID: &str = "intervals";

/// An account at intervals.icu.
struct Intervals {
    athlete: Athlete,
    store: TokenStore,
    context: Context,
    /// The key that the service accepted last.
    valid_key: RefCell<Option<Secret>>,
    failed_check: FailedRenewal,
    /// The local starts of activities from Strava that listings of this command have shown.
    strava_starts: RefCell<Vec<DateTime>>,
}

impl Intervals {
    fn new(context: Context) -> Result<Intervals> {
        Ok(Intervals {
            athlete: Athlete::of_settings(context.settings.as_ref())?,
            store: TokenStore::new(context.tokens.clone(), context.platform.clone(), context.access),
            context,
            valid_key: RefCell::new(None),
            failed_check: FailedRenewal::default(),
            strava_starts: RefCell::default(),
        })
    }
}

impl PlatformReader for Intervals {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<ControlFlow<()>>) -> Result<ListEnd> {
        let mut pages = list::Pages::new(*window, self.context.http.now());
        while let Some(query) = pages.next_query()? {
            let path = self.athlete.path(&format!("activities?{query}"));
            let response = self.call(&api::get(&path).limit(limit::LIST))?;
            let page = pages.read(&response)?;
            self.strava_starts.borrow_mut().extend(pages.take_strava_starts());
            // Only a listing of everything knows all that is skipped.
            if pages.is_at_end() && *window == Window::default() {
                (self.context.skipped)(&pages.skipped());
            }
            // A page without new entries is not passed on, because the caller could not stop on it.
            let Some(page) = page else { continue };
            let page = Page { requested: self.context.http.last_sent(&self.context.platform), ..page };
            if each_page(page)? == ControlFlow::Break(()) {
                return Ok(ListEnd::Stopped);
            }
        }
        Ok(ListEnd::Complete)
    }

    /// Always `None`: the service has no count.
    fn count(&self) -> Result<Option<u64>> {
        Ok(None)
    }

    fn exists(&self, activity: &Activity) -> Result<Option<bool>> {
        let response = self.call(&api::get(&api::activity_path(&activity.id)?))?;
        download::exists(&response, &activity.id).map(Some)
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        if activity.manual {
            return Ok(Download::None { why: download::BY_HAND.into() });
        }
        let path = api::activity_path(&activity.id)?;
        let details = download::details(&self.call(&api::get(&path))?)?;
        if details.is_manual {
            return Ok(Download::None { why: download::BY_HAND.into() });
        }
        let file = self.call(&api::get(&format!("{path}/file")).header("Accept", "*/*").limit(limit::FILE))?;
        download::read(&details, &file)
    }

    fn identify(&self, fresh: bool) -> Result<Option<Identity>> {
        self.owner(fresh).map(Some)
    }
}

impl PlatformWriter for Intervals {
    fn upload(&self, file: &UploadFile) -> Result<UploadStatus> {
        // The check of the target has listed the time around the start.
        if upload::is_from_strava(file, &self.strava_starts.borrow()) {
            return Ok(UploadStatus::Declined(Reason::FromStrava));
        }
        let boundary: String = std::iter::repeat_with(fastrand::alphanumeric).take(32).collect();
        upload::read(&self.call(&upload::request(&self.athlete, file, &boundary))?)
    }

    /// Looks the uploads up in the list, by the id of ours that the service stored with them.
    fn upload_status(&self, sent: &[UploadRef]) -> Result<Vec<Result<UploadStatus>>> {
        let list = match upload::status_query(sent) {
            Some(query) => {
                let path = self.athlete.path(&format!("activities?{query}"));
                Some(self.call(&api::get(&path).limit(limit::LIST))?)
            }
            None => None,
        };
        Ok(upload::statuses(sent, list.as_ref()))
    }

    fn delete(&self, activity: &Activity, not_after: Option<Moment>) -> Result<()> {
        if let Some(start) = activity.start_time {
            delete::check_legs(&self.call(&delete::legs_request(&self.athlete, start)?)?, &activity.id)?;
        }
        delete::read(&self.call(&delete::request(&activity.id)?.not_after(not_after))?)
    }
}

impl PlatformLogin for Intervals {
    fn account(&self) -> Result<Option<Account>> {
        Ok(self.store.load::<Token>()?.map(|token| token.account()))
    }

    /// The password of the credentials is the key.
    fn login(&self, credentials: &Credentials, _ask: Ask) -> Result<Account> {
        self.admit_key(&credentials.password, token::SETTINGS)
    }

    fn browser_login(&self) -> String {
        "1. Open https://intervals.icu/settings in a browser, and log in.\n\
         2. At the bottom, under Developer Settings, show the API key, and copy it."
            .to_owned()
    }

    fn import(&self, text: &str) -> Result<Account> {
        self.admit_key(&Secret::new(text.trim()), token::BY_HAND)
    }

    fn export(&self) -> Result<Option<Secret>> {
        Ok(self.store.load::<Token>()?.map(|token| Secret::new(token.key)))
    }

    fn logout(&self) -> Result<bool> {
        let _lock = self.store.lock()?;
        self.store.remove()
    }
}
