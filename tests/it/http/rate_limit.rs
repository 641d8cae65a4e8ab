//! Several commands at once on one platform: one refresh, no lost token, and the interval between any two requests.

use std::time::{Duration, Instant};

use crate::support::{FILES, TOKEN, Work, asked, plain};

#[test]
fn five_commands_at_once_with_an_expired_token_make_one_refresh_and_keep_the_interval() {
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
    // On a busy machine a request arrives any time after it was sent, and two may arrive together. But one that arrives after
    // so many others was not sent before so many intervals had passed.
    let mut arrivals: Vec<f64> = sim.log().iter().map(|request| request.at_ms).collect();
    arrivals.sort_by(f64::total_cmp);
    for (before, at_ms) in (0..).zip(arrivals) {
        let earliest = began + Duration::from_millis(u64::from(before * INTERVAL_MS));
        assert!(
            Duration::from_secs_f64(at_ms / 1000.0) >= earliest,
            "request {before} came at {at_ms} ms: {earliest:?}"
        );
    }
    // The token that is kept is the one that works.
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    work.run("gs-fetch", &[]).ok();
}
