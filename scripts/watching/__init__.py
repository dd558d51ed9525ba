"""Dashboards, rules and alerts for Prometheus, Grafana and SigNoz, made of a few lines each."""
