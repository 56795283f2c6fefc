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
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT * FROM "shop"."customers";fetch 100 in "SQL_CUR0x1"
;

-- [simple]
close "SQL_CUR0x1";commit
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT * FROM "shop"."products";fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT * FROM "shop"."orders";fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT * FROM "shop"."order_items";fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT * FROM "shop"."销售明细";fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT * FROM "shop"."order_totals";fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT count(*) FROM shop.orders;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT sum(total) FROM shop.orders;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT "客户名称" FROM shop."销售明细" WHERE "编号" = 7;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT c.city, o.status, sum(o.total) AS s FROM shop.orders o JOIN shop.customers c ON c.customer_id = o.customer_id GROUP BY c.city, o.status ORDER BY 1, 2;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT order_date FROM shop.orders WHERE order_id = 1;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT "name" FROM "shop"."customers" WHERE "customer_id" = 3;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT CAST('2024-02-29'::date AS date), CAST('1.50' AS numeric(9,2)), CAST('甲乙' AS varchar(20)), CAST('2024-01-02 03:04:05'::timestamp AS timestamp);fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT '中文';fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT upper('ab'), '2024-01-31'::date;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
SAVEPOINT _EXEC_SVP_0x55c867a005b0;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT * FROM shop.no_such_table;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
ROLLBACK
;

-- [simple]
BEGIN;declare "SQL_CUR0x1" cursor with hold for SELECT 1;fetch 100 in "SQL_CUR0x1"
;

-- [simple]
BEGIN;declare "SQL_CUR0x3" cursor with hold for SELECT 1;fetch 100 in "SQL_CUR0x3"
;

-- [simple]
close "SQL_CUR0x3"
;

-- [simple]
SAVEPOINT _EXEC_SVP_0x55c867aa0d70;declare "SQL_CUR0x3" cursor with hold for SELECT * FROM shop.no_such_table;fetch 100 in "SQL_CUR0x3"
;

-- [simple]
ROLLBACK TO _EXEC_SVP_0x55c867aa0d70
;

-- [simple]
COMMIT
;

-- [simple]
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE
;

-- [simple]
BEGIN;declare "SQL_CUR0x2" cursor with hold for SELECT pg_sleep(0.05);fetch 100 in "SQL_CUR0x2"
;
