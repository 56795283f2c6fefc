//! A limit that is reached, in the client's words: which, its setting, and when it begins anew. The rule is not named.

use sluice_base::{ClientError, SqlState, ToClient};
use sluice_model::allowance::Limited;

/// A limit stands in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("limit {} of {setting} reached", limited.word())]
pub struct QuotaError {
    /// Which.
    pub limited: Limited,
    /// Its setting.
    pub setting: u64,
    /// When a limit by the day begins anew.
    pub resets: Option<String>,
    /// `entity.field` of a look-up.
    pub field: Option<String>,
}

impl ToClient for QuotaError {
    fn to_client(&self) -> ClientError {
        let (word, setting) = (self.limited.word(), self.setting);
        let field = self.field.as_deref().unwrap_or_default();
        let (en, zh) = match self.limited {
            Limited::RowsPerQuery => {
                (format!("the statement returns more than {setting} rows"), format!("该语句返回的行数超过 {setting}"))
            }
            Limited::BytesPerQuery => (
                format!("the statement returns more than {setting} bytes"),
                format!("该语句返回的字节数超过 {setting}"),
            ),
            Limited::RowsPerDay => {
                (format!("you have taken your {setting} rows of today"), format!("您今天可取的 {setting} 行已用完"))
            }
            Limited::BytesPerDay => {
                (format!("you have taken your {setting} bytes of today"), format!("您今天可取的 {setting} 字节已用完"))
            }
            Limited::StatementsInParallel => (
                format!("you may run {setting} statements at the same time"),
                format!("您同时最多可运行 {setting} 条语句"),
            ),
            Limited::LookupsPerDay => (
                format!("you may look up {setting} values of {field} a day"),
                format!("您每天最多可按 {field} 查找 {setting} 个值"),
            ),
            // Small groups are not refused, their values are left out.
            Limited::MinGroup => (format!("a group has fewer than {setting} rows"), format!("分组不足 {setting} 行")),
        };
        let error = ClientError::new(SqlState::ProgramLimitExceeded, en, zh);
        let error = match &self.resets {
            Some(resets) => error.detail(
                format!("Limit {word} is {setting}; it begins anew at {resets}."),
                format!("限额 {word} 为 {setting},将于 {resets} 重新计算。"),
            ),
            None => error.detail(format!("Limit {word} is {setting}."), format!("限额 {word} 为 {setting}。")),
        };
        let (en, zh) = match self.limited {
            Limited::StatementsInParallel => {
                ("Finish or close a statement or cursor first.", "请先结束或关闭正在运行的语句或游标。")
            }
            Limited::RowsPerQuery | Limited::BytesPerQuery => {
                ("Add a filter or a LIMIT, or ask the data's owner.", "请增加过滤条件或 LIMIT,或联系数据管理部门。")
            }
            _ => ("Ask the data's owner if you need more.", "如需更多,请联系数据管理部门。"),
        };
        error.hint(en, zh)
    }
}
