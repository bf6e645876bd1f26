"""runicd, the host side: builds Runes, finds boards, casts Runes onto them and watches them."""
