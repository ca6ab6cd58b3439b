"""What several node types share: placeholder ports, conditions, patterns, schemas, texts, graphs inside nodes."""
