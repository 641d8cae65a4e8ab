//! The sign-in page of the app. It is loaded before the password is sent, as the app's web view does: its cookies and
//! its URL are sent with the password and with the code of the second factor. Pure.
//!
//! Since October 2026 the response to a password without them is 429 (python-garminconnect 0.3.20, `client/sso.py`;
//! reviewed 2026-11-29).

use super::block_page;
use super::domain::Domain;
use super::login::{LoginReply, MOBILE_AGENT, MOBILE_CLIENT, is_challenge};
use crate::http::{Cookies, Followed, Repeat, Request, Response, form};

/// The `Accept` header of the app's web view.
const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// The `Accept-Language` header of the page and of the login.
pub const ACCEPT_LANGUAGE: &str = "en-US,en;q=0.9";

/// The loaded sign-in page. It has no `Debug`: nothing prints its cookies.
pub struct SignIn {
    /// The URL of the page with its query.
    page: String,
    /// The cookies that the service has set so far.
    cookies: Cookies,
}

/// The request for the page. It is a read that is sent only once, because its response decides whether a login is tried
/// at all.
pub fn page_request(domain: &Domain) -> Request {
    let query = form(&[("clientId", MOBILE_CLIENT), ("service", &domain.ios_service())]);
    let mut request = Request::get(format!("{}?{query}", domain.url("sso", "/mobile/sso/en_US/sign-in")))
        .header("User-Agent", MOBILE_AGENT)
        .header("Accept", ACCEPT)
        .header("Accept-Language", ACCEPT_LANGUAGE);
    request.repeat = Repeat::Once;
    request
}

impl SignIn {
    /// Reads the response to [`page_request`]. If it is not the page, the error says what it means for the login.
    pub fn read(Followed { response, url }: &Followed) -> Result<SignIn, LoginReply> {
        let rate_limited = |why: String| Err(LoginReply::RateLimited(format!("the sign-in page: {why}")));
        let status = response.status;
        if let Some(status) = block_page::blocked(response) {
            return rate_limited(format!("too many logins ({status})"));
        }
        // The scripts of a normal page may mention a CAPTCHA: only other responses are searched for one.
        if status == 403 || (status != 200 && is_challenge(response)) || response.header("cf-mitigated").is_some() {
            return rate_limited(format!("a challenge page (HTTP {status})"));
        }
        let mut sign_in = SignIn { page: url.clone(), cookies: Cookies::default() };
        sign_in.take_cookies(response);
        match status {
            200 if !sign_in.cookies.is_empty() => Ok(sign_in),
            200 => Err(LoginReply::ServiceFailed("the sign-in page sets no cookies".into())),
            _ => Err(LoginReply::ServiceFailed(format!("the sign-in page: HTTP {status}"))),
        }
    }

    /// The request with the cookies and the URL of the page.
    pub fn add_to(&self, request: Request) -> Request {
        request.header("Referer", &self.page).header("Cookie", self.cookies.header())
    }

    /// Stores the cookies that a response sets.
    pub fn take_cookies(&mut self, response: &Response) {
        self.cookies.take(response);
    }
}

#[cfg(test)]
mod tests {
    use super::super::domain::{CN, COM};
    use super::*;

    fn answer(status: u16, cookies: &[&str], body: &str) -> Response {
        let set = |cookie: &&str| ("set-cookie".to_owned(), (*cookie).to_owned());
        Response { status, headers: cookies.iter().map(set).collect(), body: body.into() }
    }

    fn visit(response: &Response) -> Result<SignIn, LoginReply> {
        SignIn::read(&Followed { response: response.clone(), url: page_request(&COM).url })
    }

    fn header<'a>(request: &'a Request, name: &str) -> &'a str {
        request.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    #[test]
    fn the_page_is_that_of_the_app_on_its_domain() {
        let request = page_request(&CN);
        assert_eq!(
            request.url,
            "https://sso.garmin.cn/mobile/sso/en_US/sign-in?clientId=GCM_IOS_DARK&service=https%3A%2F%2Fmobile.integration.garmin.cn%2Fgcm%2Fios"
        );
        assert!(
            header(&request, "User-Agent").contains("iPhone") && header(&request, "Accept").starts_with("text/html")
        );
        assert_eq!((header(&request, "Accept-Language"), request.repeat), (ACCEPT_LANGUAGE, Repeat::Once));
    }

    #[test]
    fn later_requests_have_the_cookies_and_the_url_of_the_page() {
        let set = ["SESSION=a; Path=/; Secure", "__cf_bm=b; HttpOnly", "_cfuvid=c=d"];
        let mut sign_in = visit(&answer(200, &set, "<title>Sign In</title>")).ok().unwrap();
        let request = sign_in.add_to(Request::get("https://sso.garmin.com/x"));
        assert_eq!(header(&request, "Cookie"), "SESSION=a; __cf_bm=b; _cfuvid=c=d");
        assert_eq!(header(&request, "Referer"), page_request(&COM).url);
        sign_in.take_cookies(&answer(200, &["__cf_bm=new", "_cfuvid=; Max-Age=0", "MORE=1", "nonsense"], ""));
        assert_eq!(header(&sign_in.add_to(Request::get("https://x/")), "Cookie"), "SESSION=a; __cf_bm=new; MORE=1");
    }

    #[test]
    fn other_responses_are_classified_for_the_login() {
        let set = ["SESSION=a"];
        for response in [
            answer(427, &set, "<html>"),
            answer(429, &set, ""),
            answer(403, &set, "<html>"),
            answer(503, &set, "<html>Just a moment..."),
            answer(200, &set, r#"{"error":{"status-code":"429"}}"#),
        ] {
            assert!(matches!(visit(&response), Err(LoginReply::RateLimited(_))), "{}", response.status);
        }
        for response in [answer(502, &set, "<html>"), answer(404, &set, ""), answer(200, &[], "<html>")] {
            assert!(matches!(visit(&response), Err(LoginReply::ServiceFailed(_))), "{}", response.status);
        }
        let captcha = answer(200, &set, "<script src=recaptcha.js>");
        assert!(visit(&captcha).is_ok(), "a page in order may speak of a CAPTCHA");
    }
}
