"""The loop around every objective: clock, state, resume, report. It knows no model family."""
