//! Settings from the environment and from a file.

use super::*;

fn with_file(text: &str, pairs: &[(&str, &str)]) -> Result<Settings, Error> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(".env");
    std::fs::write(&path, text).unwrap();
    let mut settings = Settings::from_pairs(pairs.iter().copied());
    settings.read_file(&path).map(|()| settings)
}

fn refusal(text: &str) -> String {
    let settings = with_file(text, &[("HOME", "/home/a")]).unwrap();
    let refused: Vec<String> = settings.broken_lines().map(|error| error.to_string()).collect();
    assert_eq!(refused.len(), 1, "{text:?}: {refused:?}");
    refused.concat()
}

#[test]
fn the_environment_precedes_the_file_and_empty_values_are_unset() {
    let settings = with_file("GS_RUN=file\nGS_LANG=file\n", &[("GS_RUN", "env"), ("GS_LANG", "")]).unwrap();
    assert_eq!(settings.get("GS_RUN"), Some("env"));
    assert_eq!(settings.get("GS_LANG"), Some("file"));
    assert_eq!(settings.get("GS_LOOPBACK"), None);
}

#[test]
fn the_environment_precedes_the_file_for_both_names_of_a_setting() {
    let settings = with_file("a=1\nA=2\nb=3\n", &[("A", "4")]).unwrap();
    assert_eq!(settings.first_of(["a", "A"]), Some(("A", "4")));
    assert_eq!(settings.first_of(["B", "b"]), Some(("b", "3")));
}

#[test]
fn a_relative_path_is_relative_to_the_settings_file() {
    let settings = with_file("DATA_DIR=data\n", &[]).unwrap();
    assert!(settings.data_dir().unwrap().is_absolute());
    assert!(settings.data_dir().unwrap().ends_with("data"));
    let settings = with_file("DATA_DIR=~/sport data\n", &[("HOME", "/home/a")]).unwrap();
    assert_eq!(settings.data_dir().unwrap(), Path::new("/home/a/sport data"));
}

#[test]
fn an_unreadable_line_is_named_and_not_shown() {
    for (text, line) in [
        ("A=1\n\nGARMIN_PASSWORD hunter2\n", "line 3"),
        ("GARMIN_PASSWORD='hunter2\nB=2\n", "line 1"),
        ("A='x\ny'\nGARMIN_PASSWORD='hunter2'3\n", "line 3"),
        ("A=1\nGARMIN_PASSWORD=hunter2${NOBODY}\n", "line 2"),
    ] {
        let error = refusal(text);
        assert!(with_file(text, &[]).unwrap().get("GARMIN_PASSWORD").is_none());
        assert!(error.contains(line) && error.contains(".env") && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn environment_variables_are_not_expanded_in_passwords() {
    assert!(refusal("GARMIN_PASSWORD=a${HOME}b\n").contains("HOME"));
    assert!(refusal("GARMIN_PASSWORD='a${x:-y}b'\n").contains("GARMIN_PASSWORD"));
    let settings = with_file("P=one\nGARMIN_PASSWORD=${P}$HOME$\nDATA_DIR=${HOME}/d\n", &[("HOME", "/home/a")]);
    let settings = settings.unwrap();
    assert_eq!(settings.get("GARMIN_PASSWORD"), Some("one$HOME$"));
    assert_eq!(settings.data_dir().unwrap(), Path::new("/home/a/d"));
    let command = with_file("GARMIN_PASSWORD_COMMAND=cat ${HOME}/x\n", &[("HOME", "/home/a")]).unwrap();
    assert_eq!(command.raw("GARMIN_PASSWORD_COMMAND"), Some("cat /home/a/x"));
}

#[test]
fn quotes_around_a_complete_value_are_removed_for_docker() {
    let pairs = [("'a b'", "a b"), ("\"a'b\"", "a'b"), ("it's", "it's"), ("'", "'"), ("''", ""), ("'a\"", "'a\"")];
    for (value, meant) in pairs {
        let mut value = value.to_owned();
        strip_quotes(&mut value);
        assert_eq!(value, meant);
    }
}

#[test]
fn secrets_are_read_from_files_and_commands() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, "s p\n").unwrap();
    let settings = Settings::from_pairs([
        ("GARMIN_PASSWORD_FILE", path.to_str().unwrap()),
        ("COROS_PASSWORD_COMMAND", "printf 'x y\\n'"),
        ("NTFY_TOKEN_COMMAND", "exit 3"),
    ]);
    assert_eq!(settings.secret("GARMIN_PASSWORD").unwrap().unwrap().expose(), "s p");
    assert_eq!(settings.secret("COROS_PASSWORD").unwrap().unwrap().expose(), "x y");
    assert!(settings.secret("NTFY_TOKEN").is_err());
    assert!(settings.secret("BARK_KEY").unwrap().is_none());
}

#[test]
fn a_secret_loses_line_breaks_and_byte_order_mark_and_keeps_blanks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    let path = path.to_str().unwrap();
    for (written, meant) in [
        ("pass word", "pass word"),
        ("pass word\n", "pass word"),
        ("pass word\r\n", "pass word"),
        ("\u{feff}pass word\n\n", "pass word"),
        ("\npass word", "pass word"),
        (" pass word \n", " pass word "),
    ] {
        std::fs::write(path, written).unwrap();
        let command = format!("cat '{path}'");
        for pairs in [("BARK_KEY", written), ("BARK_KEY_FILE", path), ("BARK_KEY_COMMAND", command.as_str())] {
            let settings = Settings::from_pairs([pairs]);
            assert_eq!(settings.secret("BARK_KEY").unwrap().unwrap().expose(), meant, "{written:?} by {}", pairs.0);
            assert_eq!(settings.address("BARK_KEY").unwrap().as_deref(), Some(meant.trim()), "{written:?}");
        }
        let in_file = with_file(&format!("BARK_KEY=\"{written}\"\n"), &[]).unwrap();
        assert_eq!(in_file.secret("BARK_KEY").unwrap().unwrap().expose(), meant, "{written:?}");
    }
    for nothing in ["", "\n", "\u{feff}\r\n"] {
        std::fs::write(path, nothing).unwrap();
        assert!(Settings::from_pairs([("BARK_KEY_FILE", path)]).secret("BARK_KEY").unwrap().is_none(), "{nothing:?}");
    }
}

#[test]
fn too_long_secrets_and_slow_commands_are_errors() {
    let settings = Settings::from_pairs([("BARK_KEY_FILE", "/dev/zero"), ("NTFY_TOKEN_COMMAND", "yes")]);
    for name in ["BARK_KEY", "NTFY_TOKEN"] {
        let error = settings.secret(name).unwrap_err().to_string();
        assert!(error.starts_with(name) && error.contains("a secret is shorter"), "{error}");
    }
    let settings = Settings::from_pairs([("BARK_KEY_COMMAND", "sleep 600"), ("GS_COMMAND_TIMEOUT", "50ms")]);
    let error = settings.secret("BARK_KEY").unwrap_err().to_string();
    assert!(error.contains("BARK_KEY_COMMAND took longer than 50ms"), "{error}");
}

#[test]
fn a_secret_with_lines_or_control_characters_is_rejected_and_not_shown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    let path = path.to_str().unwrap();
    for (written, found) in [
        ("hunter2\nlogin: ann\nurl: https://x.example\n", "3 lines"),
        ("hunter2\r\nlogin: ann\r\n", "2 lines"),
        ("hunter2\rlogin: ann", "2 lines"),
        ("hunter2\n \n", "2 lines"),
        ("hunter2\0", "a control character (U+0000)"),
        ("hun\tter2", "a control character (U+0009)"),
        ("hunter2\u{9b}", "a control character (U+009B)"),
    ] {
        std::fs::write(path, written).unwrap();
        let command = format!("cat '{path}'");
        for (pair, remedy) in [
            (("BARK_KEY", written), "BARK_KEY has"),
            (("BARK_KEY_FILE", path), "BARK_KEY_FILE: /"),
            (("BARK_KEY_COMMAND", command.as_str()), "BARK_KEY_COMMAND printed"),
        ] {
            let settings = Settings::from_pairs([pair]);
            let error = settings.secret("BARK_KEY").unwrap_err().to_string();
            assert!(error.starts_with(remedy) && error.contains(found), "{written:?}: {error}");
            assert!(!error.contains("hunter2") && !error.contains("ann"), "{error}");
            assert!(settings.address("BARK_KEY").is_err());
            // The token of another tool may have several lines.
            assert!(settings.multiline_secret("BARK_KEY").unwrap().is_some());
        }
    }
    let pass = Settings::from_pairs([("BARK_KEY_COMMAND", "printf 'hunter2\\nann\\n'")]);
    assert!(pass.secret("BARK_KEY").unwrap_err().to_string().contains("pass show garmin | head -n1"));
}

#[test]
fn a_blank_around_a_password_is_a_warning_and_no_command_is_run_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("secret"), "hunter2 \n").unwrap();
    own(&path("secret"), 0o600);
    let touch = format!("touch {}; echo 'hunter2 '", path("touched"));
    let warnings = Settings::from_pairs([
        ("GARMIN_PASSWORD", "a b"),
        ("COROS_PASSWORD", "hunter2 "),
        ("GARMIN_PASSWORD_CN_FILE", &path("secret")),
        ("GARMIN_PASSWORD_COM_COMMAND", &touch),
    ])
    .warnings();
    assert!(warnings.len() == 2 && warnings.iter().all(|warning| !warning.contains("hunter2")), "{warnings:?}");
    assert!(warnings.iter().any(|warning| warning.starts_with("COROS_PASSWORD begins or ends with a space")));
    assert!(warnings.iter().any(|warning| warning.starts_with("GARMIN_PASSWORD_CN_FILE begins or ends with a space")));
    assert!(!dir.path().join("touched").exists());
}

fn own(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_secret_in_a_file_that_others_can_read_is_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, "hunter2").unwrap();
    let path = path.to_str().unwrap();
    for (mode, told) in [(0o644, "read "), (0o620, "write "), (0o646, "read or write "), (0o600, ""), (0o400, "")] {
        own(path, mode);
        let warnings = Settings::from_pairs([("GARMIN_PASSWORD_FILE", path)]).warnings();
        assert_eq!(warnings.len(), usize::from(!told.is_empty()), "{mode:o}: {warnings:?}");
        let begin = format!("other users can {told}{path}");
        assert!(warnings.iter().all(|text| text.starts_with(&begin)), "{mode:o}: {warnings:?}");
        assert!(warnings.iter().all(|text| text.ends_with(&format!("chmod 600 {path}"))), "{warnings:?}");
        // The variable that has precedence is the one that counts.
        let pairs = [("GARMIN_PASSWORD", "x"), ("GARMIN_PASSWORD_FILE", path)];
        assert!(Settings::from_pairs(pairs).warnings().is_empty());
    }
}

#[test]
fn the_data_folder_is_never_the_current_folder() {
    let home = Settings::from_pairs([("HOME", "/home/a"), ("XDG_DATA_HOME", "relative")]);
    assert_eq!(home.data_dir().unwrap(), Path::new("/home/a/.local/share/garminsync"));
    assert!(Settings::default().data_dir().is_err());
}

#[test]
fn invalid_utf_8_is_rejected_only_in_variables_that_are_used() {
    use std::os::unix::ffi::OsStringExt;
    let latin = || OsString::from_vec(b"/srv/caf\xe9".to_vec());
    for name in ["DATA_DIR", "DB_PATH", "GS_REPORT_DIR", "GARMIN_PASSWORD", "GARMIN_PASSWORD_FILE", "SYNC_PLATFORM"] {
        let error = Settings::default().take_variable(name.into(), latin()).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("not valid UTF-8"), "{error}");
    }
    let mut settings = Settings::from_pairs([("DATA_DIR", "/srv/data")]);
    settings.take_variable("HOME".into(), latin()).unwrap();
    settings.take_variable("OTHER".into(), latin()).unwrap();
    assert_eq!(settings.data_dir().unwrap(), Path::new("/srv/data"));
    assert!(settings.find_file().unwrap_err().to_string().contains("HOME"));
    let mut settings = Settings::from_pairs([("HOME", "/home/a")]);
    settings.take_variable("XDG_DATA_HOME".into(), latin()).unwrap();
    assert!(settings.data_dir().unwrap_err().to_string().contains("XDG_DATA_HOME"));
}

#[test]
fn an_unset_setting_has_the_default_of_the_table() {
    let settings = Settings::default();
    assert_eq!(settings.number("MAX_DELETE").unwrap(), 10);
    assert_eq!(settings.duration("GS_LOST_AFTER").unwrap(), std::time::Duration::from_secs(6 * 3600));
    assert_eq!(settings.choice("GS_NOTIFY_ON").unwrap(), Some("change"));
    assert_eq!(settings.choice("GS_ARCHIVE").unwrap(), None);
    assert!(!settings.yes("DELETE_DUPLICATE").unwrap());
}

#[test]
fn a_value_of_the_wrong_kind_is_an_error_with_an_example() {
    for (name, text, message) in [
        ("MAX_UPLOAD", "many", "MAX_UPLOAD=\"many\": not a whole number; write for example 10, or 0"),
        ("DELETE_DUPLICATE", "maybe", "DELETE_DUPLICATE=\"maybe\": neither yes nor no; write 1 or 0"),
        ("GS_NOTIFY_ON", "never", "GS_NOTIFY_ON=\"never\": unknown value; write change, failure or always"),
        ("GS_TIMEOUT", "0", "GS_TIMEOUT=\"0\": a time limit must be longer than 0; write for example 1m"),
        ("GS_UPLOAD_WAIT", "soon", "GS_UPLOAD_WAIT=\"soon\": not a time span; write for example 90s, 5m, 500ms or 0"),
    ] {
        let settings = Settings::from_pairs([(name, text)]);
        assert_eq!(settings.check(find(name).unwrap()).unwrap_err().to_string(), message);
    }
    let settings = Settings::from_pairs([("GS_NOTIFY_ON", " Always "), ("GS_UPLOAD_WAIT", "0")]);
    assert_eq!(settings.choice("GS_NOTIFY_ON").unwrap(), Some("always"));
    assert!(settings.duration("GS_UPLOAD_WAIT").unwrap().is_zero());
}

#[test]
fn an_old_name_of_a_setting_still_works() {
    let settings = with_file("GS_PATIENCE=1m\nGS_LOCK_WAIT=1s\n", &[("GS_SETTLE_WAIT", "9s")]).unwrap();
    let seconds = |name| settings.duration(name).unwrap().as_secs();
    assert_eq!((seconds("GS_MAX_RETRY_AFTER"), seconds("GS_LOCK_TIMEOUT"), seconds("GS_UPLOAD_WAIT")), (60, 1, 9));
    assert!(settings.warnings().is_empty());
    let mut renamed = settings.old_names();
    renamed.sort_unstable();
    let pairs = [("GS_LOCK_WAIT", "GS_LOCK_TIMEOUT"), ("GS_PATIENCE", "GS_MAX_RETRY_AFTER")];
    assert_eq!(renamed, [pairs[0], pairs[1], ("GS_SETTLE_WAIT", "GS_UPLOAD_WAIT")]);
    // The environment has precedence over the file, for old and new names. Within one of the two the new name counts.
    let settings = with_file("GS_UPLOAD_WAIT=1s\nGS_LOCK_TIMEOUT=1s\nGS_LOCK_WAIT=2s\n", &[("GS_SETTLE_WAIT", "9s")]);
    let settings = settings.unwrap();
    assert_eq!(settings.duration("GS_UPLOAD_WAIT").unwrap().as_secs(), 9);
    assert_eq!(settings.duration("GS_LOCK_TIMEOUT").unwrap().as_secs(), 1);
    assert_eq!(settings.only_in_environment(), ["GS_SETTLE_WAIT"]);
}

#[test]
fn the_table_has_each_name_once_with_a_description() {
    let mut names: Vec<&str> = all().chain(VARIABLES).flat_map(Setting::names).collect();
    let count = names.len();
    assert!(count > 70, "{count}");
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count, "a name is in the table more than once");
    for setting in all().chain(VARIABLES) {
        assert!(setting.doc.ends_with('.'), "{}", setting.name);
        let is_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        assert!(setting.name.chars().all(is_name), "{}", setting.name);
        assert!(setting.old_names.is_empty() || !setting.has_sources(), "{}: NAME_FILE of an old name", setting.name);
    }
}

#[test]
fn the_examples_and_defaults_of_the_table_are_valid() {
    for setting in all() {
        let value = if setting.example.is_empty() { setting.default() } else { Some(setting.example.to_owned()) };
        let value = value.unwrap_or_default();
        let settings = with_file(&format!("{}={value}\n", setting.name), &[]).unwrap();
        settings.check(setting).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(settings.broken_lines().count(), 0, "{}", setting.name);
    }
}

/// Whether a setting can be read with a method of [`Settings`].
fn can_be_read(setting: &Setting, method: &str) -> bool {
    match method {
        "number" | "default_number" => matches!(setting.kind, SettingKind::Number(_)),
        "duration" | "default_duration" => matches!(setting.kind, SettingKind::Duration(_) | SettingKind::TimeLimit(_)),
        "yes" => setting.kind == SettingKind::YesNo,
        "choice" => matches!(setting.kind, SettingKind::Choice(_) | SettingKind::OpenChoice(_)),
        "path" => matches!(setting.kind, SettingKind::Path | SettingKind::TokenPath),
        "paths" => setting.kind == SettingKind::Paths,
        "secret" | "multiline_secret" | "address" => setting.has_sources(),
        _ => true,
    }
}

/// Text of the sources without their tests.
fn sources(dir: &Path, into: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
            into.push((path, code));
        }
    }
}

#[test]
fn every_setting_that_the_code_reads_is_in_the_table_with_its_kind() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut read = BTreeSet::new();
    for (path, code) in &files {
        for (at, _) in code.match_indices("(\"") {
            let rest = &code[at + 2..];
            let name = rest.split('"').next().unwrap_or_default();
            let method = code[..at].rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            let methods = [
                "get",
                "number",
                "default_number",
                "duration",
                "default_duration",
                "yes",
                "choice",
                "path",
                "paths",
                "secret",
                "multiline_secret",
                "address",
            ];
            let is_name = name.contains('_') && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            if methods.contains(&method) && is_name {
                let setting = all().chain(VARIABLES).find(|setting| setting.name == name);
                let setting = setting.unwrap_or_else(|| panic!("{}: {name} is not in the table", path.display()));
                assert!(can_be_read(setting, method), "{}: {name} is not read as {method}", path.display());
                read.insert(name);
            }
        }
    }
    assert!(read.len() > 25 && read.contains("MAX_DELETE") && read.contains("GS_LOST_AFTER"), "{read:?}");
}

#[test]
fn environment_only_variables_are_not_read_from_the_file() {
    let settings =
        with_file("HOME=/elsewhere\nXDG_DATA_HOME=/elsewhere\nLANG=zh_CN\n", &[("HOME", "/home/ann")]).unwrap();
    assert_eq!(settings.data_dir().unwrap(), Path::new("/home/ann/.local/share/garminsync"));
    assert_eq!((settings.home(), settings.variable("LANG")), (Some("/home/ann".into()), None));
}
