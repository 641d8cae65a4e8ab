//! `gs-notify`: messages to channels, their conditions, passed records, and responses of the services.

use crate::support::{self, Said, Work, asked, scenario};
use gs_sim::notify::Message;
use gs_sim::{Effect, Fault, Scenario, Sim};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};

const KEY: &str = "693a91f6-7aaa-4bc4-97a0-0ec2f1fa5aaa";

type Settings = &'static [(&'static str, &'static str)];

/// Every channel: its settings, and its host.
const ALL: &[(&str, Settings, &str)] = &[
    ("wecom", &[("QYWX_BOT_KEY", KEY)], "qyapi.weixin.qq.com"),
    ("ntfy", &[("NTFY_URL", "my-secret-topic"), ("NTFY_TOKEN", "tk_secretsecret")], "ntfy.sh"),
    ("telegram", &[("TELEGRAM_BOT_TOKEN", "123456:ABC-secret"), ("TELEGRAM_CHAT_ID", "-100777")], "api.telegram.org"),
    ("slack", &[("SLACK_WEBHOOK_URL", "https://hooks.slack.com/services/T00/B00/slacksecret")], "hooks.slack.com"),
    ("discord", &[("DISCORD_WEBHOOK_URL", "https://discord.com/api/webhooks/1/discordsecret")], "discord.com"),
    ("bark", &[("BARK_KEY", "barksecretbarksecret22")], "api.day.app"),
    ("serverchan", &[("SERVERCHAN_KEY", "SCT123Tserversecret")], "sctapi.ftqq.com"),
    ("dingtalk", &[("DINGTALK_TOKEN", "dingsecret"), ("DINGTALK_SECRET", "SECding")], "oapi.dingtalk.com"),
    ("feishu", &[("FEISHU_HOOK", "feishusecret"), ("FEISHU_SECRET", "feishusign")], "open.feishu.cn"),
    ("webhook", &[("WEBHOOK_URL", "https://ntfy.sh/hooksecret"), ("WEBHOOK_SECRET", "hooksign")], "ntfy.sh"),
    (
        "healthchecks",
        &[("HEALTHCHECKS_URL", "https://hc-ping.com/5d2b3c8e-0000-4000-8000-5ec5ec5ec5ec")],
        "hc-ping.com",
    ),
];

fn services() -> Sim {
    let mut scenario = Scenario::default();
    scenario.notify.dingtalk_secret = Some("SECding".into());
    scenario.notify.feishu_secret = Some("feishusign".into());
    scenario.start()
}

fn with_settings(sim: &Sim, settings: &[(&str, &str)]) -> Work {
    let mut work = Work::with(sim);
    work.set("GS_RUN", "r1");
    for (name, value) in settings {
        work.set(name, value);
    }
    work
}

fn wecom(sim: &Sim) -> Work {
    with_settings(sim, &[("QYWX_BOT_KEY", KEY)])
}

fn messages(sim: &Sim) -> Vec<Message> {
    sim.with(|state| state.messages())
}

/// The texts that the WeCom bot accepted.
fn texts(sim: &Sim) -> Vec<String> {
    let text = |message: Message| message.json.unwrap()["text"]["content"].as_str().unwrap().to_owned();
    messages(sim).into_iter().filter(|message| message.host == "qyapi.weixin.qq.com").map(text).collect()
}

fn created_record(id: u32) -> String {
    let activity = json!({"platform": "garmin-com", "id": id.to_string(), "name": "晨跑", "sport": "running",
        "start_time": "2026-01-08T14:10:21Z", "utc_offset_s": -21600, "distance_m": 4261.2});
    let outcome = json!({"kind": "created", "id": "9"});
    format!("{}\n", json!({"type": "transfer", "to": "coros", "activity": activity, "outcome": outcome}))
}

/// A record with a problem, whose reason has the code of its kind.
fn failed_record(id: &str, kind: &str, detail: &str) -> String {
    let reason = json!({"code": kind, "detail": detail, "text": detail});
    let problem = json!({"command": "gs-download", "kind": kind, "reason": reason});
    format!("{}\n", json!({"type": "activity", "platform": "garmin-com", "id": id, "problem": problem}))
}

fn notify(work: &Work, args: &[&str], input: &str) -> Said {
    let said = work.given("gs-notify", args, input);
    assert_eq!(said.out, input, "every byte is passed on\n{said}");
    said
}

#[test]
fn every_channel_accepts_the_message_and_no_secret_is_printed() {
    for (name, settings, host) in ALL {
        let sim = services();
        let work = with_settings(&sim, settings);
        let said = notify(&work, &["-vv"], &(created_record(1) + &failed_record("7", "rejected", "no")));
        said.ok();
        let received = messages(&sim);
        assert_eq!(received.len(), 1, "{name}: {said}");
        assert_eq!(received[0].host, *host);
        assert!(
            received[0].body.contains("1 added, 1 failed") && received[0].body.contains("晨跑"),
            "{}",
            received[0].body
        );
        for (setting, value) in *settings {
            let secret = value.rsplit('/').next().unwrap();
            assert!(!said.err.contains(secret), "{setting} is shown\n{said}");
        }
        assert_eq!(work.sql::<String>("SELECT counts FROM commands WHERE command = 'gs-notify'"), r#"{"notified":1}"#);
    }
}

#[test]
fn a_failing_channel_does_not_stop_the_other_channels() {
    let sim = services();
    let work =
        with_settings(&sim, &ALL.iter().flat_map(|(_, settings, _)| settings.iter().copied()).collect::<Vec<_>>());
    sim.fault(
        Fault::new(Effect::Status { status: 500, retry_after: None, body: None, content_type: None }).host("ntfy.sh"),
    );
    sim.fault(Fault::new(Effect::Html).host("open.feishu.cn"));
    sim.fault(Fault::new(Effect::Reset).host("hooks.slack.com"));
    let said = notify(&work, &[], &created_record(1));
    said.ends(1)
        .says("gs-notify: ntfy: service error (HTTP 500); try again later")
        .says("gs-notify: feishu: unexpected response (HTTP 200)")
        .says("gs-notify: slack: no response from hooks.slack.com");
    assert_eq!(said.err.lines().count(), 4, "{said}");
    assert_eq!(messages(&sim).len(), ALL.len() - 4);
    assert_eq!(
        work.sql::<String>(
            "SELECT group_concat(channel) FROM (SELECT channel FROM notifications WHERE channel NOT LIKE '%:%' ORDER BY 1)"
        ),
        "bark,dingtalk,discord,serverchan,telegram,wecom"
    );
}

#[test]
fn keys_may_be_given_as_full_addresses() {
    let sim = services();
    let work = with_settings(
        &sim,
        &[
            ("QYWX_BOT_KEY", &format!("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}")),
            ("BARK_KEY", "https://api.day.app/barksecretbarksecret22/"),
            ("DINGTALK_TOKEN", "https://oapi.dingtalk.com/robot/send?access_token=dingsecret"),
            ("DINGTALK_SECRET", "SECding"),
            ("FEISHU_HOOK", "https://open.feishu.cn/open-apis/bot/v2/hook/feishusecret"),
            ("FEISHU_SECRET", "feishusign"),
            ("NTFY_URL", "https://ntfy.sh/my-secret-topic"),
        ],
    );
    notify(&work, &[], &created_record(1)).ok().silent();
    assert_eq!(messages(&sim).len(), 5);
}

#[test]
fn channel_secrets_are_read_from_files_and_commands() {
    let sim = services();
    let mut work = Work::with(&sim);
    std::fs::write(work.dir().join("token"), "123456:ABC-secret\n").unwrap();
    let path = work.dir().join("token").display().to_string();
    support::shell(&format!("chmod 600 '{path}'"));
    work.set("TELEGRAM_BOT_TOKEN_FILE", &path).set("TELEGRAM_CHAT_ID", "7");
    work.set("QYWX_BOT_KEY_COMMAND", &format!("echo {KEY}"));
    notify(&work, &[], &created_record(1)).ok().silent();
    assert_eq!(messages(&sim).len(), 2);
}

#[test]
fn a_message_over_the_limit_is_truncated_and_delivered() {
    let words = "这次上传被平台拒绝了，请查看活动的文件，然后再试一次。".repeat(9);
    let input: String = (0..400).map(|n| failed_record(&n.to_string(), "rejected", &format!("{n}: {words}"))).collect();
    for (format, most) in [("text", 2048), ("markdown", 4096)] {
        let sim = services();
        let mut work = wecom(&sim);
        work.set("QYWX_FORMAT", format);
        notify(&work, &["--lang", "zh"], &(input.clone() + &created_record(1))).ok().silent();
        let received = messages(&sim);
        let text = received[0].json.as_ref().unwrap()[format]["content"].as_str().unwrap().to_owned();
        assert!(text.len() <= most && text.len() > most - 1000, "{} {text}", text.len());
        assert!(text.contains("garminsync：新增 1，失败 400") && text.ends_with(" 行"), "{text}");
    }
}

#[test]
fn wecom_error_codes_are_reported_and_not_retried() {
    let sim = services();
    sim.with(|state| state.scenario.notify.wecom_keys = vec!["00000000-0000-4000-8000-000000000000".into()]);
    let work = wecom(&sim);
    let said = notify(&work, &[], &created_record(1));
    said.ends(1).says("wecom: unknown key or address (errcode 93000); check QYWX_BOT_KEY");
    assert!(!said.err.contains("from ip") && !said.err.contains(KEY), "{said}");
    assert_eq!(sim.log().len(), 1, "the message is not retried");

    let sim = services();
    sim.with(|state| state.scenario.notify.wecom_per_minute = 1);
    let work = wecom(&sim);
    notify(&work, &[], &created_record(1)).ok();
    notify(&work, &[], &created_record(2)).ends(1).says("wecom: rate limit reached (errcode 45009); try again later");
    assert_eq!(sim.log().len(), 2);
}

#[test]
fn a_busy_wecom_is_tried_three_times() {
    let sim = services();
    sim.with(|state| state.scenario.notify.wecom_busy = 2);
    notify(&wecom(&sim), &[], &created_record(1)).ok().silent();
    assert_eq!((sim.log().len(), texts(&sim).len()), (3, 1));
    let sim = services();
    sim.with(|state| state.scenario.notify.wecom_busy = 9);
    notify(&wecom(&sim), &[], &created_record(1)).ends(1).says("wecom: service error (errcode -1)");
    assert_eq!(sim.log().len(), 3);
}

#[test]
fn the_same_failure_is_reported_once_until_it_changes() {
    let sim = services();
    let work = wecom(&sim);
    let limit = |id: &str, until: &str| failed_record(id, "retry", &format!("not before {until}; try again later"));
    notify(&work, &[], "").ok().silent();
    assert_eq!(texts(&sim).len(), 0, "nothing happened");
    notify(&work, &[], &limit("1", "2026-01-01T00:00:00Z")).ok().silent();
    notify(&work, &[], &limit("2", "2026-01-02T00:00:00Z")).ok().silent();
    assert_eq!(texts(&sim).len(), 1, "the same failure with another time");
    notify(&work, &[], &(limit("2", "2026-01-02T00:00:00Z") + &created_record(5))).ok().silent();
    assert!(texts(&sim)[1].starts_with("garminsync: 1 added, 1 still failing\n"), "{:?}", texts(&sim));
    assert!(!texts(&sim)[1].contains("not before"), "{:?}", texts(&sim));
    notify(&work, &[], &failed_record("3", "rejected", "no")).ok().silent();
    notify(&work, &[], "").ok().silent();
    assert_eq!(texts(&sim)[3], "garminsync: all failures are resolved");
    notify(&work, &[], "").ok().silent();
    assert_eq!(texts(&sim).len(), 4);
}

#[test]
fn a_message_that_was_not_accepted_is_sent_again() {
    let sim = services();
    let work = wecom(&sim);
    sim.with(|state| state.scenario.notify.wecom_busy = 3);
    notify(&work, &[], &failed_record("3", "rejected", "no")).ends(1);
    notify(&work, &[], &failed_record("3", "rejected", "no")).ok().silent();
    assert_eq!(texts(&sim).len(), 1);
}

#[test]
fn notify_on_selects_failure_change_or_always() {
    let sim = services();
    let mut work = wecom(&sim);
    work.set("GS_NOTIFY_ON", "failure");
    for input in
        [created_record(1), failed_record("1", "rejected", "no"), failed_record("1", "rejected", "no"), String::new()]
    {
        notify(&work, &[], &input).ok().silent();
    }
    assert_eq!(texts(&sim).len(), 1);
    notify(&work, &[], &failed_record("1", "rejected", "no")).ok().silent();
    assert_eq!(texts(&sim).len(), 2, "the failure was resolved in between");
    notify(&work, &["--on", "always"], &failed_record("1", "rejected", "no")).ok();
    assert!(texts(&sim)[2].contains("garmin-com 1 (1): no [gs-download]"), "{:?}", texts(&sim));
    work.set("GS_NOTIFY_ON", "always");
    notify(&work, &["--on", "change"], "").ok();
    notify(&work, &[], "").ok();
    assert_eq!(texts(&sim)[3..], ["garminsync: all failures are resolved", "garminsync: nothing new"]);
}

#[test]
fn actions_come_first_in_a_message_and_name_the_command() {
    let sim = services();
    let login = "a login is needed; run: gs-auth login --platform garmin-com";
    let input = created_record(1)
        + &failed_record("3", "rejected", "no")
        + &failed_record("4", "login-required", login)
        + &failed_record("5", "login-required", login);
    notify(&wecom(&sim), &[], &input).ok().silent();
    let text = &texts(&sim)[0];
    let head = "garminsync: 1 added, 1 failed, action needed\nAdded: coros 1\n\nAction needed\n- garmin-com: ";
    assert!(text.starts_with(&format!("{head}{login} [gs-download]\n\nFailed\n")), "{text}");
}

#[test]
fn the_message_language_follows_locale_setting_and_flag() {
    let said = |settings: &[(&str, &str)], args: &[&str]| {
        let sim = services();
        let work = with_settings(&sim, &[settings, &[("QYWX_BOT_KEY", KEY)]].concat());
        notify(&work, args, &created_record(1)).ok().silent();
        texts(&sim)[0].lines().next().unwrap().to_owned()
    };
    let (en, zh) = ("garminsync: 1 added", "garminsync：新增 1");
    assert_eq!(said(&[], &[]), en);
    assert_eq!(said(&[("LANG", "zh_CN.UTF-8")], &[]), zh);
    assert_eq!(said(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")], &[]), en);
    assert_eq!(said(&[("LANG", "zh_CN.UTF-8"), ("GS_LANG", "en")], &[]), en);
    assert_eq!(said(&[("GS_LANG", "en")], &["--lang", "zh"]), zh);
}

#[test]
fn a_stage_that_failed_without_a_record_is_reported() {
    let sim = services();
    let mut work = wecom(&sim);
    // No platform is configured: gs-fetch exits before it prints a record.
    work.run("gs-fetch", &[]).ends(77);
    work.change("INSERT INTO commands (run, command, started_at) VALUES ('r1', 'gs-upload', unixepoch())");
    notify(&work, &[], "").ok().silent();
    let text = &texts(&sim)[0];
    assert!(text.starts_with("garminsync: 1 failed, action needed\n"), "{text}");
    let login = "- gs-fetch: a login is needed: no platform configured";
    assert!(text.contains(login) && text.contains("; run: garminsync setup\n"), "{text}");
    assert!(text.contains("- gs-upload was killed before it ended"), "{text}");
    // Another run neither reports nor resolves these failures.
    work.set("GS_RUN", "r2");
    notify(&work, &[], "").ok().silent();
    assert_eq!(texts(&sim).len(), 1, "{:?}", texts(&sim));
}

#[test]
fn notify_waits_for_a_stage_that_is_about_to_end() {
    let sim = services();
    let work = wecom(&sim);
    notify(&work, &[], "").ok();
    work.change("INSERT INTO commands (run, command, started_at) VALUES ('r1', 'gs-upload', 1)");
    let child = work.spawn("gs-notify", &[], "");
    std::thread::sleep(std::time::Duration::from_millis(300));
    work.change("UPDATE commands SET exit = 0, finished_at = 2 WHERE command = 'gs-upload'");
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(texts(&sim).len(), 0);
}

#[test]
fn a_failure_in_records_and_log_is_reported_once() {
    let sim = services();
    let work = wecom(&sim);
    notify(&work, &[], "").ok();
    work.change(
        "INSERT INTO commands (run, command, started_at, finished_at, exit, reason, platform)
         VALUES ('r1', 'gs-download', 1, 2, 1, json_object('code', 'rejected', 'detail', 'no'), 'garmin-com')",
    );
    notify(&work, &[], &failed_record("3", "rejected", "no")).ok().silent();
    assert!(texts(&sim)[0].starts_with("garminsync: 1 failed\n"), "{:?}", texts(&sim));
}

#[test]
fn a_malformed_record_is_reported_and_the_message_is_still_sent() {
    let sim = services();
    let work = wecom(&sim);
    let input = format!(
        " {{ \"type\":\"weather\" }} \r\n\n{{\"type\":\"activity\"}}\nnonsense\n{}",
        created_record(1).trim_end()
    );
    notify(&work, &[], &input).ends(65).says("invalid record on line 3");
    let text = &texts(&sim)[0];
    assert!(text.starts_with("garminsync: 1 added, 1 failed\n"), "{text}");
    assert!(text.contains("- gs-notify ended with exit code 65: invalid record on line 3"), "{text}");
}

#[test]
fn a_closed_output_pipe_does_not_prevent_the_message() {
    let sim = services();
    let work = wecom(&sim);
    let mut command = work.command("gs-notify", &[]);
    std::fs::write(work.dir().join("input"), created_record(1).repeat(3000)).unwrap();
    command.stdin(std::fs::File::open(work.dir().join("input")).unwrap());
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert!(texts(&sim)[0].starts_with("garminsync: 3000 added\n"));
}

#[test]
fn a_dry_run_shows_the_message_and_sends_nothing() {
    let sim = services();
    let work = with_settings(&sim, &[("QYWX_BOT_KEY", KEY), ("HEALTHCHECKS_URL", "https://hc-ping.com/uuid")]);
    let said = notify(&work, &["-n"], &created_record(1));
    said.ok().says("wecom would receive:").says("garminsync: 1 added").says("healthchecks would receive:");
    work.run("gs-notify", &["-n", "--start"]).ok().says("would be notified that a run starts");
    assert!(sim.log().is_empty());
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM notifications WHERE channel NOT LIKE '%:%'"), 0);
}

#[test]
fn without_a_channel_records_pass_through_silently() {
    let work = Work::alone();
    notify(&work, &[], &created_record(1)).ok().silent();
    notify(&work, &["--show"], &created_record(1)).ok().says("garminsync: 1 added");
    work.run("gs-notify", &["--start"]).ok().silent();
}

#[test]
fn an_incomplete_channel_is_an_error_after_the_other_channels_are_used() {
    for (settings, text) in [
        (
            &[("TELEGRAM_CHAT_ID", "1")][..],
            "telegram: TELEGRAM_CHAT_ID is set, but TELEGRAM_BOT_TOKEN is not; set both",
        ),
        (
            &[("TELEGRAM_BOT_TOKEN", "1:a")],
            "telegram: TELEGRAM_BOT_TOKEN is set, but TELEGRAM_CHAT_ID is not; set both",
        ),
        (&[("WEBHOOK_SECRET", "s")], "webhook: WEBHOOK_SECRET is set, but WEBHOOK_URL is not; set both"),
        (
            &[("SLACK_WEBHOOK_URL", "http://hooks.slack.com/services/abc")],
            "slack: SLACK_WEBHOOK_URL is not an address that begins with https://",
        ),
        (&[("GS_LANG", "fr")], "GS_LANG=\"fr\": unknown language; write en or zh"),
        (&[("GS_NOTIFY_ON", "never")], "GS_NOTIFY_ON=\"never\": unknown value; write change, failure or always"),
        (&[("FEISHU_HOOK_FILE", "/nowhere")], "feishu: FEISHU_HOOK_FILE: /nowhere"),
    ] {
        let sim = services();
        let work = with_settings(&sim, &[settings, &[("QYWX_BOT_KEY", KEY)]].concat());
        let said = notify(&work, &[], &created_record(1));
        said.ends(78).says(text);
        assert!(!said.err.contains("services/abc"), "{said}");
        assert_eq!(texts(&sim).len(), 1, "{text}");
    }
    let sim = services();
    let work = with_settings(&sim, &[("QYWX_BOT_KEY", KEY), ("QYWX_FORMAT", "html")]);
    notify(&work, &[], &created_record(1)).ends(78).says("QYWX_FORMAT=\"html\": unknown value; write text or markdown");
}

#[test]
fn healthchecks_pings_report_the_start_and_result_of_a_run() {
    let sim = services();
    let uuid = "/5d2b3c8e-0000-4000-8000-5ec5ec5ec5ec";
    let url = format!("https://hc-ping.com{uuid}?create=1");
    let work = with_settings(&sim, &[("HEALTHCHECKS_URL", &url), ("QYWX_BOT_KEY", KEY)]);
    work.run("gs-notify", &["--start"]).ok().silent();
    notify(&work, &[], "").ok().silent();
    notify(&work, &[], &failed_record("1", "rejected", "no")).ok().silent();
    notify(&work, &[], &failed_record("1", "rejected", "no")).ok().silent();
    let pings: Vec<Message> = messages(&sim).into_iter().filter(|message| message.host == "hc-ping.com").collect();
    let paths: Vec<String> = pings.iter().map(|ping| format!("{} {}?{}", ping.method, ping.path, ping.query)).collect();
    let expected = ["/start", "", "/fail", "/fail"].map(|ending| format!("POST {uuid}{ending}?create=1"));
    assert_eq!(paths, expected);
    assert!(pings[2].body.contains("1 failed") && pings[3].body.contains("no [gs-download]"), "{}", pings[3].body);
    assert_eq!(texts(&sim).len(), 1, "no other channel gets the start");
}

#[test]
fn the_webhook_gets_a_signed_report() {
    let sim = services();
    let work = with_settings(&sim, &[("WEBHOOK_URL", "https://ntfy.sh/hook"), ("WEBHOOK_SECRET", "hooksign")]);
    let login = failed_record("4", "login-required", "run: gs-auth login");
    notify(&work, &[], &(created_record(1) + &login)).ok().silent();
    let message = &messages(&sim)[0];
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"hooksign").unwrap();
    mac.update(message.body.as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let header = message.headers.iter().find(|(name, _)| name == "x-garminsync-signature").unwrap();
    assert_eq!(header.1, format!("sha256={hex}"));
    let report: Value = serde_json::from_str(&message.body).unwrap();
    assert_eq!((&report["version"], &report["run"], &report["ok"]), (&json!(1), &json!("r1"), &json!(false)));
    assert_eq!(
        report["counts"],
        json!({"added": {"coros": 1}, "deleted": {}, "pending": {}, "duplicates": {}, "failed": 0})
    );
    assert_eq!(report["added"][0]["activity"]["id"], "1");
    let failure = &report["failures"][0];
    assert_eq!(failure["activities"][0]["id"], "4");
    assert_eq!((&failure["command"], &failure["action_needed"]), (&json!("gs-download"), &json!(true)));
    let reason = json!({"code": "login-required", "detail": "run: gs-auth login", "text": "run: gs-auth login"});
    assert_eq!((&failure["reason"], &failure["text"]), (&reason, &json!("run: gs-auth login")));
    assert_eq!(report["action_needed"], true);
}

#[test]
fn a_failure_of_a_real_pipeline_is_reported_once() {
    let sim = scenario(3).start();
    let mut work = Work::logged_in(&sim);
    work.set("QYWX_BOT_KEY", KEY).set("GS_RUN", "r1");
    work.run("gs-fetch", &[]).ok();
    let forbidden = Effect::Status { status: 403, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(forbidden).host("connectapi.garmin.com").path("/download-service/").contains("20000000001"));
    let records = work.download(&["--missing"]).out.clone();
    notify(&work, &[], &records).ok().silent();
    let text = &texts(&sim)[0];
    assert!(text.starts_with("garminsync: 1 failed\n\nFailed\n- garmin-com 20"), "{text}");
    assert!(
        text.contains("running") && text.contains("Run 1 (20000000001): ") && text.ends_with("[gs-download]"),
        "{text}"
    );
}

#[test]
fn a_test_message_goes_to_every_channel_and_prints_each_response() {
    let sim = services();
    let all: Vec<_> = ALL.iter().flat_map(|(_, settings, _)| settings.iter().copied()).collect();
    let work = with_settings(&sim, &all);
    sim.fault(Fault::new(Effect::Html).host("open.feishu.cn"));
    let said = work.run("gs-notify", &["--test"]);
    said.ends(1).says("gs-notify: feishu: unexpected response (HTTP 200); check FEISHU_HOOK");
    assert_eq!(said.err.lines().count(), 1, "{said}");
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), ALL.len() - 1, "{said}");
    for line in ["wecom: accepted (errcode 0)", "slack: accepted (ok)", "telegram: accepted (ok true)"] {
        assert!(lines.contains(&line), "{line}: {said}");
    }
    assert!(messages(&sim).iter().all(|message| message.body.contains("a test message")));
    // A test message does not count as a notification.
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM notifications WHERE channel NOT LIKE '%:%'"), 0);
    sim.clear_faults();
    work.run("gs-notify", &["--test", "--lang", "zh"]).ok().silent();
    assert!(messages(&sim).iter().any(|message| message.body.contains("测试消息")));
    let before = messages(&sim).len();
    work.run("gs-notify", &["--test", "-n"]).ok().says("wecom would get a test message");
    assert_eq!(messages(&sim).len(), before);
}

#[test]
fn a_web_page_response_is_a_failure_for_every_channel() {
    let sim = services();
    sim.fault(Fault::new(Effect::Html));
    for (name, settings, _) in ALL {
        let work = with_settings(&sim, settings);
        let said = work.run("gs-notify", &["--test"]);
        said.ends(1).says(&format!("gs-notify: {name}: unexpected response (HTTP 200)"));
        assert_eq!(said.out, "");
        // A real message fails, too, and is sent again later.
        let failing = r#"{"type":"activity","platform":"p","id":"1","problem":{"command":"s","kind":"rejected","reason":{"code":"rejected","detail":"no","text":"no"}}}"#;
        work.given("gs-notify", &[], &format!("{failing}\n")).ends(1).says("unexpected response");
        assert_eq!(work.sql::<i64>("SELECT count(*) FROM notifications WHERE channel NOT LIKE '%:%'"), 0, "{name}");
    }
}

#[test]
fn a_ping_to_an_unknown_check_is_an_error() {
    let sim = services();
    let work = with_settings(&sim, &[("HEALTHCHECKS_URL", "https://hc-ping.com/5d2b3c8e-0000-4000-8000-5ec5ec5ec5ec")]);
    let effect =
        Effect::Status { status: 200, retry_after: None, body: Some("OK (not found)".into()), content_type: None };
    sim.fault(Fault::new(effect));
    for args in [&["--test"][..], &["--start"]] {
        work.run("gs-notify", args).ends(1).says("unknown key or address (OK (not found))");
    }
}

#[test]
fn a_test_message_without_a_complete_channel_names_the_missing_setting() {
    let sim = services();
    with_settings(&sim, &[]).run("gs-notify", &["--test"]).ends(78).says("no channel is set up").says("NTFY_URL");
    let incomplete = with_settings(&sim, &[("TELEGRAM_CHAT_ID", "1"), ("QYWX_BOT_KEY", KEY)]);
    let said = incomplete.run("gs-notify", &["--test"]);
    said.ends(78).says("telegram: TELEGRAM_CHAT_ID is set, but TELEGRAM_BOT_TOKEN is not");
    assert_eq!(said.out, "wecom: accepted (errcode 0)\n");
}

#[test]
fn the_help_has_examples_and_names_the_page() {
    let help = Work::alone().run("gs-notify", &["--help"]).ok().out.clone();
    assert!(help.contains("Examples:") && help.contains("docs/notifications.md"), "{help}");
}

#[test]
fn after_a_rejected_message_every_run_sends_until_one_is_accepted() {
    let sim = services();
    let work = wecom(&sim);
    let no = Effect::Status { status: 404, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(no));
    notify(&work, &[], &created_record(1)).ends(1);
    notify(&work, &[], "").ends(1).says("HTTP 404");
    sim.clear_faults();
    notify(&work, &[], "").ok();
    assert_eq!(texts(&sim), ["garminsync: nothing new"]);
    notify(&work, &[], "").ok();
    assert_eq!(texts(&sim).len(), 1, "after one accepted message there is nothing to report");
}

#[test]
fn the_ping_reports_a_failure_if_another_channel_fails() {
    let sim = services();
    let work = with_settings(
        &sim,
        &[("QYWX_BOT_KEY", KEY), ("HEALTHCHECKS_URL", "https://hc-ping.com/5d2b3c8e-0000-4000-8000-5ec5ec5ec5ec")],
    );
    let no = Effect::Status { status: 404, retry_after: None, body: None, content_type: None };
    sim.fault(Fault::new(no).host("qyapi.weixin.qq.com"));
    notify(&work, &[], &created_record(1)).ends(1);
    let pings = asked(&sim, "5d2b3c8e");
    assert!(pings.len() == 1 && pings[0].path.ends_with("/fail"), "{pings:?}");
}
