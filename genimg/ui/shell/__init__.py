"""What all tabs share: the desk they hand pictures over, models, lanes, messages, looks."""
