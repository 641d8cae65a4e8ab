//! The scenario: which accounts exist, what they hold, and how the service is tempered.

use crate::Sim;
use crate::coros::spec::CorosSpec;
use crate::coros::sts::StsSpec;
use crate::fault::Fault;
use crate::garmin::upload::UploadSpec;
use crate::notify::NotifySpec;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Newest generated activity unless a scenario says otherwise: 2026-11-01T00:00:00Z.
pub const HISTORY_END: i64 = 1_793_491_200;

/// Everything that decides how the simulator behaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Seed of all invention.
    pub seed: u64,
    /// Moment (Unix time) before which generated histories end.
    pub clock_base: i64,
    /// Port to listen on, zero for any free one.
    pub port: u16,
    /// Accounts; the first of a domain is the one meant where only a domain is named.
    pub accounts: Vec<AccountSpec>,
    /// Accounts of COROS; the first of a region is the one meant where only a region is named.
    pub coros: Vec<CorosSpec>,
    /// So many activities on the first two accounts and the first of COROS, in part of the same recordings.
    pub together: usize,
    /// How credentials of the object stores are handed out.
    pub sts: StsSpec,
    /// How the hosts that take messages are tempered.
    pub notify: NotifySpec,
    /// Seconds an access token lives.
    pub access_token_life: i64,
    /// Seconds a refresh token lives.
    pub refresh_token_life: i64,
    /// Seconds a login ticket lives.
    pub ticket_life: i64,
    /// Behaviour of the list.
    pub paging: Paging,
    /// Milliseconds that have to pass between a sign-in page and its login; a faster one is answered with 429.
    pub min_login_pause_ms: u64,
    /// Milliseconds added to every answer.
    pub latency_ms: u64,
    /// Faults in force from the start.
    pub faults: Vec<Fault>,
}

/// Behaviour of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paging {
    /// Largest limit; more is answered with 400.
    pub max_limit: u64,
    /// The service never gives more items than this, whatever the limit asks.
    pub page_cap: Option<u64>,
    /// A new activity appears after so many list requests (offsets shift by one).
    pub add_after_requests: Option<u32>,
    /// The newest activity is deleted after so many list requests.
    pub remove_after_requests: Option<u32>,
    /// The count leaves out multisport parents, so that it differs from the list's length.
    pub count_excludes_parents: bool,
}

impl Default for Paging {
    fn default() -> Self {
        Paging {
            max_limit: 1000,
            page_cap: None,
            add_after_requests: None,
            remove_after_requests: None,
            count_excludes_parents: true,
        }
    }
}

/// How the login treats an account, whatever the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginMode {
    /// Checks the password.
    #[default]
    Normal,
    /// Asks for a captcha.
    Captcha,
    /// Asks for a captcha under the other known name.
    NeedCaptcha,
    /// 429 with a page.
    RateLimitedHtml,
    /// 200 with a JSON error 429.
    RateLimitedJson,
    /// 403 with a browser challenge.
    Challenge,
    /// Locked.
    Locked,
    /// 200 with a JSON error 427.
    Json427,
    /// 427 with a page.
    Status427,
    /// The sign-in pages of the whole domain answer 403 with a browser challenge.
    Page403,
    /// The sign-in pages of the whole domain answer 427.
    Page427,
    /// The sign-in pages of the whole domain answer 429.
    Page429,
    /// The app's sign-in page of the whole domain is a 302 to its other locale. The 302 sets the cookie of the session.
    PageMoves,
}

/// An account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountSpec {
    /// `garmin.com` or `garmin.cn`.
    pub domain: String,
    /// Login name.
    pub email: String,
    /// Password.
    pub password: String,
    /// Code that the login asks for; absent: no second factor.
    pub mfa_code: Option<String>,
    /// How the login page treats it.
    pub login: LoginMode,
    /// Tokens minted from the embed page's audience are refused by the API.
    pub embed_tokens_refused: bool,
    /// The profile lacks a display name, as new ones do.
    pub without_display_name: bool,
    /// How uploads go.
    pub upload: UploadSpec,
    /// So many invented activities.
    pub generate: usize,
    /// One activity for every `.fit` file of this folder.
    pub fit_dir: Option<PathBuf>,
    /// These activities.
    pub activities: Vec<ActivitySpec>,
}

impl Default for AccountSpec {
    fn default() -> Self {
        AccountSpec {
            domain: "garmin.com".to_owned(),
            email: "runner@example.com".to_owned(),
            password: "correct horse".to_owned(),
            mfa_code: None,
            login: LoginMode::Normal,
            embed_tokens_refused: false,
            without_display_name: false,
            upload: UploadSpec::default(),
            generate: 0,
            fit_dir: None,
            activities: Vec::new(),
        }
    }
}

/// An activity given one by one; what is absent is invented.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivitySpec {
    /// Its id.
    pub id: Option<u64>,
    /// Its name; null lists it without one.
    pub name: Option<String>,
    /// Type key.
    pub sport: Option<String>,
    /// Start, Unix time.
    pub start: Option<i64>,
    /// Seconds from UTC to the local clock.
    pub offset: Option<i32>,
    /// Seconds on the timer.
    pub seconds: Option<u32>,
    /// Metres.
    pub metres: Option<f64>,
    /// Oddities to apply, by label.
    pub oddities: Vec<String>,
    /// The original always answers with this status, while the exports work.
    pub original_status: Option<u16>,
    /// A real FIT file to serve.
    pub fit_file: Option<PathBuf>,
}

impl Default for Scenario {
    fn default() -> Self {
        Scenario {
            seed: 1,
            clock_base: HISTORY_END,
            port: 0,
            accounts: vec![AccountSpec::default()],
            coros: Vec::new(),
            together: 0,
            sts: StsSpec::default(),
            notify: NotifySpec::default(),
            access_token_life: 4 * 3600,
            refresh_token_life: 30 * 86_400,
            ticket_life: 60,
            paging: Paging::default(),
            min_login_pause_ms: 0,
            latency_ms: 0,
            faults: Vec::new(),
        }
    }
}

impl Scenario {
    /// `runner@example.com` / `correct horse` on garmin.com with `activities` activities, and
    /// `runner@example.cn` / `correct horse` on garmin.cn with a third as many of its own.
    pub fn default_garmin(activities: usize, seed: u64) -> Self {
        let com = AccountSpec { generate: activities, ..AccountSpec::default() };
        let cn = AccountSpec {
            domain: "garmin.cn".to_owned(),
            email: "runner@example.cn".to_owned(),
            generate: activities / 3,
            ..AccountSpec::default()
        };
        Scenario { seed, accounts: vec![com, cn], ..Scenario::default() }
    }

    /// garmin.com and garmin.cn as in [`Scenario::default_garmin`] and `runner@example.org` on COROS
    /// in China, with `each` activities on each: half of them shared, a few twice.
    pub fn default_three(each: usize, seed: u64) -> Self {
        let coros = vec![CorosSpec::default()];
        Scenario { coros, together: each, ..Self::default_garmin(0, seed) }
    }

    /// Reads a scenario from JSON; what it leaves out is as in [`Scenario::default`].
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Asks every login of the domain's accounts for this code.
    #[must_use]
    pub fn with_mfa(mut self, domain: &str, code: &str) -> Self {
        for account in self.accounts.iter_mut().filter(|account| account.domain == domain) {
            account.mfa_code = Some(code.to_owned());
        }
        self
    }

    /// Starts the simulator; panics when no port can be had.
    pub fn start(self) -> Sim {
        Sim::start(self)
    }
}
