//! The prompt: a text file with slots for pictures, which belongs to the weights, and what becomes of it with pictures in.

use std::path::Path;

use super::chat::{ChatTemplate, Part};
use super::json::text_of;
use super::patches::Grid;
use super::positions::{Positions, Span};
use super::tokens::Tokens;
use crate::error::{Error, Result};

/// A picture's slot in the file.
const SLOT: &str = "<image>";
/// The task's place in the file.
const TASK: &str = "{task}";
/// More slots than any prompt has.
const MOST_SLOTS: usize = 64;

/// A prompt's text, cut at its slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PromptTemplate {
    /// One more than there are slots.
    texts: Vec<String>,
}

impl PromptTemplate {
    /// From the text of a file.
    pub(crate) fn new(text: &str) -> Result<Self> {
        let texts: Vec<String> = text.split(SLOT).map(str::to_owned).collect();
        if texts.len() > MOST_SLOTS + 1 {
            let what = format!("{} slots, at most {MOST_SLOTS} can be", texts.len() - 1);
            return Err(Error::config("prompt", what, "take some `<image>` out of the template"));
        }
        Ok(Self { texts })
    }

    pub(crate) fn read(path: &Path) -> Result<Self> {
        Self::new(&text_of(path)?)
    }

    /// Pictures it wants.
    pub(crate) fn slots(&self) -> usize {
        self.texts.len() - 1
    }

    /// The prompt for a task, as text with one mark for each picture.
    pub(crate) fn render(&self, task: &str, chat: &ChatTemplate, tokens: &Tokens) -> Result<String> {
        tokens.encode_plain("task", task)?;
        if task.contains(SLOT) {
            return Err(Error::config("task", "it holds `<image>`, the mark of a slot", "take it out of the text"));
        }
        let texts: Vec<String> = self.texts.iter().map(|text| text.replace(TASK, task)).collect();
        let mut parts = Vec::with_capacity(2 * texts.len());
        for (index, text) in texts.iter().enumerate() {
            if index > 0 {
                parts.push(Part::Picture);
            }
            if !text.is_empty() {
                parts.push(Part::Text(text));
            }
        }
        chat.render(&parts)
    }

    /// The prompt for a task as tokens, with one image token in each slot.
    pub(crate) fn tokens(&self, task: &str, chat: &ChatTemplate, tokens: &Tokens) -> Result<Slotted> {
        let ids = tokens.encode(&self.render(task, chat, tokens)?)?;
        let slots = ids.iter().filter(|&&id| id == tokens.image()).count();
        if slots != self.slots() {
            let what = format!("the chat template made {slots} slots of the {} in the prompt", self.slots());
            return Err(Error::config("prompt", what, "use the prompt and the chat template of these weights"));
        }
        Ok(Slotted { ids, image: tokens.image() })
    }
}

/// A prompt's tokens with one image token in each slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slotted {
    ids: Vec<u32>,
    image: u32,
}

/// A prompt's tokens with pictures in, and where each is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) ids: Vec<u32>,
    pub(crate) positions: Positions,
    /// Places of the pictures, in order.
    pub(crate) spans: Vec<Span>,
}

impl Slotted {
    pub(crate) fn slots(&self) -> usize {
        self.ids.iter().filter(|&&id| id == self.image).count()
    }

    /// Puts pictures of these sizes into the slots.
    ///
    /// # Errors
    /// [`Error::Config`] if there are not as many pictures as slots, or too many tokens.
    pub(crate) fn fill(&self, grids: &[Grid], merge: usize, most_tokens: usize) -> Result<Prompt> {
        let slots = self.slots();
        if grids.len() != slots {
            let what = format!("{} pictures for {slots} slots", grids.len());
            return Err(Error::config("prompt", what, "give a picture for each `<image>` of the prompt"));
        }
        let pictures: usize = grids.iter().map(|grid| grid.tokens(merge)).sum();
        let total = self.ids.len() - slots + pictures;
        if total > most_tokens {
            let what = format!("{total} tokens with the pictures in, the model takes {most_tokens}");
            return Err(Error::config("prompt", what, "lower max_pixels"));
        }
        let mut ids = Vec::with_capacity(total);
        let mut spans = Vec::with_capacity(slots);
        let mut grids = grids.iter();
        for &id in &self.ids {
            match (id == self.image).then(|| grids.next()).flatten() {
                Some(grid) => {
                    let span = Span { at: ids.len(), rows: grid.rows / merge, columns: grid.columns / merge };
                    ids.extend(std::iter::repeat_n(id, span.len()));
                    spans.push(span);
                }
                None => ids.push(id),
            }
        }
        Ok(Prompt { positions: Positions::new(ids.len(), &spans), ids, spans })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_go_into_slots_in_order() {
        let slotted = Slotted { ids: vec![1, 9, 2, 9, 3], image: 9 };
        let grids = [Grid { rows: 2, columns: 4 }, Grid { rows: 4, columns: 4 }];
        let prompt = slotted.fill(&grids, 2, 100).unwrap();
        assert_eq!(prompt.ids, [1, 9, 9, 2, 9, 9, 9, 9, 3]);
        assert_eq!(prompt.spans[1], Span { at: 4, rows: 2, columns: 2 });
        assert_eq!(prompt.positions.len(), prompt.ids.len());
    }

    #[test]
    fn a_wrong_number_of_pictures_and_too_many_tokens_are_refused() {
        let slotted = Slotted { ids: vec![1, 9, 2], image: 9 };
        let grid = Grid { rows: 4, columns: 4 };
        for (grids, most, said) in
            [(vec![], 100, "0 pictures for 1 slots"), (vec![grid; 2], 100, "2 pictures"), (vec![grid], 5, "6 tokens")]
        {
            let message = slotted.fill(&grids, 2, most).unwrap_err().to_string();
            assert!(message.contains(said), "{message}");
        }
    }

    #[test]
    fn a_template_is_cut_at_its_slots() {
        assert_eq!(PromptTemplate::new("a<image>b<image>").unwrap().slots(), 2);
        assert!(PromptTemplate::new(&"<image>".repeat(65)).is_err());
    }
}
