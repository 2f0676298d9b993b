//! Columns as a Parquet file.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, Repetition, Type as PhysicalType};
use parquet::data_type::{DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::table::{Column, Values};

/// Writes columns as one row group: int64 and double, a null where there is no value.
pub(crate) fn write_parquet(columns: &[Column], out: impl Write + Send) -> Result<(), ParquetError> {
    let fields = columns.iter().map(field).collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("striatum_labels").with_fields(fields).build()?;
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
    let mut group = file.next_row_group()?;
    for column in columns {
        let Some(mut writer) = group.next_column()? else { break };
        write_column(&column.values, &mut writer)?;
        writer.close()?;
    }
    group.close()?;
    file.close()?;
    Ok(())
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, repetition) = match column.values {
        Values::Whole(_) => (PhysicalType::INT64, Repetition::REQUIRED),
        Values::Real(_) => (PhysicalType::DOUBLE, Repetition::REQUIRED),
        Values::Maybe(_) => (PhysicalType::DOUBLE, Repetition::OPTIONAL),
    };
    Ok(Arc::new(Type::primitive_type_builder(&column.name, physical).with_repetition(repetition).build()?))
}

fn write_column(values: &Values, writer: &mut SerializedColumnWriter<'_>) -> Result<usize, ParquetError> {
    match values {
        Values::Whole(values) => writer.typed::<Int64Type>().write_batch(values, None, None),
        Values::Real(values) => writer.typed::<DoubleType>().write_batch(values, None, None),
        Values::Maybe(values) => {
            let there: Vec<f64> = values.iter().flatten().copied().collect();
            let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
            writer.typed::<DoubleType>().write_batch(&there, Some(&levels), None)
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::float_cmp)]
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use parquet::record::Field;

    #[test]
    fn what_is_written_reads_back_with_its_nulls() {
        let columns = [
            Column { name: "frame_index".to_owned(), values: Values::Whole(vec![0, 5, 10]) },
            Column { name: "progress".to_owned(), values: Values::Real(vec![0.1, 0.2, 1.0 / 3.0]) },
            Column { name: "shaping".to_owned(), values: Values::Maybe(vec![None, Some(-0.5), None]) },
        ];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("labels.parquet");
        write_parquet(&columns, std::fs::File::create(&path).unwrap()).unwrap();
        let reader = SerializedFileReader::new(std::fs::File::open(&path).unwrap()).unwrap();
        let rows: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|row| row.unwrap().get_column_iter().map(|(_, field)| field.clone()).collect())
            .collect();
        assert_eq!(rows[0], [Field::Long(0), Field::Double(0.1), Field::Null]);
        assert_eq!(rows[1], [Field::Long(5), Field::Double(0.2), Field::Double(-0.5)]);
        assert_eq!(rows[2], [Field::Long(10), Field::Double(1.0 / 3.0), Field::Null]);
    }
}
