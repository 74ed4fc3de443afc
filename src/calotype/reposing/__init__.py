"""What models of identity and pose share."""
