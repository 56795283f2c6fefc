//! Small pieces of the rewritten syntax tree.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sluice_model::dialect::PostgreSql;
use sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, Ident, ObjectName,
    SetExpr, TableAlias, TableFactor, VisitMut, VisitorMut,
};
use sqlparser::parser::Parser;

use crate::PlanError;
use crate::query::fold;

/// Applies `alias (a, b)` to column names.
pub(super) fn rename(columns: &mut [String], alias: &TableAlias, what: &str) -> Result<(), PlanError> {
    let (has, given) = (columns.len(), alias.columns.len());
    if given > has {
        let name = fold(&alias.name);
        let told = format!("{what} \"{name}\" has {has} columns available but {given} columns specified");
        return Err(PlanError::InvalidReference(told));
    }
    for (column, given) in columns.iter_mut().zip(&alias.columns) {
        *column = fold(&given.name);
    }
    Ok(())
}

/// Writes the alias's columns out, all of them where any are: the planner takes no shorter list.
pub(super) fn quote_columns(alias: &mut TableAlias, columns: &[String]) {
    if !alias.columns.is_empty() {
        let column = |name: &String| ast::TableAliasColumnDef { name: quoted(name), data_type: None };
        alias.columns = columns.iter().map(column).collect();
    }
}

pub(super) fn table_alias(name: &str) -> TableAlias {
    TableAlias { explicit: true, name: quoted(name), columns: Vec::new(), at: None }
}

pub(in crate::resolve) fn object_name(name: &str) -> ObjectName {
    ObjectName(vec![ast::ObjectNamePart::Identifier(quoted(name))])
}

/// An identifier that the planner takes as it stands.
pub(in crate::resolve) fn quoted(name: &str) -> Ident {
    Ident::with_quote('"', name)
}

pub(in crate::resolve) fn qualified(relation: &str, column: &str) -> Expr {
    Expr::CompoundIdentifier(vec![quoted(relation), quoted(column)])
}

/// A call of an engine function.
pub(in crate::resolve) fn call(name: &str, args: Vec<Expr>) -> Expr {
    let args = args.into_iter().map(|arg| FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))).collect();
    Expr::Function(Function {
        name: object_name(name),
        uses_odbc_syntax: false,
        parameters: FunctionArguments::None,
        args: FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses: Vec::new() }),
        filter: None,
        null_treatment: None,
        over: None,
        within_group: Vec::new(),
    })
}

pub(super) fn coalesce(left: Expr, right: Expr) -> Expr {
    call("coalesce", vec![left, right])
}

pub(in crate::resolve) fn boolean(value: bool) -> Expr {
    Expr::value(ast::Value::Boolean(value))
}

pub(in crate::resolve) fn null() -> Expr {
    Expr::value(ast::Value::Null)
}

/// `CASE WHEN condition THEN result ELSE otherwise END`
pub(in crate::resolve) fn when(condition: Expr, result: Expr, otherwise: Expr) -> Expr {
    use sqlparser::ast::helpers::attached_token::AttachedToken;
    Expr::Case {
        case_token: AttachedToken::empty(),
        end_token: AttachedToken::empty(),
        operand: None,
        conditions: vec![ast::CaseWhen { condition, result }],
        else_result: Some(Box::new(otherwise)),
    }
}

/// `left op right`, in parentheses.
pub(in crate::resolve) fn binary(left: Expr, op: ast::BinaryOperator, right: Expr) -> Expr {
    Expr::Nested(Box::new(Expr::BinaryOp { left: Box::new(left), op, right: Box::new(right) }))
}

/// All conditions under one operator, as a tree that is no deeper than it must be.
pub(in crate::resolve) fn balanced(mut parts: Vec<Expr>, op: ast::BinaryOperator, none: bool) -> Expr {
    match parts.len() {
        0 => boolean(none),
        1 => parts.swap_remove(0),
        many => {
            let right = parts.split_off(many / 2);
            binary(balanced(parts, op.clone(), none), op.clone(), balanced(right, op, none))
        }
    }
}

/// A name as it stands in the text of a [`frame`].
pub(super) fn written(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The body of a query that is written here, around parts that are put in their place afterwards.
pub(super) fn frame(text: &str) -> Result<SetExpr, PlanError> {
    let parsed = Parser::new(&PostgreSql).try_with_sql(text).and_then(|mut parser| parser.parse_query());
    parsed.map(|query| *query.body).map_err(|error| PlanError::Internal(error.to_string()))
}

/// A query that is written here, its select list to be put in its place afterwards.
pub(super) fn subquery(text: &str) -> Result<ast::Query, PlanError> {
    let parsed = Parser::new(&PostgreSql).try_with_sql(text).and_then(|mut parser| parser.parse_query());
    parsed.map(|query| *query).map_err(|error| PlanError::Internal(error.to_string()))
}

/// `SELECT 1`
pub(crate) fn one() -> Result<ast::Query, PlanError> {
    subquery("SELECT 1")
}

/// The query in the FROM of a SELECT.
pub(super) fn derived(body: &mut SetExpr) -> Option<&mut ast::Query> {
    let SetExpr::Select(select) = body else { return None };
    match &mut select.from.first_mut()?.relation {
        TableFactor::Derived { subquery, .. } => Some(subquery),
        _ => None,
    }
}

/// Gives relations other names in a resolved query. The planner takes `d.n` for a field of the column `d`, where there is
/// one, before it looks for a relation `d` further out.
pub(super) fn renamed(query: &mut ast::Query, names: &BTreeSet<String>) {
    if names.is_empty() {
        return;
    }
    let is_one = |ident: &Ident| ident.quote_style.is_some() && names.contains(&ident.value);
    let _: ControlFlow<()> = ast::visit_expressions_mut(query, |expr| {
        if let Expr::CompoundIdentifier(parts) = expr
            && let [relation, _] = parts.as_mut_slice()
            && is_one(relation)
        {
            *relation = other_name(relation);
        }
        ControlFlow::Continue(())
    });
    let _: ControlFlow<()> = query.visit(&mut Aliases(&is_one));
}

fn other_name(relation: &Ident) -> Ident {
    quoted(&format!("\u{1}{}", relation.value))
}

/// Renames the aliases of relations.
struct Aliases<'a>(&'a dyn Fn(&Ident) -> bool);

impl VisitorMut for Aliases<'_> {
    type Break = ();

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<()> {
        let (TableFactor::Table { alias: Some(alias), .. }
        | TableFactor::Derived { alias: Some(alias), .. }
        | TableFactor::Function { alias: Some(alias), .. }
        | TableFactor::UNNEST { alias: Some(alias), .. }
        | TableFactor::NestedJoin { alias: Some(alias), .. }) = factor
        else {
            return ControlFlow::Continue(());
        };
        if (self.0)(&alias.name) {
            alias.name = other_name(&alias.name);
        }
        ControlFlow::Continue(())
    }
}
