//! Tensors that ONNX Runtime owns, bound to a model's inputs and outputs once, and a run that allocates nothing.
//!
//! `ort`'s own `run_binding` wraps each output in a new value at every run: two allocations a run, for outputs that we
//! hold already. So binding and running go to the C API here; this is the only module of the crate with unsafe code.

use std::ffi::CString;

use ort::AsPointer;
use ort::memory::Allocator;
use ort::session::IoBinding;
use ort::value::{Shape, Tensor, TensorRefMut};

use super::model::OrtModel;
use crate::error::{Error, Result};

/// 32-bit floats in memory that ONNX Runtime owns and that never moves.
#[derive(Debug)]
pub(super) struct Slab(Tensor<f32>);

impl Slab {
    /// Zeros.
    pub(super) fn new(elements: usize) -> ort::Result<Self> {
        Tensor::new(&Allocator::default(), [elements]).map(Self)
    }

    pub(super) fn floats(&self) -> &[f32] {
        self.0.extract_tensor().1
    }

    pub(super) fn floats_mut(&mut self) -> &mut [f32] {
        self.0.extract_tensor_mut().1
    }
}

/// One input or output: its name for C, and the value that lies over the beginning of a slab.
struct Bound {
    name: CString,
    value: TensorRefMut<'static, f32>,
}

/// The bindings of one set of shapes. Its values point into slabs: keep those alive longer than this.
pub(super) struct Prepared {
    binding: IoBinding,
    inputs: Vec<Bound>,
}

/// A name, a slab, and the shape of the tensor at the slab's beginning.
pub(super) type Place<'a> = (&'a str, &'a mut Slab, &'a [usize]);

impl Prepared {
    /// Binds inputs and outputs.
    ///
    /// # Safety
    /// The slabs must outlive the returned value and its last run.
    pub(super) unsafe fn new<'a>(
        model: &OrtModel,
        inputs: impl IntoIterator<Item = Place<'a>>,
        outputs: impl IntoIterator<Item = Place<'a>>,
    ) -> Result<Self> {
        if let Some(provider) = model.graph_replay {
            // Every run copies the inputs to the GPU anew, wherever there is room: a replay would read the old ones.
            let what = format!("{provider} cannot replay {} with inputs that move", model.label);
            return Err(Error::config("session.providers: cuda_graph", what, "leave cuda_graph out"));
        }
        let refused = |e: ort::Error| bind_error(model, &e);
        let mut binding = model.session.create_binding().map_err(refused)?;
        let mut bound_inputs = Vec::new();
        for place in inputs {
            // SAFETY: the caller keeps the slab alive.
            let bound = unsafe { Bound::over(place) }.map_err(refused)?;
            bound.bind_input(&mut binding).map_err(refused)?;
            bound_inputs.push(bound);
        }
        for place in outputs {
            // SAFETY: the caller keeps the slab alive; the binding keeps its own reference to the value.
            let bound = unsafe { Bound::over(place) }.map_err(refused)?;
            bound.bind_output(&mut binding).map_err(refused)?;
        }
        Ok(Self { binding, inputs: bound_inputs })
    }

    /// Runs `model`, which must be the one this was prepared for.
    pub(super) fn run(&mut self, model: &mut OrtModel) -> Result<()> {
        let refused = |e: ort::Error| {
            Error::ort(format!("run the model {}", model.label), e, "check the model with `striatum models verify`")
        };
        if !model.in_main_memory {
            // A provider with memory of its own copied the input when it was bound, so it must be bound anew.
            for input in &self.inputs {
                input.bind_input(&mut self.binding).map_err(refused)?;
            }
        }
        // SAFETY: session, options and binding are alive, and `&mut` on both keeps every other run out.
        let result = unsafe {
            let status =
                (ort::api().RunWithBinding)(model.session.ptr().cast_mut(), model.options.ptr(), self.binding.ptr());
            ort::Error::result_from_status(status)
        };
        result.map_err(|e| {
            // A stop asked for by a Terminator holds for one run only.
            let _ = model.options.unterminate();
            refused(e)
        })
    }
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared").field("inputs", &self.inputs.len()).finish_non_exhaustive()
    }
}

impl Bound {
    /// # Safety
    /// The slab must outlive the value, and every binding that it is given to.
    unsafe fn over((name, slab, dims): Place<'_>) -> ort::Result<Self> {
        let elements = dims.iter().try_fold(1usize, |count, &dim| count.checked_mul(dim));
        if elements.is_none_or(|count| count > slab.floats().len()) {
            return Err(ort::Error::new(format!("the shape {dims:?} of `{name}` does not fit its memory")));
        }
        let shape = Shape::new(dims.iter().map(|&dim| i64::try_from(dim).unwrap_or(i64::MAX)));
        let memory = slab.0.memory_info().to_owned();
        // SAFETY: the memory is the slab's own, of the type and at least the length that the shape asks for.
        let value = unsafe { TensorRefMut::from_raw(memory, slab.0.data_ptr_mut(), shape)? };
        Ok(Self { name: CString::new(name)?, value })
    }

    fn bind_input(&self, binding: &mut IoBinding) -> ort::Result<()> {
        // SAFETY: all three are alive; ONNX Runtime keeps its own reference to the value.
        unsafe {
            let status = (ort::api().BindInput)(binding.ptr_mut(), self.name.as_ptr(), self.value.ptr());
            ort::Error::result_from_status(status)
        }
    }

    fn bind_output(&self, binding: &mut IoBinding) -> ort::Result<()> {
        // SAFETY: as for inputs.
        unsafe {
            let status = (ort::api().BindOutput)(binding.ptr_mut(), self.name.as_ptr(), self.value.ptr());
            ort::Error::result_from_status(status)
        }
    }
}

fn bind_error(model: &OrtModel, e: &ort::Error) -> Error {
    Error::ort(format!("bind the tensors of {}", model.label), e, "check the model's names and shapes")
}
