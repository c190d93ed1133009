//! The manual page against what the program says of itself.

use crate::exit::Exit;
use crate::options::Options;
use clap::CommandFactory;
use std::path::Path;

#[test]
fn the_manual_page_is_what_the_program_says() {
    manual::check("aad-tool.1", Options::command()).unwrap();
    let completions = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    manual::check_completions(&completions, &Options::command()).unwrap();
}

/// docs/operations.md is where the exit codes and the commands are written down first.
#[test]
fn every_exit_code_and_command_of_the_operations_page_is_in_the_manual_page() {
    let operations = include_str!("../../../../docs/operations.md");
    let page = manual::read("aad-tool.1").unwrap();
    let codes: Vec<&str> = operations.lines().filter_map(exit_code).collect();
    let listed = manual::entries(&page).into_iter().filter(|(heading, _)| heading == "EXIT STATUS/");
    assert_eq!(listed.map(|(_, code)| code).collect::<Vec<_>>(), codes);
    let known: Vec<String> = Exit::ALL.iter().map(|exit| exit.code().to_string()).collect();
    let in_order = |codes: &mut Vec<String>| codes.sort_by_key(|code| code.parse::<u8>().unwrap());
    let (mut known, told) = (known, codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>());
    in_order(&mut known);
    assert_eq!(told, known, "the page tells the codes that the program has");
    for exit in Exit::ALL {
        let row = format!("| {} | `{}` |", exit.code(), exit.as_str());
        assert!(operations.contains(&row), "docs/operations.md lacks {row}");
    }
    let described: Vec<&str> = operations.lines().filter_map(command).collect();
    let command = Options::command();
    assert_eq!(command.get_subcommands().map(clap::Command::get_name).collect::<Vec<_>>(), described);
    for name in described {
        assert!(page.contains(&format!(".SS aad\\-tool {}\n", name.replace('-', "\\-"))), "{name}");
    }
}

/// The number of a row of the table of exit codes.
fn exit_code(line: &str) -> Option<&str> {
    let code = line.strip_prefix("| ")?.split_once(' ')?.0;
    code.parse::<u8>().ok().map(|_| code)
}

/// The command of a line of the list of commands.
fn command(line: &str) -> Option<&str> {
    line.strip_prefix("- `aad-tool ")?.split([' ', '`']).next()
}

#[test]
fn the_words_of_a_result_are_frozen() {
    let words = |place, texts: &[&str]| manual::words(place, texts.iter().copied());
    let members = ["schema", "command", "outcome", "exit_code", "failure", "messages"];
    let own = ["lines", "settings", "notes", "version", "protocol", "seen_on_the_real_service", "text"];
    let outcomes: Vec<&str> = Exit::ALL.iter().map(|exit| exit.as_str()).collect();
    let said = manual::join([words("result", &members), words("result", &own), words("outcome", &outcomes)]);
    manual::check_words("the JSON of aad-tool", &said).unwrap();
}
