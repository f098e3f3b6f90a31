"""The tab 'Forecast'."""

from lstm_zoo.ui.forecast.tab import forecast_tab

__all__ = ["forecast_tab"]
