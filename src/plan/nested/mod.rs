//! Functions over arrays and of json that the engine lacks: one kind of function, whose works are in [`arrays`],
//! [`builders`], [`lists`] and [`patterns`].
//!
//! Invariants: a function is pure: its result follows from its arguments and the session's zone alone. It reads what a
//! scan gives, masks applied, and never runs at a source or below a barrier. What it makes of one batch is bounded.
//!
//! Left out: arrays of more than one dimension, and arrays whose first place is another than 1.

mod are;
mod arrays;
mod builders;
mod lists;
mod matching;
mod names;
mod patterns;
mod read;
mod texts;

pub use patterns::{pattern_matches, spelled};

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, ListArray};
use arrow::datatypes::{DataType, Field, FieldRef, TimeUnit};
use datafusion_common::{DataFusionError, Result, ScalarValue};
use datafusion_expr::type_coercion::binary::type_union_resolution;
use datafusion_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use crate::PlanError;
use crate::datetime::Session;
pub(crate) use names::*;
pub(crate) use read::array as array_of_text;

/// What a function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Work {
    Array,
    ArrayQuery,
    RowCount,
    WithTies,
    Order,
    ArrayText,
    ArrayOfText,
    Item,
    Slice,
    Quantified,
    Overlaps,
    Contains,
    Contained,
    Outer,
    Ordinals,
    Series,
    Dimension(arrays::Measure),
    Position,
    Positions,
    Remove,
    Replace,
    Append,
    Prepend,
    Join,
    ToText,
    Split,
    ToJson,
    JsonOrNull,
    Member,
    Object(builders::Style),
    JsonArray,
    JsonList,
    Elements(lists::Part),
    Match,
    Matches,
    SplitByPattern,
    Found,
    FoundAt,
    Grouped,
    Dims,
    Like,
    Count,
    ReplacePattern,
    Bucket,
    Trim(texts::Sides),
    Place,
}

const TABLE: &[(&str, Work)] = &[
    (ARRAY, Work::Array),
    (ARRAY_QUERY, Work::ArrayQuery),
    (ROW_COUNT, Work::RowCount),
    (WITH_TIES, Work::WithTies),
    (ORDER, Work::Order),
    (ARRAY_TEXT, Work::ArrayText),
    (ARRAY_OF_TEXT, Work::ArrayOfText),
    (ITEM, Work::Item),
    (SLICE, Work::Slice),
    (QUANTIFIED, Work::Quantified),
    (OVERLAPS, Work::Overlaps),
    (CONTAINS, Work::Contains),
    (CONTAINED, Work::Contained),
    (OUTER, Work::Outer),
    (ORDINALS, Work::Ordinals),
    (SERIES, Work::Series),
    (TO_JSON, Work::ToJson),
    (JSON_OR_NULL, Work::JsonOrNull),
    (JSON_MEMBER, Work::Member),
    (JSON_OBJECT, Work::Object(builders::Style::Spaced)),
    (JSON_ROW, Work::Object(builders::Style::Dense)),
    (JSON_ARRAY, Work::JsonArray),
    (JSON_LIST, Work::JsonList),
    (JSON_ELEMENTS, Work::Elements(lists::Part::Elements)),
    (JSON_ELEMENTS_TEXT, Work::Elements(lists::Part::ElementTexts)),
    (JSON_KEYS, Work::Elements(lists::Part::Keys)),
    (JSON_VALUES, Work::Elements(lists::Part::Values)),
    (JSON_VALUES_TEXT, Work::Elements(lists::Part::ValueTexts)),
    (MATCHES, Work::Matches),
    (BUCKET, Work::Bucket),
    // The engine has these as well, but compares each letter with each of the set, and each place with the whole part.
    ("btrim", Work::Trim(texts::Sides::Both)),
    ("ltrim", Work::Trim(texts::Sides::Left)),
    ("rtrim", Work::Trim(texts::Sides::Right)),
    ("strpos", Work::Place),
    ("array_length", Work::Dimension(arrays::Measure::Length)),
    ("array_upper", Work::Dimension(arrays::Measure::Length)),
    ("array_lower", Work::Dimension(arrays::Measure::Lower)),
    ("array_ndims", Work::Dimension(arrays::Measure::Dimensions)),
    ("cardinality", Work::Dimension(arrays::Measure::Items)),
    ("array_position", Work::Position),
    ("array_positions", Work::Positions),
    ("array_remove", Work::Remove),
    ("array_replace", Work::Replace),
    ("array_append", Work::Append),
    ("array_prepend", Work::Prepend),
    ("array_cat", Work::Join),
    ("array_to_string", Work::ToText),
    ("string_to_array", Work::Split),
    ("regexp_match", Work::Match),
    ("regexp_split_to_array", Work::SplitByPattern),
    ("regexp_substr", Work::Found),
    ("regexp_instr", Work::FoundAt),
    ("\u{1}substring", Work::Grouped),
    ("array_dims", Work::Dims),
    ("regexp_like", Work::Like),
    ("regexp_count", Work::Count),
    ("regexp_replace", Work::ReplacePattern),
];

/// Names that a client can type.
pub(crate) static NAMES: &[&str] = &[
    "array_length",
    "array_upper",
    "array_lower",
    "array_ndims",
    "cardinality",
    "array_position",
    "array_positions",
    "array_remove",
    "array_replace",
    "array_append",
    "array_prepend",
    "array_cat",
    "array_to_string",
    "string_to_array",
    "regexp_match",
    "regexp_split_to_array",
    "regexp_substr",
    "regexp_instr",
    "array_dims",
    "regexp_like",
    "regexp_count",
    "regexp_replace",
];

/// How what a function makes grows with what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grows {
    /// No longer than its arguments together.
    Together,
    /// The texts among the arguments may stand at each item of the array.
    Items,
    /// Texts are written as json.
    Json,
    /// The text may stand once for each group of the pattern.
    Groups,
}

/// How a function of this room grows, where it can make more than it is given.
pub fn grows(name: &str) -> Option<Grows> {
    let (_, work) = TABLE.iter().find(|(known, _)| *known == name)?;
    match work {
        Work::Array | Work::ArrayOfText | Work::Append | Work::Prepend | Work::Join => Some(Grows::Together),
        Work::Replace | Work::ToText => Some(Grows::Items),
        // A letter that is quoted becomes two, as in json.
        Work::ArrayText => Some(Grows::Json),
        Work::ToJson | Work::Member | Work::Object(_) | Work::JsonArray | Work::JsonList => Some(Grows::Json),
        Work::Match | Work::Matches => Some(Grows::Groups),
        _ => None,
    }
}

/// The function of a name.
pub(crate) fn function(name: &str, session: &Arc<Session>) -> Option<Arc<ScalarUDF>> {
    let (name, work) = TABLE.iter().find(|(known, _)| *known == name)?;
    let signature = Signature::user_defined(Volatility::Immutable);
    Some(Arc::new(ScalarUDF::from(Nested { name, work: *work, session: Arc::clone(session), signature })))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Nested {
    name: &'static str,
    work: Work,
    session: Arc<Session>,
    signature: Signature,
}

/// A list of items of a type.
fn list_of(item: DataType) -> DataType {
    DataType::new_list(item, true)
}

fn item_of(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::List(item) | DataType::LargeList(item) => Some(item.data_type().clone()),
        DataType::Null => Some(DataType::Null),
        _ => None,
    }
}

/// The type of a list, items of no type being texts.
fn listed(data_type: &DataType) -> Option<DataType> {
    common(&[item_of(data_type)?]).map(list_of)
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null)
}

/// The type that values of both types have, texts and other types having none in common.
fn common(types: &[DataType]) -> Option<DataType> {
    let known: Vec<DataType> = types.iter().filter(|found| !found.is_null()).cloned().collect();
    let texts = known.iter().filter(|found| is_text(found)).count();
    match known.as_slice() {
        [] => Some(DataType::Utf8),
        _ if texts == known.len() => Some(DataType::Utf8),
        _ if texts > 0 => None,
        [first, rest @ ..] if rest.iter().all(|other| other == first) => Some(first.clone()),
        all => type_union_resolution(all),
    }
}

impl Nested {
    fn unfit(&self, types: &[DataType]) -> DataFusionError {
        let shown = |found: &DataType| match crate::types::sql_type(found) {
            Some(_) if found.is_null() => "unknown".to_string(),
            Some(found) => found.sql_name(),
            None => "record".into(),
        };
        let types: Vec<String> = types.iter().map(shown).collect();
        let error = match (self.work, types.as_slice()) {
            (Work::Overlaps, [left, right]) => PlanError::UndefinedOperator(format!("{left} && {right}")),
            (Work::Order, [left, right]) => PlanError::UndefinedOperator(format!("{left} < {right}")),
            (Work::Contains, [left, right]) => PlanError::UndefinedOperator(format!("{left} @> {right}")),
            (Work::Contained, [left, right]) => PlanError::UndefinedOperator(format!("{left} <@ {right}")),
            (Work::Quantified, [left, right, ..]) => {
                PlanError::UndefinedOperator(format!("{left} = {}", right.trim_end_matches("[]")))
            }
            (Work::Array, _) => {
                let mut types = types;
                types.dedup();
                PlanError::Mismatch(format!("ARRAY types {} cannot be matched", types.join(" and ")))
            }
            (Work::Item | Work::Slice, [found, ..]) => {
                PlanError::Mismatch(format!("cannot subscript type {found} because it does not support subscripting"))
            }
            (Work::Series, _) => PlanError::UndefinedFunction(format!("generate_series({})", types.join(", "))),
            (Work::ReplacePattern, [text, pattern, ..])
                if types.len() > 2
                    && [text, pattern].into_iter().all(|found| found == "text" || found == "unknown") =>
            {
                PlanError::Unsupported(format!("this form of {}", self.name))
            }
            _ => {
                PlanError::UndefinedFunction(format!("{}({})", self.name.trim_start_matches('\u{1}'), types.join(", ")))
            }
        };
        refused(error)
    }

    /// Whether items of one array would be shown with other digits than their own.
    fn mixes_scales(&self, types: &[DataType]) -> bool {
        if !matches!(self.work, Work::Array | Work::Append | Work::Prepend | Work::Join | Work::Replace) {
            return false;
        }
        let item = |found: &DataType| match found {
            DataType::List(item) => item.data_type().clone(),
            other => other.clone(),
        };
        let items: Vec<DataType> = types.iter().map(item).filter(|found| !found.is_null()).collect();
        let scales = items.iter().map(|found| crate::numeric::digits_of(found).map(|(_, scale)| scale));
        let scales: Option<Vec<i8>> = scales.collect();
        let mixed = |scales: Vec<i8>| scales.windows(2).any(|pair| pair[0] != pair[1]);
        items.iter().any(DataType::is_decimal) && scales.is_some_and(mixed)
    }

    /// The types that arguments are brought to.
    fn wanted(&self, types: &[DataType]) -> Option<Vec<DataType>> {
        use DataType::{Int32, Int64, Utf8};
        let integer = |found: &DataType| found.is_integer() || found.is_null();
        let with_item = |list: &DataType, items: &[&DataType]| {
            let own = item_of(list)?;
            let all: Vec<DataType> = std::iter::once(own).chain(items.iter().map(|item| (*item).clone())).collect();
            common(&all)
        };
        let one_dimension = |list: &DataType| !matches!(item_of(list), Some(DataType::List(_)));
        match (self.work, types) {
            (Work::Array, _) => {
                let item = common(types)?;
                (!matches!(item, DataType::List(_))).then(|| vec![item; types.len()])
            }
            (Work::ArrayOfText, [text, list]) if is_text(text) => Some(vec![Utf8, listed(list)?]),
            (Work::ArrayText, [DataType::List(_)]) => Some(types.to_vec()),
            (Work::Item, [list, at]) if integer(at) => Some(vec![listed(list)?, Int64]),
            (Work::Slice, [list, from, to]) if integer(from) && integer(to) => Some(vec![listed(list)?, Int64, Int64]),
            (Work::Quantified, [value, list, sign, all]) => {
                let item = with_item(list, &[value])?;
                Some(vec![item.clone(), list_of(item), sign.clone(), all.clone()])
            }
            (Work::ArrayQuery, [item]) => Some(vec![item.clone()]),
            (Work::RowCount, [count, clause]) if count.is_numeric() || count.is_null() => {
                Some(vec![Int64, clause.clone()])
            }
            (Work::WithTies, [count]) if count.is_numeric() || count.is_null() => Some(vec![Int64]),
            (Work::Overlaps | Work::Contains | Work::Contained | Work::Join | Work::Order, [left, right]) => {
                let item = with_item(left, &[&item_of(right)?])?;
                Some(vec![list_of(item.clone()), list_of(item)])
            }
            (Work::Outer, [list]) => Some(vec![listed(list)?]),
            (Work::Ordinals, lists) => lists.iter().map(listed).collect(),
            (Work::Series, [first, last, rest @ ..]) if rest.len() <= 1 => {
                if integer(first) && integer(last) && rest.iter().all(integer) {
                    let wide = types.iter().any(|found| matches!(found, Int64 | DataType::UInt64 | DataType::UInt32));
                    return Some(vec![if wide { Int64 } else { Int32 }; types.len()]);
                }
                let exact = |found: &DataType| integer(found) || matches!(found, DataType::Decimal128(..));
                if types.iter().all(exact) {
                    return Some(types.to_vec());
                }
                let time = |found: &DataType| {
                    matches!(found, DataType::Date32 | DataType::Timestamp(TimeUnit::Microsecond, _)) || found.is_null()
                };
                let step = |found: &DataType| matches!(found, DataType::Interval(_)) || is_text(found);
                let moment = |found: &DataType| time(found) || is_text(found);
                let fits = moment(first) && moment(last) && !(is_text(first) && is_text(last));
                (fits && rest.len() == 1 && rest.iter().all(step)).then(|| types.to_vec())
            }
            (Work::Dimension(arrays::Measure::Items | arrays::Measure::Dimensions), [list]) => {
                Some(vec![listed(list).filter(|_| one_dimension(list))?])
            }
            (Work::Dimension(_), [list, dimension]) if integer(dimension) => {
                Some(vec![listed(list).filter(|_| one_dimension(list))?, Int64])
            }
            (Work::Position, [list, value]) | (Work::Positions | Work::Remove | Work::Append, [list, value]) => {
                let item = with_item(list, &[value])?;
                Some(vec![list_of(item.clone()), item])
            }
            (Work::Position, [list, value, from]) if integer(from) => {
                let item = with_item(list, &[value])?;
                Some(vec![list_of(item.clone()), item, Int64])
            }
            (Work::Prepend, [value, list]) => {
                let item = with_item(list, &[value])?;
                Some(vec![item.clone(), list_of(item)])
            }
            (Work::Bucket, [value, list]) => {
                let item = with_item(list, &[value])?;
                Some(vec![item.clone(), list_of(item)])
            }
            (Work::Replace, [list, from, to]) => {
                let item = with_item(list, &[from, to])?;
                Some(vec![list_of(item.clone()), item.clone(), item])
            }
            (Work::ToText, [list, rest @ ..]) if matches!(rest.len(), 1 | 2) && rest.iter().all(is_text) => {
                let list = listed(list).filter(|_| one_dimension(list))?;
                Some(std::iter::once(list).chain(rest.iter().map(|_| Utf8)).collect())
            }
            (Work::Split | Work::Match | Work::Matches | Work::SplitByPattern, texts)
                if matches!(texts.len(), 2 | 3) && texts.iter().all(is_text) =>
            {
                Some(vec![Utf8; texts.len()])
            }
            (Work::Like, texts) if matches!(texts.len(), 2 | 3) && texts.iter().all(is_text) => {
                Some(vec![Utf8; texts.len()])
            }
            (Work::ReplacePattern, texts) if matches!(texts.len(), 3 | 4) && texts.iter().all(is_text) => {
                Some(vec![Utf8; texts.len()])
            }
            (Work::Count, [text, pattern, rest @ ..]) if is_text(text) && is_text(pattern) => match rest {
                [] => Some(vec![Utf8; 2]),
                [start] if integer(start) => Some(vec![Utf8, Utf8, Int64]),
                [start, flags] if integer(start) && is_text(flags) => Some(vec![Utf8, Utf8, Int64, Utf8]),
                _ => None,
            },
            (Work::Found | Work::FoundAt, [text, pattern, rest @ ..]) if is_text(text) && is_text(pattern) => {
                // Start, number, for a place its end; flags; group.
                let numbers = if self.work == Work::Found { 2 } else { 3 };
                let wanted = |(at, given): (usize, &DataType)| match at {
                    at if at == numbers => is_text(given).then_some(Utf8),
                    at if at <= numbers + 1 => integer(given).then_some(Int64),
                    _ => None,
                };
                let rest = rest.iter().enumerate().map(wanted).collect::<Option<Vec<_>>>()?;
                Some([Utf8, Utf8].into_iter().chain(rest).collect())
            }
            (Work::Trim(_), texts) if matches!(texts.len(), 1 | 2) && texts.iter().all(is_text) => {
                Some(vec![Utf8; texts.len()])
            }
            (Work::Place | Work::Grouped, [text, pattern]) if is_text(text) && is_text(pattern) => Some(vec![Utf8; 2]),
            (Work::Dims, [list]) => Some(vec![listed(list).filter(|_| one_dimension(list))?]),
            (Work::ToJson, [_]) | (Work::JsonList, [DataType::List(_)]) => Some(types.to_vec()),
            (Work::JsonOrNull | Work::Elements(_), [only]) if is_text(only) => Some(vec![Utf8]),
            (Work::Member | Work::Object(_) | Work::JsonArray, texts) if texts.iter().all(is_text) => {
                Some(vec![Utf8; texts.len()])
            }
            _ => None,
        }
    }
}

impl ScalarUDFImpl for Nested {
    fn name(&self) -> &str {
        self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        if self.mixes_scales(types) {
            // Refused below: what is said here does not reach the client.
            return Ok(types.to_vec());
        }
        self.wanted(types).ok_or_else(|| self.unfit(types))
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        if self.mixes_scales(types) {
            return Err(refused(PlanError::Unsupported("an array of numerics of different scales".into())));
        }
        let types = self.wanted(types).ok_or_else(|| self.unfit(types))?;
        let first = || types.first().cloned().ok_or_else(|| self.unfit(&types));
        Ok(match self.work {
            Work::Array | Work::ArrayQuery => list_of(types.first().cloned().unwrap_or(DataType::Utf8)),
            Work::RowCount | Work::WithTies => DataType::Int64,
            Work::Order => DataType::Int32,
            Work::Item => item_of(&first()?).ok_or_else(|| self.unfit(&types))?,
            Work::Slice | Work::Outer | Work::Remove | Work::Replace | Work::Append | Work::Join => first()?,
            Work::Prepend | Work::ArrayOfText => types.get(1).cloned().ok_or_else(|| self.unfit(&types))?,
            Work::Quantified | Work::Overlaps | Work::Contains | Work::Contained | Work::Like => DataType::Boolean,
            Work::Ordinals => list_of(DataType::Int64),
            Work::Series => list_of(lists::series_item(&types)),
            Work::Dimension(_) | Work::Position | Work::Count | Work::FoundAt | Work::Bucket | Work::Place => {
                DataType::Int32
            }
            Work::Positions => list_of(DataType::Int32),
            Work::Found
            | Work::Grouped
            | Work::Dims
            | Work::ArrayText
            | Work::ReplacePattern
            | Work::Trim(_)
            | Work::ToText
            | Work::ToJson
            | Work::JsonOrNull
            | Work::Member
            | Work::Object(_)
            | Work::JsonArray
            | Work::JsonList => DataType::Utf8,
            Work::Split | Work::Elements(_) | Work::Match | Work::SplitByPattern => list_of(DataType::Utf8),
            Work::Matches => list_of(list_of(DataType::Utf8)),
        })
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let types: Vec<DataType> = args.arg_fields.iter().map(|field| field.data_type().clone()).collect();
        let constant =
            |at: usize| args.scalar_arguments.get(at).copied().flatten().and_then(|value| value.try_as_str());
        // A constant pattern is judged before any row is read.
        if let Some(Some(pattern)) = constant(1) {
            let (flags, grouped) = match self.work {
                Work::Match | Work::Matches => (2, true),
                Work::SplitByPattern => (2, false),
                Work::Found => (4, false),
                Work::FoundAt => (5, false),
                Work::Grouped => (2, true),
                Work::Count | Work::ReplacePattern => (3, false),
                _ => (0, false),
            };
            let given = if types.len() > flags { constant(flags).flatten() } else { Some("") };
            if let Some(given) = given.filter(|_| flags > 0) {
                matching::judged(pattern, given, grouped).map_err(refused)?;
            }
        }
        Ok(Arc::new(Field::new(self.name, self.return_type(&types)?, true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let arrays = args.args.iter().map(|arg| arg.to_array(rows)).collect::<Result<Vec<ArrayRef>>>()?;
        let target = args.return_field.data_type();
        let done = self.run(&arrays, rows, target)?;
        if constant {
            return ScalarValue::try_from_array(&done, 0).map(ColumnarValue::Scalar);
        }
        Ok(ColumnarValue::Array(done))
    }
}

impl Nested {
    fn run(&self, args: &[ArrayRef], rows: usize, target: &DataType) -> Result<ArrayRef> {
        let missing = || DataFusionError::Internal(format!("an argument of {:?} is missing", self.work));
        let arg = |at: usize| args.get(at).ok_or_else(missing);
        let list = |at: usize| arg(at).map(|array| array.as_list::<i32>());
        match self.work {
            Work::Array => arrays::made(args, rows, target),
            Work::ArrayQuery | Work::WithTies => Err(DataFusionError::Internal("a form of a query as a value".into())),
            Work::RowCount => arrays::row_counts(arg(0)?, arg(1)?),
            Work::Order => arrays::ordered(arg(0)?, arg(1)?),
            Work::ArrayText => texts::arrays(list(0)?, &self.session).map(|texts| Arc::new(texts) as ArrayRef),
            Work::ArrayOfText => read::arrays(arg(0)?, target, &self.session),
            Work::Item => arrays::item(list(0)?, arg(1)?),
            Work::Slice => arrays::slice(list(0)?, arg(1)?, arg(2)?),
            Work::Quantified => arrays::quantified(arg(0)?, list(1)?, arg(2)?, arg(3)?),
            Work::Overlaps => arrays::related(list(0)?, list(1)?, arrays::Relation::Overlaps),
            Work::Contains => arrays::related(list(0)?, list(1)?, arrays::Relation::Contains),
            Work::Contained => arrays::related(list(1)?, list(0)?, arrays::Relation::Contains),
            Work::Outer => arrays::outer(list(0)?),
            Work::Ordinals => {
                let lists: Vec<&ListArray> = args.iter().map(|array| array.as_list::<i32>()).collect();
                Ok(lists::ordinals(&lists, rows))
            }
            Work::Series => lists::series(args, rows, &self.session, target),
            Work::Dimension(measure) => arrays::measured(list(0)?, args.get(1), measure),
            Work::Position => arrays::position(list(0)?, arg(1)?, args.get(2)),
            Work::Positions => arrays::positions(list(0)?, arg(1)?),
            Work::Remove => arrays::replaced(list(0)?, arg(1)?, None),
            Work::Replace => arrays::replaced(list(0)?, arg(1)?, Some(arg(2)?)),
            Work::Append => arrays::with_item(list(0)?, arg(1)?, arrays::Place::Last),
            Work::Prepend => arrays::with_item(list(1)?, arg(0)?, arrays::Place::First),
            Work::Join => arrays::joined(list(0)?, list(1)?),
            Work::ToText => texts::joined(list(0)?, arg(1)?, args.get(2), &self.session),
            Work::Split => lists::split(arg(0)?, arg(1)?, args.get(2)),
            Work::ToJson => builders::values(arg(0)?, &self.session),
            Work::JsonOrNull => Ok(builders::or_null(arg(0)?)),
            Work::Member => builders::members(arg(0)?, arg(1)?),
            Work::Object(style) => builders::objects(args, rows, style),
            Work::JsonArray => Ok(builders::arrays(args, rows)),
            Work::JsonList => builders::items(list(0)?, &self.session),
            Work::Elements(part) => lists::parts(arg(0)?, part),
            Work::Match => patterns::first_match(args),
            Work::Matches => patterns::all_matches(args),
            Work::SplitByPattern => patterns::split(args),
            Work::Found => patterns::found(args),
            Work::FoundAt => patterns::found_at(args),
            Work::Grouped => patterns::grouped(args),
            Work::Dims => Ok(texts::dimensions(list(0)?)),
            Work::Like => patterns::like(args),
            Work::Count => patterns::count(args),
            Work::ReplacePattern => patterns::replaced(args),
            Work::Bucket => arrays::bucket(arg(0)?, list(1)?),
            Work::Trim(sides) => Ok(texts::trimmed(arg(0)?, args.get(1), sides)),
            Work::Place => texts::place(arg(0)?, arg(1)?),
        }
    }
}

fn refused(error: PlanError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
