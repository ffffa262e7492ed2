//! A WAHA and a Gemini that run in-process on loopback HTTP. Imports nothing of the product.
