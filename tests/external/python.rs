//! Programs that pip installs.

use std::path::PathBuf;

use crate::support::paths::repository;

/// The path of a program in `target/NAME-venv`, which `scripts/test` creates, or in another Python environment, which
/// `NAME_VENV` names, in capitals.
pub fn python_tool(name: &str, program: &str) -> PathBuf {
    let made = || repository().join("target").join(format!("{name}-venv"));
    let venv = std::env::var_os(format!("{}_VENV", name.to_uppercase())).map_or_else(made, PathBuf::from);
    let path = venv.join("bin").join(program);
    assert!(path.exists(), "{} is missing; scripts/test creates it", path.display());
    path
}
