//! How a session runs: threads, spinning, execution providers.

use serde::{Deserialize, Serialize};

use super::provider::{Memory, Provider};
use crate::error::{Error, Result, nearest, one_line};

/// How ONNX Runtime runs a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Threads inside one operator, 1 to 256. Default 1: a reward runtime shares the robot's computer, and results are
    /// the same from run to run.
    pub intra_op_threads: u16,
    /// Whether idle threads of the pool busy-wait. Default no: on shared cores spinning was measured slower than one
    /// thread alone.
    pub spinning: bool,
    /// Execution providers in the order in which they are offered each node. Default: `cpu` alone. Without `cpu` in the
    /// list, a node that no other provider takes is an error, not a silent fallback.
    pub providers: Vec<Provider>,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self { intra_op_threads: 1, spinning: false, providers: vec![Provider::default()] }
    }
}

impl SessionConfig {
    /// The greatest number of threads that is accepted.
    pub const MAX_THREADS: u16 = 256;

    /// Reads a TOML table and checks it.
    ///
    /// # Errors
    /// [`Error::Config`] naming the unknown key or provider (with the nearest valid one) or the value out of range.
    pub fn from_toml(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text).map_err(|e| {
            let what = one_line(e.message());
            let mend = suggestion(&what).unwrap_or_else(|| "see the documentation of SessionConfig".to_owned());
            Error::config("session", what, mend)
        })?;
        config.validate()?;
        Ok(config)
    }

    /// Checks every range.
    ///
    /// # Errors
    /// [`Error::Config`] naming the field.
    pub fn validate(&self) -> Result<()> {
        if !(1..=Self::MAX_THREADS).contains(&self.intra_op_threads) {
            return Err(Error::config(
                "session.intra_op_threads",
                format!("{} is out of range", self.intra_op_threads),
                format!("give 1 to {}", Self::MAX_THREADS),
            ));
        }
        if self.providers.is_empty() {
            return Err(Error::config(
                "session.providers",
                "no execution provider",
                "give at least one, or leave the key out",
            ));
        }
        for (i, provider) in self.providers.iter().enumerate() {
            provider.validate(&format!("session.providers[{i}]"))?;
            if self.providers[..i].iter().any(|earlier| earlier.name() == provider.name()) {
                return Err(Error::config(
                    format!("session.providers[{i}]"),
                    format!("{} is listed twice", provider.name()),
                    "list each provider once",
                ));
            }
            if i + 1 < self.providers.len() && provider.name() == "cpu" {
                return Err(Error::config(
                    format!("session.providers[{i}]"),
                    "cpu takes every node, so what follows it would never run",
                    "put cpu last",
                ));
            }
        }
        Ok(())
    }

    pub(crate) fn has_cpu(&self) -> bool {
        self.providers.iter().any(|p| p.name() == "cpu")
    }

    /// The provider that is to record the model and replay it, if one is.
    pub(crate) fn graph_replay(&self) -> Option<&'static str> {
        self.providers.iter().find(|provider| provider.replays_graphs()).map(Provider::name)
    }

    /// Whether every tensor of the session lives in main memory, so that a binding sees what is written later.
    pub(crate) fn works_in_main_memory(&self) -> bool {
        self.providers.iter().all(|provider| provider.memory() == Memory::Main)
    }

    /// Memory other than the main one that most of a model's tensors are in, if there is such.
    pub(crate) fn device_memory(&self) -> Option<Memory> {
        self.providers.first().map(Provider::memory).filter(|&memory| memory != Memory::Main)
    }
}

/// serde says "unknown field `x`, expected one of `a`, `b`": the quoted name nearest to the first one.
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let given = quoted.next()?;
    nearest(given, quoted).map(|name| format!("did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_one_quiet_thread_on_the_processor() {
        let config = SessionConfig::from_toml("").unwrap();
        assert_eq!(config, SessionConfig::default());
        assert_eq!((config.intra_op_threads, config.spinning), (1, false));
        assert_eq!(config.providers[0].name(), "cpu");
        assert!(config.works_in_main_memory());
    }

    #[test]
    fn every_option_is_read_in_order_and_written_back() {
        let text = r#"
            intra_op_threads = 4
            spinning = true
            [[providers]]
            name = "tensorrt"
            device_id = 1
            fp16 = true
            int8 = true
            engine_cache_dir = "engines"
            timing_cache_dir = "timings"
            workspace_bytes = 1073741824
            cuda_graph = true
            [[providers]]
            name = "cuda"
            device_id = 1
            memory_limit_bytes = 2147483648
            use_tf32 = true
            cuda_graph = true
            [[providers]]
            name = "cpu"
        "#;
        let config = SessionConfig::from_toml(text).unwrap();
        let names: Vec<_> = config.providers.iter().map(Provider::name).collect();
        assert_eq!(names, ["tensorrt", "cuda", "cpu"]);
        let Provider::Cuda(cuda) = &config.providers[1] else { panic!("not cuda") };
        assert_eq!(
            (cuda.device_id, cuda.memory_limit_bytes, cuda.use_tf32, cuda.cuda_graph),
            (1, Some(1 << 31), true, true)
        );
        let Provider::TensorRt(trt) = &config.providers[0] else { panic!("not tensorrt") };
        assert!(trt.fp16 && trt.int8 && trt.cuda_graph && trt.workspace_bytes == Some(1 << 30));
        assert_eq!(trt.engine_cache_dir.as_deref(), Some(std::path::Path::new("engines")));
        assert_eq!((config.graph_replay(), SessionConfig::default().graph_replay()), (Some("tensorrt"), None));
        assert_eq!((config.device_memory(), SessionConfig::default().device_memory()), (Some(Memory::Cuda(1)), None));
        let again = SessionConfig::from_toml(&toml::to_string(&config).unwrap()).unwrap();
        assert_eq!(again, config);
    }

    #[test]
    fn an_unknown_name_is_named_with_the_nearest_valid_one() {
        let cases = [
            ("intra_threads = 2", "intra_threads", "intra_op_threads"),
            ("providers = [{ name = \"cudaa\" }]", "cudaa", "cuda"),
            ("providers = [{ name = \"cuda\", device = 0 }]", "device", "device_id"),
            ("providers = [{ name = \"tensorrt\", fp61 = true }]", "fp61", "fp16"),
            ("providers = [{ name = \"cpu\", threads = 1 }]", "threads", ""),
        ];
        for (text, given, meant) in cases {
            let message = SessionConfig::from_toml(text).unwrap_err().to_string();
            assert_eq!(message.lines().count(), 1, "{message}");
            assert!(message.contains(&format!("`{given}`")), "{message}");
            assert!(meant.is_empty() || message.contains(&format!("did you mean `{meant}`?")), "{message}");
        }
    }

    #[test]
    fn values_out_of_range_are_refused_by_field() {
        let cases = [
            ("intra_op_threads = 0", "session.intra_op_threads"),
            ("intra_op_threads = 257", "session.intra_op_threads"),
            ("providers = []", "session.providers"),
            ("providers = [{ name = \"cuda\", device_id = 64 }]", "session.providers[0].device_id"),
            ("providers = [{ name = \"cuda\", memory_limit_bytes = 1024 }]", "session.providers[0].memory_limit_bytes"),
            ("providers = [{ name = \"tensorrt\", workspace_bytes = 1 }]", "session.providers[0].workspace_bytes"),
            ("providers = [{ name = \"tensorrt\", engine_cache_dir = \"\" }]", "session.providers[0].engine_cache_dir"),
            ("providers = [{ name = \"cpu\" }, { name = \"cpu\" }]", "session.providers[0]"),
            ("providers = [{ name = \"cuda\" }, { name = \"cuda\" }]", "session.providers[1]"),
            ("providers = [{ name = \"cpu\" }, { name = \"cuda\" }]", "session.providers[0]"),
        ];
        for (text, field) in cases {
            let message = SessionConfig::from_toml(text).unwrap_err().to_string();
            assert!(message.starts_with(&format!("{field}: ")), "{text}: {message}");
        }
        assert!(SessionConfig::from_toml("intra_op_threads = -1").is_err());
        assert!(SessionConfig::from_toml("providers = [{ name = \"cuda\", device_id = -1 }]").is_err());
    }
}
