//! Reading an answer: the whole distribution over the answers there are, and the text that would be written.

use super::answers::{ANSWERS, Answers};
use super::distribution::{Distribution, best, log_sum};
use super::engine::{Engine, Rows};
use super::kv::Kv;
use super::reading::{NoVote, Reading, ReadingRules};
use super::tokens::Tokens;
use crate::error::{Error, Result};

/// Where a prompt ended: its row of keys and values, its logits, and the position of what comes next.
#[derive(Debug)]
pub(crate) struct Ended<'a> {
    pub(crate) kv: &'a Kv,
    pub(crate) row: usize,
    pub(crate) logits: Vec<f32>,
    pub(crate) next: i64,
}

/// What is known of a place in the tree of answers.
#[derive(Clone, Debug)]
struct Place {
    /// The most likely token of all.
    best: Option<u32>,
    /// Log-probability of each token that goes on in the tree, in the tree's order.
    next: Vec<f64>,
}

/// The tree of answers after one prompt.
struct Walk {
    places: Vec<Option<Place>>,
    log_prob: Vec<f64>,
    missing_mass: f64,
}

impl Place {
    fn new(answers: &Answers, node: usize, logits: &[f32]) -> Self {
        let sum = log_sum(logits);
        let of = |&token: &u32| logits.get(token as usize).map_or(f64::NAN, |&logit| f64::from(logit) - sum);
        Self { best: best(logits), next: answers.node(node).next.keys().map(of).collect() }
    }
}

impl Walk {
    fn new(answers: &Answers, root: &[f32]) -> Self {
        let mut places = vec![None; answers.len()];
        places[Answers::ROOT] = Some(Place::new(answers, Answers::ROOT, root));
        Self { places, log_prob: vec![f64::NEG_INFINITY; ANSWERS], missing_mass: 0.0 }
    }

    /// Goes on from `node`, known with `log_prob` up to it: answers that are complete are noted, places that are not known yet
    /// and are worth it are listed in `wanted`.
    fn go_on(&mut self, answers: &Answers, node: usize, log_prob: f64, prune: f64, wanted: &mut Vec<(usize, f64)>) {
        let Some(place) = self.places[node].clone() else {
            if libm::exp(log_prob) < prune {
                self.missing_mass += libm::exp(log_prob);
            } else {
                wanted.push((node, log_prob));
            }
            return;
        };
        for (&next, step) in answers.node(node).next.values().zip(place.next) {
            match answers.node(next).answer {
                Some(answer) => self.log_prob[answer] = log_prob + step,
                None => self.go_on(answers, next, log_prob + step, prune, wanted),
            }
        }
    }

    /// Follows the most likely tokens: the place where they leave the tree or the answer is complete.
    fn follow(&self, answers: &Answers) -> (usize, Option<usize>) {
        let mut at = Answers::ROOT;
        while let Some(place) = &self.places[at] {
            match place.best.and_then(|best| answers.node(at).next.get(&best)) {
                Some(&next) => at = next,
                None => break,
            }
        }
        (at, answers.node(at).answer)
    }
}

/// Reads what a model that writes reasons has to say after one prompt: first the reasons, until a token begins an answer, an end
/// is written or the budget is used up; then the answer, as [`read`] does.
pub(crate) fn read_after_reasons(
    engine: &mut Engine,
    tokens: &Tokens,
    answers: &Answers,
    ended: Ended<'_>,
    rules: &ReadingRules,
) -> Result<Reading> {
    let budget = rules.rationale_tokens;
    let written = write_on(engine, &ended, Vec::new(), budget, |token| answers.begins_with(token))?;
    let rationale = tokens.decode(&written.tokens)?;
    let ended = match &written.state {
        Some((kv, logits, next)) => Ended { kv, row: 0, logits: logits.clone(), next: *next },
        None => ended,
    };
    if !written.stopped {
        let (distribution, text, percent) = (None, String::new(), None);
        return Ok(Reading { distribution, rationale, text, percent, no_vote: Some(NoVote::Rationale) });
    }
    let mut readings = read(engine, tokens, answers, &[ended], rules)?;
    let reading = readings.pop().map(|reading| Reading { rationale, ..reading });
    reading.ok_or_else(|| Error::config("reading", "a prompt gave no reading", "report this"))
}

/// Reads the answers after some prompts of equally many tokens.
///
/// All answers are worked out from the logits by walking the tree of their tokens: as many rows at once as memory allows, those of
/// all prompts together, each after its prompt's keys and values, which are not computed again.
pub(crate) fn read(
    engine: &mut Engine,
    tokens: &Tokens,
    answers: &Answers,
    ended: &[Ended<'_>],
    rules: &ReadingRules,
) -> Result<Vec<Reading>> {
    let mut walks: Vec<Walk> = ended.iter().map(|ended| Walk::new(answers, &ended.logits)).collect();
    // Where every answer is wanted, its whole path is read at once.
    let all: Vec<usize> = answers.leaves().map(|(leaf, _)| leaf).collect();
    loop {
        let mut paths: Vec<(usize, Vec<usize>)> = Vec::new();
        for (whose, walk) in walks.iter_mut().enumerate() {
            let mut wanted = Vec::new();
            walk.missing_mass = 0.0;
            walk.go_on(answers, Answers::ROOT, 0.0, rules.prune_below, &mut wanted);
            if rules.prune_below > 0.0 {
                paths.extend(wanted.iter().map(|&(node, _)| (whose, answers.chain(node))));
            } else if !wanted.is_empty() {
                paths.extend(all.iter().map(|&leaf| (whose, whole(answers, leaf))));
            }
        }
        if paths.is_empty() {
            break;
        }
        read_paths(engine, answers, ended, &paths, &mut walks)?;
    }
    let readings = ended.iter().zip(walks).map(|(ended, walk)| conclude(engine, tokens, answers, ended, walk, rules));
    readings.collect()
}

/// The places on the way to an answer, without the root and the leaf.
fn whole(answers: &Answers, leaf: usize) -> Vec<usize> {
    let mut at = Answers::ROOT;
    let mut places = Vec::new();
    for token in &answers.node(leaf).path {
        at = answers.node(at).next.get(token).copied().unwrap_or(leaf);
        if at != leaf {
            places.push(at);
        }
    }
    places
}

/// Reads the tokens up to the last place of each path, and notes what comes after each place on it.
fn read_paths(
    engine: &mut Engine,
    answers: &Answers,
    ended: &[Ended<'_>],
    paths: &[(usize, Vec<usize>)],
    walks: &mut [Walk],
) -> Result<()> {
    let last = |places: &[usize]| places.last().map_or_else(Vec::new, |&last| answers.node(last).path.clone());
    let longest = paths.iter().map(|(_, places)| last(places).len()).max().unwrap_or(0);
    let past = ended.iter().map(|ended| ended.kv.tokens()).max().unwrap_or(0);
    let most = engine.decoder.most_rows(longest, past);
    let mut kept: Option<(Vec<usize>, Kv)> = None;
    for paths in paths.chunks(most) {
        let whose: Vec<usize> = paths.iter().map(|(whose, _)| *whose).collect();
        let kv = match kept.take() {
            // The same prompts as in the chunk before: their keys and values lie there already.
            Some((before, kv)) if before == whose => kv,
            _ => {
                let rows: Vec<_> = whose.iter().map(|&whose| (ended[whose].kv, ended[whose].row)).collect();
                engine.decoder.gather(&rows)?
            }
        };
        let rows: Vec<Vec<u32>> = paths.iter().map(|(_, places)| last(places)).collect();
        let positions: Vec<i64> = whose.iter().map(|&whose| ended[whose].next).collect();
        let decoded = engine.read_text(&Rows { tokens: &rows, positions: &positions }, &kv)?;
        for (row, (whose, places)) in paths.iter().enumerate() {
            for &node in places {
                let place = &mut walks[*whose].places[node];
                if place.is_none() {
                    let logits = decoded.logits(row, answers.node(node).path.len() - 1)?;
                    *place = Some(Place::new(answers, node, &logits));
                }
            }
        }
        kept = Some((whose, kv));
    }
    Ok(())
}

fn conclude(
    engine: &mut Engine,
    tokens: &Tokens,
    answers: &Answers,
    ended: &Ended<'_>,
    walk: Walk,
    rules: &ReadingRules,
) -> Result<Reading> {
    let (at, answer) = walk.follow(answers);
    let path = answers.node(at).path.clone();
    let text = match answer {
        Some(_) => tokens.decode(&path)?,
        None => tokens.decode(&write_on(engine, ended, path, rules.text_tokens, |_| false)?.tokens)?,
    };
    let broken = best(&ended.logits).is_none() || walk.log_prob.iter().any(|log_prob| log_prob.is_nan());
    let distribution = Distribution::new(walk.log_prob, walk.missing_mass);
    // Where no answer was likely enough to be worked out, their mass is nothing.
    let mass = distribution.as_ref().map_or(0.0, |distribution| distribution.mass);
    let no_vote = match answer {
        _ if broken => Some(NoVote::NotFinite),
        None => Some(NoVote::Text),
        Some(_) if distribution.is_none() || mass < rules.least_mass => Some(NoVote::Mass),
        Some(_) => None,
    };
    let percent = answer.map(super::answers::percent_of);
    Ok(Reading { distribution, rationale: String::new(), text, percent, no_vote })
}

/// What was written.
pub(crate) struct Written {
    pub(crate) tokens: Vec<u32>,
    /// Whether the token that would come next was not to be written.
    pub(crate) stopped: bool,
    /// Where it ended: keys and values, logits and position, unless nothing had to be computed.
    state: Option<(Kv, Vec<f32>, i64)>,
}

/// Writes the most likely tokens after a prompt and the tokens in `text`, until there are `most` of them, an end is written, or
/// `stop` says of a token that it is not to be written.
pub(crate) fn write_on(
    engine: &mut Engine,
    ended: &Ended<'_>,
    text: Vec<u32>,
    most: usize,
    stop: impl Fn(u32) -> bool,
) -> Result<Written> {
    if !text.is_empty() && text.len() >= most {
        return Ok(Written { tokens: text, stopped: false, state: None });
    }
    let mut written = text;
    let mut unread = written.clone();
    let mut state: Option<(Kv, Vec<f32>, i64)> = None;
    loop {
        if !unread.is_empty() {
            let own;
            let (kv, position) = match &state {
                Some((kv, _, next)) => (kv, *next),
                None if ended.kv.rows() == 1 => (ended.kv, ended.next),
                None => {
                    own = engine.decoder.gather(&[(ended.kv, ended.row)])?;
                    (&own, ended.next)
                }
            };
            let row = [std::mem::take(&mut unread)];
            let decoded = engine.read_text(&Rows { tokens: &row, positions: &[position] }, kv)?;
            let count = row[0].len();
            let logits = decoded.logits(0, count - 1)?;
            state = Some((decoded.kv, logits, position + super::positions::as_i64(count)));
        }
        let logits = state.as_ref().map_or(&ended.logits, |(_, logits, _)| logits);
        let next = best(logits);
        let stopped = next.is_some_and(&stop);
        let Some(next) = next.filter(|_| !stopped && written.len() < most) else {
            return Ok(Written { tokens: written, stopped, state });
        };
        written.push(next);
        if engine.config.ends.contains(&next) {
            return Ok(Written { tokens: written, stopped: false, state });
        }
        unread.push(next);
    }
}
