"""The folders of pages that a chat can switch between, what users handed in, and where what is theirs is kept."""
