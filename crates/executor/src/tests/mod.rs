//! Every work against ports that follow a script: what goes out in which order, and what each end becomes.

mod join;
mod lab;
mod leave;
mod ports;
