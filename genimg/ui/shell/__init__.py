"""What all tabs share: the wiring that hands pictures over, models, lanes, messages, looks."""
