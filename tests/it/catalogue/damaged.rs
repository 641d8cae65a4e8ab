//! A damaged catalogue is reported as damaged and is not modified, and the advice in the message works.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::support::{FILES, Said, Work, asked, plain};

const PAGE: u64 = 4096;

/// An archive of `count` activities whose catalogue no command has open.
fn archived(count: usize) -> (gs_sim::Sim, Work) {
    let sim = plain(count);
    let work = Work::logged_in(&sim);
    work.archive_all();
    (sim, work)
}

fn write_at(path: &Path, offset: u64, bytes: &[u8]) {
    fs::File::options().write(true).open(path).unwrap().write_all_at(bytes, offset).unwrap();
}

fn truncate(path: &Path, length: u64) {
    fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

type Damage = Box<dyn Fn(&Path)>;

/// The ways in which a disk or a person can damage a catalogue.
fn damages() -> Vec<(&'static str, Damage)> {
    let size = |path: &Path| fs::metadata(path).unwrap().len();
    vec![
        ("zeros in place of the first page", Box::new(|path| write_at(path, 0, &[0; PAGE as usize]))),
        ("zeros in place of the first sector", Box::new(|path| write_at(path, 0, &[0; 512]))),
        ("garbage behind the header", Box::new(|path| write_at(path, 100, &[0xa5; 900]))),
        (
            "garbage in all pages but the first",
            Box::new(move |path| {
                write_at(path, PAGE, &vec![0xa5; (size(path) - PAGE) as usize]);
            }),
        ),
        ("truncated to half", Box::new(move |path| truncate(path, size(path) / PAGE / 2 * PAGE))),
        ("truncated within its first page", Box::new(|path| truncate(path, 700))),
        ("truncated to one byte", Box::new(|path| truncate(path, 1))),
        (
            "emptied, with its log beside it",
            Box::new(|path| {
                fs::write(path.with_file_name("catalogue.sqlite-wal"), [7; 9000]).unwrap();
                truncate(path, 0);
            }),
        ),
        ("emptied", Box::new(|path| truncate(path, 0))),
        ("a text", Box::new(|path| fs::write(path, "nothing of a catalogue ".repeat(500)).unwrap())),
    ]
}

fn assert_reported_as_damaged(said: &Said, path: &Path) {
    said.ends(78).says(&format!("{}: the catalogue is damaged (", path.display()));
    said.says("move catalogue.sqlite, catalogue.sqlite-wal and catalogue.sqlite-shm to another folder and run: gs-fetch | gs-download");
}

#[test]
fn any_damage_is_reported_and_the_advice_restores_the_catalogue() {
    for (what, damage) in damages() {
        let (sim, work) = archived(4);
        let path = work.data("catalogue.sqlite");
        damage(&path);
        let before = fs::read(&path).unwrap();
        sim.clear_log();
        for command in ["gs-list", "gs-fetch", "gs-report"] {
            assert_reported_as_damaged(&work.run(command, &[]), &path);
        }
        assert!(fs::read(&path).unwrap() == before, "{what}: the catalogue was modified");
        assert_eq!(sim.log().len(), 0, "{what}");
        // Follow the advice.
        fs::create_dir(work.dir().join("away")).unwrap();
        for end in ["", "-wal", "-shm"] {
            let name = format!("catalogue.sqlite{end}");
            let _ = fs::rename(work.data(&name), work.dir().join("away").join(name));
        }
        let list = work.run("gs-fetch", &[]).ok().out.clone();
        work.given("gs-download", &[], &list).ok().silent();
        assert_eq!(asked(&sim, FILES).len(), 0, "{what}");
        assert_eq!(work.run("gs-list", &["--downloaded"]).ok().ids().len(), 4, "{what}");
    }
}

#[test]
fn garbage_in_any_page_is_reported_as_damage_not_as_a_bug() {
    let (_sim, work) = archived(30);
    let path = work.data("catalogue.sqlite");
    let intact = fs::read(&path).unwrap();
    let pages = intact.len() as u64 / PAGE;
    let mut reported = 0;
    for page in 1..pages {
        for garbage in [0x00, 0x0d, 0xa5] {
            for end in ["-wal", "-shm"] {
                let _ = fs::remove_file(work.data(&format!("catalogue.sqlite{end}")));
            }
            fs::write(&path, &intact).unwrap();
            // The header of a page has its type; the rows follow.
            write_at(&path, page * PAGE + if garbage == 0x0d { 100 } else { 0 }, &[garbage; 3500]);
            for (command, args) in [("gs-list", &["--all"][..]), ("gs-report", &[]), ("gs-schedule", &[])] {
                let said = work.run(command, args);
                match said.code {
                    0 => {}
                    _ => assert_reported_as_damaged(&said, &path),
                }
                reported += u32::from(said.code != 0);
            }
        }
    }
    assert!(reported > 20, "{reported} of {pages} pages");
}

#[test]
fn a_db_path_that_is_not_a_database_is_reported() {
    let mut work = Work::alone();
    let path = work.dir().join("letter.txt");
    fs::write(&path, "Dear aunt, ".repeat(100)).unwrap();
    work.set("DB_PATH", path.to_str().unwrap());
    let said = work.run("gs-list", &[]);
    said.ends(78).says("letter.txt: not an SQLite database; set DB_PATH to another file");
    assert_eq!(fs::read_to_string(&path).unwrap(), "Dear aunt, ".repeat(100));
}
