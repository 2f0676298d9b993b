//! M-RoPE: where each token of a prompt is, in time, down and across (Qwen2-VL, arXiv 2409.12191, section 2.1).

/// A picture's place in a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    /// Index of its first token.
    pub(crate) at: usize,
    /// Its rows of tokens.
    pub(crate) rows: usize,
    /// Its columns of tokens.
    pub(crate) columns: usize,
}

impl Span {
    /// Its tokens.
    pub(crate) fn len(self) -> usize {
        self.rows * self.columns
    }
}

/// Positions of a prompt's tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Positions {
    /// By axis (time, row, column), by token.
    axes: [Vec<i64>; 3],
    /// The position of the first token after the prompt, on all axes.
    next: i64,
}

impl Positions {
    /// Text counts up on all axes together; a picture stays at one time and spreads over its rows and columns; what follows it
    /// goes on from the greatest position so far. `spans` are in order and do not overlap.
    pub(crate) fn new(tokens: usize, spans: &[Span]) -> Self {
        let mut axes = [(); 3].map(|()| Vec::with_capacity(tokens));
        let (mut next, mut at) = (0, 0);
        for span in spans {
            next = text(&mut axes, next, span.at.saturating_sub(at));
            for index in 0..span.len() {
                axes[0].push(next);
                axes[1].push(next + as_i64(index / span.columns));
                axes[2].push(next + as_i64(index % span.columns));
            }
            next += as_i64(span.rows.max(span.columns));
            at = span.at + span.len();
        }
        next = text(&mut axes, next, tokens.saturating_sub(at));
        Self { axes, next }
    }

    /// Tokens.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.axes[0].len()
    }

    /// The position after the last token: where the first generated one is.
    pub(crate) fn next(&self) -> i64 {
        self.next
    }

    /// What is added to a token's index to get the position of generated text.
    #[cfg(test)]
    pub(crate) fn rope_delta(&self) -> i64 {
        self.next - as_i64(self.len())
    }

    /// One axis of the tokens in `range`.
    pub(crate) fn axis(&self, axis: usize, range: std::ops::Range<usize>) -> &[i64] {
        self.axes[axis].get(range).unwrap_or_default()
    }
}

fn text(axes: &mut [Vec<i64>; 3], next: i64, count: usize) -> i64 {
    let end = next + as_i64(count);
    axes.iter_mut().for_each(|axis| axis.extend(next..end));
    end
}

/// No prompt has more tokens.
pub(crate) fn as_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_spreads_and_text_goes_on_from_its_longer_side() {
        let positions = Positions::new(10, &[Span { at: 2, rows: 2, columns: 3 }]);
        assert_eq!(positions.axes[0], [0, 1, 2, 2, 2, 2, 2, 2, 5, 6]);
        assert_eq!(positions.axes[1], [0, 1, 2, 2, 2, 3, 3, 3, 5, 6]);
        assert_eq!(positions.axes[2], [0, 1, 2, 3, 4, 2, 3, 4, 5, 6]);
        assert_eq!((positions.next(), positions.rope_delta()), (7, -3));
    }

    #[test]
    fn text_alone_counts_up() {
        let positions = Positions::new(3, &[]);
        assert_eq!((positions.axis(2, 1..3), positions.next(), positions.len()), ([1, 2].as_slice(), 3, 3));
    }
}
