//! Steps down a slope whose size adapts to the slope's own (Kingma and Ba 2015).

use crate::error::Result;
use crate::store::{Reader, Writer};

const FIRST_DECAY: f32 = 0.9;
const SECOND_DECAY: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// The memory of one row of parameters.
#[derive(Clone, Debug)]
pub(crate) struct Adam {
    first: Vec<f32>,
    second: Vec<f32>,
    /// What is left of each decay, for the correction of the first steps.
    left: [f32; 2],
}

impl Adam {
    pub(crate) fn new(params: usize) -> Self {
        Self { first: vec![0.0; params], second: vec![0.0; params], left: [1.0; 2] }
    }

    /// A step of about `rate` for each parameter.
    pub(crate) fn step(&mut self, params: &mut [f32], slopes: &[f32], rate: f32) {
        self.left = [self.left[0] * FIRST_DECAY, self.left[1] * SECOND_DECAY];
        let first_scale = rate / (1.0 - self.left[0]);
        let second_scale = 1.0 / (1.0 - self.left[1]);
        let memory = self.first.iter_mut().zip(&mut self.second);
        for ((param, slope), (first, second)) in params.iter_mut().zip(slopes).zip(memory) {
            *first = FIRST_DECAY * *first + (1.0 - FIRST_DECAY) * slope;
            *second = SECOND_DECAY * *second + (1.0 - SECOND_DECAY) * slope * slope;
            // A root is rounded the same everywhere.
            *param -= first_scale * *first / ((*second * second_scale).sqrt() + EPSILON);
        }
    }

    /// The same, after which each parameter comes `rate * decay` of its way closer to 0 (Loshchilov and Hutter 2019).
    pub(crate) fn step_decayed(&mut self, params: &mut [f32], slopes: &[f32], rate: f32, decay: f32) {
        self.step(params, slopes, rate);
        let left = 1.0 - rate * decay;
        params.iter_mut().for_each(|param| *param *= left);
    }

    pub(crate) fn save(&self, out: &mut Writer) {
        out.floats(&self.first);
        out.floats(&self.second);
        out.f32(self.left[0]);
        out.f32(self.left[1]);
    }

    pub(crate) fn load(&mut self, from: &mut Reader<'_>) -> Result<()> {
        from.floats_into(&mut self.first)?;
        from.floats_into(&mut self.second)?;
        self.left = [from.f32()?, from.f32()?];
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_pulls_comes_closer_to_0_by_its_decay_alone() {
        let mut params = [2.0, -0.5];
        let mut adam = Adam::new(2);
        for _ in 0..3 {
            adam.step_decayed(&mut params, &[0.0; 2], 0.1, 0.5);
        }
        let left = 0.95_f32.powi(3);
        assert!((params[0] - 2.0 * left).abs() < 1e-6 && (params[1] + 0.5 * left).abs() < 1e-6, "{params:?}");
    }
}
