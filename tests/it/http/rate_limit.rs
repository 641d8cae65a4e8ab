//! Parallel commands on one platform: one token renewal, no lost token, and the interval between any two requests.

use std::time::{Duration, Instant};

use crate::support::{FILES, TOKEN, Work, asked, plain};

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
