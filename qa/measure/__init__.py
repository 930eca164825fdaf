"""Measuring: question sets, the figures of retrieval, answers and abstention, ablation, speed."""
