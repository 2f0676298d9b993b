//! Tensors of any shape that go into runs and come out of them: 32-bit or 16-bit floats, or 64-bit integers.

use half::f16;
use ort::memory::Allocator;
use ort::value::{DynTensor, DynValue, Tensor, TensorElementType};

use crate::error::{Error, Result};
use crate::onnx::ElementType;

/// A tensor that ONNX Runtime can read: in main memory, or where a run left it ([`DynamicModel::run_on`](super::DynamicModel)).
pub(crate) struct RunTensor {
    value: DynTensor,
    element: ElementType,
    dims: Vec<usize>,
}

fn refused(e: ort::Error) -> Error {
    Error::ort("make a tensor", e, "close other programs, or lower the limits of memory")
}

impl RunTensor {
    /// Floats of type `element` (32 or 16 bits), row-major.
    pub(crate) fn floats(element: ElementType, dims: &[usize], values: Vec<f32>) -> Result<Self> {
        let value = if element == ElementType::F16 {
            let halves: Vec<f16> = values.into_iter().map(f16::from_f32).collect();
            Tensor::from_array((dims.to_vec(), halves)).map_err(refused)?.upcast()
        } else {
            Tensor::from_array((dims.to_vec(), values)).map_err(refused)?.upcast()
        };
        Ok(Self { value, element, dims: dims.to_vec() })
    }

    /// Integers, row-major.
    pub(crate) fn ints(dims: &[usize], values: Vec<i64>) -> Result<Self> {
        let value = Tensor::from_array((dims.to_vec(), values)).map_err(refused)?.upcast();
        Ok(Self { value, element: ElementType::I64, dims: dims.to_vec() })
    }

    /// Floats whose values are still to be written, 0 until then.
    pub(crate) fn zeros(element: ElementType, dims: &[usize]) -> Result<Self> {
        let kind = if element == ElementType::F16 { TensorElementType::Float16 } else { TensorElementType::Float32 };
        let value = DynTensor::new(&Allocator::default(), kind, dims.to_vec()).map_err(refused)?;
        Ok(Self { value, element, dims: dims.to_vec() })
    }

    /// What a run gave; `name` is for errors.
    pub(super) fn from_output(value: DynValue, name: &str, label: &str) -> Result<Self> {
        let odd = || Error::model(label, format!("its output `{name}` is no tensor of floats"), "export it again");
        let value: DynTensor = value.downcast().map_err(|_| odd())?;
        let element = match value.data_type() {
            TensorElementType::Float32 => ElementType::F32,
            TensorElementType::Float16 => ElementType::F16,
            _ => return Err(odd()),
        };
        let dims: Option<Vec<usize>> = value.shape().iter().map(|&dim| usize::try_from(dim).ok()).collect();
        let dims = dims.ok_or_else(odd)?;
        Ok(Self { value, element, dims })
    }

    pub(super) fn value(&self) -> &DynTensor {
        &self.value
    }

    pub(crate) fn dims(&self) -> &[usize] {
        &self.dims
    }

    pub(crate) fn element(&self) -> ElementType {
        self.element
    }

    /// Bytes of its values.
    pub(crate) fn bytes(&self) -> u64 {
        let count: usize = self.dims.iter().product();
        u64::try_from(count).unwrap_or(u64::MAX).saturating_mul(self.element.bits() / 8)
    }

    /// Appends the values in `range` to `out`; an error if they are not in main memory.
    pub(crate) fn read(&self, range: std::ops::Range<usize>, out: &mut Vec<f32>) -> Result<()> {
        if self.element == ElementType::F16 {
            let values = self.value.try_extract_tensor::<f16>().map_err(refused)?.1;
            out.extend(values.get(range).unwrap_or_default().iter().map(|half| half.to_f32()));
        } else {
            let values = self.value.try_extract_tensor::<f32>().map_err(refused)?.1;
            out.extend_from_slice(values.get(range).unwrap_or_default());
        }
        Ok(())
    }

    /// Copies blocks of `len` values: from each index of `from` to that of `to`, pair by pair. Both tensors must hold the same
    /// type; a block that does not lie inside a tensor is left out.
    pub(crate) fn copy_blocks(
        &mut self,
        source: &Self,
        len: usize,
        pairs: impl Iterator<Item = (usize, usize)>,
    ) -> Result<()> {
        fn copy<T: Copy>(source: &[T], target: &mut [T], len: usize, pairs: impl Iterator<Item = (usize, usize)>) {
            for (from, to) in pairs {
                if let (Some(source), Some(target)) = (source.get(from..from + len), target.get_mut(to..to + len)) {
                    target.copy_from_slice(source);
                }
            }
        }
        if len == 0 {
            return Ok(());
        }
        if self.element == ElementType::F16 {
            let from = source.value.try_extract_tensor::<f16>().map_err(refused)?.1;
            copy(from, self.value.try_extract_tensor_mut::<f16>().map_err(refused)?.1, len, pairs);
        } else {
            let from = source.value.try_extract_tensor::<f32>().map_err(refused)?.1;
            copy(from, self.value.try_extract_tensor_mut::<f32>().map_err(refused)?.1, len, pairs);
        }
        Ok(())
    }
}

impl std::fmt::Debug for RunTensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunTensor").field("element", &self.element).field("dims", &self.dims).finish_non_exhaustive()
    }
}
