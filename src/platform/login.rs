//! Who is logged in, and what prevents another login.

use jiff::Timestamp;

use super::Result;
use crate::http::Secret;
use crate::reason::Reason;

/// Asks a person for a code; `None` if no person can be asked. It gets the text of the question.
pub type Ask<'a> = &'a mut dyn FnMut(&str) -> Option<Secret>;

/// A user name and its password.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The e-mail address.
    pub user: String,
    /// The password.
    pub password: Secret,
}

/// Who is logged in, as far as the stored token tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The name that the service shows.
    pub name: Option<String>,
    /// The domain of the account.
    pub domain: String,
    /// Until when the token is valid without being renewed.
    pub expires: Option<Timestamp>,
    /// Until when it can be renewed, if the service said so.
    pub renewable_until: Option<Timestamp>,
    /// Whether it can be renewed at all.
    pub renewable: bool,
    /// Why it is no longer valid, once the service said so.
    pub dead: Option<String>,
    /// Where the token comes from: `password`, `browser`, or the name of a tool.
    pub source: String,
}

/// Keeps a record of failed logins, so that none is retried automatically.
pub trait LoginGuard: Send + Sync {
    /// What prevents a login. `by_hand`: a person started it.
    fn login_block(&self, by_hand: bool) -> Result<Option<LoginBlock>>;
    /// A login is about to be sent. Until its outcome is recorded, no other is sent for a while: it may be cut short by
    /// anything.
    fn begin(&self) -> Result<()>;
    /// Nothing of the login was sent: the call of [`LoginGuard::begin`] is undone.
    fn not_sent(&self) -> Result<()>;
    /// The service failed: the cooldown goes on, with this reason. Returns its end.
    fn service_failed(&self, reason: &Reason) -> Result<Timestamp>;
    /// The service rate limited the login (HTTP 429, a challenge): the cooldown is longer each time. Returns its end.
    fn rate_limited(&self, reason: &Reason) -> Result<Timestamp>;
    /// The service rejected the login (a wrong password, a second factor that nobody could give).
    fn rejected(&self, reason: &Reason) -> Result<()>;
    /// The login succeeded.
    fn succeeded(&self) -> Result<()>;
}

/// What prevents a login.
#[derive(Debug, Clone, PartialEq)]
pub enum LoginBlock {
    /// The last login was rate limited or failed, with this reason: no other before this time.
    Cooldown(Timestamp, Reason),
    /// The last login was rejected, with this reason: no automatic one.
    AutomaticLoginBlocked(Reason),
    /// This run has made its one automatic login: no other before the next run.
    OncePerRun,
}

/// The ways to log in to a service, as a person chooses between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginWays {
    /// What to do in the browser.
    pub browser: &'static str,
    /// Which token can be imported.
    pub token: &'static str,
    /// What is asked for, and what speaks against it.
    pub password: &'static str,
}

impl Default for LoginWays {
    fn default() -> LoginWays {
        LoginWays {
            browser: "with the browser",
            token: "with a file that holds a token",
            password: "with e-mail address and password",
        }
    }
}
