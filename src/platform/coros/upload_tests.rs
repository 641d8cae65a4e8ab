//! Uploads without a socket: what is asked, in which order, and what each answer leads to.

use std::cell::RefCell;

use super::super::region::region;
use super::*;
use crate::http::{self, Request, Response, Secret};
use base64::Engine as _;
use serde_json::json;

const MD5: &str = "5d41402abc4b2a76b9719d911017c592";

fn file() -> Outgoing<'static> {
    Outgoing {
        bytes: b"hello",
        format: "fit",
        name: "a.fit",
        start_time: None,
        utc_offset_s: Some(3600),
        again: false,
        not_after: None,
    }
}

/// Plays COROS and its stores: the first answer whose part stands in the URL, each used once if it is marked so.
struct World {
    answers: RefCell<Vec<(&'static str, Play)>>,
    asked: RefCell<Vec<Request>>,
    token: RefCell<(&'static str, u32)>,
    /// What the API exchanges a dead token for.
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

    fn session(&self) -> Session {
        let (token, id) = *self.token.borrow();
        Session { token: Secret::new(token), region: region(id).unwrap(), user_id: "460001".into() }
    }

    fn call(&self, build: store_credentials::Build) -> Result<Answer> {
        use super::super::response::{Heard, read, unclear};
        loop {
            let request = build(&self.session());
            let response = self.send(&request).map_err(|error| unclear(&error.to_string()))?;
            match (read(&request, &response, "")?, self.next) {
                (Heard::Answer(answer), _) => return Ok(answer),
                (Heard::TokenRefused, Some(next)) if *self.token.borrow() != next => *self.token.borrow_mut() = next,
                (Heard::TokenRefused, _) => return Err(Error::Login("log in".into())),
            }
        }
    }

    fn with<T>(&self, work: impl FnOnce(&Hands) -> T) -> T {
        self.at(1_700_000_000, work)
    }

    fn at<T>(&self, second: i64, work: impl FnOnce(&Hands) -> T) -> T {
        work(&Hands {
            session: &|| Ok(self.session()),
            call: &|build| self.call(build),
            send: &|request| self.send(request),
            now: &|| Timestamp::from_second(second).unwrap(),
        })
    }

    fn upload(&self) -> Result<Uploaded> {
        self.with(|hands| upload(&file(), hands, &mut Kept::default()))
    }

    /// Method and host of what was asked.
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

/// Keys as they are handed out for a region.
fn keys(region: u32) -> Play {
    let shelf = super::super::sts::shelf(region).unwrap();
    let fields = json!({"AccessKeyId": "AK", "AccessKeySecret": "SK", "SecurityToken": "ST", "SessionToken": "ST",
        "Region": "here-1", "Bucket": shelf.bucket, "Expiration": "2023-11-14T23:13:20Z"});
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
fn keys_one_put_one_import() {
    let world = World::new(3, &[("/oss/sts", keys(3)), ("amazonaws", say(200, "")), ("/fit/import", taken(1))]);
    assert_eq!(world.upload().unwrap(), Uploaded::Pending(format!("7:{MD5}")));
    assert_eq!(
        world.hosts(),
        ["GET trainingeu.coros.com", "PUT eu-coros.s3.here-1.amazonaws.com", "POST teameuapi.coros.com"]
    );
    let asked = world.asked.borrow();
    assert!(asked[1].url.ends_with(&format!("/fit_zip/460001/{MD5}.zip")), "{}", asked[1].url);
    assert!(asked[1].headers.iter().all(|(_, value)| !value.contains("T1")), "the store does not get the session");
}

#[test]
fn one_way_to_the_keys_after_the_other_and_none_is_told() {
    let rest = [("amazonaws", say(200, "")), ("/fit/import", taken(2))];
    for (gone, asked) in [(vec!["training.coros"], 2), (vec!["training.coros", "t.coros"], 3)] {
        let gone = gone.iter().map(|part| (*part, say(404, "<html>")));
        let answers: Vec<_> = gone.chain([("/oss/sts", keys(1))]).chain(rest.clone()).collect();
        let world = World::new(1, &answers);
        assert_eq!(
            world.upload().unwrap(),
            Uploaded::Pending(format!("7:{MD5}")),
            "finished, which proves no activity"
        );
        assert_eq!(world.count("/oss/sts"), asked);
    }
    let world = World::new(1, &rest);
    let Err(Error::Later { message, down: true }) = world.upload() else { panic!() };
    assert!(message.contains("no longer hands out") && message.contains("nothing was uploaded"), "{message}");
    assert_eq!(world.hosts(), ["GET training.coros.com", "GET t.coros.com", "GET faq.coros.com"]);
    // Trouble on one of the ways is no farewell.
    let world = World::new(1, &[("training.coros", Play::Broken)]);
    assert!(matches!(world.upload(), Err(Error::Later { message, .. }) if message.contains("try again later")));
}

#[test]
fn a_token_that_another_login_ended_is_exchanged_once() {
    let dead = |part| (part, Play::Once(200, json!({"code": 401, "msg": "signature error"}).to_string()));
    let ended = ("/account/query", Play::Once(200, json!({"result": "1019"}).to_string()));
    let whose = ("/account/query", say(200, json!({"result": "0000", "data": {}})));
    let rest = [("amazonaws", say(200, "")), ("/fit/import", taken(1))];
    // The account is in another region now: there everything happens.
    let answers = [dead("trainingcn"), ended, whose.clone(), ("trainingeu", keys(3))];
    let mut world = World::new(2, &[&answers[..], &rest].concat());
    world.next = Some(("T2", 3));
    assert!(matches!(world.upload(), Ok(Uploaded::Pending(_))));
    assert_eq!(world.count("eu-coros.s3"), 1);
    // The API takes it: it is only this way that does not, and nobody logs in.
    let answers = [dead("training.coros"), whose, ("t.coros.com", keys(1))];
    let mut world = World::new(1, &[&answers[..], &rest].concat());
    world.next = Some(("T2", 1));
    assert!(matches!(world.upload(), Ok(Uploaded::Pending(_))));
    assert_eq!(*world.token.borrow(), ("T1", 1));
}

#[test]
fn an_account_that_has_moved_is_imported_where_it_lives_now() {
    let ended = ("teamcnapi.coros.com/activity/fit/import", say(200, json!({"result": "1019"})));
    let whose = ("/account/query", say(200, json!({"result": "0000", "data": {}})));
    let stores =
        [("trainingcn", keys(2)), ("trainingeu", keys(3)), ("aliyuncs", say(200, "")), ("amazonaws", say(200, ""))];
    let mut world = World::new(2, &[&[ended, whose][..], &stores, &[("/fit/import", taken(1))]].concat());
    world.next = Some(("T2", 3));
    assert!(matches!(world.upload(), Ok(Uploaded::Pending(_))));
    let asked = world.asked.borrow();
    let imported = asked.iter().rfind(|request| request.url.contains("/fit/import")).unwrap();
    let order = String::from_utf8(imported.body.clone().unwrap()).unwrap();
    assert!(imported.url.contains("teameuapi") && order.contains("eu-coros"), "{order}");
}

#[test]
fn oss_is_signed_the_other_way_when_the_first_is_refused() {
    let answers = |first: Play| {
        [("/oss/sts", keys(2)), ("aliyuncs", first), ("aliyuncs", say(200, "")), ("/fit/import", taken(2))]
    };
    let world = World::new(2, &answers(Play::Once(403, refused("SignatureDoesNotMatch"))));
    assert!(world.upload().is_ok());
    let asked = world.asked.borrow();
    let signed = |at: usize| &asked[at].headers.iter().find(|(name, _)| name == "Authorization").unwrap().1;
    assert!(signed(1).starts_with("OSS AK:") && signed(2).starts_with("OSS4-HMAC-SHA256 "));
    // A wrong clock is wrong for both.
    let world = World::new(2, &answers(Play::Once(403, refused("RequestTimeTooSkewed"))));
    assert!(matches!(world.upload(), Err(Error::Later { message, down: true }) if message.contains("clock")));
    assert_eq!(world.count("aliyuncs"), 1);
}

#[test]
fn what_the_store_refuses_is_never_imported() {
    for (status, code, down) in [
        (403, "SignatureDoesNotMatch", true),
        (403, "AccessDenied", true),
        (404, "NoSuchBucket", true),
        (503, "SlowDown", false),
    ] {
        let world = World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(status, refused(code)))]);
        let Err(Error::Later { message, down: said }) = world.upload() else { panic!("{code}") };
        assert!(said == down && message.contains(code) && !message.contains("ST<"), "{message}");
        assert_eq!(world.count("/fit/import"), 0);
    }
}

#[test]
fn keys_are_used_again_until_they_are_called_back() {
    let world = World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(200, "")), ("/fit/import", taken(1))]);
    let mut kept = Kept::default();
    world.with(|hands| {
        for _ in 0..3 {
            assert!(upload(&file(), hands, &mut kept).is_ok());
        }
    });
    assert_eq!(world.count("/oss/sts"), 1);
    world.answers.borrow_mut().insert(0, ("amazonaws", Play::Once(403, refused("InvalidToken"))));
    assert!(world.with(|hands| upload(&file(), hands, &mut kept)).is_ok());
    assert_eq!(world.count("/oss/sts"), 2);
    // Those that end in five minutes, or are for another region's store, are not used.
    let soon = Timestamp::from_second(1_700_000_000 + 240).unwrap();
    let keys = kept.keys.unwrap();
    for keys in [Keys { expires: Some(soon), ..keys.clone() }, Keys { bucket: "eu-coros".into(), ..keys }] {
        let before = world.count("/oss/sts");
        assert!(world.with(|hands| upload(&file(), hands, &mut Kept { keys: Some(keys), ..Kept::default() })).is_ok());
        assert_eq!(world.count("/oss/sts"), before + 1);
    }
}

#[test]
fn an_import_whose_answer_is_lost_is_sent_once_and_found_in_the_queue() {
    for lost in [Play::Broken, say(502, "<html>"), say(200, "<html>"), say(200, json!({"result": "0000", "data": {}}))]
    {
        let world = World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(200, "")), ("/fit/import", lost)]);
        assert!(matches!(world.upload(), Err(Error::Unclear(_))));
        assert_eq!(world.count("/fit/import"), 1);
    }
    let queue = json!({"result": "0000", "data": [{"id": 7, "md5": MD5, "status": 2}]});
    let world = World::new(1, &[("getImportSportList", say(200, queue))]);
    let sent = [Sent { ticket: None, file: Some(file()) }, Sent { ticket: Some("8:x"), file: None }];
    let settled = world.with(|hands| settle(&sent, hands)).unwrap();
    assert_eq!(
        settled.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
        [Uploaded::Created(None), Uploaded::Unknown]
    );
    assert_eq!(world.asked.borrow().len(), 1, "one look settles all");
}

#[test]
fn a_file_sent_again_is_another_one_but_the_same_within_the_hour() {
    let world = World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(200, "")), ("/fit/import", taken(1))]);
    let object = |second: i64| {
        let again = Outgoing { again: true, ..file() };
        assert!(world.at(second, |hands| upload(&again, hands, &mut Kept::default())).is_ok());
        world.asked.borrow().iter().rfind(|request| request.method == "PUT").unwrap().url.clone()
    };
    // 22:13:20, 22:46:39, 23:00:00
    let [first, later, next] = [1_700_000_000, 1_700_001_999, 1_700_002_800].map(object);
    assert!(first == later && first != next && !first.contains(MD5));
}

#[test]
fn an_import_that_is_refused_or_fails_at_once_says_so() {
    let import =
        |answer| World::new(1, &[("/oss/sts", keys(1)), ("amazonaws", say(200, "")), ("/fit/import", answer)]).upload();
    assert!(matches!(import(taken(-1)), Err(Error::Refused(_))));
    assert!(matches!(import(taken(-2)), Err(Error::Gone(why)) if why.contains("not at fault")));
    let exceptions = say(200, json!({"result": "1001", "message": "Service exceptions"}));
    assert!(matches!(import(exceptions), Err(Error::Strange(why)) if why.contains("1001 Service exceptions")));
    assert!(matches!(import(say(429, "")), Err(Error::Later { down: true, .. })));
    assert!(matches!(import(say(200, json!({"result": "1019"}))), Err(Error::Login(_))));
}

#[test]
fn nothing_to_settle_asks_nothing() {
    let world = World::new(1, &[]);
    assert!(world.with(|hands| settle(&[], hands)).unwrap().is_empty());
    assert_eq!(world.hosts(), [""; 0]);
}
