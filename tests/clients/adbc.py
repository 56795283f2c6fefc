"""ADBC against the servers layout, over TLS: every result is a COPY in binary, and Arrow on this side."""
import os

import adbc_driver_postgresql.dbapi as adbc

URI = (f"postgresql://cd_manager:{os.environ['PGPASSWORD']}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}"
       f"?sslmode=verify-full&sslrootcert={os.environ['PGSSLROOTCERT']}")

with adbc.connect(URI) as session:
    with session.cursor() as cursor:
        cursor.execute("SELECT count(*) AS n FROM 零售.客户")
        assert cursor.fetchone()[0] > 0
        cursor.execute("SELECT txn_id, txn_time, amount, 1.5::float8 AS f, true AS b, date '2026-06-30' AS d, '安'::text AS t, "
                       "NULL::int4 AS z FROM retail.txn ORDER BY txn_id")
        table = cursor.fetch_arrow_table()
        assert table.num_rows > 500 and table.column("t")[0].as_py() == "安", table.schema
        cursor.execute("SELECT count(*) FROM retail.branch WHERE level = $1 AND region = $2", (3, "西南"))
        assert cursor.fetchone()[0] == 4
        try:
            cursor.execute("SELECT * FROM retail.no_such")
            raise AssertionError("no such table")
        except adbc.ProgrammingError as error:
            assert error.sqlstate == "42P01", error
            session.rollback()
    schema = session.adbc_get_table_schema("客户", db_schema_filter="零售")
    assert "姓名" in schema.names, schema
    found = session.adbc_get_objects(depth="all", db_schema_filter="retail").read_all().to_pylist()
    tables = {table["table_name"] for catalog in found for schema in catalog["catalog_db_schemas"] or []
              for table in schema["db_schema_tables"] or []}
    assert {"customer", "account"} <= tables, tables
