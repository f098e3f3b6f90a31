"""Forecasts of series: points, quantiles and densities of many steps at once."""
