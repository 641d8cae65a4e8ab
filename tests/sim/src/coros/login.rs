//! The login, in its two forms, and the query of a token's owner.

use super::account::Account;
use super::regions::Region;
use super::spec::CorosLogin;
use super::{ok, parameters, refuse, second};
use crate::http::{Request, Response};
use crate::state::State;
use md5::{Digest, Md5};
use serde_json::{Value, json};

const CODE: &str = "41C2B95C";
/// The version and cost with which the salt has to begin, and its length.
const SALT: (&str, usize) = ("$2b$10$", 29);

/// MD5 in hex.
pub fn md5_hex(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().fold(String::new(), |out, byte| out + &format!("{byte:02x}"))
}

/// Responds to a login, which any region's host accepts, unless the account is unknown there.
pub fn answer(state: &mut State, region: Region, request: &Request) -> Response {
    let body = request.json().unwrap_or_default();
    let Some(proof) = Proof::of(request, &body) else {
        return parameters("neither form of the login");
    };
    let email = body["account"].as_str().unwrap_or_default();
    let found = state.coros.accounts.iter().position(|account| account.spec.email == email);
    let Some(index) = found else { return unknown("no such account") };
    let spec = &state.coros.accounts[index].spec;
    if spec.unknown_at.contains(&region.id) {
        return unknown("this host does not know the account");
    }
    match (spec.login, &proof) {
        (CorosLogin::Md5, Proof::Bcrypt { .. }) => return parameters("this account takes pwd only"),
        (CorosLogin::Bcrypt, Proof::Md5(_)) => return parameters("this account takes p1 and p2 only"),
        _ => {}
    }
    if !proof.fits(&spec.password) {
        return unknown("wrong password");
    }
    match spec.mfa_code {
        Some(_) => second::challenge(state, index, CODE),
        None => signed_in(state, index, CODE),
    }
}

/// The proof of the password that a client sends.
enum Proof {
    Md5(String),
    Bcrypt { hash: String, salt: String },
}

impl Proof {
    fn of(request: &Request, body: &Value) -> Option<Proof> {
        let text = |key: &str| body[key].as_str().map(str::to_owned);
        if !request.is_type("application/json") || body["accountType"].as_u64() != Some(2) {
            return None;
        }
        match (text("pwd"), text("p1"), text("p2")) {
            (Some(md5), None, None) => Some(Proof::Md5(md5)),
            (None, Some(hash), Some(salt)) if salt.len() == SALT.1 && salt.starts_with(SALT.0) => {
                Some(Proof::Bcrypt { hash, salt })
            }
            _ => None,
        }
    }

    fn fits(&self, password: &str) -> bool {
        let md5 = md5_hex(password.as_bytes());
        match self {
            Proof::Md5(text) => *text == md5,
            Proof::Bcrypt { hash, salt } => hash.starts_with(salt) && bcrypt::verify(md5, hash).unwrap_or(false),
        }
    }
}

/// The response to a login that has passed all checks.
pub fn signed_in(state: &mut State, account: usize, code: &str) -> Response {
    let token = state.new_coros_token(account);
    let account = &state.coros.accounts[account];
    let mut data = profile(account);
    data["accessToken"] = token.into();
    if let (true, Some(fields)) = (account.spec.without_region, data.as_object_mut()) {
        fields.remove("regionId");
    }
    ok(code, &data)
}

/// The response to a query of the token's owner.
pub fn who(account: &Account) -> Response {
    ok("7A1D6E02", &profile(account))
}

fn profile(account: &Account) -> Value {
    json!({
        "userId": account.user, "regionId": account.spec.region, "nickname": "Test Runner",
        "email": account.spec.email, "headPic": "", "countryCode": "CH", "birthday": 19_900_101,
    })
}

fn unknown(note: &str) -> Response {
    refuse("1030", "The login credentials you entered do not match our records.").note(note)
}
