//! Compares the reader of `.env` files with python-dotenv, which the older tools use, on generated files.
//!
//! Requires `target/dotenv-venv`, which `scripts/test` creates, or another Python environment that `DOTENV_VENV` names.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use crate::python::python_tool;
use crate::support::Work;
use garminsync::settings::dotenv::{self, Statement};
use serde::Deserialize;

/// The result of python-dotenv for a file.
#[derive(Deserialize)]
struct Theirs {
    /// Name, value, and the line of an error.
    statements: Vec<(Option<String>, Option<String>, Option<usize>)>,
    values: BTreeMap<String, Option<String>>,
}

/// The environment variables of both.
const VARIABLES: [(&str, &str); 2] = [("HOME", "/home/ann"), ("B", "of the environment")];

fn theirs(files: &[String]) -> Vec<Theirs> {
    let mut command = Command::new(python_tool("dotenv", "python"));
    command.args(["-I", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/external/dotenv.py")]).env_clear().envs(VARIABLES);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = files.iter().map(|file| serde_json::to_string(file).unwrap() + "\n").collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let read: Vec<Theirs> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), files.len(), "python-dotenv did not read all files");
    read
}

/// A random element.
fn one<'a>(random: &mut fastrand::Rng, of: &[&'a str]) -> &'a str {
    of[random.usize(..of.len())]
}

/// A file with usual statements and some unusual ones.
fn file(random: &mut fastrand::Rng) -> String {
    const NAMES: &[&str] =
        &["A", "B", "GARMIN_PASSWORD", "a.b", "a-b", "'q uoted'", "é", "export", "1A", "A B", "", "'"];
    const EQUALS: &[&str] = &["=", "=", "=", " = ", "\t=", "= ", "=\t ", "", " ", ": "];
    const PARTS: &[&str] = &[
        "a",
        "b",
        "Z9",
        "correct horse",
        " ",
        "  ",
        "\t",
        "#",
        " #",
        "\t#",
        "'",
        "\"",
        "\\",
        "\\\\",
        "\\'",
        "\\\"",
        "\\n",
        "\\t",
        "\\a",
        "\\x",
        "\\$",
        "$",
        "$A",
        "${A}",
        "${B}",
        "${HOME}",
        "${NOBODY}",
        "${A:-x y}",
        "${NOBODY:-}",
        "${",
        "${}",
        "${A:b}",
        "}",
        "=",
        ";",
        "`",
        "é",
        "跑",
        "😀",
        "\u{a0}",
        "\u{2028}",
        "\u{b}",
        "\u{1c}",
        "\u{85}",
        "\u{feff}",
        "\n",
    ];
    const ENDS: &[&str] =
        &["\n", "\n", "\n", "\r\n", "\n\n", "\r", " \n", "\t\r\n", " # comment\n", "\t# it's\n", "#\n"];
    let mut text = one(random, &["", "", "", "\u{feff}", "\n", "# head\r\n", " \t"]).to_owned();
    for _ in 0..random.usize(1..6) {
        if random.u8(..8) == 0 {
            text.push_str(one(random, &["# A=1 it's\n", "\n", "A\n", "export A\n", "export # x\n", "  #=\n", "=\n"]));
            continue;
        }
        text.push_str(one(random, &["", "", "", "", " ", "\t", "export ", "export\t ", "export"]));
        text.push_str(one(random, NAMES));
        text.push_str(one(random, EQUALS));
        let value: String = (0..random.usize(..5)).map(|_| one(random, PARTS)).collect();
        let quote = one(random, &["", "", "'", "\""]);
        text.push_str(&format!("{quote}{value}{quote}"));
        text.push_str(one(random, ENDS));
    }
    text
}

/// The result of our reader in the same form, and whether a value was rejected, even if a later statement replaces it.
/// Both readers skip a byte order mark at the start.
fn ours(text: &str) -> (Theirs, bool) {
    let (mut statements, mut values, mut is_refused) = (Vec::new(), BTreeMap::new(), false);
    for statement in dotenv::read(text) {
        match statement {
            Statement::Unreadable { line, .. } => statements.push((None, None, Some(line))),
            Statement::Assignment { name, value, .. } => {
                let result = value.as_ref().map(|value| {
                    let variable = |name: &str| VARIABLES.iter().find(|(known, _)| *known == name);
                    // python-dotenv expands an unset name to nothing, and our reader rejects it; this is tested below.
                    dotenv::expand(value, |name: &str| match (variable(name), values.get(name)) {
                        (Some((_, value)), _) => Some((*value).to_owned()),
                        // For python-dotenv a name without a value is set to an empty text.
                        (None, Some(value)) => Some(Option::<String>::clone(value).unwrap_or_default()),
                        (None, None) => None,
                    })
                });
                is_refused |= matches!(result, Some(Err(_)));
                let result = result.map(|expanded| expanded.unwrap_or_else(|name| missing(value.as_ref(), &name)));
                values.insert(name.clone(), result);
                statements.push((Some(name), value, None));
            }
        }
    }
    (Theirs { statements, values }, is_refused)
}

/// Marks a value that our reader rejects.
fn missing(value: Option<&String>, name: &str) -> String {
    assert!(
        value.is_some_and(|value| value.contains(&format!("${{{name}}}"))),
        "the error names {name}, which is not in {value:?}"
    );
    "refused".into()
}

#[test]
fn generated_files_are_read_as_python_dotenv_reads_them() {
    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    // Half of the files are the same in every run.
    let mut fixed = fastrand::Rng::with_seed(11);
    let files: Vec<String> = (0..3000).map(|_| file(&mut fixed)).chain((0..3000).map(|_| file(&mut random))).collect();
    let (mut faults, mut refused, mut read) = (0, 0, 0);
    for (text, theirs) in files.iter().zip(theirs(&files)) {
        let (ours, is_refused) = ours(text);
        assert_eq!(ours.statements, theirs.statements, "{text:?}");
        assert_eq!(ours.values.keys().collect::<Vec<_>>(), theirs.values.keys().collect::<Vec<_>>(), "{text:?}");
        faults += theirs.statements.iter().filter(|statement| statement.2.is_some()).count();
        refused += usize::from(is_refused);
        // Later values may refer to a rejected one.
        if !is_refused {
            assert_eq!(ours.values, theirs.values, "{text:?}");
            read += theirs.values.len();
        }
    }
    assert!(faults > 1000 && refused > 200 && read > 5000, "{faults} faults, {refused} refused, {read} read");
}

#[test]
fn a_file_with_a_line_that_python_dotenv_skips_is_rejected() {
    let work = Work::alone();
    let path = work.dir().join(".env");
    let mut random = fastrand::Rng::with_seed(12);
    let files: Vec<String> = (0..300).map(|_| file(&mut random)).collect();
    let (mut refused, mut taken) = (0, 0);
    for (text, theirs) in files.iter().zip(theirs(&files)).take(80) {
        std::fs::write(&path, text).unwrap();
        let said = work.run("gs-settings", &["--env-file", ".env"]);
        match theirs.statements.iter().find_map(|statement| statement.2) {
            // An unset name in an earlier line may be reported first.
            Some(line) => {
                said.ends(78).says(".env, line ");
                assert!(said.err.contains(&format!("line {line}:")) || said.err.contains("${"), "{text:?}\n{said}");
                refused += 1;
            }
            None if said.code == 0 => taken += 1,
            None => drop(said.ends(78).says("${")),
        }
        for secret in ["correct horse", "跑"] {
            assert!(!said.err.contains(secret), "{said}");
        }
    }
    assert!(refused > 20 && taken > 10, "{refused} {taken}");
}

#[test]
fn a_password_has_the_same_value_as_in_the_older_tools() {
    let passwords = [
        "'correct horse'",
        "correct horse",
        "pa$$word",
        "a$HOME",
        "\"a\\$HOME/x\"",
        "it's",
        "'it\\'s'",
        "a#b",
        "a\t# mine",
        "\"a\\\\b\"",
        "a\\b",
        "'a\\b'",
        "\"tab\\there\"",
        "\"q\\\"q\"",
        "=a=",
        "ünïcödé",
        " spaced out  ",
        "'  kept  '",
        "`id`",
        "$(id)",
        "a;b&c|d",
        "\\",
        "${",
        "$",
    ];
    let files: Vec<String> = passwords.iter().map(|written| format!("GARMIN_PASSWORD={written}\r\n")).collect();
    for (file, theirs) in files.iter().zip(theirs(&files)) {
        let work = Work::alone();
        // The test uses the e-mail address instead of the password, because gs-settings shows it.
        let text = file.replace("GARMIN_PASSWORD", "GARMIN_EMAIL");
        std::fs::write(work.dir().join("x.env"), text).unwrap();
        let said = work.run("gs-settings", &["--env-file", "x.env", "GARMIN_EMAIL"]);
        let meant = theirs.values["GARMIN_PASSWORD"].clone().unwrap();
        assert_eq!(said.ok().out, format!("{meant}\n"), "{file}");
    }
}
