use crate::cli::Cli;
use clap::CommandFactory;

#[test]
fn the_manual_page_is_what_the_program_says() {
    manual::check("entra-simulator.1", Cli::command()).unwrap();
}
