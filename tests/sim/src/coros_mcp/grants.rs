//! What a login consists of: clients, login sessions, tickets, codes and tokens.

use super::spec::McpRegion;

/// A registered client.
#[derive(Clone, Debug)]
pub struct Client {
    /// `client_id`.
    pub id: String,
    /// Where it is registered.
    pub region: McpRegion,
    /// Its name.
    pub name: String,
    /// Where a browser may go back to.
    pub redirects: Vec<String>,
    /// What it may ask for.
    pub scope: String,
}

/// What the person who opens the link of a login session does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum McpVisit {
    /// Signs in.
    Approve,
    /// Refuses.
    Refuse,
}

/// How far a login session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody opened the link yet.
    Waiting,
    /// This account signed in.
    Approved(usize),
    /// The person refused.
    Refused,
    /// A client has the ticket.
    Claimed,
}

/// A login session without a browser on the client's machine.
#[derive(Clone, Debug)]
pub struct LoginSession {
    /// `sessionId`.
    pub id: String,
    /// `pollToken`.
    pub poll_token: String,
    /// Where it was opened.
    pub region: McpRegion,
    /// Its client.
    pub client: String,
    /// When it ends.
    pub expires: i64,
    /// How far it is.
    pub outcome: Outcome,
}

/// A login ticket, which works once.
#[derive(Clone, Debug)]
pub struct Ticket {
    /// Its text.
    pub text: String,
    /// Where it is valid.
    pub region: McpRegion,
    /// The only client that may use it.
    pub client: String,
    /// Who signed in.
    pub account: usize,
    /// When it expires.
    pub expires: i64,
}

/// An authorization request.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Its number, for the login page.
    pub id: String,
    /// Where it was made.
    pub region: McpRegion,
    /// Its client.
    pub client: String,
    /// `redirect_uri`.
    pub redirect: String,
    /// `scope`.
    pub scope: String,
    /// `code_challenge`.
    pub challenge: String,
    /// `state`.
    pub state: String,
}

/// An authorization code.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its text.
    pub text: String,
    /// The request that it answers.
    pub visit: Visit,
    /// Who signed in.
    pub account: usize,
    /// When it expires.
    pub expires: i64,
    /// The login that it became.
    pub used: Option<u64>,
}

/// One token, for access or for renewal.
#[derive(Clone, Debug)]
pub struct Token {
    /// Its text.
    pub text: String,
    /// The login that it belongs to; renewals stay in it.
    pub login: u64,
    /// Where it is valid.
    pub region: McpRegion,
    /// The only client that may renew it.
    pub client: String,
    /// Whose it is.
    pub account: usize,
    /// What it allows.
    pub scope: String,
    /// When it expires.
    pub expires: i64,
    /// A refresh token that was used.
    pub used: bool,
    /// Revoked.
    pub revoked: bool,
}
