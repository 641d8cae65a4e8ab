//! Whether a cron daemon runs on this machine.

use std::fs;
use std::path::Path;

/// The names of cron daemons, as in scripts/daemon/garminsync-daemon.
const NAMES: [&str; 5] = ["cron", "crond", "anacron", "fcron", "systemd-cron"];

/// Whether a cron daemon runs on this machine; `true` if the system does not show the processes of other users.
pub fn is_cron_running() -> bool {
    is_running_in(Path::new("/proc"))
}

fn is_running_in(proc: &Path) -> bool {
    // The first process is never one of an ordinary user.
    if fs::read_to_string(proc.join("1/comm")).is_err() {
        return true;
    }
    let processes = fs::read_dir(proc).into_iter().flatten().flatten();
    let mut names = processes.filter_map(|process| fs::read_to_string(process.path().join("comm")).ok());
    names.any(|name| NAMES.contains(&name.trim_end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cron_daemon_is_found_by_the_name_of_its_process() {
        let proc = tempfile::tempdir().unwrap();
        assert!(is_running_in(proc.path()) && is_running_in(&proc.path().join("none")), "unknown");
        let start = |id: &str, name: &str| {
            fs::create_dir(proc.path().join(id)).unwrap();
            fs::write(proc.path().join(id).join("comm"), format!("{name}\n")).unwrap();
        };
        start("22", "crontab");
        assert!(is_running_in(proc.path()), "other users' processes are hidden");
        start("1", "systemd");
        assert!(!is_running_in(proc.path()));
        start("333", "crond");
        assert!(is_running_in(proc.path()));
    }
}
