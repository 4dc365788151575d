"""What staff must look at now: raised once, shown on every page of the desk until somebody settles it."""
