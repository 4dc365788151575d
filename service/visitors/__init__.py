"""People whom we do not know yet, at our public forms: told from programs by rules that need no row and no cookie."""
