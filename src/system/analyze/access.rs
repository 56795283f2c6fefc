//! Subscripts, slices and fields: `conkey[1]`, `(current_schemas(true))[1]`, `(keys).x`.

use sluice_base::SqlType;
use sqlparser::ast::{AccessExpr, Expr as Ast, Ident, Subscript};

use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::plan::Expr;
use crate::typing::{element_type, fold};

impl Analyzer<'_> {
    pub(super) fn access(&mut self, root: &Ast, chain: &[AccessExpr]) -> Result<Typed> {
        // Names in front of the first subscript are one qualified name.
        let mut names: Vec<&Ident> = Vec::new();
        let mut rest = chain;
        match root {
            Ast::Identifier(ident) => names.push(ident),
            Ast::CompoundIdentifier(parts) => names.extend(parts),
            _ => {}
        }
        if !names.is_empty() {
            while let [AccessExpr::Dot(Ast::Identifier(ident)), tail @ ..] = rest {
                names.push(ident);
                rest = tail;
            }
        }
        let parts: Vec<String> = names.iter().map(|ident| fold(ident)).collect();
        let mut typed = match parts.as_slice() {
            [] => self.expr(root)?,
            [name] => self.bare_column(name)?,
            parts => self.qualified_column(parts)?,
        };
        for step in rest {
            typed = match step {
                AccessExpr::Dot(Ast::Identifier(ident)) => field(typed, &fold(ident))?,
                AccessExpr::Dot(_) => return Err(SystemError::Unsupported("a computed field name".into())),
                AccessExpr::Subscript(subscript) => self.subscript(typed, subscript)?,
            };
        }
        Ok(typed)
    }

    fn bound(&mut self, bound: &Ast) -> Result<Box<Expr>> {
        let typed = self.expr(bound)?;
        // As in an assignment: a bigint will do where its value does.
        let typed = if typed.ty.sql == SqlType::Int8 { self.cast_to(typed, &SqlType::Int4)? } else { typed };
        Ok(Box::new(self.coerce_implicitly(typed, &SqlType::Int4, "array subscript")?))
    }

    fn subscript(&mut self, typed: Typed, subscript: &Subscript) -> Result<Typed> {
        let item = match &typed.ty.sql {
            SqlType::Name => Some(SqlType::Char),
            other => element_type(other),
        };
        let Some(item) = item else {
            let message = format!("cannot subscript type {}", typed.ty.sql.sql_name());
            return Err(SystemError::DatatypeMismatch(message));
        };
        match subscript {
            Subscript::Index { index } => {
                let index = self.bound(index)?;
                Ok(Typed::new(Expr::Subscript { arg: Box::new(typed.expr), index }, item))
            }
            Subscript::Slice { lower_bound, upper_bound, stride: None } => {
                let from = lower_bound.as_ref().map(|bound| self.bound(bound)).transpose()?;
                let to = upper_bound.as_ref().map(|bound| self.bound(bound)).transpose()?;
                let ty = crate::typing::array_of(&item);
                Ok(Typed::new(Expr::Slice { arg: Box::new(typed.expr), from, to }, ty))
            }
            Subscript::Slice { .. } => Err(SystemError::Unsupported("a slice with a stride".into())),
        }
    }
}

fn field(typed: Typed, name: &str) -> Result<Typed> {
    let undefined = || SystemError::UndefinedColumn(name.to_string());
    let fields = typed.ty.fields.ok_or_else(undefined)?;
    let place = fields.iter().position(|(known, _)| known == name).ok_or_else(undefined)?;
    let (_, sql_type) = fields.get(place).ok_or_else(undefined)?;
    Ok(Typed::new(Expr::Field { arg: Box::new(typed.expr), place }, sql_type.clone()))
}
