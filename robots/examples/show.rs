//! Prints a robot and what a check of it finds: `cargo run -p striatum-robots --example show -- panda` or a path.
#![allow(clippy::print_stdout)]

use striatum_robots::{Result, RobotSpec};

fn main() -> Result<()> {
    let given = std::env::args().nth(1).unwrap_or_else(|| "panda".to_owned());
    let robot = if given.contains('.') { RobotSpec::load(&given)? } else { RobotSpec::builtin(&given)? };
    println!("{}", robot.summary());
    for finding in robot.report() {
        println!("{finding}");
    }
    Ok(())
}
