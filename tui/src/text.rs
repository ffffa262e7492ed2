//! Untrusted text on its way to the screen: clean, measure, wrap, cut.
