//! The tables of docs/simulator.md are what the routes and the list of what is left out say of themselves.

use crate::routes::REQUESTS;
use crate::unserved::{UNSERVED, UNSERVED_GRANTS};

#[test]
fn the_simulator_page_names_every_request() {
    let row = |(name, what): &(&str, &str)| vec![format!("`{name}`"), (*what).to_owned()];
    let head = ["Request", "What it is"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(REQUESTS.iter().map(row)).collect();
    manual::check_table("simulator.md", "requests", &rows).unwrap();
}

#[test]
fn the_simulator_page_names_what_is_left_out() {
    let marked = |words: &[&str]| words.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    let mut rows = vec![["What", "Where a request for it comes in"].map(str::to_owned).to_vec()];
    rows.extend(UNSERVED.iter().map(|(what, words)| vec![(*what).to_owned(), marked(words)]));
    let grants = UNSERVED_GRANTS.iter();
    rows.extend(grants.map(|(name, what)| vec![(*what).to_owned(), format!("`grant_type={name}`")]));
    manual::check_table("simulator.md", "left out", &rows).unwrap();
}
