//! One world for each name: two under the same keys would answer each other's resets and mix their frames.

use std::time::Duration;

use striatum_wire::Keys;
use zenoh::liveliness::LivelinessToken;
use zenoh::pubsub::Subscriber;
use zenoh::sample::SampleKind;
use zenoh::{Session, Wait};

use crate::error::{Error, Result};

/// How long others are looked for: peers that meet through a third one need a moment to find each other.
const PATIENCE: Duration = Duration::from_secs(2);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Says that this world is there, as long as it is kept, and warns of another that comes within sight later.
pub(super) struct Alone {
    _token: LivelinessToken,
    _others: Subscriber<()>,
}

/// Claims the robot's name for this world. `epoch` tells it from others.
///
/// # Errors
/// A world of this name that can be reached, or zenoh refusing.
pub(super) fn claim(session: &Session, keys: &Keys, robot: &str, epoch: u64) -> Result<Alone> {
    let refused = |error| Error::zenoh("look for other worlds", error, "check --connect and --listen");
    let all = keys.world_alive_any();
    let looks = PATIENCE.as_millis() / PAUSE.as_millis();
    for _ in 0..looks {
        let there = session.liveliness().get(all.as_str()).timeout(PATIENCE).wait().map_err(refused)?;
        if there.iter().any(|reply| reply.result().is_ok()) {
            let what = format!("a world is served as `{robot}` already");
            return Err(Error::input("the network", what, "stop that one, or give another --robot"));
        }
        std::thread::sleep(PAUSE);
    }
    let own = keys.world_alive(epoch);
    let token = session.liveliness().declare_token(own.as_str().to_owned()).wait().map_err(refused)?;
    let robot = robot.to_owned();
    let others = session
        .liveliness()
        .declare_subscriber(all.as_str().to_owned())
        .history(true)
        .callback(move |sample| {
            if sample.kind() == SampleKind::Put && sample.key_expr().as_str() != own.as_str() {
                tracing::warn!("another world is served as `{robot}`: stop one of them, or give it another --robot");
            }
        })
        .wait()
        .map_err(refused)?;
    Ok(Alone { _token: token, _others: others })
}
