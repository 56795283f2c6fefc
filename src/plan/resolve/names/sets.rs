//! Functions that give rows. Each becomes lists, whose items [`crate::resolve::rows`] turns into rows: in a select list in
//! place, in FROM as a LATERAL subquery. `generate_series` of constants in FROM is made while planning.

use std::ops::ControlFlow;

use sluice_base::SqlType;
use sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, ObjectName, SelectItem, SetExpr, TableAlias, TableFactor,
};

use super::Resolver;
use super::scope::Relation;
use super::select::narrow_integer;
use super::tree::{call, object_name, quote_columns, quoted, rename, subquery, table_alias};
use crate::PlanError;
use crate::nested;
use crate::query::{fold, fold_name};
use crate::resolve::functions;
use crate::resolve::rows::ROWS;
use crate::resolve::series::{COLUMN, argument};
use crate::statement::ROWS_FROM;

/// One column of a function that gives rows.
struct Listed {
    list: Expr,
    /// Its name; `None` where it goes by the name of the relation.
    name: Option<&'static str>,
    sql_type: Option<SqlType>,
}

impl Resolver<'_> {
    /// A function in FROM: the relation as the planner finds it, and as names find it.
    pub(super) fn set_function(
        &mut self,
        name: &ObjectName,
        alias: &mut Option<TableAlias>,
        args: &[FunctionArg],
        numbered: bool,
    ) -> Result<(TableFactor, Relation), PlanError> {
        let function = match fold_name(name)?.as_slice() {
            [name] => name.clone(),
            [schema, name] if schema == "pg_catalog" => name.clone(),
            other => return Err(PlanError::UndefinedFunction(other.join("."))),
        };
        // A subquery is read with the rows, not while planning.
        let reads = args.iter().any(|arg| ast::visit_expressions(arg, is_subquery).is_break());
        if function == COLUMN && !numbered && !reads {
            let constants = args.iter().map(|arg| self.series_argument(arg)).collect::<Result<Vec<_>, _>>();
            match constants {
                Ok(constants) => return self.constant_series(alias, constants),
                Err(PlanError::UndefinedColumn(_) | PlanError::UndefinedTable(_) | PlanError::MissingFrom(_)) => {}
                Err(other) => return Err(other),
            }
        }
        if !is_set_function(&function) && function != ROWS_FROM {
            let args = args.iter().map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.declared(expr),
                _ => None,
            });
            let shown: Option<Vec<String>> = args.map(|found| Some(found?.sql_name())).collect();
            return Err(match functions::is_postgres(&function) {
                true => PlanError::Unsupported(format!("the function {function} in FROM")),
                false => PlanError::UndefinedFunction(format!("{function}({})", shown.unwrap_or_default().join(", "))),
            });
        }
        let mut listed = match function.as_str() {
            ROWS_FROM => self.side_by_side(args)?,
            _ => self.lists_of(&function, args)?,
        };
        if numbered {
            let lists = listed.iter().map(|column| column.list.clone()).collect();
            let list = call(nested::ORDINALS, lists);
            listed.push(Listed { list, name: Some("ordinality"), sql_type: Some(SqlType::Int8) });
        }
        // The first call of several gives its name.
        let own = match args.first() {
            Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(call)))) if function == ROWS_FROM => {
                fold_name(&call.name)?.pop().unwrap_or_default()
            }
            _ => function.clone(),
        };
        let mut alias = alias.take().unwrap_or_else(|| table_alias(&own));
        let shown = fold(&alias.name);
        let named = |column: &Listed| column.name.map_or_else(|| shown.clone(), str::to_string);
        let mut columns: Vec<String> = listed.iter().map(named).collect();
        rename(&mut columns, &alias, "table")?;
        let mut sorted = columns.clone();
        sorted.sort_unstable();
        sorted.dedup();
        if sorted.len() < columns.len() {
            return Err(PlanError::Unsupported(format!("columns of {function} that have one name")));
        }
        // With more columns its row is a record.
        let single = listed.len() == 1;
        let (lists, types): (Vec<Expr>, Vec<Option<SqlType>>) =
            listed.into_iter().map(|column| (column.list, column.sql_type)).unzip();
        let items = lists
            .into_iter()
            .zip(&columns)
            .map(|(list, column)| SelectItem::ExprWithAlias { expr: call(ROWS, vec![list]), alias: quoted(column) });
        let mut rows = subquery("SELECT 1")?;
        if let SetExpr::Select(select) = rows.body.as_mut() {
            select.projection = items.collect();
        }
        alias.name = quoted(&shown);
        alias.columns = Vec::new();
        let factor = TableFactor::Derived { lateral: true, subquery: Box::new(rows), alias: Some(alias), sample: None };
        Ok((factor, Relation { name: shown, columns, types, entity: None, table: None, single }))
    }

    /// `ROWS FROM (f(...), g(...))`: the columns of each.
    fn side_by_side(&mut self, calls: &[FunctionArg]) -> Result<Vec<Listed>, PlanError> {
        let mut all = Vec::new();
        for call in calls {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Function(call))) = call else {
                return Err(PlanError::Unsupported("this form of ROWS FROM".into()));
            };
            let ast::FunctionArguments::List(list) = &call.args else {
                return Err(PlanError::Unsupported("this form of ROWS FROM".into()));
            };
            let name = fold_name(&call.name)?.pop().unwrap_or_default();
            let Some(known) = SET_FUNCTIONS.iter().find(|known| **known == name) else {
                return Err(PlanError::Unsupported(format!("the function {name} in FROM")));
            };
            let listed = self.lists_of(known, &list.args)?.into_iter();
            all.extend(listed.map(|column| Listed { name: column.name.or(Some(known)), ..column }));
        }
        match all.as_mut_slice() {
            // A single column goes by the name of its relation.
            [only] => only.name = None,
            [] => return Err(PlanError::Form("syntax error at or near \")\"".into())),
            _ => {}
        }
        Ok(all)
    }

    /// A series that is known while planning.
    fn constant_series(
        &mut self,
        alias: &mut Option<TableAlias>,
        args: Vec<Expr>,
    ) -> Result<(TableFactor, Relation), PlanError> {
        let call = self.series.keep(args);
        let mut alias = alias.take().unwrap_or_else(|| table_alias(COLUMN));
        let shown = fold(&alias.name);
        // A single column goes by the name of its relation, unless it is given one.
        let mut columns = vec![shown.clone()];
        rename(&mut columns, &alias, "table")?;
        alias.name = quoted(&shown);
        alias.columns = vec![ast::TableAliasColumnDef { name: quoted(&columns[0]), data_type: None }];
        quote_columns(&mut alias, &columns);
        let factor = TableFactor::Table {
            name: object_name(&call),
            alias: Some(alias),
            args: None,
            with_hints: Vec::new(),
            version: None,
            with_ordinality: false,
            partitions: Vec::new(),
            json_path: None,
            sample: None,
            index_hints: Vec::new(),
        };
        Ok((factor, Relation { name: shown, columns, types: vec![None], entity: None, table: None, single: true }))
    }

    /// The lists of a call, with their columns; the arguments are resolved here.
    fn lists_of(&mut self, function: &str, args: &[FunctionArg]) -> Result<Vec<Listed>, PlanError> {
        let mut resolved = Vec::with_capacity(args.len());
        let mut types = Vec::with_capacity(args.len());
        for arg in args {
            let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else {
                return Err(PlanError::Unsupported("this form of an argument".into()));
            };
            let mut expr = match function {
                // A constant, a parameter's value included, has the type that it is written with.
                COLUMN => match self.series_argument(arg) {
                    Ok(constant) => {
                        types.push(self.declared(expr));
                        resolved.push(constant);
                        continue;
                    }
                    Err(PlanError::UndefinedColumn(_) | PlanError::UndefinedTable(_) | PlanError::MissingFrom(_)) => {
                        expr.clone()
                    }
                    Err(other) => return Err(other),
                },
                _ => expr.clone(),
            };
            types.push(self.declared(&expr));
            self.expr(&mut expr)?;
            narrow_integer(&mut expr);
            resolved.push(expr);
        }
        let fits = |found: &Option<SqlType>| match (function, found) {
            (_, None) | (COLUMN | "generate_subscripts", _) => true,
            ("unnest", Some(found)) => matches!(found, SqlType::Array(_)),
            (name, Some(found)) if name.starts_with("json") => {
                let wanted = if name.starts_with("jsonb_") { SqlType::Jsonb } else { SqlType::Json };
                *found == wanted || *found == SqlType::Unknown
            }
            (_, Some(found)) => found.is_text(),
        };
        if !types.iter().all(fits) {
            let shown = types.iter().map(|found| found.as_ref().map_or("unknown".into(), SqlType::sql_name));
            let shown: Vec<String> = shown.collect();
            return Err(PlanError::UndefinedFunction(format!("{function}({})", shown.join(", "))));
        }
        let count = resolved.len();
        let jsonb = function.starts_with("jsonb_");
        let json_type = if jsonb { SqlType::Jsonb } else { SqlType::Json };
        let of = |hidden: &str| call(hidden, resolved.clone());
        let one = |list, name, sql_type| vec![Listed { list, name, sql_type }];
        let text = Some(SqlType::Text);
        let each = |values: &str, sql_type| {
            vec![
                Listed { list: of(nested::JSON_KEYS), name: Some("key"), sql_type: Some(SqlType::Text) },
                Listed { list: of(values), name: Some("value"), sql_type: Some(sql_type) },
            ]
        };
        Ok(match (function, count) {
            (COLUMN, 2 | 3) => one(of(nested::SERIES), None, None),
            ("generate_subscripts", 2) if is_one(args.get(1)) => {
                let first = Expr::value(ast::Value::Number("1".into(), false));
                let mut ends = vec![first];
                ends.extend(resolved.into_iter().next().map(|array| call("cardinality", vec![array])));
                ends.iter_mut().for_each(narrow_integer);
                one(call(nested::SERIES, ends), None, Some(SqlType::Int4))
            }
            ("generate_subscripts", 2) => {
                return Err(PlanError::Unsupported("this form of a call of generate_subscripts".into()));
            }
            ("unnest", 1..) => {
                let columns = resolved.into_iter().zip(types).map(|(list, found)| {
                    let sql_type = match found {
                        Some(SqlType::Array(item)) => Some(*item),
                        _ => None,
                    };
                    Listed { list, name: None, sql_type }
                });
                columns.collect()
            }
            ("json_array_elements" | "jsonb_array_elements", 1) => {
                one(of(nested::JSON_ELEMENTS), Some("value"), Some(json_type))
            }
            ("json_array_elements_text" | "jsonb_array_elements_text", 1) => {
                one(of(nested::JSON_ELEMENTS_TEXT), Some("value"), text)
            }
            ("json_object_keys" | "jsonb_object_keys", 1) => one(of(nested::JSON_KEYS), None, text),
            ("json_each" | "jsonb_each", 1) => each(nested::JSON_VALUES, json_type),
            ("json_each_text" | "jsonb_each_text", 1) => each(nested::JSON_VALUES_TEXT, SqlType::Text),
            ("regexp_split_to_table", 2 | 3) => one(of("regexp_split_to_array"), None, text),
            ("string_to_table", 2 | 3) => one(of("string_to_array"), None, text),
            ("regexp_matches", 2 | 3) => one(of(nested::MATCHES), None, Some(SqlType::Array(Box::new(SqlType::Text)))),
            _ => {
                let shown = types.iter().map(|found| found.as_ref().map_or("unknown".into(), SqlType::sql_name));
                let shown: Vec<String> = shown.collect();
                return Err(PlanError::UndefinedFunction(format!("{function}({})", shown.join(", "))));
            }
        })
    }

    /// A function of rows in a select list.
    pub(in crate::resolve) fn set_function_expr(&mut self, expr: &mut Expr, name: &str) -> Result<(), PlanError> {
        let Expr::Function(Function { args: ast::FunctionArguments::List(list), over: None, filter: None, .. }) = expr
        else {
            return Err(PlanError::Unsupported(format!("this form of a call of {name}")));
        };
        if !list.clauses.is_empty() || list.duplicate_treatment.is_some() {
            return Err(PlanError::Unsupported(format!("this form of a call of {name}")));
        }
        let args = std::mem::take(&mut list.args);
        let mut listed = self.lists_of(name, &args)?;
        match (listed.pop(), listed.is_empty()) {
            (Some(only), true) => {
                let rows = call(ROWS, vec![only.list]);
                *expr = only.sql_type.map_or(rows.clone(), |sql_type| crate::resolve::documents::told(rows, &sql_type));
                Ok(())
            }
            _ => Err(PlanError::Unsupported(format!("the rows of {name} as values"))),
        }
    }

    /// An argument with its parameters in place; columns are not in sight.
    fn series_argument(&mut self, arg: &FunctionArg) -> Result<Expr, PlanError> {
        let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg else {
            return Err(PlanError::Unsupported("this form of an argument".into()));
        };
        let mut expr = expr.clone();
        let outer = std::mem::take(&mut self.scopes);
        let resolved = self.expr(&mut expr);
        self.scopes = outer;
        resolved?;
        let params = self.params;
        let replaced = ast::visit_expressions_mut(&mut expr, |part| {
            let value = match part {
                Expr::Value(value) => match &value.value {
                    ast::Value::Placeholder(name) => name.trim_start_matches('$').parse::<usize>().ok(),
                    _ => None,
                },
                _ => None,
            };
            let (Some(number), Some(params)) = (value, params) else { return ControlFlow::Continue(()) };
            let found = params.get(number.wrapping_sub(1)).ok_or(PlanError::UndefinedParameter(number));
            match found.and_then(|(sql_type, value)| argument(sql_type, value)) {
                Ok(constant) => {
                    *part = constant;
                    ControlFlow::Continue(())
                }
                Err(error) => ControlFlow::Break(error),
            }
        });
        if let ControlFlow::Break(error) = replaced {
            return Err(error);
        }
        narrow_integer(&mut expr);
        Ok(expr)
    }
}

/// Whether an argument is the number 1.
fn is_one(arg: Option<&FunctionArg>) -> bool {
    let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value)))) = arg else { return false };
    matches!(&value.value, ast::Value::Number(text, _) if text == "1")
}

/// The functions that give rows.
const SET_FUNCTIONS: &[&str] = &[
    COLUMN,
    "unnest",
    "json_array_elements",
    "jsonb_array_elements",
    "json_array_elements_text",
    "jsonb_array_elements_text",
    "json_object_keys",
    "jsonb_object_keys",
    "json_each",
    "jsonb_each",
    "json_each_text",
    "jsonb_each_text",
    "regexp_split_to_table",
    "regexp_matches",
    "string_to_table",
    "generate_subscripts",
];

/// Whether a function gives rows.
pub(in crate::resolve) fn is_set_function(name: &str) -> bool {
    SET_FUNCTIONS.contains(&name)
}

fn is_subquery(expr: &Expr) -> ControlFlow<()> {
    match expr {
        Expr::Subquery(_) => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }
}

/// True where the select list groups rows or numbers them.
pub(super) fn aggregates(items: &[SelectItem]) -> bool {
    items.iter().any(|item| {
        ast::visit_expressions(item, |expr| match expr {
            Expr::Function(function) if function.over.is_some() => ControlFlow::Break(()),
            _ if functions::is_aggregate_call(expr) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .is_break()
    })
}
