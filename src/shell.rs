//! Command lines that a person may copy.

/// A word of a command line, as a shell takes it for one word.
pub fn shell_quote(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:@%+=-".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// A flag and its value, also one that looks like a flag itself.
pub fn flag(name: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{name}{between}{}", shell_quote(value))
}

/// Logs in to a platform.
pub fn login(platform: &str) -> String {
    format!("gs-auth login {}", flag("--platform", platform))
}

/// Uploads an activity once more that a platform refused or lost.
pub fn retry(platform: &str, id: &str, to: &str) -> String {
    let entry = format!("{} {}", flag("--platform", platform), flag("--id", id));
    let ends = format!("{} {}", flag("--from", platform), flag("--to", to));
    format!("gs-list {entry} | gs-diff {ends} --retry-rejected | gs-download | gs-upload > /dev/null")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_any_quoted_text_as_one_word() {
        for text in ["garmin-com", "folder:/mnt/my watch", "it's; $(reboot) `x` \"y\" \\", "", "晨跑", "*", "~", "a,b"]
        {
            let script = format!("printf %s {}", shell_quote(text));
            let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{script}");
        }
        assert_eq!(shell_quote("folder:/mnt/watch"), "folder:/mnt/watch");
        assert_eq!((flag("--id", "1"), flag("--id", "-1")), ("--id 1".into(), "--id=-1".into()));
    }
}
