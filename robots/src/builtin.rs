//! Robots that come with the program: their files are part of it.

use crate::error::{Error, Result, did_you_mean};
use crate::model::RobotSpec;

/// Name, TOML, URDF; in alphabetical order.
const ROBOTS: [(&str, &str, &str); 3] = [
    ("panda", include_str!("../data/panda.toml"), include_str!("../data/panda.urdf")),
    ("so101", include_str!("../data/so101.toml"), include_str!("../data/so101.urdf")),
    ("ur5", include_str!("../data/ur5.toml"), include_str!("../data/ur5.urdf")),
];

impl RobotSpec {
    /// The names that [`RobotSpec::builtin`] knows, in alphabetical order.
    pub fn builtin_names() -> impl Iterator<Item = &'static str> {
        ROBOTS.iter().map(|(name, ..)| *name)
    }

    /// A robot that comes with the program.
    ///
    /// ```
    /// let panda = striatum_robots::RobotSpec::builtin("panda")?;
    /// assert_eq!(panda.arm.len(), 7);
    /// # Ok::<(), striatum_robots::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn builtin(name: &str) -> Result<Self> {
        let found = ROBOTS.iter().find(|(known, ..)| *known == name);
        let (_, toml, urdf) = found.ok_or_else(|| Error::UnknownRobot {
            name: name.to_owned(),
            mend: format!("{}, or give the path of a robot's TOML file", did_you_mean(name, Self::builtin_names())),
        })?;
        Self::parse(toml, urdf, &format!("{name}.toml"))
    }
}
