"""Letters and QR codes that carry a share to its recipient."""
