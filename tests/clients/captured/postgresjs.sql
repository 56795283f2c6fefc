-- [extended]
select b.oid, b.typarray
      from pg_catalog.pg_type a
      left join pg_catalog.pg_type b on b.oid = a.typelem
      where a.typcategory = 'A'
      group by b.oid, b.typarray
      order by b.oid
;

-- [extended]
SELECT "name" AS v FROM "shop"."customers" WHERE "customer_id" = $1
;

-- [extended]
SELECT $1::int AS a, $2::int[] AS b
;

-- [extended]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [simple]
begin
;

-- [extended]
savepoint "s0"
;

-- [simple]
SELECT * FROM shop.no_such_table
;

-- [extended]
rollback to "s0"
;

-- [extended]
SELECT 3 AS a
;

-- [extended]
commit
;

-- [simple]
SELECT 1; SELECT 2
;

-- [simple]
SELECT pg_sleep(0.05)
;

-- [simple]
COPY (SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2) TO STDOUT
;
