"""What stands between the network and the page: who is let in, and how much they may ask for."""
