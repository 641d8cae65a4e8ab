//! The pictures, with a heading each.

use maud::{Markup, html};

use super::Facts;
use crate::lang::Lang;

/// All three.
pub fn pictures(facts: &Facts, lang: Lang) -> Markup {
    html! {
        section #pictures {
            h2 { (lang.pick("Pictures", "图表")) }
            h3 { (lang.pick("Days", "每日")) }
            p { (facts.days.len()) }
        }
    }
}
