//! Responses of the login, with invented values, and its requests.

use super::super::region::REGIONS;
use super::*;

fn credentials() -> Credentials {
    Credentials { user: "a@example.org".into(), password: Secret::new("pässwörd 跑") }
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body.as_ref().unwrap()).unwrap()
}

fn answer(status: u16, body: &str) -> LoginReply {
    parse_answer(&Response { status, headers: Vec::new(), body: body.into() }, &Secret::new("hunter2"))
}

#[test]
fn the_older_form_is_the_plain_md5() {
    let request = login_request(&REGIONS[1], &credentials(), Form::Md5, [0; 16]).unwrap();
    assert_eq!(request.url, "https://teamcnapi.coros.com/account/login");
    let md5 = md5_hex("pässwörd 跑".as_bytes());
    assert_eq!(body(&request), json!({"account": "a@example.org", "accountType": 2, "pwd": md5}));
    assert_eq!(md5_hex(b"correct horse").len(), 32);
    assert_eq!(md5_hex(b""), "d41d8cd98f00b204e9800998ecf8427e");
}

#[test]
fn the_newer_form_is_bcrypt_of_the_md5_with_its_salt() {
    let request = login_request(&REGIONS[0], &credentials(), Form::Bcrypt, [7; 16]).unwrap();
    let body = body(&request);
    let (p1, p2) = (body["p1"].as_str().unwrap(), body["p2"].as_str().unwrap());
    assert!(p1.starts_with(p2) && p2.len() == 29 && p2.starts_with("$2b$10$"), "{p1} {p2}");
    assert!(bcrypt::verify(md5_hex("pässwörd 跑".as_bytes()), p1).unwrap());
    assert!(body["pwd"].is_null() && body["rmbm"] == 1);
}

#[test]
fn a_login_gives_token_region_and_account() {
    let text = r#"{"result":"0000","message":"OK","apiCode":"41C2B95C","data":{"accessToken":"ABC","userId":"1234567890123456789",
        "regionId":3,"nickname":"Runner","email":"a@example.org","headPic":"","countryCode":"CH","birthday":19900101}}"#;
    let LoginReply::LoggedIn(entry) = answer(200, text) else { panic!() };
    assert_eq!((entry.token.expose(), entry.region), ("ABC", Some(3)));
    assert_eq!((entry.user_id.as_deref(), entry.user.as_deref()), (Some("1234567890123456789"), Some("Runner")));
    let bare = r#"{"result":"0000","data":{"accessToken":"ABC","userId":1234567890123456789,"nickname":null}}"#;
    let LoginReply::LoggedIn(entry) = answer(200, bare) else { panic!() };
    assert_eq!((entry.region, entry.user_id.as_deref(), entry.user), (None, Some("1234567890123456789"), None));
}

#[test]
fn a_second_factor_continues_in_its_region_with_the_typed_address() {
    let text = r#"{"result":"0000","data":{"loginTicket":"T","appKey":"K","account":"opaque","accountType2fa":2,"regionId":4,"twoFactorRequired":true}}"#;
    let LoginReply::SecondFactor(challenge) = answer(200, text) else { panic!() };
    assert_eq!(challenge.region, Some(4));
    let mail = captcha_request(&REGIONS[3], "a@example.org", &challenge);
    assert_eq!(body(&mail), json!({"account": "a@example.org", "codeType": 20, "lengthType": 2, "accountType": 2}));
    let verify = verify_request(&REGIONS[3], &challenge, &Secret::new(" 135790\n"));
    assert_eq!(verify.url, "https://teamsgapi.coros.com/account/2fa/login/verify");
    assert_eq!(body(&verify), json!({"loginTicket": "T", "appKey": "K", "code": "135790"}));
    for request in [mail, verify] {
        assert!(request.headers.contains(&("X-No-Warnning".into(), "1".into())), "{}", request.url);
    }
    let LoginReply::SecondFactor(challenge) = answer(200, &text.replace(":2,", ":\"1\",")) else { panic!() };
    let mail = captcha_request(&REGIONS[3], "a@example.org", &challenge);
    assert_eq!(body(&mail)["accountType"], 1, "a text is sent back as a number");
}

#[test]
fn wrong_passwords_unsupported_forms_and_rate_limits_are_distinguished() {
    let refused = |result: &str, message: &str| answer(200, &json!({"result": result, "message": message}).to_string());
    assert!(matches!(
        refused("1030", "The login credentials you entered do not match our records."),
        LoginReply::WrongPassword
    ));
    for code in ["1001", "9999"] {
        assert!(matches!(refused(code, "Parameter input error"), LoginReply::UnsupportedForm(_)));
    }
    let LoginReply::Rejected(words) = refused("1999", "locked: hunter2") else { panic!() };
    assert_eq!(words, "1999 locked: ***");
    assert!(matches!(answer(429, ""), LoginReply::RateLimited(_)));
    assert!(matches!(answer(200, "<html>"), LoginReply::RateLimited(_)));
    assert!(matches!(answer(403, " <html>"), LoginReply::RateLimited(_)));
    assert!(matches!(answer(502, "<html>"), LoginReply::ServiceFailed(_)));
    assert!(matches!(answer(200, "{\"result\":"), LoginReply::ServiceFailed(_)));
    assert!(matches!(answer(200, r#"{"result":"0000","data":{}}"#), LoginReply::CodeSent));
}
