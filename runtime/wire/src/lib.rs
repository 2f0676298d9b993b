//! The bytes Striatum publishes and the keys it publishes them under; the only crate that knows either.
