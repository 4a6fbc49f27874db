"""What DNS says of the domains we send with and take mail for, and what it should say."""
