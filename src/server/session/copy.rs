//! COPY (query) TO STDOUT.

use sluice_base::Format;
use sluice_engine::encode::CopyEncoder;
use sluice_model::audit::Outcome;
use sluice_plan::{CopyFormat, CopyOptions};
use sluice_wire::Backend;

use super::Session;
use super::error::Fault;
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
        let settings = self.encode_settings();
        let mut encoder = CopyEncoder::new(rows.columns(), options, &settings).map_err(Fault::of)?;
        let format = match options.format {
            CopyFormat::Binary => Format::Binary,
            CopyFormat::Text | CopyFormat::Csv => Format::Text,
        };
        let columns = rows.columns().len();
        self.io.conn().queue(Backend::CopyOutResponse { format, columns });
        encoder.header(self.io.conn().buffer()).map_err(Fault::of)?;
        let mut out = Out::Copy(encoder);
        let sent = rows.send(&mut self.io, &mut out, u64::MAX).await?;
        if let Out::Copy(encoder) = &mut out {
            encoder.trailer(self.io.conn().buffer()).map_err(Fault::of)?;
        }
        self.io.conn().queue(Backend::CopyDone);
        Ok(sent.rows)
    }
}
