//! Digests of drawn pictures. They guard that a seed gives the same pixels on every machine and in every build: training runs and
//! records are compared across machines by seed. A change of the picture on purpose changes them; look at the sheets
//! (`render_sheet`) first, then take the new digests from the message. A change that appears on one machine only is a bug: some
//! operation there that IEEE 754 does not round exactly (a fused multiply-add, a sine of the platform's library).

use nalgebra::{Isometry3, Quaternion, Translation3, UnitQuaternion};
use sha2::{Digest, Sha256};

use super::*;
use crate::render::{Level, TableArea, distractors};

/// Poses of exact numbers only: no sine or tangent goes in.
fn drawn_scene() -> (Scene, Camera) {
    let mut pieces = vec![
        piece(Role::Table, Geometry::Box { half_metres: [0.5, 0.5, 0.02] }, [0.4, 0.0, -0.02]),
        piece(Role::Object(0), Geometry::Box { half_metres: [0.03; 3] }, [0.4, 0.0, 0.03]),
        piece(Role::Object(1), Geometry::Cylinder { radius_metres: 0.03, half_length_metres: 0.05 }, [0.3, 0.15, 0.05]),
        piece(Role::Target, Geometry::Sphere { radius_metres: 0.04 }, [0.5, -0.2, 0.04]),
    ];
    let turn = UnitQuaternion::new_normalize(Quaternion::new(1.0, 0.5, 0.25, 0.0));
    let world_from_piece = Isometry3::from_parts(Translation3::new(0.2, -0.1, 0.2), turn);
    let geometry = Geometry::Capsule { radius_metres: 0.04, half_length_metres: 0.15 };
    pieces.push(Piece { geometry, world_from_piece, role: Role::Link });
    pieces.extend(distractors(11, Level::High, &TableArea::default(), &[]));
    let intrinsics = Intrinsics {
        width: 96,
        height: 80,
        fx: 80.0,
        fy: 80.0,
        cx: 47.5,
        cy: 39.5,
        distortion: [-0.2, 0.03, 0.001, -0.001, 0.0],
    };
    (scene(pieces), Camera::looking_at(intrinsics, [1.0, 0.4, 0.7], [0.35, 0.0, 0.05]))
}

#[test]
fn a_seed_gives_the_same_pixels_everywhere() {
    let (scene, camera) = drawn_scene();
    let digest = |level| {
        let look = Look::randomised(42, level);
        let (_, image) = draw(&scene, &look.jittered(&camera, 0), &look);
        Sha256::digest(image.pixels()).iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert_eq!(Level::ALL.map(digest), GOLDEN);
}

const GOLDEN: [&str; 4] = [
    "0d323c131f7fa29c5b393adb850ab697e2ee3937502545d3d49be1c8a68fab71",
    "c8ef1ed01650b6936d198c85f04231d1c1dec7a580a12f9700875eb6d4b56994",
    "6200380e41a60d2d3b581db128ba73e16d0a8eb94baca1863194f90d89ba0456",
    "0733e4ce3a71e960c1bffceb60be2bc447f92f777c335443653b5b0276419920",
];
