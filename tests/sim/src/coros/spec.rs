//! The descriptions of COROS accounts in a scenario.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The form of the password that the login accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorosLogin {
    /// Both forms.
    #[default]
    Both,
    /// Only `pwd`, the MD5.
    Md5,
    /// Only `p1` and `p2`, bcrypt over the MD5.
    Bcrypt,
}

/// The behaviour of an account's imports.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportSpec {
    /// This many queue requests show a job as pending,
    pub polls: u32,
    /// and so do all requests within this many seconds of the service's clock.
    pub seconds: i64,
    /// The job of a valid file is finished already in the response to its import.
    pub at_once: bool,
    /// Every job ends with this status, which is negative.
    pub fails_late: Option<i32>,
    /// The job finishes, but no activity ever appears.
    pub vanishes: bool,
    /// This many list requests do not show the new activity,
    pub listed_after_requests: u32,
    /// nor do those within this many seconds of the service's clock.
    pub listed_after_seconds: i64,
}

impl Default for ImportSpec {
    fn default() -> Self {
        ImportSpec {
            polls: 1,
            seconds: 0,
            at_once: false,
            fails_late: None,
            vanishes: false,
            listed_after_requests: 0,
            listed_after_seconds: 0,
        }
    }
}

/// Whether a list may be requested without days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Days {
    /// Both days are required.
    #[default]
    Required,
    /// The days may be omitted.
    Optional,
    /// The days are rejected.
    Refused,
}

/// The list requests that an account accepts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListSpec {
    /// Whether days are required.
    pub days: Days,
    /// The maximum number of days in one request; more is a "Parameter input error".
    pub widest: Option<i64>,
    /// A list without days does not show activities that were imported within this many seconds.
    pub stale_seconds: i64,
}

/// An account of COROS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorosSpec {
    /// Login name.
    pub email: String,
    /// Password.
    pub password: String,
    /// Its region: 1 United States, 2 China, 3 Europe, 4 Singapore.
    pub region: u32,
    /// The form of the password that the login accepts.
    pub login: CorosLogin,
    /// The response to the login does not name the region.
    pub without_region: bool,
    /// Numbers of the regions whose host responds to the login as if the account did not exist.
    pub unknown_at: Vec<u32>,
    /// Code that the login sends by e-mail; absent: no second factor.
    pub mfa_code: Option<String>,
    /// The type of the second factor is sent as text, not as a number.
    pub second_factor_as_text: bool,
    /// Lifetime of a token in seconds, if tokens expire.
    pub token_life: Option<i64>,
    /// A deletion reports success and deletes nothing.
    pub delete_does_nothing: bool,
    /// The list requests that it accepts.
    pub list: ListSpec,
    /// The behaviour of imports.
    pub import: ImportSpec,
    /// The number of invented activities.
    pub generate: usize,
    /// Described activities.
    pub activities: Vec<CorosActivitySpec>,
}

impl Default for CorosSpec {
    fn default() -> Self {
        CorosSpec {
            email: "runner@example.org".to_owned(),
            password: "correct horse".to_owned(),
            region: 2,
            login: CorosLogin::Both,
            without_region: false,
            unknown_at: Vec::new(),
            mfa_code: None,
            second_factor_as_text: false,
            token_life: None,
            delete_does_nothing: false,
            list: ListSpec::default(),
            import: ImportSpec::default(),
            generate: 0,
            activities: Vec::new(),
        }
    }
}

/// The description of an activity; absent values are invented.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CorosActivitySpec {
    /// Its `labelId`.
    pub id: Option<u64>,
    /// Its name.
    pub name: Option<String>,
    /// The service's number of the sport, as listed.
    pub sport: Option<u32>,
    /// Start, Unix time.
    pub start: Option<i64>,
    /// Local time minus UTC in seconds, a multiple of 900.
    pub offset: Option<i32>,
    /// Seconds on the timer.
    pub seconds: Option<u32>,
    /// Metres.
    pub metres: Option<f64>,
    /// Oddities to apply, by label.
    pub oddities: Vec<String>,
    /// The download is rejected with this code: three digits are an HTTP status, four a result code.
    pub refused: Option<String>,
    /// A real FIT file to serve.
    pub fit_file: Option<PathBuf>,
}
