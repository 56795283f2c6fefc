//! Statements and their answers, in each of the protocol's forms.

use super::binary;
use super::wire::{Fields, Message, Wire, fields, lossy, number};

/// How a statement is sent and its rows come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Query message: text.
    Simple,
    /// Parse, Bind, Describe, Execute; parameters and results in text.
    ExtendedText,
    /// The same; parameters and results in binary.
    ExtendedBinary,
}

/// Every form.
pub const FORMS: [Form; 3] = [Form::Simple, Form::ExtendedText, Form::ExtendedBinary];

/// One column of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnInfo {
    /// Name.
    pub name: String,
    /// Type OID.
    pub oid: u32,
    /// Type modifier: a declared length, or precision and scale; -1 where there is none.
    pub modifier: i32,
    /// Format of its values: 0 text, 1 binary.
    pub format: u16,
}

/// A parameter: type by name, value in text.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Type OID; 0 leaves it to the server.
    pub oid: u32,
    /// Text form; None is NULL.
    pub value: Option<String>,
}

/// What came back for one message round.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// From the last RowDescription.
    pub columns: Vec<ColumnInfo>,
    /// Values as text, whatever the format on the wire; None is NULL.
    pub rows: Vec<Vec<Option<String>>>,
    /// COPY data, joined.
    pub copied: String,
    /// Command tags.
    pub tags: Vec<String>,
    /// The error, if one came.
    pub error: Option<Fields>,
    /// Notices.
    pub notices: Vec<Fields>,
    /// State of the last ReadyForQuery; None when the connection was closed instead.
    pub state: Option<char>,
}

impl Answer {
    /// Rows as lines: columns separated by ` | `, NULL spelled out; sorted unless the statement orders them.
    pub fn lines(&self, ordered: bool) -> Vec<String> {
        lines(&self.rows, ordered)
    }

    /// `name type` of each column, separated by commas.
    pub fn header(&self) -> String {
        let each = self.columns.iter().map(|column| format!("{} {}", column.name, binary::type_name(column.oid)));
        each.collect::<Vec<_>>().join(", ")
    }
}

/// See [`Answer::lines`].
pub fn lines(rows: &[Vec<Option<String>>], ordered: bool) -> Vec<String> {
    let cell = |value: &Option<String>| match value {
        None => "NULL".to_string(),
        Some(text) if text.is_empty() => "''".to_string(),
        Some(text) => text.replace('\\', "\\\\").replace('\n', "\\n"),
    };
    let mut lines: Vec<String> = rows.iter().map(|row| row.iter().map(cell).collect::<Vec<_>>().join(" | ")).collect();
    if !ordered {
        lines.sort();
    }
    lines
}

impl Wire {
    /// Runs a statement in one of the forms.
    pub fn ask(&mut self, form: Form, sql: &str, parameters: &[Parameter]) -> Answer {
        match form {
            Form::Simple => self.simple(sql),
            Form::ExtendedText => self.extended(sql, parameters, 0),
            Form::ExtendedBinary => self.extended(sql, parameters, 1),
        }
    }

    /// Sends a Query message and reads the answer.
    pub fn simple(&mut self, sql: &str) -> Answer {
        self.send(b'Q', &cstring(sql)).expect("the server reads");
        self.answer()
    }

    fn extended(&mut self, sql: &str, parameters: &[Parameter], format: u16) -> Answer {
        let mut parse = [cstring(""), cstring(sql)].concat();
        parse.extend((parameters.len() as u16).to_be_bytes());
        parameters.iter().for_each(|parameter| parse.extend(parameter.oid.to_be_bytes()));
        let mut bind = [cstring(""), cstring("")].concat();
        bind.extend([1u16.to_be_bytes(), format.to_be_bytes()].concat());
        bind.extend((parameters.len() as u16).to_be_bytes());
        for parameter in parameters {
            match &parameter.value {
                None => bind.extend((-1i32).to_be_bytes()),
                Some(text) => {
                    let bytes =
                        if format == 1 { binary::encode(parameter.oid, text) } else { text.as_bytes().to_vec() };
                    bind.extend((bytes.len() as u32).to_be_bytes());
                    bind.extend(bytes);
                }
            }
        }
        bind.extend([1u16.to_be_bytes(), format.to_be_bytes()].concat());
        let bytes = [
            super::wire::frame(b'P', &parse),
            super::wire::frame(b'B', &bind),
            super::wire::frame(b'D', b"P\0"),
            super::wire::frame(b'E', &[&b"\0"[..], &0u32.to_be_bytes()].concat()),
            super::wire::frame(b'S', b""),
        ];
        self.send_bytes(&bytes.concat()).expect("the server reads");
        self.answer()
    }

    /// Reads up to ReadyForQuery.
    pub fn answer(&mut self) -> Answer {
        let messages = self.receive_until_ready().expect("an answer in time");
        answer_of(&messages)
    }
}

/// Puts the messages of one round together.
pub fn answer_of(messages: &[Message]) -> Answer {
    let mut answer = Answer::default();
    for message in messages {
        match message.tag {
            b'T' => answer.columns = columns(&message.body),
            b'D' => {
                let row = values(&message.body).into_iter().enumerate().map(|(at, value)| {
                    let column = answer.columns.get(at);
                    let as_text = |bytes: Vec<u8>| match column {
                        Some(column) if column.format == 1 => binary::decode(column.oid, &bytes),
                        _ => lossy(&bytes),
                    };
                    value.map(as_text)
                });
                let row = row.collect();
                answer.rows.push(row);
            }
            b'd' => answer.copied.push_str(&lossy(&message.body)),
            b'C' => answer.tags.push(lossy(message.body.strip_suffix(b"\0").unwrap_or(&message.body))),
            b'E' => answer.error = Some(fields(&message.body)),
            b'N' => answer.notices.push(fields(&message.body)),
            b'Z' => answer.state = Some(message.body[0] as char),
            _ => {}
        }
    }
    answer
}

/// Reads a RowDescription.
pub fn columns(body: &[u8]) -> Vec<ColumnInfo> {
    let count = number(&body[..2]);
    let mut rest = &body[2..];
    let mut columns = Vec::new();
    for _ in 0..count {
        let end = rest.iter().position(|byte| *byte == 0).expect("a column name ends");
        let after = &rest[end + 1..];
        columns.push(ColumnInfo {
            name: lossy(&rest[..end]),
            oid: number(&after[6..10]),
            modifier: number(&after[12..16]) as i32,
            format: number(&after[16..18]) as u16,
        });
        rest = &after[18..];
    }
    assert!(rest.is_empty(), "a RowDescription is longer than it says");
    columns
}

/// Reads a DataRow.
pub fn values(body: &[u8]) -> Vec<Option<Vec<u8>>> {
    let count = number(&body[..2]);
    let mut rest = &body[2..];
    let mut values = Vec::new();
    for _ in 0..count {
        let length = number(&rest[..4]);
        rest = &rest[4..];
        if length == u32::MAX {
            values.push(None);
        } else {
            values.push(Some(rest[..length as usize].to_vec()));
            rest = &rest[length as usize..];
        }
    }
    assert!(rest.is_empty(), "a DataRow is longer than it says");
    values
}

/// A zero-terminated string.
pub fn cstring(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}
