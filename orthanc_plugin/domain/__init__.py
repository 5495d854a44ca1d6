"""What a share is and who may do what: standard library only, no input or output, no clock, no randomness."""
