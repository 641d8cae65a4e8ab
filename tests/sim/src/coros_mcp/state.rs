//! The state of COROS MCP, and the functions by which a test changes it.

use super::grants::{Client, Code, LoginSession, Ticket, Token, Visit};
use super::quota::Quota;
use super::spec::McpRegion;
use super::{SCOPES, issuer};
use crate::state::State;
use serde::Serialize;
use serde_json::{Value, json};

/// A call of a tool.
#[derive(Clone, Debug, Serialize)]
pub struct Call {
    /// When, on the service's clock.
    pub at: i64,
    /// The tool, even if there is none of this name.
    pub tool: String,
    /// Its arguments.
    pub arguments: Value,
}

/// The state of COROS MCP.
#[derive(Clone, Debug, Default)]
pub struct Mcp {
    /// Clients of all issuers.
    pub clients: Vec<Client>,
    /// Login sessions.
    pub logins: Vec<LoginSession>,
    /// Unused login tickets.
    pub tickets: Vec<Ticket>,
    /// Authorization requests that wait for a person.
    pub visits: Vec<Visit>,
    /// Codes, including used ones.
    pub codes: Vec<Code>,
    /// Access tokens.
    pub access: Vec<Token>,
    /// Refresh tokens, including used ones.
    pub refresh: Vec<Token>,
    /// Sessions of the endpoint, if it has any.
    pub sessions: Vec<String>,
    /// Calls of tools, oldest first.
    pub calls: Vec<Call>,
    /// Files that were asked for.
    pub quota: Quota,
    /// Renewals that succeeded.
    pub refreshes: u32,
    /// Uses of a refresh token after its first use.
    pub reuses: u32,
    /// Tokens that were sent to another region.
    pub strays: u32,
    pub(super) last_login: u64,
}

impl Mcp {
    /// A client at its issuer.
    pub fn client(&self, region: McpRegion, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id && client.region == region)
    }

    /// Ends all tokens of a login.
    pub fn end_login(&mut self, login: u64) {
        let all = self.access.iter_mut().chain(&mut self.refresh);
        all.filter(|token| token.login == login).for_each(|token| token.revoked = true);
    }

    fn of_account(&mut self, account: usize) -> (impl Iterator<Item = &mut Token>, impl Iterator<Item = &mut Token>) {
        let own = move |token: &&mut Token| token.account == account;
        (self.access.iter_mut().filter(own), self.refresh.iter_mut().filter(own))
    }
}

impl State {
    /// The region that the gateway names.
    pub fn mcp_region(&self) -> McpRegion {
        let first = self.coros.accounts.first().map(|account| McpRegion::of(account.spec.region));
        self.scenario.coros_mcp.region.or(first).unwrap_or(McpRegion::Us)
    }

    pub(super) fn mcp_gateway_issuer(&self) -> String {
        self.scenario.coros_mcp.issuer.clone().unwrap_or_else(|| issuer(self.mcp_region()))
    }

    /// Registers a client at the issuer that the gateway names now, and issues tokens for the first account of this
    /// region of the Training Hub, as a complete login does. Gives the token response with `issuer` and `client_id`.
    pub fn issue_mcp_token(&mut self, region: u32) -> Value {
        let account = self.first_coros(region);
        let at = self.mcp_region();
        let client = Client {
            id: self.uuid(),
            region: at,
            name: "garminsync".to_owned(),
            redirects: vec!["http://127.0.0.1:43123/callback".to_owned()],
            scope: SCOPES.join(" "),
        };
        let mut given = self.new_mcp_login(at, &client.id, account, &client.scope);
        given["issuer"] = issuer(at).into();
        given["client_id"] = json!(client.id);
        self.coros_mcp.clients.push(client);
        given
    }

    /// Ends the access tokens of the region's first account; they can be renewed.
    pub fn expire_mcp_tokens(&mut self, region: u32) {
        let (account, now) = (self.first_coros(region), self.now());
        self.coros_mcp.of_account(account).0.for_each(|token| token.expires = now);
    }

    /// Ends all tokens of the region's first account, as a person does who removes the client.
    pub fn revoke_mcp_tokens(&mut self, region: u32) {
        let account = self.first_coros(region);
        let (access, refresh) = self.coros_mcp.of_account(account);
        access.chain(refresh).for_each(|token| token.revoked = true);
    }

    /// Ends the sessions of the endpoint, as a restart of the service does.
    pub fn end_mcp_sessions(&mut self) {
        self.coros_mcp.sessions.clear();
    }

    /// Somebody else asks for this many files of the region's first account now.
    pub fn use_mcp_quota(&mut self, region: u32, files: u32) {
        let (account, now) = (self.first_coros(region), self.now());
        (0..files).for_each(|_| self.coros_mcp.quota.count(account, now));
    }

    /// The files of the region's first account that count now.
    pub fn mcp_quota_used(&self, region: u32) -> u32 {
        let window = self.scenario.coros_mcp.quota_window;
        self.coros_mcp.quota.used(self.first_coros(region), self.now(), window)
    }

    /// The names of the tools that were called, oldest first.
    pub fn mcp_calls(&self) -> Vec<String> {
        self.coros_mcp.calls.iter().map(|call| call.tool.clone()).collect()
    }
}
