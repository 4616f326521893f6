"""What a clustering says about the data: which number of clusters, and what each cluster is."""
