//! The wire's contract from the learner's end, against a runtime that misbehaves; and checkpoints that are damaged.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use striatum_core::{Ending, KMode, ShapingMode, StampNanos, Success, SuccessSource, ViewMask};
use striatum_wire::{
    BeginReply, BeginRequest, BundleHash, EpisodeId, Keys, QualityFlags, ShapedReward, StepRequest, Task,
};
use zenoh::liveliness::LivelinessToken;
use zenoh::query::Query;
use zenoh::{Session, Wait};

use super::bus::{Agreed, Answer, Bus, BusCounts, Opened, Patience};
use super::settings::ROBOT;

const GAMMA: f64 = 0.98;

/// What a runtime that is not one does with its n-th request, counted from 1.
type Misbehaviour = fn(u32, &Query, &StepRequest);

/// A bus and what it talks to; the sessions live as long as this.
struct Bench {
    bus: Bus,
    opened: Opened,
    asked: Arc<AtomicU32>,
    _token: LivelinessToken,
    _theirs: Session,
}

fn bench(misbehave: Misbehaviour) -> Bench {
    let (mine, theirs) = crate::net::loopback_pair().expect("loopback");
    let keys = Keys::new(ROBOT).expect("a name");
    let asked = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&asked);
    let begun = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&begun);
    theirs
        .declare_queryable(keys.episode_begin().as_str().to_owned())
        .callback(move |query| {
            let request = BeginRequest::decode(&query.payload().expect("a payload").to_bytes()).expect("a request");
            let mut heard = heard.lock().expect("nobody panicked");
            heard.push(request.stamp_nanos.0);
            // As a runtime that has not seen the first pictures yet.
            if heard.len() == 1 {
                query.reply_err("not_ready: no frame set yet; ask again").wait().expect("sent");
                return;
            }
            let reply = BeginReply { episode: EpisodeId([1; 16]), epoch: 5, potential_0: 0.25 };
            let mut bytes = [0; BeginReply::MAX_LEN];
            let length = reply.encode(&mut bytes).expect("fits");
            query.reply(query.key_expr().clone(), &bytes[..length]).wait().expect("sent");
        })
        .background()
        .wait()
        .expect("declared");
    theirs
        .declare_queryable(keys.episode_step().as_str().to_owned())
        .callback(move |query| {
            let bytes = query.payload().expect("a payload").to_bytes().into_owned();
            let request = StepRequest::decode(&bytes).expect("a request");
            misbehave(count.fetch_add(1, Ordering::Relaxed) + 1, &query, &request);
        })
        .background()
        .wait()
        .expect("declared");
    // The token comes last, as a runtime's: who sees it has heard of the queryables.
    let token = theirs.liveliness().declare_token(keys.alive(5).as_str().to_owned()).wait().expect("declared");
    let agreed = Agreed { mode: ShapingMode::Potential, bundle: BundleHash([0; 32]) };
    let mut bus = Bus::new(mine, keys, Patience { wait: Duration::from_millis(500), tries: 4 }, agreed, None);
    let alive = (0..1000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        bus.is_alive().expect("zenoh asks")
    });
    assert!(alive, "the token does not show");
    let mut shown = 0;
    let opened = bus.begin(&mut || {
        shown += 1;
        Ok(BeginRequest { stamp_nanos: StampNanos(shown), ..begin_request() })
    });
    let opened = opened.expect("it opens");
    assert_eq!(*begun.lock().expect("nobody panicked"), [1, 2], "each try has a stamp of its own");
    assert_eq!(std::mem::take(&mut bus.counts), BusCounts { asked_again: 1, void: 0 });
    assert!((opened.potential - 0.25).abs() < 1e-15);
    Bench { bus, opened, asked, _token: token, _theirs: theirs }
}

fn begin_request() -> BeginRequest {
    BeginRequest {
        task: Task::try_from("a task").expect("short"),
        gamma: GAMMA,
        period_secs: 0.2,
        deadline_secs: 1.0,
        bootstrap_on_truncation: true,
        terminate_on_success: false,
        k_mode: KMode::Unit,
        stamp_nanos: StampNanos(1),
    }
}

pub(super) fn step_request(ending: Ending) -> StepRequest {
    StepRequest {
        episode: EpisodeId([1; 16]),
        step: 1,
        stamp_nanos: StampNanos(2),
        k: 0.0,
        ending,
        success: Success::Unknown,
        success_source: SuccessSource::None,
    }
}

pub(super) fn reward(request: &StepRequest) -> ShapedReward {
    ShapedReward {
        sequence: 1,
        epoch: 5,
        episode: request.episode,
        step: request.step,
        capture_oldest_nanos: StampNanos(2),
        capture_newest_nanos: StampNanos(2),
        published_nanos: StampNanos(3),
        valid: true,
        shaping_mode: ShapingMode::Potential,
        gamma: GAMMA,
        k: 1.0,
        potential_prev: 0.25,
        potential: 0.5,
        shaping: GAMMA * 0.5 - 0.25,
        gold: 0.0,
        reward: GAMMA * 0.5 - 0.25,
        progress_mean: 0.5,
        progress_std: 0.1,
        ood: 0.0,
        votes: 1,
        views_used: ViewMask::first(1),
        ending: request.ending,
        bootstraps: request.ending != Ending::Terminated,
        success: Success::Unknown,
        success_source: SuccessSource::None,
        quality: QualityFlags::NONE,
        bundle_hash: BundleHash([0; 32]),
        model_revision: 0,
    }
}

fn answer(query: &Query, reward: &ShapedReward) {
    let mut bytes = [0; ShapedReward::MAX_LEN];
    let length = reward.encode(&mut bytes).expect("fits");
    query.reply(query.key_expr().clone(), &bytes[..length]).wait().expect("sent");
}

fn hear(bench: &mut Bench, ending: Ending) -> crate::Result<Answer> {
    let asked = bench.bus.ask_step(step_request(ending)).expect("asked");
    bench.bus.hear(asked, &mut bench.opened)
}

#[test]
fn a_lost_answer_is_asked_for_again_and_counted() {
    // The first never ends, as on a link that loses packets; the second ends without an answer.
    let mut bench = bench(|count, query, request| {
        if count == 1 {
            std::mem::forget(query.clone());
        } else if count > 2 {
            answer(query, &reward(request));
        }
    });
    let Ok(Answer::Reward(heard)) = hear(&mut bench, Ending::Running) else { panic!("it comes in the end") };
    assert_eq!(heard, reward(&step_request(Ending::Running)));
    assert_eq!((bench.bus.counts.asked_again, bench.asked.load(Ordering::Relaxed)), (2, 3));
}

#[test]
fn a_runtime_that_never_answers_is_an_error_that_says_so() {
    let mut bench = bench(|_, _, _| {});
    let error = hear(&mut bench, Ending::Running).expect_err("nobody answers").to_string();
    assert!(error.contains("no answer to step") && !error.contains('\n'), "{error}");
}

#[test]
fn an_episode_that_the_runtime_forgot_is_void_and_so_is_one_of_another_life() {
    let mut bench = bench(|count, query, request| {
        if count == 1 {
            query.reply_err("unknown_episode: no such episode is open; begin one").wait().expect("sent");
        } else if count == 2 {
            query.reply_err("episode_closed: somebody else began one; begin again").wait().expect("sent");
        } else {
            answer(query, &ShapedReward { epoch: 6, ..reward(request) });
        }
    });
    for void in 1..=3 {
        assert_eq!(hear(&mut bench, Ending::Running).expect("no error"), Answer::Void);
        assert_eq!(bench.bus.counts.void, void);
    }
}

#[test]
fn what_breaks_the_agreement_is_refused_by_name() {
    let broken: [(Misbehaviour, Ending, &str); 7] = [
        (
            |_, query, request| answer(query, &ShapedReward { potential_prev: 0.26, ..reward(request) }),
            Ending::Running,
            "potential",
        ),
        (
            |_, query, request| answer(query, &ShapedReward { shaping_mode: ShapingMode::Off, ..reward(request) }),
            Ending::Running,
            "mode",
        ),
        (
            |_, query, request| answer(query, &ShapedReward { bundle_hash: BundleHash([1; 32]), ..reward(request) }),
            Ending::Running,
            "bundle",
        ),
        (|_, query, request| answer(query, &ShapedReward { gamma: 0.99, ..reward(request) }), Ending::Running, "gamma"),
        (|_, query, request| answer(query, &ShapedReward { step: 2, ..reward(request) }), Ending::Running, "step"),
        (
            |_, query, request| answer(query, &ShapedReward { bootstraps: false, ..reward(request) }),
            Ending::Truncated,
            "bootstrap",
        ),
        (
            |_, query, _| {
                query.reply_err("step_out_of_order: step 7 comes next; ask for it").wait().expect("sent");
            },
            Ending::Running,
            "step 7 comes next",
        ),
    ];
    for (misbehaviour, ending, what) in broken {
        let error = hear(&mut bench(misbehaviour), ending).expect_err(what).to_string();
        assert!(error.contains(what) && !error.contains('\n'), "{what}: {error}");
    }
}

#[test]
fn a_folder_is_one_runs_at_a_time() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = super::claim(folder.path()).expect("it is free");
    let error = super::claim(folder.path()).expect_err("it is taken").to_string();
    assert!(error.contains("a run goes on there") && !error.contains('\n'), "{error}");
    drop(first);
    super::claim(folder.path()).expect("it is free again");
}
