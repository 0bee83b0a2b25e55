"""A vision-language model as judge: which of two renders is nearer to a target, and how near one is.

``judge`` asks in both orders, ``prompt`` and ``reply`` are what goes out and comes back, ``replies`` keeps what was paid
for, ``tournament`` ranks many, ``veto`` lets metrics object.
"""

from seig_search.judge.judge import Judge
from seig_search.judge.replies import JournalReplies, MemoryReplies, Replies
from seig_search.judge.tournament import Game, Ranking, rank
from seig_search.judge.verdicts import ASPECTS, Comparison, Grade, Reliability, reliability
from seig_search.judge.veto import Objections, by_score, vetoed

__all__ = [
    "ASPECTS",
    "Comparison",
    "Game",
    "Grade",
    "JournalReplies",
    "Judge",
    "MemoryReplies",
    "Objections",
    "Ranking",
    "Reliability",
    "Replies",
    "by_score",
    "rank",
    "reliability",
    "vetoed",
]
