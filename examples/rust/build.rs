// SPDX-License-Identifier: Apache-2.0
//! Finds the library as every other program does: by pkg-config.
use std::process::Command;

fn main() {
    let asked = Command::new("pkg-config")
        .args(["--variable=libdir", "pyaccel"])
        .output()
        .expect("pkg-config runs");
    assert!(
        asked.status.success(),
        "pkg-config does not know pyaccel: set PKG_CONFIG_PATH to PREFIX/lib/pkgconfig"
    );
    let folder = String::from_utf8(asked.stdout).expect("a path in UTF-8");
    let folder = folder.trim();
    println!("cargo:rerun-if-env-changed=PKG_CONFIG_PATH");
    println!("cargo:rustc-link-search=native={folder}");
    println!("cargo:rustc-link-lib=dylib=pyaccel");
    println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
}
