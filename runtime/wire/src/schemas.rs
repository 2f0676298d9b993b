//! Message definitions as text, in the form that MCAP calls `ros2msg`: the message, then after a line of `=` each type it
//! refers to, headed `MSG: package/Type`.

/// The schema encoding these texts have in an MCAP file.
pub const SCHEMA_ENCODING: &str = "ros2msg";
/// The message encoding of everything this crate writes, as an MCAP file names it.
pub const MESSAGE_ENCODING: &str = "cdr";

/// The types that the messages with a header refer to.
macro_rules! with_header_types {
    ($fields:literal) => {
        concat!(
            $fields,
            "================================================================================\n",
            "MSG: std_msgs/Header\n",
            "builtin_interfaces/Time stamp\n",
            "string frame_id\n",
            "================================================================================\n",
            "MSG: builtin_interfaces/Time\n",
            "int32 sec\n",
            "uint32 nanosec\n",
        )
    };
}

/// `sensor_msgs/msg/CompressedImage`.
pub const COMPRESSED_IMAGE: &str = with_header_types!("std_msgs/Header header\nstring format\nuint8[] data\n");
/// `sensor_msgs/msg/Image`.
pub const IMAGE: &str = with_header_types!(
    "std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data\n"
);
/// `sensor_msgs/msg/JointState`.
pub const JOINT_STATE: &str = with_header_types!(
    "std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort\n"
);
/// `striatum_msgs/msg/ShapedReward`.
pub const SHAPED_REWARD: &str = include_str!("../msg/ShapedReward.msg");
/// `striatum_msgs/msg/Status`.
pub const STATUS: &str = include_str!("../msg/Status.msg");
/// `striatum_msgs/msg/TeacherScore`.
pub const TEACHER_SCORE: &str = include_str!("../msg/TeacherScore.msg");
/// `striatum_msgs/msg/BeginRequest`, for the log of episode events.
pub const BEGIN_REQUEST: &str = include_str!("../msg/BeginRequest.msg");
/// `striatum_msgs/msg/BeginReply`.
pub const BEGIN_REPLY: &str = include_str!("../msg/BeginReply.msg");
/// `striatum_msgs/msg/StepRequest`.
pub const STEP_REQUEST: &str = include_str!("../msg/StepRequest.msg");
/// `striatum_msgs/msg/AbortRequest`.
pub const ABORT_REQUEST: &str = include_str!("../msg/AbortRequest.msg");
/// `striatum_msgs/msg/AbortReply`.
pub const ABORT_REPLY: &str = include_str!("../msg/AbortReply.msg");
/// `striatum_msgs/msg/Action`.
pub const ACTION: &str = include_str!("../msg/Action.msg");
/// `striatum_msgs/msg/ResetRequest`.
pub const RESET_REQUEST: &str = include_str!("../msg/ResetRequest.msg");
/// `striatum_msgs/msg/ResetReply`.
pub const RESET_REPLY: &str = include_str!("../msg/ResetReply.msg");
/// `striatum_msgs/msg/Truth`.
pub const TRUTH: &str = include_str!("../msg/Truth.msg");
