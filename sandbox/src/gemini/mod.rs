//! A Gemini on loopback.
