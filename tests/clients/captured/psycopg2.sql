-- [simple]
BEGIN
;

-- [simple]
SELECT count(*) FROM shop.orders
;

-- [simple]
COMMIT
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

-- [simple]
SELECT "name" FROM "shop"."customers" WHERE "customer_id" = 3
;

-- [simple]
SELECT * FROM "shop"."customers" LIMIT 10
;

-- [simple]
SELECT oid, typname FROM pg_catalog.pg_type WHERE oid = ANY(ARRAY[23,1043,25,16,1184,1009,3802,2950,1700])
;

-- [simple]
SELECT * FROM "shop"."products" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."orders" LIMIT 10
;

-- [simple]
SELECT oid, typname FROM pg_catalog.pg_type WHERE oid = ANY(ARRAY[20,23,1082,1114,1083,1043,1700,1186])
;

-- [simple]
SELECT * FROM "shop"."order_items" LIMIT 10
;

-- [simple]
SELECT oid, typname FROM pg_catalog.pg_type WHERE oid = ANY(ARRAY[20,21,20,23,1700])
;

-- [simple]
SELECT * FROM "shop"."销售明细" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."order_totals" LIMIT 10
;

-- [simple]
SELECT oid, typname FROM pg_catalog.pg_type WHERE oid = ANY(ARRAY[25,1082,1700,20])
;

-- [simple]
SELECT table_name FROM information_schema.tables WHERE table_schema='shop'
;

-- [simple]
SELECT column_name FROM information_schema.columns WHERE table_schema='shop' AND table_name='customers' ORDER BY ordinal_position
;

-- [simple]
DECLARE "srv" CURSOR WITHOUT HOLD FOR SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [simple]
FETCH FORWARD 500 FROM "srv"
;

-- [simple]
CLOSE "srv"
;

-- [simple]
DECLARE "scr" SCROLL CURSOR WITHOUT HOLD FOR SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [simple]
FETCH FORWARD 1 FROM "scr"
;

-- [simple]
MOVE 10 FROM "scr"
;

-- [simple]
MOVE ABSOLUTE 0 FROM "scr"
;

-- [simple]
CLOSE "scr"
;

-- [simple]
DECLARE "hld" CURSOR WITH HOLD FOR SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [simple]
FETCH FORWARD 10 FROM "hld"
;

-- [simple]
CLOSE "hld"
;

-- [simple]
SELECT * FROM shop.no_such_table
;

-- [simple]
SELECT 1
;

-- [simple]
ROLLBACK
;

-- [simple]
SAVEPOINT a
;

-- [simple]
ROLLBACK TO SAVEPOINT a
;

-- [simple]
RELEASE SAVEPOINT a
;

-- [simple]
SELECT pg_sleep(0.05)
;

-- [simple]
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
;

-- [simple]
SET statement_timeout = '9s'
;

-- [simple]
SHOW statement_timeout
;

-- [simple]
RESET statement_timeout
;

-- [simple]
SET search_path TO "shop"
;

-- [simple]
SELECT current_schema()
;

-- [simple]
RESET ALL
;

-- [simple]
COPY (SELECT * FROM "shop"."customers") TO STDOUT WITH CSV HEADER
;

-- [simple]
SELECT t.oid, typarray
FROM pg_type t JOIN pg_namespace ns
    ON typnamespace = ns.oid
WHERE typname = 'hstore';
;

-- [simple]
DISCARD ALL
;

-- [simple]
SELECT 1 AS a
;
