//! The program `striatum` again, built by this package so that its tests can start it as a process.

fn main() -> std::process::ExitCode {
    striatum::main()
}
