//! Import rules: a top-level module (a room of `src/lib.rs`) imports only from modules below it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::source_code::{code, is_test, sources, src};

/// The modules, and the modules that each may import (besides itself).
const RULES: &[(&str, &[&str])] = &[
    ("activity", &[]),
    ("hex", &[]),
    ("sport", &[]),
    ("clock", &[]),
    ("i18n", &[]),
    ("exit", &[]),
    ("reason", &["i18n"]),
    ("fs", &["reason"]),
    ("schedule", &[]),
    ("shell", &[]),
    ("name_pattern", &["activity"]),
    ("walk", &["fs", "reason"]),
    ("fit", &["activity", "sport"]),
    ("efforts", &["fit"]),
    ("privacy", &["fit"]),
    ("track", &["fit"]),
    ("streams", &["fit", "track"]),
    ("http", &["reason", "activity", "sport", "clock"]),
    ("matching", &["streams", "activity", "fit", "hex", "reason", "sport"]),
    ("record", &["reason", "exit", "i18n", "activity", "sport"]),
    ("settings", &["shell", "http", "matching", "fs", "i18n"]),
    ("archive", &["fit", "http", "record", "reason", "walk", "fs", "hex", "activity", "sport"]),
    ("plan", &["record", "matching", "streams", "fit", "reason", "activity", "sport", "clock"]),
    // Never the settings or the catalogue: callers pass the values.
    ("notify", &["status", "record", "matching", "reason", "http", "exit", "i18n", "hex", "activity", "sport"]),
    // Values in, a page out: never the catalogue.
    ("report", &["shell", "status", "reason", "i18n", "activity", "sport", "clock"]),
    // Values in, a state out: never the catalogue.
    ("status", &["shell", "record", "reason", "exit", "i18n", "fs", "activity", "schedule", "clock"]),
    // Definitions in, text out.
    ("docgen", &["record", "settings", "exit"]),
    // Never the record: the data of services and the records between commands are separate formats.
    ("platform", &["http", "fit", "walk", "fs", "reason", "name_pattern", "hex", "activity", "sport", "clock"]),
    // Only the formats of other tools: the engine decides what is imported, and where it is stored.
    ("importers", &["walk", "activity", "sport", "i18n"]),
    // Values in, a file out.
    ("export", &["privacy", "fit", "activity", "sport"]),
    (
        "catalogue",
        &[
            "http", "streams", "efforts", "track", "fit", "record", "reason", "exit", "fs", "hex", "activity", "sport",
            "clock",
        ],
    ),
    // Never the terminal.
    (
        "sync",
        &[
            "plan",
            "catalogue",
            "platform",
            "archive",
            "importers",
            "report",
            "export",
            "streams",
            "efforts",
            "track",
            "privacy",
            "status",
            "notify",
            "settings",
            "record",
            "matching",
            "http",
            "fit",
            "schedule",
            "shell",
            "walk",
            "fs",
            "name_pattern",
            "hex",
            "reason",
            "exit",
            "i18n",
            "activity",
            "sport",
            "clock",
        ],
    ),
    (
        "cli",
        &[
            "sync",
            "plan",
            "catalogue",
            "platform",
            "archive",
            "status",
            "docgen",
            "notify",
            "export",
            "settings",
            "record",
            "matching",
            "http",
            "schedule",
            "shell",
            "fs",
            "reason",
            "exit",
            "i18n",
            "activity",
            "sport",
            "clock",
        ],
    ),
];

/// The names that follow `prefix` in `text`: `crate::x`, and each of `crate::{x, y}`.
fn named_after(text: &str, prefix: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices(prefix) {
        let rest = &text[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group.split('}').next().unwrap().split(',').map(|part| word(part.trim()))),
            None => drop(names.insert(word(rest))),
        }
    }
    names
}

fn module_of(path: &Path, src: &Path) -> Option<String> {
    let first = path.strip_prefix(src).unwrap().components().next().unwrap();
    let name = first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
    (name != "lib" && name != "bin").then_some(name)
}

#[test]
fn modules_import_downward_only() {
    let src = src();
    let mut seen = BTreeSet::new();
    for path in sources(&src) {
        let Some(module) = module_of(&path, &src) else { continue };
        let (_, allowed) =
            RULES.iter().find(|(name, _)| *name == module).unwrap_or_else(|| panic!("{module} has no rule"));
        for import in named_after(&std::fs::read_to_string(&path).unwrap(), "crate::") {
            // Inside the library, all imports of other modules begin with `crate::`.
            assert!(
                import == module || allowed.contains(&import.as_str()),
                "{}: {module} may not import {import}",
                path.display()
            );
        }
        seen.insert(module);
    }
    assert_eq!(seen.len(), RULES.len(), "every rule has its module");
}

#[test]
fn a_platform_never_imports_another_platform() {
    let src = src().join("platform");
    let platforms: Vec<String> = ["garmin", "coros", "folder"].map(str::to_owned).into();
    for path in sources(&src) {
        let own = path.strip_prefix(&src).unwrap().components().next().unwrap();
        let own = own.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let imports = named_after(&text, "crate::platform::").into_iter().chain(named_after(&text, "super::super::"));
        for import in imports.filter(|import| platforms.contains(import)) {
            assert!(own == import, "{}: {own} may not import {import}", path.display());
        }
    }
}

#[test]
fn only_http_opens_sockets_and_only_cli_and_commands_print() {
    let src = src();
    for path in sources(&src) {
        let module = module_of(&path, &src).unwrap_or_else(|| "bin".into());
        let text = std::fs::read_to_string(&path).unwrap();
        let sockets = ["TcpStream", "UdpSocket", "ureq::"].iter().any(|name| text.contains(name));
        assert!(!sockets || module == "http", "{} opens sockets", path.display());
        let prints = ["println!", "eprint!", "print!(", "std::process::exit", "io::stdout()"]
            .iter()
            .any(|name| text.contains(name));
        assert!(!prints || module == "cli" || module == "bin", "{} prints or exits", path.display());
    }
}

/// The modules from the terminal down to the leaves. A module may import any to its right; see `src/lib.rs`.
const MODULE_ORDER: &[&[&str]] = &[
    &["cli"],
    &["sync"],
    &["report", "notify", "importers", "docgen", "export"],
    &["status"],
    &["plan", "catalogue", "platform", "archive", "settings"],
    &["record", "matching", "efforts", "streams", "privacy", "track", "fit", "http"],
    &["walk"],
    &["fs", "reason", "i18n", "exit", "schedule", "clock", "shell", "name_pattern", "hex", "activity", "sport"],
];

#[test]
fn the_import_rules_follow_the_order_in_lib_rs() {
    let order: Vec<&str> = MODULE_ORDER.iter().copied().flatten().copied().collect();
    let place =
        |module: &str| order.iter().position(|name| *name == module).unwrap_or_else(|| panic!("{module} is missing"));
    for (module, allowed) in RULES {
        for import in *allowed {
            assert!(place(module) < place(import), "{module} may not import {import}: that is to its left");
        }
    }
    let line: Vec<String> = std::iter::once("bin".to_owned())
        .chain(MODULE_ORDER.iter().map(|modules| match modules {
            [one] => (*one).to_owned(),
            several => format!("{{ {} }}", several.join(", ")),
        }))
        .collect();
    let tour = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let words = |text: &str| text.replace("//!", " ").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&tour).contains(&line.join(" → ")), "src/lib.rs shows another order than: {}", line.join(" → "));
}

#[test]
fn sync_and_status_do_not_use_the_terminal() {
    let src = src();
    for path in sources(&src.join("sync")).into_iter().chain(sources(&src.join("status"))) {
        let text = code(&path);
        for word in ["crate::cli", "clap", "indicatif", "stderr", "stdout", "std::process::exit"] {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn only_the_clock_module_reads_the_current_time() {
    let src = src();
    let reads_time = |path: &PathBuf| !is_test(path) && code(path).contains("Timestamp::now()");
    let places: Vec<PathBuf> = sources(&src).into_iter().filter(reads_time).collect();
    assert_eq!(places, [src.join("clock.rs")]);
}

#[test]
fn code_has_no_nested_results_and_no_leaked_boxes() {
    let src = src();
    for path in sources(&src) {
        let text = code(&path);
        for word in ["Result<Result<", "Option<Option<", "Box::leak", "&'static Kind"] {
            assert!(!text.contains(word), "{} has {word}", path.display());
        }
    }
}

/// Names that public types of several modules may share, each with the reason.
const SHARED_NAMES: &[(&str, &str)] = &[
    ("Error", "the usual name in Rust: each module has its own, and other modules write `walk::Error`"),
    ("Result", "the usual alias in Rust: `Result<T>` with the `Error` of the module"),
];

/// The names of the types that other files may use: `pub`, `pub(crate)`, `pub(super)`.
fn public_types(code: &str) -> BTreeSet<String> {
    let words = |line: &str| {
        let line = line.trim_start().strip_prefix("pub")?;
        let line = line.strip_prefix('(').map_or(Some(line), |rest| rest.split_once(')').map(|(_, rest)| rest))?;
        let mut words = line.split_whitespace();
        ["struct", "enum", "trait", "type"].contains(&words.next()?).then_some(())?;
        Some(words.next()?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
    };
    code.lines().filter_map(words).collect()
}

#[test]
fn public_types_of_different_modules_have_different_names() {
    let src = src();
    let mut modules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for path in sources(&src).into_iter().filter(|path| !is_test(path)) {
        let module = module_of(&path, &src).unwrap_or_else(|| "bin".into());
        for name in public_types(&code(&path)) {
            modules.entry(name).or_default().insert(module.clone());
        }
    }
    assert!(modules.len() > 300, "the types are not found: {}", modules.len());
    let is_shared = |name: &str| SHARED_NAMES.iter().any(|(shared, _)| *shared == name);
    for (name, modules) in &modules {
        assert!(modules.len() < 2 || is_shared(name), "{name} is in {modules:?}; name each after its subject");
    }
    for (shared, _) in SHARED_NAMES {
        assert!(modules.get(*shared).is_some_and(|modules| modules.len() > 1), "{shared} is in one module only");
    }
}

#[test]
fn types_with_any_pub_modifier_are_found() {
    let code = "pub struct A<T>(T);\n    pub(super) enum B {\npub(crate) type C = u8;\npub trait D: Send {}\nstruct E;\npub fn f() {}\n";
    assert_eq!(public_types(code), ["A", "B", "C", "D"].map(str::to_owned).into());
}
