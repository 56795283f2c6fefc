//! The one shape in which an error reaches a client.
//!
//! Invariant: everything in a [`ClientError`] is safe to show: no data value, no source SQL, no host, no policy text.
//! Rooms keep their own error enums and translate them with an exhaustive match in [`ToClient`].

use crate::SqlState;

/// Language of the texts a person reads, from the session's `lc_messages`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English, the default.
    #[default]
    En,
    /// Simplified Chinese, chosen by an `lc_messages` that begins with `zh`.
    Zh,
}

impl Language {
    /// Reads an `lc_messages` value such as `zh_CN.UTF-8`; anything unknown is English.
    pub fn of_locale(locale: &str) -> Language {
        if locale.to_ascii_lowercase().starts_with("zh") { Language::Zh } else { Language::En }
    }
}

/// One text in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bilingual {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: String,
}

impl Bilingual {
    /// Both texts of one message.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Bilingual {
        Bilingual { en: en.into(), zh: zh.into() }
    }

    /// The text in the reader's language.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

/// What a client may be told: fields of PostgreSQL's ErrorResponse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientError {
    /// SQLSTATE.
    pub code: SqlState,
    /// What happened, on what.
    pub message: Bilingual,
    /// More about the cause, where that is safe.
    pub detail: Option<Bilingual>,
    /// What to do about it.
    pub hint: Option<Bilingual>,
    /// Character position in the statement, counted from 1.
    pub position: Option<u32>,
}

impl ClientError {
    /// An error with a message alone.
    pub fn new(code: SqlState, en: impl Into<String>, zh: impl Into<String>) -> ClientError {
        ClientError { code, message: Bilingual::new(en, zh), detail: None, hint: None, position: None }
    }

    /// Adds a hint.
    pub fn hint(mut self, en: impl Into<String>, zh: impl Into<String>) -> ClientError {
        self.hint = Some(Bilingual::new(en, zh));
        self
    }

    /// Adds a detail.
    pub fn detail(mut self, en: impl Into<String>, zh: impl Into<String>) -> ClientError {
        self.detail = Some(Bilingual::new(en, zh));
        self
    }

    /// Points into the statement, characters counted from 1.
    pub fn at(mut self, position: Option<u32>) -> ClientError {
        self.position = position;
        self
    }

    /// Our own bug: the client learns only an id that is also in the log and in the audit record.
    pub fn internal(id: &str) -> ClientError {
        ClientError::new(SqlState::InternalError, format!("internal error {id}"), format!("内部错误 {id}"))
            .hint("Report this id to the operator.", "请将此编号告知管理员。")
    }
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.code(), self.message.en)
    }
}

impl std::error::Error for ClientError {}

/// Implemented by each room's error enum, with one exhaustive match: the only way from an error to a client.
pub trait ToClient {
    /// The safe form of this error.
    fn to_client(&self) -> ClientError;
}

impl ToClient for ClientError {
    fn to_client(&self) -> ClientError {
        self.clone()
    }
}
