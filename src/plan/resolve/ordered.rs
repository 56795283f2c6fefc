//! Ordered-set aggregates: `percentile_cont`, `percentile_disc` and `mode` become functions of the array of a group's
//! values, which sort it themselves.

use sluice_base::SqlType;
use sqlparser::ast::{self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::names::{Resolver, boolean, call};
use crate::PlanError;
use crate::numeric::{CONTINUOUS, DISCRETE, MODE};

impl Resolver<'_> {
    /// Rewrites and resolves a call of one of the three.
    pub(super) fn ordered_set(&mut self, expr: &mut Expr, name: &str) -> Result<(), PlanError> {
        let Expr::Function(function) = expr else { return Err(PlanError::Internal("no call".into())) };
        if function.over.is_some() {
            return Err(PlanError::Unsupported(format!("OVER for ordered-set aggregate {name}")));
        }
        let [order] = function.within_group.as_slice() else {
            return Err(PlanError::WrongKind(format!("WITHIN GROUP is required for ordered-set aggregate {name}")));
        };
        if let Some(all) = each_fraction(function, name) {
            *expr = all;
            return self.expr(expr);
        }
        let descending = order.options.asc == Some(false);
        let (value, arguments) = (order.expr.clone(), direct_arguments(function, name)?);
        super::functions::refuse_calls_inside(&value)?;
        let (hidden, fraction) = match (name, arguments.as_slice()) {
            ("mode", []) => (MODE, None),
            ("percentile_cont", [fraction]) => (CONTINUOUS, Some(fraction.clone())),
            ("percentile_disc", [fraction]) => (DISCRETE, Some(fraction.clone())),
            _ => return Err(PlanError::UndefinedFunction(self.signature(name, function))),
        };
        if let Some(fraction) = &fraction {
            self.check_fraction(name, fraction)?;
        }
        let declared = self.declared(&value);
        if declared == Some(SqlType::Interval) {
            return Err(PlanError::Unsupported(format!("{name} over intervals")));
        }
        let value = if hidden == CONTINUOUS { as_double(value) } else { value };
        let mut items = call("array_agg", vec![value]);
        if let Expr::Function(items) = &mut items {
            items.filter = function.filter.take();
        }
        self.expr(&mut items)?;
        let mut arguments = vec![items];
        if let Some(fraction) = fraction {
            let mut fraction = as_double(fraction);
            self.expr(&mut fraction)?;
            arguments.push(fraction);
        }
        arguments.push(boolean(descending));
        *expr = call(hidden, arguments);
        Ok(())
    }

    fn check_fraction(&self, name: &str, fraction: &Expr) -> Result<(), PlanError> {
        match (fraction, self.declared(fraction)) {
            (Expr::Array(_), _) | (_, Some(SqlType::Array(_))) => {
                Err(PlanError::Unsupported(format!("{name} of an array of fractions")))
            }
            _ => Ok(()),
        }
    }
}

fn direct_arguments(function: &Function, name: &str) -> Result<Vec<Expr>, PlanError> {
    let refused = || PlanError::Unsupported(format!("this form of {name}"));
    let FunctionArguments::List(list) = &function.args else { return Err(refused()) };
    if list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return Err(refused());
    }
    let one = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr.clone()),
        _ => Err(refused()),
    };
    list.args.iter().map(one).collect()
}

fn as_double(expr: Expr) -> Expr {
    let data_type = ast::DataType::DoublePrecision;
    Expr::Cast { kind: ast::CastKind::Cast, expr: Box::new(expr), data_type, array: false, format: None }
}

/// `percentile_cont(ARRAY[a, b])` as an array of one call for each; without values it is NULL.
fn each_fraction(function: &ast::Function, name: &str) -> Option<Expr> {
    let ast::FunctionArguments::List(list) = &function.args else { return None };
    let [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(Expr::Array(fractions)))] = list.args.as_slice() else {
        return None;
    };
    let of = |fraction: &Expr| {
        let ast::Expr::Function(call) = call(name, vec![fraction.clone()]) else { return fraction.clone() };
        Expr::Function(ast::Function { args: call.args, ..function.clone() })
    };
    let calls: Vec<Expr> = fractions.elem.iter().map(of).collect();
    let first = calls.first()?.clone();
    let all = Expr::Array(ast::Array { elem: calls, named: true });
    Some(super::names::when(Expr::IsNull(Box::new(first)), super::names::null(), all))
}
