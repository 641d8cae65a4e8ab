//! The login with the widget's forms.

use crate::common::*;
use gs_sim::{LoginMode, Scenario, Sim};

const EMBED: &str = "https://sso.garmin.com/sso/embed";
const FRAME: &str = "/sso.garmin.com/sso/embed?id=gauth-widget&embedWidget=true&gauthHost=https://sso.garmin.com/sso";

fn target(path: &str) -> String {
    let places = ["gauthHost", "service", "source", "redirectAfterAccountLoginUrl", "redirectAfterAccountCreationUrl"];
    let query: Vec<String> = places.iter().map(|name| format!("{name}={EMBED}")).collect();
    format!("/sso.garmin.com{path}?id=gauth-widget&embedWidget=true&{}", query.join("&"))
}

/// A visit: its cookies, and the CSRF token that its forms have to send back.
struct Widget<'a> {
    sim: &'a Sim,
    cookies: String,
    csrf: String,
}

fn title(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    let rest = text.split_once("<title>").unwrap().1;
    rest.split_once("</title>").unwrap().0.to_owned()
}

/// The text after a mark, up to the next quote.
fn after(answer: &Answer, mark: &str) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    text.split_once(mark).unwrap().1.split('"').next().unwrap().to_owned()
}

impl<'a> Widget<'a> {
    fn open(sim: &'a Sim) -> Self {
        let cookies = page(sim, FRAME).cookies();
        let headers = [("User-Agent", IPHONE), ("Referer", EMBED), ("Cookie", &cookies)];
        let form = send(sim, "GET", &target("/sso/signin"), &headers, "").unwrap();
        assert_eq!((form.status, title(&form).as_str()), (200, "GARMIN Authentication Application"));
        let csrf = after(&form, "name=\"_csrf\" value=\"");
        Widget { sim, cookies, csrf }
    }

    fn post(&self, path: &str, media: &str, body: &str) -> Answer {
        let referer = format!("https:/{}", target("/sso/signin"));
        let headers = [
            ("User-Agent", IPHONE),
            ("Referer", referer.as_str()),
            ("Cookie", self.cookies.as_str()),
            ("Content-Type", media),
        ];
        send(self.sim, "POST", path, &headers, body).unwrap()
    }

    fn sign_in(&self, password: &str) -> Answer {
        let body = format!("username=runner%40example.com&password={password}&embed=true&_csrf={}", self.csrf);
        self.post(&target("/sso/signin"), "application/x-www-form-urlencoded", &body)
    }

    fn code(&self, code: &str) -> Answer {
        let body = format!("mfa-code={code}&embed=true&_csrf={}&fromPage=setupEnterMfaCode", self.csrf);
        self.post(&target("/sso/verifyMFA/loginEnterMfaCode"), "application/x-www-form-urlencoded", &body)
    }
}

fn enters(sim: &Sim, answer: &Answer) -> bool {
    let ticket = after(answer, "?ticket=");
    title(answer) == "Success" && exchange(sim, COM, &ticket, EMBED).status == 200
}

#[test]
fn the_login_form_gives_a_ticket_for_the_embedding_page() {
    let sim = Scenario::default_garmin(0, 1).start();
    let widget = Widget::open(&sim);
    assert!(title(&widget.sign_in("wrong")).contains("Invalid"));
    assert!(enters(&sim, &widget.sign_in("correct+horse")));
    for _ in 0..5 {
        widget.sign_in("wrong");
    }
    assert!(title(&widget.sign_in("correct+horse")).contains("Locked"));
}

#[test]
fn a_form_without_its_cookies_csrf_token_or_referer_is_rejected() {
    let sim = Scenario::default_garmin(0, 1).start();
    let widget = Widget::open(&sim);
    let refused = |widget: Widget| widget.sign_in("correct+horse").status;
    assert_eq!(refused(Widget { cookies: String::new(), csrf: widget.csrf.clone(), sim: &sim }), 403);
    assert_eq!(refused(Widget { cookies: widget.cookies.clone(), csrf: "x".into(), sim: &sim }), 403);
    let headers = [("User-Agent", IPHONE), ("Cookie", widget.cookies.as_str())];
    assert_eq!(send(&sim, "GET", &target("/sso/signin"), &headers, "").unwrap().status, 403, "no Referer");
    let bare = "/sso.garmin.com/sso/signin?id=gauth-widget";
    let headers = [("User-Agent", IPHONE), ("Referer", EMBED), ("Cookie", widget.cookies.as_str())];
    assert_eq!(send(&sim, "GET", bare, &headers, "").unwrap().status, 403, "no service");
}

#[test]
fn the_code_is_sent_only_when_the_page_requests_it() {
    let sim = Scenario::default_garmin(0, 1).with_mfa(COM, "123456").start();
    let widget = Widget::open(&sim);
    let asked = widget.sign_in("correct+horse");
    assert_eq!(after(&asked, "var mfaMethod = \""), "email");
    assert_eq!(after(&asked, "var codeSentTo = \""), "");
    assert_ne!(title(&widget.code("123456")), "Success", "the code was not sent yet");
    let guid = after(&asked, "var customerGuid = \"");
    let body = format!(r#"{{"customerGuid":"{guid}","mfaMethod":"email","locale":"en_US"}}"#);
    let sent = widget.post("/sso.garmin.com/sso/verifyMFA/mfaCode?clientId=", "application/json", &body);
    assert_eq!(sent.status, 200);
    assert_ne!(title(&widget.code("000000")), "Success");
    assert!(enters(&sim, &widget.code("123456")));
    assert_eq!(widget.code("123456").status, 403, "the login is finished");
}

#[test]
fn each_login_mode_closes_the_widget_with_its_status() {
    for (mode, frame, form) in [
        (LoginMode::Page427, 427, None),
        (LoginMode::Page403, 403, None),
        (LoginMode::Status427, 200, Some(427)),
        (LoginMode::RateLimitedHtml, 200, Some(429)),
    ] {
        let mut scenario = Scenario::default_garmin(0, 1);
        scenario.accounts[0].login = mode;
        let sim = scenario.start();
        assert_eq!(page(&sim, FRAME).status, frame, "{mode:?}");
        if let Some(form) = form {
            assert_eq!(Widget::open(&sim).sign_in("correct+horse").status, form, "{mode:?}");
        }
    }
}
