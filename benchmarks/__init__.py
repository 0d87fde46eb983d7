"""Speed, memory and requests of the pipeline, beside its peers and the floor: make bench."""
