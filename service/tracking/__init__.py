"""What the pixel and the links saw, told apart by verdict: a person, a machine, or unknown."""
