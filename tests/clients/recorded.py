"""What the recordings in `recorded/` are of: `recorded.py CLIENT` lets that client ask. The connection is in PG*.

`UPDATE=1` and the check `recorded` write the recordings anew, through `sluice record` before a PostgreSQL.
"""
import asyncio
import datetime
import decimal
import os
import subprocess
import sys
import tempfile

PSQL = r"""
\set ON_ERROR_STOP 0
SELECT customer_id, name, city, is_vip, credit FROM customers WHERE city = '上海' ORDER BY customer_id LIMIT 3;
\dt shop.order*
\d orders
SELECT order_id, order_date, shipped_at, total FROM orders WHERE total > 20000 ORDER BY order_id DESC LIMIT 2;
SELECT no_such_column FROM orders;
BEGIN;
SAVEPOINT a;
SELECT 1/0;
ROLLBACK TO a;
SELECT status, count(*), sum(total) FROM orders GROUP BY status ORDER BY status;
COMMIT;
\set FETCH_COUNT 4
SELECT product_id, sku, price, rating FROM products WHERE product_id <= 9 ORDER BY product_id;
\unset FETCH_COUNT
\copy (SELECT customer_id, name, tags FROM customers WHERE customer_id < 4 ORDER BY 1) TO STDOUT CSV HEADER
PREPARE p(int) AS SELECT name FROM customers WHERE customer_id = $1;
EXECUTE p(7);
DEALLOCATE p;
SHOW search_path;
"""


def psql():
    with tempfile.NamedTemporaryFile("w", suffix=".sql", encoding="utf-8") as file:
        file.write(PSQL)
        file.flush()
        subprocess.run(["psql", "-X", "-q", "-f", file.name], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def psycopg3():
    import psycopg

    with psycopg.connect(application_name="psycopg", autocommit=False) as session:
        cursor = session.cursor()
        cursor.execute("SELECT name, created_at, ext_id FROM customers WHERE customer_id = %s", [5]).fetchall()
        for number in range(3):
            cursor.execute("SELECT total FROM orders WHERE order_id = %s", [number], prepare=True).fetchall()
        binary = session.cursor(binary=True)
        binary.execute("SELECT order_id, order_date, ship_time, total, lead FROM orders WHERE order_date = %s AND total < %s ORDER BY order_id",
                       [datetime.date(2024, 3, 1), decimal.Decimal("9000.5")]).fetchall()
        binary.execute("SELECT tags, profile, credit, is_vip FROM customers WHERE customer_id BETWEEN %s AND %s ORDER BY customer_id", [1, 3]).fetchall()
        session.commit()
        try:
            cursor.execute("SELECT 1 FROM no_such_table")
        except psycopg.errors.UndefinedTable:
            session.rollback()
        with session.cursor(name="kept") as kept:
            kept.itersize = 3
            kept.execute("SELECT order_id FROM orders WHERE order_id <= 7 ORDER BY order_id").fetchall()
        session.commit()
        with session.pipeline():
            one = session.execute("SELECT count(*) FROM products")
            two = session.execute("SELECT max(price) FROM products WHERE in_stock > %s", [10])
        assert one.fetchone() and two.fetchone()
        session.commit()
        with cursor.copy("COPY (SELECT product_id, title, photo FROM products WHERE product_id < 4 ORDER BY 1) TO STDOUT (FORMAT BINARY)") as copy:
            list(copy.rows())
        session.rollback()


def asyncpg():
    import asyncpg

    async def ask():
        # Sluice says truly that it never compiles expressions; a PostgreSQL is asked not to.
        session = await asyncpg.connect(ssl=False, server_settings={"jit": "off"})
        await session.fetch("SELECT customer_id, name, tags, profile FROM customers WHERE customer_id = ANY($1::int4[]) ORDER BY customer_id", [1, 4, 9])
        await session.fetchval("SELECT sum(qty * unit_price) FROM order_items WHERE order_id = $1", 12)
        async with session.transaction(readonly=True):
            async for _ in session.cursor("SELECT order_id, total FROM orders WHERE customer_id = $1 ORDER BY order_id", 8, prefetch=4):
                pass
        try:
            await session.fetch("SELECT * FROM orders WHERE order_id = $1 AND nothing", 1)
        except asyncpg.PostgresError:
            pass
        statement = await session.prepare("SELECT title, price, rating, weight, in_stock FROM products WHERE product_id = $1")
        for number in (3, 30, 300):
            await statement.fetch(number)
        await session.reset()
        await session.close()

    asyncio.run(ask())


os.environ["PGSSLMODE"] = "disable"
{"psql": psql, "psycopg3": psycopg3, "asyncpg": asyncpg}[sys.argv[1]]()
