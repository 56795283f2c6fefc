-- The tables that the statements of this folder read. Small, with every type, NULLs, ties and edge values.
CREATE SCHEMA shop;
SET search_path = shop;
CREATE TABLE branch(branch_id integer, parent_id integer, branch_name varchar(40), level smallint, region text,
  opened date);
INSERT INTO branch VALUES
  (1, NULL, '总行', 0, '全国', '1998-01-05'), (10, 1, '北京分行', 1, '华北', '2001-03-01'),
  (20, 1, '上海分行', 1, '华东', '2000-02-29'), (30, 1, '广州分行', 1, '华南', '2003-12-31'),
  (101, 10, '海淀支行', 2, '华北', '2010-06-15'), (102, 10, '朝阳支行', 2, '华北', NULL),
  (201, 20, '浦东支行', 2, '华东', '2012-09-30'), (301, 30, '天河支行', 2, '华南', '2015-01-01');
CREATE TABLE customer(customer_id integer, name varchar(50), city text, segment char(4), vip boolean, birth date,
  created timestamptz, credit numeric(12,2), score double precision, rating real, ext uuid, branch_id integer,
  note text);
INSERT INTO customer SELECT g,
  (ARRAY['王勇','李娜','Zhang Wei','欧阳静','Anna Müller','陈𠮷祥','O''Brien','司马洋'])[1 + g % 8] || CASE WHEN g > 8 THEN g::text ELSE '' END,
  (ARRAY['北京','上海','Paris','广州',NULL])[1 + g % 5],
  (ARRAY['A','BB','VIP','CORP'])[1 + g % 4], CASE WHEN g % 7 = 0 THEN NULL ELSE g % 3 = 0 END,
  CASE WHEN g % 9 = 0 THEN NULL ELSE date '1960-02-28' + g * 431 END,
  timestamptz '2023-12-30 22:15:00.25+00' + g * interval '37 hours 11 minutes',
  CASE WHEN g % 6 = 0 THEN NULL ELSE g * 137.35 - 500 END,
  CASE WHEN g % 8 = 0 THEN NULL ELSE g / 7.0 END, CASE WHEN g % 10 = 0 THEN NULL ELSE g * 0.25 END,
  ('a0eebc99-9c0b-4ef8-bb6d-' || lpad(to_hex(g * 4099), 12, '0'))::uuid,
  (ARRAY[10,20,30,101,102,201,NULL])[1 + g % 7],
  (ARRAY['', 'a_b', '100%', 'back\slash', '备注 一', NULL, ' padded ', 'UPPER lower', E'two\nlines'])[1 + g % 9]
  FROM generate_series(1, 40) g;
CREATE TABLE product(product_id bigint, sku char(8), title varchar(120), price numeric(10,2), weight real,
  stock smallint, factor numeric, category text, added timestamp);
INSERT INTO product SELECT g * 1000000007::bigint, 'SKU' || lpad(g::text, 3 + g % 3, '0'),
  (ARRAY['笔记本','Phone X','tea 茶','Lamp','Desk (oak)','Chair'])[1 + g % 6] || ' ' || g,
  CASE WHEN g % 11 = 0 THEN NULL ELSE g * 19.99 END, g * 0.5, CASE WHEN g % 4 = 0 THEN 0 ELSE g * 3 END,
  (ARRAY[1, 0.5, 1.25, 3, 0.333333])[1 + g % 5], (ARRAY['电子','家具','Food'])[1 + g % 3],
  timestamp '2024-02-28 23:59:59.5' + g * interval '13 hours'
  FROM generate_series(1, 24) g;
CREATE TABLE orders(order_id bigint, customer_id integer, ordered date, shipped timestamp, ship_time time,
  status varchar(20), total numeric(14,2), priority smallint, channel text);
INSERT INTO orders SELECT 5000 + g, 1 + (g * 7) % 44, date '2023-11-20' + (g * 5) % 200,
  CASE WHEN g % 3 <> 0 THEN timestamp '2024-01-01 08:30:00' + g * interval '1 day 3 hours 7 minutes 11 seconds' END,
  CASE WHEN g % 5 <> 0 THEN time '08:00' + g * interval '11 minutes 13 seconds' END,
  (ARRAY['new','paid','shipped','cancelled'])[1 + g % 4], CASE WHEN g % 13 = 0 THEN NULL ELSE (g * 913 % 10007) / 7.0 END,
  g % 5, (ARRAY['web','app','柜台',NULL])[1 + g % 4]
  FROM generate_series(1, 120) g;
CREATE TABLE item(order_id bigint, line smallint, product_id bigint, qty integer, unit_price numeric(10,2),
  discount numeric(5,4));
INSERT INTO item SELECT 5000 + o, l, (1 + (o * l) % 26) * 1000000007::bigint, 1 + (o * l) % 9, ((o * 31 + l) % 500) + 0.99,
  CASE WHEN (o + l) % 4 = 0 THEN NULL ELSE ((o + l) % 5) * 0.025 END
  FROM generate_series(1, 120) o, generate_series(1, 2) l WHERE (o + l) % 3 <> 0;
-- Chinese names, as a catalog of labels would give.
CREATE TABLE "销售明细"("编号" integer, "客户名称" varchar(50), "金额" numeric(18,2), "销售日期" date, "备注" text);
INSERT INTO "销售明细" SELECT g, '客户' || g % 7, g * 100.01, date '2024-01-01' + g * 3,
  CASE WHEN g % 2 = 0 THEN '备注' || g END FROM generate_series(1, 30) g;
-- Edge values, one row each.
CREATE TABLE edge(id integer, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, n numeric,
  n102 numeric(10,2), t text, vc varchar(10), c5 char(5), b boolean, d date, ts timestamp, tz timestamptz, tm time);
INSERT INTO edge VALUES
  (1, 0, 0, 0, 0, 0, 0, 0, '', '', '', false, '1970-01-01', '1970-01-01 00:00:00', '1970-01-01 00:00:00+00', '00:00:00'),
  (2, 32767, 2147483647, 9223372036854775807, 1.5, 1e300, 12345678901234.567890, 99999999.99, 'abc', 'abc', 'abc', true, '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00', '23:59:59.999999'),
  (3, -32768, -2147483648, -9223372036854775808, -1.5, -1e300, -0.000001, -99999999.99, 'ABC', 'ABC', 'ABC', true, '0001-01-01', '0001-01-01 00:00:00', '0001-01-01 00:00:00+00', '12:00:00'),
  (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (5, 7, -7, 42, 0.1, 0.1, 1.10, 2.50, '中文', '中文', '中', false, '2024-02-29', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789+00', '12:34:56.789'),
  (6, -7, 7, -42, 3.25, 2.5, 2.500, 2.05, 'a%b_c\', '  x', 'x', true, '2024-12-31', '2024-12-31 23:30:00', '2024-12-31 23:30:00+08', '06:07:08');
-- What SQLite does not hold.
CREATE TABLE doc(id integer, tags text[], nums integer[], body jsonb, raw json, span interval, photo bytea);
INSERT INTO doc VALUES
  (1, ARRAY['a','b'], ARRAY[1,2,3], '{"k": 1, "name": "王", "tags": ["x", "y"], "deep": {"a": {"b": 2.50}}}', '{"k": 1, "k2": [1, 2]}', '1 day', '\xdeadbeef'),
  (2, ARRAY['b',NULL,'c'], ARRAY[]::integer[], '{"k": null, "ok": true}', '[1, "two", null]', '-2 mons 3 days 04:05:06.5', '\x'),
  (3, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, ARRAY[]::text[], ARRAY[10,NULL,30], '[1, 2, {"k": "v"}]', '"text"', '1 year 2 mons', '\x00ff'),
  (5, ARRAY['中','a,b','"q"'], ARRAY[-1,0,1], '"scalar"', '{"k": {"n": 5}}', '36:00:00', '\x61');
CREATE ROLE reader LOGIN PASSWORD 'sluice';
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
ALTER ROLE reader SET search_path = shop;
ALTER ROLE reader SET default_transaction_read_only = on;
