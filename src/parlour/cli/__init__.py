"""What a person types. Modules here import nothing heavy at the top: `parlour --help` must be quick."""
