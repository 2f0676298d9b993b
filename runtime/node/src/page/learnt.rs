//! What a bundle was made from, for people.

use std::path::Path;

use striatum_models::{Bundle, Manifest};

use crate::error::{Error, Result};
use crate::markup::jpeg_uri;

/// What the page says of the bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Learnt {
    /// The bundle's folder.
    pub(crate) bundle: String,
    /// The task in words; may be empty.
    pub(crate) task: String,
    pub(crate) backbone: String,
    pub(crate) views: Vec<String>,
    /// Sets of frames that were learnt from.
    pub(crate) sets: usize,
    /// The files that they were taken from, and the first letters of their hashes.
    pub(crate) sources: Vec<String>,
    /// Whether the demonstration was cut into subtasks by somebody.
    pub(crate) annotated: bool,
    /// Addresses of pictures: the demonstration's start and its goal, by view.
    pub(crate) start: Vec<String>,
    pub(crate) goal: Vec<String>,
}

impl Learnt {
    /// From the bundle in `folder`. Hashes are checked where the bundle is loaded.
    ///
    /// # Errors
    /// A bundle whose manifest or pictures cannot be read.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let manifest: Manifest = Bundle::manifest_in(folder)?;
        let pictures = |images: &[striatum_models::ReferenceImage]| {
            images.iter().map(|image| picture(&folder.join(&image.file))).collect::<Result<Vec<_>>>()
        };
        let (start, goal) = (pictures(&manifest.references.start)?, pictures(&manifest.references.goal)?);
        let source = |file: &striatum_models::SourceFile| {
            format!("{} ({})", file.file, file.sha256.get(..8).unwrap_or(&file.sha256))
        };
        Ok(Self {
            bundle: folder.display().to_string(),
            sources: manifest.made.sources.iter().map(source).collect(),
            task: manifest.task,
            backbone: manifest.backbone.name,
            views: manifest.views,
            sets: manifest.made.sets,
            annotated: manifest.made.keyframes_sha256.is_some(),
            start,
            goal,
        })
    }
}

fn picture(path: &Path) -> Result<String> {
    let jpeg = std::fs::read(path).map_err(|e| Error::file("read", path, e, "adapt again"))?;
    Ok(jpeg_uri(&jpeg))
}
