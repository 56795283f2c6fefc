//! A query of a statement: its syntax tree, the relations it names, and what is refused before names mean anything.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

use sqlparser::ast::{self, SetExpr, TableFactor, Visit, Visitor};

use crate::PlanError;

/// One query. The tree is never printed back to text.
#[derive(Debug, Clone)]
pub struct Query {
    ast: Arc<ast::Query>,
    /// Relations that are neither CTEs nor functions: (schema, name), folded.
    relations: BTreeSet<(Option<String>, String)>,
    /// It matches regular expressions.
    patterns: bool,
    /// It has few tokens.
    short: bool,
    /// What its tree, or a plan of it, takes.
    weight: u32,
}

/// Bytes of a token and of a letter of a constant in what is kept of a statement, about.
const TOKEN_BYTES: usize = 512;
const LETTER_BYTES: usize = 4;
/// What is kept of a statement weighs this at least: so many times this are all that is kept.
pub(crate) const WEIGHT_MIN: u32 = 128 << 10;

impl Query {
    /// Checks a query that was parsed from so many tokens.
    ///
    /// # Errors
    /// [`PlanError::ReadOnly`] for SELECT INTO, row locks and writing CTEs.
    pub(crate) fn new(mut ast: Box<ast::Query>, tokens: usize) -> Result<Query, PlanError> {
        if let ControlFlow::Break(error) = ast::visit_expressions_mut(&mut ast, plain_operator) {
            return Err(error);
        }
        let mut survey = Survey { relations: BTreeSet::new(), ctes: BTreeSet::new(), patterns: false, letters: 0 };
        if let ControlFlow::Break(error) = ast.visit(&mut survey) {
            return Err(error);
        }
        crate::effort::check(&ast)?;
        let ctes = survey.ctes;
        let relations =
            survey.relations.into_iter().filter(|(schema, name)| schema.is_some() || !ctes.contains(name)).collect();
        let short = tokens <= crate::SHORT_TOKENS;
        let weight = tokens.saturating_mul(TOKEN_BYTES).saturating_add(survey.letters.saturating_mul(LETTER_BYTES));
        let weight = u32::try_from(weight).unwrap_or(u32::MAX).max(WEIGHT_MIN);
        Ok(Query { ast: Arc::from(ast), relations, patterns: survey.patterns, short, weight })
    }

    /// The syntax tree, for the system relations' evaluator.
    pub fn ast(&self) -> &ast::Query {
        &self.ast
    }

    /// The tree, shared.
    pub(crate) fn shared_ast(&self) -> &Arc<ast::Query> {
        &self.ast
    }

    /// The same query with constants of its conditions written otherwise; the relations stay the same.
    pub(crate) fn with_ast(&self, ast: Arc<ast::Query>) -> Query {
        Query {
            ast,
            relations: self.relations.clone(),
            patterns: self.patterns,
            short: self.short,
            weight: self.weight,
        }
    }

    /// Bytes of what is kept of it, about.
    pub(crate) fn weight(&self) -> u32 {
        self.weight
    }

    /// Whether it was written in few words: no tree of it is deep.
    pub(crate) fn is_short(&self) -> bool {
        self.short
    }

    /// The query with its one value in a type.
    ///
    /// # Errors
    /// [`PlanError::Unsupported`] for a type that no cast names.
    pub fn in_type(&self, sql_type: &sluice_base::SqlType) -> Result<Query, PlanError> {
        let mut ast = ast::Query::clone(&self.ast);
        let data_type = crate::resolve::spelled(sql_type)?;
        if let SetExpr::Select(select) = ast.body.as_mut()
            && let [ast::SelectItem::UnnamedExpr(value)] = select.projection.as_mut_slice()
        {
            let expr = Box::new(ast::Expr::Nested(Box::new(value.clone())));
            *value = ast::Expr::Cast { kind: ast::CastKind::Cast, expr, data_type, array: false, format: None };
        }
        Ok(self.with_ast(Arc::new(ast)))
    }

    /// The calls of functions of the session: who stands around it answers them.
    pub fn session_calls(&self) -> Vec<crate::SessionCall> {
        crate::resolve::session_calls(&self.ast)
    }

    /// True where the query names any relation at all.
    pub fn has_relations(&self) -> bool {
        !self.relations.is_empty()
    }

    /// True where the query names a relation, in whatever schema.
    pub fn names(&self, relation: &str) -> bool {
        self.relations.iter().any(|(_, name)| name == relation)
    }

    /// True where the query names no relation and matches regular expressions: here they are PostgreSQL's in full.
    pub fn matches_alone(&self) -> bool {
        self.patterns && self.relations.is_empty()
    }

    /// True where every relation named belongs to `pg_catalog`, `information_schema` or `sluice` (or none is named).
    pub fn system_only(&self) -> bool {
        self.relations.iter().all(|(schema, name)| is_system(schema.as_deref(), name))
    }

    /// True where the query mixes system relations with others, which is refused.
    pub(crate) fn mixes_system(&self) -> bool {
        self.relations.iter().any(|(schema, name)| is_system(schema.as_deref(), name))
    }
}

/// `OPERATOR(pg_catalog.=)` is `=`, with the operands that the parser gave it: clients that trust no search path write so
/// (postgres_fdw, PyGreSQL). Other schemas have no operators.
fn plain_operator(expr: &mut ast::Expr) -> ControlFlow<PlanError> {
    let (ast::Expr::BinaryOp { op, .. }
    | ast::Expr::AnyOp { compare_op: op, .. }
    | ast::Expr::AllOp { compare_op: op, .. }) = expr
    else {
        return ControlFlow::Continue(());
    };
    let ast::BinaryOperator::PGCustomBinaryOperator(parts) = &*op else { return ControlFlow::Continue(()) };
    match parts.as_slice() {
        [name] => *op = named_operator(name).unwrap_or_else(|| op.clone()),
        [schema, name] if schema.eq_ignore_ascii_case("pg_catalog") => {
            *op = named_operator(name).unwrap_or_else(|| op.clone());
        }
        _ => return ControlFlow::Break(PlanError::UndefinedOperator(parts.join("."))),
    }
    ControlFlow::Continue(())
}

fn named_operator(name: &str) -> Option<ast::BinaryOperator> {
    use ast::BinaryOperator as B;
    Some(match name {
        "=" => B::Eq,
        "<>" | "!=" => B::NotEq,
        "<" => B::Lt,
        "<=" => B::LtEq,
        ">" => B::Gt,
        ">=" => B::GtEq,
        "+" => B::Plus,
        "-" => B::Minus,
        "*" => B::Multiply,
        "/" => B::Divide,
        "%" => B::Modulo,
        "^" => B::PGExp,
        "||" => B::StringConcat,
        "~" => B::PGRegexMatch,
        "~*" => B::PGRegexIMatch,
        "!~" => B::PGRegexNotMatch,
        "!~*" => B::PGRegexNotIMatch,
        "~~" => B::PGLikeMatch,
        "~~*" => B::PGILikeMatch,
        "!~~" => B::PGNotLikeMatch,
        "!~~*" => B::PGNotILikeMatch,
        "^@" => B::PGStartsWith,
        "->" => B::Arrow,
        "->>" => B::LongArrow,
        "#>" => B::HashArrow,
        "#>>" => B::HashLongArrow,
        "@>" => B::AtArrow,
        "<@" => B::ArrowAt,
        "&&" => B::PGOverlap,
        "&" => B::BitwiseAnd,
        "|" => B::BitwiseOr,
        "#" => B::PGBitwiseXor,
        "<<" => B::PGBitwiseShiftLeft,
        ">>" => B::PGBitwiseShiftRight,
        _ => return None,
    })
}

fn is_system(schema: Option<&str>, name: &str) -> bool {
    match schema {
        Some(schema) => matches!(schema, "pg_catalog" | "information_schema" | "sluice"),
        None => name.starts_with("pg_"),
    }
}

/// Folds a name as PostgreSQL does: ASCII letters of unquoted names to lower case.
pub(crate) fn fold(ident: &ast::Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_ascii_lowercase() }
}

/// The identifiers of an object name, folded; anything else in it is refused.
pub(crate) fn fold_name(name: &ast::ObjectName) -> Result<Vec<String>, PlanError> {
    name.0
        .iter()
        .map(|part| part.as_ident().map(fold).ok_or_else(|| PlanError::Unsupported("this form of a name".into())))
        .collect()
}

/// Words that PostgreSQL reserves and the parser would take for the name of a table
/// (PostgreSQL documentation, appendix C, "SQL Key Words").
const RESERVED: &[&str] = &["where", "group", "order", "having", "limit", "union", "on", "using", "and", "or", "not"];

struct Survey {
    relations: BTreeSet<(Option<String>, String)>,
    ctes: BTreeSet<String>,
    patterns: bool,
    /// Bytes of constants.
    letters: usize,
}

impl Visitor for Survey {
    type Break = PlanError;

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<PlanError> {
        if !query.locks.is_empty() {
            return ControlFlow::Break(PlanError::ReadOnly("SELECT FOR UPDATE".into()));
        }
        if let Some(with) = &query.with {
            // A definition that reads a relation of its own name means the relation, unless it is recursive.
            let hides = |cte: &&ast::Cte| with.recursive || !reads(&cte.query, &fold(&cte.alias.name));
            self.ctes.extend(with.cte_tables.iter().filter(hides).map(|cte| fold(&cte.alias.name)));
        }
        check_body(&query.body)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<PlanError> {
        if let TableFactor::Table { name, args: None, .. } = factor {
            if let [ast::ObjectNamePart::Identifier(ident)] = name.0.as_slice()
                && ident.quote_style.is_none()
                && RESERVED.iter().any(|word| ident.value.eq_ignore_ascii_case(word))
            {
                let message = format!("syntax error at or near \"{}\"", ident.value);
                return ControlFlow::Break(PlanError::Syntax { message, position: None });
            }
            let mut parts = match fold_name(name) {
                Ok(parts) => parts,
                Err(error) => return ControlFlow::Break(error),
            };
            let table = parts.pop().unwrap_or_default();
            self.relations.insert((parts.pop(), table));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ast::ValueWithSpan) -> ControlFlow<PlanError> {
        let letters = match &value.value {
            ast::Value::Number(text, _) => text.len(),
            ast::Value::DollarQuotedString(text) => text.value.len(),
            other => other.clone().into_string().map_or(0, |text| text.len()),
        };
        self.letters = self.letters.saturating_add(letters);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<PlanError> {
        use ast::BinaryOperator as B;
        self.patterns |= match expr {
            ast::Expr::BinaryOp { op, .. } => {
                matches!(op, B::PGRegexMatch | B::PGRegexIMatch | B::PGRegexNotMatch | B::PGRegexNotIMatch)
            }
            ast::Expr::Function(function) => fold_name(&function.name)
                .is_ok_and(|parts| parts.last().is_some_and(|name| name.starts_with("regexp_"))),
            _ => false,
        };
        ControlFlow::Continue(())
    }

    fn pre_visit_statement(&mut self, _: &ast::Statement) -> ControlFlow<PlanError> {
        ControlFlow::Break(PlanError::ReadOnly("a data-modifying statement".into()))
    }
}

/// Where a walk over expressions is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Before what is inside of one.
    In,
    /// Behind it.
    Out,
}

/// Walks over the expressions of one query; those of its subqueries are left out.
pub(crate) fn own_expressions<T: Visit>(part: &T, step: impl FnMut(&ast::Expr, Step)) {
    struct Own<F> {
        step: F,
        queries: usize,
    }

    impl<F: FnMut(&ast::Expr, Step)> Own<F> {
        fn take(&mut self, expr: &ast::Expr, step: Step) -> ControlFlow<()> {
            if self.queries == 0 {
                (self.step)(expr, step);
            }
            ControlFlow::Continue(())
        }
    }

    impl<F: FnMut(&ast::Expr, Step)> Visitor for Own<F> {
        type Break = ();

        fn pre_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
            self.queries += 1;
            ControlFlow::Continue(())
        }

        fn post_visit_query(&mut self, _: &ast::Query) -> ControlFlow<()> {
            self.queries -= 1;
            ControlFlow::Continue(())
        }

        fn pre_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
            self.take(expr, Step::In)
        }

        fn post_visit_expr(&mut self, expr: &ast::Expr) -> ControlFlow<()> {
            self.take(expr, Step::Out)
        }
    }

    // Nothing breaks the walk off.
    let _: ControlFlow<()> = part.visit(&mut Own { step, queries: 0 });
}

/// Whether a query names this relation, without a schema.
pub(crate) fn reads(query: &ast::Query, name: &str) -> bool {
    ast::visit_relations(query, |relation| match fold_name(relation) {
        Ok(parts) if parts.len() == 1 && parts[0] == name => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

fn check_body(body: &SetExpr) -> ControlFlow<PlanError> {
    match body {
        SetExpr::Select(select) if select.into.is_some() => {
            ControlFlow::Break(PlanError::ReadOnly("SELECT INTO".into()))
        }
        SetExpr::Insert(_) => ControlFlow::Break(PlanError::ReadOnly("INSERT".into())),
        SetExpr::Update(_) => ControlFlow::Break(PlanError::ReadOnly("UPDATE".into())),
        SetExpr::Delete(_) => ControlFlow::Break(PlanError::ReadOnly("DELETE".into())),
        SetExpr::Merge(_) => ControlFlow::Break(PlanError::ReadOnly("MERGE".into())),
        SetExpr::SetOperation { left, right, .. } => {
            check_body(left)?;
            check_body(right)
        }
        // An inner query is visited on its own.
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::Values(_) | SetExpr::Table(_) => ControlFlow::Continue(()),
    }
}
