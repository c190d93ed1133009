use crate::options::Options;
use clap::CommandFactory;

#[test]
fn the_manual_page_is_what_the_program_says() {
    manual::check("firmamentd.8", Options::command()).unwrap();
}
