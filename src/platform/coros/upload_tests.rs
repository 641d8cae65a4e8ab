//! Uploads without a socket: the requests, their order, and the result of each response.

use std::cell::RefCell;

use super::super::region::region;
use super::*;
use crate::activity::Format;
use crate::http::{self, Request, Response, Secret};
use base64::Engine as _;
use serde_json::json;

const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

fn file() -> UploadFile<'static> {
    UploadFile {
        bytes: b"hello",
        format: Format::Fit,
        name: "a.fit",
        activity: None,
        start_time: None,
        utc_offset_s: Some(3600),
        reupload: false,
        not_after: None,
    }
}

/// Simulates COROS and its stores: returns the first response whose key is part of the URL. Some responses are returned
/// only once.
struct World {
    answers: RefCell<Vec<(&'static str, Play)>>,
    asked: RefCell<Vec<Request>>,
    token: RefCell<(&'static str, u32)>,
    /// The token that replaces an invalid one.
    next: Option<(&'static str, u32)>,
}

#[derive(Clone)]
enum Play {
    Say(u16, String),
    Once(u16, String),
    Broken,
}

impl World {
    fn new(region: u32, answers: &[(&'static str, Play)]) -> World {
        World { answers: answers.to_vec().into(), asked: RefCell::default(), token: ("T1", region).into(), next: None }
    }

    fn send(&self, request: &Request) -> std::result::Result<Response, http::Error> {
        self.asked.borrow_mut().push(request.clone());
        let mut answers = self.answers.borrow_mut();
        let at = answers.iter().position(|(part, _)| request.url.contains(part));
        let (status, body) = match at.map(|at| answers[at].1.clone()) {
            Some(Play::Say(status, body)) => (status, body),
            Some(Play::Once(status, body)) => {
                answers.remove(at.unwrap());
                (status, body)
            }
            Some(Play::Broken) => {
                return Err(http::Error::Network { host: "h".into(), why: "reset".into(), unsent: false });
            }
            None => (404, "<html>".to_owned()),
        };
        Ok(Response { status, headers: Vec::new(), body: body.into_bytes() })
    }

    fn session(&self) -> ApiSession {
        let (token, id) = *self.token.borrow();
        ApiSession { token: Secret::new(token), region: region(id).unwrap(), user_id: "460001".into() }
    }

    fn call(&self, build: store_credentials::Build) -> Result<ApiResult> {
        use super::super::response::{ApiReply, outcome_unknown, read};
        loop {
            let request = build(&self.session());
            let response = self.send(&request).map_err(|error| outcome_unknown(&error.to_string()))?;
            match (read(&request, &response, "")?, self.next) {
                (ApiReply::Result(answer), _) => return Ok(answer),
                (ApiReply::TokenRejected, Some(next)) if *self.token.borrow() != next => {
                    *self.token.borrow_mut() = next
                }
                (ApiReply::TokenRejected, _) => return Err(Error::Login("log in".into())),
            }
        }
    }

    fn with<T>(&self, work: impl FnOnce(&Transport) -> T) -> T {
        self.at(1_700_000_000, work)
    }

    fn at<T>(&self, second: i64, work: impl FnOnce(&Transport) -> T) -> T {
        work(&Transport {
            session: &|| Ok(self.session()),
            call: &|build| self.call(build),
            send: &|request| self.send(request),
            now: &|| Timestamp::from_second(second).unwrap(),
        })
    }

    fn upload(&self) -> Result<UploadStatus> {
        self.with(|transport| upload(&file(), transport, &mut UploadCache::default()))
    }

    /// Method and host of the requests.
    fn hosts(&self) -> Vec<String> {
        let asked = self.asked.borrow();
        asked.iter().map(|request| format!("{} {}", request.method, request.url.split('/').nth(2).unwrap())).collect()
    }

    fn count(&self, part: &str) -> usize {
        self.asked.borrow().iter().filter(|request| request.url.contains(part)).count()
    }
}

fn say(status: u16, body: impl ToString) -> Play {
    Play::Say(status, body.to_string())
}

/// Credentials for a region.
fn keys(region: u32) -> Play {
    let shelf = super::super::sts::bucket(region).unwrap();
    let fields = json!({"AccessKeyId": "AK", "AccessKeySecret": "SK", "SecurityToken": "ST", "SessionToken": "ST",
        "Region": "here-1", "Bucket": shelf.name, "Expiration": "2023-11-14T23:13:20Z"});
    let text = base64::engine::general_purpose::STANDARD.encode(fields.to_string());
    say(200, json!({"code": 200, "data": {"credentials": format!("{text}9y78gpoERW4lBNYL")}}))
}

fn taken(status: i64) -> Play {
    say(200, json!({"result": "0000", "data": {"id": 7, "md5": MD5, "status": status}}))
}

fn refused(code: &str) -> String {
    format!("<Error><Code>{code}</Code><StringToSign>ST</StringToSign></Error>")
}

#[test]
fn an_upload_is_credentials_one_put_and_one_import() {
    let world = World::new(3, &[("/oss/sts", keys(3)), ("amazonaws", say(200, "")), ("/fit/import", taken(1))]);
    assert_eq!(world.upload().unwrap(), UploadStatus::Pending(format!("7:{MD5}")));
    assert_eq!(
        world.hosts(),
        ["GET trainingeu.coros.com", "PUT eu-coros.s3.here-1.amazonaws.com", "POST teameuapi.coros.com"]
    );
    let asked = world.asked.borrow();
    assert!(asked[1].url.ends_with(&format!("/fit_zip/460001/{MD5}.zip")), "{}", asked[1].url);
    assert!(asked[1].headers.iter().all(|(_, value)| !value.contains("T1")), "the store does not get the session");
}

#[test]
fn each_source_of_credentials_is_tried_and_a_failure_names_all() {
    let rest = [("amazonaws", say(200, "")), ("/fit/import", taken(2))];
    for (gone, asked) in [(vec!["training.coros"], 2), (vec!["training.coros", "t.coros"], 3)] {
        let gone = gone.iter().map(|part| (*part, say(404, "<html>")));
        let answers: Vec<_> = gone.chain([("/oss/sts", keys(1))]).chain(rest.clone()).collect();
        let world = World::new(1, &answers);
        assert_eq!(
            world.upload().unwrap(),
            UploadStatus::Pending(format!("7:{MD5}")),
            "finished, which proves no activity"
        );
        assert_eq!(world.count("/oss/sts"), asked);
    }
    let world = World::new(1, &rest);
    let Err(Error::Retry { message, platform_wide: true }) = world.upload() else { panic!() };
    assert!(message.contains("update garminsync") && message.contains("nothing was uploaded"), "{message}");
    assert_eq!(world.hosts(), ["GET training.coros.com", "GET t.coros.com", "GET faq.coros.com"]);
    // A temporary failure of one source means a retry.
    let world = World::new(1, &[("training.coros", Play::Broken)]);
    assert!(matches!(world.upload(), Err(Error::Retry { message, .. }) if message.contains("try again later")));
}

#[test]
fn a_token_that_another_login_ended_is_replaced_once() {
    let dead = |part| (part, Play::Once(200, json!({"code": 401, "msg": "signature error"}).to_string()));
    let ended = ("/account/query", Play::Once(200, json!({"result": "1019"}).to_string()));
    let whose = ("/account/query", say(200, json!({"result": "0000", "data": {}})));
    let rest = [("amazonaws", say(200, "")), ("/fit/import", taken(1))];
    // The account has moved to another region, so all requests go there.
    let answers = [dead("trainingcn"), ended, whose.clone(), ("trainingeu", keys(3))];
    let mut world = World::new(2, &[&answers[..], &rest].concat());
    world.next = Some(("T2", 3));
    assert!(matches!(world.upload(), Ok(UploadStatus::Pending(_))));
    assert_eq!(world.count("eu-coros.s3"), 1);
    // The API accepts the token: only this source rejects it, and there is no login.
    let answers = [dead("training.coros"), whose, ("t.coros.com", keys(1))];
    let mut world = World::new(1, &[&answers[..], &rest].concat());
    world.next = Some(("T2", 1));
    assert!(matches!(world.upload(), Ok(UploadStatus::Pending(_))));
    assert_eq!(*world.token.borrow(), ("T1", 1));
}

#[test]
fn an_account_that_moved_is_imported_in_its_new_region() {
    let ended = ("teamcnapi.coros.com/activity/fit/import", say(200, json!({"result": "1019"})));
    let whose = ("/account/query", say(200, json!({"result": "0000", "data": {}})));
    let stores =
        [("trainingcn", keys(2)), ("trainingeu", keys(3)), ("aliyuncs", say(200, "")), ("amazonaws", say(200, ""))];
    let mut world = World::new(2, &[&[ended, whose][..], &stores, &[("/fit/import", taken(1))]].concat());
    world.next = Some(("T2", 3));
    assert!(matches!(world.upload(), Ok(UploadStatus::Pending(_))));
    let asked = world.asked.borrow();
    let imported = asked.iter().rfind(|request| request.url.contains("/fit/import")).unwrap();
    let order = String::from_utf8(imported.body.clone().unwrap()).unwrap();
    assert!(imported.url.contains("teameuapi") && order.contains("eu-coros"), "{order}");
}

#[test]
fn oss_is_signed_with_version_4_when_version_1_is_rejected() {
    let answers = |first: Play| {
        [("/oss/sts", keys(2)), ("aliyuncs", first), ("aliyuncs", say(200, "")), ("/fit/import", taken(2))]
    };
    let world = World::new(2, &answers(Play::Once(403, refused("SignatureDoesNotMatch"))));
    assert!(world.upload().is_ok());
    let asked = world.asked.borrow();
    let signed = |at: usize| &asked[at].headers.iter().find(|(name, _)| name == "Authorization").unwrap().1;
    assert!(signed(1).starts_with("OSS AK:") && signed(2).starts_with("OSS4-HMAC-SHA256 "));
    // A wrong clock affects both signature versions.
    let world = World::new(2, &answers(Play::Once(403, refused("RequestTimeTooSkewed"))));
    assert!(matches!(world.upload(), Err(Error::Retry { message, platform_wide: true }) if message.contains("clock")));
    assert_eq!(world.count("aliyuncs"), 1);
}

#[test]
fn a_file_that_the_store_rejects_is_never_imported() {
    for (status, code, down) in [
        (403, "SignatureDoesNotMatch", true),
        (403, "AccessDenied", true),
        (404, "NoSuchBucket", true),
        (503, "SlowDown", false),
    ] {
        let world = World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(status, refused(code)))]);
        let Err(Error::Retry { message, platform_wide: said }) = world.upload() else { panic!("{code}") };
        assert!(said == down && message.contains(code) && !message.contains("ST<"), "{message}");
        assert_eq!(world.count("/fit/import"), 0);
    }
}

#[test]
fn credentials_are_used_again_until_they_are_revoked() {
    let world = World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(200, "")), ("/fit/import", taken(1))]);
    let mut kept = UploadCache::default();
    world.with(|transport| {
        for _ in 0..3 {
            assert!(upload(&file(), transport, &mut kept).is_ok());
        }
    });
    assert_eq!(world.count("/oss/sts"), 1);
    world.answers.borrow_mut().insert(0, ("amazonaws", Play::Once(403, refused("InvalidToken"))));
    assert!(world.with(|transport| upload(&file(), transport, &mut kept)).is_ok());
    assert_eq!(world.count("/oss/sts"), 2);
    // Credentials that expire in five minutes, or for another region's store, are not used.
    let soon = Timestamp::from_second(1_700_000_000 + 240).unwrap();
    let credentials = kept.credentials.unwrap();
    for credentials in [
        StoreCredentials { expires: Some(soon), ..credentials.clone() },
        StoreCredentials { bucket: "eu-coros".into(), ..credentials },
    ] {
        let before = world.count("/oss/sts");
        assert!(
            world
                .with(|transport| upload(
                    &file(),
                    transport,
                    &mut UploadCache { credentials: Some(credentials), ..UploadCache::default() }
                ))
                .is_ok()
        );
        assert_eq!(world.count("/oss/sts"), before + 1);
    }
}

#[test]
fn an_import_with_a_lost_response_is_sent_once_and_found_in_the_queue() {
    for lost in [Play::Broken, say(502, "<html>"), say(200, "<html>"), say(200, json!({"result": "0000", "data": {}}))]
    {
        let world = World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(200, "")), ("/fit/import", lost)]);
        assert!(matches!(world.upload(), Err(Error::OutcomeUnknown(_))));
        assert_eq!(world.count("/fit/import"), 1);
    }
    let queue = json!({"result": "0000", "data": [{"id": 7, "md5": MD5, "status": 2}]});
    let world = World::new(1, &[("getImportSportList", say(200, queue))]);
    let sent = [UploadRef { status_ref: None, file: Some(file()) }, UploadRef { status_ref: Some("8:x"), file: None }];
    let settled = world.with(|transport| status(&sent, transport)).unwrap();
    assert_eq!(
        settled.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
        [UploadStatus::Created(None), UploadStatus::Unknown]
    );
    assert_eq!(world.asked.borrow().len(), 1, "one request returns the status of all uploads");
}

#[test]
fn a_reupload_is_a_new_file_and_the_same_within_the_hour() {
    let world = World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(200, "")), ("/fit/import", taken(1))]);
    let object = |second: i64| {
        let again = UploadFile { reupload: true, ..file() };
        assert!(world.at(second, |transport| upload(&again, transport, &mut UploadCache::default())).is_ok());
        world.asked.borrow().iter().rfind(|request| request.method == "PUT").unwrap().url.clone()
    };
    // 22:13:20, 22:46:39, 23:00:00
    let [first, later, next] = [1_700_000_000, 1_700_001_999, 1_700_002_800].map(object);
    assert!(first == later && first != next && !first.contains(MD5));
}

#[test]
fn an_import_that_fails_at_once_is_an_error() {
    let import =
        |answer| World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(200, "")), ("/fit/import", answer)]).upload();
    assert!(matches!(import(taken(-1)), Err(Error::Rejected(_))));
    assert!(matches!(import(taken(-2)), Err(Error::NotFound(why)) if why.contains("did not find")));
    let exceptions = say(200, json!({"result": "1001", "message": "Service exceptions"}));
    assert!(matches!(import(exceptions), Err(Error::Unexpected(why)) if why.contains("1001 Service exceptions")));
    assert!(matches!(import(say(429, "")), Err(Error::Retry { platform_wide: true, .. })));
    assert!(matches!(import(say(200, json!({"result": "1019"}))), Err(Error::Login(_))));
}

#[test]
fn the_status_of_no_uploads_needs_no_request() {
    let world = World::new(1, &[]);
    assert!(world.with(|transport| status(&[], transport)).unwrap().is_empty());
    assert_eq!(world.hosts(), [""; 0]);
}
