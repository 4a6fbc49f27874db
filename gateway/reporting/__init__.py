"""What is open, late and growing: figures for supervisors, on the terminal, by mail and as pages."""
