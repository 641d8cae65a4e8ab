//! Parallel commands on one platform: one token renewal, no lost token, and the interval between any two requests.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::support::open_platform::options;
use crate::support::{FILES, TOKEN, Work, asked, coros, plain};
use garminsync::http::{Error, Http, Permit, PermitError, RateLimiter, Request};
use gs_sim::CorosSpec;
use jiff::{SignedDuration, Timestamp};

#[test]
fn parallel_commands_renew_a_token_once_and_keep_the_request_interval() {
    const INTERVAL_MS: u32 = 150;
    let sim = plain(40);
    let sim_started = Instant::now();
    let mut work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &["--missing"]).out.clone();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.clear_log();
    work.set("GS_REQUEST_INTERVAL", &format!("{INTERVAL_MS}ms"));
    let lines: Vec<&str> = list.lines().collect();
    let parts: Vec<String> = lines.chunks(10).map(|part| part.join("\n")).collect();
    let began = sim_started.elapsed();
    let mut children: Vec<_> = parts.iter().map(|part| work.spawn("gs-download", &[], part)).collect();
    children.push(work.spawn("gs-fetch", &[], ""));
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(asked(&sim, TOKEN).len(), 1);
    assert_eq!(asked(&sim, FILES).iter().filter(|request| request.status == 200).count(), 40);
    // On a busy machine a request may arrive late, and two may arrive together. But the request number n cannot have
    // been sent before n intervals had passed.
    let mut arrivals: Vec<f64> = sim.log().iter().map(|request| request.at_ms).collect();
    arrivals.sort_by(f64::total_cmp);
    for (before, at_ms) in (0..).zip(arrivals) {
        let earliest = began + Duration::from_millis(u64::from(before * INTERVAL_MS));
        assert!(
            Duration::from_secs_f64(at_ms / 1000.0) >= earliest,
            "request {before} arrived at {at_ms} ms, before {earliest:?}"
        );
    }
    // The saved token works.
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    work.run("gs-fetch", &[]).ok();
}

/// Notes the permits that are requested. Until a time, one name gets none.
#[derive(Default)]
struct Noted {
    permits: Mutex<Vec<(String, u64)>>,
    waits: Option<(&'static str, Timestamp)>,
}

impl RateLimiter for Noted {
    fn acquire(&self, name: &str, interval: Duration) -> Result<Permit, PermitError> {
        self.permits.lock().unwrap().push((name.to_owned(), interval.as_secs()));
        let wait = self.waits.filter(|(waiting, _)| *waiting == name);
        Ok(wait.map_or(Permit::Now, |(_, until)| Permit::NotBefore(until)))
    }

    fn not_before(&self, _: &str, _: Timestamp) -> Result<(), PermitError> {
        Ok(())
    }
}

#[test]
fn a_store_of_files_keeps_a_pace_of_its_own_and_waits_when_the_api_asks_to() {
    let sim = plain(1);
    let sent = |waits, request: Request| {
        let noted = Arc::new(Noted { waits, ..Noted::default() });
        let options = garminsync::http::Options { interval: Duration::from_secs(2), ..options(&sim.base_url()) };
        let result = Http::new(noted.clone(), options).send("coros", &request);
        (result.map(|response| response.status), noted.permits.lock().unwrap().clone())
    };
    let file = || Request::get("https://s3.coros.com/fit/1/2.fit").to_file_store();
    let api = || Request::get("https://teamcnapi.coros.com/activity/query");
    let pace = |name: &str, interval| (name.to_owned(), interval);
    let (result, permits) = sent(None, file());
    assert!(result.is_ok(), "{result:?}");
    assert_eq!(permits, [pace("coros", 0), pace("coros files", 2)], "no permit of the API is taken");
    assert_eq!(sent(None, api()).1, [pace("coros", 2)]);
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    let (result, permits) = sent(Some(("coros", later)), file());
    assert!(matches!(result, Err(Error::RateLimited { .. })) && permits == [pace("coros", 0)], "{permits:?}");
    let (result, _) = sent(Some(("coros files", later)), api());
    assert!(result.is_ok(), "a wait of the store does not delay the API");
}

#[test]
fn the_files_of_coros_do_not_take_the_turns_of_its_api() {
    let sim = coros(CorosSpec { generate: 3, ..CorosSpec::default() });
    let mut work = Work::with_coros(&sim);
    work.run("gs-fetch", &[]).ok();
    work.set("GS_REQUEST_INTERVAL", "10ms");
    work.download(&["--missing"]).ok();
    let names: String = work.sql(
        "SELECT group_concat(platform) FROM (SELECT platform FROM rate_limits WHERE next_ms > 0 ORDER BY platform)",
    );
    assert_eq!(names, "coros,coros files");
}
