//! `gs-report` after some weeks of use: what was done and what went wrong, compared with the services and the catalogue's
//! journals by plain SQL.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::history::{WORDS, groups, history, key, list, moment, text};
use crate::support::{code, codes};
use serde_json::{Value, json};

#[test]
fn every_entry_that_is_there_twice_is_a_copy_with_its_reasons() {
    let history = history();
    let of_entry = groups(history);
    let mut twice: BTreeMap<(String, String), usize> = BTreeMap::new();
    for ((platform, _), group) in &of_entry {
        *twice.entry((platform.clone(), group.clone())).or_default() += 1;
    }
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    for copy in list(history, "duplicates").iter().filter(|one| one["certainty"] != "start-only") {
        let (one, other) = (key(&copy["copy"]), key(&copy["kept"]));
        assert_eq!((&one.0, &of_entry[&one]), (&other.0, &of_entry[&other]), "{copy}");
        *told.entry((one.0.clone(), of_entry[&one].clone())).or_default() += 1;
        let hash = |key: &(String, String)| -> Option<String> {
            history.work.sql(&format!(
                "SELECT (SELECT sha256 FROM files WHERE platform = '{}' AND id = '{}' AND part = 0)",
                key.0, key.1
            ))
        };
        let is_same = hash(&one).is_some() && hash(&one) == hash(&other);
        assert_eq!(copy["certainty"] == "same-file", is_same, "{copy}");
        assert_eq!(copy["deletable"], is_same, "{copy}");
        assert!(!codes(&copy["reasons"]).is_empty() && !code(&copy["kept_because"]).is_empty());
    }
    twice.retain(|_, count| *count > 1);
    twice.values_mut().for_each(|count| *count -= 1);
    assert_eq!(told, twice);
    assert!(twice.len() > 2, "{twice:?}");
}

#[test]
fn what_is_gone_is_told_with_who_deleted_it_and_how_it_comes_back() {
    let history = history();
    let told: BTreeMap<(String, String), &Value> =
        list(history, "deletions").iter().map(|one| (key(&one["activity"]), one)).collect();
    for (event, by) in [("deleted", "external"), ("missing-once", "unconfirmed")] {
        assert_eq!(told[&history.happened[event]]["by"], by);
    }
    let ours: String =
        history.work.sql("SELECT json_group_array(json_array(platform, id, kept_id, evidence)) FROM deletions");
    let ours: Vec<[String; 4]> = serde_json::from_str(&ours).unwrap();
    assert_eq!(told.len(), ours.len() + 2);
    let there = groups(history);
    for [platform, id, kept, evidence] in ours {
        let one = told[&(platform.clone(), id.clone())];
        assert_eq!((&one["by"], &one["kept_id"]), (&json!("garminsync"), &json!(kept)));
        let evidence: Value = serde_json::from_str(&evidence).unwrap();
        assert_eq!((code(&one["reason"]), &one["reason"]["evidence"]), ("duplicate", &evidence["evidence"]));
        assert!(!there.contains_key(&(platform.clone(), id.clone())) && there.contains_key(&(platform.clone(), kept)));
        assert!(history.work.data(text(&one["file"])).is_file());
        // Garmin would say that it is there already: the entry that was kept is the same recording.
        let line = format!("gs-list --deleted --platform {platform} --id {id} | gs-upload --restore > /dev/null");
        assert_eq!(one["restore"], if platform == "coros" { json!(line) } else { Value::Null });
    }
    let times: Vec<&str> = list(history, "deletions").iter().map(|one| text(&one["at"])).collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    assert_eq!(told[&history.happened["missing-once"]]["restore"], Value::Null, "nobody knows yet whether it is gone");
}

#[test]
fn a_refused_upload_is_told_with_the_services_words() {
    let history = history();
    let refused = list(history, "rejected");
    assert_eq!(refused.len(), 1);
    let (one, (platform, id)) = (&refused[0], &history.happened["rejected"]);
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
    let told: Vec<&Value> = list(history, "runs").iter().rev().collect();
    assert_eq!(told.len(), rows.len(), "each command was a run of its own");
    for (run, row) in told.iter().zip(&rows) {
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
    assert_eq!(history.status["last_run"], *told[told.len() - 1]);
    let outcomes: BTreeSet<&str> = told.iter().map(|run| text(&run["outcome"])).collect();
    assert_eq!(outcomes, ["error", "partial", "success", "unfinished"].into());
}

#[test]
fn a_person_is_needed_for_the_refused_login_and_the_rest_is_trouble() {
    let history = history();
    assert_eq!(history.status["state"], "action-needed");
    let needs = list(history, "actions");
    assert_eq!(needs.len(), 1, "{needs:?}");
    assert_eq!([&needs[0]["kind"], &needs[0]["platform"]], ["login-refused", "coros"]);
    assert_eq!(needs[0]["fix"], "gs-auth login --platform coros");
    assert_eq!(needs[0]["at"], moment(history, "SELECT at FROM login_failures WHERE platform = 'coros'"));
    let troubles: Vec<(&str, &Value)> =
        list(history, "warnings").iter().map(|one| (text(&one["kind"]), &one["command"])).collect();
    assert_eq!(
        troubles,
        [("files-corrupt", &Value::Null), ("files-failed", &Value::Null), ("unfinished", &json!("gs-download"))]
    );
    assert_eq!(list(history, "warnings")[0]["count"], 1);
}

#[test]
fn the_page_says_the_same() {
    let history = history();
    let shown =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    // Without the marks around words of command lines.
    let mut parts = history.page.split("<span class=\"word\">");
    let first = parts.next().unwrap().to_owned();
    let page = first + &parts.map(|part| part.replacen("</span>", "", 1)).collect::<String>();
    let has = |text: &str| assert!(page.contains(&shown(text)), "the page lacks {text:?}");
    let matters = list(history, "actions").iter().chain(list(history, "warnings"));
    let lines = matters.map(|one| &one["fix"]).chain(list(history, "deletions").iter().map(|one| &one["restore"]));
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
