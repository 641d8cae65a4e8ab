//! `sso.D`: sign-in pages, the two JSON logins, the widget, and the code of the second factor.

use super::{login, mfa, visit, widget};
use crate::http::{Request, Response};
use crate::state::State;

/// The two JSON logins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The app's login.
    Mobile,
    /// The website's login.
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

    /// Client ids, each with the one service URL that it may request.
    pub fn clients(self, domain: &str) -> Vec<(&'static str, String)> {
        let app = |system| format!("https://mobile.integration.{domain}/gcm/{system}");
        match self {
            Flow::Mobile => vec![("GCM_IOS_DARK", app("ios")), ("GCM_ANDROID_DARK", app("android"))],
            Flow::Portal => vec![("GarminConnect", format!("https://connect.{domain}/app"))],
        }
    }
}

/// Responds to a request to the sign-in host.
pub fn answer(state: &mut State, domain: &str, request: &Request) -> Response {
    let post = request.method == "POST";
    match request.path.as_str() {
        "/mobile/api/login" if post => login::answer(state, domain, Flow::Mobile, request),
        "/portal/api/login" if post => login::answer(state, domain, Flow::Portal, request),
        "/mobile/api/mfa/verifyCode" if post => mfa::answer(state, domain, Flow::Mobile, request),
        "/portal/api/mfa/verifyCode" if post => mfa::answer(state, domain, Flow::Portal, request),
        "/mobile/api/login" | "/portal/api/login" => Response::html(405, "<title>Method Not Allowed</title>"),
        path if path.starts_with("/sso/") => widget::answer(state, domain, request),
        path => match visit::flow_of(path).filter(|_| request.method == "GET") {
            Some(flow) => visit::page(state, domain, flow, request),
            None => missing(),
        },
    }
}

/// The page for an unknown path.
pub fn missing() -> Response {
    Response::html(404, "<html><head><title>404 Not Found</title></head></html>")
}

/// A Set-Cookie value; on the plain port it cannot be `Secure`.
pub fn cookie(name: &str, value: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/{secure}; HttpOnly")
}
