-- [simple]
set datestyle to ISO
;

-- [simple]
select attnotnull from pg_attribute where attrelid=12033 and attnum='2'
;

-- [simple]
select tablename from pg_tables where schemaname !='information_schema' and schemaname !='pg_catalog' and schemaname='shop' and tablename='customers'
;

-- [simple]
select tablename from pg_tables where schemaname !='information_schema' and schemaname !='pg_catalog' and schemaname='shop' and tablename='orders'
;

-- [simple]
select tablename from pg_tables where schemaname !='information_schema' and schemaname !='pg_catalog' and schemaname='shop' and tablename='nope'
;

-- [simple]
select a.attname from pg_attribute a, pg_class c, pg_tables t, pg_namespace nsp where a.attrelid = c.oid and c.relname = tablename and c.relnamespace = nsp.oid and a.attnum > 0 and nspname = current_schema() and schemaname = nspname and tablename = 'customers'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=1249 and attnum='2'
;

-- [simple]
SELECT * from "order_totals"
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_totals@ and attnum='1'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_totals@ and attnum='2'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_totals@ and attnum='3'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_totals@ and attnum='4'
;

-- [simple]
SELECT * from "shop"."orders"
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.orders@ and attnum='1'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.orders@ and attnum='2'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.orders@ and attnum='3'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.orders@ and attnum='4'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.orders@ and attnum='5'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.orders@ and attnum='6'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.orders@ and attnum='7'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.orders@ and attnum='8'
;

-- [simple]
select * from orders order by 1 limit 3
;

-- [extended]
select name, credit from customers where customer_id = $1
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='2'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='9'
;

-- [extended]
select count(*) from orders where status = $1 and total > $2
;

-- [simple]
select * from order_items
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_items@ and attnum='1'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_items@ and attnum='2'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_items@ and attnum='3'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_items@ and attnum='4'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.order_items@ and attnum='5'
;

-- [simple]
select tablename from pg_tables where schemaname !='information_schema' and schemaname !='pg_catalog' and schemaname='shop' and tablename='zz'
;

-- [simple]
create table "zz"
(
	"row.names" text,
	"a" float8
)
;

-- [simple]
BEGIN
;

-- [simple]
select 1 as a
;

-- [simple]
COMMIT
;

-- [simple]
select "姓名" from (select '张三'::text as "姓名") t
;

-- [simple]
SELECT * FROM "shop"."customers" AS "q01" WHERE 0=1
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='1'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='3'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='4'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='5'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='6'
;

-- [simple]
select typname, typcategory from pg_type where oid = 1009
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='7'
;

-- [simple]
select typname, typcategory from pg_type where oid = 3802
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.customers@ and attnum='8'
;

-- [simple]
select typname, typcategory from pg_type where oid = 2950
;

-- [simple]
SELECT "city", COUNT(*) AS "n", SUM("credit") AS "s", MAX("created_at") AS "m"
FROM "shop"."customers"
WHERE ("is_vip") AND ("credit" > 100.0)
GROUP BY "city"
ORDER BY "city"
;

-- [simple]
SELECT * FROM "orders" AS "q01" WHERE 0=1
;

-- [simple]
SELECT * FROM "customers" AS "q02" WHERE 0=1
;

-- [simple]
SELECT
  "order_id",
  EXTRACT(year FROM "order_date") AS "y",
  FLOOR("total" / 100.0) AS "q",
  CONCAT_WS('', "status", '-', "city") AS "s",
  CASE WHEN ("total" > 100.0) THEN 'big' WHEN NOT ("total" > 100.0) THEN 'small' END AS "z"
FROM (
  SELECT
    "orders".*,
    "name",
    "city",
    "is_vip",
    "created_at",
    "tags",
    "profile",
    "ext_id",
    "credit"
  FROM "orders"
  INNER JOIN "customers"
    ON ("orders"."customer_id" = "customers"."customer_id")
) "q01"
WHERE ("status" IN ('paid', 'new')) AND (("city") ~ ('^S'))
ORDER BY "order_id"
LIMIT 3
;

-- [simple]
SELECT * FROM "orders" AS "q02" WHERE 0=1
;

-- [simple]
SELECT "status", COUNT(*) AS "n"
FROM "orders"
GROUP BY "status"
ORDER BY "status"
;

-- [simple]
SELECT * FROM (select * from products where price < 4 order by 1) "q01" WHERE 0=1
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='1'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='2'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='3'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='4'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='5'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='6'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='7'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='8'
;

-- [simple]
select attnotnull from pg_attribute where attrelid=@class shop.products@ and attnum='9'
;

-- [simple]
select typname, typcategory from pg_type where oid = 114
;

-- [simple]
SELECT "product_id", "price", "rating"
FROM (select * from products where price < 4 order by 1) "q01"
;

-- [simple]
SELECT
  COUNT(*) AS "n",
  AVG("total") AS "a",
  STDDEV_SAMP("total") AS "sd",
  PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY "total") AS "md"
FROM (
  SELECT
    *,
    CASE
WHEN (NOT(("total" DESC IS NULL))) THEN ROW_NUMBER() OVER (PARTITION BY "customer_id", (CASE WHEN (("total" DESC IS NULL)) THEN 1 ELSE 0 END) ORDER BY "total" DESC)
END AS "r"
  FROM "orders"
) "q01"
WHERE ("r" = 1)
;

