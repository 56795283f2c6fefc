//! Functions that give rows: `generate_series` in FROM, and in the select list, where it becomes a relation.

use std::ops::ControlFlow;

use sqlparser::ast::{
    self, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, ObjectName, Select, SelectItem,
    TableAlias, TableFactor, TableWithJoins,
};

use super::Resolver;
use super::scope::Relation;
use super::select::narrow_integer;
use super::tree::{object_name, qualified, quoted, table_alias};
use crate::PlanError;
use crate::query::{fold, fold_name};
use crate::resolve::functions;
use crate::resolve::series::{COLUMN, argument};

/// Relation of a call in the select list; no client can type it.
const HIDDEN: &str = "\u{1}rows";

impl Resolver<'_> {
    /// A function in FROM: the relation as the planner finds it, and as names find it.
    pub(super) fn set_function(
        &mut self,
        name: &ObjectName,
        alias: &mut Option<TableAlias>,
        args: &[FunctionArg],
    ) -> Result<(TableFactor, Relation), PlanError> {
        if !is_series(name) {
            return Err(PlanError::Unsupported("a function in FROM".into()));
        }
        let args = args.iter().map(|arg| self.series_argument(arg)).collect::<Result<Vec<_>, _>>()?;
        let call = self.series.keep(args);
        let mut alias = alias.take().unwrap_or_else(|| table_alias(COLUMN));
        let shown = fold(&alias.name);
        // A single column goes by the name of its relation, unless it is given one.
        let column = match alias.columns.as_slice() {
            [] => shown.clone(),
            [only] => fold(&only.name),
            _ => return Err(PlanError::Invalid("more column aliases than columns".into())),
        };
        alias.name = quoted(&shown);
        alias.columns = vec![ast::TableAliasColumnDef { name: quoted(&column), data_type: None }];
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
        Ok((factor, Relation { name: shown, columns: vec![column], types: vec![None], entity: None, table: None }))
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
        match resolved {
            Err(PlanError::UndefinedColumn(_) | PlanError::UndefinedTable(_)) => {
                return Err(PlanError::Unsupported("generate_series over columns".into()));
            }
            other => other?,
        }
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

    /// `SELECT generate_series(...) FROM t` pairs each row with each value: the call becomes a relation of FROM, and
    /// the item its column. Where rows are grouped or numbered first, that would be another answer.
    pub(super) fn set_functions_of_list(&mut self, select: &mut Select) -> Result<bool, PlanError> {
        let is_call = |item: &SelectItem| call_of(item).is_some();
        match select.projection.iter().filter(|item| is_call(item)).count() {
            0 => return Ok(false),
            1 => {}
            _ => return Err(PlanError::Unsupported("more than one function of rows in a select list".into())),
        }
        let grouped = !matches!(&select.group_by, GroupByExpr::Expressions(items, _) if items.is_empty());
        if grouped || select.having.is_some() || select.distinct.is_some() || aggregates(&select.projection) {
            return Err(PlanError::Unsupported("a function of rows beside grouping, DISTINCT or windows".into()));
        }
        for item in &mut select.projection {
            let Some(function) = call_of(item) else { continue };
            let FunctionArguments::List(list) = &function.args else { continue };
            let (name, args) = (function.name.clone(), list.args.clone());
            let (relation, _) = self.set_function(&name, &mut Some(table_alias(HIDDEN)), &args)?;
            select.from.push(TableWithJoins { relation, joins: Vec::new() });
            let column = qualified(HIDDEN, HIDDEN);
            *item = match std::mem::replace(item, SelectItem::UnnamedExpr(column.clone())) {
                SelectItem::ExprWithAlias { alias, .. } => SelectItem::ExprWithAlias { expr: column, alias },
                _ => SelectItem::ExprWithAlias { expr: column, alias: quoted(COLUMN) },
            };
        }
        Ok(true)
    }

    /// The relation of [`Resolver::set_functions_of_list`]: found by its own name, not listed by `*`.
    pub(super) fn hidden_relation(&mut self) -> Result<(), PlanError> {
        let scope = self.scope_mut()?;
        let before = scope.columns.len();
        let (name, columns) = (HIDDEN.to_string(), vec![HIDDEN.to_string()]);
        scope.add(Relation { name, columns, types: vec![None], entity: None, table: None })?;
        scope.columns.truncate(before);
        Ok(())
    }
}

fn is_series(name: &ObjectName) -> bool {
    match fold_name(name).unwrap_or_default().as_slice() {
        [name] => name == COLUMN,
        [schema, name] => schema == "pg_catalog" && name == COLUMN,
        _ => false,
    }
}

fn call_of(item: &SelectItem) -> Option<&ast::Function> {
    match item {
        SelectItem::UnnamedExpr(Expr::Function(function))
        | SelectItem::ExprWithAlias { expr: Expr::Function(function), .. } => {
            is_series(&function.name).then_some(function)
        }
        _ => None,
    }
}

/// True where the select list groups rows or numbers them.
pub(super) fn aggregates(items: &[SelectItem]) -> bool {
    items.iter().any(|item| {
        ast::visit_expressions(item, |expr| match expr {
            Expr::Function(function) if function.over.is_some() => ControlFlow::Break(()),
            Expr::Function(function) => match fold_name(&function.name).unwrap_or_default().last() {
                Some(name) if functions::is_aggregate(name) => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            },
            _ => ControlFlow::Continue(()),
        })
        .is_break()
    })
}
