//! The page as a whole.

use maud::{DOCTYPE, html};

use super::Facts;
use crate::lang::Lang;

/// How the page is made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// Its language.
    pub lang: Lang,
    /// Whether it loads itself anew every half minute.
    pub refresh: bool,
}

/// The page: one file, without anything external.
pub fn page(facts: &Facts, look: Look) -> String {
    html! {
        (DOCTYPE)
        html lang=(look.lang.pick("en", "zh")) {
            head { meta charset="utf-8"; title { "garminsync" } }
            body { main { h1 { "garminsync" } p { (facts.platforms.len()) } } }
        }
    }
    .into_string()
}
