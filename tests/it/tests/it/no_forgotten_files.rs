use crate::harness::sources;
use std::fs;

#[test]
fn every_file_of_this_folder_is_a_module() {
    let here = sources().join("tests/it");
    let main = fs::read_to_string(here.join("main.rs")).unwrap();
    for entry in fs::read_dir(&here).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(module == "main" || main.contains(&format!("mod {module};")), "{name} is not in main.rs");
    }
}
