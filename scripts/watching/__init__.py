"""Grafana's dashboards and Prometheus' rules of service levels, made of a few lines each."""
