//! What came back: the text, its number, and how sure the model was, as far as the endpoint says.

use serde::Deserialize;
use serde_json::{Value, json};

use super::grammar::Grammar;
use crate::error::{Error, Result};

/// Longest text that is kept for the record, characters.
const MAX_TEXT: usize = 4000;
/// Most tokens that an answer is looked for in: a form, three digits, and some blanks.
const MAX_TOKENS: usize = 64;
/// Most alternatives that are looked at for each, as many as are asked for,
const MAX_ALTERNATIVES: usize = 20;
/// and the longest of them, and of the tokens of an answer together, bytes.
const MAX_ANSWER: usize = 1000;

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Said {
    text: String,
    /// As a fraction, -1 to 1; `None` for a text that is no answer.
    pub(super) hop: Option<f64>,
    /// Of the hop, where the endpoint gave log-probabilities.
    pub(super) variance: Option<f64>,
}

#[derive(Deserialize)]
struct Reply {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    logprobs: Option<LogProbs>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
struct LogProbs {
    #[serde(default)]
    content: Option<Vec<Token>>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
    #[serde(default)]
    top_logprobs: Vec<Alternative>,
}

#[derive(Deserialize)]
struct Alternative {
    token: String,
    logprob: f64,
}

impl Said {
    /// Reads a reply.
    ///
    /// # Errors
    /// Bytes that are no chat completion. What they are is not said: it may hold anything.
    pub(super) fn read(bytes: &[u8], grammar: &Grammar, url: &str) -> Result<Self> {
        let refuse = |what: &str| Error::input(url, what, "is it an OpenAI-compatible endpoint?");
        let reply: Reply = serde_json::from_slice(bytes).map_err(|_| refuse("its reply is no chat completion"))?;
        let choice = reply.choices.into_iter().next().ok_or_else(|| refuse("its reply has no choice"))?;
        let text = choice.message.content.unwrap_or_default();
        let percent = grammar.read(&text).map(|(_, percent)| percent);
        let tokens = choice.logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default();
        let variance = percent.and_then(|percent| variance(&text, percent, &tokens, grammar));
        let text = text.chars().take(MAX_TEXT).collect();
        Ok(Self { text, hop: percent.map(|percent| f64::from(percent) / 100.0), variance })
    }

    /// For the recording.
    pub(super) fn json(&self) -> Value {
        let no_vote = self.hop.is_none().then_some("text");
        json!({ "text": self.text, "hop": self.hop, "variance": self.variance, "no_vote": no_vote })
    }
}

/// About the spread around the answer that was written: each of its tokens in turn is replaced by its alternatives, and what is an
/// answer then counts with the alternative's probability. Two tokens that change together are left out, so that this is rather too
/// small. `None` without tokens, or with tokens that do not make the text, or too many.
fn variance(text: &str, percent: i32, tokens: &[Token], grammar: &Grammar) -> Option<f64> {
    let all: String = tokens.iter().map(|token| token.token.as_str()).collect();
    if tokens.is_empty() || all.trim() != text.trim() {
        return None;
    }
    // The reasons before the answer change nothing of it: the first token is the one in which it begins.
    let (begin, _) = grammar.find(&all)?;
    let (mut at, mut before) = (0, 0);
    while before + tokens.get(at)?.token.len() <= begin {
        before += tokens[at].token.len();
        at += 1;
    }
    let answer = &tokens[at..];
    if answer.len() > MAX_TOKENS || all.len() - before > MAX_ANSWER {
        return None;
    }
    let mut sum = 0.0;
    for (at, token) in answer.iter().enumerate() {
        for other in token.top_logprobs.iter().take(MAX_ALTERNATIVES) {
            if other.token == token.token || other.token.len() > MAX_ANSWER || other.logprob > 0.0 {
                continue;
            }
            let changed = answer.iter().enumerate();
            let changed: String =
                changed.map(|(place, token)| if place == at { &other.token } else { &token.token }.as_str()).collect();
            if let Some((_, value)) = grammar.read(&changed) {
                let apart = f64::from(value - percent) / 100.0;
                sum += other.logprob.exp() * apart * apart;
            }
        }
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn said(reply: &Value) -> Result<Said> {
        Said::read(reply.to_string().as_bytes(), &Grammar::new("<score>{percent}%</score>"), "http://there")
    }

    #[test]
    fn alternatives_of_a_digit_are_its_spread() {
        let top = |pairs: &[(&str, f64)]| -> Value {
            pairs.iter().map(|(token, p)| json!({ "token": token, "logprob": p.ln() })).collect()
        };
        let tokens = json!([
            { "token": "<score>+", "logprob": 0.0, "top_logprobs": top(&[("<score>+", 1.0)]) },
            { "token": "1", "logprob": -0.1, "top_logprobs": top(&[("1", 0.75), ("2", 0.25)]) },
            { "token": "0", "logprob": -0.1, "top_logprobs": top(&[("0", 0.5), ("4", 0.25), ("x", 0.25)]) },
            { "token": "%</score>", "logprob": 0.0, "top_logprobs": [] },
        ]);
        let message = json!({ "content": "<score>+10%</score>" });
        let read = said(&json!({ "choices": [{ "message": message, "logprobs": { "content": tokens } }] })).unwrap();
        assert_eq!(read.hop, Some(0.1));
        // 20 % with 0.25, 14 % with 0.25; x is no answer.
        assert!((read.variance.unwrap() - (0.25 * 0.01 + 0.25 * 0.0016)).abs() < 1e-12);
        // Without log-probabilities, or with those of another text, nothing is known.
        for logprobs in [json!(null), json!({ "content": null }), json!({ "content": [{ "token": "no" }] })] {
            let read = said(&json!({ "choices": [{ "message": message, "logprobs": logprobs }] })).unwrap();
            assert_eq!((read.hop, read.variance), (Some(0.1), None));
        }
    }

    /// What is read of these tokens, which make the text.
    fn of_tokens(tokens: &[Value]) -> Said {
        let content: String = tokens.iter().filter_map(|token| token["token"].as_str()).collect();
        let choice = json!({ "message": { "content": content }, "logprobs": { "content": tokens } });
        said(&json!({ "choices": [choice] })).unwrap()
    }

    #[test]
    fn only_the_answers_tokens_are_looked_at_and_not_too_many_of_anything() {
        let plain = |token: &str| json!({ "token": token, "top_logprobs": [] });
        let other = |token: &str| json!({ "token": token, "logprob": 0.5_f64.ln() });
        let digit = |others: Vec<Value>| json!({ "token": "1", "top_logprobs": others });
        let reason = json!({ "token": "I see +2 ", "top_logprobs": [other("<score>+90%</score>")] });
        let answer = [plain("<score>+"), digit(vec![other("2")]), plain("0%</score>")];
        // 20 % with one half; ten thousand reasons change nothing of it.
        let wanted = 0.5 * 0.01;
        for reasons in [0, 1, 10_000] {
            let read = of_tokens(&[vec![reason.clone(); reasons], answer.to_vec()].concat());
            assert!(read.hop == Some(0.1) && (read.variance.unwrap() - wanted).abs() < 1e-12, "{:?}", read.variance);
        }
        // What comes too late in the list is not looked at.
        let late = digit([vec![other("x"); 20], vec![other("2")]].concat());
        let read = of_tokens(&[answer[0].clone(), late, answer[2].clone()]);
        assert!(read.variance.unwrap().abs() < 1e-12);
        for many in [vec![plain(" "); 100], vec![plain(&" ".repeat(2000))]] {
            let read = of_tokens(&[answer.to_vec(), many].concat());
            assert_eq!((read.hop, read.variance), (Some(0.1), None));
        }
    }

    #[test]
    fn what_is_no_answer_has_no_hop_and_what_is_no_reply_is_an_error() {
        let read = said(&json!({ "choices": [{ "message": { "content": "I cannot see." } }] })).unwrap();
        assert_eq!(read.hop, None);
        assert_eq!(read.json()["no_vote"], "text");
        assert_eq!(said(&json!({ "choices": [{ "message": {} }] })).unwrap().hop, None);
        for reply in [json!({}), json!({ "choices": [] }), json!([1, 2]), json!({ "choices": [{ "message": 3 }] })] {
            let error = said(&reply).unwrap_err().to_string();
            assert!(error.starts_with("http://there") && !error.contains('\n'), "{error}");
        }
    }
}
