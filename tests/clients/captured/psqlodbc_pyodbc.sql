-- [simple]
SET DateStyle = 'ISO';SET extra_float_digits = 2;show transaction_isolation
;

-- [simple]
select oid, typbasetype from pg_type where typname = 'lo'
;

-- [simple]
show max_identifier_length
;

-- [simple]
select NULL, NULL, NULL
;

-- [simple]
select NULL, NULL, relkind from (select 'r' as relkind union select 'v' union select 'm' union select 'f' union select 'p') as a
;

-- [simple]
SELECT * FROM "shop"."customers"
;

-- [simple]
SELECT * FROM "shop"."products"
;

-- [simple]
SELECT * FROM "shop"."orders"
;

-- [simple]
SELECT * FROM "shop"."order_items"
;

-- [simple]
SELECT * FROM "shop"."销售明细"
;

-- [simple]
SELECT * FROM "shop"."order_totals"
;

-- [simple]
SELECT count(*) FROM shop.orders
;

-- [simple]
SELECT sum(total) FROM shop.orders
;

-- [simple]
SELECT "客户名称" FROM shop."销售明细" WHERE "编号" = 7
;

-- [simple]
SELECT order_date FROM shop.orders WHERE order_id = 1
;

-- [extended]
SELECT "name" FROM "shop"."customers" WHERE "customer_id" = $1
;

-- [simple]
DEALLOCATE "_PLAN0x556aa7092df0"
;

-- [extended]
SELECT CAST($1 AS date), CAST($2 AS numeric(9,2)), CAST($3 AS varchar(20)), CAST($4 AS timestamp)
;

-- [simple]
SELECT '中文'
;

-- [simple]
SELECT upper('ab'), '2024-01-31'::date
;

-- [simple]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [simple]
SELECT * FROM shop.no_such_table
;

-- [simple]
SELECT 1
;

-- [simple]
BEGIN;SELECT 1
;

-- [simple]
SAVEPOINT _EXEC_SVP_0x556aa70e3a40;SELECT * FROM shop.no_such_table
;

-- [simple]
ROLLBACK TO _EXEC_SVP_0x556aa70e3a40
;

-- [simple]
ROLLBACK
;

-- [simple]
COMMIT
;

-- [simple]
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE
;

-- [simple]
SELECT pg_sleep(0.05)
;

-- [simple]
SELECT "name" FROM "shop"."customers" WHERE "customer_id" = 3
;

-- [simple]
SELECT CAST('2024-02-29'::date AS date), CAST('1.50' AS numeric(9,2)), CAST('甲乙' AS varchar(20)), CAST('2024-01-02 03:04:05'::timestamp AS timestamp)
;

-- [simple]
SAVEPOINT _EXEC_SVP_0x559676dfbb40;SELECT * FROM shop.no_such_table
;

-- [simple]
ROLLBACK TO _EXEC_SVP_0x559676dfbb40
;
