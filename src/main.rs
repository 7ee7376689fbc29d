//! The `mynah` interpreter.

fn main() {}
