"""Stock blocks: what each accepts (`table`) and what each computes (`reference`)."""
