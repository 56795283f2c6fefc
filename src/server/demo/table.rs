//! The physical tables: names, columns, keys, and how a typed row becomes cells.
//!
//! Invariant: a table is described once, here; each writer (SQLite, Parquet, CSV, PostgreSQL, MariaDB) reads the
//! description and the cells, so that no two copies of the bank can differ in shape.

use chrono::{NaiveDate, NaiveDateTime};

use super::bank::{Account, Balance, Branch, CalendarDay, Customer, Employee, Transaction};

/// Type of a physical column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text, with the most characters it can have.
    Text(u16),
    /// 32-bit integer.
    Int4,
    /// 64-bit integer.
    Int8,
    /// Exact decimal: precision and scale.
    Decimal(u8, u8),
    /// Date.
    Date,
    /// Time stamp without time zone.
    Timestamp,
    /// Boolean.
    Bool,
}

/// A physical column.
#[derive(Debug, Clone, Copy)]
pub struct ColumnSpec {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub kind: Kind,
    /// May hold NULL.
    pub nullable: bool,
}

/// A physical table.
#[derive(Debug, Clone, Copy)]
pub struct TableSpec {
    /// Schema in PostgreSQL.
    pub schema: &'static str,
    /// Name.
    pub name: &'static str,
    /// Columns in order.
    pub columns: &'static [ColumnSpec],
    /// Columns of the primary key.
    pub key: &'static [&'static str],
    /// Columns that have an index each.
    pub indexes: &'static [&'static str],
}

/// One value on its way into a copy of the bank.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// Text.
    Text(&'a str),
    /// Integer of either size.
    Int(i64),
    /// Decimal: the value times ten to the scale of its column.
    Decimal(i64),
    /// Date.
    Date(NaiveDate),
    /// Time stamp.
    Timestamp(NaiveDateTime),
    /// Boolean.
    Bool(bool),
}

/// A row that knows its table.
pub trait Row {
    /// The table.
    const TABLE: TableSpec;

    /// Its cells, as many as the table has columns.
    type Cells<'a>: IntoIterator<Item = Cell<'a>>
    where
        Self: 'a;

    /// The cells, in the order of the columns.
    fn cells(&self) -> Self::Cells<'_>;
}

const fn column(name: &'static str, kind: Kind) -> ColumnSpec {
    ColumnSpec { name, kind, nullable: false }
}

const fn nullable(name: &'static str, kind: Kind) -> ColumnSpec {
    ColumnSpec { name, kind, nullable: true }
}

impl Row for Branch {
    const TABLE: TableSpec = TableSpec {
        schema: "core",
        name: "branches",
        columns: &[
            column("br_no", Kind::Text(8)),
            nullable("up_br_no", Kind::Text(8)),
            column("br_nm", Kind::Text(60)),
            column("lvl", Kind::Int4),
            column("region", Kind::Text(20)),
        ],
        key: &["br_no"],
        indexes: &[],
    };
    type Cells<'a> = [Cell<'a>; 5];

    fn cells(&self) -> [Cell<'_>; 5] {
        let parent = self.parent.map_or(Cell::Null, Cell::Text);
        let level = Cell::Int(i64::from(self.level));
        [Cell::Text(self.number), parent, Cell::Text(self.name), level, Cell::Text(self.region)]
    }
}

impl Row for Customer {
    const TABLE: TableSpec = TableSpec {
        schema: "core",
        name: "customers",
        columns: &[
            column("cust_no", Kind::Text(16)),
            column("cust_nm", Kind::Text(120)),
            column("cert_no", Kind::Text(18)),
            column("mob", Kind::Text(20)),
            column("addr", Kind::Text(200)),
            column("typ", Kind::Text(8)),
            column("seg", Kind::Text(8)),
            column("mgr_br", Kind::Text(8)),
        ],
        key: &["cust_no"],
        indexes: &["mob", "mgr_br"],
    };
    type Cells<'a> = [Cell<'a>; 8];

    fn cells(&self) -> [Cell<'_>; 8] {
        [&self.number, &self.name, &self.certificate, &self.mobile, &self.address, self.kind, self.segment, self.branch]
            .map(Cell::Text)
    }
}

impl Row for Account {
    const TABLE: TableSpec = TableSpec {
        schema: "core",
        name: "accounts",
        columns: &[
            column("acct_no", Kind::Text(32)),
            column("cust_no", Kind::Text(16)),
            column("open_br", Kind::Text(8)),
            column("prod", Kind::Text(20)),
            column("ccy", Kind::Text(3)),
            column("open_dt", Kind::Date),
            column("status", Kind::Text(8)),
            column("rate", Kind::Decimal(7, 4)),
        ],
        key: &["acct_no"],
        indexes: &["cust_no", "open_br"],
    };
    type Cells<'a> = [Cell<'a>; 8];

    fn cells(&self) -> [Cell<'_>; 8] {
        [
            Cell::Text(&self.number),
            Cell::Text(&self.customer),
            Cell::Text(self.branch),
            Cell::Text(self.product),
            Cell::Text(self.currency),
            Cell::Date(self.opened_on),
            Cell::Text(self.status),
            Cell::Decimal(self.rate),
        ]
    }
}

impl Row for Employee {
    const TABLE: TableSpec = TableSpec {
        schema: "core",
        name: "employees",
        columns: &[
            column("emp_no", Kind::Text(16)),
            column("emp_nm", Kind::Text(120)),
            column("title", Kind::Text(40)),
            column("salary", Kind::Decimal(12, 2)),
            column("br_no", Kind::Text(8)),
        ],
        key: &["emp_no"],
        indexes: &["br_no"],
    };
    type Cells<'a> = [Cell<'a>; 5];

    fn cells(&self) -> [Cell<'_>; 5] {
        [
            Cell::Text(&self.number),
            Cell::Text(&self.name),
            Cell::Text(self.title),
            Cell::Decimal(self.salary),
            Cell::Text(self.branch),
        ]
    }
}

impl Row for Balance<'_> {
    const TABLE: TableSpec = TableSpec {
        schema: "dw",
        name: "daily_balances",
        columns: &[
            column("biz_dt", Kind::Date),
            column("acct_no", Kind::Text(32)),
            column("br_no", Kind::Text(8)),
            column("bal", Kind::Decimal(18, 2)),
        ],
        key: &["biz_dt", "acct_no"],
        indexes: &["acct_no"],
    };
    type Cells<'a>
        = [Cell<'a>; 4]
    where
        Self: 'a;

    fn cells(&self) -> [Cell<'_>; 4] {
        [Cell::Date(self.date), Cell::Text(self.account), Cell::Text(self.branch), Cell::Decimal(self.balance)]
    }
}

impl Row for Transaction<'_> {
    const TABLE: TableSpec = TableSpec {
        schema: "dw",
        name: "transactions",
        columns: &[
            column("tx_no", Kind::Int8),
            column("tx_ts", Kind::Timestamp),
            column("acct_no", Kind::Text(32)),
            column("br_no", Kind::Text(8)),
            column("amt", Kind::Decimal(18, 2)),
            column("dc", Kind::Text(4)),
            column("chan", Kind::Text(20)),
            nullable("memo", Kind::Text(200)),
        ],
        key: &["tx_no"],
        indexes: &["acct_no", "tx_ts"],
    };
    type Cells<'a>
        = [Cell<'a>; 8]
    where
        Self: 'a;

    fn cells(&self) -> [Cell<'_>; 8] {
        [
            Cell::Int(self.number),
            Cell::Timestamp(self.time),
            Cell::Text(self.account),
            Cell::Text(self.branch),
            Cell::Decimal(self.amount),
            Cell::Text(self.direction),
            Cell::Text(self.channel),
            self.memo.map_or(Cell::Null, Cell::Text),
        ]
    }
}

impl Row for CalendarDay {
    const TABLE: TableSpec = TableSpec {
        schema: "dw",
        name: "calendar",
        columns: &[column("d", Kind::Date), column("is_workday", Kind::Bool), column("is_month_end", Kind::Bool)],
        key: &["d"],
        indexes: &[],
    };
    type Cells<'a> = [Cell<'a>; 3];

    fn cells(&self) -> [Cell<'_>; 3] {
        [Cell::Date(self.date), Cell::Bool(self.is_business), Cell::Bool(self.is_month_end)]
    }
}

impl TableSpec {
    /// The scale of the `n`th column; 0 for anything but a decimal.
    pub fn scale(&self, n: usize) -> u8 {
        match self.columns.get(n).map(|column| column.kind) {
            Some(Kind::Decimal(_, scale)) => scale,
            _ => 0,
        }
    }

    /// The names of the columns, joined by commas.
    pub fn column_list(&self) -> String {
        self.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
    }
}

/// Writes a cell as text: ISO dates, decimals with all their places, `true` and `false`. Nothing for NULL.
pub fn write_text(cell: Cell<'_>, scale: u8, out: &mut String) {
    use std::fmt::Write as _;
    // Writing into a String cannot fail.
    let _ = match cell {
        Cell::Null => Ok(()),
        Cell::Text(text) => out.write_str(text),
        Cell::Int(value) => write!(out, "{value}"),
        Cell::Bool(value) => write!(out, "{value}"),
        Cell::Date(date) => write!(out, "{date}"),
        Cell::Timestamp(time) => write!(out, "{}", time.format("%Y-%m-%d %H:%M:%S")),
        Cell::Decimal(value) if scale == 0 => write!(out, "{value}"),
        Cell::Decimal(value) => {
            let unit = 10_u64.pow(u32::from(scale));
            let sign = if value < 0 { "-" } else { "" };
            let (whole, rest) = (value.unsigned_abs() / unit, value.unsigned_abs() % unit);
            write!(out, "{sign}{whole}.{rest:0width$}", width = usize::from(scale))
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_places() {
        let text = |value, scale| {
            let mut out = String::new();
            write_text(Cell::Decimal(value), scale, &mut out);
            out
        };
        assert_eq!(text(0, 2), "0.00");
        assert_eq!(text(-5, 2), "-0.05");
        assert_eq!(text(123_456, 4), "12.3456");
        assert_eq!(text(i64::MIN, 2), "-92233720368547758.08");
    }
}
