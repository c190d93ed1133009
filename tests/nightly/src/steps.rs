//! The steps, as data: a name and the command that it runs.

use std::path::Path;

/// One step; steps of a kind share what stands before the stroke of their names.
#[derive(Debug)]
pub struct Step {
    /// The kind, a stroke, and which of them.
    pub name: String,
    /// Of `cargo`.
    pub arguments: Vec<String>,
    /// A variable that says how much.
    pub environment: Option<(&'static str, &'static str)>,
}

/// Every step of a workspace, in the order in which they are run.
///
/// # Errors
/// The list of faults that cannot be read.
pub fn all(root: &Path) -> Result<Vec<Step>, String> {
    let mut crates: Vec<String> = faults::all(root)?.iter().map(faults::Fault::of).collect();
    crates.dedup();
    let mut steps: Vec<Step> = (0..LIVES / PART).map(lives).collect();
    steps.extend(crates.iter().map(|of| step(&format!("faults/{of}"), &format!("xtask mutate --only {of}"))));
    steps.push(step("packages/twice", "xtask dist --twice"));
    steps.push(step("packages/elsewhere", "xtask dist --elsewhere"));
    steps.push(step("user/demo-and-it", "xtask user"));
    steps.push(step("clients/all", "xtask clients --node"));
    steps.push(with(
        "disk/each-call",
        "test --quiet --workspace --test it -- failing_disk",
        ("FIRMAMENT_FAIL_STEP", "1"),
    ));
    steps.push(with(
        "store/ten-thousand-commits",
        "test --quiet --package store-sled -- what_is_written_again",
        ("FIRMAMENT_COMMITS", "10000"),
    ));
    for target in ["pam_conversation", "names_file"] {
        steps.push(step(&format!("fuzz/{target}"), &format!("xtask fuzz {target}")));
    }
    steps.push(with("stops/200", "test --quiet --workspace --test it -- stops", ("FIRMAMENT_STOPS", "200")));
    Ok(steps)
}

fn lives(part: u64) -> Step {
    let first = part * PART;
    step(&format!("lives/{first}"), &format!("xtask sim --from {first} --lives {PART}"))
}

fn step(name: &str, command: &str) -> Step {
    let arguments = command.split(' ').map(str::to_owned).collect();
    Step { name: name.to_owned(), arguments, environment: None }
}

fn with(name: &str, command: &str, environment: (&'static str, &'static str)) -> Step {
    Step { environment: Some(environment), ..step(name, command) }
}

/// Seeds of the deterministic world, from 0.
const LIVES: u64 = 20_000;
/// Seeds of one step: some minutes.
const PART: u64 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_step_has_a_name_of_its_own_that_a_line_can_hold() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let steps = all(&root).unwrap();
        let names: BTreeSet<&str> = steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names.len(), steps.len());
        assert!(names.iter().all(|name| !name.contains(' ') && name.contains('/')));
    }

    /// A filter that names nothing runs nothing, and passes.
    #[test]
    fn every_test_that_a_step_asks_for_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let sources: String = SOURCES
            .iter()
            .flat_map(|dir| std::fs::read_dir(root.join(dir)).unwrap().flatten())
            .map(|file| {
                let path = file.path();
                let module = format!("mod {};\n", path.file_stem().unwrap().to_string_lossy());
                module + &std::fs::read_to_string(path).unwrap_or_default()
            })
            .collect();
        let steps = all(&root).unwrap();
        let tests: Vec<&Step> = steps.iter().filter(|step| step.arguments[0] == "test").collect();
        assert!(!tests.is_empty());
        for step in tests {
            let asked = step.arguments.last().unwrap();
            let there =
                sources.contains(&format!("fn {asked}")) || sources.contains(&format!("mod {asked};"));
            assert!(there, "{}: no test is called {asked}", step.name);
        }
    }

    /// Where the tests are that steps ask for.
    const SOURCES: [&str; 2] = ["tests/it/tests/it", "crates/store-sled/src/tests"];
}
