//! How one value travels: PostgreSQL's format codes. Both ends need it (`wire` reads Bind, `engine` encodes rows)
//! and neither may see the other.

/// Text or binary representation of a value on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Format {
    /// Code 0: what the type's output function prints.
    #[default]
    Text,
    /// Code 1: what the type's send function writes.
    Binary,
}

impl Format {
    /// The format with this code; `None` for a code that PostgreSQL does not define.
    pub fn of_code(code: i16) -> Option<Format> {
        match code {
            0 => Some(Format::Text),
            1 => Some(Format::Binary),
            _ => None,
        }
    }

    /// The code that goes over the wire.
    pub fn code(self) -> i16 {
        match self {
            Format::Text => 0,
            Format::Binary => 1,
        }
    }
}
