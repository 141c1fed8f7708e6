"""Reports: a verdict with its figures in, report.json, report.html, a table in the terminal and JUnit XML out."""
