//! The demo bank: what exists, in which numbers, and the typed rows of its tables.
//!
//! Invariant: the same seed and [`Scale`] give the same rows in the same order, on any machine, whichever part is
//! asked for first. Small tables are kept; balances and transactions are made day by day while they are read, so
//! that a bank of any length costs the memory of its customers and accounts alone.
//! Left out: history of customers and accounts, and double entry (transactions do not add up to balances).

use std::ops::Range;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use super::draw::{Draw, noise};
use super::identity::{bank_card, credit_code, day, id_card, mobile};
use super::names::{self, UNITS, Unit};

/// Number of the rules that make the bank; raise it when a seed gives other rows than before.
pub const FORMAT: u32 = 1;

/// The seed of the demo as shipped.
pub const SEED: u64 = 20_260_630;

/// How much of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scale {
    /// Customers.
    pub customers: usize,
    /// Accounts; each belongs to one of the customers.
    pub accounts: usize,
    /// Employees.
    pub employees: usize,
    /// Days with a balance per account, the last one 2026-06-30.
    pub days: usize,
    /// Transactions, spread over those days.
    pub transactions: usize,
}

impl Scale {
    /// The demo: 5,000 customers, 8,000 accounts, 400 employees, 960,000 balances, 300,000 transactions.
    pub const fn full() -> Scale {
        Scale { customers: 5_000, accounts: 8_000, employees: 400, days: 120, transactions: 300_000 }
    }

    /// For tests: every unit, segment and product still occurs.
    pub const fn small() -> Scale {
        Scale { customers: 300, accounts: 480, employees: 60, days: 10, transactions: 2_000 }
    }
}

/// An organisation unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Number, `H00` or `Bnn`.
    pub number: &'static str,
    /// Number of the unit above.
    pub parent: Option<&'static str>,
    /// Name.
    pub name: &'static str,
    /// 1 head office, 2 branch, 3 sub-branch.
    pub level: i32,
    /// Region.
    pub region: &'static str,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// Number, `C` and eight digits, from 1.
    pub number: String,
    /// Name.
    pub name: String,
    /// ID card number of a person, unified social credit code of a firm.
    pub certificate: String,
    /// Mobile, unlike any other customer's.
    pub mobile: String,
    /// Address.
    pub address: String,
    /// 对私 or 对公.
    pub kind: &'static str,
    /// Segment.
    pub segment: &'static str,
    /// Number of the managing unit.
    pub branch: &'static str,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Card number, nineteen digits.
    pub number: String,
    /// Number of the customer.
    pub customer: String,
    /// Number of the unit that opened it.
    pub branch: &'static str,
    /// Product.
    pub product: &'static str,
    /// ISO 4217 code.
    pub currency: &'static str,
    /// Opened on; always before the first balance.
    pub opened_on: NaiveDate,
    /// Status.
    pub status: &'static str,
    /// Yearly rate in units of 0.0001 percent.
    pub rate: i64,
    /// The level its balance moves around, in units of 0.01.
    typical: i64,
}

/// An employee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Employee {
    /// Number, `E` and five digits.
    pub number: String,
    /// Name.
    pub name: String,
    /// Title.
    pub title: &'static str,
    /// Yearly salary in units of 0.01 yuan.
    pub salary: i64,
    /// Number of the unit.
    pub branch: &'static str,
}

/// The balance of an account at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance<'a> {
    /// Day.
    pub date: NaiveDate,
    /// Account.
    pub account: &'a str,
    /// Unit.
    pub branch: &'static str,
    /// Balance in units of 0.01.
    pub balance: i64,
}

/// One movement on an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transaction<'a> {
    /// Number, from 1, in order of time.
    pub number: i64,
    /// Time.
    pub time: NaiveDateTime,
    /// Account.
    pub account: &'a str,
    /// Unit.
    pub branch: &'static str,
    /// Amount in units of 0.01, above zero.
    pub amount: i64,
    /// 借 or 贷.
    pub direction: &'static str,
    /// Channel.
    pub channel: &'static str,
    /// Remark.
    pub memo: Option<&'static str>,
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalendarDay {
    /// Day.
    pub date: NaiveDate,
    /// Banks do business.
    pub is_business: bool,
    /// Last day of its month.
    pub is_month_end: bool,
}

/// The bank.
#[derive(Debug, Clone)]
pub struct Bank {
    seed: u64,
    scale: Scale,
    branches: Vec<Branch>,
    customers: Vec<Customer>,
    accounts: Vec<Account>,
    employees: Vec<Employee>,
}

impl Bank {
    /// The bank of this seed and size.
    pub fn generate(seed: u64, scale: Scale) -> Bank {
        let branches = UNITS.iter().map(branch_of).collect();
        let customers = make_customers(seed, scale.customers);
        let accounts = make_accounts(seed, &customers, if customers.is_empty() { 0 } else { scale.accounts });
        let employees = make_employees(seed, scale.employees);
        Bank { seed, scale, branches, customers, accounts, employees }
    }

    /// What tells this bank from others; written beside every copy of it.
    pub fn stamp(&self) -> String {
        stamp(self.seed, self.scale)
    }

    /// The organisation tree, parents first.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// Customers by number.
    pub fn customers(&self) -> &[Customer] {
        &self.customers
    }

    /// Accounts in order of making; their numbers are not.
    pub fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// Employees by number.
    pub fn employees(&self) -> &[Employee] {
        &self.employees
    }

    /// Number of days with balances and transactions.
    pub fn days(&self) -> usize {
        self.scale.days
    }

    /// Balances of the days in this range (0 is the first day), by day, then in the accounts' order.
    pub fn balances(&self, days: Range<usize>) -> impl Iterator<Item = Balance<'_>> + Send {
        days.flat_map(move |nth| {
            let date = self.date(nth);
            self.accounts.iter().enumerate().map(move |(row, account)| Balance {
                date,
                account: &account.number,
                branch: account.branch,
                balance: self.balance(row as u64, account, nth as u64),
            })
        })
    }

    /// Transactions of the days in this range, by number and thus by time.
    pub fn transactions(&self, days: Range<usize>) -> impl Iterator<Item = Transaction<'_>> + Send {
        days.flat_map(move |nth| self.transactions_of_day(nth))
    }

    /// The calendar: whole years around the days with balances.
    pub fn calendar(&self) -> impl Iterator<Item = CalendarDay> + Send {
        let first = day(self.date(0).year(), 1, 1);
        let last = day(LAST_YEAR, 12, 31);
        first.iter_days().take_while(move |date| *date <= last).map(|date| CalendarDay {
            date,
            is_business: is_business(date),
            is_month_end: (date + Days::new(1)).day() == 1,
        })
    }

    /// The `nth` day with balances.
    fn date(&self, nth: usize) -> NaiveDate {
        day(LAST_YEAR, 6, 30) - Days::new((self.scale.days.max(1) - 1 - nth.min(self.scale.days)) as u64)
    }

    /// Level of the week, drifting evenly to that of the next week, and a little of the day's own.
    fn balance(&self, row: u64, account: &Account, nth: u64) -> i64 {
        if account.status == names::CLOSED {
            return 0;
        }
        let level = |week: u64| 700 + (noise(self.seed, row, week) % 600) as i64;
        let (week, weekday) = (nth / 7, (nth % 7) as i64);
        let per_mille = (level(week) * (7 - weekday) + level(week + 1) * weekday) / 7;
        let cents = (noise(self.seed, row, 1_000_000 + nth) % 20_001) as i64 - 10_000;
        (account.typical / 1_000 * per_mille + cents).max(0)
    }

    fn transactions_of_day(&self, nth: usize) -> impl Iterator<Item = Transaction<'_>> + Send {
        let until = |day: usize| self.scale.transactions * day / self.scale.days.max(1);
        let (from, to) = if self.accounts.is_empty() { (0, 0) } else { (until(nth), until(nth + 1)) };
        let date = self.date(nth);
        let count = (to - from) as u64;
        let mut draw = Draw::new(self.seed, "transactions", nth as u64);
        (0..count).map(move |i| {
            let account = draw.pick_ref(&self.accounts);
            let second = (i * OPEN_SECONDS + draw.below(OPEN_SECONDS)) / count;
            let memo = if draw.chance(650) { Some(draw.pick(&names::MEMOS)) } else { None };
            Transaction {
                number: from as i64 + i as i64 + 1,
                time: date.and_time(NaiveTime::MIN) + chrono::Duration::seconds((OPENS_AT + second) as i64),
                account: &account.number,
                branch: account.branch,
                amount: amount(&mut draw),
                direction: if draw.chance(580) { "借" } else { "贷" },
                channel: draw.weighted(&names::CHANNELS),
                memo,
            }
        })
    }
}

/// The year in which the balances end; its holidays are in [`is_business`].
const LAST_YEAR: i32 = 2026;

/// Transactions happen from 06:00 for seventeen hours.
const OPENS_AT: u64 = 6 * 3600;
const OPEN_SECONDS: u64 = 17 * 3600;

/// What tells the bank of this seed and size from others.
pub fn stamp(seed: u64, scale: Scale) -> String {
    let Scale { customers, accounts, employees, days, transactions } = scale;
    format!("sluice demo bank {FORMAT} seed {seed} size {customers}/{accounts}/{employees}/{days}/{transactions}")
}

fn branch_of(unit: &Unit) -> Branch {
    Branch { number: unit.number, parent: unit.parent, name: unit.name, level: unit.level, region: unit.region }
}

/// Most amounts are small: the order of magnitude is drawn first.
fn amount(draw: &mut Draw) -> i64 {
    let ceiling = draw.weighted(&[(10_000, 30), (100_000, 45), (1_000_000, 18), (20_000_000, 6), (500_000_000, 1)]);
    draw.between(100, ceiling)
}

/// Where customers are managed: mostly in sub-branches, a few directly by a branch or by the head office.
fn managing_unit(draw: &mut Draw) -> &'static Unit {
    let level = draw.weighted(&[(3, 950), (2, 40), (1, 10)]);
    let units: Vec<&Unit> = UNITS.iter().filter(|unit| unit.level == level).collect();
    draw.pick(&units)
}

fn make_customers(seed: u64, count: usize) -> Vec<Customer> {
    let mut draw = Draw::new(seed, "customers", 0);
    (0..count as u64)
        .map(|n| {
            let unit = managing_unit(&mut draw);
            let corporate = draw.chance(80);
            let (name, certificate) = if corporate {
                (names::firm(&mut draw, unit), credit_code(&mut draw, unit.district))
            } else {
                (names::person(&mut draw), id_card(&mut draw, unit.district))
            };
            Customer {
                number: format!("C{:08}", n + 1),
                name,
                certificate,
                mobile: mobile(&mut draw, n),
                address: names::address(&mut draw, unit),
                kind: if corporate { names::CORPORATE } else { names::PERSONAL },
                segment: if corporate {
                    draw.weighted(&names::CORPORATE_SEGMENTS)
                } else {
                    draw.weighted(&names::PERSONAL_SEGMENTS)
                },
                branch: unit.number,
            }
        })
        .collect()
}

/// The first accounts go to one customer each, the rest to customers by chance.
fn make_accounts(seed: u64, customers: &[Customer], count: usize) -> Vec<Account> {
    let mut draw = Draw::new(seed, "accounts", 0);
    let newest = day(LAST_YEAR - 1, 12, 31);
    (0..count)
        .map(|n| {
            let customer = customers.get(n).unwrap_or_else(|| draw.pick_ref(customers));
            let corporate = customer.kind == names::CORPORATE;
            let weights = names::PRODUCTS
                .map(|(name, low, high, personal, firm)| ((name, low, high), if corporate { firm } else { personal }));
            let (product, low, high) = draw.weighted(&weights);
            // One in ten accounts was opened at another unit than the one that manages the customer.
            let branch = if draw.chance(100) { managing_unit(&mut draw).number } else { customer.branch };
            Account {
                number: bank_card(n as u64),
                customer: customer.number.clone(),
                branch,
                product,
                currency: draw.weighted(&names::CURRENCIES),
                opened_on: newest - Days::new(draw.below(3_650)),
                status: draw.weighted(&names::STATUSES),
                rate: draw.between(low, high),
                typical: typical_balance(&mut draw, customer.segment),
            }
        })
        .collect()
}

/// Units of 0.01, by segment.
fn typical_balance(draw: &mut Draw, segment: &str) -> i64 {
    let (low, high) = match segment {
        "理财" => (50_000, 500_000),
        "财富" => (500_000, 6_000_000),
        names::PRIVATE_BANKING => (6_000_000, 90_000_000),
        "小微" => (20_000, 3_000_000),
        "中型" => (1_000_000, 40_000_000),
        "大型" => (20_000_000, 900_000_000),
        _ => (100, 50_000),
    };
    draw.between(low * 100, high * 100)
}

/// Every unit gets a head first; the rest are spread over the units by chance.
fn make_employees(seed: u64, count: usize) -> Vec<Employee> {
    let mut draw = Draw::new(seed, "employees", 0);
    (0..count)
        .map(|n| {
            let head = UNITS.get(n);
            let unit = head.unwrap_or_else(|| draw.pick_ref(&UNITS));
            let (title, low, high) = match (head, unit.level) {
                (Some(_), 1) => ("董事长", 900_000, 1_200_000),
                (Some(_), 2) => ("分行行长", 520_000, 780_000),
                (Some(_), _) => ("支行行长", 320_000, 480_000),
                (None, 1) => draw.weighted(&names::HEAD_OFFICE_TITLES),
                (None, _) => draw.weighted(&names::TITLES),
            };
            Employee {
                number: format!("E{:05}", n + 1),
                name: names::person(&mut draw),
                title,
                salary: draw.between(low * 100, high * 100),
                branch: unit.number,
            }
        })
        .collect()
}

/// Monday to Friday, but for the holidays of 2026 and the weekend days worked in exchange.
fn is_business(date: NaiveDate) -> bool {
    const HOLIDAYS: [(u32, u32, u64); 7] =
        [(1, 1, 3), (2, 15, 9), (4, 4, 3), (5, 1, 5), (6, 19, 3), (9, 25, 3), (10, 1, 7)];
    const WORKED: [(u32, u32); 6] = [(1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)];
    if date.year() == LAST_YEAR {
        let holiday = |&(month, first, length): &(u32, u32, u64)| {
            let start = day(LAST_YEAR, month, first);
            (start..start + Days::new(length)).contains(&date)
        };
        if HOLIDAYS.iter().any(holiday) {
            return false;
        }
        if WORKED.contains(&(date.month(), date.day())) {
            return true;
        }
    }
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}
