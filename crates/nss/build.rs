//! glibc loads `libnss_firmament.so.2`: the library says that this is its name.

fn main() {
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libnss_firmament.so.2");
    println!("cargo::rerun-if-changed=build.rs");
}
