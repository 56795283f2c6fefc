-- [simple]
SET search_path = pg_catalog
;

-- [simple]
SET timezone = 'GMT'
;

-- [simple]
SET datestyle = ISO
;

-- [simple]
SET intervalstyle = postgres
;

-- [simple]
SET extra_float_digits = 3
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'shop'
;

-- [simple]
SELECT relname,   attname,   format_type(atttypid, atttypmod),   attnotnull,   pg_get_expr(adbin, adrelid),   attgenerated,   collname,   collnsp.nspname FROM pg_class c   JOIN pg_namespace n ON     relnamespace = n.oid   LEFT JOIN pg_attribute a ON     attrelid = c.oid AND attnum > 0       AND NOT attisdropped   LEFT JOIN pg_attrdef ad ON     adrelid = c.oid AND adnum = attnum   LEFT JOIN pg_collation coll ON     coll.oid = attcollation   LEFT JOIN pg_namespace collnsp ON     collnsp.oid = collnamespace WHERE c.relkind IN ('r','v','f','m','p')   AND n.nspname = 'shop' AND NOT c.relispartition  ORDER BY c.relname, a.attnum
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT customer_id, name, city, is_vip, created_at, tags, profile, ext_id, credit FROM shop.customers ORDER BY customer_id ASC NULLS LAST LIMIT 3::bigint
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT count(*), sum(credit), avg(credit) FROM shop.customers
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT customer_id, city FROM shop.customers
;

-- [simple]
FETCH 100 FROM c1
;

-- [extended]
DECLARE c2 CURSOR FOR
SELECT customer_id, total FROM shop.orders
;

-- [simple]
FETCH 100 FROM c2
;

-- [simple]
CLOSE c2
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT count(*) FROM shop.order_items
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT sum(qty), max(unit_price) FROM shop.order_items WHERE ((order_id < 10))
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT product_id, sku, title, price, weight, rating, in_stock, photo, meta FROM shop.products WHERE ((product_id = 3))
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT product_id, sku, title, price, weight, rating, in_stock, photo, meta FROM shop.products WHERE ((title ~~ 'Product 1%')) AND ((price > 10::numeric))
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT order_id, customer_id, order_date, shipped_at, ship_time, status, total, lead FROM shop.orders WHERE ((order_date >= '2024-02-01')) AND ((order_date <= '2024-02-03'))
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT order_id, customer_id, order_date, shipped_at, ship_time, status, total, lead FROM shop.orders WHERE ((shipped_at > '2024-02-01 12:30:00')) ORDER BY order_id ASC NULLS LAST LIMIT 2::bigint
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name, city, tags FROM shop.customers WHERE (is_vip) AND ((city = ANY ('{上海,Paris}'::text[])))
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name FROM shop.customers WHERE ((ext_id = '00000000-0000-0000-0000-000000000007'))
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT customer_id FROM shop.customers WHERE ((customer_id = ANY ('{1,2,3}'::integer[])))
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT customer_id FROM shop.customers WHERE ((NOT is_vip)) AND ((customer_id IS DISTINCT FROM 5)) ORDER BY customer_id DESC NULLS LAST LIMIT 3::bigint
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT order_date FROM shop.orders
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT status, count(DISTINCT customer_id), stddev(total), bool_and((total > 5::numeric)), string_agg(status, ','::text ORDER BY (status) ASC NULLS LAST) FILTER (WHERE (order_id < 5)) FROM shop.orders GROUP BY 1 HAVING ((count(*) > 2)) ORDER BY status ASC NULLS LAST
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT r1.name, r2.total FROM (shop.customers r1 LEFT JOIN shop.orders r2 ON (((r2.customer_id = r1.customer_id)) AND ((r2.total > 20000::numeric)))) ORDER BY r2.total DESC NULLS LAST, r1.name ASC NULLS LAST LIMIT 3::bigint
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT customer_id, name FROM shop.customers
;

-- [simple]
FETCH 100 FROM c1
;

-- [extended]
DECLARE c2 CURSOR FOR
SELECT customer_id FROM shop.orders WHERE ((total > 20900::numeric))
;

-- [simple]
FETCH 100 FROM c2
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
CLOSE c2
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT customer_id, name FROM shop.customers ORDER BY name ASC NULLS LAST
;

-- [simple]
FETCH 100 FROM c1
;

-- [extended]
DECLARE c2 CURSOR FOR
SELECT customer_id FROM shop.orders WHERE ((total < 2000::numeric))
;

-- [simple]
FETCH 100 FROM c2
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
CLOSE c2
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
SET search_path = pg_catalog
;

-- [simple]
SET timezone = 'GMT'
;

-- [simple]
SET datestyle = ISO
;

-- [simple]
SET intervalstyle = postgres
;

-- [simple]
SET extra_float_digits = 3
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT customer_id, total FROM shop.orders WHERE ((status = 'paid'))
;

-- [simple]
EXPLAIN SELECT customer_id, city FROM shop.customers
;

-- [simple]
EXPLAIN SELECT customer_id, total FROM shop.orders WHERE ((status = 'paid')) ORDER BY customer_id ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT customer_id, total FROM shop.orders WHERE ((((SELECT null::integer)::integer) = customer_id)) AND ((status = 'paid'))
;

-- [simple]
EXPLAIN SELECT customer_id, city FROM shop.customers ORDER BY city ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT customer_id, city FROM shop.customers ORDER BY customer_id ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT customer_id, city FROM shop.customers WHERE ((((SELECT null::integer)::integer) = customer_id))
;

-- [simple]
EXPLAIN SELECT r1.total, r2.city FROM (shop.orders r1 INNER JOIN shop.customers r2 ON (((r1.customer_id = r2.customer_id)) AND ((r1.status = 'paid'))))
;

-- [simple]
EXPLAIN SELECT r1.total, r2.city FROM (shop.orders r1 INNER JOIN shop.customers r2 ON (((r1.customer_id = r2.customer_id)) AND ((r1.status = 'paid')))) ORDER BY r2.city ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT r2.city, sum(r1.total), count(*) FROM (shop.orders r1 INNER JOIN shop.customers r2 ON (((r1.customer_id = r2.customer_id)) AND ((r1.status = 'paid')))) GROUP BY 1
;

-- [simple]
EXPLAIN SELECT r2.city, sum(r1.total), count(*) FROM (shop.orders r1 INNER JOIN shop.customers r2 ON (((r1.customer_id = r2.customer_id)) AND ((r1.status = 'paid')))) GROUP BY 1 ORDER BY r2.city ASC NULLS LAST
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT r2.city, sum(r1.total), count(*) FROM (shop.orders r1 INNER JOIN shop.customers r2 ON (((r1.customer_id = r2.customer_id)) AND ((r1.status = 'paid')))) GROUP BY 1 ORDER BY r2.city ASC NULLS LAST
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT order_id FROM shop.orders WHERE ((order_id = 77))
;

-- [simple]
EXPLAIN SELECT order_id, line_no, product_id FROM shop.order_items WHERE ((order_id = 77))
;

-- [simple]
EXPLAIN SELECT product_id, title FROM shop.products
;

-- [simple]
EXPLAIN SELECT order_id, line_no, product_id FROM shop.order_items WHERE ((order_id = 77)) ORDER BY line_no ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT order_id, line_no, product_id FROM shop.order_items WHERE ((order_id = 77)) ORDER BY product_id ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT order_id, line_no, product_id FROM shop.order_items WHERE ((((SELECT null::bigint)::bigint) = product_id)) AND ((order_id = 77))
;

-- [simple]
EXPLAIN SELECT product_id, title FROM shop.products ORDER BY product_id ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT product_id, title FROM shop.products WHERE ((((SELECT null::bigint)::bigint) = product_id))
;

-- [simple]
EXPLAIN SELECT r1.order_id, r2.line_no, r2.product_id FROM (shop.orders r1 INNER JOIN shop.order_items r2 ON (((r2.order_id = 77)) AND ((r1.order_id = 77))))
;

-- [simple]
EXPLAIN SELECT r1.order_id, r2.line_no, r2.product_id FROM (shop.orders r1 INNER JOIN shop.order_items r2 ON (((r2.order_id = 77)) AND ((r1.order_id = 77)))) ORDER BY r2.line_no ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT r1.order_id, r2.line_no, r2.product_id FROM (shop.orders r1 INNER JOIN shop.order_items r2 ON (((r2.order_id = 77)) AND ((r1.order_id = 77)))) ORDER BY r2.product_id ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT r2.line_no, r2.order_id, r4.title FROM (shop.order_items r2 INNER JOIN shop.products r4 ON (((r2.product_id = r4.product_id)) AND ((r2.order_id = 77))))
;

-- [simple]
EXPLAIN SELECT r2.line_no, r2.order_id, r4.title FROM (shop.order_items r2 INNER JOIN shop.products r4 ON (((r2.product_id = r4.product_id)) AND ((r2.order_id = 77)))) ORDER BY r2.line_no ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT r1.order_id, r2.line_no, r4.title FROM ((shop.orders r1 INNER JOIN shop.order_items r2 ON (((r2.order_id = 77)) AND ((r1.order_id = 77)))) INNER JOIN shop.products r4 ON (((r2.product_id = r4.product_id))))
;

-- [simple]
EXPLAIN SELECT r1.order_id, r2.line_no, r4.title FROM ((shop.orders r1 INNER JOIN shop.order_items r2 ON (((r2.order_id = 77)) AND ((r1.order_id = 77)))) INNER JOIN shop.products r4 ON (((r2.product_id = r4.product_id)))) ORDER BY r2.line_no ASC NULLS LAST
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT r1.order_id, r2.line_no, r4.title FROM ((shop.orders r1 INNER JOIN shop.order_items r2 ON (((r2.order_id = 77)) AND ((r1.order_id = 77)))) INNER JOIN shop.products r4 ON (((r2.product_id = r4.product_id)))) ORDER BY r2.line_no ASC NULLS LAST
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT product_id, title FROM shop.products
;

-- [simple]
EXPLAIN SELECT product_id, title FROM shop.products ORDER BY title ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT product_id, title FROM shop.products ORDER BY product_id ASC NULLS LAST
;

-- [simple]
EXPLAIN SELECT product_id, title FROM shop.products WHERE ((((SELECT null::bigint)::bigint) = product_id))
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT product_id, title FROM shop.products
;

-- [simple]
FETCH 100 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
SET search_path = pg_catalog
;

-- [simple]
SET timezone = 'GMT'
;

-- [simple]
SET datestyle = ISO
;

-- [simple]
SET intervalstyle = postgres
;

-- [simple]
SET extra_float_digits = 3
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT city, tags FROM shop.customers
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT city, tags FROM shop.customers
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
SELECT pg_catalog.pg_relation_size('shop.customers'::pg_catalog.regclass) / 8192
;

-- [simple]
DECLARE c1 CURSOR FOR SELECT customer_id, name, city, is_vip, created_at, tags, profile, ext_id, credit FROM shop.customers
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
SELECT pg_catalog.pg_relation_size('shop.orders'::pg_catalog.regclass) / 8192
;

-- [simple]
DECLARE c1 CURSOR FOR SELECT order_id, customer_id, order_date, shipped_at, ship_time, status, total, lead FROM shop.orders
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL SERIALIZABLE
;

-- [simple]
EXPLAIN SELECT NULL FROM shop.orders
;

-- [simple]
EXPLAIN SELECT count(*) FROM shop.orders
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT count(*) FROM shop.orders
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
SAVEPOINT s2
;

-- [simple]
EXPLAIN SELECT NULL FROM shop.customers WHERE ((city = 'Paris'))
;

-- [simple]
EXPLAIN SELECT count(*) FROM shop.customers WHERE ((city = 'Paris'))
;

-- [extended]
DECLARE c2 CURSOR FOR
SELECT count(*) FROM shop.customers WHERE ((city = 'Paris'))
;

-- [simple]
FETCH 7 FROM c2
;

-- [simple]
CLOSE c2
;

-- [simple]
ROLLBACK TO SAVEPOINT s2; RELEASE SAVEPOINT s2
;

-- [simple]
SAVEPOINT s2
;

-- [simple]
EXPLAIN SELECT NULL FROM shop.products
;

-- [simple]
EXPLAIN SELECT count(*) FROM shop.products
;

-- [extended]
DECLARE c3 CURSOR FOR
SELECT count(*) FROM shop.products
;

-- [simple]
FETCH 7 FROM c3
;

-- [simple]
CLOSE c3
;

-- [simple]
RELEASE SAVEPOINT s2
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT order_id FROM shop.orders
;

-- [simple]
EXPLAIN SELECT order_id FROM shop.orders ORDER BY order_id ASC NULLS LAST
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT order_id FROM shop.orders ORDER BY order_id ASC NULLS LAST
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
ABORT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT name FROM shop.customers WHERE ((customer_id = 1))
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name FROM shop.customers WHERE ((customer_id = 1))
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT name FROM shop.customers WHERE ((customer_id = 2))
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name FROM shop.customers WHERE ((customer_id = 2))
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT name FROM shop.customers WHERE ((customer_id = 3))
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name FROM shop.customers WHERE ((customer_id = 3))
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT name FROM shop.customers WHERE ((customer_id = 4))
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name FROM shop.customers WHERE ((customer_id = 4))
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT name FROM shop.customers WHERE ((customer_id = 5))
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name FROM shop.customers WHERE ((customer_id = 5))
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT name FROM shop.customers WHERE ((customer_id = ((SELECT null::integer)::integer)))
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name FROM shop.customers WHERE ((customer_id = $1::integer))
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT name FROM shop.customers WHERE ((customer_id = $1::integer))
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
CLOSE c1
;

-- [simple]
COMMIT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
ABORT TRANSACTION
;

-- [simple]
DEALLOCATE ALL
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
ABORT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
ABORT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
TRUNCATE shop.customers CONTINUE IDENTITY RESTRICT
;

-- [simple]
ABORT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
EXPLAIN SELECT order_id FROM shop.orders WHERE ((order_id = 1))
;

-- [extended]
DECLARE c1 CURSOR FOR
SELECT order_id FROM shop.orders WHERE ((order_id = 1))
;

-- [simple]
FETCH 7 FROM c1
;

-- [simple]
ABORT TRANSACTION
;

-- [simple]
START TRANSACTION ISOLATION LEVEL REPEATABLE READ
;

-- [simple]
ABORT TRANSACTION
;

-- [simple]
select name, credit from shop.customers where customer_id < 4 order by customer_id
;

-- [simple]
BEGIN
;

-- [simple]
DECLARE cur CURSOR FOR select order_id, status from shop.orders order by 1
;

-- [simple]
FETCH 3 FROM cur
;

-- [simple]
CLOSE cur
;

-- [simple]
COMMIT
;

-- [simple]
select count(*) from shop.orders; select 2
;

-- [simple]
BEGIN
;

-- [simple]
COMMIT
;

-- [simple]
select * from shop.nope
;

