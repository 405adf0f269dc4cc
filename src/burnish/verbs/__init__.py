"""What the command line calls: each verb joins rooms that never meet in code, and tells the result in plain words."""
