//! The `joinder` program.

fn main() {}
