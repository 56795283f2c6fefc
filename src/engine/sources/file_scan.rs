//! Rows of file tables, read by DataFusion's own Parquet and CSV scans.
//!
//! Invariant: only the paths that [`FileSource::parts`] gives are opened, and columns have the types that were asked
//! for: those of the catalog.

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_plan::{ExecutionPlan, collect};

use super::{FileKind, FileSource, SourceError};

/// Columns of a whole table as texts; rows without the first are left out.
pub(super) async fn texts(
    source: &FileSource,
    table: &str,
    columns: &[&str],
) -> std::result::Result<Vec<Vec<Option<String>>>, SourceError> {
    let fields: Vec<Field> = columns.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batches = async {
        let state = SessionStateBuilder::new().with_default_features().build();
        let plan = scan(&state, source, table, &schema, &[], None).await?;
        collect(plan, state.task_ctx()).await
    };
    let failed = |error: DataFusionError| SourceError::Failed {
        connection: source.id().to_string(),
        sqlstate: None,
        text: error.to_string(),
    };
    let mut found = Vec::new();
    for batch in batches.await.map_err(failed)? {
        let texts: Vec<_> = batch.columns().iter().map(|column| column.as_string::<i32>()).collect();
        let cell = |column: &datafusion::arrow::array::StringArray, row: usize| {
            (!column.is_null(row)).then(|| column.value(row).to_string())
        };
        let rows = (0..batch.num_rows()).map(|row| texts.iter().map(|column| cell(column, row)).collect());
        found.extend(rows.filter(|row: &Vec<Option<String>>| row.first().is_some_and(Option::is_some)));
    }
    Ok(found)
}

/// Files of one table as DataFusion reads them. Conditions prune row groups; the barrier checks them again.
pub(crate) async fn scan(
    session: &dyn Session,
    source: &FileSource,
    table: &str,
    schema: &SchemaRef,
    prune: &[Expr],
    limit: Option<usize>,
) -> Result<Arc<dyn ExecutionPlan>> {
    let external = |error| DataFusionError::External(Box::new(error));
    let files = source.parts(table).map_err(external)?;
    let urls = files.iter().map(|path| ListingTableUrl::parse(path.to_string_lossy())).collect::<Result<Vec<_>>>()?;
    let format: Arc<dyn FileFormat> = match source.kind() {
        FileKind::Parquet => Arc::new(ParquetFormat::new()),
        FileKind::Csv => Arc::new(CsvFormat::default().with_has_header(true)),
    };
    let options = ListingOptions::new(format).with_file_extension(format!(".{}", source.kind().extension()));
    let full = full_schema(source, table, schema).map_err(external)?;
    let config = ListingTableConfig::new_with_multi_paths(urls).with_listing_options(options).with_schema(full);
    let listing = ListingTable::try_new(config)?;
    let listed = listing.schema();
    let projection = schema
        .fields()
        .iter()
        .map(|field| listed.index_of(field.name()).map_err(Into::into))
        .collect::<Result<Vec<_>>>()?;
    let schema = DFSchema::try_from(listed.as_ref().clone())?;
    let simplifier = ExprSimplifier::new(SimplifyContext::default());
    // Constants take the type of their column, so that statistics can be compared with them.
    let prune: Vec<Expr> =
        prune.iter().map(|condition| simplifier.coerce(condition.clone(), &schema)).collect::<Result<_>>()?;
    listing.scan(session, Some(&projection), &prune, limit).await
}

/// All columns of the files, those that are read under the types that the catalog declares.
fn full_schema(source: &FileSource, table: &str, wanted: &SchemaRef) -> std::result::Result<SchemaRef, SourceError> {
    let declared = |name: &str| wanted.field_with_name(name).ok().map(|field| field.data_type().clone());
    let fields: Vec<Field> = match source.kind() {
        FileKind::Parquet => {
            let found = source.schema(table)?;
            let typed =
                |f: &Arc<Field>| (**f).clone().with_data_type(declared(f.name()).unwrap_or(f.data_type().clone()));
            found.fields().iter().map(typed).collect()
        }
        FileKind::Csv => {
            let typed = |name: String| {
                let data_type = declared(&name).unwrap_or(DataType::Utf8);
                Field::new(name, data_type, true)
            };
            source.columns(table)?.into_iter().map(|column| typed(column.name)).collect()
        }
    };
    Ok(Arc::new(Schema::new(fields)))
}
