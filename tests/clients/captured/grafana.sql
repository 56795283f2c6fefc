-- [simple]
-- ping
;

-- [simple]
SELECT current_setting('server_version_num')::int/100 as version
;

-- [simple]
select
    case when quote_ident(table_schema) IN (
          SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM generate_series(array_lower(string_to_array(current_setting('search_path'),','),1), array_upper(string_to_array(current_setting('search_path'),','),1)) as i,
          string_to_array(current_setting('search_path'),',') s
          )
          then quote_ident(table_name)
          else quote_ident(table_schema) || '.' || quote_ident(table_name)
    end as "table"
from information_schema.tables
where quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache', '_timescaledb_catalog', '_timescaledb_internal', '_timescaledb_config', 'timescaledb_information', 'timescaledb_experimental')
ORDER BY CASE WHEN quote_ident(table_schema) IN (
          SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM generate_series(array_lower(string_to_array(current_setting('search_path'),','),1), array_upper(string_to_array(current_setting('search_path'),','),1)) as i,
          string_to_array(current_setting('search_path'),',') s
        ) THEN 0 ELSE 1 END, 1
;

-- [simple]
select quote_ident(column_name) as "column", data_type as "type"
from information_schema.columns
where
  case when array_length(parse_ident('orders'),1) = 2 then quote_ident(table_schema) = (parse_ident('orders'))[1] and quote_ident(table_name) = (parse_ident('orders'))[2]
  else quote_ident(table_name) = (parse_ident('orders'))[1] and quote_ident(table_schema) IN (
          SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END
          FROM generate_series(array_lower(string_to_array(current_setting('search_path'),','),1), array_upper(string_to_array(current_setting('search_path'),','),1)) as i,
          string_to_array(current_setting('search_path'),',') s
          ) end
;

-- [simple]
SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'
;

-- [simple]
SELECT date_trunc('day', shipped_at) AS "time", sum(total) FROM shop.orders WHERE shipped_at BETWEEN '2024-01-01T00:00:00Z' AND '2024-12-31T00:00:00Z' GROUP BY 1 ORDER BY 1
;

-- [simple]
SELECT floor(extract(epoch from shipped_at)/3600)*3600 AS "time", avg(total) AS v FROM shop.orders WHERE shipped_at is not null GROUP BY 1 ORDER BY 1
;
