//! The on-robot reward runtime: threads, queues, clocks, sockets, files and the command line.
//!
//! A frame takes one road, [`Pipeline`], in a live run, in replay, in label and eval. [`Engine`] puts the step clock around
//! it: a pure function of its inputs, so that a recording of the inputs is a recording of the run.

mod clock;
mod config;
mod engine;
mod episode;
mod error;
mod fetch;
mod hash;
mod live;
mod load;
mod net;
mod pipeline;
mod play;
mod record;
mod replay;
mod watch;

pub use config::Config;
pub use engine::{Engine, EngineConfig, EngineCounts, Event, Output};
pub use error::{Error, Result};
pub use pipeline::{Pipeline, PipelineConfig, Scored, StepTimings};
