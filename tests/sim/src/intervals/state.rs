//! The state of intervals.icu, and the functions by which a test changes it.

use super::account::Account;
use super::spec::IntervalsActivitySpec;
use super::{contents, history, upload};
use crate::garmin::activity::sha256;
use crate::scenario::Scenario;
use crate::state::State;

/// The state of intervals.icu.
#[derive(Clone, Debug, Default)]
pub struct Intervals {
    /// Accounts.
    pub accounts: Vec<Account>,
}

/// What the service stores of an activity.
#[derive(Clone, Debug)]
pub struct IntervalsActivity {
    /// Its id.
    pub id: String,
    /// A stub of an activity that only Strava may show.
    pub strava: bool,
    /// How it arrived.
    pub source: String,
    /// Its id at the source.
    pub external_id: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Type.
    pub kind: Option<String>,
    /// Start, Unix time.
    pub start: i64,
    /// Extension and bytes of its file.
    pub file: Option<(&'static str, Vec<u8>)>,
}

impl Intervals {
    /// The accounts of a scenario.
    pub fn new(scenario: &Scenario) -> Self {
        let specs = scenario.intervals.iter().enumerate();
        let open = |(index, spec)| history::open(index, spec, scenario.seed, scenario.clock_base);
        Intervals { accounts: specs.map(open).collect() }
    }
}

impl State {
    /// Whether the scenario has an account of intervals.icu.
    pub fn has_intervals(&self) -> bool {
        !self.intervals.accounts.is_empty()
    }

    /// The first account of intervals.icu; panics if the scenario has none.
    pub fn intervals_account(&mut self) -> &mut Account {
        let first = self.intervals.accounts.first_mut();
        first.unwrap_or_else(|| panic!("the scenario has no account of intervals.icu"))
    }

    /// The API key of the first account.
    pub fn intervals_key(&mut self) -> String {
        self.intervals_account().spec.key.clone()
    }

    /// Makes a new API key, which ends the old one. Returns the new key.
    pub fn renew_intervals_key(&mut self) -> String {
        let key = self.word(24);
        self.intervals_account().spec.key.clone_from(&key);
        key
    }

    /// Adds a described activity. Returns its id.
    pub fn add_intervals_activity(&mut self, spec: &IntervalsActivitySpec) -> String {
        let base = self.scenario.clock_base;
        let account = self.intervals.accounts.first_mut();
        let account = account.unwrap_or_else(|| panic!("the scenario has no account of intervals.icu"));
        let latest = account.items.iter().map(|item| item.start).max();
        let start = spec.start.unwrap_or(latest.unwrap_or(base) + 7200);
        let item = history::describe(account, spec, start, &mut self.rng);
        let id = item.id();
        account.items.push(item);
        id
    }

    /// Adds the activities of a file, as an upload by another client. Returns the ids, or those of the existing
    /// activities with this file; empty if it is no activity file.
    pub fn add_intervals_file(&mut self, bytes: &[u8]) -> Vec<String> {
        let Ok(file) = contents::read(bytes.to_vec()) else { return Vec::new() };
        let (now, start) = (self.now(), file.sessions.first().map_or(0, |session| session.start));
        let group = self.group_of(bytes, start);
        let account = self.intervals_account();
        let known: Vec<String> = account.holders(&file).iter().map(|item| item.id()).collect();
        if !known.is_empty() {
            return known;
        }
        let mut items = upload::of_file(account, "UPLOAD", &file, now);
        items.iter_mut().for_each(|item| item.group.clone_from(&group));
        let ids = items.iter().map(|item| item.id()).collect();
        account.items.extend(items);
        ids
    }

    /// Adds a Strava stub with this start (Unix time). Returns its id.
    pub fn add_strava_stub(&mut self, start: i64) -> String {
        let account = self.intervals_account();
        let stub = history::stub(account, start);
        let id = stub.id();
        account.items.push(stub);
        id
    }

    /// Deletes an activity or a stub, as a person does on the web. Returns whether it existed.
    pub fn delete_intervals_activity(&mut self, id: &str) -> bool {
        let account = self.intervals_account();
        let before = account.items.len();
        account.items.retain(|item| item.id() != id);
        account.items.len() < before
    }

    /// Ids of the first account, newest first, with those of Strava stubs.
    pub fn intervals_ids(&mut self) -> Vec<String> {
        self.intervals_account().newest_first().iter().map(|item| item.id()).collect()
    }

    /// Everything that the first account stores, newest first, with the bytes of each file.
    pub fn intervals_activities(&mut self) -> Vec<IntervalsActivity> {
        let items = self.intervals_account().newest_first().into_iter();
        let stored = items.map(|item| IntervalsActivity {
            id: item.id(),
            strava: item.strava,
            source: item.source.clone(),
            external_id: item.external_id.clone(),
            name: item.name.clone(),
            kind: item.kind.clone(),
            start: item.start,
            file: item.original(),
        });
        stored.collect()
    }

    /// SHA-256 (hex) of the unpacked file of an activity; `None` if it has none.
    pub fn intervals_served(&mut self, id: &str) -> Option<String> {
        self.intervals_account().find(id)?.original().map(|(_, bytes)| sha256(&bytes))
    }
}
