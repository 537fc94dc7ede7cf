"""Who people are: accounts, groups, and what proves a password."""
