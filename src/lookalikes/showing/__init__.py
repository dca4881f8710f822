"""Lay facts out: figures, galleries, tables, sentences, and the words for all of them."""
