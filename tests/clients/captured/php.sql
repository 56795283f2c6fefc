-- [extended]
SELECT * FROM customers ORDER BY customer_id LIMIT 2
;

-- [simple]
SELECT RELNAME FROM PG_CLASS WHERE OID=@class shop.customers@
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=1184
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=1009
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=3802
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=2950
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=1700
;

-- [simple]
DEALLOCATE pdo_stmt_00000001
;

-- [extended]
SELECT * FROM products ORDER BY product_id LIMIT 2
;

-- [simple]
SELECT RELNAME FROM PG_CLASS WHERE OID=@class shop.products@
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=1042
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=700
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=701
;

-- [simple]
SELECT TYPNAME FROM PG_TYPE WHERE OID=114
;

-- [simple]
DEALLOCATE pdo_stmt_00000002
;

-- [extended]
SELECT name, city FROM customers WHERE customer_id = $1 AND city = $2
;

-- [simple]
DEALLOCATE pdo_stmt_00000003
;

-- [extended]
SELECT order_id FROM orders WHERE order_date >= $1 AND total > $2 AND status = $3 ORDER BY 1 LIMIT $4
;

-- [simple]
DEALLOCATE pdo_stmt_00000004
;

-- [extended]
SELECT name FROM customers WHERE is_vip = $1 ORDER BY 1 LIMIT 2
;

-- [simple]
DEALLOCATE pdo_stmt_00000005
;

-- [simple]
SELECT name FROM customers WHERE customer_id = '3'
;

-- [simple]
DECLARE pdo_crsr_00000006 SCROLL CURSOR WITH HOLD FOR SELECT order_id FROM orders ORDER BY 1
;

-- [simple]
FETCH FORWARD 0 FROM pdo_crsr_00000006
;

-- [simple]
FETCH NEXT FROM pdo_crsr_00000006
;

-- [simple]
FETCH LAST FROM pdo_crsr_00000006
;

-- [simple]
FETCH FIRST FROM pdo_crsr_00000006
;

-- [simple]
FETCH ABSOLUTE 5 FROM pdo_crsr_00000006
;

-- [simple]
CLOSE pdo_crsr_00000006
;

-- [simple]
BEGIN
;

-- [simple]
ROLLBACK
;

-- [simple]
COPY customers (customer_id,name) TO STDIN WITH DELIMITER E',' NULL AS E'x'
;

-- [simple]
SELECT a.attname, a.attnum, t.typname, a.attlen, a.attnotNULL, a.atthasdef, a.attndims, t.typtype, d.description FROM pg_class as c  JOIN pg_attribute a ON (a.attrelid = c.oid)  JOIN pg_type t ON (a.atttypid = t.oid)  JOIN pg_namespace n ON (c.relnamespace = n.oid)  LEFT JOIN pg_description d ON (d.objoid=a.attrelid AND d.objsubid=a.attnum AND c.oid=d.objoid) WHERE a.attnum > 0  AND c.relname = 'customers' AND n.nspname = 'shop' ORDER BY a.attnum
;

-- [simple]
SELECT a.attname, a.attnum, t.typname, a.attlen, a.attnotnull, a.atthasdef, a.attndims, t.typtype FROM pg_class as c  JOIN pg_attribute a ON (a.attrelid = c.oid)  JOIN pg_type t ON (a.atttypid = t.oid)  JOIN pg_namespace n ON (c.relnamespace = n.oid) WHERE a.attnum > 0 AND c.relname = 'orders' AND n.nspname = 'public' ORDER BY a.attnum
;

-- [extended]
SELECT customer_id,name,tags,credit FROM customers WHERE customer_id=$1
;

-- [simple]
select oid,typname from pg_type
;

-- [simple]
select relname from pg_class where oid=@class shop.customers@
;

-- [simple]
SELECT a.attname, a.attnum, t.typname, a.attlen, a.attnotnull, a.atthasdef, a.attndims, t.typtype FROM pg_class as c  JOIN pg_attribute a ON (a.attrelid = c.oid)  JOIN pg_type t ON (a.atttypid = t.oid)  JOIN pg_namespace n ON (c.relnamespace = n.oid) WHERE a.attnum > 0 AND c.relname = 'orders' AND n.nspname = 'shop' ORDER BY a.attnum
;

-- [simple]
SELECT * FROM "shop"."orders" WHERE "order_id"=7
;

-- [extended]
SELECT count(*) FROM orders WHERE status=$1
;

-- [simple]
COPY orders TO STDOUT DELIMITER E'	' NULL AS E'\\N'
;

-- [simple]
COPY order_totals TO STDOUT DELIMITER E',' NULL AS E'\\N'
;

-- [simple]
select 1; select 2
;

