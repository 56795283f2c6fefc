//! `char(n)` without the blanks that fill it up.
//!
//! Invariant: behind this, a value of `char(n)` is what PostgreSQL compares, joins and measures of it; the encoder fills
//! it up again where a client is sent such a column. No source is asked to compare them ([`crate::dialect`]).

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, RecordBatch, StringArray};
use datafusion::arrow::datatypes::DataType;
use datafusion::arrow::error::ArrowError;
use datafusion::catalog::Session;
use datafusion::common::{Column, DFSchema, Result};
use datafusion::functions::string::expr_fn::rtrim;
use datafusion::logical_expr::Expr;
use datafusion::physical_expr::projection::ProjectionExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::projection::ProjectionExec;
use sluice_base::SqlType;

/// Places of the columns that are filled up.
pub(super) fn columns(types: &[SqlType]) -> Vec<usize> {
    let padded = types.iter().enumerate().filter(|(_, sql_type)| matches!(sql_type, SqlType::Bpchar(_)));
    padded.map(|(at, _)| at).collect()
}

/// The batch with these columns cut behind their last letter.
pub(super) fn without(batch: RecordBatch, padded: &[usize]) -> Result<RecordBatch, ArrowError> {
    if padded.is_empty() {
        return Ok(batch);
    }
    let (schema, mut columns, rows) = (batch.schema(), batch.columns().to_vec(), batch.num_rows());
    for at in padded {
        let Some(column) = columns.get_mut(*at).filter(|column| *column.data_type() == DataType::Utf8) else {
            continue;
        };
        let texts = column.as_string::<i32>();
        if texts.iter().flatten().any(|text| text.ends_with(' ')) {
            let cut: StringArray = texts.iter().map(|text| text.map(|text| text.trim_end_matches(' '))).collect();
            *column = Arc::new(cut);
        }
    }
    let options = datafusion::arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
    RecordBatch::try_new_with_options(schema, columns, &options)
}

/// The rows of files with these columns cut behind their last letter.
pub(super) fn without_in(
    session: &dyn Session,
    rows: Arc<dyn ExecutionPlan>,
    padded: &[String],
) -> Result<Arc<dyn ExecutionPlan>> {
    if padded.is_empty() {
        return Ok(rows);
    }
    let schema = DFSchema::try_from(rows.schema().as_ref().clone())?;
    let column = |name: &String| {
        let column = Expr::Column(Column::new_unqualified(name));
        let value = if padded.contains(name) { rtrim(vec![column]) } else { column };
        Ok(ProjectionExpr { expr: session.create_physical_expr(value, &schema)?, alias: name.clone() })
    };
    let columns = rows.schema().fields().iter().map(|field| column(field.name())).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(ProjectionExec::try_new(columns, rows)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::arrow::datatypes::{Field, Schema};

    #[test]
    fn blanks_at_the_end_go() {
        let schema = Schema::new(vec![Field::new("a", DataType::Utf8, true), Field::new("b", DataType::Utf8, true)]);
        let texts = || Arc::new(StringArray::from(vec![Some("x  "), None, Some(" y"), Some("   ")]));
        let batch = RecordBatch::try_new(Arc::new(schema), vec![texts(), texts()]).expect("a batch");
        let padded = columns(&[SqlType::Bpchar(Some(3)), SqlType::Text]);
        let batch = without(batch, &padded).expect("a batch");
        let cut = batch.column(0).as_string::<i32>();
        assert_eq!(cut.iter().collect::<Vec<_>>(), [Some("x"), None, Some(" y"), Some("")]);
        assert_eq!(batch.column(1).as_string::<i32>().value(0), "x  ");
    }
}
