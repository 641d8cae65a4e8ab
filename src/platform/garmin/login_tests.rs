//! Answers of the sign-in and of the token service, restated; and that requests are what those expect.

use super::super::domain::{CN, COM};
use super::*;

fn answer(status: u16, body: &str) -> Answer {
    parse_answer(&COM, &Response { status, headers: Vec::new(), body: body.into() })
}

fn mobile(status: u16, kind: &str, rest: &str) -> Answer {
    answer(
        status,
        &format!(
            r#"{{"serviceURL":null,"serviceTicketId":null,"responseStatus":{{"type":"{kind}","message":"m","httpStatus":"OK"}}{rest}}}"#
        ),
    )
}

#[test]
fn a_login_gives_its_ticket_and_the_service_it_is_for() {
    let body = r#"{"serviceURL":"https://mobile.integration.garmin.com/gcm/android","serviceTicketId":"ST-1-x-sso",
        "responseStatus":{"type":"SUCCESSFUL","message":"","httpStatus":"OK"},"customerMfaInfo":null,"authType":"CAS"}"#;
    let Answer::Ticket { ticket, service } = answer(200, body) else { panic!() };
    assert_eq!(
        (ticket.expose(), service.as_str()),
        ("ST-1-x-sso", "https://mobile.integration.garmin.com/gcm/android")
    );
}

#[test]
fn a_second_factor_says_how_and_where_to() {
    let rest = r#","customerMfaInfo":{"email":"ru*****@example.com","phoneNumber":null,"mfaLastMethodUsed":"email","defaultMfaMethod":null}"#;
    let Answer::Mfa { method, to } = mobile(200, "MFA_REQUIRED", rest) else { panic!() };
    assert_eq!((method.as_str(), to.as_str()), ("email", "ru*****@example.com"));
}

#[test]
fn what_is_wrong_what_turns_away_and_what_is_unknown_are_told_apart() {
    assert!(matches!(mobile(401, "INVALID_USERNAME_PASSWORD", ""), Answer::Wrong));
    assert!(matches!(mobile(200, "CAPTCHA_REQUIRED", ""), Answer::TurnedAway(_)));
    assert!(matches!(answer(429, "<html>cloudflare"), Answer::TurnedAway(_)));
    assert!(matches!(answer(403, "<html>Just a moment..."), Answer::TurnedAway(_)));
    assert!(matches!(answer(200, "<html>Just a moment..."), Answer::TurnedAway(_)));
    assert!(matches!(answer(200, r#"{"error":{"status-code":"429"}}"#), Answer::TurnedAway(_)));
    assert!(matches!(answer(200, r#"{"error":{"status-code":"427"}}"#), Answer::TurnedAway(_)));
    assert!(matches!(answer(427, "{}"), Answer::TurnedAway(_)));
    assert!(matches!(answer(502, "<html>bad gateway"), Answer::Trouble(_)));
    let Answer::Stopped(words) = mobile(200, "ACCOUNT_LOCKED", "") else { panic!() };
    assert_eq!(words, "ACCOUNT_LOCKED m");
}

#[test]
fn requests_go_to_the_hosts_of_their_own_domain() {
    let credentials = Credentials { user: "a@example.com".into(), password: Secret::new("p\"w") };
    let login = login_request(&CN, &credentials);
    assert!(login.url.starts_with("https://sso.garmin.cn/mobile/api/login?clientId=GCM_IOS_DARK&locale=en-US&service=https%3A%2F%2Fmobile.integration.garmin.cn%2Fgcm%2Fios"), "{}", login.url);
    let body: Value = serde_json::from_slice(login.body.as_ref().unwrap()).unwrap();
    assert_eq!(body, json!({"username":"a@example.com","password":"p\"w","rememberMe":true,"captchaToken":""}));
    assert!(refresh_request(&CN, "c", "r").url.starts_with("https://diauth.garmin.cn/"));
    let exchange = exchange_request(&CN, "C", &Secret::new("ST-1"), &CN.ios_service());
    let body = String::from_utf8(exchange.body.unwrap()).unwrap();
    assert!(
        body.contains("grant_type=https%3A%2F%2Fconnectapi.garmin.com%2Fdi-oauth2"),
        "the grant's name is the same for garmin.cn: {body}"
    );
    assert!(exchange.headers.contains(&("Authorization".into(), "Basic Qzo=".into())));
}

#[test]
fn a_code_is_sent_as_the_password_was() {
    let request = mfa_request(&COM, "email", &Secret::new(" 123456\n"));
    let credentials = Credentials { user: "a@example.com".into(), password: Secret::new("p") };
    assert_eq!(request.headers, login_request(&COM, &credentials).headers);
    assert!(request.headers.contains(&("Accept-Language".into(), "en-US,en;q=0.9".into())));
    assert!(String::from_utf8(request.body.unwrap()).unwrap().contains("\"123456\""));
}

#[test]
fn a_refusal_never_quotes_the_token() {
    let response = Response {
        status: 400,
        headers: Vec::new(),
        body: br#"{"error":"invalid_grant","error_description":"Invalid refresh token: s3cr3t"}"#.to_vec(),
    };
    let refused = parse_token(&COM, "c", "t", &response, Timestamp::UNIX_EPOCH).err();
    assert_eq!(refused, Some(NoToken::Refused("Invalid refresh token".into())));
    let spoken = |status, body: &str| {
        let response = Response { status, headers: Vec::new(), body: body.into() };
        parse_token(&COM, "c", "t", &response, Timestamp::UNIX_EPOCH).err().unwrap()
    };
    for (status, body) in [
        (403, "<html>blocked"),
        (427, "{}"),
        (429, "{}"),
        (400, r#"{"error":{"status-code":"429"}}"#),
        (200, r#"{"error":{"status-code":"427"}}"#),
        (401, "<html>"),
    ] {
        assert!(matches!(spoken(status, body), NoToken::Later(_)), "{status} {body}: the token is not dead");
    }
    assert!(matches!(spoken(401, "<html>OAuthToken is invalid</html>"), NoToken::Refused(_)), "of garth's tokens");
    let busy = Response { status: 503, headers: Vec::new(), body: b"<html>".to_vec() };
    assert!(matches!(parse_token(&COM, "c", "t", &busy, Timestamp::UNIX_EPOCH), Err(NoToken::Later(_))));
}
