//! Tests of the checks that `page.rs` applies to the page, with a good page and many bad pages.

use crate::node;

/// The path of the good page.
const GOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/fixtures/good.html");

#[test]
fn a_good_page_has_no_findings() {
    let measures = node::check(
        &[GOOD],
        &["--rows", "5", "--expect", "西湖晨跑", "--expect", "An old ride", "--expect", "<script>alert(1)</script>"],
    );
    for name in ["size", "interactive", "Lighthouse accessibility"] {
        let measure = measures.iter().find(|measure| measure["measure"] == name);
        assert!(measure.is_some_and(|measure| measure["value"].as_u64() > Some(0)), "{name}: {measures:?}");
    }
}

#[test]
fn each_bad_page_has_exactly_the_findings_of_its_fault() {
    node::check_the_checks();
}

#[test]
#[should_panic(expected = "cannot be read: what is not there")]
fn a_finding_fails_the_test_and_is_shown() {
    node::check(&[GOOD], &["--only", "quiet", "--expect", "what is not there"]);
}

#[test]
#[should_panic(expected = "there is no check")]
fn an_unknown_check_is_an_error() {
    node::check(&[GOOD], &["--only", "axes"]);
}
