//! Several commands at once on one platform: one refresh, no lost token, and the interval between any two requests.
//!
//! It stands alone: it reads the clock, and `cargo test` runs each file by itself.

use crate::support::{FILES, TOKEN, Work, asked, plain};

#[test]
fn five_commands_at_once_with_an_expired_token_make_one_refresh_and_keep_the_interval() {
    let sim = plain(40);
    let mut work = Work::logged_in(&sim);
    work.run("gs-fetch", &[]).ok();
    let list = work.run("gs-list", &["--missing"]).out.clone();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    sim.clear_log();
    work.set("GS_REQUEST_INTERVAL", "150ms");
    let lines: Vec<&str> = list.lines().collect();
    let parts: Vec<String> = lines.chunks(10).map(|part| part.join("\n")).collect();
    let mut children: Vec<_> = parts.iter().map(|part| work.spawn("gs-download", &[], part)).collect();
    children.push(work.spawn("gs-fetch", &[], ""));
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(asked(&sim, TOKEN).len(), 1);
    assert_eq!(asked(&sim, FILES).iter().filter(|request| request.status == 200).count(), 40);
    let mut starts: Vec<f64> = sim.log().iter().map(|request| request.at_ms).collect();
    starts.sort_by(f64::total_cmp);
    let nearest = starts.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::MAX, f64::min);
    assert!(nearest >= 150.0, "two requests came {nearest} ms apart");
    // The token that is kept is the one that works.
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    work.run("gs-fetch", &[]).ok();
}
