//! Reaching the runtime: one of the run's own, or one that is up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use striatum_sim::TaskId;
use striatum_wire::{BundleHash, Keys};

use super::ablation::Ablation;
use super::bus::{Agreed, Bus, Patience};
use super::runtime::Runtime;
use super::settings::{ROBOT, Settings};
use super::stage::Stage;
use super::{BundleFacts, TrainOptions, bundle_facts};
use crate::clock;
use crate::config::ClockName;
use crate::error::{Error, Result};

/// How long a runtime may take to load its bundle.
const START_LIMIT: Duration = Duration::from_secs(120);
/// How long a runtime that is said to be up may take to answer.
const THERE_LIMIT: Duration = Duration::from_secs(10);

/// Starts or finds the runtime, and puts up the stage before it; both hear each other when this returns.
///
/// # Errors
/// A bundle that is another than the run began with, a runtime that does not come up, or a stage that cannot be put up.
pub(super) fn connect(options: &TrainOptions, settings: &Settings, stop: &AtomicBool) -> Result<(Bus, Stage)> {
    let facts = bundle_facts(&settings.bundle)?;
    if let (Some(_), Some(ablation)) = (&options.connect, settings.ablation)
        && !Ablation::config(Some(ablation)).is_empty()
    {
        let what = format!("is {}, which nothing tells of a runtime that is up", ablation.name());
        return Err(Error::input("--ablation", what, "leave out --connect: the run then starts its own"));
    }
    let agreed = Agreed { mode: settings.reward.shaping(), bundle: hash_of(settings, &facts)? };
    let mut runtime = match &options.connect {
        Some(_) => None,
        None => Some(Runtime::start(&options.out, |endpoint| {
            let clock = if settings.real_time { ClockName::Wall } else { ClockName::LockStep };
            let gamma = Ablation::told_gamma(settings.ablation, settings.gamma);
            let text = settings.reward.config(&settings.bundle, ROBOT, gamma, endpoint, clock);
            text + Ablation::config(settings.ablation)
        })?),
    };
    let endpoint = match (&options.connect, &runtime) {
        (Some(endpoint), _) => endpoint.clone(),
        (None, Some(runtime)) => runtime.endpoint().to_owned(),
        (None, None) => crate::net::DEFAULT_ENDPOINT.to_owned(),
    };
    let keys = Keys::new(ROBOT)?;
    let session = join(&endpoint, runtime.as_mut(), stop)?;
    let mut bus = Bus::new(session, keys.clone(), Patience::default(), agreed, runtime);
    let stage = Stage::new(settings, bus.session(), &keys)?;
    if let Some(other) = other_task(&facts.task, stage.gym.world().task()) {
        let (bundle, task) = (settings.bundle.display(), &settings.task);
        tracing::warn!("{bundle} was adapted for another task, `{}`; give a bundle of `{task}`", other.name());
    }
    wait_until_heard(&mut bus, &stage, stop)?;
    Ok((bus, stage))
}

/// The bundle's hash, if it is still the one that the run began with.
fn hash_of(settings: &Settings, facts: &BundleFacts) -> Result<BundleHash> {
    if facts.hash != settings.bundle_hash {
        let what = "is another bundle than this run began with";
        let mend = "put that one back, or begin a run in another folder";
        return Err(Error::input(settings.bundle.display().to_string(), what, mend));
    }
    let bytes = crate::hash::unhex(&facts.hash).and_then(|bytes| bytes.try_into().ok());
    bytes.map(BundleHash).ok_or_else(|| Error::input("the bundle's hash", "is none", "report this"))
}

/// The task that a bundle was adapted for by its own words, if it is another than this one. Words that are no task's say
/// nothing.
fn other_task(words: &str, task: TaskId) -> Option<TaskId> {
    TaskId::ALL.into_iter().find(|other| other.instruction() == words).filter(|other| *other != task)
}

/// A session with the runtime; one that has just been started may not listen yet.
fn join(endpoint: &str, mut runtime: Option<&mut Runtime>, stop: &AtomicBool) -> Result<zenoh::Session> {
    let start = clock::monotonic_nanos();
    loop {
        let error = match crate::net::join(Some(endpoint)) {
            Ok(session) if crate::net::has_peer(&session, Duration::from_secs(1), stop) => return Ok(session),
            Ok(_) => Error::zenoh(format!("reach {endpoint}"), "nobody is there", "start `striatum run` first"),
            Err(error) => error,
        };
        let limit = match &mut runtime {
            Some(runtime) => {
                runtime.check()?;
                START_LIMIT
            }
            None => THERE_LIMIT,
        };
        patience(start, limit, stop, error)?;
    }
}

/// Until the runtime has loaded its models and hears every view: a picture before that would be lost.
fn wait_until_heard(bus: &mut Bus, stage: &Stage, stop: &AtomicBool) -> Result<()> {
    let start = clock::monotonic_nanos();
    while !(stage.is_heard() && bus.is_alive()?) {
        let why = "it does not listen to the frames of robot `trainer`";
        let error = Error::setup("the runtime", why, "give it robot = \"trainer\" and the bundle of this task");
        bus.check()?;
        patience(start, START_LIMIT, stop, error)?;
    }
    Ok(())
}

/// Waits a moment, or gives up with `error`.
fn patience(start: u64, limit: Duration, stop: &AtomicBool, error: Error) -> Result<()> {
    let waited = Duration::from_nanos(clock::monotonic_nanos() - start);
    if stop.load(Ordering::Relaxed) || waited > limit {
        return Err(error);
    }
    std::thread::sleep(Duration::from_millis(50));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_of_another_task_is_told_by_its_words() {
        let of = |words| other_task(words, TaskId::Push);
        assert_eq!(of(TaskId::Push.instruction()), None);
        assert_eq!(of(TaskId::Door.instruction()), Some(TaskId::Door));
        assert_eq!((of(""), of("open the door")), (None, None));
    }
}
