//! The state of COROS, and the functions by which a test changes it.

use super::account::Account;
use super::history;
use super::jobs::Job;
use super::spec::CorosActivitySpec;
use crate::garmin::activity::sha256;
use crate::scenario::Scenario;
use crate::state::State;

/// A login that waits for its code.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// `loginTicket`.
    pub ticket: String,
    /// `appKey`.
    pub key: String,
    /// Its account.
    pub account: usize,
    /// When it started.
    pub since: i64,
    /// Whether the e-mail with the code was requested.
    pub mailed: bool,
    /// The number of wrong codes so far.
    pub wrong: u32,
}

/// The state of COROS.
#[derive(Clone, Debug, Default)]
pub struct Coros {
    /// Accounts of all regions.
    pub accounts: Vec<Account>,
    /// Logins that wait for a code.
    pub challenges: Vec<Challenge>,
    /// Imports.
    pub jobs: Vec<Job>,
    /// E-mails with codes: address and code.
    pub mails: Vec<(String, String)>,
}

impl Coros {
    /// The accounts of a scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let specs = scenario.coros.iter().enumerate();
        let open = |(index, spec)| history::open(index, spec, scenario.seed, scenario.clock_base);
        Coros { accounts: specs.map(open).collect(), ..Coros::default() }
    }

    /// The account of a token.
    pub fn owner(&self, token: &str, now: i64) -> Option<usize> {
        self.accounts.iter().position(|account| match &account.token {
            Some((text, since)) if text == token => account.spec.token_life.is_none_or(|life| now < since + life),
            _ => false,
        })
    }
}

impl State {
    /// Whether the scenario has a COROS account in this region.
    pub fn has_coros(&self, region: u32) -> bool {
        self.coros.accounts.iter().any(|account| account.spec.region == region)
    }

    pub(crate) fn first_coros(&self, region: u32) -> usize {
        let found = self.coros.accounts.iter().position(|account| account.spec.region == region);
        found.unwrap_or_else(|| panic!("the scenario has no COROS account in region {region}"))
    }

    /// The region's first account; panics if the scenario has none there.
    pub fn coros_account(&mut self, region: u32) -> &mut Account {
        let index = self.first_coros(region);
        &mut self.coros.accounts[index]
    }

    /// Issues a token as a login does, which ends the previous token.
    pub fn issue_coros_token(&mut self, region: u32) -> String {
        let index = self.first_coros(region);
        self.new_coros_token(index)
    }

    pub(crate) fn new_coros_token(&mut self, account: usize) -> String {
        let text = self.word(32);
        let now = self.now();
        self.coros.accounts[account].token = Some((text.clone(), now));
        text
    }

    /// Ends the token of the region's first account.
    pub fn expire_coros_token(&mut self, region: u32) {
        self.coros_account(region).token = None;
    }

    /// Adds a described activity. Returns its label.
    pub fn add_coros_activity(&mut self, region: u32, spec: &CorosActivitySpec) -> u64 {
        let index = self.first_coros(region);
        let account = &mut self.coros.accounts[index];
        let latest = account.items.iter().map(|item| item.start).max();
        let start = spec.start.unwrap_or(latest.unwrap_or(self.scenario.clock_base) + 7200);
        let item = history::describe(&account.spec, spec, start, &mut self.rng);
        let label = item.label;
        account.items.push(item);
        label
    }

    /// Deletes an activity, as a person does in the app. Returns whether it existed.
    pub fn remove_coros_activity(&mut self, region: u32, label: u64) -> bool {
        let account = self.coros_account(region);
        let before = account.items.len();
        account.items.retain(|item| item.label != label);
        account.items.len() < before
    }

    /// Labels of the region's first account, newest first.
    pub fn coros_ids(&mut self, region: u32) -> Vec<u64> {
        self.coros_account(region).newest_first().iter().map(|item| item.label).collect()
    }

    /// SHA-256 (hex) of the file of an activity; `None` if it is unavailable.
    pub fn coros_served(&self, region: u32, label: u64) -> Option<String> {
        let accounts = self.coros.accounts.iter().filter(|account| account.spec.region == region);
        accounts.into_iter().find_map(|account| account.find(label))?.original().map(|bytes| sha256(&bytes))
    }
}
