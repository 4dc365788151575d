"""A post from the archive of another house becomes one article, without what that house put in it for one reader."""

from service.manuscripts.posts.article import Article, read_article
from service.manuscripts.posts.merge_words import take_out_merge_words

__all__ = ["Article", "read_article", "take_out_merge_words"]
