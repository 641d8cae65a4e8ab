//! `garminsync daemon` and `schedule`: the crontab, the server of the page, and Debian's cron with a fast clock.
//!
//! Each test has its own crontab: it runs in private mounts and a network that has only the loopback (as root).

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::paths::{GARMINSYNC, commands, garminsync};
use crate::support::{Said, Work, installed, is_inside, plain, recipes, shell};
use gs_sim::Sim;

const SPOOL: &str = "/var/spool/cron/crontabs/root";

/// Hides the schedules of the machine.
fn hide() {
    shell(
        "ip link set lo up
         mount -t tmpfs none /var/spool/cron; mkdir -m 1730 /var/spool/cron/crontabs
         chgrp crontab /var/spool/cron/crontabs
         mount -t tmpfs none /etc/cron.d; mount -t tmpfs none /run; mount --bind /dev/null /etc/crontab",
    );
}

fn path() -> String {
    let bin = commands();
    format!("{}:/usr/bin:/bin:/usr/sbin:/sbin", bin.display())
}

/// A user whose settings are in a file, because cron does not see those of the shell.
fn user(sim: Option<&Sim>) -> Work {
    let mut work = sim.map_or_else(Work::alone, Work::logged_in);
    work.set("PATH", &path());
    let url = sim.map_or("http://127.0.0.1:9".to_owned(), Sim::base_url);
    let env = format!("GS_LOOPBACK={url}\nGS_REQUEST_INTERVAL=0\nGS_RETRY_WAIT=10ms\nGS_SCHEDULE_JITTER=0\n");
    work.write_env(&env);
    work
}

/// The crontab; empty if the user has none. In the file, Debian inserts three lines with a date above it.
fn crontab() -> Vec<u8> {
    Command::new("crontab").arg("-l").output().unwrap().stdout
}

fn set_crontab(work: &Work, bytes: &[u8]) {
    let path = work.dir().join("crontab");
    fs::write(&path, bytes).unwrap();
    work.run("/usr/bin/crontab", &[path.to_str().unwrap()]).ok();
}

fn text() -> String {
    String::from_utf8_lossy(&crontab()).into_owned()
}

/// The crontab of a long-time user: settings, a percent sign, letters of another encoding, tabs.
const USER_CRONTAB: &[u8] =
    b"# m h dom mon dow\nMAILTO=\"\"\n\n5 4 * * *\tdate +\\%F # caf\xe9\r\n  @daily true\n# garminsync\n\n";

#[test]
fn all_other_bytes_of_the_crontab_are_unchanged() {
    if !is_inside("all_other_bytes_of_the_crontab_are_unchanged") {
        return;
    }
    hide();
    let work = user(None);
    set_crontab(&work, USER_CRONTAB);
    let before = crontab();
    garminsync(&work, &["schedule", "30 7,19 * * mon-fri"]).ok().says("next run");
    assert!(crontab().starts_with(&before) && text().contains("\n30 7,19 * * mon-fri /usr/bin/env "), "{}", text());
    // The block is changed in place, even after the user has moved it.
    let block = crontab()[before.len()..].to_vec();
    set_crontab(&work, &[b"# above\n".as_slice(), &block, &before].concat());
    garminsync(&work, &["schedule", "@weekly"]).ok();
    assert!(text().starts_with("# above\n# BEGIN garminsync (") && crontab().ends_with(&before), "{}", text());
    assert_eq!(text().matches("garminsync daemon --run").count(), 1);
    let same = crontab();
    garminsync(&work, &["schedule", "on"]).ok();
    assert_eq!(crontab(), same);
    garminsync(&work, &["schedule", "off"]).ok();
    assert_eq!(crontab(), [b"# above\n".as_slice(), &before].concat());
    // A crontab without other lines is removed with the block.
    set_crontab(&work, b"");
    garminsync(&work, &["schedule", "on"]).ok();
    garminsync(&work, &["schedule", "off"]).ok();
    assert!(!Path::new(SPOOL).exists());
    work.run("/usr/bin/crontab", &["-l"]).ends(1);
}

#[test]
fn each_data_folder_has_its_own_crontab_block() {
    if !is_inside("each_data_folder_has_its_own_crontab_block") {
        return;
    }
    hide();
    let work = user(None);
    let other = work.dir().join("Ann's 100% (2)");
    let other = other.to_str().unwrap();
    garminsync(&work, &["schedule", "1 1 * * *"]).ok();
    let one = crontab();
    garminsync(&work, &["schedule", "2 2 * * *", "--data-dir", other]).ok();
    assert!(crontab().starts_with(&one) && text().matches("# BEGIN").count() == 2);
    garminsync(&work, &["schedule", "--data-dir", other]).ok().silent();
    // The command as cron passes it to the shell, with unescaped percent signs.
    let line = text().lines().find(|line| line.starts_with("2 2 ")).unwrap().replace("\\%", "%");
    let command = line.split_once("/usr/bin/env ").unwrap().1.replace(" daemon --run", " list --all --offline #");
    work.run("/bin/sh", &["-c", &format!("/usr/bin/env {command}")]).ok().says("last listed: never");
    // Other spellings of the same path.
    for same in [format!("{other}/"), format!("{other}/../{}/.", "Ann's 100% (2)")] {
        garminsync(&work, &["schedule", "2 2 * * *", "--data-dir", &same]).ok();
        assert_eq!(text().matches("# BEGIN").count(), 2, "{}", text());
    }
    garminsync(&work, &["schedule", "off", &format!("--data-dir={other}")]).ok();
    assert_eq!(crontab(), one);
}

#[test]
fn proxy_settings_of_the_shell_are_in_the_crontab_line_or_reported() {
    if !is_inside("proxy_settings_of_the_shell_are_in_the_crontab_line_or_reported") {
        return;
    }
    hide();
    let mut work = user(None);
    let line = || text().lines().find(|line| line.starts_with("0 3 ")).unwrap().to_owned();
    work.set("https_proxy", "http://127.0.0.1:7890")
        .set("ALL_PROXY", "socks5://127.0.0.1:1080")
        .set("NO_PROXY", "*.lan, 10%");
    work.set("SSL_CERT_FILE", "own/ca.pem").set("SSL_CERT_DIR", "/a b:certs").set("GS_LANG", "zh");
    let said = garminsync(&work, &["schedule", "0 3 * * *"]);
    said.ok().says("write these into the .env file: ");
    assert!(!said.err.contains("PROXY") && !said.err.contains("SSL_CERT"), "{said}");
    let dir = work.dir().display();
    for part in [
        "https_proxy=http://127.0.0.1:7890".to_owned(),
        "ALL_PROXY=socks5://127.0.0.1:1080".into(),
        "'NO_PROXY=*.lan, 10\\%'".into(),
        format!("SSL_CERT_FILE={dir}/own/ca.pem"),
        format!("'SSL_CERT_DIR=/a b:{dir}/certs'"),
    ] {
        assert!(line().contains(&format!(" {part} ")), "{part}: {}", line());
    }
    // A command that cron starts has these settings: the certificate authority does not exist.
    let env = work.write_env("SYNC_PLATFORM=GARMINCOM\n");
    let command = line().replace("\\%", "%").split_once("/usr/bin/env ").unwrap().1.to_owned();
    let command = command.split(" daemon --run").next().unwrap().to_owned();
    let command = format!("/usr/bin/env {command} list --all -- --env-file {}", env.display());
    work.run("/usr/bin/env", &["-i", "/bin/sh", "-c", &command]).ends(78).says("own/ca.pem");
    // Every setting that only the shell has is named, and no setting that the file has, too.
    let mut work = user(None);
    work.write_env("MAX_DELETE=3\nSYNC_PLATFORM=GARMINCOM\n");
    work.set("MAX_UPLOAD", "0").set("MAX_DELETE", "3").set("COROS_PASSWORD_COMMAND", "pass").set("GARTH_HOME", "x");
    let said = garminsync(&work, &["schedule", "0 3 * * *"]);
    said.ok().says("cron does not see").says(" MAX_UPLOAD").says(" COROS_PASSWORD_COMMAND");
    assert!(!said.err.contains("MAX_DELETE") && !said.err.contains("GARTH_HOME"), "{said}");
    // Every user of the machine could read a password in the crontab, and its lines have a maximum length.
    let mut work = user(None);
    work.set("HTTPS_PROXY", "http://ann:hunter2@127.0.0.1:7890").set("NO_PROXY", &"a.example,".repeat(200));
    let said = garminsync(&work, &["schedule", "0 3 * * *"]);
    said.ok().says("write these into the .env file:").says(" HTTPS_PROXY").says(" NO_PROXY");
    assert!(!text().contains("hunter2") && !said.err.contains("hunter2"), "{said}");
}

#[test]
fn proxy_settings_too_long_for_a_crontab_line_are_reported() {
    if !is_inside("proxy_settings_too_long_for_a_crontab_line_are_reported") {
        return;
    }
    hide();
    let mut work = user(None);
    let around: Vec<String> = (0..15).map(|number| format!("host{number}.corp.example")).collect();
    for name in ["no_proxy", "NO_PROXY"] {
        work.set(name, &around.join(","));
    }
    for name in ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        work.set(name, &format!("http://proxy-of-{}.corp.example:3128", name.to_lowercase()));
    }
    work.set("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt");
    let said = garminsync(&work, &["schedule", "0 3 * * *"]);
    let line = || text().lines().find(|line| line.starts_with("0 3 ")).unwrap_or_default().to_owned();
    // With one spelling of each name, all settings fit.
    for name in ["https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE"] {
        assert_eq!(line().matches(&format!("{name}=")).count(), 1, "{name}: {}", line());
    }
    assert!(!line().contains("PROXY=") && !said.ok().err.to_lowercase().contains("_proxy"), "{said}");
    // Settings that do not fit are named, in both spellings, and the more important ones stay.
    for name in ["no_proxy", "NO_PROXY"] {
        work.set(name, &around.join(",").repeat(3));
    }
    let said = garminsync(&work, &["schedule", "0 3 * * *"]);
    said.ok().says("write these into the .env file:").says(" no_proxy").says(" NO_PROXY");
    assert!(
        line().contains(" https_proxy=") && !line().contains("no_proxy=") && !said.err.contains("https_"),
        "{said}"
    );
}

#[test]
fn proxy_settings_in_the_settings_file_are_not_copied_to_the_crontab() {
    if !is_inside("proxy_settings_in_the_settings_file_are_not_copied_to_the_crontab") {
        return;
    }
    hide();
    for (in_file, in_shell, carried) in [
        ("HTTPS_PROXY", "HTTPS_PROXY", false),
        ("HTTPS_PROXY", "https_proxy", false),
        ("https_proxy", "HTTPS_PROXY", false),
        ("ALL_PROXY", "HTTPS_PROXY", true),
        ("SSL_CERT_FILE", "SSL_CERT_FILE", false),
    ] {
        let value = if in_file.starts_with("SSL") { "/etc/old.pem" } else { "http://old.example:3128" };
        let mut work = user(None);
        work.write_env(&format!("GS_SCHEDULE_JITTER=0\n{in_file}={value}\n"));
        work.set(in_shell, value);
        let said = garminsync(&work, &["schedule", "0 3 * * *"]);
        said.ok();
        assert_eq!(text().contains(&format!("{in_shell}={value}")), carried, "{in_file} {in_shell}: {}", text());
        assert!(!said.err.contains(&format!(" {in_shell}")), "{said}");
        // Another value in the shell is copied to the crontab.
        work.set(in_shell, &value.replace("old", "new"));
        garminsync(&work, &["schedule", "0 3 * * *"]).ok();
        assert!(text().contains(&format!("{in_shell}={}", value.replace("old", "new"))), "{}", text());
    }
}

#[test]
fn a_damaged_crontab_block_is_not_changed() {
    if !is_inside("a_damaged_crontab_block_is_not_changed") {
        return;
    }
    hide();
    let work = user(None);
    garminsync(&work, &["schedule", "0 3 * * *"]).ok();
    let block = text();
    let begin = block.lines().next().unwrap().to_owned();
    let cases = [
        (format!("{begin}\n0 1 * * * true\n"), "has no end"),
        ("0 1 * * * true\n# END garminsync\n".to_owned(), "has no beginning"),
        (format!("{begin}\n{block}"), "inside the block of line 1"),
        (format!("{block}{block}"), "two garminsync blocks for this data folder, at lines 1 and 5"),
        (format!("# BEGIN garminsync\n{block}"), "an incomplete mark"),
        (block.replace("# END", "0 1 * * * mine\n# END"), "a line that garminsync did not write (0 1 * * * mine)"),
    ];
    for (damaged, why) in cases {
        set_crontab(&work, damaged.as_bytes());
        let before = crontab();
        for args in [&["schedule", "0 4 * * *"] as &[&str], &["schedule", "off"], &["daemon", "--stop"]] {
            garminsync(&work, args).ends(78).says(why).says("nothing was changed");
            assert_eq!(crontab(), before, "{args:?}");
        }
        assert_eq!(work.run("gs-schedule", &[]).record()["cron"], "0 3 * * *");
        assert!(work.run("gs-schedule", &[]).record()["enabled"] == true);
    }
    fs::write(SPOOL, "0 1 * * * true").unwrap();
    garminsync(&work, &["schedule", "on"]).ends(78).says("the last line of the crontab has no line break at its end");
    assert_eq!(text(), "0 1 * * * true");
}

#[test]
fn an_invalid_schedule_is_rejected_with_its_position_and_changes_nothing() {
    if !is_inside("an_invalid_schedule_is_rejected_with_its_position_and_changes_nothing") {
        return;
    }
    hide();
    let work = user(None);
    set_crontab(&work, USER_CRONTAB);
    let before = crontab();
    garminsync(&work, &["schedule", "0 25 * * *"]).ends(2).says("hour, column 3");
    garminsync(&work, &["schedule", "0", "25", "*", "*", "*"]).ends(2).says("put the schedule in quotes");
    garminsync(&work, &["schedule", "--nonsense"]).ends(2);
    for args in [&["--start", "--port", "99999"] as &[&str], &["--start", "--stop"], &[], &["--start", "--bind", "a;b"]]
    {
        garminsync(&work, &[&["daemon"], args].concat()).ends(2).says("--help");
    }
    work.write_env("GS_SCHEDULE_JITTER=soon\n");
    garminsync(&work, &["schedule", "on"]).ends(78).says("GS_SCHEDULE_JITTER");
    assert_eq!(crontab(), before);
    assert!(work.run("gs-schedule", &["--env-file", "/dev/null"]).record()["cron"].is_null());
}

/// Starts the daemon. Whether cron runs depends on the tests that run at the same time.
fn start(work: &Work, args: &[&str]) -> Said {
    let said = garminsync(work, &[&["daemon", "--start"], args].concat());
    assert!(said.code == 0 || said.code == 3 && said.err.contains("service cron start"), "{said}");
    said
}

/// The response of the server to one request: its head and its body.
fn response(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    String::from_utf8_lossy(&said).into_owned()
}

/// A free port, because each test has its own network.
const PORT: u16 = 8080;

#[test]
fn start_serves_only_the_page_and_stop_ends_the_server() {
    if !is_inside("start_serves_only_the_page_and_stop_ends_the_server") {
        return;
    }
    hide();
    let work = user(None);
    garminsync(&work, &["daemon", "--status"]).ends(3);
    garminsync(&work, &["daemon", "--stop"]).ok().says("the daemon was not running");
    start(&work, &[]).says("0 */6 * * *").says("the page is at http://127.0.0.1:8080/");
    fs::write(work.data("report/other.txt"), "health").unwrap();
    fs::write(work.data("report/.hidden"), "health").unwrap();
    assert!(response(PORT, "/").contains("<!DOCTYPE html>") && response(PORT, "/status.json").contains("\"state\""));
    let others = [
        "/other.txt",
        "/.hidden",
        "/../server",
        "/../../catalogue.sqlite",
        "/..%2fserver",
        "/index.html/",
        "//etc/passwd",
    ];
    for path in others {
        let said = response(PORT, path);
        assert!(!said.starts_with("HTTP/1.0 200") && !said.starts_with("HTTP/1.1 200"), "{path}: {said}");
    }
    // The server listens on the loopback only.
    shell("ip address add 192.0.2.1/32 dev lo");
    assert!(TcpStream::connect("192.0.2.1:8080").is_err());
    let before = crontab();
    let server = fs::read_to_string(work.data("daemon/server")).unwrap();
    start(&work, &[]).says(" already");
    assert_eq!((crontab(), fs::read_to_string(work.data("daemon/server")).unwrap()), (before, server));
    start(&work, &["--port", "8081", "--bind", "192.0.2.1"]);
    assert!(TcpStream::connect(("127.0.0.1", PORT)).is_err() && TcpStream::connect("192.0.2.1:8081").is_ok());
    garminsync(&work, &["daemon", "--stop"]).ok().says("stopped");
    assert!(TcpStream::connect("192.0.2.1:8081").is_err() && text().is_empty());
    start(&work, &["--port", "0"]);
    assert!(TcpStream::connect(("127.0.0.1", PORT)).is_err());
    garminsync(&work, &["daemon", "--stop"]).ok();
}

/// The response to a browser that requests this host.
fn response_for(host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", PORT)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
    let mut said = Vec::new();
    // The server may close the connection before it has read everything.
    let _ = stream.read_to_end(&mut said);
    String::from_utf8_lossy(&said).into_owned()
}

/// Sets a PATH with our commands and a folder of links to the machine's programs, with only these of the two servers.
fn programs(work: &mut Work, names: &[&str]) {
    let dir = work.dir().join("programs");
    fs::create_dir_all(&dir).unwrap();
    for place in ["/bin", "/usr/bin", "/usr/sbin"].map(Path::new) {
        for entry in fs::read_dir(place).unwrap().flatten() {
            let name = entry.file_name();
            let is_server = ["busybox", "python3"].iter().any(|server| name == *server);
            if !is_server || names.iter().any(|wanted| name == *wanted) {
                let _ = std::os::unix::fs::symlink(entry.path(), dir.join(&name));
            }
        }
    }
    let bin = commands().display().to_string();
    work.set("PATH", &format!("{bin}:{}", dir.display()));
}

#[test]
fn the_page_is_served_only_for_host_names_of_this_machine() {
    if !is_inside("the_page_is_served_only_for_host_names_of_this_machine") {
        return;
    }
    hide();
    let own = fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned();
    for server in ["busybox", "python3"] {
        let mut work = user(None);
        work.set("GS_PAGE_HOSTS", "NAS.lan, sport.example.org");
        programs(&mut work, &[server]);
        start(&work, &[]).says("the page is at http://127.0.0.1:8080/");
        let ours = ["localhost", "127.0.0.1", "LOCALHOST.", "192.0.2.7", "[::1]", &own, "nas.lan", "sport.example.org"];
        for host in ours.iter().flat_map(|host| [(*host).to_owned(), format!("{host}:{PORT}")]) {
            for (path, text) in
                [("/", "<!DOCTYPE html>"), ("/index.html?x", "<!DOCTYPE html>"), ("/status.json", "\"state\"")]
            {
                let said = response_for(&host, path);
                assert!(
                    said.lines().next().unwrap().contains(" 200") && said.contains(text),
                    "{server} {host}{path}: {said}"
                );
            }
        }
        let foreign = [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "xlocalhost",
            "sport.example.org.evil",
            ".*",
            "a:b:8080",
        ];
        for host in foreign.iter().flat_map(|host| [(*host).to_owned(), format!("{host}:{PORT}")]) {
            for path in ["/", "/index.html", "/status.json", "/cgi-bin/index.cgi", "/other"] {
                let said = response_for(&host, path);
                let is_error = ["403", "404"].iter().any(|code| said.lines().next().unwrap().contains(code));
                assert!(
                    is_error && !said.contains("<!DOCTYPE html>\n<html lang") && !said.contains("\"state\""),
                    "{server} {host}{path}: {said}"
                );
            }
        }
        let said = response_for("evil.example", "/");
        assert!(said.contains("GS_PAGE_HOSTS") && !said.contains("evil.example"), "{said}");
        // An added name is valid from the next start on, even if the server runs already.
        work.set("GS_PAGE_HOSTS", "evil.example");
        start(&work, &[]);
        assert!(response_for("evil.example", "/").contains("<!DOCTYPE html>"));
        assert!(response_for("nas.lan", "/").contains("403"));
        garminsync(&work, &["daemon", "--stop"]).ok();
    }
}

#[test]
fn a_server_that_ignores_the_host_header_is_stopped() {
    if !is_inside("a_server_that_ignores_the_host_header_is_stopped") {
        return;
    }
    hide();
    // A busybox whose httpd was built without scripts serves the files itself.
    let bare = |work: &Work| {
        let path = work.dir().join("programs/busybox");
        let _ = fs::remove_file(&path);
        fs::write(&path, "#!/bin/bash\nargs=(\"$@\")\nfor i in \"${!args[@]}\"; do [ \"${args[i]}\" != -c ] || args[i+1]=/dev/null; done\nexec /bin/busybox \"${args[@]}\"\n").unwrap();
        shell(&format!("chmod +x '{}'", path.display()));
    };
    let mut work = user(None);
    programs(&mut work, &["python3"]);
    bare(&work);
    start(&work, &[]).says("the page is at http://127.0.0.1:8080/");
    assert!(response_for("evil.example", "/").contains("403"));
    garminsync(&work, &["daemon", "--stop"]).ok();
    let mut work = user(None);
    programs(&mut work, &[]);
    bare(&work);
    start(&work, &[]).says("the page is not served: busybox cannot check the Host header");
    assert!(TcpStream::connect(("127.0.0.1", PORT)).is_err());
    garminsync(&work, &["daemon", "--stop"]).ok();
    let mut work = user(None);
    programs(&mut work, &[]);
    start(&work, &[]).says("neither busybox nor python3 is installed");
}

#[test]
fn the_port_and_the_process_of_another_program_are_not_touched() {
    if !is_inside("the_port_and_the_process_of_another_program_are_not_touched") {
        return;
    }
    hide();
    let work = user(None);
    let taken = TcpListener::bind(("127.0.0.1", PORT)).unwrap();
    garminsync(&work, &["daemon", "--start"]).ends(78).says("port 8080 is used by another program");
    drop(taken);
    start(&work, &[]);
    // After a reboot the process id may be that of any process.
    let path = work.data("daemon/server");
    let ours = fs::read_to_string(&path).unwrap();
    let mut stranger = Command::new("sleep").arg("60").spawn().unwrap();
    let (pid, rest) = ours.split_once(' ').unwrap();
    fs::write(&path, format!("{} {rest}", stranger.id())).unwrap();
    garminsync(&work, &["daemon", "--stop"]).ok();
    assert!(stranger.try_wait().unwrap().is_none(), "another process was ended");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
    // The stop did not end the server, because its process id was replaced.
    shell(&format!("kill {pid}"));
}

/// A process group that ends with the test: faketime and the command that it runs are different processes.
struct Running(Child);

impl Running {
    fn start(command: &mut Command, said: Stdio) -> Running {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(said).process_group(0);
        Running(command.spawn().expect("faketime is needed"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        shell(&format!("kill -s KILL -- -{} 2>/dev/null || true", self.0.id()));
        let _ = self.0.wait();
    }
}

/// Waits for a condition. A minute of the schedule takes two to six seconds, so the time limit is ample.
fn until(what: &str, holds: impl FnMut() -> bool) {
    until_or(what, String::new, holds);
}

/// Like [`until`]; a failure shows what the daemon has written.
fn until_or(what: &str, written: impl Fn() -> String, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !holds() {
        assert!(Instant::now() < end, "timed out waiting for {what}\n{}", written());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// The number of successful runs of a command.
fn runs(work: &Work, command: &str) -> i64 {
    work.sql(&format!("SELECT count(*) FROM commands WHERE command = '{command}' AND exit = 0"))
}

#[test]
fn cron_runs_the_sync_and_the_page_is_updated() {
    if !is_inside("cron_runs_the_sync_and_the_page_is_updated") {
        return;
    }
    hide();
    let sim = plain(3);
    let work = user(Some(&sim));
    start(&work, &[]);
    garminsync(&work, &["schedule", "* * * * *"]).ok().says("no cron daemon is running on this machine");
    let shown = || work.run("gs-schedule", &["--format", "table"]).ok().to_string();
    assert!(shown().contains("in the crontab, but cron is not running"), "{}", shown());
    assert!(response(PORT, "/status.json").contains("\"state\": \"empty\""));
    // A minute of cron takes two seconds. The commands that it starts have the clock of the machine.
    let _cron =
        Running::start(Command::new("faketime").args(["-f", "+0 x30", "cron", "-f", "-L", "15"]), Stdio::null());
    garminsync(&work, &["daemon", "--status"]).ok();
    assert!(shown().contains("run by crontab"), "{}", shown());
    until("three files", || work.files("fit").len() == 3);
    until("a second run", || runs(&work, "gs-fetch") > 1);
    until("a page that knows", || response(PORT, "/status.json").contains("\"state\": \"ok\""));
    garminsync(&work, &["daemon", "--stop"]).ok();
    assert_eq!(garminsync(&work, &["daemon", "--status"]).code, 3);
    assert_eq!(work.sql::<i64>("SELECT count(*) FROM commands WHERE exit <> 0"), 0);
}

#[test]
fn without_cron_the_daemon_runs_in_the_foreground_and_stops_on_sigterm() {
    if !is_inside("without_cron_the_daemon_runs_in_the_foreground_and_stops_on_sigterm") {
        return;
    }
    hide();
    let sim = plain(3);
    let mut work = user(Some(&sim));
    work.set("GS_FOREGROUND", "1").set("GS_SCHEDULE_COMMAND", "download");
    garminsync(&work, &["schedule", "* * * * *"]).ok();
    assert!(!Path::new(SPOOL).exists());
    // The commands have this clock, too. A faster one would make the time limit of a request shorter than a busy machine needs.
    let faketime = ["-f", "+0 x10", GARMINSYNC, "daemon", "--start"];
    let log = work.dir().join("log");
    let said = fs::File::create(&log).unwrap().into();
    let mut running = Running::start(&mut work.command("/usr/bin/faketime", &faketime), said);
    let said = || fs::read_to_string(&log).unwrap();
    until_or("three files", said, || work.files("fit").len() == 3);
    until_or("a second run", said, || runs(&work, "gs-fetch") > 1);
    until_or("a page that knows", said, || response(PORT, "/status.json").contains("\"state\": \"ok\""));
    garminsync(&work, &["daemon", "--status"]).ok();
    garminsync(&work, &["daemon", "--start"]).ok().says("the daemon is already running");
    garminsync(&work, &["schedule", "off"]).ok();
    until_or("the end of the schedule", said, || said().contains("the schedule is off"));
    assert!(said().contains("ended with exit code 0") && !said().contains("could not be read"), "{}", said());
    shell(&format!("kill {}", fs::read_to_string(work.data("daemon/loop")).unwrap()));
    let stopped = Instant::now();
    while running.0.try_wait().unwrap().is_none() {
        assert!(stopped.elapsed() < Duration::from_secs(9), "docker kills after ten seconds");
        std::thread::sleep(Duration::from_millis(50));
    }
    garminsync(&work, &["daemon", "--status"]).ends(3);
    assert!(TcpStream::connect(("127.0.0.1", PORT)).is_err());
}

#[test]
fn a_scheduled_run_waits_for_the_jitter_and_a_manual_run_does_not() {
    let sim = plain(1);
    let mut work = user(Some(&sim));
    // A sleep that only writes its argument to a file.
    let place = work.dir().join("bin");
    fs::create_dir(&place).unwrap();
    fs::write(place.join("sleep"), "#!/bin/sh\necho \"$1\" >>\"$HOME/slept\"\n").unwrap();
    shell(&format!("chmod +x '{}'", place.join("sleep").display()));
    work.set("PATH", &format!("{}:{}", place.display(), path())).set("GS_SCHEDULE_COMMAND", "download");
    let slept = |work: &Work| -> Vec<u64> {
        let said = fs::read_to_string(work.dir().join("slept")).unwrap_or_default();
        said.lines().map(|line| line.parse().unwrap()).collect()
    };
    garminsync(&work, &["daemon", "--run"]).ok().silent();
    assert!(slept(&work).is_empty(), "the settings file turns the jitter off");
    work.set("GS_SCHEDULE_JITTER", "2h");
    for _ in 0..8 {
        garminsync(&work, &["daemon", "--run"]).ok().silent();
    }
    let times = slept(&work);
    assert!(times.len() == 8 && times.iter().all(|time| *time <= 7200), "{times:?}");
    assert!(times.iter().any(|time| *time != times[0]) && times.iter().any(|time| *time > 600), "{times:?}");
    garminsync(&work, &["download", "--missing"]).ok();
    assert_eq!(slept(&work).len(), 8);
    // With a run every minute, the jitter is a fraction of a minute.
    work.run("gs-schedule", &["* * * * *"]).ok();
    garminsync(&work, &["daemon", "--run"]).ok().silent();
    assert!(slept(&work)[8..].iter().all(|time| *time <= 6), "{:?}", slept(&work));
}

#[test]
fn two_runs_never_overlap() {
    let sim = plain(1);
    let mut work = user(Some(&sim));
    fs::create_dir_all(work.data("locks")).unwrap();
    let lock = fs::File::create(work.data("locks/sync")).unwrap();
    lock.lock().unwrap();
    for what in ["sync", "download"] {
        work.set("GS_SCHEDULE_COMMAND", what);
        garminsync(&work, &["daemon", "--run"]).ends(75).says("try again when it has ended");
    }
    assert!(sim.log().is_empty());
    drop(lock);
    garminsync(&work, &["daemon", "--run"]).ok().silent();
    work.set("GS_SCHEDULE_COMMAND", "everything");
    garminsync(&work, &["daemon", "--run"])
        .ends(78)
        .says("GS_SCHEDULE_COMMAND=\"everything\": unknown value; write sync or download");
}

#[test]
fn the_documented_crontab_recipes_work_as_written() {
    if !is_inside("the_documented_crontab_recipes_work_as_written") {
        return;
    }
    hide();
    let sim = plain(2);
    let mut work = user(Some(&sim));
    installed::at_home(&mut work);
    let _cron = Running::start(Command::new("cron").args(["-f", "-L", "15"]), Stdio::null());
    let recipes = ["README.md", "docs/scheduling.md"].map(recipes::recipes).into_iter().flatten();
    let recipes: Vec<_> = recipes.filter(|recipe| recipe.how == "crontab").collect();
    assert!(recipes.len() > 2);
    for recipe in &recipes {
        eprintln!("{}", recipe.text);
        work.run("/bin/bash", &["-euc", &recipe.text]).ok();
    }
    assert!(text().contains("\n30 7,19 * * * /usr/bin/env "), "{}", text());
    // The command as cron passes it to the shell, with the path of the installation.
    let line = text().lines().find(|line| line.starts_with("30 7,19")).unwrap().to_owned();
    let command = line.split_once("/usr/bin/env ").unwrap().1;
    assert!(command.contains("/.local/bin/garminsync daemon --run"), "{command}");
    work.run("/usr/bin/env", &["-i", "/bin/sh", "-c", &format!("/usr/bin/env {command}")]).ok().silent();
    assert_eq!(work.files("fit").len(), 2);
    garminsync(&work, &["daemon", "--stop"]).ok();
}
