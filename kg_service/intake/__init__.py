"""Every kind of request becomes a Query, and every kind of author's declaration a Workflow."""
