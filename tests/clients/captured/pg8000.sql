-- [simple]
begin transaction
;

-- [simple]
SELECT count(*) FROM shop.orders
;

-- [extended]
commit
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
SELECT * FROM "shop"."customers" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."products" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."orders" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."order_items" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."销售明细" LIMIT 10
;

-- [simple]
SELECT * FROM "shop"."order_totals" LIMIT 10
;

-- [simple]
SELECT * FROM shop.no_such_table
;

-- [extended]
rollback
;

-- [extended]
SELECT CAST($1 AS INTEGER) + 1
;
