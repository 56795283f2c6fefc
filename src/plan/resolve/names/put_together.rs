//! Texts put together: in the order of their values where each is to stand once, as PostgreSQL finds the equal ones by
//! sorting; and in several orders in one SELECT.
//!
//! The engine sorts the rows of a group once, and refuses `string_agg`s that ask for two orders. An array is sorted by
//! itself: `string_agg(x, ', ' ORDER BY y)` is `array_to_string(array_agg(x ORDER BY y), ', ')` over what is not NULL.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, SelectItem, Value,
};

use super::tree::call;
use crate::query::fold_name;

const GATHER: [&str; 2] = ["string_agg", "array_agg"];

/// Gives an order to what has DISTINCT and no ORDER BY, in a select list that is not resolved yet.
pub(super) fn in_order_of_values(items: &mut [SelectItem]) {
    for item in items {
        let _ = ast::visit_expressions_mut(item, |expr| {
            if let Expr::Function(Function { name, args: FunctionArguments::List(list), over: None, .. }) = expr
                && list.duplicate_treatment == Some(ast::DuplicateTreatment::Distinct)
                && list.clauses.is_empty()
                && fold_name(name).is_ok_and(|name| name.last().is_some_and(|name| GATHER.contains(&name.as_str())))
                && let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(value))) = list.args.first()
            {
                let options = ast::OrderByOptions { asc: Some(true), nulls_first: Some(false) };
                let key = ast::OrderByExpr { expr: value.clone(), options, with_fill: None };
                list.clauses.push(FunctionArgumentClause::OrderBy(vec![key]));
            }
            ControlFlow::<()>::Continue(())
        });
    }
}

/// Rewrites the calls of a select list that is not resolved yet, where they ask for several orders.
pub(super) fn in_several_orders(items: &mut [SelectItem]) {
    let mut orders = BTreeSet::new();
    for item in items.iter() {
        let _ = ast::visit_expressions(item, |expr| {
            if let Some(order) = ordered(expr) {
                orders.insert(order);
            }
            ControlFlow::<()>::Continue(())
        });
    }
    if orders.len() < 2 {
        return;
    }
    for item in items {
        let _ = ast::visit_expressions_mut(item, |expr| {
            if ordered(expr).is_some() {
                as_array(expr);
            }
            ControlFlow::<()>::Continue(())
        });
    }
}

/// The ORDER BY of a plain `string_agg` whose separator is a constant.
fn ordered(expr: &Expr) -> Option<String> {
    let Expr::Function(Function { name, args: FunctionArguments::List(list), over: None, .. }) = expr else {
        return None;
    };
    let plain = fold_name(name).ok()?.last().is_some_and(|name| name == "string_agg");
    let [_, FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(separator)))] = list.args.as_slice() else {
        return None;
    };
    let [FunctionArgumentClause::OrderBy(keys)] = list.clauses.as_slice() else { return None };
    let constant = matches!(separator.value, Value::SingleQuotedString(_) | Value::EscapedStringLiteral(_));
    let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
    (plain && constant).then(|| keys.join(", "))
}

fn as_array(expr: &mut Expr) {
    let Expr::Function(function) = expr else { return };
    let FunctionArguments::List(list) = &mut function.args else { return };
    let Some(FunctionArg::Unnamed(FunctionArgExpr::Expr(separator))) = list.args.pop() else { return };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_mut_slice() else { return };
    let present = Expr::IsNotNull(Box::new(value.clone()));
    let text = Expr::Cast {
        kind: ast::CastKind::DoubleColon,
        expr: Box::new(Expr::Nested(Box::new(std::mem::replace(value, super::null())))),
        data_type: ast::DataType::Text,
        array: false,
        format: None,
    };
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
