//! Makes the tables of messages from the files of the languages, so that no program reads such a file.

#[path = "compile.rs"]
mod compile;

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=fluent");
    let mut languages = Vec::new();
    for tag in compile::TAGS {
        let path = format!("fluent/{tag}.ftl");
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        languages.push(compile::read(&text).map_err(|error| format!("{path}: {error}"))?);
    }
    compile::compare(&languages)?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    Ok(std::fs::write(Path::new(&out).join("table.rs"), compile::tables(&languages))?)
}
