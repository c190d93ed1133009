//! The manual page against what the program says of itself.

use crate::options::Options;
use clap::CommandFactory;

#[test]
fn the_manual_page_is_what_the_program_says() {
    manual::check("aad-tool.1", Options::command()).unwrap();
}

/// docs/operations.md is where the exit codes and the commands are written down first.
#[test]
fn every_exit_code_and_command_of_the_operations_page_is_in_the_manual_page() {
    let operations = include_str!("../../../../docs/operations.md");
    let page = manual::read("aad-tool.1").unwrap();
    let codes: Vec<&str> = operations.lines().filter_map(exit_code).collect();
    let listed = manual::entries(&page).into_iter().filter(|(heading, _)| heading == "EXIT STATUS/");
    assert_eq!(listed.map(|(_, code)| code).collect::<Vec<_>>(), codes);
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
