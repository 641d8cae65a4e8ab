//! `sso.D`: sign-in pages, the two JSON logins and the code of the second factor.

use super::{challenge, login, mfa};
use crate::http::{Request, Response};
use crate::state::State;

/// Which of the two JSON logins a path belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The app's login.
    Mobile,
    /// The web site's login.
    Portal,
}

impl Flow {
    /// First segment of its paths.
    pub fn name(self) -> &'static str {
        match self {
            Flow::Mobile => "mobile",
            Flow::Portal => "portal",
        }
    }

    /// Client ids with the one service URL that each may ask for.
    pub fn clients(self, domain: &str) -> Vec<(&'static str, String)> {
        let app = |system| format!("https://mobile.integration.{domain}/gcm/{system}");
        match self {
            Flow::Mobile => vec![("GCM_IOS_DARK", app("ios")), ("GCM_ANDROID_DARK", app("android"))],
            Flow::Portal => vec![("GarminConnect", format!("https://connect.{domain}/app"))],
        }
    }
}

/// Answers a request to the sign-in host.
pub fn answer(state: &mut State, domain: &str, request: &Request) -> Response {
    let post = request.method == "POST";
    match request.path.as_str() {
        "/mobile/api/login" if post => login::answer(state, domain, Flow::Mobile, request),
        "/portal/api/login" if post => login::answer(state, domain, Flow::Portal, request),
        "/mobile/api/mfa/verifyCode" if post => mfa::answer(state, domain, Flow::Mobile, request),
        "/portal/api/mfa/verifyCode" if post => mfa::answer(state, domain, Flow::Portal, request),
        "/mobile/api/login" | "/portal/api/login" => Response::html(405, "<title>Method Not Allowed</title>"),
        path if request.method == "GET" && is_page(path) => page(state, request),
        "/sso/embed" if request.method == "GET" => {
            Response::html(200, "<html><head><title>GARMIN Authentication Application</title></head></html>")
        }
        _ => Response::html(404, "<html><head><title>404 Not Found</title></head></html>"),
    }
}

fn is_page(path: &str) -> bool {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    matches!(parts.as_slice(), ["mobile" | "portal", "sso", _, "sign-in"])
}

/// The sign-in page, which sets the cookies of a visit.
fn page(state: &mut State, request: &Request) -> Response {
    if request.header("user-agent").unwrap_or_default().is_empty() {
        return challenge(403, "no User-Agent");
    }
    let mut response = Response::html(200, "<!DOCTYPE html><html><head><title>Sign In</title></head></html>");
    for name in ["SESSION", "__cflb", "_cfuvid"] {
        let value = state.word(32);
        response = response.with("set-cookie", &cookie(name, &value, request.secure));
    }
    response
}

/// A Set-Cookie value; on the plain port it cannot be `Secure`.
pub fn cookie(name: &str, value: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/{secure}; HttpOnly")
}
