//! Transactions as state: what PostgreSQL's clients expect of `BEGIN` to `ROLLBACK TO`, on a server that only reads.
//!
//! Invariant: the state moves only by the methods below, and each mirrors a rule of PostgreSQL's transaction blocks.
//! Left out: isolation. Each statement reads its sources at its own time; the levels are accepted and shown.

use sluice_base::{ClientError, SqlState, ToClient};

/// Where the session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// No statement has run since the last ReadyForQuery.
    Idle,
    /// A transaction that the server opened itself. `several`: for a message of several statements.
    Implicit { several: bool },
    /// Between `BEGIN` and its end.
    Block,
    /// In a block, after an error.
    Failed,
}

/// The transaction of one session.
#[derive(Debug)]
pub struct Transaction {
    status: Status,
    savepoints: Vec<String>,
}

/// Savepoints that may be nested in one transaction.
const SAVEPOINTS_MAX: usize = 1_024;

/// What goes to the client as a WARNING.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// `BEGIN` inside a block.
    AlreadyInProgress,
    /// `COMMIT` or `ROLLBACK` outside a block.
    NotInProgress,
    /// `SET LOCAL` or another command whose effect ends with the transaction, outside a block.
    OutsideBlock(&'static str),
    /// Aggregates of groups with fewer rows show NULL.
    SmallGroups(u64),
}

impl ToClient for Warning {
    fn to_client(&self) -> ClientError {
        match self {
            Warning::AlreadyInProgress => ClientError::new(
                SqlState::ActiveSqlTransaction,
                "there is already a transaction in progress",
                "已经在事务块中",
            ),
            Warning::NotInProgress => ClientError::new(
                SqlState::NoActiveSqlTransaction,
                "there is no transaction in progress",
                "当前没有事务",
            ),
            Warning::OutsideBlock(what) => ClientError::new(
                SqlState::NoActiveSqlTransaction,
                format!("{what} can only be used in transaction blocks"),
                format!("{what} 只能在事务块中使用"),
            ),
            Warning::SmallGroups(least) => ClientError::new(
                SqlState::Warning,
                format!("totals over fewer than {least} rows show NULL"),
                format!("不足 {least} 行的汇总显示为 NULL"),
            ),
        }
    }
}

/// Why a transaction command is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransactionError {
    /// Anything but the end of the block, after an error.
    #[error("current transaction is aborted")]
    Failed,
    /// A command that needs a block.
    #[error("{0} outside a transaction block")]
    NeedsBlock(&'static str),
    /// A command that must not stand in a block.
    #[error("{0} inside a transaction block")]
    ForbiddenInBlock(&'static str),
    /// No savepoint of that name.
    #[error("no savepoint {0:?}")]
    NoSavepoint(String),
    /// Too many savepoints.
    #[error("more than {SAVEPOINTS_MAX} savepoints")]
    TooManySavepoints,
}

impl ToClient for TransactionError {
    fn to_client(&self) -> ClientError {
        match self {
            TransactionError::Failed => ClientError::new(
                SqlState::InFailedSqlTransaction,
                "current transaction is aborted, commands ignored until end of transaction block",
                "当前事务已中止,事务块结束前的命令都会被忽略",
            ),
            TransactionError::NeedsBlock(what) => ClientError::new(
                SqlState::NoActiveSqlTransaction,
                format!("{what} can only be used in transaction blocks"),
                format!("{what} 只能在事务块中使用"),
            ),
            TransactionError::ForbiddenInBlock(what) => ClientError::new(
                SqlState::ActiveSqlTransaction,
                format!("{what} cannot run inside a transaction block"),
                format!("{what} 不能在事务块中执行"),
            ),
            TransactionError::NoSavepoint(name) => ClientError::new(
                SqlState::InvalidSavepointSpecification,
                format!("savepoint \"{name}\" does not exist"),
                format!("保存点 \"{name}\" 不存在"),
            ),
            TransactionError::TooManySavepoints => ClientError::new(
                SqlState::ProgramLimitExceeded,
                format!("a transaction may hold at most {SAVEPOINTS_MAX} savepoints"),
                format!("一个事务最多可有 {SAVEPOINTS_MAX} 个保存点"),
            )
            .hint("Release savepoints that are no longer needed.", "请释放不再需要的保存点。"),
        }
    }
}

/// How `COMMIT` or `ROLLBACK` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Tag of CommandComplete.
    pub tag: &'static str,
    /// Warning, where there was nothing to end.
    pub warning: Option<Warning>,
    /// True where the transaction's effects stay.
    pub committed: bool,
}

/// What an error undid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undone {
    /// The whole implicit transaction: the session is idle again.
    Everything,
    /// Everything since the savepoint of this depth (0: since `BEGIN`); the block has failed.
    Since(usize),
}

impl Default for Transaction {
    fn default() -> Transaction {
        Transaction { status: Status::Idle, savepoints: Vec::new() }
    }
}

impl Transaction {
    /// The letter of ReadyForQuery.
    pub fn letter(&self) -> u8 {
        match self.status {
            Status::Idle | Status::Implicit { .. } => b'I',
            Status::Block => b'T',
            Status::Failed => b'E',
        }
    }

    /// True between `BEGIN` and its end, failed or not.
    pub fn in_block(&self) -> bool {
        matches!(self.status, Status::Block | Status::Failed)
    }

    /// True in a transaction that the server opened itself.
    pub fn is_implicit(&self) -> bool {
        matches!(self.status, Status::Implicit { .. })
    }

    /// Savepoints held now.
    pub fn depth(&self) -> usize {
        self.savepoints.len()
    }

    /// Opens an implicit transaction where none is open. True: it was opened.
    pub fn open_implicit(&mut self, several: bool) -> bool {
        let idle = self.status == Status::Idle;
        if idle {
            self.status = Status::Implicit { several };
        }
        idle
    }

    /// Ends an implicit transaction. True: there was one.
    pub fn close_implicit(&mut self) -> bool {
        let implicit = self.is_implicit();
        if implicit {
            self.status = Status::Idle;
        }
        implicit
    }

    /// Refuses everything but the end of the block, after an error.
    pub fn check_not_failed(&self) -> Result<(), TransactionError> {
        if self.status == Status::Failed { Err(TransactionError::Failed) } else { Ok(()) }
    }

    /// Refuses a command whose effect would end with its own statement.
    pub fn check_block(&self, what: &'static str) -> Result<(), TransactionError> {
        match self.status {
            Status::Block | Status::Failed | Status::Implicit { several: true } => Ok(()),
            Status::Idle | Status::Implicit { several: false } => Err(TransactionError::NeedsBlock(what)),
        }
    }

    /// Refuses a command that must stand alone.
    pub fn check_no_block(&self, what: &'static str) -> Result<(), TransactionError> {
        match self.status {
            Status::Block | Status::Failed | Status::Implicit { several: true } => {
                Err(TransactionError::ForbiddenInBlock(what))
            }
            Status::Idle | Status::Implicit { several: false } => Ok(()),
        }
    }

    /// `BEGIN`: an implicit transaction becomes the block.
    pub fn begin(&mut self) -> Option<Warning> {
        if self.in_block() {
            return Some(Warning::AlreadyInProgress);
        }
        self.status = Status::Block;
        None
    }

    /// `COMMIT`: of a failed block it is a rollback, and says so.
    pub fn commit(&mut self) -> Ended {
        let (tag, committed) = if self.status == Status::Failed { ("ROLLBACK", false) } else { ("COMMIT", true) };
        self.end(tag, committed)
    }

    /// `ROLLBACK`
    pub fn rollback(&mut self) -> Ended {
        self.end("ROLLBACK", false)
    }

    fn end(&mut self, tag: &'static str, committed: bool) -> Ended {
        let warning = if self.in_block() { None } else { Some(Warning::NotInProgress) };
        self.status = Status::Idle;
        self.savepoints.clear();
        Ended { tag, warning, committed }
    }

    /// `SAVEPOINT name`; names may repeat, the newest counts.
    pub fn savepoint(&mut self, name: &str) -> Result<(), TransactionError> {
        self.needs_real_block("SAVEPOINT")?;
        if self.savepoints.len() >= SAVEPOINTS_MAX {
            return Err(TransactionError::TooManySavepoints);
        }
        self.savepoints.push(name.to_string());
        Ok(())
    }

    /// `RELEASE name`: forgets it and all after it. Returns the depth that is left.
    pub fn release(&mut self, name: &str) -> Result<usize, TransactionError> {
        self.needs_real_block("RELEASE SAVEPOINT")?;
        let at = self.find(name)?;
        self.savepoints.truncate(at);
        Ok(at)
    }

    /// `ROLLBACK TO name`: undoes what came after it and keeps it. Returns the depth just below it.
    pub fn rollback_to(&mut self, name: &str) -> Result<usize, TransactionError> {
        self.needs_real_block("ROLLBACK TO SAVEPOINT")?;
        let at = self.find(name)?;
        self.savepoints.truncate(at + 1);
        self.status = Status::Block;
        Ok(at)
    }

    /// An error happened.
    pub fn fail(&mut self) -> Undone {
        match self.status {
            Status::Idle | Status::Implicit { .. } => {
                self.status = Status::Idle;
                Undone::Everything
            }
            Status::Block | Status::Failed => {
                self.status = Status::Failed;
                Undone::Since(self.savepoints.len())
            }
        }
    }

    fn needs_real_block(&self, what: &'static str) -> Result<(), TransactionError> {
        if self.in_block() { Ok(()) } else { Err(TransactionError::NeedsBlock(what)) }
    }

    fn find(&self, name: &str) -> Result<usize, TransactionError> {
        let found = self.savepoints.iter().rposition(|held| held == name);
        found.ok_or_else(|| TransactionError::NoSavepoint(name.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs commands and writes down letter, tag, warning or code after each.
    fn check(script: &str, expected: &str) {
        let mut transaction = Transaction::default();
        let mut told = Vec::new();
        for command in script.split("; ") {
            let words: Vec<&str> = command.split(' ').collect();
            let warned = |w: Option<Warning>| w.map_or(String::new(), |w| format!("!{}", w.to_client().code.code()));
            let failed = |e: TransactionError| e.to_client().code.code().to_string();
            let word = match words[0] {
                "several" => transaction.open_implicit(true).to_string(),
                "one" => transaction.open_implicit(false).to_string(),
                "sync" => transaction.close_implicit().to_string(),
                "begin" => warned(transaction.begin()),
                "commit" => {
                    let ended = transaction.commit();
                    format!("{}{}", ended.tag, warned(ended.warning))
                }
                "rollback" => {
                    let ended = transaction.rollback();
                    format!("{}{}", ended.tag, warned(ended.warning))
                }
                "save" => transaction.savepoint(words[1]).map_or_else(failed, |()| "saved".into()),
                "release" => transaction.release(words[1]).map_or_else(failed, |d| d.to_string()),
                "to" => transaction.rollback_to(words[1]).map_or_else(failed, |d| d.to_string()),
                "error" => format!("{:?}", transaction.fail()),
                "declare" => transaction.check_block("DECLARE CURSOR").map_or_else(failed, |()| "ok".into()),
                "discard" => transaction.check_no_block("DISCARD ALL").map_or_else(failed, |()| "ok".into()),
                "query" => transaction.check_not_failed().map_or_else(failed, |()| "ok".into()),
                other => panic!("no command {other}"),
            };
            told.push(format!("{}{word}", char::from(transaction.letter())));
        }
        assert_eq!(told.join(" "), expected, "{script}");
    }

    #[test]
    fn a_block_lives_from_begin_to_its_end() {
        check("begin; query; commit; query", "T Tok ICOMMIT Iok");
        check("begin; begin; rollback", "T T!25001 IROLLBACK");
        check("commit; rollback", "ICOMMIT!25P01 IROLLBACK!25P01");
    }

    #[test]
    fn an_error_in_a_block_blocks_all_but_its_end() {
        check("begin; error; query; begin; commit; query", "T ESince(0) E25P02 E!25001 IROLLBACK Iok");
        check("one; error; query", "Itrue IEverything Iok");
    }

    #[test]
    fn savepoints_nest_and_the_newest_of_a_name_counts() {
        check("begin; save a; save b; save a; release a; release b; to a", "T Tsaved Tsaved Tsaved T2 T1 T0");
        check("begin; save a; error; to b; to a; query", "T Tsaved ESince(1) E3B001 T0 Tok");
        check("save a; one; save a", "I25P01 Itrue I25P01");
        check("begin; save a; commit; begin; to a", "T Tsaved ICOMMIT T T3B001");
    }

    #[test]
    fn cursors_need_a_block_and_discard_needs_none() {
        check("declare; one; declare; sync; several; declare; discard", "I25P01 Itrue I25P01 Itrue Itrue Iok I25001");
        check("begin; declare; discard; rollback; discard", "T Tok T25001 IROLLBACK Iok");
    }

    #[test]
    fn begin_takes_over_an_implicit_transaction() {
        check("several; begin; sync; commit; sync", "Itrue T Tfalse ICOMMIT Ifalse");
    }

    #[test]
    fn savepoints_are_bounded() {
        let mut transaction = Transaction::default();
        transaction.begin();
        for _ in 0..SAVEPOINTS_MAX {
            transaction.savepoint("s").unwrap();
        }
        assert_eq!(transaction.savepoint("s"), Err(TransactionError::TooManySavepoints));
    }
}
