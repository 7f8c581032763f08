"""Networks that are trained with information in the loss: what the pipeline in objectives/ runs, one folder a task."""
