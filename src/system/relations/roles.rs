//! `pg_roles`, `pg_user`, `pg_database`: the owner, the one who asks, the one database.

use super::builder::Builder;
use crate::value::{Row, Value};
use crate::visible::{DATABASE_OID, OWNER_NAME, OWNER_OID, VisibleCatalog};

pub(super) fn roles(visible: &VisibleCatalog) -> Vec<Row> {
    let this = ("pg_catalog", "pg_roles");
    let columns = [
        "rolname",
        "rolsuper",
        "rolinherit",
        "rolcreaterole",
        "rolcreatedb",
        "rolcanlogin",
        "rolreplication",
        "oid",
        "rolbypassrls",
    ];
    let mut builder = Builder::new(this.0, this.1, &columns).always(this, "rolconnlimit", -1_i64).always(
        this,
        "rolpassword",
        "********",
    );
    for (name, oid, login) in members(visible) {
        builder.push([
            name.into(),
            false.into(),
            true.into(),
            false.into(),
            false.into(),
            login.into(),
            false.into(),
            oid.into(),
            false.into(),
        ]);
    }
    builder.finish()
}

fn members(visible: &VisibleCatalog) -> Vec<(&str, u32, bool)> {
    let mut members = vec![(OWNER_NAME, OWNER_OID, false)];
    if visible.user != OWNER_NAME {
        members.push((&visible.user, visible.user_oid, true));
    }
    members
}

pub(super) fn users(visible: &VisibleCatalog) -> Vec<Row> {
    let this = ("pg_catalog", "pg_user");
    let mut builder = Builder::new(this.0, this.1, &["usename", "usesysid"])
        .always(this, "usecreatedb", false)
        .always(this, "usesuper", false)
        .always(this, "userepl", false)
        .always(this, "usebypassrls", false)
        .always(this, "passwd", "********");
    for (name, oid, login) in members(visible) {
        if login {
            builder.push([name.into(), oid.into()]);
        }
    }
    builder.finish()
}

pub(super) fn databases(visible: &VisibleCatalog) -> Vec<Row> {
    let this = ("pg_catalog", "pg_database");
    let columns = ["oid", "datname", "datdba", "encoding", "datlocprovider", "datallowconn", "datcollate", "datctype"];
    let mut builder = Builder::new(this.0, this.1, &columns).always(this, "datconnlimit", -1_i64).always(
        this,
        "dattablespace",
        1663_i64,
    );
    builder.push([
        DATABASE_OID.into(),
        visible.database.as_str().into(),
        OWNER_OID.into(),
        Value::Int(6),
        "c".into(),
        true.into(),
        "C.UTF-8".into(),
        "C.UTF-8".into(),
    ]);
    builder.finish()
}
