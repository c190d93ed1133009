//! store-sled.
