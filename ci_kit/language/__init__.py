"""What GitLab does with the text of a pipeline: documents, inputs, includes, extends, references, jobs."""
