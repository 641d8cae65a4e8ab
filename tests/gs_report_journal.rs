//! `gs-report` after some weeks of use: what was done and what went wrong, compared with the services and the catalogue's
//! journals by plain SQL.

#![allow(clippy::unwrap_used)]

#[path = "support/lived.rs"]
mod lived;
mod support;

use std::collections::{BTreeMap, BTreeSet};

use lived::{WORDS, exercises, key, list, lived, moment, text};
use serde_json::{Value, json};

#[test]
fn every_entry_that_is_there_twice_is_a_copy_with_its_reasons() {
    let lived = lived();
    let of_entry = exercises(lived);
    let mut twice: BTreeMap<(String, String), usize> = BTreeMap::new();
    for ((platform, _), exercise) in &of_entry {
        *twice.entry((platform.clone(), exercise.clone())).or_default() += 1;
    }
    let mut told: BTreeMap<(String, String), usize> = BTreeMap::new();
    for copy in list(lived, "copies").iter().filter(|one| one["certainty"] != "start-only") {
        let (one, other) = (key(&copy["copy"]), key(&copy["kept"]));
        assert_eq!((&one.0, &of_entry[&one]), (&other.0, &of_entry[&other]), "{copy}");
        *told.entry((one.0.clone(), of_entry[&one].clone())).or_default() += 1;
        let hash = |key: &(String, String)| -> Option<String> {
            lived.work.sql(&format!(
                "SELECT (SELECT sha256 FROM files WHERE platform = '{}' AND id = '{}' AND part = 0)",
                key.0, key.1
            ))
        };
        let is_same = hash(&one).is_some() && hash(&one) == hash(&other);
        assert_eq!(copy["certainty"] == "same-file", is_same, "{copy}");
        assert_eq!(copy["superfluous"], is_same, "{copy}");
        assert!(!copy["why"].as_array().unwrap().is_empty() && !text(&copy["kept_because"]).is_empty());
    }
    twice.retain(|_, count| *count > 1);
    twice.values_mut().for_each(|count| *count -= 1);
    assert_eq!(told, twice);
    assert!(twice.len() > 2, "{twice:?}");
}

#[test]
fn what_is_gone_is_told_with_who_deleted_it_and_how_it_comes_back() {
    let lived = lived();
    let told: BTreeMap<(String, String), &Value> =
        list(lived, "deletions").iter().map(|one| (key(&one["activity"]), one)).collect();
    for (event, by) in [("deleted", "somebody"), ("missed", "perhaps")] {
        assert_eq!(told[&lived.happened[event]]["by"], by);
    }
    let ours: String = lived.work.sql("SELECT json_group_array(json_array(platform, id, kept_id, why)) FROM deletions");
    let ours: Vec<[String; 4]> = serde_json::from_str(&ours).unwrap();
    assert_eq!(told.len(), ours.len() + 2);
    let there = exercises(lived);
    for [platform, id, kept, why] in ours {
        let one = told[&(platform.clone(), id.clone())];
        assert_eq!((&one["by"], &one["kept_id"], &one["why"]), (&json!("garminsync"), &json!(kept), &json!(why)));
        assert!(!there.contains_key(&(platform.clone(), id.clone())) && there.contains_key(&(platform.clone(), kept)));
        assert!(lived.work.data(text(&one["file"])).is_file());
        // Garmin would say that it is there already: the entry that was kept is the same recording.
        let line = format!("gs-list --deleted --platform {platform} --id {id} | gs-upload --restore > /dev/null");
        assert_eq!(one["restore"], if platform == "coros" { json!(line) } else { Value::Null });
    }
    let times: Vec<&str> = list(lived, "deletions").iter().map(|one| text(&one["at"])).collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    assert_eq!(told[&lived.happened["missed"]]["restore"], Value::Null, "nobody knows yet whether it is gone");
}

#[test]
fn a_refused_upload_is_told_with_the_services_words() {
    let lived = lived();
    let refused = list(lived, "refused");
    assert_eq!(refused.len(), 1);
    let (one, (platform, id)) = (&refused[0], &lived.happened["refused"]);
    assert_eq!(key(&one["activity"]), (platform.clone(), id.clone()));
    assert_eq!([&one["to"], &one["outcome"]], ["garmin-cn", "refused"]);
    assert_eq!(one["words"], format!("Garmin rejected the file: {WORDS}"));
    assert_eq!(one["at"], moment(lived, "SELECT settled FROM transfers WHERE outcome = 'refused'"));
    let retry = format!(
        "gs-list --platform {platform} --id {id} | gs-diff --from {platform} --to garmin-cn --retry | gs-download | gs-upload > /dev/null"
    );
    assert_eq!(one["retry"], retry);
}

#[test]
fn the_log_has_every_run_with_its_commands_counts_and_outcome() {
    let lived = lived();
    let rows: String = lived.work.sql(
        "SELECT json_group_array(json_array(run, command, exit, counts, message, finished)) FROM
            (SELECT * FROM runs ORDER BY number)",
    );
    let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
    let told: Vec<&Value> = list(lived, "runs").iter().rev().collect();
    assert_eq!(told.len(), rows.len(), "each command was a run of its own");
    for (run, row) in told.iter().zip(&rows) {
        assert_eq!((&run["run"], run["commands"].as_array().unwrap().len()), (&row[0], 1));
        let command = &run["commands"][0];
        assert_eq!((&command["command"], &command["exit"], &run["exit"]), (&row[1], &row[2], &row[2]));
        let counts: Value = serde_json::from_str(text(&row[3])).unwrap();
        assert_eq!((&command["counts"], &run["counts"]), (&counts, &counts));
        assert_eq!(run["message"].is_null(), row[4].is_null());
        assert_eq!(run["finished"].is_null(), row[5].is_null());
        let outcome = match row[2].as_i64() {
            Some(0) => "success",
            Some(1) => "partial",
            Some(_) => "error",
            None => "unfinished",
        };
        assert_eq!((&run["outcome"], &command["outcome"]), (&json!(outcome), &json!(outcome)));
    }
    assert_eq!(lived.status["last_run"], *told[told.len() - 1]);
    let outcomes: BTreeSet<&str> = told.iter().map(|run| text(&run["outcome"])).collect();
    assert_eq!(outcomes, ["error", "partial", "success", "unfinished"].into());
}

#[test]
fn a_person_is_needed_for_the_refused_login_and_the_rest_is_trouble() {
    let lived = lived();
    assert_eq!(lived.status["state"], "person");
    let needs = list(lived, "needs");
    assert_eq!(needs.len(), 1, "{needs:?}");
    assert_eq!([&needs[0]["what"], &needs[0]["platform"]], ["login-refused", "coros"]);
    assert_eq!(needs[0]["mend"], "gs-auth login --platform coros");
    assert_eq!(needs[0]["at"], moment(lived, "SELECT at FROM logins WHERE platform = 'coros'"));
    let troubles: Vec<(&str, &Value)> =
        list(lived, "troubles").iter().map(|one| (text(&one["what"]), &one["command"])).collect();
    assert_eq!(
        troubles,
        [("files-broken", &Value::Null), ("files-failed", &Value::Null), ("unfinished", &json!("gs-download"))]
    );
    assert_eq!(list(lived, "troubles")[0]["count"], 1);
}

#[test]
fn the_page_says_the_same() {
    let lived = lived();
    let shown =
        |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    // Without the marks around words of command lines.
    let mut parts = lived.page.split("<span class=\"word\">");
    let first = parts.next().unwrap().to_owned();
    let page = first + &parts.map(|part| part.replacen("</span>", "", 1)).collect::<String>();
    let has = |text: &str| assert!(page.contains(&shown(text)), "the page lacks {text:?}");
    let matters = list(lived, "needs").iter().chain(list(lived, "troubles"));
    let lines = matters.map(|one| &one["mend"]).chain(list(lived, "deletions").iter().map(|one| &one["restore"]));
    let lines = lines.chain(list(lived, "refused").iter().map(|one| &one["retry"]));
    lines.filter_map(Value::as_str).for_each(has);
    list(lived, "refused").iter().for_each(|one| has(text(&one["words"])));
    list(lived, "needs").iter().for_each(|one| has(text(&one["why"])));
    for one in list(lived, "activities") {
        has(text(&one["name"]));
        one["file"]["path"].as_str().into_iter().for_each(has);
    }
    list(lived, "runs").iter().filter_map(|run| run["message"].as_str()).for_each(has);
}
