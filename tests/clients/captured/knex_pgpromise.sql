-- [extended]
select * from customers where customer_id=$1
;

-- [extended]
select * from order_items where order_id > $1
;

-- [extended]
select name from customers where customer_id = any($1::int[]) order by 1
;

-- [simple]
select name from customers where city='上海' and customer_id in (1,5,9) order by 1
;

-- [simple]
select count(*) from orders where status='paid'
;

-- [simple]
begin isolation level serializable read only deferrable
;

-- [simple]
select count(*)::int as n from products
;

-- [simple]
commit
;

-- [simple]
begin
;

-- [simple]
savepoint sp_1_1
;

-- [simple]
select 2 as a
;

-- [simple]
release savepoint sp_1_1
;

-- [simple]
commit
;

-- [simple]
select 1 as a;select 2 as b
;

-- [simple]
select * from pg_catalog.lower('ABC')
;

-- [simple]
select * from customers where customer_id=-1
;

-- [simple]
set search_path to "shop"
;

-- [extended]
select "name", "city" from "customers" where "is_vip" = $1 and "credit" > $2 order by "customer_id" asc limit $3
;

-- [extended]
select * from information_schema.columns where table_name = $1 and table_catalog = current_database() and table_schema = current_schema()
;

-- [extended]
select * from information_schema.tables where table_name = $1 and table_schema = current_schema()
;

-- [extended]
select * from information_schema.columns where table_name = $1 and column_name = $2 and table_schema = current_schema()
;

-- [simple]
select "c"."city", sum("o"."total") as "t", count(*) as "n" from "orders" as "o" inner join "customers" as "c" on "c"."customer_id" = "o"."customer_id" group by "c"."city" order by "c"."city" asc
;

-- [extended]
with "x" as (select * from "orders" where "order_id" < $1) select "order_id" from "x" order by "order_id" asc
;

-- [extended]
select "name" from "customers" where "customer_id" in ($1, $2) and profile->>'k' = $3
;

-- [extended]
select "name" from "customers" where "name" ilike $1 order by "name" asc limit $2
;

-- [simple]
select distinct on ("status") "status", "order_id" from "orders" order by "status" asc, "order_id" asc
;

-- [extended]
select rank() over (partition by "status" order by "total" desc) as "r", "order_id" from "orders" order by "order_id" asc limit $1
;

-- [extended]
select * from "orders"
;

-- [simple]
BEGIN TRANSACTION ISOLATION LEVEL repeatable read READ ONLY
;

-- [simple]
select count(*) from "orders"
;

-- [simple]
SAVEPOINT trx3
;

-- [simple]
select count(*) from "products"
;

-- [simple]
RELEASE SAVEPOINT trx3
;

-- [simple]
COMMIT
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

