"""The header of a mail: fields, encoded words, parameters, addresses, ids, dates."""
