//! ROLLBACK and the modes of a transaction.

use sqlparser::tokenizer::Token;

use crate::PlanError;
use crate::statement::tokens::Cursor;
use crate::statement::{IsolationLevel, StatementKind, TransactionModes};

/// `AND [NO] CHAIN` behind the end of a transaction: whether the next begins at once, in the same modes.
pub(super) fn chain(cursor: &mut Cursor) -> Result<bool, PlanError> {
    let mut chained = false;
    if cursor.take("AND") {
        chained = !cursor.take("NO");
        cursor.expect("CHAIN")?;
    }
    if cursor.word().as_deref() == Some("PREPARED") {
        return Err(PlanError::Unsupported("two-phase commit".into()));
    }
    Ok(chained)
}

pub(super) fn rollback(cursor: &mut Cursor) -> Result<StatementKind, PlanError> {
    let _ = cursor.take("WORK") || cursor.take("TRANSACTION");
    if cursor.take("TO") {
        let _ = cursor.take("SAVEPOINT");
        return Ok(StatementKind::RollbackTo(cursor.name()?));
    }
    Ok(StatementKind::Rollback { chain: chain(cursor)? })
}

pub(super) fn modes(cursor: &mut Cursor) -> Result<TransactionModes, PlanError> {
    let mut modes = TransactionModes::default();
    while !cursor.at_end() {
        if cursor.take("ISOLATION") {
            cursor.expect("LEVEL")?;
            modes.isolation = Some(isolation(cursor)?);
        } else if cursor.take("READ") {
            modes.read_only = Some(if cursor.take("ONLY") {
                true
            } else {
                cursor.expect("WRITE")?;
                false
            });
        } else if cursor.take("DEFERRABLE") {
            modes.deferrable = Some(true);
        } else if cursor.take("NOT") {
            cursor.expect("DEFERRABLE")?;
            modes.deferrable = Some(false);
        } else {
            return Err(cursor.error());
        }
        let _ = cursor.take_token(&Token::Comma);
    }
    Ok(modes)
}

fn isolation(cursor: &mut Cursor) -> Result<IsolationLevel, PlanError> {
    if cursor.take("SERIALIZABLE") {
        return Ok(IsolationLevel::Serializable);
    }
    if cursor.take("REPEATABLE") {
        cursor.expect("READ")?;
        return Ok(IsolationLevel::RepeatableRead);
    }
    cursor.expect("READ")?;
    if cursor.take("COMMITTED") {
        return Ok(IsolationLevel::ReadCommitted);
    }
    cursor.expect("UNCOMMITTED")?;
    Ok(IsolationLevel::ReadUncommitted)
}
