//! The chat template: how a system's word, a question and its pictures are put together. It comes with the weights.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, context};

use super::json::{EXPORT_AGAIN, Json, text_of};
use crate::error::{Error, Result, one_line};

/// Steps a template may take: ours takes some hundreds, one that runs away is stopped.
const MOST_STEPS: u64 = 1_000_000;

/// A template in Jinja, from `chat_template.jinja`, `chat_template.json` or `tokenizer_config.json`.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    source: String,
    path: PathBuf,
}

/// A piece of what the user says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Text(&'a str),
    Picture,
}

impl ChatTemplate {
    /// Finds the template in `folder`.
    pub(crate) fn find(folder: &Path) -> Result<Self> {
        let path = folder.join("chat_template.jinja");
        if path.exists() {
            return Ok(Self { source: text_of(&path)?, path });
        }
        for name in ["chat_template.json", "tokenizer_config.json"] {
            let path = folder.join(name);
            if path.exists()
                && let Some(source) = Json::read(&path)?.text("chat_template")
            {
                return Ok(Self { source: source.to_owned(), path });
            }
        }
        let what = "there is no chat template: neither chat_template.jinja nor a `chat_template` in \
                    chat_template.json or tokenizer_config.json";
        Err(Error::bundle(folder, what, EXPORT_AGAIN))
    }

    /// The whole prompt up to where the answer begins. Each picture is what the template makes of one.
    pub(crate) fn render(&self, parts: &[Part<'_>]) -> Result<String> {
        let refuse = |e: minijinja::Error| {
            let what = format!("the chat template cannot be rendered: {}", one_line(e));
            Error::bundle(&self.path, what, EXPORT_AGAIN)
        };
        let mut environment = Environment::new();
        // As transformers sets it up.
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(refuse)?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(MOST_STEPS));
        let content: Vec<Value> = parts
            .iter()
            .map(|part| {
                let fields = match part {
                    Part::Text(text) => BTreeMap::from([("type", "text"), ("text", *text)]),
                    Part::Picture => BTreeMap::from([("type", "image")]),
                };
                Value::from_pairs(fields)
            })
            .collect();
        let message = Value::from_pairs([("role", Value::from("user")), ("content", Value::from(content))]);
        let messages = Value::from(vec![message]);
        environment.render_str(&self.source, context! { messages, add_generation_prompt => true }).map_err(refuse)
    }
}
