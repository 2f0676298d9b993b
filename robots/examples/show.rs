//! Prints a robot and what a check of it finds: `cargo run -p striatum-robots --example show -- panda`, or the path of a TOML file.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

use striatum_robots::RobotSpec;

fn main() -> ExitCode {
    let given = std::env::args().nth(1).unwrap_or_else(|| "panda".to_owned());
    match RobotSpec::open(&given) {
        Ok(robot) => {
            println!("{}", robot.summary());
            robot.report().iter().for_each(|finding| println!("{finding}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
