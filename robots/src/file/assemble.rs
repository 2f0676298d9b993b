//! The TOML file and the tree of the URDF made into one specification, name by name.

use nalgebra::Isometry3;

use super::cameras::camera;
use super::raw;
use super::values::Place;
use crate::error::{Result, did_you_mean};
use crate::model::{Gripper, Link, RobotSpec, Safety, Tool, Topics};

pub(super) fn assemble(robot: raw::Robot, mut links: Vec<Link>, place: &str) -> Result<RobotSpec> {
    let place = Place(place);
    place.name("name", &robot.name)?;
    for (key, text) in [("title", &robot.title), ("licence", &robot.licence), ("source", &robot.source)] {
        place.text(key, text)?;
    }
    apply_limits(&robot.limits, &mut links, place)?;
    let base = base(&robot.base_link, &links, place)?;
    let tool = tool(&robot.tool, &links, place)?;
    let arm = arm(&robot.arm, base, tool.link, &links, place)?;
    let gripper = gripper(&robot.gripper, &arm, tool.link, &links, place)?;
    let safety = safety(&robot.safety, place)?;
    let cameras = robot.cameras.into_iter().map(|raw| camera(raw, place)).collect::<Result<Vec<_>>>()?;
    for (at, camera) in cameras.iter().enumerate() {
        if cameras[..at].iter().any(|other| other.name == camera.name) {
            return Err(place.wrong(&format!("camera `{}`", camera.name), "is there twice", "give each its own name"));
        }
    }
    topics(&robot.topics, &cameras, place)?;
    Ok(RobotSpec {
        name: robot.name,
        title: robot.title,
        description: robot.description,
        licence: robot.licence,
        source: robot.source,
        links,
        base,
        arm,
        home_radians: robot.arm.home_radians,
        tool,
        gripper,
        safety,
        cameras,
        topics: robot.topics,
    })
}

fn find_link(key: &str, name: &str, links: &[Link], place: Place<'_>) -> Result<usize> {
    links.iter().position(|link| link.name == name).ok_or_else(|| {
        let mend = did_you_mean(name, links.iter().map(|link| link.name.as_str()));
        place.wrong(key, format!("the URDF has no link `{name}`"), mend)
    })
}

/// The link that the joint of this name moves.
fn find_joint(key: &str, name: &str, links: &[Link], place: Place<'_>) -> Result<usize> {
    let joints = || links.iter().enumerate().filter_map(|(at, link)| Some((at, link.joint.as_ref()?)));
    let Some((link, joint)) = joints().find(|(_, joint)| joint.name == name) else {
        let mend = did_you_mean(name, joints().filter(|(_, j)| j.moves()).map(|(_, j)| j.name.as_str()));
        return Err(place.wrong(key, format!("the URDF has no joint `{name}`"), mend));
    };
    if !joint.moves() {
        return Err(place.wrong(key, format!("joint `{name}` is fixed"), "name joints that move"));
    }
    Ok(link)
}

fn apply_limits(
    limits: &std::collections::BTreeMap<String, raw::Override>,
    links: &mut [Link],
    place: Place<'_>,
) -> Result<()> {
    for (name, over) in limits {
        let key = format!("limits.{name}");
        let link = find_joint(&key, name, links, place)?;
        let Some(known) = links[link].joint.as_mut().and_then(|joint| joint.limits.as_mut()) else {
            return Err(place.wrong(&key, "the URDF states no limits for it", "give the joint a <limit> there first"));
        };
        if let Some(velocity) = over.velocity {
            known.velocity = place.above_zero(&format!("{key}.velocity"), velocity, 1e4)?;
        }
        if let Some(acceleration) = over.acceleration {
            known.acceleration = Some(place.above_zero(&format!("{key}.acceleration"), acceleration, 1e6)?);
        }
    }
    Ok(())
}

fn base(name: &str, links: &[Link], place: Place<'_>) -> Result<usize> {
    let base = find_link("base_link", name, links, place)?;
    for link in path_to_root(base, links) {
        if let Some(joint) = links[link].joint.as_ref().filter(|joint| joint.moves()) {
            return Err(place.wrong(
                "base_link",
                format!("joint `{}` moves `{name}` against the root", joint.name),
                "name a link that stands still",
            ));
        }
    }
    Ok(base)
}

fn tool(raw: &raw::Tool, links: &[Link], place: Place<'_>) -> Result<Tool> {
    let link = find_link("tool.link", &raw.link, links, place)?;
    let link_from_tool: Isometry3<f64> = place.pose("tool", raw.position_metres, raw.quaternion_xyzw)?;
    Ok(Tool { link, link_from_tool })
}

/// The link itself, its parent, and so on to the root.
fn path_to_root(link: usize, links: &[Link]) -> impl Iterator<Item = usize> + '_ {
    std::iter::successors(Some(link), |&at| links.get(at)?.parent)
}

fn arm(raw: &raw::Arm, base: usize, tool: usize, links: &[Link], place: Place<'_>) -> Result<Vec<usize>> {
    let key = "arm.joints";
    let arm = raw.joints.iter().map(|name| find_joint(key, name, links, place)).collect::<Result<Vec<usize>>>()?;
    let mut chain: Vec<usize> = path_to_root(tool, links).collect();
    chain.reverse();
    if !chain.contains(&base) {
        return Err(place.wrong("tool.link", "does not hang on the base link", "name a link of the arm's hand"));
    }
    let moving: Vec<usize> =
        chain.into_iter().filter(|&at| links[at].joint.as_ref().is_some_and(|joint| joint.moves())).collect();
    if let Some(mimic) = moving.iter().find_map(|&at| links[at].joint.as_ref().filter(|j| j.mimic.is_some())) {
        return Err(place.wrong(key, format!("joint `{}` follows another", mimic.name), "take out its <mimic>"));
    }
    if arm.is_empty() || arm != moving {
        let name = |at: &usize| links[*at].joint.as_ref().map_or("", |joint| joint.name.as_str());
        let needed: Vec<&str> = moving.iter().map(name).collect();
        return Err(place.wrong(
            key,
            format!("has to be every joint that moves between base and tool, once and in order: {}", needed.join(", ")),
            "write them so, or name another tool.link",
        ));
    }
    place.for_each_joint("arm.home_radians", &raw.home_radians, arm.len())?;
    for value in &raw.home_radians {
        place.in_range("arm.home_radians", *value, -1000.0, 1000.0)?;
    }
    Ok(arm)
}

fn gripper(raw: &raw::Gripper, arm: &[usize], tool: usize, links: &[Link], place: Place<'_>) -> Result<Gripper> {
    let key = "gripper.joints";
    let mut moved = Vec::with_capacity(raw.joints.len());
    for name in &raw.joints {
        let link = find_joint(key, name, links, place)?;
        if moved.contains(&link) || arm.contains(&link) {
            return Err(place.wrong(
                key,
                format!("joint `{name}` is there twice"),
                "name each joint once, arm or gripper",
            ));
        }
        if !path_to_root(link, links).any(|at| arm.last() == Some(&at)) {
            return Err(place.wrong(
                key,
                format!("joint `{name}` does not hang on the arm's last link"),
                format!("name joints of the hand around `{}`", links[tool].name),
            ));
        }
        moved.push(link);
    }
    if moved.is_empty() {
        return Err(place.wrong(key, "is empty", "name the joint or joints that open and close the hand"));
    }
    for (key, values) in [("gripper.open", &raw.open), ("gripper.closed", &raw.closed)] {
        place.for_each_joint(key, values, moved.len())?;
        positions_fit(key, values, &moved, links, place)?;
    }
    let gripper = Gripper {
        links: moved,
        open: raw.open.clone(),
        closed: raw.closed.clone(),
        max_force_newtons: place.above_zero("gripper.max_force_newtons", raw.max_force_newtons, 1e5)?,
        kind: raw.kind,
    };
    if gripper.open.iter().zip(&gripper.closed).all(|(open, closed)| (open - closed).abs() < 1e-9) {
        return Err(place.wrong("gripper.closed", "is the same as gripper.open", "give the two ends of its travel"));
    }
    Ok(gripper)
}

/// Within the limits, and a follower where it follows to.
fn positions_fit(key: &str, values: &[f64], moved: &[usize], links: &[Link], place: Place<'_>) -> Result<()> {
    const SLACK: f64 = 1e-6;
    for (value, link) in values.iter().zip(moved) {
        let Some(joint) = links[*link].joint.as_ref() else { continue };
        let (lower, upper) = joint.range();
        // NaN is in no range.
        if !(lower - SLACK..=upper + SLACK).contains(value) {
            return Err(place.wrong(
                key,
                format!("{value} is outside the limits of joint `{}`", joint.name),
                format!("give a position in [{lower}, {upper}]"),
            ));
        }
        let Some(mimic) = joint.mimic else { continue };
        let followed = moved.iter().position(|at| *at == mimic.link).and_then(|at| values.get(at));
        let Some(followed) = followed else { continue };
        let needed = mimic.multiplier * followed + mimic.offset;
        if (needed - value).abs() > SLACK {
            return Err(place.wrong(
                key,
                format!("joint `{}` follows another to {needed}, not to {value}", joint.name),
                format!("give {needed} for it"),
            ));
        }
    }
    Ok(())
}

fn safety(raw: &raw::Safety, place: Place<'_>) -> Result<Safety> {
    let low = place.position("safety.workspace_min_metres", raw.workspace_min_metres)?;
    let high = place.position("safety.workspace_max_metres", raw.workspace_max_metres)?;
    if low.iter().zip(&high).any(|(low, high)| low >= high) {
        return Err(place.wrong(
            "safety.workspace_max_metres",
            "is not above workspace_min_metres on every axis",
            "give the lowest and the highest corner of the box, in the base frame",
        ));
    }
    Ok(Safety {
        workspace_min_metres: low,
        workspace_max_metres: high,
        max_linear_metres_per_sec: place.above_zero(
            "safety.max_linear_metres_per_sec",
            raw.max_linear_metres_per_sec,
            100.0,
        )?,
        max_angular_radians_per_sec: place.above_zero(
            "safety.max_angular_radians_per_sec",
            raw.max_angular_radians_per_sec,
            1000.0,
        )?,
    })
}

fn topics(topics: &Topics, cameras: &[crate::camera::CameraMount], place: Place<'_>) -> Result<()> {
    let named = [
        ("topics.joint_state", Some(&topics.joint_state)),
        ("topics.action", Some(&topics.action)),
        ("topics.tool_pose", topics.tool_pose.as_ref()),
        ("topics.gripper", topics.gripper.as_ref()),
    ];
    let mut seen: Vec<&str> = cameras.iter().map(|camera| camera.topic.as_str()).collect();
    if let Some((at, twice)) = seen.iter().enumerate().find(|(at, topic)| seen[..*at].contains(topic)) {
        let key = format!("camera `{}`.topic", cameras[at].name);
        return Err(place.wrong(&key, format!("`{twice}` is another camera's too"), "give each its own topic"));
    }
    for (key, topic) in named.into_iter().filter_map(|(key, topic)| Some((key, topic?))) {
        place.topic(key, topic)?;
        if seen.contains(&topic.as_str()) {
            return Err(place.wrong(key, format!("`{topic}` is there twice"), "give each message its own topic"));
        }
        seen.push(topic);
    }
    Ok(())
}
