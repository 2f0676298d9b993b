//! What `striatum steps` says.

use std::fmt::Write as _;

use serde::Serialize;

/// Overlap with the annotated steps, in \[0, 1\] (Jaccard, mean over steps).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Overlaps {
    /// How many steps were looked for.
    pub steps: usize,
    /// Steps found in the features.
    pub found: f64,
    /// Equal parts of the clip.
    pub equal: f64,
    /// Ordered random steps, mean over seeds.
    pub random: f64,
    /// Steps found in features that wander at random, mean over seeds: what looking for steps finds without seeing.
    pub wandering: f64,
}

/// The reading of progress, judged by the episode's truth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Reading {
    /// Whether the reward was fitted to this episode.
    pub demonstration: bool,
    /// Spearman's correlation of the reading and time.
    pub voc_plus: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Mean absolute error of a clock that runs at the demonstrations' speed and sees nothing.
    pub clock_mae: f64,
    /// The last reading.
    pub last: f64,
}

/// One episode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct EpisodeSteps {
    /// The episode's folder name.
    pub episode: String,
    /// Frames of the clip.
    pub frames: usize,
    /// First frame of each step that was found.
    pub step_starts: Vec<usize>,
    /// Against the annotation, with the steps above; `None` without keyframes.
    pub overlap: Option<Overlaps>,
    /// The same for as many steps as were annotated, as in the paper.
    pub overlap_as_annotated: Option<Overlaps>,
    /// The reading of progress.
    pub reading: Reading,
}

/// The whole run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct StepsReport {
    /// The backbone's name.
    pub backbone: String,
    /// Views, in order.
    pub views: Vec<String>,
    /// Steps of the reward, K.
    pub steps: usize,
    /// Whether K was chosen by the rule and not asked for.
    pub steps_chosen: bool,
    /// How many of the episodes, from the first, the reward was fitted to.
    pub demonstrations: usize,
    /// One for each episode.
    pub episodes: Vec<EpisodeSteps>,
    /// Means over the episodes that are annotated.
    pub mean_overlap: Option<Overlaps>,
    /// The same for as many steps as were annotated (`steps` is the mean, rounded down).
    pub mean_overlap_as_annotated: Option<Overlaps>,
}

impl StepsReport {
    /// Works the means out.
    pub(crate) fn with_means(mut self) -> Self {
        self.mean_overlap = mean(self.episodes.iter().filter_map(|episode| episode.overlap));
        self.mean_overlap_as_annotated = mean(self.episodes.iter().filter_map(|episode| episode.overlap_as_annotated));
        self
    }

    /// The report as tables for people.
    #[must_use]
    pub(crate) fn table(&self) -> String {
        let how = if self.steps_chosen { "chosen" } else { "as asked for" };
        let mut text = format!("{} steps ({how}), {} on {}\n", self.steps, self.backbone, self.views.join(", "));
        // Writing into a String cannot fail.
        for episode in &self.episodes {
            let starts: Vec<String> = episode.step_starts.iter().map(ToString::to_string).collect();
            let _ =
                writeln!(text, "{:<28} {} frames, steps from {}", episode.episode, episode.frames, starts.join(" "));
        }
        let chosen = self.episodes.iter().map(|episode| (episode.episode.as_str(), episode.overlap));
        text.push_str(&overlap_table("overlap with the annotated steps", chosen, self.mean_overlap));
        let same = self.episodes.iter().map(|episode| (episode.episode.as_str(), episode.overlap_as_annotated));
        text.push_str(&overlap_table("for as many steps as annotated", same, self.mean_overlap_as_annotated));
        let _ = writeln!(text, "\n{:<34} {:>7} {:>6} {:>9} {:>6}", "progress", "VOC+", "MAE", "clock MAE", "last");
        for EpisodeSteps { episode, reading, .. } in &self.episodes {
            let mark = if reading.demonstration { "  (demonstration)" } else { "" };
            let _ = writeln!(
                text,
                "{episode:<34} {:>7.4} {:>6.4} {:>9.4} {:>6.3}{mark}",
                reading.voc_plus, reading.mae, reading.clock_mae, reading.last
            );
        }
        text
    }
}

fn overlap_table<'a>(
    title: &str,
    rows: impl Iterator<Item = (&'a str, Option<Overlaps>)>,
    mean: Option<Overlaps>,
) -> String {
    let Some(mean) = mean else { return String::new() };
    let mut text =
        format!("\n{title:<34} {:>5} {:>7} {:>7} {:>7} {:>9}\n", "steps", "found", "equal", "random", "wandering");
    let line = |(name, row): (&str, Option<Overlaps>)| {
        let Overlaps { steps, found, equal, random, wandering } = row?;
        Some(format!("{name:<34} {steps:>5} {found:>7.3} {equal:>7.3} {random:>7.3} {wandering:>9.3}\n"))
    };
    text.extend(rows.chain([("mean", Some(mean))]).filter_map(line));
    text
}

fn mean(all: impl Iterator<Item = Overlaps>) -> Option<Overlaps> {
    let all: Vec<Overlaps> = all.collect();
    let of = |field: fn(&Overlaps) -> f64| crate::eval::measures::mean(&all.iter().map(field).collect::<Vec<_>>());
    (!all.is_empty()).then(|| Overlaps {
        steps: all.iter().map(|row| row.steps).sum::<usize>() / all.len(),
        found: of(|row| row.found),
        equal: of(|row| row.equal),
        random: of(|row| row.random),
        wandering: of(|row| row.wandering),
    })
}
