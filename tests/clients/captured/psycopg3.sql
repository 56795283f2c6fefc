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

-- [extended 21]
SELECT "name" FROM "shop"."customers" WHERE "customer_id" = $1
;

-- [extended]
SELECT $1::text, $2::date, $3::numeric
;

-- [simple]
SELECT * FROM "shop"."customers" LIMIT 10
;

-- [extended]
SELECT * FROM "shop"."customers" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."products" LIMIT 10
;

-- [extended]
SELECT * FROM "shop"."products" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."orders" LIMIT 10
;

-- [extended]
SELECT * FROM "shop"."orders" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."order_items" LIMIT 10
;

-- [extended]
SELECT * FROM "shop"."order_items" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."销售明细" LIMIT 10
;

-- [extended]
SELECT * FROM "shop"."销售明细" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."order_totals" LIMIT 10
;

-- [extended]
SELECT * FROM "shop"."order_totals" LIMIT 10
;

-- [extended]
DECLARE "srv" CURSOR FOR SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [simple]
FETCH FORWARD 500 FROM "srv"
;

-- [simple]
CLOSE "srv"
;

-- [extended 21]
DECLARE "srv2" SCROLL CURSOR FOR SELECT "name" FROM "shop"."customers" WHERE "customer_id" = $1
;

-- [extended]
FETCH FORWARD 1 FROM "srv2"
;

-- [simple]
MOVE  -1 FROM "srv2"
;

-- [simple]
CLOSE "srv2"
;

-- [extended]
BEGIN
;

-- [extended]
SELECT 1
;

-- [extended]
SELECT * FROM shop.no_such_table
;

-- [simple]
ROLLBACK
;

-- [simple]
DEALLOCATE ALL
;

-- [simple]
SELECT no_such_column FROM shop.orders
;

-- [simple]
SELECT pg_sleep(0.05)
;

-- [simple]
SAVEPOINT "_pg3_2"
;

-- [simple]
SELECT * FROM shop.no_such_table
;

-- [simple]
ROLLBACK TO "_pg3_2"
;

-- [simple]
RELEASE "_pg3_2"
;

-- [simple]
SELECT 5
;

-- [simple]
COPY (SELECT "customer_id" FROM "shop"."customers") TO STDOUT
;

-- [simple]
COPY (SELECT "customer_id" FROM "shop"."customers") TO STDOUT (FORMAT BINARY)
;

-- [extended]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [extended]
SELECT
    typname AS name, oid, typarray AS array_oid,
    oid::regtype::text AS regtype, typdelim AS delimiter
FROM pg_type t
WHERE t.oid = to_regtype($1)
ORDER BY t.oid
;

-- [simple]
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
;

-- [extended]
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
;

-- [extended 21]
SELECT $1
;
