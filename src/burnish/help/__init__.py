"""The help of the command line: verbs by stage, flags in groups, the YAML file of a verb, completion in shells."""
