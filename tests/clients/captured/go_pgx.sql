-- [extended]
SELECT "name" FROM "shop"."customers" WHERE "customer_id" = $1
;

-- [simple]
SELECT "name" FROM "shop"."customers" WHERE "customer_id" = 3
;

-- [extended]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [extended]
SELECT 1
;

-- [extended]
SELECT * FROM "shop"."customers" LIMIT 3
;

-- [simple]
begin
;

-- [simple]
savepoint sp_1
;

-- [simple]
SELECT * FROM shop.no_such_table
;

-- [simple]
rollback to savepoint sp_1
;

-- [simple]
commit
;

-- [simple]
COPY (SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2) TO STDOUT
;

-- [simple]
;
;

-- [simple]
begin isolation level repeatable read read only
;

-- [simple]
SELECT pg_sleep(0.05)
;
