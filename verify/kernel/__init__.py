"""The trusted kernel: normal forms, measurability, rules, replay (docs/rules.md)."""
