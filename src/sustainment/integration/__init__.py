"""Integration as data: where both strands meet, what they say together, and on what evidence."""

from sustainment.integration.model import (
    Construct,
    Integration,
    MetaInference,
    Thread,
    read_integration,
)

__all__ = ["Construct", "Integration", "MetaInference", "Thread", "read_integration"]
