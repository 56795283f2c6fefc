"""asyncpg against the servers layout, over TLS: always binary, a pool, cursors, prepared statements, COPY, cancel."""
import asyncio
import datetime
import decimal
import io
import os
import ssl

import asyncpg


def tls():
    context = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])
    return context


def where(user):
    return {"host": os.environ["PGHOST"], "port": int(os.environ["PGPORT"]), "database": os.environ["PGDATABASE"],
            "user": user, "password": os.environ["PGPASSWORD"], "ssl": tls()}


async def counts():
    ask = 'SELECT count(*) FROM 零售.客户'
    numbers = []
    for user in ("hq_analyst", "cd_manager", "jj_teller"):
        session = await asyncpg.connect(**where(user))
        numbers.append(await session.fetchval(ask))
        await session.close()
    assert numbers[0] > numbers[1] > numbers[2] > 0, numbers


async def browse(session):
    tables = {tuple(row) for row in await session.fetch(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')")}
    assert {("retail", "customer"), ("零售", "客户")} <= tables, tables
    columns = await session.fetch(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 ORDER BY attnum",
        "零售.员工")
    assert [row["attname"] for row in columns] == ["工号", "姓名", "岗位", "机构号"], columns


async def types(session):
    row = await session.fetchrow("""SELECT true, 7::int2, 8::int4, 9::int8, 1.5::float4, 2.5::float8, 3.2500::numeric(10,4),
        '安'::text, date '2026-06-30', timestamp '2026-06-30 08:30:00', timestamptz '2026-06-30 08:30:00+08', NULL::text""")
    zone = datetime.timezone.utc
    assert tuple(row) == (True, 7, 8, 9, 1.5, 2.5, decimal.Decimal("3.2500"), "安", datetime.date(2026, 6, 30),
                          datetime.datetime(2026, 6, 30, 8, 30), datetime.datetime(2026, 6, 30, 0, 30, tzinfo=zone), None), row


async def parameters(session):
    assert await session.fetchval("SELECT count(*) FROM retail.branch WHERE level = $1 AND region = $2", 3, "西南") == 4
    assert len(await session.fetch("SELECT 机构号 FROM 零售.机构 ORDER BY 1 LIMIT $1 OFFSET $2", 3, 1)) == 3
    found = await session.fetch("SELECT branch_id FROM retail.branch WHERE level = ANY($1::int[]) AND branch_id = ANY($2) ORDER BY 1",
                                [2, 3], ["B10", "B11"])
    assert [row[0] for row in found] == ["B10", "B11"], found
    prepared = await session.prepare("SELECT 余额 FROM 零售.日终余额 WHERE 统计日期 = $1 ORDER BY 1 DESC LIMIT 1")
    assert [p.name for p in prepared.get_parameters()] == ["date"] and prepared.get_attributes()[0].type.name == "numeric"
    assert await prepared.fetchval(datetime.date(2026, 6, 30)) > 0


async def cursors(session):
    count = await session.fetchval("SELECT count(*) FROM retail.txn")
    seen = 0
    async with session.transaction():
        async for _ in session.cursor("SELECT txn_id, amount FROM retail.txn", prefetch=500):
            seen += 1
        cursor = await session.cursor("SELECT txn_id FROM retail.txn ORDER BY txn_id")
        assert len(await cursor.fetch(10)) == 10 and await cursor.forward(5) == 5
    assert seen == count > 500, (seen, count)
    assert len(await session.fetch("SELECT * FROM retail.txn")) == count


async def copy(session):
    for form in ("csv", "text", "binary"):
        out = io.BytesIO()
        told = await session.copy_from_query("SELECT branch_id, branch_name FROM retail.branch ORDER BY 1", output=out, format=form)
        held = out.getvalue()
        assert told.startswith("COPY ") and len(held) > 60, (form, told, held)
        assert (held[:11] == b"PGCOPY\n\xff\r\n\x00") == (form == "binary"), form


async def errors(session):
    for ask, kind in [("SELECT * FROM retail.no_such", asyncpg.UndefinedTableError), ("SELECT nope FROM 零售.客户", asyncpg.UndefinedColumnError),
                      ("SELEC 1", asyncpg.PostgresSyntaxError), ("DELETE FROM retail.customer", asyncpg.ReadOnlySQLTransactionError)]:
        try:
            await session.fetch(ask)
            raise AssertionError(ask)
        except kind:
            pass
    # The session goes on, in a transaction only after its end.
    async with session.transaction():
        try:
            async with session.transaction():
                await session.fetch("SELECT * FROM retail.no_such")
        except asyncpg.UndefinedTableError:
            pass
        assert await session.fetchval("SELECT 1") == 1


async def cancel(session):
    try:
        await asyncio.wait_for(session.fetch("SELECT pg_sleep(30)"), timeout=0.3)
        raise AssertionError("not cancelled")
    except asyncio.TimeoutError:
        pass
    assert await session.fetchval("SELECT 7") == 7


async def pool():
    async with asyncpg.create_pool(min_size=2, max_size=4, **where("cd_manager")) as pool:
        async def one(number):
            async with pool.acquire() as session:
                return await session.fetchval("SELECT $1::int + count(*) FROM retail.branch", number)
        answers = await asyncio.gather(*(one(number) for number in range(20)))
        assert [answer - answers[0] for answer in answers] == list(range(20)), answers


async def main():
    await counts()
    session = await asyncpg.connect(**where("cd_manager"))
    for check in (browse, types, parameters, cursors, copy, errors, cancel):
        await asyncio.wait_for(check(session), 60)
    await session.reset()
    await session.close()
    await pool()


asyncio.run(main())
