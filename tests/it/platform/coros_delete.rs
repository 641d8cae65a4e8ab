//! COROS deletions through the library: each is sent once; the result after each kind of response.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::open_platform::{AtOnce, context, options};
use crate::support::{COROS_LOGIN, asked, coros};
use garminsync::activity::Activity;
use garminsync::http::{Http, Secret};
use garminsync::platform::{self, Context, Credentials, Error, LoginBlock, LoginGuard, PlatformWriter, Platforms};
use garminsync::reason::Reason;
use gs_sim::{CorosSpec, Effect, Fault, Sim};
use jiff::Timestamp;

const DELETE: &str = "/activity/delete";

/// Allows one automatic login.
#[derive(Default)]
struct OneLogin(AtomicUsize);

impl LoginGuard for OneLogin {
    fn login_block(&self, by_hand: bool) -> platform::Result<Option<LoginBlock>> {
        Ok((!by_hand && self.0.load(Ordering::Relaxed) > 0).then_some(LoginBlock::OncePerRun))
    }
    fn begin(&self) -> platform::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    fn not_sent(&self) -> platform::Result<()> {
        Ok(())
    }
    fn service_failed(&self, _: &Reason) -> platform::Result<Timestamp> {
        Ok(Timestamp::MAX)
    }
    fn rate_limited(&self, _: &Reason) -> platform::Result<Timestamp> {
        Ok(Timestamp::MAX)
    }
    fn rejected(&self, _: &Reason) -> platform::Result<()> {
        Ok(())
    }
    fn succeeded(&self) -> platform::Result<()> {
        Ok(())
    }
}

fn credentials() -> Credentials {
    Credentials { user: "runner@example.org".into(), password: Secret::new("correct horse") }
}

/// COROS after a manual login, so that one automatic login is still allowed.
fn open(sim: &Sim, tokens: &tempfile::TempDir) -> Box<dyn PlatformWriter> {
    let spec = Platforms::default().find("coros").unwrap();
    let http = Arc::new(Http::new(Arc::new(AtOnce), options(&sim.base_url())));
    let context = || Context {
        credentials: Box::new(|| Ok(Some(credentials()))),
        guard: Arc::new(OneLogin::default()),
        ..context(&spec.id, http.clone(), tokens.path())
    };
    spec.open_login(context()).unwrap().login(&credentials(), &mut |_| None).unwrap();
    sim.clear_log();
    spec.open_writer(context()).unwrap()
}

fn activity(id: &str) -> Activity {
    Activity { platform: "coros".into(), id: id.into(), ..Activity::default() }
}

fn three() -> (Sim, Activity) {
    let sim = coros(CorosSpec { generate: 3, ..CorosSpec::default() });
    let id = sim.with(|state| state.coros_ids(2))[1];
    (sim, activity(&id.to_string()))
}

fn left(sim: &Sim) -> usize {
    sim.with(|state| state.coros_ids(2)).len()
}

#[test]
fn a_deletion_is_one_request_and_succeeds_if_repeated() {
    let (sim, item) = three();
    let tokens = tempfile::tempdir().unwrap();
    let coros = open(&sim, &tokens);
    coros.delete(&item, None).unwrap();
    assert_eq!((left(&sim), sim.log().len()), (2, 1));
    coros.delete(&item, None).unwrap();
    assert_eq!(left(&sim), 2);
    for bad in ["", "x", "1,2"] {
        assert!(matches!(coros.delete(&activity(bad), None), Err(Error::Rejected(_))), "{bad}");
    }
    assert_eq!(asked(&sim, DELETE).len(), 2);
}

#[test]
fn a_deletion_with_an_expired_token_is_resent_after_a_new_login() {
    let (sim, item) = three();
    let tokens = tempfile::tempdir().unwrap();
    let coros = open(&sim, &tokens);
    sim.with(|state| state.expire_coros_token(2));
    coros.delete(&item, None).unwrap();
    assert_eq!((left(&sim), asked(&sim, DELETE).len(), asked(&sim, COROS_LOGIN).len()), (2, 2, 1));
    // The token expires again, and the one automatic login is used up.
    sim.with(|state| state.expire_coros_token(2));
    let error = coros.delete(&item, None).unwrap_err();
    assert!(
        matches!(&error, Error::Retry { platform_wide: true, message } if message.contains("another session")),
        "{error}"
    );
    assert_eq!(asked(&sim, COROS_LOGIN).len(), 1);
}

#[test]
fn a_lost_deletion_response_has_an_unknown_outcome_and_is_not_resent() {
    let response =
        |status, body: &str| Effect::Status { status, retry_after: None, body: Some(body.into()), content_type: None };
    for effect in [
        Effect::AnswerLost,
        Effect::Reset,
        Effect::Html,
        Effect::Cut { at: 3 },
        response(503, "<html>"),
        response(200, "{}"),
    ] {
        let (sim, item) = three();
        let tokens = tempfile::tempdir().unwrap();
        let coros = open(&sim, &tokens);
        sim.fault(Fault::new(effect.clone()).path(DELETE));
        let error = coros.delete(&item, None).unwrap_err();
        assert!(
            matches!(&error, Error::OutcomeUnknown(text) if text.contains("outcome unknown")),
            "{effect:?}: {error}"
        );
        assert_eq!(asked(&sim, DELETE).len(), 1, "{effect:?}");
    }
    let (sim, item) = three();
    let tokens = tempfile::tempdir().unwrap();
    let coros = open(&sim, &tokens);
    sim.fault(Fault::new(response(200, r#"{"result":"1001","message":"Service exceptions"}"#)).path(DELETE));
    assert!(
        matches!(coros.delete(&item, None), Err(Error::Rejected(words)) if words.contains("1001 Service exceptions"))
    );
    sim.clear_faults();
    sim.fault(Fault::new(response(429, "")).path(DELETE));
    assert!(matches!(coros.delete(&item, None), Err(Error::Retry { platform_wide: true, .. })));
    assert_eq!(left(&sim), 3);
}
