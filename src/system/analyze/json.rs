//! Values as JSON: how a value is written follows from its type, which only the analyser knows.

use sluice_base::SqlType;

use super::{Analyzer, Typed};
use crate::error::{Result, SystemError};
use crate::functions::call_text;
use crate::plan::Expr;
use crate::typing::{array_of, is_textual};
use crate::value::Value;

/// Types whose cells tell how they are written.
fn tells(sql_type: &SqlType) -> bool {
    use SqlType::{Bool, Date, Float4, Float8, Int2, Int4, Int8, Numeric, Timestamp, Timestamptz};
    matches!(sql_type, Bool | Date | Float4 | Float8 | Int2 | Int4 | Int8 | Numeric(_) | Timestamp | Timestamptz)
        || is_textual(sql_type)
}

impl Analyzer<'_> {
    /// The value as a text of JSON; NULL stays NULL.
    pub(super) fn as_json(&mut self, arg: Typed) -> Result<Expr> {
        let arg = self.settled(arg)?;
        let plain = match &arg.ty.sql {
            SqlType::Json | SqlType::Jsonb => return Ok(arg.expr),
            SqlType::Record => return self.row_as_json(arg),
            other if tells(other) && *other != SqlType::Float4 => arg,
            SqlType::Float4 => Typed::new(self.coerce(arg, &SqlType::Float8)?, SqlType::Float8),
            SqlType::Array(item) if tells(item) => arg,
            SqlType::Array(item) if matches!(**item, SqlType::Json | SqlType::Jsonb | SqlType::Record) => {
                return Err(SystemError::Unsupported("an array of this type in JSON".into()));
            }
            SqlType::Array(_) => {
                let texts = array_of(&SqlType::Text);
                Typed::new(self.coerce(arg, &texts)?, texts)
            }
            _ => Typed::new(self.coerce(arg, &SqlType::Text)?, SqlType::Text),
        };
        Ok(self.call_typed("to_json", vec![plain])?.expr)
    }

    /// An object with a field for each of the record's.
    fn row_as_json(&mut self, record: Typed) -> Result<Expr> {
        let Some(fields) = record.ty.fields.clone() else {
            return Err(SystemError::Unsupported("this record in JSON".into()));
        };
        let names = fields.iter().map(|(name, _)| Value::text(name.as_str())).collect();
        let names = Typed::new(Expr::Const(Value::array(names)), array_of(&SqlType::Text));
        let mut args = vec![record.clone(), names];
        for (place, (_, sql_type)) in fields.iter().enumerate() {
            let field = Expr::Field { arg: Box::new(record.expr.clone()), place };
            let json = self.as_json(Typed::new(field, sql_type.clone()))?;
            args.push(Typed::new(json, SqlType::Json));
        }
        Ok(self.call_typed("row_to_json", args)?.expr)
    }

    /// True where `json_agg` begins a line for each item.
    pub(super) fn structured(sql_type: &SqlType) -> bool {
        matches!(sql_type, SqlType::Record | SqlType::Array(_))
    }

    /// The functions that make JSON of values of any type; `None` for other functions.
    pub(super) fn json_call(&mut self, name: &str, args: &[Typed]) -> Result<Option<Typed>> {
        let json = match (name.replacen("jsonb", "json", 1).as_str(), args) {
            ("to_json", [arg]) => self.as_json(arg.clone())?,
            ("row_to_json", [arg]) if name == "row_to_json" && arg.ty.sql == SqlType::Record => {
                self.as_json(arg.clone())?
            }
            ("array_to_json", [arg]) if name == "array_to_json" && matches!(arg.ty.sql, SqlType::Array(_)) => {
                self.as_json(arg.clone())?
            }
            ("json_build_array", args) => {
                let items = args.iter().map(|arg| self.json_typed(arg)).collect::<Result<Vec<_>>>()?;
                self.call_typed("json_build_array", items)?.expr
            }
            ("json_build_object", args) => {
                if !args.len().is_multiple_of(2) {
                    return Err(SystemError::InvalidParameter(
                        "argument list must have even number of elements".into(),
                    ));
                }
                let mut items = Vec::with_capacity(args.len());
                for pair in args.chunks(2) {
                    let [key, value] = pair else { continue };
                    items.push(Typed::new(self.coerce(key.clone(), &SqlType::Text)?, SqlType::Text));
                    items.push(self.json_typed(value)?);
                }
                self.call_typed("json_build_object", items)?.expr
            }
            ("row_to_json" | "array_to_json", args) if !name.contains("jsonb") => {
                let given: Vec<SqlType> = args.iter().map(|arg| arg.ty.sql.clone()).collect();
                return Err(SystemError::UndefinedFunction(call_text(name, &given)));
            }
            _ => return Ok(None),
        };
        let json = Typed::new(json, SqlType::Json);
        if name.contains("jsonb") { self.call_typed("jsonb", vec![json]).map(Some) } else { Ok(Some(json)) }
    }

    fn json_typed(&mut self, arg: &Typed) -> Result<Typed> {
        Ok(Typed::new(self.as_json(arg.clone())?, SqlType::Json))
    }
}
