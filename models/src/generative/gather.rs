//! Rows of keys and values put together where they lie, in a GPU's memory: by small graphs of this program's own.

use std::collections::BTreeMap;

use super::kv::Kv;
use super::positions::as_i64;
use crate::error::{Error, Result};
use crate::onnx::{Attribute, Dim, ElementType, GraphBuilder};
use crate::session::{DynamicModel, Memory, RunTensor, SessionConfig};

/// The graphs, one for each number of sources that has been asked for.
#[derive(Debug)]
pub(super) struct Gatherer {
    session: SessionConfig,
    element: ElementType,
    /// Heads, and values of a head.
    width: (usize, usize),
    /// Keys before values, layer by layer.
    tensors: Vec<String>,
    graphs: BTreeMap<usize, DynamicModel>,
}

impl Gatherer {
    /// For as many tensors as a model has keys and values.
    pub(super) fn new(session: &SessionConfig, element: ElementType, width: (usize, usize), tensors: usize) -> Self {
        let tensors = (0..tensors).map(|index| format!("t{index}")).collect();
        Self { session: session.clone(), element, width, tensors, graphs: BTreeMap::new() }
    }

    /// As [`Kv::gather`], from and to `memory`.
    pub(super) fn gather(&mut self, rows: &[(&Kv, usize)], memory: Memory) -> Result<Kv> {
        let (sources, indices) = sources(rows);
        let Some(&first) = sources.first() else { return Kv::gather(rows) };
        let graph = match self.graphs.remove(&sources.len()) {
            Some(graph) => graph,
            None => DynamicModel::from_bytes(&self.graph(sources.len())?, "keys and values", &self.session)?,
        };
        let graph = self.graphs.entry(sources.len()).or_insert(graph);
        let indices = RunTensor::ints(&[rows.len()], indices)?;
        let names: Vec<Vec<String>> = (0..sources.len()).map(|source| names(&self.tensors, source)).collect();
        let mut inputs = vec![("rows", &indices)];
        for (kv, names) in sources.iter().zip(&names) {
            inputs.extend(names.iter().map(String::as_str).zip(kv.tensors()));
        }
        let tensors = graph.run_on(&inputs, &self.tensors, 0, memory)?;
        let dims = [rows.len(), self.width.0, first.tokens(), self.width.1];
        if let Some(tensor) = tensors.iter().find(|tensor| tensor.dims() != dims) {
            let what = format!("rows put together are {:?} instead of {dims:?}", tensor.dims());
            return Err(Error::model("keys and values", what, "use another ONNX Runtime"));
        }
        Ok(first.with(tensors, rows.len()))
    }

    /// Each tensor of all sources, one after the other, and rows of that by their index.
    fn graph(&self, sources: usize) -> Result<Vec<u8>> {
        let mut graph = GraphBuilder::new("rows");
        let dims = |rows: &str| {
            let (heads, values) = self.width;
            [Dim::symbol(rows), Dim::Fixed(heads), Dim::symbol("tokens"), Dim::Fixed(values)]
        };
        graph.input("rows", ElementType::I64, &[Dim::symbol("taken")]);
        for source in 0..sources {
            for name in names(&self.tensors, source) {
                graph.input(&name, self.element, &dims(&format!("rows{source}")));
            }
        }
        for (index, name) in self.tensors.iter().enumerate() {
            let all: Vec<String> = (0..sources).map(|source| names(&self.tensors, source).swap_remove(index)).collect();
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            let joined = format!("{name}_all");
            let from = match all.as_slice() {
                [one] => one,
                _ => {
                    graph.node("Concat", &all, &[&joined], [Attribute::int("axis", 0)]);
                    joined.as_str()
                }
            };
            graph.node("Gather", &[from, "rows"], &[name], [Attribute::int("axis", 0)]);
            graph.output(name, self.element, &dims("taken"));
        }
        graph.build()
    }
}

fn names(tensors: &[String], source: usize) -> Vec<String> {
    tensors.iter().map(|name| format!("{name}_from{source}")).collect()
}

/// Each source once, and the index of every wanted row among the rows of all sources.
fn sources<'a>(rows: &[(&'a Kv, usize)]) -> (Vec<&'a Kv>, Vec<i64>) {
    let mut sources: Vec<&Kv> = Vec::new();
    for &(kv, _) in rows {
        if !sources.iter().any(|source| std::ptr::eq(*source, kv)) {
            sources.push(kv);
        }
    }
    let before = |kv: &Kv| -> usize {
        sources.iter().take_while(|source| !std::ptr::eq(**source, kv)).map(|source| source.rows()).sum()
    };
    let indices = rows.iter().map(|&(kv, row)| as_i64(before(kv) + row)).collect();
    (sources, indices)
}
