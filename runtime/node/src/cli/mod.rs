//! The program's front: arguments in, exit status out. Every error ends here, as one line on stderr.

mod args;

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser;
use striatum_models::{MembersConfig, PerceptualOptions, Provider, SessionConfig};

use self::args::{
    AdaptArgs, BenchArgs, CalibrateArgs, Cli, Command, EvalArgs, LabelArgs, MemberArgs, PageArgs, PlayArgs, StepsArgs,
    WatchArgs,
};
use crate::error::{Error, Result};
use crate::fetch::Cache;
use crate::play::PlayOptions;
use crate::replay::{RelabelOptions, ReplayOptions};
use crate::watch::WatchOptions;
use crate::{
    adapt_command, bench, calibrate, doctor, eval, generative_command, generative_compare, label, live, models_command,
    page, play, replay, robots_command, steps, watch,
};

/// Wrong usage, as clap and the shell have it.
const USAGE: u8 = 2;

/// Runs the program.
pub fn main() -> ExitCode {
    keep_onnxruntime_quiet();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are printed, not failures.
            if !error.use_stderr() {
                let _ = error.print();
                return ExitCode::SUCCESS;
            }
            let _ = writeln!(std::io::stderr(), "striatum: {}", usage_line(&error.render().to_string()));
            return ExitCode::from(USAGE);
        }
    };
    log(cli.verbose);
    match dispatch(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read it has seen enough, as `head` has.
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            let line = error.to_string().replace('\n', " ");
            let _ = writeln!(std::io::stderr(), "striatum: {line}");
            if error.is_usage() { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
        }
    }
}

/// The library would open a telemetry store in the user's cache, and look its server up, as soon as it is loaded; switching
/// telemetry off through its API comes too late for that.
#[expect(unsafe_code, clippy::disallowed_methods, reason = "the library reads nothing else, and reads it on loading")]
fn keep_onnxruntime_quiet() {
    // SAFETY: the first statement of the program: there is no other thread that could read the environment.
    unsafe { std::env::set_var("ORT_DISABLE_TELEMETRY", "1") };
}

/// What clap says over several lines, in one.
fn usage_line(text: &str) -> String {
    if !text.starts_with("error:") {
        return "no command was given; see `striatum --help`".to_owned();
    }
    let said = text.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let words: Vec<&str> = said.map(str::trim).filter(|line| !line.is_empty()).collect();
    format!("{}; see `striatum --help`", words.join(" ").trim_start_matches("error: "))
}

fn log(verbose: u8) {
    let level = match verbose {
        // zenoh warns of every peer that is not up yet; our own lines say it where it matters.
        0 => "striatum=info,warn,zenoh=error",
        1 => "striatum=debug,info,zenoh=warn",
        _ => "trace",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .compact()
        .finish();
    // A second subscriber in one process is only possible in tests.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

fn dispatch(command: Command) -> Result<()> {
    let mut out = std::io::stdout();
    match command {
        Command::Adapt(args) => adapt(args),
        Command::Calibrate(args) => calibrate_bundle(args, &mut out),
        Command::Label(args) => label(args, &mut out),
        Command::Eval(args) => eval(args, &mut out),
        Command::Steps(args) => find_steps(args, &mut out),
        Command::Page(args) => draw_page(args, &mut out),
        Command::Run { config, until_stdin_ends } => {
            let stop = stop_on_signal()?;
            if until_stdin_ends {
                stop_at_end_of_input(&stop)?;
            }
            live::run(&config, &stop)
        }
        Command::Play(args) => play(args),
        Command::Watch(args) => watch(args, &mut out),
        Command::Replay { file, check, bundle, episode } => {
            replay::replay(&ReplayOptions { file, check, bundle, episode }, &mut out)
        }
        Command::Relabel { file, out: table, most_shift } => {
            replay::relabel(&RelabelOptions { file, out: table, most_shift }, &mut out)
        }
        Command::Bench(args) => bench(args, &mut out),
        Command::Doctor { bundle } => doctor::doctor(bundle.as_deref(), &mut out),
        Command::Models(command) => match command {
            args::ModelsCommand::List => models_command::list(&mut out),
            args::ModelsCommand::Fetch { what } => models_command::fetch(&what, &mut out),
            args::ModelsCommand::Inspect { file } => models_command::inspect(&file, &mut out),
            args::ModelsCommand::Seal(args) => {
                let (folder, manifest) = args.manifest();
                generative_command::seal(&folder, manifest, &mut out)
            }
            args::ModelsCommand::Ask { bundle, task, every_answer, pictures } => {
                generative_command::ask(&bundle, &task, &pictures, every_answer, &mut out)
            }
            args::ModelsCommand::Compare { bundle, original, most } => {
                generative_compare::compare(&bundle, &original, most, &mut out)
            }
            args::ModelsCommand::Verify => models_command::verify(&mut out),
        },
        Command::Robots(command) => match command {
            args::RobotsCommand::List => robots_command::list(&mut out),
            args::RobotsCommand::Show { robot } => robots_command::show(&robot, &mut out),
            args::RobotsCommand::Check { robot } => robots_command::check(&robot, &mut out),
        },
        #[cfg(feature = "sim")]
        Command::Sim(args) => simulate(args, &mut out),
        #[cfg(feature = "sim")]
        Command::Train(args) => crate::train::train(&args.options()?, &*stop_on_signal()?, &mut out),
    }
}

/// A flag that Ctrl-C and a polite kill set.
fn stop_on_signal() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let theirs = Arc::clone(&stop);
    ctrlc::set_handler(move || theirs.store(true, Ordering::Relaxed))
        .map_err(|error| Error::setup("the signal handler", error.to_string(), "run it as a process of its own"))?;
    Ok(stop)
}

/// Whoever holds the other end of standard input is gone when it ends, even if it was killed.
fn stop_at_end_of_input(stop: &Arc<AtomicBool>) -> Result<()> {
    let theirs = Arc::clone(stop);
    let wait = move || {
        // An input that cannot be read has ended as well.
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        theirs.store(true, Ordering::Relaxed);
    };
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(wait)
        .map(|_| ())
        .map_err(|error| Error::setup("the thread that reads standard input", error.to_string(), "free some memory"))
}

fn session(threads: u16) -> Result<SessionConfig> {
    let session = SessionConfig { intra_op_threads: threads, ..SessionConfig::default() };
    session.validate()?;
    Ok(session)
}

fn members(args: MemberArgs) -> Result<MembersConfig> {
    let members = MembersConfig::of(args.members, args.member_fusion);
    members.validate()?;
    Ok(members)
}

/// A line on standard output; a closed pipe is an error of its own.
pub(crate) fn say(out: &mut dyn Write, line: impl std::fmt::Display) -> Result<()> {
    writeln!(out, "{line}")
        .map_err(|source| Error::file("write to", Path::new("standard output"), source, "is it closed?"))
}

fn adapt(args: AdaptArgs) -> Result<()> {
    adapt_command::adapt(&adapt_command::AdaptOptions {
        episodes: args.episodes,
        out: args.out,
        backbone: args.backbone,
        input_size: args.input_size,
        precision: args.precision,
        views: args.views,
        seed: args.seed,
        stride: args.stride,
        task: args.task,
        ffmpeg: Cache::from_env()?.ffmpeg(true)?,
        session: session(args.threads)?,
    })
    .map(|_| ())
}

fn label(args: LabelArgs, out: &mut dyn Write) -> Result<()> {
    let path = args.out.clone();
    let summary = label::label(&label::LabelOptions {
        episode: args.episode,
        bundle: args.bundle,
        out: args.out,
        stride: args.stride,
        gamma: args.gamma,
        transforms: args.transforms,
        reuse: args.reuse.section().rule("label")?,
        ffmpeg: Cache::from_env()?.ffmpeg(true)?,
        session: SessionConfig::default(),
        members: members(args.models)?,
    })?;
    let last =
        summary.last_progress.map_or_else(String::new, |progress| format!(", progress at the end {progress:.3}"));
    let seen =
        summary.success_first_secs.map_or_else(String::new, |secs| format!(", success first seen at {secs:.1} s"));
    say(out, format_args!("{}: {} rows{last}{seen}", path.display(), summary.rows))
}

fn eval(args: EvalArgs, out: &mut dyn Write) -> Result<()> {
    eval::eval(
        &eval::EvalOptions {
            episodes: args.episodes,
            bundle: args.bundle,
            stride: args.stride,
            transforms: args.transforms,
            reuse: args.reuse.section().rule("eval")?,
            hacks: args.hacks,
            other: args.other,
            playbacks: args.playbacks,
            json: args.json,
            report: args.report,
            ffmpeg: Cache::from_env()?.ffmpeg(true)?,
            session: SessionConfig::default(),
            members: members(args.models)?,
        },
        out,
    )
    .map(|_| ())
}

fn calibrate_bundle(args: CalibrateArgs, out: &mut dyn Write) -> Result<()> {
    calibrate::calibrate(
        &calibrate::CalibrateOptions {
            episodes: args.episodes,
            bundle: args.bundle,
            stride: args.stride,
            success: args.false_success.map(|rate| calibrate::SuccessWanted { rate, confidence: args.confidence }),
            json: args.json,
            ffmpeg: Cache::from_env()?.ffmpeg(true)?,
            session: SessionConfig::default(),
            members: members(args.models)?,
        },
        out,
    )
}

fn find_steps(args: StepsArgs, out: &mut dyn Write) -> Result<()> {
    steps::steps(
        &steps::StepsOptions {
            episodes: args.episodes,
            backbone: args.backbone,
            views: args.views,
            perceptual: PerceptualOptions { steps: args.steps, ..PerceptualOptions::default() },
            demonstrations: args.demonstrations,
            stride: args.stride,
            json: args.json,
            ffmpeg: Cache::from_env()?.ffmpeg(true)?,
            session: session(args.threads)?,
        },
        out,
    )
}

fn draw_page(args: PageArgs, out: &mut dyn Write) -> Result<()> {
    page::page(
        &page::PageOptions {
            episodes: args.episodes,
            bundle: args.bundle,
            out: args.out,
            stride: args.stride,
            gamma: args.gamma,
            live: args.live,
            runs: args.runs,
            live_rate: args.live_rate,
            ffmpeg: Cache::from_env()?.ffmpeg(true)?,
            session: SessionConfig::default(),
            members: members(args.models)?,
        },
        out,
    )
}

fn play(args: PlayArgs) -> Result<()> {
    let options = PlayOptions {
        episode: args.episode,
        rate: args.rate,
        robot: args.robot,
        connect: args.connect,
        views: args.views,
        jpeg: (args.encoding == "jpeg").then_some(args.quality),
        stride: args.stride,
    };
    let sent = play::play(&options, &*stop_on_signal()?)?;
    tracing::info!("{sent} frame sets were published");
    Ok(())
}

fn watch(args: WatchArgs, out: &mut dyn Write) -> Result<()> {
    let options = WatchOptions {
        robot: args.robot,
        connect: args.connect,
        json: args.json,
        count: args.count,
        idle_secs: args.idle_secs,
    };
    let seen = watch::watch(&options, &*stop_on_signal()?, out)?;
    tracing::info!("{} rewards, {} lost, {} messages not ours", seen.rewards, seen.lost, seen.not_ours);
    Ok(())
}

#[cfg(feature = "sim")]
fn simulate(args: args::SimArgs, out: &mut dyn Write) -> Result<()> {
    use crate::sim;

    if args.task == "list" {
        return sim::list(out);
    }
    let world = sim::WorldOptions {
        task: args.task,
        failure: args.failure,
        seed: args.seed,
        randomise: args.randomise,
        arm: args.arm,
        views: args.views,
        fps: args.fps,
        size: args.size,
    };
    if args.serve {
        let options = sim::ServeOptions {
            world,
            robot: args.robot,
            connect: args.connect,
            listen: args.listen,
            expert: args.expert,
            rate: args.rate,
            jpeg: args.encoding == "jpeg",
            faults: args.faults,
        };
        return sim::serve(&options, &stop_on_signal()?);
    }
    let (Some(episodes), Some(folder)) = (args.episodes, args.out) else {
        let what = "neither --episodes and --out nor --serve was given";
        return Err(Error::input("striatum sim", what, "see `striatum sim --help`"));
    };
    if !args.images && (args.size.0 % 2, args.size.1 % 2) != (0, 0) {
        let what = "a video's sides are even numbers of pixels";
        return Err(Error::input("--size", what, "give even sides, or --images"));
    }
    let ffmpeg = if args.images { None } else { Some(Cache::from_env()?.ffmpeg(true)?) };
    sim::record(&sim::RecordOptions { world, episodes, folder, ffmpeg }, &*stop_on_signal()?, out)
}

fn bench(args: BenchArgs, out: &mut dyn Write) -> Result<()> {
    let mut session = session(args.threads)?;
    if let Some(provider) = Provider::by_name(&args.provider).filter(|provider| provider.name() != "cpu") {
        session.providers.insert(0, provider);
    }
    bench::bench(
        &bench::BenchOptions {
            bundle: args.bundle,
            episode: args.episode,
            steps: args.steps,
            stride: args.stride,
            session,
            reuse: args.reuse.section().rule("bench")?,
            against: args.against,
            members: members(args.models)?,
            json: args.json,
            record: args.record,
            overlap: args.overlap,
        },
        out,
    )
}
