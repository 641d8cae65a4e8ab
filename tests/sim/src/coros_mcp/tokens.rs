//! The token endpoint: codes and refresh tokens become new tokens. Clients have no secret.

use super::grants::Token;
use super::spec::McpRegion;
use super::{issuer, refuse, value};
use crate::http::{Request, Response};
use crate::state::State;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

type Pairs = [(String, String)];

/// Responds to a token request.
pub fn answer(state: &mut State, region: McpRegion, request: &Request) -> Response {
    let pairs = match form(state, region, request) {
        Ok(pairs) => pairs,
        Err(refusal) => return refusal,
    };
    match value(&pairs, "grant_type") {
        "authorization_code" => exchange(state, region, &pairs),
        "refresh_token" => renew(state, region, &pairs),
        _ => refuse(400, "unsupported_grant_type", "grant_type is not supported"),
    }
}

/// Revokes a token, and with a refresh token its whole login. Unknown tokens are no error.
pub fn revoke(state: &mut State, region: McpRegion, request: &Request) -> Response {
    let pairs = match form(state, region, request) {
        Ok(pairs) => pairs,
        Err(refusal) => return refusal,
    };
    let (client, text) = (value(&pairs, "client_id"), value(&pairs, "token"));
    let own = |token: &&mut Token| token.text == text && token.client == client && token.region == region;
    let login = state.coros_mcp.refresh.iter_mut().find(own).map(|token| token.login);
    match login {
        Some(login) => state.coros_mcp.end_login(login),
        None => state.coros_mcp.access.iter_mut().filter(own).for_each(|token| token.revoked = true),
    }
    Response::empty(200)
}

/// The form of a request by a client of this issuer.
fn form(state: &State, region: McpRegion, request: &Request) -> Result<Vec<(String, String)>, Response> {
    if !request.is_type("application/x-www-form-urlencoded") {
        return Err(refuse(400, "invalid_request", "the body is no form"));
    }
    let pairs = request.form();
    if state.coros_mcp.client(region, value(&pairs, "client_id")).is_none() {
        return Err(refuse(401, "invalid_client", "no such client at this issuer"));
    }
    if request.header("authorization").is_some() || !value(&pairs, "client_secret").is_empty() {
        return Err(refuse(401, "invalid_client", "clients have no secret"));
    }
    Ok(pairs)
}

fn exchange(state: &mut State, region: McpRegion, pairs: &Pairs) -> Response {
    let now = state.now();
    let text = value(pairs, "code");
    let Some(at) = state.coros_mcp.codes.iter().position(|code| code.text == text) else {
        return refuse(400, "invalid_grant", "no such code");
    };
    let code = state.coros_mcp.codes[at].clone();
    if let Some(login) = code.used {
        state.coros_mcp.end_login(login);
        return refuse(400, "invalid_grant", "the code was used before");
    }
    let login = state.coros_mcp.last_login + 1;
    // A code in a request is used up, even if the request is not valid.
    state.coros_mcp.codes[at].used = Some(login);
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(value(pairs, "code_verifier")));
    let why = match () {
        () if code.visit.region != region || code.visit.client != value(pairs, "client_id") => {
            "the code of another client"
        }
        () if code.expires <= now => "the code is too old",
        () if code.visit.redirect != value(pairs, "redirect_uri") => "redirect_uri is not the code's",
        () if code.visit.challenge != challenge => "code_verifier does not fit",
        () => "",
    };
    match why {
        "" => {
            let given = state.new_mcp_login(region, &code.visit.client, code.account, &code.visit.scope);
            Response::json(200, &given)
        }
        why => refuse(400, "invalid_grant", why),
    }
}

/// Renews tokens. A refresh token works once (public clients, 2026); its second use ends the login.
fn renew(state: &mut State, region: McpRegion, pairs: &Pairs) -> Response {
    let now = state.now();
    let (client, text) = (value(pairs, "client_id"), value(pairs, "refresh_token"));
    let found = state.coros_mcp.refresh.iter_mut().find(|token| token.text == text);
    let Some(token) = found.filter(|token| token.client == client && token.region == region) else {
        return refuse(400, "invalid_grant", "no such refresh token");
    };
    let old = token.clone();
    if old.used {
        state.coros_mcp.reuses += 1;
        if state.scenario.coros_mcp.reuse_ends_login {
            state.coros_mcp.end_login(old.login);
        }
        return refuse(400, "invalid_grant", "the refresh token was used before");
    }
    if old.revoked || old.expires <= now {
        return refuse(400, "invalid_grant", "the refresh token is not valid any more");
    }
    token.used = true;
    state.coros_mcp.refreshes += 1;
    Response::json(200, &state.mint_mcp(&old))
}

impl State {
    /// The tokens of a new login.
    pub(super) fn new_mcp_login(&mut self, region: McpRegion, client: &str, account: usize, scope: &str) -> Value {
        self.coros_mcp.last_login += 1;
        let (client, scope) = (client.to_owned(), scope.to_owned());
        let login = self.coros_mcp.last_login;
        let like = Token {
            text: String::new(),
            login,
            region,
            client,
            account,
            scope,
            expires: 0,
            used: false,
            revoked: false,
        };
        self.mint_mcp(&like)
    }

    /// A new pair in the login of a token.
    fn mint_mcp(&mut self, like: &Token) -> Value {
        let (now, spec) = (self.now(), self.scenario.coros_mcp.clone());
        let fresh = |text: &str, life: i64| Token {
            text: text.to_owned(),
            expires: now + life,
            used: false,
            revoked: false,
            ..like.clone()
        };
        let access = self.mcp_jwt(like, now, now + spec.access_token_life);
        self.coros_mcp.access.push(fresh(&access, spec.access_token_life));
        let mut given = json!({"access_token": access, "token_type": "Bearer", "scope": like.scope});
        if !spec.without_expires_in {
            given["expires_in"] = spec.access_token_life.into();
        }
        if like.scope.split(' ').any(|word| word == "offline_access") {
            let refresh = self.word(128);
            self.coros_mcp.refresh.push(fresh(&refresh, spec.refresh_token_life));
            given["refresh_token"] = refresh.into();
        }
        if like.scope.split(' ').any(|word| word == "openid") {
            given["id_token"] = self.mcp_jwt(like, now, now + spec.access_token_life).into();
        }
        given
    }

    /// A token in the form of a JWT; nobody can check its signature.
    fn mcp_jwt(&mut self, of: &Token, now: i64, expires: i64) -> String {
        let iss = issuer(of.region);
        let claims = json!({
            "iss": iss, "sub": self.coros.accounts[of.account].user, "aud": format!("{iss}/mcp"), "iat": now,
            "exp": expires, "client_id": of.client, "scope": of.scope, "jti": self.uuid(),
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(&claims), self.word(86))
    }
}
