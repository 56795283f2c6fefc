//! Tests of the room through its public door, over loopback sockets, and against pgwire's independent codec.

mod connection;
mod encoding;
mod handshake;
mod messages;
mod parameters;
mod scram;
mod support;
