//! Where TensorRT's engines are kept: an engine fits only the TensorRT and the GPU that it was built with, so each pair of them has
//! a folder of its own. Files in it are named by the model's hash.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// What the folder is called where something cannot be told.
const UNKNOWN: &str = "unknown";
const LIBRARY: &str = "libnvinfer.so.";
/// What the kernel driver says of each GPU; where there is none of these, as on a Jetson, what the board is.
const GPUS: &str = "/proc/driver/nvidia/gpus";
const BOARD: &str = "/proc/device-tree/model";

/// The folder for this machine's engines below `root`, made if it is not there.
pub(super) fn folder(root: &Path) -> Result<PathBuf> {
    let searched = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let usual = ["/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/local/lib", "/usr/lib", "/usr/lib64"];
    let places = std::env::split_paths(&searched).chain(usual.map(PathBuf::from));
    let folder = root.join(key(version(places).as_deref(), &gpus(Path::new(GPUS), Path::new(BOARD))));
    std::fs::create_dir_all(&folder)
        .map_err(|e| Error::file("make", &folder, e, "give a folder for engine_cache_dir that can be written"))?;
    Ok(folder)
}

fn key(version: Option<&str>, gpus: &[String]) -> String {
    let gpus = if gpus.is_empty() { UNKNOWN.to_owned() } else { gpus.join("_") };
    let name = format!("tensorrt-{}-{gpus}", version.unwrap_or(UNKNOWN));
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).collect()
}

/// TensorRT's version, from the name of the file that the loader's link leads to in the first place that has one.
fn version(places: impl Iterator<Item = PathBuf>) -> Option<String> {
    for place in places.filter(|place| place.is_absolute()) {
        let Ok(entries) = std::fs::read_dir(&place) else { continue };
        let files = entries.filter_map(|entry| entry.ok()?.path().canonicalize().ok());
        let versions = files.filter_map(|file| file.file_name()?.to_str()?.strip_prefix(LIBRARY).map(str::to_owned));
        // The longest says most; of several as long the last by name, so that the answer does not depend on the file system.
        let found = versions.max_by_key(|version| (version.split('.').count(), version.clone()));
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The models of all GPUs, each once, in the order of their names.
fn gpus(driver: &Path, board: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(driver).into_iter().flatten().flatten();
    let texts = entries.filter_map(|entry| std::fs::read_to_string(entry.path().join("information")).ok());
    let mut models: Vec<String> = texts.filter_map(|text| model(&text)).collect();
    if models.is_empty() {
        models.extend(std::fs::read_to_string(board).ok().map(|text| text.trim_end_matches('\0').trim().to_owned()));
    }
    models.sort();
    models.dedup();
    models
}

fn model(information: &str) -> Option<String> {
    information.lines().find_map(|line| line.strip_prefix("Model:")).map(|model| model.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tensorrt_and_gpu_has_a_folder() {
        let place = tempfile::tempdir().unwrap();
        let libraries = place.path().join("lib");
        std::fs::create_dir_all(&libraries).unwrap();
        let places = || [place.path().join("none"), libraries.clone()].into_iter();
        assert_eq!(version(places()), None);
        std::fs::write(libraries.join("libnvinfer.so.10.13.3"), "").unwrap();
        std::os::unix::fs::symlink("libnvinfer.so.10.13.3", libraries.join("libnvinfer.so.10")).unwrap();
        std::fs::write(libraries.join("libnvinfer_plugin.so.10.99.9"), "").unwrap();
        assert_eq!(version(places()).as_deref(), Some("10.13.3"));

        let (driver, board) = (place.path().join("gpus"), place.path().join("model"));
        assert!(gpus(&driver, &board).is_empty());
        std::fs::write(&board, "NVIDIA Jetson AGX Orin\0").unwrap();
        assert_eq!(gpus(&driver, &board), ["NVIDIA Jetson AGX Orin"]);
        for (slot, model) in
            [("0000:00:07.0", "NVIDIA L4"), ("0000:00:06.0", "NVIDIA A10"), ("0000:00:08.0", "NVIDIA L4")]
        {
            let folder = driver.join(slot);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("information"), format!("Model: \t\t {model}\nIRQ:   \t 9\n")).unwrap();
        }
        assert_eq!(gpus(&driver, &board), ["NVIDIA A10", "NVIDIA L4"]);

        assert_eq!(key(Some("10.13.3"), &["NVIDIA L4".to_owned()]), "tensorrt-10.13.3-NVIDIA-L4");
        assert_eq!(key(None, &[]), "tensorrt-unknown-unknown");
        assert_eq!(key(Some("../1"), &["a/b".to_owned()]), "tensorrt-..-1-a-b");
    }

    #[test]
    fn the_folder_is_made() {
        let place = tempfile::tempdir().unwrap();
        let made = folder(&place.path().join("engines")).unwrap();
        assert!(made.is_dir() && made.starts_with(place.path().join("engines")));
        let file = place.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert!(folder(&file).unwrap_err().to_string().contains("engine_cache_dir"));
    }
}
