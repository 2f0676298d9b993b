//! The answers there are: a whole number of percent in a fixed form, as sequences of tokens in one tree.

use std::collections::BTreeMap;

use super::tokens::Tokens;
use crate::error::{Error, Result, one_line};

/// The greatest percentage; answers go from its negative to it.
pub(crate) const MOST_PERCENT: i32 = 100;
/// Answers.
pub(crate) const ANSWERS: usize = 201;
/// The number's place in the form.
const NUMBER: &str = "{percent}";

/// A place in the tree: the tokens from the beginning of the answer up to here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// What may come next, and the place that leads to.
    pub(crate) next: BTreeMap<u32, usize>,
    /// The answer that is complete here, by its index.
    pub(crate) answer: Option<usize>,
    /// Tokens up to here.
    pub(crate) path: Vec<u32>,
}

/// All answers; node 0 is where an answer begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    nodes: Vec<Node>,
}

/// The percentage of an answer.
pub(crate) fn percent_of(answer: usize) -> i32 {
    i32::try_from(answer).unwrap_or(i32::MAX).saturating_sub(MOST_PERCENT)
}

impl Answers {
    /// The answers of a form such as `<score>{percent}%</score>`; 0 has a plus sign.
    ///
    /// # Errors
    /// [`Error::Config`] if the form has no number, or the tokenizer does not write its answers apart.
    pub(crate) fn new(form: &str, tokens: &Tokens) -> Result<Self> {
        let refuse = |what: String| {
            Error::config(
                "answer",
                format!("`{}` {what}", one_line(form)),
                "give a form such as `<score>{percent}%</score>`",
            )
        };
        if form.matches(NUMBER).count() != 1 {
            return Err(refuse("has not one `{percent}`".to_owned()));
        }
        let mut answers = Self { nodes: vec![Node::default()] };
        for index in 0..ANSWERS {
            let text = form.replace(NUMBER, &format!("{:+}", percent_of(index)));
            let path = tokens.encode_plain("answer", &text)?;
            if path.is_empty() || tokens.decode(&path)? != text {
                return Err(refuse(format!("gives `{text}`, which the tokenizer cannot write")));
            }
            if !answers.insert(&path, index) {
                return Err(refuse(format!("gives `{text}`, which is the beginning of another answer")));
            }
        }
        Ok(answers)
    }

    /// Adds an answer; no if one is the beginning of the other.
    fn insert(&mut self, path: &[u32], answer: usize) -> bool {
        let mut at = 0;
        for (len, &token) in path.iter().enumerate() {
            if self.nodes[at].answer.is_some() {
                return false;
            }
            let new = self.nodes.len();
            at = *self.nodes[at].next.entry(token).or_insert(new);
            if at == new {
                self.nodes.push(Node { path: path[..=len].to_vec(), ..Node::default() });
            }
        }
        let end = &mut self.nodes[at];
        let free = end.answer.is_none() && end.next.is_empty();
        end.answer = Some(answer);
        free
    }

    /// Where an answer begins.
    pub(crate) const ROOT: usize = 0;

    pub(crate) fn node(&self, index: usize) -> &Node {
        &self.nodes[index]
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether `token` can begin an answer.
    pub(crate) fn begins_with(&self, token: u32) -> bool {
        self.nodes[Self::ROOT].next.contains_key(&token)
    }

    /// From `node` on to where there is a choice again, or to the last place before the answer is complete: what has to be read
    /// in one go. All places on the way, `node` first; none if the answer is complete at `node`.
    pub(crate) fn chain(&self, node: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut at = node;
        while self.nodes[at].answer.is_none() {
            chain.push(at);
            let mut next = self.nodes[at].next.values();
            match (next.next(), next.next()) {
                (Some(&only), None) => at = only,
                _ => break,
            }
        }
        chain
    }

    /// The nodes of the answer at the end of `leaf`'s path, the root first and the leaf left out.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = (usize, usize)> {
        self.nodes.iter().enumerate().filter_map(|(at, node)| node.answer.map(|answer| (at, answer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generative::testkit;

    #[test]
    fn there_are_201_answers_and_their_tokens_are_those_of_the_whole_text() {
        let tokens = testkit::tokens();
        let answers = Answers::new("<score>{percent}%</score>", &tokens).unwrap();
        assert_eq!(answers.leaves().count(), ANSWERS);
        for (leaf, answer) in answers.leaves() {
            let text = format!("<score>{:+}%</score>", percent_of(answer));
            assert_eq!(answers.node(leaf).path, tokens.encode(&text).unwrap());
        }
        // The sign sticks to the bracket, so one token comes before the first choice.
        assert_eq!(answers.chain(Answers::ROOT).len(), 2);
        assert_eq!(answers.node(Answers::ROOT).next.len(), 1);
    }

    #[test]
    fn forms_that_cannot_be_told_apart_are_refused() {
        let tokens = testkit::tokens();
        for (form, said) in
            [("<score>", "has not one"), ("{percent}", "beginning of another"), ("{percent}{percent}", "has not one")]
        {
            let message = Answers::new(form, &tokens).unwrap_err().to_string();
            assert!(message.contains(said), "{message}");
        }
    }
}
