//! Masking functions. Filled in beside its tests; see governance.md section 3 for the contract.

use sluice_base::Datum;

/// A masking function with its arguments. NULL stays NULL except under `Constant`.
#[derive(Debug, Clone, PartialEq)]
pub enum Mask {
    /// Keeps the first and last graphemes, each of the others becomes `pad`.
    Keep {
        /// Graphemes kept in front.
        first: usize,
        /// Graphemes kept at the end.
        last: usize,
        /// What stands for each of the others.
        pad: String,
    },
    /// Typed NULL.
    Hide,
    /// A constant of the field's type.
    Constant(Datum),
    /// HMAC-SHA-256 of the value under the named key, hex, 64 characters.
    Hash {
        /// Name of the key in the configuration.
        key: String,
    },
    /// ID card number: first 6 and last 4.
    CnIdCard,
    /// Mobile number: first 3 and last 4.
    CnMobile,
    /// Chinese or Latin personal name: family name kept.
    CnName,
    /// Bank card: issuer number (first 6) and last 4.
    BankCard,
    /// E-mail: first character and the domain.
    Email,
    /// Address cut after the given level (1 province, 2 city, 3 district).
    Address(u8),
    /// Unified social credit code: first 2 and last 4.
    Uscc,
    /// Rounded to n decimal digits (negative: tens, hundreds), numbers.
    Round(i32),
    /// Lower bound of the bucket of this width, numbers.
    Bucket(String),
    /// Date or timestamp cut to `year`, `quarter`, `month` or `day`.
    DateTrunc(String),
}
