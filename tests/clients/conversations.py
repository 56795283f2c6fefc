"""What drivers send in an ordinary hour: parameters in text and binary, cursors, pipelines, COPY, cancels, errors.

The connection is in PG* variables. Nothing is asserted: what is sent is recorded, changed and sent again.
"""
import asyncio
import contextlib

import asyncpg
import psycopg


def psycopg3():
    with psycopg.connect(autocommit=True) as session:
        for binary in (False, True):
            cursor = session.cursor(binary=binary)
            cursor.execute("SELECT cust_id, cust_name FROM retail.customer WHERE branch_id = %s LIMIT 3", ("B11",))
            cursor.fetchall()
            cursor.execute("SELECT %s::int + 1, %s::date, %s::numeric, %s::text[]", (7, "2026-06-30", "1.50", ["a", None]))
            cursor.fetchall()
        for _ in range(6):
            session.execute("SELECT count(*) FROM retail.account WHERE opened_on < %s", ("2020-01-01",)).fetchall()
        with session.transaction(), session.cursor("walk") as cursor:
            cursor.execute("SELECT branch_id, branch_name FROM retail.branch ORDER BY 1")
            cursor.fetchmany(3)
            cursor.scroll(1)
            cursor.fetchone()
        with session.cursor().copy("COPY (SELECT branch_id, level FROM retail.branch) TO STDOUT (FORMAT csv)") as out:
            list(out)
        with session.cursor().copy("COPY (SELECT branch_id, level FROM retail.branch) TO STDOUT (FORMAT binary)") as out:
            list(out)
        with session.pipeline():
            for number in range(4):
                session.execute("SELECT %s::int8", (number,))
        for wrong in ("SELECT nothing", "SELEC 1", "DELETE FROM retail.branch", "SELECT 1/0", "COPY retail.branch FROM STDIN"):
            with contextlib.suppress(psycopg.Error):
                session.execute(wrong)
        session.cancel()
        session.execute("SET search_path = retail")
        session.execute("SELECT set_config('timezone', 'Asia/Shanghai', false)").fetchall()


async def asynchronous():
    session = await asyncpg.connect(ssl=False)
    await session.fetch("SELECT branch_id, level FROM retail.branch WHERE level = $1", 3)
    await session.fetchval("SELECT count(*) FROM retail.txn WHERE branch_id = ANY($1::text[])", ["B11", "B12"])
    await session.execute("SET application_name = 'recorded'")
    statement = await session.prepare("SELECT $1::int4, $2::timestamptz, $3::jsonb, $4::uuid")
    statement.get_parameters()
    async with session.transaction():
        async for _ in session.cursor("SELECT acct_id FROM retail.account LIMIT 20", prefetch=5):
            pass
    with contextlib.suppress(asyncpg.PostgresError, asyncio.TimeoutError):
        await session.fetch("SELECT pg_sleep(2)", timeout=0.2)
    with contextlib.suppress(asyncpg.PostgresError):
        await session.fetch("SELECT salary FROM retail.employee")
    await session.close()


psycopg3()
asyncio.run(asynchronous())
