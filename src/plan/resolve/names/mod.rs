//! Scope by scope through the syntax tree: relations to placeholder scans, names of fields (id or label) to the one
//! name their scan lists, wildcards to columns, unnamed items to PostgreSQL's names.
//!
//! Invariant: a form of query that is not matched here by name is refused; nothing is passed on unseen.

mod counted;
mod from;
mod hidden;
mod keyed;
mod marked;
mod order;
mod put_together;
mod recursive;
mod scope;
mod select;
mod sets;
mod terms;
mod tree;
mod values;
mod windows;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use sluice_base::{Datum, SqlType};
use sluice_model::Decision;
use sluice_model::catalog::Catalog;
use sqlparser::ast::{self, SelectItem, SetExpr};

use super::Asker;
use super::declared;
use super::expressions::literal_text;
use super::json::{self, by_key, refuse_equality};
use super::literals::literal_of;
use super::output::shown_name;
use super::series::Series;
use crate::PlanError;
use crate::query::fold;
pub(super) use marked::wrapped;
pub(super) use scope::Relation;
use scope::Scope;
pub(super) use select::narrow_integer;
pub(super) use sets::is_set_function;
pub(crate) use tree::one;
pub(super) use tree::{balanced, binary, boolean, call, null, object_name, qualified, quoted, when};
use tree::{quote_columns, rename};

/// The common table expressions in sight.
type Ctes = HashMap<String, Columns>;

/// Columns of a result, side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// Names for the engine, unique.
    pub(super) unique: Vec<String>,
    /// Names for the client.
    pub(super) shown: Vec<String>,
    /// Types, where the text alone tells them.
    pub(super) types: Vec<Option<SqlType>>,
    /// The name of a recursive query for the engine.
    engine: Option<String>,
    /// How many relations are read where a WITH query of these columns is.
    reads: usize,
}

/// Relations that a statement may read, each WITH query as often as it is named: the work of planning grows with them,
/// and thirty queries that each read the one before twice would be a thousand million.
const RELATIONS_MAX: usize = 1_000;
/// What a FROM counts with expressions beside it that read more.
const COPIES: usize = 5;

/// State of one statement's resolution.
pub(super) struct Resolver<'a> {
    pub(super) asker: &'a Asker<'a>,
    decisions: BTreeMap<usize, Option<Arc<Decision>>>,
    ctes: Vec<Ctes>,
    /// Scopes from the outermost query inwards.
    pub(super) scopes: Vec<Scope>,
    /// Parameter values, where the query is to run.
    params: Option<&'a [(SqlType, Datum)]>,
    /// Types that the client declared of parameters.
    declared: &'a [Option<SqlType>],
    /// Whether there are others in the statement.
    has_open: bool,
    /// Types of the others, as far as they were met.
    pub(super) told: BTreeMap<usize, SqlType>,
    /// Numbers of the parameters that stand for arrays.
    pub(super) arrays: BTreeSet<usize>,
    /// Whether rows of jsonb are told apart.
    pub(super) by_key: bool,
    /// Calls of `generate_series`.
    pub(super) series: Series,
    /// Names of relations that are also those of columns in a subquery.
    taken: BTreeSet<String>,
    /// Recursive queries so far.
    recursions: usize,
    /// Relations that are read so far: a WITH query counts anew wherever it is named, for the planner puts it in there.
    reads: usize,
    /// Calls as a client would be told of them, by the engine's name of the function.
    pub(super) calls: Vec<(&'static str, String)>,
}

/// What a query body leaves behind.
struct Body {
    columns: Columns,
    /// Scope of a plain SELECT, in which its ORDER BY may look.
    scope: Option<Scope>,
}

impl<'a> Resolver<'a> {
    pub(super) fn new(
        asker: &'a Asker<'a>,
        declared: &'a [Option<SqlType>],
        params: Option<&'a [(SqlType, Datum)]>,
    ) -> Resolver<'a> {
        let (decisions, ctes, scopes) = (BTreeMap::new(), Vec::new(), Vec::new());
        let (arrays, series, calls) = (BTreeSet::new(), Series::default(), Vec::new());
        let (recursions, reads) = (0, 0);
        let (told, by_key, taken) = (BTreeMap::new(), false, BTreeSet::new());
        Resolver {
            asker,
            decisions,
            ctes,
            scopes,
            params,
            declared,
            has_open: false,
            told,
            arrays,
            by_key,
            series,
            taken,
            recursions,
            reads,
            calls,
        }
    }

    /// Relations that are read so far.
    pub(super) fn reads(&self) -> usize {
        self.reads
    }

    /// Whether parameters may stand in the statement whose types nobody has said yet.
    pub(super) fn tells(&self) -> bool {
        self.has_open
    }

    /// Whether the client left a parameter's type open.
    pub(super) fn is_undeclared(&self, number: usize) -> bool {
        self.declared.get(number.wrapping_sub(1)).is_none_or(|found| matches!(found, None | Some(SqlType::Unknown)))
    }

    /// The items of an array parameter; `None` while the query is only described.
    pub(super) fn array_parameter(&mut self, name: &str) -> Result<Option<Vec<ast::Expr>>, PlanError> {
        let number: usize =
            name.trim_start_matches('$').parse().map_err(|_| PlanError::Unsupported("a named parameter".into()))?;
        self.arrays.insert(number);
        let Some(params) = self.params else { return Ok(None) };
        match params.get(number.wrapping_sub(1)) {
            Some((SqlType::Array(of), Datum::Array(items))) => {
                items.iter().map(|item| literal_of(of, item)).collect::<Result<_, _>>().map(Some)
            }
            // ANY (NULL) is NULL for every row.
            Some((_, Datum::Null)) => Ok(Some(vec![ast::Expr::value(ast::Value::Null)])),
            Some(_) => Err(PlanError::InvalidValue("of an array")),
            None => Err(PlanError::UndefinedParameter(number)),
        }
    }

    /// As [`Self::array_parameter`], with NULL told apart from an array of one NULL.
    pub(super) fn array_value(&mut self, name: &str) -> Result<Option<Option<Vec<ast::Expr>>>, PlanError> {
        let items = self.array_parameter(name)?;
        let number = name.trim_start_matches('$').parse::<usize>().ok();
        let given = number.and_then(|number| self.params?.get(number.wrapping_sub(1)));
        Ok(items.map(|items| Some(items).filter(|_| !matches!(given, Some((_, Datum::Null))))))
    }

    /// The value of a parameter that is an integer, where the query is to run.
    pub(super) fn whole_parameter(&self, number: usize) -> Option<i64> {
        match self.params?.get(number.wrapping_sub(1))? {
            (SqlType::Int2 | SqlType::Int4 | SqlType::Int8, Datum::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// Whether a parameter is an integer, or may become one where it is cast to that.
    pub(super) fn may_be_whole(&self, number: usize) -> bool {
        let declared = self.declared.get(number.wrapping_sub(1)).and_then(Option::as_ref);
        declared.is_none_or(|found| matches!(found, SqlType::Unknown | SqlType::Int2 | SqlType::Int4 | SqlType::Int8))
    }

    /// Rewrites a whole statement; returns the client's columns.
    pub(super) fn statement(&mut self, query: &mut ast::Query) -> Result<Columns, PlanError> {
        self.has_open = self.params.is_none() && self.has_undeclared(query);
        let mut columns = self.query(query)?;
        tree::renamed(query, &self.taken);
        if columns.types.contains(&Some(SqlType::Record)) {
            return Err(PlanError::Unsupported("a whole row as a value".into()));
        }
        columns.shown = columns.shown.into_iter().map(shown_name).collect();
        Ok(columns)
    }

    /// Decisions on every relation that was found.
    pub(super) fn into_decisions(self) -> BTreeMap<usize, Arc<Decision>> {
        self.decisions.into_iter().filter_map(|(entity, decision)| Some((entity, decision?))).collect()
    }

    /// The decision on an entity that was named.
    pub(super) fn decided(&self, entity: usize) -> Option<&Arc<Decision>> {
        self.decisions.get(&entity)?.as_ref()
    }

    fn catalog(&self) -> &'a Catalog {
        &self.asker.snapshot.catalog
    }

    /// Rewrites a query; returns its columns.
    pub(super) fn query(&mut self, query: &mut ast::Query) -> Result<Columns, PlanError> {
        if query.for_clause.is_some() || query.settings.is_some() || query.format_clause.is_some() {
            return Err(PlanError::Unsupported("this query clause".into()));
        }
        if !query.pipe_operators.is_empty() {
            return Err(PlanError::Unsupported("the pipe operator".into()));
        }
        let depth = self.ctes.len();
        if let Some(with) = &mut query.with {
            self.with(with)?;
        }
        let outcome = self.query_body(query);
        self.ctes.truncate(depth);
        outcome
    }

    fn query_body(&mut self, query: &mut ast::Query) -> Result<Columns, PlanError> {
        let mut body = self.body(&mut query.body)?;
        let mut scope = body
            .scope
            .take()
            .unwrap_or_else(|| Scope { outputs: body.columns.unique.iter().cloned().collect(), ..Scope::default() });
        order::check_places(query, body.columns.unique.len())?;
        scope.only_outputs = matches!(*query.body, SetExpr::SetOperation { .. });
        self.scopes.push(scope);
        let outcome = self.tail(query, &body.columns);
        self.add_keys_of_order(query);
        self.scopes.pop();
        outcome?;
        hidden::sort_keys(query, &body.columns.unique)?;
        Ok(body.columns)
    }

    fn with(&mut self, with: &mut ast::With) -> Result<(), PlanError> {
        let mut named = BTreeSet::new();
        let mut recursion = false;
        for cte in &mut with.cte_tables {
            let name = fold(&cte.alias.name);
            if !named.insert(name.clone()) {
                return Err(PlanError::DuplicateQuery(name));
            }
            if with.recursive {
                if recursive::is_recursive(cte) {
                    self.recursive(cte, &name)?;
                    recursion = true;
                    continue;
                }
                recursive::plain(&mut cte.query)?;
            }
            // The name is not in sight inside its own definition.
            let before = std::mem::take(&mut self.reads);
            let mut columns = self.query(&mut cte.query)?;
            columns.reads = std::mem::replace(&mut self.reads, before);
            rename(&mut columns.unique, &cte.alias, "WITH query")?;
            cte.alias.name = quoted(&name);
            quote_columns(&mut cte.alias, &columns.unique);
            self.ctes.push(HashMap::from([(name, columns)]));
        }
        with.recursive = recursion;
        Ok(())
    }

    /// Reads the literals of no type that meet arrays on the other side of a set operation.
    fn read_arrays(
        &mut self,
        body: &mut SetExpr,
        own: &[Option<SqlType>],
        other: &[Option<SqlType>],
    ) -> Result<(), PlanError> {
        let SetExpr::Select(select) = body else { return Ok(()) };
        for (item, types) in select.projection.iter_mut().zip(own.iter().zip(other)) {
            if let SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } = item
                && let (Some(SqlType::Unknown), Some(SqlType::Array(of))) = types
            {
                self.read_array(expr, of)?;
            }
        }
        Ok(())
    }

    /// The type of a column of VALUES, where it is told.
    fn type_of_rows(&self, values: &ast::Values, at: usize) -> Option<SqlType> {
        let cells = || values.rows.iter().filter_map(|row| row.content.get(at));
        let is_json = |found: &SqlType| matches!(found, SqlType::Json | SqlType::Jsonb);
        let json = || cells().filter_map(|cell| self.declared(cell)).find(is_json);
        self.common(cells(), 0).filter(|found| *found != SqlType::Unknown).or_else(json)
    }

    fn body(&mut self, body: &mut SetExpr) -> Result<Body, PlanError> {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => {
                let columns = self.query(query)?;
                Ok(Body { columns, scope: None })
            }
            SetExpr::SetOperation { left, right, op, set_quantifier } => {
                let first = self.body(left)?;
                let second = self.body(right)?;
                self.read_arrays(left, &first.columns.types, &second.columns.types)?;
                self.read_arrays(right, &second.columns.types, &first.columns.types)?;
                let names = [first.columns.unique.clone(), second.columns.unique.clone()];
                let columns = united(first.columns, &second.columns, *op)?;
                if *set_quantifier != ast::SetQuantifier::All {
                    for (at, found) in columns.types.iter().enumerate() {
                        if by_key(found.as_ref())? {
                            let sides = [(&mut *left, &names[0]), (&mut *right, &names[1])];
                            for (side, names) in sides {
                                let name = names.get(at).map_or("", String::as_str);
                                marked::wrapped(side, at, name, json::MARK)?;
                            }
                            self.by_key = true;
                        }
                    }
                } else if *op != ast::SetOperator::Union {
                    let clause = op.to_string();
                    columns.types.iter().try_for_each(|found| refuse_equality(found.as_ref(), &clause))?;
                }
                if *set_quantifier == ast::SetQuantifier::All && *op != ast::SetOperator::Union {
                    *body = counted::rows(left, *op, right, &columns.unique)?;
                }
                Ok(Body { columns, scope: None })
            }
            SetExpr::Values(values) => {
                let width = values.rows.first().map_or(0, |row| row.content.len());
                if values.rows.iter().any(|row| row.content.len() != width) {
                    return Err(PlanError::Form("VALUES lists must all be the same length".into()));
                }
                if let Some(selects) = values::selects(values)? {
                    *body = selects;
                    return self.body(body);
                }
                let types: Vec<Option<SqlType>> = (0..width).map(|at| self.type_of_rows(values, at)).collect();
                for row in &mut values.rows {
                    for (expr, of) in row.content.iter_mut().zip(&types) {
                        if *of == Some(SqlType::Jsonb) && literal_text(expr).is_some() {
                            json::within(json::JSONB, expr);
                            continue;
                        }
                        self.expr(expr)?;
                        narrow_integer(expr);
                    }
                }
                let names: Vec<String> = (1..=width).map(|n| format!("column{n}")).collect();
                let columns = Columns { unique: names.clone(), shown: names, types, ..Columns::default() };
                Ok(Body { columns, scope: None })
            }
            _ => Err(PlanError::Unsupported("this form of query".into())),
        }
    }
}

/// The columns of a set operation: the names of its first side, and the types of both.
fn united(first: Columns, second: &Columns, op: ast::SetOperator) -> Result<Columns, PlanError> {
    if first.unique.len() != second.unique.len() {
        return Err(PlanError::Form(format!("each {op} query must have the same number of columns")));
    }
    let types = first.types.iter().zip(&second.types).map(|(left, right)| match (left, right) {
        (Some(left), Some(right)) => declared::united(left, right, &op.to_string()),
        _ => Ok(None),
    });
    Ok(Columns { types: types.collect::<Result<_, _>>()?, ..first })
}

/// Names of all WITH queries of a statement.
pub(super) fn of_with(query: &ast::Query) -> BTreeSet<String> {
    struct Names(BTreeSet<String>);
    impl ast::Visitor for Names {
        type Break = ();

        fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
            let ctes = query.with.iter().flat_map(|with| &with.cte_tables);
            self.0.extend(ctes.map(|cte| fold(&cte.alias.name)));
            ControlFlow::Continue(())
        }
    }
    let mut names = Names(BTreeSet::new());
    // Nothing breaks the walk off.
    let _: ControlFlow<()> = ast::Visit::visit(query, &mut names);
    names.0
}
