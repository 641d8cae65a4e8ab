//! Sends calls of tools, with the token and the session, and repeats those that failed for a moment.

use serde_json::{Value, json};

use super::account::is_unsent;
use super::oauth::shortened;
use super::rpc::{self, NoReply, Reply};
use super::text::{self, Sentence};
use super::token::Token;
use super::{CorosMcp, download};
use crate::http::{Repeat, Request, Response, Secret, limit};
use crate::platform::{Error, Result};

/// The limit for a response with a file, which has a third more bytes than the file.
const FILE_LIMIT: u64 = 32 << 20;
/// How often a request is sent whose address is unknown for a moment (public clients saw this in 2026).
const MOST_TRIES: u32 = 3;
/// How often a session is opened for a request: the service wants one, and may end it at once.
const MOST_SESSIONS: u32 = 2;
/// How often a call is sent while the service says that it is unavailable.
const MOST_UNAVAILABLE: u32 = 4;
/// How often a call is sent whose arguments the service does not accept.
const MOST_ANOMALIES: u32 = 2;
/// JSON-RPC's code for invalid parameters, which the service sends for an unknown tool.
const UNKNOWN_TOOL: i64 = -32602;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// A list.
    List,
    /// A file. Each request counts, so `http` does not repeat it.
    File,
}

impl CorosMcp {
    /// Calls a tool, again if the service says that it failed for a moment. Returns the result, which may still be a
    /// sentence about an error that the caller knows.
    pub(super) fn call(&self, tool: &str, arguments: &Value, kind: CallKind) -> Result<Value> {
        let params = json!({"name": tool, "arguments": arguments});
        let mut tries = 1;
        loop {
            if kind == CallKind::File {
                self.check_quota()?;
            }
            let result = self.rpc("tools/call", &params, kind)?;
            let failure = match download::has_file(&result) {
                true => None,
                false => text::texts(&result).iter().find_map(|words| text::sentence(words)),
            };
            match failure {
                Some(Sentence::Unavailable) if tries < MOST_UNAVAILABLE => {}
                Some(Sentence::Anomalies) if tries < MOST_ANOMALIES => {}
                Some(Sentence::NoSession) if tries < MOST_ANOMALIES => self.open_session(&self.token(None)?)?,
                None | Some(Sentence::NoFile) if text::is_error(&result) => return Err(reported(&result, kind)),
                _ => return Ok(result),
            }
            tries += 1;
            self.context.http.wait_to_retry(tries)?;
        }
    }

    /// The names of all tools.
    pub(super) fn tools(&self) -> Result<Vec<String>> {
        let mut names = Vec::new();
        let mut params = json!({});
        // A limit above the number of pages of any list of tools.
        for _ in 0..50 {
            let result = self.rpc("tools/list", &params, CallKind::List)?;
            let tools = result["tools"].as_array().map(Vec::as_slice).unwrap_or_default();
            names.extend(tools.iter().filter_map(|tool| tool["name"].as_str()).map(str::to_owned));
            match result["nextCursor"].as_str() {
                Some(cursor) => params = json!({ "cursor": cursor }),
                None => return Ok(names),
            }
        }
        Err(Error::Unexpected("COROS: the list of tools does not end".into()))
    }

    /// Sends a request of JSON-RPC. A rejected token is renewed once; a session is opened if the service wants one.
    fn rpc(&self, method: &str, params: &Value, kind: CallKind) -> Result<Value> {
        let (mut rejected, mut tries, mut sessions) = (None::<String>, 1, 0);
        loop {
            let token = self.token(rejected.as_deref())?;
            let id = self.next_id();
            let session = self.session.borrow().clone();
            let request = rpc::request(&token.host()?, (id, method), params, session.as_ref());
            let reply = self.counted(kind, || {
                let response = self.send(&with_token(request, &token, kind))?;
                Ok(rpc::read(&response, id, session.is_some()))
            })?;
            match reply {
                Ok(Reply::Result(result)) => return Ok(result),
                Ok(Reply::Error(UNKNOWN_TOOL, words)) => {
                    return Err(Error::Unexpected(format!(
                        "COROS rejects the tool or its arguments ({words}); update garminsync"
                    )));
                }
                Ok(Reply::Error(code, words)) => {
                    return Err(Error::Unexpected(format!("COROS: error {code} ({words})")));
                }
                Err(NoReply::TokenRejected) if rejected.is_none() => rejected = Some(token.access_token),
                Err(NoReply::NoSession) if sessions < MOST_SESSIONS => {
                    sessions += 1;
                    self.open_session(&token)?;
                }
                Err(NoReply::Moved(404)) if tries < MOST_TRIES => {
                    tries += 1;
                    self.context.http.wait_to_retry(tries)?;
                }
                Err(failure) => return Err(self.failed(&failure)),
            }
        }
    }

    /// Opens a session. A service without sessions gives none.
    fn open_session(&self, token: &Token) -> Result<()> {
        self.session.borrow_mut().take();
        let mut tries = 1;
        loop {
            let id = self.next_id();
            let request = rpc::request(&token.host()?, (id, "initialize"), &rpc::initialize(), None);
            let response = self.send(&with_token(request, token, CallKind::List))?;
            match rpc::read(&response, id, false) {
                Ok(Reply::Result(_)) => {
                    *self.session.borrow_mut() = response.header(rpc::SESSION).map(Secret::new);
                    return Ok(());
                }
                Ok(Reply::Error(code, words)) => {
                    return Err(Error::Unexpected(format!("COROS: error {code} ({words})")));
                }
                Err(NoReply::Moved(404)) if tries < MOST_TRIES => {
                    tries += 1;
                    self.context.http.wait_to_retry(tries)?;
                }
                Err(failure) => return Err(self.failed(&failure)),
            }
        }
    }

    fn send(&self, request: &Request) -> std::result::Result<Response, crate::http::Error> {
        self.context.http.send(&self.context.platform, request)
    }

    /// Sends a request, and records it if it is for a file. A request that cannot have had an effect is not counted.
    fn counted(
        &self,
        kind: CallKind,
        send: impl FnOnce() -> std::result::Result<std::result::Result<Reply, NoReply>, crate::http::Error>,
    ) -> Result<std::result::Result<Reply, NoReply>> {
        if kind == CallKind::List {
            return Ok(send()?);
        }
        let files = &self.context.files;
        let number = files.begin()?;
        let sent = send();
        match &sent {
            Ok(Ok(Reply::Result(result))) => {
                // An error of the service counts as a request, and says nothing about the quota.
                if let Some(gave_file) = download::gave_file(result) {
                    files.end(number, gave_file)?;
                }
            }
            // Whether it counted is not known.
            Ok(Err(NoReply::ServerError(_) | NoReply::NotJson(_))) => {}
            Err(error) if !is_unsent(error) => {}
            _ => files.cancel(number)?,
        }
        Ok(sent?)
    }

    fn next_id(&self) -> u64 {
        self.request_id.set(self.request_id.get() + 1);
        self.request_id.get()
    }

    fn failed(&self, failure: &NoReply) -> Error {
        match failure {
            NoReply::TokenRejected => self.login_required("COROS rejects the token and the renewed one (HTTP 401)"),
            NoReply::Forbidden => self.login_required(&failure.to_string()),
            NoReply::ServerError(_) => Error::retry_item(format!("{failure}; try again later")),
            NoReply::RateLimited | NoReply::NotJson(_) => Error::retry_platform(format!("{failure}; try again later")),
            // The address and the session are those of all requests.
            NoReply::NoSession | NoReply::Moved(_) => {
                Error::retry_platform(format!("{failure}; try again later, and update garminsync if it persists"))
            }
        }
    }
}

/// The error of a result that is marked as one. Whatever it contains, it is no list and no file.
fn reported(result: &Value, kind: CallKind) -> Error {
    let words = text::texts(result).into_iter().next().unwrap_or_default();
    let words = words.lines().next().map(|line| format!(" ({})", shortened(line))).unwrap_or_default();
    match kind {
        CallKind::List => Error::retry_platform(format!(
            "COROS reports an error instead of the list of activities{words}; try again later"
        )),
        CallKind::File => {
            Error::retry_item(format!("COROS reports an error instead of the file{words}; try again later"))
        }
    }
}

fn with_token(request: Request, token: &Token, kind: CallKind) -> Request {
    let mut request = request.header("Authorization", format!("Bearer {}", token.access_token));
    match kind {
        CallKind::List => request.limit(limit::LIST),
        CallKind::File => {
            request.repeat = Repeat::Counted;
            request.limit(FILE_LIMIT)
        }
    }
}
