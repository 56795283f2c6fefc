//! `sluice check --sources`: every entity against the table it stands for.

use sluice_base::SqlType;
use sluice_engine::sources::{Source, SourceColumn, SourceError, Sources, reads_as};
use sluice_model::catalog::{AUDIT_CONNECTION, Entity, Field, SourceFile, SourceKind};
use sluice_model::diagnostic::{Diagnostic, Spot};

use super::locate::Places;
use super::report::Findings;
use crate::config::Config;
use crate::reload::{Files, open_sources};

/// Reaches every source and compares tables, columns and types. What a source says goes to the operator, who asked.
pub(super) async fn compare(config: &Config, files: &Files, findings: &mut Findings) {
    let sources = match open_sources(config) {
        Ok(sources) => sources,
        Err(error) => return findings.errors.push(of_config(config, &error)),
    };
    let texts: Vec<SourceFile> = config.catalog_files().unwrap_or_default();
    let places = Places::of(&texts);
    for (id, source) in sources.iter() {
        if let Err(error) = ping(source).await {
            findings.errors.push(of_config(config, &error));
            continue;
        }
        let entities = files.catalog.entities.iter().filter(|entity| entity.connection == id);
        for entity in entities {
            compare_entity(entity, source, &places, findings).await;
        }
        findings.checked.push(format!("source {id}"));
    }
    missing_sources(&sources, files, config, findings);
}

async fn ping(source: &Source) -> Result<(), SourceError> {
    match source {
        Source::Sql(source) => source.ping().await,
        Source::Files(source) => source.ping(),
        Source::Batches(_) => Ok(()),
    }
}

fn missing_sources(sources: &Sources, files: &Files, config: &Config, findings: &mut Findings) {
    for (id, _) in files.catalog.connections.iter().filter(|(id, _)| *id != AUDIT_CONNECTION) {
        if sources.get(id).is_none() {
            let problem = "it was not opened".to_string();
            findings.errors.push(of_config(config, &SourceError::Config { connection: id.clone(), problem }));
        }
    }
}

fn of_config(config: &Config, error: &SourceError) -> Diagnostic {
    Diagnostic {
        file: config.path.display().to_string(),
        line: 0,
        column: 0,
        code: "source",
        message: error.to_string(),
        hint: None,
    }
}

async fn compare_entity(entity: &Entity, source: &Source, places: &Places<'_>, findings: &mut Findings) {
    let (columns, kind) = match source {
        Source::Sql(source) => (source.columns(&entity.table).await, source.kind()),
        Source::Files(source) => (source.columns(&entity.table), kind_of_files(source.kind())),
        Source::Batches(_) => return,
    };
    let at = |field: Option<&Field>| {
        let found = places.find(&entity.id, field.map(|field| field.id.as_str()));
        found.unwrap_or_else(|| ("catalog".to_string(), Spot::default()))
    };
    let finding = |field: Option<&Field>, code: &'static str, message: String, hint: Option<String>| {
        let (file, Spot { line, column }) = at(field);
        Diagnostic { file, line, column, code, message, hint }
    };
    let columns = match columns {
        Ok(columns) => columns,
        Err(error) => {
            findings.errors.push(finding(None, "source-table", format!("entity `{}`: {error}", entity.id), None));
            return;
        }
    };
    for field in &entity.fields {
        let name = format!("`{}.{}`", entity.id, field.id);
        let Some(column) = columns.iter().find(|column| column.name == field.column) else {
            let known = columns.iter().map(|column| column.name.as_str());
            let near = sluice_model::names::nearest(&field.column, known);
            let message = format!("{name}: {} has no column {:?}", entity.table, field.column);
            let hint = near.map(|near| format!("did you mean {near:?}?"));
            findings.errors.push(finding(Some(field), "source-column", message, hint));
            continue;
        };
        if let Some(message) = type_problem(kind, column, &field.sql_type) {
            findings.errors.push(finding(Some(field), "source-type", format!("{name}: {message}"), None));
        }
        // SQLite and CSV declare nothing worth believing.
        let declares = matches!(kind, SourceKind::Postgres | SourceKind::Mysql);
        if !field.nullable && column.nullable && declares {
            let message = format!("{name}: not nullable, but column {:?} may be NULL at the source", field.column);
            findings.warnings.push(finding(Some(field), "source-null", message, None));
        }
    }
}

fn type_problem(kind: SourceKind, column: &SourceColumn, declared: &SqlType) -> Option<String> {
    let declared_name = declared.sql_name();
    let found = &column.type_name;
    match &column.sql_type {
        Some(sql_type) if reads_as(kind, sql_type, declared) => None,
        Some(_) => Some(format!("declared {declared_name}, but the column is {found}")),
        None => Some(format!("the column is {found}, which cannot be read")),
    }
}

fn kind_of_files(kind: sluice_engine::sources::FileKind) -> SourceKind {
    match kind {
        sluice_engine::sources::FileKind::Parquet => SourceKind::Parquet,
        sluice_engine::sources::FileKind::Csv => SourceKind::Csv,
    }
}
