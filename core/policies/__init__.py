"""Answers chats: the built-in policy, remote models, and what is known of each."""
