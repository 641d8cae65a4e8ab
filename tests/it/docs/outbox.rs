//! `docs/outbox.md`: every recipe is run as written. Other programs are stand-ins that record what they are given.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::recipes::Home;
use crate::support::recipes::{self, Recipe};

const DOCUMENT: &str = "docs/outbox.md";

/// A user with an outbox in `~/outbox`, and stand-ins of other programs.
fn home() -> Home {
    let home = Home::new();
    // As setup writes it.
    let settings = home.path(".config/garminsync/.env");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, format!("SYNC_PLATFORM='garmin-com,folder:~/my watch'\n{text}")).unwrap();
    fs::create_dir(home.path("my watch")).unwrap();
    follow(&home, "Set it up", 1);
    let text = fs::read_to_string(&settings).unwrap();
    assert!(text.starts_with("SYNC_PLATFORM='garmin-com,folder:~/my watch,outbox:~/outbox'\n"), "{text}");
    home
}

/// The blocks below a heading.
fn blocks(title: &str) -> Vec<Recipe> {
    let blocks: Vec<Recipe> = recipes::recipes(DOCUMENT).into_iter().filter(|recipe| recipe.title == title).collect();
    assert!(!blocks.is_empty(), "{DOCUMENT} has no {title:?}");
    blocks
}

/// Runs the first blocks below a heading.
fn follow(home: &Home, title: &str, count: usize) {
    for recipe in blocks(title).iter().take(count) {
        home.types(recipe, &recipe.text, "").ok();
    }
}

/// A program in `~/.local/bin`, before those of the machine.
fn stand_in(home: &Home, name: &str, script: &str) {
    let path = home.path(".local/bin").join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

fn names(home: &Home, dir: &str) -> Vec<String> {
    let entries = fs::read_dir(home.path(dir)).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_recipe_has_a_test() {
    let own = include_str!("outbox.rs");
    for recipe in recipes::recipes(DOCUMENT) {
        assert!(own.contains(&format!("\"{}\"", recipe.title)), "no test for {:?}", recipe.title);
    }
}

#[test]
fn set_it_up_and_choose_the_names() {
    let home = home();
    let all = names(&home, "outbox");
    assert!(all.len() > 20 && all.iter().all(|name| name.starts_with("activity_")), "{all:?}");
    follow(&home, "Set it up", 2);
    assert_eq!(names(&home, "outbox"), all, "nothing is delivered twice");
    // The newest file once more.
    fs::remove_dir_all(home.path("outbox")).unwrap();
    fs::create_dir(home.path("outbox")).unwrap();
    let again = blocks("Set it up").pop().unwrap();
    home.types(&again, &again.text, "").ok();
    assert_eq!(names(&home, "outbox").len(), 1);
    home.command("gs-sync", &[]).ok();
    assert_eq!(names(&home, "outbox").len(), 1);
    let named = Home::new();
    fs::write(
        named.path(".config/garminsync/.env"),
        "GARMIN_EMAIL=runner@example.com\nGARMIN_PASSWORD='correct horse'\nSYNC_PLATFORM=GARMINCOM,outbox:~/outbox\n",
    )
    .unwrap();
    fs::create_dir(named.path("outbox")).unwrap();
    follow(&named, "Choose the names", 1);
    let all = names(&named, "outbox");
    assert!(all.len() > 20 && all.iter().all(|name| name.starts_with("20")), "{all:?}");
    assert!(all.iter().any(|name| name.contains("_running")), "{all:?}");
}

#[test]
fn move_the_files_to_a_cloud() {
    let home = home();
    let delivered = names(&home, "outbox");
    fs::write(home.path("outbox/.garminsync-outbox-1"), b"half").unwrap();
    stand_in(
        &home,
        "rclone",
        r#"[ "$1 $3 $4 $5" = "move sport:activities --exclude .*" ] && mkdir -p ~/cloud && mv "$2"/* ~/cloud"#,
    );
    follow(&home, "Move the files to a cloud", 1);
    assert_eq!(names(&home, "cloud"), delivered);
    assert_eq!(names(&home, "outbox"), [".garminsync-outbox-1"]);
    follow(&home, "Move the files to a cloud", 0);
    home.command("gs-sync", &[]).ok();
    assert_eq!(names(&home, "outbox"), [".garminsync-outbox-1"]);
}

#[test]
fn upload_to_fittrackee() {
    let mut home = home();
    let delivered = names(&home, "outbox");
    // Accepts the login, and every file but one. The real one stores the cookies in the same format.
    let curl = r#"case "$*" in
*/api/auth/login)
  grep -qx '{"email":"a@example.com","password":"it is"}' || exit 22
  printf '#HttpOnly_localhost\tFALSE\t/\tTRUE\t0\taccess_token_cookie\tsecret-1\n' >"$5"
  printf 'localhost\tFALSE\t/\tTRUE\t0\tcsrf_access_token\tsecret-2\n' >>"$5"
  ;;
*/api/workouts)
  grep -q secret-1 "$5" && grep -qx 'X-CSRF-TOKEN: secret-2' "${7#@}" || exit 22
  case "$*" in *REFUSED*) exit 22 ;; esac
  echo "$*" >>~/sent
  ;;
esac"#;
    stand_in(&home, "curl", &curl.replace("REFUSED", &delivered[3]));
    home.work.set("FITTRACKEE_EMAIL", "a@example.com").set("FITTRACKEE_PASSWORD", "it is");
    let recipe = &blocks("Upload to FitTrackee")[0];
    home.types(recipe, &recipe.text, "").ok();
    assert_eq!(names(&home, "outbox"), [delivered[3].clone()], "a rejected file stays");
    let sent = fs::read_to_string(home.path("sent")).unwrap();
    assert_eq!(sent.lines().count(), delivered.len() - 1);
    assert!(!sent.contains("secret") && sent.contains("-F data={\"sport_id\": 5}"), "{sent}");
}

#[test]
fn convert_each_file_as_it_arrives() {
    let home = home();
    let delivered = names(&home, "outbox");
    let title = "Convert each file as it arrives";
    stand_in(&home, "gpsbabel", r#"[ "$1 $2 $5 $6" = "-i garmin_fit -o gpx" ] && cp "$4" "$8""#);
    // Names each new file once, as the real one does.
    stand_in(
        &home,
        "inotifywait",
        r#"for last in "$@"; do :; done
while sleep 0.1; do for file in "$last"/*.fit; do
  [ ! -e "$file" ] || grep -qsxF "$file" ~/seen || { echo "$file" >>~/seen; echo "$file"; }
done; done"#,
    );
    let recipe = &blocks(title)[0];
    let mut command = home.work.command("/usr/bin/env", &["bash", "-c", &recipe.text]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    let wait_for = |count: usize| {
        while names(&home, "tracks").len() < count || !names(&home, "outbox").is_empty() {
            assert!(Instant::now() < end, "{:?}", names(&home, "outbox"));
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    wait_for(delivered.len());
    fs::write(home.path("outbox/new.fit"), b"new").unwrap();
    wait_for(delivered.len() + 1);
    assert!(names(&home, "tracks").iter().all(|name| name.ends_with(".gpx")));
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-9", "--", &group]).status().unwrap().success());
    child.wait().unwrap();
}
