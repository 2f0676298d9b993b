//! Schemas of a recording's channels: ROS 2 messages for images and rewards, JSON schemas for the rest, so that Foxglove and
//! the `mcap` tools show and plot everything without a plugin.

use super::writer::{GAPS, INPUTS, NOTES, SCORES, TEACHER};

pub(super) const COMPRESSED_TYPE: &str = "sensor_msgs/msg/CompressedImage";
pub(super) const IMAGE_TYPE: &str = "sensor_msgs/msg/Image";
pub(super) const COMPRESSED: &str = striatum_wire::schemas::COMPRESSED_IMAGE;
pub(super) const IMAGE: &str = striatum_wire::schemas::IMAGE;
pub(super) const REWARD: &str = striatum_wire::schemas::SHAPED_REWARD;

/// The JSON schema of a topic.
pub(super) fn json(topic: &str) -> &'static str {
    match topic {
        INPUTS => INPUT_SCHEMA,
        SCORES => SCORE_SCHEMA,
        GAPS => r#"{"type":"object","title":"striatum.Gap","properties":{"lost":{"type":"integer"}}}"#,
        NOTES => NOTE_SCHEMA,
        TEACHER => TEACHER_SCHEMA,
        _ => r#"{"type":"object"}"#,
    }
}

const NOTE_SCHEMA: &str = r#"{"type":"object","title":"striatum.Note","properties":{
"kind":{"type":"string"},"token":{"type":"integer"},"text":{"type":"string"}}}"#;

const TEACHER_SCHEMA: &str = r#"{"type":"object","title":"striatum.Teacher","properties":{
"sequence":{"type":"integer"},"episode":{"type":"string"},"step":{"type":"integer"},"frame_set":{"type":"integer"},
"oldest_nanos":{"type":"integer"},"newest_nanos":{"type":"integer"},"asked_nanos":{"type":"integer"},
"latency_nanos":{"type":"integer"},"late":{"type":"boolean"},"votes":{"type":"integer"},
"progress":{"type":"number"},"std":{"type":"number"},"forward":{"type":"number"},"backward":{"type":"number"},
"hop_incremental":{"type":"number"},"hop_forward":{"type":"number"},"hop_backward":{"type":"number"},
"student_progress":{"type":"number"},"model_revision":{"type":"integer"},"teacher_hash":{"type":"string"},
"said":{"type":"object","description":"each perspective's text, reasons and distribution"}}}"#;

const INPUT_SCHEMA: &str = r#"{"type":"object","title":"striatum.Input","properties":{
"kind":{"type":"string","description":"tick, conclude, begin, step, abort, revise (a correction of progress that is proposed), or frame of an episode on disk"},"arrived":{"type":"integer"},
"token":{"type":"integer"},"request":{"type":"string","description":"the request's CDR bytes, hexadecimal"},
"view":{"type":"integer"},"source_frame":{"type":"integer"},"capture":{"type":"integer"},
"number":{"type":"integer"},"offset":{"type":"number"},"tilt":{"type":"number"},"why":{"type":"string"},
"error_with":{"type":"number"},"error_without":{"type":"number"}}}"#;

const SCORE_SCHEMA: &str = r#"{"type":"object","title":"striatum.Scored","properties":{
"index":{"type":"integer"},"oldest_nanos":{"type":"integer"},"newest_nanos":{"type":"integer"},
"progress":{"type":"number"},"uncorrected":{"type":"number"},"revision":{"type":"integer"},"std":{"type":"number"},"ood":{"type":"number"},"goal":{"type":"number"},"success":{"type":"string"},"potential":{"type":"number"},
"weight":{"type":"number"},"votes":{"type":"integer"},"missing_votes":{"type":"integer"},"held":{"type":"boolean"},
"warming_up":{"type":"boolean"},"out_of_distribution":{"type":"boolean"},
"members":{"type":"object","description":"by member: progress, std and share"},"missing_members":{"type":"integer"},
"incremental":{"type":"number"},"forward":{"type":"number"},"backward":{"type":"number"},
"hop_incremental":{"type":"number"},"hop_forward":{"type":"number"},"hop_backward":{"type":"number"},
"views_used":{"type":"integer"},"per_view":{"type":"object"},"images_encoded":{"type":"integer"},
"degraded":{"type":"boolean"},"frozen":{"type":"integer"}}}"#;
