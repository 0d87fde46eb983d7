"""Speed, memory and requests of the pipeline, beside its peers and beside the floor: make bench."""
