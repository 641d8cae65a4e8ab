//! Gets credentials of the object store: asks one source after another until one returns credentials.

use jiff::{SignedDuration, Timestamp};

use super::response;
use super::store::StoreCredentials;
use super::sts::{self, CredentialsReply, STS_ENDPOINTS, StsEndpoint};
use super::token::ApiSession;
use crate::http::{self, Request, Response};
use crate::platform::{Error, Result};

/// Credentials are reused only if they are valid for at least this much longer.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// The path of the account query, which succeeds with every valid session.
pub const ACCOUNT: &str = "/account/query";

/// Makes a request for a session.
pub type Build<'a> = &'a dyn Fn(&ApiSession) -> Request;

/// Sends the requests of an upload; a test passes its own.
pub struct Transport<'a> {
    /// A session that is valid as far as is known without a request.
    pub session: &'a dyn Fn() -> Result<ApiSession>,
    /// Calls the API, with another session if this one has ended.
    pub call: &'a dyn Fn(Build) -> Result<response::ApiResult>,
    /// Sends a request that is not for the API.
    pub send: &'a dyn Fn(&Request) -> std::result::Result<Response, http::Error>,
    /// The time.
    pub now: &'a dyn Fn() -> Timestamp,
}

/// Whether these credentials can be used for this session.
pub fn is_valid(credentials: &StoreCredentials, session: &ApiSession, now: Timestamp) -> bool {
    let is_long_enough = credentials.expires.is_some_and(|end| end.duration_since(now) > MARGIN);
    is_long_enough && sts::bucket(session.region.id).is_some_and(|bucket| bucket.name == credentials.bucket)
}

/// Gets credentials for the session's region. The session is replaced if its token turns out to be invalid.
///
/// If it fails, nothing was uploaded. Every failure is [`Error::Retry`], except for a login that a person has to make.
pub fn get(transport: &Transport, session: &mut ApiSession) -> Result<StoreCredentials> {
    let mut reasons = Vec::new();
    let mut is_temporary = false;
    let mut may_renew = true;
    for source in STS_ENDPOINTS {
        let mut reply = ask(transport, source, session)?;
        if may_renew && matches!(reply, CredentialsReply::TokenRejected) {
            // Either the token is invalid, or this source rejects every token. A request to the API shows which; one is
            // enough.
            may_renew = false;
            (transport.call)(&|session| session.region.get(ACCOUNT))?;
            let other = (transport.session)()?;
            if other.token != session.token {
                *session = other;
                reply = ask(transport, source, session)?;
            }
        }
        let why = match reply {
            CredentialsReply::Credentials(credentials) => return Ok(credentials),
            CredentialsReply::RateLimited => {
                let host = source.host(session);
                return Err(Error::retry_platform(format!("{host}: rate limited (HTTP 429); try again later")));
            }
            CredentialsReply::TokenRejected => "token rejected".to_owned(),
            CredentialsReply::None(why) => why,
            CredentialsReply::ServiceFailed(why) => {
                is_temporary = true;
                why
            }
        };
        reasons.push(format!("{}: {why}", source.host(session)));
    }
    Err(no_credentials(is_temporary, &reasons.join("; ")))
}

fn ask(transport: &Transport, source: StsEndpoint, session: &ApiSession) -> Result<CredentialsReply> {
    let Some(bucket) = sts::bucket(session.region.id) else {
        let message = format!("unknown file store of COROS region {}; update garminsync", session.region.id);
        return Err(Error::retry_platform(message));
    };
    match (transport.send)(&sts::request(source, session, &bucket)) {
        Ok(response) => Ok(sts::parse(&response, &bucket, (transport.now)())),
        // The next source is on another host.
        Err(http::Error::Network { why, .. }) => Ok(CredentialsReply::ServiceFailed(why)),
        Err(error @ http::Error::RedirectLoop { .. }) => Ok(CredentialsReply::ServiceFailed(error.to_string())),
        Err(error @ (http::Error::TooLarge { .. } | http::Error::Redirect { .. })) => {
            Ok(CredentialsReply::None(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

fn no_credentials(is_temporary: bool, reasons: &str) -> Error {
    let advice = if is_temporary { "try again later" } else { "update garminsync" };
    Error::retry_platform(format!("no credentials for COROS' file store ({reasons}); nothing was uploaded; {advice}"))
}
