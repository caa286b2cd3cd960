"""What the steps of one choice share, prepared once."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.analysis.model import Analysis
from core.clips.base import Wish
from core.clips.candidates import lengths_for
from core.clips.edges import Edges
from core.clips.features import Features
from core.clips.scoring import Scored
from core.clips.sentences import LONGEST_S, Sentence, in_order, sentences_of
from core.clips.taste import NO_TASTE, Taste
from core.clips.topic import Topic, topic_of
from core.clips.wish import placed
from core.media.facts import Video


@dataclass(frozen=True, slots=True)
class Desk:
    """One video and one wish, taken apart."""

    video: Video
    analysis: Analysis
    wish: Wish
    sentences: tuple[Sentence, ...]
    features: Features
    edges: Edges
    topic: Topic
    taste: Taste = NO_TASTE

    @property
    def name(self) -> str:
        """What people call the video."""
        return self.video.name or self.video.path.stem

    def says(self, s: Scored) -> str:
        """What is said in a stretch, as far as it carries a topic: two clips that share only
        everyday words are not alike."""
        c = s.candidate
        if c.first < 0:
            return ""
        return " ".join(t for said in self.features.stems[c.first : c.last + 1] for t in said)


def lay_out(video: Video, analysis: Analysis, wish: Wish, taste: Taste = NO_TASTE) -> Desk:
    """Put everything on the desk."""
    wish = placed(wish, analysis.duration_s)
    words = in_order(analysis.words, analysis.duration_s)
    analysis = replace(analysis, words=words)
    # Where short clips are wanted, sentences are cut shorter too.
    longest_s = min(LONGEST_S, max(3.0, 0.6 * lengths_for(wish, analysis.duration_s).max_s))
    sentences = sentences_of(words, analysis, longest_s)
    return Desk(
        video,
        analysis,
        wish,
        sentences,
        Features(analysis, words, sentences, taste.liked_s),
        Edges(words, analysis),
        topic_of(wish.text, analysis.language),
        taste,
    )
