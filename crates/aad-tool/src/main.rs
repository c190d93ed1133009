//! aad-tool.
fn main() {}
