//! Names of the functions of this folder in the rewritten tree.

/// `ARRAY[...]`; no client can type this name, nor the ones below.
pub(crate) const ARRAY: &str = "\u{1}array";
/// `a[1]`
pub(crate) const ITEM: &str = "\u{1}array_item";
/// `a[1:2]`, open ends being the least and the largest place.
pub(crate) const SLICE: &str = "\u{1}array_slice";
/// `x op ANY (a)`, `x op ALL (a)`: value, array, sign, whether it is ALL.
pub(crate) const QUANTIFIED: &str = "\u{1}quantified";
/// An array as text.
pub(crate) const ARRAY_TEXT: &str = "\u{1}array_text";
/// A text as an array of the type of the second argument.
pub(crate) const ARRAY_OF_TEXT: &str = "\u{1}array_of_text";
/// `a && b`
pub(crate) const OVERLAPS: &str = "\u{1}array_overlaps";
/// `a @> b`
pub(crate) const CONTAINS: &str = "\u{1}array_contains";
/// `a <@ b`
pub(crate) const CONTAINED: &str = "\u{1}array_contained";
/// A list, or one of a single NULL where it has no items.
pub(crate) const OUTER: &str = "\u{1}outer_list";
/// The numbers of the rows that lists become.
pub(crate) const ORDINALS: &str = "\u{1}ordinals";
/// `generate_series` as a list.
pub(crate) const SERIES: &str = "\u{1}series_list";
/// Any value as json, NULL as `null`.
pub(crate) const TO_JSON: &str = "\u{1}json_value";
/// A text that is json already, NULL as `null`.
pub(crate) const JSON_OR_NULL: &str = "\u{1}json_or_null";
/// `"key" : value` of an aggregate.
pub(crate) const JSON_MEMBER: &str = "\u{1}json_member";
/// Keys and values as an object with blanks.
pub(crate) const JSON_OBJECT: &str = "\u{1}json_object";
/// Keys and values as an object without blanks.
pub(crate) const JSON_ROW: &str = "\u{1}json_row";
/// Values as an array.
pub(crate) const JSON_ARRAY: &str = "\u{1}json_array";
/// The items of an array as an array of json, with blanks, NULL staying NULL.
pub(crate) const JSON_LIST: &str = "\u{1}json_list";
/// The elements of an array as json, and as text.
pub(crate) const JSON_ELEMENTS: &str = "\u{1}json_elements";
pub(crate) const JSON_ELEMENTS_TEXT: &str = "\u{1}json_elements_text";
/// The keys of an object, and its values as json and as text.
pub(crate) const JSON_KEYS: &str = "\u{1}json_keys";
pub(crate) const JSON_VALUES: &str = "\u{1}json_values";
pub(crate) const JSON_VALUES_TEXT: &str = "\u{1}json_values_text";
/// The rows of a subquery as an array, until [`crate::resolve`] makes an aggregate of it.
pub(crate) const ARRAY_QUERY: &str = "\u{1}array_query";
/// A number of rows and the clause that it stands in: below nought it is refused.
pub(crate) const ROW_COUNT: &str = "\u{1}row_count";
/// The number of rows of a FETCH that takes those which tie with the last.
pub(crate) const WITH_TIES: &str = "\u{1}with_ties";
/// How two arrays compare: below nought, nought, above nought.
pub(crate) const ORDER: &str = "\u{1}array_order";
/// `width_bucket` of thresholds.
pub(crate) const BUCKET: &str = "\u{1}width_bucket";
/// All matches of a pattern, each an array.
pub(crate) const MATCHES: &str = "\u{1}regexp_matches";
