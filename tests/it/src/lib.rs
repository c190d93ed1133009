//! The integration tests: real binaries, real sockets, real TLS, on loopback. See `tests/it/main.rs`.
