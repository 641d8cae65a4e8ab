//! COROS' login: requests and responses. Pure; `password_login` sends.
//!
//! A login is one request, and two more with a second factor. Sources: coros-api's fixtures and CorosLink
//! (`trainingHubService.ts`, its login study of September 2026).

use serde_json::{Value, json};

use super::region::Region;
use super::response::{self, ApiReply, ApiResult, NoResult, digits};
use super::store::md5_hex;
use crate::http::{Request, Response, Secret, limit};
use crate::platform::{Credentials, Error};

/// The account type of an e-mail address.
const BY_EMAIL: u64 = 2;
/// The result code for a wrong e-mail address or password.
const WRONG_PASSWORD: &str = "1030";
/// The bcrypt cost of the web page.
const COST: u32 = 10;
/// The length of a bcrypt salt: `$2b$10$` and 22 characters.
const SALT_LENGTH: usize = 29;

/// The form in which the password is sent. The web page changed to bcrypt in the summer of 2026; which accounts still
/// need the older form is not known, so it is sent if the newer one is not supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `p1` and `p2`: bcrypt over the MD5, with the salt beside it.
    Bcrypt,
    /// `pwd`: the MD5.
    Md5,
}

/// A response to a login.
pub enum LoginReply {
    /// Logged in.
    LoggedIn(NewToken),
    /// A second factor is needed.
    SecondFactor(Challenge),
    /// The code was sent.
    CodeSent,
    /// The password or the e-mail address is wrong.
    WrongPassword,
    /// The service does not support this form of the password, and has not checked it.
    UnsupportedForm(String),
    /// Rejected for another reason: the service's message.
    Rejected(String),
    /// Too many logins, or a challenge that only a browser passes.
    RateLimited(String),
    /// The service failed.
    ServiceFailed(String),
}

/// A new token with its account. The region is missing in some recordings.
pub struct NewToken {
    /// The token.
    pub token: Secret,
    /// Its region.
    pub region: Option<u32>,
    /// The service's user id.
    pub user_id: Option<String>,
    /// The name that the service shows.
    pub user: Option<String>,
    /// The e-mail address of the account.
    pub email: Option<String>,
}

/// A login that needs a second factor. It has no `Debug`: nothing prints it.
pub struct Challenge {
    /// Proves the password.
    ticket: String,
    app_key: String,
    /// The account type for the service that sends the code.
    account_type: u64,
    /// The region whose hosts continue the login.
    pub region: Option<u32>,
}

/// The request of a login. `salt` is random, and used only by [`Form::Bcrypt`].
pub fn login_request(region: &Region, credentials: &Credentials, form: Form, salt: [u8; 16]) -> Result<Request, Error> {
    let md5 = md5_hex(credentials.password.expose().as_bytes());
    let mut body = json!({"account": credentials.user, "accountType": BY_EMAIL});
    match form {
        Form::Bcrypt => {
            let hash = bcrypt::hash_with_salt(md5, COST, salt)
                .map_err(|error| Error::Input(format!("cannot send the password: {error}")))?
                .format_for_version(bcrypt::Version::TwoB);
            body["p2"] = hash.get(..SALT_LENGTH).into();
            body["p1"] = hash.into();
            body["rmbm"] = 1.into();
        }
        Form::Md5 => body["pwd"] = md5.into(),
    }
    Ok(region.post("/account/login", &body).limit(limit::SMALL).header("YFHeader", r#"{"language":"en-US"}"#))
}

/// The request to send a code to the typed address; the account name of the response is not accepted here.
pub fn captcha_request(region: &Region, email: &str, challenge: &Challenge) -> Request {
    let body = json!({"account": email, "codeType": 20, "lengthType": 2, "accountType": challenge.account_type});
    without_warning(region.post("/account/captcha", &body))
}

/// The request with the code.
pub fn verify_request(region: &Region, challenge: &Challenge, code: &Secret) -> Request {
    let body = json!({"loginTicket": challenge.ticket, "appKey": challenge.app_key, "code": code.expose().trim()});
    without_warning(region.post("/account/2fa/login/verify", &body))
}

/// Adds the header that the web page sends with the second factor. The spelling of its name is the web page's own
/// (CorosLink; reviewed 2026-11-29).
fn without_warning(request: Request) -> Request {
    request.header("X-No-Warnning", "1")
}

/// The request for the account of a token, on the host of `region`: the hosts of other regions reject it.
pub fn account_request(region: &Region, token: &Secret) -> Request {
    region.get("/account/query").limit(limit::SMALL).header("accesstoken", token.expose())
}

/// Reads the response to a login or a second factor. `hidden` is the password; it is masked in the service's message,
/// which could repeat it.
pub fn parse_answer(response: &Response, hidden: &Secret) -> LoginReply {
    let reply = match response::parse(response, hidden.expose()) {
        Ok(reply) => reply,
        Err(NoResult::RateLimited) => return LoginReply::RateLimited("too many requests (HTTP 429)".into()),
        // The page of a proxy in front of the service.
        Err(_) if response.status < 500 && response.body.trim_ascii_start().starts_with(b"<") => {
            return LoginReply::RateLimited(format!("a web page instead of a response (HTTP {})", response.status));
        }
        Err(failure) => return LoginReply::ServiceFailed(failure.to_string()),
    };
    match reply {
        ApiReply::Result(ApiResult::Data(data)) => with_data(&data),
        ApiReply::Result(ApiResult::Rejected { error, .. }) if error.is_parameter_error() => {
            LoginReply::UnsupportedForm(error.to_string())
        }
        ApiReply::Result(ApiResult::Rejected { error, .. }) if error.code == WRONG_PASSWORD => {
            LoginReply::WrongPassword
        }
        ApiReply::Result(ApiResult::Rejected { error, .. }) => LoginReply::Rejected(error.to_string()),
        ApiReply::TokenRejected => LoginReply::Rejected("the login requires a token".into()),
    }
}

fn with_data(data: &Value) -> LoginReply {
    let text = |name: &str| data[name].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(token) = new_token(data) {
        return LoginReply::LoggedIn(token);
    }
    match (text("loginTicket"), text("appKey")) {
        (Some(ticket), Some(app_key)) => LoginReply::SecondFactor(Challenge {
            ticket,
            app_key,
            // A number, or a number as text.
            account_type: number(&data["accountType2fa"]).map_or(BY_EMAIL, u64::from),
            region: number(&data["regionId"]),
        }),
        _ => LoginReply::CodeSent,
    }
}

fn new_token(data: &Value) -> Option<NewToken> {
    let token = data["accessToken"].as_str().filter(|token| !token.is_empty())?;
    Some(NewToken { token: Secret::new(token), ..profile(data) })
}

/// The account in a response, without a token.
pub fn profile(data: &Value) -> NewToken {
    let name = |field: &str| data[field].as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    NewToken {
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

#[cfg(test)]
#[path = "login_tests.rs"]
mod tests;
