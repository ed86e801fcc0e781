"""What runs a program on a block of trajectories: arrays of numpy or torch, compiled loops, kernels for GPUs."""
