"""Keys: who signed a Rune, and who may command a board."""
