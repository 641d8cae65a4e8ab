//! Responses of the sign-in and the token service, with invented values, and their requests.

use super::super::domain::{CN, COM};
use super::*;

fn answer(status: u16, body: &str) -> LoginReply {
    parse_answer(&COM, &Response { status, headers: Vec::new(), body: body.into() })
}

fn mobile(status: u16, kind: &str, rest: &str) -> LoginReply {
    answer(
        status,
        &format!(
            r#"{{"serviceURL":null,"serviceTicketId":null,"responseStatus":{{"type":"{kind}","message":"m","httpStatus":"OK"}}{rest}}}"#
        ),
    )
}

#[test]
fn a_login_gives_a_ticket_and_its_service() {
    let body = r#"{"serviceURL":"https://mobile.integration.garmin.com/gcm/android","serviceTicketId":"ST-1-x-sso",
        "responseStatus":{"type":"SUCCESSFUL","message":"","httpStatus":"OK"},"customerMfaInfo":null,"authType":"CAS"}"#;
    let LoginReply::Ticket { ticket, service } = answer(200, body) else { panic!() };
    assert_eq!(
        (ticket.expose(), service.as_str()),
        ("ST-1-x-sso", "https://mobile.integration.garmin.com/gcm/android")
    );
}

#[test]
fn a_second_factor_has_a_method_and_an_address() {
    let rest = r#","customerMfaInfo":{"email":"ru*****@example.com","phoneNumber":null,"mfaLastMethodUsed":"email","defaultMfaMethod":null}"#;
    let LoginReply::Mfa { method, to } = mobile(200, "MFA_REQUIRED", rest) else { panic!() };
    assert_eq!((method.as_str(), to.as_str()), ("email", "ru*****@example.com"));
}

#[test]
fn wrong_passwords_rate_limits_and_unknown_responses_are_distinguished() {
    assert!(matches!(mobile(401, "INVALID_USERNAME_PASSWORD", ""), LoginReply::WrongPassword));
    assert!(matches!(mobile(200, "CAPTCHA_REQUIRED", ""), LoginReply::RateLimited(_)));
    assert!(matches!(answer(429, "<html>cloudflare"), LoginReply::RateLimited(_)));
    assert!(matches!(answer(403, "<html>Just a moment..."), LoginReply::RateLimited(_)));
    assert!(matches!(answer(200, "<html>Just a moment..."), LoginReply::RateLimited(_)));
    assert!(matches!(answer(200, r#"{"error":{"status-code":"429"}}"#), LoginReply::RateLimited(_)));
    assert!(matches!(answer(200, r#"{"error":{"status-code":"427"}}"#), LoginReply::RateLimited(_)));
    assert!(matches!(answer(427, "{}"), LoginReply::RateLimited(_)));
    assert!(matches!(answer(502, "<html>bad gateway"), LoginReply::ServiceFailed(_)));
    let LoginReply::Rejected(words) = mobile(200, "ACCOUNT_LOCKED", "") else { panic!() };
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
fn a_code_is_sent_like_the_password() {
    let request = mfa_request(&COM, "email", &Secret::new(" 123456\n"));
    let credentials = Credentials { user: "a@example.com".into(), password: Secret::new("p") };
    assert_eq!(request.headers, login_request(&COM, &credentials).headers);
    assert!(request.headers.contains(&("Accept-Language".into(), "en-US,en;q=0.9".into())));
    assert!(String::from_utf8(request.body.unwrap()).unwrap().contains("\"123456\""));
}

#[test]
fn a_rejection_never_quotes_the_token() {
    let response = Response {
        status: 400,
        headers: Vec::new(),
        body: br#"{"error":"invalid_grant","error_description":"Invalid refresh token: s3cr3t"}"#.to_vec(),
    };
    let refused = parse_token(&COM, "c", "t", &response, Timestamp::UNIX_EPOCH).err();
    assert_eq!(refused, Some(TokenError::Rejected("Invalid refresh token".into())));
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
        assert!(matches!(spoken(status, body), TokenError::Retry(_)), "{status} {body}: the token is not dead");
    }
    assert!(matches!(spoken(401, "<html>OAuthToken is invalid</html>"), TokenError::Rejected(_)), "of garth's tokens");
    let busy = Response { status: 503, headers: Vec::new(), body: b"<html>".to_vec() };
    assert!(matches!(parse_token(&COM, "c", "t", &busy, Timestamp::UNIX_EPOCH), Err(TokenError::Retry(_))));
}
