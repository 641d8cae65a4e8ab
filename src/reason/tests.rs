use proptest::prelude::*;

use super::samples::samples;
use super::*;

#[allow(dead_code, reason = "the tests of the documents use the rest")]
#[path = "../../tests/support/plain_words.rs"]
mod plain_words;

/// A text that is in no message of ours.
const MARK: &str = "qzx7";

#[test]
fn every_reason_round_trips_through_json() {
    let all = samples(MARK);
    assert!(all.len() > 100, "{}", all.len());
    for reason in all {
        assert_eq!(Reason::from_json(&reason.to_json()), reason);
    }
}

proptest! {
    #[test]
    fn a_reason_with_any_text_round_trips_through_json(text in any::<String>(), at in any::<prop::sample::Index>()) {
        let reason = at.get(&samples(&text)).clone();
        prop_assert_eq!(Reason::from_json(&reason.to_json()), reason);
    }
}

#[test]
fn an_unknown_reason_keeps_its_json() {
    assert_eq!(Reason::from_json("{\"code\":\"later\"}"), Reason::other("{\"code\":\"later\"}"));
}

#[test]
fn code_and_parameters_are_fields_of_one_json_object() {
    let json = |reason: &Reason| serde_json::from_str::<serde_json::Value>(&reason.to_json()).unwrap();
    let reason = Reason::PossibleDuplicate { id: "9".into(), certainty: "shifted".into() };
    assert_eq!(json(&reason), serde_json::json!({"code": "possible-duplicate", "id": "9", "certainty": "shifted"}));
    assert_eq!(reason.code(), "possible-duplicate");
    assert_eq!(json(&Reason::Stopped), serde_json::json!({"code": "stopped"}));
}

fn is_bare(reason: &Reason) -> bool {
    matches!(reason, Reason::Other { .. } | Reason::Duplicate { .. } | Reason::ListingUnusable { .. })
}

#[test]
fn every_reason_has_a_text_in_every_language() {
    for reason in samples(MARK) {
        let [en, zh] = [Lang::En, Lang::Zh].map(|lang| reason.text(lang));
        for text in [&en, &zh] {
            assert!(!text.trim().is_empty() && *text != reason.code(), "{reason:?}: {text}");
        }
        // Texts of others, and reasons that only wrap another reason, are not translated.
        let is_translated = zh.contains(|c: char| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(is_translated || is_bare(&reason), "{reason:?}: {zh}");
        assert!(!en.contains(|c: char| ('\u{3000}'..='\u{9fff}').contains(&c)), "{reason:?}: {en}");
    }
}

#[test]
fn every_text_parameter_of_a_reason_is_in_its_texts() {
    for reason in samples(MARK) {
        let is_said = reason.to_json().contains(MARK);
        for lang in [Lang::En, Lang::Zh] {
            assert_eq!(reason.text(lang).to_lowercase().contains(MARK), is_said, "{reason:?}: {}", reason.text(lang));
        }
    }
}

#[test]
fn the_text_of_a_reason_includes_its_parameters() {
    let kept = Some("fit/a".to_owned());
    let reason = Box::new(Reason::Rejected { detail: "HTTP 413".into() });
    assert_eq!(
        Reason::RequestedWeekly { runs: 3, reason, kept }.text(Lang::En),
        "HTTP 413; rejected in 3 runs: requested weekly from now on, at once with gs-download --force; kept as received: fit/a"
    );
    let lost = Reason::UploadLost { seconds: 21_600, retry: "gs-diff --retry-rejected".into() };
    assert_eq!(lost.text(Lang::Zh), "已接受，但 6 小时内未在列表中出现；重新上传：gs-diff --retry-rejected");
}

#[test]
fn every_reason_uses_plain_words_in_each_language() {
    for reason in samples(MARK) {
        for lang in [Lang::En, Lang::Zh] {
            let found = plain_words::found_in(&reason.text(lang));
            assert!(found.is_empty(), "{}: {found:?}", reason.text(lang));
        }
    }
}
