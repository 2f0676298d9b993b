//! How often and how fast inverse kinematics reaches poses that the arm can have: `cargo run -p striatum-robots --example ik_speed`.
#![allow(clippy::print_stdout)]

use std::time::Instant;

use striatum_robots::{IkOptions, Kinematics, Result, RobotSpec};

const TARGETS: u32 = 2000;

fn main() -> Result<()> {
    for name in RobotSpec::builtin_names() {
        let robot = RobotSpec::builtin(name)?;
        let kinematics = Kinematics::new(&robot);
        for (what, options) in [
            ("pose", IkOptions::default()),
            ("pose, no restart", IkOptions { restarts: 0, ..IkOptions::default() }),
            ("pointing", IkOptions::pointing()),
            ("position", IkOptions::position_only()),
        ] {
            far(&robot, &kinematics, what, &options)?;
        }
        near(&robot, &kinematics)?;
        let started = Instant::now();
        for _ in 0..TARGETS {
            std::hint::black_box(kinematics.forward(&robot.home_radians)?);
        }
        println!("{name}: forward {:.2} us", started.elapsed().as_secs_f64() * 1e6 / f64::from(TARGETS));
    }
    Ok(())
}

/// Targets all over the joint ranges, searched for from home.
fn far(robot: &RobotSpec, kinematics: &Kinematics, what: &str, options: &IkOptions) -> Result<()> {
    let (mut reached, mut iterations, mut slowest) = (0, 0, 0.0_f64);
    let started = Instant::now();
    for sample in 0..TARGETS {
        let target = kinematics.forward(&spread(kinematics, sample))?.base_from_tool;
        let one = Instant::now();
        let outcome = kinematics.inverse(&target, &robot.home_radians, options)?;
        slowest = slowest.max(one.elapsed().as_secs_f64());
        reached += u32::from(outcome.reached().is_some());
        iterations += outcome.solution().iterations;
    }
    println!(
        "{}: {what}: {reached} of {TARGETS} reached, {:.1} iterations, {:.0} us each, slowest {:.1} ms",
        robot.name,
        f64::from(iterations) / f64::from(TARGETS),
        started.elapsed().as_secs_f64() * 1e6 / f64::from(TARGETS),
        slowest * 1e3
    );
    Ok(())
}

/// A straight line of steps of 5 mm upwards from home, each searched for from the last: what a controller does.
fn near(robot: &RobotSpec, kinematics: &Kinematics) -> Result<()> {
    const STEPS: u32 = 20;
    let options = IkOptions { restarts: 0, ..IkOptions::pointing() };
    let mut joints = robot.home_radians.clone();
    let mut target = kinematics.forward(&joints)?.base_from_tool;
    let (mut reached, mut iterations) = (0, 0);
    let started = Instant::now();
    for _ in 0..STEPS {
        target.translation.vector.z += 0.005;
        let outcome = kinematics.inverse(&target, &joints, &options)?;
        reached += u32::from(outcome.reached().is_some());
        iterations += outcome.solution().iterations;
        joints.clone_from(&outcome.solution().joints);
    }
    println!(
        "{}: 5 mm steps: {reached} of {STEPS} reached, {:.1} iterations, {:.1} us each",
        robot.name,
        f64::from(iterations) / f64::from(STEPS),
        started.elapsed().as_secs_f64() * 1e6 / f64::from(STEPS)
    );
    Ok(())
}

/// Even samples of the joint ranges.
fn spread(kinematics: &Kinematics, sample: u32) -> Vec<f64> {
    const STEPS: [f64; 8] = [0.877, 0.769, 0.674, 0.591, 0.519, 0.455, 0.399, 0.350];
    let place =
        |((lower, upper), step): (&(f64, f64), f64)| lower + (f64::from(sample) * step).fract() * (upper - lower);
    kinematics.ranges().iter().zip(STEPS.into_iter().cycle()).map(place).collect()
}
