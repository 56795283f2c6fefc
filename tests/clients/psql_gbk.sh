#!/usr/bin/env bash
# psql in a GBK terminal: PGCLIENTENCODING=GBK, statements typed in GBK, what it prints in GBK.
set -euo pipefail
export PGCLIENTENCODING=GBK
gbk() { printf '%s' "$1" | iconv -f UTF-8 -t GBK; }
utf8() { iconv -f GBK -t UTF-8; }
fail() { printf 'psql_gbk.sh: %s\n' "$*" >&2; exit 1; }
same() { [ "$2" = "$3" ] || fail "$1: got"$'\n'"$2"$'\n'"expected"$'\n'"$3"; }
has() { local what=$1 text=$2 part; shift 2; for part in "$@"; do case "$text" in *"$part"*) ;; *) fail "$what: no $part in"$'\n'"$text" ;; esac; done; }
ask() { psql -X -q -A -t -v ON_ERROR_STOP=1 -c "$(gbk "$1")" 2>&1; }

# -- names and data ------------------------------------------------------------------------------------------------
same 'client_encoding' "$(ask 'SHOW client_encoding')" GBK
same '\encoding' "$(psql -X -q -A -t -c '\encoding')" GBK
bytes=$(ask "SELECT 机构名称 FROM 零售.机构 WHERE 机构号 = 'B11'" | od -An -tx1 | tr -d ' \n')
utf8_bytes=$(PGCLIENTENCODING=UTF8 psql -X -q -A -t -c "SELECT 机构名称 FROM 零售.机构 WHERE 机构号 = 'B11'" | iconv -f UTF-8 -t GBK | od -An -tx1 | tr -d ' \n')
same 'the name of a branch in bytes' "$bytes" "$utf8_bytes"
table=$(psql -X -c "$(gbk "SELECT 机构号, 机构名称 AS 名称 FROM 零售.机构 WHERE 地区 = '西南' ORDER BY 1 LIMIT 2")" | utf8)
has 'a table' "$table" 机构号 名称 支行 '(2 '
same 'a condition' "$(ask "SELECT count(*) FROM 零售.客户 WHERE 管户机构号 = 'B11'")" "$(PGCLIENTENCODING=UTF8 psql -X -q -A -t -c "SELECT count(*) FROM retail.customer WHERE branch_id = 'B11'")"
# A character whose second byte is a backslash, inside a literal and inside a quoted name.
same 'backslash as a second byte' "$(ask "SELECT '乗' AS \"乗\", length('a乗b')" | utf8)" '乗|3'
same 'a variable' "$(printf '%s\n' "\\set 名 '西南'" "SELECT :'名' || '区';" | iconv -f UTF-8 -t GBK | psql -X -q -A -t -f - | utf8)" 西南区

# -- catalogue -----------------------------------------------------------------------------------------------------
tables=$(psql -X -c "$(gbk '\dt 零售.*')" | utf8)
has '\dt' "$tables" 客户 账户 员工 机构 日终余额
described=$(psql -X -c "$(gbk '\d+ 零售.员工')" | utf8)
has '\d+' "$described" 工号 姓名 岗位 机构号

# -- errors --------------------------------------------------------------------------------------------------------
told=$(ask 'SELECT 没有 FROM 零售.机构' | utf8) && fail "answered $told" || true
has 'an error' "$told" '没有' 'ERROR'
told=$(ask "SELECT '中文' FROMM 零售.机构 没有 x") && fail "answered $told" || true
has 'the place of an error' "$(printf '%s' "$told" | utf8)" 'LINE 1' 中文 '^'
told=$(PGOPTIONS='-c lc_messages=zh_CN.UTF-8' ask 'SELECT 1 FROM 零售.没有' | utf8) && fail "answered $told" || true
has 'an error in Chinese' "$told" 错误 没有
told=$(ask "SELECT U&'\\+020000'") && fail "answered $told" || true
has 'a character that GBK lacks' "$told" 'no equivalent in encoding "GBK"'
told=$(psql -X -q -v ON_ERROR_STOP=1 -c $'SELECT 1 --\xd6' 2>&1) && fail "answered $told" || true
has 'half a character' "$told" 'invalid byte sequence for encoding "GBK"'

for name in nonsense EUC_TW; do
  told=$(PGCLIENTENCODING=$name psql -X -c 'SELECT 1' 2>&1) && fail "answered $told" || true
  has 'an encoding that is not spoken' "$told" FATAL 'invalid value for parameter "client_encoding"'
done

# -- files ---------------------------------------------------------------------------------------------------------
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
psql -X -q -c "$(gbk "\\copy (SELECT 机构号, 机构名称 FROM 零售.机构 ORDER BY 1) TO '$folder/branches.csv' CSV HEADER")"
has '\copy' "$(head -2 "$folder/branches.csv" | utf8)" '机构号,机构名称' 行
psql -X -q -c "$(gbk "\\copy (SELECT 机构名称 FROM 零售.机构) TO '$folder/utf8.txt' WITH (ENCODING 'UTF8')")"
iconv -f UTF-8 -t UTF-16 "$folder/utf8.txt" >/dev/null || fail '\copy in UTF8'

# -- changes -------------------------------------------------------------------------------------------------------
told=$(psql -X -q -A -t -c '\encoding UTF8' -c "SELECT '中'" -c '\encoding GB18030' -c "$(gbk "SELECT U&'\\+020000'")" | tail -1 | iconv -f GB18030 -t UTF-8)
same '\encoding' "$told" 𠀀
echo "psql_gbk.sh: all as expected"
