"""connectorx and polars against the servers layout: partitioned reads as COPY in binary, CSV and cursors."""
import os

import connectorx
import polars

URI = (f"postgresql://cd_manager:{os.environ['PGPASSWORD']}@{os.environ['PGHOST']}:{os.environ['PGPORT']}/{os.environ['PGDATABASE']}"
       f"?sslmode=require")

for protocol in ("binary", "csv", "cursor"):
    frame = connectorx.read_sql(URI, "SELECT branch_id, level, region FROM retail.branch ORDER BY 1", protocol=protocol, return_type="polars")
    assert frame.height > 3 and frame["level"].max() == 3, (protocol, frame)
    parts = connectorx.read_sql(URI, "SELECT level, branch_id FROM retail.branch", protocol=protocol, partition_on="level", partition_num=2,
                                return_type="polars")
    assert parts.height == frame.height, protocol
frame = polars.read_database_uri("SELECT 客户号, 客群 FROM 零售.客户", URI, engine="connectorx")
assert frame.height > 0 and frame.columns == ["客户号", "客群"], frame
