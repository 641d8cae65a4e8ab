//! User agents: an app or a browser for the platforms, garminsync for other hosts; never the HTTP library.

use std::collections::BTreeMap;

use crate::support;
use crate::support::upload::{self, COM, COROS, DAY, START};
use gs_sim::Sim;

/// The user agent of the requests to each host.
fn agents(sim: &Sim) -> BTreeMap<String, String> {
    let mut agents = BTreeMap::new();
    for request in sim.log() {
        assert!(!request.agent.is_empty() && !request.agent.contains("ureq"), "{} {:?}", request.host, request.agent);
        agents.insert(request.host, request.agent);
    }
    agents
}

#[test]
fn every_request_has_a_user_agent_that_does_not_name_the_library() {
    let coros_only = START + DAY;
    let world = upload::start(&[(COM, &[START]), (COROS, &[coros_only])], |_| {});
    world.sim.clear_log();
    world.work.run("gs-auth", &["login", "--platform", "garmin-com"]).ok();
    world.work.run("gs-auth", &["login", "--platform", "coros"]).ok();
    let plan = world.work.given("gs-diff", &[], &world.work.run("gs-list", &[]).out).ok().out.clone();
    let selected = [upload::iso(START), upload::iso(coros_only)];
    let plan: String = plan
        .lines()
        .filter(|line| selected.iter().any(|start| line.contains(start.as_str())))
        .map(|line| format!("{line}\n"))
        .collect();
    let plan = world.work.given("gs-download", &[], &plan).ok().out.clone();
    world.upload(&plan).ok();
    let agents = agents(&world.sim);
    let is = |host: &str, part: &str| assert!(agents[host].contains(part), "{host}: {agents:?}");
    is("sso.garmin.com", "iPhone");
    is("diauth.garmin.com", "GCM-Android");
    is("connectapi.garmin.com", "GCM-Android");
    for host in
        ["teamcnapi.coros.com", "oss.coros.com", "coros-oss.oss-cn-beijing.aliyuncs.com", "trainingcn.coros.com"]
    {
        is(host, "Chrome/");
    }
}

#[test]
fn requests_to_other_hosts_use_the_garminsync_user_agent() {
    let sim = support::plain(1);
    let mut work = support::Work::with(&sim);
    let (oauth1, oauth2) = sim.with(|state| state.issue_garth("garmin.com"));
    work.given("gs-auth", &["import", "-"], &serde_json::json!([oauth1, oauth2]).to_string()).ok();
    sim.with(|state| state.expire_access_tokens("garmin.com"));
    work.run("gs-fetch", &[]).ok();
    work.set("NTFY_URL", "https://ntfy.sh/topic");
    work.given("gs-notify", &["--on", "always"], "").ok();
    let agents = agents(&sim);
    for host in ["thegarth.s3.amazonaws.com", "ntfy.sh"] {
        assert!(agents[host].starts_with("garminsync/"), "{host}: {agents:?}");
    }
}
