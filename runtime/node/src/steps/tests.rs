#![allow(clippy::unwrap_used, clippy::float_cmp)]
use std::ops::Range;

use striatum_models::{BackboneId, PerceptualOptions, SessionConfig};

use super::clip::Clip;
use super::report::StepsReport;
use super::{StepsOptions, report, steps, write};
use crate::label::fake::draw_episode;

const WIDTH: usize = 6;

/// An episode shown every second frame, whose features stand still inside each step and differ between steps.
fn planted(name: &str, rows_of_steps: &[usize], annotated: bool) -> Clip {
    let (mut features, mut bounds) = (Vec::new(), vec![0]);
    for (step, &rows) in rows_of_steps.iter().enumerate() {
        for row in 0..rows {
            let place = (0..WIDTH).map(|feature| if feature == step { 1.0 } else { 0.0 });
            features.extend(place.map(|value: f32| value + 0.01 * f32::from(u8::try_from(row % 3).unwrap())));
        }
        bounds.push(bounds[step] + rows);
    }
    let rows = bounds[rows_of_steps.len()];
    let steps: Vec<Range<usize>> = bounds.windows(2).map(|pair| pair[0] * 2..pair[1] * 2).collect();
    Clip {
        name: name.to_owned(),
        frames: rows * 2,
        shown: (0..rows).map(|row| row * 2).collect(),
        features,
        truth: (0..rows).map(|row| row as f64 / (rows - 1) as f64).collect(),
        at_secs: (0..rows).map(|row| row as f64 * 0.2).collect(),
        annotated: annotated.then_some(steps),
    }
}

fn of_three() -> StepsReport {
    let clips = [planted("a", &[10, 14, 8], true), planted("b", &[12, 7, 15], true), planted("c", &[9, 9, 9], false)];
    report(&clips, (2, WIDTH / 2), 1, &PerceptualOptions::default()).unwrap()
}

#[test]
fn planted_steps_are_found_counted_and_compared() {
    let report = of_three();
    assert_eq!((report.steps, report.steps_chosen), (3, true));
    assert_eq!(report.episodes[0].step_starts, [0, 20, 48]);
    assert_eq!(report.episodes[1].step_starts, [0, 24, 38]);
    for episode in &report.episodes[..2] {
        let overlap = episode.overlap.unwrap();
        assert_eq!(overlap.found, 1.0);
        assert!(overlap.equal < 0.9 && overlap.random < 0.9 && overlap.wandering < 0.9, "{overlap:?}");
        assert_eq!(episode.overlap_as_annotated, episode.overlap);
        assert!(episode.reading.voc_plus > 0.85, "{:?}", episode.reading);
    }
    assert_eq!(report.episodes[2].overlap, None);
    assert_eq!(report.mean_overlap.unwrap().found, 1.0);
    let demonstrations: Vec<bool> = report.episodes.iter().map(|episode| episode.reading.demonstration).collect();
    assert_eq!(demonstrations, [true, false, false]);
    assert!(report.episodes[0].reading.clock_mae < 1e-12, "the demonstration's clock is its own truth here");
    assert!(report.episodes[2].reading.clock_mae > 0.01);
}

#[test]
fn the_number_of_steps_is_the_callers_where_he_says_one() {
    let clips = [planted("a", &[10, 14, 8], true)];
    let options = PerceptualOptions { steps: Some(2), ..PerceptualOptions::default() };
    let report = report(&clips, (1, WIDTH), 1, &options).unwrap();
    assert_eq!((report.steps, report.steps_chosen), (2, false));
    assert!(report.episodes[0].overlap.unwrap().found < 1.0, "one of three is missed");
    assert_eq!(report.episodes[0].overlap_as_annotated.unwrap().found, 1.0);
}

#[test]
fn json_goes_alone_to_standard_output_or_into_a_file_beside_the_table() {
    let report = of_three();
    let mut out = Vec::new();
    write(&report, Some("-".as_ref()), &mut out).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(json["episodes"][0]["step_starts"][2], 48);
    assert_eq!(json["mean_overlap"]["found"], 1.0);
    assert!(json["episodes"][2]["overlap"].is_null());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("steps.json");
    let mut out = Vec::new();
    write(&report, Some(&file), &mut out).unwrap();
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&std::fs::read(&file).unwrap()).unwrap(), json);
    let table = String::from_utf8(out).unwrap();
    for said in ["3 steps (chosen)", "steps from 0 20 48", "overlap with the annotated steps", "(demonstration)"] {
        assert!(table.contains(said), "{table}");
    }
}

#[test]
fn more_demonstrations_than_episodes_are_refused_before_anything_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    draw_episode(folder.path());
    let options = StepsOptions {
        episodes: vec![folder.path().to_owned()],
        backbone: BackboneId::MobilenetV2,
        views: None,
        perceptual: PerceptualOptions::default(),
        demonstrations: 2,
        stride: None,
        json: None,
        ffmpeg: "unused".into(),
        session: SessionConfig::default(),
    };
    let message = steps(&options, &mut Vec::new()).unwrap_err().to_string();
    assert!(message.contains("--demonstrations: is 2 and there are 1 episodes"), "{message}");
    let options = StepsOptions {
        perceptual: PerceptualOptions { steps: Some(1), ..PerceptualOptions::default() },
        demonstrations: 1,
        ..options
    };
    assert!(steps(&options, &mut Vec::new()).unwrap_err().to_string().contains("steps.steps: 1 is out of range"));
}
