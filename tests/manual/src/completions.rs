//! What shells complete on a program's command line, as files that packages install.

use clap::Command;
use clap_complete::Shell;
use std::fs;
use std::io;
use std::path::Path;

/// Compares the completions of bash, zsh and fish in a folder with the program, or writes them with `UPDATE_MAN=1`.
///
/// # Errors
/// A sentence for the test to fail with, with the command that renews the files.
pub fn check_completions(folder: &Path, command: &Command) -> Result<(), String> {
    let name = command.get_name();
    let files = [
        (Shell::Bash, format!("{name}.bash")),
        (Shell::Zsh, format!("_{name}")),
        (Shell::Fish, format!("{name}.fish")),
    ];
    for (shell, file) in files {
        let mut new = Vec::new();
        clap_complete::generate(shell, &mut command.clone(), name, &mut new);
        let path = folder.join(file);
        let old = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|error| format!("{}: {error}", path.display()))?,
        };
        if old == new {
            continue;
        }
        if std::env::var_os("UPDATE_MAN").is_none() {
            let path = path.display();
            return Err(format!(
                "{path} is not what the program says: UPDATE_MAN=1 cargo test manual renews it"
            ));
        }
        fs::write(&path, new).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(())
}
