//! Questions to a person. They are asked through a trait, so that tests can answer them.

use std::io::{IsTerminal, Write};

use crate::cli::{Exit, Failure, Output};
use crate::http::Secret;

/// The person who runs the setup.
pub trait Person {
    /// Whether a person can answer.
    fn is_there(&self) -> bool;
    /// Shows lines.
    fn say(&mut self, text: &str);
    /// Asks for a line; `None` at the end of the input.
    fn line(&mut self, prompt: &str) -> Option<String>;
    /// Asks for a line that is not shown; `None` at the end of the input.
    fn hidden(&mut self, prompt: &str) -> Option<Secret>;
}

/// The terminal of a person, if there is one.
pub struct Terminal {
    is_there: bool,
    is_quiet: bool,
}

impl Terminal {
    /// The terminal of this program, if it has one. `is_quiet`: only questions are shown.
    pub fn new(is_quiet: bool) -> Terminal {
        Terminal { is_there: std::io::stdin().is_terminal() && std::io::stderr().is_terminal(), is_quiet }
    }
}

impl Person for Terminal {
    fn is_there(&self) -> bool {
        self.is_there
    }

    fn say(&mut self, text: &str) {
        if !self.is_quiet {
            let mut output = Output::buffered();
            // If no reader is left, the work continues.
            drop(output.text(&format!("{text}\n")).and_then(|_| output.flush()));
        }
    }

    fn line(&mut self, prompt: &str) -> Option<String> {
        let mut stderr = std::io::stderr();
        write!(stderr, "{prompt}").and_then(|()| stderr.flush()).ok()?;
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }

    fn hidden(&mut self, prompt: &str) -> Option<Secret> {
        rpassword::prompt_password(prompt).ok().map(Secret::new)
    }
}

/// The failure at the end of the input.
fn gone() -> Failure {
    Failure::new(Exit::Interrupted, "ended before the last question; nothing was changed")
}

/// Asks for one of several options. Enter selects `default`.
pub fn choose(person: &mut dyn Person, question: &str, options: &[String], default: usize) -> Result<usize, Failure> {
    show(person, question, options);
    loop {
        let answer = person.line(&format!("Number [{}]: ", default + 1)).ok_or_else(gone)?;
        if answer.is_empty() {
            return Ok(default);
        }
        match number(&answer, options) {
            Some(chosen) => return Ok(chosen),
            None => person.say(&format!("Type a number from 1 to {}.", options.len())),
        }
    }
}

/// Asks for some of several options. Enter selects `default`, which may be empty.
pub fn choose_some(
    person: &mut dyn Person,
    question: &str,
    options: &[String],
    default: &[usize],
) -> Result<Vec<usize>, Failure> {
    show(person, question, options);
    let preset: Vec<String> = default.iter().map(|number| (number + 1).to_string()).collect();
    let preset = if preset.is_empty() { "none".to_owned() } else { preset.join(",") };
    loop {
        let answer = person.line(&format!("Numbers, separated by commas [{preset}]: ")).ok_or_else(gone)?;
        let words: Vec<&str> = answer.split([',', ' ']).filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            return Ok(default.to_vec());
        }
        let chosen: Option<Vec<usize>> = words.iter().map(|word| number(word, options)).collect();
        match chosen {
            Some(mut chosen) => {
                chosen.sort_unstable();
                chosen.dedup();
                return Ok(chosen);
            }
            None => person.say(&format!("Type numbers from 1 to {}, such as 1,2.", options.len())),
        }
    }
}

/// Asks for yes or no. Enter selects `default`.
pub fn yes(person: &mut dyn Person, question: &str, default: bool) -> Result<bool, Failure> {
    loop {
        let shown = if default { "Y/n" } else { "y/N" };
        let answer = person.line(&format!("{question} [{shown}] ")).ok_or_else(gone)?;
        match answer.to_lowercase().as_str() {
            "" => return Ok(default),
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => person.say("Type y or n."),
        }
    }
}

/// Asks for a line. Enter selects `default`, if there is one.
pub fn line(person: &mut dyn Person, prompt: &str, default: Option<&str>) -> Result<String, Failure> {
    let prompt = match default {
        Some(default) => format!("{prompt} [{default}]: "),
        None => format!("{prompt}: "),
    };
    loop {
        let answer = person.line(&prompt).ok_or_else(gone)?;
        match (answer.is_empty(), default) {
            (false, _) => return Ok(answer),
            (true, Some(default)) => return Ok(default.to_owned()),
            (true, None) => person.say("Type something, or press Ctrl-C to stop."),
        }
    }
}

/// Asks for a line that is not shown.
pub fn hidden(person: &mut dyn Person, prompt: &str) -> Result<Secret, Failure> {
    loop {
        let answer = person.hidden(&format!("{prompt} (not shown): ")).ok_or_else(gone)?;
        if !answer.expose().trim().is_empty() {
            return Ok(answer);
        }
        person.say("Type something, or press Ctrl-C to stop.");
    }
}

fn show(person: &mut dyn Person, question: &str, options: &[String]) {
    let listed: Vec<String> = (1..).zip(options).map(|(number, option)| format!("  {number:>2}  {option}")).collect();
    person.say(&format!("\n{question}\n{}", listed.join("\n")));
}

/// The index of an option from its number, which starts at 1.
fn number(text: &str, options: &[String]) -> Option<usize> {
    let number: usize = text.parse().ok()?;
    (1..=options.len()).contains(&number).then(|| number - 1)
}
