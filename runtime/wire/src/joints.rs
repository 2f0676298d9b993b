//! Joint states as ROS 2 drivers send them: `sensor_msgs/msg/JointState`.

use striatum_core::StampNanos;

use crate::cdr::{CdrReader, CdrWriter, align_up};
use crate::error::Error;
use crate::fields::in_range;
use crate::header::{after_stamp, after_str, get_header, put_header};

/// The most joints a message has.
pub const JOINTS_MAX: usize = 64;
/// The longest name of a joint, in bytes.
pub const JOINT_NAME_MAX: usize = 128;

/// Where a robot's joints are. A quantity that is not measured is empty; else it has one value for each name.
#[derive(Clone, Debug, PartialEq)]
pub struct JointState<'a> {
    /// When this was so, Unix nanoseconds.
    pub stamp_nanos: StampNanos,
    /// Not used by joint states; most drivers leave it empty.
    pub frame_id: &'a str,
    /// The joints' names.
    pub names: heapless::Vec<&'a str, JOINTS_MAX>,
    /// Radians, or metres for a joint that slides.
    pub positions: heapless::Vec<f64, JOINTS_MAX>,
    /// Radians or metres a second.
    pub velocities: heapless::Vec<f64, JOINTS_MAX>,
    /// Newton metres, or newtons.
    pub efforts: heapless::Vec<f64, JOINTS_MAX>,
}

impl<'a> JointState<'a> {
    const NAME: &'static str = "JointState";
    /// The ROS 2 type, which is also the schema's name in a recording.
    pub const TYPE: &'static str = "sensor_msgs/msg/JointState";

    /// Bytes that [`encode`](Self::encode) writes.
    #[must_use]
    pub fn encoded_len(&self) -> usize {
        let names = align_up(after_str(after_stamp(), self.frame_id), 4).saturating_add(4);
        let names = self.names.iter().fold(names, |at, name| after_str(at, name));
        [&self.positions, &self.velocities, &self.efforts].into_iter().fold(names, |at, values| {
            let count = align_up(at, 4).saturating_add(4);
            // Nothing follows the count of an empty sequence, so nothing is aligned either.
            if values.is_empty() { count } else { align_up(count, 8).saturating_add(8 * values.len()) }
        })
    }

    /// Writes the message to the front of `buffer` and returns its length.
    ///
    /// # Errors
    /// When it says what [`decode`](Self::decode) would refuse, the buffer is too small (see
    /// [`encoded_len`](Self::encoded_len)), or the stamp lies after what ROS 2 can say (year 2038).
    pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.check()?;
        let mut writer = CdrWriter::new(Self::NAME, buffer)?;
        put_header(&mut writer, self.stamp_nanos, self.frame_id)?;
        writer.count("name", self.names.len())?;
        self.names.iter().try_for_each(|name| writer.str("name", name))?;
        writer.floats("position", &self.positions)?;
        writer.floats("velocity", &self.velocities)?;
        writer.floats("effort", &self.efforts)?;
        Ok(writer.written())
    }

    /// Reads a message; texts are borrowed from it.
    ///
    /// # Errors
    /// When the bytes are not exactly one such message, the stamp is negative or not a time, there are more than
    /// [`JOINTS_MAX`] joints, a name is longer than [`JOINT_NAME_MAX`], a quantity has another number of values than there
    /// are names, or a value is not finite.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut reader = CdrReader::new(Self::NAME, bytes)?;
        let (stamp_nanos, frame_id) = get_header(&mut reader)?;
        let count = reader.count("name", JOINTS_MAX)?;
        let mut names = heapless::Vec::new();
        for _ in 0..count {
            // `count` made sure of the room.
            let _ = names.push(reader.str("name", JOINT_NAME_MAX)?);
        }
        let positions = reader.floats("position")?;
        let velocities = reader.floats("velocity")?;
        let efforts = reader.floats("effort")?;
        reader.finish()?;
        let state = Self { stamp_nanos, frame_id, names, positions, velocities, efforts };
        state.check()?;
        Ok(state)
    }

    fn check(&self) -> Result<(), Error> {
        if let Some(name) = self.names.iter().find(|name| name.len() > JOINT_NAME_MAX) {
            let (found, most) = (name.len(), JOINT_NAME_MAX);
            return Err(Error::TooLong { message: Self::NAME, field: "name", found, most });
        }
        let quantities = [("position", &self.positions), ("velocity", &self.velocities), ("effort", &self.efforts)];
        for (field, values) in quantities {
            if !values.is_empty() && values.len() != self.names.len() {
                let why = "must be empty or have one value for each name";
                return Err(Error::Contradiction { message: Self::NAME, field, why });
            }
            values.iter().try_for_each(|value| in_range(Self::NAME, field, *value, "finite", |_| true))?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "joints_tests.rs"]
mod tests;
