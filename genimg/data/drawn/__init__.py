"""The sets that genimg draws itself: part drawings combined at random, and `graphics`."""
