//! FROM items: system relations, WITH queries, subqueries, functions.

use sluice_base::SqlType;
use sqlparser::ast::{self, TableAlias, TableFactor};

use super::calls::{function_name, plain_arguments};
use super::scope::{Entry, EntryColumn};
use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::functions::{SetFunction, call_text, record_function, set_function};
use crate::plan::{Expr, FromPlan, Item, ItemSource, OutputColumn, Slots, TableCall};
use crate::relations::{all, find, withheld};
use crate::typing::{Ty, array_of, fold, name_parts, of_data_type};
use crate::value::Value;

/// An item with the columns it shows.
struct Made {
    source: ItemSource,
    columns: Vec<EntryColumn>,
    needs: Slots,
}

fn column(name: impl Into<String>, ty: impl Into<Ty>) -> EntryColumn {
    EntryColumn { name: name.into(), ty: ty.into(), origin: None, merged: false }
}

impl Analyzer<'_> {
    /// Adds one FROM item to the plan and its names to the level.
    pub(super) fn factor(&mut self, factor: &TableFactor, plan: &mut FromPlan) -> Result<()> {
        match factor {
            TableFactor::Table { name, alias, args: None, with_ordinality: false, .. } => {
                self.relation(name, alias.as_ref(), plan)
            }
            TableFactor::Table { name, alias, args: Some(args), with_ordinality, .. } => {
                self.function(name, &args.args, *with_ordinality, alias.as_ref(), plan)
            }
            TableFactor::Function { name, args, with_ordinality, alias, .. } => {
                self.function(name, args, *with_ordinality, alias.as_ref(), plan)
            }
            TableFactor::UNNEST { alias, array_exprs, with_ordinality, with_offset: false, .. } => {
                self.unnest(array_exprs, *with_ordinality, alias.as_ref(), plan)
            }
            TableFactor::Derived { lateral, subquery, alias, .. } => {
                self.derived(*lateral, subquery, alias.as_ref(), plan)
            }
            TableFactor::NestedJoin { table_with_joins, alias: None } => {
                let tree = self.join_tree(table_with_joins)?;
                plan.items.extend(tree.items);
                plan.conjuncts.extend(tree.conjuncts);
                Ok(())
            }
            _ => Err(SystemError::Unsupported("this form of FROM item".into())),
        }
    }

    /// Gives an item its slot and its names.
    fn add(&mut self, made: Made, entry: Entry, plan: &mut FromPlan) -> Result<()> {
        let scope = self.scope()?;
        if scope.entries.iter().any(|known| known.alias == entry.alias && known.schema == entry.schema) {
            return Err(SystemError::DuplicateAlias(entry.alias));
        }
        let slot = entry.slot;
        scope.entries.push(entry);
        plan.items.push(Item { source: made.source, slots: slot..slot + 1, needs: made.needs, left_on: None });
        Ok(())
    }

    fn named(&mut self, made: Made, fallback: &str, alias: Option<&TableAlias>, plan: &mut FromPlan) -> Result<()> {
        let slot = self.scope()?.next_slot()?;
        let mut columns = made.columns.clone();
        rename(&mut columns, alias)?;
        let name = alias.map_or_else(|| fallback.to_string(), |alias| fold(&alias.name));
        let entry = Entry { alias: name, schema: None, columns, slot, relation: None };
        self.add(made, entry, plan)
    }

    fn relation(&mut self, name: &ast::ObjectName, alias: Option<&TableAlias>, plan: &mut FromPlan) -> Result<()> {
        let mut parts = name_parts(name)?;
        if let ([_], Some(made)) = (parts.as_slice(), parts.first().and_then(|name| self.cte(name))) {
            return self.named(made, &parts[0], alias, plan);
        }
        if let [database, _, _] = parts.as_slice()
            && database == self.context.database
        {
            parts.remove(0);
        }
        let position = match parts.as_slice() {
            [name] => crate::cast::names::search_path(self.context).find_map(|schema| find(schema, name)),
            [schema, name] => find(schema, name),
            _ => None,
        };
        let Some(shape) = position.and_then(|position| all().get(position)) else {
            return Err(match parts.as_slice() {
                [name] if withheld::oid_of("pg_catalog", name).is_some() => SystemError::Withheld(name.clone()),
                [schema, name] if withheld::oid_of(schema, name).is_some() => SystemError::Withheld(name.clone()),
                _ => SystemError::UndefinedTable(parts.join(".")),
            });
        };
        let columns = shape.columns.iter().zip(1_i16..).map(|(known, number)| EntryColumn {
            name: known.name.to_string(),
            ty: known.sql_type.clone().into(),
            origin: Some((shape.oid, number)),
            merged: false,
        });
        let mut columns: Vec<EntryColumn> = columns.collect();
        rename(&mut columns, alias)?;
        let slot = self.scope()?.next_slot()?;
        let (name, schema) = match alias {
            Some(alias) => (fold(&alias.name), None),
            None => (shape.name.to_string(), Some(shape.schema.to_string())),
        };
        let source = ItemSource::Relation(position.unwrap_or_default());
        let made = Made { source, columns: Vec::new(), needs: 0 };
        self.add(made, Entry { alias: name, schema, columns, slot, relation: Some(shape.oid) }, plan)
    }

    /// A WITH query of this name that is in sight.
    fn cte(&mut self, name: &str) -> Option<Made> {
        let cte = self.ctes.iter_mut().rev().find(|cte| cte.name == name)?;
        cte.referenced = true;
        let columns = entry_columns(&cte.columns);
        let made = Made { source: ItemSource::Cte(cte.id), columns, needs: 0 };
        let owner = cte.owner;
        // Queries between here and the owner read something from outside themselves.
        for tracker in self.trackers.iter_mut().skip(owner + 1) {
            tracker.correlated = true;
        }
        Some(made)
    }

    fn derived(
        &mut self,
        lateral: bool,
        query: &ast::Query,
        alias: Option<&TableAlias>,
        plan: &mut FromPlan,
    ) -> Result<()> {
        let hidden = std::mem::replace(&mut self.scope()?.hidden, !lateral);
        let (mut inner, needs) = self.tracking(|this| this.query(query))?;
        self.scope()?.hidden = hidden;
        self.settle(&mut inner)?;
        let made = Made { columns: entry_columns(&inner.columns), source: ItemSource::Derived(inner.into()), needs };
        // Without an alias, its columns are found by their bare names only.
        self.named(made, "", alias, plan)
    }

    fn unnest(
        &mut self,
        arrays: &[ast::Expr],
        ordinality: bool,
        alias: Option<&TableAlias>,
        plan: &mut FromPlan,
    ) -> Result<()> {
        let (calls, needs) = self.tracking(|this| {
            arrays
                .iter()
                .map(|array| {
                    let typed = this.expr(array)?;
                    this.table_call(None, "unnest", vec![typed])
                })
                .collect::<Result<Vec<_>>>()
        })?;
        self.calls_item("unnest", calls, ordinality, needs, alias, plan)
    }

    fn function(
        &mut self,
        name: &ast::ObjectName,
        args: &[ast::FunctionArg],
        ordinality: bool,
        alias: Option<&TableAlias>,
        plan: &mut FromPlan,
    ) -> Result<()> {
        let (schema, name) = function_name(name)?;
        if name.starts_with('\u{1}') {
            return Err(SystemError::Unsupported("ROWS FROM".into()));
        }
        let declared = declared_columns(alias)?;
        let (call, needs) = self.tracking(|this| {
            let args = this.arguments(&plain_arguments(args)?)?;
            match record_function(&name, &declared) {
                Some(function) => this.record_call(&name, function, args),
                None => this.table_call(schema.as_deref(), &name, args),
            }
        })?;
        self.calls_item(&name, vec![call], ordinality, needs, alias, plan)
    }

    /// A function whose columns the query tells.
    fn record_call(
        &mut self,
        name: &str,
        function: SetFunction,
        mut args: Vec<Typed>,
    ) -> Result<(TableCall, Vec<(String, SqlType)>)> {
        if args.len() != 1 {
            let given: Vec<SqlType> = args.iter().map(|arg| arg.ty.sql.clone()).collect();
            return Err(SystemError::UndefinedFunction(call_text(name, &given)));
        }
        let columns = function.columns.clone();
        if columns.is_empty() {
            return Err(SystemError::Syntax(
                "a column definition list is required for functions returning \"record\"".into(),
            ));
        }
        let names = columns.iter().map(|(name, _)| Value::text(name.as_str())).collect();
        let types = columns.iter().map(|(_, sql_type)| sql_type.oid().into()).collect();
        for (items, item) in [(names, SqlType::Text), (types, SqlType::Oid)] {
            args.push(Typed::new(Expr::Const(Value::array(items)), array_of(&item)));
        }
        let args = self.coerced(args, &function.args)?;
        Ok((TableCall::Set { width: columns.len(), function, args }, columns))
    }

    fn table_call(
        &mut self,
        schema: Option<&str>,
        name: &str,
        args: Vec<Typed>,
    ) -> Result<(TableCall, Vec<(String, SqlType)>)> {
        let given: Vec<SqlType> = args.iter().map(|arg| arg.ty.sql.clone()).collect();
        match set_function(schema, name, &given) {
            Some(function) => {
                let args = self.coerced(args, &function.args)?;
                let columns = function.columns.clone();
                Ok((TableCall::Set { width: columns.len(), function, args }, columns))
            }
            None => {
                let typed = self.call_typed(name, args)?;
                Ok((TableCall::Plain(typed.expr), vec![(name.to_string(), typed.ty.sql)]))
            }
        }
    }

    fn calls_item(
        &mut self,
        name: &str,
        calls: Vec<(TableCall, Vec<(String, SqlType)>)>,
        ordinality: bool,
        needs: Slots,
        alias: Option<&TableAlias>,
        plan: &mut FromPlan,
    ) -> Result<()> {
        let mut columns = Vec::new();
        let mut kept = Vec::with_capacity(calls.len());
        for (call, described) in calls {
            columns.extend(described.into_iter().map(|(name, sql_type)| column(name, sql_type)));
            kept.push(call);
        }
        // The one column of a function is named like the item, unless it has a name of its own.
        if let ([only], Some(alias)) = (columns.as_mut_slice(), alias)
            && only.name == name
        {
            only.name = fold(&alias.name);
        }
        if ordinality {
            columns.push(column("ordinality", SqlType::Int8));
        }
        let source = ItemSource::Functions { calls: kept, ordinality };
        self.named(Made { source, columns, needs }, name, alias, plan)
    }
}

fn entry_columns(columns: &[OutputColumn]) -> Vec<EntryColumn> {
    columns
        .iter()
        .map(|known| EntryColumn {
            name: known.name.clone(),
            ty: known.ty.clone(),
            origin: known.origin,
            merged: false,
        })
        .collect()
}

/// Columns of an alias that tells their types: `AS t(a int, b text)`.
fn declared_columns(alias: Option<&TableAlias>) -> Result<Vec<(String, SqlType)>> {
    let mut columns = Vec::new();
    for column in alias.iter().flat_map(|alias| &alias.columns) {
        let Some(data_type) = &column.data_type else { return Ok(Vec::new()) };
        let sql_type = of_data_type(data_type)?;
        // Told by its OID, which knows no lengths.
        if SqlType::from_oid(sql_type.oid()).as_ref() != Some(&sql_type) {
            return Err(SystemError::Unsupported("this type in a column definition list".into()));
        }
        columns.push((fold(&column.name), sql_type));
    }
    Ok(columns)
}

/// Renames columns after an alias with a column list.
fn rename(columns: &mut [EntryColumn], alias: Option<&TableAlias>) -> Result<()> {
    let Some(alias) = alias else { return Ok(()) };
    if alias.columns.len() > columns.len() {
        return Err(SystemError::InvalidColumnReference(format!(
            "table \"{}\" has {} columns available but {} columns specified",
            fold(&alias.name),
            columns.len(),
            alias.columns.len()
        )));
    }
    for (column, named) in columns.iter_mut().zip(&alias.columns) {
        column.name = fold(&named.name);
    }
    Ok(())
}
