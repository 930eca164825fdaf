"""Leafing through the pages without a question: issues, articles, looking words up, what is related, pictures."""
