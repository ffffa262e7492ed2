//! The HTTP clients of this process.

/// A client to build, whose TLS has the cipher suites of `ring`. They are set for the whole process by the first call.
pub fn builder() -> reqwest::ClientBuilder {
    // `Err`: they are set already, to the same.
    drop(rustls::crypto::ring::default_provider().install_default());
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    reqwest::Client::builder()
}
