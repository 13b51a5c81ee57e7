"""Many rows at once: written and found by the list, at the price of one statement each. Knows no model of ours."""
