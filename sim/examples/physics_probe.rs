use striatum_sim::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let task = TaskId::from_name(&a[1]).unwrap();
    let seed: u64 = a[2].parse().unwrap();
    let mut w = World::new(task, &striatum_robots::RobotSpec::builtin(a.get(4).map_or("panda", |s| s)).unwrap(), WorldConfig::default()).unwrap();
    w.reset(seed).unwrap();
    let mut e = match a.get(3) { Some(f) if f != "-" => Expert::failing(&w, FailureKind::from_name(f).unwrap()).unwrap(), _ => Expert::new(&w) };
    let mut i = 0;
    while !w.ended() {
        let act = e.act(&w);
        let s = w.act(&act).unwrap();
        let o = w.observe();
        let Action::EndEffector{delta_position_metres: d, gripper, ..} = act else { panic!() };
        println!("{i:3} p {:.3} ph {} {:?} tool {:.3?} d {:.3?} g {:.2}->{:.2} obj {:.4?} {:.3?} | {}", s.truth.progress, w.phase_names()[s.truth.phase], s.truth.failed, o.world_from_tool.translation.vector.as_slice(), d, gripper, o.gripper, o.objects[0].world_from_object.translation.vector.as_slice(), o.scalars, e.state());
        i += 1;
    }
    println!("{:?}", w.truth());
}
