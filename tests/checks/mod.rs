//! One check function per kind of text case, and the tests that no text case can express.

mod algebra;
mod attack;
mod audit;
mod cancel;
mod captured;
mod clients;
mod commands;
mod crash;
mod differential;
mod encodings;
mod extract;
mod federation;
mod fuzz;
mod hostile;
mod limits;
mod matrix;
mod memory;
mod policy;
mod recorded;
mod reload;
mod sql;
mod tidy;
mod wire;
