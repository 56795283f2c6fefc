//! Function calls: which function, and whether one may stand here.

use sluice_base::SqlType;
use sqlparser::ast::{self, Function, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::functions::{Chosen, aggregate_kind, call_text, choose, set_function};
use crate::plan::{Comparison, Expr, ExtraKind, SetPlan, SubqueryUse};
use crate::typing::{array_of, name_parts};
use crate::value::Value;

/// Functions that read the server's files or act on all of it: PostgreSQL lets superusers call them.
const WITHHELD: [&str; 15] = [
    "pg_current_logfile",
    "pg_hba_file_rules",
    "pg_ident_file_mappings",
    "pg_ls_archive_statusdir",
    "pg_ls_dir",
    "pg_ls_logdir",
    "pg_ls_tmpdir",
    "pg_ls_waldir",
    "pg_read_binary_file",
    "pg_read_file",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_show_all_file_settings",
    "pg_stat_file",
    "pg_switch_wal",
];

/// Schema (where one is told) and name of a function that may exist.
pub(super) fn function_name(name: &ast::ObjectName) -> Result<(Option<String>, String)> {
    let mut parts = name_parts(name)?;
    let unknown = |parts: &[String]| SystemError::UndefinedFunction(format!("{}()", parts.join(".")));
    match parts.as_slice() {
        [_] => Ok((None, parts.remove(0))),
        [schema, _] if schema == "pg_catalog" || schema == "information_schema" => {
            let name = parts.remove(1);
            Ok((Some(parts.remove(0)), name))
        }
        _ => Err(unknown(&parts)),
    }
}

/// An argument as it is written.
#[derive(Clone, Copy)]
pub(super) enum Written<'a> {
    Expr(&'a ast::Expr),
    /// `t.*`: the row.
    Row(&'a ast::ObjectName),
    /// `*`
    All,
}

/// Arguments by their places.
pub(super) fn plain_arguments(args: &[FunctionArg]) -> Result<Vec<Written<'_>>> {
    args.iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(Written::Expr(expr)),
            FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => Ok(Written::Row(name)),
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => Ok(Written::All),
            _ => Err(SystemError::Unsupported("a named argument".into())),
        })
        .collect()
}

/// The fields of a row, one by one.
fn fields_of(row: &Typed) -> Vec<Typed> {
    let fields = row.ty.fields.iter().flat_map(|fields| fields.iter()).enumerate();
    fields
        .map(|(place, (_, sql_type))| {
            Typed::new(Expr::Field { arg: Box::new(row.expr.clone()), place }, sql_type.clone())
        })
        .collect()
}

/// `_pg_truetypid(pg_attribute, pg_type)` and its kin: what a column's domain stands for, else what it says itself.
fn of_column(name: &str, args: &[Typed]) -> Option<Typed> {
    let (of_type, of_attribute) = match name {
        "_pg_truetypid" => ("typbasetype", "atttypid"),
        "_pg_truetypmod" => ("typtypmod", "atttypmod"),
        _ => return None,
    };
    let [attribute, described] = args else { return None };
    let field = |row: &Typed, name: &str| {
        let place = row.ty.fields.as_ref()?.iter().position(|(known, _)| known == name)?;
        fields_of(row).into_iter().nth(place)
    };
    let own = field(attribute, of_attribute)?;
    let domain = Expr::Compare {
        op: Comparison::Eq,
        left: Box::new(field(described, "typtype")?.expr),
        right: Box::new(Expr::Const("d".into())),
    };
    let whens = vec![(domain, field(described, of_type)?.expr)];
    Some(Typed::new(Expr::Case { operand: None, whens, otherwise: Box::new(own.expr) }, own.ty))
}

impl Analyzer<'_> {
    /// A call of any kind in an expression.
    pub(super) fn call(&mut self, function: &Function) -> Result<Typed> {
        let (schema, name) = function_name(&function.name)?;
        if !function.within_group.is_empty() || function.null_treatment.is_some() {
            return Err(SystemError::Unsupported(format!("this form of {name}()")));
        }
        let list = match &function.args {
            FunctionArguments::None => &[][..],
            FunctionArguments::List(list) => &list.args,
            FunctionArguments::Subquery(query) if schema.is_none() && name == "array" => {
                return self.array_subquery(query);
            }
            FunctionArguments::Subquery(_) => return Err(SystemError::Unsupported(format!("{name}(subquery)"))),
        };
        if function.over.is_some() {
            return self.window_call(&name, function);
        }
        if aggregate_kind(&name).is_some() {
            return self.aggregate_call(&name, function);
        }
        if function.filter.is_some() {
            return Err(SystemError::Misplaced(format!("FILTER specified, but {name} is not an aggregate function")));
        }
        let args = plain_arguments(list)?;
        if schema.is_none()
            && let Some(typed) = self.keyword_call(&name, &args)?
        {
            return Ok(typed);
        }
        let args = self.arguments(&args)?;
        let information = schema.as_deref() == Some("information_schema");
        let special = if information { of_column(&name, &args) } else { self.json_call(&name, &args)? };
        if let Some(typed) = special {
            return Ok(typed);
        }
        self.call_in(schema.as_deref(), &name, args)
    }

    pub(super) fn arguments(&mut self, args: &[Written]) -> Result<Vec<Typed>> {
        let mut typed = Vec::with_capacity(args.len());
        for arg in args {
            let arg = match arg {
                Written::Expr(arg) => self.expr(arg)?,
                Written::Row(name) => self.row_named(name)?,
                Written::All => return Err(SystemError::Syntax("* may only be the argument of count".into())),
            };
            // A parameter of type void stands for a result (`{? = call lower(?)}` of JDBC) and is no argument.
            if !(arg.ty.sql == SqlType::Void && matches!(arg.expr, Expr::Param(_))) {
                typed.push(arg);
            }
        }
        Ok(typed)
    }

    /// What looks like a function but is syntax.
    fn keyword_call(&mut self, name: &str, args: &[Written]) -> Result<Option<Typed>> {
        Ok(Some(match name {
            "coalesce" => {
                let args = self.arguments(args)?;
                let (args, ty) = self.unify(args, "COALESCE")?;
                Typed::new(Expr::Coalesce(args), ty)
            }
            "greatest" | "least" => {
                let args = self.arguments(args)?;
                let (args, ty) = self.unify(args, "GREATEST")?;
                Typed::new(Expr::Extreme { args, greatest: name == "greatest" }, ty)
            }
            "nullif" => {
                let [left, right] = <[Typed; 2]>::try_from(self.arguments(args)?)
                    .map_err(|_| SystemError::Syntax("NULLIF takes two arguments".into()))?;
                let left = if left.ty.is_unknown() && right.ty.is_unknown() { self.settled(left)? } else { left };
                let ty = if left.ty.is_unknown() { right.ty.clone() } else { left.ty.clone() };
                let (left, right) = self.meet_or_refuse(left, right, "=")?;
                Typed::new(Expr::NullIf(Box::new(left), Box::new(right)), ty)
            }
            "row" => {
                let mut items = Vec::with_capacity(args.len());
                for arg in args {
                    let typed = self.arguments(&[*arg])?;
                    match (arg, typed.as_slice()) {
                        // The fields of a row, not the row, are the fields of the new one.
                        (Written::Row(_), [row]) => items.extend(fields_of(row)),
                        _ => items.extend(typed),
                    }
                }
                self.record(items)?
            }
            "pg_typeof" => {
                let [arg] = <[Typed; 1]>::try_from(self.arguments(args)?)
                    .map_err(|_| SystemError::UndefinedFunction("pg_typeof".into()))?;
                Typed::new(Expr::Const(arg.ty.sql.oid().into()), SqlType::Regtype)
            }
            _ => return Ok(None),
        }))
    }

    fn array_subquery(&mut self, query: &ast::Query) -> Result<Typed> {
        let mut plan = self.query(query)?;
        self.settle(&mut plan)?;
        let [column] = plan.columns.as_slice() else {
            return Err(SystemError::Syntax("subquery must return only one column".into()));
        };
        let ty = array_of(&column.ty.sql);
        Ok(Typed::new(Expr::Subquery { plan: plan.into(), usage: SubqueryUse::Array }, ty))
    }

    /// A call with its arguments analysed, of a function in `pg_catalog`.
    pub(super) fn call_typed(&mut self, name: &str, args: Vec<Typed>) -> Result<Typed> {
        self.call_in(None, name, args)
    }

    fn call_in(&mut self, schema: Option<&str>, name: &str, args: Vec<Typed>) -> Result<Typed> {
        let given: Vec<SqlType> = args.iter().map(|arg| arg.ty.sql.clone()).collect();
        let small = |given: &[SqlType]| matches!(given, [SqlType::Int2 | SqlType::Int4 | SqlType::Int8]);
        if matches!(name, "round" | "floor" | "ceil" | "ceiling" | "trunc" | "sign") && small(&given) {
            // Of an integer these are double precision.
            return Err(SystemError::Unsupported(format!("{name} of an integer")));
        }
        if matches!(name, "date_part" | "date_trunc") && given.contains(&SqlType::Date) {
            // A date is no timestamp there: what is cut has a zone.
            return Err(SystemError::Unsupported(format!("{name} of a date")));
        }
        if matches!(name, "power" | "pow") && given.iter().any(|t| matches!(t, SqlType::Numeric(_))) {
            // Its digits are those of numeric.
            return Err(SystemError::Unsupported(format!("{name} of numeric")));
        }
        let merges = |t: &SqlType| matches!(t, SqlType::Jsonb | SqlType::Unknown);
        if name == "||" && given.contains(&SqlType::Jsonb) && given.iter().all(merges) {
            // These two would be merged, not written one after the other.
            return Err(SystemError::UndefinedOperator("jsonb || jsonb".into()));
        }
        if let Some(function) = set_function(schema, name, &given) {
            let args = self.coerced(args, &function.args)?;
            if !self.scope()?.allowed.sets {
                return Err(SystemError::Misplaced("set-returning functions are not allowed here".into()));
            }
            let ty = function.ty();
            let sets = &mut self.scope()?.sets;
            sets.push(SetPlan { function, args });
            return Ok(Typed::new(Expr::Extra(ExtraKind::Set, sets.len() - 1), ty));
        }
        let chosen = self.chosen(schema, name, &given)?;
        let args = self.coerced(args, &chosen.args)?;
        Ok(Typed::new(Expr::Call { function: chosen.overload, args }, chosen.result))
    }

    fn chosen(&mut self, schema: Option<&str>, name: &str, given: &[SqlType]) -> Result<Chosen> {
        let own = name.starts_with("_pg_");
        let right_schema = match schema {
            Some("information_schema") => own,
            _ => !own,
        };
        let found = if right_schema { choose(name, given)? } else { None };
        found.ok_or_else(|| {
            if schema != Some("information_schema") && WITHHELD.contains(&name) {
                return SystemError::WithheldFunction(name.to_string());
            }
            let operator = !name.starts_with(|c: char| c.is_alphanumeric() || c == '_');
            match (operator, given) {
                (true, [left, right]) => {
                    SystemError::UndefinedOperator(format!("{} {name} {}", left.sql_name(), right.sql_name()))
                }
                _ => SystemError::UndefinedFunction(call_text(name, given)),
            }
        })
    }

    /// Casts arguments to what a function takes; any type becomes text where the function prints it.
    pub(super) fn coerced(&mut self, args: Vec<Typed>, types: &[SqlType]) -> Result<Vec<Expr>> {
        args.into_iter()
            .zip(types)
            .map(|(arg, to)| {
                if matches!(arg.expr, Expr::Const(Value::Null)) {
                    return Ok(arg.expr);
                }
                self.coerce(arg, to)
            })
            .collect()
    }
}
