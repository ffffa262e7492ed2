//! What is: model, protocol, client and, with the feature `store`, the SQLite store.
