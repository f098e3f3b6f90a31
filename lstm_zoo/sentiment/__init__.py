"""Is a text for or against what it speaks of? Classification of reviews."""
