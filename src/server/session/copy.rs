//! COPY (query) TO STDOUT.

use sluice_base::{Encoding, Format};
use sluice_engine::encode::{CopyEncoder, CopyFormat, ForceQuote};
use sluice_model::audit::Outcome;
use sluice_plan::CopyOptions;
use sluice_wire::{Backend, RowLayout};

use super::Session;
use super::error::{Fault, SessionError};
use super::rows::{Out, Rows};

impl Session {
    /// Copies all rows out. Returns the tag.
    pub(super) async fn copy_out(&mut self, mut rows: Rows, options: &CopyOptions) -> Result<String, Fault> {
        match self.copy_rows(&mut rows, options).await {
            Ok(sent) => {
                rows.finish(Outcome::Done);
                Ok(format!("COPY {sent}"))
            }
            Err(fault) => Err(rows.fail(fault)),
        }
    }

    async fn copy_rows(&mut self, rows: &mut Rows, options: &CopyOptions) -> Result<u64, Fault> {
        let format = format_of(options);
        let (wire_format, columns) = (format.wire_format(), rows.columns().len());
        // Binary has no text of its own: values are in the client's encoding, whatever the option says.
        let named = match &options.encoding {
            Some(name) => Some(Encoding::named(name).ok_or(SessionError::CopyEncoding)?),
            None => None,
        };
        let encoder = CopyEncoder::new(rows.columns(), format, &self.encode_settings()).map_err(Fault::of)?;
        self.io.conn().queue(Backend::CopyOutResponse { format: wire_format, columns });
        self.follow_encoding();
        let encoding = named.filter(|_| wire_format == Format::Text).unwrap_or(self.io.conn().encoding());
        let layout = RowLayout::of_copy(encoding, rows.columns(), wire_format);
        let mut out = Out::Copy(Box::new(encoder), layout);
        out.begin(&mut self.io)?;
        let sent = rows.send(&mut self.io, &mut out, u64::MAX).await?;
        out.end(&mut self.io)?;
        self.io.conn().queue(Backend::CopyDone);
        Ok(sent.rows)
    }
}

/// The encoder's words for the options of the statement. Characters of more than one byte were refused by the parser.
fn format_of(options: &CopyOptions) -> CopyFormat {
    let byte = |given: Option<char>, default: u8| given.and_then(|c| u8::try_from(c).ok()).unwrap_or(default);
    let null = |default: &str| options.null.clone().unwrap_or_else(|| default.to_string());
    match options.format {
        sluice_plan::CopyFormat::Text => {
            CopyFormat::Text { delimiter: byte(options.delimiter, b'\t'), null: null("\\N"), header: options.header }
        }
        sluice_plan::CopyFormat::Csv => {
            let quote = byte(options.quote, b'"');
            CopyFormat::Csv {
                delimiter: byte(options.delimiter, b','),
                null: null(""),
                header: options.header,
                quote,
                escape: byte(options.escape, quote),
                force_quote: match &options.force_quote {
                    None => ForceQuote::None,
                    Some(names) if names.is_empty() => ForceQuote::All,
                    Some(names) => ForceQuote::Columns(names.clone()),
                },
            }
        }
        sluice_plan::CopyFormat::Binary => CopyFormat::Binary,
    }
}
