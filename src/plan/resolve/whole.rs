//! Whole rows of a relation: tested for NULL, counted, asked for a field. As json they are in [`super::documents`]; as any
//! other value they are refused there.

use sqlparser::ast::{self, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::comparisons::{is_row, row_items};
use super::names::{Relation, Resolver, balanced, qualified};
use crate::PlanError;
use crate::query::fold;

/// `f(t.*)` is `f(t)`.
pub(super) fn named_by_star(function: &mut Function) -> Result<(), PlanError> {
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    for arg in &mut list.args {
        if let FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) = arg {
            let [ast::ObjectNamePart::Identifier(relation)] = name.0.as_slice() else {
                return Err(PlanError::Unsupported("this form of an argument".into()));
            };
            *arg = FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(relation.clone())));
        }
    }
    Ok(())
}

/// `ROW(a, b)` among the arguments is `(a, b)`.
pub(super) fn tuples(function: &mut Function) -> Result<(), PlanError> {
    let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
    for arg in &mut list.args {
        if let FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) = arg
            && matches!(expr, Expr::Function(_))
            && is_row(expr)
        {
            let row = std::mem::replace(expr, super::names::null());
            *expr = Expr::Tuple(row_items(row)?);
        }
    }
    Ok(())
}

fn unwrapped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Nested(inner) => unwrapped(inner),
        other => other,
    }
}

impl Resolver<'_> {
    /// The relation that a bare name means as a row, and whether an outer join may leave it out.
    pub(super) fn row_relation(&self, expr: &Expr) -> Result<Option<(&Relation, bool)>, PlanError> {
        let Expr::Identifier(ident) = expr else { return Ok(None) };
        let name = fold(ident);
        if self.find_unqualified(&name)?.is_some() {
            return Ok(None);
        }
        let found = self.scopes.iter().rev().find_map(|scope| {
            let relation = scope.relations.iter().find(|relation| relation.name == name)?;
            Some((relation, scope.outer_joined))
        });
        Ok(found)
    }

    /// A field that no row of the relation leaves NULL, where the catalog names one and the asker sees it as it is.
    pub(super) fn present(&self, relation: &Relation) -> Option<Expr> {
        let found = relation.entity?;
        let entity = &self.asker.snapshot.catalog.entities[found.entity];
        let decision = self.decided(found.entity)?;
        entity.key.iter().find_map(|index| {
            let of_field = &decision.fields[*index];
            let plain = of_field.visible
                && of_field.mask.is_none()
                && of_field.lighter.is_none()
                && of_field.covered_where.is_none()
                && of_field.aggregate_only.is_none();
            let name = entity.fields[*index].listed_name(found.naming);
            (plain && relation.columns.iter().any(|column| column == name)).then(|| qualified(&relation.name, name))
        })
    }

    /// `count(t)`: rows of the relation, those aside that an outer join left out.
    pub(super) fn count_rows(&self, function: &mut Function) -> Result<(), PlanError> {
        let FunctionArguments::List(list) = &mut function.args else { return Ok(()) };
        if list.duplicate_treatment.is_some() {
            return Ok(());
        }
        let [FunctionArg::Unnamed(arg)] = list.args.as_mut_slice() else { return Ok(()) };
        let FunctionArgExpr::Expr(expr) = &*arg else { return Ok(()) };
        let Some((relation, outer)) = self.row_relation(expr)? else { return Ok(()) };
        *arg = if outer {
            let key = self.present(relation);
            FunctionArgExpr::Expr(key.ok_or_else(|| {
                PlanError::Unsupported(
                    "the count of a whole row beside an outer join, where its key is not seen".into(),
                )
            })?)
        } else {
            FunctionArgExpr::Wildcard
        };
        Ok(())
    }

    /// Whether what is tested for NULL is a row.
    pub(super) fn is_row_test(&self, expr: &Expr) -> Result<bool, PlanError> {
        let (Expr::IsNull(row) | Expr::IsNotNull(row)) = expr else { return Ok(false) };
        Ok(is_row(row) || self.row_relation(unwrapped(row))?.is_some())
    }

    /// `t IS NULL` and `(a, b) IS NULL`: each field is; `IS NOT NULL`: none is.
    pub(super) fn row_test(&self, expr: &Expr) -> Result<Option<Expr>, PlanError> {
        let (row, negated) = match expr {
            Expr::IsNull(row) => (&**row, false),
            Expr::IsNotNull(row) => (&**row, true),
            _ => return Ok(None),
        };
        let row = unwrapped(row);
        let fields: Vec<Expr> = if is_row(row) {
            row_items(row.clone())?.into_iter().map(|item| Expr::Nested(Box::new(item))).collect()
        } else {
            match self.row_relation(row)? {
                Some((relation, _)) => {
                    relation.columns.iter().map(|column| qualified(&relation.name, column)).collect()
                }
                None => return Ok(None),
            }
        };
        let test = |field: Expr| {
            let field = Box::new(field);
            if negated { Expr::IsNotNull(field) } else { Expr::IsNull(field) }
        };
        let all = balanced(fields.into_iter().map(test).collect(), ast::BinaryOperator::And, true);
        Ok(Some(Expr::Nested(Box::new(all))))
    }
}
