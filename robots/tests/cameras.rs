//! Rules of cameras, and what the cameras of the robots that are built in see.
#![allow(clippy::expect_used, clippy::panic)]

use nalgebra::Point3;
use proptest::prelude::*;
use striatum_robots::{Intrinsics, Kinematics, Mount, RobotSpec};

fn lens(distortion: [f64; 5]) -> Intrinsics {
    Intrinsics { width: 640, height: 480, fx: 520.0, fy: 515.0, cx: 321.5, cy: 237.0, distortion }
}

prop_compose! {
    /// As far as lenses of 60 to 80 degrees go.
    fn distortions()(
        k1 in -0.3..0.3_f64, k2 in -0.1..0.1_f64, p1 in -0.005..0.005_f64, p2 in -0.005..0.005_f64, k3 in -0.02..0.02_f64,
    ) -> [f64; 5] {
        [k1, k2, p1, p2, k3]
    }
}

proptest! {
    #[test]
    fn a_pixel_goes_out_and_comes_back(
        distortion in distortions(), u in 0.0..639.0_f64, v in 0.0..479.0_f64, depth in 0.05..50.0_f64,
    ) {
        let lens = lens(distortion);
        if let Some(ray) = lens.unproject([u, v]) {
            let back = lens.project(&Point3::from(ray * depth)).expect("it was seen there");
            prop_assert!((back[0] - u).abs() < 1e-6 && (back[1] - v).abs() < 1e-6, "{back:?}");
        }
    }

    #[test]
    fn a_point_goes_in_and_its_ray_comes_back(
        distortion in distortions(), x in -0.6..0.6_f64, y in -0.45..0.45_f64, depth in 0.05..50.0_f64,
    ) {
        let lens = lens(distortion);
        let point = Point3::new(x * depth, y * depth, depth);
        if let Some(pixel) = lens.project(&point) {
            let ray = lens.unproject(pixel);
            prop_assert!(ray.is_some(), "{pixel:?} was projected and has no ray");
            prop_assert!((ray.expect("some") * depth - point.coords).norm() < 1e-6 * depth, "{ray:?}");
        }
    }

    #[test]
    fn nothing_behind_the_camera_is_seen(x in -9.0..9.0_f64, y in -9.0..9.0_f64, z in -9.0..0.0_f64) {
        prop_assert_eq!(lens([0.1, 0.0, 0.0, 0.0, 0.0]).project(&Point3::new(x, y, z)), None);
    }
}

/// Worked by hand from OpenCV's formula: x = 0.5, y = -0.25, r^2 = 0.3125.
#[test]
fn the_distortion_is_that_of_opencv() {
    let lens = lens([0.1, 0.02, 0.001, 0.002, 0.005]);
    let [u, v] = lens.project(&Point3::new(1.0, -0.5, 2.0)).expect("before the camera");
    let radial = 1.0 + 0.1 * 0.3125 + 0.02 * 0.097_656_25 + 0.005 * 0.030_517_578_125;
    let x = 0.5 * radial + 2.0 * 0.001 * -0.125 + 0.002 * (0.3125 + 0.5);
    let y = -0.25 * radial + 0.001 * (0.3125 + 0.125) + 2.0 * 0.002 * -0.125;
    assert!((u - (520.0 * x + 321.5)).abs() < 1e-9 && (v - (515.0 * y + 237.0)).abs() < 1e-9, "{u}, {v}");
}

/// A barrel distortion has a largest radius; a point beyond it must not come back into the picture.
#[test]
fn a_point_beyond_the_fold_of_a_barrel_distortion_is_not_seen() {
    let lens = lens([-0.3, 0.0, 0.0, 0.0, 0.0]);
    assert!(lens.project(&Point3::new(0.5, 0.0, 1.0)).is_some());
    // 1 - 3 * 0.3 * r^2 = 0 at r = 1.054.
    assert_eq!(lens.project(&Point3::new(1.8, 0.0, 1.0)), None);
}

#[test]
fn the_pandas_fixed_cameras_see_the_whole_table_top_area() {
    let panda = RobotSpec::builtin("panda").expect("panda");
    for name in ["cam_high", "cam_side"] {
        let camera = panda.cameras.iter().find(|camera| camera.name == name).expect(name);
        let Mount::Fixed { world_from_camera } = camera.mount else { panic!("{name} is not fixed") };
        assert_eq!((camera.intrinsics.width, camera.intrinsics.height), (224, 224));
        for x in [0.35, 0.65] {
            for y in [-0.3, 0.3] {
                for z in [0.0, 0.35] {
                    let point = world_from_camera.inverse() * Point3::new(x, y, z);
                    let pixel = camera.intrinsics.project(&point);
                    assert!(camera.intrinsics.sees(&point), "{name} does not see {x} {y} {z}: {pixel:?}");
                }
            }
        }
        // The picture is upright: what is higher in the world is higher in the picture.
        let row = |z: f64| {
            let point = world_from_camera.inverse() * Point3::new(0.5, 0.0, z);
            camera.intrinsics.project(&point).expect("seen")[1]
        };
        assert!(row(0.3) < row(0.0), "{name} is upside down");
    }
}

#[test]
fn every_wrist_camera_sees_the_point_between_the_finger_tips_and_what_lies_below_it() {
    for name in RobotSpec::builtin_names() {
        let robot = RobotSpec::builtin(name).expect(name);
        let camera = robot.cameras.iter().find(|camera| camera.name == "cam_wrist").expect("cam_wrist");
        let Mount::Tool { tool_from_camera } = camera.mount else { panic!("{name}: it is not on the tool") };
        for ahead in [0.0, 0.05, 0.1] {
            let point = tool_from_camera.inverse() * Point3::new(0.0, 0.0, ahead);
            assert!(camera.intrinsics.sees(&point), "{name}: {ahead} m ahead of the tool is not seen");
        }
    }
}

/// A camera on the tool goes where the tool goes.
#[test]
fn a_camera_on_the_tool_moves_with_it_and_a_fixed_one_does_not() {
    let panda = RobotSpec::builtin("panda").expect("panda");
    let kinematics = Kinematics::new(&panda);
    let home = kinematics.forward(&panda.home_radians).expect("finite").base_from_tool;
    let mut turned = panda.home_radians.clone();
    turned[0] += 0.5;
    let turned = kinematics.forward(&turned).expect("finite").base_from_tool;
    for camera in &panda.cameras {
        let (before, after) = (camera.mount.world_from_camera(&home), camera.mount.world_from_camera(&turned));
        match camera.mount {
            Mount::Fixed { .. } => assert_eq!(before, after),
            Mount::Tool { .. } => {
                let (then, now) = (home.inverse() * before, turned.inverse() * after);
                assert!((then.translation.vector - now.translation.vector).norm() < 1e-12);
                assert!((before.translation.vector - after.translation.vector).norm() > 0.1);
            }
        }
    }
}
