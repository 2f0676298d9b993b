//! `generative.toml`: what a folder of exported weights needs to be a bundle: how it is asked, how its number is read, and the
//! hash of every file.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use striatum_core::MAX_VIEWS;

use super::json::text_of;
use super::smart_resize::PixelLimits;
use crate::adapt::is_view_name;
use crate::bundle::ScoreMeaning;
use crate::error::{Error, Result, nearest, one_line};

/// Its name in the folder.
pub(crate) const MANIFEST: &str = "generative.toml";
/// The version of the manifest that this code writes and reads.
const FORMAT_VERSION: u32 = 1;
const SEAL_AGAIN: &str = "mend it, and seal the folder with `striatum models seal`";

/// How a generative model is asked and read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenerativeManifest {
    /// 1.
    pub format_version: u32,
    /// What the percentage means; the prompt decides it.
    pub score_meaning: ScoreMeaning,
    /// The file of the prompt, with `{task}` and one `<image>` for each picture.
    pub prompt: String,
    /// The form of an answer, with `{percent}` for the signed number.
    pub answer: String,
    /// A smaller picture is enlarged to about this many pixels.
    pub min_pixels: u64,
    /// A larger picture is shrunk to at most this many pixels.
    pub max_pixels: u64,
    /// Most tokens of reasons before the answer; 0 for a model that answers at once.
    #[serde(default)]
    pub rationale_tokens: usize,
    /// Licence and origin of the weights, in words.
    pub licence: String,
    /// Names of the views.
    pub views: Vec<String>,
    /// What goes into each slot of the prompt, in order.
    pub slots: Vec<Slot>,
    /// Every file of the bundle.
    #[serde(default)]
    pub file: Vec<FileEntry>,
}

/// What goes into a slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// Which of the frame sets.
    pub role: Role,
    /// Which view of it.
    pub view: String,
}

/// The frame sets a prompt shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The demonstration's start, for reference.
    Start,
    /// The demonstration's goal, for reference.
    Goal,
    /// The first of the two that are compared.
    Before,
    /// The second.
    After,
}

/// A file and its hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Its path in the folder, with `/`.
    pub path: String,
    /// Its SHA-256.
    pub sha256: String,
}

impl GenerativeManifest {
    /// Reads and checks a manifest, without looking at the files it names; and the hash of its bytes.
    pub(crate) fn read(folder: &Path) -> Result<(Self, [u8; 32])> {
        let path = folder.join(MANIFEST);
        let text = text_of(&path)?;
        let manifest: Self = toml::from_str(&text).map_err(|e| {
            let what = one_line(e.message());
            let mut quoted = what.split('`').skip(1).step_by(2);
            let meant = quoted.next().and_then(|given| nearest(given, quoted).map(str::to_owned));
            let mend = meant.map_or_else(|| SEAL_AGAIN.to_owned(), |name| format!("did you mean `{name}`?"));
            Error::bundle(&path, &what, mend)
        })?;
        manifest.check(&path)?;
        Ok((manifest, Sha256::digest(text.as_bytes()).into()))
    }

    fn check(&self, path: &Path) -> Result<()> {
        let refuse = |what: String| Err(Error::bundle(path, what, SEAL_AGAIN));
        if self.format_version != FORMAT_VERSION {
            return refuse(format!("format_version is {}, this program reads {FORMAT_VERSION}", self.format_version));
        }
        if !(1..=MAX_VIEWS).contains(&self.views.len()) {
            return refuse(format!("views: {} views, 1 to {MAX_VIEWS} can be", self.views.len()));
        }
        for (index, view) in self.views.iter().enumerate() {
            if !is_view_name(view) || self.views[..index].contains(view) {
                return refuse(format!("views: `{}` is no name or is there twice", one_line(view)));
            }
        }
        for (index, slot) in self.slots.iter().enumerate() {
            if !self.views.contains(&slot.view) {
                return refuse(format!("slots[{index}].view: `{}` is none of the views", one_line(&slot.view)));
            }
        }
        for (role, name) in [(Role::Before, "before"), (Role::After, "after")] {
            if !self.slots.iter().any(|slot| slot.role == role) {
                return refuse(format!("slots: none is `{name}`"));
            }
        }
        Ok(())
    }

    /// Checks that every file is there with its hash, and that there is none but those.
    pub(crate) fn verify(&self, folder: &Path) -> Result<()> {
        let here = files_in(folder)?;
        for name in &here {
            if !self.file.iter().any(|entry| entry.path == *name) {
                let what = format!("`{name}` is not in the manifest");
                return Err(Error::bundle(folder, what, "take the file out, or seal the folder again"));
            }
        }
        for entry in &self.file {
            if !here.contains(&entry.path) {
                let what = format!("`{}` is in the manifest and not in the folder", one_line(&entry.path));
                return Err(Error::bundle(folder, what, "copy the whole bundle"));
            }
            let path = folder.join(&entry.path);
            let got = hash_of(&path)?;
            if !got.eq_ignore_ascii_case(&entry.sha256) {
                let what = format!("its SHA-256 is {got}, the manifest says {}", one_line(&entry.sha256));
                return Err(Error::bundle(path, what, "copy the bundle again from where it was made"));
            }
        }
        Ok(())
    }

    /// Writes the manifest into `folder`, with the hash of every file there.
    ///
    /// # Errors
    /// [`Error::Bundle`] if the manifest is not in order, [`Error::File`] if something cannot be read or written.
    pub fn seal(mut self, folder: &Path) -> Result<()> {
        let path = folder.join(MANIFEST);
        self.check(&path)?;
        let entry = |name: String| Ok(FileEntry { sha256: hash_of(&folder.join(&name))?, path: name });
        self.file = files_in(folder)?.into_iter().map(entry).collect::<Result<_>>()?;
        let text = toml::to_string(&self).map_err(|e| Error::bundle(&path, one_line(e), SEAL_AGAIN))?;
        std::fs::write(&path, text).map_err(|e| Error::file("write", &path, e, "check the folder's permissions"))
    }

    /// How large pictures become.
    #[must_use]
    pub fn pixel_limits(&self) -> PixelLimits {
        PixelLimits { least: self.min_pixels, most: self.max_pixels }
    }

    /// The slots of a prompt as published models have it: start and goal of the first view, then all views before and after.
    #[must_use]
    pub fn usual_slots(views: &[String]) -> Vec<Slot> {
        let of = |role| views.iter().map(move |view| Slot { role, view: view.clone() });
        let (start, goal) = (of(Role::Start).take(1), of(Role::Goal).take(1));
        start.chain(goal).chain(of(Role::Before)).chain(of(Role::After)).collect()
    }
}

/// The files of a folder and of its folders, sorted, without the manifest; links are refused.
fn files_in(folder: &Path) -> Result<Vec<String>> {
    /// Folders in folders; more have no place in a bundle.
    const DEPTH: usize = 3;
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = vec![PathBuf::new()];
    while let Some(inner) = open.pop() {
        let at = folder.join(&inner);
        let unreadable = |e| Error::file("read", &at, e, "give a folder");
        for entry in std::fs::read_dir(&at).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let (kind, path) = (entry.file_type().map_err(unreadable)?, inner.join(entry.file_name()));
            if kind.is_symlink() {
                let what = "it is a link, which may leave the folder";
                return Err(Error::bundle(folder.join(path), what, "put the file itself there"));
            }
            if kind.is_file() {
                found.push(path);
            } else if path.components().count() < DEPTH {
                open.push(path);
            }
        }
    }
    let names = found.iter().map(|path| {
        let parts: Option<Vec<&str>> = path
            .components()
            .map(|part| match part {
                Component::Normal(name) => name.to_str(),
                _ => None,
            })
            .collect();
        let parts = parts.ok_or_else(|| Error::bundle(folder.join(path), "its name is no text", "call it otherwise"));
        parts.map(|parts| parts.join("/"))
    });
    let mut names: Vec<String> = names.collect::<Result<_>>()?;
    names.retain(|name| name != MANIFEST);
    names.sort();
    Ok(names)
}

/// The SHA-256 of a file of any size.
fn hash_of(path: &Path) -> Result<String> {
    let unreadable = |e| Error::file("read", path, e, "copy the bundle again from where it was made");
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer).map_err(unreadable)?;
        if count == 0 {
            break;
        }
        hash.update(&buffer[..count]);
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
