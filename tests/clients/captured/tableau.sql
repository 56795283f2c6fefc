-- [simple]
SET DateStyle=ISO;SET extra_float_digits=2;show transaction_isolation
;

-- [simple]
select oid, typbasetype from pg_type where typname = 'lo'
;

-- [simple]
CREATE LOCAL TEMPORARY TABLE "#Tableau_1_1_Connect_Check" ("COL" INTEGER) ON COMMIT PRESERVE ROWS
;

-- [simple]
DROP TABLE "#Tableau_1_1_Connect_Check"
;

-- [simple]
SELECT * INTO TEMP "#Tableau_2" FROM (SELECT 1 AS x) AS t
;

-- [simple]
SELECT "orders"."status" AS "status" FROM "shop"."orders" "orders" GROUP BY 2
;

-- [simple]
BEGIN;declare "SQL_CUR0x7f8a5c0" cursor with hold for SELECT "orders"."status" AS "status", SUM("orders"."total") AS "sum:total:ok" FROM "shop"."orders" "orders" GROUP BY 1 ORDER BY 1;fetch 2048 in "SQL_CUR0x7f8a5c0"
;

-- [simple]
close "SQL_CUR0x7f8a5c0";commit
;

-- [simple]
SELECT "X"."status" AS "status" FROM (SELECT CAST("orders"."status" AS TEXT) AS "status" FROM "shop"."orders" "orders") "X" GROUP BY 1 ORDER BY 1 LIMIT 3
;

-- [simple]
SELECT DATE_TRUNC( 'MONTH', CAST("orders"."order_date" AS TIMESTAMP) ) AS "tmn:order_date:ok", COUNT(1) AS "c" FROM "shop"."orders" "orders" GROUP BY 1 ORDER BY 1
;

-- [simple]
SELECT CAST(EXTRACT(YEAR FROM "orders"."order_date") AS INTEGER) AS "yr:order_date:ok", COUNT(DISTINCT "orders"."customer_id") AS "c" FROM "shop"."orders" "orders" GROUP BY 1
;

-- [simple]
SELECT MIN("orders"."order_date") AS "a", MAX("orders"."order_date") AS "b" FROM "shop"."orders" "orders" HAVING (COUNT(1) > 0)
;

-- [simple]
SELECT TRUNC(CAST("orders"."total" AS NUMERIC), 0) AS t, (CASE WHEN ("orders"."status" = 'new') THEN 1 WHEN NOT ("orders"."status" = 'new') THEN 0 ELSE NULL END) AS c FROM "shop"."orders" "orders" ORDER BY "orders"."order_id" LIMIT 10
;

-- [simple]
SELECT "customers"."name" AS "name" FROM "shop"."orders" "orders" INNER JOIN "shop"."customers" "customers" ON ("orders"."customer_id" = "customers"."customer_id") GROUP BY 1 ORDER BY 1 LIMIT 10
;

-- [simple]
SELECT 1 WHERE (STRPOS(UPPER('abc'),'B') > 0) AND ('abc' LIKE '%b%') AND (LEFT('abc',1)='a')
;

-- [simple]
SELECT (CURRENT_DATE - DATE '2020-01-01') > 0
;
