//! The on-robot reward runtime: threads, queues, clocks, sockets, files and the command line.
//!
//! A frame takes one road, [`Pipeline`], in a live run, in replay, in label and eval. [`Engine`] puts the step clock around
//! it: a pure function of its inputs, so that a recording of the inputs is a recording of the run.

mod adapt_command;
mod bench;
mod calibrate;
mod cli;
mod clock;
mod config;
mod doctor;
mod engine;
mod episode;
mod error;
mod eval;
mod fetch;
mod generative_command;
mod generative_compare;
mod hash;
mod label;
mod live;
mod load;
mod markup;
mod models_command;
mod net;
mod page;
mod pipeline;
mod play;
mod record;
mod replay;
mod robots_command;
#[cfg(feature = "sim")]
mod sim;
mod steps;
mod teacher;
#[cfg(feature = "sim")]
mod train;
mod watch;

pub use cli::main;
pub use config::Config;
pub use engine::{Engine, EngineConfig, EngineCounts, Event, Output, Shown};
pub use error::{Error, Result};
pub use fetch::{Cache, Check, CheckState};
pub use pipeline::{Pipeline, PipelineConfig, Revision, Scored, StepTimings};
