//! Rows of a labelled episode as columns, and as CSV.

use std::io::Write;

use striatum_core::Success;
use striatum_models::Member;

use super::run::Row;

/// The values of one column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    /// Whole numbers, all there.
    Whole(Vec<i64>),
    /// Numbers, all there.
    Real(Vec<f64>),
    /// Numbers that may be missing.
    Maybe(Vec<Option<f64>>),
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) values: Values,
}

/// A labelled episode.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    frame_index: Vec<i64>,
    source_frame: Vec<i64>,
    timestamp_secs: Vec<f64>,
    progress: Vec<f64>,
    std: Vec<f64>,
    ood: Vec<f64>,
    potential: Vec<f64>,
    shaping: Vec<Option<f64>>,
    readings: [Vec<Option<f64>>; 3],
    views: Vec<(String, Vec<Option<f64>>)>,
    goal: Vec<Option<f64>>,
    success: Vec<i64>,
    members: Vec<MemberColumns>,
}

/// What one of several members said, and its share.
#[derive(Clone, Debug, Default, PartialEq)]
struct MemberColumns {
    name: &'static str,
    progress: Vec<Option<f64>>,
    std: Vec<Option<f64>>,
    share: Vec<f64>,
}

impl Table {
    /// An empty table with a column for each of these views and, where there are several, three for each of these members: one
    /// by itself says what the first columns say.
    pub(crate) fn new(views: &[&str], members: &[Member]) -> Self {
        let views = views.iter().map(|view| (format!("view_{view}"), Vec::new())).collect();
        let several = if members.len() > 1 { members } else { &[] };
        let of = |member: &Member| MemberColumns { name: member.name(), ..MemberColumns::default() };
        Self { views, members: several.iter().map(of).collect(), ..Self::default() }
    }

    pub(crate) fn push(&mut self, row: &Row<'_>) {
        let scored = &row.scored;
        self.frame_index.push(whole(row.frame_index));
        self.source_frame.push(whole(row.source_frame));
        self.timestamp_secs.push(row.timestamp_secs);
        self.progress.push(scored.estimate.mean);
        self.std.push(scored.estimate.std);
        self.ood.push(scored.estimate.ood);
        self.potential.push(scored.potential.get());
        self.goal.push(scored.estimate.goal);
        self.success.push(i64::from(scored.success == Success::Yes));
        // The first row has no transition before it.
        self.shaping.push(scored.watch.map(|step| step.shaping));
        let readings = scored.estimate.readings;
        for (column, value) in self.readings.iter_mut().zip([readings.incremental, readings.forward, readings.backward])
        {
            column.push(value);
        }
        for (columns, said) in self.members.iter_mut().zip(scored.estimate.members) {
            columns.progress.push(said.progress);
            columns.std.push(said.std);
            columns.share.push(said.share);
        }
        for ((_, column), value) in self.views.iter_mut().zip(scored.scores.per_view) {
            column.push(value.filter(|value| value.is_finite()));
        }
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.frame_index.len()
    }

    /// The last progress.
    pub(crate) fn last_progress(&self) -> Option<f64> {
        self.progress.last().copied()
    }

    /// When success was first said, playback seconds.
    pub(crate) fn success_first_secs(&self) -> Option<f64> {
        self.success.iter().position(|&said| said == 1).and_then(|row| self.timestamp_secs.get(row).copied())
    }

    /// The columns, in the order in which they are written.
    pub(crate) fn into_columns(self) -> Vec<Column> {
        let [incremental, forward, backward] = self.readings;
        let fixed = [
            ("frame_index", Values::Whole(self.frame_index)),
            ("source_frame", Values::Whole(self.source_frame)),
            ("timestamp_secs", Values::Real(self.timestamp_secs)),
            ("progress", Values::Real(self.progress)),
            ("std", Values::Real(self.std)),
            ("ood", Values::Real(self.ood)),
            ("potential", Values::Real(self.potential)),
            ("shaping", Values::Maybe(self.shaping)),
            ("incremental", Values::Maybe(incremental)),
            ("forward", Values::Maybe(forward)),
            ("backward", Values::Maybe(backward)),
        ];
        let fixed = fixed.into_iter().map(|(name, values)| Column { name: name.to_owned(), values });
        let end = [("goal", Values::Maybe(self.goal)), ("success", Values::Whole(self.success))];
        let end = end.into_iter().map(|(name, values)| Column { name: name.to_owned(), values });
        fixed
            .chain(self.views.into_iter().map(|(name, values)| Column { name, values: Values::Maybe(values) }))
            .chain(end)
            .chain(self.members.into_iter().flat_map(MemberColumns::into_columns))
            .collect()
    }
}

impl MemberColumns {
    fn into_columns(self) -> [Column; 3] {
        let Self { name, progress, std, share } = self;
        [
            Column { name: name.to_owned(), values: Values::Maybe(progress) },
            Column { name: format!("{name}_std"), values: Values::Maybe(std) },
            Column { name: format!("{name}_share"), values: Values::Real(share) },
        ]
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Values {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Whole(values) => values.len(),
            Self::Real(values) => values.len(),
            Self::Maybe(values) => values.len(),
        }
    }

    fn write_cell(&self, row: usize, out: &mut impl Write) -> std::io::Result<()> {
        // `{}` writes the shortest text that reads back as the same number.
        match self {
            Self::Whole(values) => values.get(row).map_or(Ok(()), |value| write!(out, "{value}")),
            Self::Real(values) => values.get(row).map_or(Ok(()), |value| write!(out, "{value}")),
            Self::Maybe(values) => values.get(row).copied().flatten().map_or(Ok(()), |value| write!(out, "{value}")),
        }
    }
}

/// Writes columns as CSV: a header, then one line a row; nothing between the commas where there is no value.
pub(crate) fn write_csv(columns: &[Column], out: &mut impl Write) -> std::io::Result<()> {
    for (index, column) in columns.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}{}", quoted(&column.name))?;
    }
    writeln!(out)?;
    for row in 0..columns.first().map_or(0, |column| column.values.len()) {
        for (index, column) in columns.iter().enumerate() {
            if index > 0 {
                write!(out, ",")?;
            }
            column.values.write_cell(row, out)?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// A view's name may hold what CSV gives a meaning.
fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn csv_has_nothing_where_there_is_no_value() {
        let columns = [
            Column { name: "frame_index".to_owned(), values: Values::Whole(vec![0, 5]) },
            Column { name: "a,b".to_owned(), values: Values::Maybe(vec![None, Some(0.1)]) },
        ];
        let mut out = Vec::new();
        write_csv(&columns, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "frame_index,\"a,b\"\n0,\n5,0.1\n");
    }

    proptest! {
        #[test]
        fn csv_numbers_read_back_to_the_bit(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
            let columns = [Column { name: "x".to_owned(), values: Values::Real(vec![value]) }];
            let mut out = Vec::new();
            write_csv(&columns, &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            let back: f64 = text.lines().nth(1).unwrap().parse().unwrap();
            prop_assert_eq!(back.to_bits(), value.to_bits());
        }
    }
}
