//! The built-in domain `audit`: the server's own records, reached through the same SQL door as everything else.
//!
//! Invariant: nothing here is visible without a grant that names it.

use sluice_base::SqlType;

use super::{Connection, Domain, Entity, Field, Label, SourceKind};

/// Id of the built-in domain, and of its schema.
pub const AUDIT_DOMAIN: &str = "audit";
/// Id of the built-in connection to the audit store.
pub const AUDIT_CONNECTION: &str = "audit";

pub(super) fn domain() -> Domain {
    Domain {
        id: AUDIT_DOMAIN.into(), label: label("审计", "Audit"), comment: Some("审计记录 / audit records".into())
    }
}

pub(super) fn connection() -> Connection {
    Connection { id: AUDIT_CONNECTION.into(), kind: SourceKind::Audit, settings: Default::default() }
}

fn label(zh: &str, en: &str) -> Label {
    Label { zh: Some(zh.into()), en: Some(en.into()) }
}

/// Columns of `audit.queries`: id, Chinese and English label, type, definition.
fn columns() -> Vec<(&'static str, &'static str, &'static str, SqlType, &'static str)> {
    use SqlType::{Float8, Int8, Text, Timestamptz};
    vec![
        ("event", "事件", "Event", Text, "query、login、login_failed、cancel、reload、protocol"),
        ("opened_at", "开始时间", "Opened at", Timestamptz, "收到语句的时刻"),
        ("closed_at", "结束时间", "Closed at", Timestamptz, "语句结束的时刻;未结束为空"),
        ("query_id", "查询编号", "Query id", Text, "UUIDv7,贯穿一条语句的全部记录"),
        ("session_id", "会话编号", "Session id", Text, "登录会话"),
        ("user_name", "用户", "User name", Text, "登录名"),
        ("roles", "角色", "Roles", Text, "当时持有的角色"),
        ("client_addr", "客户端地址", "Client address", Text, "客户端 IP"),
        ("application_name", "应用", "Application", Text, "客户端自报的应用名"),
        ("database", "数据库", "Database", Text, "连接的数据库"),
        ("statement", "语句", "Statement", Text, "客户端发来的原文"),
        ("outcome", "结果", "Outcome", Text, "done、error、cancelled、abandoned、refused、running"),
        ("sqlstate", "错误代码", "SQLSTATE", Text, "出错时的 SQLSTATE"),
        ("rows", "行数", "Row count", Int8, "返回的行数"),
        ("bytes", "字节数", "Byte count", Int8, "返回的字节数"),
        ("duration_ms", "耗时毫秒", "Duration (ms)", Float8, "从收到到结束"),
        ("relations", "涉及对象", "Relations", Text, "语句读取的实体"),
        ("fields", "涉及字段", "Fields", Text, "读取的字段及用法"),
        ("rules", "适用规则", "Rules", Text, "授权与行规则"),
        ("masks", "适用脱敏", "Masks", Text, "字段与脱敏规则"),
        ("lookups", "查找次数", "Look-ups", Int8, "对脱敏字段按原值查找的次数"),
        ("source_sql", "下推语句", "Source SQL", Text, "发往各数据源的语句"),
        ("catalog_id", "目录版本", "Catalog id", Text, "目录内容的散列"),
        ("policy_id", "策略版本", "Policy id", Text, "策略内容的散列"),
        ("shadows", "试运行", "Shadows", Text, "试运行规则(mode: shadow)本会改变什么"),
    ]
}

/// `audit.queries`; `domain` is the position of the built-in domain.
pub(super) fn queries(domain: usize) -> Entity {
    let fields: Vec<Field> = columns()
        .into_iter()
        .map(|(id, zh, en, sql_type, comment)| Field {
            id: id.into(),
            label: label(zh, en),
            column: id.into(),
            sql_type,
            nullable: !matches!(id, "event" | "opened_at" | "query_id"),
            level: 3,
            tags: Vec::new(),
            hidden: false,
            comment: Some(comment.into()),
            values: Vec::new(),
            aliases: Vec::new(),
        })
        .collect();
    let key = fields.iter().position(|field| field.id == "query_id").into_iter().collect();
    Entity {
        id: "queries".into(),
        domain,
        label: label("查询记录", "Queries"),
        comment: Some("每条语句、登录与管理动作一行 / one row per statement, login and administrative act".into()),
        connection: AUDIT_CONNECTION.into(),
        table: "queries".into(),
        key,
        fields,
        relationships: Vec::new(),
        hierarchy: None,
        aliases: Vec::new(),
        synonyms: Vec::new(),
        owner: None,
    }
}
