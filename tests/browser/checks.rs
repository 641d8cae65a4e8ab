//! The checks that `page.rs` holds the page to, on pages that were made by hand: a good one and many bad ones.

use crate::node;

/// As it is asked for on the command line.
const GOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/browser/fixtures/good.html");

#[test]
fn nothing_is_found_in_a_good_page() {
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
fn each_bad_page_is_found_out_for_its_own_fault_and_for_no_other() {
    node::check_the_checks();
}

#[test]
#[should_panic(expected = "cannot be read: what is not there")]
fn what_is_found_fails_the_test_and_is_shown() {
    node::check(&[GOOD], &["--only", "quiet", "--expect", "what is not there"]);
}

#[test]
#[should_panic(expected = "there is no check")]
fn a_check_that_is_not_there_is_no_check_that_went_well() {
    node::check(&[GOOD], &["--only", "axes"]);
}
