//! The files of other tools, with invented tokens.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

fn jwt(issuer: &str) -> String {
    let claims =
        format!(r#"{{"iss":"https://diauth.{issuer}","exp":2000000000,"iat":1999900000,"client_id":"CLIENT"}}"#);
    format!("e30.{}.s", URL_SAFE_NO_PAD.encode(claims))
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn token(text: &str) -> Token {
    match parse(text, &COM, now()) {
        Ok(Imported::Token(token)) => *token,
        Ok(Imported::Ticket(..)) => panic!("a ticket"),
        Err(error) => panic!("{error}"),
    }
}

fn ticket(text: &str, domain: &Domain) -> (String, String) {
    match parse(text, domain, now()) {
        Ok(Imported::Ticket(ticket, service)) => (ticket.expose().to_owned(), service),
        Ok(Imported::Token(_)) => panic!("a token"),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_garminconnect_token_is_read() {
    let text = json!({"di_token": jwt("garmin.com"), "di_refresh_token": "r", "di_client_id": "X"}).to_string();
    let token = token(&text);
    assert_eq!(
        (token.client_id.as_str(), token.expires_at, token.refresh_token.as_deref()),
        ("CLIENT", Some(2_000_000_000), Some("r"))
    );
}

#[test]
fn a_garth_token_is_read_from_its_folder_and_from_base64() {
    let dir = tempfile::tempdir().unwrap();
    let oauth1 = json!({"oauth_token":"t","oauth_token_secret":"s","mfa_token":null,"mfa_expiration_timestamp":null,"domain":"garmin.com"});
    let oauth2 =
        json!({"scope":"x","access_token":jwt("garmin.com"),"refresh_token":"unused","expires_at":1_900_000_000});
    assert!(read_token(dir.path()).unwrap().is_none());
    std::fs::write(dir.path().join("oauth1_token.json"), oauth1.to_string()).unwrap();
    std::fs::write(dir.path().join("oauth2_token.json"), oauth2.to_string()).unwrap();
    let base64 = STANDARD.encode(json!([oauth1, oauth2]).to_string());
    for text in [
        read_token(dir.path()).unwrap().unwrap(),
        read_token(&dir.path().join("oauth1_token.json")).unwrap().unwrap(),
        Secret::new(base64),
    ] {
        let token = token(text.expose());
        assert!(token.refresh_token.is_none() && token.is_renewable());
        assert_eq!(token.oauth1.as_ref().unwrap().oauth_token_secret, "s");
        let again = self::token(export(&token).expose());
        assert_eq!(again.oauth1.unwrap().oauth_token, "t");
    }
}

#[test]
fn a_pirate_garmin_token_expires_from_its_creation() {
    let text = json!({"createdAt":"2026-01-01T00:00:00Z","loginClientId":"GCM","serviceUrl":"u",
        "di":{"clientId":"PIR","token":{"access_token":"opaque","refresh_token":"r","expires_in":3600,"refresh_token_expires_in":7200}}})
    .to_string();
    let Ok(Imported::Token(token)) = parse(&text, &COM, "2026-06-01T00:00:00Z".parse().unwrap()) else { panic!() };
    assert_eq!(token.expires_at, Some(now().as_second() + 3600));
    assert_eq!(token.refresh_expires_at, Some(now().as_second() + 7200));
    assert_eq!(token.client_id, "PIR");
}

#[test]
fn a_token_of_the_other_domain_is_rejected_before_use() {
    let text = json!({"di_token": jwt("garmin.cn"), "di_refresh_token": "r"}).to_string();
    let error = parse(&text, &COM, now()).err().unwrap().to_string();
    assert!(error.contains("--platform garmin-cn"), "{error}");
    assert!(parse(&text, &CN, now()).is_ok());
}

#[test]
fn a_ticket_is_read_from_text_a_url_json_and_a_page() {
    let android = COM.android_service();
    assert_eq!(ticket("  ST-01-aB.c-sso\n", &COM), ("ST-01-aB.c-sso".into(), android.clone()));
    assert_eq!(
        ticket("https://sso.garmin.com/sso/embed?ticket=ST-2-x-cas", &COM),
        ("ST-2-x-cas".into(), "https://sso.garmin.com/sso/embed".into())
    );
    assert_eq!(
        ticket("https://mobile.integration.garmin.com/gcm/ios?ticket=ST-3&x=y", &COM),
        ("ST-3".into(), COM.ios_service())
    );
    let page = r#"var response_url = "https:\/\/sso.garmin.cn\/sso\/embed?ticket=ST-4-y-cas";"#;
    assert_eq!(ticket(page, &CN), ("ST-4-y-cas".into(), "https://sso.garmin.cn/sso/embed".into()));
    let json =
        json!({"serviceURL": android, "serviceTicketId": "ST-5", "responseStatus": {"type": "SUCCESSFUL"}}).to_string();
    assert_eq!(ticket(&json, &COM), ("ST-5".into(), COM.android_service()));
    assert!(parse("https://sso.garmin.cn/sso/embed?ticket=ST-6", &COM, now()).is_err());
}

#[test]
fn anything_else_is_an_error_that_does_not_quote_it() {
    for text in ["", "hello", "{}", "[1]", "eyJhIjoxfQ=="] {
        let error = parse(text, &COM, now()).err().unwrap().to_string();
        assert!(!error.contains("hello") && error.len() > 20, "{error}");
    }
}
