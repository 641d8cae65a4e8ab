//! Garmin Connect: garmin.com and garmin.cn, two rows over one module.
//!
//! `site` knows the hosts, `visit`, `login`, `oauth1`, `list`, `download`, `upload`, `status` and `delete` build requests and
//! read answers, `front` knows answers that are not the service's own (all pure); `import` reads what a person brings,
//! `token` is what is kept; `account`, `password_login`, `owner` and this file send. What is known of the service, and from
//! where, is in `docs/services.md`.

mod account;
mod block_page;
mod delete;
mod domain;
mod download;
mod import;
mod import_result;
mod list;
mod login;
mod oauth1;
mod owner;
mod password_login;
mod service;
mod settings;
mod sign_in;
mod status;
mod token;
mod upload;

use std::cell::{Cell, RefCell};

use jiff::Timestamp;

use domain::Site;
use settings::GarminSettings;
use token::Token;

use super::{
    Account, Ask, Context, Credentials, Download, Ending, Error, Identity, More, Outgoing, Page, PlatformLogin,
    PlatformReader, PlatformWriter, Result, Sent, TokenStore, Uploaded, Window,
};
use crate::activity::Activity;
use crate::clock::Moment;
use crate::http::{Secret, form, limit};

pub use import::{gather, usual_places};
pub use service::{spec_cn, spec_com};

/// An account at Garmin.
struct Garmin {
    site: Site,
    settings: GarminSettings,
    store: TokenStore,
    context: Context,
    /// An access token that the service has taken although it refused something else with it.
    proven: RefCell<Option<String>>,
    /// The list names another owner than the profile, and the profile has been asked who is right.
    owner_confirmed: Cell<bool>,
}

/// The sign-in page of the mobile app, whose tickets every account takes.
fn mobile_page(site: &Site) -> String {
    let query = form(&[("clientId", "GCM_ANDROID_DARK"), ("service", &site.android_service())]);
    format!("{}?{query}", site.url("sso", "/mobile/sso/en_US/sign-in"))
}

/// So many activities of one listing are asked for their start. More without one are no oddities but a broken list.
const MOST_DETAILS: u32 = 20;

impl Garmin {
    fn new(site: Site, context: Context) -> Result<Garmin> {
        Ok(Garmin {
            site,
            settings: GarminSettings::read(context.settings.as_ref())?,
            store: TokenStore::new(context.tokens.clone(), context.platform.clone()),
            context,
            proven: RefCell::new(None),
            owner_confirmed: Cell::new(false),
        })
    }

    /// When an activity began of which the list does not say it: as it was found out before, else as the activity itself
    /// says.
    fn start_of(&self, id: &str, details: &mut u32) -> Result<Option<Timestamp>> {
        if let Some(start) = (self.context.known_start)(id) {
            return Ok(Some(start));
        }
        *details += 1;
        if *details > MOST_DETAILS {
            return Ok(None);
        }
        Ok(list::start_of_detail(&self.call(&download::detail_request(&self.site, id))?))
    }
}

const NO_ID: &str = "this is no id of a Garmin activity: those are numbers";

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether asking for the next one makes no sense either.
fn concerns_all(error: &Error) -> bool {
    match error {
        Error::Later { down, .. } => *down,
        Error::Login(_)
        | Error::Storage(_)
        | Error::Input(_)
        | Error::OtherAccount(_)
        | Error::Config(_)
        | Error::Stopped => true,
        Error::Gone(_) | Error::Refused(_) | Error::Strange(_) | Error::Unclear(_) | Error::TooLate => false,
    }
}

impl PlatformReader for Garmin {
    fn list(&self, window: &Window, each_page: &mut dyn FnMut(Page) -> Result<More>) -> Result<Ending> {
        let mut pages = list::Pages::new(self.context.platform.clone(), *window);
        let mut details = 0;
        while let Some(path) = pages.next_path()? {
            let request = self.site.get(&path).limit(limit::LIST).header("Accept", "application/json");
            // A page without anything new is no page on which the caller could have had enough.
            let response = self.call(&request)?;
            let asked = self.context.http.last_sent(&self.context.platform);
            let page = pages.read(&response)?;
            self.check_list_owner(pages.owners())?;
            let Some(mut page) = page else { continue };
            for item in pages.take_without_start() {
                let id = list::id(&item["activityId"]);
                let start = id.map_or(Ok(None), |id| self.start_of(&id, &mut details))?;
                pages.resolve(&mut page, item, start);
            }
            page.asked = asked;
            if each_page(page)? == More::Stop {
                return Ok(Ending::Stopped);
            }
        }
        Ok(Ending::End)
    }

    fn count(&self) -> Result<Option<u64>> {
        let request = self.site.get(list::COUNT_PATH).limit(limit::SMALL).header("Accept", "application/json");
        list::parse_count(&self.call(&request)?)
    }

    fn exists(&self, activity: &Activity) -> Result<Option<bool>> {
        if !is_id(&activity.id) {
            return Err(Error::Refused(NO_ID.into()));
        }
        let response = self.call(&download::detail_request(&self.site, &activity.id))?;
        download::exists(&response, &activity.id).map(Some)
    }

    fn download(&self, activity: &Activity) -> Result<Download> {
        if !is_id(&activity.id) {
            return Err(Error::Refused(NO_ID.into()));
        }
        if activity.manual {
            return Ok(Download::None { why: "typed in by hand: it has no file".into() });
        }
        download::run(activity, &mut |request| self.call(&request(&self.site)))
    }

    fn download_converted(&self, activity: &Activity, why: &str) -> Result<Download> {
        if !is_id(&activity.id) {
            return Err(Error::Refused(NO_ID.into()));
        }
        let export = download::export(activity, why, true, &mut |request| self.call(&request(&self.site)))?;
        Ok(export.unwrap_or_else(|| Download::None { why: "Garmin gives no export of it".into() }))
    }

    fn identify(&self, fresh: bool) -> Result<Option<Identity>> {
        self.ask_owner(fresh)
    }
}

impl PlatformWriter for Garmin {
    fn upload(&self, file: &Outgoing) -> Result<Uploaded> {
        let boundary: String = std::iter::repeat_with(fastrand::alphanumeric).take(32).collect();
        let request = upload::request(&self.site, file, &boundary, self.settings.upload_as_import);
        upload::parse(&self.site, &self.call_once(&request)?)
    }

    fn upload_status(&self, sent: &[Sent]) -> Result<Vec<Result<Uploaded>>> {
        let mut answers = Vec::new();
        for one in sent {
            // Without a ticket only the list can tell; and the same bytes sent again are a 409 here, not a second entry.
            let Some((ticket, request)) =
                one.ticket.and_then(|ticket| Some((ticket, status::request(&self.site, ticket)?)))
            else {
                answers.push(Ok(Uploaded::Unknown));
                continue;
            };
            match self.call(&request).and_then(|response| status::parse(&self.site, ticket, &response)) {
                Err(error) if concerns_all(&error) => return Err(error),
                answer => answers.push(answer),
            }
        }
        Ok(answers)
    }

    fn delete(&self, activity: &Activity, not_after: Option<Moment>) -> Result<()> {
        if !is_id(&activity.id) {
            return Err(Error::Refused(NO_ID.into()));
        }
        delete::parse(&self.call_once(&delete::request(&self.site, &activity.id).not_after(not_after))?)
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
             2. Log in. (The page may look broken afterwards; that is no matter.)\n\
             3. In the list of requests choose mobile/api/login, look at its response, and copy it whole, or only the\n   \
             serviceTicketId (ST-…). It works once, and for a minute.",
            mobile_page(&self.site)
        )
    }

    fn import(&self, text: &str) -> Result<Account> {
        self.take(text)
    }

    fn export(&self) -> Result<Option<Secret>> {
        Ok(self.store.load::<Token>()?.map(|token| import::export(&token)))
    }

    fn logout(&self) -> Result<bool> {
        let _lock = self.store.lock()?;
        self.store.remove()
    }
}
