//! Decisions about one chat, as plain functions over plain data. Nothing here reads, sends, waits or asks the time.
