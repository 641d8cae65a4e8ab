//! COROS' login: what is asked, and what the answers mean. Pure; `account.rs` sends.
//!
//! One login is one request, and two more with a second factor. Shapes: coros-api's fixtures and CorosLink
//! (`trainingHubService.ts`, its login study of September 2026).

use std::fmt::Write as _;

use md5::{Digest, Md5};
use serde_json::{Value, json};

use super::region::Region;
use super::response::{self, Answer as Outcome, Heard, digits};
use crate::http::{Request, Response, Secret, limit};
use crate::platform::{Credentials, Error};

/// The account is named by its e-mail address.
const BY_EMAIL: u64 = 2;
/// The cost of the web page's bcrypt.
const COST: u32 = 10;
/// `$2b$10$` and 22 characters.
const SALT_LENGTH: usize = 29;

/// How the password is proved. The web page changed to bcrypt in the summer of 2026; which accounts still take the older
/// form is not known, so it is sent when the newer one is not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `p1` and `p2`: bcrypt over the MD5, with the salt beside it.
    Bcrypt,
    /// `pwd`: the MD5.
    Md5,
}

/// What the login said.
pub enum Answer {
    /// Logged in.
    In(Entry),
    /// A code is to be sent and given.
    SecondFactor(Challenge),
    /// Success, with nothing in it: the code is on its way.
    Done,
    /// The password or the address is wrong.
    Wrong,
    /// This form of the login is not understood: the password was not looked at.
    NotUnderstood(String),
    /// Refused for another reason: the service's words.
    Refused(String),
    /// Too many logins, or a test that only a browser passes.
    TurnedAway(String),
    /// The service is in trouble.
    Trouble(String),
}

/// A new token and what came with it. The region is absent in some recordings.
pub struct Entry {
    /// The token.
    pub token: Secret,
    /// Where it works.
    pub region: Option<u32>,
    /// The service's number of the person.
    pub user_id: Option<String>,
    /// The name the service shows.
    pub user: Option<String>,
    /// The e-mail address of the account.
    pub email: Option<String>,
}

/// A login that waits for its second factor. It has no `Debug`: nothing prints it.
pub struct Challenge {
    /// Stands for the password that was right.
    ticket: String,
    app_key: String,
    /// How the account is named to the service that sends the code.
    account_type: u64,
    /// Whose hosts go on with it.
    pub region: Option<u32>,
}

/// The request of a login. `salt` is random, and only of use for [`Form::Bcrypt`].
pub fn login_request(region: &Region, credentials: &Credentials, form: Form, salt: [u8; 16]) -> Result<Request, Error> {
    let md5 = md5_hex(credentials.password.expose().as_bytes());
    let mut body = json!({"account": credentials.user, "accountType": BY_EMAIL});
    match form {
        Form::Bcrypt => {
            let hash = bcrypt::hash_with_salt(md5, COST, salt)
                .map_err(|error| Error::Input(format!("the password cannot be sent: {error}")))?
                .format_for_version(bcrypt::Version::TwoB);
            body["p2"] = hash.get(..SALT_LENGTH).into();
            body["p1"] = hash.into();
            body["rmbm"] = 1.into();
        }
        Form::Md5 => body["pwd"] = md5.into(),
    }
    Ok(region.post("/account/login", &body).limit(limit::SMALL).header("YFHeader", r#"{"language":"en-US"}"#))
}

/// Has a code sent to the address that was typed; the answer's own name of the account is not taken here.
pub fn captcha_request(region: &Region, email: &str, challenge: &Challenge) -> Request {
    let body = json!({"account": email, "codeType": 20, "lengthType": 2, "accountType": challenge.account_type});
    without_warning(region.post("/account/captcha", &body))
}

/// Gives the code.
pub fn verify_request(region: &Region, challenge: &Challenge, code: &Secret) -> Request {
    let body = json!({"loginTicket": challenge.ticket, "appKey": challenge.app_key, "code": code.expose().trim()});
    without_warning(region.post("/account/2fa/login/verify", &body))
}

/// As the web page sends the second factor; the header's name is spelled so (CorosLink; reviewed 2026-11-29).
fn without_warning(request: Request) -> Request {
    request.header("X-No-Warnning", "1")
}

/// Asks whose token it is, on the host of `region`: it is refused on those of the others.
pub fn whose_request(region: &Region, token: &Secret) -> Request {
    region.get("/account/query").limit(limit::SMALL).header("accesstoken", token.expose())
}

/// Reads the answer to `request`, a login or a second factor. A service could repeat the password in its words: it is
/// `hidden` there.
pub fn parse_answer(request: &Request, response: &Response, hidden: &Secret) -> Answer {
    if response.status == 429 {
        return Answer::TurnedAway("too many requests (HTTP 429)".into());
    }
    let heard = match response::read(request, response, hidden.expose()) {
        Ok(heard) => heard,
        // What stands in front of the service, rather than the service.
        Err(_) if response.status < 500 && response.body.trim_ascii_start().starts_with(b"<") => {
            return Answer::TurnedAway(format!("a web page instead of an answer (HTTP {})", response.status));
        }
        Err(Error::Unclear(why) | Error::Strange(why) | Error::Later { message: why, .. }) => {
            return Answer::Trouble(why.split(';').next().unwrap_or(&why).to_owned());
        }
        Err(error) => return Answer::Trouble(error.to_string()),
    };
    match heard {
        Heard::Answer(Outcome::Data(data)) => with_data(&data),
        Heard::Answer(Outcome::Refused { words, .. })
            if words.to_ascii_lowercase().contains("parameter input error") =>
        {
            Answer::NotUnderstood(words)
        }
        Heard::Answer(Outcome::Refused { words, .. }) if words.split(' ').next() == Some("1030") => Answer::Wrong,
        Heard::Answer(Outcome::Refused { words, .. }) => Answer::Refused(words),
        Heard::TokenRefused => Answer::Refused("it wants a token for a login".into()),
    }
}

fn with_data(data: &Value) -> Answer {
    let text = |name: &str| data[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(entry) = entry(data) {
        return Answer::In(entry);
    }
    match (text("loginTicket"), text("appKey")) {
        (Some(ticket), Some(app_key)) => Answer::SecondFactor(Challenge {
            ticket,
            app_key,
            // A number, or the same as text.
            account_type: number(&data["accountType2fa"]).map_or(BY_EMAIL, u64::from),
            region: number(&data["regionId"]),
        }),
        _ => Answer::Done,
    }
}

fn entry(data: &Value) -> Option<Entry> {
    let token = data["accessToken"].as_str().filter(|token| !token.is_empty())?;
    Some(Entry { token: Secret::new(token), ..profile(data) })
}

/// What the service says of the person, without a token.
pub fn profile(data: &Value) -> Entry {
    let name = |field: &str| data[field].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    Entry {
        token: Secret::new(""),
        region: number(&data["regionId"]),
        user_id: digits(&data["userId"]),
        user: name("nickname").or_else(|| name("email")),
        email: name("email"),
    }
}

fn number(value: &Value) -> Option<u32> {
    digits(value)?.parse().ok()
}

/// MD5 in lower-case hexadecimal digits.
fn md5_hex(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().fold(String::with_capacity(32), |mut out, byte| {
        // Writing to a string does not fail.
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
