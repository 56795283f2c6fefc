//! Integer constants of type `integer`: the parser has each as a `bigint`.

use sqlparser::ast::{self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::untyped;

/// Integer constants that fit are of type `integer`, and so is what is made of them.
pub(super) fn narrow_literals(args: &mut [FunctionArg]) {
    for arg in args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
            super::names::narrow_integer(expr);
        }
    }
}

/// The integer constants that a sum adds up are of type `integer`, so that the sum is a `bigint`.
pub(super) fn narrow_results(args: &mut [FunctionArg]) {
    for arg in args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg {
            narrow_result(expr);
        }
    }
}

fn narrow_result(expr: &mut Expr) {
    match expr {
        Expr::Nested(inner) => narrow_result(inner),
        Expr::Case { conditions, else_result, .. } => {
            conditions.iter_mut().for_each(|branch| narrow_result(&mut branch.result));
            if let Some(otherwise) = else_result {
                narrow_result(otherwise);
            }
        }
        // The first branch of a CASE beside the others.
        Expr::Function(function) if is_common(function) => {
            if let FunctionArguments::List(list) = &mut function.args {
                narrow_results(&mut list.args);
            }
        }
        _ => super::names::narrow_integer(expr),
    }
}

fn is_common(function: &Function) -> bool {
    matches!(function.name.0.as_slice(), [ast::ObjectNamePart::Identifier(name)] if name.value == untyped::COMMON)
}
