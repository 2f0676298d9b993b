//! From the configuration to a teacher at its desk.

use std::path::Path;
use std::sync::Arc;

use striatum_frames::{Encoding, Image, ImageLimits, decode};
use striatum_models::Bundle;

use super::local::Local;
use super::remote::{self, Remote};
use super::{Desk, DeskRules, Opener, Teacher};
use crate::config::{Config, TeacherSource};
use crate::error::{Error, Result};

/// Start and goal of the student's demonstration, which the teacher is shown for reference.
#[derive(Clone, Debug)]
pub(super) struct References {
    pub(super) task: String,
    pub(super) views: Vec<String>,
    pub(super) start: Vec<Arc<Image>>,
    pub(super) goal: Vec<Arc<Image>>,
}

impl References {
    fn read(bundle: &Path) -> Result<Self> {
        let manifest = Bundle::manifest_in(bundle)?;
        let [start, goal] = Bundle::reference_jpegs_in(bundle)?;
        let pictures = |jpegs: Vec<Vec<u8>>| -> Result<Vec<Arc<Image>>> {
            let read = |jpeg: Vec<u8>| Ok(Arc::new(decode(&jpeg, Encoding::Jpeg, &ImageLimits::default())?));
            jpegs.into_iter().map(read).collect()
        };
        let views = manifest.views.clone();
        Ok(Self { task: manifest.task, views, start: pictures(start)?, goal: pictures(goal)? })
    }

    /// Where each of these views is among the student's.
    ///
    /// # Errors
    /// A view that the student has not.
    pub(super) fn places(&self, views: &[String], place: &str) -> Result<Vec<usize>> {
        let find = |view: &String| {
            self.views.iter().position(|known| known == view).ok_or_else(|| {
                let what = format!("wants to see `{view}`, the bundle has {}", self.views.join(", "));
                Error::input(place, what, "use a teacher of the same views, or call them alike")
            })
        };
        views.iter().map(find).collect()
    }
}

/// The key of a teacher elsewhere is there, if it needs one: asked before anything is started.
///
/// # Errors
/// A variable that is not set, or holds no key.
pub(crate) fn check_key(config: &Config) -> Result<()> {
    match config.teacher.as_ref().and_then(|section| section.remote.as_ref()) {
        Some(remote) => remote::key(remote).map(drop),
        None => Ok(()),
    }
}

/// Puts the configured teacher at its desk; `None` where none is configured.
///
/// # Errors
/// No thread is to be had. Whatever is wrong with the teacher itself is told by the desk, later.
pub(crate) fn desk(config: &Config, epoch: u64, place: &str) -> Result<Option<Desk>> {
    let Some(section) = &config.teacher else { return Ok(None) };
    let rules = DeskRules { epoch, ..section.rules(place)? };
    let (bundle, source, deadline) = (config.bundle.clone(), section.source(place)?, rules.deadline_nanos);
    let session = section.session.clone();
    let open: Opener = Box::new(move || {
        let references = References::read(&bundle)?;
        let teacher: Box<dyn Teacher> = match source {
            TeacherSource::Bundle(dir) => Box::new(Local::open(&dir, &session, &references)?),
            TeacherSource::Remote(remote) => Box::new(Remote::open(&remote, deadline, &references)?),
        };
        Ok(teacher)
    });
    Desk::start(rules, open).map(Some)
}
