"""Somebody's own optimizer: does it do what its paper says, and does it survive heavy-tailed noise?"""
