//! The analysed form of a query: names are places, types are settled, functions are chosen.
//!
//! Invariant: a plan holds no name that is looked up while it runs; `up` counts query levels outwards, `slot` is a
//! FROM item of that level, `column` a place in its row.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use sluice_base::SqlType;

use crate::functions::{AggregateKind, Overload, SetFunction};
use crate::typing::Ty;
use crate::value::{Key, Value};

/// `=`, `<` and their like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Eq,
    NotEq,
    Lt,
    LtEq,
    Gt,
    GtEq,
}

/// What IS asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Test {
    Null,
    NotNull,
    True,
    NotTrue,
    False,
    NotFalse,
}

/// How a pattern is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MatchForm {
    Like,
    Similar,
    Regex,
}

/// LIKE, SIMILAR TO and the regular-expression operators.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    pub(crate) form: MatchForm,
    pub(crate) insensitive: bool,
    pub(crate) negated: bool,
    /// `None`: the default, backslash.
    pub(crate) escape: Option<Expr>,
}

/// How two operands meet in `= ANY` and `= ALL`.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Quantifier {
    Compare(Comparison),
    Match { form: MatchForm, insensitive: bool, negated: bool },
}

/// What is made of a subquery's rows.
#[derive(Debug, Clone)]
pub(crate) enum SubqueryUse {
    Scalar,
    Exists { negated: bool },
    Array,
    In { arg: Box<Expr>, negated: bool },
    Quantified { arg: Box<Expr>, quantifier: Quantifier, all: bool },
}

/// What was computed for a row beside its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExtraKind {
    Aggregate,
    Window,
    Set,
}

/// A scalar expression.
#[derive(Debug, Clone)]
pub(crate) enum Expr {
    Const(Value),
    Column {
        up: usize,
        slot: usize,
        column: usize,
    },
    WholeRow {
        up: usize,
        slot: usize,
    },
    /// The same for each row of a relation (`tableoid`, `xmin`), NULL where an outer join found none.
    PerRelation {
        up: usize,
        slot: usize,
        value: Value,
    },
    Param(usize),
    /// The outcome of an aggregate, window or set-returning function of this level.
    Extra(ExtraKind, usize),
    Cast {
        arg: Box<Expr>,
        from: SqlType,
        to: SqlType,
    },
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    Compare {
        op: Comparison,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    Is {
        arg: Box<Expr>,
        test: Test,
    },
    Distinct {
        left: Box<Expr>,
        right: Box<Expr>,
        negated: bool,
    },
    Call {
        function: &'static Overload,
        args: Vec<Expr>,
    },
    Case {
        operand: Option<Box<Expr>>,
        whens: Vec<(Expr, Expr)>,
        otherwise: Box<Expr>,
    },
    Coalesce(Vec<Expr>),
    Extreme {
        args: Vec<Expr>,
        greatest: bool,
    },
    NullIf(Box<Expr>, Box<Expr>),
    InList {
        arg: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    /// IN over constants: one look-up.
    InSet {
        arg: Box<Expr>,
        set: Arc<HashSet<Key>>,
        holds_null: bool,
        negated: bool,
    },
    Quantified {
        arg: Box<Expr>,
        array: Box<Expr>,
        quantifier: Quantifier,
        all: bool,
    },
    Subquery {
        plan: Arc<QueryPlan>,
        usage: SubqueryUse,
    },
    Array(Vec<Expr>),
    Record(Vec<Expr>),
    Subscript {
        arg: Box<Expr>,
        index: Box<Expr>,
    },
    Slice {
        arg: Box<Expr>,
        from: Option<Box<Expr>>,
        to: Option<Box<Expr>>,
    },
    Field {
        arg: Box<Expr>,
        place: usize,
    },
    Match {
        arg: Box<Expr>,
        pattern: Box<Expr>,
        how: Box<Match>,
    },
}

/// One key of ORDER BY.
#[derive(Debug, Clone)]
pub(crate) struct SortKey<T> {
    pub(crate) by: T,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// A set of FROM items of one level.
pub(crate) type Slots = u64;

/// One condition of WHERE or of an inner ON.
#[derive(Debug, Clone)]
pub(crate) struct Conjunct {
    pub(crate) expr: Expr,
    /// Items it reads, at this level.
    pub(crate) slots: Slots,
    /// For `a = b`: both sides with the items each reads.
    pub(crate) sides: Option<[(Expr, Slots); 2]>,
}

/// Where the rows of a FROM item come from.
#[derive(Debug, Clone)]
pub(crate) enum ItemSource {
    /// A system relation, by its position among the shapes.
    Relation(usize),
    Derived(Arc<QueryPlan>),
    Cte(usize),
    /// Set-returning or plain functions side by side, with the ordinality asked for or not.
    Functions {
        calls: Vec<TableCall>,
        ordinality: bool,
    },
    /// A joined table that an outer join takes as a whole.
    Group(Box<FromPlan>),
    /// FULL JOIN of two groups.
    Full {
        left: Box<FromPlan>,
        right: Box<FromPlan>,
        on: Vec<Conjunct>,
    },
}

/// A function in FROM.
#[derive(Debug, Clone)]
pub(crate) enum TableCall {
    Set { function: SetFunction, args: Vec<Expr>, width: usize },
    Plain(Expr),
}

/// One FROM item.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) source: ItemSource,
    /// The slots it fills: one, or all those inside a group.
    pub(crate) slots: Range<usize>,
    /// Items that must come first: those it reads laterally.
    pub(crate) needs: Slots,
    /// `Some`: a left outer join on these conditions.
    pub(crate) left_on: Option<Vec<Conjunct>>,
}

/// FROM and WHERE of one level.
#[derive(Debug, Clone, Default)]
pub(crate) struct FromPlan {
    pub(crate) items: Vec<Item>,
    pub(crate) conjuncts: Vec<Conjunct>,
}

/// One aggregate call.
#[derive(Debug, Clone)]
pub(crate) struct AggregatePlan {
    pub(crate) kind: AggregateKind,
    pub(crate) args: Vec<Expr>,
    pub(crate) distinct: bool,
    pub(crate) order: Vec<SortKey<Expr>>,
    pub(crate) filter: Option<Expr>,
    pub(crate) result: SqlType,
}

/// Which value a window function gives.
#[derive(Debug, Clone)]
pub(crate) enum WindowKind {
    RowNumber,
    Rank,
    DenseRank,
    /// An aggregate over the frame: the whole partition, or up to the current row's peers.
    Aggregate(AggregatePlan),
    /// A neighbour at this distance: negative is LAG.
    Neighbour {
        value: Expr,
        distance: i64,
    },
    /// The value at one end of the frame.
    Edge {
        value: Expr,
        last: bool,
    },
}

/// One window function call.
#[derive(Debug, Clone)]
pub(crate) struct WindowPlan {
    pub(crate) kind: WindowKind,
    pub(crate) partition: Vec<Expr>,
    pub(crate) order: Vec<SortKey<Expr>>,
}

/// A set-returning function in the SELECT list.
#[derive(Debug, Clone)]
pub(crate) struct SetPlan {
    pub(crate) function: SetFunction,
    pub(crate) args: Vec<Expr>,
}

/// GROUP BY and HAVING.
#[derive(Debug, Clone)]
pub(crate) struct GroupPlan {
    pub(crate) keys: Vec<Expr>,
    pub(crate) aggregates: Vec<AggregatePlan>,
    pub(crate) having: Option<Expr>,
}

/// DISTINCT.
#[derive(Debug, Clone)]
pub(crate) enum DistinctPlan {
    No,
    Rows,
    /// DISTINCT ON: places among the targets.
    On(Vec<usize>),
}

/// One SELECT.
#[derive(Debug, Clone)]
pub(crate) struct SelectPlan {
    pub(crate) from: FromPlan,
    pub(crate) slot_count: usize,
    pub(crate) group: Option<GroupPlan>,
    pub(crate) windows: Vec<WindowPlan>,
    pub(crate) sets: Vec<SetPlan>,
    /// Output columns, then what only ORDER BY and DISTINCT ON need.
    pub(crate) targets: Vec<Expr>,
    pub(crate) distinct: DistinctPlan,
}

/// UNION and its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetOperation {
    Union,
    Except,
    Intersect,
}

/// What a query computes before ORDER BY and LIMIT.
#[derive(Debug, Clone)]
pub(crate) enum Body {
    Select(Box<SelectPlan>),
    Set {
        operation: SetOperation,
        all: bool,
        branches: Vec<Arc<QueryPlan>>,
        /// Columns of jsonb, whose equality is not that of their texts.
        jsonb: Vec<usize>,
    },
    Values(Vec<Vec<Expr>>),
    /// A query in parentheses.
    Query(Arc<QueryPlan>),
}

/// One output column.
#[derive(Debug, Clone)]
pub(crate) struct OutputColumn {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    /// OID of the relation and number of the column it passes on unchanged.
    pub(crate) origin: Option<(u32, i16)>,
}

/// One WITH entry.
#[derive(Debug, Clone)]
pub(crate) struct CtePlan {
    /// Its number in this statement.
    pub(crate) id: usize,
    pub(crate) width: usize,
    pub(crate) plan: CteBody,
}

/// A WITH query, plain or recursive.
#[derive(Debug, Clone)]
pub(crate) enum CteBody {
    Plain(Arc<QueryPlan>),
    Recursive { first: Arc<QueryPlan>, next: Arc<QueryPlan>, all: bool },
}

/// One query.
#[derive(Debug, Clone)]
pub(crate) struct QueryPlan {
    /// Its number in this statement: results that do not vary are kept under it.
    pub(crate) id: usize,
    pub(crate) ctes: Vec<CtePlan>,
    pub(crate) body: Body,
    pub(crate) columns: Vec<OutputColumn>,
    /// Places among the body's columns or targets.
    pub(crate) order: Vec<SortKey<usize>>,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Expr>,
    /// True where it reads outer levels, or WITH queries from outside: its rows may vary within one statement.
    pub(crate) correlated: bool,
}
