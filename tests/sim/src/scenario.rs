//! The scenario: the accounts, their activities, and the behaviour of the services.

use crate::Sim;
use crate::coros::spec::CorosSpec;
use crate::coros::sts::StsSpec;
use crate::coros_mcp::spec::McpSpec;
use crate::fault::Fault;
use crate::garmin::upload::UploadSpec;
use crate::intervals::spec::IntervalsSpec;
use crate::notify::NotifySpec;
use crate::personal::spec::{KeySpec, PersonalSpec};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The end of generated histories, unless a scenario sets another: 2026-11-01T00:00:00Z.
pub const HISTORY_END: i64 = 1_793_491_200;

/// The behaviour of the simulator.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Seed of the generated data.
    pub seed: u64,
    /// The time before which generated histories end (Unix time).
    pub clock_base: i64,
    /// Port to listen on, zero for any free one.
    pub port: u16,
    /// Accounts. A function that names only a domain uses the first account of the domain.
    pub accounts: Vec<AccountSpec>,
    /// Accounts of COROS. A function that names only a region uses the first account of the region.
    pub coros: Vec<CorosSpec>,
    /// The behaviour of COROS MCP, which shows the activities of the accounts of COROS.
    pub coros_mcp: McpSpec,
    /// Accounts of intervals.icu.
    pub intervals: Vec<IntervalsSpec>,
    /// The number of activities on the first two accounts and the first accounts of COROS and intervals.icu each; some of
    /// them are shared.
    pub together: usize,
    /// The behaviour of the sources of credentials for the object stores.
    pub sts: StsSpec,
    /// The behaviour of the hosts that accept messages.
    pub notify: NotifySpec,
    /// The behaviour of the Personal API.
    pub personal: PersonalSpec,
    /// Lifetime of an access token in seconds.
    pub access_token_life: i64,
    /// Lifetime of a refresh token in seconds.
    pub refresh_token_life: i64,
    /// Lifetime of a login ticket in seconds.
    pub ticket_life: i64,
    /// Behaviour of the list.
    pub paging: Paging,
    /// The minimum time between a sign-in page and its login in milliseconds; a faster login gets a 429.
    pub min_login_pause_ms: u64,
    /// Milliseconds by which every response is delayed.
    pub latency_ms: u64,
    /// Faults that are active from the start.
    pub faults: Vec<Fault>,
}

/// Behaviour of the list.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Paging {
    /// The largest limit; a larger one gets a 400.
    pub max_limit: u64,
    /// The largest page, even if the limit of the request is larger.
    pub page_cap: Option<u64>,
    /// A new activity appears after this many list requests, which shifts the offsets by one.
    pub add_after_requests: Option<u32>,
    /// The newest activity is deleted after this many list requests.
    pub remove_after_requests: Option<u32>,
    /// The count omits multisport parents, so that it differs from the length of the list.
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

/// The response of the login for an account; all modes but the first ignore the password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginMode {
    /// Checks the password.
    #[default]
    Normal,
    /// Requires a captcha.
    Captcha,
    /// Requires a captcha, under the other known name.
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
    /// All sign-in pages of the domain return 403 with a browser challenge.
    Page403,
    /// All sign-in pages of the domain return 427.
    Page427,
    /// All sign-in pages of the domain return 429.
    Page429,
    /// The app's sign-in page of the domain is a 302 to its other locale. The 302 sets the cookie of the session.
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
    /// Code that the login requires; absent: no second factor.
    pub mfa_code: Option<String>,
    /// The response of its login.
    pub login: LoginMode,
    /// The API rejects tokens that were issued for the embedded page.
    pub embed_tokens_refused: bool,
    /// The profile has no display name, like new profiles.
    pub without_display_name: bool,
    /// The behaviour of uploads.
    pub upload: UploadSpec,
    /// Keys of the Personal API.
    pub personal_keys: Vec<KeySpec>,
    /// The number of invented activities.
    pub generate: usize,
    /// One activity for every `.fit` file of this folder.
    pub fit_dir: Option<PathBuf>,
    /// Described activities.
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
            personal_keys: Vec::new(),
            generate: 0,
            fit_dir: None,
            activities: Vec::new(),
        }
    }
}

/// The description of an activity; absent values are invented.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ActivitySpec {
    /// Its id.
    pub id: Option<u64>,
    /// Its name; null: it has no name.
    pub name: Option<String>,
    /// Type key.
    pub sport: Option<String>,
    /// Start, Unix time.
    pub start: Option<i64>,
    /// Local time minus UTC, in seconds.
    pub offset: Option<i32>,
    /// Seconds on the timer.
    pub seconds: Option<u32>,
    /// Metres.
    pub metres: Option<f64>,
    /// Oddities to apply, by label.
    pub oddities: Vec<String>,
    /// The download of the original always fails with this status, while the exports work.
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
            coros_mcp: McpSpec::default(),
            intervals: Vec::new(),
            together: 0,
            sts: StsSpec::default(),
            notify: NotifySpec::default(),
            personal: PersonalSpec::default(),
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
    /// in China, with `each` activities on each: half of them are shared, a few are duplicates.
    pub fn default_three(each: usize, seed: u64) -> Self {
        let coros = vec![CorosSpec::default()];
        Scenario { coros, together: each, ..Self::default_garmin(0, seed) }
    }

    /// As [`Scenario::default_three`], and intervals.icu with as many activities, which shares a part of those of the others.
    pub fn default_four(each: usize, seed: u64) -> Self {
        Scenario { intervals: vec![IntervalsSpec::default()], ..Self::default_three(each, seed) }
    }

    /// Reads a scenario from JSON; absent fields are as in [`Scenario::default`].
    pub fn from_json(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// Requires this code for every login of the domain's accounts.
    #[must_use]
    pub fn with_mfa(mut self, domain: &str, code: &str) -> Self {
        for account in self.accounts.iter_mut().filter(|account| account.domain == domain) {
            account.mfa_code = Some(code.to_owned());
        }
        self
    }

    /// Starts the simulator; panics if its port is unavailable.
    pub fn start(self) -> Sim {
        Sim::start(self)
    }
}
