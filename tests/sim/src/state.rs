//! The state of the service: accounts, tokens, sessions and the clock.

use crate::coros::state::Coros;
use crate::coros_mcp::state::Mcp;
use crate::fault::Lies;
use crate::fit::scan;
use crate::garmin::account::Account;
use crate::garmin::activity::{Activity, Device, Source, sha256};
use crate::garmin::tokens::Tokens;
use crate::garmin::upload::Upload;
use crate::garmin::visit::Visit;
use crate::garmin::{history, oddities, sports};
use crate::intervals::state::Intervals;
use crate::notify::Message;
use crate::personal::state::Personal;
use crate::scenario::{AccountSpec, ActivitySpec, LoginMode, Scenario};
use crate::store::state::Stores;
use crate::together;
use fastrand::Rng;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// A login that waits for its second factor.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The sign-in page of the login; the client has to send its cookies again.
    pub visit: Visit,
    /// The query of the login.
    pub query: Vec<(String, String)>,
    /// Headers of the login that the client has to send again.
    pub headers: Vec<Option<String>>,
    /// The login flow: `mobile`, `portal` or `widget`.
    pub flow: String,
    /// Domain.
    pub domain: String,
    /// Its account.
    pub account: usize,
    /// The code was sent; the widget sends it only on request.
    pub sent: bool,
    /// The number of wrong codes so far.
    pub wrong: u32,
    /// When it started.
    pub since: i64,
}

/// The complete state.
pub struct State {
    /// The scenario; paging and lifetimes may be changed while the simulator runs.
    pub scenario: Scenario,
    /// Accounts of both domains.
    pub accounts: Vec<Account>,
    /// Tickets and tokens.
    pub tokens: Tokens,
    /// Sign-in pages that were loaded.
    pub visits: Vec<Visit>,
    /// Logins that wait for a code.
    pub pending: Vec<Pending>,
    /// The number of list requests so far.
    pub list_requests: u32,
    /// Accepted uploads, whose status can be requested.
    pub uploads: Vec<Upload>,
    /// COROS.
    pub coros: Coros,
    /// COROS MCP, which has tokens of its own.
    pub coros_mcp: Mcp,
    /// intervals.icu.
    pub intervals: Intervals,
    /// The object stores.
    pub stores: Stores,
    /// The Personal API.
    pub personal: Personal,
    /// Messages, including rejected ones.
    pub messages: Vec<Message>,
    /// The effects of faults on the current request.
    pub(crate) lies: Lies,
    pub(crate) rng: Rng,
    ahead: i64,
}

impl State {
    /// The state at the start of a scenario.
    pub fn new(scenario: Scenario) -> Self {
        let accounts = scenario.accounts.iter().enumerate();
        let mut accounts: Vec<Account> = accounts.map(|(index, spec)| open(index, spec, &scenario)).collect();
        let mut coros = Coros::new(&scenario);
        let mut intervals = Intervals::new(&scenario);
        together::fill(&scenario, &mut accounts, &mut coros.accounts);
        crate::intervals::together::fill(&scenario, &accounts, &coros.accounts, &mut intervals.accounts);
        let mut state = State {
            accounts,
            tokens: Tokens::default(),
            visits: Vec::new(),
            pending: Vec::new(),
            list_requests: 0,
            uploads: Vec::new(),
            coros,
            coros_mcp: Mcp::default(),
            intervals,
            stores: Stores::default(),
            personal: Personal::new(&scenario),
            messages: Vec::new(),
            lies: Lies::default(),
            rng: Rng::with_seed(scenario.seed ^ 0x5117),
            ahead: 0,
            scenario,
        };
        state.open_personal_keys();
        state
    }

    /// The service's clock, Unix time.
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs() as i64 + self.ahead
    }

    /// Advances the service's clock.
    pub fn advance(&mut self, seconds: i64) {
        self.ahead += seconds;
    }

    /// Random letters and digits.
    pub(crate) fn word(&mut self, length: usize) -> String {
        (0..length).map(|_| self.rng.alphanumeric()).collect()
    }

    pub(crate) fn uuid(&mut self) -> String {
        let bits = format!("{:032x}", self.rng.u128(..));
        format!("{}-{}-4{}-a{}-{}", &bits[..8], &bits[8..12], &bits[13..16], &bits[17..20], &bits[20..])
    }

    /// Index of the domain's first account; panics if the scenario has none there.
    pub(crate) fn first_account(&self, domain: &str) -> usize {
        let found = self.accounts.iter().position(|account| account.spec.domain == domain);
        found.unwrap_or_else(|| panic!("the scenario has no account on {domain}"))
    }

    /// Index of the account with this login name on a domain.
    pub(crate) fn account_of(&self, domain: &str, email: &str) -> Option<usize> {
        let same = |account: &Account| account.spec.domain == domain && account.spec.email.eq_ignore_ascii_case(email);
        self.accounts.iter().position(same)
    }

    /// Whether the scenario has an account on this domain.
    pub fn has_account(&self, domain: &str) -> bool {
        self.accounts.iter().any(|account| account.spec.domain == domain)
    }

    /// The domain's first account; panics if the scenario has none there.
    pub fn account(&mut self, domain: &str) -> &mut Account {
        let index = self.first_account(domain);
        &mut self.accounts[index]
    }

    /// Adds a described activity. Returns its id.
    pub fn add_activity(&mut self, domain: &str, spec: &ActivitySpec) -> u64 {
        let index = self.first_account(domain);
        let newest = self.accounts[index].highest_id();
        let latest = self.accounts[index].activities.iter().map(|a| a.recording.start).max();
        let start = spec.start.unwrap_or(latest.unwrap_or(self.scenario.clock_base) + 7200);
        let activity = describe(domain, spec, start, newest, &mut self.rng);
        let id = activity.id;
        self.accounts[index].activities.push(activity);
        self.pass_on(index, id);
        id
    }

    /// Deletes an activity, as a person does on the web. Returns whether it existed.
    pub fn remove_activity(&mut self, domain: &str, id: u64) -> bool {
        self.account(domain).remove(id)
    }

    /// Renames an activity; its original does not change. Returns whether the activity exists.
    pub fn rename_activity(&mut self, domain: &str, id: u64, name: &str) -> bool {
        let Some(activity) = self.account(domain).find_mut(id) else { return false };
        activity.name = Some(name.to_owned());
        true
    }

    /// Replaces the original of an activity. Returns whether the activity exists.
    pub fn set_source(&mut self, domain: &str, id: u64, source: Source) -> bool {
        let Some(activity) = self.account(domain).find_mut(id) else { return false };
        activity.source = source;
        true
    }

    /// Ids of the domain's first account, newest first.
    pub fn ids(&mut self, domain: &str) -> Vec<u64> {
        self.account(domain).newest_first().iter().map(|activity| activity.id).collect()
    }

    /// SHA-256 (hex) of the file in the original download; `None` if it is unavailable.
    pub fn served(&self, domain: &str, id: u64) -> Option<String> {
        self.find(domain, id)?.original().map(|bytes| sha256(&bytes))
    }

    /// SHA-256 (hex) of an export (`gpx` or `tcx`); `None` if it is unavailable.
    pub fn served_export(&self, domain: &str, id: u64, format: &str) -> Option<String> {
        let text = crate::garmin::export_of(self.find(domain, id)?, format)?;
        Some(sha256(text.as_bytes()))
    }

    fn find(&self, domain: &str, id: u64) -> Option<&Activity> {
        let accounts = self.accounts.iter().filter(|account| account.spec.domain == domain);
        accounts.into_iter().find_map(|account| account.find(id))
    }
}

fn open(index: usize, spec: &AccountSpec, scenario: &Scenario) -> Account {
    let mut activities = history::generate(&spec.domain, spec.generate, scenario.seed, scenario.clock_base);
    let mut rng = Rng::with_seed(scenario.seed ^ 0xACC0 ^ index as u64);
    let mut specs = spec.activities.clone();
    specs.extend(spec.fit_dir.as_deref().map(folder).unwrap_or_default());
    for one in &specs {
        let newest = activities.iter().map(|a| a.id).max();
        let start = one.start.unwrap_or(scenario.clock_base - 86_400 + activities.len() as i64);
        activities.push(describe(&spec.domain, one, start, newest, &mut rng));
    }
    Account {
        spec: spec.clone(),
        profile: 1_000_001 + index as u64,
        wrong_passwords: 0,
        locked: spec.login == LoginMode::Locked,
        activities,
        lists: 0,
        late: Vec::new(),
        highest_deleted: None,
    }
}

/// One activity for every FIT file of a folder, in the order of their names.
fn folder(dir: &Path) -> Vec<ActivitySpec> {
    let Ok(entries) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|e| e.eq_ignore_ascii_case("fit")));
    files.sort();
    files.into_iter().map(|path| ActivitySpec { fit_file: Some(path), ..ActivitySpec::default() }).collect()
}

fn describe(domain: &str, spec: &ActivitySpec, start: i64, after: Option<u64>, rng: &mut Rng) -> Activity {
    let mut activity = history::ordinary(domain, rng, start, after);
    activity.source = Source::Fit(crate::garmin::activity::Layout::Plain);
    activity.id = spec.id.unwrap_or(activity.id);
    activity.recording.start = start;
    activity.old_shape = false;
    shape(&mut activity, spec, rng);
    if let Some(path) = &spec.fit_file {
        from_file(&mut activity, path);
    }
    if let Some(name) = &spec.name {
        activity.name = Some(name.clone());
        name.clone_into(&mut activity.first_name);
    }
    for label in &spec.oddities {
        oddities::apply(label, &mut activity, None, rng);
    }
    if let Some(status) = spec.original_status {
        activity.source = Source::Failing(status);
    }
    activity
}

/// Sets sport, length and time zone of a described activity.
fn shape(activity: &mut Activity, spec: &ActivitySpec, rng: &mut Rng) {
    if let Some(key) = &spec.sport {
        activity.sport = sports::by_key(key).unwrap_or(sports::UNKNOWN);
        activity.type_key.clone_from(key);
    }
    let seconds = spec.seconds.unwrap_or(activity.recording.timer());
    let mut leg = history::leg_of(&activity.sport, seconds, rng);
    leg.metres = spec.metres.or(leg.metres);
    activity.distance = leg.metres;
    activity.recording.legs = vec![leg];
    activity.recording.offset = spec.offset.unwrap_or(activity.recording.offset);
}

/// Reads some values from a real file; the others stay invented.
fn from_file(activity: &mut Activity, path: &Path) {
    let summary = std::fs::read(path).map(|bytes| scan::summary(&bytes)).unwrap_or_default();
    take_summary(activity, &summary);
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    activity.name = Some(name.clone());
    activity.first_name = name;
    activity.source = Source::File(path.to_owned());
}

/// Sets start, time zone, device, sport and length from the file.
pub(crate) fn take_summary(activity: &mut Activity, summary: &scan::Summary) {
    let recording = &mut activity.recording;
    recording.start = summary.start.unwrap_or(recording.start);
    recording.offset = summary.offset.filter(|o| o.abs() <= 14 * 3600).unwrap_or(recording.offset);
    if let Some(serial) = summary.serial {
        activity.device = Device::Id(u64::from(serial));
    }
    if let Some(fit) = summary.sports.first() {
        activity.sport = sports::by_fit(*fit);
        activity.sport.key.clone_into(&mut activity.type_key);
        let metres = (summary.metres > 0.0).then_some(summary.metres);
        recording.legs[0].sport = *fit;
        recording.legs[0].seconds = summary.seconds as u32;
        recording.legs[0].metres = metres;
        recording.paused = (summary.elapsed - summary.seconds).clamp(0.0, 86_400.0) as u32;
        activity.distance = metres;
    }
}
