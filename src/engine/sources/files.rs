//! Tables that are files: which files belong to a table, and what columns they hold.
//!
//! Invariant: every path given out lies inside the connection's folder after all links are followed; a client never
//! names a file, only the catalog does. Reading the rows is the engine's own scan, not this module's.
//!
//! Left out: nested folders (Hive partitions) and other formats.

use std::fs;
use std::path::{Component, Path, PathBuf};

use arrow::datatypes::{DataType, SchemaRef, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use sluice_base::SqlType;

use super::{SourceColumn, SourceError};

/// Format of the files of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Parquet, `*.parquet`.
    Parquet,
    /// Comma-separated text in UTF-8 with a header line, `*.csv`.
    Csv,
}

impl FileKind {
    /// Ending of the files, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            FileKind::Parquet => "parquet",
            FileKind::Csv => "csv",
        }
    }
}

/// A folder of tables. A table is the file `TABLE.parquet`, or the folder `TABLE` with the part files in it.
#[derive(Debug, Clone)]
pub struct FileSource {
    id: String,
    kind: FileKind,
    root: PathBuf,
}

impl FileSource {
    /// A source over a folder, which need not exist yet.
    pub fn new(id: impl Into<String>, kind: FileKind, root: impl Into<PathBuf>) -> FileSource {
        FileSource { id: id.into(), kind, root: root.into() }
    }

    /// Connection id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Format of its files.
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Folder of the tables.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files of a table in order of name, as absolute paths. Names that begin with `.` or `_` are no parts.
    pub fn parts(&self, table: &str) -> Result<Vec<PathBuf>, SourceError> {
        let relative = self.relative(table)?;
        let root = self.root.canonicalize().map_err(|error| SourceError::Unavailable {
            connection: self.id.clone(),
            reason: format!("folder: {error}"),
        })?;
        let parts = match self.find(&root, &relative) {
            Ok(Some(parts)) => parts,
            Ok(None) => return Err(self.no_table(table, "neither a file nor a folder")),
            Err(error) => return Err(self.no_table(table, &error.to_string())),
        };
        if parts.is_empty() {
            return Err(self.no_table(table, "a folder without part files"));
        }
        if parts.iter().any(|part| !part.starts_with(&root)) {
            return Err(self.bad_name(table));
        }
        Ok(parts)
    }

    /// Arrow schema of a Parquet table: that of its first part. Every part must have the same fields.
    pub fn schema(&self, table: &str) -> Result<SchemaRef, SourceError> {
        let mut schema: Option<SchemaRef> = None;
        for part in self.parts(table)? {
            let found = self.part_schema(table, &part)?;
            match &schema {
                None => schema = Some(found),
                Some(first) if first.fields() == found.fields() => {}
                Some(_) => return Err(self.no_table(table, "its part files have different columns")),
            }
        }
        schema.ok_or_else(|| self.no_table(table, "a folder without part files"))
    }

    /// Columns of a table; in a CSV file all are text, whatever the catalog reads them as.
    pub fn columns(&self, table: &str) -> Result<Vec<SourceColumn>, SourceError> {
        match self.kind {
            FileKind::Parquet => {
                let schema = self.schema(table)?;
                Ok(schema.fields().iter().map(|field| parquet_column(field)).collect())
            }
            FileKind::Csv => self.csv_header(table),
        }
    }

    /// That the folder is there.
    pub fn ping(&self) -> Result<(), SourceError> {
        let unavailable = |reason: String| SourceError::Unavailable {
            connection: self.id.clone(),
            reason: format!("folder: {reason}"),
        };
        match fs::metadata(&self.root) {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(unavailable("not a folder".into())),
            Err(error) => Err(unavailable(error.to_string())),
        }
    }

    fn relative(&self, table: &str) -> Result<PathBuf, SourceError> {
        let path = Path::new(table);
        let plain = !table.is_empty()
            && !table.contains(['\0', '\\'])
            && path.components().all(|component| matches!(component, Component::Normal(_)));
        if plain { Ok(path.to_path_buf()) } else { Err(self.bad_name(table)) }
    }

    fn find(&self, root: &Path, relative: &Path) -> std::io::Result<Option<Vec<PathBuf>>> {
        let extension = self.kind.extension();
        let plain = root.join(relative);
        let mut with_extension = plain.clone().into_os_string();
        with_extension.push(".");
        with_extension.push(extension);
        let with_extension = PathBuf::from(with_extension);
        if plain.is_dir() {
            let mut parts = Vec::new();
            for entry in fs::read_dir(&plain)? {
                let path = entry?.path();
                if is_part(&path, extension) {
                    parts.push(path.canonicalize()?);
                }
            }
            parts.sort();
            return Ok(Some(parts));
        }
        for file in [plain, with_extension] {
            if file.is_file() {
                return Ok(Some(vec![file.canonicalize()?]));
            }
        }
        Ok(None)
    }

    fn part_schema(&self, table: &str, part: &Path) -> Result<SchemaRef, SourceError> {
        let file = fs::File::open(part).map_err(|error| self.no_table(table, &error.to_string()))?;
        ArrowReaderMetadata::load(&file, ArrowReaderOptions::new())
            .map(|metadata| metadata.schema().clone())
            .map_err(|error| self.no_table(table, &error.to_string()))
    }

    fn csv_header(&self, table: &str) -> Result<Vec<SourceColumn>, SourceError> {
        use std::io::BufRead;
        let mut header: Option<String> = None;
        for part in self.parts(table)? {
            let file = fs::File::open(&part).map_err(|error| self.no_table(table, &error.to_string()))?;
            let mut line = String::new();
            // A header is bounded, so that a file without line ends cannot fill the memory.
            let mut reader = std::io::BufReader::new(std::io::Read::take(file, HEADER_BYTES_MAX));
            reader.read_line(&mut line).map_err(|error| self.no_table(table, &error.to_string()))?;
            match &header {
                None => header = Some(line),
                Some(first) if *first == line => {}
                Some(_) => return Err(self.no_table(table, "its part files have different headers")),
            }
        }
        let header = header.unwrap_or_default();
        let names = split_csv_line(header.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']));
        Ok(names
            .into_iter()
            .map(|name| SourceColumn { name, type_name: "text".into(), sql_type: Some(SqlType::Text), nullable: true })
            .collect())
    }

    fn no_table(&self, table: &str, reason: &str) -> SourceError {
        SourceError::NoTable { connection: self.id.clone(), table: table.into(), reason: reason.into() }
    }

    fn bad_name(&self, table: &str) -> SourceError {
        SourceError::Name { connection: self.id.clone(), name: table.into() }
    }
}

/// Longest header line of a CSV file, bytes.
const HEADER_BYTES_MAX: u64 = 1 << 20;

fn is_part(path: &Path, extension: &str) -> bool {
    let hidden = path.file_name().and_then(|name| name.to_str()).is_none_or(|name| name.starts_with(['.', '_']));
    let ending = path.extension().and_then(|ending| ending.to_str()) == Some(extension);
    !hidden && ending && path.is_file()
}

/// Splits one CSV line: commas, fields in double quotes with doubled quotes inside.
fn split_csv_line(line: &str) -> Vec<String> {
    let mut fields = Vec::new();
    let mut field = String::new();
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            other => field.push(other),
        }
    }
    fields.push(field);
    fields
}

fn parquet_column(field: &arrow::datatypes::Field) -> SourceColumn {
    let sql_type = match field.data_type() {
        DataType::Boolean => Some(SqlType::Bool),
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => Some(SqlType::Int2),
        DataType::Int32 | DataType::UInt16 => Some(SqlType::Int4),
        DataType::Int64 | DataType::UInt32 => Some(SqlType::Int8),
        DataType::UInt64 => Some(SqlType::Numeric(Some((20, 0)))),
        DataType::Float16 | DataType::Float32 => Some(SqlType::Float4),
        DataType::Float64 => Some(SqlType::Float8),
        DataType::Decimal32(p, s)
        | DataType::Decimal64(p, s)
        | DataType::Decimal128(p, s)
        | DataType::Decimal256(p, s) => Some(SqlType::Numeric(Some((*p, *s)))),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(SqlType::Text),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => Some(SqlType::Bytea),
        DataType::FixedSizeBinary(16) => Some(SqlType::Uuid),
        DataType::FixedSizeBinary(_) => Some(SqlType::Bytea),
        DataType::Date32 | DataType::Date64 => Some(SqlType::Date),
        DataType::Time32(_) | DataType::Time64(_) => Some(SqlType::Time),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => None,
        DataType::Timestamp(_, None) => Some(SqlType::Timestamp),
        DataType::Timestamp(_, Some(_)) => Some(SqlType::Timestamptz),
        DataType::Interval(_) => Some(SqlType::Interval),
        _ => None,
    };
    SourceColumn {
        name: field.name().clone(),
        type_name: field.data_type().to_string(),
        sql_type,
        nullable: field.is_nullable(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use arrow::datatypes::{Field, Schema};
    use parquet::arrow::ArrowWriter;

    use super::*;
    use crate::sources::testing::new_path;

    struct Folder(PathBuf);

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn folder() -> Folder {
        let path = new_path("files");
        fs::create_dir_all(path.join("root/parts")).unwrap();
        Folder(path)
    }

    fn write(path: &Path, second: &str) {
        let schema = Arc::new(Schema::new(vec![
            Field::new("n", DataType::Int64, false),
            Field::new(second, DataType::Utf8, true),
        ]));
        let columns: Vec<arrow::array::ArrayRef> =
            vec![Arc::new(Int64Array::from(vec![1])), Arc::new(StringArray::from(vec!["x"]))];
        let batch = RecordBatch::try_new(schema.clone(), columns).unwrap();
        let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), schema, None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
    }

    #[test]
    fn a_table_is_a_file_or_the_parts_of_a_folder() {
        let folder = folder();
        let root = folder.0.join("root");
        for name in ["one.parquet", "parts/part-1.parquet", "parts/part-0.parquet"] {
            write(&root.join(name), "名");
        }
        for name in ["parts/_SUCCESS.parquet", "parts/.hidden.parquet", "parts/notes.txt"] {
            fs::write(root.join(name), "no part").unwrap();
        }
        let source = FileSource::new("dw", FileKind::Parquet, &root);
        let names = |table: &str| -> Vec<String> {
            let parts = source.parts(table).unwrap();
            parts.iter().map(|part| part.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names("one"), ["one.parquet"]);
        assert_eq!(names("one.parquet"), ["one.parquet"]);
        assert_eq!(names("parts"), ["part-0.parquet", "part-1.parquet"]);
        assert_eq!(names("parts/part-1"), ["part-1.parquet"]);
        let columns = source.columns("parts").unwrap();
        let told: Vec<_> = columns.iter().map(|c| (c.name.as_str(), c.sql_type.clone(), c.nullable)).collect();
        assert_eq!(told, [("n", Some(SqlType::Int8), false), ("名", Some(SqlType::Text), true)]);
        write(&root.join("parts/part-2.parquet"), "other");
        assert!(matches!(source.columns("parts"), Err(SourceError::NoTable { .. })));
        assert!(matches!(source.parts("nothing"), Err(SourceError::NoTable { .. })));
        fs::create_dir(root.join("empty")).unwrap();
        assert!(matches!(source.parts("empty"), Err(SourceError::NoTable { .. })));
        let missing = FileSource::new("dw", FileKind::Parquet, folder.0.join("nowhere"));
        assert!(matches!(missing.ping(), Err(SourceError::Unavailable { .. })));
        assert!(matches!(missing.parts("one"), Err(SourceError::Unavailable { .. })));
    }

    #[test]
    fn no_name_leaves_the_folder() {
        let folder = folder();
        let root = folder.0.join("root");
        write(&folder.0.join("outside.parquet"), "a");
        std::os::unix::fs::symlink(folder.0.join("outside.parquet"), root.join("link.parquet")).unwrap();
        std::os::unix::fs::symlink(folder.0.join("outside.parquet"), root.join("parts/link.parquet")).unwrap();
        std::os::unix::fs::symlink(&folder.0, root.join("up")).unwrap();
        let source = FileSource::new("dw", FileKind::Parquet, &root);
        let outside = folder.0.join("outside.parquet");
        for table in [
            "",
            "..",
            "../outside",
            "../outside.parquet",
            "./../outside",
            "parts/../../outside",
            outside.to_str().unwrap(),
            "a\0b",
            "..\\outside",
            "link",
            "parts",
            "up/outside",
            "up",
        ] {
            let refused = source.parts(table);
            assert!(matches!(refused, Err(SourceError::Name { .. })), "{table:?}: {refused:?}");
        }
    }

    #[test]
    fn a_csv_file_tells_its_header() {
        let folder = folder();
        let root = folder.0.join("root");
        fs::write(root.join("t.csv"), "\u{feff}机构号,\"a \"\"b\"\"\", c\r\n1,2,3\r\n").unwrap();
        let source = FileSource::new("dw", FileKind::Csv, &root);
        let names: Vec<String> = source.columns("t").unwrap().into_iter().map(|column| column.name).collect();
        assert_eq!(names, ["机构号", "a \"b\"", " c"]);
        fs::write(root.join("bad.csv"), [0xff, 0xfe]).unwrap();
        assert!(matches!(source.columns("bad"), Err(SourceError::NoTable { .. })));
    }
}
