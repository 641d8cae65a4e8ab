//! The keys and tokens of the Personal API, and the functions by which a test changes them.

use super::pace::Pace;
use super::spec::KeySpec;
use super::token;
use super::weight::{self, Weighing};
use crate::scenario::Scenario;
use crate::state::State;
use serde::Serialize;
use std::collections::HashMap;

const DAY: i64 = 86_400;

/// A key.
#[derive(Clone, Debug)]
pub struct Key {
    /// Its text.
    pub text: String,
    /// The domain that accepts it.
    pub domain: String,
    /// Its account.
    pub account: usize,
    /// When it ends.
    pub ends: i64,
    /// It was deleted.
    pub deleted: bool,
}

impl Key {
    /// Whether it is valid at a given time.
    pub fn works(&self, now: i64) -> bool {
        !self.deleted && now < self.ends
    }
}

/// A token that was issued for a key.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its text.
    pub text: String,
    /// The index of its key: with the key it ends.
    pub key: usize,
    /// Its account.
    pub account: usize,
    /// When it expires.
    pub expires: i64,
}

/// An exchange that reached the service.
#[derive(Clone, Debug, Serialize)]
pub struct Exchanged {
    /// The key that was sent, even if there is no such key.
    pub key: String,
    /// When, on the service's clock.
    pub at: i64,
    /// The status of its response.
    pub status: u16,
}

/// The state of the Personal API.
#[derive(Clone, Debug, Default)]
pub struct Personal {
    /// All keys, including ended and deleted ones.
    pub keys: Vec<Key>,
    /// All tokens, including expired ones.
    pub tokens: Vec<Token>,
    /// The exchanges so far, including refused ones.
    pub exchanges: Vec<Exchanged>,
    /// The weights of all accounts.
    pub weighings: Vec<Weighing>,
    /// The latest requests of each account.
    pub(crate) paces: HashMap<usize, Pace>,
}

impl Personal {
    /// The state at the start of a scenario, without its keys.
    pub fn new(scenario: &Scenario) -> Self {
        Personal { weighings: weight::invent(scenario), ..Personal::default() }
    }
}

impl State {
    /// Adds the keys of the scenario's accounts.
    pub(crate) fn open_personal_keys(&mut self) {
        for account in 0..self.accounts.len() {
            for spec in self.accounts[account].spec.personal_keys.clone() {
                self.add_key(account, &spec);
            }
        }
    }

    /// Makes a key of the domain's first account, as the person does on the website. Returns its text.
    pub fn issue_personal_key(&mut self, domain: &str, spec: &KeySpec) -> String {
        let account = self.first_account(domain);
        self.add_key(account, spec)
    }

    /// Makes a key of the account with this login name; panics if the scenario has none.
    pub fn issue_personal_key_of(&mut self, domain: &str, email: &str, spec: &KeySpec) -> String {
        let found = self.account_of(domain, email);
        let account = found.unwrap_or_else(|| panic!("the scenario has no account {email} on {domain}"));
        self.add_key(account, spec)
    }

    fn add_key(&mut self, account: usize, spec: &KeySpec) -> String {
        let text = spec.key.clone().unwrap_or_else(|| format!("GCDC_{}", self.word(43)));
        let ends = spec.ends.unwrap_or(self.now() + spec.days * DAY);
        if !self.scenario.personal.several_keys && !spec.deleted {
            self.personal.keys.iter_mut().filter(|key| key.account == account).for_each(|key| key.deleted = true);
        }
        let domain = self.accounts[account].spec.domain.clone();
        self.personal.keys.push(Key { text: text.clone(), domain, account, ends, deleted: spec.deleted });
        text
    }

    /// Deletes a key, which ends its tokens at once. Returns whether it exists.
    pub fn delete_personal_key(&mut self, key: &str) -> bool {
        self.with_key(key, |key, _| key.deleted = true)
    }

    /// Ends a key, as its last day does, and with it its tokens. Returns whether it exists.
    pub fn end_personal_key(&mut self, key: &str) -> bool {
        self.with_key(key, |key, now| key.ends = now)
    }

    /// Deletes the keys of the domain's accounts. Returns whether any was valid.
    pub fn delete_personal_keys(&mut self, domain: &str) -> bool {
        let now = self.now();
        let own = self.personal.keys.iter_mut().filter(|key| key.domain == domain && key.works(now));
        own.map(|key| key.deleted = true).count() > 0
    }

    fn with_key(&mut self, text: &str, change: impl FnOnce(&mut Key, i64)) -> bool {
        let now = self.now();
        let found = self.personal.keys.iter_mut().rev().find(|key| key.text == text);
        found.map(|key| change(key, now)).is_some()
    }

    /// Expires all tokens of a domain; the keys stay valid.
    pub fn expire_personal_tokens(&mut self, domain: &str) {
        let keys = &self.personal.keys;
        let own = self.personal.tokens.iter_mut().filter(|token| keys[token.key].domain == domain);
        own.for_each(|token| token.expires = 0);
    }

    /// A token for a key, as an exchange gives it, but not counted as one; panics if there is no such key.
    pub fn issue_personal_token(&mut self, key: &str) -> String {
        let found = self.personal.keys.iter().rposition(|one| one.text == key);
        let index = found.unwrap_or_else(|| panic!("there is no such key"));
        let account = self.personal.keys[index].account;
        token::issue(self, index, account)
    }

    /// The number of exchanges with this key, including refused ones; `personal.exchanges` has their statuses.
    pub fn personal_exchanges(&self, key: &str) -> usize {
        self.personal.exchanges.iter().filter(|one| one.key == key).count()
    }

    /// Adds a weight of the domain's first account, in grams, at a given time.
    pub fn add_weight(&mut self, domain: &str, at: i64, grams: u32) {
        let account = self.first_account(domain);
        self.personal.weighings.push(Weighing { account, at, grams });
    }
}
