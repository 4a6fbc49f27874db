"""Templates become bytes: what a letter says (letters), how it is filled in (render), how it is written (headers)."""
