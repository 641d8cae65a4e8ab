//! COROS accounts as a scenario describes them.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Which form of the password the login takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorosLogin {
    /// Either.
    #[default]
    Both,
    /// Only `pwd`, the MD5.
    Md5,
    /// Only `p1` and `p2`, bcrypt over the MD5.
    Bcrypt,
}

/// How an account's imports go.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ImportSpec {
    /// So many requests for the queue show a job as pending,
    pub polls: u32,
    /// and so do all within so many seconds of the service's clock.
    pub seconds: i64,
    /// A sound file is finished already in the answer to its import.
    pub at_once: bool,
    /// In the end every file has this status, which is negative.
    pub fails_late: Option<i32>,
    /// The job is finished, but no activity ever appears.
    pub vanishes: bool,
    /// So many list requests do not show the new activity,
    pub listed_after_requests: u32,
    /// nor do those within so many seconds of the service's clock.
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

/// Whether a list may be asked for without days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Days {
    /// Both days have to be given.
    #[default]
    Required,
    /// They may be left out.
    Optional,
    /// They must not be given.
    Refused,
}

/// What lists an account may ask for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListSpec {
    /// Whether days are wanted.
    pub days: Days,
    /// Most days that one list may span; a wider one is a "Parameter input error".
    pub widest: Option<i64>,
    /// A list without days does not show activities that were imported within so many seconds.
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
    /// Where it lives: 1 United States, 2 China, 3 Europe, 4 Singapore.
    pub region: u32,
    /// Which form of the password the login takes.
    pub login: CorosLogin,
    /// The login does not say the region.
    pub without_region: bool,
    /// Numbers of the regions whose host answers the login as if there were no such account.
    pub unknown_at: Vec<u32>,
    /// Code that the login sends by mail; absent: no second factor.
    pub mfa_code: Option<String>,
    /// The type of the second factor comes as text, not as a number.
    pub second_factor_as_text: bool,
    /// Seconds a token lives, if it ends by itself.
    pub token_life: Option<i64>,
    /// Deleting says OK and deletes nothing.
    pub delete_does_nothing: bool,
    /// What lists may be asked for.
    pub list: ListSpec,
    /// How imports go.
    pub import: ImportSpec,
    /// So many invented activities.
    pub generate: usize,
    /// These activities.
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

/// An activity given one by one; what is absent is invented.
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
    /// Seconds from UTC to the local clock, a multiple of 900.
    pub offset: Option<i32>,
    /// Seconds on the timer.
    pub seconds: Option<u32>,
    /// Metres.
    pub metres: Option<f64>,
    /// Oddities to apply, by label.
    pub oddities: Vec<String>,
    /// The download is refused: three digits are a status of HTTP, four a result code.
    pub refused: Option<String>,
    /// A real FIT file to serve.
    pub fit_file: Option<PathBuf>,
}
