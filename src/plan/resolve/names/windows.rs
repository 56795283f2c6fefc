//! Named windows: what one takes over from another is written out, as the planner takes the last one alone.
//!
//! Source of the rules: PostgreSQL documentation, SELECT, "WINDOW Clause".

use std::ops::ControlFlow;

use sqlparser::ast::{
    self, NamedWindowDefinition, NamedWindowExpr, SelectItem, VisitMut, VisitorMut, WindowSpec, WindowType,
};

use crate::PlanError;
use crate::query::fold;
use crate::resolve::frames;

/// Writes out the windows that are built on an earlier one.
pub(super) fn inherited_windows(windows: &mut [NamedWindowDefinition]) -> Result<(), PlanError> {
    for at in 0..windows.len() {
        let (known, rest) = windows.split_at_mut(at);
        let Some(window) = rest.first_mut() else { break };
        let name = fold(&window.0);
        if known.iter().any(|other| fold(&other.0) == name) {
            return Err(PlanError::Window(format!("window \"{name}\" is already defined")));
        }
        match &mut window.1 {
            NamedWindowExpr::NamedWindow(base) => {
                let base = found(known, base)?.clone();
                window.1 = NamedWindowExpr::WindowSpec(base);
            }
            NamedWindowExpr::WindowSpec(spec) => extend(spec, known)?,
        }
    }
    Ok(())
}

/// Writes out the windows of calls that are built on a named one.
pub(super) fn extended_windows(items: &mut [SelectItem], windows: &[NamedWindowDefinition]) -> Result<(), PlanError> {
    let mut calls = Calls { windows, depth: 0 };
    for item in items {
        if let ControlFlow::Break(error) = item.visit(&mut calls) {
            return Err(error);
        }
    }
    Ok(())
}

struct Calls<'a> {
    windows: &'a [NamedWindowDefinition],
    /// Subqueries around the place: each has windows of its own.
    depth: usize,
}

impl VisitorMut for Calls<'_> {
    type Break = PlanError;

    fn pre_visit_query(&mut self, _: &mut ast::Query) -> ControlFlow<PlanError> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut ast::Query) -> ControlFlow<PlanError> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut ast::Expr) -> ControlFlow<PlanError> {
        let ast::Expr::Function(function) = expr else { return ControlFlow::Continue(()) };
        let outcome = match &mut function.over {
            _ if self.depth > 0 => Ok(()),
            Some(WindowType::WindowSpec(spec)) if spec.window_name.is_some() => extend(spec, self.windows),
            Some(WindowType::NamedWindow(name)) => found(self.windows, name).map(|_| ()),
            _ => Ok(()),
        };
        match outcome {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => ControlFlow::Break(error),
        }
    }
}

fn found<'w>(windows: &'w [NamedWindowDefinition], name: &ast::Ident) -> Result<&'w WindowSpec, PlanError> {
    let name = fold(name);
    let window = windows.iter().find(|window| fold(&window.0) == name);
    match window.map(|window| &window.1) {
        Some(NamedWindowExpr::WindowSpec(spec)) if frames::is_marked(spec) => {
            Err(PlanError::Unsupported("EXCLUDE behind a frame of this form".into()))
        }
        Some(NamedWindowExpr::WindowSpec(spec)) => Ok(spec),
        _ => Err(PlanError::UndefinedWindow(name)),
    }
}

/// The partition is that of the base, the order that of the one side that has it.
fn extend(spec: &mut WindowSpec, windows: &[NamedWindowDefinition]) -> Result<(), PlanError> {
    let Some(name) = spec.window_name.take() else { return Ok(()) };
    let base = found(windows, &name)?;
    let name = fold(&name);
    let refused = |what: &str| Err(PlanError::Window(format!("cannot {what} window \"{name}\"")));
    if !spec.partition_by.is_empty() {
        return refused("override PARTITION BY clause of");
    }
    if !spec.order_by.is_empty() && !base.order_by.is_empty() {
        return refused("override ORDER BY clause of");
    }
    if base.window_frame.is_some() {
        return refused("copy, because it has a frame clause,");
    }
    spec.partition_by = base.partition_by.clone();
    if spec.order_by.is_empty() {
        spec.order_by = base.order_by.clone();
    }
    Ok(())
}
