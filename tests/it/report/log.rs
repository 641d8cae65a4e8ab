//! `gs-report` after some weeks of use: the runs and the issues, compared with the services and, by plain SQL, with the
//! journals of the catalogue.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::history::{WORDS, groups, history, key, list, moment, text};
use crate::support::{code, codes};
use serde_json::{Value, json};

#[test]
fn every_second_activity_of_a_group_is_a_duplicate_with_reasons() {
    let history = history();
    let group_of = groups(history);
    let mut extra_activities: BTreeMap<(String, String), usize> = BTreeMap::new();
    for ((platform, _), group) in &group_of {
        *extra_activities.entry((platform.clone(), group.clone())).or_default() += 1;
    }
    let mut shown_items: BTreeMap<(String, String), usize> = BTreeMap::new();
    for duplicate in list(history, "duplicates").iter().filter(|one| one["certainty"] != "start-only") {
        let (one, other) = (key(&duplicate["copy"]), key(&duplicate["kept"]));
        assert_eq!((&one.0, &group_of[&one]), (&other.0, &group_of[&other]), "{duplicate}");
        *shown_items.entry((one.0.clone(), group_of[&one].clone())).or_default() += 1;
        let hash = |key: &(String, String)| -> Option<String> {
            history.work.sql(&format!(
                "SELECT (SELECT sha256 FROM files WHERE platform = '{}' AND id = '{}' AND part = 0)",
                key.0, key.1
            ))
        };
        let is_same = hash(&one).is_some() && hash(&one) == hash(&other);
        assert_eq!(duplicate["certainty"] == "same-file", is_same, "{duplicate}");
        assert_eq!(duplicate["deletable"], is_same, "{duplicate}");
        assert!(!codes(&duplicate["reasons"]).is_empty() && !code(&duplicate["kept_because"]).is_empty());
    }
    extra_activities.retain(|_, count| *count > 1);
    extra_activities.values_mut().for_each(|count| *count -= 1);
    assert_eq!(shown_items, extra_activities);
    assert!(extra_activities.len() > 2, "{extra_activities:?}");
}

#[test]
fn deletions_show_who_deleted_the_activity_and_how_to_restore_it() {
    let history = history();
    let shown_items: BTreeMap<(String, String), &Value> =
        list(history, "deletions").iter().map(|one| (key(&one["activity"]), one)).collect();
    for (event, by) in [("deleted", "external"), ("missing-once", "unconfirmed")] {
        assert_eq!(shown_items[&history.happened[event]]["by"], by);
    }
    let ours: String =
        history.work.sql("SELECT json_group_array(json_array(platform, id, kept_id, evidence)) FROM deletions");
    let ours: Vec<[String; 4]> = serde_json::from_str(&ours).unwrap();
    assert_eq!(shown_items.len(), ours.len() + 2);
    let activities = groups(history);
    for [platform, id, kept, evidence] in ours {
        let one = shown_items[&(platform.clone(), id.clone())];
        assert_eq!((&one["by"], &one["kept_id"]), (&json!("garminsync"), &json!(kept)));
        let evidence: Value = serde_json::from_str(&evidence).unwrap();
        assert_eq!((code(&one["reason"]), &one["reason"]["evidence"]), ("duplicate", &evidence["evidence"]));
        assert!(
            !activities.contains_key(&(platform.clone(), id.clone()))
                && activities.contains_key(&(platform.clone(), kept))
        );
        assert!(history.work.data(text(&one["file"])).is_file());
        // Garmin would report that it exists: the kept activity is the same recording.
        let line = format!("gs-list --deleted --platform {platform} --id {id} | gs-upload --restore > /dev/null");
        assert_eq!(one["restore"], if platform == "coros" { json!(line) } else { Value::Null });
    }
    let times: Vec<&str> = list(history, "deletions").iter().map(|one| text(&one["at"])).collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    assert_eq!(
        shown_items[&history.happened["missing-once"]]["restore"],
        Value::Null,
        "the deletion is not confirmed yet"
    );
}

#[test]
fn a_rejected_upload_is_shown_with_the_service_message() {
    let history = history();
    let rejected = list(history, "rejected");
    assert_eq!(rejected.len(), 1);
    let (one, (platform, id)) = (&rejected[0], &history.happened["rejected"]);
    assert_eq!(key(&one["activity"]), (platform.clone(), id.clone()));
    assert_eq!([&one["to"], &one["outcome"]], ["garmin-cn", "rejected"]);
    assert_eq!(code(&one["reason"]), "rejected");
    assert!(text(&one["reason"]["detail"]).ends_with(WORDS), "{one}");
    assert_eq!(one["at"], moment(history, "SELECT finished_at FROM uploads WHERE outcome = 'rejected'"));
    let retry = format!(
        "gs-list --platform {platform} --id {id} | gs-diff --from {platform} --to garmin-cn --retry-rejected | gs-download | gs-upload > /dev/null"
    );
    assert_eq!(one["retry"], retry);
}

#[test]
fn the_log_has_every_run_with_its_commands_counts_and_outcome() {
    let history = history();
    let rows: String = history.work.sql(
        "SELECT json_group_array(json_array(run, command, exit, counts, reason, finished_at)) FROM
            (SELECT * FROM commands ORDER BY number)",
    );
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let shown_items: Vec<&Value> = list(history, "runs").iter().rev().collect();
    assert_eq!(shown_items.len(), rows.len(), "each command is a run of its own");
    for (run, row) in shown_items.iter().zip(&rows) {
        assert_eq!((&run["run"], run["commands"].as_array().unwrap().len()), (&row[0], 1));
        let command = &run["commands"][0];
        assert_eq!((&command["command"], &command["exit"], &run["exit"]), (&row[1], &row[2], &row[2]));
        let counts: Value = serde_json::from_str(text(&row[3])).unwrap();
        assert_eq!((&command["counts"], &run["counts"]), (&counts, &counts));
        assert_eq!(run["reason"].is_null(), row[4].is_null());
        assert_eq!(run["finished"].is_null(), row[5].is_null());
        let outcome = match row[2].as_i64() {
            Some(0) => "success",
            Some(1) => "partial",
            Some(_) => "error",
            None => "unfinished",
        };
        assert_eq!((&run["outcome"], &command["outcome"]), (&json!(outcome), &json!(outcome)));
    }
    let is_sync = |run: &&&Value| run["commands"][0]["command"] == "gs-fetch";
    assert_eq!(history.status["last_run"], **shown_items.iter().rfind(is_sync).unwrap(), "no command by hand");
    let outcomes: BTreeSet<&str> = shown_items.iter().map(|run| text(&run["outcome"])).collect();
    assert_eq!(outcomes, ["error", "partial", "success", "unfinished"].into());
}

#[test]
fn a_rejected_login_is_an_action_and_the_other_issues_are_warnings() {
    let history = history();
    assert_eq!(history.status["state"], "action-needed");
    let actions = list(history, "actions");
    assert_eq!(actions.len(), 1, "{actions:?}");
    assert_eq!([&actions[0]["kind"], &actions[0]["platform"]], ["login-rejected", "coros"]);
    assert_eq!(actions[0]["fix"], "gs-auth login --platform coros");
    assert_eq!(actions[0]["at"], moment(history, "SELECT at FROM login_failures WHERE platform = 'coros'"));
    let warnings: Vec<(&str, &Value)> =
        list(history, "warnings").iter().map(|one| (text(&one["kind"]), &one["command"])).collect();
    assert_eq!(
        warnings,
        [("files-corrupt", &Value::Null), ("files-failed", &Value::Null), ("unfinished", &json!("gs-download"))]
    );
    assert_eq!(list(history, "warnings")[0]["count"], 1);
}

#[test]
fn the_page_shows_the_same_texts_as_status_json() {
    let history = history();
    let shown =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    // Without the markup around words of command lines.
    let mut parts = history.page.split("<span class=\"word\">");
    let first = parts.next().unwrap().to_owned();
    let page = first + &parts.map(|part| part.replacen("</span>", "", 1)).collect::<String>();
    let has = |text: &str| assert!(page.contains(&shown(text)), "missing on the page: {text:?}");
    let issues = list(history, "actions").iter().chain(list(history, "warnings"));
    let lines = issues.map(|one| &one["fix"]).chain(list(history, "deletions").iter().map(|one| &one["restore"]));
    let lines = lines.chain(list(history, "rejected").iter().map(|one| &one["retry"]));
    lines.filter_map(Value::as_str).for_each(has);
    list(history, "rejected").iter().for_each(|one| has(text(&one["reason"]["text"])));
    list(history, "actions").iter().for_each(|one| has(text(&one["reason"]["text"])));
    for one in list(history, "activities") {
        has(text(&one["name"]));
        one["file"]["path"].as_str().into_iter().for_each(has);
    }
    list(history, "runs").iter().filter_map(|run| run["reason"]["text"].as_str()).for_each(has);
}
