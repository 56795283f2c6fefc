-- [simple]
select version();
;

-- [simple]
set search_path to "shop"
;

-- [extended]
select * from information_schema.tables where table_name = $1 and table_schema = $2
;

-- [extended]
select * from information_schema.columns where table_name = $1 and table_catalog = current_database() and table_schema = $2
;

-- [extended]
select * from "shop"."customers" where "customer_id" = $1 limit $2
;

-- [simple]
BEGIN;
;

-- [simple]
SELECT 1 AS a
;

-- [simple]
COMMIT;
;

-- [extended]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;
