//! firmamentd.
fn main() {}
