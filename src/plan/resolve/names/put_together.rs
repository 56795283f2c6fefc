//! Texts put together in several orders in one SELECT.
//!
//! The engine sorts the rows of a group once, and refuses `string_agg`s that ask for two orders. An array is sorted by
//! itself: `string_agg(x, ', ' ORDER BY y)` is `array_to_string(array_agg(x ORDER BY y), ', ')` over what is not NULL.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, SelectItem, Value,
};

use super::tree::{call, quoted};
use crate::query::fold_name;
use crate::resolve::output::column_name;

/// Rewrites the calls of a select list that is not resolved yet, where they ask for several orders.
pub(super) fn in_several_orders(items: &mut [SelectItem]) {
    let mut orders = BTreeSet::new();
    for item in items.iter() {
        let _ = ast::visit_expressions(item, |expr| {
            orders.extend(ordered(expr).or_else(|| other_order(expr)));
            ControlFlow::<()>::Continue(())
        });
    }
    if orders.len() < 2 {
        return;
    }
    for item in items {
        // The column keeps the name of the call that was written.
        let name = match item {
            SelectItem::UnnamedExpr(expr) => Some(column_name(expr)),
            _ => None,
        };
        let _ = ast::visit_expressions_mut(item, |expr| {
            if ordered(expr).is_some() {
                as_array(expr);
            }
            ControlFlow::<()>::Continue(())
        });
        if let (Some(name), SelectItem::UnnamedExpr(expr)) = (name, &*item)
            && column_name(expr) != name
        {
            *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias: quoted(&name) };
        }
    }
}

/// The order of a plain `string_agg` whose separator is a constant: its ORDER BY, or that of the values where each is to
/// stand once.
fn ordered(expr: &Expr) -> Option<String> {
    let Expr::Function(Function { name, args: FunctionArguments::List(list), over: None, .. }) = expr else {
        return None;
    };
    let plain = fold_name(name).ok()?.last().is_some_and(|name| name == "string_agg");
    let [value, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(separator)))] = list.args.as_slice() else {
        return None;
    };
    let constant = matches!(separator.value, Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_));
    let order = match list.clauses.as_slice() {
        [FunctionArgumentClause::OrderBy(keys)] => shown(keys),
        [] if list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct) => value.to_string(),
        _ => return None,
    };
    (plain && constant).then_some(order)
}

/// The order of another aggregate.
fn other_order(expr: &Expr) -> Option<String> {
    let Expr::Function(Function { args: FunctionArguments::List(list), over: None, .. }) = expr else { return None };
    list.clauses.iter().find_map(|clause| match clause {
        FunctionArgumentClause::OrderBy(keys) => Some(shown(keys)),
        _ => None,
    })
}

fn shown(keys: &[ast::OrderByExpr]) -> String {
    keys.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn as_array(expr: &mut Expr) {
    let Expr::Function(function) = expr else { return };
    let FunctionArguments::List(list) = &mut function.args else { return };
    let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(separator))) = list.args.pop() else { return };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_mut_slice() else { return };
    let present = Expr::IsNotNull(Box::new(value.clone()));
    let text = Expr::Cast {
        kind: ast::CastKind::DoubleColon,
        expr: Box::new(Expr::Nested(Box::new(value.clone()))),
        data_type: ast::DataType::Text,
        array: false,
        format: None,
    };
    // With DISTINCT a key is the argument.
    for clause in &mut list.clauses {
        if let FunctionArgumentClause::OrderBy(keys) = clause {
            keys.iter_mut().filter(|key| key.expr == *value).for_each(|key| key.expr = text.clone());
        }
    }
    *value = text;
    let filter = match function.filter.take() {
        // What the rows that are left out would compute is not computed.
        Some(filter) => Expr::Case {
            case_token: ast::helpers::attached_token::AttachedToken::empty(),
            end_token: ast::helpers::attached_token::AttachedToken::empty(),
            operand: None,
            conditions: vec![ast::CaseWhen { condition: *filter, result: present }],
            else_result: Some(Box::new(Expr::value(Value::Boolean(false)))),
        },
        None => present,
    };
    function.filter = Some(Box::new(filter));
    function.name = super::tree::object_name("array_agg");
    let array = std::mem::replace(expr, super::null());
    *expr = call("array_to_string", vec![array, separator]);
}
