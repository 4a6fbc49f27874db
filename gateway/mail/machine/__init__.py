"""Mail that no person wrote: delivery reports, automatic replies, receipts; and how machines are told from people."""
