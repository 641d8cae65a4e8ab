//! Programs that pip brings.

use std::path::PathBuf;

use crate::support::paths::repository;

/// A program of `target/NAME-venv`, which `scripts/test` makes; or of another Python environment, which `NAME_VENV` names,
/// in capitals.
pub fn python_tool(name: &str, program: &str) -> PathBuf {
    let made = || repository().join("target").join(format!("{name}-venv"));
    let venv = std::env::var_os(format!("{}_VENV", name.to_uppercase())).map_or_else(made, PathBuf::from);
    let path = venv.join("bin").join(program);
    assert!(path.exists(), "{} is not there; scripts/test makes it", path.display());
    path
}
