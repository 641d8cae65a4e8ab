//! The owner of a key: the user id in the list, which the web access calls `profileId`.
//!
//! This API has no profile with a user id. Every entry of the list names its owner, and so does the summary of a day, if
//! the account has no activities (garmin-intervals-bridge 0.12.2; reviewed 2026-11-29).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::Personal;
use super::api;
use super::token::{AccessToken, Token};
use crate::http::{Request, Response};
use crate::platform::garmin::{block_page, list};
use crate::platform::{Error, Identity, Result, lenient_json};
use crate::reason::Reason;

/// The owner, as far as the service names it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct KeyOwner {
    /// The user id.
    pub user_id: Option<String>,
    /// The name.
    pub name: Option<String>,
}

impl KeyOwner {
    /// The owner of the newest activity.
    pub fn of_entries(items: &[Value]) -> KeyOwner {
        let Some(item) = items.first() else { return KeyOwner::default() };
        let text = |field: &str| item[field].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
        KeyOwner {
            user_id: user_id(&item["ownerId"]),
            name: text("ownerFullName").or_else(|| text("ownerDisplayName")),
        }
    }

    /// The owner of the summary of a day. Every field may be missing.
    pub fn of_summary(response: &Response) -> KeyOwner {
        let body = lenient_json::parse(&response.body).filter(|_| response.status == 200).unwrap_or_default();
        KeyOwner { user_id: user_id(&body["userProfileId"]), name: None }
    }

    /// The owner for comparisons; `None` if it is unknown.
    pub fn identity(&self) -> Option<Identity> {
        Some(Identity { user_id: self.user_id.clone()?, name: self.name.clone(), email: None })
    }

    /// The token with this owner.
    pub fn fill(self, token: Token, now: Timestamp) -> Token {
        let owner_unknown_at = self.user_id.is_none().then(|| now.as_second());
        Token { user_id: self.user_id, user: self.name, owner_unknown_at, ..token }
    }
}

fn user_id(value: &Value) -> Option<String> {
    list::id(value).filter(|id| id != "0")
}

impl Personal {
    /// The owner of the account. See [`PlatformReader::identify`](crate::platform::PlatformReader::identify).
    pub(super) fn owner(&self, fresh: bool) -> Result<Option<Identity>> {
        self.ready()?;
        let Some(token) = self.store.load::<Token>()? else { return Ok(None) };
        if !fresh && (token.user_id.is_some() || token.is_owner_unknown(self.context.http.now())) {
            return Ok(token.identity());
        }
        let owner = self.query(&|request| self.read(request))?;
        if token.user_id.is_none() {
            let _lock = self.store.lock()?;
            // Another command may have renewed the token meanwhile.
            let token = self.store.load::<Token>()?.unwrap_or(token);
            let token = owner.fill(token, self.context.http.now());
            self.store.save(&token)?;
            return Ok(token.identity());
        }
        Ok(owner.identity())
    }

    /// The owner of an access token that is not stored yet.
    pub(super) fn query_owner(&self, access: &AccessToken) -> Result<KeyOwner> {
        self.query(&|request| self.read_with(access, request))
    }

    fn query(&self, read: &dyn Fn(&Request) -> Result<Response>) -> Result<KeyOwner> {
        let newest = read(&api::newest_request(&self.domain))?;
        let owner = KeyOwner::of_entries(&list::items(&newest)?);
        if owner.user_id.is_some() {
            return Ok(owner);
        }
        let summary = read(&api::summary_request(&self.domain, self.context.http.now()))?;
        block_page::check(&summary, "the summary of the day")?;
        Ok(KeyOwner { name: owner.name, ..KeyOwner::of_summary(&summary) })
    }

    /// Compares the owners in the list with the owner of the key. If they differ, the summary of the day decides: a key
    /// that suddenly opens another account must not add activities to this account.
    pub(super) fn check_list_owner(&self, owners: &BTreeSet<String>) -> Result<()> {
        let Some(known) = self.store.load::<Token>()?.and_then(|token| token.user_id) else { return Ok(()) };
        if owners.iter().all(|owner| *owner == known) || self.owner_confirmed.get() {
            return Ok(());
        }
        let summary = self.read(&api::summary_request(&self.domain, self.context.http.now()))?;
        block_page::check(&summary, "the summary of the day")?;
        let current = KeyOwner::of_summary(&summary).user_id;
        if current.as_deref() == Some(known.as_str()) {
            self.owner_confirmed.set(true);
            return Ok(());
        }
        let listed = || owners.iter().find(|owner| **owner != known).cloned().unwrap_or_default();
        Err(Error::OtherAccount(Reason::ListOfAnotherAccount {
            platform: self.context.platform.to_string(),
            listed: current.unwrap_or_else(listed),
            user: known,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_owner_is_that_of_the_newest_activity_or_of_the_day() {
        let of = |item: Value| KeyOwner::of_entries(&[item]);
        let ann = of(json!({"ownerId": 1_000_001, "ownerFullName": "Ann B", "ownerDisplayName": "ann"}));
        assert_eq!((ann.user_id.as_deref(), ann.name.as_deref()), (Some("1000001"), Some("Ann B")));
        assert_eq!(of(json!({"ownerId": 0, "ownerDisplayName": "ann"})).name.as_deref(), Some("ann"));
        assert_eq!(
            (of(json!({"ownerId": null})), KeyOwner::of_entries(&[])),
            (KeyOwner::default(), KeyOwner::default())
        );
        let day = |status, body: &str| {
            KeyOwner::of_summary(&Response { status, headers: Vec::new(), body: body.into() }).user_id
        };
        assert_eq!(day(200, r#"{"userProfileId":42,"totalSteps":null}"#).as_deref(), Some("42"));
        for (status, body) in [(200, "{}"), (200, ""), (204, ""), (500, r#"{"userProfileId":42}"#)] {
            assert_eq!(day(status, body), None, "{status} {body}");
        }
    }
}
