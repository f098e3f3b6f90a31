"""The tab 'Sentiment': is a text for or against what it speaks of, and why does a model say so?"""

from lstm_zoo.ui.sentiment.tab import sentiment_tab

__all__ = ["sentiment_tab"]
