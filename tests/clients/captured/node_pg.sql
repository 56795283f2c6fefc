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
SELECT c.city, o.status, sum(o.total) AS s FROM shop.orders o JOIN shop.customers c ON c.customer_id = o.customer_id GROUP BY c.city, o.status ORDER BY 1, 2
;

-- [simple]
SELECT order_date FROM shop.orders WHERE order_id = 1
;

-- [simple]
SELECT * FROM "shop"."customers" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."order_items" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."order_totals" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."orders" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."products" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."销售明细" LIMIT 10
;

-- [extended]
SELECT "name" AS v FROM "shop"."customers" WHERE "customer_id" = $1
;

-- [simple]
SELECT 1; SELECT 2
;

-- [extended]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [simple]
SELECT 1 AS a
;

-- [simple]
BEGIN
;

-- [simple]
SAVEPOINT a
;

-- [simple]
SELECT * FROM shop.no_such_table
;

-- [simple]
ROLLBACK TO SAVEPOINT a
;

-- [simple]
COMMIT
;

-- [simple]
SELECT pg_backend_pid() AS p
;

-- [simple]
SELECT pg_sleep(0.05)
;

-- [extended]
SELECT pg_cancel_backend($1)
;

-- [extended]
SELECT $1::int AS a
;
