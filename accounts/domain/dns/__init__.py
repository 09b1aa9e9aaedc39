"""What a mail domain should publish in DNS, and what to think of what it does: rules without network or Django."""
