"""What hangs on a mail: attachments, what lies inside them, invitations, and what is signed or encrypted."""
