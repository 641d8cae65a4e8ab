use super::*;

fn samples() -> Vec<Reason> {
    let at: Timestamp = "2026-01-08T14:10:21Z".parse().unwrap();
    let rejected = || Box::new(Reason::Rejected { detail: "HTTP 413".into() });
    vec![
        Reason::NotOnPlatform { platform: "coros".into() },
        Reason::PossibleDuplicate { id: "9".into(), certainty: "shifted".into() },
        Reason::UploadLost { seconds: 21_600, retry: "gs-diff --retry-rejected".into() },
        Reason::StartsDiffer { listed: at, recorded: at },
        Reason::RequestedWeekly { runs: 3, reason: rejected(), kept: Some("fit/a".into()) },
        Reason::ListingUnusable { platform: "coros".into(), reason: Box::new(Reason::ListingIncomplete) },
        Reason::Duplicate { evidence: vec![Reason::SameFile, Reason::StartApart { seconds: 2.0 }] },
        Reason::TimerTimesDiffer { seconds: [1.0, 2.5] },
        Reason::Stopped,
    ]
}

#[test]
fn what_the_catalogue_stores_is_read_again() {
    for reason in samples() {
        assert_eq!(Reason::from_json(&reason.to_json()), reason);
    }
    assert_eq!(Reason::from_json("{\"code\":\"later\"}"), Reason::other("{\"code\":\"later\"}"));
}

#[test]
fn code_and_parameters_are_flat() {
    let json = |reason: &Reason| serde_json::from_str::<serde_json::Value>(&reason.to_json()).unwrap();
    let reason = Reason::PossibleDuplicate { id: "9".into(), certainty: "shifted".into() };
    assert_eq!(json(&reason), serde_json::json!({"code": "possible-duplicate", "id": "9", "certainty": "shifted"}));
    assert_eq!(
        (reason.code().as_str(), json(&Reason::Stopped)),
        ("possible-duplicate", serde_json::json!({"code": "stopped"}))
    );
}

#[test]
fn a_text_names_its_parameters_in_every_language() {
    for reason in samples() {
        for lang in [Lang::En, Lang::Zh] {
            assert!(!reason.text(lang).is_empty(), "{reason:?}");
        }
        assert_ne!(reason.text(Lang::En), reason.text(Lang::Zh), "{reason:?}");
    }
    assert_eq!(
        samples()[4].text(Lang::En),
        "HTTP 413; rejected in 3 runs: requested weekly from now on, at once with gs-download --force; kept as it came: fit/a"
    );
    assert_eq!(samples()[2].text(Lang::Zh), "已接受，但 6 小时内未在列表中出现；重新上传：gs-diff --retry-rejected");
}
