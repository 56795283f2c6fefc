//! Where each column of a plan comes from, and how each field of each scan is used.
//!
//! Works on the plan as resolved, before optimization. A node kind that is not named here is refused: an unknown node
//! could read a field unseen.

use std::collections::{BTreeMap, BTreeSet};

use datafusion_common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion_common::{DFSchema, DFSchemaRef};
use datafusion_expr::utils::grouping_set_to_exprlist;
use datafusion_expr::{Expr, LogicalPlan};
use sluice_model::catalog::Naming;

use super::{GovernedSource, WorkTable, aggregates};
use crate::PlanError;
use crate::planner::from_planner;
use crate::resolve::is_set_operation;

/// A field of an entity: (entity, field).
pub type FieldRef = (usize, usize);

/// How a field is used, besides plain output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Use {
    /// Listed in the result unchanged.
    Output,
    /// Part of an expression of the result.
    Expression,
    /// In WHERE or HAVING.
    Predicate,
    /// In a join condition.
    Join,
    /// In GROUP BY or DISTINCT.
    Group,
    /// In ORDER BY.
    Sort,
    /// The whole argument of an aggregate, where the field exists in aggregates alone (governance G13).
    Aggregate,
}

impl Use {
    /// The word of the audit record.
    pub fn word(self) -> &'static str {
        match self {
            Use::Output => "output",
            Use::Expression => "expression",
            Use::Predicate => "predicate",
            Use::Join => "join",
            Use::Group => "group",
            Use::Sort => "sort",
            Use::Aggregate => "aggregate",
        }
    }
}

/// Origin of one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Origin {
    /// Every field that its value depends on.
    pub fields: BTreeSet<FieldRef>,
    /// Fields of which it shows aggregates of large groups alone.
    pub aggregated: BTreeSet<FieldRef>,
    /// The one field it is, unchanged, with the naming of its scan.
    pub direct: Option<(FieldRef, Naming)>,
}

/// Origins of a plan's columns and the uses of all fields in it.
#[derive(Debug, Default)]
pub struct Lineage {
    /// One per output column.
    pub columns: Vec<Origin>,
    /// Uses by field.
    pub uses: BTreeMap<FieldRef, BTreeSet<Use>>,
    /// Fields that any expression of the statement names, the select lists of its subqueries included.
    pub touched: BTreeSet<FieldRef>,
    /// Fields that are the whole argument of an aggregate, with its name.
    pub totals: BTreeSet<(FieldRef, String)>,
}

/// Traces a whole plan, nested plans included.
pub fn trace(plan: &LogicalPlan) -> Result<Lineage, PlanError> {
    let mut tracer = Tracer::default();
    let columns = tracer.plan(plan)?;
    for origin in &columns {
        let how = if origin.direct.is_some() { Use::Output } else { Use::Expression };
        tracer.note(&origin.fields, how);
    }
    Ok(Lineage { columns, uses: tracer.uses, touched: tracer.touched, totals: tracer.totals })
}

#[derive(Default)]
struct Tracer {
    uses: BTreeMap<FieldRef, BTreeSet<Use>>,
    touched: BTreeSet<FieldRef>,
    totals: BTreeSet<(FieldRef, String)>,
    /// What the columns of recursive queries come from, as far as it is known.
    works: BTreeMap<String, Vec<Origin>>,
    /// Inputs of the enclosing queries, for correlated references.
    outer: Vec<(DFSchemaRef, Vec<Origin>)>,
}

impl Tracer {
    fn note(&mut self, fields: &BTreeSet<FieldRef>, how: Use) {
        self.touched.extend(fields);
        for field in fields {
            self.uses.entry(*field).or_default().insert(how);
        }
    }

    fn plan(&mut self, plan: &LogicalPlan) -> Result<Vec<Origin>, PlanError> {
        Ok(match plan {
            LogicalPlan::TableScan(scan) => match scan.source.downcast_ref::<GovernedSource>() {
                Some(source) => {
                    let entity = source.decision().entity;
                    // A look-up was a comparison of the statement before it moved into the scan.
                    let looked_up = source.lookups().iter().map(|lookup| (entity, lookup.field)).collect();
                    self.note(&looked_up, Use::Predicate);
                    let of = |field: &usize| Origin {
                        fields: BTreeSet::from([(entity, *field)]),
                        aggregated: BTreeSet::new(),
                        direct: Some(((entity, *field), source.naming())),
                    };
                    source.fields().iter().map(of).collect()
                }
                None => match scan.source.downcast_ref::<WorkTable>().and_then(|work| self.works.get(work.name())) {
                    Some(columns) => columns.clone(),
                    None => return Err(PlanError::Internal("a scan without a decision".into())),
                },
            },
            LogicalPlan::EmptyRelation(empty) => vec![Origin::default(); empty.schema.fields().len()],
            LogicalPlan::Values(values) => {
                let mut columns = vec![Origin::default(); values.schema.fields().len()];
                // An item has no columns of an input; a subquery in it may read anything.
                let nothing = std::sync::Arc::new(DFSchema::empty());
                for row in &values.values {
                    add(&mut columns, self.exprs(row, &nothing, &[], None)?);
                }
                columns
            }
            LogicalPlan::SubqueryAlias(alias) => self.plan(&alias.input)?,
            LogicalPlan::Limit(limit) => self.plan(&limit.input)?,
            LogicalPlan::Subquery(subquery) => self.plan(&subquery.subquery)?,
            LogicalPlan::Projection(projection) => {
                let input = self.plan(&projection.input)?;
                self.exprs(&projection.expr, projection.input.schema(), &input, None)?
            }
            LogicalPlan::Filter(filter) => {
                let input = self.plan(&filter.input)?;
                self.exprs([&filter.predicate], filter.input.schema(), &input, Some(Use::Predicate))?;
                input
            }
            LogicalPlan::Sort(sort) => {
                let input = self.plan(&sort.input)?;
                let keys = sort.expr.iter().map(|key| &key.expr);
                self.exprs(keys, sort.input.schema(), &input, Some(Use::Sort))?;
                input
            }
            LogicalPlan::Aggregate(aggregate) => {
                let input = self.plan(&aggregate.input)?;
                let schema = aggregate.input.schema();
                // Of grouping sets each expression is a column once, then comes the engine's own of the set.
                let sets = matches!(aggregate.group_expr.as_slice(), [Expr::GroupingSet(_)]);
                let grouping = grouping_set_to_exprlist(&aggregate.group_expr).map_err(from_planner)?;
                let mut columns = self.exprs(grouping, schema, &input, Some(Use::Group))?;
                if sets {
                    columns.push(Origin::default());
                }
                let mut calls = Vec::with_capacity(aggregate.aggr_expr.len());
                for call in &aggregate.aggr_expr {
                    calls.push(self.call(call, aggregate, &input)?);
                }
                // Where columns do not follow from the expressions: widen to all of them.
                let width = aggregate.schema.fields().len();
                if columns.len() + calls.len() != width {
                    return Ok(vec![merged(columns.iter().chain(&calls)); width]);
                }
                columns.extend(calls);
                columns
            }
            LogicalPlan::Window(window) => {
                let mut input = self.plan(&window.input)?;
                window.window_expr.iter().for_each(|call| self.total(call, window.input.schema(), &input));
                let calls = self.exprs(&window.window_expr, window.input.schema(), &input, None)?;
                input.extend(calls);
                input
            }
            LogicalPlan::Distinct(distinct) => self.distinct(distinct)?,
            LogicalPlan::Unnest(unnest) => self.unnest(unnest)?,
            LogicalPlan::Join(join) => self.join(join)?,
            LogicalPlan::RecursiveQuery(query) => self.recursive(query)?,
            LogicalPlan::Union(all) => self.union(&all.inputs, all.schema.fields().len())?,
            other => return Err(PlanError::Unsupported(format!("the plan step {}", kind(other)))),
        })
    }

    fn distinct(&mut self, distinct: &datafusion_expr::Distinct) -> Result<Vec<Origin>, PlanError> {
        match distinct {
            datafusion_expr::Distinct::All(input) => {
                let columns = self.plan(input)?;
                let all = union(&columns);
                self.note(&all, Use::Group);
                Ok(columns)
            }
            datafusion_expr::Distinct::On(on) => {
                let input = self.plan(&on.input)?;
                let schema = on.input.schema();
                self.exprs(&on.on_expr, schema, &input, Some(Use::Group))?;
                let keys = on.sort_expr.iter().flatten().map(|key| &key.expr);
                self.exprs(keys, schema, &input, Some(Use::Sort))?;
                self.exprs(&on.select_expr, schema, &input, None)
            }
        }
    }

    fn join(&mut self, join: &datafusion_expr::Join) -> Result<Vec<Origin>, PlanError> {
        let left = self.plan(&join.left)?;
        // LATERAL: the right side may refer to the left one.
        self.outer.push((std::sync::Arc::clone(join.left.schema()), left.clone()));
        let right = self.plan(&join.right);
        self.outer.pop();
        let right = right?;
        for (left_key, right_key) in &join.on {
            self.exprs([left_key], join.left.schema(), &left, Some(Use::Join))?;
            self.exprs([right_key], join.right.schema(), &right, Some(Use::Join))?;
        }
        let both: Vec<Origin> = left.iter().chain(&right).cloned().collect();
        if let Some(filter) = &join.filter {
            let schema = join.left.schema().join(join.right.schema()).map_err(from_planner)?;
            self.exprs([filter], &std::sync::Arc::new(schema), &both, Some(Use::Join))?;
        }
        use datafusion_expr::JoinType as J;
        Ok(match join.join_type {
            J::Inner | J::Left | J::Right | J::Full => both,
            // A column of a set operation is of both sides, so it is no column of a relation any more.
            _ if is_set_operation(join) => left.into_iter().map(|origin| Origin { direct: None, ..origin }).collect(),
            J::LeftSemi | J::LeftAnti => left,
            J::RightSemi | J::RightAnti => right,
            J::LeftMark => left.into_iter().chain([Origin::default()]).collect(),
            J::RightMark => right.into_iter().chain([Origin::default()]).collect(),
        })
    }

    /// A recursive query: what its columns come from is known when another round finds nothing new. Rows are compared
    /// with one another where UNION drops copies.
    fn recursive(&mut self, query: &datafusion_expr::RecursiveQuery) -> Result<Vec<Origin>, PlanError> {
        let mut columns = self.plan(&query.static_term)?;
        columns.iter_mut().for_each(|column| column.direct = None);
        loop {
            self.works.insert(query.name.clone(), columns.clone());
            let found = self.plan(&query.recursive_term)?;
            if found.len() != columns.len() {
                return Err(PlanError::Internal("a recursive query changes its width".into()));
            }
            let mut changed = false;
            for (column, origin) in columns.iter_mut().zip(found) {
                let before = (column.fields.len(), column.aggregated.len());
                column.fields.extend(origin.fields);
                column.aggregated.extend(origin.aggregated);
                changed |= before != (column.fields.len(), column.aggregated.len());
            }
            if !changed {
                break;
            }
        }
        self.works.remove(&query.name);
        if query.is_distinct {
            let all = union(&columns);
            self.note(&all, Use::Group);
        }
        Ok(columns)
    }

    /// Lists that become rows: an item comes from what its list came from, and how often the other columns stand tells
    /// of the list.
    fn unnest(&mut self, unnest: &datafusion_expr::Unnest) -> Result<Vec<Origin>, PlanError> {
        let input = self.plan(&unnest.input)?;
        let lists: BTreeSet<usize> = unnest.list_type_columns.iter().map(|(place, _)| *place).collect();
        for place in &lists {
            if let Some(list) = input.get(*place) {
                self.note(&list.fields.clone(), Use::Expression);
            }
        }
        // Where columns do not follow from those of the input: widen to all of them.
        let width = unnest.schema.fields().len();
        if unnest.dependency_indices.len() != width || !unnest.struct_type_columns.is_empty() {
            return Ok(vec![merged(&input); width]);
        }
        let column = |place: &usize| {
            let origin = input.get(*place).cloned().unwrap_or_default();
            if lists.contains(place) { Origin { direct: None, ..origin } } else { origin }
        };
        Ok(unnest.dependency_indices.iter().map(column).collect())
    }

    fn union(&mut self, inputs: &[std::sync::Arc<LogicalPlan>], width: usize) -> Result<Vec<Origin>, PlanError> {
        let mut columns = vec![Origin::default(); width];
        for input in inputs {
            add(&mut columns, self.plan(input)?);
        }
        Ok(columns)
    }

    /// An aggregate. One over a field that exists in aggregates alone is no other use of it.
    fn call(&mut self, call: &Expr, of: &datafusion_expr::Aggregate, input: &[Origin]) -> Result<Origin, PlanError> {
        self.total(call, of.input.schema(), input);
        match aggregates::plain_call(call).and_then(|column| aggregates::field_of(&of.input, column)) {
            Some((field, _)) => {
                let aggregated = BTreeSet::from([field]);
                self.note(&aggregated, Use::Aggregate);
                Ok(Origin { fields: BTreeSet::new(), aggregated, direct: None })
            }
            None => Ok(self.exprs([call], of.input.schema(), input, None)?.pop().unwrap_or_default()),
        }
    }

    /// Notes an aggregate over a field as it is.
    fn total(&mut self, call: &Expr, schema: &DFSchema, input: &[Origin]) {
        let (name, arguments) = match call {
            Expr::Alias(alias) => return self.total(&alias.expr, schema, input),
            Expr::AggregateFunction(call) => (call.func.name(), &call.params.args),
            Expr::WindowFunction(call) => (call.fun.name(), &call.params.args),
            _ => return,
        };
        let [argument] = arguments.as_slice() else { return };
        // Sums are computed in wider types.
        let argument = if let Expr::Cast(cast) = argument { &*cast.expr } else { argument };
        if let Expr::Column(column) = argument
            && let Ok(Origin { direct: Some((field, _)), .. }) = lookup(schema, input, column)
        {
            self.totals.insert((field, name.to_string()));
        }
    }

    /// Origins of expressions over an input; `how` is noted for every field in them.
    fn exprs<'e>(
        &mut self,
        exprs: impl IntoIterator<Item = &'e Expr>,
        schema: &DFSchemaRef,
        input: &[Origin],
        how: Option<Use>,
    ) -> Result<Vec<Origin>, PlanError> {
        let mut origins = Vec::new();
        for expr in exprs {
            let origin = self.expr(expr, schema, input)?;
            self.touched.extend(&origin.fields);
            if let Some(how) = how {
                self.note(&origin.fields, how);
            } else if origin.direct.is_none() {
                self.note(&origin.fields, Use::Expression);
            }
            origins.push(origin);
        }
        Ok(origins)
    }

    fn expr(&mut self, expr: &Expr, schema: &DFSchemaRef, input: &[Origin]) -> Result<Origin, PlanError> {
        match expr {
            Expr::Column(column) => return self.column(schema, input, column),
            Expr::Alias(alias) => return self.expr(&alias.expr, schema, input),
            _ => {}
        }
        let mut fields = BTreeSet::new();
        let mut aggregated = BTreeSet::new();
        let mut nested = Vec::new();
        let mut outer = Vec::new();
        expr.apply(|part| {
            match part {
                Expr::Column(column) => {
                    let origin = lookup(schema, input, column)?;
                    fields.extend(origin.fields);
                    aggregated.extend(origin.aggregated);
                }
                Expr::OuterReferenceColumn(_, column) => outer.push(column.clone()),
                Expr::ScalarSubquery(subquery) => nested.push(subquery.clone()),
                Expr::InSubquery(in_subquery) => nested.push(in_subquery.subquery.clone()),
                Expr::Exists(exists) => nested.push(exists.subquery.clone()),
                Expr::SetComparison(comparison) => nested.push(comparison.subquery.clone()),
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        })
        .map_err(from_planner)?;
        for column in outer {
            let found = self.outer.iter().rev().find_map(|(schema, input)| lookup(schema, input, &column).ok());
            // A use that cannot be traced must not go unseen.
            let unseen = || PlanError::Unsupported("a reference to an outer query at this place".into());
            let found = found.ok_or_else(unseen)?;
            fields.extend(found.fields);
            aggregated.extend(found.aggregated);
        }
        for subquery in nested {
            self.outer.push((std::sync::Arc::clone(schema), input.to_vec()));
            let columns = self.plan(&subquery.subquery);
            self.outer.pop();
            let columns = merged(&columns?);
            fields.extend(columns.fields);
            aggregated.extend(columns.aggregated);
        }
        Ok(Origin { fields, aggregated, direct: None })
    }

    fn column(
        &self,
        schema: &DFSchema,
        input: &[Origin],
        column: &datafusion_common::Column,
    ) -> Result<Origin, PlanError> {
        lookup(schema, input, column).map_err(from_planner)
    }
}

fn lookup(
    schema: &DFSchema,
    input: &[Origin],
    column: &datafusion_common::Column,
) -> datafusion_common::Result<Origin> {
    let position = schema.index_of_column(column)?;
    Ok(input.get(position).cloned().unwrap_or_default())
}

/// Adds what another row or branch comes from, column by column.
fn add(columns: &mut [Origin], more: Vec<Origin>) {
    for (column, origin) in columns.iter_mut().zip(more) {
        column.fields.extend(origin.fields);
        column.aggregated.extend(origin.aggregated);
    }
}

/// One column that comes from all of these.
fn merged<'o>(origins: impl IntoIterator<Item = &'o Origin>) -> Origin {
    let mut all = Origin::default();
    for origin in origins {
        all.fields.extend(&origin.fields);
        all.aggregated.extend(&origin.aggregated);
    }
    all
}

fn union<'o>(origins: impl IntoIterator<Item = &'o Origin>) -> BTreeSet<FieldRef> {
    origins.into_iter().flat_map(|origin| origin.fields.iter().copied()).collect()
}

fn kind(plan: &LogicalPlan) -> String {
    let shown = plan.display().to_string();
    shown.split([':', ' ']).next().unwrap_or_default().to_string()
}
