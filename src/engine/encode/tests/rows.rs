//! Rows: COPY, output in parts, and a row that fails half-way.

use super::*;

fn letters() -> (Vec<Column>, RowBlock) {
    let schema = Schema::new(vec![
        Field::new("a", DataType::Utf8, true),
        Field::new("b", DataType::Int32, true),
        Field::new("c", DataType::Utf8, true),
    ]);
    let batch = RecordBatch::try_new(
        Arc::new(schema),
        vec![
            Arc::new(StringArray::from(vec!["a\tb\\c\nd", "\\.", "\\N"])),
            Arc::new(Int32Array::from(vec![Some(1), None, Some(2)])),
            Arc::new(StringArray::from(vec![None, Some(""), Some("x,\"y\"")])),
        ],
    );
    let columns = [("a", SqlType::Text), ("b", SqlType::Int4), ("c", SqlType::Text)];
    (columns.map(|(name, t)| Column::computed(name, t)).to_vec(), RowBlock::Batch(batch.unwrap()))
}

fn as_values(block: &RowBlock) -> RowBlock {
    let RowBlock::Batch(batch) = block else { return block.clone() };
    let text = |column: usize, row: usize| {
        let array = batch.column(column).as_string::<i32>();
        if array.is_null(row) { Datum::Null } else { Datum::Text(array.value(row).into()) }
    };
    let numbers = batch.column(1).as_primitive::<Int32Type>();
    let number = |row| if numbers.is_null(row) { Datum::Null } else { Datum::Int(numbers.value(row).into()) };
    RowBlock::Values((0..3).map(|row| vec![text(0, row), number(row), text(2, row)]).collect())
}

fn as_encoded(block: &RowBlock, columns: &[Column], format: Format) -> RowBlock {
    let mut out = BytesMut::new();
    RowEncoder::new(columns, &[format; 3], &china()).unwrap().data_rows(block, 0, 3, &mut out).unwrap();
    RowBlock::Encoded { rows: 3, bytes: out.freeze() }
}

/// The payload of CopyData messages, and how many there are.
fn payload(mut out: &[u8]) -> (Vec<u8>, usize) {
    let (mut all, mut messages) = (Vec::new(), 0);
    while let [b'd', a, b, c, d, ..] = out {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        all.extend_from_slice(&out[5..1 + length]);
        out = &out[1 + length..];
        messages += 1;
    }
    assert!(out.is_empty());
    (all, messages)
}

#[test]
fn copy_writes_what_postgresql_writes() {
    let (columns, block) = letters();
    let quoted = CopyFormat::Csv {
        delimiter: b',',
        null: String::new(),
        header: true,
        quote: b'"',
        escape: b'"',
        force_quote: ForceQuote::All,
    };
    let odd = CopyFormat::Csv {
        delimiter: b'|',
        null: "NULL".into(),
        header: false,
        quote: b'\'',
        escape: b'\\',
        force_quote: ForceQuote::Columns(vec!["a".into()]),
    };
    let binary: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\
        \0\x03\0\0\0\x07a\tb\\c\nd\0\0\0\x04\0\0\0\x01\xff\xff\xff\xff\
        \0\x03\0\0\0\x02\\.\xff\xff\xff\xff\0\0\0\0\
        \0\x03\0\0\0\x02\\N\0\0\0\x04\0\0\0\x02\0\0\0\x05x,\"y\"\xff\xff";
    let cases: [(CopyFormat, &[u8], usize); 5] = [
        (CopyFormat::text(), b"a\\tb\\\\c\\nd\t1\t\\N\n\\\\.\t\\N\t\n\\\\N\t2\tx,\"y\"\n", 3),
        (CopyFormat::csv(), b"\"a\tb\\c\nd\",1,\n\\.,,\"\"\n\\N,2,\"x,\"\"y\"\"\"\n", 3),
        (quoted, b"a,b,c\n\"a\tb\\c\nd\",\"1\",\n\"\\.\",,\"\"\n\"\\N\",\"2\",\"x,\"\"y\"\"\"\n", 4),
        (odd, b"'a\tb\\\\c\nd'|1|NULL\n'\\\\.'|NULL|\n'\\\\N'|2|x,\"y\"\n", 3),
        (CopyFormat::Binary, binary, 4),
    ];
    for (format, expected, messages) in cases {
        let encoded = as_encoded(&block, &columns, format.wire_format());
        for block in [&block, &as_values(&block), &encoded] {
            let mut encoder = CopyEncoder::new(&columns, format.clone(), &china()).unwrap();
            let mut out = BytesMut::new();
            encoder.header(&mut out).unwrap();
            encoder.rows(block, 0, 1, &mut out).unwrap();
            encoder.rows(block, 1, 9, &mut out).unwrap();
            encoder.finish(&mut out).unwrap();
            let (found, count) = payload(&out);
            assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(expected), "{format:?}");
            assert_eq!((found.as_slice(), count), (expected, messages), "{format:?}");
        }
    }
    let forced = |name: &str| CopyFormat::Csv {
        delimiter: b',',
        null: String::new(),
        header: false,
        quote: b'"',
        escape: b'"',
        force_quote: ForceQuote::Columns(vec![name.into()]),
    };
    assert!(CopyEncoder::new(&columns, forced("c"), &china()).is_ok());
    let error = CopyEncoder::new(&columns, forced("nope"), &china()).err().map(|e| e.to_client().code);
    assert_eq!(error, Some(SqlState::UndefinedColumn));
    let mut out = BytesMut::new();
    CopyEncoder::new(&columns, CopyFormat::Binary, &china()).unwrap().finish(&mut out).unwrap();
    assert_eq!(payload(&out).0, b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0\xff\xff");
}

#[test]
fn rows_come_out_in_parts_of_any_size() {
    let (columns, block) = letters();
    for format in [Format::Text, Format::Binary] {
        let whole = as_encoded(&block, &columns, format);
        let RowBlock::Encoded { bytes, .. } = &whole else { panic!("encoded") };
        for block in [&block, &as_values(&block), &whole] {
            let mut encoder = RowEncoder::new(&columns, &[format; 3], &china()).unwrap();
            let mut out = BytesMut::new();
            for row in 0..4 {
                encoder.data_rows(block, row, 1, &mut out).unwrap();
            }
            assert_eq!(&out, bytes);
            out.clear();
            assert_eq!(encoder.data_rows_within(block, 0, 3, 1, &mut out).unwrap(), 1);
            assert_eq!(encoder.data_rows_within(block, 1, 3, usize::MAX, &mut out).unwrap(), 2);
            assert_eq!(&out, bytes);
        }
    }
}

#[test]
fn a_row_at_fault_is_taken_back() {
    let columns = [column(&SqlType::Int2)];
    let block = RowBlock::Values(vec![vec![Datum::Int(1)], vec![Datum::Int(70_000)]]);
    let mut out = BytesMut::new();
    let mut encoder = RowEncoder::new(&columns, &[Format::Binary], &china()).unwrap();
    let error = encoder.data_rows(&block, 0, 2, &mut out).unwrap_err();
    assert_eq!(error.to_client().code, SqlState::NumericValueOutOfRange);
    assert_eq!(fields(&out), [Some(vec![0, 1])]);

    let short = RowBlock::Values(vec![vec![]]);
    assert!(matches!(encoder.data_rows(&short, 0, 1, &mut out), Err(EncodeError::Mismatch { .. })));
    let too_few = RowEncoder::new(&[column(&SqlType::Int2), column(&SqlType::Int2)], &[Format::Text], &china());
    assert!(matches!(too_few, Err(EncodeError::Mismatch { .. })));
    let wide = vec![column(&SqlType::Int2); 1_665];
    assert!(matches!(RowEncoder::new(&wide, &[], &china()), Err(EncodeError::TooManyColumns(1_665))));
    for bytes in [&b"D\0\0\0\xff\0\0"[..], b"D\0", b"X\0\0\0\x06\0\0", b"D\0\0\0\x03\0\0"] {
        let broken = RowBlock::Encoded { rows: 1, bytes: Bytes::from_static(bytes) };
        assert!(matches!(encoder.data_rows(&broken, 0, 1, &mut out), Err(EncodeError::Encoded(_))), "{bytes:?}");
    }
}

#[test]
fn a_slice_of_a_list_shows_its_own_items() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>([
        Some(vec![Some(1), Some(2)]),
        None,
        Some(vec![]),
        Some(vec![Some(3)]),
    ]);
    let block = batch(Arc::new(list));
    let columns = [column(&SqlType::Array(Box::new(SqlType::Int4)))];
    let mut encoder = RowEncoder::new(&columns, &[], &china()).unwrap();
    for (row, text) in [(0, Some("{1,2}")), (1, None), (2, Some("{}")), (3, Some("{3}"))] {
        let mut out = BytesMut::new();
        encoder.data_rows(&block, row, 1, &mut out).unwrap();
        assert_eq!(fields(&out)[0].as_deref(), text.map(str::as_bytes), "{row}");
    }
}
