"""How the weights of the answer model were learned and how answers are measured."""
