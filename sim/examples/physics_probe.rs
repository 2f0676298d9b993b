use striatum_sim::*;
use std::time::Instant;
fn main() {
    let mut w = World::new(TaskId::PickPlace, &striatum_robots::RobotSpec::builtin("panda").unwrap(), WorldConfig::default()).unwrap();
    let o = w.observe();
    println!("{:?} {:?}", o.world_from_tool.translation, o.joint_positions);
    let start = o.world_from_tool;
    for i in 0..10 { let s = w.act(&Action::EndEffector{delta_position_metres:[0.0,0.0,-0.02],delta_rotation_radians:[0.0;3],gripper:1.0}).unwrap();
        let o = w.observe(); println!("{i} {:.4?} g {:.3} v {:.3?} p {:.3}", (o.world_from_tool.translation.vector-start.translation.vector), o.gripper, o.joint_velocities, s.truth.progress); }
    let t = Instant::now();
    for _ in 0..40 { w.act(&Action::stay(0.0)).unwrap(); }
    println!("us/step {}", t.elapsed().as_secs_f64()*1e6/(40.0*25.0));
    let o = w.observe(); println!("{:.5?} g {:.3} {:.5?}", o.world_from_tool.translation.vector-start.translation.vector, o.gripper, o.objects);
}
