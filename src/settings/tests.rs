//! What settings come to, from the environment and from a file.

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
fn the_environment_goes_before_the_file_and_empty_is_none() {
    let settings = with_file("A=file\nB=file\n", &[("A", "env"), ("B", "")]).unwrap();
    assert_eq!(settings.get("A"), Some("env"));
    assert_eq!(settings.get("B"), Some("file"));
    assert_eq!(settings.get("C"), None);
}

#[test]
fn of_two_names_for_one_setting_the_layer_decides_first() {
    let settings = with_file("a=1\nA=2\nb=3\n", &[("A", "4")]).unwrap();
    assert_eq!(settings.any(&["a", "A"]), Some(("A", "4")));
    assert_eq!(settings.any(&["B", "b"]), Some(("b", "3")));
}

#[test]
fn a_relative_path_in_the_file_is_meant_from_its_folder() {
    let settings = with_file("DATA_DIR=data\n", &[]).unwrap();
    assert!(settings.data_dir().unwrap().is_absolute());
    assert!(settings.data_dir().unwrap().ends_with("data"));
    let settings = with_file("DATA_DIR=~/sport data\n", &[("HOME", "/home/a")]).unwrap();
    assert_eq!(settings.data_dir().unwrap(), Path::new("/home/a/sport data"));
}

#[test]
fn a_line_that_cannot_be_read_is_named_and_not_shown() {
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
fn no_part_of_a_password_is_replaced_by_a_variable() {
    assert!(refusal("GARMIN_PASSWORD=a${HOME}b\n").contains("HOME"));
    assert!(refusal("GARMIN_PASSWORD='a${x:-y}b'\n").contains("GARMIN_PASSWORD"));
    let settings = with_file("P=one\nGARMIN_PASSWORD=${P}$HOME$\nDATA_DIR=${HOME}/d\n", &[("HOME", "/home/a")]);
    let settings = settings.unwrap();
    assert_eq!(settings.get("GARMIN_PASSWORD"), Some("one$HOME$"));
    assert_eq!(settings.data_dir().unwrap(), Path::new("/home/a/d"));
    let command = with_file("GARMIN_PASSWORD_COMMAND=cat ${HOME}/x\n", &[("HOME", "/home/a")]).unwrap();
    assert_eq!(command.get("GARMIN_PASSWORD_COMMAND"), Some("cat /home/a/x"));
}

#[test]
fn quotes_around_a_whole_value_are_none_of_it_in_the_container() {
    let pairs = [("'a b'", "a b"), ("\"a'b\"", "a'b"), ("it's", "it's"), ("'", "'"), ("''", ""), ("'a\"", "'a\"")];
    for (value, meant) in pairs {
        let mut value = value.to_owned();
        unquote(&mut value);
        assert_eq!(value, meant);
    }
}

#[test]
fn secrets_come_from_files_and_commands() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, "s p\n").unwrap();
    let settings = Settings::from_pairs([
        ("A_FILE", path.to_str().unwrap()),
        ("B_COMMAND", "printf 'x y\\n'"),
        ("C_COMMAND", "exit 3"),
    ]);
    assert_eq!(settings.secret("A").unwrap().unwrap().expose(), "s p");
    assert_eq!(settings.secret("B").unwrap().unwrap().expose(), "x y");
    assert!(settings.secret("C").is_err());
    assert!(settings.secret("D").unwrap().is_none());
}

#[test]
fn line_ends_and_a_byte_order_mark_are_no_part_of_a_secret_and_blanks_are() {
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
        for pairs in [("P", written), ("P_FILE", path), ("P_COMMAND", command.as_str())] {
            let settings = Settings::from_pairs([pairs]);
            assert_eq!(settings.secret("P").unwrap().unwrap().expose(), meant, "{written:?} by {}", pairs.0);
            assert_eq!(settings.address("P").unwrap().as_deref(), Some(meant.trim()), "{written:?}");
        }
        let in_file = with_file(&format!("P=\"{written}\"\n"), &[]).unwrap();
        assert_eq!(in_file.secret("P").unwrap().unwrap().expose(), meant, "{written:?}");
    }
    for nothing in ["", "\n", "\u{feff}\r\n"] {
        std::fs::write(path, nothing).unwrap();
        assert!(Settings::from_pairs([("P_FILE", path)]).secret("P").unwrap().is_none(), "{nothing:?}");
    }
}

#[test]
fn what_is_no_secret_is_not_read_to_its_end() {
    let settings = Settings::from_pairs([("A_FILE", "/dev/zero"), ("B_COMMAND", "yes")]);
    for name in ["A", "B"] {
        let error = settings.secret(name).unwrap_err().to_string();
        assert!(error.starts_with(name) && error.contains("a secret is shorter"), "{error}");
    }
    let settings = Settings::from_pairs([("A_COMMAND", "sleep 600"), ("GS_COMMAND_TIMEOUT", "50ms")]);
    let error = settings.secret("A").unwrap_err().to_string();
    assert!(error.contains("A_COMMAND took longer than 50ms"), "{error}");
}

#[test]
fn a_secret_of_two_lines_or_with_a_control_character_is_refused_and_not_shown() {
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
            (("P", written), "P has"),
            (("P_FILE", path), "P_FILE: /"),
            (("P_COMMAND", command.as_str()), "P_COMMAND printed"),
        ] {
            let settings = Settings::from_pairs([pair]);
            let error = settings.secret("P").unwrap_err().to_string();
            assert!(error.starts_with(remedy) && error.contains(found), "{written:?}: {error}");
            assert!(!error.contains("hunter2") && !error.contains("ann"), "{error}");
            assert!(settings.address("P").is_err());
            // The token of another tool may have several lines.
            assert!(settings.secret_text("P").unwrap().is_some());
        }
    }
    let pass = Settings::from_pairs([("P_COMMAND", "printf 'hunter2\\nann\\n'")]);
    assert!(pass.secret("P").unwrap_err().to_string().contains("pass show garmin | head -n1"));
}

#[test]
fn a_blank_around_a_password_is_told_also_in_a_file_and_no_command_is_run_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("secret"), "hunter2 \n").unwrap();
    own(&path("secret"), 0o600);
    let touch = format!("touch {}; echo 'hunter2 '", path("touched"));
    let remarks = Settings::from_pairs([
        ("GARMIN_PASSWORD", "a b"),
        ("COROS_PASSWORD", "hunter2 "),
        ("GARMIN_PASSWORD_CN_FILE", &path("secret")),
        ("GARMIN_PASSWORD_COM_COMMAND", &touch),
    ])
    .remarks();
    assert!(remarks.len() == 2 && remarks.iter().all(|remark| !remark.contains("hunter2")), "{remarks:?}");
    assert!(remarks.iter().any(|remark| remark.starts_with("COROS_PASSWORD begins or ends with a blank")));
    assert!(remarks.iter().any(|remark| remark.starts_with("GARMIN_PASSWORD_CN_FILE begins or ends with a blank")));
    assert!(!dir.path().join("touched").exists());
}

fn own(path: &str, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_secret_in_a_file_that_others_can_read_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("secret");
    std::fs::write(&path, "hunter2").unwrap();
    let path = path.to_str().unwrap();
    for (mode, told) in [(0o644, 1), (0o620, 1), (0o600, 0), (0o400, 0)] {
        own(path, mode);
        let remarks = Settings::from_pairs([("GARMIN_PASSWORD_FILE", path)]).remarks();
        assert_eq!(remarks.len(), told, "{mode:o}: {remarks:?}");
        assert!(remarks.iter().all(|text| text.ends_with(&format!("chmod 600 {path}"))), "{remarks:?}");
        // What goes before it is what counts.
        let pairs = [("GARMIN_PASSWORD", "x"), ("GARMIN_PASSWORD_FILE", path)];
        assert!(Settings::from_pairs(pairs).remarks().is_empty());
    }
}

#[test]
fn the_data_folder_is_never_the_current_one() {
    let home = Settings::from_pairs([("HOME", "/home/a"), ("XDG_DATA_HOME", "relative")]);
    assert_eq!(home.data_dir().unwrap(), Path::new("/home/a/.local/share/garminsync"));
    assert!(Settings::default().data_dir().is_err());
}

#[test]
fn what_is_no_utf_8_is_refused_where_it_decides_and_nowhere_else() {
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
