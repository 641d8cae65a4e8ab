//! The sign-in page of the app. It is loaded before the password is sent, as an app's web view does: its cookies and its
//! address go with the password and with the code of the second factor. Pure.
//!
//! Since October 2026 a password without them is answered 429 (python-garminconnect 0.3.20, `client/sso.py`; reviewed
//! 2026-11-29).

use super::block_page;
use super::domain::Site;
use super::login::{Answer, MOBILE_AGENT, MOBILE_CLIENT, is_challenge};
use crate::http::{Cookies, Followed, Repeat, Request, Response, form};

/// What the app's web view accepts for a page.
const ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// The same for the page and for all that follows it.
pub const ACCEPT_LANGUAGE: &str = "en-US,en;q=0.9";

/// A sign-in page that was loaded. It has no `Debug`: nothing prints its cookies.
pub struct Visit {
    /// The page's address with its query.
    page: String,
    /// The cookies so far.
    cookies: Cookies,
}

/// The request for the page. It is a read, and sent once: what it answers decides whether a login is tried at all.
pub fn page_request(site: &Site) -> Request {
    let query = form(&[("clientId", MOBILE_CLIENT), ("service", &site.ios_service())]);
    let mut request = Request::get(format!("{}?{query}", site.url("sso", "/mobile/sso/en_US/sign-in")))
        .header("User-Agent", MOBILE_AGENT)
        .header("Accept", ACCEPT)
        .header("Accept-Language", ACCEPT_LANGUAGE);
    request.repeat = Repeat::Once;
    request
}

impl Visit {
    /// Reads the answer to [`page_request`]; without a page, what that means for the login.
    pub fn of(Followed { response, url }: &Followed) -> Result<Visit, Answer> {
        let turned_away = |why: String| Err(Answer::TurnedAway(format!("the sign-in page: {why}")));
        let status = response.status;
        if let Some(status) = block_page::blocked(response) {
            return turned_away(format!("too many logins ({status})"));
        }
        // A page in order may speak of a CAPTCHA in its scripts: only what is no page is looked at for one.
        if status == 403 || (status != 200 && is_challenge(response)) || response.header("cf-mitigated").is_some() {
            return turned_away(format!("a test for browsers (HTTP {status})"));
        }
        let mut visit = Visit { page: url.clone(), cookies: Cookies::default() };
        visit.take_cookies(response);
        match status {
            200 if !visit.cookies.is_empty() => Ok(visit),
            200 => Err(Answer::Trouble("the sign-in page sets no cookies".into())),
            _ => Err(Answer::Trouble(format!("the sign-in page: HTTP {status}"))),
        }
    }

    /// The request with the cookies and the address of the page.
    pub fn dress(&self, request: Request) -> Request {
        request.header("Referer", &self.page).header("Cookie", self.cookies.header())
    }

    /// Takes the cookies that an answer sets.
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

    fn visit(response: &Response) -> Result<Visit, Answer> {
        Visit::of(&Followed { response: response.clone(), url: page_request(&COM).url })
    }

    fn header<'a>(request: &'a Request, name: &str) -> &'a str {
        request.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    #[test]
    fn the_page_is_the_apps_and_of_its_own_domain() {
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
    fn its_cookies_and_its_address_go_with_what_follows_and_later_cookies_replace_them() {
        let set = ["SESSION=a; Path=/; Secure", "__cf_bm=b; HttpOnly", "_cfuvid=c=d"];
        let mut visit = visit(&answer(200, &set, "<title>Sign In</title>")).ok().unwrap();
        let request = visit.dress(Request::get("https://sso.garmin.com/x"));
        assert_eq!(header(&request, "Cookie"), "SESSION=a; __cf_bm=b; _cfuvid=c=d");
        assert_eq!(header(&request, "Referer"), page_request(&COM).url);
        visit.take_cookies(&answer(200, &["__cf_bm=new", "_cfuvid=; Max-Age=0", "MORE=1", "nonsense"], ""));
        assert_eq!(header(&visit.dress(Request::get("https://x/")), "Cookie"), "SESSION=a; __cf_bm=new; MORE=1");
    }

    #[test]
    fn a_page_that_is_none_says_what_it_means_for_the_login() {
        let set = ["SESSION=a"];
        for response in [
            answer(427, &set, "<html>"),
            answer(429, &set, ""),
            answer(403, &set, "<html>"),
            answer(503, &set, "<html>Just a moment..."),
            answer(200, &set, r#"{"error":{"status-code":"429"}}"#),
        ] {
            assert!(matches!(visit(&response), Err(Answer::TurnedAway(_))), "{}", response.status);
        }
        for response in [answer(502, &set, "<html>"), answer(404, &set, ""), answer(200, &[], "<html>")] {
            assert!(matches!(visit(&response), Err(Answer::Trouble(_))), "{}", response.status);
        }
        let captcha = answer(200, &set, "<script src=recaptcha.js>");
        assert!(visit(&captcha).is_ok(), "a page in order may speak of a CAPTCHA");
    }
}
