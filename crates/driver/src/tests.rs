//! The loop against fake ports.
