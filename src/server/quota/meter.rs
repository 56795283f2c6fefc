//! The meter of one statement: made before it is admitted, asked before each portion of its rows leaves.

use std::sync::Arc;

use sluice_base::TimeZone;
use sluice_model::allowance::{Allowance, Limited};
use sluice_model::audit::{Event, Lookup, Pending, Sink};

use super::counters::{Day, Quotas};
use super::error::QuotaError;

/// Counts one statement; its end frees its place among those that run at the same time.
pub struct Meter {
    quotas: Arc<Quotas>,
    sink: Arc<dyn Sink>,
    user: String,
    zone: TimeZone,
    allowance: Allowance,
    /// Bytes of this statement.
    bytes: u64,
}

impl Meter {
    /// Begins to count a statement. Its look-ups are queued for the log here, so they stand before its decision.
    ///
    /// # Errors
    /// The limit that is reached; nothing is counted then.
    pub fn begin(
        quotas: &Arc<Quotas>,
        sink: &Arc<dyn Sink>,
        (user, zone): (&str, &TimeZone),
        allowance: Allowance,
        lookups: &[Lookup],
    ) -> Result<Meter, QuotaError> {
        let day = Day::of(sink.now_micros(), zone);
        if let Some(taken) = quotas.begin(user, &allowance, &day, lookups)? {
            // The log keeps the order of its records and tells of none that was lost before it: the acknowledgement of
            // the decision, which the statement waits for, stands for this one too.
            drop(sink.note(Event::Taken(taken)));
        }
        let (quotas, sink, user, zone) = (quotas.clone(), sink.clone(), user.to_string(), zone.clone());
        Ok(Meter { quotas, sink, user, zone, allowance, bytes: 0 })
    }

    /// Rows that may follow on those that were passed; at least one.
    ///
    /// # Errors
    /// The limit, where no row may.
    pub fn rows_left(&self, passed: u64) -> Result<u64, QuotaError> {
        let mut left = u64::MAX;
        if let Some(setting) = self.allowance.get(Limited::RowsPerQuery) {
            left = setting.saturating_sub(passed);
            if left == 0 {
                return Err(QuotaError { limited: Limited::RowsPerQuery, setting, resets: None, field: None });
            }
        }
        if let Some(setting) = self.allowance.get(Limited::RowsPerDay) {
            let day = self.day();
            left = left.min(self.quotas.rows_left(&self.user, setting, &day));
            if left == 0 {
                return Err(QuotaError { limited: Limited::RowsPerDay, setting, resets: Some(day.ends), field: None });
            }
        }
        Ok(left)
    }

    /// Counts rows that are about to leave. Where there is something to wait for, they may leave after it.
    ///
    /// # Errors
    /// The limit; the rows must not leave then.
    pub fn take(&mut self, rows: u64, bytes: u64) -> Result<Option<Pending>, QuotaError> {
        let total = self.bytes.saturating_add(bytes);
        if let Some(setting) = self.allowance.get(Limited::BytesPerQuery).filter(|max| total > *max) {
            return Err(QuotaError { limited: Limited::BytesPerQuery, setting, resets: None, field: None });
        }
        let taken = self.quotas.take(&self.user, &self.allowance, &self.day(), (rows, bytes))?;
        self.bytes = total;
        Ok(taken.map(|taken| {
            let (quotas, written) = (self.quotas.clone(), self.sink.note(Event::Taken(taken.clone())));
            let recorded = async move {
                written.await?;
                quotas.recorded(&taken);
                Ok(())
            };
            Box::pin(recorded) as Pending
        }))
    }

    fn day(&self) -> Day {
        Day::of(self.sink.now_micros(), &self.zone)
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.quotas.end(&self.user);
    }
}
