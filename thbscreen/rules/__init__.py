"""The rule language: YAML text to bound rules, lists, profiles and packs; nothing here reads data."""
