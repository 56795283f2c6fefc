-- [simple]

;

-- [extended]
SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2
;

-- [extended]
COPY (SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2) TO STDOUT WITH BINARY
;

-- [extended]
SELECT min(CXTMPTAB_RANGE.customer_id), max(CXTMPTAB_RANGE.customer_id) FROM (SELECT "customer_id", "name" FROM "shop"."customers") AS CXTMPTAB_RANGE
;

-- [extended]
SELECT * FROM (SELECT "customer_id", "name" FROM "shop"."customers") AS CXTMPTAB_PART WHERE 1 <= CXTMPTAB_PART.customer_id AND CXTMPTAB_PART.customer_id < 67
;

-- [extended]
COPY (SELECT * FROM (SELECT "customer_id", "name" FROM "shop"."customers") AS CXTMPTAB_PART WHERE 1 <= CXTMPTAB_PART.customer_id AND CXTMPTAB_PART.customer_id < 67) TO STDOUT WITH BINARY
;

-- [extended]
COPY (SELECT order_id, line_no FROM shop.order_items ORDER BY 1, 2) TO STDOUT WITH CSV
;
