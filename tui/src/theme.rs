//! What a colour or a glyph means, and how it looks under each theme.
