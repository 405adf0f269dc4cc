"""What `import burnish` offers: a function per verb, which takes its configuration, and runs that notebooks show."""
