//! Gets keys of the object store: asks one way after the other until one hands some out.

use jiff::{SignedDuration, Timestamp};

use super::response;
use super::store::Keys;
use super::sts::{self, Answer, WAYS, Way};
use super::token::Session;
use crate::http::{self, Request, Response};
use crate::platform::{Error, Result};

/// Keys are used again only if they last for another upload.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

/// What the API answers to whoever has a session that still holds.
pub const ACCOUNT: &str = "/account/query";

/// Makes a request for a session.
pub type Build<'a> = &'a dyn Fn(&Session) -> Request;

/// What the decisions of an upload are carried out with; a test gives its own.
pub struct Hands<'a> {
    /// A session that works, as far as is known without asking.
    pub session: &'a dyn Fn() -> Result<Session>,
    /// Asks the API, which comes by another session if this one has ended.
    pub call: &'a dyn Fn(Build) -> Result<response::Answer>,
    /// Sends a request that is not for the API.
    pub send: &'a dyn Fn(&Request) -> std::result::Result<Response, http::Error>,
    /// The time.
    pub now: &'a dyn Fn() -> Timestamp,
}

/// Whether these keys can still be used for this session.
pub fn still_good(keys: &Keys, session: &Session, now: Timestamp) -> bool {
    let lasts = keys.expires.is_some_and(|end| end.duration_since(now) > MARGIN);
    lasts && sts::shelf(session.region.id).is_some_and(|shelf| shelf.bucket == keys.bucket)
}

/// Gets keys for the session's region. The session is exchanged if its token turns out to be dead.
///
/// Nothing was uploaded when it fails: every failure is [`Error::Later`], but for a login that a person has to make.
pub fn get(hands: &Hands, session: &mut Session) -> Result<Keys> {
    let mut told = Vec::new();
    let mut in_trouble = false;
    let mut may_renew = true;
    for way in WAYS {
        let mut answer = ask(hands, way, session)?;
        if may_renew && matches!(answer, Answer::NotTaken) {
            // Is it the token, or only this way? Asked once: whether it has ended is for the API to say.
            may_renew = false;
            (hands.call)(&|session| session.region.get(ACCOUNT))?;
            let other = (hands.session)()?;
            if other.token != session.token {
                *session = other;
                answer = ask(hands, way, session)?;
            }
        }
        let why = match answer {
            Answer::Keys(keys) => return Ok(keys),
            Answer::TooMany => {
                let message = format!("{} asks for a pause (HTTP 429); try again later", way.host(session));
                return Err(Error::Later { message, down: true });
            }
            Answer::NotTaken => "does not take the token".to_owned(),
            Answer::Nothing(why) => why,
            Answer::Trouble(why) => {
                in_trouble = true;
                why
            }
        };
        told.push(format!("{}: {why}", way.host(session)));
    }
    Err(none(in_trouble, &told.join("; ")))
}

fn ask(hands: &Hands, way: Way, session: &Session) -> Result<Answer> {
    let Some(shelf) = sts::shelf(session.region.id) else {
        let message =
            format!("no file store is known for region {} of COROS; look for a newer garminsync", session.region.id);
        return Err(Error::Later { message, down: true });
    };
    match (hands.send)(&sts::request(way, session, &shelf)) {
        Ok(response) => Ok(sts::parse(&response, &shelf, (hands.now)())),
        // The next way leads over another host.
        Err(http::Error::Network { why, .. }) => Ok(Answer::Trouble(why)),
        Err(error @ (http::Error::TooLarge { .. } | http::Error::Redirect { .. })) => {
            Ok(Answer::Nothing(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

fn none(in_trouble: bool, told: &str) -> Error {
    let message = if in_trouble {
        format!(
            "COROS does not hand out the keys of its file store now ({told}); nothing was uploaded; try again later"
        )
    } else {
        format!(
            "COROS no longer hands out the keys of its file store ({told}); nothing was uploaded; look for a newer garminsync"
        )
    };
    Error::Later { message, down: true }
}
