//! A policy: a normal distribution for each number of an action, bent into [-1, 1] by a hyperbolic tangent (Haarnoja et
//! al. 2018).

use crate::network::{Network, Tape};
use crate::random::Random;

/// Bounds of the logarithm of a standard deviation; it starts in their middle.
const LOG_STD: [f32; 2] = [-5.0, 0.0];
/// Logarithm of the root of two pi.
const LOG_ROOT_TAU: f32 = 0.918_938_5;

/// The network, and what its last actions came from.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    pub(super) network: Network,
    action_len: usize,
    pub(super) tape: Tape,
    /// Drawn actions, in rows.
    pub(super) actions: Vec<f32>,
    /// Logarithm of the density of each drawn action.
    pub(super) log_densities: Vec<f32>,
    noise: Vec<f32>,
    by_out: Vec<f32>,
}

impl Actor {
    pub(super) fn new(sizes: &[usize], action_len: usize, random: &mut Random) -> Self {
        Self {
            network: Network::new(sizes, false, 0.1, random),
            action_len,
            tape: Tape::default(),
            actions: Vec::new(),
            log_densities: Vec::new(),
            noise: Vec::new(),
            by_out: Vec::new(),
        }
    }

    /// The most likely action for each observation: the middle of the distribution.
    pub(super) fn middle(&mut self, observations: &[f32]) {
        self.network.forward(observations, &mut self.tape);
        self.actions.clear();
        for out in self.tape.out.chunks_exact(2 * self.action_len) {
            self.actions.extend(out[..self.action_len].iter().map(|mean| libm::tanhf(*mean)));
        }
    }

    /// Draws an action for each observation, its distance from the middle a share of the policy's own.
    pub(super) fn draw_near(&mut self, observations: &[f32], spread: f32, random: &mut Random) {
        self.network.forward(observations, &mut self.tape);
        self.actions.clear();
        for out in self.tape.out.chunks_exact(2 * self.action_len) {
            let (means, raw) = out.split_at(self.action_len);
            for (mean, raw) in means.iter().zip(raw) {
                let std = spread * libm::expf(log_std(libm::tanhf(*raw)));
                self.actions.push(libm::tanhf(mean + std * random.normal()));
            }
        }
    }

    /// Draws an action for each observation.
    pub(super) fn draw(&mut self, observations: &[f32], random: &mut Random) {
        self.network.forward(observations, &mut self.tape);
        self.actions.clear();
        self.log_densities.clear();
        self.noise.clear();
        for out in self.tape.out.chunks_exact(2 * self.action_len) {
            let (means, raw) = out.split_at(self.action_len);
            let mut log_density = 0.0;
            for (mean, raw) in means.iter().zip(raw) {
                let noise = random.normal();
                let log_std = log_std(libm::tanhf(*raw));
                let at = mean + libm::expf(log_std) * noise;
                self.noise.push(noise);
                self.actions.push(libm::tanhf(at));
                log_density -= 0.5 * noise * noise + log_std + LOG_ROOT_TAU + log_bend(at);
            }
            self.log_densities.push(log_density);
        }
    }

    /// The slope of a loss by the network's parameters, added to `slopes`: of `temperature` times the mean log density of
    /// the actions drawn last, plus what `by_actions` says (the slope by each drawn action, in rows).
    pub(super) fn slope(&mut self, temperature: f32, by_actions: &[f32], slopes: &mut [f32]) {
        let count = self.action_len;
        // Batches are far below 2^24.
        #[allow(clippy::cast_precision_loss)]
        let share = temperature / self.log_densities.len().max(1) as f32;
        self.by_out.clear();
        for (sample, out) in self.tape.out.chunks_exact(2 * count).enumerate() {
            let first = self.by_out.len();
            self.by_out.resize(first + 2 * count, 0.0);
            for index in 0..count {
                let at = sample * count + index;
                let action = self.actions[at];
                let by_at = share * 2.0 * action + by_actions[at] * (1.0 - action * action);
                let bent = libm::tanhf(out[count + index]);
                let by_log_std = by_at * libm::expf(log_std(bent)) * self.noise[at] - share;
                self.by_out[first + index] = by_at;
                self.by_out[first + count + index] = by_log_std * half_range() * (1.0 - bent * bent);
            }
        }
        self.network.backward(&mut self.tape, &self.by_out, Some(slopes));
    }

    /// The mean squared distance of the middles from `actions`, and its slope times `weight`, added to `slopes`.
    pub(super) fn clone_slope(
        &mut self,
        observations: &[f32],
        actions: &[f32],
        weight: f32,
        slopes: &mut [f32],
    ) -> f32 {
        self.middle(observations);
        let count = self.action_len;
        #[allow(clippy::cast_precision_loss)]
        let share = 1.0 / (actions.len() / count).max(1) as f32;
        self.by_out.clear();
        let mut loss = 0.0;
        for (middle, wanted) in self.actions.chunks_exact(count).zip(actions.chunks_exact(count)) {
            for (middle, wanted) in middle.iter().zip(wanted) {
                let off = middle - wanted;
                loss += share * off * off;
                self.by_out.push(2.0 * weight * share * off * (1.0 - middle * middle));
            }
            self.by_out.extend(std::iter::repeat_n(0.0, count));
        }
        self.network.backward(&mut self.tape, &self.by_out, Some(slopes));
        loss
    }
}

fn half_range() -> f32 {
    (LOG_STD[1] - LOG_STD[0]) / 2.0
}

/// From what the network says, bent into [-1, 1].
fn log_std(bent: f32) -> f32 {
    LOG_STD[0] + half_range() * (bent + 1.0)
}

/// Logarithm of the slope of the hyperbolic tangent, without the loss of digits far out.
fn log_bend(at: f32) -> f32 {
    let far = -2.0 * at.abs();
    2.0 * (std::f32::consts::LN_2 + 0.5 * far - libm::log1pf(libm::expf(far)))
}
