"""How the bundled encoder was made: vocabulary, first vectors, contrastive training, measurement.

Run as `python -m embeddings.training --material DIR`. Needs more packages than using the encoder does (torch,
sentence-transformers, gensim, pypinyin).
"""
