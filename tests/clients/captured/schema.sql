
DROP SCHEMA public;
CREATE SCHEMA shop AUTHORIZATION sluice;
GRANT USAGE ON SCHEMA shop TO bi;
SET ROLE sluice;
CREATE TABLE shop.customers(
 customer_id integer PRIMARY KEY, name varchar(80) NOT NULL, city text, is_vip boolean NOT NULL,
 created_at timestamptz NOT NULL, tags text[], profile jsonb, ext_id uuid, credit numeric(12,2));
CREATE TABLE shop.products(
 product_id bigint PRIMARY KEY, sku char(8) NOT NULL, title varchar(120), price numeric(10,2), weight real, rating double precision, in_stock smallint, photo bytea, meta json);
CREATE TABLE shop.orders(
 order_id bigint PRIMARY KEY, customer_id integer NOT NULL REFERENCES shop.customers(customer_id), order_date date NOT NULL, shipped_at timestamp, ship_time time, status varchar(20), total numeric(14,2), lead interval);
CREATE TABLE shop.order_items(
 order_id bigint REFERENCES shop.orders(order_id), line_no smallint, product_id bigint REFERENCES shop.products(product_id), qty integer, unit_price numeric(10,2), PRIMARY KEY(order_id,line_no));
CREATE TABLE shop."销售明细"("编号" integer PRIMARY KEY, "客户名称" varchar(50), "金额" numeric(18,2), "销售日期" date, "备注" text);
CREATE TABLE shop.order_totals(city text, order_date date, revenue numeric(12,2), lines bigint);
COMMENT ON SCHEMA shop IS 'shop schema';
COMMENT ON TABLE shop.customers IS 'Customer master';
COMMENT ON COLUMN shop.customers.city IS 'City of residence';
COMMENT ON TABLE shop."销售明细" IS '销售明细表';
COMMENT ON COLUMN shop."销售明细"."金额" IS '含税金额';
INSERT INTO shop.customers SELECT g,'Customer '||g,(ARRAY['Beijing','上海','Shenzhen','Paris'])[1+g%4],g%5=0,'2024-01-01 00:00+00'::timestamptz+g*interval '1 hour',ARRAY['a','b'||g],jsonb_build_object('k',g),('00000000-0000-0000-0000-'||lpad(g::text,12,'0'))::uuid,g*1.25 FROM generate_series(1,200) g;
INSERT INTO shop.products SELECT g,'SKU'||lpad(g::text,5,'0'),'Product '||g,g*1.5,g*0.1,g/3.0,g%100,decode('deadbeef','hex'),'{"a":1}' FROM generate_series(1,50) g;
INSERT INTO shop.orders SELECT g,1+g%200,date '2024-01-01'+(g%365)::int,CASE WHEN g%3=0 THEN timestamp '2024-02-01 12:00'+g*interval '1 min' END,time '08:30',(ARRAY['new','paid','shipped'])[1+g%3],g*10.5,interval '1 day'*(g%7) FROM generate_series(1,2000) g;
INSERT INTO shop.order_items SELECT o,l,1+(o+l)%50,1+(o*l)%9,9.99 FROM generate_series(1,2000) o, generate_series(1,3) l;
INSERT INTO shop."销售明细" SELECT g,'客户'||g,g*100.01,date '2024-01-01'+g,CASE WHEN g%2=0 THEN '备注'||g END FROM generate_series(1,30) g;
INSERT INTO shop.order_totals SELECT c.city, o.order_date, sum(i.qty*i.unit_price) AS revenue, count(*) AS lines FROM shop.orders o JOIN shop.customers c USING(customer_id) JOIN shop.order_items i USING(order_id) GROUP BY 1,2 ORDER BY 2, 1;
RESET ROLE;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO bi;
REVOKE ALL ON ALL TABLES IN SCHEMA shop FROM sluice;
REVOKE ALL ON SCHEMA shop FROM sluice;
