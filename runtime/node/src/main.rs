//! The program `striatum`; everything is in the library.

fn main() {}
