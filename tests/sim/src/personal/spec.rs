//! The descriptions of the Personal API and of its keys in a scenario.

use serde::{Deserialize, Serialize};

/// The form of the response to an exchange.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenAnswer {
    /// The token itself as text, as Garmin's client expects it.
    #[default]
    Plain,
    /// The token with white space around it.
    Spaced,
    /// The token in quotation marks.
    Quoted,
    /// A JSON object with `access_token`. Some clients expect it; nobody has reported it from the service.
    Json,
    /// Text that is no JWT, so that its end is unknown to the client.
    Opaque,
}

/// The limit of requests of one account, exchanges included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BurstSpec {
    /// The maximum number of requests within `seconds`; the next one gets a 429. Null: no limit.
    pub requests: Option<usize>,
    /// The length of that time in seconds.
    pub seconds: i64,
    /// The value of Retry-After; until then every request gets a 429.
    pub retry_after: i64,
}

impl Default for BurstSpec {
    /// One report from October 2026: 12 requests at once, and a 429 with `Retry-After: 14`. One request in half a second
    /// was never limited.
    fn default() -> Self {
        BurstSpec { requests: Some(11), seconds: 5, retry_after: 14 }
    }
}

impl BurstSpec {
    /// No limit.
    pub fn none() -> Self {
        BurstSpec { requests: None, ..BurstSpec::default() }
    }
}

/// The behaviour of the Personal API.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersonalSpec {
    /// The host of garmin.cn works; else it is a 526, as it was on 2026-10-22.
    pub cn: bool,
    /// An account may have several valid keys; else a new key deletes the earlier ones.
    pub several_keys: bool,
    /// Lifetime of a token in seconds, if the key does not end earlier.
    pub token_life: i64,
    /// The form of the response to an exchange.
    pub token_answer: TokenAnswer,
    /// The largest limit of a list; a larger one, also the one of a request without limit (99), gets a 500.
    pub page_limit: usize,
    /// The limit of requests.
    pub burst: BurstSpec,
    /// The list also has the fields of connectapi's list that Garmin's description of this API lacks, such as `deviceId`.
    pub undocumented_fields: bool,
    /// The status of the download of an activity that was entered by hand; null: that of connectapi.
    pub manual_status: Option<u16>,
    /// The number of days with invented health data before `clock_base`.
    pub health_days: i64,
}

impl Default for PersonalSpec {
    fn default() -> Self {
        PersonalSpec {
            cn: false,
            several_keys: false,
            token_life: 86_400,
            token_answer: TokenAnswer::Plain,
            page_limit: 45,
            burst: BurstSpec::default(),
            undocumented_fields: false,
            manual_status: None,
            health_days: 120,
        }
    }
}

/// A key of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeySpec {
    /// Its text; absent: invented.
    pub key: Option<String>,
    /// The number of days from now until it ends; negative: it has ended.
    pub days: i64,
    /// When it ends (Unix time), in place of `days`.
    pub ends: Option<i64>,
    /// It was deleted on the website.
    pub deleted: bool,
}

impl Default for KeySpec {
    fn default() -> Self {
        KeySpec { key: None, days: 365, ends: None, deleted: false }
    }
}

impl KeySpec {
    /// A key that is valid for so many days: 30, 90, 180 or 365 on the website.
    pub fn days(days: i64) -> Self {
        KeySpec { days, ..KeySpec::default() }
    }

    /// A key that ended yesterday.
    pub fn ended() -> Self {
        KeySpec::days(-1)
    }

    /// A deleted key.
    pub fn deleted() -> Self {
        KeySpec { deleted: true, ..KeySpec::default() }
    }
}
