"""Any registry that speaks the Distribution protocol: names, credentials, tokens, manifests, tags."""
