//! Trained weights as others store them, read without their programs.
//!
//! PyTorch's legacy file is five pickles and then raw storages. A pickle is a program; here only the handful of
//! instructions and names that such a file needs are understood, as data, and everything else is refused by name.

mod legacy;
mod pickle;
mod wheel;

pub use legacy::{Dtype, StateDict, StoredTensor};
pub use wheel::{from_wheel, sha256_hex};
