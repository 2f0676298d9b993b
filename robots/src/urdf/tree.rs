//! The links of a URDF as a tree: one root, no loop, parents before children.

use std::collections::BTreeMap;

use super::guard::Noted;
use super::parts::{Part, collision, inertial, joint, visual};
use crate::error::{Error, Result, did_you_mean};
use crate::model::{Link, Mimic};

const MAX_LINKS: usize = 1000;

pub(super) fn tree(robot: &urdf_rs::Robot, noted: &Noted, file: &str) -> Result<Vec<Link>> {
    if robot.links.is_empty() || robot.links.len() > MAX_LINKS {
        return Err(Error::data(
            file,
            "robot",
            format!("has {} links", robot.links.len()),
            format!("give one with 1 to {MAX_LINKS}"),
        ));
    }
    let names = names(robot, file)?;
    let parents = parents(robot, &names, file)?;
    let root = root(robot, &parents, file)?;
    let order = order(robot, &names, root, file)?;
    let mut placed = vec![0; robot.links.len()];
    for (at, (link, _)) in order.iter().enumerate() {
        placed[*link] = at;
    }
    let materials = materials(robot);
    let mut links = Vec::with_capacity(order.len());
    for (at, via) in order {
        let raw = &robot.links[at];
        let part = Part { file, element: format!("link `{}`", raw.name) };
        let stated = noted.inertials.contains(&raw.name);
        let via = via.map(|via| &robot.joints[via]);
        links.push(Link {
            name: raw.name.clone(),
            parent: via.and_then(|via| Some(placed[*names.get(via.parent.link.as_str())?])),
            joint: via.map(|via| joint(via, noted, file)).transpose()?,
            inertial: if stated { inertial(&raw.inertial, &part)? } else { None },
            visuals: raw.visual.iter().map(|raw| visual(raw, &materials, &part)).collect::<Result<_>>()?,
            collisions: raw.collision.iter().map(|raw| collision(raw, &part)).collect::<Result<_>>()?,
        });
    }
    mimics(robot, &mut links, file)?;
    Ok(links)
}

/// The index of each link by its name; names of links, and of joints, are unique.
fn names<'a>(robot: &'a urdf_rs::Robot, file: &str) -> Result<BTreeMap<&'a str, usize>> {
    let twice = |element: String| Error::data(file, element, "is there twice", "give each its own name");
    let mut names = BTreeMap::new();
    for (at, link) in robot.links.iter().enumerate() {
        if names.insert(link.name.as_str(), at).is_some() {
            return Err(twice(format!("link `{}`", link.name)));
        }
    }
    let mut joints = std::collections::BTreeSet::new();
    for joint in &robot.joints {
        if !joints.insert(joint.name.as_str()) {
            return Err(twice(format!("joint `{}`", joint.name)));
        }
    }
    Ok(names)
}

/// The joint above each link; at most one.
fn parents(robot: &urdf_rs::Robot, names: &BTreeMap<&str, usize>, file: &str) -> Result<Vec<Option<usize>>> {
    let mut parents: Vec<Option<usize>> = vec![None; robot.links.len()];
    for (at, joint) in robot.joints.iter().enumerate() {
        let element = format!("joint `{}`", joint.name);
        for (role, name) in [("parent", joint.parent.link.as_str()), ("child", joint.child.link.as_str())] {
            if !names.contains_key(name) {
                let mend = did_you_mean(name, names.keys().copied());
                return Err(Error::data(file, element, format!("{role} link `{name}` is not there"), mend));
            }
        }
        if joint.parent.link == joint.child.link {
            return Err(Error::data(file, element, "joins a link to itself", "name two links"));
        }
        let slot = &mut parents[names[joint.child.link.as_str()]];
        if let Some(other) = slot.replace(at) {
            let what = format!("link `{}` hangs on joint `{}` too", joint.child.link, robot.joints[other].name);
            return Err(Error::data(file, element, what, "a link has one parent: take one of the joints out"));
        }
    }
    Ok(parents)
}

fn root(robot: &urdf_rs::Robot, parents: &[Option<usize>], file: &str) -> Result<usize> {
    let mut roots = parents.iter().enumerate().filter(|(_, parent)| parent.is_none()).map(|(link, _)| link);
    let Some(root) = roots.next() else {
        let element = format!("link `{}`", robot.links[0].name);
        return Err(Error::data(
            file,
            element,
            "every link has a parent: the joints form a loop",
            "take one joint out",
        ));
    };
    if let Some(second) = roots.next() {
        let what = format!("is a second root beside link `{}`", robot.links[root].name);
        let mend = "hang it on a link with a fixed joint";
        return Err(Error::data(file, format!("link `{}`", robot.links[second].name), what, mend));
    }
    Ok(root)
}

/// Links from the root outwards, each with the joint above it; children in the order of the file's joints.
fn order(
    robot: &urdf_rs::Robot,
    names: &BTreeMap<&str, usize>,
    root: usize,
    file: &str,
) -> Result<Vec<(usize, Option<usize>)>> {
    let mut children: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, joint) in robot.joints.iter().enumerate() {
        children.entry(joint.parent.link.as_str()).or_default().push(at);
    }
    let mut order = vec![(root, None)];
    let mut next = 0;
    while let Some((link, _)) = order.get(next).copied() {
        for at in children.get(robot.links[link].name.as_str()).into_iter().flatten() {
            order.push((names[robot.joints[*at].child.link.as_str()], Some(*at)));
        }
        next += 1;
    }
    // With one root and one parent each, what is not reached hangs on itself.
    if let Some(lost) = (0..robot.links.len()).find(|link| !order.iter().any(|(at, _)| at == link)) {
        let element = format!("link `{}`", robot.links[lost].name);
        return Err(Error::data(file, element, "is part of a loop of joints", "take one joint out"));
    }
    Ok(order)
}

/// Materials with a colour: those of the robot first, then those inside links.
fn materials(robot: &urdf_rs::Robot) -> Vec<&urdf_rs::Material> {
    let inside = robot.links.iter().flat_map(|link| &link.visual).filter_map(|visual| visual.material.as_ref());
    robot.materials.iter().chain(inside).filter(|material| material.color.is_some()).collect()
}

/// A follower follows a joint that moves and follows nothing itself.
fn mimics(robot: &urdf_rs::Robot, links: &mut [Link], file: &str) -> Result<()> {
    let of = |name: &str, links: &[Link]| links.iter().position(|l| l.joint.as_ref().is_some_and(|j| j.name == name));
    for raw in &robot.joints {
        let Some(mimic) = &raw.mimic else { continue };
        let wrong = |what: String, mend: String| Error::data(file, format!("joint `{}`", raw.name), what, mend);
        let Some(link) = of(&mimic.joint, links) else {
            let mend = did_you_mean(&mimic.joint, robot.joints.iter().map(|joint| joint.name.as_str()));
            return Err(wrong(format!("follows joint `{}`, which is not there", mimic.joint), mend));
        };
        let followed = robot.joints.iter().find(|joint| joint.name == mimic.joint);
        if followed.is_none_or(|joint| joint.mimic.is_some() || joint.joint_type == urdf_rs::JointType::Fixed) {
            let what = format!("follows joint `{}`, which follows another or is fixed", mimic.joint);
            return Err(wrong(what, "follow a joint that moves by itself".to_owned()));
        }
        let follows = Mimic { link, multiplier: mimic.multiplier.unwrap_or(1.0), offset: mimic.offset.unwrap_or(0.0) };
        if let Some(joint) = of(&raw.name, links).and_then(|at| links[at].joint.as_mut()) {
            joint.mimic = Some(follows);
        }
    }
    Ok(())
}
