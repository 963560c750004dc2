"""What runs in the peers' interpreter; only the standard library, numpy and the peers are needed there."""
