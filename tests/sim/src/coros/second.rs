//! The second factor: a code by e-mail.

use super::regions::Region;
use super::state::Challenge;
use super::{login, ok, parameters, refuse};
use crate::http::{Request, Response};
use crate::state::State;
use serde_json::{Value, json};

const LIFE: i64 = 600;
const TRIES: u32 = 5;

/// The response to a correct password, without a token.
pub fn challenge(state: &mut State, account: usize, code: &str) -> Response {
    let (ticket, key, opaque) = (state.word(40), state.word(16), state.word(24));
    let since = state.now();
    let spec = &state.coros.accounts[account].spec;
    let kind = if spec.second_factor_as_text { json!("2") } else { json!(2) };
    let data = json!({
        "loginTicket": ticket, "appKey": key, "account": opaque, "accountType2fa": kind,
        "regionId": spec.region, "twoFactorRequired": true,
    });
    state.coros.challenges.push(Challenge { ticket, key, account, since, mailed: false, wrong: 0 });
    ok(code, &data)
}

/// Sends the code to the address in the request. Only the host of the account's region does so.
pub fn mail(state: &mut State, region: Region, request: &Request) -> Response {
    let body = request.json().unwrap_or_default();
    let wanted = json!({"codeType": 20, "lengthType": 2, "accountType": 2});
    let shape = ["codeType", "lengthType", "accountType"].iter().all(|key| body[*key] == wanted[*key]);
    if !shape {
        return parameters("codeType, lengthType or accountType");
    }
    let email = body["account"].as_str().unwrap_or_default();
    let accounts = &state.coros.accounts;
    let fits = |at: usize| accounts[at].spec.email == email && accounts[at].spec.region == region.id;
    let Some(challenge) = state.coros.challenges.iter_mut().rev().find(|challenge| fits(challenge.account)) else {
        return parameters("nobody with this address waits for a code here");
    };
    challenge.mailed = true;
    let code = accounts[challenge.account].spec.mfa_code.clone().unwrap_or_default();
    state.coros.mails.push((email.to_owned(), code));
    ok("5D0F3C71", &Value::Null)
}

/// Checks the code. A ticket works once, and only after the e-mail was sent.
pub fn verify(state: &mut State, region: Region, request: &Request) -> Response {
    let body = request.json().unwrap_or_default();
    let now = state.now();
    let accounts = &state.coros.accounts;
    let fits = |challenge: &Challenge| {
        body["loginTicket"] == challenge.ticket.as_str()
            && body["appKey"] == challenge.key.as_str()
            && accounts[challenge.account].spec.region == region.id
            && now < challenge.since + LIFE
    };
    let Some(at) = state.coros.challenges.iter().position(fits) else {
        return parameters("no such ticket here, or too old");
    };
    let challenge = &mut state.coros.challenges[at];
    let account = challenge.account;
    let right = challenge.mailed && body["code"].as_str() == accounts[account].spec.mfa_code.as_deref();
    if !right {
        challenge.wrong += 1;
        if challenge.wrong >= TRIES {
            state.coros.challenges.remove(at);
        }
        return refuse("1001", "The verification code is incorrect.");
    }
    state.coros.challenges.remove(at);
    login::signed_in(state, account, "6B92E4A8")
}
