"""Writes robots/golden/fk_<robot>.json: poses of a published model at random joint positions.

    pip download --no-deps -d wheels example-robot-data==6.0.0      # unzip it: a wheel is a zip file
    python robots/golden/make_fk.py panda .../panda_description/urdf/panda.urdf \\
        --package example-robot-data --version 6.0.0 --base panda_link0 --tool panda_hand_tcp
    python robots/golden/make_fk.py so101 .../so_arm_description/urdf/so101.urdf \\
        --package example-robot-data --version 6.0.0 --base base_link --tool gripper_frame_link
    python robots/golden/make_fk.py ur5 .../ur_description/urdf/ur5_robot.urdf \\
        --package example-robot-data --version 6.0.0 --base base_link

The forward kinematics here is its own: homogeneous matrices and Rodrigues' formula, sharing no code with the crate. The published
file is read and not kept; its name and hash are written with the numbers. Needs numpy.
"""

import argparse
import hashlib
import json
import pathlib
import xml.etree.ElementTree as ElementTree

import numpy as np

SEED = 20261124


def numbers(element, name, default):
    text = None if element is None else element.get(name)
    return np.array([float(word) for word in (text or default).split()])


def rotation(axis, angle):
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def homogeneous(turn, shift):
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn, shift
    return out


def origin(joint):
    element = joint.find("origin")
    roll, pitch, yaw = numbers(element, "rpy", "0 0 0")
    x, y, z = np.eye(3)
    turn = rotation(z, yaw) @ rotation(y, pitch) @ rotation(x, roll)
    return homogeneous(turn, numbers(element, "xyz", "0 0 0"))


def motion(joint, position):
    kind = joint.get("type")
    if kind == "fixed":
        return np.eye(4)
    axis = numbers(joint.find("axis"), "xyz", "1 0 0")
    if kind == "prismatic":
        return homogeneous(np.eye(3), axis * position)
    return homogeneous(rotation(axis, position), np.zeros(3))


def poses(joints, base, positions):
    """Pose of every link by name, in the frame of the base link."""
    above = {joint.find("child").get("link"): joint for joint in joints}

    def pose(link):
        if link == base or link not in above:
            return np.eye(4)
        joint = above[link]
        position = positions.get(joint.get("name"), 0.0)
        return pose(joint.find("parent").get("link")) @ origin(joint) @ motion(joint, position)

    return {link: pose(link) for link in above}


def quaternion_xyzw(turn):
    """The eigenvector of Bar-Itzhack's matrix (2000): stable for every rotation."""
    m = turn
    k = np.array([
        [m[0, 0] - m[1, 1] - m[2, 2], 0, 0, 0],
        [m[0, 1] + m[1, 0], m[1, 1] - m[0, 0] - m[2, 2], 0, 0],
        [m[0, 2] + m[2, 0], m[1, 2] + m[2, 1], m[2, 2] - m[0, 0] - m[1, 1], 0],
        [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], m[0, 0] + m[1, 1] + m[2, 2]],
    ]) / 3.0
    _, vectors = np.linalg.eigh(k, UPLO="L")
    return vectors[:, -1] * (1 if vectors[3, -1] >= 0 else -1)


def sample(joints, generator):
    """Positions within the published limits; a follower where it follows to."""
    positions = {}
    for joint in joints:
        limit = joint.find("limit")
        if joint.get("type") != "fixed" and joint.find("mimic") is None:
            positions[joint.get("name")] = generator.uniform(float(limit.get("lower")), float(limit.get("upper")))
    for joint in joints:
        mimic = joint.find("mimic")
        if mimic is not None:
            followed = positions[mimic.get("joint")]
            positions[joint.get("name")] = followed * float(mimic.get("multiplier", 1)) + float(mimic.get("offset", 0))
    return {name: round(float(position), 9) for name, position in positions.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("robot")
    parser.add_argument("urdf", type=pathlib.Path)
    for name in ("package", "version", "base"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--tool", help="its link that is the tool of ours")
    parser.add_argument("--samples", type=int, default=60)
    given = parser.parse_args()

    data = given.urdf.read_bytes()
    joints = ElementTree.fromstring(data).findall("joint")
    generator = np.random.default_rng(SEED)
    samples = []
    for _ in range(given.samples):
        positions = sample(joints, generator)
        links = {}
        for link, pose in poses(joints, given.base, positions).items():
            values = [*pose[:3, 3], *quaternion_xyzw(pose[:3, :3])]
            links["tool" if link == given.tool else link] = [round(float(value), 9) for value in values]
        samples.append({"positions": positions, "poses": links})
    out = pathlib.Path(__file__).parent / f"fk_{given.robot}.json"
    record = {
        "package": given.package,
        "version": given.version,
        "file": given.urdf.name,
        "sha256": hashlib.sha256(data).hexdigest(),
        "pose": "x y z (metres), quaternion x y z w; in the frame of " + given.base,
        "seed": SEED,
    }
    lines = ",\n".join("  " + json.dumps(one) for one in samples)
    head = json.dumps(record, indent=1)[:-2]
    out.write_text(f'{head},\n "samples": [\n{lines}\n ]\n}}\n')


main()
