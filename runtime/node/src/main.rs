//! The program `striatum`; everything is in the library.

fn main() -> std::process::ExitCode {
    striatum::main()
}
