//! Settings of a session that change how values are printed.

use sluice_base::TimeZone;

/// How text output is printed. Binary output does not depend on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodeSettings {
    /// `TimeZone`
    pub timezone: TimeZone,
    /// `DateStyle`
    pub datestyle: DateStyle,
    /// `IntervalStyle`
    pub intervalstyle: IntervalStyle,
    /// `extra_float_digits`: above 0 the shortest text that reads back the same, else 15 (6) digits and so many more.
    pub extra_float_digits: i32,
    /// `bytea_output`
    pub bytea_output: ByteaOutput,
}

impl Default for EncodeSettings {
    /// PostgreSQL's defaults, in UTC.
    fn default() -> EncodeSettings {
        EncodeSettings {
            timezone: TimeZone::utc(),
            datestyle: DateStyle::default(),
            intervalstyle: IntervalStyle::default(),
            extra_float_digits: 1,
            bytea_output: ByteaOutput::default(),
        }
    }
}

/// `DateStyle`: the form, and whether the day stands before the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateStyle {
    /// The form.
    pub form: DateForm,
    /// True for order DMY.
    pub day_first: bool,
}

/// The form of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateForm {
    /// `2024-01-31 13:05:00+08`
    #[default]
    Iso,
    /// `01/31/2024 13:05:00 CST`
    Sql,
    /// `Wed Jan 31 13:05:00 2024 CST`
    Postgres,
    /// `31.01.2024 13:05:00 CST`
    German,
}

impl DateStyle {
    /// Reads the setting's normal form, such as `ISO, MDY`.
    pub fn parse(text: &str) -> Option<DateStyle> {
        let (form, order) = text.split_once(',').unwrap_or((text, "MDY"));
        let form = match form.trim().to_ascii_lowercase().as_str() {
            "iso" => DateForm::Iso,
            "sql" => DateForm::Sql,
            "postgres" => DateForm::Postgres,
            "german" => DateForm::German,
            _ => return None,
        };
        match order.trim().to_ascii_uppercase().as_str() {
            "MDY" | "YMD" => Some(DateStyle { form, day_first: false }),
            "DMY" => Some(DateStyle { form, day_first: true }),
            _ => None,
        }
    }
}

/// `IntervalStyle`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IntervalStyle {
    /// `1 year 2 mons 3 days 04:05:06`
    #[default]
    Postgres,
    /// `@ 1 year 2 mons 3 days 4 hours 5 mins 6 secs`
    PostgresVerbose,
    /// `+1-2 +3 +4:05:06`
    SqlStandard,
    /// `P1Y2M3DT4H5M6S`
    Iso8601,
}

impl IntervalStyle {
    /// Reads the setting.
    pub fn parse(text: &str) -> Option<IntervalStyle> {
        match text.to_ascii_lowercase().as_str() {
            "postgres" => Some(IntervalStyle::Postgres),
            "postgres_verbose" => Some(IntervalStyle::PostgresVerbose),
            "sql_standard" => Some(IntervalStyle::SqlStandard),
            "iso_8601" => Some(IntervalStyle::Iso8601),
            _ => None,
        }
    }
}

/// `bytea_output`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ByteaOutput {
    /// `\x` and hex digits
    #[default]
    Hex,
    /// Octal escapes
    Escape,
}

impl ByteaOutput {
    /// Reads the setting.
    pub fn parse(text: &str) -> Option<ByteaOutput> {
        match text.to_ascii_lowercase().as_str() {
            "hex" => Some(ByteaOutput::Hex),
            "escape" => Some(ByteaOutput::Escape),
            _ => None,
        }
    }
}
