"""Any folder or zip of pictures as a data set: found, judged, chosen, labelled and kept."""
