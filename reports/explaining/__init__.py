"""What letters that explain a decision are made of: parts that several kinds share, each a thought.

Why so: what the GDPR, the consumer credit directive, the AI Act and two states ask for overlaps for
the most part, and one fact must not be worded in five places. A kind chooses its parts, their order
and the clause behind each; here they are found, worded and looked at once more.
"""
