//! The form of an answer, and what is none.

/// A form such as `<score>{percent}%</score>`.
#[derive(Clone, Debug)]
pub(super) struct Grammar {
    before: String,
    after: String,
}

impl Grammar {
    /// Of a form with one `{percent}`, which the configuration has checked.
    pub(super) fn new(form: &str) -> Self {
        let (before, after) = form.split_once("{percent}").unwrap_or((form, ""));
        Self { before: before.to_owned(), after: after.to_owned() }
    }

    /// The percentage that a text ends in, and the reasons before it. `None` for any other text: a sign, then a whole number from 0
    /// to 100 without leading zeros, in the form, with nothing but white space after it.
    pub(super) fn read<'a>(&self, text: &'a str) -> Option<(&'a str, i32)> {
        let (at, percent) = self.find(text)?;
        Some((text[..at].trim(), percent))
    }

    /// As [`Grammar::read`], with the byte at which the answer's form begins.
    pub(super) fn find(&self, text: &str) -> Option<(usize, i32)> {
        let blanks = text.len() - text.trim_start().len();
        let body = text.trim().strip_suffix(&self.after)?;
        let at = if self.before.is_empty() { body.rfind(['+', '-'])? } else { body.rfind(&self.before)? };
        let number = &body[at + self.before.len()..];
        let (sign, digits) = match number.as_bytes().first()? {
            b'+' => (1, &number[1..]),
            b'-' => (-1, &number[1..]),
            _ => return None,
        };
        let plain = !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !plain || (digits.len() > 1 && digits.starts_with('0')) {
            return None;
        }
        let percent: i32 = digits.parse().ok()?;
        // -0 is never written: 0 has a plus sign.
        ((0..=100).contains(&percent) && !(percent == 0 && sign < 0)).then_some((blanks + at, sign * percent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Option<i32> {
        Grammar::new("<score>{percent}%</score>").read(text).map(|(_, percent)| percent)
    }

    #[test]
    fn answers_are_read_and_everything_else_is_none() {
        assert_eq!(read("<score>+12%</score>"), Some(12));
        assert_eq!(read(" It moved.\n<score>-100%</score>\n"), Some(-100));
        assert_eq!(read("<score>+5%</score> no: <score>+0%</score>"), Some(0));
        let reasons = Grammar::new("<score>{percent}%</score>").read("it is nearer <score>+7%</score>");
        assert_eq!(reasons, Some(("it is nearer", 7)));
        for text in [
            "",
            "12",
            "<score>12%</score>",
            "<score>+12</score>",
            "<score>+012%</score>",
            "<score>+101%</score>",
            "<score>-0%</score>",
            "<score>++1%</score>",
            "<score>+1.5%</score>",
            "<score>+12%</score> or so",
            "<score>%</score>",
            "<score>+%</score>",
            "<score>+99999999999999999999%</score>",
            "%</score>",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_answer_is_read_back_and_no_text_panics(percent in -100..=100_i32, text in "\\PC{0,40}") {
            prop_assert_eq!(read(&format!("<score>{percent:+}%</score>")), Some(percent));
            let _ = read(&text);
            let _ = Grammar::new("{percent}").read(&text);
        }
    }
}
