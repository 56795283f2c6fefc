//! The SASL exchange over a connection. The cryptography is in `scram`.
//!
//! Invariant: a known and an unknown user meet the same messages after the same work.

use crate::frontend::Body;
use crate::scram::{Exchange, ScramVerifier};
use crate::{Backend, Connection, WireError};
use bytes::Bytes;
use sluice_base::Encoding;
use tokio::time::timeout_at;

impl Connection {
    /// Authenticates the user of the startup packet by SCRAM-SHA-256, or -PLUS under TLS. Without a verifier (unknown
    /// user) the exchange runs against a made-up one and fails like a wrong password.
    ///
    /// After success AuthenticationOk is queued, not flushed: the session's first messages go with it. After a failure
    /// the client has been told and the connection is closed.
    pub async fn authenticate(&mut self, verifier: Option<&ScramVerifier>) -> Result<(), WireError> {
        let Some(login) = &self.login else { return Ok(()) };
        let exchange = Exchange::new(&login.user, verifier, login.binding.clone());
        let outcome = match timeout_at(login.deadline, self.exchange(exchange)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(WireError::LoginTimeout),
        };
        match outcome {
            Ok(()) => {
                self.login = None;
                self.queue(Backend::AuthenticationOk);
                Ok(())
            }
            Err(error) => {
                if !matches!(error, WireError::Closed | WireError::Io(_)) {
                    self.close_with(&error).await;
                }
                Err(error)
            }
        }
    }

    async fn exchange(&mut self, mut exchange: Exchange) -> Result<(), WireError> {
        self.queue(Backend::AuthenticationSasl(exchange.mechanisms()));
        self.flush().await?;

        let mut initial = Body { kind: b'p', bytes: self.sasl_message().await?, encoding: Encoding::UTF8 };
        let mechanism = initial.string().map_err(|_| WireError::Sasl)?;
        let data = initial.value().map_err(|_| WireError::Sasl)?;
        initial.end().map_err(|_| WireError::Sasl)?;
        exchange.choose(&mechanism)?;
        let first = match data {
            Some(data) => data,
            None => {
                self.queue(Backend::AuthenticationSaslContinue(""));
                self.flush().await?;
                self.sasl_message().await?
            }
        };
        let challenge = exchange.challenge(&first)?;
        self.queue(Backend::AuthenticationSaslContinue(&challenge));
        self.flush().await?;

        let last = self.sasl_message().await?;
        let proof = exchange.verify(&last)?;
        self.queue(Backend::AuthenticationSaslFinal(&proof));
        Ok(())
    }

    async fn sasl_message(&mut self) -> Result<Bytes, WireError> {
        match self.receive_frame().await {
            Ok(None) => Err(WireError::Closed),
            Ok(Some((b'p', body))) => Ok(body),
            Ok(Some((kind, _))) => Err(WireError::UnexpectedMessage(kind)),
            Err(WireError::FrameTooLarge { .. }) => Err(WireError::Sasl),
            Err(error) => Err(error),
        }
    }
}
