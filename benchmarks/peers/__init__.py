"""Code for the peers' interpreter, which only needs the standard library, numpy and the peers."""
