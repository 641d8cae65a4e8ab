//! The temporary credentials of the object stores.

use super::gone;
use super::regions::{COMMON_HUB, REGIONS, Region};
use crate::clock;
use crate::http::{Request, Response};
use crate::state::State;
use crate::store::state::Credential;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The text after (or before) the encoded credential.
pub const MARKER: &str = "9y78gpoERW4lBNYL";

/// The behaviour of the sources of credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StsSpec {
    /// The hubs no longer have this path.
    pub hub_gone: bool,
    /// The help pages no longer have this path.
    pub faq_gone: bool,
    /// A region's hub serves its own accounts only; the common hub serves all.
    pub bound: bool,
    /// The marker is before the credential.
    pub marker_first: bool,
    /// Lifetime of a credential in seconds.
    pub life: i64,
}

impl Default for StsSpec {
    fn default() -> Self {
        StsSpec { hub_gone: false, faq_gone: false, bound: false, marker_first: false, life: 3600 }
    }
}

/// Responds as a hub, where a cookie has the token.
pub fn hub(state: &mut State, request: &Request) -> Response {
    if request.method != "GET" || request.path != "/api/proxy/oss/sts" || state.scenario.sts.hub_gone {
        return gone();
    }
    let token = request.cookie("CPL-coros-token").unwrap_or_default();
    let owner = state.coros.owner(&token, state.now());
    let own = |account: usize| state.coros.accounts[account].region().hub == request.host;
    match owner {
        Some(account) if !state.scenario.sts.bound || request.host == COMMON_HUB || own(account) => {
            hand_out(state, request)
        }
        _ => failed(200, "signature error"),
    }
}

/// Responds as the help pages, where a header has the token. The older path is closed.
pub fn faq(state: &mut State, request: &Request) -> Response {
    if request.method != "GET" || request.path != "/openapi/v2/oss/sts" || state.scenario.sts.faq_gone {
        return gone();
    }
    let token = request.header("accesstoken").unwrap_or_default();
    match state.coros.owner(token, state.now()) {
        Some(_) => hand_out(state, request),
        None => failed(401, "unauthorized"),
    }
}

fn failed(status: u16, words: &str) -> Response {
    Response::json(status, &json!({"code": 401, "msg": words, "data": null})).note(words)
}

fn hand_out(state: &mut State, request: &Request) -> Response {
    let parameter = |name: &str| request.parameter(name).unwrap_or_default();
    let (bucket, service) = (parameter("bucket"), parameter("service"));
    let region = REGIONS.iter().find(|region| region.bucket == bucket && region.service == service);
    let (Some(region), "2") = (region, parameter("v").as_str()) else {
        return Response::json(200, &json!({"code": 400, "msg": "bad request", "data": null}))
            .note("bucket, service, v");
    };
    let credential = mint(state, region);
    let text = STANDARD.encode(describe(state, region, &credential).to_string());
    state.stores.credentials.push(credential);
    let text = match state.scenario.sts.marker_first {
        true => format!("{MARKER}{text}"),
        false => format!("{text}{MARKER}"),
    };
    Response::json(200, &json!({"code": 200, "msg": "", "data": {"credentials": text, "v": "2"}}))
}

fn mint(state: &mut State, region: &Region) -> Credential {
    // Slashes and pluses in the token reveal a client that does not encode it.
    let bytes: Vec<u8> = (0..180).map(|_| state.rng.u8(..)).collect();
    let prefix = if region.service == "aws" { "ASIA" } else { "STS." };
    Credential {
        id: format!("{prefix}{}", state.word(16).to_uppercase()),
        secret: state.word(40),
        token: format!("/+{}=", STANDARD.encode(bytes)),
        bucket: region.bucket.to_owned(),
        expires: state.now() + state.scenario.sts.life,
    }
}

fn describe(state: &State, region: &Region, credential: &Credential) -> Value {
    let mut fields = json!({
        "AccessKeyId": credential.id, "AccessKeySecret": credential.secret,
        "Expiration": clock::stamp(credential.expires, "T") + "Z", "TokenExpireTime": state.scenario.sts.life,
        "Region": region.place, "Bucket": region.bucket,
    });
    match region.service {
        "aws" => {
            fields["SecretAccessKey"] = credential.secret.clone().into();
            fields["SessionToken"] = credential.token.clone().into();
            fields["SessionName"] = "web".into();
        }
        _ => fields["SecurityToken"] = credential.token.clone().into(),
    }
    fields
}
